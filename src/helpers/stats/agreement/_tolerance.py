"""Tolerance factors: how many standard deviations hold a share of normal values with a given confidence."""

from math import sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, nctdtrit, ndtr, ndtri

#: Nodes of the quadrature over the error of the mean.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(80)


def one_sided_factor(n: int, share: float, confidence: float) -> float:
    """Factor k with which mean + k * SD exceeds the quantile z of (1 + share)/2 with this confidence."""
    root = sqrt(n)
    return float(nctdtrit(n - 1, float(ndtri((1 + share) / 2)) * root, confidence)) / root


def two_sided_factor(n: int, share: float, confidence: float) -> float:
    """Factor k with which mean - k * SD to mean + k * SD holds at least `share` with this confidence.

    Notes
    -----
    Given the error of the mean, the SD has to be large enough for the interval about it; averaged over that error.
    """
    far = 9 / sqrt(n)
    x = (_NODES + 1) / 2 * far
    density = _WEIGHTS * far * sqrt(n / (2 * np.pi)) * np.exp(-n * x * x / 2)
    half = _half_widths(x, share)

    def excess(log_factor: float) -> float:
        return float(density @ chdtrc(n - 1, (n - 1) * (half / np.exp(log_factor)) ** 2)) - confidence

    return float(np.exp(brentq(excess, -12.0, 40.0, xtol=1e-13)))


def _half_widths(x: np.ndarray, share: float) -> np.ndarray:
    """Half width about x that holds `share` of the standard normal distribution."""
    r = np.maximum(float(ndtri((1 + share) / 2)), x + float(ndtri(share)))
    for _ in range(60):
        held = ndtr(x + r) - ndtr(x - r)
        slope = (np.exp(-((x + r) ** 2) / 2) + np.exp(-((x - r) ** 2) / 2)) / sqrt(2 * np.pi)
        step = (held - share) / slope
        r = r - step
        if np.abs(step).max() < 1e-14 * np.abs(r).max():
            break
    return r
