"""Death as the worst outcome, and as the end of what is averaged; counted by hand on the trial of eight."""

from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from pytest import approx
from scipy import stats as scipy_stats

from helpers.data import Datasets
from helpers.endpoints import pain, qol
from tests.endpoints.eight import day


def composite(records, **fields):
    return [
        r for r in records if r.analysis.endswith("_composite") and all(getattr(r, k) == v for k, v in fields.items())
    ]


def dies(frames, subject: str, after: int, *visits: str) -> None:
    """The patient dies so many days after the procedure, and is not seen at these visits."""
    adsl, adcomp = frames["adsl"], frames["adcomp"]
    adsl.loc[adsl["USUBJID"] == subject, ["DTHDT", "EOSDT"]] = day(subject, after)
    adcomp.loc[(adcomp["USUBJID"] == subject) & adcomp["AVISIT"].isin(visits), "EXPECTFL"] = "N"
    for name in ("advs", "adqs"):
        gone = (frames[name]["USUBJID"] == subject) & frames[name]["AVISIT"].isin(visits)
        frames[name] = frames[name][~gone]


# At M3, KP 3 2 4 5, VP 4 5 1.5 dead. K1 wins 3 and loses 1, K2 the same, K3 wins 2, ties 1, loses 1, K4 wins 1, ties 1,
# loses 2: 9 wins, 2 ties, 5 losses.
def test_win_odds_and_probability_at_month_3_by_hand(data, find):
    records = composite(pain.survivors(data), visit="M3")
    odds = find.record(records, "estimate", parameter="VAS")
    assert (odds.value, odds.unit, odds.method) == (approx(10 / 6), "odds", "win-odds")
    assert find.value(records, "estimate", parameter="VAS_BETTER") == approx(10 / 16)
    assert find.value(records, "n", parameter="VAS", group="KP-VP") == 8
    assert find.arms(records, "n", parameter="VAS") == [4, 4]
    assert find.arms(records, "missing", parameter="VAS") == [0, 0]
    assert find.arms(records, "median", parameter="VAS") == [3.5, 4.5]


# At D21 nobody has died: K3, K4 and V4 are alive and not rated. KP 4 3, VP 5 4 2: 3 wins, 1 tie, 2 losses.
def test_who_is_alive_without_a_value_is_left_out_and_counted(data, find):
    records = composite(pain.survivors(data), visit="D21")
    assert find.value(records, "estimate", parameter="VAS") == approx(3.5 / 2.5)
    assert find.arms(records, "n", parameter="VAS") == [2, 3]
    assert find.arms(records, "missing", parameter="VAS") == [2, 1]
    assert find.arms(records, "median", parameter="VAS") == [3.5, 4]


# Every split of the eight midranks into four and four
def test_the_p_value_is_that_of_all_splits_of_the_ranks(data, find):
    order = [-3, -2, -4, -5, -4, -5, -1.5, -99]  # higher is better, death the worst
    ranks = scipy_stats.rankdata(order)
    sums = np.array([ranks[list(rows)].sum() for rows in combinations(range(8), 4)])
    far = np.abs(sums - 18) >= abs(ranks[:4].sum() - 18) - 1e-9
    records = composite(pain.survivors(data), visit="M3")
    assert find.value(records, "p_value", parameter="VAS") == approx(far.mean(), rel=1e-9)


# K4 dies 20 days after the procedure, before V4: 8 wins, 1 tie, 7 losses. Median of KP between 3 and 4, of VP 4.5.
def test_an_earlier_death_is_worse_than_a_later_one(frames, find):
    dies(frames, "K4", 20, "D21", "M3")
    records = composite(pain.survivors(Datasets(frames)), visit="M3")
    assert find.value(records, "estimate", parameter="VAS") == approx(8.5 / 7.5)
    assert find.arms(records, "median", parameter="VAS") == [3.5, 4.5]


# The same day of death counts from randomisation, and is a tie: 8 wins, 2 ties, 6 losses
def test_deaths_after_the_same_time_are_a_tie(frames, find):
    dies(frames, "K4", 40, "M3")
    records = composite(pain.survivors(Datasets(frames)), visit="M3")
    assert find.value(records, "estimate", parameter="VAS") == approx(9 / 7)


def test_a_median_that_falls_on_death_is_not_given(frames, find):
    dies(frames, "K3", 30, "M3")
    dies(frames, "K4", 20, "D21", "M3")
    records = composite(pain.survivors(Datasets(frames)), visit="M3")
    found = find.record(records, "median", parameter="VAS", group="KP")
    assert (found.value, found.method) == (None, "death-worst:undefined")


# Died 91 days and later, with a rating at M3: no death before the visit
def test_who_was_rated_and_died_later_has_the_rating(frames, find):
    adsl = frames["adsl"]
    adsl.loc[adsl["USUBJID"] == "K1", "DTHDT"] = day("K1", 95)
    changed = composite(pain.survivors(Datasets(frames)), visit="M3")
    assert find.value(changed, "estimate", parameter="VAS") == approx(10 / 6)


@pytest.mark.parametrize("domain", qol.DOMAINS)
def test_domains_are_ranked_as_pain_is(data, find, domain):
    records = composite(qol.survivors(data), visit="M3")
    assert find.value(records, "estimate", parameter=domain) == approx(10 / 6)
    assert find.arms(records, "median", parameter=domain) == [35, 45]


# Areas over days 0, 1, 21 and 91, the mean of two ratings times the days between, over the days to the last rating:
# K1 6.5 + 90 + 245, K2 4.5 + 60 + 175, K3 6 + 405 (no D21), K4 455 (D0 and M3), V1 7.5 + 110 + 315,
# V2 6.5 + 100 + 315, V3 4.5 + 60 + 122.5, all over 91; V4 5.5 over 1
AVERAGES = [341.5 / 91, 239.5 / 91, 411 / 91, 5.0, 432.5 / 91, 421.5 / 91, 187 / 91, 5.5]
BEFORE = [8, 6, 7, 5, 9, 7, 5, 6]


def test_pain_while_alive_is_the_area_over_its_time(data, find):
    records = [r for r in pain.survivors(data) if r.analysis == "pain.vas_alive"]
    design = np.column_stack([np.ones(8), [1] * 4 + [0] * 4, BEFORE])
    model = sm.OLS(AVERAGES, design).fit()
    where = {"parameter": "VAS", "visit": "M3", "group": "KP-VP"}
    assert find.value(records, "estimate", **where) == approx(model.params[1], rel=1e-9)
    assert find.value(records, "lower95", **where) == approx(model.conf_int()[1, 0], rel=1e-9)
    assert find.value(records, "p_value", **where) == approx(model.pvalues[1], rel=1e-9)
    assert find.arms(records, "n", parameter="VAS") == [4, 4]


def test_who_was_never_rated_after_the_procedure_has_no_average(frames, find):
    advs = frames["advs"]
    frames["advs"] = advs[~((advs["USUBJID"] == "V4") & (advs["AVISIT"] != "D0"))]
    records = [r for r in pain.survivors(Datasets(frames)) if r.analysis == "pain.vas_alive"]
    assert find.arms(records, "n", parameter="VAS") == [4, 3]
    assert find.value(records, "n", group="KP-VP", parameter="VAS") == 7
