"""Every case below names its source in tests/reference/cases.json or the page that printed it."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.means import (
    Moments,
    equivalence,
    geometric_ratio,
    mean_t,
    non_inferiority,
    one_sample,
    paired,
    paired_from_moments,
    paired_geometric_ratio,
    student,
    variance_ratio,
    welch,
)
from tests.stats.reference import cases

samples = st.lists(st.floats(-100, 100).map(lambda v: round(v, 3)), min_size=2, max_size=25)


@pytest.mark.parametrize(
    ("id", "first", "second", "keys"),
    [
        ("CAMIS-T-WTGAIN", "placebo", "treatment", ("welch_df", "welch_ci", "welch_p")),
        ("CAMIS-T-UNEQUAL", "a", "b", ("welch_df", "welch_ci", "welch_p")),
    ],
)
def test_welch_matches_the_reference_case(id, first, second, keys):
    case = cases()[id]
    found = welch(case["inputs"][first], case["inputs"][second])
    df, limits, p_value = (case["expected"][key] for key in keys)
    assert found.df == approx(df, abs=case["tol"] if id == "CAMIS-T-WTGAIN" else 6e-6)
    assert [found.lower, found.upper] == approx(limits, abs=1e-5)
    assert found.p_value == approx(p_value, abs=1e-5)


@pytest.mark.parametrize(
    ("id", "first", "second", "tol"),
    [("CAMIS-T-WTGAIN", "placebo", "treatment", 1e-5), ("CAMIS-T-UNEQUAL", "a", "b", 6e-6)],
)
def test_student_matches_the_reference_case(id, first, second, tol):
    case = cases()[id]
    found = student(case["inputs"][first], case["inputs"][second])
    assert [found.lower, found.upper] == approx(case["expected"]["pooled_ci"], abs=tol)
    assert found.p_value == approx(case["expected"]["pooled_p"], abs=tol)
    assert found.statistic == approx(case["expected"].get("pooled_t", case["expected"].get("t")), abs=tol)


# statpsych documentation (case STATPSYCH-MEAN2), from moments alone
def test_difference_of_means_from_moments_matches_statpsych():
    case = cases()["STATPSYCH-MEAN2"]
    given, expected = case["inputs"], case["expected"]
    samples = [Moments(given[f"n{i}"], given[f"m{i}"], given[f"sd{i}"]) for i in (1, 2)]
    found, pooled = welch(*samples), student(*samples)
    assert found.se == approx(expected["se"], abs=1e-6)
    assert found.df == approx(expected["welch_df"], abs=6e-3)
    assert [found.lower, found.upper] == approx(expected["welch_ci"], abs=1e-6)
    assert [pooled.lower, pooled.upper] == approx(expected["pooled_ci"], abs=1e-6)
    assert pooled.statistic == approx(14.9769, abs=6e-5)


@pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")  # scipy's word on a constant arm
@given(samples, samples)
@settings(max_examples=25)
def test_welch_agrees_with_scipy(x, y):
    found = welch(x, y)
    if found.reason:
        assert found.reason == "no-variance"
        assert np.ptp(x) < 1e-9 > np.ptp(y)
        return
    theirs = scipy_stats.ttest_ind(x, y, equal_var=False)
    limits = theirs.confidence_interval(0.95)
    assert (found.p_value, found.df) == approx((theirs.pvalue, theirs.df), rel=1e-6)
    assert (found.lower, found.upper) == approx((limits.low, limits.high), rel=1e-6, abs=1e-9)


# Equal sizes are where pingouin's default would choose Student's test
def test_welch_stays_welch_when_the_arms_are_of_equal_size():
    x, y = [1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 20.0, 60.0]
    assert welch(x, y).df == approx(scipy_stats.ttest_ind(x, y, equal_var=False).df)
    assert welch(x, y).df < 6


def test_missing_values_are_left_out():
    assert welch([1.0, np.nan, 2.0, 4.0], [None, 3.0, 5.0]) == welch([1.0, 2.0, 4.0], [3.0, 5.0])
    assert mean_t([1.0, None, 2.0]) == mean_t([1.0, 2.0])


@pytest.mark.parametrize(
    ("x", "y", "estimate", "reason"),
    [
        ([], [1.0, 2.0], None, "too-few"),
        ([1.0], [1.0, 2.0], -0.5, "too-few"),
        ([1.0, 2.0, 3.0], [5.0], -3.0, "too-few"),
        ([4.0, 4.0], [3.0, 3.0], 1.0, "no-variance"),
    ],
)
def test_welch_without_enough_data_says_why(x, y, estimate, reason):
    found = welch(x, y)
    assert (found.estimate, found.reason) == (estimate, reason)
    assert found.se is found.df is found.lower is found.upper is found.p_value is None


def test_one_constant_arm_is_enough_for_welch():
    found = welch([4.0, 4.0, 4.0], [1.0, 2.0, 3.0])
    assert (found.estimate, found.df) == approx((2.0, 2.0))


@pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")
@given(samples)
@settings(max_examples=25)
def test_mean_interval_agrees_with_scipy(values):
    found = mean_t(values)
    if found.reason:
        assert np.ptp(values) < 1e-9
        return
    limits = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.lower, found.upper) == approx((limits.low, limits.high), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "mean", "reason"), [([], None, "too-few"), ([2.0], 2.0, "too-few"), ([2.0] * 3, 2.0, "no-variance")]
)
def test_mean_without_enough_data_says_why(values, mean, reason):
    found = mean_t(values)
    assert (found.n, found.estimate, found.lower, found.reason) == (len(values), mean, None, reason)


@given(samples, samples, st.floats(-5, 5), st.sampled_from(["two-sided", "greater", "less"]))
@settings(max_examples=25)
def test_moments_give_what_the_values_give(x, y, null, alternative):
    options = {"null": null, "alternative": alternative, "level": 0.9}
    found = welch(x, y, **options)
    if found.reason:
        return
    given = welch(*(Moments(len(v), float(np.mean(v)), float(np.std(v, ddof=1))) for v in (x, y)), **options)
    assert (found.statistic, found.df, found.p_value) == approx(
        (given.statistic, given.df, given.p_value), rel=1e-6, abs=1e-12
    )
    assert (found.lower, found.upper) == approx((given.lower, given.upper), rel=1e-6, abs=1e-9)


# Second way: scipy, which shifts nothing and has no margin, so that one arm is shifted for it
@pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")
@given(samples, samples, st.sampled_from(["two-sided", "greater", "less"]), st.booleans())
@settings(max_examples=25)
def test_one_sided_tests_against_a_margin_agree_with_scipy(x, y, alternative, equal):
    test = student if equal else welch
    found = test(x, y, null=1.5, alternative=alternative, level=0.975)
    if found.reason:
        return
    theirs = scipy_stats.ttest_ind(np.array(x) - 1.5, y, equal_var=equal, alternative=alternative)
    limits = theirs.confidence_interval(0.975)
    assert found.p_value == approx(theirs.pvalue, rel=1e-6, abs=1e-300)
    assert (found.lower, found.upper) == approx((limits.low + 1.5, limits.high + 1.5), rel=1e-6, abs=1e-9)
    assert (found.lower == -inf, found.upper == inf) == (alternative == "less", alternative == "greater")


def test_student_needs_two_values_in_one_arm_only():
    found = student([3.0], [1.0, 2.0, 4.0])
    limits = scipy_stats.ttest_ind([3.0], [1.0, 2.0, 4.0]).confidence_interval(0.95)
    assert (found.df, found.lower, found.upper) == approx((2, limits.low, limits.high))
    assert student([3.0], [1.0]).reason == "too-few"


# PSIAIMS/CAMIS R/ttest_1Sample.qmd: t.test(read$score, mu = 30), and SAS PROC TTEST with h0=30
SCORES = [
    40, 47, 52, 26, 19, 25, 35, 39, 26, 48, 14, 22, 42, 34, 33, 18, 15, 29, 41, 44,
    51, 43, 27, 46, 28, 49, 31, 28, 54, 45,
]  # fmt: skip


def test_one_sample_t_test_matches_camis():
    found = one_sample(SCORES, null=30)
    assert (found.statistic, found.df, found.p_value) == approx((2.364306, 29, 0.0249741), rel=1e-6)
    assert (found.estimate, found.lower, found.upper) == approx((35.03333, 30.67928, 39.38739), abs=6e-6)
    assert (mean_t(SCORES).lower, mean_t(SCORES).upper) == (found.lower, found.upper)


# PSIAIMS/CAMIS R/ttest_Paired.qmd: t.test(before, after, paired = TRUE)
BEFORE = [120, 124, 130, 118, 140, 128, 140, 135, 126, 130, 126, 127]
AFTER = [128, 131, 131, 127, 132, 125, 141, 137, 118, 132, 129, 135]


def test_paired_t_test_matches_camis():
    found = paired(BEFORE, AFTER)
    assert (found.estimate, found.statistic, found.df) == approx((-1.833333, -1.089648, 11), rel=1e-6)
    assert (found.lower, found.upper, found.p_value) == approx((-5.536492, 1.869825, 0.2991635), rel=1e-6)


# statpsych documentation: ci.mean.ps(.05, 58.2, 51.4, 7.43, 8.92, .537, 30)
def test_paired_t_test_from_moments_matches_statpsych():
    found = paired_from_moments(Moments(30, 58.2, 7.43), Moments(30, 51.4, 8.92), 0.537)
    assert (found.se, found.lower, found.upper) == approx((1.455922, 3.822304, 9.777696), abs=1e-6)
    assert found.statistic == approx(4.6706, abs=6e-5)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=20), st.floats(-3, 3))
@settings(max_examples=25)
def test_paired_t_test_agrees_with_scipy_and_with_its_moments(pairs, null):
    x, y = np.array(pairs).T
    found = paired(x, y, null=null)
    if found.reason:
        assert found.reason == "no-variance"
        assert np.ptp(x - y) < 1e-9
        return
    theirs = scipy_stats.ttest_1samp(x - y, null)
    assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-6, abs=1e-12)
    if np.ptp(x) > 1e-3 < np.ptp(y) and found.se > 1e-3:
        both = (Moments(len(v), float(v.mean()), float(v.std(ddof=1))) for v in (x, y))
        given = paired_from_moments(*both, float(np.corrcoef(x, y)[0, 1]), null=null)
        assert (given.lower, given.upper) == approx((found.lower, found.upper), rel=1e-5, abs=1e-7)


def test_pairs_with_a_missing_value_are_left_out_and_unequal_lengths_refused():
    assert paired([1, 2, None, 4, 7], [2, 2, 5, np.nan, 3]) == paired([1, 2, 7], [2, 2, 3])
    with pytest.raises(InvalidInput, match="pairs"):
        paired([1, 2, 3], [1, 2])
    with pytest.raises(InvalidInput, match="equal numbers"):
        paired_from_moments(Moments(5, 1, 1), Moments(6, 1, 1), 0.5)
    assert paired([], []).reason == paired([1], [2]).reason == "too-few"
    assert paired([1e6, 2e6 + 0.1], [1e6 - 0.1, 2e6]).reason == "no-variance"


# SAS/STAT PROC TTEST example with DIST=LOGNORMAL TOST(0.8, 1.25), as printed by CAMIS SAS/ttest_Paired.qmd
TEST = [103.4, 59.92, 68.17, 94.54, 69.48, 72.17, 74.37, 84.44, 96.74, 94.26, 48.52, 95.68]
REFERENCE = [90.11, 77.71, 77.71, 97.51, 58.21, 101.3, 79.84, 96.06, 89.30, 97.22, 61.62, 85.80]


def test_equivalence_of_a_geometric_mean_ratio_matches_sas():
    ratio = paired_geometric_ratio(TEST, REFERENCE)
    assert (ratio.estimate, ratio.lower, ratio.upper) == approx((0.9412, 0.8467, 1.0462), abs=6e-5)
    found = equivalence(ratio, low=0.8, high=1.25)
    assert (found.lower, found.upper) == approx((0.8634, 1.0260), abs=6e-5)
    assert (found.statistic_low, found.statistic_high, found.df) == approx((3.38, -5.90, 11), abs=6e-3)
    assert found.p_value == found.p_low == approx(0.0031, abs=6e-5)
    assert found.p_high < 1e-4


# Second way: the two tests are those of the difference against each margin
def test_equivalence_is_two_one_sided_tests():
    x, y = [3.1, 4.0, 5.2, 4.4, 3.9], [3.5, 4.1, 4.9, 3.2, 4.6, 5.0]
    found = equivalence(welch(x, y), low=-1.0, high=1.5)
    assert found.p_low == approx(welch(x, y, null=-1.0, alternative="greater").p_value, rel=1e-9)
    assert found.p_high == approx(welch(x, y, null=1.5, alternative="less").p_value, rel=1e-9)
    assert (found.lower, found.upper) == approx((welch(x, y, level=0.9).lower, welch(x, y, level=0.9).upper), rel=1e-9)


@given(samples, samples, st.floats(0.1, 20))
@settings(max_examples=25)
def test_margins_lie_outside_the_interval_exactly_when_equivalence_is_shown(x, y, margin):
    found = equivalence(student(x, y), low=-margin, high=margin, level=0.9)
    if not found.reason and abs(found.p_value - 0.1) > 1e-9:
        assert (found.p_value < 0.1) == (-margin < found.lower and found.upper < margin)


@pytest.mark.parametrize(("better", "sign"), [("higher", 1), ("lower", -1)])
def test_non_inferiority_is_a_one_sided_test_against_the_margin(better, sign):
    x, y = np.array([3.1, 4.0, 5.2, 4.4, 3.9]), np.array([3.5, 4.1, 4.9, 3.2, 4.6, 5.0])
    found = non_inferiority(welch(sign * x, sign * y), margin=0.8, better=better)
    theirs = welch(x, y, null=-0.8, alternative="greater", level=0.975)
    assert (found.p_value, sign * found.bound) == approx((theirs.p_value, theirs.lower), rel=1e-9)
    ratio = geometric_ratio(np.exp(sign * x / 5), np.exp(sign * y / 5))
    of_ratio = non_inferiority(ratio, margin=np.exp(-sign * 0.16), better=better)
    assert of_ratio.p_value == approx(theirs.p_value, rel=1e-9)
    assert np.log(of_ratio.bound) == approx(found.bound / 5, rel=1e-9)


def test_margins_without_a_standard_error_say_why():
    constant = welch([1, 1], [2, 2])
    assert equivalence(constant, low=-1, high=1).reason == "no-variance"
    assert non_inferiority(constant, margin=1).p_value is None
    for options in ({"low": 1, "high": 0}, {"low": -1, "high": 1, "level": 0.4}):
        with pytest.raises(InvalidInput):
            equivalence(constant, **options)
    with pytest.raises(InvalidInput, match="margin"):
        non_inferiority(paired_geometric_ratio(TEST, REFERENCE), margin=0)
    with pytest.raises(InvalidInput, match="better"):
        non_inferiority(constant, margin=1, better="up")


# SAS folded F test of the same data, PSIAIMS/CAMIS SAS/ttest_2Sample.qmd
def test_ratio_of_variances_matches_the_folded_f_test_of_sas():
    given = cases()["CAMIS-T-WTGAIN"]["inputs"]
    found = variance_ratio(given["placebo"], given["treatment"])
    assert found.p_value == approx(0.6981, abs=6e-5)
    x, y = [3.1, 4.0, 5.2, 4.4], [1.0, 9.0, 4.0, 2.0, 7.0]
    less = variance_ratio(x, y, alternative="less")
    assert less.statistic == approx(np.var(x, ddof=1) / np.var(y, ddof=1))
    assert less.p_value == approx(scipy_stats.f.cdf(less.statistic, 3, 4), rel=1e-9)
    assert less.p_value + variance_ratio(x, y, alternative="greater").p_value == approx(1)
    assert variance_ratio([1], y).reason == "too-few"
    assert variance_ratio([1, 1], y).reason == "no-variance"


@pytest.mark.parametrize("options", [{"alternative": "both"}, {"level": 0.0}, {"null": inf}])
def test_options_that_cannot_be_are_refused(options):
    for call in (lambda: welch([1, 2], [3, 5], **options), lambda: one_sample([1, 2], **options)):
        with pytest.raises(InvalidInput):
            call()


@pytest.mark.parametrize("given", [(0, 1.0, 1.0), (2.5, 1.0, 1.0), (3, 1.0, -1.0), (3, float("nan"), 1.0)])
def test_moments_that_cannot_be_are_refused(given):
    with pytest.raises(InvalidInput):
        Moments(*given)
