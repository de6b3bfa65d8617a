"""Pooled tests of several parameters, pooled proportions and correlations, and inference from resampling."""

from math import atanh, inf, sqrt, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats
from scipy.stats import norm

from helpers.errors import InvalidInput
from helpers.stats import proportions
from helpers.stats.missing import binary, multivariate, resampling
from helpers.stats.missing.pooling import rubin


def vectors(m=7, k=3, seed=2):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(m, k, k))
    return rng.normal(0.6, 0.4, size=(m, k)), root @ np.swapaxes(root, 1, 2) / k + 0.5 * np.eye(k)


def test_the_pooled_wald_test_agrees_with_li_raghunathan_and_rubin():
    q, u = vectors()
    m, k = q.shape
    u_bar, b = u.mean(axis=0), np.cov(q.T)
    r = (1 + 1 / m) * np.trace(b @ np.linalg.inv(u_bar)) / k
    d1 = q.mean(axis=0) @ np.linalg.inv(u_bar) @ q.mean(axis=0) / (k * (1 + r))
    t = k * (m - 1)
    w = 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    found = multivariate.wald(q, u)
    assert (found.statistic, found.df, found.df_denominator, found.riv) == approx((d1, k, w, r), rel=1e-10)
    assert found.p_value == approx(stats.f.sf(d1, k, w), rel=1e-9)


# Computed with the function .D1 of R mitml 0.4-5 (testModels with method "D1"), without and with df.com = 40
def test_the_pooled_wald_test_matches_r_mitml():
    q = np.array([[0.31, 0.52, 0.11, 0.43, 0.27, 0.66], [-0.2, 0.05, -0.31, -0.12, 0.08, -0.16]]).T
    se = np.array([[0.21, 0.25, 0.19, 0.3, 0.22, 0.27], [0.15, 0.18, 0.2, 0.17, 0.16, 0.19]]).T
    u = se[:, :, None] * se[:, None, :] * np.array([[1, 0.3], [0.3, 1]])
    large, small = multivariate.wald(q, u), multivariate.wald(q, u, complete_df=40)
    assert (large.statistic, large.riv) == approx((1.0580271887593, 0.7933272773411), rel=1e-11)
    assert (large.df_denominator, small.df_denominator) == approx((28.2022898952141, 12.2739543992214), rel=1e-11)
    assert multivariate.chi_square([5.2, 7.9, 4.4, 6.1, 9.3], 2).df_denominator == approx(113.0962284660968, rel=1e-11)


def test_the_pooled_wald_test_of_one_parameter_squares_the_scalar_one():
    q, se = [0.31, 0.52, 0.11, 0.43, 0.27, 0.66], np.array([0.21, 0.25, 0.19, 0.3, 0.22, 0.27])
    scalar = rubin(q, se)
    found = multivariate.wald(np.array(q)[:, None], (se**2)[:, None, None])
    assert found.statistic == approx((scalar.estimate / scalar.se) ** 2, rel=1e-12)
    assert found.riv == approx(scalar.riv, rel=1e-12)


# R mice, reference page of D1: lm(bmi ~ age + hyp + chl) against lm(bmi ~ age + hyp), nhanes2, m = 5, dfcom 20
def test_the_small_sample_denominator_matches_mice():
    assert multivariate._denominator(5, 1, 0.671799, 20) == 4.0
    assert stats.f.sf(5.28351, 1, 4.0) == approx(0.08306791, abs=5e-7)


def test_reiters_denominator_grows_to_the_large_sample_one_and_to_the_complete_data_one():
    assert multivariate._denominator(50, 3, 0.4, 1e9) == approx(multivariate._denominator(50, 3, 0.4, inf), rel=0.03)
    full = (40 + 1) / (40 + 3) * 40
    assert multivariate._denominator(50, 3, 0.0, 40) == approx(full, rel=1e-12)
    small = [multivariate._denominator(20, 2, 0.3, v) for v in (15, 30, 60, 120)]
    assert small == sorted(small)
    assert small[0] < 15


def test_pooled_chi_squared_statistics_agree_with_li_meng_raghunathan_and_rubin():
    d, k = np.array([5.2, 7.9, 4.4, 6.1, 9.3]), 2
    r = (1 + 1 / 5) * np.var(np.sqrt(d), ddof=1)
    d2 = (d.mean() / k - (5 + 1) / (5 - 1) * r) / (1 + r)
    v = k ** (-3 / 5) * 4 * (1 + 1 / r) ** 2
    found = multivariate.chi_square(d, k)
    assert (found.statistic, found.df_denominator) == approx((d2, v), rel=1e-12)
    assert found.p_value == approx(stats.f.sf(d2, k, v), rel=1e-10)


# R mice, reference pages of D2: statistic, denominator and relative increase in variance hang together as printed
@pytest.mark.parametrize(("r", "k", "m", "df2"), [(1.408231, 1, 5, 11.69791), (0.09706164, 4, 5, 222.4287)])
def test_the_denominator_of_pooled_chi_squared_statistics_matches_mice(r, k, m, df2):
    # statistics whose square roots have the variance that gives this r
    spread = sqrt(r / (1 + 1 / m))
    root = 5 + spread * (np.arange(m) - (m - 1) / 2) / np.std(np.arange(m), ddof=1)
    found = multivariate.chi_square(root**2, k)
    assert found.riv == approx(r, rel=1e-9)
    assert found.df_denominator == approx(df2, rel=2e-6)


def test_pooled_likelihood_ratios_agree_with_meng_and_rubin():
    own, at_mean, k = [8.1, 9.7, 7.2, 8.8], [7.4, 9.0, 6.9, 8.0], 3
    r = (4 + 1) / (k * 3) * (np.mean(own) - np.mean(at_mean))
    d3 = np.mean(at_mean) / (k * (1 + r))
    t = k * 3
    w = 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    found = multivariate.likelihood_ratio(own, at_mean, k)
    assert (found.statistic, found.df_denominator, found.riv) == approx((d3, w, r), rel=1e-12)


def test_equal_data_sets_give_the_tests_of_one_data_set():
    q, u = np.tile([0.5, -0.2], (4, 1)), np.tile(np.diag([0.04, 0.09]), (4, 1, 1))
    wald = 0.25 / 0.04 + 0.04 / 0.09
    for found in (
        multivariate.wald(q, u),
        multivariate.chi_square([wald] * 4, 2),
        multivariate.likelihood_ratio([wald] * 4, [wald] * 4, 2),
    ):
        assert (found.riv, found.df_denominator) == (approx(0, abs=1e-15), inf)
        assert found.p_value == approx(stats.chi2.sf(wald, 2), rel=1e-9)


def test_tests_of_several_parameters_say_why_they_fail_and_refuse_nonsense():
    assert multivariate.wald([[1.0, 2.0]] * 3, [[[1.0, 1.0], [1.0, 1.0]]] * 3).reason == "singular"
    assert multivariate.chi_square([3.0], 2).reason == "too-few"
    assert multivariate.likelihood_ratio([3.0], [2.0], 2).reason == "too-few"
    assert multivariate.chi_square([0.1, 9.0, 0.2], 1).p_value == 1.0
    for call in (
        lambda: multivariate.wald([[1.0]], [[[1.0]]]),
        lambda: multivariate.wald([[1.0], [2.0]], [[[1.0]]]),
        lambda: multivariate.wald([[1.0], [2.0]], [[[1.0]]] * 2, null=[0.0, 0.0]),
        lambda: multivariate.chi_square([-1.0, 2.0], 1),
        lambda: multivariate.chi_square([1.0, 2.0], 0),
        lambda: multivariate.likelihood_ratio([1.0, 2.0], [1.0], 1),
    ):
        with pytest.raises(InvalidInput):
            call()


# R MIWilson 1.0, README: mi_wilson_phat and mi_wald_phat, which take the quantile of one side for that of two
def test_pooled_wilson_interval_matches_r_miwilson():
    shares = [0.2, 0.23, 0.22]
    found = binary.wilson(shares, 200, level=0.90)
    assert (found.lower, found.upper) == approx((0.1645113, 0.2798191), abs=5e-8)
    se = [sqrt(p * (1 - p) / 200) for p in shares]
    wald = rubin(shares, se, level=0.90)
    assert (wald.riv, wald.df) == approx((0.366948430640194, 27.7539107780612), rel=1e-12)
    assert (wald.lower, wald.upper) == approx((0.1587370, 0.2745963), abs=5e-8)


@given(st.integers(0, 40), st.integers(0, 30))
@settings(max_examples=30)
def test_without_missing_values_the_pooled_intervals_are_the_plain_ones(x, y):
    plain = proportions.wilson(x, 40)
    found = binary.wilson([x / 40] * 3, 40)
    assert (found.lower, found.upper) == approx((plain.lower, plain.upper), abs=1e-12)
    for method, reference in (
        ("miettinen-nurminen", proportions.risk_difference(x, 40, y, 30)),
        ("mee", proportions.risk_difference(x, 40, y, 30, bias_correction=False)),
        ("newcombe", proportions.newcombe_difference(x, 40, y, 30)),
    ):
        ci = binary.risk_difference([x / 40] * 3, 40, [y / 30] * 3, 30, method=method)
        assert (ci.lower, ci.upper) == approx((reference.lower, reference.upper), abs=1e-9)


@given(st.lists(st.integers(0, 16), min_size=3, max_size=8), st.lists(st.integers(0, 15), min_size=8, max_size=8))
@settings(max_examples=40)
def test_pooled_limits_solve_the_score_equation_and_mirror(x, y):
    p, q = np.array(x) / 16, np.array(y[: len(x)]) / 15
    m = len(x)
    found = binary.wilson(p, 16)
    b, u = np.var(p, ddof=1), np.mean(p * (1 - p) / 16)
    if u > 0 and b > 0:
        r = (1 + 1 / m) * b / u
        t = stats.t.ppf(0.975, (m - 1) * (1 + 1 / r) ** 2)
        for limit in (found.lower, found.upper):
            if 0 < limit < 1:
                assert (p.mean() - limit) ** 2 == approx(t * t * limit * (1 - limit) / 16 * (1 + r), rel=1e-6)
    for method in ("miettinen-nurminen", "newcombe"):
        one = binary.risk_difference(p, 16, q, 15, method=method)
        other = binary.risk_difference(q, 15, p, 16, method=method)
        assert -1 <= one.lower <= one.estimate <= one.upper <= 1
        assert (-other.upper, -other.lower) == approx((one.lower, one.upper), abs=1e-9)


def test_the_p_value_of_a_pooled_difference_agrees_with_its_interval():
    p, q = [0.625, 0.6875, 0.625, 0.75], [1 / 3, 0.4, 1 / 3, 1 / 3]
    found = binary.risk_difference(p, 16, q, 15)
    touching = binary.risk_difference(p, 16, q, 15, level=1 - found.p_value)
    assert touching.lower == approx(0, abs=1e-7)
    assert found.riv > 0


# SAS/STAT MIANALYZE, combining correlation coefficients: Fisher's z of five imputations of 31 men
def test_pooled_correlation_is_rubins_rule_on_fishers_z():
    z = [-1.27869, -1.30715, -1.27922, -1.39243, -1.40146]
    by_hand = rubin(z, [1 / sqrt(28)] * 5)
    found = binary.correlation(np.tanh(z), 31)
    assert found.estimate == approx(tanh(np.mean(z)), rel=1e-9)
    assert (found.lower, found.upper) == approx((tanh(by_hand.lower), tanh(by_hand.upper)), rel=1e-9)
    assert found.p_value == approx(by_hand.p_value, rel=1e-6)
    wide = binary.correlation(np.tanh(z), 31, variance="bonett-wright")
    assert wide.se > found.se
    assert atanh(found.upper) > found.se + atanh(found.estimate)


def test_pooled_proportions_say_why_they_fail_and_refuse_nonsense():
    assert binary.wilson([0.5], 10).reason == "too-few"
    assert binary.risk_difference([0.5], 10, [0.5], 10).reason == "too-few"
    assert binary.correlation([1.0, 0.9], 10).reason == "undefined"
    free = binary.risk_difference([0.0, 1.0], 10, [0.0, 0.0], 10)
    assert (free.lower, free.upper) == (-1.0, 1.0)
    for call in (
        lambda: binary.wilson([0.5, 1.5], 10),
        lambda: binary.wilson([0.5, 0.6], 0),
        lambda: binary.risk_difference([0.5, 0.6], 10, [0.5], 10),
        lambda: binary.risk_difference([0.5, 0.6], 10, [0.5, 0.5], 10, method="wald"),
        lambda: binary.correlation([0.5, 0.6], 3),
        lambda: binary.correlation([0.5, 1.6], 30),
    ):
        with pytest.raises(InvalidInput):
            call()


# R rbmi, tests/testthat/test-pool.R: "Can recover known jackknife"; rbmi calls the interval (-Inf, upper) "greater"
def test_jackknife_matches_the_tests_of_rbmi():
    left_out = [3, 4, 5, 3, 3, 9]
    se = sqrt(sum((x - 4.5) ** 2 for x in left_out) * 5 / 6)
    found = resampling.jackknife(7, left_out, level=0.90)
    assert found.se == approx(se, rel=1e-12)
    assert (found.lower, found.upper) == approx((7 - norm.ppf(0.95) * se, 7 + norm.ppf(0.95) * se), rel=1e-12)
    assert found.p_value == approx(2 * norm.sf(7 / se), rel=1e-12)
    less = resampling.jackknife(7, left_out, level=0.90, alternative="less")
    assert (less.lower, less.upper, less.p_value) == (-inf, approx(7 + norm.ppf(0.9) * se), approx(norm.cdf(7 / se)))


# The jackknife of a mean is its standard error
@given(st.lists(st.floats(-9, 9), min_size=3, max_size=20).filter(lambda x: np.ptp(x) > 1e-3))
@settings(max_examples=30)
def test_jackknife_of_a_mean_is_the_standard_error_of_the_mean(values):
    x = np.array(values)
    found = resampling.jackknife(x.mean(), [np.delete(x, i).mean() for i in range(x.size)])
    assert found.se == approx(x.std(ddof=1) / sqrt(x.size), rel=1e-6)


# R rbmi, tests/testthat/test-pool.R: pval_percentile and bootstrap percentiles
def test_bootstrap_percentiles_match_the_tests_of_rbmi():
    repeats = [-1, -2, 3, 2, 1, -4, 3, 2]
    found = resampling.bootstrap(1, repeats, level=0.80)
    assert (found.lower, found.upper) == approx(np.quantile(repeats, [0.1, 0.9], method="weibull"))
    balanced = resampling.bootstrap(1, [-1, -2, 3, 2, 1, -4, -3, 2], level=0.80)
    assert balanced.p_value == 1.0
    assert resampling._tails(np.array([0.0, 1, 1, 1]), 0.0) == approx((0.2, 0.8))
    assert resampling._tails(np.array([0.0, -1, -1, -1]), 0.0) == approx((0.8, 0.2))
    assert resampling._tails(np.zeros(4), 0.0) == (1.0, 1.0)
    assert resampling._tails(np.ones(4), 0.0) == (0.0, 1.0)
    assert resampling._tails(-np.ones(4), 0.0) == (1.0, 0.0)


def test_bootstrap_p_value_is_where_the_interval_reaches_the_null():
    repeats = np.random.default_rng(4).normal(1.0, 0.8, 399)
    found = resampling.bootstrap(1.0, repeats)
    assert resampling.bootstrap(1.0, repeats, level=1 - found.p_value).lower == approx(0, abs=1e-9)


# R rbmi, tests/testthat/test-pool.R: "Can recover known values using bootstrap Normal"
def test_normal_bootstrap_matches_the_tests_of_rbmi():
    repeats = [-1, -2, 3, 2, 1, -4, 3, 2]
    se = np.std(repeats, ddof=1)
    found = resampling.bootstrap(1, repeats, interval="normal", level=0.92)
    assert (found.lower, found.upper) == approx((1 - norm.ppf(0.96) * se, 1 + norm.ppf(0.96) * se))
    assert found.p_value == approx(2 * norm.sf(1 / se))


# R rbmi, tests/testthat/test-pool.R, local_bmlmi: the formulas of von Hippel and Bartlett in another arrangement
def test_bootstrapped_imputation_agrees_with_von_hippel_and_bartlett():
    x = np.random.default_rng(3713).normal(10, 2, size=(25, 4))
    x += np.random.default_rng(1).normal(0, 3, size=(25, 1))
    b, d = x.shape
    msw = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum() / (b * d - b)
    msb = d * ((x.mean(axis=1) - x.mean()) ** 2).sum() / (b - 1)
    variance = (msb * (1 + 1 / b) - msw) / d
    df = (msb * (b + 1) - msw * b) ** 2 / (msb**2 * (b + 1) ** 2 / (b - 1) + msw**2 * b / (d - 1))
    found = resampling.bootstrapped_imputation(x)
    assert (found.estimate, found.se**2, found.df) == approx((x.mean(), variance, max(3, df)), rel=1e-10)


def test_resampling_says_why_it_fails_and_refuses_nonsense():
    assert resampling.jackknife(1.0, [1.0]).reason == "too-few"
    assert resampling.jackknife(1.0, [1.0, 1.0]).reason == "no-variance"
    assert resampling.bootstrap(1.0, [1.0, None]).reason == "undefined"
    assert resampling.bootstrapped_imputation(np.zeros((3, 2))).reason == "no-variance"
    assert resampling.bootstrapped_imputation([[0.0, 9.0], [9.0, 0.0]]).reason == "undefined"
    with pytest.raises(InvalidInput):
        resampling.bootstrap(1.0, [1.0, 2.0], interval="bca")
    with pytest.raises(InvalidInput):
        resampling.bootstrapped_imputation([[1.0, 2.0]])
