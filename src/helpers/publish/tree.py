"""Reading built pages, alike under both engines: what is a heading, an exhibit, a link."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from helpers.errors import PublishError

EXHIBIT = re.compile(r"^(fig|tbl)-[\w-]+$")
#: Elements whose id is no anchor: a script switches style sheets by theirs.
SWITCHED = ("link", "style", "script")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: Where a heading is none of the text.
_APART = './ancestor::*[@id="title-block-header" or @id="quarto-appendix" or @id="toc-title" or self::nav]'


@dataclass(frozen=True)
class Exhibit:
    """A figure or table of a page."""

    id: str
    kind: str
    number: int | None
    caption: str
    alt: tuple[str, ...]
    pictures: int
    cells: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see: no picture and no table cell with text."""
        return not self.pictures and not self.cells


@dataclass(frozen=True)
class Built:
    """A built HTML page."""

    path: PurePosixPath
    html: HtmlElement

    @cached_property
    def content(self) -> HtmlElement:
        """The page's own text, without navigation."""
        return next(self.html.iter("main"), self.html)

    @cached_property
    def title(self) -> str:
        return next((text_of(tag) for tag in self.content.find_class("title") if tag.tag == "h1"), "")

    @cached_property
    def ids(self) -> list[str]:
        """Every anchor of the page, in order."""
        return [tag.get("id") for tag in self.html.iterfind(".//*[@id]") if tag.get("id") and tag.tag not in SWITCHED]

    @cached_property
    def headings(self) -> list[tuple[int, str, str]]:
        """Level, anchor and text of every heading of the text."""
        found = []
        for tag in self.content.iter(*HEADINGS):
            if tag.xpath(_APART):
                continue
            section = next(tag.iterancestors("section"), None)
            anchor = tag.get("id") or (section.get("id", "") if section is not None else "")
            found.append((int(tag.tag[1]), anchor, text_of(tag)))
        return found

    @cached_property
    def exhibits(self) -> list[Exhibit]:
        tags = self.content.iter("div", "figure")
        return [_exhibit(tag) for tag in tags if EXHIBIT.match(tag.get("id") or "")]


def _exhibit(tag: HtmlElement) -> Exhibit:
    caption = next(tag.iter("figcaption"), None)
    if caption is None:
        caption = next(tag.iter("caption"), None)
    text = text_of(caption) if caption is not None else ""
    number = re.match(r"^(?:Figure|Table) (\d+): ", text)
    pictures = list(tag.iter("img"))
    return Exhibit(
        id=tag.get("id"),
        kind={"fig": "figure", "tbl": "table"}[tag.get("id").split("-")[0]],
        number=int(number.group(1)) if number else None,
        caption=text[number.end() :] if number else text,
        alt=tuple(picture.get("alt") or "" for picture in pictures),
        pictures=len(pictures) + sum(1 for _ in tag.iter("svg")),
        cells=sum(bool(text_of(cell)) for cell in tag.iter("td")),
    )


def text_of(tag: HtmlElement) -> str:
    """Text of an element with every run of white space, non-breaking ones included, as one space."""
    return " ".join(tag.text_content().split())


def read_built(site: Path, path: PurePosixPath) -> Built:
    """Parse one page of a built site.

    Raises
    ------
    PublishError
        If there is nothing on the page.
    """
    parser = HTMLParser(encoding="utf-8", huge_tree=True)  # else a page is cut off where it is deep or long
    try:
        return Built(path, document_fromstring((site / path).read_bytes(), parser=parser))
    except ParserError:
        raise PublishError(f"{path}: the page is empty.") from None
