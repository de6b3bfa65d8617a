"""Beta-binomial posteriors of one proportion and of the difference of two, by quadrature: no simulation, so no seed."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import asin, cos, exp, log, pi, sin, sqrt

from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import betaln
from scipy.stats import beta as beta_distribution

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_counts, check_level


@dataclass(frozen=True)
class BetaPosterior:
    """Beta distribution of a proportion."""

    alpha: float
    beta: float

    def __post_init__(self):
        if not (0 < self.alpha < float("inf") and 0 < self.beta < float("inf")):
            raise InvalidInput(f"Beta({self.alpha}, {self.beta}): both parameters must be positive numbers.")

    def cdf(self, value: float) -> float:
        """Probability that the proportion is at most `value`."""
        return float(beta_distribution.cdf(value, self.alpha, self.beta))

    def quantile(self, probability: float) -> float:
        """The value below which the proportion lies with this probability."""
        return float(beta_distribution.ppf(probability, self.alpha, self.beta))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Median with the equal-tailed credible interval."""
        return _interval(self, level)


@dataclass(frozen=True)
class DifferencePosterior:
    """Distribution of the difference of two independent proportions, `arm` minus `reference`."""

    arm: BetaPosterior
    reference: BetaPosterior

    def cdf(self, value: float) -> float:
        """Probability that the difference is at most `value`.

        Notes
        -----
        The mean of arm.cdf(y + value) over the reference's y. With y = sin(t)^2 the integrand stays bounded for
        parameters down to 1/2, and the range is cut where the reference's mass lies, so that a narrow peak is not
        missed.
        """
        if value <= -1:
            return 0.0
        if value >= 1:
            return 1.0
        low, high = max(0.0, -value), min(1.0, 1.0 - value)
        certain = 1.0 - self.reference.cdf(high)  # there y + value is above 1
        edges = [low, *(q for q in self._landmarks if low < q < high), high]
        pieces = (self._piece(value, a, b) for a, b in pairwise(edges))
        return min(1.0, max(0.0, certain + sum(pieces)))

    def exceeds(self, value: float) -> float:
        """Probability that the difference is greater than `value`."""
        return 1.0 - self.cdf(value)

    def quantile(self, probability: float) -> float:
        """The value below which the difference lies with this probability, 0 < probability < 1."""
        return float(brentq(lambda value: self.cdf(value) - probability, -1.0, 1.0, xtol=1e-13, rtol=1e-13))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Median with the equal-tailed credible interval."""
        return _interval(self, level)

    @cached_property
    def _landmarks(self) -> list[float]:
        return sorted({self.reference.quantile(p) for p in (1e-12, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-12)})

    def _piece(self, value: float, start: float, stop: float) -> float:
        a, b = self.reference.alpha, self.reference.beta
        constant = log(2) - betaln(a, b)

        def integrand(t: float) -> float:
            s, c = sin(t), cos(t)  # the nodes lie inside the range, where neither is 0
            return exp(constant + (2 * a - 1) * log(s) + (2 * b - 1) * log(c)) * self.arm.cdf(s * s + value)

        begin, end = asin(sqrt(start)), (pi / 2 if stop == 1 else asin(sqrt(stop)))
        return quad(integrand, begin, end, epsabs=1e-13, epsrel=1e-12, limit=200)[0]


def posterior(events: int, n: int, *, prior_alpha: float = 1.0, prior_beta: float = 1.0) -> BetaPosterior:
    """Posterior of a proportion under a Beta(prior_alpha, prior_beta) prior.

    Parameters
    ----------
    events, n : int
        Units with the event, and units; n may be 0, then the prior comes back.
    prior_alpha, prior_beta : float
        Parameters of the prior, both positive; 1 and 1 is uniform.

    Returns
    -------
    BetaPosterior
        Beta(prior_alpha + events, prior_beta + n - events).

    Raises
    ------
    InvalidInput
        If events lies outside 0..n or a parameter is not positive.
    """
    if n or events:
        check_counts(events, n)
    if min(prior_alpha, prior_beta) <= 0:
        raise InvalidInput(f"Beta({prior_alpha}, {prior_beta}): both parameters of the prior must be positive.")
    return BetaPosterior(prior_alpha + events, prior_beta + n - events)


def difference(arm: BetaPosterior, reference: BetaPosterior) -> DifferencePosterior:
    """Posterior of the difference of two proportions that are independent given the data."""
    return DifferencePosterior(arm, reference)


def _interval(distribution: BetaPosterior | DifferencePosterior, level: float) -> Interval:
    check_level(level)
    tail = (1 - level) / 2
    return Interval(distribution.quantile(0.5), distribution.quantile(tail), distribution.quantile(1 - tail))
