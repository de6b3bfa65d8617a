"""Cliff's delta of two samples and the rank-biserial correlation of pairs, with intervals."""

from collections.abc import Iterable
from math import atanh, sqrt, tanh

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import quantile
from helpers.stats.rank.effect import relative_effect
from helpers.stats.rank.paired import signed_rank


def cliffs_delta(
    values: Iterable[float], reference: Iterable[float], *, level: float = 0.95, interval: str = "cliff"
) -> Interval:
    """Cliff's delta, the rank-biserial correlation of two independent samples: P(greater) - P(less).

    Parameters
    ----------
    values, reference, level
        As in `relative_effect`.
    interval : {"cliff", "fisher"}
        Cliff's asymmetric interval from the unbiased variance (Feng and Cliff), or Fisher's z with the variance of the
        Wilcoxon statistic under the null hypothesis, as in R's effectsize.

    Returns
    -------
    Interval
        In [-1, 1]. Without limits where an arm has fewer than two values ("too-few") or, with "fisher", the samples do
        not overlap ("separated").

    Notes
    -----
    Cliff N. Psychol Bull 1993;114:494-509. Feng D, Cliff N. J Mod Appl Stat Methods 2004;3:322-332. Where the samples
    do not overlap the inner limit is that of `relative_effect(..., scale="wilson")`.
    """
    check_level(level)
    check_choice("interval", interval, ("cliff", "fisher"))
    effect = relative_effect(values, reference, variance="unbiased", distribution="normal")
    if effect.estimate is None:
        return Interval(None, None, None, effect.reason)
    delta, n, m, z = 2 * effect.estimate - 1, effect.n, effect.n_ref, quantile(level)
    if min(n, m) < 2:
        return Interval(delta, None, None, "too-few")
    if interval == "fisher":
        if abs(delta) == 1:
            return Interval(delta, None, None, "separated")
        half = z * sqrt((n + m + 1) / (3 * n * m))
        return Interval(delta, tanh(atanh(delta) - half), tanh(atanh(delta) + half))
    if abs(delta) == 1:
        inner = (min(n, m) - z * z) / (min(n, m) + z * z)
        return Interval(delta, inner, 1.0) if delta > 0 else Interval(delta, -1.0, -inner)
    floor = (1 - delta * delta) / (n * m - 1)
    var = max(4 * effect.se**2 if effect.se is not None else 0.0, floor)
    root = z * sqrt(var) * sqrt((1 - delta * delta) ** 2 + z * z * var)
    scale = 1 - delta * delta + z * z * var
    centre = delta - delta**3
    return Interval(delta, max(-1.0, (centre - root) / scale), min(1.0, (centre + root) / scale))


def paired_rank_biserial(
    values: Iterable[float], reference: Iterable[float] | None = None, *, centre: float = 0.0, level: float = 0.95
) -> Interval:
    """Rank-biserial correlation of pairs or of one sample: the ranks of positive less those of negative differences.

    Parameters
    ----------
    values, reference, centre
        As in `signed_rank`; differences of zero are dropped.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        In [-1, 1], by Fisher's z with the variance of the signed-rank statistic under the null hypothesis. Without
        limits where all differences have one sign ("separated"); nothing where none differs from zero ("too-few").

    Notes
    -----
    Kerby DS. Compr Psychol 2014;3:1. The interval as in R's effectsize.
    """
    check_level(level)
    test = signed_rank(values, reference, centre=centre, method="normal", continuity=False)
    if not test.n:
        return Interval(None, None, None, "too-few")
    n = test.n
    most = n * (n + 1) / 2
    correlation = 2 * test.statistic / most - 1
    if abs(correlation) == 1:
        return Interval(correlation, None, None, "separated")
    half = quantile(level) * sqrt((2 * n**3 + 3 * n**2 + n) / 6) / most
    return Interval(correlation, tanh(atanh(correlation) - half), tanh(atanh(correlation) + half))
