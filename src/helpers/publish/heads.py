"""Checks of what a built site tells machines: heads of the pages, structured data, sitemap."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from helpers.publish.sitemap import addresses
from helpers.publish.sources import Project
from helpers.publish.tree import Built, text_of

#: Tags that every page has once: the attribute that names one, and its names.
ONCE = {
    "name": ("description", "twitter:card", "twitter:title", "twitter:description", "twitter:image"),
    "property": ("og:title", "og:description", "og:type", "og:url", "og:image", "og:image:alt", "og:site_name"),
}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def head_problems(project: Project, site: Path, page: Built) -> Iterator[str]:
    """What is wrong with the head of a page."""
    address = f"{project.site_url}/{page.path}"
    titles = [tag for tag in page.html.iter("title") if next(tag.iterancestors("svg"), None) is None]
    if len(titles) != 1 or not text_of(titles[0]):
        yield "the page has no title, or several."
    canonical = [link.get("href", "") for link in page.html.iter("link") if "canonical" in link.get("rel", "").split()]
    if canonical != [address]:
        yield f"the canonical address is {', '.join(canonical) or 'missing'}; it must be {address}."
    for attribute, names in ONCE.items():
        for name in names:
            found = [tag.get("content") or "" for tag in page.html.iter("meta") if tag.get(attribute) == name]
            if len(found) != 1 or not found[0].strip():
                yield f"the tag {name} is there {len(found)} times, or empty; it must be there once."
            elif name in ("og:image", "twitter:image"):
                yield from _picture(project, site, name, found[0])
            elif name == "og:url" and found[0] != address:
                yield f"og:url is {found[0]}; it must be {address}."
    for script in page.html.iter("script"):
        if script.get("type") == "application/ld+json":
            yield from _structured(project, site, script.text or "", address)


def _picture(project: Project, site: Path, name: str, address: str) -> Iterator[str]:
    path = address.removeprefix(f"{project.site_url}/")
    if path == address or not (site / path).is_file():
        yield f"{name} is {address}, which is not on the site."


def _structured(project: Project, site: Path, text: str, address: str) -> Iterator[str]:
    try:
        graph = json.loads(text)
    except json.JSONDecodeError as error:
        yield f"the structured data are not JSON ({error})."
        return
    if graph.get("@context") != "https://schema.org" or not graph.get("@type") or graph.get("url") != address:
        yield "the structured data lack @context, @type, or the address of the page."
    for file in (graph.get("image"), *(item.get("contentUrl") for item in _files(graph))):
        if file and not (site / file.removeprefix(f"{project.site_url}/")).is_file():
            yield f"the structured data name {file}, which is not on the site."


def _files(graph: dict) -> list[dict]:
    """What the structured data offer for download."""
    return [*graph.get("encoding", ()), *graph.get("distribution", ())]


def sitemap_problems(project: Project, site: Path) -> Iterator[str]:
    """What is wrong with `sitemap.xml`, which lists every page that can be looked for and nothing else."""
    try:
        tree = ElementTree.parse(site / "sitemap.xml")
    except (OSError, ElementTree.ParseError) as error:
        yield f"sitemap.xml cannot be read ({error})."
        return
    listed = [(entry.text or "").strip() for entry in tree.iter(f"{SITEMAP}loc")]
    wanted = addresses(project)
    for address in sorted(set(wanted) - set(listed)):
        yield f"sitemap.xml does not list {address}."
    for address in sorted(set(listed) - set(wanted)):
        yield f"sitemap.xml lists {address}, which is no page."
    if len(listed) != len(set(listed)):
        yield "sitemap.xml lists an address twice."
