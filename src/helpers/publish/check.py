"""Checks of a built site, alike for both engines: nothing missing, empty or dead, and the banner everywhere."""

import json
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from lxml.etree import XPath

from helpers.errors import PublishError
from helpers.publish.heads import head_problems, sitemap_problems
from helpers.publish.jats import check_jats
from helpers.publish.sources import Project
from helpers.publish.tree import Built, read_built, text_of
from helpers.publish.word import DOCUMENT, check_docx, words_of

UNRESOLVED = re.compile(r"\?@(?:fig|tbl|sec)-[\w-]+|\?(?:var|env|meta):[\w.]+|\{\{<|@(?:fig|tbl|sec)-[\w-]+")
EXTERNAL = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
FETCHING_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^'\")]*", re.IGNORECASE)
SCHEME = re.compile(r"^[a-zA-Z][\w+.-]*:")

#: Text that a reader reads as such.
_PROSE = XPath(
    ".//text()[not(ancestor::code or ancestor::pre or ancestor::script or ancestor::style or ancestor::annotation)]"
)

#: Elements whose address the browser fetches by itself, and the attribute that holds it.
FETCHED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "image": "href",
}
#: A `link` that says something about the page and fetches nothing.
MERELY_SAID = {"canonical", "license", "prev", "next", "author", "alternate", "help"}

#: Below this many bytes a file holds nothing.
SMALLEST = {".docx": 2_000, ".pdf": 2_000, ".xml": 500}


def read_site(project: Project, site: Path) -> dict[str, Built]:
    """Every page of the render list, parsed, by source.

    Raises
    ------
    PublishError
        If a page is missing.
    """
    missing = [str(page.output) for page in project.pages if not (site / page.output).is_file()]
    if missing:
        raise PublishError("\n".join(f"{name}: the page was not built." for name in missing))
    return {str(page.source): read_built(site, page.output) for page in project.pages}


def check_site(project: Project, site: Path, built: dict[str, Built]) -> None:
    """Hold a built site against every rule.

    Raises
    ------
    PublishError
        With all problems, one a line.
    """
    banner = banner_of(project.root)
    ids = {str(page.path): _anchors(page, project.root) for page in built.values()}
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    found: list[str] = []
    for page in built.values():
        rules = (
            _banner(page, banner),
            _exhibits(page),
            _pictures(page, site),
            _links(page, site, files, ids, urlsplit(project.site_url).path),
            _references(page),
            _ids(page),
            _external(page),
            head_problems(project, site, page),
        )
        found += [f"{page.path}: {problem}" for rule in rules for problem in rule]
    found += [problem for path in sorted(site.rglob("*.css")) for problem in _stylesheet(path, site)]
    for page in project.pages:
        for path in page.outputs()[1:]:
            found += [f"{path}: {problem}" for problem in _file(site / path, banner)]
    found += sitemap_problems(project, site)
    if found:
        raise PublishError("\n".join(found))


def _anchors(page: Built, root: Path) -> set[str]:
    """The anchors of a page; the page of all results draws its rows when they are asked for, a number each."""
    anchors = set(page.ids)
    if page.html.find_class("results-explorer"):
        anchors |= set(json.loads((root / "results" / "summary" / "numbers.json").read_text(encoding="utf-8")))
    return anchors


def banner_of(root: Path) -> str:
    """The banner the data demand, or nothing for real data that are not blinded.

    Raises
    ------
    PublishError
        If the results do not say which data ran.
    """
    path = root / "results" / "summary" / "provenance.json"
    if not path.is_file():
        raise PublishError(
            "results/summary/provenance.json is missing, so nothing says which data ran. "
            "Run the pipeline (make repro) before publishing."
        )
    record = json.loads(path.read_text(encoding="utf-8"))
    derived = root / "data" / "processed" / "provenance.json"
    if derived.is_file() and json.loads(derived.read_text(encoding="utf-8")) != record:
        raise PublishError(
            "results/summary/provenance.json does not agree with data/processed/provenance.json: the results are not "
            "those of the data that are there. Run the pipeline (make repro) before publishing."
        )
    return banner_in(record)


def banner_in(record: dict) -> str:
    """The banner that a record of the data demands."""
    blinded = "BLINDED, TREATMENT ARMS PERMUTED" if record.get("blinded") else ""
    if record.get("synthetic") is False:
        return record.get("banner") or blinded
    return record.get("banner") or "SYNTHETIC DATA, NOT TRIAL RESULTS"


def _banner(page: Built, banner: str) -> Iterator[str]:
    shown = page.html.find_class("kypho-banner")
    if banner and not (shown and banner in shown[0].text_content()):
        yield f"the banner {banner!r} is missing."


def _exhibits(page: Built) -> Iterator[str]:
    for exhibit in page.exhibits:
        if exhibit.is_empty:
            yield f"{exhibit.id} is empty: neither a picture nor a table with text."
        elif exhibit.kind == "table" and not exhibit.cells:
            yield f"{exhibit.id} is a table without text in any cell."
        if exhibit.number is None or not exhibit.caption:
            yield f"{exhibit.id} has no number or no caption."
    for table in page.content.iter("table"):
        if next(table.iterancestors("table"), None) is None and not text_of(table):
            yield "a table is empty."
    for figure in page.content.iter("figure"):
        if next(figure.iter("img", "svg", "table", "pre", "math"), None) is None:
            yield "a figure is empty."


def _pictures(page: Built, site: Path) -> Iterator[str]:
    for picture in page.html.iter("img"):
        source = picture.get("src") or ""
        if not (picture.get("alt") or "").strip():
            yield f"the picture {source} has no alternative text."
        if SCHEME.match(source) or EXTERNAL.match(source):
            continue
        path = site / page.path.parent / unquote(source.partition("?")[0])
        if not source or not path.is_file() or not path.stat().st_size:
            yield f"the picture {source} is missing or empty."


def _links(page: Built, site: Path, files: set[str], ids: dict[str, set[str]], served: str) -> Iterator[str]:
    for href in dict.fromkeys(link.get("href") for link in page.html.iter("a")):
        if not href or href == "#" or SCHEME.match(href) or EXTERNAL.match(href):
            continue
        path, _, anchor = unquote(href).partition("#")
        target = _target(page, path.partition("?")[0], served)
        name = next((name for name in (target, posixpath.join(target, "index.html")) if name in files), None)
        if name is None:
            yield f"dead link {href}."
        elif anchor and name.endswith(".html") and anchor not in _ids_of(site, name, ids):
            yield f"dead link {href}: the page has no such anchor."


def _target(page: Built, path: str, served: str) -> str:
    """The file or folder of the site that a link leads to; `served` is the path at which the site's root will be."""
    if path.startswith(f"{served}/"):
        return posixpath.normpath(path[len(served) + 1 :])
    return posixpath.normpath(page.path.parent / path if path else page.path)


def _ids_of(site: Path, name: str, ids: dict[str, set[str]]) -> set[str]:
    if name not in ids:
        ids[name] = set(read_built(site, PurePosixPath(name)).ids)
    return ids[name]


def _references(page: Built) -> Iterator[str]:
    for text in _PROSE(page.content):
        if match := UNRESOLVED.search(text):
            yield f"unresolved {match.group(0)} in {' '.join(text.split())[:80]!r}."
    for cite in page.content.find_class("citation"):
        if "?" in cite.text_content():
            yield f"unresolved citation {cite.get('data-cites', '')}."


def _ids(page: Built) -> Iterator[str]:
    for name, count in sorted(Counter(page.ids).items()):
        if count > 1:
            yield f"the id {name} is given {count} times."


def _external(page: Built) -> Iterator[str]:
    for tag in page.html.iter(*FETCHED):
        address = tag.get(FETCHED[tag.tag]) or tag.get("xlink:href") or ""
        if tag.tag == "link" and set((tag.get("rel") or "").split()) & MERELY_SAID:
            continue
        if EXTERNAL.match(address):
            yield f"<{tag.tag}> fetches {address} from outside."
    for style in (*(tag.text or "" for tag in page.html.iter("style")), *page.html.xpath("//@style")):
        if match := FETCHING_STYLE.search(style):
            yield f"a style fetches from outside: {match.group(0)}"


def _stylesheet(path: Path, site: Path) -> Iterator[str]:
    if match := FETCHING_STYLE.search(path.read_text(encoding="utf-8", errors="replace")):
        yield f"{path.relative_to(site).as_posix()}: a style fetches from outside: {match.group(0)}"


def _file(path: Path, banner: str) -> Iterator[str]:
    if not path.is_file() or path.stat().st_size < SMALLEST[path.suffix]:
        yield "the file was not built, or is empty."
        return
    yield from {".docx": _word, ".pdf": _pdf, ".xml": _jats}[path.suffix](path, banner)


def _word(path: Path, banner: str) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        yield from check_docx(archive, banner)
        yield from _text(words_of(archive.read(DOCUMENT).decode("utf-8")), banner)


def _pdf(path: Path, banner: str) -> Iterator[str]:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(path) as document:
            pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    except PdfiumError as error:
        yield f"is not a PDF that can be read ({error})."
        return
    for number, text in enumerate(pages, start=1):
        if banner and banner not in text:
            yield f"the banner {banner!r} is missing on page {number}."
    yield from _text(" ".join(pages), "")


def _jats(path: Path, banner: str) -> Iterator[str]:
    try:
        article = ElementTree.fromstring(path.read_bytes())
    except ElementTree.ParseError as error:
        yield f"is not well-formed XML ({error})."
        return
    yield from check_jats(article, path.parent)
    for parent in list(article.iter()):
        for child in [child for child in parent if child.tag in ("tex-math", "code", "monospace", "preformat")]:
            child.text = ""
    # In the front matter for machines, in the body for readers.
    for part in ("front", "body"):
        for problem in _text("".join(article.find(part).itertext()) if article.find(part) is not None else "", banner):
            yield f"{part}: {problem}"


def _text(text: str, banner: str) -> Iterator[str]:
    if banner and banner not in " ".join(text.split()):
        yield f"the banner {banner!r} is missing."
    if match := UNRESOLVED.search(text):
        yield f"unresolved {match.group(0)}."
