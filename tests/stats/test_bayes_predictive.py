"""Events yet to come, the end of a trial foretold, and conflict of a prior with its data."""

from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import betabinom, fisher_exact

from helpers.errors import InvalidInput
from helpers.stats import bayes, proportions
from helpers.stats.bayes import BetaMixture, BetaPosterior
from helpers.stats.bayes.completed import exceedance_table

ARM = BetaMixture((2, 1), (BetaPosterior(1, 1), BetaPosterior(50, 10)))
REFERENCE = BetaMixture((2, 1), (BetaPosterior(1, 1), BetaPosterior(20, 40)))
shapes = st.floats(0.2, 40)


def above(statistic, threshold):
    return lambda *counts: statistic(*counts) > threshold


@given(shapes, shapes, st.integers(0, 40))
@settings(max_examples=50)
def test_predictive_distribution_agrees_with_scipy(a, b, n):
    found, theirs = bayes.predictive(BetaPosterior(a, b), n), betabinom(n, a, b)
    k = np.arange(n + 1)
    assert found.probabilities == approx(theirs.pmf(k), rel=1e-9, abs=1e-300)
    assert [found.cdf(i) for i in k] == approx(theirs.cdf(k), rel=1e-9)
    assert found.at_least(n // 2) == approx(theirs.sf(n // 2 - 1), rel=1e-9, abs=1e-12)
    assert (found.mean, found.sd) == approx((theirs.mean(), theirs.std() if n else 0), rel=1e-9)
    assert (found.pmf(-1), found.pmf(n + 1), found.cdf(-1), found.cdf(n)) == (0, 0, 0, approx(1))
    interval = found.interval(level=0.8)
    assert found.cdf(interval.lower - 1) <= 0.1 < found.cdf(interval.lower) + 1e-12
    assert found.at_least(interval.upper + 1) <= 0.1 + 1e-12


# phase1b tests, test-dbetabinom.R
def test_predictive_distribution_matches_phase1b():
    assert bayes.predictive(BetaPosterior(0.2, 0.4), 29).pmf(2) == approx(0.04286893, abs=6e-9)
    mixture = BetaMixture((0.6, 0.4), (BetaPosterior(0.2, 0.4), BetaPosterior(1, 1)))
    assert bayes.predictive(mixture, 29).pmf(2) == approx(0.03905469, abs=6e-9)


def test_uniform_prior_foretells_every_count_alike():
    found = bayes.predictive(bayes.flat(), 9)
    assert found.probabilities == approx([0.1] * 10, rel=1e-12)
    interval = found.interval(level=0.5)
    assert (interval.lower, interval.estimate, interval.upper) == (2, 4, 7)
    empty = bayes.predictive(bayes.flat(), 0)
    assert (empty.probabilities.tolist(), empty.mean, empty.sd, empty.quantile(0.9)) == ([1.0], 0, 0, 0)


# phase1b tests, test-predprob.R: Lee & Liu 2008, 16 of 23 with 40 in all; success Pr(p > .6) > .9 at the end
def test_predictive_probability_of_one_arm_matches_phase1b():
    prior = BetaPosterior(0.6, 0.4)

    def success(k, start, own):
        return np.array([own.update(start + int(i), 40).exceeds(0.6) > 0.9 for i in k])

    found = bayes.predictive(prior.update(16, 23), 17)
    assert found.probability_of(lambda k: success(k, 16, prior)) == approx(0.5655589, abs=6e-8)
    mixture = BetaMixture((3, 1), (BetaPosterior(1, 1), BetaPosterior(25, 15)))
    found = bayes.predictive(mixture.update(20, 23), 17)
    assert found.probability_of(lambda k: success(k, 20, mixture)) == approx(0.987443066689065, rel=1e-12)


# phase1b tests, test-predprobDist.R: two arms, margin .1
def test_predictive_probability_of_two_arms_matches_phase1b():
    trial = bayes.completed_trial(16, 23, 5, 10, remaining=17, remaining_ref=10, prior=ARM, prior_ref=REFERENCE)
    statistic = bayes.probability_above(margin=0.1, prior=ARM, prior_ref=REFERENCE)
    assert trial.probability_of(above(statistic, 0.9)) == approx(0.5989817, abs=6e-8)
    assert trial.probability_of(above(statistic, 0.5)) == approx(0.9322923, abs=6e-8)
    small = bayes.completed_trial(2, 5, 1, 5, remaining=5, remaining_ref=5)
    assert small.probability_of(above(bayes.probability_above(margin=0.1), 0.5)) == approx(0.5513671, abs=6e-8)


def exact_predictive(x, n, more):
    """Beta-binomial probabilities under the uniform prior, in fractions."""

    def beta(a, b):
        return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))

    return [comb(more, k) * beta(x + 1 + k, n - x + 1 + more - k) / beta(x + 1, n - x + 1) for k in range(more + 1)]


def exact_superiority(x, n, y, m):
    """Pr(arm > reference) under uniform priors, in fractions."""

    def beta(a, b):
        return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))

    a1, b1, a2, b2 = x + 1, n - x + 1, y + 1, m - y + 1
    return sum(beta(a2 + i, b1 + b2) / ((b1 + i) * beta(1 + i, b1) * beta(a2, b2)) for i in range(a1))


@pytest.mark.parametrize(
    ("arm", "ref", "more"), [((3, 6), (1, 5), (4, 5)), ((0, 0), (0, 0), (6, 5)), ((5, 8), (2, 7), (0, 3))]
)
def test_the_end_of_a_trial_agrees_with_exact_rational_arithmetic(arm, ref, more):
    (x, n), (y, m) = arm, ref
    trial = bayes.completed_trial(x, n, y, m, remaining=more[0], remaining_ref=more[1])
    rows, columns = exact_predictive(x, n, more[0]), exact_predictive(y, m, more[1])
    expected = np.array([[float(p * q) for q in columns] for p in rows])
    assert trial.probability == approx(expected, rel=1e-11)
    final = [
        [exact_superiority(x + i, n + more[0], y + j, m + more[1]) for j in range(more[1] + 1)]
        for i in range(more[0] + 1)
    ]
    statistic = bayes.probability_above()
    assert trial.outcomes(statistic) == approx(np.array(final, dtype=float), rel=1e-11, abs=1e-14)
    holds = sum(
        p * q
        for p, row in zip(rows, final, strict=True)
        for q, f in zip(columns, row, strict=True)
        if f > Fraction(9, 10)
    )
    assert trial.probability_of(above(statistic, 0.9)) == approx(float(holds), rel=1e-11, abs=1e-15)


# The posterior probability is a martingale: its mean over what is to come is what it is now
@given(st.integers(0, 6), st.integers(0, 6), st.floats(-0.3, 0.3))
@settings(max_examples=25)
def test_expected_posterior_probability_is_the_present_one(x, y, margin):
    for prior, prior_ref in ((bayes.jeffreys(), bayes.flat()), (ARM, REFERENCE)):
        trial = bayes.completed_trial(x, 6, y, 6, remaining=7, remaining_ref=5, prior=prior, prior_ref=prior_ref)
        statistic = bayes.probability_above(margin=margin, prior=prior, prior_ref=prior_ref)
        now = bayes.difference(prior.update(x, 6), prior_ref.update(y, 6)).exceeds(margin)
        assert trial.expected(statistic) == approx(now, rel=1e-9)


@pytest.mark.parametrize("margin", [-0.25, 0.0, 0.1])
def test_table_of_exceedances_agrees_with_the_single_ones(margin):
    arms = [bayes.posterior(k, 16, prior_alpha=0.5, prior_beta=0.5) for k in range(0, 17, 4)] + [ARM.update(3, 9)]
    references = [bayes.posterior(k, 15, prior_alpha=0.5, prior_beta=0.5) for k in range(0, 16, 5)] + [REFERENCE]
    expected = [[bayes.difference(a, b).exceeds(margin) for b in references] for a in arms]
    assert exceedance_table(arms, references, margin) == approx(np.array(expected), rel=1e-9, abs=1e-12)


def test_table_of_exceedances_misses_no_narrow_peak():
    arms, references = [BetaPosterior(6000, 4000)], [BetaPosterior(6100, 3900), BetaPosterior(5, 5)]
    expected = [[bayes.difference(arms[0], b).exceeds(0.0) for b in references]]
    assert exceedance_table(arms, references, 0.0) == approx(np.array(expected), rel=1e-9)


def test_rule_of_the_score_limit_is_the_limit_of_miettinen_and_nurminen():
    trial = bayes.completed_trial(4, 6, 2, 6, remaining=6, remaining_ref=5)
    for margin, correction in ((0.0, True), (-0.2, True), (0.1, False)):
        limits = bayes.elementwise(
            lambda *c, m=margin, b=correction: proportions.risk_difference(*c, level=0.9, bias_correction=b).lower > m
        )
        rule = bayes.score_lower_above(margin, level=0.9, bias_correction=correction)
        assert (trial.outcomes(rule) == trial.outcomes(limits)).all()
        assert trial.probability_of(rule) == trial.probability_of(limits)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_rule_of_fisher_is_scipys_p_value(alternative):
    trial = bayes.completed_trial(2, 4, 1, 4, remaining=8, remaining_ref=7)
    for alpha in (0.05, 0.3):
        expected = bayes.elementwise(
            lambda x, n, y, m, a=alpha: fisher_exact([[x, n - x], [y, m - y]], alternative=alternative).pvalue < a
        )
        rule = bayes.fisher_below(alpha, alternative=alternative)
        assert (trial.outcomes(rule) == trial.outcomes(expected)).all()


def test_final_risk_difference_has_every_value_once_and_the_present_mean():
    trial = bayes.completed_trial(4, 6, 2, 6, remaining=6, remaining_ref=6)
    values, chances = trial.risk_difference()
    assert chances.sum() == approx(1)
    assert (np.diff(values) > 1e-9).all()
    means = [(x + 6 * (x + 1) / 8) / 12 for x in (4, 2)]
    assert (values * chances).sum() == approx(means[0] - means[1])
    assert trial.expected(lambda x, n, y, m: x / n - y / m) == approx(means[0] - means[1])


def test_a_finished_trial_has_one_outcome():
    trial = bayes.completed_trial(10, 16, 5, 15, remaining=0, remaining_ref=0)
    assert trial.probability.tolist() == [[1.0]]
    assert trial.expected(bayes.probability_above()) == approx(0.9428034426476632, rel=1e-10)
    assert trial.probability_of(bayes.score_lower_above()) == 0.0


def test_rules_of_single_numbers_and_wrong_rules_are_told_apart():
    trial = bayes.completed_trial(1, 2, 1, 2, remaining=2, remaining_ref=1)
    more = bayes.elementwise(lambda x, n, y, m: x / n > y / m)
    assert trial.probability_of(more) == approx(trial.probability_of(lambda x, n, y, m: x / n > y / m))
    with pytest.raises(InvalidInput, match="shape"):
        trial.probability_of(lambda *_: True)
    with pytest.raises(InvalidInput, match="boolean"):
        trial.probability_of(lambda x, n, y, m: x / n - y / m)
    with pytest.raises(InvalidInput, match="boolean"):
        bayes.predictive(bayes.flat(), 3).probability_of(lambda k: k)


@given(shapes, shapes, st.integers(1, 25).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=40)
def test_prior_conflict_agrees_with_scipy(a, b, data):
    events, n = data
    theirs = betabinom(n, a, b)
    found = bayes.prior_conflict(BetaPosterior(a, b), events, n)
    assert (found.lower, found.upper) == approx((theirs.cdf(events), theirs.sf(events - 1)), rel=1e-8)
    assert found.two_sided == approx(min(1, 2 * min(found.lower, found.upper)))
    pmf = theirs.pmf(np.arange(n + 1))
    assert found.density == approx(min(1, pmf[pmf <= pmf[events] * (1 + 1e-9)].sum()), rel=1e-7)


def test_uniform_prior_is_in_conflict_with_nothing_and_a_robust_one_with_less():
    assert bayes.prior_conflict(bayes.flat(), 0, 20).density == approx(1)
    sharp = bayes.sceptical(0.3, 40)
    assert bayes.prior_conflict(sharp, 14, 16).density < 1e-4
    assert (
        bayes.prior_conflict(bayes.robust(sharp, 0.2), 14, 16).density
        > 10 * bayes.prior_conflict(sharp, 14, 16).density
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: bayes.predictive(bayes.flat(), -1),
        lambda: bayes.predictive(bayes.flat(), 2.5),
        lambda: bayes.predictive((1, 1), 2),
        lambda: bayes.predictive(bayes.flat(), 3).quantile(2),
        lambda: bayes.predictive(bayes.flat(), 3).interval(level=1),
        lambda: bayes.completed_trial(3, 2, 1, 2, remaining=1, remaining_ref=1),
        lambda: bayes.completed_trial(1, 2, 1, 2, remaining=-1, remaining_ref=1),
        lambda: bayes.completed_trial(0, 0, 1, 2, remaining=0, remaining_ref=1),
        lambda: bayes.probability_above(margin=1),
        lambda: bayes.probability_above(prior=(1, 1)),
        lambda: bayes.score_lower_above(2),
        lambda: bayes.score_lower_above(level=0),
        lambda: bayes.fisher_below(0),
        lambda: bayes.fisher_below(alternative="larger"),
        lambda: bayes.prior_conflict(bayes.flat(), 3, 2),
    ],
)
def test_what_is_no_trial_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
