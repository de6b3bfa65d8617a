"""Probability that at least one of several jointly normal or t-distributed statistics exceeds its limit."""

from functools import lru_cache
from math import inf, sqrt

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import chi2, multivariate_normal

_SPAN = 9.0
#: Gauss-Legendre points of a panel.
_POINTS = 8
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(_POINTS)
#: Width of a panel, in standard deviations, over which a normal distribution function is smooth to 1e-13.
_SMOOTH = 0.75
_MOST_PANELS = 600
#: Panels of a nested integral at moderate correlations, and the most points it may have.
_NESTED_PANELS, _MOST_NESTED = 12, 1_500_000
#: Probability left out at either end of the distribution of the standard deviation.
_LEFT_OUT = 1e-16
_SAME = 1e-10
_TINY = 1e-300


def exceedance(limits: np.ndarray, loadings: np.ndarray, *, df: float = inf, two_sided: bool = False) -> float:
    """Probability that some T_i > limit_i, or |T_i| > limit_i; correlations are products of loadings.

    Notes
    -----
    Dunnett CW. J Am Stat Assoc 1955;50:1096-1121, and Dunnett CW. Appl Stat 1989;38:564-579 (algorithm AS 251): given
    the common factor and the standard deviation the statistics are independent. The two integrals by composite
    Gauss-Legendre rules, the inner one over the factor, the outer one over the logarithm of the standard deviation;
    no simulation. Log probabilities are added, so a small result has as many digits as a large one.
    """
    limits, loadings = np.asarray(limits, dtype=float), np.asarray(loadings, dtype=float)
    spread = np.sqrt(1 - loadings**2)
    steepest = float(np.max(np.abs(loadings) / spread))
    factor, weight = _panels(-_SPAN, _SPAN, min(_SMOOTH, 1 / steepest) if steepest else _SMOOTH)
    weight = weight * np.exp(-(factor**2) / 2) / sqrt(2 * np.pi)
    scale, mass = scale_points(df)
    same = {}
    for pair in zip(limits.tolist(), loadings.tolist(), strict=True):
        same[pair] = same.get(pair, 0) + 1
    log_none = np.zeros((scale.size, factor.size))
    for (limit, loading), count in same.items():
        rest, at = sqrt(1 - loading**2), limit * scale[:, None]
        shift = loading * factor[None, :]
        tail = ndtr((shift - at) / rest)
        if two_sided:
            tail += ndtr((-shift - at) / rest)
        with np.errstate(divide="ignore"):
            log_none += count * np.log1p(-np.minimum(tail, 1.0))
    found = float(mass @ (-np.expm1(log_none) @ weight))
    return min(1.0, max(0.0, found))


def range_exceedance(limit: float, groups: int, *, df: float = inf) -> float:
    """Probability that the studentized range of independent normal variables exceeds a limit.

    Notes
    -----
    By the same two integrals as `exceedance`; the inner one is over the largest of the
    variables.
    """
    if limit <= 0:
        return 1.0
    largest, weight = _panels(-_SPAN, _SPAN, _SMOOTH)
    below = ndtr(largest)
    weight = weight * groups * np.exp(-(largest**2) / 2) * below ** (groups - 1) / sqrt(2 * np.pi)
    scale, mass = scale_points(df)
    ratio = np.minimum(1.0, ndtr(largest[None, :] - limit * scale[:, None]) / below)
    with np.errstate(divide="ignore"):
        none = (groups - 1) * np.log1p(-ratio)
    return min(1.0, max(0.0, float(mass @ (-np.expm1(none) @ weight))))


def weighted_exceedance(p: np.ndarray, w: np.ndarray, correlation: np.ndarray) -> float:
    """Weighted parametric test: P(some P_i <= w_i min(p/w)) under the joint normal null, over the sum of w."""
    levels = np.minimum(1.0, w * float((p / w).min()))
    return min(1.0, normal_exceedance(-ndtri(levels), correlation) / float(w.sum()))


def normal_exceedance(limits: np.ndarray, correlation: np.ndarray) -> float:
    """Probability that some of several standard normal variables with these correlations exceeds its limit.

    Notes
    -----
    Variables that are the same one are judged by the lower limit, and uncorrelated blocks apart. A block whose
    correlations are products of loadings, as any two variables are, by one integral; three or four others by nested
    integrals, to about 1e-9; more of them, or nearly singular ones, by scipy's randomised rule with a fixed seed, to
    about 1e-4.
    """
    limits, correlation = _without_doubles(np.asarray(limits, dtype=float), np.asarray(correlation, dtype=float))
    none = 0.0
    for block in _blocks(correlation):
        if np.isneginf(limits[block]).any():
            return 1.0
        kept = [i for i in block if limits[i] < inf]
        if kept:
            part = _block_exceedance(limits[kept], correlation[np.ix_(kept, kept)])
            none += np.log1p(-min(part, 1 - 1e-16))
    return float(-np.expm1(none))


def _block_exceedance(limits: np.ndarray, correlation: np.ndarray) -> float:
    if limits.size == 1:
        return float(ndtr(-limits[0]))
    loadings = _loadings(correlation)
    if loadings is not None:
        return exceedance(limits, loadings)
    if (
        limits.size == 2
    ):  # correlation -1: the two events exclude each other unless a limit is below the other's negative
        return float(min(1.0, ndtr(-limits[0]) + ndtr(-limits[1])))
    none = _nested(limits, correlation)
    if none is None:
        none = float(
            multivariate_normal.cdf(
                limits, cov=correlation, allow_singular=True, maxpts=100_000, abseps=1e-6, releps=0, rng=1
            )
        )
    return 1 - none


def _nested(limits: np.ndarray, correlation: np.ndarray) -> float | None:
    """Probability that no limit is exceeded, by an integral for each variable but the last; None if too much."""
    try:
        root = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        return None
    steepest = max(abs(root[i, j]) / root[i, i] for i in range(len(root)) for j in range(i))
    panels = int(np.ceil(_NESTED_PANELS * max(1.0, steepest / 1.5)))
    if (panels * _POINTS) ** (len(root) - 1) > _MOST_NESTED:
        return None
    unit, share = _panels(0.0, 1.0, 1 / panels)
    drawn, weight = np.zeros((1, 0)), np.ones(1)
    for at in range(len(root) - 1):
        upper = np.clip((limits[at] - drawn @ root[at, :at]) / root[at, at], -_SPAN, _SPAN)
        z = -_SPAN + (upper + _SPAN)[:, None] * unit
        weight = (weight * (upper + _SPAN))[:, None] * share * np.exp(-(z**2) / 2) / sqrt(2 * np.pi)
        drawn = np.column_stack([np.repeat(drawn, unit.size, axis=0), z.ravel()])
        weight = weight.ravel()
    return float(weight @ ndtr((limits[-1] - drawn @ root[-1, :-1]) / root[-1, -1]))


def _loadings(correlation: np.ndarray) -> np.ndarray | None:
    """Loadings whose products are the correlations; None if there are none below 1."""
    count = len(correlation)
    if count == 2:
        rho = correlation[0, 1]
        found = np.array([sqrt(abs(rho)), np.copysign(sqrt(abs(rho)), rho)])
    else:
        a, b, c = correlation[0, 1], correlation[0, 2], correlation[1, 2]
        if min(abs(a), abs(b), abs(c)) < _SAME or a * b / c < 0:
            return None
        first = sqrt(a * b / c)
        found = np.concatenate([[first], correlation[0, 1:] / first])
    if (np.abs(found) > 1 - 1e-9).any():
        return None
    off = np.outer(found, found) - correlation
    np.fill_diagonal(off, 0.0)
    return found if np.abs(off).max() < _SAME else None


def _without_doubles(limits: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept: list[int] = []
    limits = limits.copy()
    for i in range(limits.size):
        twin = next((j for j in kept if correlation[i, j] > 1 - _SAME), None)
        if twin is None:
            kept.append(i)
        else:
            limits[twin] = min(limits[twin], limits[i])
    return limits[kept], correlation[np.ix_(kept, kept)]


def _blocks(correlation: np.ndarray) -> list[list[int]]:
    """Positions that are linked by correlations other than 0."""
    left, found = set(range(len(correlation))), []
    while left:
        block, queue = [], [min(left)]
        left.discard(queue[0])
        while queue:
            at = queue.pop()
            block.append(at)
            near = {j for j in left if abs(correlation[at, j]) > 0}
            left -= near
            queue.extend(near)
        found.append(sorted(block))
    return found


@lru_cache(maxsize=128)
def scale_points(df: float, *, most: float = inf) -> tuple[np.ndarray, np.ndarray]:
    """Points up to `most` for the estimated over the true standard deviation, and their probabilities."""
    if np.isinf(df):
        return np.array([1.0]), np.array([float(most >= 1)])
    low, high = (0.5 * np.log(max(q, _TINY) / df) for q in (chi2.ppf(_LEFT_OUT, df), chi2.isf(_LEFT_OUT, df)))
    end = min(high, np.log(most))
    if end <= low:
        return np.array([most]), np.array([0.0])
    logs, mass = _panels(low, end, min(0.45, 1.5 / sqrt(2 * df)))
    mass = mass * np.exp(df * (logs - np.expm1(2 * logs) / 2))  # up to a constant, which large df leave few digits of
    return np.exp(logs), mass / mass.sum() * (float(chi2.cdf(df * np.exp(2 * end), df)) if end < high else 1.0)


def _panels(low: float, high: float, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of a composite Gauss-Legendre rule."""
    count = int(min(_MOST_PANELS, np.ceil((high - low) / width)))
    edges = np.linspace(low, high, count + 1)
    half = (edges[1] - edges[0]) / 2
    middles = (edges[:-1] + edges[1:]) / 2
    return (middles[:, None] + half * _NODES).ravel(), np.tile(half * _WEIGHTS, count)
