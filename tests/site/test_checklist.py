"""The CONSORT checklist on the built site: each item leads to a place that is there."""

import posixpath
from contextlib import chdir
from pathlib import Path, PurePosixPath

import pytest

from helpers.present.checklist import load_checklist
from tests.baking import ROOT
from tests.publish import reading

pytestmark = pytest.mark.pipeline

PAGE = PurePosixPath("manuscript/checklist.html")


def places() -> dict[str, tuple[str, str]]:
    """List and number of each item's place -> page of the site, anchor."""
    with chdir(ROOT):
        lists = load_checklist()
    found = {}
    for one in lists:
        for item in one.items:
            for name, target in item.links.items():
                path, _, anchor = target.partition("#")
                page = posixpath.normpath(f"manuscript/{PurePosixPath(path).with_suffix('.html')}")
                found[f"{one.id} {item.number} {name}"] = (page, anchor)
    return found


def test_every_place_of_the_checklist_is_on_the_built_site(built_site: Path):
    ids = {page: set(reading.page(built_site, page).ids) for page, _ in places().values()}
    assert [name for name, (page, anchor) in places().items() if anchor and anchor not in ids[page]] == []


def test_the_page_of_the_checklist_has_a_link_for_every_place(built_site: Path):
    soup = reading.page(built_site, PAGE).soup
    links = [link["href"] for link in soup.select("main table a[href]")]
    assert len(links) == len(places())
    assert {posixpath.normpath(f"manuscript/{href}") for href in links} == {
        f"{page}#{anchor}" if anchor else page for page, anchor in places().values()
    }


def test_the_lists_are_within_reach_from_every_page(built_site: Path):
    for page in built_site.rglob("*.html"):
        name = PurePosixPath(page.relative_to(built_site).as_posix())
        if name.parts[0] in ("manuscript", "results") or name.name == "index.html":
            targets = [link["href"] for link in reading.page(built_site, name).soup.select("nav a[href]")]
            assert any(href.endswith("checklist.html") for href in targets), name
