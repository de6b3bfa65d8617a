"""Scores of Dallas and SINS, by hand and by property."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data.scoring import score_dallas, score_domain, sins_class, sins_location, sins_total
from helpers.errors import InvalidInput

KEPT = ["score", "capped", "imputed"]


def form(*items, start=1):
    return pd.DataFrame([{f"item_{k:02d}": value for k, value in enumerate(items, start=start)}], dtype="float64")


# fullphysio.com, as in evidence.md 3: 15 points in daily activities x 3 = 45 %
def test_daily_activities_of_15_points_score_45(codebook):
    scored = score_domain(form(3, 2, 2, 2, 2, 2, 2), codebook.dallas.domains["DPQDA"])
    assert scored.loc[0, KEPT].tolist() == [45.0, False, 0]


# 7 items x 5 points x 3 = 105
def test_a_domain_beyond_100_is_cut_and_marked(codebook):
    scored = score_domain(form(5, 5, 5, 5, 5, 5, 5), codebook.dallas.domains["DPQDA"])
    assert scored.loc[0, KEPT].tolist() == [100.0, True, 0]


# 7 + 6 + 7 = 20 points x 5 = 100, reached and not cut
def test_a_domain_at_100_is_not_marked_as_cut(codebook):
    scored = score_domain(form(7, 6, 7, start=8), codebook.dallas.domains["DPQWL"])
    assert scored.loc[0, KEPT].tolist() == [100.0, False, 0]


# six items sum to 12, their mean 2 stands for the seventh: 14 x 3 = 42
def test_one_missing_item_of_daily_activities_is_the_mean_of_the_others(codebook):
    scored = score_domain(form(2, 2, 2, 2, 2, 2, np.nan), codebook.dallas.domains["DPQDA"])
    assert scored.loc[0, KEPT].tolist() == [42.0, False, 1]


def test_two_missing_items_of_daily_activities_leave_no_score(codebook):
    scored = score_domain(form(2, 2, 2, 2, 2, np.nan, np.nan), codebook.dallas.domains["DPQDA"])
    assert np.isnan(scored.at[0, "score"])
    assert not scored.at[0, "capped"]
    assert scored.at[0, "imputed"] == 0


@pytest.mark.parametrize(("code", "start"), [("DPQWL", 8), ("DPQAD", 11), ("DPQSI", 14)])
def test_a_missing_item_leaves_the_other_domains_without_a_score(codebook, code, start):
    scored = score_domain(form(3, np.nan, 3, start=start), codebook.dallas.domains[code])
    assert np.isnan(scored.at[0, "score"])


def test_a_form_without_answers_has_no_score_in_any_domain(codebook):
    scores = score_dallas(form(*[np.nan] * 16), codebook)
    assert all(np.isnan(scored.at[0, "score"]) for scored in scores.values())


# 22.5 is a score that no sum of items gives: it can only be the site's
def test_a_domain_without_items_takes_the_score_of_the_site(codebook):
    scored = score_domain(form(*[np.nan] * 7).assign(dpqda=22.5), codebook.dallas.domains["DPQDA"])
    assert scored.loc[0, [*KEPT, "site"]].tolist() == [22.5, False, 0, True]


def test_a_domain_with_items_is_scored_from_them_whatever_the_site_says(codebook):
    scored = score_domain(form(3, 2, 2, 2, 2, 2, 2).assign(dpqda=60.0), codebook.dallas.domains["DPQDA"])
    assert scored.loc[0, [*KEPT, "site"]].tolist() == [45.0, False, 0, False]


def test_a_domain_with_too_few_items_is_not_scored_even_if_the_site_did(codebook):
    scored = score_domain(form(3, np.nan, 3, start=8).assign(dpqwl=45.0), codebook.dallas.domains["DPQWL"])
    assert np.isnan(scored.at[0, "score"])
    assert not scored.at[0, "site"]


def test_another_multiplier_or_maximum_in_the_codebook_changes_the_score(codebook):
    domain = codebook.dallas.domains["DPQWL"].model_copy(update={"multiplier": 4.0, "missing_allowed": 1})
    scored = score_domain(form(7, np.nan, 5, start=8), domain)
    assert scored.loc[0, KEPT].tolist() == [72.0, False, 1]  # 4 x (7 + 5 + their mean 6)


@settings(max_examples=60)
@given(items=st.lists(st.one_of(st.integers(0, 5), st.none()), min_size=7, max_size=7))
def test_a_domain_lies_between_0_and_100_and_never_falls_when_an_item_rises(codebook, items):
    domain = codebook.dallas.domains["DPQDA"]
    scored = score_domain(form(*items), domain).at[0, "score"]
    assert np.isnan(scored) == (items.count(None) > 1)
    if not np.isnan(scored):
        assert 0 <= scored <= 100
        raised = [min(item + 1, 5) if item is not None else None for item in items]
        assert score_domain(form(*raised), domain).at[0, "score"] >= scored


# evidence.md 6: 0-6 stable, 7-12 potentially unstable, 13-18 unstable
@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, "STABLE"),
        (6, "STABLE"),
        (7, "POTENTIALLY UNSTABLE"),
        (12, "POTENTIALLY UNSTABLE"),
        (13, "UNSTABLE"),
        (18, "UNSTABLE"),
    ],
)
def test_the_class_of_a_sins_total(total, expected):
    assert sins_class(total) == expected


@pytest.mark.parametrize("total", [-1, 19])
def test_a_sins_total_outside_0_to_18_is_an_error(total):
    with pytest.raises(InvalidInput):
        sins_class(total)


def test_the_points_of_a_location_and_an_unknown_vertebra(codebook):
    assert sins_location("L5", codebook) == 3
    with pytest.raises(InvalidInput, match="C3"):
        sins_location("C3", codebook)


def test_the_total_is_the_sum_of_six_valid_components(codebook):
    parts = dict(location=3, pain=3, lesion=2, alignment=4, collapse=3, posterolateral=3)
    assert sins_total(parts, codebook) == 18
    with pytest.raises(InvalidInput, match="SINS pain: 2 is not one of 0, 1, 3"):
        sins_total(parts | {"pain": 2}, codebook)
    with pytest.raises(InvalidInput, match="SINS pain: None"):
        sins_total({k: v for k, v in parts.items() if k != "pain"}, codebook)
