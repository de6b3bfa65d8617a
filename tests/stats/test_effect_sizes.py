"""Effect sizes. Every published value names the page that printed it."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.effect_sizes import (
    bias_factor,
    cohens_d,
    cohens_h,
    common_language,
    from_d,
    glass_delta,
    hedges_g,
    noncentrality_limits,
    one_sample_d,
    paired_d,
    paired_difference,
    standardised_difference,
    standardised_difference_binary,
    standardised_difference_classes,
    standardised_mean,
)
from helpers.stats.means import Moments, welch
from tests.stats.reference import cases
from tests.stats.test_means_ratios import AUTOMATIC, MANUAL

samples = st.lists(st.floats(-50, 50).map(lambda v: round(v, 2)), min_size=3, max_size=12)


# Case STATPSYCH-STDMEAN2, and the other rows of the same example, ci.stdmean2(.05, 20.9, 19.1, 3.85, 3.19, 50, 50)
@pytest.mark.parametrize(
    ("standardiser", "expected"),
    [
        ("unweighted", (0.5091, 0.5052, 0.20539, 0.1066, 0.9117)),
        ("pooled", (0.5091, 0.5052, 0.20328, 0.1107, 0.9076)),
        ("arm", (0.4675, 0.4603, 0.19144, 0.0923, 0.8427)),
        ("reference", (0.5643, 0.5556, 0.23105, 0.1114, 1.0171)),
    ],
)
def test_standardised_difference_matches_statpsych(standardiser, expected):
    given = cases()["STATPSYCH-STDMEAN2"]["inputs"]
    arms = [Moments(given[f"n{i}"], given[f"m{i}"], given[f"sd{i}"]) for i in (1, 2)]
    found = standardised_difference(*arms, standardiser=standardiser)
    assert (found.estimate, found.adjusted, found.se, found.lower, found.upper) == approx(expected, abs=6e-5)


def test_standardised_difference_agrees_with_an_independent_implementation():
    computed = cases()["STATPSYCH-STDMEAN2"]["computed"]
    found = standardised_difference(Moments(50, 20.9, 3.85), Moments(50, 19.1, 3.19))
    assert (found.estimate, found.adjusted, found.se) == approx(
        (computed["est"], computed["adj_est"], computed["se"]), rel=1e-9
    )
    assert [found.lower, found.upper] == approx(computed["ci"], rel=1e-9)


# statpsych documentation: ci.stdmean.ps(.05, 602.4, 705.6, 33.17, 51.08, .769, 8)
@pytest.mark.parametrize(
    ("standardiser", "expected"),
    [
        ("unweighted", (-2.3963, -2.2185, 0.65209, -3.6744, -1.1182)),
        ("arm", (-3.1112, -2.7656, 0.91362, -4.9019, -1.3206)),
        ("reference", (-2.0204, -1.7959, 0.59328, -3.1832, -0.8576)),
    ],
)
def test_paired_standardised_difference_matches_statpsych(standardiser, expected):
    found = paired_difference(Moments(8, 602.4, 33.17), Moments(8, 705.6, 51.08), 0.769, standardiser=standardiser)
    assert (found.estimate, found.adjusted, found.se, found.lower, found.upper) == approx(expected, abs=6e-5)


# statpsych documentation: ci.stdmean(.05, 24.5, 3.65, 40, 20), which rounds the estimate before the limits
def test_standardised_mean_matches_statpsych():
    found = standardised_mean(Moments(40, 24.5, 3.65), null=20)
    assert (found.estimate, found.adjusted, found.se, found.lower, found.upper) == approx(
        (1.2329, 1.209, 0.21244, 0.8165, 1.6493), abs=9e-5
    )


# effectsize tests/testthat/test-cohens_d.R, mtcars weight by transmission; README of the cases, D14
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (cohens_d(AUTOMATIC, MANUAL), (1.8924, 1.0301, 2.7329)),
        (cohens_d(AUTOMATIC, MANUAL, equal_variances=False), (1.934, 1.075151, 2.772516)),
        (hedges_g(AUTOMATIC, MANUAL), (1.844, 1.004, 2.664)),
        (glass_delta(AUTOMATIC, MANUAL), (2.200, 1.008664, 3.352597)),
        (cohens_d(range(1, 10), [1, *range(1, 10)], null=3.125), (-0.969, -1.913, 0.0)),
    ],
)
def test_noncentral_intervals_match_effectsize(found, expected):
    assert (found.estimate, found.lower, found.upper) == approx(expected, rel=1e-3, abs=5e-4)


# pingouin tests/test_effsize.py, from R's effsize: cohen.d(a, b) and with hedges.correction, which is 1 - 3/(4N - 9)
def test_d_and_g_match_effsize():
    a, b = [3.2, 6.4, 1.8, 2.4, 5.8, 6.5], [2.4, 3.2, 3.2, 1.4, 2.8, 3.5]
    assert cohens_d(a, b).estimate == approx(1.002549, abs=6e-7)
    assert standardised_difference(a, b, standardiser="pooled").adjusted == approx(0.9254296, abs=6e-7)
    assert hedges_g(a, b).estimate == approx(cohens_d(a, b).adjusted)


# Second way: at the limits scipy's noncentral t puts the observed statistic at its quantiles
@given(st.floats(-8, 8), st.floats(2, 60), st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=40)
def test_noncentrality_limits_put_the_statistic_at_the_tails(t, df, level):
    lower, upper = noncentrality_limits(t, df, level=level)
    assert lower < upper
    assert scipy_stats.nct.sf(t, df, lower) == approx((1 - level) / 2, rel=1e-5)
    assert scipy_stats.nct.cdf(t, df, upper) == approx((1 - level) / 2, rel=1e-5)
    mirrored = noncentrality_limits(-t, df, level=level)
    assert (-mirrored[1], -mirrored[0]) == approx((lower, upper), rel=1e-9, abs=1e-9)


# Second way: of a statistic so large the noncentrality over it is that of a chi-square; the series would take minutes
@pytest.mark.parametrize(("t", "df"), [(1e8, 10), (1e5, 3), (-4e6, 2.5)])
def test_noncentrality_limits_of_a_huge_statistic(t, df):
    lower, upper = noncentrality_limits(t, df)
    ends = sorted(t * np.sqrt(scipy_stats.chi2.ppf([0.025, 0.975], df) / df))
    assert (lower, upper) == approx(tuple(ends), rel=1e-3)


# nctdtr of scipy 1.17 gives NaN for (df, noncentrality, t) = (24.66, -31.03, 36.1) and its like
def test_noncentrality_limits_exist_where_scipys_series_gives_up():
    rng = np.random.default_rng(1)
    for _ in range(200):
        t, df = float(rng.uniform(-80, 80)), float(np.exp(rng.uniform(0, 4)))
        lower, upper = noncentrality_limits(t, df, level=0.99)
        assert lower < t * bias_factor(df + 1) + 1e-6 or lower < upper
        assert np.isfinite([lower, upper]).all()


# A limit excludes zero exactly when the t test rejects
@given(samples, samples)
@settings(max_examples=25)
def test_the_interval_of_d_and_the_t_test_agree_on_zero(x, y):
    found, test = cohens_d(x, y, equal_variances=False), welch(x, y)
    if found.reason or test.reason or abs(test.p_value - 0.05) < 1e-6:
        return
    assert (found.lower > 0 or found.upper < 0) == (test.p_value < 0.05)


def test_one_sided_intervals_are_two_sided_ones_of_twice_the_error():
    two = cohens_d(AUTOMATIC, MANUAL, level=0.8)
    assert cohens_d(AUTOMATIC, MANUAL, level=0.9, alternative="greater").lower == approx(two.lower)
    less = cohens_d(AUTOMATIC, MANUAL, level=0.9, alternative="less")
    assert (less.lower, less.upper) == (-inf, approx(two.upper))


# The mean of d over 4000 samples of 6 is the true difference over the factor, with a standard error of .011
def test_the_bias_factor_removes_the_bias():
    rng = np.random.default_rng(20160301)
    x, y = rng.normal(0.8, 1, (4000, 6)), rng.normal(0, 1, (4000, 6))
    d = (x.mean(axis=1) - y.mean(axis=1)) / np.sqrt((x.var(axis=1, ddof=1) + y.var(axis=1, ddof=1)) / 2)
    assert d.mean() * bias_factor(10) == approx(0.8, abs=0.035)
    assert d.mean() > 0.84
    assert bias_factor(10) == approx(1 - 3 / 39, abs=2e-3)


# By hand: differences 1, 2, 4, 5 have mean 3 and SD sqrt(10/3)
def test_paired_d_by_hand():
    found = paired_d([2, 4, 7, 9], [1, 2, 3, 4])
    assert found.estimate == approx(3 / sqrt(10 / 3))
    assert found == one_sample_d([1, 2, 4, 5])
    lower, upper = noncentrality_limits(3 / sqrt(10 / 12), 3)
    assert (found.lower, found.upper) == approx((lower / 2, upper / 2))
    assert glass_delta([2, 4, 7, 9], [1, 2, 3, 4], corrected=True).estimate == approx(
        3 / np.std([1, 2, 3, 4], ddof=1) * bias_factor(3)
    )


# By hand, Yang and Dalton 2012: variances p(1 - p)
def test_standardised_difference_of_two_classes_by_hand():
    found = standardised_difference_binary(6, 10, 3, 12)
    assert found.estimate == approx(0.35 / sqrt((0.24 + 0.1875) / 2))
    assert found.se == approx(sqrt(22 / 120 + found.estimate**2 / 44))
    assert standardised_difference_classes([4, 6], [9, 3]) == found
    assert standardised_difference_classes([6, 4], [3, 9]).estimate == approx(-found.estimate)


# smd tests/testthat/test_smd.R: factor with one level in one arm gives sqrt(2)
def test_standardised_difference_matches_the_tests_of_smd():
    assert abs(standardised_difference_classes([8, 0], [4, 4]).estimate) == approx(sqrt(2))


# Second way: the quadratic form with the covariance matrix of all classes and its generalised inverse
@given(st.lists(st.integers(1, 12), min_size=3, max_size=5), st.lists(st.integers(1, 12), min_size=5, max_size=5))
@settings(max_examples=30)
def test_standardised_difference_of_classes_agrees_with_the_mahalanobis_distance(counts, others):
    others = others[: len(counts)]
    p, q = (np.array(c) / sum(c) for c in (counts, others))
    covariance = sum(np.diag(s) - np.outer(s, s) for s in (p, q)) / 2
    expected = sqrt((p - q) @ np.linalg.pinv(covariance, rcond=1e-10) @ (p - q))
    found = standardised_difference_classes(counts, others)
    assert found.estimate == approx(expected, rel=1e-6, abs=1e-7)
    order = np.argsort(others)
    turned = standardised_difference_classes([counts[i] for i in order], [others[i] for i in order])
    assert turned.estimate == approx(found.estimate, rel=1e-6, abs=1e-7)
    assert 0 <= found.lower <= found.estimate + 1e-9 <= found.upper + 1e-9


@pytest.mark.parametrize(
    ("counts", "others", "estimate", "reason"),
    [
        ([5], [7], 0.0, "no-variance"),
        ([5, 0], [7, 0], 0.0, "no-variance"),
        ([0, 5], [7, 0], None, "separated"),
        ([10, 0, 0], [0, 5, 5], None, "separated"),
        ([0, 0, 0], [1, 2, 3], None, "too-few"),
        ([2, 0, 3], [4, 0, 6], 0.0, ""),
    ],
)
def test_classes_without_overlap_or_units_say_so(counts, others, estimate, reason):
    found = standardised_difference_classes(counts, others)
    assert (found.estimate, found.reason) == (approx(estimate) if estimate is not None else None, reason)


def test_a_class_nobody_has_changes_nothing():
    plain = standardised_difference_classes([4, 3, 2], [1, 5, 6])
    assert standardised_difference_classes([4, 0, 3, 2], [1, 0, 5, 6]) == plain


# effectsize tests/testthat/test-common_language.R, from rpsychologist.com/cohend
def test_common_language_matches_effectsize():
    x, y = [1, 2, 3], [1, 1, 2, 3]
    for measure, expected in (("superiority", 0.5719), ("u3", 0.6012), ("overlap", 0.8979)):
        assert common_language(x, y, measure=measure).estimate == approx(expected, abs=1e-3)
    d = -2 * scipy_stats.norm.ppf(0.6)
    assert (from_d(d, "u2"), from_d(d, "u1")) == approx((0.6, 1 / 3))


# By definition: overlap is the integral of the smaller density
def test_overlap_is_the_integral_of_the_smaller_density():
    z = np.linspace(-12, 12, 200_001)
    smaller = np.minimum(scipy_stats.norm.pdf(z), scipy_stats.norm.pdf(z - 1.3))
    assert from_d(1.3, "overlap") == approx(np.trapezoid(smaller, z), abs=1e-8)
    assert from_d(1.3) == approx(scipy_stats.norm.cdf(1.3 / sqrt(2)))


@pytest.mark.parametrize("measure", ["superiority", "overlap", "u1", "u2", "u3"])
def test_common_language_intervals_hold_the_estimate(measure):
    for x, y in ((AUTOMATIC, MANUAL), ([1, 2, 3], [1, 1, 2, 3]), (MANUAL, AUTOMATIC)):
        found = common_language(x, y, measure=measure)
        assert 0 <= found.lower <= found.estimate <= found.upper <= 1
    unequal = common_language(AUTOMATIC, MANUAL, equal_variances=False)
    spread = sqrt(np.var(AUTOMATIC, ddof=1) + np.var(MANUAL, ddof=1))
    assert unequal.estimate == approx(scipy_stats.norm.cdf((np.mean(AUTOMATIC) - np.mean(MANUAL)) / spread))


# Cohen 1988, table 6.2.2: h of .60 against .40 is .402
def test_cohens_h_by_the_arcsine():
    found = cohens_h(60, 100, 40, 100)
    assert found.estimate == approx(0.4027, abs=6e-5)
    assert (found.upper - found.lower) / 2 == approx(1.959964 * sqrt(0.02), abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "estimate", "reason"),
    [
        ([], [1.0, 2.0], None, "too-few"),
        ([1.0], [1.0], None, "too-few"),
        ([1.0, 1.0], [1.0, 1.0], 0.0, "no-variance"),
        ([1.0, 1.0], [2.0, 2.0], None, "no-variance"),
    ],
)
def test_effect_sizes_without_enough_data_say_why(x, y, estimate, reason):
    for call in (standardised_difference, cohens_d, hedges_g, glass_delta, common_language):
        found = call(x, y)
        expected = 0.5 if call is common_language and estimate == 0 else estimate
        assert (found.estimate, found.lower, found.reason) == (expected, None, reason)


def test_one_value_in_an_arm_leaves_an_estimate_where_no_variance_of_it_is_needed():
    for found in (standardised_difference([3], [1, 2, 4], standardiser="reference"), glass_delta([3], [1, 2, 4])):
        assert found.estimate == approx((3 - 7 / 3) / np.std([1, 2, 4], ddof=1))
        assert (found.lower, found.reason) == (None, "too-few")
    assert standardised_difference([3], [1, 2, 4]).estimate is None
    assert standardised_mean([1.0]).reason == one_sample_d([1.0]).reason == "too-few"
    assert paired_difference(Moments(1, 1, 0), Moments(1, 2, 0), 0.0).reason == "too-few"


@pytest.mark.parametrize(
    "call",
    [
        lambda: standardised_difference([1, 2], [2, 3], standardiser="control"),
        lambda: cohens_d([1, 2], [2, 3], level=2),
        lambda: from_d(0.5, "u4"),
        lambda: standardised_difference_classes([1, 2], [1]),
        lambda: standardised_difference_classes([1, -2], [1, 1]),
        lambda: standardised_difference_classes([], []),
        lambda: standardised_difference_binary(3, 2, 1, 2),
        lambda: cohens_h(1, 0, 1, 2),
        lambda: paired_d([1, 2], [1]),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
