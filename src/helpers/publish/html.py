"""One HTML page by the embedded engine: what surrounds the text, and the call of Pandoc that makes it."""

import html
import os.path
from pathlib import Path
from typing import Any

from helpers.errors import PublishError
from helpers.publish.earlier import Earlier
from helpers.publish.pandoc import ASSETS, own_filter, run_pandoc
from helpers.publish.sources import FORMATS, Page, Project

#: What the other formats are called for a reader.
FORMAT_NAMES = {"docx": "Word", "typst": "PDF", "jats": "JATS XML"}


def write_page(
    page: Page, text: str, *, project: Project, metadata: dict[str, Any], output: Path, earlier: Earlier
) -> None:
    """Write the HTML page of `page`, whose shortcodes are already expanded in `text`."""
    run_pandoc(
        text,
        source=str(page.source),
        to="html5",
        output=output,
        filters=[
            own_filter("crossref"),
            "citeproc",
            own_filter("blocks"),
            *project.filters,
            own_filter("page"),
        ],
        metadata=metadata,
        variables=_variables(project, page, metadata),
        template=ASSETS / "page.html",
        options={
            "table-of-contents": bool(page.option("toc", project.html.get("toc", False))),
            "toc-depth": int(page.option("toc-depth", project.html.get("toc-depth", 3))),
            "html-math-method": {"method": "mathml"},
            "wrap": "none",
            "metadata": {"link-citations": True},
        },
        earlier=earlier,
    )


def _variables(project: Project, page: Page, metadata: dict[str, Any]) -> dict[str, Any]:
    website = project.website
    title = str(website.get("title", ""))
    sidebar = _sidebar(project, page)
    values: dict[str, Any] = {
        "offset": project.offset(page),
        "site-title": html.escape(title),
        "lang": str(metadata.get("lang") or "en"),
        "stylesheets": list(project.stylesheets),
        "navbar": _navbar(project, page),
        "sidebar": sidebar,
        "footer": [text for text in _footer(website.get("page-footer")) if text],
    }
    if page.title == title:
        values["same-title"] = True
    if website.get("favicon"):
        values["favicon"] = str(website["favicon"])
    others = [
        {"text": FORMAT_NAMES[name], "href": page.source.with_suffix(FORMATS[name]).name}
        for name in page.formats
        if name != "html"
    ]
    if others:
        values["other-formats"] = others
    if website.get("page-navigation"):
        values |= _neighbours(sidebar)
    return values


def _footer(given: Any) -> list[str]:
    """Text of the footer; Markdown links are the only mark-up it may need, and none does."""
    if isinstance(given, str):
        return [html.escape(given)]
    return [html.escape(str((given or {}).get(side) or "")) for side in ("left", "center", "right")]


def _item(project: Project, page: Page, entry: Any) -> dict[str, Any]:
    """A navigation entry with its link as seen from `page`."""
    entry = {"href": entry} if isinstance(entry, str) else dict(entry)
    href = str(entry.get("href", ""))
    target = project.by_source.get(href)
    if target is None and not href.startswith("https://"):
        raise PublishError(f"_quarto.yml: the navigation names {href!r}, which is not on the render list.")
    item = {
        "text": html.escape(str(entry.get("text") or (target.title if target else href))),
        "href": html.escape(href),
    }
    if target is not None:
        item["href"] = (
            f"{project.offset(page)}/{target.output}"
            if page.is_error_page
            else os.path.relpath(target.output, page.folder)
        )
        if target.source == page.source:
            item["current"] = True
    return item


def _navbar(project: Project, page: Page) -> list[dict[str, Any]]:
    items = []
    for entry in (project.website.get("navbar") or {}).get("left") or []:
        if isinstance(entry, dict) and "menu" in entry:
            menu = [_item(project, page, inner) for inner in entry["menu"]]
            item: dict[str, Any] = {"text": html.escape(str(entry.get("text", ""))), "menu": menu}
            if any(inner.get("current") for inner in menu):
                item["current"] = True
            items.append(item)
        else:
            items.append(_item(project, page, entry))
    return items


def _sidebar(project: Project, page: Page) -> list[dict[str, Any]]:
    """Groups of pages; without a sidebar in the configuration, all pages in the order of the render list."""
    contents = (project.website.get("sidebar") or {}).get("contents") or [str(entry.source) for entry in project.pages]
    groups: list[dict[str, Any]] = []
    for entry in contents:
        if isinstance(entry, dict) and "section" in entry:
            items = [_item(project, page, inner) for inner in entry.get("contents") or []]
            groups.append({"section": html.escape(str(entry["section"])), "items": items})
        elif groups and "section" not in groups[-1]:
            groups[-1]["items"].append(_item(project, page, entry))
        else:
            groups.append({"items": [_item(project, page, entry)]})
    return groups


def _neighbours(sidebar: list[dict[str, Any]]) -> dict[str, Any]:
    line = [item for group in sidebar for item in group["items"]]
    here = next((index for index, item in enumerate(line) if item.get("current")), None)
    if here is None:
        return {}
    found: dict[str, Any] = {"page-navigation": True}
    if here > 0:
        found["previous"] = line[here - 1]
    if here + 1 < len(line):
        found["next"] = line[here + 1]
    return found
