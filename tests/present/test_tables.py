"""Every table: a pipe table that Pandoc reads back whole, with the numbers of the records."""

import dataclasses

import pypandoc
import pytest
from bs4 import BeautifulSoup

from helpers.present import tables
from tests.present import fabricate

TABLES = {
    "leakage_success": "leakage",
    "leakage_bayes": "leakage",
    "leakage_sensitivity": "leakage",
    "leakage_characteristics": "leakage",
    "height_vertebral": "height",
    "height_stature": "height",
    "angle_kyphotic": "angle",
    "readers": "height",
    "sensitivity": "height",
    "pain_vas": "pain",
    "qol_dallas": "qol",
    "qol_compliance": "qol",
    "tolerance_overview": "tolerance",
    "tolerance_grade": "tolerance",
    "tolerance_terms": "tolerance",
    "volume_cement": "volume_pain",
    "volume_pain": "volume_pain",
}


def row(table, name: str) -> tuple[str, ...]:
    return next(cells[1:] for cells in table.rows if cells[0].startswith(name))


def test_every_table_is_listed_here():
    assert {*TABLES, "overview"} == set(tables.__all__)


@pytest.mark.parametrize(("name", "endpoint"), TABLES.items())
def test_pandoc_reads_every_cell_of_a_table_back(project, name, endpoint):
    made = getattr(tables, name)(fabricate.ALL[endpoint]())
    html = pypandoc.convert_text(made.markdown, "html", format="markdown", extra_args=["--wrap=none"])
    lines = BeautifulSoup(html, "html.parser").find_all("tr")
    read = [[cell.get_text() for cell in line.find_all(["th", "td"])] for line in lines]
    assert read == [[cell.strip("*") for cell in line] for line in (made.header, *made.rows)]


# 10/16 and 5/15 with Wilson, and Miettinen-Nurminen (-6.5, 58.2): trial/evidence, section 7.0
def test_success_is_shown_with_counts_rates_and_difference(project):
    made = tables.leakage_success(fabricate.leakage())
    assert row(made, "Patients") == ("10/16", "5/15", "")
    assert row(made, "Success rate") == ("63 (39 to 82)", "33 (15 to 58)", "29.2 (\u22126.5 to 58.2)")
    assert row(made, "Judged on an image at month 3") == ("12/16", "11/15", "")
    assert row(made, "Unknown (no image") == ("1", "0", "")


def test_success_among_those_with_an_image_at_month_3_is_a_line_of_the_sensitivity(project):
    made = tables.leakage_sensitivity(fabricate.leakage())
    assert row(made, "Patients with an image")[:2] == ("8/12 (67\u00a0%)", "3/11 (27\u00a0%)")


# fabricated: 12 and 12 patients seen at the first visit, of whom 23 have a value before as well
@pytest.mark.parametrize(
    ("name", "endpoint", "line"),
    [("pain_vas", "pain", "Day 1"), ("qol_dallas", "qol", "Day 21"), ("height_stature", "height", "Adjusted mean")],
)
def test_a_difference_that_rests_on_fewer_patients_than_the_arms_says_so(project, name, endpoint, line):
    def all_seen(r):
        return dataclasses.replace(r, value=24) if r.group == "KP-VP" and r.statistic == "n" else r

    def shown(records):
        return row(getattr(tables, name)(records), line)[-1]

    assert shown(fabricate.ALL[endpoint]()).endswith("), n\u00a0=\u00a023")
    assert shown([all_seen(r) for r in fabricate.ALL[endpoint]()]).endswith(")")


def test_one_leak_is_a_leak_and_two_are_leaks(project):
    records = [
        dataclasses.replace(r, value=1) if r.unit_of_analysis == "leak" and r.group == "KP" else r
        for r in fabricate.leakage()
    ]
    kp, vp, _ = row(tables.leakage_characteristics(records), "Vascular")
    assert kp == "2/15 (13\u00a0%); 1 leak"
    assert vp == "4/15 (27\u00a0%); 6 leaks"


def test_means_carry_their_spread_and_their_number(project):
    assert (
        row(tables.pain_vas(fabricate.pain()), "Before")[0] == "7.1 (2.0), n\u00a0=\u00a015"
    )  # 6.8 + 0.3, as fabricated


def test_a_visit_that_nobody_attended_shows_its_zero_and_no_mean(project):
    def lost(r):
        if (r.analysis, r.visit, r.group) != ("pain.vas", "M3", "KP") or r.parameter != "VAS":
            return r
        return dataclasses.replace(r, value=0 if r.statistic == "n" else None)

    assert row(tables.pain_vas([lost(r) for r in fabricate.pain()]), "Month 3")[0] == "n\u00a0=\u00a00"


def test_preferred_terms_come_most_frequent_first_and_then_by_name(project):
    made = tables.tolerance_terms(fabricate.tolerance())
    assert [cells[0] for cells in made.rows] == ["Back pain", "Fatigue", "Hematoma"]  # 11, 3 and 2 patients


def test_a_trial_without_any_event_still_has_its_table_of_terms(project):
    records = [r for r in fabricate.tolerance() if r.analysis != "tolerance.preferred_term"]
    assert tables.tolerance_terms(records).rows == (("None reported", "0", "0", "0", "0"),)


def test_the_overview_has_a_line_for_every_main_contrast(project):
    records = [r for made in fabricate.ALL.values() for r in made()]
    made = tables.overview(records)
    assert len(made.rows) == 23  # the 17 of the forest and six kinds of leak
    assert row(made, "Success rate, month 3, %")[-1] == "29.2 (\u22126.5 to 58.2)"
    assert row(made, "Standing height, month 3, cm")[-1] == "0.2 (\u22121.7 to 2.1), n\u00a0=\u00a023"


def test_no_table_shows_a_p_value(project):
    for name, endpoint in TABLES.items():
        made = getattr(tables, name)(fabricate.ALL[endpoint]())
        assert "p-value" not in made.markdown.lower()
        assert "0.988" not in made.markdown  # the fabricated p-value
