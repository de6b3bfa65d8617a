"""Several means. Every published value names the page that printed it; R values the call."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.means import Moments, contrast, one_way, pairwise, student, welch
from helpers.stats.means._studentised import range_cdf, range_quantile

FOUR = [Moments(10, m, s) for m, s in ((33.5, 3.84), (37.9, 3.84), (38.0, 3.65), (44.1, 4.98))]
GROUPS = [[3.1, 4.0, 5.2, 4.4, 3.9], [3.5, 4.1, 4.9, 3.2, 4.6, 5.0], [6.0, 7.5, 5.5, 9.0]]


# statpsych documentation: ci.lc.mean.bs(.05, m, sd, n, v), both examples
@pytest.mark.parametrize(
    ("samples", "weights", "equal", "expected"),
    [
        ([Moments(30, 24.9, 5.21), Moments(30, 23.1, 4.67), Moments(30, 16.4, 4.98)], (0.5, 0.5, -1), True,
         (7.6, 1.108703, 87, 5.396332, 9.803668)),
        ([Moments(30, 24.9, 5.21), Moments(30, 23.1, 4.67), Moments(30, 16.4, 4.98)], (0.5, 0.5, -1), False,
         (7.6, 1.111135, 57.59, 5.375484, 9.824516)),
        (FOUR, (0.5, 0.5, -0.5, -0.5), True, (-5.35, 1.300136, 36, -7.986797, -2.713203)),
        (FOUR, (0.5, 0.5, -0.5, -0.5), False, (-5.35, 1.300136, 33.52, -7.993583, -2.706417)),
    ],
)  # fmt: skip
def test_a_contrast_of_means_matches_statpsych(samples, weights, equal, expected):
    found = contrast(samples, weights, equal_variances=equal)
    assert (found.estimate, found.se, found.df, found.lower, found.upper) == approx(expected, rel=1e-4)
    assert (found.lower, found.upper) == approx(expected[3:], abs=2e-5)


# statpsych documentation: ci.lc.mean.scheffe(.05, m, sd, n, v)
def test_a_scheffe_contrast_matches_statpsych():
    samples = [Moments(10, m, s) for m, s in ((33.5, 3.49), (37.9, 3.84), (38.0, 3.65), (44.1, 4.98))]
    found = contrast(samples, (0.5, 0.5, -0.5, -0.5), equal_variances=True, scheffe=True)
    assert (found.se, found.statistic, found.p_value) == approx((1.275231, -4.1953, 0.00228), rel=2e-3)
    assert (found.lower, found.upper) == approx((-9.089451, -1.610549), abs=1e-6)


# statpsych documentation: ci.tukey(.05, m, sd, n), which is Games and Howell's
def test_games_howell_matches_statpsych():
    samples = [Moments(20, m, s) for m, s in ((12.86, 13.185), (17.57, 12.995), (26.29, 14.773), (30.21, 15.145))]
    found = pairwise(samples, equal_variances=False)
    expected = {
        (0, 1): (-4.71, 4.139530, 37.99, 0.66881, -15.83085, 6.4108517),
        (0, 2): (-13.43, 4.427673, 37.52, 0.02177, -25.33172, -1.5282764),
        (0, 3): (-17.35, 4.490074, 37.29, 0.00233, -29.42281, -5.2771918),
        (1, 2): (-8.72, 4.399497, 37.39, 0.21291, -20.54783, 3.1078269),
        (1, 3): (-12.64, 4.462292, 37.14, 0.03572, -24.64034, -0.6396589),
        (2, 3): (-3.92, 4.730817, 37.98, 0.84055, -16.62958, 8.7895768),
    }
    for pair, (estimate, se, df, p, lower, upper) in expected.items():
        c = found[pair]
        assert (c.estimate, c.se) == approx((estimate, se), rel=1e-6)
        assert (c.df, c.p_value) == approx((df, p), abs=6e-3)
        assert (c.lower, c.upper) == approx((lower, upper), abs=2e-4)


@given(st.integers(0, 1000))
@settings(max_examples=10)
def test_tukey_pairs_agree_with_scipy(seed):
    rng = np.random.default_rng(seed)
    samples = [rng.normal(i, 2, int(rng.integers(3, 9))) for i in range(3)]
    found, theirs = pairwise(samples), scipy_stats.tukey_hsd(*samples)
    limits = theirs.confidence_interval(0.95)
    for (i, j), pair in found.items():
        assert pair.p_value == approx(theirs.pvalue[i, j], rel=1e-5, abs=1e-9)
        assert (pair.lower, pair.upper) == approx((limits.low[i, j], limits.high[i, j]), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("adjust", ["bonferroni", "sidak", "scheffe", "tukey"])
def test_adjusted_intervals_are_wider_and_their_p_values_larger(adjust):
    plain, found = pairwise(GROUPS, adjust="none"), pairwise(GROUPS, adjust=adjust)
    for pair in plain:
        assert found[pair].p_value >= plain[pair].p_value
        assert found[pair].upper - found[pair].lower > plain[pair].upper - plain[pair].lower
        assert (found[pair].p_value < 0.05) == (found[pair].lower > 0 or found[pair].upper < 0)


def test_two_groups_need_no_adjustment():
    found = pairwise(GROUPS[:2])[0, 1]
    theirs = student(*GROUPS[:2])
    assert (found.p_value, found.lower, found.upper) == approx((theirs.p_value, theirs.lower, theirs.upper), rel=1e-9)
    other = contrast(GROUPS[:2], (1, -1))
    assert (other.df, other.lower) == approx((welch(*GROUPS[:2]).df, welch(*GROUPS[:2]).lower), rel=1e-9)


# Second way: scipy's f_oneway, and its Welch test
@pytest.mark.parametrize("equal", [True, False])
def test_the_test_of_equal_means_agrees_with_scipy(equal):
    found, theirs = one_way(GROUPS, equal_variances=equal), scipy_stats.f_oneway(*GROUPS, equal_var=equal)
    assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    two = one_way(GROUPS[:2], equal_variances=equal)
    t = (student if equal else welch)(*GROUPS[:2])
    assert (two.statistic, two.p_value, two.df_residual) == approx((t.statistic**2, t.p_value, t.df), rel=1e-9)


# R 4.2: ptukey(q, k, df); R itself is exact to eight digits there, and to four only in the far tail (k = 10, df = 3)
@pytest.mark.parametrize(
    ("means", "df", "q", "expected", "tol"),
    [
        (3, 2, 2, 0.523439431625854, 1e-8),
        (10, 2, 6, 0.762832711859302, 1e-8),
        (10, 3, 20, 0.994171821222108, 1e-4),
        (3, 5, 6, 0.981470798843537, 1e-7),
        (10, 5, 2, 0.119084358310224, 1e-8),
    ],
)
def test_the_studentised_range_matches_r_and_scipy(means, df, q, expected, tol):
    assert range_cdf(q, means, df) == approx(expected, abs=tol)
    assert range_cdf(q, means, df) == approx(scipy_stats.studentized_range.cdf(q, means, df), abs=1e-8)


def test_quantiles_of_the_studentised_range_match_r_and_turn_its_distribution_round():
    assert range_quantile(0.95, 3, 11) == approx(3.81958827, abs=1e-8)
    assert range_cdf(range_quantile(0.9, 7, 4.5), 7, 4.5) == approx(0.9, abs=1e-10)
    assert range_quantile(0.95, 2, 9) == approx(scipy_stats.studentized_range.ppf(0.95, 2, 9), rel=1e-6)


@pytest.mark.parametrize(
    ("samples", "equal", "reason"),
    [
        ([[1.0], [2.0]], True, "too-few"),
        ([[1.0], [2.0, 3.0]], False, "too-few"),
        ([[], [2.0, 3.0]], True, "too-few"),
        ([[1.0, 1.0], [2.0, 2.0]], True, "no-variance"),
        ([[1.0, 1.0], [2.0, 2.0]], False, "no-variance"),
    ],
)
def test_groups_without_enough_data_say_why(samples, equal, reason):
    assert one_way(samples, equal_variances=equal).reason == reason
    assert contrast(samples, (1, -1), equal_variances=equal).reason == reason
    assert pairwise(samples, equal_variances=equal)[0, 1].reason == reason


def test_a_group_without_a_weight_may_be_empty():
    found = contrast([GROUPS[0], [], GROUPS[1]], (1, 0, -1))
    assert found.estimate == approx(np.mean(GROUPS[0]) - np.mean(GROUPS[1]))


@pytest.mark.parametrize(
    "call",
    [
        lambda: one_way([[1.0, 2.0]]),
        lambda: contrast(GROUPS, (1, -1)),
        lambda: contrast(GROUPS, (0, 0, 0)),
        lambda: contrast(GROUPS, (1, 0, -1), scheffe=True),
        lambda: pairwise(GROUPS, adjust="holm"),
        lambda: pairwise(GROUPS, adjust="scheffe", equal_variances=False),
        lambda: contrast(GROUPS, (1, 0, -1), level=0),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
