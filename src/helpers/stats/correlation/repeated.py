"""Correlation within subjects who were measured repeatedly."""

from collections.abc import Hashable, Iterable
from math import sqrt

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import p_value, quantile
from helpers.stats.correlation._shared import PERFECT, CorrelationTest, fisher_limits, nothing, t_statistic


def repeated_measures(
    subject: Iterable[Hashable],
    x: Iterable[float],
    y: Iterable[float],
    *,
    interval: str = "current",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> CorrelationTest:
    """Common correlation of two measures within subjects, each with a level of its own.

    Parameters
    ----------
    subject : iterable
        Whose measurement it is; a missing one leaves the pair out.
    x, y : iterables of float
        Pairs, in any units; a pair with a missing value is left out.
    interval : {"current", "older"}
        Variance of Fisher's z: 1/(df - 1), that of df + 2 independent pairs, or 1/(df - 3), as R's rmcorr had it before
        version 0.5.4.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the t test on df = pairs - subjects - 1, and of the interval, which ends at -1 or 1 on its other side.

    Returns
    -------
    CorrelationTest
        `n` counts pairs. None where no degree of freedom is left ("too-few") or one measure does not vary within
        subjects ("no-variance"); no interval where df is too small for it ("too-few") or the correlation is perfect
        ("no-variance").

    Raises
    ------
    InvalidInput
        If the three differ in length, or an option is not allowed.

    Notes
    -----
    Bland JM, Altman DG. BMJ 1995;310:446. Bakdash JZ, Marusich LR. Front Psychol 2017;8:456. A subject measured once
    adds nothing.
    """
    quantile(level, alternative)
    check_choice("interval", interval, ("current", "older"))
    whose, first, second = list(subject), np.asarray(list(x), dtype=float), np.asarray(list(y), dtype=float)
    if not len(whose) == first.size == second.size:
        raise InvalidInput(
            f"{len(whose)} subjects, {first.size} values of x and {second.size} of y: each pair needs a subject."
        )
    codes = pd.factorize(pd.Series(whose, dtype=object))[0]
    used = np.isfinite(first) & np.isfinite(second) & (codes >= 0)
    codes, first, second = codes[used], first[used], second[used]
    n = int(used.sum())
    df = n - len(np.unique(codes)) - 1
    if df < 1:
        return nothing(n, "too-few")
    left = [_within(v, codes) for v in (first, second)]
    if not (left[0].any() and left[1].any()):
        return nothing(n, "no-variance")
    r = float(left[0] @ left[1] / sqrt((left[0] @ left[0]) * (left[1] @ left[1])))
    statistic = t_statistic(r, df) if abs(r) < PERFECT else float(np.sign(r)) * float("inf")
    p = p_value(statistic, alternative, df=df)
    if abs(r) >= PERFECT:
        return CorrelationTest(float(np.sign(r)), None, None, "no-variance", n=n, p_value=p, df=float(df))
    freedom = df - 1 if interval == "current" else df - 3
    if freedom < 1:
        return CorrelationTest(r, None, None, "too-few", n, p, None, statistic, float(df))
    lower, upper = fisher_limits(r, 1 / freedom, level=level, alternative=alternative)
    return CorrelationTest(r, lower, upper, "", n, p, (1 - r * r) / sqrt(freedom), statistic, float(df))


def _within(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Values less their subject's mean, nought where that is only rounding."""
    sums, counts = np.bincount(codes, weights=values), np.bincount(codes)
    left = values - (sums / np.maximum(counts, 1))[codes]
    return left if np.abs(left).max() > 1e-12 * np.abs(values).max() else np.zeros_like(left)
