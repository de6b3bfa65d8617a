"""Search over the built site, an index of files and no service: pages by their text, exhibits by their captions."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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


def index_site(site: Path, entries: Sequence[Entry]) -> None:
    """Write `site`/pagefind, the search index over all pages and exhibits.

    Raises
    ------
    PublishError
        If Pagefind fails or finds no page.
    """
    try:
        # In a thread of its own, since the caller may be inside an event loop, as in Jupyter.
        with ThreadPoolExecutor(1) as pool:
            pages = pool.submit(lambda: asyncio.run(_index(site, entries))).result()
    except (OSError, RuntimeError, AssertionError) as error:
        raise PublishError(f"the search index could not be built: {error}") from error
    if not pages or not (site / "pagefind" / "pagefind.js").is_file():
        raise PublishError("the search index could not be built: pagefind found no page, or wrote no index.")
    for pattern in UNUSED:
        for path in (site / "pagefind").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


async def _index(site: Path, entries: Sequence[Entry]) -> int:
    from pagefind.index import IndexConfig, PagefindIndex

    async with PagefindIndex(config=IndexConfig(keep_index_url=True, output_path=str(site / "pagefind"))) as index:
        found = await index.add_directory(str(site))
        for entry in entries:
            await index.add_custom_record(
                url=f"/{entry.address}",
                content=entry.text,
                language="en",
                meta={"title": entry.caption, "name": entry.name, "page": entry.page},
                filters={"kind": ["exhibit"]},
            )
    return found["page_count"]
