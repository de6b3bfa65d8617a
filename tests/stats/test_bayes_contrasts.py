"""Difference, ratio and odds ratio of two proportions, mixtures among them, and the Bayes factor of equality."""

from fractions import Fraction
from itertools import pairwise
from math import comb, exp, factorial, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.integrate import dblquad, quad
from scipy.special import betaln
from scipy.stats import beta as beta_distribution

from helpers.errors import InvalidInput
from helpers.stats import bayes
from helpers.stats.bayes import BetaMixture, BetaPosterior

MIXED = BetaMixture((0.3, 0.7), (BetaPosterior(0.6, 0.4), BetaPosterior(1, 1)))
counts = st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
CONTRASTS = [bayes.difference, bayes.ratio, bayes.odds_ratio]


# phase1b tests, test-postprobDist.R and test-betadiff.R
def test_exceedance_of_a_margin_matches_phase1b():
    prior = BetaPosterior(0.6, 0.4)
    assert bayes.difference(prior.update(16, 23), prior).exceeds(0.1) == approx(0.4431067, abs=6e-8)
    even = BetaMixture((0.5, 0.5), (prior, BetaPosterior(1, 1)))
    assert bayes.difference(even.update(10, 23), even).exceeds(0.1) == approx(0.3143941, abs=6e-8)
    for events, expected in ((10, 0.324888481243124), (22, 0.771937234865335), (23, 0.817017633697455)):
        found = bayes.difference(even.update(events, 23), MIXED).exceeds(0.1)
        assert found == approx(expected, rel=1e-6)  # computed there by integrate(), to about 7 digits
    found = bayes.difference(BetaPosterior(5.5, 20.5), BetaPosterior(1, 52))
    assert found.cdf(0.4) == approx(0.9884184, abs=6e-8)
    assert found.quantile(0.2) == approx(0.1228383, abs=1e-6)


def altham(a: BetaPosterior, b: BetaPosterior) -> Fraction:
    """Pr(a > b) for whole parameters: Altham 1969's finite sum over hypergeometric terms, in fractions."""
    a1, b1, a2, b2 = (int(v) for v in (a.alpha, a.beta, b.alpha, b.beta))

    def beta(x, y):
        return Fraction(factorial(x - 1) * factorial(y - 1), factorial(x + y - 1))

    return sum(beta(a2 + i, b1 + b2) / ((b1 + i) * beta(1 + i, b1) * beta(a2, b2)) for i in range(a1))


@given(counts, counts)
@settings(max_examples=40)
def test_probability_of_a_larger_proportion_agrees_with_altham_for_every_contrast(arm, reference):
    a, b = bayes.posterior(*arm), bayes.posterior(*reference)
    expected = float(altham(a, b))
    for contrast, null in zip(CONTRASTS, (0, 1, 1), strict=True):
        assert contrast(a, b).exceeds(null) == approx(expected, rel=1e-10, abs=1e-14)
        assert contrast(b, a).cdf(null) == approx(expected, rel=1e-10, abs=1e-14)


def exact_ratio_exceedance(a: BetaPosterior, b: BetaPosterior, value: Fraction) -> Fraction:
    """Pr(a > value * b) for whole parameters and 0 < value <= 1, by integrating polynomials in fractions."""
    n, m = int(a.alpha + a.beta) - 1, int(b.alpha + b.beta) - 1
    total = Fraction(0)
    for j in range(int(a.alpha)):  # Pr(a > v y) is the chance of fewer than alpha successes of n at v y
        for k in range(n - j + 1):
            power = j + k
            coefficient = comb(n, j) * comb(n - j, k) * (-1) ** k * value**power
            # integral of y^(alpha + power - 1) (1 - y)^(beta - 1) over the density's constant
            top = Fraction(factorial(int(b.alpha) + power - 1) * factorial(int(b.beta) - 1), factorial(m + power))
            bottom = Fraction(factorial(int(b.alpha) - 1) * factorial(int(b.beta) - 1), factorial(m))
            total += coefficient * top / bottom
    return total


@pytest.mark.parametrize("value", [Fraction(1, 4), Fraction(4, 5), Fraction(1)])
@pytest.mark.parametrize(
    ("arm", "reference"), [((10, 16), (5, 15)), ((0, 6), (7, 7)), ((9, 9), (0, 8)), ((2, 3), (0, 0))]
)
def test_exceedance_of_a_ratio_agrees_with_exact_rational_arithmetic(arm, reference, value):
    a, b = bayes.posterior(*arm), bayes.posterior(*reference)
    expected = float(exact_ratio_exceedance(a, b, value))
    assert bayes.ratio(a, b).exceeds(float(value)) == approx(expected, rel=1e-11)
    assert bayes.ratio(b, a).cdf(1 / float(value)) == approx(expected, rel=1e-11)


# Second route with no quadrature in common: integrate both densities over the region
@pytest.mark.parametrize(
    ("contrast", "value", "edge"),
    [
        (bayes.difference, 0.1, lambda y: min(1.0, max(0.0, y + 0.1))),
        (bayes.ratio, 1.4, lambda y: min(1.0, 1.4 * y)),
        (bayes.odds_ratio, 2.5, lambda y: 2.5 * y / (1 - y + 2.5 * y)),
    ],
)
def test_exceedance_agrees_with_two_dimensional_quadrature(contrast, value, edge):
    a, b = BetaPosterior(4.5, 3.5), BetaMixture((0.4, 0.6), (BetaPosterior(2.5, 6.0), BetaPosterior(5.0, 5.0)))
    expected = dblquad(lambda x, y: a.pdf(x) * b.pdf(y), 0, 1, edge, 1, epsabs=1e-9, epsrel=1e-9)[0]
    assert contrast(a, b).exceeds(value) == approx(expected, abs=1e-7)


@given(st.floats(0.3, 30), st.floats(0.3, 30), st.floats(0.3, 30), st.floats(0.3, 30), st.floats(0.1, 8))
@settings(max_examples=30)
def test_odds_ratio_agrees_with_the_midpoint_rule_on_the_logit_scale(a1, b1, a2, b2, value):
    a, b = BetaPosterior(a1, b1), BetaPosterior(a2, b2)
    at = (np.arange(40_000) + 0.5) / 40_000 * 240 - 120  # logit of the reference's proportion
    density = np.exp(a2 * -np.logaddexp(0, -at) + b2 * -np.logaddexp(0, at) - betaln(a2, b2)) * 240 / 40_000
    bound = 1 / (1 + np.exp(-(at + log(value))))
    expected = (density * beta_distribution.sf(bound, a1, b1)).sum()
    assert bayes.odds_ratio(a, b).exceeds(value) == approx(expected, abs=1e-9)


@given(counts, counts, st.sampled_from([(1.0, 1.0), (0.5, 0.5), (3.0, 7.0)]), st.sampled_from([0, 1, 2]))
@settings(max_examples=40)
def test_quantiles_invert_the_distribution(arm, reference, prior, which):
    a, b = (bayes.posterior(*c, prior_alpha=prior[0], prior_beta=prior[1]) for c in (arm, reference))
    forward, backward = CONTRASTS[which](a, b), CONTRASTS[which](b, a)
    interval = forward.interval(level=0.9)
    assert interval.lower < interval.estimate < interval.upper
    for probability, value in ((0.05, interval.lower), (0.5, interval.estimate), (0.95, interval.upper)):
        assert forward.cdf(value) == approx(probability, abs=1e-10)
        mirrored = -value if which == 0 else 1 / value
        assert backward.exceeds(mirrored) == approx(probability, abs=1e-9)


def test_the_contrasts_of_a_mixture_are_mixtures_of_the_contrasts():
    a, b = MIXED.update(4, 9), BetaMixture((0.5, 0.5), (BetaPosterior(2, 3), BetaPosterior(9, 4)))
    for contrast, value in zip(CONTRASTS, (0.05, 1.2, 1.2), strict=True):
        expected = sum(
            w * v * contrast(x, y).exceeds(value)
            for w, x in zip(a.weights, a.components, strict=True)
            for v, y in zip(b.weights, b.components, strict=True)
        )
        assert contrast(a, b).exceeds(value) == approx(expected, rel=1e-10)
    found = bayes.difference(a, b)
    assert found.cdf(found.quantile(0.3)) == approx(0.3, abs=1e-10)


def test_probability_of_equivalence_is_the_mass_of_the_region():
    found = bayes.difference(bayes.posterior(10, 16), bayes.posterior(9, 15))
    assert found.mass(-0.1, 0.1) == approx(found.cdf(0.1) - found.cdf(-0.1), abs=1e-12)
    ratio = bayes.ratio(bayes.posterior(10, 16), bayes.posterior(9, 15))
    assert ratio.mass(0.8, 1.25) == approx(ratio.cdf(1.25) - ratio.cdf(0.8), abs=1e-12)
    assert ratio.mass(0, inf) == approx(1, rel=1e-11)
    assert bayes.odds_ratio(ratio.arm, ratio.reference).mass(0, inf) == approx(1, rel=1e-11)


def test_moments_of_the_difference_agree_with_quadrature():
    a, b = bayes.posterior(3, 9), MIXED.update(2, 4)
    found = bayes.difference(a, b)
    mean = quad(lambda d: found.exceeds(d), 0, 1)[0] - quad(lambda d: found.cdf(d), -1, 0)[0]
    assert found.mean == approx(mean, abs=1e-8)
    assert found.sd**2 == approx(a.sd**2 + b.sd**2)


# A gain (arm - reference) / (1 - reference) above d is a ratio of failures below 1 - d (phase1b's relativeDelta)
def test_relative_gain_is_the_ratio_of_the_complements():
    a, b = bayes.posterior(16, 23), bayes.posterior(10, 20)
    found = bayes.ratio(a.complement(), b.complement()).cdf(0.9)
    expected = quad(lambda y: b.pdf(y) * a.exceeds(y + 0.1 * (1 - y)), 0, 1, epsabs=1e-12)[0]
    assert found == approx(expected, rel=1e-9)


@pytest.mark.parametrize("prior", [0.5, 0.1, 0.05])
@pytest.mark.parametrize(("arm", "reference"), [((0, 16), (15, 15)), ((16, 16), (0, 15)), ((0, 8), (0, 8))])
def test_mass_sums_to_one_under_a_prior_below_one_half(arm, reference, prior):
    a, b = (bayes.posterior(*c, prior_alpha=prior, prior_beta=prior) for c in (arm, reference))
    for contrast, edges in (
        (bayes.ratio, [0, 1e-6, 0.1, 0.5, 1, 2, 10, 1e6, inf]),
        (bayes.odds_ratio, [0, 1e-9, 1e-3, 0.5, 2, 1e3, 1e9, inf]),
    ):
        parts = [contrast(a, b).mass(low, high) for low, high in pairwise(edges)]
        assert sum(parts) == approx(1, rel=1e-9)
        assert min(parts) >= 0


def test_values_outside_the_scale_have_probability_0_or_1():
    for contrast in (bayes.ratio, bayes.odds_ratio):
        found = contrast(bayes.posterior(3, 4), bayes.posterior(1, 4))
        assert [found.cdf(v) for v in (-1, 0, inf)] == [0, 0, 1]
        assert [found.exceeds(v) for v in (-1, 0, inf)] == [1, 1, 0]
        assert found.mass(2, 1) == 0


# R BayesFactor 0.9.12, Gunel & Dickey's equation 4.7 for independent multinomials, at concentrations 1, 2 and 3.5, for
# the bridges of Dutton & Aron 1974 as in Jamil and others 2017: 9 of 18 against 2 of 16
@pytest.mark.parametrize(("a", "expected"), [(1, 5.31353785533), (2, 4.21287644244), (3.5, 3.46020275713)])
def test_bayes_factor_matches_gunel_and_dickey(a, expected):
    own, common = BetaPosterior(a, a), BetaPosterior(2 * a - 1, 2 * a - 1)
    found = bayes.equality(9, 18, 2, 16, prior=own, prior_ref=own, prior_common=common)
    assert found.factor == approx(expected, rel=1e-11)
    assert found.log_factor == approx(log(expected), rel=1e-10)


@given(counts, counts)
@settings(max_examples=40)
def test_bayes_factor_agrees_with_exact_rational_arithmetic(arm, reference):
    (x, n), (y, m) = arm, reference
    if not n or not m:
        return

    def evidence(events, size):
        return Fraction(factorial(events) * factorial(size - events), factorial(size + 1))

    expected = evidence(x, n) * evidence(y, m) / evidence(x + y, n + m)
    found = bayes.equality(x, n, y, m)
    assert found.factor == approx(float(expected), rel=1e-10)
    assert found.probability_of_equality() == approx(float(1 / (1 + expected)), rel=1e-10)
    sides = [bayes.equality(x, n, y, m, alternative=side).factor for side in ("greater", "less")]
    assert sum(sides) / 2 == approx(float(expected), rel=1e-8)


def test_bayes_factor_under_mixtures_agrees_with_quadrature():
    found = bayes.equality(4, 9, 1, 7, prior=MIXED, prior_common=MIXED)

    def evidence(prior, events, size):
        return quad(lambda p: prior.pdf(p) * p**events * (1 - p) ** (size - events), 0, 1, epsrel=1e-11, epsabs=0)[0]

    expected = evidence(MIXED, 4, 9) * evidence(bayes.flat(), 1, 7) / evidence(MIXED, 5, 16)
    assert found.factor == approx(expected, rel=1e-8)
    assert found.probability_of_equality(0) == 0
    assert found.probability_of_equality(1) == 1
    assert exp(found.log_factor) == approx(found.factor)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bayes.difference((1, 1), bayes.flat()),
        lambda: bayes.ratio(bayes.flat(), 0.5),
        lambda: bayes.ratio(bayes.flat(), BetaPosterior(0.01, 1)),
        lambda: bayes.odds_ratio(BetaPosterior(1, 0.01), bayes.flat()),
        lambda: bayes.difference(bayes.flat(), bayes.flat()).quantile(0),
        lambda: bayes.odds_ratio(bayes.flat(), bayes.flat()).interval(level=2),
        lambda: bayes.equality(3, 2, 1, 2),
        lambda: bayes.equality(1, 2, 1, 0),
        lambda: bayes.equality(1, 2, 1, 2, prior=(1, 1)),
        lambda: bayes.equality(1, 2, 1, 2, alternative="larger"),
        lambda: bayes.equality(1, 2, 1, 2).probability_of_equality(2),
    ],
)
def test_what_is_no_distribution_or_probability_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
