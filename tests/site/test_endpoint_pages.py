"""The pages of the endpoints in a real browser: the question as a card, the answer, exhibits in tabs."""

import pytest

from helpers.paths import ENDPOINTS

pytestmark = pytest.mark.browser

WITH_VERTEBRAE = ("leakage", "height", "angle")


def page_of(endpoint: str) -> str:
    return f"results/{endpoint}/notebook.html"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_question_is_seen_before_the_answer_and_the_answer_before_the_exhibits(address, visit, endpoint):
    page = visit(address).go(page_of(endpoint)).page
    tops = [page.locator(css).first.bounding_box()["y"] for css in (".estimand-card", ".answer", ".panel-tabset")]
    assert tops == sorted(tops)
    link = page.locator(".estimand-card a").get_attribute("href")
    page.click(".estimand-card a")
    page.wait_for_url("**/manuscript/sap.html#estimand-*")
    assert page.locator(f"[id='{link.partition('#')[2]}']").count() == 1


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_tabs_are_worked_by_the_keyboard_and_one_panel_is_open(address, visit, endpoint):
    seen = visit(address).go(page_of(endpoint))
    tabs = seen.page.get_by_role("tab").all_inner_texts()
    middle = ["Vertebra level"] if endpoint in WITH_VERTEBRAE else []
    assert tabs == ["Main", "Sensitivity", *middle, "Diagnostics"]
    seen.page.get_by_role("tab", name="Main").focus()
    for name in [*tabs[1:], "Main"]:  # the last is followed by the first
        seen.page.keyboard.press("ArrowRight")
        chosen = seen.page.get_by_role("tab", selected=True)
        assert chosen.inner_text() == name
        assert seen.page.evaluate("document.activeElement.textContent.trim()") == name
        assert [panel.is_visible() for panel in seen.page.locator("main [role=tabpanel]").all()].count(True) == 1
    seen.page.keyboard.press("End")
    assert seen.page.get_by_role("tab", selected=True).inner_text() == "Diagnostics"
    assert seen.complaints == []


def test_a_link_to_an_exhibit_in_a_closed_tab_opens_it(address, visit):
    seen = visit(address).go(f"{page_of('pain')}#tbl-pain-deaths")
    assert seen.page.locator("#tbl-pain-deaths").is_visible()
    assert seen.page.get_by_role("tab", selected=True).inner_text() == "Sensitivity"
    seen.page.evaluate("location.hash = '#tbl-pain-fit'")
    seen.page.wait_for_function("document.querySelector('#tbl-pain-fit').checkVisibility()")
    assert seen.page.get_by_role("tab", selected=True).inner_text() == "Diagnostics"
    top = seen.page.locator("#tbl-pain-fit").bounding_box()["y"]
    assert 0 <= top < 900


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_contents_name_the_sections_and_not_the_tabs(address, visit, endpoint):
    page = visit(address, width=1440).go(page_of(endpoint)).page
    assert page.locator("#TOC a").all_inner_texts() == ["Estimand", "Answer", "Results", "Data", "Record"]


def test_print_shows_every_tab_with_its_title(address, visit):
    page = visit(address).go(page_of("leakage")).page
    page.emulate_media(media="print")
    assert all(panel.is_visible() for panel in page.locator("main [role=tabpanel]").all())
    titles = page.locator("main .tab-title")
    assert [title.inner_text() for title in titles.all()] == ["Main", "Sensitivity", "Vertebra level", "Diagnostics"]
    assert all(title.is_visible() for title in titles.all())
    assert not page.get_by_role("tablist").is_visible()


def test_code_is_folded_everywhere(address, visit):
    page = visit(address).go(page_of("qol")).page
    assert page.locator("main details.code-fold").count() > 10
    assert page.locator("main details.code-fold[open]").count() == 0
