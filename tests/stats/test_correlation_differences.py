"""Differences, repeated measures, sizes, resampled correlations. Every published value names where it was printed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats import Interval
from helpers.stats.correlation import (
    bootstrap_correlation,
    dependent_difference,
    difference_of_intervals,
    independent_difference,
    pairs_for_difference_width,
    pairs_for_width,
    pairs_for_width_exact,
    pearson,
    pearson_limits,
    repeated_measures,
    spearman,
    spearman_limits,
)
from tests.stats.reference import cases


# Cases STATPSYCH-COR2 and STATPSYCH-SPEAR2
@pytest.mark.parametrize(("id", "method"), [("STATPSYCH-COR2", "pearson"), ("STATPSYCH-SPEAR2", "spearman")])
def test_difference_of_independent_correlations_matches_statpsych(id, method):
    case = cases()[id]
    given = case["inputs"]
    found = independent_difference(given["r1"], given["n1"], given["r2"], given["n2"], method=method)
    assert found.estimate == approx(case["expected"]["est"], abs=1e-9)
    assert [found.lower, found.upper] == approx(case["expected"]["ci"], abs=case["tol"])
    assert [found.lower, found.upper] == approx(case["computed"]["ci"], rel=1e-8)


# statpsych documentation: ci.cor2 and ci.spear2 (SE), test.cor2 and test.spear2
def test_tests_of_independent_correlations_match_statpsych():
    assert independent_difference(0.64, 200, 0.31, 200).se == approx(0.07692, abs=6e-6)
    assert independent_difference(0.54, 180, 0.48, 200, method="spearman").se == approx(0.08125, abs=6e-6)
    found = independent_difference(0.684, 100, 0.437, 125)
    assert (found.statistic, found.p_value) == approx((2.7057, 0.00682), abs=6e-5)
    found = independent_difference(0.684, 100, 0.437, 125, method="spearman")
    assert (found.statistic, found.p_value) == approx((2.4986, 0.01247), abs=6e-5)


# Zou 2007, pages 406 and 409, by way of cocor's tests
def test_intervals_of_differences_match_zou():
    found = independent_difference(0.49, 145, 0.36, 87, bias_corrected=False)
    assert (found.lower, found.upper) == approx((-0.087, 0.359), abs=6e-4)
    found = dependent_difference(0.396, 0.179, 0.088, 66, bias_corrected=False)
    assert (found.lower, found.upper) == approx((-0.093, 0.517), abs=6e-4)


# Case STATPSYCH-CORDEP. statpsych adds the covariance of the two correlations where Zou subtracts it
def test_difference_of_dependent_correlations_matches_statpsych_with_its_sign_turned():
    case = cases()["STATPSYCH-CORDEP"]
    given = case["inputs"]
    turned = dependent_difference(given["r1"], given["r2"], given["r12"], given["n"], covariance="added")
    assert turned.estimate == approx(case["expected"]["est"], abs=1e-9)
    assert [turned.lower, turned.upper] == approx(case["expected"]["ci"], abs=case["tol"])
    found = dependent_difference(given["r1"], given["r2"], given["r12"], given["n"])
    assert found.upper - found.lower < turned.upper - turned.lower


# Coverage tells which sign is right: correlations .6 and .5 with a common variable, .8 between the others, 60 units;
# 2000 samples give it a standard error of .005
def test_the_interval_of_dependent_correlations_covers_with_the_covariance_subtracted():
    rng = np.random.default_rng(20160301)
    root = np.linalg.cholesky([[1, 0.6, 0.5], [0.6, 1, 0.8], [0.5, 0.8, 1]])
    covered = {"subtracted": 0, "added": 0}
    for _ in range(2000):
        r = np.corrcoef(root @ rng.normal(size=(3, 60)))
        for covariance in covered:
            found = dependent_difference(r[0, 1], r[0, 2], r[1, 2], 60, covariance=covariance)
            covered[covariance] += found.lower <= 0.1 <= found.upper
    assert covered["subtracted"] / 2000 == approx(0.95, abs=0.015)
    assert covered["added"] / 2000 > 0.99


# cocor tests/testthat/tests.r, which names the papers
@pytest.mark.parametrize(
    ("test", "given", "expected", "tol"),
    [
        ("hotelling", (0.5, 0.2, 0.3, 50), 2.01, 6e-3),
        ("hotelling", (0.612, 0.541, 0.466, 157), 1.158, 6e-4),
        ("hendrickson", (0.5, 0.2, 0.3, 50), 2.01, 6e-3),
        ("williams", (0.3, 0.4, 0.5, 100), -1.0767, 6e-5),
        ("olkin", (0.5, 0.2, 0.3, 50), 2.00, 6e-3),
        ("olkin", (0.56, 0.43, 0.52, 100), 1.59, 6e-3),
        ("dunn", (0.5, 0.6, 0.7, 100), -1.5838851123, 6e-11),
        ("steiger", (0.4, 0.5, 0.1, 103), -0.8887185, 6e-8),
        ("steiger", (0.3, 0.4, 0.5, 100), -1.0718, 6e-5),
        ("hittner", (0.3, 0.4, 0.5, 100), -1.0715, 6e-5),
        ("meng", (0.63, -0.03, -0.19, 15), 1.68, 6e-3),
        ("meng", (0.5, 0.2, 0.8, 50), 3.50, 6e-3),
    ],
)
def test_tests_of_dependent_correlations_match_cocor(test, given, expected, tol):
    assert dependent_difference(*given, test=test).statistic == approx(expected, abs=tol)


# cocor, williams1959 and dunn1969: p-values
def test_p_values_of_dependent_correlations_match_cocor():
    assert dependent_difference(0.3, 0.4, 0.5, 100).p_value == approx(0.2843, abs=6e-5)
    assert dependent_difference(0.5, 0.6, 0.7, 100, test="dunn").p_value == approx(0.1132198659, abs=6e-11)
    greater = dependent_difference(0.63, -0.03, -0.19, 15, test="meng", alternative="greater")
    assert greater.p_value == approx(0.047, abs=6e-4)


# Williams' test keeps its size with 15 units; 4000 samples give it a standard error of .0035
def test_williams_test_keeps_its_size_in_a_small_sample():
    rng = np.random.default_rng(20160301)
    root, rejected = np.linalg.cholesky([[1, 0.5, 0.5], [0.5, 1, 0.4], [0.5, 0.4, 1]]), 0
    for _ in range(4000):
        r = np.corrcoef(root @ rng.normal(size=(3, 15)))
        rejected += dependent_difference(r[0, 1], r[0, 2], r[1, 2], 15).p_value < 0.05
    assert rejected / 4000 == approx(0.05, abs=0.012)


def test_variables_that_determine_each_other_have_no_test():
    found = dependent_difference(0.5, 0.5, 1 - 1e-15, 20, test="hotelling")
    assert (found.reason, found.p_value) == ("singular", None)


# statpsych documentation: ci.cor2.gen(.64, .55, .71, .31, .18, .43)
def test_difference_of_any_two_intervals_matches_statpsych():
    found = difference_of_intervals(Interval(0.64, 0.55, 0.71), Interval(0.31, 0.18, 0.43))
    assert (found.estimate, found.lower, found.upper) == approx((0.33, 0.18, 0.4776), abs=6e-5)
    assert difference_of_intervals(Interval(0.5, None, None, "too-few"), Interval(0.3, 0.1, 0.5)) == Interval(
        approx(0.2), None, None, "too-few"
    )
    assert difference_of_intervals(Interval(None, None, None, "no-variance"), Interval(0.3, 0.1, 0.5)).estimate is None


# Case RMCORR-BLAND: R rmcorr, current and older standard error
def test_repeated_measures_correlation_matches_rmcorr():
    case = cases()["RMCORR-BLAND"]
    given = case["inputs"]["data"]
    for interval, key in (("current", "ci_current"), ("older", "ci_older")):
        found = repeated_measures(given["subject"], given["pH"], given["PacO2"], interval=interval)
        assert (found.estimate, found.df) == (approx(case["expected"]["r"], abs=1e-6), case["expected"]["df"])
        assert found.p_value == approx(case["expected"]["p"], abs=1e-9)
        assert [found.lower, found.upper] == approx(case["expected"][key], abs=1e-6)


# Second ways: pingouin's rm_corr, and the F test of the covariate in an analysis of covariance by subject
@given(st.integers(0, 1000))
@settings(max_examples=6)
def test_repeated_measures_correlation_agrees_with_the_analysis_of_covariance(seed):
    import pandas as pd
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(seed)
    subject = np.repeat(list("abcde"), [2, 4, 3, 5, 2])
    x, y = rng.normal(size=(2, 16))
    found = repeated_measures(subject, x, y)
    fit = smf.ols("y ~ x + C(s)", pd.DataFrame({"s": subject, "x": x, "y": y})).fit()
    t = fit.tvalues["x"]
    assert found.estimate == approx(t / np.sqrt(t**2 + fit.df_resid), rel=1e-6)
    assert (found.df, found.p_value) == (fit.df_resid, approx(fit.pvalues["x"], rel=1e-6))
    alone = repeated_measures([*subject, "f"], [*x, 7.0], [*y, -3.0])
    assert (alone.estimate, alone.p_value) == approx((found.estimate, found.p_value))


def test_repeated_measures_correlation_agrees_with_pingouin():
    import pandas as pd
    import pingouin

    given = cases()["RMCORR-BLAND"]["inputs"]["data"]
    row = pingouin.rm_corr(pd.DataFrame(given), x="pH", y="PacO2", subject="subject").iloc[0]
    found = repeated_measures(given["subject"], given["pH"], given["PacO2"])
    assert (found.estimate, found.p_value, found.df) == approx((row["r"], row["pval"], row["dof"]), rel=1e-6)


@pytest.mark.parametrize(
    ("subject", "x", "y", "reason"),
    [
        ([], [], [], "too-few"),
        ("aab", [1, 2, 3], [2, 1, 3], "too-few"),
        ("aabb", [1, 1, 3, 3], [2, 1, 3, 5], "no-variance"),
        ("aabb", [1, 2, 3, 4], [2, 4, 1, 3], "no-variance"),
        ("aabb", [1, 2, 3, 4], [2, 4, 1, 2], "too-few"),
    ],
)
def test_repeated_measures_without_enough_data_say_why(subject, x, y, reason):
    found = repeated_measures(subject, x, y)
    assert (found.lower, found.reason) == (None, reason)


def test_a_pair_without_subject_or_value_is_left_out():
    plain = repeated_measures("aaabbb", [1, 2, 3, 1, 2, 4], [2, 1, 3, 2, 2, 5])
    more = repeated_measures([*"aaabbb", None, "a"], [1, 2, 3, 1, 2, 4, 9, np.nan], [2, 1, 3, 2, 2, 5, 9, 1])
    assert more == plain
    with pytest.raises(InvalidInput, match="subject"):
        repeated_measures("aa", [1, 2, 3], [1, 2, 3])


# Case STATPSYCH-SIZE-COR; statpsych documentation: size.ci.cor2(.05, .8, .5, .2) and size.ci.spear2
def test_sizes_match_statpsych():
    case = cases()["STATPSYCH-SIZE-COR"]
    for method in ("pearson", "spearman"):
        assert pairs_for_width(*case["inputs"][method], method=method) == case["expected"][method]
    assert pairs_for_difference_width(0.8, 0.5, 0.2) == 271
    assert pairs_for_difference_width(0.8, 0.5, 0.2, method="spearman") == 314


@given(st.floats(-0.95, 0.95), st.floats(0.05, 1.0), st.sampled_from(["pearson", "spearman"]), st.integers(0, 4))
@settings(max_examples=40)
def test_the_exact_size_is_the_smallest_that_is_narrow_enough(r, width, method, held):
    n = pairs_for_width_exact(r, width, method=method, held=held)
    limits = pearson_limits if method == "pearson" else spearman_limits

    def spread(number):
        lower, upper = limits(r, number, held=held)
        return upper - lower

    assert spread(n) <= width
    assert n == held + 4 or spread(n - 1) > width
    if n > held + 12:  # with 13 or 14 pairs two steps of Bonett and Wright can miss by 4: r = .945, width .195
        off = 4 if n <= held + 14 else 3
        assert pairs_for_width(r, width, method=method, held=held) == approx(n, rel=0.02, abs=off)


X = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]
Y = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]


# Second way: scipy.stats.bootstrap with its own random numbers; 20000 resamples each leave about .004 to chance
@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_bootstrap_interval_of_a_correlation_comes_near_scipys(method):
    statistic = {"pearson": scipy_stats.pearsonr, "spearman": scipy_stats.spearmanr}[method]
    theirs = scipy_stats.bootstrap(
        (X, Y), lambda a, b: statistic(a, b).statistic, paired=True, vectorized=False, n_resamples=4000, rng=1
    ).confidence_interval
    found = bootstrap_correlation(X, Y, seed=1, method=method, resamples=20_000)
    plain = {"pearson": pearson, "spearman": spearman}[method](X, Y)
    assert found.estimate == approx(plain.estimate, rel=1e-9)
    assert (found.lower, found.upper) == approx((theirs.low, theirs.high), abs=0.03)
    assert found.lower < plain.estimate < found.upper


def test_bootstrap_correlation_depends_on_the_seed_alone_and_counts_what_has_no_value():
    few = ([1, 1, 1, 2], [1, 2, 3, 4])
    found = bootstrap_correlation(*few, seed=5, resamples=999)
    assert found == bootstrap_correlation(*few, seed=5, resamples=999)
    # a resample without the last pair has a constant x: (3/4)^4 of them, and those with it alone
    assert found.undefined / 999 == approx(0.75**4 + 0.25**4, abs=0.05)
    assert bootstrap_correlation([1, 2, 3], [2, 1, 3], seed=1).reason == "too-few"
    assert bootstrap_correlation([1, 1, 1, 1], [2, 1, 3, 4], seed=1).reason == "no-variance"
    assert bootstrap_correlation(range(9), range(9), seed=1).reason == "no-variance"


@pytest.mark.parametrize(
    "call",
    [
        lambda: independent_difference(1.0, 20, 0.5, 20),
        lambda: independent_difference(0.3, 3, 0.5, 20),
        lambda: independent_difference(0.3, 20, 0.5, 20, method="kendall"),
        lambda: dependent_difference(0.9, -0.9, 0.9, 20),
        lambda: dependent_difference(0.3, 0.4, 0.5, 20, test="student"),
        lambda: pairs_for_width(0.3, 2.5),
        lambda: pairs_for_width(1.0, 0.5),
        lambda: pairs_for_difference_width(0.3, 0.4, 5),
        lambda: bootstrap_correlation(X, Y, seed=1, method="kendall"),
        lambda: bootstrap_correlation(X, Y, seed=1, interval="studentised"),
        lambda: repeated_measures("aab", [1, 2, 3], [1, 2, 3], interval="oldest"),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
