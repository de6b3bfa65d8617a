"""The codebook page in a real browser: searched, linked to, without JavaScript, on a phone, in the dark, on paper."""

import re
import shutil
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from helpers.codebook import Codebook, load_codebook
from helpers.data.formats.redcap_dictionary import dictionary
from helpers.present import codebook_page, codebook_variables
from helpers.publish import publish
from tests.baking import ROOT
from tests.publish import mini
from tests.site.conftest import _serve
from tests.site.test_browser import CONTRAST

pytestmark = pytest.mark.browser

PAGE = "manuscript/codebook.html"


@pytest.fixture(scope="module")
def book() -> Codebook:
    return load_codebook(ROOT / "data/codebook.yaml")


@pytest.fixture(scope="module")
def total(book) -> int:
    return sum(len(table.columns) for table in book.tables.values())


@pytest.fixture(scope="module", params=["pandoc", pytest.param("quarto", marks=pytest.mark.engines)])
def site(request, book, tmp_path_factory) -> Path:
    """The small project with the real codebook page, by each engine there is."""
    folder = mini.bake(tmp_path_factory.mktemp("codebook"))
    shutil.copy(ROOT / "manuscript/codebook.qmd", folder / "manuscript")
    summary = folder / "results/summary"
    (summary / "_codebook.md").write_text(codebook_page.page(book), encoding="utf-8")
    (summary / "codebook.csv").write_text(codebook_variables.to_csv(book), encoding="utf-8")
    (summary / "redcap-dictionary.csv").write_text(dictionary(book), encoding="utf-8")
    config = mini.CONFIG.replace(
        "    - /results/*/exhibits/*\n",
        "    - /results/*/exhibits/*\n    - /results/summary/*.csv\n    - /manuscript/assets/search-table.js\n",
    ).replace(
        "    at: post-render\n",
        "    at: post-render\n  - path: manuscript/assets/search-table.lua\n    at: post-render\n",
        1,
    )
    (folder / "_quarto.yml").write_text(config, encoding="utf-8")
    with chdir(folder):
        publish(request.param)
    return folder / "_site"


@pytest.fixture(scope="module")
def codebook_address(site) -> Iterator[str]:
    yield from _serve(site)


@pytest.fixture
def opened(codebook_address, visit):
    """Open the page: `opened(anchor="", width=1200, scheme="light")`."""

    def open_page(anchor: str = "", *, width: int = 1200, scheme: str = "light"):
        seen = visit(codebook_address, width=width, scheme=scheme).go(f"{PAGE}{anchor}")
        seen.page.wait_for_selector(".search-table form")
        return seen

    return open_page


def shown(page) -> list[str]:
    """Anchors of the rows in sight."""
    return page.eval_on_selector_all(
        ".search-table tbody tr",
        "rows => rows.filter(r => r.getClientRects().length).map(r => r.querySelector('a').id)",
    )


def words(page):
    return page.get_by_role("searchbox", name="Search variables")


def status(page) -> str:
    return page.locator(".search-count").inner_text()


def test_all_variables_stand_there_before_anything_is_searched(opened, total):
    seen = opened()
    assert len(shown(seen.page)) == total
    assert status(seen.page) == f"{total} variables"
    assert seen.page.get_by_role("button", name="Clear").is_disabled()
    assert seen.complaints == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [  # the rows of data/codebook.yaml in which every word stands, in the row itself or in the code list it names
        ("kyphotic", ["imaging.kyphosis_deg"]),
        ("KYPHOTIC  imaging", ["imaging.kyphosis_deg"]),
        ("leon berard", ["patients.site_id"]),
        ("hematoma", ["adverse_events.term"]),
        ("not over when last asked", ["adverse_events.end_date"]),
        ("vas_unit", ["eligibility.vas", "vas.vas"]),
        ("zeppelin", []),
    ],
)
def test_typing_leaves_the_rows_in_which_every_word_stands(opened, total, typed, found):
    seen = opened()
    words(seen.page).press_sequentially(typed)
    assert shown(seen.page) == found
    expected = f"{len(found)} of {total} variables" if found else f"None of the {total} variables fits."
    assert status(seen.page) == expected
    assert seen.complaints == []


def test_table_type_and_sensitivity_narrow_the_rows_together(opened, book):
    seen = opened()
    choices = [seen.page.get_by_role("combobox", name=name) for name in ("Table", "Type", "Sensitivity")]
    table, kind, sensitivity = choices
    assert table.locator("option").all_inner_texts() == ["all", *book.tables]
    sensitivity.select_option("pseudonym")
    assert shown(seen.page) == [f"{name}.subject_id" for name in book.tables]
    sensitivity.select_option("health")
    table.select_option("leaks")
    assert shown(seen.page) == ["leaks.level", "leaks.leak_type", "leaks.leak_size", "leaks.symptomatic"]
    kind.select_option("flag")
    assert shown(seen.page) == ["leaks.symptomatic"]


def test_clear_brings_all_rows_back_and_the_cursor_to_the_search(opened, total):
    seen = opened()
    words(seen.page).fill("kyphotic")
    seen.page.get_by_role("combobox", name="Type").select_option("date")
    assert shown(seen.page) == []
    seen.page.get_by_role("button", name="Clear").click()
    seen.page.wait_for_function(f"document.querySelector('.search-count').textContent === '{total} variables'")
    assert len(shown(seen.page)) == total
    assert words(seen.page).evaluate("field => field === document.activeElement")


def test_the_search_is_worked_from_the_keyboard_alone(opened):
    seen = opened()
    words(seen.page).focus()
    seen.page.keyboard.type("kyphotic")
    seen.page.keyboard.press("Enter")
    assert seen.page.url.endswith(PAGE)
    assert shown(seen.page) == ["imaging.kyphosis_deg"]
    stops = []
    for _ in range(5):
        seen.page.keyboard.press("Tab")
        stops.append(
            seen.page.evaluate(
                "document.activeElement.closest('label')?.firstChild.textContent || document.activeElement.tagName"
            )
        )
    assert stops[:4] == ["Table", "Type", "Sensitivity", "BUTTON"]
    seen.page.locator('[id="imaging.kyphosis_deg"]').focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.url.endswith("#imaging.kyphosis_deg")


def test_a_permanent_link_shows_its_variable(opened):
    seen = opened("#adverse_events.end_date")
    row = seen.page.locator("tr", has=seen.page.locator('[id="adverse_events.end_date"]'))
    seen.page.wait_for_function("scrollY > 1000")
    box = row.bounding_box()
    assert 0 < box["y"] < 900
    other = seen.page.locator("tr", has=seen.page.locator('[id="adverse_events.outcome"]'))
    ground = "row => getComputedStyle(row.cells[1]).backgroundColor"
    assert row.evaluate(ground) != other.evaluate(ground)


def test_a_link_to_a_variable_that_is_filtered_out_brings_it_back(opened, total):
    seen = opened()
    words(seen.page).fill("kyphotic")
    seen.page.evaluate("location.hash = '#vas.vas'")
    seen.page.wait_for_function("document.getElementById('vas.vas').getClientRects().length")
    assert len(shown(seen.page)) == total
    assert words(seen.page).input_value() == ""


def test_readers_who_listen_get_a_table_with_named_rows_and_columns_at_any_width(opened, total):
    for width in (1200, 360):
        seen = opened(width=width)
        block = seen.page.locator(".search-table")
        assert block.get_by_role("rowheader").count() == total
        assert block.get_by_role("row").count() == total + (width == 1200)
        assert block.get_by_role("rowheader", name="kyphosis_deg").count() == 1
        assert block.get_by_role("search", name="Variables").count() == 1
    assert opened().page.locator(".search-table").get_by_role("columnheader").all_inner_texts()[0] == "Variable"


@pytest.mark.parametrize("width", [320, 360, 768, 1000])
def test_narrow_pages_show_cards_that_name_each_value_and_never_scroll_sideways(opened, width):
    page = opened(width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not page.locator(".search-table thead").is_visible()
    wide = page.eval_on_selector_all(
        ".search-table tbody :is(th, td)",
        "(cells) => cells.filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.innerText)",
    )
    assert wide == []
    labels = page.eval_on_selector_all(
        "tr:has([id='patients.age']) td", "cells => cells.map(c => getComputedStyle(c, '::before').content)"
    )
    assert labels == [
        "none",
        *(f'"{name} "' for name in ("Type", "Unit", "Codes or range", "Empty cell", "Table, form", "Sensitivity")),
    ]


def test_wide_pages_show_a_table_that_fits_and_keeps_its_headings_in_sight(opened):
    page = opened("#dallas.item_08", width=1400).page
    block, table = (page.locator(name).bounding_box() for name in (".search-table", ".search-table table"))
    assert table["width"] <= block["width"] + 1
    page.wait_for_function("scrollY > 1000")
    page.mouse.move(700, 450)
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(500)
    heading = page.get_by_role("columnheader", name="Codes or range")
    assert 0 < heading.bounding_box()["y"] < 100
    box = heading.bounding_box()
    on_top = f"cell => cell.contains(document.elementFromPoint({box['x'] + 20}, {box['y'] + box['height'] - 6}))"
    assert heading.evaluate(on_top)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_table_and_its_search_stand_out_from_their_ground(opened, request, scheme, width):
    if "quarto" in request.node.name:
        pytest.skip("Quarto brings its own colours")
    page = opened("#vas.vas", width=width, scheme=scheme).page
    page.evaluate(
        "document.querySelectorAll('.search-table :is(label, button)').forEach((e) => e.classList.add('callout-title'))"
    )
    assert page.evaluate(CONTRAST) == []


def test_without_javascript_the_whole_table_stands_there(codebook_address, browser, total):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1200, "height": 900})
    try:
        page = context.new_page()
        page.goto(f"{codebook_address}/{PAGE}#vas.vas")
        assert page.locator(".search-table tbody tr").count() == total
        assert page.locator('[id="vas.vas"]').is_visible()
        assert page.locator(".search-table form").count() == 0
    finally:
        context.close()


def test_on_paper_there_is_a_table_and_no_search(opened, total):
    page = opened(width=700).page
    page.emulate_media(media="print")
    assert not page.locator(".search-table form").is_visible()
    assert page.locator(".search-table thead").is_visible()
    assert len(shown(page)) == total
    assert (
        page.locator("tr", has=page.locator('[id="patients.age"]')).evaluate("row => getComputedStyle(row).display")
        == "table-row"
    )


def test_a_page_opened_from_a_file_can_be_searched(site, opened):
    seen = opened()
    seen.address = "file://"
    seen.page.goto((site / PAGE).as_uri(), wait_until="load")
    words(seen.page).fill("kyphotic")
    assert shown(seen.page) == ["imaging.kyphosis_deg"]


def test_both_downloads_are_files_of_the_site(opened, site):
    page = opened().page
    links = page.locator("main a[download]")
    assert [Path(link.get_attribute("href")).name for link in links.all()] == ["codebook.csv", "redcap-dictionary.csv"]
    for link in links.all():
        with page.expect_download() as kept:
            link.click()
        name = re.search(r"[\w-]+\.csv$", link.get_attribute("href")).group()
        assert kept.value.suggested_filename == name
        assert Path(kept.value.path()).read_bytes() == (site / "results/summary" / name).read_bytes()


def test_a_page_without_such_a_table_does_not_ask_for_its_script(site):
    assert "search-table.js" in (site / PAGE).read_text(encoding="utf-8")
    assert "search-table.js" not in (site / "index.html").read_text(encoding="utf-8")
