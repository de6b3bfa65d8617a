// A link to something inside a closed tab or fold opens it. Tabs are known by their roles, which both engines give them.
(function () {
  "use strict";
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.classList.contains("callout-collapse")) node.classList.add("show");
      const tab = node.getAttribute("role") === "tabpanel" && document.getElementById(node.getAttribute("aria-labelledby"));
      if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  // a second click on the same link changes no address
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash && link.hash === location.hash) reveal();
  });
  reveal();
})();
