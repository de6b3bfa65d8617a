"""Composites with death the worst outcome, checked by hand and against other routes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats.rank import (
    composite_contrast,
    composite_quantile,
    death_worst,
    hodges_lehmann,
    mann_whitney,
    relative_effect,
)
from helpers.stats.win import EventTime, Score, compare, net_benefit

units = st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(1, 90)), min_size=2, max_size=10)


def columns(drawn):
    return [list(part) for part in zip(*drawn, strict=True)]


def test_the_dead_rank_below_everyone_who_lived_by_their_time():
    values, died, time = [3, np.nan, 5, 3, 9], [0, 1, 0, 0, 1], [np.nan, 20, np.nan, np.nan, 60]
    assert list(death_worst(values, died, time=time)) == [3, 1, 4, 3, 2]
    assert list(death_worst(values, died, time_ordered=False)) == [2, 1, 3, 2, 1]
    assert list(death_worst(values, died, time=time, better="lower")) == [4, 1, 3, 4, 2]


def test_a_unit_that_lived_without_a_value_has_no_rank():
    assert np.isnan(death_worst([np.nan, 2], [0, 0], time_ordered=False)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("values", "died", "probability", "better", "expected"),
    [
        ([5, 3, 0, 9, 7], [0, 0, 1, 0, 0], 0.5, "higher", 5),
        ([5, 3, 0, 9, 7], [0, 0, 1, 0, 0], 0.5, "lower", 7),  # death, 9, 7, 5, 3 from the worst
        ([5, 3, 0, 9], [0, 0, 1, 0], 0.5, "higher", 4),
        ([5, 3, 0, 9], [0, 0, 1, 0], 0.25, "higher", None),  # between death and 3
        ([5, 3, 0], [0, 1, 1], 0.5, "higher", None),
        ([5, 3, 0], [0, 1, 1], 0.75, "higher", None),
    ],
)
def test_a_quantile_is_none_where_it_falls_on_death(values, died, probability, better, expected):
    found = composite_quantile(values, died, probability=probability, better=better)
    assert (found.value, found.died) == (expected, sum(died))
    assert found.reason == ("" if expected is not None else "undefined")


@given(units)
@settings(max_examples=40)
def test_without_deaths_quantiles_are_those_of_the_values(drawn):
    values = columns(drawn)[0]
    for probability in (0.25, 0.5, 0.8):
        found = composite_quantile(values, [0] * len(values), probability=probability)
        assert found.value == approx(np.quantile(values, probability))
        mirrored = composite_quantile(values, [0] * len(values), probability=probability, better="lower")
        assert mirrored.value == approx(np.quantile(values, 1 - probability))


@given(units, units, st.sampled_from(["higher", "lower"]), st.booleans())
@settings(max_examples=60)
def test_the_contrast_is_that_of_the_ranks_and_of_pairwise_comparison(drawn, drawn_ref, better, ordered):
    (x, dead, day), (y, dead_ref, day_ref) = columns(drawn), columns(drawn_ref)
    times = {"time": day, "time_ref": day_ref} if ordered else {}
    found = composite_contrast(x, dead, y, dead_ref, better=better, time_ordered=ordered, **times)
    ranks = death_worst(x + y, dead + dead_ref, time=day + day_ref, better=better, time_ordered=ordered)
    assert found.test == mann_whitney(ranks[: len(x)], ranks[len(x) :])
    assert found.effect == relative_effect(ranks[: len(x)], ranks[len(x) :])
    data = pd.DataFrame({"v": x + y, "d": dead + dead_ref, "t": day + day_ref, "a": [1] * len(x) + [0] * len(y)})
    data["t"] = np.where(data.d, data.t if ordered else 1, 1000)  # everyone alive was followed to the end
    pairs = compare(data, arm="a", reference=0, outcomes=[EventTime("t", "d"), Score("v", better=better)])
    if not (ordered or any(dead + dead_ref)):
        assert net_benefit(pairs).estimate == approx(2 * found.effect.estimate - 1)
    if ordered:
        tied_dead = len({t for t, d in zip(day + day_ref, dead + dead_ref, strict=True) if d}) == sum(dead + dead_ref)
        if tied_dead:  # deaths on one day would be told apart by the score
            assert net_benefit(pairs).estimate == approx(2 * found.effect.estimate - 1)


@given(units, units)
@settings(max_examples=30)
def test_without_deaths_the_shift_is_that_of_the_values(drawn, drawn_ref):
    x, y = columns(drawn)[0], columns(drawn_ref)[0]
    for better in ("higher", "lower"):
        for interval in ("moses", "exact"):
            found = composite_contrast(
                x, [0] * len(x), y, [0] * len(y), better=better, time_ordered=False, interval=interval
            )
            assert found.shift == hodges_lehmann(x, y, method=interval)


# by hand: one death in the arm of seven; its seven differences are -inf, the median of 49 is that of the rest
def test_a_death_counts_as_an_infinite_difference():
    x, y = [0, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7]
    found = composite_contrast(x, [1] + [0] * 6, y, [0] * 7, time=[30] + [np.nan] * 6, time_ref=[np.nan] * 7)
    assert found.shift.estimate == hodges_lehmann([-1e9, *x[1:]], y).estimate == 2
    assert found.shift.lower == hodges_lehmann([-1e9, *x[1:]], y).lower
    assert (found.median.value, found.median.died, found.median_ref.value) == (6, 1, 4)
    worse = composite_contrast(
        x, [1] + [0] * 6, y, [0] * 7, time=[30] + [np.nan] * 6, time_ref=[np.nan] * 7, better="lower"
    )
    assert worse.shift.estimate == hodges_lehmann([1e9, *x[1:]], y).estimate
    assert worse.effect.estimate < 0.5 < found.effect.estimate


def test_where_deaths_prevail_nothing_is_made_up():
    found = composite_contrast([1] * 5, [1] * 5, [2, 3, 4, 5, 6], [0] * 5, time_ordered=False)
    assert (found.shift.estimate, found.shift.reason) == (None, "undefined")
    assert (found.median.value, found.median.reason) == (None, "undefined")
    assert found.test.p_value == approx(2 / 252)
    everyone = composite_contrast([1, 1], [1, 1], [1, 1], [1, 1], time_ordered=False)
    assert (everyone.test.reason, everyone.shift.estimate) == ("no-variance", 0)
    nobody = composite_contrast([np.nan], [0], [1], [0], time_ordered=False)
    assert (nobody.test.reason, nobody.shift.reason, nobody.median.reason) == ("too-few",) * 3


def test_flags_lengths_and_missing_times_are_refused():
    with pytest.raises(InvalidInput, match="flags of death"):
        death_worst([1, 2], [1], time_ordered=False)
    with pytest.raises(InvalidInput, match="flags of death"):
        death_worst([1, 2], [1, np.nan], time_ordered=False)
    with pytest.raises(InvalidInput, match="no time of death"):
        death_worst([1, 2], [1, 0], time=[np.nan, 3])
    with pytest.raises(InvalidInput, match="times of death"):
        death_worst([1, 2], [1, 0], time=[3])
    with pytest.raises(InvalidInput, match="better"):
        death_worst([1, 2], [1, 0], time_ordered=False, better="more")
    with pytest.raises(InvalidInput, match="level"):
        composite_quantile([1, 2], [0, 0], probability=50)
