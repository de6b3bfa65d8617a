"""Every table: a pipe table that Pandoc reads back whole, with the numbers of the records."""

import dataclasses
import re

import pypandoc
import pytest
from bs4 import BeautifulSoup

from helpers.present import labels, numbers, tables
from helpers.present.tables.scores import number_needed
from helpers.sap import load_sap
from tests.present import fabricate

TABLES = {
    "participants_flow": "participants",
    "baseline": "participants",
    "leakage_success": "leakage",
    "leakage_bayes": "leakage",
    "leakage_priors": "leakage",
    "leakage_prediction": "leakage",
    "leakage_sensitivity": "leakage",
    "leakage_relative": "leakage",
    "leakage_vertebrae": "leakage",
    "leakage_characteristics": "leakage",
    "height_vertebral": "height",
    "height_stature": "height",
    "angle_kyphotic": "angle",
    "readers": "height",
    "model_fit": "height",
    "vertebrae": "height",
    "leakage_prior_checks": "leakage",
    "tolerance_follow_up": "tolerance",
    "volume_influence": "volume_pain",
    "sensitivity": "height",
    "pain_vas": "pain",
    "deaths": "pain",
    "imputed": "pain",
    "responders": "pain",
    "qol_dallas": "qol",
    "qol_compliance": "qol",
    "tolerance_overview": "tolerance",
    "tolerance_grade": "tolerance",
    "tolerance_terms": "tolerance",
    "tolerance_classes": "tolerance",
    "tolerance_related": "tolerance",
    "tolerance_time": "tolerance",
    "volume_cement": "volume_pain",
    "volume_pain": "volume_pain",
}


def row(table, name: str) -> tuple[str, ...]:
    return next(cells[1:] for cells in table.rows if cells[0].startswith(name))


def test_every_table_is_listed_here():
    assert {*TABLES, "overview", "tolerance_listing"} == set(tables.__all__)


@pytest.mark.parametrize(("name", "endpoint"), TABLES.items())
def test_pandoc_reads_every_cell_of_a_table_back(project, name, endpoint):
    made = getattr(tables, name)(fabricate.ALL[endpoint]())
    html = pypandoc.convert_text(made.markdown, "html", format="markdown", extra_args=["--wrap=none"])
    lines = BeautifulSoup(html, "html.parser").find_all("tr")
    read = [[cell.get_text() for cell in line.find_all(["th", "td"])] for line in lines]
    # Pandoc's typographic apostrophe is the straight one of the cell
    read = [[cell.replace("\u2019", "'") for cell in line] for line in read]
    assert read == [[cell.strip("*") for cell in line] for line in (made.header, *made.rows)]


# Scores of four domains have the tables of pain too, and the angle those of the heights.
@pytest.mark.parametrize(
    ("name", "endpoint", "lines"),
    [
        ("deaths", "qol", 20),  # a title and four lines for each of four domains
        ("imputed", "qol", 8),  # four domains at two visits
        ("responders", "qol", 16),  # two kinds of response
        ("readers", "angle", 2),  # two visits
        ("sensitivity", "angle", 1),
        ("sensitivity", "pain", 3),
        ("sensitivity", "qol", 8),
    ],
)
def test_a_table_of_one_endpoint_serves_its_sibling(project, name, endpoint, lines):
    assert len(getattr(tables, name)(fabricate.ALL[endpoint]()).rows) == lines


# 10/16 and 5/15 with Wilson, and Miettinen-Nurminen (-6.5, 58.2): trial/evidence, section 7.0
def test_success_is_shown_with_counts_rates_and_difference(project):
    made = tables.leakage_success(fabricate.leakage())
    assert row(made, "Patients") == ("10/16", "5/15", "")
    assert row(made, "Success rate") == ("63 (39 to 82)", "33 (15 to 58)", "29.2 (\u22126.5 to 58.2)")
    assert row(made, "Judged on an image at month 3") == ("12/16", "11/15", "")
    assert row(made, "Unknown (no image") == ("1", "0", "")


def test_success_among_those_with_an_image_at_month_3_is_a_line_of_the_sensitivity(project):
    made = tables.leakage_sensitivity(fabricate.leakage())
    assert row(made, "Imaged at month 3") == ("8/12 (67\u00a0%)", "3/11 (27\u00a0%)", "39.4 (\u22122.0 to 70.0)")


def test_an_analysis_that_has_no_rates_of_its_own_leaves_the_arms_empty(project):
    made = tables.leakage_sensitivity(fabricate.leakage())
    assert [cells[0] for cells in made.rows] == [name for *_, name in labels.SUCCESS_ANALYSES]
    assert row(made, "Stratified by site") == ("", "", "28.0 (\u22127.0 to 57.0)")
    assert row(made, "Not imaged: worst case") == ("", "", "\u22125.0 (\u221237.0 to 25.0)")


def test_every_prior_stands_beside_that_of_the_main_analysis(project):
    made = tables.leakage_priors(fabricate.leakage())
    names = ["Main analysis", "Flat prior", "Jeffreys prior", "Sceptical prior", "Prior from the literature"]
    assert [cells[0] for cells in made.rows] == names
    assert row(made, "Main") == ("61 (38 to 82)", "35 (15 to 59)", "26.1 (\u22125.8 to 54.5)", "0.94")
    assert row(made, "Sceptical") == ("57 (31 to 91)", "31 (5 to 65)", "22.0 (\u22124.0 to 56.0)", "0.74")


def test_a_prediction_names_the_size_of_the_trial_it_is_for(project):
    made = tables.leakage_prediction(fabricate.leakage())
    assert made.header[0] == "A trial of 100 patients in each arm"
    assert [cells[1] for cells in made.rows] == ["26.0 (\u22129.0 to 56.0)", "0.81", "0.77"]


def test_ratios_and_nominal_p_values_of_success(project):
    made = tables.leakage_relative(fabricate.leakage())
    assert row(made, "Risk ratio") == ("1.88 (0.88 to 4.30)",)
    assert row(made, "Odds ratio") == ("3.33 (0.77 to 14.20)",)
    assert row(made, "Boschloo's test, nominal p value") == ("<0.001",)


def test_models_of_vertebrae_stand_under_their_counts(project):
    made = tables.leakage_vertebrae(fabricate.leakage())
    assert row(made, "Vertebrae with a leak") == ("9/31 (29\u00a0%)", "16/30 (53\u00a0%)", "")
    assert row(made, "Estimating equations, odds ratio")[-1] == "0.36 (0.11 to 1.13)"
    assert row(made, "Beta-binomial") == ("30 (15 to 50)", "54 (33 to 73)", "\u221224.0 (\u221250.0 to 2.0)")
    assert row(made, "Intraclass") == ("", "", "0.12 (0.01 to 0.63)")


def test_the_flow_counts_patients_by_the_arm_allocated_and_forms_of_those_expected(project):
    made = tables.participants_flow(fabricate.participants())
    assert made.header == ("Patients", "Kyphoplasty, n\u00a0=\u00a016", "Vertebroplasty, n\u00a0=\u00a015")
    assert row(made, "Treated with the other technique") == ("1", "0")
    assert row(made, "Died before month 3") == ("3", "4")
    names = [cells[0] for cells in made.rows]
    ratings = names.index("**Pain ratings, received of those expected**")
    assert made.rows[ratings + 1 : ratings + 5] == (
        ("Before", "16/16", "16/16"),
        ("Day 1", "14/16", "14/16"),
        ("Day 21", "13/15", "13/15"),
        ("Month 3", "11/13", "11/13"),
    )


def test_a_characteristic_is_measured_or_counted_and_its_difference_is_standardised(project):
    made = tables.baseline(fabricate.participants())
    assert row(made, "**Age, years**") == ("", "", "0.23")
    assert row(made, "Mean (SD)")[0] == "59.1 (11.3)"
    assert row(made, "Median (quartiles)")[0] == "60.5 (52.0 to 65.5)"
    assert row(made, "Women") == ("8/16 (50\u00a0%)", "9/15 (60\u00a0%)", "")
    assert row(made, "**Pain before the procedure (VAS), points**")[-1] == "\u22120.19"
    assert made.rows[-2][1] == "59.1 (11.3), 2 missing"


def test_agreement_of_readers_and_detectable_change_stand_beside_the_effect(project):
    made = tables.readers(fabricate.height())
    agreed, bias, detectable, effect, n = row(made, "Anterior height, month 3, mm")
    assert (agreed, bias, detectable, n) == ("0.91 (0.83 to 0.95)", "0.1 (\u22121.6 to 1.8)", "1.7", "49")
    assert effect == "1.2 (\u22120.7 to 3.1)"
    assert row(made, "Anterior height, before, mm")[3] == ""


def test_the_main_analysis_stands_beside_the_plainer_one_and_that_of_changes(project):
    made = tables.sensitivity(fabricate.height())
    assert made.header[1:] == ("Main analysis", "Patients' means", "Change, unadjusted")
    assert row(made, "Anterior") == ("1.2 (\u22120.7 to 3.1)", "1.4 (\u22120.8 to 3.6)", "1.3 (\u22120.9 to 3.5)")
    assert row(made, "Standing height")[1] == ""
    assert tables.sensitivity(fabricate.pain()).header[2] == "By visit"


def test_a_median_that_falls_on_death_is_death(project):
    made = tables.deaths(fabricate.pain())
    assert row(made, "Death worst: median") == (
        "4.5, n\u00a0=\u00a014",
        "death, n\u00a0=\u00a014",
        "1.40 (0.60 to 3.20)",
    )
    assert row(made, "Death worst: KP does better") == ("", "", "58.0 (38.0 to 76.0)")
    assert row(made, "While alive")[:2] == ("4.1 (3.1 to 5.1)", "4.4 (3.4 to 5.4)")


def test_a_median_that_is_not_shown_is_no_death(project):
    def hidden(r):
        gone = r.analysis == "pain.vas_composite" and r.statistic == "median"
        return dataclasses.replace(r, value=None, method="death-worst:hidden") if gone else r

    made = tables.deaths([hidden(r) for r in fabricate.pain()])
    assert "death," not in "".join(row(made, "Death worst: median"))


def test_imputation_stands_beside_the_mixed_model_with_the_information_missing(project):
    made = tables.imputed(fabricate.pain())
    model, at_random, jump, copy, missing = row(made, "Pain (VAS), month 3")
    assert (model, at_random) == ("\u22120.2 (\u22122.1 to 1.7)", "\u22120.2 (\u22122.2 to 1.8)")
    assert (jump, copy, missing) == ("\u22120.1 (\u22122.1 to 1.9)", "0.0 (\u22122.0 to 2.0)", "0.23")


# Altman 1998: the interval of a number needed to treat runs through infinity where that of the difference holds zero
def test_a_number_needed_to_treat_runs_through_infinity_between_benefit_and_harm(project):
    made = tables.responders(fabricate.pain())
    assert row(made, "Relief by 30 % or more, day 1")[-1] == "NNTB 4.4 (NNTB 1.9 to ∞ to NNTH 8.3)"
    assert row(made, "Relief by 30 % or more, day 21")[-1] == "NNTB 4.4 (NNTB 12.5 to NNTB 2.5)"
    without = "no difference (NNTB 3.1 to ∞ to NNTH 3.2)"
    assert row(made, "Relief by 30 % or more, month 3")[-1] == without


def test_a_number_needed_to_treat_is_hidden_or_not_estimable_as_its_limits_are(project):
    needed = [r for r in fabricate.pain() if r.analysis == "pain.responder_nnt" and r.parameter == "RESP30"]
    at = {"parameter": "RESP30", "visit": "D1"}
    none = [dataclasses.replace(r, value=None, method="reciprocal:too-few") for r in needed]
    hidden = [dataclasses.replace(r, value=None, method="reciprocal:hidden") for r in needed]
    assert number_needed(none, **at) == "not estimable"
    assert number_needed(hidden, **at) == "[c]"


def test_only_pain_has_a_number_needed_to_treat(project):
    assert "Number needed to treat" not in tables.responders(fabricate.qol()).header


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


def test_classes_of_events_come_most_frequent_first_too(project):
    made = tables.tolerance_classes(fabricate.tolerance())
    assert made.rows[0] == ("Vascular disorders", "4", "1", "6", "2")
    assert made.rows[1] == ("Nervous system disorders", "2", "0", "3", "1")


def test_related_and_serious_events_stand_under_their_titles(project):
    made = tables.tolerance_related(fabricate.tolerance())
    assert [cells[0] for cells in made.rows] == [
        "**Related to procedure or device**", "Back pain", "Fever", "**Serious**", "Hematoma",
    ]  # fmt: skip
    assert row(made, "Hematoma") == ("1", "4")


def test_events_over_time_are_counts_rates_and_cumulative_incidence(project):
    made = tables.tolerance_time(fabricate.tolerance())
    assert row(made, "From then to day 30") == ("6/15 (40\u00a0%)", "7/15 (47\u00a0%)")
    assert row(made, "Any adverse event")[0] == "30.0 (15.0 to 60.0)"  # 12 patients in 40 months
    assert row(made, "Any adverse event, day 30") == ("60 (30 to 90)", "67 (33 to 99)")
    assert [cells[0] for cells in made.rows[-4:]] == [
        "Any adverse event, day 30", "Any adverse event, day 91", "Grade 3 or more, day 30", "Grade 3 or more, day 91",
    ]  # fmt: skip


def test_the_listing_shows_events_in_words_and_what_they_are_related_to(project):
    made = tables.tolerance_listing(fabricate.tolerance(), fabricate.listing())
    assert made.rows == (
        ("Kyphoplasty", r"BACK \| PAIN", "3", "2", "yes", "procedure", "Recovered"),
        ("Vertebroplasty", "DEATH", "5", "61", "no", "none", "Fatal"),
    )
    assert made.csv.splitlines()[1].endswith(",SYNTHETIC DATA, NOT TRIAL RESULTS".replace(",S", ',"S') + '"')


def test_the_listing_of_a_real_export_is_a_sentence_in_every_form(real_export):
    made = tables.tolerance_listing(fabricate.tolerance(), fabricate.listing())
    assert made.rows == (("Rows of single patients are not published.",),)
    forms = "".join([made.markdown, made.plain, made.csv, str(made._repr_mimebundle_())])
    assert not any(word in forms for word in ("PAIN", "DEATH", "Kyphoplasty", "61", "Recovered"))


def test_a_listing_without_an_event_says_so(project):
    made = tables.tolerance_listing([], dataclasses.replace(fabricate.listing(), rows=()))
    assert made.rows[0][0] == "None reported"


def test_correlations_and_slope_stand_under_their_volume(project):
    made = tables.volume_pain(fabricate.volume_pain())
    assert row(made, "All patients") == ("\u22120.05 (\u22120.46 to 0.38)", "24")
    assert row(made, "Given these and the number of vertebrae") == ("\u22120.10 (\u22120.50 to 0.33)", "24")
    assert row(made, "Slope")[1] == "24"


@pytest.mark.parametrize(("name", "endpoint"), TABLES.items())
def test_a_table_of_numbers_that_are_all_hidden_shows_none_of_them(project, name, endpoint):
    hidden = [dataclasses.replace(r, value=None, method=f"{r.method}:hidden") for r in fabricate.ALL[endpoint]()]
    made = getattr(tables, name)(hidden)
    named = "Covariance used"  # a structure, no number
    shown = [cell for cells in made.rows if cells[0] != named for cell in cells[1:] if cell]
    assert shown and all(numbers.MARK in cell and not re.search(r"\d|death|not estimable", cell) for cell in shown)
    assert made.note


def test_the_overview_has_a_line_for_every_main_contrast(project):
    records = [r for made in fabricate.ALL.values() for r in made()]
    made = tables.overview(records)
    primary = {a.id for a in load_sap().analyses if a.role == "primary"}
    contrasts = {
        (r.analysis, r.parameter, r.visit)
        for r in records
        if r.analysis in primary and r.group == "KP-VP" and r.statistic == "estimate"
    }
    titles = [cells[0] for cells in made.rows if not any(cells[1:])]
    assert titles[:3] == [
        "**Cement leakage, month 3, %**",
        "**Vertebral and standing height, month 3, mm**",
        "**Vertebral and standing height, month 3, cm**",
    ]
    # 17 of the forest, six kinds of leak, two responses at three visits
    assert len(made.rows) - len(titles) == len(contrasts) == 29
    assert row(made, "Success rate")[-1] == "29.2 (\u22126.5 to 58.2)"
    assert row(made, "Standing height")[-1] == "0.2 (\u22121.7 to 2.1), n\u00a0=\u00a023"


def test_a_line_of_the_overview_is_in_the_unit_that_the_plan_calls_primary(project):
    records = [r for made in fabricate.ALL.values() for r in made()]
    stray = [
        dataclasses.replace(r, unit_of_analysis="patient", value=99.0 if r.value else r.value)
        for r in records
        if r.analysis == "height.vertebral"
    ]
    assert tables.overview([*records, *stray]).rows == tables.overview(records).rows


#: Tables that p values are the subject of.
ABOUT_P_VALUES = {"leakage_relative"}


def test_no_table_shows_a_p_value(project):
    for name, endpoint in TABLES.items():
        made = getattr(tables, name)(fabricate.ALL[endpoint]())
        assert bool(re.search(r"\bp.values?\b", made.markdown.lower())) == (name in ABOUT_P_VALUES), name
        assert "0.988" not in made.markdown, name  # the fabricated p value
