"""Every case below names its source in tests/reference/cases.json or the call that printed it."""

from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.correlation import (
    bonett_wright,
    kendall,
    kendall_limits,
    pearson,
    pearson_limits,
    point_biserial,
    semipartial_limits,
    spearman,
    spearman_limits,
)
from helpers.stats.means import Moments
from tests.stats.reference import cases

pairs = st.integers(5, 30).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 12), min_size=n, max_size=n) for _ in range(2)))
)


# statpsych documentation (case STATPSYCH-SPEAR)
def test_spearman_with_bonett_wright_interval_matches_statpsych():
    case = cases()["STATPSYCH-SPEAR"]
    found = spearman(case["inputs"]["x"], case["inputs"]["y"])
    assert found.estimate == approx(case["expected"]["rs"], abs=1e-6)
    assert [found.lower, found.upper] == approx(case["expected"]["ci"], abs=1e-6)
    assert found.se == approx(case["expected"]["se"], abs=1e-6)
    assert found.n == 15


# R cor.test by way of pingouin's tests (case R-COR-30); the Bonett-Wright limits are in the case's notes
def test_spearman_and_its_p_value_match_r():
    case = cases()["R-COR-30"]
    found = spearman(case["inputs"]["x"], case["inputs"]["y"])
    assert found.estimate == approx(case["expected"]["spearman"], abs=1e-6)
    assert found.p_value == approx(case["expected"]["spearman_p"], abs=1e-8)
    assert (found.lower, found.upper) == approx((0.116960, 0.722640), abs=1e-6)
    fieller = spearman(case["inputs"]["x"], case["inputs"]["y"], interval="fieller")
    assert [fieller.lower, fieller.upper] == approx(case["expected"]["spearman_ci_fieller"], abs=1e-6)
    plain = spearman(case["inputs"]["x"], case["inputs"]["y"], interval="fisher")
    assert (plain.lower, plain.upper) == approx((0.137256, 0.712635), abs=1e-6)


# The same case: R cor.test, and its one-sided limits from pingouin's test of it
def test_pearson_and_its_interval_match_r():
    case = cases()["R-COR-30"]
    found = pearson(case["inputs"]["x"], case["inputs"]["y"])
    assert (found.estimate, found.p_value) == approx((case["expected"]["pearson"], case["expected"]["p"]), abs=1e-6)
    assert [found.lower, found.upper] == approx(case["expected"]["ci"], abs=1e-6)
    greater = pearson(case["inputs"]["x"], case["inputs"]["y"], alternative="greater")
    assert (greater.p_value, greater.lower, greater.upper) == approx((0.175933, -0.1376942, 1.0), abs=1e-6)
    less = pearson(case["inputs"]["x"], case["inputs"]["y"], alternative="less")
    assert (less.p_value, less.lower, less.upper) == approx((0.824067, -1.0, 0.4578044), abs=1e-6)


# Case ESCI-R-6: R cor.test of six pairs
def test_fisher_interval_of_six_pairs_matches_r():
    case = cases()["ESCI-R-6"]
    given = case["inputs"]
    assert list(pearson_limits(given["r"], given["n"])) == approx(case["expected"]["ci"], abs=case["tol"])


# README of the cases, D16, and statpsych documentation: ci.cor(.05, .60, 0, 150), ci.cor(.05, .70, 1, 135)
def test_bias_corrected_interval_matches_statpsych():
    assert pearson_limits(0.6, 150, interval="bias-corrected") == approx((0.4850, 0.6925), abs=6e-5)
    assert pearson_limits(0.7, 135, held=1, interval="bias-corrected") == approx((0.6002, 0.7763), abs=6e-5)
    assert pearson_limits(0.6, 150) == approx((0.4865, 0.6936), abs=6e-5)


# statpsych documentation: ci.spcor(.05, -.355, .230, 236) and ci.pbcor(.05, 28.32, 21.48, 3.81, 3.09, 40, 40)
def test_semipartial_and_point_biserial_intervals_match_statpsych():
    assert semipartial_limits(-0.355, 0.230, 236) == approx((-0.4565, -0.2444), abs=6e-5)
    groups = Moments(40, 28.32, 3.81), Moments(40, 21.48, 3.09)
    for weighted, expected in ((True, (0.7066, 0.5885, 0.7854)), (False, (0.7021, 0.5808, 0.7829))):
        found = point_biserial(*groups, weighted=weighted)
        assert (found.estimate, found.lower, found.upper) == approx(expected, abs=6e-5)


# Second way: Pearson's correlation with a 0/1 column
def test_point_biserial_is_the_correlation_with_a_group():
    x, y = [3.1, 4.0, 5.2, 4.4, 3.9], [3.5, 4.1, 4.9, 3.2]
    theirs = scipy_stats.pointbiserialr([1] * 5 + [0] * 4, x + y).statistic
    assert point_biserial(x, y).estimate == approx(theirs, rel=1e-9)
    assert point_biserial([], y).reason == "too-few"


A = [2.1, 3.4, 1.2, 5.6, 4.4, 7.7, 6.1, 0.3, 8.2]
B = [1.0, 2.2, 2.9, 3.1, 9.0, 4.5, 6.6, 0.7, 5.2]


# R 4.2: cor.test(a, b, method = ..., alternative = ...), exact for nine pairs
@pytest.mark.parametrize(
    ("alternative", "tau", "rho"),
    [
        ("two-sided", 0.0446152998236, 0.0311232363316),
        ("greater", 0.0223076499118, 0.0155616181658),
        ("less", 0.9876295194, 0.987254739859),
    ],
)
def test_exact_tests_match_r(alternative, tau, rho):
    assert kendall(A, B, test="exact", alternative=alternative).p_value == approx(tau, rel=1e-9)
    assert spearman(A, B, test="exact", alternative=alternative).p_value == approx(rho, rel=1e-9)


# R 4.2: cor.test(x, y, method = "spearman", exact = TRUE) of 15 pairs without ties, which takes the Edgeworth series
X15 = [
    -0.6888, -0.7075, 0.3646, 0.7685, -0.1123, 0.8811, 0.3981, -0.612, 0.3411, -1.1294, 1.433, 1.9804, -0.3672,
    -1.0441, 0.5697,
]  # fmt: skip
Y15 = [
    -0.4794, 2.0479, 0.1431, 1.074, -0.0282, -0.3027, 0.3878, -2.111, 1.6361, -0.4114, 2.8891, 1.4657, -0.8936,
    0.0887, -0.6492,
]  # fmt: skip


@pytest.mark.parametrize(
    ("alternative", "expected"),
    [("two-sided", 0.177894090354), ("greater", 0.0889470451769), ("less", 0.913264569889)],
)
def test_edgeworth_series_matches_r(alternative, expected):
    assert spearman(X15, Y15, test="edgeworth", alternative=alternative).p_value == approx(expected, rel=1e-9)
    negative = spearman(X15, [-y for y in Y15], test="edgeworth", alternative="less").p_value
    assert negative == approx(0.0889470451769, rel=1e-9)


def test_the_edgeworth_series_is_near_the_exact_distribution():
    exact = spearman(X15[:12], Y15[:12], test="exact").p_value
    assert spearman(X15[:12], Y15[:12], test="edgeworth").p_value == approx(exact, abs=2e-3)


# Second way: all orders listed by itertools, ties included; coin 1.4, a million random orders: .0199 for x and y below
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_exact_tests_with_ties_list_all_orders(alternative):
    from itertools import permutations

    x, y = [1, 2, 2, 3, 4, 5, 5], [2, 1, 3, 3, 5, 4, 6]
    for test, statistic in (
        (spearman, lambda a, b: scipy_stats.rankdata(a) @ scipy_stats.rankdata(b)),
        (pearson, lambda a, b: np.dot(a, b)),
        (kendall, lambda a, b: sum(np.sign(a[i] - a[j]) * np.sign(b[i] - b[j]) for i in range(7) for j in range(i))),
    ):
        values = np.array([statistic(x, order) for order in permutations(y)])
        observed = statistic(x, y)
        counted = {
            "greater": values >= observed - 1e-9,
            "less": values <= observed + 1e-9,
            "two-sided": abs(values - values.mean()) >= abs(observed - values.mean()) - 1e-9,
        }[alternative]
        assert test(x, y, test="exact", alternative=alternative).p_value == approx(counted.mean(), rel=1e-9)
    assert spearman(x, y, test="exact").p_value == approx(0.019925, abs=4e-4)


def test_sampled_orders_come_near_the_exact_test_and_depend_on_the_seed_alone():
    exact = pearson(A, B, test="exact").p_value
    sampled = pearson(A, B, test="permutation", resamples=19_999, seed=1)
    assert sampled.p_value == approx(exact, abs=3 * (exact * (1 - exact) / 19_999) ** 0.5)
    assert sampled == pearson(A, B, test="permutation", resamples=19_999, seed=1)
    assert sampled.p_value != pearson(A, B, test="permutation", resamples=19_999, seed=2).p_value
    assert spearman(A, B, test="permutation", resamples=99, seed=3).p_value >= 0.01


def test_too_many_orders_to_list_leave_no_p_value_but_an_interval():
    for found in (spearman(X15, Y15, test="exact"), pearson([*A, 9.3], [*B, 3.3], test="exact")):
        assert (found.p_value, found.reason) == (None, "too-large")
        assert found.lower < found.estimate < found.upper
    tied = kendall([1, 1, *range(2, 11)], range(11), test="exact")
    assert (tied.p_value, tied.reason) == (None, "too-large")


X_KENDALL = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]
Y_KENDALL = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]


# R 4.2: cor.test(x, y, method = "kendall", exact = FALSE), without and with continuity
def test_kendall_with_ties_matches_r():
    found = kendall(X_KENDALL, Y_KENDALL)
    assert (found.estimate, found.statistic, found.p_value) == approx(
        (0.728292649884324, 3.732929768601067, 0.000189265380691), rel=1e-9
    )
    corrected = kendall(X_KENDALL, Y_KENDALL, continuity=True)
    assert (corrected.statistic, corrected.p_value) == approx((3.683157371686386, 0.000230362844914), rel=1e-9)


# The `lung` data by way of CAMIS: R cor.test and SAS PROC CORR, -0.1443877, z = -2.7919, p = .00524
def test_correlations_of_the_lung_data_match_camis():
    file = Path(__file__).resolve().parents[3] / "shared" / "reference" / "lung_age_mealcal.csv"
    if not file.exists():
        pytest.skip(f"{file.name} is not there")
    data = pd.read_csv(file)
    x, y = (data[c] for c in data.columns[-2:])
    found = kendall(x, y)
    assert (found.n, abs(found.estimate)) == (181, approx(0.1443877, abs=6e-8))
    assert (abs(found.statistic), found.p_value) == approx((2.7919, 0.00524), abs=6e-5)
    rho, r = spearman(x, y), pearson(x, y)
    assert (rho.estimate, rho.p_value) == approx((-0.2073639, 0.005095), abs=6e-7)
    assert (r.estimate, r.statistic, r.p_value) == approx((-0.2314107, -3.1824, 0.001722), abs=6e-5)
    assert (r.lower, r.upper) == approx((-0.3649503, -0.0885415), abs=6e-8)


@given(pairs)
@settings(max_examples=25)
def test_kendall_agrees_with_scipy(both):
    x, y = both
    found = kendall(x, y)
    if found.estimate is None:
        assert len(set(x)) == 1 or len(set(y)) == 1
        return
    theirs = scipy_stats.kendalltau(x, y, method="asymptotic")
    assert (found.estimate, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-6, abs=1e-12)


# Second way: the delta method with derivatives by difference quotients, pairs being multinomial
def test_standard_error_of_tau_agrees_with_the_delta_method():
    x, y = np.array(X_KENDALL), np.array(Y_KENDALL)
    signs = [np.sign(v[:, None] - v[None, :]) for v in (x, y)]

    def tau(w):
        product = np.outer(w, w)
        return (product * signs[0] * signs[1]).sum() / np.sqrt(
            (product * signs[0] ** 2).sum() * (product * signs[1] ** 2).sum()
        )

    n, step = len(x), 1e-6
    plain = np.full(n, 1 / n)
    slope = np.array([(tau(plain + step * row) - tau(plain - step * row)) / (2 * step) for row in np.eye(n)])
    expected = np.sqrt(((slope - slope.mean()) ** 2).sum()) / n
    assert kendall(X_KENDALL, Y_KENDALL, interval="asymptotic").se == approx(expected, rel=1e-6)


# R correlation package, cor_to_ci(): variances of z .437/(n - 4) and 1/(n - 3)
def test_kendall_intervals_by_their_formula():
    half = scipy_stats.norm.ppf(0.975) * np.sqrt(0.437 / 16)
    assert kendall_limits(0.5, 20) == approx(tuple(np.tanh(np.arctanh(0.5) + np.array([-half, half]))), rel=1e-9)
    assert kendall_limits(0.5, 20, interval="fisher") == pearson_limits(0.5, 20)
    found = kendall(X_KENDALL, Y_KENDALL, interval="asymptotic", alternative="greater")
    assert (found.upper, found.lower) == (1.0, approx(found.estimate - 1.644854 * found.se, abs=1e-6))
    assert kendall([1, 2, 3, 4], [1, 2, 4, 3]).reason == "too-few"


def test_a_null_other_than_none_is_tested_by_fishers_z():
    # statpsych documentation: test.cor(.484, 100, 0, .2), from pairs that have this correlation
    rng = np.random.default_rng(1)
    x, e = rng.normal(size=(2, 100))
    x = (x - x.mean()) / x.std()
    e = e - e.mean() - x * (x @ e) / 100
    y = 0.484 * x + np.sqrt(1 - 0.484**2) * e / e.std()
    found = pearson(x, y, null=0.2)
    assert (found.statistic, found.p_value) == approx((3.2054, 0.00135), abs=6e-5)


@given(pairs)
@settings(max_examples=25)
def test_spearman_agrees_with_scipy(both):
    x, y = both
    found = spearman(x, y)
    if found.estimate is None:
        assert len(set(x)) == 1 or len(set(y)) == 1
        return
    theirs = scipy_stats.spearmanr(x, y)
    assert found.estimate == approx(theirs.statistic, rel=1e-6, abs=1e-12)
    if not found.reason:
        assert found.p_value == approx(theirs.pvalue, rel=1e-6)
        assert found.lower < found.estimate < found.upper


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [([], [], "too-few"), ([1, 2, 3], [2, 1, 3], "too-few"), ([1, 2, 3, 4], [5, 5, 5, 5], "no-variance")],
)
def test_spearman_without_enough_data_says_why(x, y, reason):
    found = spearman(x, y)
    assert (found.n, found.estimate, found.lower, found.p_value, found.reason) == (len(x), None, None, None, reason)


def test_perfectly_opposed_ranks_have_no_interval():
    found = spearman([1, 2, 3, 4, 5], [9, 7, 5, 3, 1])
    assert (found.estimate, found.lower, found.upper, found.reason) == (-1.0, None, None, "no-variance")


def test_a_pair_with_a_missing_value_is_left_out():
    full = spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 6])
    assert spearman([1, 2, np.nan, 3, 4, 5, 8], [2, 1, 9, 4, 3, 6, None]) == full


def test_series_of_different_length_are_refused():
    with pytest.raises(InvalidInput, match="pairs"):
        spearman([1, 2, 3, 4], [1, 2, 3])


@pytest.mark.parametrize(("r", "n", "held"), [(1.0, 20, 0), (0.3, 3, 0), (0.3, 6, 3)])
def test_bonett_wright_limits_need_variation_and_pairs(r, n, held):
    with pytest.raises(InvalidInput, match="Bonett-Wright"):
        bonett_wright(r, n, held=held)


# Truth recovery: without association, 24 pairs; 800 samples give the coverage a standard error of .008
def test_bonett_wright_interval_covers_no_association():
    rng = np.random.default_rng(20160301)
    covered = []
    for _ in range(800):
        lower, upper = bonett_wright(scipy_stats.spearmanr(*rng.normal(size=(2, 24))).statistic, 24)
        covered.append(lower <= 0 <= upper)
    assert np.mean(covered) == approx(0.95, abs=0.025)


@pytest.mark.parametrize("function", [pearson, spearman, kendall])
def test_perfect_correlations_have_no_interval(function):
    for sign in (1, -1):
        found = function(range(6), [sign * 2 * v for v in range(6)])
        assert (found.estimate, found.lower, found.reason) == (sign, None, "no-variance")
        assert found.p_value < 0.01
    assert function([1, 2, 3, 4], [3, 3, 3, 3]).reason == "no-variance"
    assert function([1, 2, 3], [3, 1, 2]).reason == "too-few"
    assert pearson(range(6), range(6), alternative="less").p_value == 1.0


# A constant column that differs by rounding only
def test_rounding_is_no_variance():
    assert pearson([0.1 + 0.2, 0.3, 0.3, 0.3], [1, 2, 3, 5]).reason == "no-variance"


@given(st.floats(-0.99, 0.99), st.integers(5, 500), st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=40)
def test_limits_hold_the_correlation_and_are_mirrored(r, n, level):
    for limits in (pearson_limits, spearman_limits, kendall_limits):
        lower, upper = limits(r, n, level=level)
        assert -1 <= lower <= r <= upper <= 1
        mirrored = limits(-r, n, level=level)
        assert (-mirrored[1], -mirrored[0]) == approx((lower, upper), abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: pearson(A, B, interval="exact"),
        lambda: pearson(A, B, test="bayes"),
        lambda: pearson(A, B, null=1.0),
        lambda: pearson(A, B, null=0.2, test="exact"),
        lambda: pearson(A, B, test="permutation", resamples=0),
        lambda: pearson(A, B, level=inf),
        lambda: spearman(A, B, interval="wald"),
        lambda: kendall(A, B, test="t"),
        lambda: kendall_limits(0.5, 4),
        lambda: semipartial_limits(0.5, 0.1, 30),
        lambda: pearson_limits(0.5, 20, held=-1),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
