// "Code" below an exhibit of a notebook opens the fold of the cell that made it, and so does a link from another page.
(function () {
  "use strict";
  const open = () => {
    const line = location.hash.startsWith("#code-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    let cell = line && line.closest(".cell");
    while (cell && !cell.querySelector(":scope > details.code-fold")) cell = cell.parentElement.closest(".cell");
    if (!cell) return;
    const fold = cell.querySelector(":scope > details.code-fold");
    fold.open = true;
    cell.scrollIntoView();
    fold.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  // a second click on the same link changes no address
  document.addEventListener("click", (event) => {
    const link = event.target.closest('.exhibit-downloads a[href^="#code-"]');
    if (link && link.hash === location.hash) open();
  });
  addEventListener("load", open);
})();
