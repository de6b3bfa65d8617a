"""The relative effect; a case's id is that of tests/reference/cases.json, else the source is named."""

from itertools import combinations, product
from math import atanh, log, sqrt, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from helpers.errors import InvalidInput
from helpers.stats.rank import (
    brunner_munzel,
    cliffs_delta,
    mann_whitney,
    newcombe_effect,
    paired_rank_biserial,
    relative_effect,
)
from tests.stats.reference import cases
from tests.stats.test_rank import AFTER, BEFORE

# Brunner and Munzel 2000, Neubert and Brunner 2007: pain scores on the third day after surgery
PAIN_Y = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
PAIN_N = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
# Brunner and Konietschke 2025, in the tests of R's hce
ORDINAL = [5] * 16 + [4] * 5 + [2], [5] * 4 + [4] + [3] * 5 + [2] * 7 + [1] * 2
# Hollander and Wolfe 1999, half-times of mucociliary clearance, in R's rankFD
NORMAL, ASBESTOSIS = [2.9, 3.0, 2.5, 2.6, 3.2], [2.8, 3.4, 3.7, 2.2, 2.0]

samples = st.lists(st.integers(0, 6), min_size=3, max_size=14)


def limits(found):
    return found.lower, found.upper


# R brunnermunzel README: t = 3.1375, df = 17.683, p = 0.005786, 0.788961 (0.5952169, 0.9827052)
def test_brunner_munzel_matches_the_pain_scores():
    found = brunner_munzel(PAIN_N, PAIN_Y)
    assert (found.statistic, found.df) == (approx(3.1375, abs=5e-5), approx(17.683, abs=5e-4))
    assert found.p_value == approx(0.005786, abs=5e-7)
    assert (found.estimate, *limits(found)) == approx((0.788961, 0.5952169, 0.9827052), abs=5e-8)


# R brunnermunzel, examples of brunnermunzel.permutation.test: p = 0.008038 and 0.158
def test_permuted_brunner_munzel_matches_r():
    assert brunner_munzel(PAIN_N, PAIN_Y, method="permutation").p_value == approx(0.008038, abs=5e-7)
    found = brunner_munzel(AFTER, BEFORE, method="permutation")
    assert (found.estimate, found.p_value) == (approx(0.2839506, abs=5e-8), approx(0.158, abs=5e-4))


# R brunnermunzel tests/testthat/test_f_subroutine.R: difference of mean ranks over n m times the error of the effect
@pytest.mark.parametrize(
    ("size", "start", "end", "expected"), [(6, 2, 7, 0.3975535), (6, 3, 8, 0.9335359), (11, 4, 14, 0.4667542)]
)
def test_studentised_effect_matches_the_fortran_of_r(size, start, end, expected):
    x, y = range(1, size), range(start, end)
    found = relative_effect(y, x)
    gap = (found.estimate - 0.5) * (len(x) + len(y))
    assert gap / (len(x) * len(y) * found.se) == approx(expected, abs=5e-8)


# R rankFD 0.1: rank.two.samples(HalfTime ~ Disease, method = ...) on Normal and Asbestosis, before rounding
@pytest.mark.parametrize(
    ("scale", "distribution", "statistic", "lower", "upper"),
    [
        ("identity", "t", -0.08703882798, 0.0, 1.0),  # rankFD leaves -0.1367 and 1.0967 outside the scale
        ("identity", "normal", -0.08703882798, 0.02963456423, 0.9303654358),
        ("logit", "normal", -0.08694595683, 0.1318852811, 0.8486826444),
        ("probit", "normal", -0.08696587382, 0.1189060679, 0.8599658338),
    ],
)
def test_transformed_intervals_match_rankfd(scale, distribution, statistic, lower, upper):
    found = relative_effect(ASBESTOSIS, NORMAL, scale=scale, distribution=distribution)
    assert (found.estimate, found.se) == approx((0.48, 0.2297825059), abs=5e-11)
    assert found.statistic == approx(statistic, abs=5e-11)
    assert limits(found) == approx((lower, upper), abs=5e-10)


# STATPSYCH-MANN: the SE that statpsych prints, .1222202, depends on the order of the input and is not met on purpose
def test_effect_and_placement_error_match_the_reference_case():
    case = cases()["STATPSYCH-MANN"]
    found = relative_effect(case["inputs"]["y1"], case["inputs"]["y2"])
    assert found.estimate == approx(case["expected"]["est"], abs=1e-9)
    assert found.se == approx(0.0857608, abs=5e-8)
    assert found.se != approx(0.1222202, abs=0.03)


# R hce tests/validate.R (published in Brunner and Konietschke 2025): unbiased variance 0.0041708562
def test_unbiased_variance_matches_brunner_and_konietschke():
    found = relative_effect(*ORDINAL, variance="unbiased", distribution="normal")
    assert found.se**2 == approx(0.0041708562, abs=5e-11)


# R hce 0.9.4: calcWINS(COVID19b, SE_WP_Type = "unbiased")$WP and $WP_W
def test_wilson_interval_matches_hce():
    active = np.repeat(range(1, 9), [33, 60, 16, 34, 23, 11, 158, 99])
    placebo = np.repeat(range(1, 9), [55, 72, 14, 40, 20, 6, 127, 76])
    options = {"variance": "unbiased", "distribution": "normal"}
    plain = relative_effect(active, placebo, **options)
    assert (plain.se, *limits(plain)) == approx((0.01921224184, 0.5253968504, 0.6007074545), abs=5e-11)
    assert plain.p_value == approx(0.001031197591, abs=5e-13)
    wilson = relative_effect(active, placebo, scale="wilson", **options)
    assert limits(wilson) == approx((0.5251418468, 0.600239841), abs=5e-10)
    assert wilson.p_value == approx(0.00113123348, abs=5e-13)


def delong(x, y):
    """Effect and variance of DeLong, DeLong and Clarke-Pearson from the matrix of comparisons."""
    psi = np.array([[(a > b) + (a == b) / 2 for b in y] for a in x])
    return psi.mean(), np.var(psi.mean(axis=1), ddof=1) / len(x) + np.var(psi.mean(axis=0), ddof=1) / len(y)


@given(samples, samples)
@settings(max_examples=50)
def test_effect_agrees_with_scipy_and_with_delong(x, y):
    p, variance = delong(x, y)
    found = relative_effect(x, y)
    assert found.estimate == approx(p)
    assert found.estimate == approx(mann_whitney(x, y).statistic / (len(x) * len(y)))
    if found.reason:
        assert p in (0, 1) or len(set(x + y)) == 1
        return
    assert found.se == approx(sqrt(variance))
    theirs = stats.brunnermunzel(x, y)
    assert (found.statistic, found.p_value) == (approx(-theirs.statistic, rel=1e-9, abs=1e-9), approx(theirs.pvalue))


@given(samples, samples)
@settings(max_examples=40)
def test_variances_agree_with_their_formulas(x, y):
    psi = np.array([[(a > b) + (a == b) / 2 for b in y] for a in x])
    n, m = psi.shape
    projected = np.var(psi.mean(axis=1)) / n + np.var(psi.mean(axis=0)) / m
    cells = list(product(range(n), range(m)))
    disjoint = [psi[a] * psi[b] for a, b in product(cells, cells) if a[0] != b[0] and a[1] != b[1]]
    unbiased = psi.mean() ** 2 - np.mean(disjoint)
    found = relative_effect(x, y, variance="projection")
    if not found.reason:
        assert found.se == approx(sqrt(projected))
        exact = relative_effect(x, y, variance="unbiased")
        if exact.se is None:
            assert unbiased < 1e-9
        else:
            assert exact.se == approx(sqrt(unbiased))


@given(samples, samples, st.sampled_from(["identity", "logit", "probit", "wilson"]))
@settings(max_examples=50)
def test_swapping_the_arms_mirrors_the_effect(x, y, scale):
    found, swapped = relative_effect(x, y, scale=scale), relative_effect(y, x, scale=scale)
    assert found.reason == swapped.reason
    assert found.estimate == approx(1 - swapped.estimate)
    if not found.reason:
        assert limits(found) == approx((1 - swapped.upper, 1 - swapped.lower), abs=1e-12)
        assert 0 <= found.lower <= found.estimate <= found.upper <= 1


@given(st.lists(st.integers(0, 3), min_size=2, max_size=4), st.lists(st.integers(0, 3), min_size=2, max_size=4))
@settings(max_examples=30)
def test_permuted_brunner_munzel_is_that_of_enumeration(x, y):
    pooled, n = np.array(x + y), len(x)
    if len(set(x + y)) == 1:
        return

    def studentised(first, second):
        p, variance = delong(first, second)
        if p in (0, 1):
            return np.inf if p else -np.inf
        return 0.0 if variance == 0 else (p - 0.5) / sqrt(variance)

    found = []
    for chosen in combinations(range(len(pooled)), n):
        rest = [i for i in range(len(pooled)) if i not in chosen]
        found.append(abs(studentised(pooled[list(chosen)], pooled[rest])))
    observed = abs(studentised(x, y))
    share = np.mean([f >= observed - 1e-9 if np.isfinite(observed) else f == observed for f in found])
    assert brunner_munzel(x, y, method="permutation").p_value == approx(share)


def test_permutation_interval_agrees_with_the_permutation_test():
    rng = np.random.default_rng(5)
    for _ in range(20):
        x, y = rng.integers(0, 6, 7), rng.integers(1, 7, 7)
        found = brunner_munzel(x, y, method="permutation", level=0.9, alternative="greater")
        if not found.reason and abs(found.p_value - 0.1) > 1e-9:
            assert (found.lower > 0.5) == (found.p_value < 0.1)


def test_random_permutations_repeat_with_their_seed():
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.8, 1, 16), rng.normal(size=15)
    one = brunner_munzel(x, y, method="permutation", seed=3)
    assert one == brunner_munzel(x, y, method="permutation", seed=3)
    assert one.p_value == approx(brunner_munzel(x, y).p_value, abs=0.02)


# R asht wmwTest(bw_s, bw_ns) as printed by CAMIS, R/nonpara_wilcoxon_ranksum: 0.7833333 (0.5696522, 0.9030435)
def test_newcombe_interval_matches_asht():
    given_ = cases()["CAMIS-MW-BIRTHWT"]["inputs"]
    found = newcombe_effect(given_["non_smokers"], given_["smokers"], continuity=True)
    assert (found.estimate, *limits(found)) == approx((0.7833333, 0.5696522, 0.9030435), abs=6e-8)
    assert found.p_value == approx(0.01001, abs=5e-6)


@given(samples, samples, st.booleans())
@settings(max_examples=40)
def test_newcombe_limits_solve_their_equation(x, y, ties):
    found = newcombe_effect(x, y, ties=ties)
    if found.reason:
        assert len(set(x + y)) == 1
        return
    n, m = len(x), len(y)
    sizes = np.unique(x + y, return_counts=True)[1]
    factor = 1 - (sizes**3 - sizes).sum() / ((n + m) ** 3 - n - m) if ties else 1
    for limit in limits(found):
        if limit not in (0.0, 1.0):
            q = limit / (1 + limit) + (1 - limit) / (2 - limit)
            variance = factor * limit * (1 - limit) * (1 + (n + m - 2) / 2 * q) / (n * m)
            assert (found.estimate - limit) ** 2 == approx(stats.chi2.ppf(0.95, 1) * variance, rel=1e-6)
    tested = mann_whitney(x, y, method="normal", continuity=False)
    if ties:
        assert found.p_value == approx(tested.p_value)


# EFFSIZE-RANKBIS; R effectsize tests/testthat/test-rankES.R: paired 0.777 (0.2953631, 0.9441559)
def test_rank_biserial_matches_effectsize():
    case = cases()["EFFSIZE-RANKBIS"]
    found = cliffs_delta(case["inputs"]["a"], case["inputs"]["b"], interval="fisher")
    assert found.estimate == approx(case["expected"]["rb"], abs=case["tol"])
    half = stats.norm.ppf(0.975) * sqrt(12 / (3 * 28))
    assert limits(found) == approx((tanh(atanh(17 / 28) - half), tanh(atanh(17 / 28) + half)))
    paired = paired_rank_biserial(BEFORE, AFTER)
    assert (paired.estimate, *limits(paired)) == approx((7 / 9, 0.2953631, 0.9441559), abs=5e-8)


@given(samples, samples)
@settings(max_examples=40)
def test_cliffs_delta_agrees_with_its_formula(x, y):
    d = np.array([[np.sign(a - b) for b in y] for a in x], dtype=float)
    n, m = d.shape
    delta = d.mean()
    found = cliffs_delta(x, y)
    assert found.estimate == approx(delta)
    if found.reason or abs(delta) == 1:
        return
    rows, columns = ((d.mean(axis=1) - delta) ** 2).sum(), ((d.mean(axis=0) - delta) ** 2).sum()
    variance = (m**2 * rows + n**2 * columns - ((d - delta) ** 2).sum()) / (n * m * (n - 1) * (m - 1))
    variance = max(variance, (1 - delta**2) / (n * m - 1))
    z = stats.norm.ppf(0.975)
    half = z * sqrt(variance) * sqrt((1 - delta**2) ** 2 + z**2 * variance)
    scale = 1 - delta**2 + z**2 * variance
    expected = (delta - delta**3 - half) / scale, (delta - delta**3 + half) / scale
    assert limits(found) == approx((max(-1, expected[0]), min(1, expected[1])))


def test_separated_and_small_samples_have_a_reason_or_a_range_preserving_interval():
    assert relative_effect([], [1, 2]).reason == "too-few"
    assert relative_effect([1], [2, 3]).reason == "too-few"
    assert relative_effect([1, 1], [1, 1]).reason == "no-variance"
    separated = relative_effect([7, 8, 9], [1, 2, 3])
    assert (separated.estimate, separated.lower, separated.reason) == (1, None, "separated")
    wilson = relative_effect([7, 8, 9], [1, 2, 3], scale="wilson")
    z2 = stats.norm.ppf(0.975) ** 2
    assert limits(wilson) == (approx(3 / (3 + z2)), 1.0)
    assert newcombe_effect([7, 8, 9], [1, 2, 3]).upper == 1.0
    assert 0.3 < newcombe_effect([7, 8, 9], [1, 2, 3]).lower < 0.7
    permuted = brunner_munzel([7, 8, 9], [1, 2, 3], method="permutation")
    assert (permuted.p_value, permuted.reason) == (approx(0.1), "separated")
    assert cliffs_delta([7, 8, 9], [1, 2, 3]).lower == approx((3 - z2) / (3 + z2))
    assert cliffs_delta([1, 2, 3], [7, 8, 9]).upper == approx(-(3 - z2) / (3 + z2))
    assert cliffs_delta([7, 8], [1, 2], interval="fisher").reason == "separated"
    assert paired_rank_biserial([1, 2], [1, 2]).reason == "too-few"
    assert paired_rank_biserial([2, 3], [1, 2]).reason == "separated"


def test_one_sided_limits_reach_to_the_end_of_the_scale():
    both = relative_effect(PAIN_N, PAIN_Y, level=0.9)
    assert limits(relative_effect(PAIN_N, PAIN_Y, alternative="greater")) == (approx(both.lower), 1.0)
    assert limits(relative_effect(PAIN_N, PAIN_Y, alternative="less")) == (0.0, approx(both.upper))
    assert relative_effect(PAIN_N, PAIN_Y, alternative="greater").p_value == approx(0.005786 / 2, abs=5e-7)


def test_odds_of_the_effect_have_the_logit_interval():
    found = relative_effect(PAIN_N, PAIN_Y, scale="logit", distribution="normal")
    odds = found.estimate / (1 - found.estimate)
    se = found.se / (found.estimate * (1 - found.estimate))
    assert log(found.upper / (1 - found.upper)) == approx(log(odds) + stats.norm.ppf(0.975) * se)


@pytest.mark.parametrize("option", [{"variance": "sample"}, {"scale": "log"}, {"distribution": "z"}, {"level": 0}])
def test_options_off_their_list_are_refused(option):
    with pytest.raises(InvalidInput):
        relative_effect([1, 2], [3, 4], **option)
