"""Ratios of means and medians. Every published value names the page that printed it."""

from math import exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.means import (
    Moments,
    geometric_mean,
    geometric_ratio,
    mean_ratio,
    median,
    median_difference,
    median_ratio,
    paired_geometric_ratio,
    paired_mean_ratio,
    paired_median_difference,
    paired_median_ratio,
    welch,
)
from tests.stats.reference import cases
from tests.stats.test_means import SCORES

# statpsych documentation, ci.ratio.mean2 and ci.ratio.median2
FIRST = [36, 44, 47, 42, 49, 39, 46, 31, 33, 48]
SECOND = [32, 39, 26, 35, 43, 27, 40, 37, 34, 29, 49, 42, 40]
# statpsych documentation, ci.ratio.mean.ps and ci.ratio.median.ps
ONE = [76.41, 66.91, 81.06, 74.78, 83.76, 89.31, 78.78, 87.06, 82.61, 76.74, 88.33, 86.18]
OTHER = [59.85, 60.64, 84.86, 68.16, 71.53, 86.18, 67.30, 65.46, 83.50, 66.76, 88.37, 65.02]
# R's mtcars: weight by transmission, automatic and manual
AUTOMATIC = [
    3.215, 3.44, 3.46, 3.57, 3.19, 3.15, 3.44, 3.44, 4.07, 3.73, 3.78, 5.25, 5.424, 5.345, 2.465, 3.52, 3.435, 3.84,
    3.845,
]  # fmt: skip
MANUAL = [2.62, 2.875, 2.32, 2.2, 1.615, 1.835, 1.935, 2.14, 1.513, 3.17, 2.77, 3.57, 2.78]
# R's sleep, extra hours + 4, as effectsize's own test has them
SLEEP = [4.7, 2.4, 3.8, 2.8, 3.9, 7.4, 7.7, 4.8, 4.0, 6.0], [5.9, 4.8, 5.1, 4.1, 3.9, 8.4, 9.5, 5.6, 8.6, 7.4]

positive = st.lists(st.floats(0.5, 60).map(lambda v: round(v, 2)), min_size=2, max_size=15)


# SAS PROC TTEST with DIST=LOGNORMAL and h0=30, as printed by CAMIS SAS/ttest_1Sample.qmd
def test_geometric_mean_and_coefficient_of_variation_match_sas():
    found = geometric_mean(SCORES, null=30)
    assert (found.estimate, found.lower, found.upper) == approx((32.9145, 28.6062, 37.8716), abs=6e-5)
    assert (found.cv.estimate, found.cv.lower, found.cv.upper) == approx((0.3894, 0.3060, 0.5390), abs=6e-5)
    assert (found.log.df, found.log.statistic, found.p_value) == approx((29, 1.35, 0.1869), abs=6e-3)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_geometric_ratio_is_the_t_test_of_the_logarithms(alternative):
    found = geometric_ratio(FIRST, SECOND, alternative=alternative)
    theirs = scipy_stats.ttest_ind(np.log(FIRST), np.log(SECOND), equal_var=False, alternative=alternative)
    limits = theirs.confidence_interval(0.95)
    assert (found.lower, found.upper) == approx((exp(limits.low), exp(limits.high)), rel=1e-9)
    assert found.p_value == approx(theirs.pvalue, rel=1e-9)
    assert found.estimate == approx(scipy_stats.gmean(FIRST) / scipy_stats.gmean(SECOND), rel=1e-12)
    pooled = geometric_ratio(FIRST, SECOND, equal_variances=True, alternative=alternative)
    theirs = scipy_stats.ttest_ind(np.log(FIRST), np.log(SECOND), alternative=alternative)
    assert pooled.p_value == approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # statpsych, ci.ratio.mean2(.05, y1, y2): what its formula gives in R 4.2; its documentation prints .9897482 and
        # 1.314425, which its code does not
        (mean_ratio(FIRST, SECOND), (1.14059197, 0.98372770, 1.32246965)),
        # statpsych documentation: ci.ratio.mean.ps(.05, y1, y2)
        (paired_mean_ratio(ONE, OTHER), (1.120213, 1.040747, 1.205745)),
        # statpsych documentation: ci.ratio.median2(.05, y1, y2)
        (median_ratio(FIRST, SECOND), (1.162162, 0.927667, 1.455933)),
        # statpsych documentation: ci.ratio.median.ps(.05, y1, y2)
        (paired_median_ratio(ONE, OTHER), (1.208253, 1.069251, 1.365326)),
    ],
)
def test_ratios_match_statpsych(found, expected):
    assert (found.estimate, found.lower, found.upper) == approx(expected, rel=1e-6)


# effectsize tests/testthat/test-rom.R: means_ratio(wt ~ am, mtcars) and of the sleep data, adjust = FALSE and TRUE
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (mean_ratio(AUTOMATIC, MANUAL, method="delta"), (1.564, 1.323, 1.848)),
        (mean_ratio(AUTOMATIC, MANUAL, method="adjusted"), (1.561023, 1.320838, 1.844883)),
        (paired_mean_ratio(*SLEEP, method="delta"), (0.75, 0.651, 0.865)),
        (paired_mean_ratio(*SLEEP, method="adjusted"), (0.752, 0.652, 0.867)),
    ],
)
def test_ratios_of_means_match_effectsize(found, expected):
    assert (found.estimate, found.lower, found.upper) == approx(expected, rel=1e-3)


# Second way: a limit is a ratio r at which the t test of mean - r * reference mean just rejects
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_fieller_limits_are_where_the_t_test_rejects(alternative):
    found = mean_ratio(FIRST, SECOND, method="fieller", equal_variances=True, alternative=alternative)
    df, n, m = 21, 10, 13
    pooled = (np.var(FIRST, ddof=1) * 9 + np.var(SECOND, ddof=1) * 12) / df
    t = scipy_stats.t.ppf(0.975 if alternative == "two-sided" else 0.95, df)
    for limit in (found.lower, found.upper):
        if 0 < limit < inf:
            distance = np.mean(FIRST) - limit * np.mean(SECOND)
            assert abs(distance) == approx(t * sqrt(pooled * (1 / n + limit**2 / m)), rel=1e-9)
    assert found.lower < found.estimate < found.upper
    assert (found.lower == 0, found.upper == inf) == (alternative == "less", alternative == "greater")


def test_fieller_has_no_interval_where_the_reference_mean_may_be_zero():
    wide = mean_ratio([5, 6, 7], [0.1, 9, 0.2, 8], method="fieller")
    assert (wide.lower, wide.reason) == (None, "undefined")
    assert mean_ratio([5, 6, 7], [8.8, 9, 9.2, 8.6], method="fieller").reason == ""


@given(positive, positive, st.sampled_from(["log", "delta", "fieller"]))
@settings(max_examples=40)
def test_ratios_do_not_depend_on_the_unit_and_turn_over_with_the_arms(x, y, method):
    found = mean_ratio(x, y, method=method)
    scaled = mean_ratio([4 * v for v in x], [4 * v for v in y], method=method)
    if found.reason:
        assert scaled.reason == found.reason
        return
    assert (scaled.lower, scaled.upper) == approx((found.lower, found.upper), rel=1e-9)
    turned = mean_ratio(y, x, method=method)
    if method != "fieller":
        assert (1 / turned.upper, 1 / turned.lower) == approx((found.lower, found.upper), rel=1e-9)


# Coverage of the log interval with lognormal values; 2000 samples give it a standard error of .005
def test_log_ratio_interval_covers_the_true_ratio():
    rng, covered = np.random.default_rng(20160301), 0
    for _ in range(2000):
        x, y = rng.normal(20, 4, 12), rng.normal(10, 3, 15)
        found = mean_ratio(*(Moments(len(v), v.mean(), v.std(ddof=1)) for v in (x, y)))
        covered += found.lower <= 2 <= found.upper
    assert covered / 2000 == approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (geometric_mean([]), "too-few"),
        (geometric_mean([2.0]), "too-few"),
        (geometric_mean([2.0, 0.0]), "undefined"),
        (geometric_mean([2.0, 2.0]), "no-variance"),
        (geometric_ratio([1.0, -2.0], [1.0, 2.0]), "undefined"),
        (geometric_ratio([1.0], [1.0, 2.0]), "too-few"),
        (geometric_ratio([], []), "too-few"),
        (paired_geometric_ratio([1.0, 2.0], [2.0, 4.0]), "no-variance"),
        (mean_ratio([], [1.0]), "too-few"),
        (mean_ratio([1.0], [1.0, 2.0]), "too-few"),
        (mean_ratio([-1.0, 0.5], [1.0, 2.0]), "undefined"),
        (mean_ratio([1.0, 1.0], [2.0, 2.0]), "no-variance"),
        (paired_mean_ratio([1.0, 2.0], [2.0, 4.0]), "no-variance"),
        (paired_mean_ratio([1.0], [2.0]), "too-few"),
        (median_ratio([1.0], [2.0, 3.0]), "too-few"),
        (median_ratio([1.0, 0.0], [2.0, 3.0]), "undefined"),
        (paired_median_ratio([1.0, 0.0], [2.0, 3.0]), "undefined"),
        (median_difference([], [1.0]), "too-few"),
        (median_difference([1.0, 1.0], [2.0, 2.0]), "no-variance"),
        (paired_median_difference([1.0], [2.0]), "too-few"),
    ],
)
def test_ratios_and_medians_without_enough_data_say_why(found, reason):
    assert (found.reason, found.lower, found.upper) == (reason, None, None)


# Case STATPSYCH-MEDIAN2
def test_difference_of_medians_matches_statpsych():
    case = cases()["STATPSYCH-MEDIAN2"]
    found = median_difference(case["inputs"]["y1"], case["inputs"]["y2"])
    assert found.estimate == case["expected"]["est"]
    assert found.se == approx(case["expected"]["se"], abs=1e-5)
    assert [found.lower, found.upper] == approx(case["expected"]["ci"], abs=1e-4)
    assert found.p_value == approx(2 * scipy_stats.norm.sf(abs(found.estimate / found.se)), rel=1e-9)


# statpsych documentation: ci.median.ps
def test_paired_difference_of_medians_matches_statpsych():
    x = [21.1, 4.9, 9.2, 12.4, 35.8, 18.1, 10.7, 22.9, 24.0, 1.2, 6.1, 8.3, 13.1, 16.2]
    y = [67.0, 28.1, 30.9, 28.6, 52.0, 40.8, 25.8, 37.4, 44.9, 10.3, 14.9, 20.2, 28.8, 40.6]
    found = paired_median_difference(x, y)
    assert (found.estimate, found.se) == approx((-17.1, 3.704248), abs=1e-6)
    assert (found.lower, found.upper) == approx((-24.36019, -9.839807), abs=1e-5)


# statpsych documentation: ci.median(.05, y), which takes the normal approximation for the place of the limits
def test_median_matches_statpsych():
    values = [25, 29, 35, 36, 36, 40, 41, 43, 44, 54]
    found = median(values, interval="normal")
    assert (found.estimate, found.lower, found.upper) == (38, 29, 44)
    assert found.se == approx(3.261774, abs=1e-6)
    assert (median(values).lower, median(values).upper) == (29, 44)


# Second way: the exact limits are the values that scipy's binomial test of the sign just does not reject
@given(st.integers(6, 60), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=40)
def test_exact_interval_of_a_median_reaches_its_level_and_no_narrower_one_does(n, level):
    found = median(range(n), level=level)
    widest = 1 - 2 * 0.5**n  # from the smallest value to the largest
    assert (found.reason != "") == (widest < level)
    if found.reason:
        assert (found.lower, found.upper) == (None, None)
        return
    place = int(found.lower)
    assert found.upper == n - 1 - place
    assert found.coverage == approx(1 - 2 * scipy_stats.binom.cdf(place, n, 0.5), rel=1e-9)
    narrower = 1 - 2 * scipy_stats.binom.cdf(place + 1, n, 0.5)
    assert found.coverage >= level - 1e-12
    assert narrower < level


def test_a_median_of_too_few_values_has_no_interval():
    assert (median([3, 1, 2]).estimate, median([3, 1, 2]).reason) == (2, "too-few")
    assert median(range(6)).coverage == approx(1 - 2 / 64)
    assert median([]).estimate is None
    with pytest.raises(InvalidInput, match="interval"):
        median([1, 2], interval="bootstrap")


def test_a_median_difference_of_shifted_samples_is_the_shift():
    x = np.array([3.1, 0.4, 8.8, 2.2, 5.0, 6.7])
    found = median_difference(x + 4, x)
    assert found.estimate == approx(4)
    assert (found.lower + found.upper) / 2 == approx(4)
    one_sided = median_difference(x + 4, x, alternative="greater")
    assert (one_sided.upper, one_sided.p_value) == (inf, approx(found.p_value / 2))


def test_ratios_refuse_a_null_or_method_that_cannot_be():
    for call in (
        lambda: geometric_mean([1.0, 2.0], null=0),
        lambda: mean_ratio([1.0, 2.0], [2.0, 3.0], method="bayes"),
        lambda: paired_mean_ratio([1.0, 2.0], [2.0, 3.0], method="fieller"),
        lambda: paired_mean_ratio([1.0, 2.0], [2.0]),
        lambda: geometric_ratio([1.0, 2.0], [2.0, 3.0], level=1.2),
    ):
        with pytest.raises(InvalidInput):
            call()


def test_limits_too_large_for_a_float_are_infinite():
    found = geometric_mean([1e-150, 1e150])
    assert (found.upper, found.lower) == (inf, approx(0.0, abs=1e-300))
    assert found.cv.upper == inf


# A ratio of geometric means on the log scale is the difference that `welch` gives
def test_the_log_scale_travels_with_a_ratio():
    found = geometric_ratio(FIRST, SECOND)
    assert found.log == welch(np.log(FIRST), np.log(SECOND))
    assert log(found.lower) == approx(found.log.lower)
