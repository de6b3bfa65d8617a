"""What there is to publish: the project's configuration, its variables and its pages, read once and never changed."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from helpers.errors import PublishError
from helpers.publish.marks import Marked, load_marked

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)

#: Formats a page can ask for, with the ending of the file they become.
FORMATS = {"html": ".html", "docx": ".docx", "typst": ".pdf", "jats": ".xml"}


@dataclass(frozen=True)
class Page:
    """One entry of the render list: a `.qmd` text or an executed notebook.

    `body_line` is the line of the source on which the text after the front matter begins; a notebook counts its cells.
    """

    source: PurePosixPath
    front: Marked
    body: str
    body_line: int = 1
    cells: tuple[dict, ...] | None = None

    @property
    def is_notebook(self) -> bool:
        return self.cells is not None

    @property
    def title(self) -> str:
        return str(self.front.value.get("title") or self.source.stem)

    @property
    def folder(self) -> PurePosixPath:
        return self.source.parent

    @property
    def output(self) -> PurePosixPath:
        """The HTML page, relative to the site."""
        return self.source.with_suffix(".html")

    @property
    def is_error_page(self) -> bool:
        """Whether servers show this page in the place of any that is missing, at whatever depth."""
        return str(self.source) == "404.qmd"

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats asked for; HTML first, and alone when none is named."""
        wanted = self.front.value.get("format") or {}
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return ("html", *(name for name in FORMATS if name in names and name != "html"))

    def outputs(self) -> tuple[PurePosixPath, ...]:
        return tuple(self.source.with_suffix(FORMATS[name]) for name in self.formats)

    def option(self, name: str, default: Any) -> Any:
        """A page option, from the page's own HTML format, the front matter, or `default`."""
        wanted = self.front.value.get("format")
        html = wanted.get("html") if isinstance(wanted, dict) else None
        if isinstance(html, dict) and name in html:
            return html[name]
        return self.front.value.get(name, default)


@dataclass(frozen=True)
class Project:
    """The sources of the site."""

    root: Path
    config: Marked
    pages: tuple[Page, ...]
    variables: dict = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def website(self) -> dict:
        return self.config.value.get("website") or {}

    @property
    def site_url(self) -> str:
        """Where the site will be served, without a slash at the end.

        Raises
        ------
        PublishError
            If `website.site-url` is not a full address.
        """
        given = str(self.website.get("site-url") or "")
        if not re.match(r"https?://[^/\s]+", given):
            raise PublishError(
                f"{self.config.place(('website', 'site-url'))}: website.site-url is {given!r}; it must be the full "
                "address at which the site will be served, https://..., which the pages carry in their heads."
            )
        return given.rstrip("/")

    def offset(self, page: Page) -> str:
        """The way from a page up to the site's root, as links spell it; from an error page it is the full path."""
        if page.is_error_page:
            return urlsplit(self.site_url).path
        depth = len(page.source.parts) - 1
        return "/".join([".."] * depth) if depth else "."

    @property
    def html(self) -> dict:
        """Options of the HTML format that hold for every page."""
        return (self.config.value.get("format") or {}).get("html") or {}

    @property
    def filters(self) -> tuple[Path, ...]:
        """Lua filters of the project, in their order."""
        entries = self.config.value.get("filters") or []
        return tuple(self.root / (entry["path"] if isinstance(entry, dict) else entry) for entry in entries)

    @property
    def stylesheets(self) -> tuple[str, ...]:
        given = self.html.get("css") or []
        return tuple([given] if isinstance(given, str) else given)

    @cached_property
    def by_source(self) -> dict[str, Page]:
        return {str(page.source): page for page in self.pages}

    def resources(self) -> list[Path]:
        """Files that go into the site as they are."""
        entries = self.config.value.get("project", {}).get("resources") or []
        patterns = (entry.removeprefix("/") for entry in entries)
        return sorted({path for pattern in patterns for path in self.root.glob(pattern) if path.is_file()})


def load_project(root: Path, *, environment: dict[str, str] | None = None) -> Project:
    """Read `_quarto.yml`, `_variables.yml` and every page of the render list.

    Raises
    ------
    PublishError
        If one is missing, unreadable, or the render list names nothing.
    """
    config_path = root / "_quarto.yml"
    if not config_path.is_file():
        raise PublishError("_quarto.yml is missing at the project's root; it declares the site.")
    config = load_marked(config_path.read_text(encoding="utf-8"), file="_quarto.yml")
    variables_path = root / "_variables.yml"
    if not variables_path.is_file():
        raise PublishError(
            "_variables.yml is missing, so the numbers of the prose are unknown. "
            "Run the pipeline (make repro) before publishing."
        )
    variables = load_marked(variables_path.read_text(encoding="utf-8"), file="_variables.yml").value
    pages = tuple(load_page(root, source) for source in _render_list(root, config))
    return Project(root, config, pages, variables, dict(environment or {}))


def _render_list(root: Path, config: Marked) -> list[PurePosixPath]:
    entries = (config.value.get("project") or {}).get("render") or []
    if not entries:
        raise PublishError(f"{config.place(('project',))}: project.render is empty. List the pages of the site.")
    found: list[PurePosixPath] = []
    for index, entry in enumerate(entries):
        matches = sorted(
            PurePosixPath(path.relative_to(root).as_posix()) for path in root.glob(entry) if path.is_file()
        )
        matches = [match for match in matches if not any(part.startswith(("_", ".")) for part in match.parts)]
        if not matches:
            remedy = (
                "Run the pipeline (make repro) before publishing."
                if entry.startswith("results/")
                else "Write the page or take it off the list."
            )
            raise PublishError(f"{config.place(('project', 'render', index))}: {entry} names no file. {remedy}")
        found.extend(match for match in matches if match not in found)
    return found


def text_pages(root: Path) -> list[PurePosixPath]:
    """The `.qmd` pages of the render list, which are there before anything has run."""
    config = load_marked((root / "_quarto.yml").read_text(encoding="utf-8"), file="_quarto.yml").value
    entries = [entry for entry in config["project"]["render"] if entry.endswith(".qmd")]
    found = {path.relative_to(root).as_posix() for entry in entries for path in root.glob(entry)}
    return [PurePosixPath(name) for name in sorted(found)]


def load_page(root: Path, source: PurePosixPath) -> Page:
    """Read one page and split off its front matter."""
    text = (root / source).read_text(encoding="utf-8").replace("\r\n", "\n")
    if source.suffix == ".ipynb":
        return _notebook_page(source, text)
    front, body, line = split_front_matter(text, file=str(source))
    return Page(source, front, body, line)


def split_front_matter(text: str, *, file: str) -> tuple[Marked, str, int]:
    """The front matter, the rest, and the line on which the rest begins."""
    match = FRONT_MATTER.match(text)
    if not match:
        return Marked({}, file), text, 1
    front = load_marked(match.group(1), file=file, first_line=2)
    if not isinstance(front.value, dict):
        raise PublishError(f"{file}:2: the front matter must be a mapping of keys.")
    return front, text[match.end() :], text[: match.end()].count("\n") + 1


def _notebook_page(source: PurePosixPath, text: str) -> Page:
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise PublishError(f"{source}:{error.lineno}: not a notebook ({error.msg}).") from error
    cells = list(notebook.get("cells", []))
    front = Marked({}, str(source))
    if cells and cells[0]["cell_type"] in ("raw", "markdown"):
        first = source_text(cells[0])
        front, rest, _ = split_front_matter(first + "\n", file=f"{source} cell 1")
        if front.value:
            cells = ([{**cells[0], "source": rest}] if rest.strip() else []) + cells[1:]
        elif cells[0]["cell_type"] == "markdown" and (title := re.match(r"#\s+(.+)\n*", first)):
            front = Marked({"title": title.group(1).strip()}, str(source))
            cells[0] = {**cells[0], "source": first[title.end() :]}
    return Page(source, front, "", 1, tuple(cells))


def source_text(cell: dict) -> str:
    """The source of a notebook cell, which the format allows to be a string or a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
