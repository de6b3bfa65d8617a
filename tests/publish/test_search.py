"""Search: every exhibit is an entry of the index, under both engines."""

import json

import pytest

from helpers.errors import PublishError
from helpers.publish import quarto
from helpers.publish.check import read_site
from helpers.publish.search import Entry, exhibit_entries, indexing
from helpers.publish.sources import load_project

TABLE = Entry("results/pain/notebook.html#tbl-pain", "Table 1", "Pain <before>.", "Pain <before>. Means.", "Pain")


def test_an_exhibit_is_found_once_on_the_page_of_its_notebook_or_the_first_that_shows_it(site):
    project = load_project(site.parent)
    entries = {entry.address: entry for entry in exhibit_entries(project, read_site(project, site))}
    assert set(entries) == {
        "results/leakage/notebook.html#fig-leakage-success",
        "results/leakage/notebook.html#tbl-leakage-success",
        "manuscript/index.html#fig-by-hand",
        "manuscript/index.html#tbl-by-hand",
    }
    figure = entries["results/leakage/notebook.html#fig-leakage-success"]
    assert (figure.name, figure.page) == ("Figure 1", "Cement leakage")
    assert figure.caption == "Success by arm, with 95 % interval."
    assert figure.text == f"{figure.caption} Success in 58 % of kyphoplasty and 32 % of vertebroplasty patients."


def test_quartos_index_gets_a_section_for_each_exhibit_and_keeps_its_own(tmp_path):
    own = {"objectID": "index.html", "href": "index.html", "title": "Home", "section": "", "text": "Words"}
    (tmp_path / "search.json").write_text(json.dumps([own]), encoding="utf-8")
    with quarto.indexing(tmp_path, [TABLE]):
        pass
    assert json.loads((tmp_path / "search.json").read_text(encoding="utf-8")) == [
        own,
        {
            "objectID": "results/pain/notebook.html#tbl-pain",
            "href": "results/pain/notebook.html#tbl-pain",
            "title": "Pain",
            "section": "Table 1: Pain <before>.",
            "text": "Pain &lt;before&gt;. Means.",
        },
    ]


def test_a_quarto_that_wrote_no_index_is_an_error(tmp_path):
    with pytest.raises(PublishError, match=r"quarto wrote no search\.json"), quarto.indexing(tmp_path, [TABLE]):
        pass


def test_the_pages_that_exhibits_are_indexed_as_do_not_stay(site):
    assert not list(site.glob("*.partial"))
    entry = json.loads((site / "pagefind/pagefind-entry.json").read_text(encoding="utf-8"))
    pages = [page for page in load_project(site.parent).pages if not page.is_error_page]
    assert entry["languages"]["en"]["page_count"] == len(pages) + 4


def test_a_site_without_pages_has_no_index(tmp_path):
    with pytest.raises(PublishError, match="the search index could not be built"), indexing(tmp_path, []):
        pass
