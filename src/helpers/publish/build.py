"""The embedded engine's whole run: pictures first, then every page and format in two threads."""

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from helpers.errors import PublishError
from helpers.publish.earlier import Earlier
from helpers.publish.formats import PICTURES, write_format
from helpers.publish.html import write_page
from helpers.publish.notebooks import all_notebooks, embedded, page_markdown, write_pictures
from helpers.publish.pandoc import ASSETS
from helpers.publish.shortcodes import expand
from helpers.publish.sources import FORMATS, Page, Project

#: Pandoc is a process of its own; two at a time fill the two cores of a small machine.
THREADS = 2

LOCAL_IMAGE = re.compile(r"!\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?[^)]*\)")


def build(project: Project, site: Path) -> None:
    """Build the site of `project` into the empty folder `site`.

    Raises
    ------
    PublishError
        With the problem of every page that failed, not the first alone.
    """
    _copy_resources(project, site)
    for page in all_notebooks(project):
        write_pictures(page, site)
    earlier = Earlier(project.root, project.environment.get("KYPHO_COMMIT", ""))
    tasks: list[Callable[[], None]] = []
    problems = []
    for page in project.pages:
        try:
            tasks += _tasks(project, page, site, earlier)
        except PublishError as error:
            problems.append(str(error))
    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(task) for task in tasks]:
            try:
                future.result()
            except PublishError as error:
                problems.append(str(error))
    if problems:
        raise PublishError("\n".join(dict.fromkeys(problems)))
    earlier.forget_the_rest()


def _tasks(project: Project, page: Page, site: Path, earlier: Earlier) -> list[Callable[[], None]]:
    metadata = page_metadata(project, page)

    def make_html() -> None:
        text = page_text(project, page, ending=".svg")
        write_page(page, text, project=project, metadata=metadata, output=site / page.output, earlier=earlier)

    def make(name: str) -> Callable[[], None]:
        def run() -> None:
            text = page_text(project, page, ending=PICTURES[name])
            output = site / page.source.with_suffix(FORMATS[name])
            write_format(
                name, page, text, project=project, metadata=metadata, output=output, site=site, earlier=earlier
            )

        return run

    # The slowest first, so that neither thread ends with a long one alone.
    return [*(make(name) for name in page.formats if name != "html"), make_html]


def page_text(project: Project, page: Page, *, ending: str) -> str:
    """The Markdown of a page with shortcodes expanded and notebook cells written out; pictures end in `ending`."""
    fold = bool(page.option("code-fold", project.html.get("code-fold", False)))

    def embed(target: str, place: str) -> str:
        return embedded(project.root, target=target, folder=page.folder, place=place, ending=ending)

    text = page_markdown(page, fold=fold) if page.is_notebook else page.body
    return expand(
        text, project=project, file=str(page.source), first_line=page.body_line, embed=embed, folder=page.folder
    )


def page_metadata(project: Project, page: Page) -> dict[str, Any]:
    """Front matter as Pandoc wants it: shortcodes expanded, authors as names, files found from anywhere."""
    front = page.front.value

    def expanded(value: Any, path: tuple) -> Any:
        if isinstance(value, str):
            place = page.front.lines.get(path, 1)
            return expand(
                value, project=project, file=str(page.source), first_line=place, embed=_no_embed, folder=page.folder
            )
        if isinstance(value, list):
            return [expanded(item, (*path, index)) for index, item in enumerate(value)]
        return value

    names = ("title", "subtitle", "abstract", "keywords", "description", "date", "number-sections")
    metadata = {name: expanded(front[name], (name,)) for name in names if name in front}
    metadata["lang"] = front.get("lang") or project.config.value.get("lang") or "en"
    metadata |= {
        "kypho-offset": project.offset(page),
        "kypho-source": str(page.source),
        "kypho-commit": project.environment.get("KYPHO_COMMIT", ""),
    }
    if page.is_error_page:
        metadata["kypho-error-page"] = True
    authors = [_author(entry) for entry in _as_list(front.get("author"))]
    if authors:
        metadata["author"] = [author["name"]["literal"] for author in authors]
        metadata["by-author"] = authors  # as Quarto calls it and builds it, so that templates serve both engines
    if front.get("bibliography"):
        metadata["bibliography"] = [
            str((project.root / page.folder / name).resolve()) for name in _as_list(front["bibliography"])
        ]
    if front.get("csl"):
        metadata["csl"] = str((project.root / page.folder / front["csl"]).resolve())
    return metadata


def _no_embed(target: str, place: str) -> str:
    raise PublishError(f"{place}: embed {target}: front matter cannot embed a cell.")


def _as_list(value: Any) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _author(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        return {"name": {"literal": str(entry)}}
    places = _as_list(entry.get("affiliations") or entry.get("affiliation"))
    names = [str(place.get("name", "")) if isinstance(place, dict) else str(place) for place in places]
    author: dict[str, Any] = {"name": {"literal": str(entry.get("name", ""))}}
    author |= {name: str(entry[name]) for name in ("orcid", "email") if entry.get(name)}
    if any(names):
        author["affiliations"] = [{"name": name} for name in names if name]
    return author


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _copy_resources(project: Project, site: Path) -> None:
    for path in project.resources():
        _copy(path, site / path.relative_to(project.root))
    icon = project.website.get("favicon")
    for name in (*project.stylesheets, *([icon] if icon else [])):
        _copy(project.root / name, site / name)
    for name in ("page.css", "page.js"):
        _copy(ASSETS / name, site / "site_assets" / name)
    for page in project.pages:
        texts = [page.body] if not page.is_notebook else [str(cell.get("source", "")) for cell in page.cells or ()]
        for match in (found for text in texts for found in LOCAL_IMAGE.finditer(text)):
            path = (project.root / page.folder / match.group(1)).resolve()
            if path.is_file() and path.is_relative_to(project.root.resolve()):
                _copy(path, site / path.relative_to(project.root.resolve()))
