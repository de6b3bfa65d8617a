"""Tests of two samples and of pairs; a case's id is that of tests/reference/cases.json, else the source is named."""

from itertools import combinations, product
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from helpers.errors import InvalidInput
from helpers.stats.rank import (
    fligner_policello,
    mann_whitney,
    paired_permutation_test,
    permutation_test,
    sign_interval,
    sign_test,
    signed_rank,
)
from tests.stats.reference import cases, tolerance

# Hollander and Wolfe 1999, table 3.1: Hamilton depression scores at two visits
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# StatXact manual, serum antigen before and after, in exactRankTests' tests
PRE = [149, 0, 0, 259, 106, 255, 0, 52, 340, 65, 180, 0, 84, 89, 212, 554, 500, 424, 112, 2600]
POST = [0, 51, 0, 385, 0, 235, 0, 0, 48, 65, 77, 0, 0, 0, 53, 150, 0, 165, 98, 0]
# SAS/STAT user's guide, PROC NPAR1WAY, data set React
STIMULANT_1 = [1.94] * 2 + [2.92] * 4 + [3.27] * 4 + [3.70] * 2 + [3.74]
STIMULANT_2 = [3.27] * 3 + [3.70] * 2 + [3.74]
# StatXact 5, blood pressure, in coin's and exactRankTests' tests
TREATED, CONTROL = [94, 108, 110, 90], [80, 94, 85, 90, 90, 90, 108, 94, 78, 105, 88]
# Bergmann, Ludbrook, Spooren. Am Stat 2000;54:72-77: rotarod times
ROTAROD = [22, 300, 75, 271, 300, 18, 300, 300, 163, 300, 300, 300]
LOW_DOSE = [6.5, 9.4, 8.9, 8.8, 9.6, 8.3, 8.9, 7.0, 9.1, 6.9]  # beside CAMIS-MW-PLACEBO-HIGH

few = st.lists(st.integers(0, 4), min_size=1, max_size=5)
numbers = st.lists(st.integers(-6, 6), min_size=2, max_size=12)


def birth_weights():
    given_ = cases()["CAMIS-MW-BIRTHWT"]["inputs"]
    return given_["smokers"], given_["non_smokers"]


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("p_cc", {"method": "normal"}),
        ("p_nocc", {"method": "normal", "continuity": False}),
        ("p_less_cc", {"method": "normal", "alternative": "less"}),
        ("p_exact_ties", {"method": "exact"}),
    ],
)
def test_mann_whitney_matches_the_birth_weights_of_camis(key, options):
    case = cases()["CAMIS-MW-BIRTHWT"]
    found = mann_whitney(*birth_weights(), **options)
    assert found.statistic == case["expected"]["W"]
    assert found.p_value == approx(case["expected"][key], abs=tolerance(case, key))
    assert found.p_value == approx(case["computed"][key], rel=1e-8)


def test_mann_whitney_matches_the_one_sided_test_of_camis():
    case = cases()["CAMIS-MW-PLACEBO-HIGH"]
    arms = case["inputs"]["placebo"], case["inputs"]["high"]
    found = mann_whitney(*arms, alternative="greater", method="normal", continuity=False)
    assert (found.z, found.p_value) == (approx(case["expected"]["z"], abs=6e-5), approx(0.00561879047, rel=1e-8))
    # CAMIS, Comp/r-sas-wilcoxon-ranksum_hl: coin, exact
    assert mann_whitney(*arms, alternative="greater").p_value == approx(0.004682, abs=5e-7)


# CAMIS, Comp/r-sas-wilcoxon-ranksum_hl: coin 0.9561 and 0.9574; SAS prints the other tail, 0.0439 and 0.0455
def test_a_one_sided_test_against_the_direction_seen_keeps_its_direction():
    placebo = cases()["CAMIS-MW-PLACEBO-HIGH"]["inputs"]["placebo"]
    approximate = mann_whitney(placebo, LOW_DOSE, alternative="greater", method="normal", continuity=False)
    assert approximate.p_value == approx(0.9561, abs=5e-5)
    assert mann_whitney(placebo, LOW_DOSE, alternative="greater").p_value == approx(0.9574, abs=5e-5)
    assert mann_whitney(placebo, LOW_DOSE, alternative="less").p_value == approx(0.0455, abs=5e-5)


# SAS/STAT user's guide, examples "Exact Wilcoxon Two-Sample Test" (version 8 with the continuity correction)
@pytest.mark.parametrize(
    ("options", "one_sided", "two_sided"),
    [
        ({"method": "normal", "continuity": False}, 0.0382, 0.0764),
        ({"method": "normal"}, 0.0421, 0.0843),
        ({"method": "t", "continuity": False}, 0.0467, 0.0933),
        ({"method": "t"}, 0.0507, 0.1014),
        ({"method": "exact"}, 0.0527, 0.1054),
    ],
)
def test_mann_whitney_matches_the_stimulants_of_sas(options, one_sided, two_sided):
    found = mann_whitney(STIMULANT_2, STIMULANT_1, **options)
    assert found.rank_sum == 79.5
    assert found.sd == approx(11.004784, abs=5e-7)
    assert found.p_value == approx(two_sided, abs=5e-5)
    assert mann_whitney(STIMULANT_2, STIMULANT_1, alternative="greater", **options).p_value == approx(
        one_sided, abs=5e-5
    )


# SAS/STAT user's guide version 8, example 47.1 (rheumatoid arthritis); CAMIS SAS/ranksum, t approximation
def test_normal_and_t_approximations_match_sas():
    active, placebo = np.repeat([5, 4, 3, 2, 1], [5, 11, 5, 1, 5]), np.repeat([5, 4, 3, 2, 1], [2, 4, 7, 7, 12])
    found = mann_whitney(active, placebo, method="normal")
    assert (found.sd, found.z) == (approx(63.972744, abs=5e-7), approx(2.9466, abs=5e-5))
    assert found.p_value == approx(0.0032, abs=5e-5)
    assert mann_whitney(*birth_weights(), method="t").p_value == approx(0.0156, abs=5e-5)
    assert mann_whitney(*birth_weights(), method="t", alternative="less").p_value == approx(0.0078, abs=5e-5)


# coin tests/comparisons.R (StatXact 6, page 342); exactRankTests tests/reg-tests.R; coin example (Hollander and Wolfe)
def test_exact_p_values_match_statxact_and_r():
    assert mann_whitney(TREATED, CONTROL).p_value == approx(0.0989, abs=5e-5)
    assert mann_whitney(TREATED, CONTROL, alternative="greater").p_value == approx(0.0542, abs=5e-5)
    assert mann_whitney(TREATED, CONTROL, method="normal", continuity=False).z == approx(1.720, abs=5e-4)
    weeks, term = [1.15, 0.88, 0.90, 0.74, 1.21], [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    assert mann_whitney(weeks, term).p_value == approx(0.2544123, abs=5e-8)
    assert mann_whitney([300] * 12, ROTAROD, alternative="greater").p_value == approx(0.0186, abs=5e-5)
    assert mann_whitney([300] * 12, ROTAROD).p_value == approx(0.0373, abs=5e-5)
    assert mann_whitney([300] * 12, ROTAROD, method="normal", continuity=False).p_value == approx(0.0147, abs=5e-5)


def test_scipys_exact_method_ignores_ties_and_is_not_used():
    x, y = birth_weights()
    assert stats.mannwhitneyu(x, y, method="exact").pvalue == approx(0.009115, abs=5e-7)
    assert mann_whitney(x, y).p_value == approx(0.008181, abs=5e-7)


def enumerated(x, y, alternative, mid_p, two_sided):
    """p-value over every way to draw the first sample from both."""
    pooled, n = np.array([*x, *y], dtype=float), len(x)
    ranks = stats.rankdata(pooled)
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(len(pooled)), n)])
    observed, centre = ranks[:n].sum(), n * ranks.mean()

    def share(found, at):
        tied = np.isclose(found, at)
        return (np.sum((found > at) & ~tied) + np.sum(tied) * (0.5 if mid_p else 1)) / len(found)

    upper, lower = share(sums, observed), share(-sums, -observed)
    if alternative != "two-sided":
        return upper if alternative == "greater" else lower
    return (
        min(1, 2 * min(upper, lower)) if two_sided == "doubled" else share(abs(sums - centre), abs(observed - centre))
    )


@given(
    few, few, st.sampled_from(["two-sided", "greater", "less"]), st.booleans(), st.sampled_from(["distance", "doubled"])
)
@settings(max_examples=60)
def test_exact_p_value_with_ties_is_that_of_enumeration(x, y, alternative, mid_p, two_sided):
    if len(set(x + y)) == 1:
        return
    found = mann_whitney(x, y, alternative=alternative, method="mid-p" if mid_p else "exact", two_sided=two_sided)
    assert found.p_value == approx(enumerated(x, y, alternative, mid_p, two_sided), abs=1e-12)


@given(st.lists(st.integers(0, 20), min_size=3, max_size=25), st.lists(st.integers(0, 20), min_size=3, max_size=25))
@settings(max_examples=40)
def test_normal_approximation_agrees_with_scipy(x, y):
    if len(set(x + y)) == 1:
        return
    for continuity in (True, False):
        for alternative in ("two-sided", "greater", "less"):
            found = mann_whitney(x, y, method="normal", continuity=continuity, alternative=alternative)
            theirs = stats.mannwhitneyu(x, y, method="asymptotic", use_continuity=continuity, alternative=alternative)
            if found.statistic != found.expected:  # at the mean scipy still corrects for continuity
                assert found.p_value == approx(theirs.pvalue, rel=1e-9)
            assert found.statistic == theirs.statistic


@given(numbers, numbers)
@settings(max_examples=40)
def test_swapping_the_arms_mirrors_the_test(x, y):
    one, other = mann_whitney(x, y, alternative="greater"), mann_whitney(y, x, alternative="less")
    assert one.statistic + other.statistic == len(x) * len(y)
    assert one.p_value == approx(other.p_value, abs=1e-12)


def test_infinite_values_have_ranks_and_missing_ones_do_not():
    with_death = mann_whitney([-np.inf, 3, 4, np.nan], [1, 2, 5])
    assert (with_death.n, with_death.statistic) == (3, mann_whitney([-9, 3, 4], [1, 2, 5]).statistic)


def test_samples_too_large_to_list_say_so():
    found = mann_whitney(range(1500), range(1500, 2500))
    assert (found.p_value, found.reason) == (None, "too-large")


# Hollander, Wolfe, Chicken 2014, example 4.5 (plasma glucose of geese): U = 1.468, exact P = 0.0808
def test_fligner_policello_matches_hollander_and_wolfe():
    healthy, poisoned = [297, 340, 325, 227, 277, 337, 250, 290], [293, 291, 289, 430, 510, 353, 318]
    found = fligner_policello(poisoned, healthy, alternative="greater", method="permutation")
    assert (found.z, found.p_value) == (approx(1.468, abs=5e-4), approx(0.0808, abs=5e-5))
    assert fligner_policello(poisoned, healthy).p_value == approx(2 * stats.norm.sf(found.z), rel=1e-12)


@given(numbers, numbers)
@settings(max_examples=30)
def test_fligner_policello_agrees_with_its_formula(x, y):
    p = [sum(a > b for b in y) + sum(a == b for b in y) / 2 for a in x]
    q = [sum(b > a for a in x) + sum(a == b for a in x) / 2 for b in y]
    spread = np.var(p) * len(p) + np.var(q) * len(q) + np.mean(p) * np.mean(q)
    if spread > 1e-9 and len(set(x + y)) > 1:
        found = fligner_policello(x, y)
        assert found.z == approx((sum(p) - sum(q)) / (2 * sqrt(spread)), rel=1e-9, abs=1e-12)


def test_fligner_policello_of_separated_samples_is_judged_by_permutation():
    assert fligner_policello([5, 6, 7], [1, 2, 3]).reason == "separated"
    found = fligner_policello([5, 6, 7], [1, 2, 3], method="permutation")
    assert found.p_value == approx(2 / comb(6, 3), abs=1e-12)


# coin example SymmetryTests and R: V = 40, p = 0.01953, mid-p 0.01660156; exactRankTests: V = 124, p = 0.0021, .0038
def test_signed_rank_matches_r_and_statxact():
    found = signed_rank(BEFORE, AFTER, alternative="greater")
    assert (found.statistic, found.z, found.p_value) == (40, approx(2.0732, abs=5e-5), approx(0.01953125, abs=1e-12))
    assert signed_rank(BEFORE, AFTER, alternative="greater", method="mid-p").p_value == approx(0.01660156, abs=5e-9)
    antigen = signed_rank(PRE, POST)
    assert (antigen.statistic, antigen.p_value) == (124, approx(0.0021, abs=5e-5))
    assert signed_rank(PRE, POST, method="normal", continuity=False).p_value == approx(0.003783, abs=5e-7)
    # R 4.2 coin 1.4: wilcoxsign_test(pre ~ post, distribution = "exact"), zeros by Pratt
    pratt = signed_rank(PRE, POST, zeros="pratt")
    assert (pratt.statistic, pratt.z, pratt.p_value) == (
        180,
        approx(3.0023465, abs=5e-8),
        approx(0.001556396, abs=5e-10),
    )


# CAMIS SAS/wilcoxonsr_HL, PROC UNIVARIATE: 19 differences, S = -34, p = 0.1819; sign test M = -2.5, p = 0.3593
def test_signed_rank_and_sign_test_match_sas():
    a = [143.67, 163.082, 153.393, 153.082, 146.72, 150.668, 148.613, 153.478, 153.412, 158.247, 149.614, 173.939]
    a += [165.729, 145.813, 143.944, 152.307, 141.311, 176.453, 143.44]
    b = [153.316, 170.576, 168.599, 142.358, 141.193, 147.204, 133.504, 141.291, 131.31, 125.984, 164.198, 159.107]
    b += [135.533, 159.743, 153.506, 126.745, 162.417, 134.898, 136.321]
    found = signed_rank(b, a)
    assert (found.statistic - found.expected, found.p_value) == (-34, approx(0.1819, abs=5e-5))
    signs = sign_test(b, a)
    assert ((signs.above - signs.below) / 2, signs.p_value) == (-2.5, approx(0.3593, abs=5e-5))


# R coin example: one-sided exact sign test p = 0.08984, mid-p 0.0546875
def test_sign_test_matches_coin():
    assert sign_test(BEFORE, AFTER, alternative="greater").p_value == approx(0.08984375, abs=1e-9)
    assert sign_test(BEFORE, AFTER, alternative="greater", method="mid-p").p_value == approx(0.0546875, abs=1e-9)
    assert sign_test(BEFORE, AFTER, method="normal", continuity=False).z == approx(1.6667, abs=5e-5)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9), st.sampled_from(["drop", "pratt"]))
@settings(max_examples=60)
def test_exact_signed_rank_is_that_of_all_signs(differences, zeros):
    d = np.array(differences, dtype=float)
    if zeros == "drop":
        d = d[d != 0]
    ranks = stats.rankdata(abs(d))[d != 0]
    found = signed_rank(differences, zeros=zeros)
    if not len(ranks):
        assert found.reason == "too-few"
        return
    sums = np.array([np.dot(signs, ranks) for signs in product((0, 1), repeat=len(ranks))])
    observed = ranks[d[d != 0] > 0].sum()
    far = abs(sums - ranks.sum() / 2) >= abs(observed - ranks.sum() / 2) - 1e-9
    assert (found.statistic, found.p_value) == (observed, approx(far.mean(), abs=1e-12))


@given(st.lists(st.integers(-30, 30).filter(bool), min_size=3, max_size=20))
@settings(max_examples=30)
def test_signed_rank_approximation_and_sign_test_agree_with_scipy(differences):
    for continuity in (True, False):
        theirs = stats.wilcoxon(differences, correction=continuity, method="asymptotic")
        found = signed_rank(differences, method="normal", continuity=continuity)
        assert found.p_value == approx(theirs.pvalue, rel=1e-9)
    above = sum(d > 0 for d in differences)
    assert sign_test(differences).p_value == approx(stats.binomtest(above, len(differences)).pvalue, rel=1e-9)


# order statistics 2 and 8 of 9: the binomial tail below 2 is 0.0195
def test_sign_interval_lies_between_two_of_the_values():
    found = sign_interval(range(1, 10))
    assert (found.lower, found.estimate, found.upper) == (2, 5, 8)
    assert sign_interval([1, 2, 3]).reason == "too-few"
    assert sign_interval(range(1, 10), alternative="greater").upper == np.inf


# coin tests/comparisons.R (StatXact 6, page 394); exactRankTests tests/reg-tests.R (StatXact 4, page 183); coin example
def test_permutation_of_means_matches_statxact():
    assert permutation_test(TREATED, CONTROL).p_value == approx(0.1040, abs=5e-5)
    assert permutation_test(TREATED, CONTROL, alternative="greater").p_value == approx(0.0564, abs=5e-5)
    aids = [-149, 51, 0, 126, -106, -20, 0, -52, -292, 0, -103, 0, -84, -89, -159, -404, -500, -259, -14, -2600]
    assert paired_permutation_test(aids).p_value == approx(0.0021, abs=5e-5)
    assert paired_permutation_test(aids, alternative="less").p_value == approx(0.0011, abs=5e-5)
    weeks, term = [1.15, 0.88, 0.90, 0.74, 1.21], [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    assert permutation_test(weeks, term).p_value == approx(0.1318681, abs=5e-8)


def test_permutation_of_values_off_any_grid_is_that_of_scipy():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=6), rng.normal(0.7, 1, 7)

    def means(a, b):
        return np.mean(a) - np.mean(b)

    for alternative in ("greater", "less"):
        theirs = stats.permutation_test((x, y), means, n_resamples=np.inf, alternative=alternative)
        assert permutation_test(x, y, alternative=alternative).p_value == approx(theirs.pvalue, rel=1e-9)
    for alternative in ("greater", "two-sided"):
        options = {"permutation_type": "samples", "n_resamples": np.inf, "alternative": alternative}
        found = paired_permutation_test(x, alternative=alternative)
        assert found.exact
        assert found.p_value == approx(stats.permutation_test((x,), np.mean, **options).pvalue, rel=1e-9)


def test_random_arrangements_come_near_the_exact_p_value_and_repeat():
    exact = permutation_test(TREATED, CONTROL).p_value
    drawn = permutation_test(TREATED, CONTROL, method="random", resamples=20_000, seed=1)
    assert not drawn.exact
    assert drawn.p_value == approx(exact, abs=4 * sqrt(exact * (1 - exact) / 20_000))
    assert drawn == permutation_test(TREATED, CONTROL, method="random", resamples=20_000, seed=1)
    large = permutation_test(np.linspace(0, 1, 60) ** 1.7, np.linspace(0, 1, 60) ** 1.1, resamples=500)
    assert (large.exact, large.resamples) == (False, 500)


@pytest.mark.parametrize("function", [mann_whitney, permutation_test, fligner_policello])
def test_empty_and_constant_samples_have_a_reason(function):
    assert function([], [1, 2]).reason == "too-few"
    assert mann_whitney([], [1, 2]).rank_sum is None
    assert function([1, np.nan], []).reason == "too-few"
    constant = function([2, 2], [2, 2, 2])
    assert constant.reason == "no-variance"
    assert constant.p_value in (None, 1.0)


def test_pairs_without_a_difference_have_a_reason():
    assert signed_rank([1, 2], [1, 2]).reason == "too-few"
    assert sign_test([1, 2], [1, 2]).reason == "too-few"
    assert paired_permutation_test([1, 2], [1, 2]).p_value == 1.0
    assert signed_rank([3.0], method="t").reason == "too-few"


def test_options_off_their_list_and_unequal_pairs_are_refused():
    with pytest.raises(InvalidInput, match="alternative"):
        mann_whitney([1], [2], alternative="bigger")
    with pytest.raises(InvalidInput, match="method"):
        mann_whitney([1], [2], method="asymptotic")
    with pytest.raises(InvalidInput, match="pairs"):
        signed_rank([1, 2], [1])
    with pytest.raises(InvalidInput, match="level"):
        sign_interval([1, 2], level=95)
