"""Expected values of what the generator writes, by formula or quadrature: no simulation, so no seed."""

from functools import cache
from itertools import pairwise
from math import comb

import numpy as np
from scipy.special import ndtr

from helpers.params import Normal

#: Nodes of the quadratures; 200 give 1e-6 or better everywhere (tested against 400).
NODES = 200


@cache
def _legendre() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(NODES)


def cut_mean(normal: Normal, low: float, high: float) -> float:
    """Mean of a normal variable whose values below `low` and above `high` become these."""
    mean, sd = normal.mean, normal.sd
    if sd == 0:
        return float(np.clip(mean, low, high))
    a, b = (low - mean) / sd, (high - mean) / sd
    density = np.exp(-(np.array([a, b]) ** 2) / 2) / np.sqrt(2 * np.pi)
    below, above = ndtr(a), ndtr(-b)
    ends = (low * below if below > 0 else 0.0) + (high * above if above > 0 else 0.0)
    return float(ends + mean * (ndtr(b) - below) + sd * (density[0] - density[1]))


def smaller_mean(normal: Normal, low: float, high: float, span: tuple[float, float]) -> float:
    """Mean of the smaller of such a cut variable and of one that is uniform over `span`, within low..high."""
    start, end = span
    steps, weights = _legendre()

    def integral(a: float, b: float) -> float:
        t = a + (b - a) * (steps + 1) / 2
        uniform = np.clip((end - t) / (end - start), 0, 1) if end > start else (t < end).astype(float)
        beyond = ndtr((normal.mean - t) / normal.sd) if normal.sd > 0 else (t < normal.mean).astype(float)
        return float((b - a) / 2 * weights @ (uniform * beyond))

    pieces = np.unique(np.clip([low, start, end, normal.mean if normal.sd == 0 else low], low, high))
    return low + sum(integral(a, b) for a, b in pairwise(pieces))


def untouched(rate: float, icc: float, marked: float, levels: dict[int, float]) -> float:
    """Probability that a patient has no vertebra with a marked leak, averaged over the numbers of vertebrae.

    Vertebrae leak with a probability of the patient's own, beta distributed with mean `rate` and intraclass correlation
    `icc`; a vertebra that leaks is marked with probability `marked`. Moments of the beta distribution.
    """
    spread = (1 - icc) / icc
    a, b = rate * spread, (1 - rate) * spread
    moments = np.cumprod([1.0] + [(a + i) / (a + b + i) for i in range(max(levels))])
    return float(
        sum(share * sum(comb(n, j) * (-marked) ** j * moments[j] for j in range(n + 1)) for n, share in levels.items())
    )


def domain_score(normal: Normal, maxima: np.ndarray, multiplier: float, item_sd: float) -> tuple[float, float]:
    """Mean of a Dallas domain scored from its items, and the share of forms cut at 100.

    The percentage is `normal` cut to 0..100; an item is its part of it, scattered by `item_sd`, rounded, and cut to
    0..its maximum. The distribution of the sum is exact, the percentage is integrated over.
    """
    percent, weight = _cut_nodes(normal, 0.0, 100.0)
    total = np.ones((len(percent), 1))
    for maximum in maxima.astype(int):
        center = percent / (multiplier * maxima.sum()) * maximum
        edges = np.arange(maximum) + 0.5
        distance = edges - center[:, None]
        below = ndtr(distance / item_sd) if item_sd > 0 else (distance > 0).astype(float)
        item = np.diff(np.column_stack([np.zeros(len(percent)), below, np.ones(len(percent))]), axis=1)
        grown = np.zeros((len(percent), total.shape[1] + maximum))
        for score in range(maximum + 1):
            grown[:, score : score + total.shape[1]] += item[:, [score]] * total
        total = grown
    scores = multiplier * np.arange(total.shape[1])
    sums = weight @ total
    return float(sums @ np.minimum(scores, 100)), float(sums[scores > 100 + 1e-9].sum())


def _cut_nodes(normal: Normal, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights that integrate over a normal variable cut to low..high: both ends carry what lies beyond."""
    if normal.sd == 0:
        return np.array([np.clip(normal.mean, low, high)]), np.ones(1)
    steps, weights = _legendre()
    span = max(low, normal.mean - 9 * normal.sd), min(high, normal.mean + 9 * normal.sd)
    ends = ndtr([(low - normal.mean) / normal.sd, (normal.mean - high) / normal.sd])
    if span[0] >= span[1]:
        return np.array([low, high]), ends / ends.sum()
    inside = span[0] + (span[1] - span[0]) * (steps + 1) / 2
    density = np.exp(-(((inside - normal.mean) / normal.sd) ** 2) / 2) / (normal.sd * np.sqrt(2 * np.pi))
    weight = (span[1] - span[0]) / 2 * weights * density
    return np.concatenate([[low], inside, [high]]), np.concatenate([ends[:1], weight, ends[1:]])
