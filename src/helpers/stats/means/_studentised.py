"""The studentised range, and p-values and limits adjusted for many comparisons of means."""

from dataclasses import replace
from functools import cache, lru_cache
from math import sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, fdtrc, fdtri, gammaln, ndtr, stdtrit

from helpers.stats._t_tests import TTest

#: Nodes of the two quadratures; more change no digit that R prints.
_INNER, _OUTER = 128, 200


def range_cdf(q: float, means: int, df: float) -> float:
    """Probability that the studentised range of `means` means on `df` degrees of freedom is at most `q`.

    Notes
    -----
    Gauss-Legendre quadrature over the standard deviation, and within it over the largest of the means. scipy's
    `studentized_range` gives the same more slowly.
    """
    if q <= 0:
        return 0.0
    s, weights = _deviations(df)
    return float(min(1.0, weights @ _normal_range(q * s, means)))


def range_sf(q: float, means: int, df: float) -> float:
    """Probability that the studentised range exceeds `q`."""
    return max(0.0, 1.0 - range_cdf(q, means, df))


def range_quantile(probability: float, means: int, df: float) -> float:
    """The studentised range that is exceeded with probability 1 - `probability`."""
    if means == 2:
        return sqrt(2) * float(stdtrit(df, (1 + probability) / 2))
    high = 2.0
    while range_cdf(high, means, df) < probability:
        high *= 2
    return float(brentq(lambda q: range_cdf(q, means, df) - probability, 0.0, high, xtol=1e-11, rtol=1e-13))


def adjusted(plain: TTest, adjust: str, *, means: int, pairs: int, level: float) -> TTest:
    """A two-sided contrast with its p-value and limits adjusted for `pairs` comparisons of `means` means."""
    if adjust == "none" or plain.reason or plain.se is None:
        return plain
    t = abs(plain.statistic)
    if adjust == "tukey":
        p = range_sf(sqrt(2) * t, means, plain.df) if means > 2 else plain.p_value
        factor = range_quantile(level, means, plain.df) / sqrt(2)
    elif adjust == "scheffe":
        p = float(fdtrc(means - 1, plain.df, t * t / (means - 1)))
        factor = sqrt((means - 1) * float(fdtri(means - 1, plain.df, level)))
    else:
        p = min(1.0, pairs * plain.p_value) if adjust == "bonferroni" else -np.expm1(pairs * np.log1p(-plain.p_value))
        tail = (1 - level) / pairs if adjust == "bonferroni" else -np.expm1(np.log(level) / pairs)
        factor = -float(stdtrit(plain.df, tail / 2))
    half = factor * plain.se
    return replace(plain, lower=plain.estimate - half, upper=plain.estimate + half, p_value=float(p))


@cache
def _legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(nodes)


@lru_cache(maxsize=64)
def _deviations(df: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights over s = sqrt(chi-square / df)."""
    if not df < 1e6:
        return np.ones(1), np.ones(1)
    x, w = _legendre(_OUTER)
    low, high = (sqrt(float(chdtri(df, p)) / df) for p in (1 - 1e-14, 1e-16))
    s = low + (x + 1) / 2 * (high - low)
    density = np.exp(np.log(2) + df / 2 * np.log(df / 2) - gammaln(df / 2) + (df - 1) * np.log(s) - df * s * s / 2)
    weights = w * density
    return s, weights / weights.sum()


def _normal_range(widths: np.ndarray, means: int) -> np.ndarray:
    """Probability that the range of `means` standard normal values is at most each width."""
    x, w = _legendre(_INNER)
    low, high = -8.5, 8.5
    z = low + (x + 1) / 2 * (high - low)
    density = np.exp(-z * z / 2) / sqrt(2 * np.pi) * w * (high - low) / 2
    inside = ndtr(z)[None, :] - ndtr(z[None, :] - widths[:, None])
    return np.clip(means * (inside ** (means - 1)) @ density, 0.0, 1.0)
