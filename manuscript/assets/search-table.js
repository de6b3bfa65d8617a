// The search above a table in a block of class search-table: words, and a choice for each column that the block names.
// A row that a link leads to is always shown. Without this script the whole table stands there.
(function () {
  "use strict";
  const folded = (text) => text.normalize("NFD").replace(/\p{Mark}/gu, "").toLowerCase();
  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  };
  // what a choice goes by: the first code in the cell, else all it says
  const value = (cell) => (cell.querySelector("code") || cell).textContent.trim();

  // the element that a link's hash names, if there is one
  const target = (hash) => {
    try { return document.getElementById(decodeURIComponent(hash.slice(1))); } catch (error) { return null; } // not an address
  };

  // what the search reads: the row, and the rows of this page that it links to, its code lists
  const words = (row, table) => {
    const linked = [...row.querySelectorAll('a[href^="#"]')]
      .map((link) => target(link.hash)?.closest("tr"))
      .filter((other) => other && !table.contains(other));
    return folded([row, ...linked].map((each) => [...each.cells].map((cell) => cell.textContent).join(" ")).join(" "));
  };

  document.querySelectorAll(".search-table").forEach((block) => {
    const table = block.querySelector("table");
    const noun = block.dataset.noun || "rows";
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: words(row, table) }));

    const input = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    const fields = [make("label", { class: "search-words" }, "Search " + noun, input)];
    const choices = [];
    (block.dataset.filters || "").split(" ").filter(Boolean).forEach((name) => {
      const column = [...table.tHead.rows[0].cells].findIndex((cell) => folded(cell.textContent).startsWith(name));
      const found = [...new Set(rows.map(({ row }) => value(row.cells[column])))];
      const title = name[0].toUpperCase() + name.slice(1);
      // named by itself: a label around a choice would read out all that can be chosen
      const select = make("select", { "aria-label": title }, new Option("all", ""), ...found.map((each) => new Option(each)));
      choices.push({ column, select });
      fields.push(make("label", {}, title, select));
    });
    const clear = make("button", { type: "reset" }, "Clear");
    const status = make("p", { class: "search-count", role: "status" });
    const form = make("form", { role: "search", "aria-label": noun[0].toUpperCase() + noun.slice(1), "data-pagefind-ignore": "" },
      ...fields, clear, status);

    const show = () => {
      const wanted = folded(input.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(({ row, text }) => {
        const fits = wanted.every((word) => text.includes(word))
          && choices.every(({ column, select }) => !select.value || select.value === value(row.cells[column]));
        row.hidden = !fits;
        shown += fits;
      });
      const all = shown === rows.length;
      status.textContent = all ? rows.length + " " + noun : shown ? shown + " of " + rows.length + " " + noun : "None of the " + rows.length + " " + noun + " fits.";
      clear.disabled = !input.value && choices.every(({ select }) => !select.value);
    };
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    // after the browser has emptied the fields
    form.addEventListener("reset", () => setTimeout(() => { show(); input.focus(); }));

    const follow = () => {
      const row = target(location.hash)?.closest("tr");
      if (!row || !table.contains(row)) return;
      if (row.hidden) {
        input.value = "";
        choices.forEach(({ select }) => { select.value = ""; });
        show();
      }
      row.scrollIntoView({ block: "center" });
    };
    addEventListener("hashchange", follow);

    block.prepend(form);
    show();
    follow();
    addEventListener("load", follow); // the page has its final height
  });
})();
