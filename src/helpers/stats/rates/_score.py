"""Score statistics of two Poisson rates, and where they meet a normal quantile."""

from collections.abc import Callable
from math import inf, isfinite, sqrt

from scipy.optimize import brentq


def ratio_statistic(
    ratio: float, x: float, t: float, x_ref: float, t_ref: float, *, continuity: float = 0.0, skewness: bool = False
) -> float:
    """Score statistic of a rate ratio at its restricted maximum likelihood rates; falls as the ratio rises."""
    ref = (x + x_ref) / (t * ratio + t_ref)
    distance = x / t - ratio * x_ref / t_ref
    variance = ratio * (x + x_ref) / (t * t_ref)
    third = ref * ratio * (1 / t**2 - ratio**2 / t_ref**2)
    return _standardised(distance, variance, third, continuity * (1 / t + ratio / t_ref), skewness)


def restricted_rates(difference: float, x: float, t: float, x_ref: float, t_ref: float) -> tuple[float, float]:
    """Maximum likelihood rates, of interest and of reference, whose difference is held at `difference`."""
    half = (x + x_ref) / (t + t_ref) - difference
    product = difference * x_ref / (t + t_ref)
    root = sqrt(max(0.0, half * half + 4 * product))
    # of the two ways to write the solution, the one that takes no difference of near numbers
    ref = (half + root) / 2 if half >= 0 else 2 * product / (root - half)
    ref = max(ref, 0.0, -difference)
    return max(0.0, ref + difference), ref


def difference_statistic(
    difference: float,
    x: float,
    t: float,
    x_ref: float,
    t_ref: float,
    *,
    continuity: float = 0.0,
    skewness: bool = False,
) -> float:
    """Score statistic of a rate difference at its restricted rates; falls as the difference rises."""
    rate, ref = restricted_rates(difference, x, t, x_ref, t_ref)
    distance = x / t - x_ref / t_ref - difference
    third = rate / t**2 - ref / t_ref**2
    return _standardised(distance, rate / t + ref / t_ref, third, continuity * (1 / t + 1 / t_ref), skewness)


def crossing(statistic: Callable[[float], float], target: float, start: float, step: float) -> float:
    """Where a falling statistic meets `target`, searched in growing steps; infinite where it never does."""
    inner, sign = start, 1.0 if statistic(start) > target else -1.0
    for _ in range(400):
        outer = inner + sign * step
        if not isfinite(outer):
            break
        if (statistic(outer) - target) * sign <= 0:
            return float(brentq(lambda at: statistic(at) - target, inner, outer, xtol=1e-300, rtol=1e-14, maxiter=500))
        inner, step = outer, 2 * step
    return sign * inf


def _standardised(distance: float, variance: float, third: float, correction: float, skewness: bool) -> float:
    if correction:
        distance = (1 if distance > 0 else -1) * max(0.0, abs(distance) - correction)
    if variance <= 0:
        return 0.0 if distance == 0 else (inf if distance > 0 else -inf)
    z = distance / sqrt(variance)
    skew = third / (6 * variance**1.5)
    if not skewness or abs(skew) < 1e-10:
        return z
    return (sqrt(max(0.0, 1 + 4 * skew * (skew + z))) - 1) / (2 * skew)
