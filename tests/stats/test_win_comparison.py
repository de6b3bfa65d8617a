"""Comparison of pairs over several outcomes; the source of a figure is named beside it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats.win import EventTime, Level, Score, compare, compare_values, net_benefit
from tests.stats.test_win import OUTCOMES, TRIAL, duel, trial, trials


# R BuyseTest tests/testthat/test-BuyseTest-correctionTTE.R and -previousBug.R, scoring rule Gehan
def test_counts_by_outcome_match_buysetest():
    data = pd.DataFrame(
        {"t": [2.1, 4.1, 6.1, 8.1, 4, 6, 8, 10], "e": [1, 1, 1, 0, 1, 0, 0, 1], "g": [0] * 4 + [1] * 4, "c": 1}
    )
    first = EventTime("t", "e", margin=1, reached=True)
    pairs = compare(data, arm="g", reference=0, outcomes=[first, Score("c")])
    assert pairs.levels == (Level(9, 2, 1, 4), Level(0, 0, 5, 0))
    data = pd.DataFrame(
        {"g": [0] * 3 + [1] * 3, "t": [10, 20, 30, 15, 20, 35], "e": [1, 1, 0, 0, 1, 1], "c": [1, 2, 3, 2, 4, 2]}
    )
    pairs = compare(data, arm="g", reference=0, outcomes=[EventTime("t", "e"), Score("c", better="lower")])
    assert pairs.levels == (Level(4, 1, 1, 3), Level(2, 1, 1, 0))
    assert net_benefit(pairs).estimate == approx(4 / 9)


@given(trials, st.sampled_from([0, 1, 2]))
@settings(max_examples=50)
def test_pairs_are_decided_by_the_rules(drawn, margin):
    data = trial(drawn)
    pairs = compare(data, arm="arm", reference=0, outcomes=[EventTime("day", "died"), Score("score", margin=margin)])
    arms, others = (list(data[data.arm == code].itertuples()) for code in (1, 0))
    expected = [duel(a, b, margin) for a in arms for b in others]
    assert (pairs.wins, pairs.losses) == (expected.count(1), expected.count(-1))
    assert (
        pairs.pairs
        == len(arms) * len(others)
        == sum(level.wins + level.losses for level in pairs.levels) + (pairs.levels[-1].ties + pairs.levels[-1].unknown)
    )


def test_missing_values_decide_nothing_and_rows_without_an_arm_are_counted():
    data = pd.concat([TRIAL, pd.DataFrame({"arm": [None, "A"], "s": [1, 1], "died": [0, 0], "day": [9, np.nan]})])
    pairs = compare(data, arm="arm", reference="B", outcomes=OUTCOMES)
    plain = compare(TRIAL, arm="arm", reference="B", outcomes=OUTCOMES)
    assert (pairs.left_out, pairs.n, pairs.wins, pairs.losses) == (1, 11, plain.wins, plain.losses)
    assert pairs.levels[0].unknown == plain.levels[0].unknown + 10


def test_margins_are_exclusive_or_inclusive_and_direction_is_kept():
    assert compare_values([0.3], [0.2], margin=0.1).wins == 0  # 0.3 - 0.2 is 0.1 but for rounding
    assert compare_values([0.3], [0.2], margin=0.1, reached=True).wins == 1
    assert compare_values([1], [3], better="lower", margin=1).wins == 1
    recovered = pd.DataFrame({"g": [1, 1, 0], "t": [3, 9, 5], "e": [1, 0, 1]})
    pairs = compare(recovered, arm="g", reference=0, outcomes=[EventTime("t", "e", better="earlier")])
    assert (pairs.wins, pairs.losses) == (1, 1)


def test_a_death_counts_once_before_any_score():
    later = pd.DataFrame({"g": [1, 0], "t": [50, 40], "e": [1, 1], "v": [0, 9]})
    pairs = compare(later, arm="g", reference=0, outcomes=[EventTime("t", "e"), Score("v")])
    assert pairs.levels == (Level(1, 0, 0, 0), Level(0, 0, 0, 0))
    censored = later.assign(e=[1, 0])  # the other was last seen alive before this death
    pairs = compare(censored, arm="g", reference=0, outcomes=[EventTime("t", "e"), Score("v")])
    assert pairs.levels == (Level(0, 0, 0, 1), Level(0, 1, 0, 0))


def test_outcomes_columns_and_flags_that_cannot_be_are_refused():
    with pytest.raises(InvalidInput, match="no outcome"):
        compare(TRIAL, arm="arm", reference="B", outcomes=[])
    with pytest.raises(InvalidInput, match="no column age"):
        compare(TRIAL, arm="arm", reference="B", outcomes=[Score("age")])
    with pytest.raises(InvalidInput, match="0 and 1"):
        compare(TRIAL.assign(died=2), arm="arm", reference="B", outcomes=OUTCOMES)
    with pytest.raises(InvalidInput, match="two are compared"):
        compare(TRIAL.assign(arm=list("ABCD") * 5), arm="arm", reference="B", outcomes=OUTCOMES)
    with pytest.raises(InvalidInput, match="margin"):
        Score("score", margin=-1)
    with pytest.raises(InvalidInput, match="better"):
        EventTime("day", "died", better="longer")
