"""Executed notebooks as Markdown: the whole page, or one cell of it for a page that embeds it."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from helpers.errors import PublishError
from helpers.publish.marks import load_marked
from helpers.publish.sources import Page, load_page, source_text

OPTION = re.compile(r"^#\|\s?(.*)$")

#: Cell options of the dialect.
OPTIONS = ("label", "fig-cap", "tbl-cap", "fig-alt", "echo", "output", "include", "code-fold", "code-summary")

#: What an output may be, best first.
SHOWN = ("text/markdown", "image/svg+xml", "image/png", "text/plain")


@dataclass(frozen=True)
class Cell:
    """A code cell with its options taken off its source."""

    place: str
    code: str
    options: dict[str, Any]
    outputs: tuple[dict, ...]

    @property
    def label(self) -> str:
        return str(self.options.get("label", ""))

    def shows(self, part: str) -> bool:
        """Whether `part` (echo or output) is wanted on the page."""
        return self.options.get("include", True) is not False and self.options.get(part, True) is not False


def read_cell(cell: dict, *, place: str) -> Cell:
    """Split a code cell into its `#|` options and its code."""
    lines = source_text(cell).split("\n")
    count = next((index for index, line in enumerate(lines) if not OPTION.match(line)), len(lines))
    text = "\n".join(OPTION.match(line).group(1) for line in lines[:count])
    options = load_marked(text, file=place).value if text.strip() else {}
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise PublishError(f"{place}: cell option {unknown[0]} is not in the dialect; it knows {', '.join(OPTIONS)}.")
    return Cell(place, "\n".join(lines[count:]).strip("\n"), options, tuple(cell.get("outputs", [])))


def assets_folder(notebook: PurePosixPath) -> PurePosixPath:
    """Where a notebook's pictures go, relative to the site."""
    return notebook.with_name(f"{notebook.stem}_files")


def code_cells(page: Page) -> Iterable[tuple[int, Cell]]:
    """The code cells of a notebook with their position, counted from 1."""
    for number, cell in enumerate(page.cells or (), start=1):
        if cell["cell_type"] == "code":
            yield number, read_cell(cell, place=f"{page.source} cell {number}")


def write_pictures(page: Page, site: Path) -> None:
    """Write every picture of a notebook into the site, as `<label>.svg` and `<label>.png`."""
    folder = site / assets_folder(page.source)
    for number, cell in code_cells(page):
        for index, output in enumerate(_shown(cell)):
            for mime, ending in (("image/svg+xml", ".svg"), ("image/png", ".png")):
                if mime in output.get("data", {}):
                    folder.mkdir(parents=True, exist_ok=True)
                    text = _text(output["data"][mime])
                    content = base64.b64decode(text) if ending == ".png" else text.encode()
                    (folder / _picture(cell, number, index, ending)).write_bytes(content)


def _picture(cell: Cell, number: int, index: int, ending: str) -> str:
    stem = cell.label or f"cell-{number}"
    return f"{stem}-{index + 1}{ending}" if index else f"{stem}{ending}"


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _shown(cell: Cell) -> list[dict]:
    return list(cell.outputs) if cell.shows("output") else []


def page_markdown(page: Page, *, fold: bool = True) -> str:
    """The whole notebook as Markdown for its own HTML page."""
    parts = []
    for number, cell in enumerate(page.cells or (), start=1):
        if cell["cell_type"] == "markdown":
            parts.append(source_text(cell))
        elif cell["cell_type"] == "code":
            parts.append(_cell_markdown(read_cell(cell, place=f"{page.source} cell {number}"), page, number, fold=fold))
    return "\n\n".join(part for part in parts if part.strip())


def _cell_markdown(cell: Cell, page: Page, number: int, *, fold: bool) -> str:
    parts = []
    if cell.shows("echo") and cell.code:
        parts.append(_code(cell, fold=bool(cell.options.get("code-fold", fold))))
    parts.append(_outputs(cell, number, pictures=assets_folder(page.source).name, ending=".svg"))
    inside = "\n\n".join(part for part in parts if part)
    anchor = f"#cell-{cell.label} " if cell.label else ""  # as Quarto names it
    return f"::::: {{{anchor}.cell}}\n\n{inside}\n\n:::::" if inside else ""


def _code(cell: Cell, *, fold: bool) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", cell.code)), default=0))
    block = f"{fence}python\n{cell.code}\n{fence}"
    if not fold:
        return block
    summary = cell.options.get("code-summary", "Code")
    opening = f'<details class="code-fold" data-pagefind-ignore><summary>{summary}</summary>'
    return f"```{{=html}}\n{opening}\n```\n\n{block}\n\n```{{=html}}\n</details>\n```"


def _outputs(cell: Cell, number: int, *, pictures: str, ending: str) -> str:
    """Outputs as Markdown; those of a labelled cell become a captioned exhibit."""
    parts, mimes = [], []
    for index, output in enumerate(_shown(cell)):
        mime, text = _output(cell, output)
        mimes.append(mime)
        if mime.startswith("image/"):
            available = ".png" if mime == "image/png" else ending
            path = f"{pictures}/{_picture(cell, number, index, available)}"
            alt = str(cell.options.get("fig-alt", "")).replace('"', "&quot;")
            text = f'![]({path}){{fig-alt="{alt}"}}'
        parts.append(text)
    if not parts:
        return ""
    kind = cell.label.split("-")[0]
    if kind not in ("fig", "tbl"):
        return "\n\n".join(parts)
    caption = cell.options.get(f"{kind}-cap")
    if not caption:
        raise PublishError(f"{cell.place}: {cell.label} has no {kind}-cap.")
    if kind == "fig" and not cell.options.get("fig-alt"):
        raise PublishError(f"{cell.place}: {cell.label} has no fig-alt.")
    wanted = "image/" if kind == "fig" else "text/markdown"
    if not any(mime.startswith(wanted) for mime in mimes):
        raise PublishError(
            f"{cell.place}: {cell.label} shows no {'picture' if kind == 'fig' else 'table in Markdown'}; "
            f"it shows {', '.join(mimes)}."
        )
    inside = "\n\n".join(parts)
    return f"::: {{#{cell.label}}}\n\n{inside}\n\n{caption}\n\n:::"


def _output(cell: Cell, output: dict) -> tuple[str, str]:
    if output["output_type"] == "error":
        raise PublishError(f"{cell.place}: the cell failed ({output.get('ename')}: {output.get('evalue')}).")
    if output["output_type"] == "stream":
        return "stream", f"::: {{.cell-output}}\n\n````\n{_text(output['text']).rstrip()}\n````\n\n:::"
    data = output["data"]
    if "text/html" in data:
        raise PublishError(
            f"{cell.place}: an output is HTML, which Word, PDF and JATS cannot show. "
            "Show an exhibit of helpers.present instead."
        )
    mime = next((mime for mime in SHOWN if mime in data), None)
    if mime is None:
        raise PublishError(
            f"{cell.place}: an output is {', '.join(sorted(data))}; the dialect shows {', '.join(SHOWN)}."
        )
    text = _text(data[mime]).strip("\n")
    if mime == "text/plain":
        text = f"::: {{.cell-output}}\n\n````\n{text}\n````\n\n:::"
    return mime, text


@lru_cache(maxsize=32)
def _labelled(root: Path, source: PurePosixPath, _stamp: int) -> tuple[tuple[int, Cell], ...]:
    """The code cells of a notebook, read once however often its cells are embedded."""
    return tuple(code_cells(load_page(root, source)))


def embedded(root: Path, *, target: str, folder: PurePosixPath, place: str, ending: str) -> str:
    """The outputs of the cell that `embed` names, as Markdown for a page in `folder`.

    Raises
    ------
    PublishError
        If the notebook or the label does not exist, or the cell shows nothing.
    """
    name, _, label = target.partition("#")
    path = (root / folder / name).resolve()
    if path.suffix != ".ipynb" or not label:
        raise PublishError(f"{place}: embed {target}: the dialect embeds one labelled cell, notebook.ipynb#label.")
    if not path.is_file():
        raise PublishError(
            f"{place}: embed {target}: there is no such notebook. Run the pipeline (make repro) before publishing."
        )
    source = PurePosixPath(path.relative_to(root.resolve()).as_posix())
    cells = _labelled(root, source, path.stat().st_mtime_ns)
    found = next(((number, cell) for number, cell in cells if cell.label == label), None)
    if found is None:
        labels = ", ".join(cell.label for _, cell in cells if cell.label)
        raise PublishError(
            f"{place}: embed {target}: {source} has no cell labelled {label}; it has {labels or 'none'}."
        )
    number, cell = found
    pictures = str(PurePosixPath(name).parent / f"{PurePosixPath(name).stem}_files")
    text = _outputs(cell, number, pictures=pictures, ending=ending)
    if not text:
        raise PublishError(f"{place}: embed {target}: the cell shows nothing.")
    return f"\n\n{text}\n\n"
