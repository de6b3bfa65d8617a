"""Rates over strata, and from the counts of single units."""

from math import exp, inf, log, sqrt

import numpy as np
import pytest
from pytest import approx
from scipy.optimize import minimize
from scipy.stats import chi2, nbinom, norm

from helpers.errors import InvalidInput
from helpers.stats import rates
from helpers.stats.rates._score import restricted_rates

NG = (41, 28010, 15, 19017)  # Ng and others 2007: breast cancer by fluoroscopy


def limits(found):
    return [found.lower, found.upper]


STRATA = ([41, 20, 3], [28010, 9000, 1500], [15, 12, 0], [19017, 11000, 900])


# R 4.2 epiR 2.0.57: epi.2by2(..., method="cohort.time"), IRR.mh.wald and ARate.mh.wald
def test_mantel_haenszel_matches_epir():
    found = rates.mantel_haenszel_rate_ratio(*STRATA)
    assert [found.estimate, *limits(found)] == approx([2.002533431, 1.271330611, 3.154285837], abs=6e-10)
    found = rates.mantel_haenszel_rate_difference(*STRATA)
    assert [found.estimate, *limits(found)] == approx([0.0008533923919, 0.000320933717, 0.001385851067], abs=6e-13)


def test_mantel_haenszel_of_one_stratum_is_the_plain_contrast():
    one = [[v] for v in NG]
    found, plain = rates.mantel_haenszel_rate_ratio(*one), rates.rate_ratio(*NG, method="log-normal")
    assert [found.estimate, *limits(found)] == approx([plain.estimate, *limits(plain)], rel=1e-12)
    assert found.homogeneity.reason == "too-few"
    assert found.test.p_value == approx(rates.rate_ratio_test(*NG, method="score").p_value, rel=1e-9)
    for weights in ("mantel-haenszel", "miettinen-nurminen"):
        found = rates.mantel_haenszel_rate_ratio(*one, interval="score", weights=weights)
        assert limits(found) == approx(limits(rates.rate_ratio(*NG)), rel=1e-9)
        found = rates.mantel_haenszel_rate_difference(*one, interval="score", weights=weights)
        assert limits(found) == approx(limits(rates.rate_difference(*NG)), rel=1e-9)


def test_stratified_score_has_its_statistic_at_the_limits():
    a, t, b, u = (np.array(v, dtype=float) for v in STRATA)
    found = rates.mantel_haenszel_rate_difference(*STRATA, interval="score", weights="mantel-haenszel")
    weight = t * u / (t + u)
    for limit, z in ((found.lower, 1.959963985), (found.upper, -1.959963985), (found.estimate, 0.0)):
        restricted = np.array([restricted_rates(limit, *row) for row in zip(a, t, b, u, strict=True)])
        variance = (weight**2 * (restricted[:, 0] / t + restricted[:, 1] / u)).sum()
        assert (weight * (a / t - b / u - limit)).sum() / sqrt(variance) == approx(z, abs=1e-6)
    assert found.estimate == approx(rates.mantel_haenszel_rate_difference(*STRATA).estimate, rel=1e-9)


# R ratesci 1.1.0.9000 (its functions run in R 4.2): scoreci(..., stratified = TRUE, distrib = "poi", skew = FALSE,
# rr_tang = FALSE, weighting = "MH" and "MN"), times in thousands
@pytest.mark.parametrize(
    ("weights", "difference", "ratio"),
    [
        ("mantel-haenszel", (0.8533923919, 0.3202325964, 1.3999959030), (2.002533431, 1.276196333, 3.142259571)),
        ("miettinen-nurminen", (0.8462860137, 0.3190178293, 1.3808175147), (2.002423780, 1.276546242, 3.140889931)),
    ],
)
def test_stratified_score_matches_ratesci(weights, difference, ratio):
    found = rates.mantel_haenszel_rate_difference(*STRATA, interval="score", weights=weights, per=1000)
    assert [found.estimate, *limits(found)] == approx(difference, abs=6e-10)
    found = rates.mantel_haenszel_rate_ratio(*STRATA, interval="score", weights=weights)
    assert [found.estimate, *limits(found)] == approx(ratio, abs=6e-9)


def test_homogeneity_and_test_agree_with_their_formulas():
    a, t, b, u = (np.array(v, dtype=float) for v in STRATA)
    found = rates.mantel_haenszel_rate_ratio(*STRATA)
    share = found.estimate * t / (found.estimate * t + u)
    statistic = ((a - (a + b) * share) ** 2 / ((a + b) * share * (1 - share))).sum()
    assert (found.homogeneity.statistic, found.homogeneity.p_value) == approx((statistic, chi2.sf(statistic, 2)))
    expected = (a - (a + b) * t / (t + u)).sum() ** 2 / ((a + b) * t * u / (t + u) ** 2).sum()
    assert found.test.statistic == approx(expected)
    corrected = rates.mantel_haenszel_rate_ratio(*STRATA, continuity=0.5).test
    assert corrected.statistic < found.test.statistic


def test_empty_strata_are_left_out_and_empty_data_are_defined():
    with_empty = [[*v, 0] for v in STRATA]
    found = rates.mantel_haenszel_rate_ratio(*with_empty)
    assert (found.estimate, found.strata) == (rates.mantel_haenszel_rate_ratio(*STRATA).estimate, 3)
    assert rates.mantel_haenszel_rate_ratio([0], [1], [0], [2]).reason == "no-events"
    assert rates.mantel_haenszel_rate_ratio([2, 1], [1, 1], [0, 0], [2, 2]).reason == "undefined"
    found = rates.mantel_haenszel_rate_ratio([2, 1], [1, 1], [0, 0], [2, 2], interval="score")
    assert (found.estimate, found.upper) == (inf, inf)
    assert 0 < found.lower < inf
    found = rates.mantel_haenszel_rate_ratio([0, 0], [1, 1], [2, 1], [2, 2], interval="score")
    assert (found.estimate, found.lower) == (0, 0)
    assert rates.mantel_haenszel_rate_difference([0], [0], [0], [2]).reason == "too-few"
    assert rates.mantel_haenszel_rate_difference([0], [1], [0], [2]).reason == "no-events"
    with pytest.raises(InvalidInput, match="lengths"):
        rates.mantel_haenszel_rate_ratio([1], [1, 2], [1], [1])


Y1, T1 = [0, 2, 1, 5, 0, 3, 1, 0, 7, 2, 0, 1], [1.0, 0.8, 1.2, 1.0, 0.5, 1.1, 0.9, 1.0, 1.3, 0.7, 1.0, 0.6]
Y0, T0 = [1, 0, 4, 2, 9, 0, 3, 1, 6, 2, 5], [1.0, 1.1, 0.9, 1.0, 1.2, 0.4, 1.0, 0.8, 1.0, 1.0, 1.3]


# R 4.2: glm(y ~ g + offset(log(t)), poisson) with sandwich 3.0.2 vcovHC(type = "HC0", "HC1"), vcov, and quasipoisson;
# MASS 7.3.58 glm.nb; the last is the Hessian of dnbinom's log likelihood over (intercept, g, k)
@pytest.mark.parametrize(
    ("options", "estimate", "se", "dispersion"),
    [
        ({"small_sample": False}, -0.44216647492, 0.386494941593, None),
        ({}, -0.44216647492, 0.404480961773, None),
        ({"variance": "poisson"}, -0.44216647492, 0.275240203259, None),
        ({"variance": "quasi-poisson"}, -0.44216647492, 0.378858246716, 1.8946532991),
        ({"variance": "negative-binomial"}, -0.434909567836, 0.392845009660, 0.422028673401),
        ({"variance": "negative-binomial", "information": "observed"}, -0.434909567836, 0.389228183897, 0.422028673401),
    ],
)
def test_ratio_from_counts_per_unit_matches_r(options, estimate, se, dispersion):
    found = rates.rate_ratio_per_unit(Y1, T1, Y0, T0, **options)
    assert (log(found.estimate), found.se) == approx((estimate, se), rel=5e-6)  # glm stops early
    assert found.dispersion == (None if dispersion is None else approx(dispersion, rel=1e-5))
    half = norm.ppf(0.975) * found.se
    assert limits(found) == approx([found.estimate * exp(-half), found.estimate * exp(half)], rel=1e-9)
    assert found.p_value == approx(2 * norm.sf(abs(log(found.estimate)) / found.se), rel=1e-9)


def test_rate_from_counts_per_unit_matches_r():
    for options, estimate, se in (
        ({"small_sample": False}, log(sum(Y1) / sum(T1)), 0.305632736821),
        ({}, log(sum(Y1) / sum(T1)), 0.319222982454),
        ({"variance": "negative-binomial"}, 0.647054970716, 0.316489664774),
    ):
        found = rates.rate_per_unit(Y1, T1, **options)
        assert (log(found.estimate), found.se_log) == approx((estimate, se), rel=1e-7)
        assert (found.n, found.events) == (12, 22)


def test_negative_binomial_fit_maximises_the_likelihood():
    y, t = np.array(Y1), np.array(T1)

    def minus(parameters):
        mean, k = np.exp(parameters[0]) * t, np.exp(parameters[1])
        return -nbinom.logpmf(y, 1 / k, 1 / (1 + k * mean)).sum()

    best = minimize(minus, [0.5, -0.5], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14})
    found = rates.rate_per_unit(Y1, T1, variance="negative-binomial")
    assert (log(found.estimate), log(found.dispersion)) == approx(tuple(best.x), abs=1e-6)


def test_counts_without_extra_spread_have_the_poisson_fit():
    counts_, times_ = [1, 2, 1, 2, 1, 2], [1.0] * 6
    found = rates.rate_per_unit(counts_, times_, variance="negative-binomial")
    plain = rates.rate_per_unit(counts_, times_, variance="poisson")
    assert found.dispersion == 0
    assert limits(found) == approx(limits(plain), rel=1e-12)
    assert limits(plain) == approx(limits(rates.log_normal(9, 6)), rel=1e-12)


def test_t_reference_is_wider_and_difference_has_the_delta_method_variance():
    z, t = (rates.rate_ratio_per_unit(Y1, T1, Y0, T0, t=value) for value in (False, True))
    assert t.df == 21
    assert t.upper > z.upper
    assert t.p_value > z.p_value
    found = rates.rate_difference_per_unit(Y1, T1, Y0, T0, per=10)
    arms = [rates.rate_per_unit(*arm, small_sample=False) for arm in ((Y1, T1), (Y0, T0))]
    se = sqrt(sum((arm.estimate * arm.se_log) ** 2 for arm in arms) * 23 / 21)
    assert (found.estimate, found.se) == approx((10 * (arms[0].estimate - arms[1].estimate), 10 * se), rel=1e-9)
    sides = [rates.rate_difference_per_unit(Y1, T1, Y0, T0, alternative=side).p_value for side in ("greater", "less")]
    assert sum(sides) == approx(1)


@pytest.mark.parametrize("variance", ["robust", "negative-binomial", "quasi-poisson", "poisson"])
def test_degenerate_counts_per_unit_have_a_reason(variance):
    options = {"variance": variance}
    assert rates.rate_per_unit([0, 0, 0], [1, 1, 1], **options).reason == "no-events"
    assert rates.rate_per_unit([], [], **options).reason == "too-few"
    assert rates.rate_per_unit([3], [1], **options).reason == ("" if variance == "poisson" else "too-few")
    assert rates.rate_ratio_per_unit([1, 2], [1, 1], [0, 0], [1, 1], **options).reason == "no-events"
    level = rates.rate_per_unit([2, 2, 2], [1, 1, 1], **options)
    assert level.reason == ("no-variance" if variance in ("robust", "quasi-poisson") else "")
    with pytest.raises(InvalidInput, match="one of each"):
        rates.rate_per_unit([1], [1, 2], **options)
    with pytest.raises(InvalidInput, match="positive"):
        rates.rate_per_unit([1, 0], [1, 0], **options)
    with pytest.raises(InvalidInput, match="whole number"):
        rates.rate_per_unit([1.5, 0], [1, 1], **options)
    with pytest.raises(InvalidInput, match="ratio"):
        rates.rate_ratio_per_unit([1, 2], [1, 1], [2, 0], [1, 1], ratio=0, **options)
