"""The exhibits of a manuscript as a reader of each format finds them: label, caption, alternative text, cells."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import docx
from bs4 import BeautifulSoup, Tag
from docx.table import Table
from docx.text.paragraph import Paragraph
from pypdf import PdfReader

from helpers.publish.tree import Built, read_built

NUMBER = re.compile(r"[−-]?\d+(?:\.\d+)?")
LABEL = re.compile(r"((?:Figure|Table)\s\d+)\s*:\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A figure or table; a figure has no rows, a table no alternative text."""

    label: str
    caption: str
    alt: str = ""
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def numbers(self) -> list[str]:
        return [number for row in self.rows for cell in row for number in NUMBER.findall(cell)]


def plain(text: str) -> str:
    return " ".join(text.split())


def bare(text: str) -> str:
    """Without any space, for texts that were set in lines."""
    return "".join(text.split())


@dataclass(frozen=True)
class Page(Built):
    """A built page as the project reads it, and as another parser does."""

    text: str

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")


def page(site: Path, name: str | PurePosixPath) -> Page:
    built = read_built(site, PurePosixPath(name))
    return Page(built.path, built.html, (site / name).read_text(encoding="utf-8"))


def words(tag: Tag) -> str:
    return plain(tag.get_text())


def _split(caption: str) -> tuple[str, str]:
    match = LABEL.match(plain(caption))
    assert match, f"a caption has no label: {caption!r}"
    return match.group(1), match.group(2)


def _rows(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Cells with words; formats differ in how they write an empty one."""
    return tuple(tuple(plain(cell) for cell in row if plain(cell)) for row in rows)


def _sorted(found: Iterable[Shown]) -> list[Shown]:
    return sorted(found, key=lambda item: (item.label.split()[0], int(item.label.split()[1])))


def in_html(path: Path) -> list[Shown]:
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return _sorted(_html(page))


def _html(page: BeautifulSoup) -> Iterator[Shown]:
    for exhibit in page.find_all(id=re.compile(r"^(fig|tbl)-[\w-]+$")):
        caption = exhibit.find("figcaption") or exhibit.find("caption")
        if caption is None:
            continue
        label, text = _split(caption.get_text())
        picture, table = exhibit.find("img"), exhibit.find("table")
        rows = [] if table is None else [row.find_all(["th", "td"]) for row in table.find_all("tr")]
        alt = plain(picture["alt"]) if picture is not None and table is None else ""
        yield Shown(label, text, alt, _rows([cell.get_text() for cell in row] for row in rows))


def in_docx(path: Path) -> list[Shown]:
    return _sorted(_docx(docx.Document(str(path))))


def _docx(document) -> Iterator[Shown]:
    caption, picture = "", ""
    for block in document.iter_inner_content():
        if isinstance(block, Table) and caption:
            rows = [[_cell(cell) for cell in row.tc_lst] for row in block._tbl.tr_lst]
            yield Shown(*_split(caption), rows=_rows(rows))
            caption = ""
        elif isinstance(block, Paragraph):
            if block.style.name == "Table Caption":
                caption = block.text
            elif found := block._p.xpath(".//wp:docPr/@descr"):
                picture = found[0]
            elif block.style.name == "Image Caption":
                yield Shown(*_split(block.text), alt=plain(picture))


def _cell(cell) -> str:
    return "".join(text.text or "" for text in cell.xpath(".//w:t"))


def in_jats(path: Path) -> list[Shown]:
    return _sorted(_jats(ElementTree.fromstring(path.read_bytes())))


def _jats(article: ElementTree.Element) -> Iterator[Shown]:
    for exhibit in article.iter():
        if exhibit.tag in ("fig", "table-wrap"):
            label, caption = (plain("".join(exhibit.find(part).itertext())) for part in ("label", "caption"))
            alt = exhibit.find(".//alt-text") if exhibit.tag == "fig" else None
            rows = [["".join(cell.itertext()) for cell in row] for row in exhibit.iter("tr")]
            yield Shown(label, caption, plain(alt.text) if alt is not None else "", _rows(rows))


def pdf_text(path: Path) -> str:
    """All text in the order in which it was set, without spaces and without the running header and page number."""
    pages = []
    for number, page in enumerate((reader := PdfReader(path)).pages, start=1):
        text = bare(page.extract_text())
        pages.append(text.replace(f"{number}/{len(reader.pages)}", ""))
    return "".join(pages)


def pdf_alternatives(path: Path) -> list[str]:
    """The alternative texts of a tagged PDF."""
    reader = PdfReader(path)
    found, queue, seen = [], [reader.trailer["/Root"]["/StructTreeRoot"]], set()
    while queue:
        node = queue.pop(0)
        node = node.get_object() if hasattr(node, "get_object") else node
        if id(node) in seen or not isinstance(node, dict | list):
            continue
        seen.add(id(node))
        if isinstance(node, list):
            queue.extend(node)
            continue
        if "/Alt" in node and node.get("/S") == "/Figure":
            found.append(plain(str(node["/Alt"])))
        if "/K" in node:
            queue.append(node["/K"])
    return found


def missing_in_pdf(path: Path, exhibits: Iterable[Shown]) -> list[str]:
    """What of `exhibits` a reader of the PDF does not find: captions, and rows of tables."""
    text = pdf_text(path)
    wanted = [f"{item.label}: {item.caption}" for item in exhibits]
    wanted += ["".join(row) for item in exhibits for row in item.rows]
    return [entry for entry in wanted if bare(entry) not in text]


def pictures_by_poppler(path: Path) -> int:
    """How many pictures Poppler finds in a PDF."""
    done = subprocess.run(["pdfimages", "-list", str(path)], capture_output=True, text=True, check=True)
    return sum(line.split()[2] == "image" for line in done.stdout.splitlines()[2:])


def right_edge(path: Path, page: int) -> float:
    """How far to the right the words of a page reach, in points, by Poppler."""
    command = ["pdftotext", "-bbox", "-f", str(page), "-l", str(page), str(path), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return max((float(edge) for edge in re.findall(r'xMax="([\d.]+)"', done.stdout)), default=0.0)
