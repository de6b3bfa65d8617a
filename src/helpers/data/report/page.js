"use strict";
// Filtering: a problem is shown if its severity, its table and its words fit. Without this script everything is shown.
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  form.hidden = false;
  const count = form.querySelector("output");
  const none = document.querySelector(".none");
  const rest = document.querySelector(".clean");
  const sections = [...document.querySelectorAll("section.table")].map((node) => ({
    node,
    table: node.dataset.table,
    rules: [...node.querySelectorAll(".rule")].map((rule) => ({
      node: rule,
      open: rule.open,
      severity: rule.dataset.severity,
      words: rule.querySelector("summary").textContent.toLowerCase(),
      rows: [...rule.querySelectorAll("tbody tr")].map((row) => ({ node: row, words: row.textContent.toLowerCase() })),
    })),
  }));
  const apply = () => {
    const { severity, table, text } = Object.fromEntries(new FormData(form));
    const wanted = text.trim().toLowerCase();
    let shown = 0;
    for (const section of sections) {
      let any = false;
      for (const rule of section.rules) {
        const fits = (!table || table === section.table) && (!severity || severity === rule.severity);
        const whole = !wanted || rule.words.includes(wanted) || section.table.toLowerCase().includes(wanted);
        let rows = 0;
        for (const row of rule.rows) {
          const visible = fits && (whole || row.words.includes(wanted));
          row.node.hidden = !visible;
          rows += visible;
        }
        rule.node.hidden = !rows;
        rule.node.open = wanted && !whole ? rows > 0 : rule.open;
        any ||= rows > 0;
        shown += rows;
      }
      section.node.hidden = !any;
    }
    none.hidden = shown > 0;
    const filtered = severity || table || wanted;
    if (rest) rest.hidden = Boolean(filtered);
    count.textContent = filtered ? `${shown.toLocaleString("en")} shown` : "";
  };
  for (const section of sections) {
    for (const rule of section.rules) {
      rule.node.querySelector("summary").addEventListener("click", () => { rule.open = !rule.node.open; });
    }
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  const unfold = () => sections.forEach((section) => section.rules.forEach((rule) => { rule.node.open = true; }));
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", apply);
})();
