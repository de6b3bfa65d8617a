"""Difference of two proportions beside the score and Newcombe intervals of test_proportions.py.

Cases name their source in tests/reference/cases.json; the id is the test's.
"""

from itertools import product
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import beta, binom, chi2, norm
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases, holding, tolerance


def with_options(function, **options):
    return lambda *counts, level=0.95: function(*counts, level=level, **options)


INTERVALS = {
    "wald": proportions.wald_difference,
    "wald_cc": with_options(proportions.wald_difference, continuity=True),
    "haldane": proportions.haldane_difference,
    "jeffreys_perks": proportions.jeffreys_perks_difference,
    "hauck_anderson": proportions.hauck_anderson_difference,
    "agresti_caffo": proportions.agresti_caffo_difference,
    "brown_li": proportions.brown_li_difference,
    "mover_jeffreys": proportions.mover_difference,
    "mover_jeffreys_medians": with_options(proportions.mover_difference, about="medians"),
    "profile": proportions.profile_difference,
    "tail": proportions.tail_difference,
    "tail_midp": with_options(proportions.tail_difference, midp=True),
    "skewness": with_options(proportions.risk_difference, skewness=True),
    "gart_nam": with_options(proportions.risk_difference, skewness=True, bias_correction=False),
    "miettinen_nurminen_cc": with_options(proportions.risk_difference, continuity="yates"),
    "miettinen_nurminen_ha": with_options(proportions.risk_difference, continuity="hauck-anderson"),
}
CASES = [(id, key) for id, key in holding(*INTERVALS) if {"x1", "n1"} <= set(cases()[id]["inputs"])]
CAMIS = (36, 154, 12, 77)

counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.8, 0.95, 0.99])


def limits(found):
    return [found.lower, found.upper]


@pytest.mark.parametrize(("id", "key"), CASES)
def test_interval_matches_the_reference_case(id, key):
    case = cases()[id]
    given = case["inputs"]
    found = INTERVALS[key](given["x1"], given["n1"], given["x2"], given["n2"], level=given["conf"])
    assert limits(found) == approx(case["expected"][key], abs=tolerance(case, key))
    assert limits(found) == approx(case["computed"][key], abs=1e-9)


@pytest.mark.parametrize("id", ["NEWC98-M8-1", "NEWC98-M8-2"])
def test_tail_areas_match_newcombes_method_8(id):
    case = cases()[id]
    given = case["inputs"]
    found = proportions.tail_difference(given["x1"], given["n1"], given["x2"], given["n2"])
    assert limits(found) == approx(case["expected"]["ci"], abs=case["tol"])
    assert limits(found) == approx(case["computed"]["ci"], rel=1e-8)


def test_agresti_caffo_gives_the_adjusted_difference_and_its_standard_error():
    case = cases()["STATPSYCH-RD-57-100"]
    found = proportions.agresti_caffo_difference(57, 100, 15, 100)
    assert (found.centre, found.se) == approx((case["expected"]["est"], case["expected"]["se"]), abs=case["tol"])
    assert limits(found) == approx(case["expected"]["ci"], abs=case["tol"])
    assert found.estimate == approx(0.42)


# Case CAMIS-RD-MOVERJ and difference D4 of its README: two constructions, both in use, never to be mixed
@pytest.mark.parametrize(
    ("about", "expected"), [("medians", (-0.033570, 0.176023)), ("proportions", (-0.033572, 0.176321))]
)
def test_mover_with_jeffreys_limits_about_medians_and_about_proportions(about, expected):
    assert cases()["CAMIS-RD-MOVERJ"]["expected"]["ci"] == approx((-0.03357, 0.176023), abs=1e-9)
    found = proportions.mover_difference(*CAMIS, about=about)
    assert limits(found) == approx(expected, abs=1.1e-6)


# Laud 2017, Pharm Stat 16:334, table II: SCAS, MN and MOVER-J; as stored in ratesci tests/testthat/Table2.Rdata
@pytest.mark.parametrize(
    ("table", "scas", "mn", "mover"),
    [
        ((12, 16, 1, 16), (0.386, 0.878), (0.375, 0.863), (0.373, 0.849)),
        ((19, 29, 22, 30), (-0.312, 0.160), (-0.309, 0.158), (-0.301, 0.153)),
        ((5, 56, 0, 29), (-0.019, 0.187), (-0.033, 0.193), (-0.010, 0.177)),
    ],
)
def test_skewness_corrected_and_mover_intervals_match_laud(table, scas, mn, mover):
    assert limits(INTERVALS["skewness"](*table)) == approx(scas, abs=5e-4)
    assert limits(proportions.risk_difference(*table)) == approx(mn, abs=5e-4)
    assert limits(INTERVALS["mover_jeffreys_medians"](*table)) == approx(mover, abs=5e-4)


# Gart, Nam 1990, Biometrics 46:637, 7/25 and 2/25, as quoted in ratesci tests/testthat/test3.R
def test_gart_and_nam_interval_matches_the_paper():
    assert limits(INTERVALS["gart_nam"](7, 25, 2, 25)) == approx((-0.014, 0.414), abs=5e-4)


# CAMIS, R/ci_for_2indep_prop, output of ratesci rdci(..., cc = TRUE) and rdci(...), and of DescTools "blj"
@pytest.mark.parametrize(
    ("key", "expected", "tol"),
    [
        ("skewness", (-0.034239, 0.179081), 6e-7),
        ("gart_nam", (-0.033963, 0.178881), 6e-7),
        ("miettinen_nurminen_ha", (-0.043077, 0.183742), 6e-7),
        ("brown_li", (-0.0306, 0.181), 5e-4),
    ],
)
def test_further_intervals_match_camis(key, expected, tol):
    assert limits(INTERVALS[key](*CAMIS)) == approx(expected, abs=tol)


# tern tests/testthat/_snaps/desctools_binom_diff.md: two arms of 5 of 10 at 90 %
@pytest.mark.parametrize(
    ("key", "half"),
    [("brown_li", 0.3678005), ("haldane", 0.3451925), ("jeffreys_perks", 0.3451925), ("hauck_anderson", 0.4376957)],
)
def test_equal_arms_match_tern(key, half):
    assert limits(INTERVALS[key](5, 10, 5, 10, level=0.9)) == approx((-half, half), abs=6e-8)


@given(counts, counts, levels)
@settings(max_examples=60)
def test_wald_and_agresti_caffo_agree_with_statsmodels(arm, reference, level):
    for key, method in (("wald", "wald"), ("agresti_caffo", "agresti-caffo")):
        low, high = confint_proportions_2indep(*arm, *reference, compare="diff", method=method, alpha=1 - level)
        assert limits(INTERVALS[key](*arm, *reference, level=level)) == approx([max(-1, low), min(1, high)], abs=1e-9)


# Beal 1987: the limits solve a quadratic whose coefficients depend on the mean of the two proportions
@given(counts, counts, levels)
@settings(max_examples=60)
def test_beals_limits_solve_his_equation(arm, reference, level):
    (x, n), (y, m) = arm, reference
    z, d = norm.isf((1 - level) / 2), x / n - y / m
    u, v = (1 / n + 1 / m) / 4, (1 / n - 1 / m) / 4
    means = {"haldane": (x / n + y / m) / 2, "jeffreys_perks": ((x + 0.5) / (n + 1) + (y + 0.5) / (m + 1)) / 2}
    for key, a in means.items():
        for limit in limits(INTERVALS[key](x, n, y, m, level=level)):
            if abs(limit) < 1:
                inside = u * (4 * a * (1 - a) - limit**2) + 2 * v * (1 - 2 * a) * limit
                assert (d - limit) ** 2 == approx(z * z * inside, rel=1e-6, abs=1e-12)


def log_likelihood(p, q, x, n, y, m):
    return xlogy(x, p) + xlogy(n - x, 1 - p) + xlogy(y, q) + xlogy(m - y, 1 - q)


def highest(difference, x, n, y, m):
    """Profile log likelihood of a difference, by numerical search."""
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    found = minimize_scalar(
        lambda q: -log_likelihood(min(1, max(0, q + difference)), q, x, n, y, m),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return -found.fun, found.x


@given(counts, counts, levels)
@settings(max_examples=30)
def test_profile_limits_lose_the_chi_squared_quantile_of_likelihood(arm, reference, level):
    (x, n), (y, m) = arm, reference
    best = log_likelihood(x / n, y / m, x, n, y, m)
    for limit in limits(proportions.profile_difference(x, n, y, m, level=level)):
        if abs(limit) < 1 - 1e-6:
            assert 2 * (best - highest(limit, x, n, y, m)[0]) == approx(chi2.isf(1 - level, 1), rel=1e-5)


# By two loops over every pair of counts, compared as fractions, at the likeliest nuisance parameter found by search
@pytest.mark.parametrize("table", [(9, 10, 3, 10), (1, 12, 11, 13), (0, 6, 3, 9)])
@pytest.mark.parametrize(("key", "share"), [("tail", 1), ("tail_midp", 0.5)])
def test_tail_areas_at_the_limits_are_half_of_alpha(table, key, share):
    x, n, y, m = table
    for limit, sign in zip(limits(INTERVALS[key](*table)), (1, -1), strict=True):
        if abs(limit) == 1:
            continue
        _, q = highest(limit, *table)
        total = 0.0
        for i, j in product(range(n + 1), range(m + 1)):
            ahead = sign * (i * m - j * n - x * m + y * n)
            weight = 1 if ahead > 0 else share if ahead == 0 else 0
            total += weight * binom.pmf(i, n, q + limit) * binom.pmf(j, m, q)
        assert total == approx(0.025, rel=1e-4)


# Laud 2017, appendix: the score, its variance and third moment at proportions found by search
@given(counts, counts, st.booleans())
@settings(max_examples=40)
def test_skewness_corrected_limits_solve_their_equation(arm, reference, bias_correction):
    (x, n), (y, m) = arm, reference
    found = proportions.risk_difference(x, n, y, m, skewness=True, bias_correction=bias_correction)
    z = norm.isf(0.025)
    for limit, sign in zip(limits(found), (1, -1), strict=True):
        q = proportions.restricted_mle(limit, x, n, y, m)[1]
        p = q + limit
        if abs(limit) > 0.999 or min(p, q, 1 - p, 1 - q) < 1e-9:
            continue
        variance = (p * (1 - p) / n + q * (1 - q) / m) * ((n + m) / (n + m - 1) if bias_correction else 1)
        third = p * (1 - p) * (1 - 2 * p) / n**2 - q * (1 - q) * (1 - 2 * q) / m**2
        score = (x / n - y / m - limit) / sqrt(variance)
        assert score - third / variance**1.5 / 6 * (z * z - 1) == approx(sign * z, rel=1e-6)


@given(counts, counts, st.booleans())
@settings(max_examples=40)
def test_restricted_proportions_are_the_likeliest(arm, reference, downwards):
    for difference in (-0.7, -0.13, 0.0, 0.04, 0.5):
        p, q = proportions.restricted_mle(difference, *arm, *reference)
        ours = log_likelihood(p, q, *arm, *reference)
        assert p - q == approx(difference, abs=1e-12)
        assert ours >= highest(difference, *arm, *reference)[0] - 1e-9 * max(1, abs(ours))


@given(counts, counts, levels)
@settings(max_examples=40)
def test_mover_agrees_with_its_formula(arm, reference, level):
    (x, n), (y, m) = arm, reference
    tail = (1 - level) / 2
    a, b = beta(x + 0.5, n - x + 0.5), beta(y + 0.5, m - y + 0.5)
    p, q = a.median(), b.median()
    low = p - q - sqrt((p - a.ppf(tail)) ** 2 + (b.isf(tail) - q) ** 2)
    high = p - q + sqrt((a.isf(tail) - p) ** 2 + (q - b.ppf(tail)) ** 2)
    found = proportions.mover_difference(x, n, y, m, level=level, about="medians")
    assert limits(found) == approx([low, high], rel=1e-9, abs=1e-9)
    assert found.centre == approx(p - q, abs=1e-12) and found.estimate == x / n - y / m


def test_newcombe_with_design_effects_equals_the_interval_on_effective_counts():
    case = cases()["RAO-SCOTT-WEIL-TEST"]
    alive = [sum(pair[0] for pair in case["inputs"][arm]) for arm in ("control", "treated")]
    sizes = [sum(pair[1] for pair in case["inputs"][arm]) for arm in ("control", "treated")]
    effects = cases()["RAO-SCOTT-WEIL"]["computed"]
    found = proportions.newcombe_difference(
        *(alive[0], sizes[0], alive[1], sizes[1]),
        design_effect=effects["deff_control"],
        design_effect_ref=effects["deff_treated"],
    )
    assert limits(found) == approx(case["expected"]["newcombe_effective"], abs=1e-8)


@pytest.mark.parametrize("key", sorted(INTERVALS))
@given(counts, counts, levels)
@settings(max_examples=15)
def test_difference_is_mirrored_when_arms_or_events_are_swapped(key, arm, reference, level):
    found = INTERVALS[key](*arm, *reference, level=level)
    if found.lower is None:
        assert found.reason == "too-few" and 1 in (arm[1], reference[1])
        return
    assert -1 <= found.lower <= found.upper <= 1
    swapped = INTERVALS[key](*reference, *arm, level=level)
    assert [-swapped.upper, -swapped.lower] == approx(limits(found), abs=1e-8)
    (x, n), (y, m) = arm, reference
    failures = INTERVALS[key](n - x, n, m - y, m, level=level)
    assert [-failures.upper, -failures.lower] == approx(limits(found), abs=1e-8)
    if key not in ("agresti_caffo", "mover_jeffreys_medians", "brown_li"):  # those are about their own centre
        assert found.lower <= found.estimate + 1e-9 and found.estimate <= found.upper + 1e-9


@pytest.mark.parametrize("key", sorted(INTERVALS))
@pytest.mark.parametrize(
    "table", [(0, 1, 0, 1), (1, 1, 1, 1), (1, 1, 0, 1), (0, 9, 9, 9), (0, 16, 0, 15), (16, 16, 15, 15), (16, 16, 0, 15)]
)
def test_tables_with_empty_cells_have_a_defined_interval(key, table):
    found = INTERVALS[key](*table)
    if table[1] == 1 and key == "hauck_anderson":
        assert (found.lower, found.upper, found.reason) == (None, None, "too-few")
        return
    assert -1 <= found.lower <= found.upper <= 1
    if key not in ("wald", "haldane"):  # their variance vanishes with the observed proportions
        assert found.upper - found.lower > 0.03


def test_corrections_widen_the_score_interval():
    plain = proportions.risk_difference(10, 16, 5, 15)
    for continuity in ("yates", "hauck-anderson"):
        wide = proportions.risk_difference(10, 16, 5, 15, continuity=continuity)
        assert wide.lower < plain.lower and plain.upper < wide.upper


# A correction larger than the observed distance leaves nothing of it, and the interval still holds the estimate
def test_a_correction_does_not_pass_the_value_under_test():
    found = proportions.risk_difference(1, 2, 1, 2, continuity="yates")
    assert found.lower < 0 < found.upper and found.lower == approx(-found.upper)


@pytest.mark.parametrize("key", sorted(INTERVALS))
def test_arguments_that_are_no_data_are_refused(key):
    for bad in [(1, 0), (-1, 5), (6, 5), (0.5, 5), (float("nan"), 3)]:
        with pytest.raises(InvalidInput, match="whole number"):
            INTERVALS[key](*bad, 3, 5)
        with pytest.raises(InvalidInput, match="whole number"):
            INTERVALS[key](3, 5, *bad)
    with pytest.raises(InvalidInput, match="level"):
        INTERVALS[key](3, 5, 2, 5, level=1)


def test_options_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match="continuity is True"):
        proportions.risk_difference(3, 5, 2, 5, continuity=True)
    with pytest.raises(InvalidInput, match="about is 'median'"):
        proportions.mover_difference(3, 5, 2, 5, about="median")
