"""Tests of two proportions: chi-squared, against a margin, Barnard, Boschloo. Cases name their source in cases.json."""

from fractions import Fraction
from itertools import product
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import barnard_exact, binom, boschloo_exact, chi2_contingency, fisher_exact, norm
from statsmodels.stats.proportion import test_proportions_2indep as statsmodels_test

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases, tolerance

counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
interior = st.integers(2, 40).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))
small = st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
sides = st.sampled_from(["two-sided", "greater", "less"])
WORDS = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}
RITLAND, TEA, PERONDI = (0, 16, 15, 72), (3, 4, 1, 4), (7, 34, 1, 34)


def columns(case):
    """The cases of scipy have the groups in the columns."""
    (a, b), (c, d) = case["inputs"]["table"]
    return a, a + c, b, b + d


def table_of(case):
    given = case["inputs"]
    return given["x1"], given["n1"], given["x2"], given["n2"]


@pytest.mark.parametrize("id", [id for id in cases() if id.startswith("BARNARD-")])
def test_barnard_matches_r(id):
    case = cases()[id]
    found = proportions.barnard_test(*columns(case))
    assert found.statistic == approx(case["expected"]["stat"], abs=case["tol"])
    assert found.p_value == approx(case["expected"]["p"], abs=case["tol"])
    assert found.p_value == approx(case["computed"]["p"], rel=1e-8)


@pytest.mark.parametrize("id", [id for id in cases() if id.startswith("BOSCHLOO-")])
def test_boschloo_matches_r(id):
    case = cases()[id]
    found = proportions.boschloo_test(*columns(case), alternative=case["inputs"]["alternative"])
    assert found.p_value == approx(case["expected"]["p"], abs=case["tol"])
    assert found.p_value == approx(case["computed"]["p"], rel=1e-8)


# "greater" of the source means p2 > p1, so the arm of interest is less
@pytest.mark.parametrize("id", [id for id in cases() if id.startswith("SASBARN-")])
@pytest.mark.parametrize(("key", "alternative"), [("greater", "less"), ("two_sided", "two-sided")])
def test_barnard_matches_sas(id, key, alternative):
    case = cases()[id]
    found = proportions.barnard_test(*table_of(case), alternative=alternative)
    assert found.p_value == approx(case["expected"][key], abs=tolerance(case, key))
    assert found.p_value == approx(case["computed"][key], rel=1e-8)


# D8 of the README of the cases, and StatXact 11, as quoted in exact2x2 inst/slowTests/test_StatXact.R
def test_two_two_sided_boschloo_tests_differ():
    assert proportions.boschloo_test(10, 35, 24, 61).p_value == approx(0.3026, abs=5e-5)
    assert proportions.boschloo_test(10, 35, 24, 61, method="minlike").p_value == approx(0.3381, abs=5e-5)
    assert proportions.boschloo_test(10, 35, 24, 61, alternative="less").p_value == approx(0.1513, abs=5e-5)


# Berger, Boos 1994, J Am Stat Assoc 89:1012: .061 without and .037 with gamma = .001; R Exact gives .03781
def test_berger_and_boos_example():
    assert proportions.barnard_test(14, 47, 48, 283).p_value == approx(0.061, abs=5e-4)
    found = proportions.barnard_test(14, 47, 48, 283, berger_boos=0.001)
    assert found.p_value == approx(0.03781, abs=6e-6)


# StatXact 11, as quoted in exact2x2 inst/slowTests/test_StatXact.R
def test_exact_score_test_matches_statxact():
    assert proportions.exact_test(6, 13, 2, 7).p_value == approx(0.5374, abs=5e-5)
    one_sided = [proportions.exact_test(6, 13, 2, 7, alternative=side).p_value for side in ("greater", "less")]
    assert 2 * min(one_sided) == approx(0.5569, abs=5e-5)
    assert proportions.exact_test(13, 13, 0, 7).p_value == approx(2.44e-6, abs=5e-9)
    assert proportions.exact_test(11, 13, 2, 7, measure="ratio").p_value == approx(0.0134, abs=5e-5)


# R contingencytables 3.1, the lady tasting tea: Suissa and Shuster's test, without Berger and Boos
def test_barnard_matches_the_book_of_fagerland():
    assert proportions.barnard_test(*TEA).p_value == approx(0.28906, abs=5e-6)


@pytest.mark.parametrize("statistic", ["pooled", "unpooled"])
@pytest.mark.parametrize("table", [(5, 11, 2, 13), (2, 9, 6, 11), (7, 15, 7, 20)])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_barnard_agrees_with_scipy(table, statistic, alternative):
    x, n, y, m = table
    theirs = barnard_exact([[x, y], [n - x, m - y]], alternative=alternative, pooled=statistic == "pooled", n=128)
    found = proportions.barnard_test(*table, statistic=statistic, alternative=alternative)
    assert found.statistic == approx(theirs.statistic, rel=1e-9)
    assert found.p_value == approx(theirs.pvalue, rel=1e-6)


# In fractions: 6 of 9 against 2 of 8 is just as extreme as 3 of 9 against 6 of 8, and scipy 1.17 loses it by rounding
def test_barnard_counts_tables_that_are_just_as_extreme():
    x, n, y, m = 3, 9, 6, 8

    def square(i, j):
        pooled = Fraction(i + j, n + m)
        spread = pooled * (1 - pooled) * (Fraction(1, n) + Fraction(1, m))
        return (Fraction(i, n) - Fraction(j, m)) ** 2 / spread if spread else Fraction(0)

    rejected = [at for at in product(range(n + 1), range(m + 1)) if square(*at) >= square(x, y)]
    grid = np.linspace(0, 1, 4001)
    highest = max(sum(binom.pmf(i, n, grid) * binom.pmf(j, m, grid) for i, j in rejected))
    assert proportions.barnard_test(x, n, y, m).p_value == approx(highest, rel=1e-6)
    assert highest > barnard_exact([[x, y], [n - x, m - y]]).pvalue + 0.003


@pytest.mark.parametrize("table", [(5, 11, 2, 13), (3, 9, 6, 8)])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_boschloo_agrees_with_scipy(table, alternative):
    x, n, y, m = table
    theirs = boschloo_exact([[x, y], [n - x, m - y]], alternative=alternative, n=128)
    found = proportions.boschloo_test(*table, alternative=alternative)
    assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-6)


# Straight from the definition: Fisher's two-sided p-value of every table by scipy, a fine grid of the nuisance
def test_boschloo_by_likelihood_agrees_with_its_definition():
    x, n, y, m = 5, 9, 1, 8
    p_values = {(i, j): fisher_exact([[i, n - i], [j, m - j]]).pvalue for i, j in product(range(n + 1), range(m + 1))}
    rejected = [table for table, p in p_values.items() if p <= p_values[x, y] * (1 + 1e-9)]
    grid = np.linspace(0, 1, 4001)
    highest = max(sum(binom.pmf(i, n, grid) * binom.pmf(j, m, grid) for i, j in rejected))
    assert proportions.boschloo_test(x, n, y, m, method="minlike").p_value == approx(highest, rel=1e-5)


@given(small, small, sides)
@settings(max_examples=25)
def test_boschloo_rejects_whenever_fisher_does(arm, reference, alternative):
    fisher = proportions.fisher_test(*arm, *reference, alternative=alternative, method="central").p_value
    assert proportions.boschloo_test(*arm, *reference, alternative=alternative).p_value <= fisher + 1e-9


# Type I error over the whole nuisance range, by enumeration
@pytest.mark.parametrize(
    "test", [proportions.barnard_test, proportions.boschloo_test, proportions.exact_test], ids=lambda f: f.__name__
)
def test_exact_unconditional_tests_keep_their_level(test):
    n, m = 9, 7
    rejected = [(i, j) for i in range(n + 1) for j in range(m + 1) if test(i, n, j, m).p_value <= 0.05]
    assert len(rejected) > 5
    grid = np.linspace(0, 1, 501)
    assert max(sum(binom.pmf(i, n, grid) * binom.pmf(j, m, grid) for i, j in rejected)) <= 0.05 + 1e-9


@given(small, small, sides)
@settings(max_examples=30)
def test_exact_tests_are_the_same_when_the_arms_change_places(arm, reference, alternative):
    other = {"two-sided": "two-sided", "greater": "less", "less": "greater"}[alternative]
    for test in (proportions.barnard_test, proportions.boschloo_test, proportions.exact_test):
        one = test(*arm, *reference, alternative=alternative).p_value
        assert one == approx(test(*reference, *arm, alternative=other).p_value, rel=1e-7)


# SAS FM example of CAMIS, SAS/ci_for_2indep_prop: margin .036, p = .0248, beside a Miettinen-Nurminen limit below -.036
def test_farrington_manning_matches_sas_and_mee_but_not_miettinen_and_nurminen():
    table = (36, 154, 12, 77)
    found = proportions.difference_test(*table, null=-0.036, alternative="greater")
    assert found.p_value == approx(0.0248, abs=5e-5)
    assert proportions.risk_difference(*table, bias_correction=False).lower > -0.036
    consistent = proportions.difference_test(*table, null=-0.036, alternative="greater", variance="miettinen-nurminen")
    assert consistent.p_value > 0.025 and proportions.risk_difference(*table).lower < -0.036


# Fagerland, Lydersen, Laake 2017, chapter 4, by R contingencytables 3.1 (tests/testthat/test-ch4.R)
def test_large_sample_tests_match_the_book_of_fagerland():
    found = proportions.chi_squared_test(*TEA)
    assert (found.statistic, found.p_value, found.df) == approx((2.0, 0.15730, 1), abs=5e-6)
    found = proportions.chi_squared_test(*TEA, correction="yates")
    assert (found.statistic, found.p_value) == approx((0.5, 0.47950), abs=5e-6)
    assert proportions.chi_squared_test(*RITLAND, correction="yates").p_value == approx(0.1016, abs=5e-5)
    found = proportions.g_test(*TEA)
    assert (found.statistic, found.p_value) == approx((2.093, 0.14798), abs=5e-4)
    assert proportions.difference_test(*RITLAND, variance="unpooled").statistic == approx(-4.353, abs=5e-4)


# R 4.2: chisq.test(matrix(c(7, 27, 1, 33), 2, byrow = TRUE)), with and without correct = FALSE
def test_chi_squared_matches_r():
    found = proportions.chi_squared_test(*PERONDI, correction="yates")
    assert (found.statistic, found.p_value) == approx((3.541666667, 0.059845299), rel=1e-8)
    found = proportions.chi_squared_test(*PERONDI)
    assert (found.statistic, found.p_value) == approx((5.1, 0.0239258435), rel=1e-8)


@given(interior, interior)
@settings(max_examples=60)
def test_chi_squared_agrees_with_scipy(arm, reference):
    (x, n), (y, m) = arm, reference
    table = [[x, n - x], [y, m - y]]
    plain, yates = chi2_contingency(table, correction=False), chi2_contingency(table, correction=True)
    g = chi2_contingency(table, correction=False, lambda_="log-likelihood")
    for theirs, found in (
        (plain, proportions.chi_squared_test(x, n, y, m)),
        (yates, proportions.chi_squared_test(x, n, y, m, correction="yates")),
        (g, proportions.g_test(x, n, y, m)),
    ):
        assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-7, abs=1e-12)
    found = proportions.chi_squared_test(x, n, y, m, correction="n-1")
    assert found.statistic == approx(plain.statistic * (n + m - 1) / (n + m), rel=1e-9)


@given(interior, interior, sides)
@settings(max_examples=60)
def test_tests_of_no_difference_agree_with_statsmodels(arm, reference, alternative):
    pairs = [
        ({"variance": "score"}, {"method": "score", "correction": False}),
        ({"variance": "miettinen-nurminen"}, {"method": "score", "correction": True}),
        ({"variance": "unpooled"}, {"method": "wald"}),
    ]
    for ours, theirs in pairs:
        expected = statsmodels_test(*arm, *reference, compare="diff", alternative=WORDS[alternative], **theirs)
        found = proportions.difference_test(*arm, *reference, alternative=alternative, **ours)
        assert (found.statistic, found.p_value) == approx((expected.statistic, expected.pvalue), rel=1e-8, abs=1e-12)


@given(interior, interior, sides, st.sampled_from([0.5, 0.9, 1.25, 2.0]))
@settings(max_examples=60)
def test_tests_of_ratios_agree_with_statsmodels(arm, reference, alternative, null):
    for ours, compare, logs in (
        (proportions.ratio_test, "ratio", "log"),
        (proportions.odds_ratio_test, "odds-ratio", "logit"),
    ):
        for variance, method in (("score", "score"), ("miettinen-nurminen", "score"), ("log", logs)):
            expected = statsmodels_test(
                *arm,
                *reference,
                value=null,
                compare=compare,
                method=method,
                alternative=WORDS[alternative],
                correction=variance == "miettinen-nurminen",
            )
            found = ours(*arm, *reference, null=null, alternative=alternative, variance=variance)
            assert (found.statistic, found.p_value) == approx((expected.statistic, expected.pvalue), rel=1e-6, abs=1e-9)


# Farrington, Manning 1990, with the restricted proportions found by search: statsmodels errs for a null other than 0
@given(interior, interior, st.sampled_from([-0.3, -0.1, 0.05, 0.2]))
@settings(max_examples=40)
def test_a_test_against_a_margin_agrees_with_its_definition(arm, reference, null):
    (x, n), (y, m) = arm, reference
    low, high = max(0.0, -null), min(1.0, 1.0 - null)

    def loss(q):
        p = min(1.0, q + null)
        return -(xlogy(x, p) + xlogy(n - x, 1 - p) + xlogy(y, q) + xlogy(m - y, 1 - q))

    q = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    se = sqrt((q + null) * (1 - q - null) / n + q * (1 - q) / m)
    z = (x / n - y / m - null) / se
    found = proportions.difference_test(x, n, y, m, null=null, alternative="greater")
    assert found.statistic == approx(z, rel=1e-5, abs=1e-6)
    assert found.p_value == approx(norm.sf(found.statistic), rel=1e-9)
    biased = proportions.difference_test(x, n, y, m, null=null, variance="miettinen-nurminen")
    assert biased.statistic == approx(found.statistic * sqrt((n + m - 1) / (n + m)), rel=1e-9, abs=1e-12)
    corrected = proportions.difference_test(x, n, y, m, null=null, continuity=True)
    shift = min(abs(x / n - y / m - null), (1 / n + 1 / m) / 2)
    assert abs(corrected.statistic) == approx(max(0.0, abs(z) - shift / se), rel=1e-4, abs=1e-5)


# The test rejects exactly the values outside the interval of the same method
@given(interior, interior, st.floats(-0.9, 0.9))
@settings(max_examples=60)
def test_tests_and_intervals_agree_on_what_is_rejected(arm, reference, null):
    pairs = [
        (proportions.risk_difference, proportions.difference_test, null, "miettinen-nurminen"),
        (proportions.koopman_ratio, proportions.ratio_test, np.exp(3 * null), "score"),
        (proportions.score_odds_ratio, proportions.odds_ratio_test, np.exp(3 * null), "miettinen-nurminen"),
        (proportions.katz_ratio, proportions.ratio_test, np.exp(3 * null), "log"),
        (proportions.woolf_odds_ratio, proportions.odds_ratio_test, np.exp(3 * null), "log"),
        (proportions.wald_difference, proportions.difference_test, null, "unpooled"),
    ]
    for interval, test, value, variance in pairs:
        ci = interval(*arm, *reference)
        if min(abs(ci.lower - value), abs(ci.upper - value)) > 1e-6:
            rejected = test(*arm, *reference, null=value, variance=variance).p_value < 0.05
            assert rejected == (not ci.lower <= value <= ci.upper)


@pytest.mark.parametrize(("table", "reason"), [((0, 9, 0, 7), "no-events"), ((9, 9, 7, 7), "no-variance")])
def test_one_outcome_alone_cannot_be_tested_for_large_samples(table, reason):
    for found in (proportions.chi_squared_test(*table), proportions.g_test(*table)):
        assert (found.statistic, found.p_value, found.reason) == (None, None, reason)
    for variance in ("score", "pooled", "unpooled"):
        assert proportions.difference_test(*table, variance=variance).reason == "no-variance"
    assert proportions.ratio_test(0, 9, 0, 7, null=2).reason == "no-events"
    assert proportions.odds_ratio_test(9, 9, 7, 7, null=2).reason == "undefined"
    assert proportions.ratio_test(0, 9, 3, 7, variance="log").reason == "separated"
    assert proportions.ratio_test(9, 9, 7, 7, variance="log").reason == "no-variance"


# Against a margin the same tables do say something
def test_no_event_in_either_arm_can_be_tested_against_a_margin():
    found = proportions.difference_test(0, 200, 0, 200, null=0.1, alternative="less")
    assert found.p_value < 1e-4
    assert proportions.exact_test(0, 200, 0, 200, null=0.1, alternative="less").p_value < 1e-4


@pytest.mark.parametrize("table", [(0, 9, 0, 7), (9, 9, 7, 7), (0, 1, 0, 1), (1, 1, 0, 1)])
def test_exact_tests_of_extreme_tables_are_defined(table):
    for test in (proportions.barnard_test, proportions.boschloo_test, proportions.exact_test):
        assert 0.05 < test(*table).p_value <= 1
    assert proportions.exact_test(*table, measure="odds-ratio").p_value > 0.05
    assert proportions.barnard_test(9, 9, 0, 8, statistic="unpooled").statistic == inf


def test_arguments_that_are_no_data_are_refused():
    functions = [
        proportions.difference_test,
        proportions.ratio_test,
        proportions.odds_ratio_test,
        proportions.chi_squared_test,
        proportions.g_test,
        proportions.barnard_test,
        proportions.boschloo_test,
        proportions.exact_test,
    ]
    for function in functions:
        for bad in [(1, 0), (-1, 5), (6, 5), (0.5, 5)]:
            with pytest.raises(InvalidInput, match="whole number"):
                function(*bad, 3, 5)
            with pytest.raises(InvalidInput, match="whole number"):
                function(3, 5, *bad)
    with pytest.raises(InvalidInput, match="null is 1"):
        proportions.difference_test(3, 5, 2, 5, null=1)
    with pytest.raises(InvalidInput, match="null is 0"):
        proportions.ratio_test(3, 5, 2, 5, null=0)
    with pytest.raises(InvalidInput, match="variance is 'wald'"):
        proportions.odds_ratio_test(3, 5, 2, 5, variance="wald")
    with pytest.raises(InvalidInput, match="statistic is 'score'"):
        proportions.barnard_test(3, 5, 2, 5, statistic="score")
    with pytest.raises(InvalidInput, match="method is 'blaker'"):
        proportions.boschloo_test(3, 5, 2, 5, method="blaker")
    with pytest.raises(InvalidInput, match="measure is 'odds'"):
        proportions.exact_test(3, 5, 2, 5, measure="odds")
    with pytest.raises(InvalidInput, match="berger_boos is 1"):
        proportions.exact_test(3, 5, 2, 5, berger_boos=1)
    with pytest.raises(InvalidInput, match="correction is True"):
        proportions.chi_squared_test(3, 5, 2, 5, correction=True)
