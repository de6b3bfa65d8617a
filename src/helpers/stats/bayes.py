"""Beta-binomial posteriors of one proportion and of the difference of two, by quadrature: no simulation, so no seed."""

from dataclasses import dataclass
from functools import cached_property
from math import exp, log

from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betaln, expit, log_expit, logit
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
        return float(betainc(self.alpha, self.beta, min(1.0, max(0.0, value))))

    def exceeds(self, value: float) -> float:
        """Probability that the proportion is greater than `value`."""
        return float(betaincc(self.alpha, self.beta, min(1.0, max(0.0, value))))

    def mass(self, low: float, high: float) -> float:
        """Probability that the proportion lies between `low` and `high`.

        Notes
        -----
        The difference of two probabilities from the nearer end: two that are close to 1 would leave few digits.
        """
        below, above = self.cdf(high), self.exceeds(low)
        return max(0.0, below - self.cdf(low) if below < above else above - self.exceeds(high))

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
        """Probability that the difference is at most `value`."""
        return self.mass(-1.0, value) if value < self._centre else 1.0 - self.mass(value, 1.0)

    def exceeds(self, value: float) -> float:
        """Probability that the difference is greater than `value`."""
        return self.mass(value, 1.0) if value > self._centre else 1.0 - self.mass(-1.0, value)

    def mass(self, low: float, high: float) -> float:
        """Probability that the difference lies between `low` and `high`.

        Notes
        -----
        The mean of arm.mass(y + low, y + high) over the reference's y, not the difference of two probabilities, so a
        small one has as many digits as a large one. With logit(y) = power * logit(x) the integrand stays bounded
        however small the reference's parameters are. The range is cut where the reference's mass lies, so that a narrow
        peak is not missed, and where a limit of the arm's proportion passes 0 or 1.
        """
        low, high = max(-1.0, low), min(1.0, high)
        if low >= high:
            return 0.0
        start, stop = max(0.0, -high), min(1.0, 1.0 - low)
        cuts = sorted(cut for cut in {*self._landmarks, -low, 1.0 - high} if start < cut < stop)
        a, b = self.reference.alpha, self.reference.beta
        power = max(2.0, 1 / a, 1 / b)
        constant = log(power) - betaln(a, b)

        def integrand(x: float) -> float:
            at = power * logit(x)
            density = exp(constant + a * log_expit(at) + b * log_expit(-at)) / (x * (1 - x))
            y = expit(at)
            return density * self.arm.mass(y + low, y + high)

        begin, *points, end = (float(expit(logit(y) / power)) for y in (start, *cuts, stop))
        return min(1.0, quad(integrand, begin, end, points=points or None, epsabs=0, epsrel=1e-11, limit=500)[0])

    def quantile(self, probability: float) -> float:
        """The value below which the difference lies with this probability, 0 < probability < 1."""
        return float(brentq(lambda value: self.cdf(value) - probability, -1.0, 1.0, xtol=1e-13, rtol=1e-13))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Median with the equal-tailed credible interval."""
        return _interval(self, level)

    @cached_property
    def _centre(self) -> float:
        """The mean, near enough to the median to say which tail is the smaller one."""
        a, b = self.arm, self.reference
        return a.alpha / (a.alpha + a.beta) - b.alpha / (b.alpha + b.beta)

    @cached_property
    def _landmarks(self) -> list[float]:
        return sorted({self.reference.quantile(p) for p in (1e-12, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-12)})


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
