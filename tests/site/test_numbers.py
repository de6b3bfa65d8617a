"""What stands beside a number, by keyboard, pointer and touch, and where its link leads."""

import pytest

pytestmark = pytest.mark.browser

TIP = ".num-tip"


@pytest.fixture
def first(address, visit):
    """A window on the first page, and its first number."""

    def open_window(**options):
        seen = visit(address, **options).go("index.html")
        return seen, seen.page.locator("main a.num").first

    return open_window


def focus_by_keyboard(seen, link):
    """Focus as the Tab key gives it: on the link before, then one step."""
    link.evaluate(
        "(link) => { const links = [...document.querySelectorAll('a')]; links[links.indexOf(link) - 1].focus(); }"
    )
    seen.page.keyboard.press("Tab")


def test_the_keyboard_shows_what_is_behind_a_number_and_escape_closes_it(first):
    seen, link = first()
    assert not seen.page.locator(TIP).is_visible()
    focus_by_keyboard(seen, link)
    tip = seen.page.locator(TIP)
    assert tip.is_visible() and tip.get_attribute("role") == "tooltip"
    words = tip.inner_text()
    for name in (
        "Value:",
        "Method:",
        "Analysis set:",
        "Plan:",
        "Notebook cell:",
        "Record: results/leakage/results.json, row",
        "Commit:",
    ):
        assert name in words
    seen.page.keyboard.press("Escape")
    assert not tip.is_visible()
    assert link.evaluate("(link) => link === document.activeElement"), "Escape leaves the focus where it was"
    focus_by_keyboard(seen, link)
    seen.page.keyboard.press("Tab")
    assert seen.page.locator("a.num").nth(1).evaluate("(link) => link === document.activeElement")
    assert seen.complaints == []


def test_a_reader_who_listens_gets_the_same_words_by_description(first):
    seen, link = first()
    described = link.get_attribute("aria-describedby")
    said = seen.page.locator(f"#{described}").text_content()
    assert said == link.get_attribute("data-note").replace("\n", ". ")
    assert not seen.page.locator(f"#{described}").is_visible()


def test_the_pointer_shows_it_and_may_go_there(first):
    seen, link = first()
    link.hover()
    tip = seen.page.locator(TIP)
    tip.wait_for(state="visible")
    tip.hover()
    seen.page.wait_for_timeout(400)
    assert tip.is_visible()
    seen.page.mouse.move(0, 0)
    tip.wait_for(state="hidden")


def test_the_first_touch_shows_it_and_the_second_follows(address, browser):
    context = browser.new_context(viewport={"width": 360, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(f"{address}/index.html", wait_until="load")
    link = page.locator("main a.num").first
    link.tap()
    assert page.locator(TIP).is_visible() and page.url.endswith("index.html")
    link.tap()
    page.wait_for_url("**/manuscript/results.html#leakage.*")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_stays_on_the_screen_moves_nothing_and_stands_out(address, pages, visit, width, scheme):
    seen = visit(address, width=width, scheme=scheme)
    for name in ("index.html", "manuscript/index.html"):
        seen.go(name)
        height = seen.page.evaluate("document.documentElement.scrollHeight")
        links = seen.page.locator("main a.num")
        assert links.count() > 5
        for at in range(0, links.count(), 7):
            links.nth(at).scroll_into_view_if_needed()
            focus_by_keyboard(seen, links.nth(at))
            box = seen.page.locator(TIP).bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
            assert box["y"] >= 0 and box["y"] + box["height"] <= 900
            ground, ink = seen.page.locator(TIP).evaluate(
                "(tip) => { const s = getComputedStyle(tip); return [s.backgroundColor, s.color]; }"
            )
            assert ground != ink and "rgba(0, 0, 0, 0)" not in ground
        assert seen.page.evaluate("document.documentElement.scrollHeight") == height
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.complaints == []


def test_every_number_leads_to_its_row(address, visit):
    seen = visit(address).go("manuscript/index.html")
    links = seen.page.eval_on_selector_all(
        "main a.num", "(links) => links.map((link) => [link.hash.slice(1), link.textContent])"
    )
    assert len(links) > 40
    seen.go("manuscript/results.html")
    known = set(seen.page.evaluate("window.kyphoResults.rows.map((row) => row[0])"))
    for key, _ in links:
        line = key.removesuffix(".interval")
        assert key in known or {f"{line}.lower95", f"{line}.upper95"} <= known, key


def test_code_below_an_exhibit_opens_the_fold_of_its_cell(address, visit):
    seen = visit(address).go("results/leakage/notebook.html")
    below = seen.page.locator("#tbl-leakage-success .exhibit-downloads")
    fold = seen.page.locator(".cell", has=below).locator("details.code-fold").first
    assert fold.get_attribute("open") is None
    below.get_by_role("link", name="Code").click()
    assert fold.get_attribute("open") is not None
    seen.go("manuscript/index.html")
    seen.page.locator("#tbl-leakage-success .exhibit-downloads").get_by_role("link", name="Code").click()
    seen.page.wait_for_url("**/results/leakage/notebook.html#code-tbl-leakage-success")
    seen.page.wait_for_function("document.querySelector('.cell:has(#code-tbl-leakage-success) details.code-fold').open")
    assert seen.complaints == []


def test_below_an_exhibit_stand_code_data_pictures_and_the_plan(address, pages, visit):
    seen = visit(address)
    bare = []
    for name in pages:
        seen.go(name)
        found = seen.page.eval_on_selector_all(
            "main [id^='fig-'], main [id^='tbl-']",
            "(all) => all.filter((one) => one.matches('div, figure')).map((one) =>"
            " [one.id, [...one.querySelectorAll('.exhibit-downloads a')].map((link) => link.textContent)])",
        )
        for label, links in found:
            wanted = ["Code", "Data (CSV)", *(["SVG", "PNG"] if label.startswith("fig-") else [])]
            if links and links[: len(wanted)] != wanted:
                bare.append((name, label, links))
    assert bare == []
