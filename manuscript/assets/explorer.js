// All results in one table: filters that are kept in the address, pages of rows, a row's details, CSV of what is shown.
// The data are a script beside this one (results/summary/results.js), so that the page works from a file too.
(function () {
  "use strict";
  const block = document.querySelector(".results-explorer");
  const data = window.kyphoResults;
  if (!block || !data) return;
  const PER_PAGE = 50;
  const HIDDEN = /:hidden$/;
  const FILTERS = ["endpoint", "analysis", "visit", "group", "statistic"];

  const rows = data.rows.map(([key, said, value, row, exhibits, ...places]) => {
    const made = { key, said, value, row, exhibits };
    data.coded.forEach((name, at) => { made[name] = data.lists[name][places[at]]; });
    return made;
  });
  const byKey = new Map(rows.map((row, at) => [row.key, at]));
  const named = (name, code) => data.names[name]?.[code] ?? code;

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  };
  const link = (href, ...children) => make("a", { href }, ...children);
  const code = (text) => make("code", {}, text);
  const folded = (text) => text.normalize("NFD").replace(/\p{Mark}/gu, "").toLowerCase();
  // what the search reads of a row, made when it is first wanted
  const words = (row) => (row.words ??= folded([row.key, ...data.coded.map((name) => row[name] + " " + named(name, row[name])), ...row.exhibits].join(" ")));
  const exact = (row) => {
    if (HIDDEN.test(row.method)) return row.said + ", not shown to protect patients";
    return row.value === null ? "not estimable" : row.value + " (" + row.unit + ")";
  };

  // the form
  const title = (name) => name[0].toUpperCase() + name.slice(1);
  const search = make("input", { type: "search", name: "q", autocomplete: "off", spellcheck: "false" });
  const selects = Object.fromEntries(FILTERS.map((name) => [name, make("select", { name, "aria-label": title(name) })]));
  const clear = make("button", { type: "reset" }, "Clear");
  const status = make("p", { class: "search-count", role: "status" });
  const form = make("form", { role: "search", "aria-label": "Results", "data-pagefind-ignore": "" },
    make("label", { class: "search-words" }, "Search results", search),
    ...FILTERS.map((name) => make("label", { class: "explorer-" + name }, title(name), selects[name])), clear, status);
  let exhibit = ""; // only a link from an exhibit chooses one

  const options = (name, codes) => codes.map((each) => new Option(name === "analysis" ? sections.get(each) + " " + named(name, each) : title(named(name, each)), each));
  const sections = new Map(rows.map((row) => [row.analysis, row.sap]));
  const owners = new Map(rows.map((row) => [row.analysis, row.endpoint]));
  FILTERS.filter((name) => name !== "analysis").forEach((name) => {
    selects[name].append(new Option("all", ""), ...options(name, data.lists[name]));
  });
  // the analyses of the endpoint that is chosen
  const offer = (chosen) => {
    const endpoint = selects.endpoint.value;
    const own = data.lists.analysis.filter((each) => !endpoint || owners.get(each) === endpoint);
    selects.analysis.replaceChildren(new Option("all", ""), ...options("analysis", own));
    selects.analysis.value = own.includes(chosen) ? chosen : "";
  };

  // table, pages and downloads
  const HEADS = ["Measure and analysis", "Visit", "Group", "Statistic", "Value"];
  const body = make("tbody", { role: "rowgroup" });
  const table = make("table", { role: "table", "aria-label": "Results" },
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...HEADS.map((head) => make("th", { role: "columnheader", scope: "col" }, head)))), body);
  const previous = make("button", { type: "button" }, "Previous");
  const next = make("button", { type: "button" }, "Next");
  const place = make("span", {});
  const pager = make("nav", { class: "explorer-pages", "aria-label": "Pages of results" }, previous, place, next);
  const download = make("button", { type: "button", class: "explorer-csv" });
  const all = make("a", { href: "../results/summary/results.csv", download: "results.csv" }, "All results (CSV)");
  block.replaceChildren(form, make("p", { class: "explorer-files" }, download, all), table, pager);

  let found = rows;
  let page = 0;
  let marked = new Set(); // keys that the address leads to
  const opened = new Set();

  const details = (row) => {
    const item = (name, ...said) => make("div", {}, make("dt", {}, name), make("dd", {}, ...said));
    const shown = row.exhibits.flatMap((label, at) => [at ? ", " : "", link("../" + data.exhibits[label], label)]);
    const commit = block.dataset.commit;
    return make("dl", {},
      item("Value", exact(row)),
      item("Analysis", named("analysis", row.analysis) + " ", code(row.analysis)),
      item("Plan", link("sap.html#sap-" + row.sap, "Section " + row.sap)),
      ...(row.estimand ? [item("Estimand", code(row.estimand))] : []),
      item("Analysis set", named("population", row.population) + " (" + row.population + ")"),
      item("Unit of analysis", row.unit_of_analysis),
      item("Parameter", code(row.parameter)),
      item("Method", code(row.method)),
      ...(shown.length ? [item("Shown in", ...shown)] : []),
      ...(data.pages[row.endpoint] ? [item("Page", link("../" + data.pages[row.endpoint], named("endpoint", row.endpoint)))] : []),
      item("Record", code("results/" + row.endpoint + "/results.json"), ", row " + row.row),
      ...(commit ? [item("Commit", code(commit))] : []),
      item("Link", link("#" + encodeURIComponent(row.key), "to this row")),
      item("In the text", code("{{< var " + row.key + " >}}")));
  };

  const drawn = (row) => {
    const cell = (head, text) => make("td", { role: "cell", "data-label": head }, text);
    const open = opened.has(row.key);
    const button = make("button", { type: "button", "aria-expanded": String(open) }, named("parameter", row.parameter));
    const name = make("th", { role: "rowheader", scope: "row" }, button, make("span", { class: "explorer-analysis" }, named("analysis", row.analysis)));
    const line = make("tr", { role: "row", id: row.key }, name, cell(HEADS[1], named("visit", row.visit)), cell(HEADS[2], named("group", row.group)),
      cell(HEADS[3], title(named("statistic", row.statistic))), cell(HEADS[4], row.said));
    if (marked.has(row.key)) line.setAttribute("aria-current", "true");
    const more = make("tr", { role: "row", class: "explorer-details" }, make("td", { role: "cell", colspan: HEADS.length }, ...(open ? [details(row)] : [])));
    more.hidden = !open;
    button.addEventListener("click", () => {
      const now = !opened.has(row.key);
      if (now) opened.add(row.key); else opened.delete(row.key);
      button.setAttribute("aria-expanded", String(now));
      if (now && !more.firstChild.hasChildNodes()) more.firstChild.append(details(row));
      more.hidden = !now;
      remember(now ? row.key : "");
    });
    return [line, more];
  };

  const draw = () => {
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const from = page * PER_PAGE;
    const here = found.slice(from, from + PER_PAGE);
    body.replaceChildren(...here.flatMap(drawn));
    table.hidden = !found.length;
    pager.hidden = pages < 2;
    place.textContent = "Rows " + (from + 1) + " to " + (from + here.length) + " of " + found.length;
    previous.disabled = page === 0;
    next.disabled = page === pages - 1;
  };

  const chosen = () => {
    const given = { q: search.value.trim(), ...Object.fromEntries(FILTERS.map((name) => [name, selects[name].value])), exhibit };
    return Object.entries(given).filter(([, value]) => value);
  };
  const remember = (key) => {
    const query = new URLSearchParams([...chosen(), ...(page && !key ? [["page", page + 1]] : [])]).toString();
    const address = location.pathname + (query ? "?" + query : "") + (key ? "#" + encodeURIComponent(key) : "");
    try { history.replaceState(null, "", address); } catch (error) { /* a browser that keeps the address of a file as it is */ }
  };
  const filter = () => {
    const wanted = folded(search.value).split(/\s+/).filter(Boolean);
    const codes = FILTERS.map((name) => [name, selects[name].value]).filter(([, value]) => value);
    found = rows.filter((row) => codes.every(([name, value]) => row[name] === value)
      && (!exhibit || row.exhibits.includes(exhibit)) && wanted.every((word) => words(row).includes(word)));
    const narrowed = chosen().length > 0;
    const of = exhibit ? " of " + exhibit : "";
    status.textContent = !found.length ? "None of the " + rows.length + " results fits."
      : narrowed ? found.length + " of " + rows.length + " results" + (of && ", those" + of) : rows.length + " results";
    download.textContent = narrowed ? "These " + found.length + " results (CSV)" : "";
    download.hidden = !narrowed || !found.length;
    clear.disabled = !narrowed;
  };
  const change = () => { page = 0; marked = new Set(); filter(); draw(); remember(""); };

  let timer;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(change, 120); });
  form.addEventListener("change", (event) => {
    if (event.target === search) return;
    if (event.target === selects.endpoint) offer(selects.analysis.value);
    change();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); change(); });
  form.addEventListener("reset", () => setTimeout(() => { exhibit = ""; offer(""); change(); search.focus(); }));
  const turn = (step) => {
    page += step;
    draw();
    remember("");
    table.scrollIntoView();
    body.querySelector("button").focus({ preventScroll: true });
  };
  previous.addEventListener("click", () => turn(-1));
  next.addEventListener("click", () => turn(1));

  // CSV as results.csv writes it; a text that a spreadsheet would compute is quoted
  const safe = (value) => (typeof value === "string" && /^ *[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) ? "'" + value : value);
  const field = (value) => {
    const text = value === null ? "" : String(safe(value));
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  download.addEventListener("click", () => {
    const head = data.banner ? [...data.columns, "DATA"] : data.columns;
    const lines = [head, ...found.map((row) => [...data.columns.map((name) => row[name]), ...(data.banner ? [data.banner] : [])])];
    const file = URL.createObjectURL(new Blob([lines.map((line) => line.map(field).join(",") + "\n").join("")], { type: "text/csv" }));
    make("a", { href: file, download: "results-selected.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(file));
  });

  // from the address
  const read = () => {
    const given = new URLSearchParams(location.search);
    search.value = given.get("q") || "";
    FILTERS.filter((name) => name !== "analysis").forEach((name) => {
      selects[name].value = data.lists[name].includes(given.get(name)) ? given.get(name) : "";
    });
    exhibit = given.get("exhibit") in data.exhibits ? given.get("exhibit") : "";
    offer(given.get("analysis"));
    page = (parseInt(given.get("page"), 10) || 1) - 1;
    filter();
  };
  // the keys that a link leads to: those of both limits, where it leads to an interval
  const hash = () => {
    try { return decodeURIComponent(location.hash.slice(1)); } catch (error) { return ""; } // not an address
  };
  const meant = (key) => {
    const line = key.endsWith(".interval") ? key.slice(0, -".interval".length) : "";
    return (line ? [line + ".lower95", line + ".upper95"] : [key]).filter((each) => byKey.has(each));
  };
  const follow = () => {
    const keys = meant(hash());
    marked = new Set(keys);
    if (!keys.length) { draw(); return; }
    const row = rows[byKey.get(keys[0])];
    if (!found.includes(row)) { // a link to a row wins over filters that hide it
      search.value = exhibit = "";
      FILTERS.forEach((name) => { selects[name].value = ""; });
      offer("");
      filter();
    }
    page = Math.floor(found.indexOf(row) / PER_PAGE);
    keys.forEach((key) => opened.add(key));
    draw();
    remember(hash());
    const line = document.getElementById(row.key);
    line.scrollIntoView({ block: "center" });
    line.querySelector("button").focus({ preventScroll: true });
  };
  read();
  follow();
  addEventListener("hashchange", follow);
  addEventListener("load", () => { if (marked.size) document.getElementById([...marked][0])?.scrollIntoView({ block: "center" }); });
})();
