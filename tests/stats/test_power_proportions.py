"""Power and size for proportions, normal and exact. Reference cases are named by their id."""

from math import asin, ceil, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import brentq
from scipy.stats import barnard_exact, binom, binomtest, boschloo_exact, fisher_exact, norm

from helpers.errors import InvalidInput
from helpers.stats.power import one_proportion, precision_proportions, two_proportions, two_proportions_exact
from helpers.stats.proportions import risk_difference, score_variance
from tests.stats.reference import cases, tolerance

proportion = st.floats(0.02, 0.98)
FISHER = [id for id in cases() if id.startswith("FISHER-POWER")]


@pytest.mark.parametrize("id", FISHER)
def test_exact_power_of_fishers_test_matches_the_reference_case(id):
    case = cases()[id]
    given = case["inputs"]
    side = {"one-sided": "greater" if given["p1"] > given["p2"] else "less"}.get(given["alternative"], "two-sided")
    found = two_proportions_exact.power(
        given["p1"], given["p2"], n=given["n_per_group"], alpha=given["alpha"], alternative=side
    )
    assert found.power == approx(case["expected"]["power"], abs=case["tol"])
    assert found.type_one_error <= given["alpha"]


# README of the reference cases, CPS-TABLE: sizes from which on Fisher's test has 80 % power; power is saw-toothed (D24)
@pytest.mark.parametrize(("p", "p_ref", "n"), [(0.6, 0.4, 108), (2 / 3, 1 / 3, 39), (0.75, 0.25, 18)])
def test_exact_size_of_fishers_test_matches_the_published_size(p, p_ref, n):
    assert two_proportions_exact.size(p, p_ref).n == n


def test_the_smallest_size_of_all_may_lie_on_a_tooth():
    first = two_proportions_exact.size(0.6, 0.4, lasting=0)
    assert first.n == 102
    assert two_proportions_exact.power(0.6, 0.4, n=103).power < 0.8 <= first.power


def test_power_prop_test_matches_the_reference_case():
    case = cases()["R-POWER-PROP"]
    found = {
        "power": two_proportions.power(0.5, 0.75, n=50).power,
        "n90": two_proportions.size(0.5, 0.75, power=0.9).unrounded,
        "p2": two_proportions.detectable(0.5, n=50, power=0.9).value,
        "n_one": two_proportions.size(0.9, 1.0).unrounded,
    }
    for key, value in found.items():
        assert value == approx(case["expected"][key], abs=tolerance(case, key))
        assert value == approx(case["computed"][key], rel=1e-8)


# R 4.2: power.prop.test(n = 50, p1 = .5, p2 = .75, strict = TRUE); (p1 = .05, p2 = .15, power = .8, "one.sided")
def test_further_values_of_power_prop_test():
    assert two_proportions.power(0.5, 0.75, n=50, strict=True).power == approx(0.7401671935, abs=1e-10)
    one_sided = two_proportions.size(0.05, 0.15, alternative="less")
    assert one_sided.unrounded == approx(110.234791, abs=1e-4)
    assert (one_sided.n, one_sided.n_ref) == (111, 111)


def test_continuity_corrected_sizes_match_the_reference_cases():
    case = cases()["FLEISS-827"]
    given = case["inputs"]
    found = two_proportions.size(
        given["p1"], given["p2"], alpha=given["alpha_two_sided"], power=given["power"], method="continuity"
    )
    assert found.n == case["expected"]["n"]
    assert found.unrounded == approx(826.9465, abs=5e-5)
    case = cases()["CPS-TABLE"]
    sizes = [two_proportions.size(*pair, method="continuity").unrounded for pair in case["inputs"]["pairs"]]
    assert sizes == approx(case["expected"]["n"], abs=case["tol"])


def test_statpsych_values_match_the_reference_cases():
    case = cases()["STATPSYCH-SIZE-PROP2"]
    assert two_proportions.size(0.6, 0.4, method="swapped").n == case["expected"]["n"]
    case = cases()["STATPSYCH-POWER-PROP2"]
    given = case["inputs"]
    found = two_proportions.power(
        given["p1"],
        given["p2"],
        difference=given["es"],
        n=given["n1"],
        n_ref=given["n2"],
        alpha=given["alpha"],
        method="unpooled",
        strict=True,
    )
    assert found.power == approx(case["expected"]["power"], abs=case["tol"])


# statpsych documentation: size.test.prop2(.05, .8, .5, .5, .2), size.test.prop(.05, .9, .5, .3) and power.prop(.05,
# 40, .5,
# .2), the last printed with the normal quantile rounded to 1.96
def test_further_statpsych_values():
    assert two_proportions.size(0.5, 0.5, difference=0.2, method="swapped").n == 109
    alpha = float(2 * norm.sf(1.96))
    wald = one_proportion.power(0.5, 0.3, n=40, method="wald", alpha=alpha, strict=True)
    assert wald.power == approx(0.7156044, abs=5e-8)
    assert one_proportion.size(0.5, 0.3, power=0.9, method="rounded-score").n == 65


def test_statas_power_of_two_proportions_matches_the_reference_case():
    case = cases()["SM-POWER-2PROP"]
    given = case["inputs"]
    found = two_proportions.power(
        given["prop2"] + given["diff"], given["prop2"], n=given["n1"], n_ref=given["n1"] * given["ratio"], strict=True
    )
    assert found.power == approx(case["expected"]["power"], abs=case["tol"])
    assert found.power == approx(case["computed"]["power"], rel=1e-8)


# R TrialSize (Chow, Shao, Wang 2003), example 4.2.4: equality .65 v .85; non-inferiority with margin .05 on .65 v .85
def test_chow_shao_wang_examples_of_two_proportions():
    assert two_proportions.size(0.65, 0.85, method="unpooled").n == 70
    found = two_proportions.size(0.85, 0.65, margin=0.05, alternative="greater", method="unpooled")
    assert found.unrounded == approx((norm.isf(0.05) + norm.isf(0.2)) ** 2 * 0.355 / 0.15**2, rel=1e-12)
    assert found.n == 98


def farrington_manning(p1, p2, margin, ratio):
    """Restricted proportions by the trigonometric form of the paper's appendix."""
    a, b = 1 + ratio, -(1 + ratio + p1 + ratio * p2 + margin * (ratio + 2))
    c = margin**2 + margin * (2 * p1 + ratio + 1) + p1 + ratio * p2
    d = -p1 * margin * (1 + margin)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = np.sign(v) * sqrt(b**2 / (9 * a**2) - c / (3 * a))
    w = (np.pi + np.arccos(v / u**3)) / 3
    held = 2 * u * np.cos(w) - b / (3 * a)
    return held, held - margin


# Farrington and Manning 1990; the examples of gsDesign's nBinomial, by the formula written out
@pytest.mark.parametrize(
    ("p", "p_ref", "margin", "ratio", "side"),
    [
        (0.2, 0.2, 0.05, 1, "less"),
        (0.19, 0.2, 0.05, 1, "less"),
        (0.3, 0.25, -0.1, 2, "greater"),
        (0.5, 0.6, 0.2, 0.5, "less"),
    ],
)
def test_farrington_manning_sizes_agree_with_the_paper_formula(p, p_ref, margin, ratio, side):
    held, held_ref = farrington_manning(p, p_ref, margin, ratio)
    se_null = sqrt(held * (1 - held) + held_ref * (1 - held_ref) / ratio)
    se = sqrt(p * (1 - p) + p_ref * (1 - p_ref) / ratio)
    expected = ((norm.isf(0.025) * se_null + norm.isf(0.1) * se) / (p - p_ref - margin)) ** 2
    found = two_proportions.size(
        p, p_ref, margin=margin, ratio=ratio, alternative=side, alpha=0.025, power=0.9, method="score"
    )
    assert found.unrounded == approx(expected, rel=1e-9)


# Farrington and Manning 1990, section 3: ratios; the restricted proportions solve the score equations
@pytest.mark.parametrize("measure", ["ratio", "odds-ratio"])
def test_ratio_sizes_agree_with_a_numerical_maximum(measure):
    p, p_ref, margin, ratio = 0.25, 0.3, 1.4, 1.5

    def partner(q):
        return margin * q if measure == "ratio" else margin * q / (1 + q * (margin - 1))

    def slope(q):
        h = 1e-6

        def value(at):
            r = partner(at)
            return p * log(r) + (1 - p) * log(1 - r) + ratio * (p_ref * log(at) + (1 - p_ref) * log(1 - at))

        return (value(q + h) - value(q - h)) / (2 * h)

    held_ref = brentq(slope, 0.01, (1 / margin if measure == "ratio" else 1) - 0.01)
    held = partner(held_ref)
    if measure == "ratio":
        distance = p - margin * p_ref
        variances = [a * (1 - a) + margin**2 * b * (1 - b) / ratio for a, b in ((held, held_ref), (p, p_ref))]
    else:
        distance = log(p / (1 - p) / p_ref * (1 - p_ref) / margin)
        variances = [1 / (a * (1 - a)) + 1 / (b * (1 - b)) / ratio for a, b in ((held, held_ref), (p, p_ref))]
    expected = ((norm.isf(0.025) * sqrt(variances[0]) + norm.isf(0.2) * sqrt(variances[1])) / distance) ** 2
    found = two_proportions.size(
        p, p_ref, margin=margin, ratio=ratio, measure=measure, method="score", alternative="less", alpha=0.025
    )
    assert found.unrounded == approx(expected, rel=1e-5)


@given(proportion, proportion, st.integers(5, 400), st.integers(5, 400))
@settings(max_examples=60)
def test_normal_powers_agree_with_their_formulas(p, p_ref, n, n_ref):
    z, d = norm.isf(0.025), abs(p - p_ref)
    pooled = (n * p + n_ref * p_ref) / (n + n_ref)
    null = sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_ref))
    se = sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
    h = abs(2 * asin(sqrt(p)) - 2 * asin(sqrt(p_ref)))
    expected = {
        "pooled": norm.cdf((d - z * null) / se),
        "unpooled": norm.cdf(d / se - z),
        "arcsine": norm.cdf(h / sqrt(1 / n + 1 / n_ref) - z),
        "continuity": norm.cdf((d - (1 / n + 1 / n_ref) / 2 - z * null) / se),
    }
    for method, value in expected.items():
        found = two_proportions.power(p, p_ref, n=n, n_ref=n_ref, method=method).power
        assert found == approx(value, rel=1e-9, abs=1e-14)
    score = two_proportions.power(p, p_ref, n=n, n_ref=n_ref, method="score").power
    assert score == approx(expected["pooled"], rel=1e-7, abs=1e-10)


@given(
    proportion,
    proportion,
    st.sampled_from(["pooled", "unpooled", "arcsine", "continuity", "score"]),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.booleans(),
)
@settings(max_examples=60)
def test_size_power_and_detectable_difference_are_inverse(p, p_ref, method, ratio, strict):
    if abs(p - p_ref) < 0.02:
        p = p_ref + 0.02 if p_ref < 0.9 else p_ref - 0.02
    found = two_proportions.size(p, p_ref, power=0.85, ratio=ratio, method=method, strict=strict)
    n = found.unrounded
    back = two_proportions.power(p, p_ref, n=n, n_ref=ratio * n, method=method, strict=strict)
    assert back.power == approx(0.85, rel=1e-7)
    assert found.power >= 0.85 - 1e-9
    detected = two_proportions.detectable(
        p_ref, n=n, n_ref=ratio * n, power=0.85, method=method, above=p > p_ref, strict=strict
    )
    assert detected.value == approx(p, rel=1e-6)
    assert detected.difference == approx(p - p_ref, rel=1e-5)


def test_what_cannot_be_reached_has_a_reason():
    assert two_proportions.size(0.4, 0.4).reason == "unreachable"
    assert two_proportions.size(0.4, 0.6, alternative="greater").reason == "unreachable"
    assert two_proportions.detectable(0.9, n=5).reason == "unreachable"
    assert two_proportions.detectable(0.9, n=5, margin=0.2, method="score").reason == "unreachable"
    assert two_proportions_exact.size(0.4, 0.4).reason == "unreachable"
    assert two_proportions_exact.size(0.5, 0.45, most=30).reason == "unreachable"
    assert two_proportions_exact.detectable(0.5, n=3).reason == "unreachable"
    assert one_proportion.size(0.3, 0.3).reason == "unreachable"
    assert one_proportion.exact_size(0.3, 0.3).reason == "unreachable"
    assert one_proportion.exact_size(0.31, 0.3, most=50).reason == "unreachable"
    assert one_proportion.detectable(0.5, n=3).reason == "unreachable"


def test_proportions_at_the_ends_of_the_scale_have_power():
    assert two_proportions.power(1.0, 0.0, n=10).power == approx(1.0)
    assert two_proportions.power(0.0, 0.0, n=10).power == 0.0
    assert two_proportions_exact.power(1.0, 0.0, n=5).power == 1.0
    assert two_proportions_exact.power(0.0, 0.0, n=5).power == 0.0
    assert two_proportions_exact.power(1.0, 0.0, n=1).power == 0.0
    assert one_proportion.exact_power(1.0, 0.5, n=10).power == 1.0
    assert one_proportion.exact_power(0.5, 0.5, n=1).power == 0.0


@pytest.mark.parametrize(("n", "n_ref"), [(9, 9), (7, 12)])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_regions_of_exact_tests_agree_with_scipy_table_by_table(n, n_ref, alternative):
    for test, p_value in (
        ("fisher", lambda x, y: fisher_exact([[x, n - x], [y, n_ref - y]], alternative=alternative)[1]),
        ("boschloo", lambda x, y: boschloo_exact([[x, y], [n - x, n_ref - y]], alternative=alternative, n=64).pvalue),
    ):
        region = two_proportions_exact.rejection_region(n, n_ref, test=test, alternative=alternative)
        for x in range(0, n + 1, 2):
            for y in range(n_ref + 1):
                if (x, y) not in ((0, 0), (n, n_ref)):
                    p = p_value(x, y)
                    assert region[x, y] == (p <= 0.05) or abs(p - 0.05) < 2e-4


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_the_exact_score_region_agrees_with_scipys_barnard(alternative):
    n, n_ref = 8, 9
    region = two_proportions_exact.rejection_region(n, n_ref, test="exact-score", alternative=alternative)
    for x in range(n + 1):
        for y in range(0, n_ref + 1, 2):
            if (x, y) not in ((0, 0), (n, n_ref)):
                p = barnard_exact([[x, y], [n - x, n_ref - y]], alternative=alternative, n=64).pvalue
                assert region[x, y] == (p <= 0.05) or abs(p - 0.05) < 2e-4


@pytest.mark.parametrize("margin", [-0.15, 0.0, 0.2])
def test_score_regions_agree_with_the_score_interval(margin):
    n, n_ref = 16, 15
    for test, correction in (("miettinen-nurminen", True), ("farrington-manning", False)):
        region = two_proportions_exact.rejection_region(n, n_ref, test=test, margin=margin)
        for x in range(0, n + 1, 3):
            for y in range(n_ref + 1):
                ci = risk_difference(x, n, y, n_ref, bias_correction=correction)
                near = min(abs(ci.lower - margin), abs(ci.upper - margin)) < 1e-7
                assert near or region[x, y] == (not ci.lower <= margin <= ci.upper)


@given(st.integers(2, 12), st.integers(2, 12), proportion, proportion)
@settings(max_examples=25)
def test_exact_power_is_the_sum_over_rejected_tables(n, n_ref, p, p_ref):
    for test in ("fisher", "fisher-central", "fisher-midp", "pooled", "yates", "unpooled", "miettinen-nurminen"):
        region = two_proportions_exact.rejection_region(n, n_ref, test=test)
        total = sum(
            binom.pmf(x, n, p) * binom.pmf(y, n_ref, p_ref)
            for x in range(n + 1)
            for y in range(n_ref + 1)
            if region[x, y]
        )
        found = two_proportions_exact.power(p, p_ref, n=n, n_ref=n_ref, test=test)
        assert found.power == approx(total, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("test", ["pooled", "yates", "unpooled"])
def test_large_sample_regions_agree_with_their_statistics(test):
    n, n_ref = 11, 14
    region = two_proportions_exact.rejection_region(n, n_ref, test=test, alternative="greater")
    for x in range(1, n):
        for y in range(1, n_ref):
            p, q, total = x / n, y / n_ref, (x + y) / (n + n_ref)
            variance = total * (1 - total) * (1 / n + 1 / n_ref)
            distance = p - q
            if test == "unpooled":
                variance = p * (1 - p) / n + q * (1 - q) / n_ref
            elif test == "yates":
                distance -= (1 / n + 1 / n_ref) / 2
            assert region[x, y] == (distance / sqrt(variance) >= norm.isf(0.05))


@pytest.mark.parametrize("test", ["fisher", "fisher-central", "boschloo", "exact-score"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_exact_tests_keep_their_level_everywhere(test, alternative):
    for n, n_ref in ((6, 6), (16, 15), (5, 20)):
        region = two_proportions_exact.rejection_region(n, n_ref, test=test, alternative=alternative)
        for p in np.linspace(0, 1, 101):
            size = binom.pmf(range(n + 1), n, p) @ region @ binom.pmf(range(n_ref + 1), n_ref, p)
            assert size <= 0.05 + 1e-8
        reported = two_proportions_exact.power(0.5, 0.5, n=n, n_ref=n_ref, test=test, alternative=alternative)
        assert reported.type_one_error <= 0.05 + 1e-8


def test_the_exact_non_inferiority_test_keeps_its_level():
    found = two_proportions_exact.power(0.3, 0.3, n=65, test="exact-score", margin=0.2, alternative="less", alpha=0.05)
    region = two_proportions_exact.rejection_region(65, 65, test="exact-score", margin=0.2, alternative="less")
    worst = max(
        binom.pmf(range(66), 65, q + 0.2) @ region @ binom.pmf(range(66), 65, q) for q in np.linspace(0, 0.8, 161)
    )
    assert worst <= found.type_one_error + 1e-9 <= 0.05 + 2e-9
    assert found.type_one_error == approx(worst, abs=1e-4)


@given(
    st.integers(2, 20), st.integers(2, 20), st.sampled_from(["fisher", "boschloo", "exact-score", "miettinen-nurminen"])
)
@settings(max_examples=20)
def test_regions_are_mirrored_when_arms_are_swapped(n, n_ref, test):
    region = two_proportions_exact.rejection_region(n, n_ref, test=test, alternative="greater")
    swapped = two_proportions_exact.rejection_region(n_ref, n, test=test, alternative="less")
    assert (region == swapped.T).all()
    turned = two_proportions_exact.rejection_region(n, n_ref, test=test, alternative="less")
    assert (region == turned[::-1, ::-1]).all()


def test_boschloo_rejects_what_fisher_does():
    for alternative in ("greater", "less"):
        fisher = two_proportions_exact.rejection_region(16, 15, alternative=alternative)
        boschloo = two_proportions_exact.rejection_region(16, 15, test="boschloo", alternative=alternative)
        assert (boschloo | ~fisher).all()
        assert boschloo.sum() > fisher.sum()


def test_exact_size_of_other_tests_and_unequal_arms():
    found = two_proportions_exact.size(0.3, 0.3, test="miettinen-nurminen", margin=0.2, alternative="less", ratio=2.0)
    assert found.n_ref == 2 * found.n
    power = two_proportions_exact.power(
        0.3, 0.3, n=found.n, n_ref=found.n_ref, test="miettinen-nurminen", margin=0.2, alternative="less"
    )
    assert power.power == approx(found.power) and found.power >= 0.8
    detected = two_proportions_exact.detectable(0.34, n=16, n_ref=15)
    assert two_proportions_exact.power(detected.value, 0.34, n=16, n_ref=15).power == approx(0.8, abs=1e-9)


def test_exact_one_proportion_matches_the_reference_cases():
    case = cases()["ONEPROP-EXACT-1"]
    given = case["inputs"]
    found = one_proportion.exact_power(
        given["p1"], given["p0"], n=given["n"], alpha=given["alpha"], alternative="greater"
    )
    assert found.power == approx(case["expected"]["power"], abs=tolerance(case, "power"))
    assert found.type_one_error == approx(case["expected"]["attained_alpha"], abs=tolerance(case, "attained_alpha"))
    assert found.upper == case["expected"]["critical"]
    case = cases()["ONEPROP-EXACT-2"]
    given, expected = case["inputs"], case["expected"]
    small, large = (
        one_proportion.exact_power(given["p1"], given["p0"], n=n, alpha=given["alpha"], alternative="less")
        for n in given["n"]
    )
    assert small.power == approx(expected["power_500"], abs=tolerance(case, "power_500"))
    assert small.type_one_error == approx(expected["attained_alpha_500"], abs=2e-6)
    assert small.lower == expected["critical_500"]
    assert large.power == approx(expected["power_631"], abs=2e-6)


# gsDesign tests/testthat/test-independent-test-nBinomial1Sample.R: power by East 6.5, one-sided
@pytest.mark.parametrize(
    ("null", "p", "alpha", "n", "power"),
    [
        (0.05, 0.2, 0.025, 25, 0.57932569),
        (0.05, 0.2, 0.025, 28, 0.6851126),
        (0.05, 0.2, 0.025, 30, 0.74476675),
        (0.05, 0.2, 0.025, 33, 0.81787426),
        (0.05, 0.2, 0.025, 35, 0.72790831),
        (0.05, 0.2, 0.01, 33, 0.67097039),
        (0.05, 0.2, 0.05, 33, 0.81787426),
        (0.05, 0.25, 0.025, 33, 0.94139159),
        (0.15, 0.35, 0.025, 33, 0.77005342),
    ],
)
def test_exact_one_sided_power_matches_east(null, p, alpha, n, power):
    found = one_proportion.exact_power(p, null, n=n, alpha=alpha, alternative="greater")
    assert found.power == approx(power, abs=6e-9)


@given(st.integers(1, 60), st.floats(0.05, 0.95), st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=40)
def test_two_sided_exact_rules_agree_with_binomial_tests(n, null, alpha):
    minlike = one_proportion.exact_power(0.5, null, n=n, alpha=alpha, two_sided="minlike")
    tails = one_proportion.exact_power(0.5, null, n=n, alpha=alpha)
    for x in range(n + 1):
        rejected = (minlike.lower is not None and x <= minlike.lower) or (
            minlike.upper is not None and x >= minlike.upper
        )
        assert rejected == (binomtest(x, n, null).pvalue <= alpha)
        doubled = 2 * min(binom.cdf(x, n, null), binom.sf(x - 1, n, null))
        outside = (tails.lower is not None and x <= tails.lower) or (tails.upper is not None and x >= tails.upper)
        assert outside == (doubled <= alpha)
    assert minlike.type_one_error <= alpha * (1 + 1e-9)
    assert tails.type_one_error <= alpha * (1 + 1e-9)


def test_exact_size_of_one_proportion_stays_above_its_power():
    found = one_proportion.exact_size(0.46, 0.4, power=0.9)
    powers = [one_proportion.exact_power(0.46, 0.4, n=n).power for n in range(found.n - 1, found.n + 11)]
    assert powers[0] < 0.9 <= min(powers[1:])
    assert one_proportion.exact_size(0.46, 0.4, power=0.9, lasting=0).n < found.n


# sampsi .4 .46, power(.9) onesample: 711 (Statalist, 2 February 2005)
def test_stata_size_of_one_proportion():
    assert one_proportion.size(0.46, 0.4, power=0.9).n == 711


# Chow, Shao, Wang 2003, section 4.1.4 (R TrialSize): equality .3 v .5, n = 50
def test_chow_shao_wang_example_of_one_proportion():
    assert ceil(one_proportion.size(0.5, 0.3, method="wald").unrounded) == 50


@given(proportion, st.floats(0.05, 0.95), st.sampled_from(["score", "wald", "arcsine", "continuity"]))
@settings(max_examples=40)
def test_one_proportion_size_and_power_are_inverse(p, null, method):
    if abs(p - null) < 0.03:
        return
    found = one_proportion.size(p, null, power=0.9, method=method)
    power = one_proportion.power(p, null, n=found.unrounded, method=method).power
    assert power == approx(0.9, rel=1e-7)
    detected = one_proportion.detectable(null, n=found.unrounded, power=0.9, method=method, above=p > null)
    assert detected.value == approx(p, rel=1e-6)


def test_exact_detectable_proportion_has_the_power():
    found = one_proportion.detectable(0.3, n=31, alternative="greater")
    assert one_proportion.exact_power(found.value, 0.3, n=31, alternative="greater").power == approx(0.8, abs=1e-10)


# presize tests/testthat/test-differences.R: Stata's rdcii 45 15 105 135, 150 per group
@pytest.mark.parametrize(
    ("method", "lower", "upper"),
    [
        ("agresti-caffo", 0.10964857, 0.28529424),
        ("newcombe", 0.11065088, 0.28658921),
        ("miettinen-nurminen", 0.11200421, 0.28854354),
    ],
)
def test_width_of_a_difference_matches_stata(method, lower, upper):
    width = precision_proportions.difference_width(0.3, 0.1, n=150, method=method)
    assert width == approx(upper - lower, abs=2e-5)
    size = precision_proportions.difference_size(0.3, 0.1, upper - lower, method=method)
    assert size.unrounded == approx(150, abs=0.03)


# statpsych documentation: size.ci.prop(.05, .5, .1); size.ci.prop2(.05, .05, .15, .1, 1) and (.05, .4, .2, .15, .5)
def test_wald_sizes_match_statpsych():
    assert precision_proportions.proportion_size(0.5, 0.1, method="wald").n == 385
    first = precision_proportions.difference_size(0.05, 0.15, 0.1, method="wald")
    second = precision_proportions.difference_size(0.4, 0.2, 0.15, ratio=0.5, method="wald")
    assert [(first.n, first.n_ref), (second.n, second.n_ref)] == [(269, 269), (383, 192)]


@given(st.integers(1, 40), st.integers(1, 40), st.data())
@settings(max_examples=30)
def test_widths_agree_with_the_intervals(n, n_ref, data):
    from helpers.stats import proportions as pr

    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, n_ref))
    pairs = {
        "newcombe": pr.newcombe_difference(x, n, y, n_ref),
        "miettinen-nurminen": pr.risk_difference(x, n, y, n_ref),
        "mee": pr.risk_difference(x, n, y, n_ref, bias_correction=False),
    }
    for method, ci in pairs.items():
        width = precision_proportions.difference_width(x / n, y / n_ref, n=n, n_ref=n_ref, method=method)
        assert width == approx(ci.upper - ci.lower, rel=1e-6)
    singles = {
        "wilson": pr.wilson(x, n),
        "clopper-pearson": pr.clopper_pearson(x, n),
        "jeffreys": pr.jeffreys(x, n),
    }
    for method, ci in singles.items():
        assert precision_proportions.proportion_width(x / n, n=n, method=method) == approx(
            ci.upper - ci.lower, rel=1e-9
        )


@pytest.mark.parametrize("method", ["wald", "wilson", "agresti-coull", "clopper-pearson", "jeffreys"])
def test_sizes_give_the_width_asked_for(method):
    found = precision_proportions.proportion_size(0.3, 0.2, method=method)
    exact = precision_proportions.proportion_width(0.3, n=found.unrounded, method=method)
    assert exact == approx(0.2, rel=1e-9)
    assert found.width <= 0.2


def test_the_score_variance_of_the_reference_module_is_the_one_used_here():
    z = (0.25 - 0.1 + 0.2) / sqrt(score_variance(-0.2, 5, 20, 2, 20, bias_correction=False))
    region = two_proportions_exact.rejection_region(
        20, 20, test="farrington-manning", margin=-0.2, alternative="greater", alpha=float(norm.sf(z - 1e-6))
    )
    assert region[5, 2]
    region = two_proportions_exact.rejection_region(
        20, 20, test="farrington-manning", margin=-0.2, alternative="greater", alpha=float(norm.sf(z + 1e-6))
    )
    assert not region[5, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_proportions.power(1.2, 0.5, n=10), "p is 1.2"),
        (lambda: two_proportions.power(0.2, 0.5, n=0), "n is 0"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, n_ref=inf), "n_ref"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, alpha=5), "alpha"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, alternative="both"), "alternative"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, method="exact"), "method"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, margin=0.1), "margin"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, margin=float("nan"), method="score"), "margin"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, measure="ratio"), "ratio"),
        (lambda: two_proportions.power(0.0, 0.5, n=10, measure="odds-ratio", method="score"), "log odds"),
        (lambda: two_proportions.power(0.2, 0.5, n=10, method="arcsine", difference=0.1), "difference"),
        (lambda: two_proportions.size(0.2, 0.5, power=0.01), "power"),
        (lambda: two_proportions.size(0.2, 0.5, ratio=0), "ratio"),
        (lambda: two_proportions_exact.power(0.2, 0.5, n=10.5), "whole number"),
        (lambda: two_proportions_exact.power(0.2, 0.5, n=5000), "too many tables"),
        (lambda: two_proportions_exact.power(0.2, 0.5, n=10, test="mcnemar"), "test"),
        (lambda: two_proportions_exact.power(0.2, 0.5, n=10, margin=0.1), "margin"),
        (lambda: two_proportions_exact.size(0.2, 0.5, margin=0.1), "margin"),
        (lambda: one_proportion.exact_power(0.2, 0.0, n=10), "null"),
        (lambda: one_proportion.exact_power(0.2, 0.1, n=10, two_sided="blaker"), "two_sided"),
        (lambda: one_proportion.power(0.2, 0.1, n=10, method="rounded-score"), "rule for sizes"),
        (lambda: one_proportion.power(0.2, 0.1, n=10, method="arcsine", difference=0.1), "difference"),
        (lambda: precision_proportions.proportion_size(0.2, 1.5), "width"),
        (lambda: precision_proportions.difference_size(0.2, 0.1, 2.5), "width"),
        (lambda: precision_proportions.difference_width(0.2, 0.1, n=5, method="exact"), "method"),
    ],
)
def test_arguments_that_cannot_be_are_refused(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()
