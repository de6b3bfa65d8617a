"""Limits of a probability on a transformed scale."""

from math import asin, exp, log, pi, sin, sqrt

import numpy as np

#: Scales on which the limits of a probability may be taken; "complementary log-log" is log-log of 1 minus it.
TRANSFORMS = ("log-log", "plain", "log", "logit", "arcsine", "complementary-log-log")


def transformed_limits(p: float, se: float, z: float, transform: str) -> tuple[float, float]:
    """Limits of a probability strictly between 0 and 1 by the delta method on the chosen scale."""
    if transform == "plain":
        limits = (p - z * se, p + z * se)
    elif transform == "log":
        limits = (p * exp(-z * se / p), p * exp(z * se / p))
    elif transform == "log-log":
        half = z * se / abs(p * log(p))
        limits = (p ** exp(half), p ** exp(-half))
    elif transform == "complementary-log-log":
        lower, upper = transformed_limits(1 - p, se, z, "log-log")
        limits = (1 - upper, 1 - lower)
    elif transform == "logit":
        half, odds = z * se / (p * (1 - p)), p / (1 - p)
        limits = (odds / (odds + exp(half)), odds / (odds + exp(-half)))
    else:
        half, angle = z * se / (2 * sqrt(p * (1 - p))), asin(sqrt(p))
        limits = (sin(max(0.0, angle - half)) ** 2, sin(min(pi / 2, angle + half)) ** 2)
    return max(0.0, limits[0]), min(1.0, limits[1])


def scale(p: float, transform: str) -> tuple[float, float]:
    """Value and slope of the transformation at a probability strictly between 0 and 1."""
    if transform == "plain":
        return p, 1.0
    if transform == "log":
        return log(p), 1 / p
    if transform == "log-log":
        return log(-log(p)), 1 / (p * log(p))
    if transform == "complementary-log-log":
        value, slope = scale(1 - p, "log-log")
        return value, -slope
    if transform == "logit":
        return log(p / (1 - p)), 1 / (p * (1 - p))
    return asin(sqrt(p)), 1 / (2 * sqrt(p * (1 - p)))


def step(times: np.ndarray, values: np.ndarray, at: float, before: float) -> float:
    """Value at a time of a step function that jumps at `times` and is `before` until the first."""
    place = int(np.searchsorted(times, at, side="right"))
    return float(values[place - 1]) if place else before
