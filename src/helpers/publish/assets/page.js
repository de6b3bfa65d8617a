// Theme, menu, tabs, table-of-contents marks and search. The pages read well without it.
(function () {
  "use strict";
  const root = document.documentElement;
  const offset = document.body.dataset.offset;

  // light and dark
  const toggle = document.querySelector(".theme-toggle");
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);
  const show = () => toggle.setAttribute("aria-pressed", String(isDark()));
  toggle.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("kypho-theme", root.dataset.theme); } catch (error) { /* private window: this page only */ }
    show();
  });
  systemDark.addEventListener("change", show);
  show();

  // menus
  const menu = document.querySelector(".menu-open");
  menu.addEventListener("click", () => {
    const open = document.body.classList.toggle("menu-shown");
    menu.setAttribute("aria-expanded", String(open));
  });
  const dropdowns = document.querySelectorAll(".site-nav details");
  document.addEventListener("click", (event) => {
    dropdowns.forEach((item) => { if (!item.contains(event.target)) item.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dropdowns.forEach((item) => { item.open = false; });
  });

  // tabs
  document.querySelectorAll(".panel-tabset").forEach((set) => {
    const tabs = [...set.querySelectorAll(":scope > .tab-list > [role=tab]")];
    const panels = tabs.map((tab) => document.getElementById(tab.getAttribute("aria-controls")));
    const choose = (chosen) => tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
      panels[index].hidden = index !== chosen;
    });
    tabs.forEach((tab, index) => {
      tab.addEventListener("click", () => choose(index));
      tab.addEventListener("keydown", (event) => {
        const last = tabs.length - 1;
        const next = { ArrowRight: index < last ? index + 1 : 0, ArrowLeft: index ? index - 1 : last, Home: 0, End: last }[event.key];
        if (next === undefined) return;
        event.preventDefault();
        choose(next);
        tabs[next].focus();
      });
    });
    choose(0);
    set.classList.add("ready");
  });

  // where one is on the page
  const links = new Map([...document.querySelectorAll("#TOC a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  if (links.size && "IntersectionObserver" in window) {
    const seen = new Set();
    const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    const mark = () => {
      const current = headings.find((heading) => seen.has(heading));
      if (!current) return;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(current.id).setAttribute("aria-current", "true");
    };
    const observer = new IntersectionObserver((entries) => {
      entries.forEach((entry) => (entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target)));
      mark();
    }, { rootMargin: "-60px 0px -60% 0px" });
    headings.forEach((heading) => observer.observe(heading));
  }

  // search
  const dialog = document.querySelector("dialog.search");
  const input = dialog.querySelector("input");
  const status = dialog.querySelector(".search-status");
  const pages = dialog.querySelector(".search-pages");
  const exhibits = dialog.querySelector(".search-exhibits");
  let engine = null;
  let turn = 0;

  const open = async () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    if (engine) return;
    if (location.protocol === "file:") {
      status.textContent = "Browsers do not let a page opened from a file search. Serve the folder instead: python -m http.server --directory _site";
      return;
    }
    engine = await import(new URL(offset + "/pagefind/pagefind.js", location.href));
    await engine.init();
    search();
  };

  const entry = (address, title, above, excerpt) => {
    const element = document.createElement("li");
    const link = document.createElement("a");
    link.href = new URL(offset + "/" + address.replace(/^\//, ""), location.href);
    link.textContent = title;
    link.addEventListener("click", () => dialog.close());
    if (above) {
      const name = document.createElement("span");
      name.className = "search-name";
      name.textContent = above;
      element.append(name);
    }
    element.append(link);
    if (excerpt) {
      const text = document.createElement("p");
      text.innerHTML = excerpt;
      element.append(text);
    }
    return element;
  };

  const page = (data) => {
    // the section with the most hits, where it is not the page's beginning
    const parts = (data.sub_results || []).filter((sub) => sub.url !== data.url);
    const part = parts.sort((a, b) => b.locations.length - a.locations.length)[0] || data;
    const title = data.meta.title + (part !== data && part.title ? " › " + part.title : "");
    return entry(part.url, title, "", part.excerpt);
  };

  // a caption's first sentence names the exhibit; the rest is found, not shown
  const exhibit = (data) =>
    entry(data.meta.address, data.meta.title.split(/(?<=[.?:]) /)[0].replace(/[.:]$/, ""), data.meta.name + " · " + data.meta.page, "");

  const fill = (group, found, items) => {
    group.hidden = !found.length;
    group.querySelector("ol").replaceChildren(...items);
  };

  const counted = (count, one, many) => count + " " + (count === 1 ? one : many);

  const search = async () => {
    if (!engine) return;
    const mine = ++turn;
    const words = input.value.trim();
    // exhibits alone carry a filter: the values of one that has two are written in a changing order
    const find = async (filters, most) => {
      const found = words ? (await engine.search(words, { filters })).results : [];
      return [found, await Promise.all(found.slice(0, most).map((result) => result.data()))];
    };
    const [[foundPages, pageData], [foundExhibits, exhibitData]] = await Promise.all([find({ not: { kind: "exhibit" } }, 6), find({ kind: "exhibit" }, 8)]);
    if (mine !== turn) return;
    fill(pages, foundPages, pageData.map(page));
    fill(exhibits, foundExhibits, exhibitData.map(exhibit));
    const counts = [];
    if (foundPages.length) counts.push(counted(foundPages.length, "page", "pages"));
    if (foundExhibits.length) counts.push(counted(foundExhibits.length, "figure or table", "figures and tables"));
    status.textContent = counts.join(", ") || (words ? "Nothing found." : "");
  };

  let timer;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 120); });
  // in a search field, Escape would first empty it
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); dialog.close(); } });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    const first = dialog.querySelector(".search-results a");
    if (event.submitter === null || document.activeElement === input) {
      event.preventDefault();
      if (first) first.click();
    }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.querySelector(".search-open").addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if ((event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      open();
    }
  });
})();
