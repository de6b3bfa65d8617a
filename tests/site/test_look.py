"""How the pages look and weigh, and what axe-core finds: light and dark, on a phone, wide, on paper."""

import io
import re
from pathlib import Path

import axe_playwright_python
import pytest
from benchmarks.site import MOST_BYTES, MOST_SHIFT, WIDTHS, load
from matplotlib.image import imread

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

#: Runs axe and says what it found. Of a long table only the first rows stay: the others are built alike.
RUN = """
async () => {
  document.querySelectorAll("tbody").forEach((body) => [...body.rows].slice(15).forEach((row) => row.remove()));
  const found = await axe.run({ resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
}
"""

OPEN_FOLDS = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"

#: Smallest letters of every figure, in pixels of the screen.
OPEN_TABS = """
() => {
  document.querySelectorAll(".tab-panel").forEach((panel) => { panel.hidden = false; });
  document.querySelectorAll(".tab-pane").forEach((panel) => panel.classList.add("active", "show"));
}
"""

LETTERS = r"""
async () => {
  const found = {};
  for (const image of document.querySelectorAll("main [id^='fig-'] img")) {
    const svg = new DOMParser().parseFromString(await (await fetch(image.currentSrc)).text(), "image/svg+xml");
    const scale = image.getBoundingClientRect().width / svg.documentElement.viewBox.baseVal.width;
    const size = (text) => parseFloat(/font(?:-size)?: *([\d.]+)px/.exec(text.outerHTML)[1]);
    const sizes = [...svg.querySelectorAll("text")].map(size);
    found[image.currentSrc.split("/").pop()] = Math.min(...sizes) * scale;
  }
  return found;
}
"""


def violations(page) -> list[str]:
    page.evaluate(AXE)
    return page.evaluate(RUN)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(address, pages, visit, scheme, width):
    seen = visit(address, width=width, scheme=scheme)
    found = {}
    for name in pages:
        seen.go(name).page.evaluate(OPEN_FOLDS)
        found[name] = violations(seen.page)
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_search_the_menu_and_tabs(address, small_address, visit, scheme):
    seen = visit(address, width=360, scheme=scheme).go("index.html")
    seen.page.click(".menu-open")
    assert violations(seen.page) == []
    seen.go("index.html")
    seen.page.click(".search-open")
    seen.page.fill("dialog.search input", "kyphoplasty")
    seen.page.wait_for_selector(".search-results li a")
    assert violations(seen.page) == []
    tabs = visit(small_address, scheme=scheme).go("index.html")
    tabs.page.get_by_role("tab", name="Table").click()
    assert violations(tabs.page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_heavy_and_nothing_moves_while_it_loads(address, pages, browser, width):
    loads = {name: load(browser, address, name, width=width) for name in pages}
    assert {name: each for name, each in loads.items() if each.bytes > MOST_BYTES or each.shift >= MOST_SHIFT} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_scripts_that_come_late_move_nothing_on_the_page(address, pages, browser, width):
    # the whole page in one window, so that nothing moves out of sight
    loads = {name: load(browser, address, name, width=width, height=6000, scripts_late=0.5) for name in pages}
    assert {name: each.shift for name, each in loads.items() if each.shift >= MOST_SHIFT} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_the_letters_of_a_figure_are_eleven_pixels_high_or_more(address, pages, visit, width):
    seen = visit(address, width=width)
    found = {}
    for name in pages:
        page = seen.go(name).with_pictures().page
        page.evaluate(OPEN_TABS)
        found |= page.evaluate(LETTERS)
    assert len(found) > 15
    assert {name: round(size, 1) for name, size in found.items() if size < 11} == {}


def test_a_phone_gets_a_figure_of_its_own(address, visit):
    source = "document.querySelector('#fig-forest img').currentSrc.split('/').pop()"
    assert visit(address, width=360).go("index.html").with_pictures().page.evaluate(source) == "fig-forest-narrow.svg"
    assert visit(address, width=1440).go("index.html").with_pictures().page.evaluate(source) == "fig-forest.svg"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_follow_the_switch_of_colours_against_the_system(address, visit, scheme):
    seen = visit(address, scheme=scheme).go("index.html")
    if not seen.page.locator(".theme-toggle").count():
        pytest.skip("the site was made by Quarto, whose colour switch is its own")
    picture = seen.page.locator("#fig-forest img")

    def ground_and_ink() -> tuple[float, float]:
        """Brightness of the ground, and of what stands out most from it."""
        seen.page.wait_for_timeout(200)
        light = imread(io.BytesIO(picture.screenshot()))[..., :3].mean(axis=2)
        ground = float(light[0, 0])
        return ground, float(light.min() if ground > 0.5 else light.max())

    before = ground_and_ink()
    seen.page.click(".theme-toggle")
    after = ground_and_ink()
    dark, light = sorted([before, after])
    assert dark[0] < 0.15 and dark[1] > 0.85
    assert light[0] > 0.95 and light[1] < 0.25
    assert (before == dark) == (scheme == "dark")


def test_paper_is_light_whatever_the_screen_shows(address, visit):
    seen = visit(address, scheme="dark").go("results/leakage/notebook.html")
    seen.page.emulate_media(media="print")
    colours = seen.page.evaluate("['color', 'colorScheme'].map((name) => getComputedStyle(document.body)[name])")
    assert colours == ["rgb(0, 0, 0)", "light"]
    assert not seen.page.locator(".site-header, .sidebar, .exhibit-downloads").first.is_visible()
    assert seen.page.locator(".kypho-banner").is_visible()
    assert re.search(r"^%PDF", seen.page.pdf()[:8].decode("latin-1"))
