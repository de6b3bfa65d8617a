"""Events yet to come: beta-binomial predictive distribution, and whether a prior and its data disagree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from scipy.special import betaln

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_counts, check_level
from helpers.stats.bayes.beta import Proportion, check_probability, check_proportions


@dataclass(frozen=True)
class BetaBinomial:
    """Predictive distribution of the events in `n` units whose proportion has the distribution `proportion`."""

    proportion: Proportion
    n: int

    def __post_init__(self):
        check_proportions(self.proportion)
        if int(self.n) != self.n or self.n < 0:
            raise InvalidInput(f"n is {self.n}; the units to be observed must be a whole number from 0 up.")

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Probability of 0, 1, ..., n events."""
        k = np.arange(self.n + 1)
        log_choose = -np.log(self.n + 1) - betaln(self.n - k + 1, k + 1)
        total = np.zeros(self.n + 1)
        for weight, part in self.proportion.parts:
            log_pmf = log_choose + betaln(part.alpha + k, part.beta + self.n - k) - betaln(part.alpha, part.beta)
            total = total + weight * np.exp(log_pmf)
        return total

    def pmf(self, events: int) -> float:
        """Probability of exactly so many events."""
        return float(self.probabilities[events]) if 0 <= events <= self.n and int(events) == events else 0.0

    def cdf(self, events: float) -> float:
        """Probability of at most so many events."""
        return float(self.probabilities[: max(0, int(np.floor(events)) + 1)].sum())

    def at_least(self, events: float) -> float:
        """Probability of at least so many events."""
        return float(self.probabilities[max(0, int(np.ceil(events))) :].sum())

    @property
    def mean(self) -> float:
        """Expected events."""
        return self.n * self.proportion.mean

    @property
    def sd(self) -> float:
        """Standard deviation of the events."""
        mean, spread = self.proportion.mean, self.proportion.sd**2
        return sqrt(max(0.0, self.n * (mean * (1 - mean) - spread) + self.n**2 * spread))

    def quantile(self, probability: float) -> int:
        """Fewest events that are reached or not passed with this probability."""
        check_probability(probability)
        return int(min(self.n, np.searchsorted(np.cumsum(self.probabilities), probability * (1 - 1e-14))))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Median with the equal-tailed interval; being whole numbers, it holds at least the level."""
        check_level(level)
        tail = (1 - level) / 2
        return Interval(self.quantile(0.5), self.quantile(tail), self.quantile(1 - tail))

    def probability_of(self, rule: Callable[[np.ndarray], np.ndarray]) -> float:
        """Probability that a rule on the number of events holds; it gets the array 0, 1, ..., n."""
        holds = np.asarray(rule(np.arange(self.n + 1)))
        if holds.shape != (self.n + 1,) or holds.dtype != bool:
            raise InvalidInput(
                f"the rule gave {holds.dtype} of shape {holds.shape}; a boolean for each count is needed."
            )
        return float(self.probabilities[holds].sum())


@dataclass(frozen=True)
class PriorConflict:
    """How far out the data lie in what the prior foretold.

    `lower` and `upper` are the probabilities of as few and of as many events or fewer and more; `two_sided` is twice
    the smaller, at most 1; `density` is the probability of all outcomes that are no likelier than the observed (Box).
    """

    lower: float
    upper: float
    two_sided: float
    density: float


def predictive(distribution: Proportion, n: int) -> BetaBinomial:
    """Predictive distribution of the events in `n` further units, given the distribution of their proportion."""
    return BetaBinomial(distribution, n)


def prior_conflict(prior: Proportion, events: int, n: int) -> PriorConflict:
    """Tail probabilities of the data in the prior predictive distribution.

    Parameters
    ----------
    prior : BetaPosterior or BetaMixture
        Prior before these data.
    events, n : int
        Units with the event, and units.

    Raises
    ------
    InvalidInput
        If the counts are none.

    Notes
    -----
    Box GEP. J R Stat Soc A 1980;143:383-430. Evans M, Moshonov H. Bayesian Anal 2006;1:893-914.
    """
    check_counts(events, n)
    found = BetaBinomial(prior, n)
    lower, upper = min(1.0, found.cdf(events)), min(1.0, found.at_least(events))
    unlikely = found.probabilities <= found.probabilities[events] * (1 + 1e-9)
    density = min(1.0, float(found.probabilities[unlikely].sum()))
    return PriorConflict(lower, upper, min(1.0, 2 * min(lower, upper)), density)
