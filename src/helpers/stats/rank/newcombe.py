"""Newcombe's score interval of the relative effect."""

from collections.abc import Iterable
from math import sqrt

import numpy as np

from helpers.stats._types import check_level
from helpers.stats._wald import check_alternative, quantile
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import corrected, one_sided_limits, ordinals_of, tie_sizes
from helpers.stats.rank._tables import counted
from helpers.stats.rank.effect import RelativeEffect, effect_and_parts


def newcombe_effect(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    continuity: bool = False,
    ties: bool = True,
) -> RelativeEffect:
    """Relative effect with Newcombe's score interval (his method 5), which has limits with separated samples too.

    Parameters
    ----------
    values, reference, level, alternative
        As in `relative_effect`.
    continuity : bool
        Move the estimate by half a comparison, towards 1/2 in the test and outwards in the interval.
    ties : bool
        Multiply the variance by the tie factor of the Wilcoxon test, as Fay and Malinovsky do; Newcombe does not.

    Returns
    -------
    RelativeEffect
        The p-value is that of `mann_whitney` with the normal approximation; `se` is under an effect of 1/2. All values
        the same are "no-variance".

    Notes
    -----
    Newcombe RG. Stat Med 2006;25:559-573. Fay MP, Malinovsky Y. Stat Med 2018;37:3991-4006.
    """
    check_level(level)
    check_alternative(alternative)
    x, y = ordinals_of(values), ordinals_of(reference)
    n, m = x.size, y.size
    if not (n and m):
        return RelativeEffect(None, None, None, "too-few", n, m)
    p = effect_and_parts(*counted(x, y))[0]
    tied = tie_sizes(np.concatenate([x, y])).astype(float)
    total = n + m
    factor = 1 - float((tied**3 - tied).sum()) / (total**3 - total)
    if factor <= 0:
        return RelativeEffect(p, None, None, "no-variance", n, m)
    if not ties:
        factor = 1.0
    half = 0.5 / (n * m) if continuity else 0.0

    def se(theta: float) -> float:
        shape = (1 - theta) / (2 - theta) + theta / (1 + theta)
        return sqrt(factor * theta * (1 - theta) / (n * m) * (1 + (total - 2) / 2 * shape))

    def edge(sign: int) -> float:
        """Where (p - theta - correction) / se is the quantile, by halving between the estimate and the end."""
        inner, outer = p, (0.0 if sign > 0 else 1.0)
        if p == outer:
            return outer
        for _ in range(100):
            theta = (inner + outer) / 2
            if theta in (inner, outer):
                break
            beyond = sign * (p - theta) - half > z * se(theta)
            inner, outer = (inner, theta) if beyond else (theta, outer)
        return (inner + outer) / 2

    z = quantile(level, alternative)
    lower, upper = one_sided_limits(edge(1), edge(-1), alternative, floor=0.0, ceiling=1.0)
    statistic = corrected(p - 0.5, half, alternative) / se(0.5)
    p_value = standardised_p(statistic, alternative)
    return RelativeEffect(p, lower, upper, "", n, m, se(0.5), None, float(statistic), p_value)
