"""Search over the built site, an index of files and no service: pages by their text, exhibits by their captions."""

import html
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import PublishError
from helpers.publish.sources import Project
from helpers.publish.tree import Built

#: What Pagefind writes beside its index and the site does not use: ready-made interfaces and what they load.
UNUSED = ("pagefind-ui.*", "pagefind-modular-ui.*", "pagefind-component-ui.*", "pagefind-highlight.js")


@dataclass(frozen=True)
class Entry:
    """An exhibit as search finds it: where it is, what it is called there, and the words that lead to it."""

    address: str
    name: str
    caption: str
    text: str
    page: str


def exhibit_entries(project: Project, built: Mapping[str, Built]) -> list[Entry]:
    """Every exhibit once: on the page of the notebook that makes it, elsewhere on the first page that shows it."""
    found: dict[str, Entry] = {}
    for page in sorted(project.pages, key=lambda page: not page.is_notebook):
        made = built[str(page.source)]
        for exhibit in made.exhibits:
            name = f"{exhibit.kind.capitalize()} {exhibit.number}"
            text = " ".join((exhibit.caption, *exhibit.alt))
            entry = Entry(f"{made.path}#{exhibit.id}", name, exhibit.caption, text, made.title)
            found.setdefault(exhibit.id, entry)
    return list(found.values())


@contextmanager
def indexing(site: Path, entries: Sequence[Entry]) -> Iterator[None]:
    """Write `site`/pagefind, the search index over all pages and exhibits, during a `with`; it is there at the end.

    Pagefind indexes pages, so each exhibit becomes a small one while it runs. Its Python interface takes records of
    other kinds, but may end the process that writes the index before the last file is whole.

    Raises
    ------
    PublishError
        If Pagefind fails or finds no page.
    """
    folder = site / "exhibits.partial"
    folder.mkdir()
    for number, entry in enumerate(entries):
        (folder / f"{number}.html").write_text(_page(entry), encoding="utf-8")
    command = [sys.executable, "-m", "pagefind", "--site", str(site), "--silent", "--keep-index-url"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=site) as process:
        try:
            yield
        finally:
            said, _ = process.communicate()
    shutil.rmtree(folder)
    if process.returncode or not (site / "pagefind" / "pagefind.js").is_file():
        raise PublishError(f"the search index could not be built: {said.strip() or 'pagefind wrote none'}")
    for pattern in UNUSED:
        for path in (site / "pagefind").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _page(entry: Entry) -> str:
    """An exhibit as a page for Pagefind: its words, and what the list of results shows of it."""
    shown = {"address": entry.address, "title": entry.caption, "name": entry.name, "page": entry.page}
    tags = "".join(
        f'<meta data-pagefind-meta="{key}[content]" content="{html.escape(value)}">' for key, value in shown.items()
    )
    text = html.escape(entry.text, quote=False)
    return (
        f'<!DOCTYPE html><html lang="en"><body><main data-pagefind-body data-pagefind-filter="kind:exhibit">{tags}'
        f"<p>{text}</p></main></body></html>"
    )
