"""The built site in a real browser, as a reader meets it."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

#: JavaScript that lists the elements whose text does not stand out enough.
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8").split("\n", 1)[1]


@pytest.fixture
def own_page(address, visit):
    """Windows on a site of the embedded engine; Quarto brings its own search and colours, not ours to test."""
    seen = visit(address).go("index.html")
    if seen.page.locator('meta[name="generator"][content^="quarto"]').count():
        pytest.skip("the site was made by Quarto, whose search and colour switch are its own")
    return visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_complains_or_asks_anything_from_outside(address, pages, visit, scheme):
    seen = visit(address, scheme=scheme)
    for name in pages:
        seen.go(name)
    assert seen.complaints == []


@pytest.mark.parametrize("width", [360, 768])
def test_no_page_scrolls_sideways(address, pages, visit, width):
    seen = visit(address, width=width)
    wide = {}
    for name in pages:
        seen.go(name)
        wide[name] = seen.page.evaluate("document.documentElement.scrollWidth")
    assert {name: found for name, found in wide.items() if found > width} == {}


def test_every_picture_is_drawn(address, pages, visit):
    seen = visit(address)
    for name in pages:
        seen.go(name).with_pictures()
        assert (
            seen.page.evaluate("[...document.images].filter((image) => !image.naturalWidth).map((image) => image.src)")
            == []
        )


@pytest.mark.parametrize("width", [360, 1280])
def test_the_banner_is_in_sight_at_the_top_and_far_down(address, pages, visit, width):
    seen = visit(address, width=width).go("manuscript/index.html")
    for far in (0, 4000):
        seen.page.evaluate(f"window.scrollTo(0, {far})")
        seen.page.wait_for_timeout(300)
        box = seen.page.locator(".kypho-banner").bounding_box()
        assert 0 <= box["y"] < 300, f"at {far}: {box}"
        assert box["height"] < 60


def test_every_page_shows_the_banner_whatever_the_style_sheets_say(address, pages, visit):
    seen = visit(address)
    for name in pages:
        banner = seen.go(name).page.locator(".kypho-banner")
        assert banner.is_visible(), name
        assert banner.inner_text().strip() == "SYNTHETIC DATA, NOT TRIAL RESULTS", name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(address, own_page, scheme):
    seen = own_page(address, scheme=scheme)
    for name in (
        "index.html",
        "manuscript/index.html",
        "manuscript/reproducibility.html",
        "results/leakage/notebook.html",
    ):
        seen.go(name)
        seen.page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")
        assert seen.page.evaluate(CONTRAST) == [], name


def test_the_colours_follow_the_system_until_the_reader_chooses(address, own_page):
    seen = own_page(address, scheme="dark").go("index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    dark = seen.page.evaluate(ground)
    assert seen.page.evaluate(scheme) == "dark"
    seen.page.click(".theme-toggle")
    light = seen.page.evaluate(ground)
    assert light != dark
    assert seen.page.evaluate(scheme) == "light"
    seen.go("manuscript/index.html")
    assert seen.page.evaluate(ground) == light, "the choice holds on the next page"
    assert seen.page.locator(".theme-toggle").get_attribute("aria-pressed") == "false"


def test_the_chosen_colours_are_there_before_the_page_is_drawn(address, own_page):
    seen = own_page(address, scheme="light").go("index.html")
    seen.page.click(".theme-toggle")
    seen.page.route("**/page.js", lambda route: route.abort())
    seen.page.goto(f"{address}/index.html", wait_until="domcontentloaded")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_search_finds_a_page_and_leads_there(address, own_page):
    seen = own_page(address).go("index.html")
    seen.page.keyboard.press("/")
    seen.page.fill("dialog.search input", "kyphoplasty")
    seen.page.wait_for_selector(".search-results li a")
    assert any("#" in link.get_attribute("href") for link in seen.page.locator(".search-results a").all())
    seen.page.fill("dialog.search input", "codebook")
    seen.page.wait_for_function("document.querySelector('.search-results a')?.textContent.includes('Codebook')")
    seen.page.locator(".search-results a").first.click()
    seen.page.wait_for_url("**/manuscript/codebook.html*")
    assert seen.complaints == []


def test_search_finds_a_table_by_a_word_of_its_caption_and_leads_to_it(address, own_page):
    seen = own_page(address).go("index.html")
    seen.page.keyboard.press("/")
    seen.page.fill("dialog.search input", "questionnaires expected")
    found = seen.page.locator(".search-exhibits li", has_text="Questionnaires received of those expected")
    found.wait_for()
    assert seen.page.locator(".search-exhibits h2").inner_text().lower() == "figures and tables"
    assert re.fullmatch(r"Table \d+ · Quality of life", found.locator(".search-name").inner_text())
    assert re.search(r"\d+ (figure or table|figures and tables)$", seen.page.locator(".search-status").inner_text())
    found.locator("a").click()
    seen.page.wait_for_url("**/results/qol/notebook.html#tbl-qol-compliance")
    assert not seen.page.locator("dialog.search").is_visible()
    assert seen.page.locator("#tbl-qol-compliance").is_visible()
    assert 0 <= seen.page.locator("#tbl-qol-compliance").bounding_box()["y"] < 900, "the table is in sight"
    assert seen.complaints == []


def test_search_finds_every_exhibit_by_its_own_caption(address, built_site, own_page):
    manifest = json.loads((built_site / "manifest.json").read_text(encoding="utf-8"))["pages"]
    captions = {item["id"]: item["caption"] for page in manifest.values() for item in page["exhibits"]}
    seen = own_page(address).go("index.html")
    seen.page.evaluate("document.querySelector('.search-open').click()")
    addresses = seen.page.evaluate(
        """async (captions) => {
          const engine = await import(new URL("pagefind/pagefind.js", location.href));
          const found = {};
          for (const [id, caption] of Object.entries(captions)) {
            const { results } = await engine.search(caption, { filters: { kind: "exhibit" } });
            found[id] = await Promise.all(results.map(async (result) => (await result.data()).meta.address));
          }
          return found;
        }""",
        captions,
    )
    missed = [label for label, urls in addresses.items() if not any(url.endswith(f"#{label}") for url in urls)]
    assert missed == []


@pytest.mark.parametrize("missing", ["gone.html", "manuscript/below/and/further/gone.html"])
def test_the_page_for_missing_addresses_works_at_any_depth(address, own_page, missing):
    seen = own_page(address)
    body = (seen.page.request.get(f"{address}/404.html")).body()
    seen.page.route(f"**/{missing}", lambda route: route.fulfill(status=200, body=body, content_type="text/html"))
    seen.go(missing)
    assert seen.page.locator("h1").inner_text() == "Page not found"
    assert seen.page.evaluate("[...document.styleSheets].filter((sheet) => sheet.cssRules.length).length") >= 2
    seen.page.keyboard.press("/")
    seen.page.fill("dialog.search input", "codebook")
    seen.page.wait_for_selector(".search-pages a")
    seen.page.keyboard.press("Escape")
    seen.page.click("main a >> text=Manuscript")
    seen.page.wait_for_url(f"{address}/manuscript/index.html")
    assert seen.complaints == []


def test_search_says_so_when_there_is_nothing(address, own_page):
    seen = own_page(address).go("index.html")
    seen.page.click(".search-open")
    seen.page.fill("dialog.search input", "quartet zeppelin")  # no page has a word that begins like these
    seen.page.wait_for_function("document.querySelector('.search-status').textContent === 'Nothing found.'")
    seen.page.keyboard.press("Escape")
    assert not seen.page.locator("dialog.search").is_visible()


def test_the_menu_opens_on_a_phone(address, own_page):
    seen = own_page(address, width=360).go("index.html")
    assert not seen.page.locator("#sidebar").is_visible()
    seen.page.click(".menu-open")
    assert seen.page.locator(".menu-open").get_attribute("aria-expanded") == "true"
    seen.page.click("#sidebar >> text=Codebook")
    seen.page.wait_for_url("**/manuscript/codebook.html")


def test_the_first_tab_stop_skips_to_the_content(address, own_page):
    seen = own_page(address).go("index.html")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.getAttribute('href')") == "#content"


def test_tabs_are_worked_by_mouse_and_keyboard_and_opened_by_a_link(small_address, visit):
    seen = visit(small_address).go("index.html")
    figure, table = seen.page.locator("#tabset-1-1"), seen.page.locator("#tabset-1-2")
    assert figure.is_visible()
    assert not table.is_visible()
    seen.page.get_by_role("tab", name="Table").click()
    assert table.is_visible()
    assert not figure.is_visible()
    seen.page.keyboard.press("ArrowRight")
    assert figure.is_visible()
    seen.page.click("a.xref[href='#tbl-leakage-success']")
    assert table.is_visible()
    assert seen.complaints == []


def test_a_page_opened_from_a_file_reads_without_complaint(built_site, own_page):
    seen = own_page("file://")
    seen.page.goto((built_site / "index.html").as_uri(), wait_until="load")
    assert seen.page.locator(".kypho-banner").is_visible()
    seen.page.click(".search-open")
    assert "Serve the folder" in seen.page.locator(".search-status").text_content()
    assert seen.complaints == []
