"""Number needed to treat, and responders. Cases name their source in tests/reference/cases.json."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats import Interval, proportions
from helpers.stats.proportions import Direction
from tests.stats.reference import cases, tolerance

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_t_pa_example_matches_barrowman():
    case = cases()["NNT-CMAJ-TPA"]
    given = case["inputs"]
    found = proportions.number_needed(Interval(given["arr"], *given["arr_ci"]))
    assert found.benefit.estimate == approx(case["expected"]["nnt"], abs=tolerance(case, "nnt"))
    assert [found.benefit.fewest, found.benefit.most] == approx(case["expected"]["ci"], abs=tolerance(case, "ci"))
    assert found.harm is None and not found.through_infinity


# Altman 1998: NNTB 10, NNTH 20 to infinity to NNTB 4
def test_an_interval_through_infinity_matches_altman():
    case = cases()["NNT-ALTMAN"]
    given = case["inputs"]
    found = proportions.number_needed(Interval(given["arr"], *given["arr_ci"]))
    assert found.benefit == Direction(approx(case["expected"]["nnt"]), approx(case["expected"]["nntb_limit"]), inf)
    assert found.harm == Direction(None, approx(case["expected"]["nnth_limit"]), inf)
    assert found.through_infinity


@pytest.mark.parametrize("id", ["NNT-NEWC-a", "NNT-NEWC-b"])
@pytest.mark.parametrize(
    ("key", "interval"), [("bender_ci", proportions.newcombe_difference), ("wald_ci", proportions.wald_difference)]
)
def test_inverted_limits_match_the_published_intervals(id, key, interval):
    case = cases()[id]
    given = case["inputs"]
    found = proportions.number_needed(interval(given["x1"], given["n1"], given["x2"], given["n2"]))
    assert found.benefit.estimate == approx(case["expected"]["nnt"], abs=tolerance(case, "nnt"))
    assert [found.benefit.fewest, found.benefit.most] == approx(case["expected"][key], abs=tolerance(case, key))
    assert [found.benefit.fewest, found.benefit.most] == approx(case["computed"][key], rel=1e-8)


def test_camis_table_goes_through_infinity():
    case = cases()["NNT-CAMIS-CROSS"]
    given = case["inputs"]
    difference = proportions.newcombe_difference(given["x1"], given["n1"], given["x2"], given["n2"])
    found = proportions.number_needed(difference)
    assert found.benefit.estimate == approx(case["expected"]["nnt"], abs=tolerance(case, "nnt"))
    assert found.benefit.fewest == approx(case["expected"]["nntb_limit"], abs=tolerance(case, "nntb_limit"))
    assert found.harm.fewest == approx(case["expected"]["nnth_limit"], abs=tolerance(case, "nnth_limit"))
    assert found.benefit.most == found.harm.most == inf


# Bender 2001: the definition by cases, on the limits themselves
@given(counts, counts)
@settings(max_examples=100)
def test_numbers_are_the_inverse_of_the_difference_and_its_limits(arm, reference):
    difference = proportions.newcombe_difference(*arm, *reference)
    found = proportions.number_needed(difference)
    for side, sign in ((found.benefit, 1), (found.harm, -1)):
        low, high = sorted((sign * difference.lower, sign * difference.upper))
        if side is None:
            assert high <= 0 and sign * difference.estimate < 0
            continue
        assert side.fewest == approx(1 / high) and side.fewest >= 1
        assert side.most == (approx(1 / low) if low > 0 else inf)
        if sign * difference.estimate > 0:
            assert side.estimate == approx(abs(1 / difference.estimate)) and side.estimate >= side.fewest
        elif difference.estimate == 0:
            assert side.estimate == inf
        else:
            assert side.estimate is None
    assert found.through_infinity == (difference.lower <= 0 <= difference.upper)


@given(counts, counts)
@settings(max_examples=50)
def test_benefit_and_harm_change_places_with_the_meaning_of_the_event_or_the_arms(arm, reference):
    wanted = proportions.number_needed(proportions.newcombe_difference(*arm, *reference))
    unwanted = proportions.number_needed(proportions.newcombe_difference(*arm, *reference), event_is_benefit=False)
    assert (wanted.benefit, wanted.harm) == (unwanted.harm, unwanted.benefit)
    swapped = proportions.number_needed(proportions.newcombe_difference(*reference, *arm))
    assert (swapped.harm is None) == (wanted.benefit is None)


def test_a_difference_of_zero_is_an_infinite_number_both_ways():
    found = proportions.number_needed(Interval(0.0, -0.1, 0.2))
    assert found.benefit == Direction(inf, 5.0, inf)
    assert found.harm == Direction(inf, 10.0, inf)
    bare = proportions.number_needed(Interval(0.0, None, None, "too-few"))
    assert (bare.benefit, bare.harm, bare.reason) == (Direction(inf, None, None), Direction(inf, None, None), "too-few")
    point = proportions.number_needed(Interval(0.0, 0.0, 0.0))
    assert point.benefit == point.harm == Direction(inf, inf, inf)


def test_a_limit_at_zero_stops_at_infinity():
    found = proportions.number_needed(Interval(0.2, 0.0, 0.4))
    assert found.benefit == Direction(approx(5.0), approx(2.5), inf)
    assert found.harm is None and found.through_infinity


def test_a_difference_without_limits_or_without_value_keeps_its_reason():
    found = proportions.number_needed(proportions.hauck_anderson_difference(1, 1, 0, 5))
    assert (found.benefit, found.harm, found.reason) == (Direction(1.0, None, None), None, "too-few")
    assert proportions.number_needed(Interval(None, None, None, "too-few")).reason == "too-few"
    assert proportions.number_needed(Interval(None, None, None)).reason == "undefined"


# Pseudo-counts may leave the observed difference outside its interval
def test_an_estimate_outside_its_limits_stays_where_it_is():
    found = proportions.number_needed(Interval(-1.0, -0.8, 0.1))
    assert found.harm == Direction(1.0, 1.25, inf) and found.benefit.estimate is None


def test_numbers_that_are_no_differences_are_refused():
    with pytest.raises(InvalidInput, match="between -1 and 1"):
        proportions.number_needed(Interval(20, 5, 40))
    with pytest.raises(InvalidInput, match="between -1 and 1"):
        proportions.number_needed(Interval(float("nan"), 0.1, 0.2))
    with pytest.raises(InvalidInput, match="above the upper"):
        proportions.number_needed(Interval(0.1, 0.3, 0.2))


@pytest.mark.parametrize(
    ("key", "options", "missing"),
    [
        ("nri", {"at_least": 30}, "non-responder"),
        ("complete_case", {"at_least": 30}, "complete-case"),
        ("percent_reduction_40", {"at_least": 40, "percent": True}, "non-responder"),
    ],
)
def test_responders_match_the_reference_case(key, options, missing):
    case = cases()["RESP-MISSING"]
    response = proportions.responses(case["inputs"]["baseline"], case["inputs"]["week"], **options)
    found = proportions.count_responders(response, missing=missing)
    assert [found.events, found.n] == case["expected"][key]
    assert found.missing == 1


def test_the_best_case_counts_every_missing_unit_as_a_responder():
    found = proportions.count_responders([1, 0, None, float("nan")], missing="responder")
    assert (found.events, found.n, found.missing) == (3, 4, 2)


def test_a_rise_can_be_the_improvement_and_the_threshold_counts():
    response = proportions.responses([10, 10, 10], [13, 12.9, None], at_least=3, lower_is_better=False)
    assert response[:2].tolist() == [1, 0] and np.isnan(response[2])
    assert proportions.responses([10], [7], at_least=3, lower_is_better=False).tolist() == [0]


# 0.3 - 0.2 is less than 0.1 in binary, and 70 % of 0.7 is more than 0.49
def test_rounding_of_the_machine_does_not_lose_a_responder():
    assert proportions.responses([0.3], [0.2], at_least=0.1).tolist() == [1]
    assert proportions.responses([0.7], [0.21], at_least=70, percent=True).tolist() == [1]


def test_a_percentage_of_nothing_is_unknown():
    response = proportions.responses([0, 50], [0, 20], at_least=50, percent=True)
    assert np.isnan(response[0]) and response[1] == 1
    assert proportions.count_responders(response).missing == 1


@given(
    st.lists(st.tuples(st.integers(0, 100), st.one_of(st.none(), st.integers(0, 100))), max_size=30), st.integers(1, 60)
)
@settings(max_examples=60)
def test_responders_are_those_counted_by_hand(pairs, least):
    response = proportions.responses([b for b, _ in pairs], [v for _, v in pairs], at_least=least)
    known = [(b, v) for b, v in pairs if v is not None]
    events = sum(b - v >= least for b, v in known)
    nri, complete, best = (
        proportions.count_responders(response, missing=rule) for rule in ("non-responder", "complete-case", "responder")
    )
    assert (nri.events, nri.n) == (events, len(pairs))
    assert (complete.events, complete.n) == (events, len(known))
    assert (best.events, best.n) == (events + len(pairs) - len(known), len(pairs))


def test_nobody_gives_no_units():
    found = proportions.count_responders([None, None], missing="complete-case")
    assert (found.events, found.n, found.missing) == (0, 0, 2)
    assert proportions.count_responders(proportions.responses([], [], at_least=1)).n == 0


def test_responses_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match="2 baselines and 1 values"):
        proportions.responses([1, 2], [1], at_least=1)
    with pytest.raises(InvalidInput, match="at_least is 0"):
        proportions.responses([1], [1], at_least=0)
    with pytest.raises(InvalidInput, match="1, 0 or missing"):
        proportions.count_responders([1, 2])
    with pytest.raises(InvalidInput, match="missing is 'locf'"):
        proportions.count_responders([1, 0], missing="locf")
