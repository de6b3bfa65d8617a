"""Every figure: drawn from records only, alike in every run, legible, with its finding in words."""

import csv
import dataclasses
import hashlib
import io
import re
import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_hex

from helpers.errors import InvalidInput
from helpers.present import figures, labels, marks, theme
from helpers.present.figures.leakage_sensitivity import _cell
from helpers.present.figures.survival import _steps
from helpers.present.numbers import HIDDEN, MARK
from helpers.present.select import Interval, interval
from helpers.results import Record
from tests.present import fabricate
from tests.present.conftest import ROOT

FIGURES = {
    "survival": "participants",
    "leakage_success": "leakage",
    "leakage_sensitivity": "leakage",
    "leakage_bounds": "leakage",
    "leakage_posterior": "leakage",
    "leakage_characteristics": "leakage",
    "height_vertebral": "height",
    "height_stature": "height",
    "angle_kyphotic": "angle",
    "pain_vas": "pain",
    "readers": "height",
    "residuals": "qol",
    "responders": "pain",
    "delta": "pain",
    "qol_dallas": "qol",
    "tolerance_grade": "tolerance",
    "tolerance_events": "tolerance",
    "volume_pain": "volume_pain",
    "volume_tertiles": "volume_pain",
}
OF_SEVERAL_ENDPOINTS = ("forest", "consort_flow")
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_every_figure_is_listed_here():
    assert {*FIGURES, *OF_SEVERAL_ENDPOINTS} == set(figures.__all__)


@pytest.mark.parametrize(("name", "endpoint"), FIGURES.items())
def test_a_figure_is_drawn_named_and_large_enough_to_read(project, name, endpoint):
    shown = getattr(figures, name)(fabricate.ALL[endpoint]())
    sizes = [
        float(re.search(r"font-size: ([\d.]+)px", t.get("style"))[1])
        for t in texts(shown.svg)
        if "SYNTHETIC" not in t.text
    ]
    assert min(sizes) >= 9
    assert len(shown.alt) > 60
    assert shown.png.startswith(b"\x89PNG")
    assert not re.search(r"\bsignificant(ly)?\b", re.sub("not significant|; significant", "", shown.alt))


@pytest.mark.parametrize(("name", "endpoint"), FIGURES.items())
def test_a_phone_gets_a_narrow_figure_with_the_same_numbers_in_letters_as_large(project, name, endpoint):
    shown = getattr(figures, name)(fabricate.ALL[endpoint]())
    width = float(re.search(r'<svg[^>]* width="([\d.]+)pt"', shown.narrow)[1])
    # a phone of 360 px shows a figure 352 px wide, with a part of the margins; 11 px are legible
    sizes = [float(re.search(r"font-size: ([\d.]+)px", t.get("style"))[1]) for t in texts(shown.narrow)]
    assert min(sizes) * 352 / width >= 11
    wide, narrow = ({t.text for t in texts(svg)} for svg in (shown.svg, shown.narrow))
    intervals = {text for text in wide if re.fullmatch(r"\S+ \(\S+ to \S+\)", text)}
    assert intervals <= narrow


@pytest.mark.parametrize("name", ["leakage_posterior", "qol_dallas", "tolerance_grade"])
def test_two_drawings_are_the_same_bytes(project, name):
    draw, records = getattr(figures, name), fabricate.ALL[FIGURES[name]]()
    first, second = draw(records), draw(list(reversed(records)))
    assert (first.svg, first.png) == (second.svg, second.png)


def test_another_process_with_another_hash_seed_draws_the_same_bytes(project):
    code = (
        "import hashlib; from helpers.present import figures; from tests.present import fabricate;"
        "f = figures.leakage_success(fabricate.leakage()); print(hashlib.sha256(f.svg.encode() + f.png).hexdigest())"
    )
    environment = {"PYTHONHASHSEED": "3", "PYTHONPATH": f"{ROOT}:{ROOT}/src", "PATH": "", "HOME": str(project)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=project, capture_output=True, check=True)
    here = figures.leakage_success(fabricate.leakage())
    assert done.stdout.decode().strip() == hashlib.sha256(here.svg.encode() + here.png).hexdigest()


def test_no_date_and_no_software_is_written_into_a_figure(project):
    shown = figures.leakage_success(fabricate.leakage())
    assert "<metadata>" not in shown.svg
    assert b"Software" not in shown.png


def test_a_figure_leaves_nothing_behind_in_the_session(project):
    import matplotlib as mpl
    from matplotlib import pyplot

    mpl.get_backend()  # resolved when first asked for, by whomever
    before = mpl.rcParams.copy()
    figures.pain_vas(fabricate.pain())
    assert mpl.rcParams == before
    assert pyplot.get_fignums() == []


def test_the_interval_drawn_is_the_one_recorded():
    ax = theme.canvas(2).subplots()
    marks.points(ax, [(0, Interval(0.625, 0.386, 0.815, "proportion", "KP"))])
    (segment,) = ax.collections[0].get_segments()
    assert [tuple(point) for point in segment] == [(38.6, 0), (81.5, 0)]
    assert tuple(ax.collections[1].get_offsets()[0]) == (62.5, 0)
    assert to_hex(ax.collections[0].get_color()[0]) == theme.ARM_COLOURS["KP"]


def test_what_could_not_be_estimated_leaves_no_mark_and_is_named():
    ax = theme.canvas(2).subplots()
    marks.rows(ax, [marks.Row("Fatal", Interval(None, None, None, "proportion", "VP"), 0)])
    assert not ax.collections
    assert [t.get_text() for t in ax.texts] == ["not estimable"]


def test_a_figure_with_a_contrast_that_could_not_be_estimated_is_still_drawn(project):
    def without(record: Record) -> Record:
        gone = record.analysis == "height.stature" and record.group == "KP-VP"
        return dataclasses.replace(record, value=None, method="ancova:too-few") if gone else record

    shown = figures.height_stature([without(r) for r in fabricate.height()])
    assert any(t.text == "not estimable" for t in texts(shown.svg))
    assert "not estimable" in shown.alt


def test_a_figure_is_not_drawn_from_a_number_that_is_not_there(project):
    records = [r for r in fabricate.leakage() if not (r.analysis == "leakage.success" and r.statistic == "upper95")]
    with pytest.raises(InvalidInput, match="Run the analysis before drawing it"):
        figures.leakage_success(records)


@pytest.mark.parametrize("name", ["responders", "delta"])
def test_a_figure_of_pain_serves_the_four_domains_of_quality_of_life(project, name):
    shown = getattr(figures, name)(fabricate.qol())
    words = " ".join(t.text or "" for t in texts(shown.svg))
    assert all(part in words for part in ("Daily activities", "Work and leisure", "Anxiety and depression"))


@pytest.mark.parametrize(("name", "endpoint"), FIGURES.items())
def test_a_figure_of_numbers_that_are_all_hidden_names_none_and_explains_the_mark(project, name, endpoint):
    hidden = [dataclasses.replace(r, value=None, method=f"{r.method}:hidden") for r in fabricate.ALL[endpoint]()]
    shown = getattr(figures, name)(hidden)
    assert shown.note and MARK in shown.alt and shown.note in shown.alt
    assert not any(row["value"] for row in csv.DictReader(io.StringIO(shown.csv)))


def drawn(shown) -> list[str]:
    return [t.text or "" for t in texts(shown.svg)]


def test_survival_is_drawn_for_all_and_for_each_arm_with_its_last_value(project):
    words = drawn(figures.survival(fabricate.participants()))
    assert "Kyphoplasty 81\u00a0%" in words  # 13 of 16
    assert "Vertebroplasty 73\u00a0%" in words  # 11 of 15
    assert "All patients 77\u00a0%" in words  # 24 of 31


def curves(shown) -> str:
    """The lines of an SVG in the colours of the arms and of all."""
    return "".join(node.get("style", "") for node in ElementTree.fromstring(shown.svg).iter(f"{SVG}path"))


def test_an_arm_whose_deaths_are_not_shown_has_no_line_and_is_named_with_the_mark(project):
    def hide(r):
        gone = r.analysis == "participants.survival" and r.group == "KP"
        return dataclasses.replace(r, value=None, method="kaplan-meier-log-log:hidden") if gone else r

    records = fabricate.participants()
    whole, shown = figures.survival(records), figures.survival([hide(r) for r in records])
    kp = theme.ARM_COLOURS["KP"]
    assert kp in curves(whole) and kp not in curves(shown) and theme.ARM_COLOURS["VP"] in curves(shown)
    assert f"Kyphoplasty {MARK}" in drawn(shown) and "Vertebroplasty 73\u00a0%" in drawn(shown)
    assert f"kyphoplasty {MARK}" in shown.alt and "81" not in shown.alt


def test_no_line_runs_over_a_day_that_is_not_shown(project):
    def hide(r):
        gone = r.analysis == "participants.survival" and r.parameter == "DAY_028"
        return dataclasses.replace(r, value=None, method="kaplan-meier-log-log:hidden") if gone else r

    ax = theme.canvas(2).subplots()
    records = [hide(r) for r in fabricate.participants()]
    days = [(day, interval(records, parameter=f"DAY_{day:03d}", group="VP")) for day in (0, 28, 56, 112)]
    _steps(ax, days, "VP")
    assert [y != y for y in ax.lines[0].get_ydata()] == [False, True, False, False]


def test_the_sensitivity_of_success_has_a_line_for_every_analysis_in_order(project):
    shown = figures.leakage_sensitivity(fabricate.leakage())
    words = [t for t in drawn(shown) if re.fullmatch(r"\S+ \(\S+ to \S+\)", t)]
    assert len(words) == len(labels.SUCCESS_ANALYSES) == 11
    assert words[0] == "29.2 (\u22126.5 to 58.2)" and words[-1] == "\u22125.0 (\u221237.0 to 25.0)"
    assert "favours kyphoplasty →" in drawn(shown)


def test_the_bounds_are_a_cell_for_every_pair_of_shares(project):
    shown = figures.leakage_bounds(fabricate.leakage())
    cells = [t for t in drawn(shown) if re.fullmatch(r"\u2212?\d+\.\d", t)]
    assert len(cells) == 25
    assert {"\u22125.0", "45.0"} <= set(cells)  # the worst and the best case for kyphoplasty
    assert "from \u22125.0 (" in shown.alt and "to 45.0 (" in shown.alt


def test_a_bound_that_is_not_shown_has_the_mark_and_no_tint_of_an_arm(project):
    hidden = Interval(HIDDEN, HIDDEN, HIDDEN, "proportion", "KP-VP")
    ax = theme.canvas(2).subplots()
    _cell(ax, 0, 0, hidden)
    assert [t.get_text() for t in ax.texts] == [MARK]
    assert to_hex(ax.collections[0].get_facecolor()[0]) == theme.RULE.lower()


def test_the_shift_at_which_the_sign_turns_is_written_or_said_to_be_beyond_those_tried(project):
    shown = figures.delta(fabricate.pain())
    assert "sign turns at 2.4 points" in drawn(shown)
    domains = figures.delta(fabricate.qol())
    assert drawn(domains).count("sign turns at 12.5 points") == 3
    assert "social interest in no shift tried" in domains.alt


@pytest.mark.parametrize(("name", "panels"), [("pain_vas", 1), ("qol_dallas", 4)])
def test_under_each_visit_of_a_course_stand_the_patients_it_averages(project, name, panels):
    records = fabricate.ALL[FIGURES[name]]()
    changed = [
        dataclasses.replace(r, value=137 if r.group == "KP" else 138)
        if r.parameter.endswith("_CHG") and r.statistic == "n" and r.visit == "M3"
        else r
        for r in records
    ]
    counts = [t.text for t in texts(getattr(figures, name)(changed).svg) if t.text in ("137", "138")]
    assert counts == ["137", "138"] * panels


def test_the_rows_of_the_forest_lie_equally_apart_in_every_panel(project):
    shown = figures.forest([r for made in fabricate.ALL.values() for r in made()])
    at = [float(t.get("y")) for t in texts(shown.svg) if re.fullmatch(r"\S+ \(\S+ to \S+\)", t.text or "")]
    apart = [below - above for above, below in pairwise(at)]
    within = sorted(apart)[: len(apart) - 5]  # five of the steps lead from one panel to the next
    assert max(within) - min(within) < 0.1 and min(apart) == min(within) > 0


def test_axes_favour_kyphoplasty_where_the_plan_says_it_is_better(project):
    angle = [t.text for t in texts(figures.angle_kyphotic(fabricate.angle()).svg) if "favours" in (t.text or "")]
    height = [t.text for t in texts(figures.height_stature(fabricate.height()).svg) if "favours" in (t.text or "")]
    assert angle == ["← favours kyphoplasty", "favours vertebroplasty →"]  # less kyphosis is better
    assert height == ["← favours vertebroplasty", "favours kyphoplasty →"]  # more height is better


def test_the_forest_holds_every_main_contrast_of_the_randomised_comparison(project):
    records = [r for made in fabricate.ALL.values() for r in made()]
    shown = figures.forest(records)
    # 1 success, 3 vertebral heights, 1 stature, 1 angle, 3 visits of pain, 4 domains at 2 visits
    assert sum(bool(re.fullmatch(r"\S+ \(\S+ to \S+\)", t.text or "")) for t in texts(shown.svg)) == 17
    assert "17 contrasts" in shown.alt
    assert "Relief" not in shown.alt  # responders are in the table
    # Vertebral heights are those of the model over vertebrae, not of the means of patients, which differ by 1.4 mm
    assert "Anterior height, month 3: 1.2 (" in shown.alt and "1.4 (" not in shown.alt
    assert "includes" not in shown.alt


def test_the_side_that_favours_kyphoplasty_in_leakage_comes_from_the_plan(own_project):
    def sides() -> list[str]:
        drawn = figures.leakage_success(fabricate.leakage()), figures.leakage_posterior(fabricate.leakage())
        return [t.text for shown in drawn for t in texts(shown.svg) if "favours" in (t.text or "")]

    right, left = (
        ["← favours vertebroplasty", "favours kyphoplasty →"],
        ["← favours kyphoplasty", "favours vertebroplasty →"],
    )
    assert sides() == right * 2
    path = own_project / "manuscript/sap.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("better: higher", "better: lower"), encoding="utf-8")
    assert sides() == left * 2


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "ground"), [("light", "#ffffff"), ("dark", "#16191d")])
def test_a_figure_in_an_img_is_legible_on_a_light_and_on_a_dark_page(project, tmp_path, browser, scheme, ground):
    from io import BytesIO

    import numpy as np
    from PIL import Image

    (tmp_path / "figure.svg").write_text(figures.leakage_success(fabricate.leakage()).svg, encoding="utf-8")
    page_file = tmp_path / "page.html"
    page_file.write_text(
        f'<body style="color-scheme:{scheme};background:{ground};margin:0"><img src="figure.svg">', encoding="utf-8"
    )
    page = browser.new_page(viewport={"width": 560, "height": 360})
    page.goto(page_file.as_uri())
    picture = np.asarray(Image.open(BytesIO(page.screenshot())).convert("L"), dtype=int)
    page.close()
    back = picture[2, 2]
    # the strongest strokes (title, numbers) stand out from the page by most of the scale between black and white
    assert np.abs(picture - back).max() > 150
