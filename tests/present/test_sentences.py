import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.present import fabricate

from helpers.paths import ENDPOINTS
from helpers.present import sentences
from helpers.present.select import Interval
from helpers.sap import load_sap


def test_the_answer_gives_direction_size_and_interval(project):
    assert sentences.answer("leakage", fabricate.leakage()) == (
        "No leak to month 3 in 10 of 16 kyphoplasty and 5 of 15 vertebroplasty patients: the success rate was "
        "29.2 percentage points higher with kyphoplasty than with vertebroplasty "
        "(95\u00a0% interval \u22126.5 to 58.2, which includes zero)."
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_answer_is_one_sentence_with_numbers_and_without_a_verdict(project, endpoint):
    text = sentences.answer(endpoint, fabricate.ALL[endpoint]())
    assert re.search(r"\d", text)
    assert text.endswith(".") and not re.search(r"\. [A-Z]", text)
    assert "signific" not in text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_notebook_says_that_its_answer_is_synthetic(project, endpoint):
    assert sentences.summary(endpoint, fabricate.ALL[endpoint]()).text.endswith("Synthetic data.")


def test_the_answer_of_a_real_export_does_not(real_export):
    assert "Synthetic" not in sentences.summary("pain", fabricate.pain()).text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_questions_are_those_of_the_plan(project, endpoint):
    text = sentences.estimand(endpoint).text
    own = [e for e in load_sap().estimands if e.endpoint == endpoint]
    assert own and all(e.sentence in text for e in own)


@given(st.floats(-50, 50), st.floats(0, 30))
def test_the_word_for_the_direction_follows_the_sign(estimate, half):
    text = sentences.contrast(
        Interval(estimate, estimate - half, estimate + half, "mm", "KP-VP"), more="larger", less="smaller"
    )
    assert ("larger" in text) == (estimate >= 0.05)
    assert ("smaller" in text) == (estimate <= -0.05)
    assert ("includes zero" in text) == (estimate - half <= 0 <= estimate + half)


def test_a_contrast_that_could_not_be_estimated_is_named(project):
    assert (
        sentences.contrast(Interval(None, None, None, "mm", "KP-VP"), more="larger", less="smaller") == "not estimable"
    )
