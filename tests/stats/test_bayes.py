from fractions import Fraction
from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.special import betaln
from scipy.stats import beta as beta_distribution

from helpers.errors import InvalidInput
from helpers.stats.bayes import BetaPosterior, difference, posterior

counts = st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# Evidence file, section 7.1: 10/16 against 5/15 under flat priors gives Pr .943 and RD .26 (-.06, .55)
def test_posterior_of_the_example_in_the_evidence_file():
    found = difference(posterior(10, 16), posterior(5, 15))
    interval = found.interval()
    assert found.exceeds(0) == approx(0.943, abs=5e-4)
    assert (interval.estimate, interval.lower, interval.upper) == approx((0.26, -0.06, 0.55), abs=5e-3)


def test_posterior_adds_events_to_the_prior():
    assert posterior(10, 16) == BetaPosterior(11, 7)
    assert posterior(0, 15, prior_alpha=0.5, prior_beta=0.5) == BetaPosterior(0.5, 15.5)
    assert posterior(0, 0, prior_alpha=2, prior_beta=3) == BetaPosterior(2, 3)


# The rule of succession under the uniform prior with no events: Pr(p <= x) = 1 - (1 - x)^(n + 1)
def test_interval_of_one_arm_without_events_has_its_closed_form():
    found = posterior(0, 15).interval()
    expected = [1 - (1 - p) ** (1 / 16) for p in (0.5, 0.025, 0.975)]
    assert [found.estimate, found.lower, found.upper] == approx(expected, rel=1e-9)


def superiority_by_sum(a: BetaPosterior, b: BetaPosterior) -> float:
    """Pr(a > b) for whole-number parameters: the finite sum of beta functions that integrating by parts gives."""
    i = np.arange(int(a.alpha))
    logs = betaln(b.alpha + i, a.beta + b.beta) - np.log(a.beta + i) - betaln(1 + i, a.beta) - betaln(b.alpha, b.beta)
    return float(np.exp(logs).sum())


@given(counts, counts)
@settings(max_examples=40)
def test_probability_of_superiority_agrees_with_the_finite_sum(arm, reference):
    a, b = posterior(*arm), posterior(*reference)
    assert difference(a, b).exceeds(0) == approx(superiority_by_sum(a, b), rel=1e-6, abs=1e-11)


def exact_exceedance(a: BetaPosterior, b: BetaPosterior, shift: Fraction) -> Fraction:
    """Pr(a - b > shift) for whole-number parameters and shift >= 0, by integrating polynomials in fractions."""

    def product(p, q):
        result = [Fraction(0)] * (len(p) + len(q) - 1)
        for i, x in enumerate(p):
            for j, y in enumerate(q):
                result[i + j] += x * y
        return result

    def power(p, k):
        result = [Fraction(1)]
        for _ in range(k):
            result = product(result, p)
        return result

    n = int(a.alpha + a.beta) - 1
    below = [Fraction(0)] * (n + 1)  # Pr(a <= y + shift) as a polynomial in y
    for j in range(int(a.alpha), n + 1):
        term = product(power([shift, Fraction(1)], j), power([1 - shift, Fraction(-1)], n - j))
        below = [x + comb(n, j) * y for x, y in zip(below, term, strict=True)]
    m = int(b.alpha + b.beta) - 1
    density = product(
        [Fraction(0)] * int(b.alpha - 1) + [Fraction(1)], power([Fraction(1), Fraction(-1)], int(b.beta - 1))
    )
    density = [x * m * comb(m - 1, int(b.alpha) - 1) for x in density]
    above = product(density, [Fraction(1) - below[0], *(-x for x in below[1:])])
    high = 1 - shift
    return sum(c * high ** (k + 1) / (k + 1) for k, c in enumerate(above))


@pytest.mark.parametrize("shift", [Fraction(0), Fraction(1, 10), Fraction(1, 5), Fraction(1, 2)])
@pytest.mark.parametrize(("arm", "reference"), [((10, 16), (5, 15)), ((0, 6), (7, 7)), ((9, 9), (0, 8))])
def test_exceedance_agrees_with_exact_rational_arithmetic(arm, reference, shift):
    a, b = posterior(*arm), posterior(*reference)
    assert difference(a, b).exceeds(float(shift)) == approx(float(exact_exceedance(a, b, shift)), rel=1e-11)


def exact_exceedance_of_one(a: BetaPosterior, value: Fraction) -> Fraction:
    """Pr(a > value) for whole-number parameters, as a binomial sum in fractions."""
    n = int(a.alpha + a.beta) - 1
    return sum(comb(n, j) * value**j * (1 - value) ** (n - j) for j in range(int(a.alpha)))


# 16 against 15 patients, as in a trial of 31: probabilities from 1e-53 to nearly 1
TABLES = [((11, 16), (7, 15)), ((0, 16), (15, 15)), ((16, 16), (14, 15)), ((0, 0), (3, 4))]


@pytest.mark.parametrize(("arm", "reference"), TABLES)
def test_mass_of_one_arm_has_ten_digits_in_both_tails(arm, reference):
    for found in (posterior(*arm), posterior(*reference)):
        above = [exact_exceedance_of_one(found, Fraction(edge, 20)) for edge in range(21)]
        exact = [float(a - b) for a, b in pairwise(above)]
        assert [found.mass(e / 20, (e + 1) / 20) for e in range(20)] == approx(exact, rel=1e-11, abs=0)


@pytest.mark.parametrize(("arm", "reference"), TABLES)
def test_mass_of_the_difference_has_ten_digits_in_both_tails(arm, reference):
    a, b = posterior(*arm), posterior(*reference)
    above = [
        exact_exceedance(a, b, Fraction(e, 20)) if e >= 0 else 1 - exact_exceedance(b, a, Fraction(-e, 20))
        for e in range(-20, 21)
    ]
    exact = [float(x - y) for x, y in pairwise(above)]
    found = difference(a, b)
    assert [found.mass(e / 20, (e + 1) / 20) for e in range(-20, 20)] == approx(exact, rel=1e-11, abs=0)


# With a prior below 1/2 the density is infinite at 0 or 1
@pytest.mark.parametrize("prior", [0.5, 0.1, 0.001])
@pytest.mark.parametrize(("arm", "reference"), [((0, 16), (15, 15)), ((16, 16), (0, 15)), ((8, 16), (8, 15))])
def test_mass_sums_to_one_under_a_prior_below_one_half(arm, reference, prior):
    a, b = (posterior(*counts, prior_alpha=prior, prior_beta=prior) for counts in (arm, reference))
    assert sum(difference(a, b).mass(e / 20, (e + 1) / 20) for e in range(-20, 20)) == approx(1, rel=1e-11)


def test_mass_of_nothing_is_zero():
    found = difference(posterior(3, 4), posterior(1, 4))
    assert [found.mass(0.2, 0.2), found.mass(0.3, 0.2), found.mass(1, 2), found.mass(-2, -1)] == [0, 0, 0, 0]
    assert found.mass(-1, 1) == approx(1, rel=1e-12)


# Second way for priors that are no whole numbers: the midpoint rule over the reference arm's proportion
@pytest.mark.parametrize("value", [-0.3, 0.0, 0.15])
def test_difference_under_jeffreys_prior_agrees_with_the_midpoint_rule(value):
    a, b = (posterior(*counts, prior_alpha=0.5, prior_beta=0.5) for counts in ((10, 16), (5, 15)))
    y = (np.arange(200_000) + 0.5) / 200_000
    expected = (beta_distribution.pdf(y, b.alpha, b.beta) * beta_distribution.cdf(y + value, a.alpha, a.beta)).mean()
    assert difference(a, b).cdf(value) == approx(expected, rel=1e-6)


@given(counts, counts, st.sampled_from([(1.0, 1.0), (0.5, 0.5), (2.0, 3.0)]))
@settings(max_examples=12)
def test_quantiles_of_the_difference_invert_its_distribution(arm, reference, prior):
    a, b = (posterior(*c, prior_alpha=prior[0], prior_beta=prior[1]) for c in (arm, reference))
    forward, backward = difference(a, b), difference(b, a)
    interval = forward.interval()
    assert -1 <= interval.lower < interval.estimate < interval.upper <= 1
    for probability, value in ((0.025, interval.lower), (0.5, interval.estimate), (0.975, interval.upper)):
        assert forward.cdf(value) == approx(probability, abs=1e-9)
        assert backward.exceeds(-value) == approx(probability, abs=1e-9)


def test_distribution_of_the_difference_runs_from_minus_1_to_1():
    found = difference(posterior(3, 4), posterior(1, 4))
    assert [found.cdf(v) for v in (-2, -1, 1, 2)] == [0, 0, 1, 1]
    rising = [found.cdf(v / 20) for v in range(-20, 21)]
    assert rising == sorted(rising)


# Normal approximation: with 10 000 an arm the SD of the difference is sqrt(.6*.4/10000 + .61*.39/10000) = .006916
def test_a_narrow_posterior_is_not_missed():
    found = difference(posterior(6000, 10_000), posterior(6100, 10_000)).interval()
    assert (found.estimate, found.upper - found.lower) == approx((-0.01, 2 * 1.96 * 0.006916), rel=2e-3)


@pytest.mark.parametrize("prior", [(0, 1), (1, -1), (float("inf"), 1), (float("nan"), 1)])
def test_a_prior_that_is_none_is_refused(prior):
    with pytest.raises(InvalidInput, match="positive"):
        posterior(3, 5, prior_alpha=prior[0], prior_beta=prior[1])


def test_counts_that_are_no_counts_are_refused():
    with pytest.raises(InvalidInput, match="whole number"):
        posterior(6, 5)
    with pytest.raises(InvalidInput, match="whole number"):
        posterior(1, 0)
