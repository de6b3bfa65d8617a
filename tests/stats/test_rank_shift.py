"""Hodges-Lehmann estimates; a case's id is that of tests/reference/cases.json, else the source is named."""

from math import comb, floor, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import norm

from helpers.errors import InvalidInput
from helpers.stats.rank import hodges_lehmann, mann_whitney, pseudo_median, signed_rank
from tests.stats.reference import cases
from tests.stats.test_rank import AFTER, BEFORE, CONTROL, POST, PRE, STIMULANT_1, STIMULANT_2, TREATED

ARMS = {"CAMIS-MW-BIRTHWT": ("smokers", "non_smokers"), "SAS-HL-9V9": ("a", "b")}
distinct = st.lists(st.integers(-500, 500), min_size=4, max_size=9, unique=True)


def limits(found):
    return found.lower, found.upper


@pytest.mark.parametrize("id", ARMS)
@pytest.mark.parametrize(("method", "key"), [("moses", "moses_ci"), ("exact", "exact_ci"), ("exact-sas", "exact_ci")])
def test_shift_matches_the_reference_case(id, method, key):
    case = cases()[id]
    x, y = (case["inputs"][name] for name in ARMS[id])
    found = hodges_lehmann(x, y, method=method)
    assert found.estimate == approx(case["expected"]["hl"], abs=1e-9)
    assert limits(found) == approx(case["expected"][key], abs=1e-9)
    if method == "moses":
        assert found.se == approx(case["expected"]["asymptotic_se"], abs=6e-5)
        assert found.se == approx(case["computed"]["asymptotic_se"], rel=1e-8)


# SAS/STAT user's guide, example "Hodges-Lehmann Estimation" (React, 98 %): asymptotic 0, 0.82; exact 0, 1.33
# R 4.2 coin 1.4: wilcox_test(distribution = "exact", conf.int = TRUE, conf.level = 0.98) gives 0, 0.82
def test_shift_matches_the_stimulants_of_sas_and_coin():
    found = hodges_lehmann(STIMULANT_2, STIMULANT_1, level=0.98)
    assert (found.estimate, *limits(found)) == approx((0.35, 0.0, 0.82), abs=1e-9)
    assert found.se == approx(0.1762, abs=5e-5)
    assert limits(hodges_lehmann(STIMULANT_2, STIMULANT_1, level=0.98, method="exact-sas")) == approx((0.0, 1.33))
    assert limits(hodges_lehmann(STIMULANT_2, STIMULANT_1, level=0.98, method="exact")) == approx((0.0, 0.82))
    assert limits(hodges_lehmann(STIMULANT_2, STIMULANT_1, level=0.98, ties=False)) == approx((0.0, 1.33))


# R 4.2 wilcox.test(conf.int = TRUE) as printed by CAMIS, R/nonpara_wilcoxon_ranksum and R/nparestimate
def test_root_search_meets_r_digit_for_digit():
    case = cases()["CAMIS-MW-BIRTHWT"]["inputs"]
    found = hodges_lehmann(case["smokers"], case["non_smokers"], method="root")
    assert (found.estimate, *limits(found)) == approx((-0.4261377, -0.76995896, -0.09000999), abs=5e-8)
    found = hodges_lehmann(BEFORE, AFTER, method="root")
    assert (found.estimate, *limits(found)) == approx((0.5600562, -0.3699774, 1.1829708), abs=5e-8)


# exactRankTests tests/reg-tests.R (StatXact 5; Hollander and Wolfe 1999, examples 4.1 and 4.2)
def test_exact_interval_matches_statxact_and_hollander_and_wolfe():
    found = hodges_lehmann(TREATED, CONTROL, method="exact-sas")
    assert (found.estimate, *limits(found)) == (9.5, -4, 22)
    # R 4.2 coin 1.4: wilcox_test(distribution = "exact", conf.int = TRUE)
    assert limits(hodges_lehmann(TREATED, CONTROL, method="exact")) == (0, 22)
    control = [1042, 1617, 1180, 973, 1552, 1251, 1151, 728, 1079, 951, 1319]
    treated = [874, 389, 612, 798, 1152, 893, 541, 741, 1064, 862, 213]
    found = hodges_lehmann(control, treated, method="exact")
    assert (found.estimate, *limits(found)) == (410, 168, 690)
    weeks, term = [1.15, 0.88, 0.90, 0.74, 1.21], [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    found = hodges_lehmann(weeks, term, method="exact")
    assert (found.estimate, *limits(found)) == approx((-0.305, -0.76, 0.15), abs=1e-12)


# exactRankTests tests/reg-tests.R: Hollander and Wolfe 1999, page 53; StatXact 4, page 168 (zeros dropped)
def test_pseudo_median_matches_hollander_and_wolfe_and_statxact():
    found = pseudo_median(AFTER, BEFORE)
    assert (found.estimate, *limits(found)) == approx((-0.46, -0.786, -0.010), abs=1e-12)
    assert found.attained == approx(1 - 2 * 10 / 2**9)
    found = pseudo_median(PRE, POST, zeros="drop")
    assert (found.estimate, *limits(found)) == (137.75, 54, 292)
    # R 4.2 wilcox.test(AFTER, BEFORE, paired = TRUE, exact = FALSE, conf.int = TRUE)
    found = pseudo_median(AFTER, BEFORE, method="root")
    assert (found.estimate, *limits(found)) == approx((-0.45996565, -0.78604299, -0.00996194), abs=5e-8)


@given(distinct, distinct, st.sampled_from([0.8, 0.9, 0.95]))
@settings(max_examples=40)
def test_exact_interval_holds_the_shifts_that_the_exact_test_does_not_reject(x, y, level):
    x, y = [v + 0.25 for v in x], [float(v) for v in y]  # no ties between the arms at any whole shift
    found = hodges_lehmann(x, y, level=level, method="exact")
    if found.reason:
        assert 2 / comb(len(x) + len(y), len(x)) > 1 - level
        return
    for shift, inside in [(found.lower - 0.1, False), (found.lower + 0.1, True), (found.upper + 0.1, False)]:
        p_value = mann_whitney(x, y, shift=shift + 1e-3, two_sided="doubled").p_value
        assert (p_value > 1 - level + 1e-9) is inside


@given(st.lists(st.integers(-500, 500), min_size=6, max_size=10), st.sampled_from([0.8, 0.9]))
@settings(max_examples=40)
def test_exact_centre_holds_the_centres_that_the_signed_rank_test_does_not_reject(x, level):
    x = np.cumsum(np.abs(x) + 1) + np.arange(len(x)) / 97 + np.arange(len(x)) ** 2 / 991  # distinct averages
    found = pseudo_median(x, level=level)
    for centre, inside in [(found.lower - 1e-4, False), (found.lower + 1e-4, True), (found.upper + 1e-4, False)]:
        p_value = signed_rank(x, centre=centre, two_sided="doubled").p_value
        assert (p_value > 1 - level + 1e-9) is inside


@given(distinct, distinct, st.sampled_from([0.8, 0.9, 0.95]))
@settings(max_examples=40)
def test_moses_limits_are_order_statistics_of_the_differences(x, y, level):
    n, m = len(x), len(y)
    ordered = sorted(a - b for a in x for b in y)
    c = floor(n * m / 2 - norm.isf((1 - level) / 2) * sqrt(n * m * (n + m + 1) / 12))
    found = hodges_lehmann(x, y, level=level, ties=False)
    assert found.estimate == approx(np.median(ordered))
    if c < 1:
        assert found.reason == "too-few"
    else:
        assert limits(found) == (ordered[c - 1], ordered[n * m - c])


@given(distinct, distinct)
@settings(max_examples=30)
def test_swapping_the_arms_mirrors_the_interval_and_shifting_moves_it(x, y):
    for method in ("moses", "exact", "mid-p"):
        found, swapped = hodges_lehmann(x, y, method=method), hodges_lehmann(y, x, method=method)
        moved = hodges_lehmann([v + 7 for v in x], y, method=method)
        if found.reason:
            continue
        assert limits(swapped) == (-found.upper, -found.lower)
        if len(set(x) & set(y)) == 0 == len({v + 7 for v in x} & set(y)):  # the same ties
            assert limits(moved) == (found.lower + 7, found.upper + 7)


def test_one_sided_limits_are_those_of_the_interval_of_twice_the_tail():
    both = hodges_lehmann(BEFORE, AFTER, level=0.9, method="exact")
    greater = hodges_lehmann(BEFORE, AFTER, level=0.95, method="exact", alternative="greater")
    less = hodges_lehmann(BEFORE, AFTER, level=0.95, method="exact", alternative="less")
    assert limits(greater) == (both.lower, np.inf)
    assert limits(less) == (-np.inf, both.upper)
    centre = pseudo_median(BEFORE, AFTER, level=0.95, alternative="greater")
    assert limits(centre) == (pseudo_median(BEFORE, AFTER, level=0.9).lower, np.inf)


def test_mid_p_interval_lies_within_the_exact_one():
    rng = np.random.default_rng(7)
    narrower = 0
    for _ in range(30):
        x, y = rng.normal(size=7), rng.normal(size=6)
        exact, mid = hodges_lehmann(x, y, method="exact"), hodges_lehmann(x, y, method="mid-p")
        assert exact.lower <= mid.lower <= mid.upper <= exact.upper
        assert exact.attained >= 0.95
        narrower += mid.attained < exact.attained
    assert narrower


def test_small_constant_and_infinite_samples_are_defined():
    assert hodges_lehmann([], [1]).reason == "too-few"
    assert hodges_lehmann([1, 2], [3]).reason == "too-few"
    assert hodges_lehmann([1, 2], [3]).estimate == -1.5
    assert hodges_lehmann([1, 2, 3], [1, 2, 3], method="exact").reason == "too-few"
    assert hodges_lehmann([2, 2], [2, 2], method="root").reason == "no-variance"
    constant = hodges_lehmann([2] * 6, [2] * 6)
    assert (constant.estimate, *limits(constant)) == (0, 0, 0)
    assert hodges_lehmann([-np.inf] * 4 + [1], [2] * 5).reason == "undefined"
    one_death = hodges_lehmann([-np.inf, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7])
    assert one_death.estimate == 2
    assert pseudo_median([]).reason == "too-few"
    assert pseudo_median([1, 2, 3]).reason == "too-few"


def test_infinite_values_are_refused_by_the_root_search_and_options_off_their_list():
    with pytest.raises(InvalidInput, match="infinite"):
        hodges_lehmann([np.inf, 1], [2], method="root")
    with pytest.raises(InvalidInput, match="infinite"):
        pseudo_median([np.inf, 1])
    with pytest.raises(InvalidInput, match="method"):
        hodges_lehmann([1], [2], method="asymptotic")
    with pytest.raises(InvalidInput, match="level"):
        hodges_lehmann([1], [2], level=1)
