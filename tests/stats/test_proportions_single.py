"""One proportion. Cases name their source in tests/reference/cases.json; the id is the test's."""

from math import asin, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import binom, binomtest, chi2, norm
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases, holding, tolerance

INTERVALS = {
    "wilson": proportions.wilson,
    "wilson_cc": lambda x, n, level=0.95: proportions.wilson(x, n, level=level, continuity=True),
    "modified_wilson": proportions.modified_wilson,
    "wald": proportions.wald,
    "wald_cc": lambda x, n, level=0.95: proportions.wald(x, n, level=level, continuity=True),
    "agresti_coull": proportions.agresti_coull,
    "agresti_coull_plus4": proportions.plus_four,
    "logit": proportions.logit,
    "arcsine_anscombe": proportions.arcsine,
    "arcsine_plain": lambda x, n, level=0.95: proportions.arcsine(x, n, level=level, anscombe=False),
    "likelihood_ratio": proportions.likelihood_ratio,
    "jeffreys": proportions.jeffreys,
    "modified_jeffreys": lambda x, n, level=0.95: proportions.jeffreys(x, n, level=level, modified=True),
    "skewness_corrected": proportions.skewness_corrected,
    "clopper_pearson": proportions.clopper_pearson,
    "midp": proportions.mid_p,
    "blaker": proportions.blaker,
    "blaker_midp": lambda x, n, level=0.95: proportions.blaker(x, n, level=level, midp=True),
    "sterne": proportions.sterne,
    "pratt": proportions.pratt,
}
#: Keys of cases.json that hold limits of one proportion for x of n.
CASES = [(id, key) for id, key in holding(*INTERVALS) if {"x", "n"} <= set(cases()[id]["inputs"])]

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
interior = st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def limits(found):
    return [found.lower, found.upper]


@pytest.mark.parametrize(("id", "key"), CASES)
def test_interval_matches_the_reference_case(id, key):
    case = cases()[id]
    found = INTERVALS[key](case["inputs"]["x"], case["inputs"]["n"], level=case["inputs"].get("conf", 0.95))
    assert limits(found) == approx(case["expected"][key], abs=tolerance(case, key))


@pytest.mark.parametrize(("key", "at"), [("a", 0), ("b", 1)])
def test_blaker_matches_the_published_intervals(key, at):
    case = cases()["BLAKER-2-123"]
    found = proportions.blaker(*case["inputs"]["items"][at])
    assert limits(found) == approx(case["expected"][key], abs=tolerance(case, key))


def test_wilson_with_a_design_effect_matches_saha_miller_and_wang():
    case = cases()["DEFF-WILSON"]
    found = proportions.wilson(60, 203, design_effect=case["inputs"]["deff"])
    assert limits(found) == approx(case["expected"]["ci"], abs=case["tol"])
    assert found.estimate == 60 / 203


# Newcombe 1998, Stat Med 17:857, table I; Brown, Cai, DasGupta 2001; Lecoutre 2016; as quoted in ratesci tests/test3.R
@pytest.mark.parametrize(
    ("key", "events", "n", "expected", "tol"),
    [
        ("wilson", 15, 148, (0.0624, 0.1605), 5e-5),
        ("wilson_cc", 15, 148, (0.0598, 0.1644), 5e-5),
        ("clopper_pearson", 15, 148, (0.0578, 0.1617), 5e-5),
        ("midp", 15, 148, (0.0601, 0.1581), 5e-5),
        ("wilson", 0, 20, (0, 0.1611), 5e-5),
        ("wilson_cc", 0, 20, (0, 0.2005), 5e-5),
        ("clopper_pearson", 0, 20, (0, 0.1684), 5e-5),
        ("midp", 0, 20, (0, 0.1391), 5e-5),
        ("jeffreys", 0, 20, (0, 0.117), 5e-4),
        ("jeffreys", 1, 29, (0.004, 0.150), 5e-4),
        ("skewness_corrected", 0, 20, (0, 0.1297), 5e-5),
        ("skewness_corrected", 1, 29, (0.0020, 0.1549), 5e-5),
    ],
)
def test_interval_matches_newcombe_and_others(key, events, n, expected, tol):
    assert limits(INTERVALS[key](events, n)) == approx(expected, abs=tol)


# Fagerland, Lydersen, Laake 2017, chapter 2, by R contingencytables 3.1 (tests/testthat/test-ch2.R)
@pytest.mark.parametrize(
    ("key", "events", "n", "level", "expected"),
    [
        ("agresti_coull_plus4", 19, 20, 0.85, (0.7778, 0.9722)),
        ("arcsine_anscombe", 100, 5000, 0.9, (0.0169, 0.0235)),
        ("blaker", 1, 100, 0.95, (0.0005, 0.0513)),
        ("blaker", 0, 9, 0.95, (0, 0.3161)),
        ("blaker", 9, 9, 0.95, (0.6839, 1)),
        ("blaker_midp", 100, 500, 0.5, (0.1881, 0.2121)),
        ("blaker_midp", 1, 1, 0.95, (0.1, 1)),
        ("clopper_pearson", 13, 16, 0.95, (0.5435, 0.9595)),
        ("midp", 13, 16, 0.95, (0.5699, 0.9500)),
        ("midp", 0, 9, 0.95, (0, 0.2831)),
        ("jeffreys", 13, 16, 0.95, (0.5792, 0.9442)),
        ("likelihood_ratio", 13, 16, 0.95, (0.5828, 0.9497)),
        ("likelihood_ratio", 0, 10, 0.95, (0, 0.1748)),
        ("wald_cc", 13, 16, 0.9, (0.6207, 1)),
        ("wilson", 13, 16, 0.95, (0.5699, 0.9341)),
        ("wilson_cc", 13, 16, 0.95, (0.5369, 0.9503)),
    ],
)
def test_interval_matches_the_book_of_fagerland(key, events, n, level, expected):
    assert limits(INTERVALS[key](events, n, level=level)) == approx(expected, abs=5e-5)


# R 4.2: prop.test(3, 17)$conf.int and prop.test(3, 17, correct = FALSE)$conf.int
@pytest.mark.parametrize(
    ("key", "level", "expected"),
    [
        ("wilson_cc", 0.95, (0.04672956972, 0.44195591917)),
        ("wilson", 0.95, (0.06191126638, 0.41029458569)),
    ],
)
def test_wilson_matches_r(key, level, expected):
    assert limits(INTERVALS[key](3, 17, level=level)) == approx(expected, rel=1e-9)


@given(counts, levels)
@settings(max_examples=60)
def test_closed_forms_agree_with_statsmodels(pair, level):
    events, n = pair
    for key, theirs in (("wald", "normal"), ("agresti_coull", "agresti_coull")):
        expected = proportion_confint(events, n, alpha=1 - level, method=theirs)
        assert limits(INTERVALS[key](events, n, level=level)) == approx(expected, rel=1e-9, abs=1e-12)
    if 0 < events < n:
        expected = proportion_confint(events, n, alpha=1 - level, method="jeffreys")
        assert limits(proportions.jeffreys(events, n, level=level)) == approx(expected, rel=1e-9)


@given(interior, levels)
@settings(max_examples=60)
def test_transforms_agree_with_their_formulas(pair, level):
    events, n = pair
    z, p = norm.isf((1 - level) / 2), events / n
    shift = z / sqrt(n * p * (1 - p))
    found = proportions.logit(events, n, level=level)
    assert limits(found) == approx([expit(logit(p) - shift), expit(logit(p) + shift)], rel=1e-9)
    for anscombe, start in ((True, (events + 3 / 8) / (n + 3 / 4)), (False, p)):
        found = proportions.arcsine(events, n, level=level, anscombe=anscombe)
        angles = np.clip(asin(sqrt(start)) + np.array([-1, 1]) * z / 2 / sqrt(n), 0, np.pi / 2)
        assert limits(found) == approx(np.sin(angles) ** 2, rel=1e-9, abs=1e-15)


# Newcombe's method 4 and 7 and Laud's SCAS as the roots of their equations, not by their closed forms
@given(interior, levels)
@settings(max_examples=60)
def test_limits_solve_the_equations_of_their_papers(pair, level):
    events, n = pair
    z, p = norm.isf((1 - level) / 2), events / n

    def z_corrected(value):
        return max(0.0, abs(p - value) - 0.5 / n) - z * sqrt(value * (1 - value) / n)

    found = proportions.wilson(events, n, level=level, continuity=True)
    assert found.lower == approx(brentq(z_corrected, 1e-12, p), rel=1e-6, abs=1e-9)
    assert found.upper == approx(brentq(z_corrected, p, 1 - 1e-12), rel=1e-6)
    for limit in limits(proportions.likelihood_ratio(events, n, level=level)):
        deviance = 2 * (binom.logpmf(events, n, p) - binom.logpmf(events, n, limit))
        assert deviance == approx(chi2.isf(1 - level, 1), rel=1e-6)
    for limit, sign in zip(limits(proportions.skewness_corrected(events, n, level=level)), (1, -1), strict=True):
        gamma = (1 - 2 * limit) / sqrt(n * limit * (1 - limit))
        score = (p - limit) / sqrt(limit * (1 - limit) / n)
        corrected = score - gamma / 6 * (z * z - 1)
        assert corrected == approx(sign * z, rel=1e-6)


@given(interior, levels)
@settings(max_examples=60)
def test_mid_p_limits_leave_half_of_alpha_in_each_tail(pair, level):
    events, n = pair
    found, tail = proportions.mid_p(events, n, level=level), (1 - level) / 2
    assert binom.sf(events, n, found.lower) + binom.pmf(events, n, found.lower) / 2 == approx(tail, rel=1e-6)
    assert binom.cdf(events - 1, n, found.upper) + binom.pmf(events, n, found.upper) / 2 == approx(tail, rel=1e-6)


def accepted(events, n, p, method):
    """P-value of the ordering, straight from its definition."""
    pmf = binom.pmf(np.arange(n + 1), n, p)
    order = pmf if method == "minlike" else np.minimum(np.cumsum(pmf), np.cumsum(pmf[::-1])[::-1])
    return pmf[order <= order[events] * (1 + 1e-9)].sum()


@pytest.mark.parametrize(("method", "interval"), [("blaker", proportions.blaker), ("minlike", proportions.sterne)])
@given(interior, st.sampled_from([0.8, 0.95]))
@settings(max_examples=25)
def test_two_sided_exact_intervals_hold_every_proportion_that_is_not_rejected(method, interval, pair, level):
    events, n = pair
    found = interval(events, n, level=level)
    grid = np.linspace(1e-6, 1 - 1e-6, 1500)
    inside = [p for p in grid if accepted(events, n, p, method) > 1 - level + 1e-9]
    assert found.lower - 1e-9 <= min(inside) and max(inside) <= found.upper + 1e-9
    for limit, inward in ((found.lower, 1), (found.upper, -1)):
        assert accepted(events, n, limit + inward * 1e-7, method) > 1 - level - 1e-5
        assert accepted(events, n, limit - inward * 1e-7, method) < 1 - level + 1e-5


@given(counts, levels)
@settings(max_examples=60)
def test_blaker_lies_within_clopper_pearson(pair, level):
    inner, outer = proportions.blaker(*pair, level=level), proportions.clopper_pearson(*pair, level=level)
    assert outer.lower - 1e-12 <= inner.lower and inner.upper <= outer.upper + 1e-12


# Pratt's approximation is off by less than .02 divided by n
@given(st.integers(10, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60)
def test_pratt_is_close_to_clopper_pearson(pair):
    assert limits(proportions.pratt(*pair)) == approx(limits(proportions.clopper_pearson(*pair)), abs=0.02 / pair[1])


# DescTools (tern _snaps/desctools_binom_diff.md): its upper Pratt limit is right, its lower .3347 is not
def test_pratt_is_symmetric_where_desctools_is_not():
    found = proportions.pratt(10, 20, level=0.9)
    assert found.upper == approx(0.6980960, abs=6e-8)
    assert found.lower == approx(1 - 0.6980960, abs=6e-8)


# Brown, Cai, DasGupta 2001, section 4.1: Poisson limits next to 0; binom.pmf(0) = alpha/2 at the Jeffreys limit
def test_modified_intervals_differ_only_next_to_the_ends():
    assert limits(proportions.modified_wilson(5, 30)) == limits(proportions.wilson(5, 30))
    assert proportions.modified_wilson(2, 30).lower == approx(chi2.ppf(0.05, 4) / 60, rel=1e-9)
    assert proportions.modified_wilson(28, 30).upper == approx(1 - chi2.ppf(0.05, 4) / 60, rel=1e-9)
    assert proportions.modified_wilson(3, 30).lower == proportions.wilson(3, 30).lower
    assert proportions.modified_wilson(3, 60).lower == approx(chi2.ppf(0.05, 6) / 120, rel=1e-9)
    found = INTERVALS["modified_jeffreys"](0, 12)
    assert found.lower == 0 and binom.pmf(0, 12, found.upper) == approx(0.025)
    assert INTERVALS["modified_jeffreys"](1, 12).lower == 0
    assert INTERVALS["modified_jeffreys"](11, 12).upper == 1


@pytest.mark.parametrize("key", sorted(INTERVALS))
@given(counts, levels)
@settings(max_examples=25)
def test_interval_is_mirrored_when_events_and_non_events_change_places(key, pair, level):
    events, n = pair
    found, mirrored = INTERVALS[key](events, n, level=level), INTERVALS[key](n - events, n, level=level)
    if found.lower is None:
        assert found.reason == mirrored.reason == "separated" and events in (0, n)
        return
    assert 0 <= found.lower <= found.upper <= 1
    assert [1 - mirrored.upper, 1 - mirrored.lower] == approx(limits(found), abs=1e-8)
    if key != "agresti_coull_plus4":  # at a low level its centre is further from the estimate than its half-width
        assert found.lower <= found.estimate + 1e-12 and found.estimate <= found.upper + 1e-12


@pytest.mark.parametrize("key", sorted(INTERVALS))
@pytest.mark.parametrize(("events", "n"), [(0, 1), (1, 1), (0, 25), (25, 25)])
def test_none_and_all_have_a_defined_interval(key, events, n):
    found = INTERVALS[key](events, n)
    assert found.estimate == events / n
    if key == "logit":
        assert (found.lower, found.reason) == (None, "separated")
    elif key not in ("agresti_coull", "agresti_coull_plus4"):
        assert (found.lower if events == 0 else found.upper) == found.estimate
    if key not in ("logit", "wald"):
        assert found.upper - found.lower > 0.019


# DescTools' angle runs past 0, so that its lower limit for 0 of 20 is above 0
def test_the_arcsine_limit_without_an_event_is_zero():
    assert proportions.arcsine(0, 20).lower == 0


# Coverage by enumeration: never below the level for the exact intervals, near it for the mid-p and score ones
@pytest.mark.parametrize(
    ("key", "least", "most"),
    [("clopper_pearson", 0.95, 1), ("blaker", 0.95, 1), ("sterne", 0.95, 1), ("midp", 0.92, 0.99)],
)
def test_coverage_of_exact_intervals(key, least, most):
    n = 24
    found = [INTERVALS[key](x, n) for x in range(n + 1)]
    for p in np.linspace(0.06, 0.94, 45):
        inside = [ci.lower <= p <= ci.upper for ci in found]
        assert least - 1e-9 <= binom.pmf(np.arange(n + 1), n, p)[inside].sum() <= most + 1e-9


@pytest.mark.parametrize(("key", "alternative"), [("less", "less"), ("greater", "greater"), ("two_sided", "two-sided")])
def test_binomial_test_matches_r(key, alternative):
    case = cases()["BINOMTEST-51-235"]
    found = proportions.binomial_test(51, 235, null=case["inputs"]["p0"], alternative=alternative)
    assert found.p_value == approx(case["expected"][key], abs=tolerance(case, key))
    assert (found.statistic, found.df) == (None, None)


@given(counts, st.sampled_from([0.03, 0.3, 0.5, 0.77]), st.sampled_from(["two-sided", "greater", "less"]))
@settings(max_examples=60)
def test_binomial_test_agrees_with_scipy(pair, null, alternative):
    expected = binomtest(*pair, null, alternative=alternative).pvalue
    found = proportions.binomial_test(*pair, null=null, alternative=alternative)
    assert found.p_value == approx(expected, rel=1e-6, abs=1e-12)


# Fagerland 2017, 13 of 16 against a half, by R contingencytables (tests/testthat/test-ch2.R)
def test_tests_of_one_proportion_match_the_book_of_fagerland():
    assert proportions.binomial_test(13, 16).p_value == approx(0.02127, abs=5e-6)
    assert proportions.binomial_test(13, 16, midp=True).p_value == approx(0.01273, abs=5e-6)
    assert proportions.binomial_test(1, 10, method="blaker").p_value == approx(0.02148, abs=5e-6)
    found = proportions.score_test(13, 16)
    assert (found.statistic, found.p_value) == approx((2.5, 0.01242), abs=5e-6)
    found = proportions.score_test(13, 16, continuity=True)
    assert (found.statistic, found.p_value) == approx((2.25, 0.02445), abs=5e-6)
    assert proportions.wald_test(13, 16, null=0.1).statistic == approx(7.302, abs=5e-4)
    assert proportions.wald_test(13, 16, null=0.1, continuity=True).statistic == approx(6.982, abs=5e-4)
    found = proportions.likelihood_ratio_test(13, 16)
    assert (found.statistic, found.p_value, found.df) == approx((6.738, 0.00944, 1), abs=5e-4)


@given(interior, st.sampled_from([0.1, 0.5, 0.8]), st.sampled_from(["two-sided", "greater", "less"]))
@settings(max_examples=40)
def test_normal_tests_agree_with_statsmodels(pair, null, alternative):
    word = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}[alternative]
    for ours, spread in ((proportions.score_test, null), (proportions.wald_test, False)):
        z, p = proportions_ztest(*pair, value=null, alternative=word, prop_var=spread)
        found = ours(*pair, null=null, alternative=alternative)
        assert (found.statistic, found.p_value) == approx((z, p), rel=1e-6, abs=1e-12)


# The test rejects exactly the proportions outside the interval
@given(interior, st.floats(0.02, 0.98))
@settings(max_examples=60)
def test_tests_and_intervals_agree_on_what_is_rejected(pair, null):
    def outside(found):
        return not found.lower <= null <= found.upper

    near = [proportions.wilson(*pair), proportions.likelihood_ratio(*pair), proportions.clopper_pearson(*pair)]
    if min(abs(null - limit) for ci in near for limit in limits(ci)) < 1e-6:
        return
    assert outside(near[0]) == (proportions.score_test(*pair, null=null).p_value < 0.05)
    assert outside(near[1]) == (proportions.likelihood_ratio_test(*pair, null=null).p_value < 0.05)
    assert outside(near[2]) == (proportions.binomial_test(*pair, null=null, method="central").p_value < 0.05)


def test_tests_at_the_ends_of_the_scale_are_defined():
    assert proportions.binomial_test(0, 5, null=0).p_value == 1
    assert proportions.binomial_test(1, 5, null=0).p_value == 0
    assert proportions.binomial_test(5, 5, null=1, alternative="less").p_value == 1
    assert proportions.wald_test(0, 5).reason == "no-variance"
    assert proportions.score_test(3, 6, continuity=True).p_value == 1


@pytest.mark.parametrize("key", sorted(INTERVALS))
@pytest.mark.parametrize("bad", [(1, 0), (-1, 5), (6, 5), (0.5, 5), (float("nan"), 5), (1, float("inf")), (None, 3)])
def test_counts_that_are_no_counts_are_refused(key, bad):
    with pytest.raises(InvalidInput, match="whole number"):
        INTERVALS[key](*bad)


@pytest.mark.parametrize("key", sorted(INTERVALS))
@pytest.mark.parametrize("level", [0, 1, 95, float("nan")])
def test_a_level_outside_0_to_1_is_refused(key, level):
    with pytest.raises(InvalidInput, match="level"):
        INTERVALS[key](3, 5, level=level)


def test_options_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match="design_effect is 0"):
        proportions.wilson(3, 5, design_effect=0)
    with pytest.raises(InvalidInput, match="design_effect is nan"):
        proportions.skewness_corrected(3, 5, design_effect=float("nan"))
    with pytest.raises(InvalidInput, match="allowed are"):
        proportions.binomial_test(3, 5, alternative="larger")
    with pytest.raises(InvalidInput, match="method is 'exact'"):
        proportions.binomial_test(3, 5, method="exact")
    with pytest.raises(InvalidInput, match="null is 1"):
        proportions.binomial_test(3, 5, null=1.2)
    with pytest.raises(InvalidInput, match="null is 0"):
        proportions.score_test(3, 5, null=0)
