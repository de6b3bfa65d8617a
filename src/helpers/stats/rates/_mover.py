"""Intervals of a contrast of two rates from the intervals of the single rates (MOVER)."""

from math import inf, sqrt

from scipy.special import gammaincinv

from helpers.stats._types import Interval
from helpers.stats.rates.single import byar, garwood, mid_p, score

LIMITS = ("jeffreys", "score", "exact", "mid-p", "byar")
CENTRES = ("median", "rate")
_SINGLE = {"score": score, "exact": garwood, "mid-p": mid_p, "byar": byar}


def mover_difference(arm: tuple, ref: tuple, *, level: float, limits: str, centre: str) -> tuple[float, float]:
    """Limits of the difference: root of the sum of squares of the distances from the centres."""
    a, b = (_single(*counts, level=level, limits=limits, centre=centre) for counts in (arm, ref))
    middle = a.estimate - b.estimate
    return (
        middle - sqrt((a.estimate - a.lower) ** 2 + (b.upper - b.estimate) ** 2),
        middle + sqrt((a.upper - a.estimate) ** 2 + (b.estimate - b.lower) ** 2),
    )


def mover_ratio(arm: tuple, ref: tuple, *, level: float, limits: str, centre: str) -> tuple[float, float]:
    """Limits of the ratio: where the interval of `rate - ratio * reference` has 0 at its end."""
    a, b = (_single(*counts, level=level, limits=limits, centre=centre) for counts in (arm, ref))
    low = _solution(a.estimate, b.estimate, a.lower, b.upper, -1)
    high = _solution(a.estimate, b.estimate, a.upper, b.lower, 1)
    return max(0.0, low), high


def _solution(p: float, q: float, own: float, other: float, sign: int) -> float:
    product = own * (2 * p - own), other * (2 * q - other)
    root = sqrt(max(0.0, (p * q) ** 2 - product[0] * product[1]))
    top = p * q + sign * root
    if sign < 0:  # the form without a difference of near numbers, and without a division by 0
        return product[0] / (p * q + root) if p * q + root > 0 else 0.0
    return top / product[1] if product[1] > 0 else inf


def _single(events: int, time: float, *, level: float, limits: str, centre: str) -> Interval:
    if limits == "jeffreys":  # its gamma quantiles as they are, not 0 at the end without events
        tail, shape = (1 - level) / 2, events + 0.5
        lower, median, upper = (float(gammaincinv(shape, p)) / time for p in (tail, 0.5, 1 - tail))
    else:
        found = _SINGLE[limits](events, time, level=level)
        lower, upper = found.lower, found.upper
        median = float(gammaincinv(events + 0.5, 0.5)) / time if limits != "score" else events / time
    return Interval(median if centre == "median" else events / time, lower, upper)
