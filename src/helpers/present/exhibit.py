"""Exhibits: what a notebook cell shows and a page embeds, a figure or a table in every form its readers need."""

import base64
import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import wraps

from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from helpers import paths
from helpers.data.provenance import Provenance, load_provenance
from helpers.errors import InvalidInput
from helpers.present import disclosure, spans, text, theme
from helpers.results import COLUMNS, Record

#: A column's share of the width grows with its text up to this many letters; longer text wraps.
WIDEST = 48


def numbers_csv(records: Iterable[Record]) -> str:
    """The records behind an exhibit at full precision, one a line; a last column says what the data are.

    A number that is not shown leaves its cell empty, and its method says so.
    """
    rows = [dict(vars(r)) for r in records]
    if not rows:
        raise InvalidInput("an exhibit without a single record would be empty.")
    banner = load_provenance().banner
    columns = [*COLUMNS, "DATA"] if banner else list(COLUMNS)
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {name: text.csv_cell(row[name]) for name in COLUMNS}
        writer.writerow(cells | {"DATA": banner} if banner else cells)
    return out.getvalue()


@dataclass(frozen=True)
class Figure:
    """A drawn figure: SVG for pages, PNG for documents, the drawn numbers, the finding in words, a footnote, and the
    SVG for a phone."""

    svg: str
    png: bytes
    csv: str
    alt: str
    note: str = ""
    narrow: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        data = {
            "image/svg+xml": self.svg,
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "text/csv": self.csv,
            "text/plain": self.alt,
        }
        if not _in_pipeline():
            # By hand: JupyterLab does not tell an SVG that its theme is dark; the PNG brings its white ground along.
            del data["image/svg+xml"]
        about = {"kind": "figure", "alt": self.alt, "note": self.note, "narrow": self.narrow}
        return data, {"kypho": about, "image/png": {"width": round(theme.WIDTH * 96)}}


@dataclass(frozen=True)
class Table:
    """A table as a Markdown pipe table (Quarto drops HTML tables from embeds) with the numbers behind it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    csv: str
    note: str = ""
    align: str = "right"  #: of all columns but the first

    @property
    def markdown(self) -> str:
        return pipe_table(self.header, self.rows, align=self.align)

    @property
    def plain(self) -> str:
        every = (self.header, *self.rows)
        widths = [max(len(row[i]) for row in every) for i in range(len(self.header))]
        return "\n".join(_padded(row, widths) for row in every)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return {"text/markdown": self.markdown, "text/csv": self.csv, "text/plain": self.plain}, {
            "kypho": {"kind": "table", "note": self.note}
        }


@dataclass(frozen=True)
class Paragraph:
    """Words computed from records or from the analysis plan; no exhibit, so that it needs no label.

    Their numbers can be followed on a page; by hand, in JupyterLab, there is no page to follow them to.
    """

    text: str
    block: str = ""  #: class of the block that sets it apart on a page

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if not _in_pipeline():
            words = _without_fences(spans.plain(self.text))
            return {"text/markdown": f"{words}\n", "text/plain": words}
        shown = f"::: {{.{self.block}}}\n\n{self.text}\n\n:::" if self.block else self.text
        return {"text/markdown": f"{shown}\n", "text/plain": spans.plain(self.text)}


#: A line that opens or closes a fenced div, and the title it may have.
_FENCE = re.compile(r'^:::(?:.*title="([^"]*)")?.*\n*', re.MULTILINE)

#: A link to another page of the site.
_TO_PAGE = re.compile(r"\[([^\[\]]*)\]\([^()\s]+\.qmd[^()\s]*\)")


def _without_fences(text: str) -> str:
    """Quarto's Markdown for JupyterLab, which knows neither fenced divs nor the pages of the site."""
    bare = _FENCE.sub(lambda fence: f"**{fence.group(1)}**\n\n" if fence.group(1) else "", text)
    return _TO_PAGE.sub(r"\1", bare).strip("\n")


def _in_pipeline() -> bool:
    return paths.OUTPUT_VARIABLE in os.environ


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([first.lstrip().ljust(widths[0]), *others]).rstrip()


def _one_line(cell: str) -> str:
    """A cell that cannot break its table; spaces that hold a number and its unit together stay as they are."""
    flat = re.sub(r"[ \t\n]+", " ", str(cell)).strip(" ")
    return re.sub(r"(?<!\\)\|", r"\\|", flat)


def pipe_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, align: str = "left") -> str:
    """A Markdown pipe table, first column left; the lengths of its dashes are what Pandoc takes widths from."""
    every = [[_one_line(cell) for cell in row] for row in (header, *rows)]
    widths = [min(max(3, *(len(spans.plain(row[i])) for row in every)), WIDEST) for i in range(len(header))]
    right = ["-" * width + ":" for width in widths] if align == "right" else [":" + "-" * width for width in widths]
    rule = [":" + "-" * widths[0], *right[1:]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (every[0], rule, *every[1:])) + "\n"


def stacked(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table of words in a block whose rows stand as cards where the page is narrow."""
    return f"::: {{.stacked}}\n\n{pipe_table(header, rows)}\n:::\n"


def drawn(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """A figure of what may be shown of its records, which brings its picture for a phone along."""

    @disclosure.published
    @wraps(draw)
    def twice(records: Sequence[Record], **options) -> Figure:
        wide = draw(records, **options)
        with theme.narrow():
            return replace(wide, narrow=draw(records, **options).svg)

    return twice


def figure(fig: Canvas, *, shown: Sequence[Record], finding: str) -> Figure:
    """A figure from a drawn canvas: stamped with the data's status, in both formats, its finding as alt text."""
    provenance = load_provenance()
    theme.stamp(fig, provenance.banner)
    theme.fit(fig)
    theme.settle(fig)
    finding = spans.plain(finding)
    alt = " ".join([disclosure.explained(finding), *status(provenance)])
    words = " ".join([finding, *(artist.get_text() for artist in fig.findobj(Text))])
    svg, png = theme.to_svg(fig), b"" if theme.is_narrow() else theme.to_png(fig)
    return Figure(svg=svg, png=png, csv=numbers_csv(shown), alt=alt, note=disclosure.note(words))


def status(provenance: Provenance) -> list[str]:
    """What a sentence about the data has to add: that they are generated, that the arms are permuted."""
    said = {"Synthetic data.": provenance.synthetic, "Blinded, the arms are permuted.": provenance.blinded}
    return [words for words, holds in said.items() if holds]


def listing(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of words that are no records; its CSV holds the rows as they stand, and says what the data are."""
    cells = tuple(tuple(row) for row in rows)
    banner = load_provenance().banner
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*header, "DATA"] if banner else header)
    for row in cells:
        safe = [text.csv_cell(value) for value in row]
        writer.writerow([*safe, banner] if banner else safe)
    return Table(header=tuple(header), rows=cells, csv=out.getvalue(), align="left")


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, shown: Sequence[Record]) -> Table:
    """A table from its cells; an empty one is an error, not an exhibit."""
    cells = tuple(tuple(row) for row in rows)
    ragged = [row for row in cells if len(row) != len(header)]
    if not cells or ragged:
        raise InvalidInput(f"a table of {len(header)} columns got {ragged[0] if ragged else 'no rows'}.")
    if not all(header):
        raise InvalidInput(f"a table has a column without a name: {', '.join(header)}.")
    note = disclosure.note(" ".join(part for row in (header, *cells) for part in row))
    return Table(header=tuple(header), rows=cells, csv=numbers_csv(shown), note=note)
