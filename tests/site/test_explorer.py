"""The page of all results: filters, addresses, permalinks, downloads, with and without a server or a script."""

import csv
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

KEY = "pain.vas.vas.m3.diff.estimate"
PAGE = "manuscript/results.html"


def table(path) -> list[dict]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def rows(built_site) -> list[dict]:
    return table(built_site / "results/summary/results.csv")


def count(seen) -> str:
    return seen.page.locator(".results-explorer [role=status]").inner_text()


def test_every_record_is_there_and_a_filter_counts_what_it_leaves(address, rows, visit):
    seen = visit(address).go(PAGE)
    assert count(seen) == f"{len(rows)} results"
    seen.page.get_by_label("Endpoint", exact=True).select_option("pain")
    seen.page.get_by_label("Visit", exact=True).select_option("M3")
    seen.page.get_by_label("Statistic", exact=True).select_option("estimate")
    left = [r for r in rows if (r["endpoint"], r["visit"], r["statistic"]) == ("pain", "M3", "estimate")]
    assert count(seen) == f"{len(left)} of {len(rows)} results"
    assert "endpoint=pain" in seen.page.url and "visit=M3" in seen.page.url and "statistic=estimate" in seen.page.url
    address_of_the_view = seen.page.url
    again = visit(address)
    again.page.goto(address_of_the_view, wait_until="load")
    assert count(again) == f"{len(left)} of {len(rows)} results"
    assert again.page.get_by_label("Endpoint", exact=True).input_value() == "pain"
    again.page.get_by_role("button", name="Clear").click()
    again.page.wait_for_function(
        f"document.querySelector('.results-explorer [role=status]').textContent === '{len(rows)} results'"
    )
    assert "?" not in again.page.url
    assert seen.complaints == again.complaints == []


def test_the_analyses_offered_are_those_of_the_endpoint(address, rows, visit):
    seen = visit(address).go(PAGE)
    options = "document.querySelectorAll('.results-explorer select[name=analysis] option').length - 1"
    assert seen.page.evaluate(options) == len({r["analysis"] for r in rows})
    seen.page.get_by_label("Endpoint", exact=True).select_option("angle")
    assert seen.page.evaluate(options) == len({r["analysis"] for r in rows if r["endpoint"] == "angle"})


def test_words_are_searched_in_names_and_codes(address, visit):
    seen = visit(address).go(PAGE)
    seen.page.get_by_label("Search results").fill("kyphotic lower95 difference")
    seen.page.wait_for_function(
        "document.querySelector('.results-explorer [role=status]').textContent.includes(' of ')"
    )
    shown = seen.page.locator(".results-explorer tbody tr[id]")
    assert shown.count() > 0
    assert all(".diff.lower95" in row.get_attribute("id") for row in shown.all())
    seen.page.get_by_label("Search results").fill("quartet zeppelin")
    seen.page.wait_for_function(
        "document.querySelector('.results-explorer [role=status]').textContent.startsWith('None of')"
    )
    assert not seen.page.locator(".results-explorer table").is_visible()


def test_a_permalink_opens_its_row_and_shows_all_that_is_known_of_it(address, rows, visit):
    seen = visit(address).go(f"{PAGE}#{KEY}")
    row = seen.page.locator(f"[id='{KEY}']")
    assert row.get_attribute("aria-current") == "true"
    assert row.get_by_role("button").get_attribute("aria-expanded") == "true"
    (record,) = [
        r
        for r in rows
        if (r["analysis"], r["parameter"], r["visit"], r["group"], r["statistic"])
        == ("pain.vas", "VAS", "M3", "KP-VP", "estimate")
    ]
    words = seen.page.locator(f"[id='{KEY}'] + .explorer-details").inner_text()
    for said in (
        record["value"],
        record["method"],
        "Intention to treat (ITT)",
        "Section 5.4.1",
        "tbl-pain-vas",
        "results/pain/results.json",
        record["estimand"],
    ):
        assert said in words
    seen.page.locator(".explorer-details a", has_text="Section 5.4.1").click()
    seen.page.wait_for_url("**/manuscript/sap.html#sap-5.4.1")
    assert seen.complaints == []


def test_a_permalink_wins_over_filters_that_hide_its_row_and_one_to_an_interval_marks_both_limits(address, visit):
    seen = visit(address).go(f"{PAGE}?endpoint=qol#{KEY.replace('estimate', 'interval')}")
    marked = seen.page.locator(".results-explorer tr[aria-current]")
    assert [row.get_attribute("id").rpartition(".")[2] for row in marked.all()] == ["lower95", "upper95"]
    box = marked.first.bounding_box()
    assert 0 < box["y"] < 900


def test_a_row_opens_by_keyboard_and_puts_its_address_there(address, visit):
    seen = visit(address).go(f"{PAGE}?endpoint=angle")
    button = seen.page.locator(".results-explorer tbody button").first
    button.focus()
    seen.page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert seen.page.url.endswith(seen.page.locator(".results-explorer tbody tr[id]").first.get_attribute("id"))
    seen.page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "false" and "#" not in seen.page.url


def test_rows_come_by_the_page(address, rows, visit):
    seen = visit(address).go(PAGE)
    first = seen.page.locator(".results-explorer tbody tr[id]").first.get_attribute("id")
    assert seen.page.locator(".results-explorer tbody tr[id]").count() == 50
    seen.page.get_by_role("button", name="Next").click()
    assert seen.page.locator(".results-explorer tbody tr[id]").first.get_attribute("id") != first
    assert f"Rows 51 to 100 of {len(rows)}" in seen.page.locator(".explorer-pages").inner_text()
    assert "page=2" in seen.page.url


def test_what_is_filtered_can_be_taken_along_as_it_stands_in_the_table_of_all(address, rows, visit):
    seen = visit(address).go(f"{PAGE}?endpoint=tolerance&statistic=events")
    with seen.page.expect_download() as waiting:
        seen.page.locator(".explorer-csv").click()
    taken = table(waiting.value.path())
    wanted = [r for r in rows if (r["endpoint"], r["statistic"]) == ("tolerance", "events")]
    by_name = lambda r: (r["analysis"], r["unit_of_analysis"], r["parameter"], r["group"])  # noqa: E731
    assert list(taken[0]) == list(rows[0])
    numbers = lambda r: {**r, "value": float(r["value"]) if r["value"] else None}  # noqa: E731
    assert sorted(map(numbers, taken), key=by_name) == sorted(map(numbers, wanted), key=by_name)
    with seen.page.expect_download() as waiting:
        seen.page.get_by_role("link", name="All results (CSV)").click()
    assert len(table(waiting.value.path())) == len(rows)


def test_it_works_from_a_file(built_site, visit):
    seen = visit("file://")
    seen.page.goto((built_site / PAGE).as_uri() + f"#{KEY}", wait_until="load")
    assert seen.page.locator(f"[id='{KEY}']").get_attribute("aria-current") == "true"
    seen.page.get_by_label("Endpoint", exact=True).select_option("pain")
    assert " of " in count(seen)
    assert seen.complaints == []


def test_without_scripts_there_is_a_way_on(address, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    block = page.locator(".results-explorer")
    assert "Without one, all results can be downloaded" in block.inner_text()
    assert block.get_by_role("link", name="Pain", exact=True).is_visible()
    context.close()


@pytest.mark.parametrize("width", [360, 768])
def test_on_a_phone_rows_are_cards_and_nothing_scrolls_sideways(address, visit, width):
    seen = visit(address, width=width).go(f"{PAGE}#{KEY}")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.locator(".results-explorer thead").is_visible() == (width > 700)


def test_the_page_weighs_less_than_a_megabyte_and_a_half(built_site):
    parts = (
        PAGE,
        "results/summary/results.js",
        *(f"manuscript/assets/{n}" for n in ("explorer.js", "site.css", "numbers.css")),
    )
    assert sum((built_site / part).stat().st_size for part in parts) < 1_000_000
