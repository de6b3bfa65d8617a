"""The words that a person typed into the sources, each line with its place; mark-up is blanked out."""

import ast
import io
import json
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from helpers.publish.notebooks import OPTION, read_cell
from helpers.publish.shortcodes import SHORTCODE, arguments
from helpers.publish.sources import FRONT_MATTER, Page, source_text

#: What is read in front matter and in the options of a notebook's cell; the rest is settings.
FRONT_PROSE = frozenset({"title", "subtitle", "abstract", "description", "keywords"})
CELL_PROSE = frozenset({"fig-cap", "tbl-cap", "fig-alt", "code-summary"})

#: Stands in for a sign that is no prose; it is no word, no digit and no space.
NOTHING = "\0"

#: Text from here on was written by the pipeline: the footnote on small cells.
FOOTNOTE = re.compile(r"\s*\[c\] stands for .*$", re.DOTALL)

SHOWN_ATTRIBUTE = re.compile(r'\b(?:title|alt|fig-alt|fig-cap|tbl-cap)="([^"]*)"')
NO_PROSE = re.compile(
    r"""
      <!--.*?-->                                            # comments
    | ^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*\{?\.?\w[^\n]*\n.*?^[ \t]*(?P=fence)[`~]*[ \t]*$   # code of a named language
    | \{(?=[#.\-]|[\w-]+=)[^{}\n]*\}                        # attributes, whose titles and alternative texts come back
    | (?<=\])\(\s*<?[^\s)>"]+>?                             # targets of links
    | https?://[^\s)>\]]+
    | (?<![\w@\\./])@[A-Za-z](?:[\w:.-]*\w)?(?:,?\s\[?(?:pp?|chap|sec|fig|tab)\.\s?\d+(?:[–-]\d+)?)?  # citations
    | \[\^[\w-]+\]                                          # marks of footnotes
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
LIST_MARKER = re.compile(r"^[ \t]*(?:[-*+]|\(?\d{1,3}[.)])(?=[ \t])")


@dataclass(frozen=True)
class Passage:
    """Lines that belong together, each with its place (`file:line`, or the cell and line of a notebook)."""

    lines: tuple[tuple[str, str], ...]

    @cached_property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    @cached_property
    def prose(self) -> str:
        """The text with `NOTHING` for every sign that is no prose, so that each sign keeps its position."""
        return _without_markers(NO_PROSE.sub(_blank_match, SHORTCODE.sub(_fallback, self.text)))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for _, line in self.lines)][:-1]

    def place(self, position: int) -> str:
        return self.lines[bisect_right(self._starts, position) - 1][0]

    def paragraph(self, position: int) -> str:
        """The text of the paragraph or list item around a position."""
        index = bisect_right(self._starts, position) - 1
        first = last = index
        while first and self.lines[first][1].strip() and not LIST_MARKER.match(self.lines[first][1]):
            first -= 1
        while last + 1 < len(self.lines) and self.lines[last + 1][1].strip():
            if LIST_MARKER.match(self.lines[last + 1][1]):
                break
            last += 1
        return "\n".join(line for _, line in self.lines[first : last + 1])


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", NOTHING, text)


def _blank_match(match: re.Match) -> str:
    """Nothing in the place of what was matched, but for the words of an attribute that a reader sees."""
    found = match.group(0)
    blank = _blank(found)
    for shown in SHOWN_ATTRIBUTE.finditer(found) if found.startswith("{") else ():
        blank = blank[: shown.start(1)] + shown.group(1) + blank[shown.end(1) :]
    return blank


def _fallback(match: re.Match) -> str:
    """Nothing in the place of a shortcode, but for the words that `env` shows where its variable is not set."""
    words = arguments(match.group(1))
    blank = _blank(match.group(0))
    if words[:1] == ["env"] and len(words) == 3:
        start = match.group(0).rindex(words[2])
        blank = blank[:start] + words[2] + blank[start + len(words[2]) :]
    return blank


def _without_markers(text: str) -> str:
    """The numbers of numbered lists taken out; a line in the middle of a paragraph has none."""
    lines, in_list, blank_before = [], False, True
    for line in text.split("\n"):
        marker = LIST_MARKER.match(line)
        in_list = bool(marker) and (blank_before or in_list) if line.strip() else in_list
        if marker and in_list:
            line = NOTHING * marker.end() + line[marker.end() :]
        lines.append(line)
        blank_before = not line.strip()
    return "\n".join(lines)


def _front(lines: Iterable[tuple[str, str]]) -> Passage:
    """The prose of front matter; lines of other keys stay, empty, so that no sentence runs across them."""
    kept, shown = [], False
    for place, line in lines:
        if match := re.match(r"([\w-]+):", line):
            shown = match.group(1) in FRONT_PROSE
            line = line[match.end() :]
        kept.append((place, line if shown else ""))
    return Passage(tuple(kept))


def page_passages(root: Path, page: Page) -> Iterator[Passage]:
    """What was typed in a `.qmd` page: front matter, body, and files it includes that the pipeline did not write."""
    text = (root / page.source).read_text(encoding="utf-8").replace("\r\n", "\n")
    if match := FRONT_MATTER.match(text):
        front = text[: match.end()].split("\n")
        yield _front((f"{page.source}:{number}", line) for number, line in enumerate(front, start=1))
    yield from _text_passages(root, page, page.body, str(page.source), page.body_line)


def _text_passages(root: Path, page: Page, text: str, file: str, first_line: int) -> Iterator[Passage]:
    lines = [(f"{file}:{number}", line) for number, line in enumerate(text.split("\n"), start=first_line)]
    yield Passage(tuple(lines))
    for match in SHORTCODE.finditer(text):
        words = arguments(match.group(1))
        if words[:1] == ["include"] and len(words) == 2:
            path = (root / page.folder / words[1]).resolve()
            name = path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else "results/"
            if path.is_file() and not name.startswith("results/"):
                yield from _text_passages(root, page, path.read_text(encoding="utf-8"), name, 1)


def notebook_passages(root: Path, path: Path) -> Iterator[Passage]:
    """What was typed in a source notebook: front matter, Markdown cells, captions and alternative texts."""
    name = path.relative_to(root).as_posix()
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1):
        lines = [
            (f"{name} cell {number}, line {index}", line)
            for index, line in enumerate(source_text(cell).split("\n"), start=1)
        ]
        if cell["cell_type"] == "raw":
            yield _front(lines)
        elif cell["cell_type"] == "markdown":
            yield Passage(tuple(lines))
        else:
            yield from _option_passages(lines)


def _option_passages(lines: list[tuple[str, str]]) -> Iterator[Passage]:
    kept: list[tuple[str, str]] = []
    for place, line in lines:
        option = OPTION.match(line)
        if not option:
            break
        if key := re.match(r"([\w-]+):", option.group(1)):
            if kept:
                yield Passage(tuple(kept))
            kept = [(place, option.group(1)[key.end() :])] if key.group(1) in CELL_PROSE else []
        elif kept:
            kept.append((place, option.group(1)))
    if kept:
        yield Passage(tuple(kept))


def executed_passages(page: Page) -> Iterator[Passage]:
    """The same of an executed notebook, whose captions and alternative texts the pipeline has completed."""
    for key in FRONT_PROSE & set(page.front.value):
        yield Passage(((page.front.place((key,)), str(page.front.value[key])),))
    for number, cell in enumerate(page.cells or (), start=1):
        place = f"{page.source} cell {number}"
        if cell["cell_type"] == "markdown":
            numbered = enumerate(source_text(cell).split("\n"), start=1)
            yield Passage(tuple((f"{place}, line {index}", line) for index, line in numbered))
        elif cell["cell_type"] == "code":
            parts = read_cell(cell, place=place)
            computed = [_plain_text(output) for output in parts.outputs]
            for key in sorted(CELL_PROSE & set(parts.options)):
                text = FOOTNOTE.sub("", str(parts.options[key])).strip()
                for words in computed if key == "fig-alt" else ():
                    text = text.removesuffix(FOOTNOTE.sub("", words).strip())
                yield Passage(((f"{place}, {key}", text),))


def _plain_text(output: dict) -> str:
    text = output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)


def constant_passages(root: Path, path: Path, name: str) -> Iterator[Passage]:
    """The strings in a constant of a Python module, each literal one passage."""
    source = path.read_text(encoding="utf-8")
    statement = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == name for target in node.targets)
    )
    file, kept = path.relative_to(root).as_posix(), []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if not statement.lineno <= token.start[0] <= (statement.end_lineno or 0):
            continue
        if token.type == tokenize.STRING:
            kept.append((f"{file}:{token.start[0]}", str(ast.literal_eval(token.string))))
        elif token.type == tokenize.OP and kept:
            yield Passage(tuple(kept))
            kept = []
