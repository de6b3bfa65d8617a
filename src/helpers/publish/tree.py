"""Reading built pages, alike under both engines: what is a heading, an exhibit, a link."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from bs4 import BeautifulSoup, Tag

EXHIBIT = re.compile(r"^(fig|tbl)-[\w-]+$")
#: Elements whose id is no anchor: a script switches style sheets by theirs.
SWITCHED = ("link", "style", "script")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


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
    soup: BeautifulSoup

    @cached_property
    def content(self) -> Tag:
        """The page's own text, without navigation."""
        return self.soup.find("main") or self.soup

    @cached_property
    def tags(self) -> Mapping[str, list[Tag]]:
        """Every element by its name, found in one walk: the soup would walk the whole page for every question."""
        found: dict[str, list[Tag]] = defaultdict(list)
        for tag in self.soup.find_all(True):
            found[tag.name].append(tag)
        return found

    @property
    def title(self) -> str:
        heading = self.content.find("h1", class_="title")
        return text_of(heading) if heading else ""

    @cached_property
    def ids(self) -> list[str]:
        """Every anchor of the page, in order."""
        return [tag["id"] for tag in self.soup.find_all(True) if tag.get("id") and tag.name not in SWITCHED]

    @cached_property
    def headings(self) -> list[tuple[int, str, str]]:
        """Level, anchor and text of every heading of the text."""
        found = []
        for tag in self.content.find_all(HEADINGS):
            if tag.find_parent(id=("title-block-header", "quarto-appendix", "toc-title")) or tag.find_parent("nav"):
                continue
            section = tag.find_parent("section")
            anchor = tag.get("id") or (section.get("id", "") if section else "")
            found.append((int(tag.name[1]), anchor, text_of(tag)))
        return found

    @cached_property
    def exhibits(self) -> list[Exhibit]:
        return [_exhibit(tag) for tag in self.content.find_all(id=EXHIBIT) if tag.name in ("div", "figure")]


def _exhibit(tag: Tag) -> Exhibit:
    kind = tag["id"].split("-")[0]
    caption = tag.find("figcaption") or tag.find("caption")
    text = text_of(caption) if caption else ""
    number = re.match(r"^(?:Figure|Table) (\d+): ", text)
    pictures = tag.find_all("img")
    cells = [cell for cell in tag.find_all("td") if text_of(cell)]
    return Exhibit(
        id=tag["id"],
        kind={"fig": "figure", "tbl": "table"}[kind],
        number=int(number.group(1)) if number else None,
        caption=text[number.end() :] if number else text,
        alt=tuple(str(picture.get("alt") or "") for picture in pictures),
        pictures=len(pictures) + len(tag.find_all("svg")),
        cells=len(cells),
    )


def text_of(tag: Tag) -> str:
    """Text of an element with every run of white space, non-breaking ones included, as one space."""
    return " ".join(tag.get_text().split())


def read_built(site: Path, path: PurePosixPath) -> Built:
    """Parse one page of a built site."""
    return Built(path, BeautifulSoup((site / path).read_text(encoding="utf-8"), "html.parser"))
