"""One proportion: summaries of betas and mixtures, priors, and what a prior is worth."""

from math import comb, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import betaln
from scipy.stats import beta as beta_distribution

from helpers.errors import InvalidInput
from helpers.stats import bayes
from helpers.stats.bayes import BetaMixture, BetaPosterior

ROBUST = BetaMixture((0.2, 0.8), (BetaPosterior(1, 1), BetaPosterior(10, 2)))  # RBesT's documented example
shapes = st.floats(0.3, 60)
counts = st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# phase1b tests, test-postprob.R: Lee & Liu 2008, 16 of 23 under Beta(.6, .4), and a mixture with a uniform
def test_exceedance_matches_phase1b():
    prior = BetaPosterior(0.6, 0.4)
    assert prior.update(16, 23).exceeds(0.6) == approx(0.8359808, abs=6e-8)
    mixture = BetaMixture((0.5, 0.5), (prior, BetaPosterior(1, 1)))
    assert mixture.update(10, 23).exceeds(0.6) == approx(0.05559802, abs=6e-9)
    expected = {0: 1.12066620085448e-10, 5: 0.000108838231763851, 12: 0.232931221473374, 23: 0.99999934483779}
    for events, value in expected.items():
        assert prior.update(events, 23).exceeds(0.6) == approx(value, rel=1e-9)


# phase1b tests, test-dbetabinom.R: pbetaMix, dbetaMix, h_getBetamixPost
def test_mixture_matches_phase1b():
    mixture = BetaMixture((0.6, 0.4), (BetaPosterior(0.2, 0.4), BetaPosterior(1, 1)))
    assert mixture.cdf(0.3) == approx(0.4768404, abs=6e-8)
    assert BetaPosterior(0.2, 0.4).quantile(0.6) == approx(0.3112068, abs=6e-7)
    assert BetaPosterior(0.2, 0.4).pdf(0.3) == approx(0.4745802, abs=6e-8)
    two = BetaMixture((0.1, 0.9), (BetaPosterior(0.2, 0.4), BetaPosterior(1, 2)))
    assert two.pdf(0.3) == approx(1.307458, abs=6e-7)
    assert (two.pdf(0), two.pdf(1), two.pdf(1.2)) == (np.inf, np.inf, 0)
    three = BetaMixture((0.6, 0.4, 0.5), (BetaPosterior(1, 2), BetaPosterior(3, 4), BetaPosterior(10, 10)))
    updated = three.update(16, 23)
    assert updated.weights == approx((0.2776991, 0.2683337, 0.4539671), abs=6e-8)
    assert updated.components == (BetaPosterior(17, 9), BetaPosterior(19, 11), BetaPosterior(26, 17))


# statpsych documentation, ci.bayes.prop(.05, .25, .1, 120, 300): mean and limits. Its posterior SD .02742595 divides by
# a + b + n - 1 where the beta variance has a + b + n + 1
def test_prior_by_its_moments_matches_statpsych():
    prior = bayes.from_moments(0.25, 0.1)
    assert (prior.mean, prior.sd) == approx((0.25, 0.1))
    found = bayes.posterior(120, 300, prior=prior)
    assert found.mean == approx(0.3916208, abs=6e-8)
    interval = found.interval()
    assert (interval.lower, interval.upper) == approx((0.3387206, 0.4458133), abs=6e-8)
    assert found.sd == approx(beta_distribution.std(found.alpha, found.beta), rel=1e-12)


@given(shapes, shapes, st.floats(0.001, 0.999))
@settings(max_examples=60)
def test_summaries_of_a_beta_agree_with_scipy(a, b, at):
    found, theirs = BetaPosterior(a, b), beta_distribution(a, b)
    assert (found.mean, found.sd) == approx((theirs.mean(), theirs.std()), rel=1e-9)
    assert (found.pdf(at), found.cdf(at), found.exceeds(at)) == approx(
        (theirs.pdf(at), theirs.cdf(at), theirs.sf(at)), rel=1e-9
    )
    assert found.quantile(at) == approx(theirs.ppf(at), rel=1e-9)
    flipped = found.complement()
    assert flipped.cdf(1 - at) == approx(found.exceeds(at), rel=1e-9, abs=1e-300)
    if a > 1 and b > 1:
        best = minimize_scalar(lambda x: -theirs.logpdf(x), bounds=(1e-9, 1 - 1e-9), method="bounded")
        assert found.mode == approx(best.x, abs=1e-4)


@given(st.floats(1.3, 60), st.floats(1.3, 60), st.floats(0.3, 0.99))
@settings(max_examples=60)
def test_hpd_interval_has_its_probability_equal_densities_and_no_shorter_rival(a, b, level):
    found = BetaPosterior(a, b)
    interval = found.hpd(level=level)
    assert found.mass(interval.lower, interval.upper) == approx(level, rel=1e-9)
    assert interval.lower < interval.estimate < interval.upper
    assert found.pdf(interval.lower) == approx(found.pdf(interval.upper), rel=1e-5)
    width = interval.upper - interval.lower
    for tail in np.linspace(0, 1 - level, 25):
        assert found.quantile(min(1.0, tail + level)) - found.quantile(tail) >= width - 1e-9


def test_hpd_interval_of_a_symmetric_beta_is_the_equal_tailed_one():
    found, plain = BetaPosterior(7, 7).hpd(), BetaPosterior(7, 7).interval()
    assert (found.lower, found.upper) == approx((plain.lower, plain.upper), rel=1e-9)


# Without events under the uniform prior the density falls from 0: the limit is 1 - .05^(1/16)
def test_hpd_interval_at_the_end_of_the_scale_is_one_sided():
    found = bayes.posterior(0, 15).hpd()
    assert (found.estimate, found.lower, found.upper) == (0, 0, approx(1 - 0.05 ** (1 / 16), rel=1e-12))
    mirrored = bayes.posterior(15, 15).hpd()
    assert (mirrored.estimate, mirrored.lower, mirrored.upper) == (1, approx(0.05 ** (1 / 16), rel=1e-12), 1)
    jeffreys = bayes.posterior(0, 15, prior=bayes.jeffreys()).hpd()
    assert (jeffreys.lower, jeffreys.upper) == (0, approx(beta_distribution.ppf(0.95, 0.5, 15.5)))


def test_hpd_limit_near_the_end_of_the_scale_keeps_its_digits():
    found = BetaPosterior(0.001, 15).hpd()  # near 0 the distribution function is x^.001 / (.001 B(.001, 15))
    log_upper = (log(0.95 * 0.001) + betaln(0.001, 15)) / 0.001
    assert log(found.upper) == approx(log_upper, rel=1e-9)


def test_hpd_interval_of_a_level_or_two_peaked_density_is_defined():
    level = BetaPosterior(1, 1).hpd()
    assert (level.estimate, level.lower, level.upper) == (None, approx(0.025), approx(0.975))
    assert BetaPosterior(0.5, 0.5).hpd().reason == "several-modes"
    assert BetaPosterior(0.5, 0.5).mode is None
    twin = BetaMixture((0.5, 0.5), (BetaPosterior(40, 10), BetaPosterior(10, 40)))
    assert (twin.hpd().reason, twin.mode) == ("several-modes", None)


def test_hpd_interval_of_a_mixture_has_equal_densities_and_its_probability():
    found = ROBUST.update(3, 6)
    interval = found.hpd(level=0.8)
    assert found.mass(interval.lower, interval.upper) == approx(0.8, rel=1e-9)
    assert found.pdf(interval.lower) == approx(found.pdf(interval.upper), rel=1e-6)
    best = minimize_scalar(lambda x: -found.pdf(x), bounds=(0.01, 0.99), method="bounded", options={"xatol": 1e-10})
    assert found.mode == approx(best.x, abs=1e-6)
    # the densest region of the prior itself reaches down to where the uniform part is as dense as the upper end
    prior = ROBUST.hpd()
    assert ROBUST.mass(prior.lower, prior.upper) == approx(0.95, rel=1e-9)


@given(counts, st.floats(0.05, 0.95))
@settings(max_examples=40)
def test_posterior_of_a_mixture_agrees_with_bayes_theorem_by_quadrature(data, at):
    events, n = data
    found = ROBUST.update(events, n)

    def joint(p):
        return ROBUST.pdf(p) * p**events * (1 - p) ** (n - events)

    points = [0.05, 0.2, 0.5, 0.8, 0.95]
    total = quad(joint, 0, 1, points=points, epsrel=1e-12, epsabs=0, limit=200)[0]
    below = quad(joint, 0, at, points=[p for p in points if p < at], epsrel=1e-12, epsabs=0, limit=200)[0]
    assert found.cdf(at) == approx(below / total, rel=1e-8, abs=1e-12)
    mean = quad(lambda p: p * joint(p), 0, 1, points=points, epsrel=1e-12, epsabs=0, limit=200)[0] / total
    assert found.mean == approx(mean, rel=1e-8)
    assert found.cdf(found.quantile(at)) == approx(at, abs=1e-12)
    assert sum(found.weights) == approx(1, rel=1e-12)


def test_updating_in_two_steps_is_updating_once():
    once, twice = ROBUST.update(7, 20), ROBUST.update(3, 8).update(4, 12)
    assert twice.weights == approx(once.weights, rel=1e-12)
    assert ROBUST.update(0, 0) == ROBUST
    assert bayes.posterior(3, 8, prior=bayes.flat()) == bayes.posterior(3, 8)


def test_a_mixture_of_one_beta_is_that_beta():
    alone, found = BetaPosterior(3, 9), BetaMixture((2.0,), (BetaPosterior(3, 9),))
    assert found.weights == (1.0,)
    assert (found.mean, found.sd, found.mode) == approx((alone.mean, alone.sd, alone.mode))
    assert found.interval() == alone.interval()
    hpd, own = found.hpd(), alone.hpd()
    assert (hpd.lower, hpd.upper) == approx((own.lower, own.upper), rel=1e-9)
    assert bayes.effective_sample_size(found) == 12


def test_priors_have_the_weight_and_the_rate_that_was_stated():
    assert bayes.flat() == BetaPosterior(1, 1)
    assert bayes.jeffreys() == BetaPosterior(0.5, 0.5)
    assert bayes.sceptical(0.3, 20) == BetaPosterior(6, 14)
    assert bayes.discounted(30, 120, 16) == BetaPosterior(4, 12)
    assert bayes.discounted(0, 40, 9, initial=bayes.jeffreys()) == BetaPosterior(0.5, 8.5)
    assert bayes.power_prior(30, 120, 0.1) == BetaPosterior(4, 10)
    assert bayes.power_prior(30, 120, 0, initial=bayes.jeffreys()) == bayes.jeffreys()
    robust = bayes.robust(BetaPosterior(4, 12), 0.3, rate=0.4, ess=5)
    assert robust.weights == approx((0.7, 0.3))
    assert robust.components == (BetaPosterior(4, 12), BetaPosterior(2, 3))
    nested = bayes.robust(robust, 0.5)
    assert nested.weights == approx((0.35, 0.15, 0.5))


# A sceptical prior on the difference: the same informative beta in both arms draws the difference to 0
def test_the_same_prior_in_both_arms_is_sceptical_of_a_difference():
    widths, middles = [], []
    for ess in (2, 20, 200):
        prior = bayes.sceptical(0.5, ess)
        before = bayes.difference(prior, prior)
        assert before.exceeds(0) == approx(0.5, abs=1e-10)
        after = bayes.difference(prior.update(12, 16), prior.update(5, 15))
        widths.append(before.sd)
        middles.append(after.interval().estimate)
    assert widths == sorted(widths, reverse=True)
    assert middles == sorted(middles, reverse=True)
    assert 0 < middles[-1] < 0.1


def test_effective_sample_size_of_a_beta_is_the_sum_of_its_parameters():
    prior = BetaPosterior(5, 15)
    for method in ("information-ratio", "moment"):
        assert bayes.effective_sample_size(prior, method=method) == approx(20)
    assert bayes.effective_sample_size(prior, method="mode") == approx(20, abs=0.02)  # RBesT's test rounds it to 20


# Neuenschwander and others 2020: mean over the prior of minus (log p)'' times p (1 - p), by differences and quad
def test_information_ratio_of_a_mixture_agrees_with_its_definition():
    for prior in (ROBUST, BetaMixture((0.7, 0.3), (BetaPosterior(4, 12), BetaPosterior(20, 8)))):

        def ratio(p, prior=prior):
            step = 1e-4 * min(p, 1 - p)
            logs = [log(prior.pdf(p + shift)) for shift in (-step, 0, step)]
            return -(logs[0] - 2 * logs[1] + logs[2]) / step**2 * p * (1 - p) * prior.pdf(p)

        expected = quad(ratio, 1e-7, 1 - 1e-7, points=[0.1, 0.3, 0.5, 0.7, 0.9], limit=200, epsrel=1e-8)[0]
        assert bayes.effective_sample_size(prior) == approx(expected, rel=1e-4)


# The property for which it was chosen: the mean weight of the posterior is the prior's plus the new units
def test_information_ratio_is_predictively_consistent():
    prior = BetaMixture((0.6, 0.4), (BetaPosterior(4, 6), BetaPosterior(2, 2)))
    chances = bayes.predictive(prior, 10).probabilities
    mean = sum(p * bayes.effective_sample_size(prior.update(k, 10)) for k, p in enumerate(chances))
    assert mean == approx(bayes.effective_sample_size(prior) + 10, rel=1e-8)


def test_moment_method_matches_the_beta_with_the_same_moments():
    matched = bayes.from_moments(ROBUST.mean, ROBUST.sd)
    assert bayes.effective_sample_size(ROBUST, method="moment") == approx(matched.alpha + matched.beta)


def test_mixture_density_agrees_with_its_formula():
    p = 0.37
    expected = sum(
        w * exp((c.alpha - 1) * log(p) + (c.beta - 1) * log(1 - p) - betaln(c.alpha, c.beta))
        for w, c in zip(ROBUST.weights, ROBUST.components, strict=True)
    )
    assert ROBUST.pdf(p) == approx(expected, rel=1e-12)
    variance = quad(lambda x: (x - ROBUST.mean) ** 2 * ROBUST.pdf(x), 0, 1)[0]
    assert ROBUST.sd == approx(sqrt(variance), rel=1e-9)
    assert comb(4, 2) * betaln(1, 1) == 0  # Beta(1, 1) is level


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: BetaMixture((1.0,), ()), "one each"),
        (lambda: BetaMixture((-1.0, 2.0), (BetaPosterior(1, 1), BetaPosterior(2, 2))), "negative"),
        (lambda: BetaMixture((0.0,), (BetaPosterior(1, 1),)), "one each"),
        (lambda: BetaMixture((1.0,), ((1, 1),)), "BetaPosterior"),
        (lambda: BetaPosterior(1, 1).quantile(1.5), "probability"),
        (lambda: BetaPosterior(1, 1).hpd(level=95), "level"),
        (lambda: BetaPosterior(1, 1).update(6, 5), "whole number"),
        (lambda: ROBUST.update(-1, 5), "whole number"),
        (lambda: bayes.sceptical(0, 5), "rate"),
        (lambda: bayes.sceptical(0.5, 0), "ess"),
        (lambda: bayes.from_moments(0.5, 0.6), "sd"),
        (lambda: bayes.from_moments(1.5, 0.1), "rate"),
        (lambda: bayes.discounted(0, 10, 5), "initial"),
        (lambda: bayes.discounted(3, 10, 0.5, initial=bayes.jeffreys()), "ess"),
        (lambda: bayes.discounted(3, 2, 5), "whole number"),
        (lambda: bayes.power_prior(3, 10, 1.5), "power"),
        (lambda: bayes.robust(BetaPosterior(1, 1), 2), "weight"),
        (lambda: bayes.robust((1, 1), 0.5), "BetaPosterior"),
        (lambda: bayes.effective_sample_size(ROBUST, method="elir"), "method"),
        (lambda: bayes.effective_sample_size(bayes.robust(bayes.jeffreys(), 0.5)), "below 1"),
        (lambda: bayes.effective_sample_size(BetaPosterior(1, 1), method="mode"), "mode"),
    ],
)
def test_what_is_no_prior_is_refused(call, words):
    with pytest.raises(InvalidInput, match=words):
        call()
