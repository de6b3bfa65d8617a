"""Every case below names its source in tests/reference/cases.json; the id is the test's."""

from math import acos, cos, pi, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import binom, binomtest, norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases, holding, tolerance

ONE = {
    "wilson": proportions.wilson,
    "wilson_cc": lambda x, n, level: proportions.wilson(x, n, level=level, continuity=True),
    "clopper_pearson": proportions.clopper_pearson,
    "clopper_pearson_95": proportions.clopper_pearson,
    "jeffreys": proportions.jeffreys,
    "jeffreys_95": proportions.jeffreys,
    "agresti_coull": proportions.agresti_coull,
    "agresti_coull_95": proportions.agresti_coull,
}
TWO = {
    "miettinen_nurminen": proportions.risk_difference,
    "mee": lambda *counts, level: proportions.risk_difference(*counts, level=level, bias_correction=False),
    "score_no_factor": lambda *counts, level: proportions.risk_difference(*counts, level=level, bias_correction=False),
    "newcombe10": proportions.newcombe_difference,
    "newcombe11_cc": lambda *counts, level: proportions.newcombe_difference(*counts, level=level, continuity=True),
}
# CAMIS-RR holds intervals of a ratio under the same key
DIFFERENCES = [(id, key) for id, key in holding(*TWO) if id != "CAMIS-RR"]

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("id", "key"), holding(*ONE))
def test_interval_of_one_proportion_matches_the_reference_case(id, key):
    case = cases()[id]
    found = ONE[key](case["inputs"]["x"], case["inputs"]["n"], level=case["inputs"].get("conf", 0.95))
    assert [found.lower, found.upper] == approx(case["expected"][key], abs=tolerance(case, key))


def test_wilson_at_90_percent_matches_tern():
    case = cases()["TERN-PROP-5-10"]
    found = proportions.wilson(5, 10, level=0.9)
    assert [found.lower, found.upper] == approx(case["expected"]["wilson_90"], abs=case["tol"])


# tern tests/testthat/test-estimate_proportion.R, case TERN-JEFF-4-6: with all responding the upper limit is 1
@pytest.mark.parametrize(("key", "events", "n", "level"), [("a", 4, 6, 0.9), ("b", 4, 4, 0.95)])
def test_jeffreys_interval_keeps_to_the_ends_of_the_scale(key, events, n, level):
    found = proportions.jeffreys(events, n, level=level)
    expected = cases()["TERN-JEFF-4-6"]["expected"][key]
    assert [found.lower, found.upper] == approx(expected, abs=6e-7)


@pytest.mark.parametrize(("id", "key"), DIFFERENCES)
def test_interval_of_a_difference_matches_the_reference_case(id, key):
    case = cases()[id]
    given = case["inputs"]
    found = TWO[key](given["x1"], given["n1"], given["x2"], given["n2"], level=given["conf"])
    assert [found.lower, found.upper] == approx(case["expected"][key], abs=tolerance(case, key))
    assert found.estimate == given["x1"] / given["n1"] - given["x2"] / given["n2"]


# The tighter target of the same cases: ten significant digits from an independent implementation
@pytest.mark.parametrize(("id", "key"), [(i, k) for i, k in DIFFERENCES if k in cases()[i]["computed"]])
def test_interval_of_a_difference_agrees_with_an_independent_implementation_to_nine_digits(id, key):
    case = cases()[id]
    given = case["inputs"]
    found = TWO[key](given["x1"], given["n1"], given["x2"], given["n2"], level=given["conf"])
    assert [found.lower, found.upper] == approx(case["computed"][key], rel=1e-9, abs=1e-9)


# tern tests/testthat/test-prop_diff.R, case TERN-RMLE; the source takes group b minus group a
def test_restricted_proportions_and_variance_match_tern():
    expected = cases()["TERN-RMLE"]["expected"]
    p_b, p_a = proportions.restricted_mle(0.1, 6, 15, 4, 10)
    assert (p_a, p_b) == approx((expected["p_a"], expected["p_b"]), abs=1e-12)
    assert proportions.score_variance(0.1, 6, 15, 4, 10) == approx(expected["var_est"], abs=1e-12)


def closed_form(difference, x1, n1, x0, n0):
    """Restricted proportion of the reference by the cubic of Miettinen and Nurminen 1985."""
    total, events = n1 + n0, x1 + x0
    l2 = (n1 + 2 * n0) * difference - total - events
    l1 = (n0 * difference - total - 2 * x0) * difference + events
    l0 = x0 * difference * (1 - difference)
    q = l2**3 / (3 * total) ** 3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    p = (1 if q > 0 else -1) * sqrt(max(0.0, l2**2 / (3 * total) ** 2 - l1 / (3 * total)))
    angle = (pi + acos(max(-1.0, min(1.0, q / p**3)))) / 3 if p else 0.0
    return 2 * p * cos(angle) - l2 / (3 * total)


@pytest.mark.parametrize("difference", [-0.6, -0.2, 0.0, 0.1, 0.3382, 0.7])
@pytest.mark.parametrize("table", [(56, 70, 48, 80), (10, 16, 5, 15), (3, 16, 9, 15), (1, 12, 11, 13)])
def test_restricted_proportions_agree_with_the_closed_form(difference, table):
    p, p_ref = proportions.restricted_mle(difference, *table)
    assert p_ref == approx(closed_form(difference, *table), rel=1e-6)
    assert p - p_ref == approx(difference, abs=1e-12)


# README of the reference cases, E1: at the published upper limit the statistic is -1.960, statsmodels' wrong one -1.878
def test_score_statistic_at_the_published_limit_is_the_normal_quantile():
    variance = proportions.score_variance(0.338172940, 56, 70, 48, 80)
    assert (0.2 - 0.338172940) / sqrt(variance) == approx(-norm.ppf(0.975), rel=1e-6)


# Evidence file, section 7.0: two tables of the size of this trial
@pytest.mark.parametrize(("table", "expected"), [((10, 16, 5, 15), (-0.065, 0.582)), ((12, 16, 5, 15), (0.061, 0.679))])
def test_miettinen_nurminen_at_the_size_of_this_trial(table, expected):
    found = proportions.risk_difference(*table)
    assert (found.lower, found.upper) == approx(expected, abs=5e-4)


@given(counts)
def test_wilson_and_clopper_pearson_agree_with_scipy(pair):
    events, n = pair
    for ours, method in ((proportions.wilson, "wilson"), (proportions.clopper_pearson, "exact")):
        theirs = binomtest(events, n).proportion_ci(method=method)
        found = ours(events, n)
        assert (found.lower, found.upper) == approx((theirs.low, theirs.high), rel=1e-6, abs=1e-12)


@given(counts, counts)
def test_newcombe_agrees_with_statsmodels(arm, reference):
    theirs = confint_proportions_2indep(*arm, *reference, compare="diff", method="newcomb")
    found = proportions.newcombe_difference(*arm, *reference)
    assert (found.lower, found.upper) == approx(theirs, rel=1e-6, abs=1e-9)


@given(counts)
def test_agresti_coull_agrees_with_statsmodels(pair):
    found = proportions.agresti_coull(*pair)
    assert (found.lower, found.upper) == approx(proportion_confint(*pair, method="agresti_coull"), rel=1e-6, abs=1e-12)


@given(counts, counts, st.sampled_from(sorted(TWO)))
@settings(max_examples=50)
def test_difference_is_mirrored_when_arms_or_events_are_swapped(arm, reference, key):
    found = TWO[key](*arm, *reference, level=0.95)
    assert -1 <= found.lower <= found.estimate <= found.upper <= 1
    assert found.lower < found.upper
    swapped = TWO[key](*reference, *arm, level=0.95)
    assert (-swapped.upper, -swapped.lower) == approx((found.lower, found.upper), abs=1e-9)
    (x1, n1), (x2, n2) = arm, reference
    failures = TWO[key](n1 - x1, n1, n2 - x2, n2, level=0.95)
    assert (-failures.upper, -failures.lower) == approx((found.lower, found.upper), abs=1e-9)


@given(counts, counts)
@settings(max_examples=50)
def test_miettinen_nurminen_is_wider_than_mee(arm, reference):
    wide = proportions.risk_difference(*arm, *reference)
    narrow = proportions.risk_difference(*arm, *reference, bias_correction=False)
    assert wide.upper - wide.lower >= narrow.upper - narrow.lower - 1e-12


@pytest.mark.parametrize(
    "table", [(0, 1, 0, 1), (1, 1, 1, 1), (1, 1, 0, 1), (0, 9, 9, 9), (0, 16, 0, 15), (16, 16, 15, 15)]
)
def test_tables_with_empty_cells_have_an_interval_around_the_difference(table):
    found = proportions.risk_difference(*table)
    assert -1 <= found.lower <= found.estimate <= found.upper <= 1
    assert found.upper - found.lower > 0.1


# Coverage by enumerating every table of 16 against 15; Newcombe 1998 found a mean near the level for the score methods
def test_miettinen_nurminen_covers_at_the_size_of_this_trial():
    limits = {(x, y): proportions.risk_difference(x, 16, y, 15) for x in range(17) for y in range(16)}
    covered = []
    for p, q in [(0.58, 0.34), (0.34, 0.34), (0.5, 0.5), (0.8, 0.3), (0.1, 0.1)]:
        inside = ((x, y) for (x, y), ci in limits.items() if ci.lower <= p - q <= ci.upper)
        covered.append(sum(binom.pmf(x, 16, p) * binom.pmf(y, 15, q) for x, y in inside))
    assert min(covered) > 0.925
    assert 0.94 < sum(covered) / len(covered) < 0.98


@pytest.mark.parametrize("bad", [(1, 0), (-1, 5), (6, 5), (0.5, 5), (1, -3)])
def test_counts_that_are_no_counts_are_refused(bad):
    for function in (proportions.wilson, proportions.clopper_pearson, proportions.jeffreys, proportions.agresti_coull):
        with pytest.raises(InvalidInput, match="whole number"):
            function(*bad)
    for function in (proportions.risk_difference, proportions.newcombe_difference):
        with pytest.raises(InvalidInput, match="whole number"):
            function(*bad, 3, 5)
        with pytest.raises(InvalidInput, match="whole number"):
            function(3, 5, *bad)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(InvalidInput, match="level"):
        proportions.risk_difference(3, 5, 2, 5, level=level)
    with pytest.raises(InvalidInput, match="level"):
        proportions.clopper_pearson(3, 5, level=level)
