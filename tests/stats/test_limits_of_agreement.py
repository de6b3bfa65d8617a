"""Limits of agreement and measurement error. Every published value names the paper or the page that printed it."""

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.agreement import (
    detectable_change,
    limits_of_agreement,
    measurement_error,
    repeated_limits,
    replicate_limits,
    within_subject_cv,
)
from helpers.stats.agreement._tolerance import two_sided_factor

# Bland and Altman 1986, table 1: peak expiratory flow rate in L/min, large and mini Wright meter, two readings each
WRIGHT_FIRST = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
WRIGHT_SECOND = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]
MINI_FIRST = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
MINI_SECOND = [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443]

# Giavarina 2015, table 1
GIAVARINA = (
    [1, 5, 10, 20, 50, 40, 50, 60, 70, 80, 90, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750,
     800, 850, 900, 950, 1000],
    [8, 16, 30, 24, 39, 54, 40, 68, 72, 62, 122, 80, 181, 259, 275, 380, 320, 434, 479, 587, 626, 648, 738, 766, 793,
     851, 871, 957, 1001, 960],
)  # fmt: skip

# Zou 2013, from Bland and Altman 1999: plasma volume, four subjects; None is missing
SUBJECT = [1] * 5 + [2] * 4 + [3] * 6 + [4] * 5
X = [7.83, 7.42, 7.89, 7.12, 7.88, 6.16, 7.26, 6.71, 6.54, 4.75, 5.24, 4.86, 4.78, 6.05, 5.42, 4.21, 3.61, 3.72, 3.87,
     3.92]  # fmt: skip
Y = [6.57, 5.62, 6.9, 6.57, None, 4.06, 4.29, 4.26, None, 4.71, 5.5, 5.08, 5.02, 6.01, 5.67, 4.14, 4.2, 4.61, 4.68,
     5.04]  # fmt: skip
TWO_SDS = 2 * scipy_stats.norm.cdf(2) - 1


# Bland and Altman 1986, pages 308-309: bias -2.1, SD 38.8, limits -79.7 and 75.5 (two SDs), with their intervals
def test_limits_of_agreement_match_bland_and_altman():
    found = limits_of_agreement(WRIGHT_FIRST, MINI_FIRST, coverage=TWO_SDS, interval="bland-altman-1986")
    assert (found.bias.estimate, found.sd, found.bias.se) == approx((-2.1, 38.8, 9.4), abs=0.05)
    assert (found.bias.lower, found.bias.upper) == approx((-22.0, 17.8), abs=0.06)
    assert (found.lower.estimate, found.upper.estimate) == approx((-79.7, 75.5), abs=0.1)
    assert (found.lower.lower, found.lower.upper) == approx((-114.3, -45.1), abs=0.2)
    assert (found.upper.lower, found.upper.upper) == approx((40.9, 110.1), abs=0.2)


# Bland and Altman 1986, page 310: coefficients of repeatability 43.2 and 56.4 L/min, twice the rounded 21.6 and 28.2
def test_repeatability_matches_bland_and_altman():
    for first, second, expected in ((WRIGHT_FIRST, WRIGHT_SECOND, 43.2), (MINI_FIRST, MINI_SECOND, 56.4)):
        found = measurement_error(np.column_stack([first, second]), kind="within", coverage=TWO_SDS)
        assert found.repeatability.estimate == approx(expected, abs=0.1)


# Giavarina 2015, Biochem Med 25:141-151: bias -27.17 (-40.16, -14.17), SD 34.81, limits -95.39 and 41.05
def test_limits_of_agreement_match_giavarina():
    found = limits_of_agreement(*GIAVARINA)
    assert (found.bias.estimate, found.sd, found.bias.se) == approx((-27.17, 34.81, 6.35), abs=0.006)
    assert (found.bias.lower, found.bias.upper) == approx((-40.16, -14.17), abs=0.006)
    assert (found.lower.estimate, found.upper.estimate) == approx((-95.39, 41.05), abs=0.006)


# Carkeet 2015, table of coefficients for limits as a pair: degrees of freedom, then probabilities .025, .5 and .975
@pytest.mark.parametrize(
    ("df", "expected"),
    [(1, (0.9744, 3.3756, 73.0772)), (5, (1.2825, 2.2428, 5.1983)), (30, (1.5856, 2.0122, 2.6685)),
     (100, (1.7293, 1.9761, 2.2876))],
)  # fmt: skip
def test_tolerance_factors_match_carkeet(df, expected):
    assert tuple(two_sided_factor(df + 1, 0.95, p) for p in (0.025, 0.5, 0.975)) == approx(expected, abs=6e-5)


def test_the_pair_of_limits_takes_those_factors():
    x = np.concatenate([np.linspace(-1, 1, 30), [0.0]])
    found = limits_of_agreement(x, np.zeros(31), interval="exact-pair")
    s = x.std(ddof=1)
    assert (found.upper.lower, found.upper.upper) == approx((1.5856 * s, 2.6685 * s), abs=1e-4)
    assert (found.lower.lower, found.lower.upper) == approx((-2.6685 * s, -1.5856 * s), abs=1e-4)


# Second way: scipy's noncentral t. A limit of the upper limit of agreement is d + k s with k sqrt(n) its quantile
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_exact_limits_agree_with_the_noncentral_t(level):
    found = limits_of_agreement(WRIGHT_FIRST, MINI_FIRST, level=level)
    n, z = 17, scipy_stats.norm.ppf(0.975)
    low, high = scipy_stats.nct.ppf([(1 - level) / 2, (1 + level) / 2], n - 1, z * sqrt(n)) / sqrt(n)
    mean, s = found.bias.estimate, found.sd
    assert (found.upper.lower, found.upper.upper) == approx((mean + low * s, mean + high * s), rel=1e-6)
    assert (found.lower.lower, found.lower.upper) == approx((mean - high * s, mean - low * s), rel=1e-6)


# Zou 2013, replicates of a constant value: limits -2.23 (-9.76, -.48) and 3.66 (1.91, 11.20); bias .7125 in the paper
def test_limits_from_replicates_match_zou():
    found = replicate_limits(X, SUBJECT, Y, SUBJECT)
    assert (found.lower.estimate, found.upper.estimate) == approx((-2.23, 3.66), abs=6e-3)
    assert (found.lower.lower, found.lower.upper) == approx((-9.76, -0.48), abs=0.01)
    assert (found.upper.lower, found.upper.upper) == approx((1.91, 11.20), abs=0.01)
    assert found.bias.estimate == approx(0.7152, abs=5e-3)


# Zou 2013, paired readings of a varying value, two missing ones filled in: bias .7255, limits -2.14 (-9.83, -.33) and
# 3.59 (1.77, 11.27)
def test_limits_of_a_varying_value_match_zou():
    y = [6.35 if i == 4 else 4.09 if i == 8 else v for i, v in enumerate(Y)]
    found = repeated_limits(X, y, SUBJECT)
    assert (found.bias.estimate, found.lower.estimate, found.upper.estimate) == approx((0.7255, -2.14, 3.59), abs=6e-3)
    assert (found.lower.lower, found.lower.upper) == approx((-9.83, -0.33), abs=0.01)
    assert (found.upper.lower, found.upper.upper) == approx((1.77, 11.27), abs=0.01)


# By hand, Bland and Altman 2007: components of a one-way analysis of variance of the differences
def test_components_of_variance_by_hand():
    from scipy.stats import f_oneway

    one, two = np.array([3.0, 4, 5, 8, 9, 1, 2, 4, 6]), np.array([2.0, 4, 3, 7, 8, 3, 3, 5, 4])
    subject = np.array(list("aaabbcccc"))
    d = one - two
    found = repeated_limits(one, two, subject, variance="anova")
    groups = [d[subject == s] for s in "abc"]
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / 6
    between = f_oneway(*groups).statistic * within
    per = (9 - (9 + 4 + 16) / 9) / 2
    assert found.sd == approx(sqrt(within + (between - within) / per), rel=1e-9)
    assert (found.within_sd, found.bias.estimate) == approx((sqrt(within), d.mean()), rel=1e-9)
    nothing_between = repeated_limits([1, 2, 3, 4], [2, 1, 4, 3], list("aabb"), variance="anova")
    assert nothing_between.sd == approx(nothing_between.within_sd)


def test_one_object_a_subject_gives_the_simple_limits():
    plain = limits_of_agreement(WRIGHT_FIRST, MINI_FIRST, interval="mover")
    for variance in ("subject-means", "anova"):
        found = repeated_limits(WRIGHT_FIRST, MINI_FIRST, range(17), variance=variance)
        assert (found.sd, found.lower.lower, found.upper.upper) == approx(
            (plain.sd, plain.lower.lower, plain.upper.upper), rel=1e-9
        )
    once = replicate_limits(WRIGHT_FIRST, range(17), MINI_FIRST, range(17))
    assert (once.sd, once.upper.lower) == approx((plain.sd, plain.upper.lower), rel=1e-9)


# Balanced data: both ways of Bland and Altman have the same variance
def test_with_equal_numbers_both_variances_are_one():
    rng = np.random.default_rng(4)
    one, two = rng.normal(size=(2, 24))
    found = [repeated_limits(one, two, np.repeat(range(8), 3), variance=v) for v in ("subject-means", "anova")]
    assert found[0].bias.estimate == approx(found[1].bias.estimate)
    if found[1].sd != approx(found[1].within_sd):
        assert found[0].sd == approx(found[1].sd, rel=1e-9)


# Coverage of the limits of agreement of clustered differences: upper limit 1.96 sqrt(2) with half of the variance
# between subjects; 600 samples leave a standard error of .01
def test_intervals_of_clustered_limits_cover_the_true_limit():
    rng, covered = np.random.default_rng(20160301), {"subject-means": 0, "anova": 0}
    true = scipy_stats.norm.ppf(0.975) * sqrt(2)
    for _ in range(600):
        subject = np.repeat(np.arange(20), rng.integers(1, 5, 20))
        d = rng.normal(size=20)[subject] + rng.normal(size=len(subject))
        for variance in covered:
            found = repeated_limits(d, np.zeros(len(d)), subject, variance=variance)
            covered[variance] += found.upper.lower <= true <= found.upper.upper
    for count in covered.values():
        assert count / 600 == approx(0.95, abs=0.04)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (limits_of_agreement([], []), "too-few"),
        (limits_of_agreement([1], [2]), "too-few"),
        (limits_of_agreement([1, 2, 3], [2, 3, 4]), "no-variance"),
        (limits_of_agreement([0.1 + 0.2, 5], [0.3, 5]), "no-variance"),
        (repeated_limits([1, 2, 3], [2, 3, 5], "aaa"), "too-few"),
        (repeated_limits([1, 2, 3], [2, 3, 4], "aab"), "no-variance"),
        (repeated_limits([], [], []), "too-few"),
        (replicate_limits([1, 2], "aa", [1, 2], "ab"), "too-few"),
        (replicate_limits([1, 1, 2, 2], "aabb", [2, 2, 3, 3], "aabb"), "no-variance"),
    ],
)
def test_limits_without_enough_data_say_why(found, reason):
    assert found.reason == found.lower.reason == found.upper.reason == reason
    assert found.lower.lower is found.upper.upper is found.bias.lower is None


def test_subjects_with_readings_by_one_method_only_are_left_out():
    plain = replicate_limits([1, 2, 4, 5.5], "aabb", [2, 2.5, 3, 4], "aabb")
    assert replicate_limits([1, 2, 4, 5.5, 9], "aabbc", [2, 2.5, 3, 4, None], "aabbc") == plain


# By hand, Bland and Altman 1996, BMJ 312:1654, and de Vet 2006: readings of three objects by two raters
def test_measurement_error_by_hand():
    readings = np.array([[10.0, 11], [12, 14], [15, 15]])
    d = readings[:, 0] - readings[:, 1]
    within = measurement_error(readings, kind="within")
    assert within.estimate == approx(sqrt((d**2).sum() / 6))
    assert within.df == 3
    same = measurement_error(readings, kind="consistency")
    assert same.estimate == approx(d.std(ddof=1) / sqrt(2))
    raters = 3 * ((readings.mean(axis=0) - readings.mean()) ** 2).sum()
    found = measurement_error(readings, averaged=2)
    error = same.estimate**2
    assert found.estimate == approx(sqrt(error + max(0, raters - error) / 3))
    assert found.detectable_change.estimate == approx(1.959964 * found.estimate, rel=1e-6)
    assert found.repeatability.estimate == approx(1.959964 * sqrt(2) * found.estimate, rel=1e-6)
    assert detectable_change(found.estimate, averaged=2) == approx(found.detectable_change.estimate)
    chi = scipy_stats.chi2.ppf([0.975, 0.025], 3)
    assert (within.lower, within.upper) == approx(tuple(within.estimate * np.sqrt(3 / chi)), rel=1e-9)


# The intervals keep their level, that of "agreement" although four raters tell little of their spread. 1000 layouts
# leave a standard error of .007
@pytest.mark.parametrize(("kind", "variance"), [("within", 0.9), ("agreement", 0.9), ("consistency", 0.4)])
def test_intervals_of_the_measurement_error_cover(kind, variance):
    rng, covered = np.random.default_rng(20160301), 0
    for _ in range(1000):
        spread = rng.normal(size=(20, 4) if kind == "within" else (1, 4)) * sqrt(0.5)
        x = rng.normal(size=(20, 1)) * 3 + spread + rng.normal(size=(20, 4)) * sqrt(0.4)
        found = measurement_error(x, kind=kind)
        covered += found.lower <= sqrt(variance) <= found.upper
    assert covered / 1000 == approx(0.95, abs=0.03)


# Bland and Altman 1996, BMJ 313:106: on logarithms, exp(sw) - 1
def test_within_subject_cv_by_hand():
    readings = [[10.0, 12.0], [20.0, 19.0], [5.0, 5.5]]
    logs = np.log(readings)
    s = sqrt(((logs[:, 0] - logs[:, 1]) ** 2).sum() / 6)
    found = within_subject_cv(readings)
    assert found.estimate == approx(exp(s) - 1)
    assert log(1 + found.lower) / s == approx(sqrt(3 / scipy_stats.chi2.ppf(0.975, 3)))
    root = within_subject_cv(readings, method="root-mean-square")
    squared = [np.var(r, ddof=1) / np.mean(r) ** 2 for r in readings]
    assert root.estimate == approx(sqrt(np.mean(squared)))
    assert root.upper == approx(sqrt(np.mean(squared) + 1.959964 * np.std(squared, ddof=1) / sqrt(3)), rel=1e-6)


@given(st.floats(0.1, 50), st.floats(-100, 100))
@settings(max_examples=20)
def test_limits_and_errors_follow_the_unit(scale, shift):
    one, two = np.array(WRIGHT_FIRST, dtype=float), np.array(MINI_FIRST, dtype=float)
    plain, found = limits_of_agreement(one, two), limits_of_agreement(one * scale + shift, two * scale + shift)
    assert (found.lower.lower, found.upper.upper) == approx(
        (scale * plain.lower.lower, scale * plain.upper.upper), rel=1e-6
    )
    errors = [measurement_error(np.column_stack(r)) for r in ((one, two), (one * scale + shift, two * scale + shift))]
    assert errors[1].estimate == approx(scale * errors[0].estimate, rel=1e-6)


@pytest.mark.parametrize(
    ("readings", "estimate", "reason"),
    [(np.zeros((0, 2)), None, "too-few"), ([[1, 2]], None, "too-few"), ([[1, 1], [2, 2]], 0.0, "no-variance")],
)
def test_measurement_error_without_enough_data_says_why(readings, estimate, reason):
    for kind in ("within", "agreement", "consistency"):
        found = measurement_error(readings, kind=kind)
        assert (found.estimate, found.lower, found.reason) == (estimate, None, reason)
    assert measurement_error([[1, 3], [2, 4]], kind="consistency").reason == "no-variance"
    assert within_subject_cv([[1, 0], [2, 3]]).reason == "undefined"
    assert within_subject_cv([[1, 1], [2, 2]]).reason == "no-variance"


@pytest.mark.parametrize(
    "call",
    [
        lambda: limits_of_agreement([1, 2], [1, 2, 3]),
        lambda: limits_of_agreement([1, 2], [1, 3], coverage=1.0),
        lambda: limits_of_agreement([1, 2], [1, 3], interval="wald"),
        lambda: repeated_limits([1, 2], [1, 3], "a"),
        lambda: repeated_limits([1, 2], [1, 3], ["a", None]),
        lambda: repeated_limits([1, 2], [1, 3], "ab", variance="reml"),
        lambda: replicate_limits([1, 2], "a", [1, 2], "ab"),
        lambda: replicate_limits([1, 2], ["a", None], [1, 2], "ab"),
        lambda: measurement_error([[1, 2], [2, 3]], kind="total"),
        lambda: measurement_error([[1, 2], [2, 3]], averaged=0),
        lambda: detectable_change(-1.0),
        lambda: within_subject_cv([[1, 2], [2, 3]], method="mean"),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
