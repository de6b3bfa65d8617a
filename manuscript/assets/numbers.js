// What stands behind a number, beside it: on hover, on keyboard focus and at the first touch. Escape closes it. The link itself leads to
// the record. Without this script the link is all there is.
(function () {
  "use strict";
  const GAP = 8; // from the number and from the edges of the window, in px
  const links = [...document.querySelectorAll("a.num")];
  if (!links.length) return;

  const filled = (text) => {
    const [what, ...lines] = text.split("\n");
    const title = document.createElement("span");
    title.className = "num-what";
    title.textContent = what;
    return [title, ...lines.map((line) => {
      const [, name, said] = line.match(/^([^:]*): (.*)$/);
      const row = document.createElement("span");
      row.append(Object.assign(document.createElement("span"), { className: "num-name", textContent: name + ": " }), said);
      return row;
    })];
  };

  // the notes for readers who listen: one for each record, described by id, never shown
  const notes = document.createElement("div");
  notes.hidden = true;
  const ids = new Map();
  links.forEach((link) => {
    const text = link.dataset.note;
    if (!ids.has(text)) {
      ids.set(text, "num-note-" + (ids.size + 1));
      notes.append(Object.assign(document.createElement("div"), { id: ids.get(text), textContent: text.replaceAll("\n", ". ") }));
    }
    link.setAttribute("aria-describedby", ids.get(text));
  });

  const tip = document.createElement("div");
  tip.className = "num-tip";
  tip.setAttribute("role", "tooltip");
  tip.setAttribute("aria-hidden", "true"); // said already, by the note
  tip.hidden = true;
  document.body.append(notes, tip);

  let current = null;
  let timer = 0;

  const place = () => {
    const lines = [...current.getClientRects()];
    const box = lines[0];
    const last = lines[lines.length - 1];
    const { offsetWidth: width, offsetHeight: height } = tip;
    const edge = document.documentElement.clientWidth - width - GAP;
    tip.style.left = Math.max(GAP, Math.min(box.left + box.width / 2 - width / 2, edge)) + "px";
    const below = last.bottom + GAP;
    const fitsBelow = below + height + GAP <= innerHeight;
    tip.style.top = (fitsBelow ? below : Math.max(GAP, box.top - height - GAP)) + "px";
  };
  const hide = () => { clearTimeout(timer); tip.hidden = true; current = null; };
  const show = (link) => {
    clearTimeout(timer);
    if (current === link) return;
    current = link;
    tip.replaceChildren(...filled(link.dataset.note));
    tip.hidden = false;
    place();
  };
  const soon = (then, wait) => { clearTimeout(timer); timer = setTimeout(then, wait); };

  links.forEach((link) => {
    link.addEventListener("pointerenter", (event) => { if (event.pointerType !== "touch") soon(() => show(link), 120); });
    link.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") soon(hide, 200); });
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) show(link); });
    link.addEventListener("blur", hide);
    // a finger cannot hover: its first touch shows, the second follows
    link.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && current !== link) { event.preventDefault(); show(link); }
    });
  });
  // the words can be reached with the pointer, to read or copy them
  tip.addEventListener("pointerenter", () => clearTimeout(timer));
  tip.addEventListener("pointerleave", () => soon(hide, 200));
  document.addEventListener("pointerdown", (event) => {
    if (current && !tip.contains(event.target) && !current.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && current) hide(); });
  addEventListener("scroll", () => { if (current) place(); }, { passive: true, capture: true });
  addEventListener("resize", () => { if (current) place(); });
})();
