"""Summaries and the spread of values. Every published value names the page or the call that printed it."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.spread import coefficient_of_variation, lognormal_cv, sd_interval, sd_ratio
from helpers.stats.summary import Moments, kurtosis, moments, skewness, summarise
from tests.stats.test_means import SCORES

values = st.lists(st.floats(-100, 100).map(lambda v: round(v, 2)), min_size=5, max_size=30)


# By hand: 1 2 4 9 has mean 4, SD sqrt(38/3); quartiles by linear interpolation 1.75, 3, 5.25
def test_summary_of_four_values_by_hand():
    found = summarise([9.0, 1.0, np.nan, 4.0, 2.0])
    assert (found.n, found.mean, found.sd) == (4, 4.0, approx((38 / 3) ** 0.5))
    assert (found.q1, found.median, found.q3) == (1.75, 3.0, 5.25)
    assert (found.minimum, found.maximum, found.se) == (1.0, 9.0, approx((38 / 12) ** 0.5))
    assert summarise([]).mean is None
    assert summarise([5.0]).sd is summarise([5.0]).se is None


# By hand, Hyndman and Fan: 1 2 4 9 under SAS's default (type 2) and SPSS's (type 6)
def test_quartiles_of_other_types_by_hand():
    for kind, quartiles in ((2, (1.5, 6.5)), (6, (1.25, 7.75))):
        found = summarise([1, 2, 4, 9], quantile_type=kind)
        assert (found.q1, found.q3, found.median) == (*quartiles, 3.0)
    with pytest.raises(InvalidInput, match="quantile_type"):
        summarise([1, 2], quantile_type=10)


# Second way: scipy.stats.skew and kurtosis, without and with their correction for bias
@given(values)
@settings(max_examples=25)
def test_shape_agrees_with_scipy(given_values):
    if np.ptp(given_values) < 1e-6:
        assert skewness(given_values) is kurtosis(given_values) is None
        return
    for kind, bias in ((1, True), (2, False)):
        assert skewness(given_values, kind=kind) == approx(
            scipy_stats.skew(given_values, bias=bias), rel=1e-6, abs=1e-9
        )
        theirs = scipy_stats.kurtosis(given_values, bias=bias)
        assert kurtosis(given_values, kind=kind) == approx(theirs, rel=1e-6, abs=1e-9)


# Joanes and Gill 1998: b1 is the third moment over the cubed sample SD
def test_the_third_kind_of_shape_by_its_definition():
    x = np.array([1.0, 2.0, 4.0, 9.0, 3.0])
    s, c = x.std(ddof=1), x - x.mean()
    assert skewness(x, kind=3) == approx((c**3).mean() / s**3)
    assert kurtosis(x, kind=3) == approx((c**4).mean() / s**4 - 3)
    assert skewness([1, 2]) is kurtosis([1, 2, 3]) is None
    with pytest.raises(InvalidInput, match="kind"):
        skewness(x, kind=4)


def test_moments_of_one_value_and_of_none():
    assert moments([]) is None
    assert moments([3.0]) == Moments(1, 3.0, 0.0)
    assert moments([0.1 + 0.2, 0.3]).sd == 0.0
    assert moments(Moments(2, 1.0, 0.5)) == Moments(2, 1.0, 0.5)


# statpsych documentation: ci.sd(.05, 4.65, 50); procs::proc_ttest of CAMIS R/ttest_1Sample.qmd
def test_interval_of_a_standard_deviation_matches_statpsych_and_sas():
    found = sd_interval(Moments(50, 0.0, 4.65))
    assert (found.lower, found.upper) == approx((3.884303, 5.79452), abs=1e-6)
    scores = sd_interval(SCORES)
    assert (scores.estimate, scores.lower, scores.upper) == approx((11.66038, 9.286404, 15.67522), abs=6e-6)


# statpsych documentation: ci.cv(.05, 24.5, 3.65, 40)
def test_coefficient_of_variation_matches_statpsych():
    found = coefficient_of_variation(Moments(40, 24.5, 3.65), method="bonett")
    assert (found.estimate, found.lower, found.upper) == approx((0.1489796, 0.1214381, 0.1926778), abs=1e-7)


# Second way: the limits of Vangel and McKay written out with scipy's chi-square
@pytest.mark.parametrize(("method", "extra"), [("vangel", 2), ("mckay", 0)])
def test_coefficient_of_variation_agrees_with_its_formula(method, extra):
    n, k = 40, 3.65 / 24.5
    found = coefficient_of_variation(Moments(n, 24.5, 3.65), method=method)
    u = scipy_stats.chi2.ppf([0.975, 0.025], n - 1)
    expected = k / np.sqrt(((u + extra) / n - 1) * k**2 + u / (n - 1))
    assert (found.lower, found.upper) == approx(tuple(expected), rel=1e-9)


# Coverage: 2000 normal samples of 12 with a true coefficient of 0.25 give it a standard error of .005
@pytest.mark.parametrize("method", ["vangel", "mckay"])
def test_coefficient_of_variation_covers_the_true_one(method):
    rng, covered = np.random.default_rng(20160301), 0
    for _ in range(2000):
        x = rng.normal(4, 1, 12)
        found = coefficient_of_variation(Moments(12, x.mean(), x.std(ddof=1)), method=method)
        covered += found.lower <= 0.25 <= found.upper
    assert covered / 2000 == approx(0.95, abs=0.015)


# statpsych documentation: ci.ratio.sd2(.05, y1, y2), there after ten iterations
def test_ratio_of_standard_deviations_matches_statpsych():
    x, y = [32, 39, 26, 35, 43, 27, 40, 37, 34, 29], [36, 44, 47, 42, 49, 39, 46, 31, 33, 48]
    found = sd_ratio(x, y)
    assert (found.estimate, found.lower, found.upper) == approx((0.8854257, 0.486279, 1.728396), rel=1e-5)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (sd_interval([1.0]), "too-few"),
        (sd_interval([1.0, 1.0]), "no-variance"),
        (coefficient_of_variation([1.0]), "too-few"),
        (coefficient_of_variation([1.0, -1.0]), "undefined"),
        (coefficient_of_variation([2.0, 2.0]), "no-variance"),
        (lognormal_cv(Moments(3, 1.0, 0.0)), "no-variance"),
        (sd_ratio([1, 2, 3, 4], [1, 2, 3, 4, 5]), "too-few"),
        (sd_ratio([1] * 6, [1, 2, 3, 4, 5]), "no-variance"),
    ],
)
def test_spread_without_enough_data_says_why(found, reason):
    assert (found.reason, found.lower, found.upper) == (reason, None, None)


def test_a_coefficient_whose_mean_may_be_zero_has_no_upper_limit():
    for method in ("vangel", "bonett", "mckay"):
        assert coefficient_of_variation(Moments(5, 1.0, 2.0), method=method).upper == inf
    assert lognormal_cv(Moments(9, 1.0, 0.5)).estimate == approx(sqrt(np.exp(0.25) - 1))


# Plain numbers travel into records and files; numpy's own would not
def test_results_hold_plain_numbers():
    import dataclasses

    from helpers.stats import agreement, correlation, effect_sizes, means

    rng = np.random.default_rng(1)
    x, y = rng.normal(5, 1, (2, 12))
    cluster = np.repeat(range(6), 2)

    def leaves(value):
        if dataclasses.is_dataclass(value):
            for item in dataclasses.fields(value):
                yield from leaves(getattr(value, item.name))
        elif value is not None:
            yield type(value)

    for found in (
        means.mean_t(x), means.welch(x, y), means.student(x, y), means.paired(x, y), means.geometric_mean(x),
        means.mean_ratio(x, y), means.median(x), means.median_difference(x, y), means.one_way([x, y]),
        means.equivalence(means.welch(x, y), low=-1, high=1), effect_sizes.standardised_difference(x, y),
        effect_sizes.hedges_g(x, y), effect_sizes.standardised_difference_classes([3, 4, 5], [4, 4, 4]),
        correlation.pearson(x, y), correlation.spearman(x, y), correlation.kendall(x, y),
        correlation.repeated_measures(cluster, x, y), correlation.bootstrap_correlation(x, y, seed=1, resamples=99),
        agreement.icc(np.column_stack([x, y])), agreement.limits_of_agreement(x, y), agreement.concordance(x, y),
        agreement.repeated_limits(x, y, cluster), agreement.measurement_error(np.column_stack([x, y])),
        agreement.icc_clustered(np.column_stack([x, y]), cluster, seed=1, resamples=99),
        agreement.kappa([[4, 1], [2, 5]]),
        sd_interval(x), coefficient_of_variation(x), summarise(x),
    ):  # fmt: skip
        assert set(leaves(found)) <= {int, float, str}


def test_a_coefficient_too_large_for_its_approximation_has_no_limits():
    assert coefficient_of_variation([1.0, -0.95]).reason == "undefined"
