"""The interval of the noncentrality of a t statistic, and the bias of a standardised difference."""

from math import exp, inf, isfinite, log, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, gammaln, nctdtr, ndtr

from helpers.stats._wald import quantile

#: A noncentrality beyond this is integrated by quadrature.
_FAR = 100.0
_WIDEST = 9.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def noncentrality_limits(
    t: float, df: float, *, level: float = 0.95, alternative: str = "two-sided"
) -> tuple[float, float]:
    """Limits of the noncentrality parameter whose t distribution puts the observed t at its tails.

    Parameters
    ----------
    t, df : float
        The statistic and its degrees of freedom.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        A one-sided interval is infinite on its other side.

    Notes
    -----
    Steiger JH, Fouladi RT. In: What if there were no significance tests? 1997:221-257.
    """
    quantile(level, alternative)
    tail = (1 - level) / 2 if alternative == "two-sided" else 1 - level
    lower = -inf if alternative == "less" else -_upper(-t, df, tail)
    upper = inf if alternative == "greater" else _upper(t, df, tail)
    return lower, upper


def bias_factor(df: float) -> float:
    """Expected standardised difference over the true one, inverted: Hedges' exact factor; 1 - 3/(4 df - 1) is near."""
    return exp(gammaln(df / 2) - log(sqrt(df / 2)) - gammaln((df - 1) / 2)) if df > 1 else 0.0


def _upper(t: float, df: float, tail: float) -> float:
    """The noncentrality at which the probability of a statistic up to t is `tail`."""

    def excess(noncentrality: float) -> float:
        return _cdf(t, df, noncentrality) - tail

    step = max(1.0, abs(t))
    low, high = t - step, t + step
    while excess(low) < 0:
        step *= 2
        low -= step
    while excess(high) > 0:
        step *= 2
        high += step
    return float(brentq(excess, low, high, xtol=1e-12, rtol=1e-14))


def _cdf(t: float, df: float, noncentrality: float) -> float:
    """Of the noncentral t; mirrored for a negative statistic, where the series is the more exact."""
    if t < 0:
        return 1.0 - _cdf(-t, df, -noncentrality)
    if abs(noncentrality) < _FAR:
        found = float(nctdtr(df, noncentrality, t))
        if isfinite(found):
            return found
    return _by_quadrature(t, df, noncentrality)


def _by_quadrature(t: float, df: float, noncentrality: float) -> float:
    """For where the series takes ever more terms or gives up: the chi-square part averaged over the normal part.

    Below the sum of 0 the statistic is negative; above it the nodes crowd towards it, where a small t has its step.
    """
    start = max(-_WIDEST, -noncentrality)
    if start >= _WIDEST:
        return 1.0
    width = _WIDEST - start
    u = (_NODES + 1) / 2
    z = start + width * u * u
    density = _WEIGHTS * width * u * np.exp(-z * z / 2) / sqrt(2 * np.pi)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        ratio = np.minimum(np.maximum(noncentrality + z, 0.0) / t, 1e150) if t else np.full(len(z), 1e150)
    return float(min(1.0, ndtr(start) + density @ chdtrc(df, df * ratio**2)))
