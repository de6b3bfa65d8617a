import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.paths import ENDPOINTS
from helpers.present import sentences, spans
from helpers.present.select import Interval
from helpers.sap import load_sap
from tests.present import fabricate


def test_the_answer_gives_direction_size_and_interval(project):
    assert spans.plain(sentences.answer("leakage", fabricate.leakage())) == (
        "Success (treated, and no leak found to month 3) in 10 of 16 kyphoplasty and 5 of 15 vertebroplasty patients: "
        "the success rate was 29.2 percentage points higher with kyphoplasty than with vertebroplasty "
        "(95\u00a0% interval \u22126.5 to 58.2); "
        "the posterior probability that kyphoplasty succeeds more often is 0.94."
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_answer_is_one_sentence_with_numbers_and_without_a_verdict(project, endpoint):
    text = sentences.answer(endpoint, fabricate.ALL[endpoint]())
    assert re.search(r"\d", text)
    assert text.endswith(".") and not re.search(r"\. [A-Z]", text)
    assert "signific" not in text and "zero" not in text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_notebook_says_that_its_answer_is_synthetic(project, endpoint):
    assert sentences.summary(endpoint, fabricate.ALL[endpoint]()).text.endswith("Synthetic data.")


def test_the_answer_of_a_real_export_does_not(real_export):
    assert "Synthetic" not in sentences.summary("pain", fabricate.pain()).text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_answer_is_set_apart_on_a_page(project, endpoint, monkeypatch):
    monkeypatch.setenv("KYPHO_OUTPUT", "somewhere")
    shown = sentences.summary(endpoint, fabricate.ALL[endpoint]())._repr_mimebundle_()["text/markdown"]
    assert shown.startswith("::: {.answer}\n\n") and shown.endswith("\n\n:::\n")


@given(st.floats(-50, 50), st.floats(0, 30))
def test_the_word_for_the_direction_follows_the_sign(estimate, half):
    text = sentences.contrast(
        Interval(estimate, estimate - half, estimate + half, "mm", "KP-VP"), more="larger", less="smaller"
    )
    assert ("larger" in text) == (estimate >= 0.05)
    assert ("smaller" in text) == (estimate <= -0.05)
    assert "zero" not in text


def test_a_contrast_that_could_not_be_estimated_is_named(project):
    assert (
        sentences.contrast(Interval(None, None, None, "mm", "KP-VP"), more="larger", less="smaller") == "not estimable"
    )


def other_set(records, population: str):
    return [dataclasses.replace(r, population=population) for r in records]


def test_an_analysis_set_other_than_that_of_the_plan_is_named(project):
    assert "analysis set" not in sentences.answer("pain", fabricate.pain())
    assert sentences.answer("pain", other_set(fabricate.pain(), "PP")).endswith(" (analysis set: per protocol).")


def test_who_was_analysed_follows_the_analysis_set(project):
    records = fabricate.leakage()
    everyone = "Of the 31 patients, 16 were assigned to kyphoplasty and 15 to vertebroplasty."
    assert spans.plain(sentences.analysed(records, patients=31)) == everyone
    assert spans.plain(sentences.analysed(other_set(records, "PP"), patients=40)) == (
        "Of the 40 patients, 16 assigned to kyphoplasty and 15 to vertebroplasty are in the analysis set "
        "(per protocol)."
    )


def test_which_direction_is_better_comes_from_the_plan(own_project):
    course = {"analysis": "pain.vas", "parameter": "VAS", "visits": ("M3",), "noun": "Pain"}
    assert sentences.course(fabricate.pain(), **course).endswith(" Lower is better.")
    assert "(0 to 100, lower is better)" in sentences.answer("qol", fabricate.qol())
    path = own_project / "manuscript/sap.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("better: lower", "better: higher"), encoding="utf-8")
    assert sentences.course(fabricate.pain(), **course).endswith(" Higher is better.")
    assert "(0 to 100, higher is better)" in sentences.answer("qol", fabricate.qol())


def test_the_overview_names_contrasts_that_could_not_be_estimated_and_counts_no_zeros(project):
    known = Interval(0.292, -0.065, 0.582, "proportion", "KP-VP")
    text = sentences.overview([("Success rate", known), ("Height", Interval(None, None, None, "mm", "KP-VP"))])
    assert text == (
        "Kyphoplasty minus vertebroplasty in 2 contrasts, with 95\u00a0% interval. "
        "Success rate: 29.2 (\u22126.5 to 58.2) percentage points. Not estimable: Height."
    )


def test_survival_is_said_of_all_and_of_each_arm_at_the_last_day(project):
    text = spans.plain(sentences.survival(fabricate.participants()))
    assert text.startswith("Alive 112 days after randomisation (Kaplan-Meier): all patients 77\u00a0% (95\u00a0% ")
    assert "; kyphoplasty 81\u00a0% (" in text and "; vertebroplasty 73\u00a0% (" in text


def test_every_analysis_of_success_is_named_with_its_interval(project):
    from helpers.present import labels, marks
    from helpers.present.select import interval, select

    records = fabricate.leakage()
    lines = [
        marks.Row(name, interval(select(records, analysis=a, parameter=p), group="KP-VP"), 0)
        for a, p, name in labels.SUCCESS_ANALYSES
    ]
    text = spans.plain(sentences.success_analyses(lines))
    assert "Main analysis: 29.2 (\u22126.5 to 58.2); Newcombe interval: 29.2 (" in text
    assert text.count(";") == 10


def test_the_bounds_run_from_the_worst_to_the_best_case_for_kyphoplasty(project):
    text = spans.plain(sentences.success_bounds(fabricate.leakage()))
    assert (
        "from \u22125.0 (\u221237.0 to 25.0) in the worst case" in text and "to 45.0 (13.0 to 75.0) in the best" in text
    )


def test_responders_are_counted_by_arm(project):
    assert spans.plain(sentences.responders(fabricate.pain(), visit="M3")) == (
        "Responders at month 3, kyphoplasty and vertebroplasty: relief by 30 % or more 9/16 and 5/15; "
        "relief by 50 % or more 9/16 and 5/15."
    )


def test_a_shift_that_turns_the_sign_is_said_none_tried_or_not_estimable(project):
    assert "social interest in no shift tried" in spans.plain(sentences.tipping(fabricate.qol()))
    assert spans.plain(sentences.tipping(fabricate.pain())).endswith("made worse: pain (vas) at 2.4 points.")
    gone = [
        dataclasses.replace(r, value=None, method="mi-tipping:too-few") if r.parameter == "VAS_TIPPING" else r
        for r in fabricate.pain()
    ]
    assert spans.plain(sentences.tipping(gone)).endswith("pain (vas) not estimable.")


def test_who_took_part_has_no_estimand_and_no_answer(project):
    assert [a.estimand for a in load_sap().analyses if a.endpoint == "participants"] == [""] * 4
    assert "participants" not in sentences._ANSWERS
