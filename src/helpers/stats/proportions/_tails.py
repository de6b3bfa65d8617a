"""Exact p-values and limits in a family of distributions of a count, tilted by a log odds: P(k) ~ w(k) exp(k * eta).

The binomial (eta is the logit of the proportion) and Fisher's hypergeometric (eta is the log odds ratio) are of this
form, and so everything exact about one proportion, the conditional odds ratio and discordant pairs is done here once.
The weights have to be log-concave, as those two are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isinf

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

#: Probabilities closer than this, relatively, count as equal: the rule of R's binom.test and fisher.test.
_TIE = 1e-7
_TOLERANCE = 1e-13

METHODS = ("central", "minlike", "blaker")


@dataclass(frozen=True)
class Family:
    """Counts `low`, `low` + 1, ... with the logarithms of their weights."""

    low: int
    log_weights: np.ndarray

    @property
    def high(self) -> int:
        return self.low + len(self.log_weights) - 1

    def pmf(self, eta: float) -> np.ndarray:
        """Probabilities of the counts at log odds `eta`, which may be infinite."""
        steps = np.arange(len(self.log_weights))
        if isinf(eta):
            return (steps == (0 if eta < 0 else len(steps) - 1)).astype(float)
        logs = self.log_weights + steps * eta
        weights = np.exp(logs - logs.max())
        return weights / weights.sum()

    def mean(self, eta: float) -> float:
        """Expected count."""
        return self.low + float(np.arange(len(self.log_weights)) @ self.pmf(eta))

    def mirrored(self) -> "Family":
        """The family of minus the count, whose log odds is minus `eta`."""
        return Family(-self.high, self.log_weights[::-1])


def binomial(n: int) -> Family:
    """Number of events of n units."""
    k = np.arange(n + 1)
    return Family(0, gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def hypergeometric(n: int, n_ref: int, total: int) -> Family:
    """Number of events in the arm of interest, given the total of both arms."""
    low = max(0, total - n_ref)
    k = np.arange(low, min(n, total) + 1)
    own = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    other = gammaln(n_ref + 1) - gammaln(total - k + 1) - gammaln(n_ref - total + k + 1)
    return Family(low, own + other)


def p_value(family: Family, x: int, eta: float, *, alternative: str, method: str, midp: bool) -> float:
    """Probability of counts at least as extreme as `x`, those just as extreme counting half with `midp`.

    Two-sided extremes: twice the smaller tail (central), all counts that are not more probable (minlike), or the
    smaller tail and as much of the other tail as does not exceed it (blaker).
    """
    pmf = family.pmf(eta)
    at = x - family.low
    upper, lower = float(pmf[at:].sum()), float(pmf[: at + 1].sum())
    half = pmf[at] / 2 if midp else 0.0
    if alternative == "greater":
        found = upper - half
    elif alternative == "less":
        found = lower - half
    elif method == "central":
        found = 2 * (min(upper, lower) - half)
    else:
        extreme = pmf if method == "minlike" else np.minimum(np.cumsum(pmf[::-1])[::-1], np.cumsum(pmf))
        counted = extreme <= extreme[at] * (1 + _TIE)
        tied = counted & (extreme >= extreme[at] * (1 - _TIE))
        found = float(pmf[counted].sum()) - (float(pmf[tied].sum()) / 2 if midp else 0.0)
    return min(1.0, max(0.0, float(found)))


def limits(family: Family, x: int, *, level: float, method: str, midp: bool) -> tuple[float, float]:
    """The smallest interval of log odds that holds all values the two-sided test of the method does not reject."""
    other = family.mirrored()
    return _lower(family, x, level, method, midp), -_lower(other, -x, level, method, midp)


def estimate(family: Family, x: int) -> float:
    """Maximum likelihood log odds, where the expected count is `x`."""
    if x in (family.low, family.high):
        return -inf if x == family.low else inf
    return _root(lambda eta: family.mean(eta) - x)


def _lower(family: Family, x: int, level: float, method: str, midp: bool) -> float:
    if x == family.low:
        return -inf
    at, alpha = x - family.low, 1 - level

    def tail(eta: float) -> float:
        pmf = family.pmf(eta)
        return float(pmf[at:].sum()) - (float(pmf[at]) / 2 if midp else 0.0)

    def below(eta: float, m: int) -> float:
        """Probability of the first m counts."""
        return float(family.pmf(eta)[:m].sum())

    if method == "central":
        return _root(lambda eta: tail(eta) - alpha / 2)

    # As eta rises, x and the counts above it gain probability, and the first m counts join them one by one as "no more
    # extreme". Between two such jumps the sum has its maxima at the ends of the piece, so looking there misses nothing.
    if method == "minlike":
        start, m = -inf, 0
    else:
        start = _root(lambda eta: float(family.pmf(eta)[at:].sum()) - alpha / 2)
        m = int(np.searchsorted(np.cumsum(family.pmf(start)), alpha / 2 * (1 + _TIE), side="right"))
    while m < at:
        jump = _jump(family, at, m, method, start)
        if tail(jump) + below(jump, m) > alpha:
            return _crossing(lambda eta, m=m: tail(eta) + below(eta, m) - alpha, start, jump)
        m, start = m + 1, jump
        if tail(jump) + below(jump, m) > alpha:
            return jump
    return start


def _jump(family: Family, at: int, m: int, method: str, start: float) -> float:
    """Log odds from which the count at position m, below `at`, is as extreme as the one at `at`."""
    if method == "minlike":
        return float(family.log_weights[m] - family.log_weights[at]) / (at - m)

    def excess(eta: float) -> float:
        pmf = family.pmf(eta)
        return float(pmf[at:].sum() - pmf[: m + 1].sum())

    return _crossing(excess, start, None)


def _crossing(function: Callable[[float], float], low: float, high: float | None) -> float:
    """Root of a function that is negative at `low`, or far below `high`, and positive at `high`, or far above `low`."""
    step = 1.0
    if isinf(low):
        low = high - step
        while function(low) > 0:
            step *= 2
            low -= step
    if high is None:
        high = low + step
        while function(high) < 0:
            step *= 2
            high += step
    if function(low) >= 0:
        return low
    return float(brentq(function, low, high, xtol=_TOLERANCE, rtol=_TOLERANCE))


def _root(function: Callable[[float], float]) -> float:
    """Root of an increasing function of the log odds."""
    if function(0.0) < 0:
        return _crossing(function, 0.0, None)
    return _crossing(function, -inf, 0.0)
