// "Code" below an exhibit of a notebook opens the fold of the cell that made it, and so does a link from another page.
(function () {
  "use strict";
  const open = () => {
    const cell = location.hash.startsWith("#cell-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = cell && cell.querySelector("details.code-fold");
    if (!fold) return;
    fold.open = true;
    cell.scrollIntoView();
    fold.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  // a second click on the same link changes no address
  document.addEventListener("click", (event) => {
    const link = event.target.closest('.exhibit-downloads a[href^="#cell-"]');
    if (link && link.hash === location.hash) open();
  });
  addEventListener("load", open);
})();
