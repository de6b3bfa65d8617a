"""All comparisons of several groups with each other: Tukey-Kramer, and Games-Howell for unequal variances."""

from collections.abc import Sequence
from itertools import combinations
from math import isfinite, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_level
from helpers.stats.multiplicity._normal import range_exceedance
from helpers.stats.multiplicity.dunnett import Comparison, pooled

_TOLERANCE = 1e-11


def tukey_kramer(
    means: Sequence[float], *, n: Sequence[int], sd: float, df: float, level: float = 0.95
) -> tuple[Comparison, ...]:
    """All pairwise differences of means with the Tukey-Kramer adjustment.

    Parameters
    ----------
    means : sequence of float
        Means of two groups or more.
    n : sequence of int
        Units of each group.
    sd : float
        Pooled standard deviation, in the unit of the means; 0 gives a reason instead of numbers.
    df : float
        Its degrees of freedom, above 0; may be infinite.
    level : float
        Simultaneous confidence level, 0 < level < 1.

    Returns
    -------
    tuple of Comparison
        Later group minus earlier group, in the order (1-0), (2-0), ..., as R's TukeyHSD has them. `statistic` is t, the
        studentized range statistic over the root of 2.

    Raises
    ------
    InvalidInput
        If there are fewer than two means, sizes do not fit them or are not positive, sd is negative or df not positive.

    Notes
    -----
    Tukey JW, unpublished, 1953; Kramer CY. Biometrics 1956;12:307-310. With unequal sizes the error rate is below the
    nominal one (Hayter AJ. Ann Stat 1984;12:61-75).
    """
    check_level(level)
    means, sizes = np.asarray(means, dtype=float), np.asarray(n, dtype=float)
    if means.ndim != 1 or means.size < 2 or sizes.shape != means.shape or not np.isfinite(means).all():
        raise InvalidInput(f"{means.size} means and {sizes.size} sizes: two groups at least, with one size each.")
    if (sizes <= 0).any() or not df > 0 or not (isfinite(sd) and sd >= 0):
        raise InvalidInput(f"n is {list(n)}, df {df} and sd {sd}: sizes and df are above 0, sd is 0 or more.")
    pairs = list(combinations(range(means.size), 2))
    if sd == 0:
        return tuple(Comparison(j, i, float(means[j] - means[i]), reason="no-variance") for i, j in pairs)
    reach = _critical(level, means.size, df)
    found = []
    for i, j in pairs:
        se = sd * sqrt(1 / sizes[i] + 1 / sizes[j])
        found.append(_compared(i, j, float(means[j] - means[i]), se, df, means.size, reach))
    return tuple(found)


def tukey_groups(samples: Sequence[Sequence[float]], *, level: float = 0.95) -> tuple[Comparison, ...]:
    """Tukey-Kramer comparisons of samples, with the standard deviation pooled over all of them.

    Parameters and result as in `tukey_kramer`. Where no two units of a sample differ, or no sample has two units,
    `reason` is "no-variance" or "too-few".

    Raises
    ------
    InvalidInput
        If there are fewer than two samples, or one is empty or holds a value that is not a number.
    """
    means, n, sd, df = pooled([np.asarray(sample, dtype=float) for sample in samples])
    if df < 1:
        check_level(level)
        return tuple(
            Comparison(j, i, means[j] - means[i], reason="too-few") for i, j in combinations(range(len(means)), 2)
        )
    return tukey_kramer(means, n=n, sd=sd, df=df, level=level)


def games_howell(samples: Sequence[Sequence[float]], *, level: float = 0.95) -> tuple[Comparison, ...]:
    """All pairwise differences of means, each with its own standard error, by the studentized range.

    Parameters, result and errors as in `tukey_groups`; a pair has "too-few" if one of its samples has a single unit,
    and "no-variance" if both are constant.

    Notes
    -----
    Games PA, Howell JF. J Educ Stat 1976;1:113-125.
    """
    check_level(level)
    groups = [np.asarray(sample, dtype=float) for sample in samples]
    means, n, _, _ = pooled(groups)
    squares = [float(group.var(ddof=1)) / group.size if group.size > 1 else 0.0 for group in groups]
    squares = [0.0 if (group == group[0]).all() else s for group, s in zip(groups, squares, strict=True)]
    found = []
    for i, j in combinations(range(len(groups)), 2):
        estimate, total = means[j] - means[i], squares[i] + squares[j]
        reason = "too-few" if min(n[i], n[j]) < 2 else "no-variance" if total == 0 else ""
        if reason:
            found.append(Comparison(j, i, estimate, reason=reason))
            continue
        df = total**2 / (squares[i] ** 2 / (n[i] - 1) + squares[j] ** 2 / (n[j] - 1))
        found.append(_compared(i, j, estimate, sqrt(total), df, len(groups), _critical(level, len(groups), df)))
    return tuple(found)


def _compared(i: int, j: int, estimate: float, se: float, df: float, groups: int, reach: float) -> Comparison:
    t = estimate / se
    p = range_exceedance(abs(t) * sqrt(2), groups, df=df)
    return Comparison(j, i, estimate, se, float(df), t, p, float(estimate - reach * se), float(estimate + reach * se))


def _critical(level: float, groups: int, df: float) -> float:
    """The value that some t statistic of all pairs exceeds with probability 1 - level."""
    alpha = 1 - level
    low = float(-stdtrit(df, alpha / 2))
    if groups == 2:
        return low
    high = float(-stdtrit(df, alpha / (groups * (groups - 1))))
    return float(
        brentq(
            lambda t: range_exceedance(t * sqrt(2), groups, df=df) / alpha - 1,
            low,
            high * (1 + 1e-9),
            xtol=_TOLERANCE,
            rtol=_TOLERANCE,
        )
    )
