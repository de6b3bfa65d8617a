"""Rank correlation, plain and partial, and the agreement of readers."""

from collections.abc import Iterable, Sequence
from math import atanh, sqrt, tanh

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import Correlation, Estimate, check_level

#: Fewest pairs for Fisher's z, whose variance has n - 3 below the line.
_FEWEST = 4


def spearman(x: Iterable[float], y: Iterable[float], *, level: float = 0.95) -> Correlation:
    """Spearman's rank correlation with the Bonett-Wright interval.

    Parameters
    ----------
    x, y : iterables of float
        Pairs, in any units; a pair with a missing value is left out.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Correlation
        In [-1, 1], the p-value by the t approximation. None where fewer than four pairs are there ("too-few") or one
        side is constant ("no-variance"); no interval where the ranks agree or oppose perfectly ("no-variance").

    Raises
    ------
    InvalidInput
        If x and y differ in length.

    Notes
    -----
    Bonett DG, Wright TA. Psychometrika 2000;65:23-28: the variance of z is (1 + r^2/2)/(n - 3).
    """
    from helpers.stats import _pingouin

    check_level(level)
    first, second = np.asarray(list(x), dtype=float), np.asarray(list(y), dtype=float)
    if first.size != second.size:
        raise InvalidInput(f"{first.size} values of x and {second.size} of y: a correlation needs pairs.")
    both = np.isfinite(first) & np.isfinite(second)
    first, second = first[both], second[both]
    n = int(both.sum())
    if n < _FEWEST:
        return _none(n, "too-few")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return _none(n, "no-variance")
    found = _pingouin.spearman(first, second)
    return _with_interval(found.estimate, n, 0, found.p_value, level)


def partial_spearman(
    data: pd.DataFrame, *, x: str, y: str, covariates: Sequence[str], level: float = 0.95
) -> Correlation:
    """Spearman's correlation of x and y given covariates, all on ranks, with the Bonett-Wright interval.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value are left out.
    x, y : str
        Numeric columns to correlate.
    covariates : sequence of str
        Numeric columns held fixed, a group as 0 and 1.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Correlation
        As in `spearman`, with n - 3 lessened by the number of covariates; "collinear" where the covariates, alone or
        with x or y, are not independent.
    """
    from helpers.stats import _pingouin

    check_level(level)
    columns = [x, y, *covariates]
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data of the partial correlation.")
    used = data[columns].dropna().astype(float)
    n, held = len(used), len(covariates)
    if n < _FEWEST + held:
        return _none(n, "too-few")
    ranks = used.rank()
    if ranks[x].nunique() == 1 or ranks[y].nunique() == 1:
        return _none(n, "no-variance")
    for column in (x, y):
        if np.linalg.matrix_rank((ranks - ranks.mean())[[column, *covariates]].to_numpy()) < 1 + held:
            return _none(n, "collinear")
    found = _pingouin.partial_spearman(used, x=x, y=y, covariates=list(covariates))
    return _with_interval(found.estimate, n, held, found.p_value, level)


def agreement(first: Iterable[float], second: Iterable[float]) -> Estimate:
    """Intraclass correlation of two readers for absolute agreement of a single reading.

    Two-way random effects: ICC(A,1), also called ICC(2,1).

    Parameters
    ----------
    first, second : iterables of float
        The two readings of each object, in the same order and unit; an object with one missing is left out.

    Returns
    -------
    Estimate
        n objects and the correlation, without an interval: objects of one patient are not independent. "too-few" below
        three objects, "no-variance" where all readings are equal.

    Notes
    -----
    McGraw KO, Wong SP. Psychol Methods 1996;1:30-46.
    """
    from helpers.stats import _pingouin

    one, two = np.asarray(list(first), dtype=float), np.asarray(list(second), dtype=float)
    if one.size != two.size:
        raise InvalidInput(
            f"{one.size} readings of the first reader and {two.size} of the second: agreement needs pairs."
        )
    both = np.isfinite(one) & np.isfinite(two)
    one, two = one[both], two[both]
    n = int(both.sum())
    if n < 3:
        return Estimate(n, None, reason="too-few")
    if np.ptp(np.concatenate([one, two])) == 0:
        return Estimate(n, None, reason="no-variance")
    if np.array_equal(one, two):
        return Estimate(n, 1.0)
    return Estimate(n, _pingouin.agreement(one, two))


def bonett_wright(r: float, n: int, *, held: int = 0, level: float = 0.95) -> tuple[float, float]:
    """Limits of a Spearman correlation `r` of `n` pairs with `held` covariates held fixed; |r| < 1 and n - held > 3."""
    if not -1 < r < 1 or n - held < _FEWEST:
        raise InvalidInput(f"r = {r} of {n} pairs with {held} covariates has no Bonett-Wright interval.")
    half = float(ndtri((1 + level) / 2)) * sqrt((1 + r * r / 2) / (n - held - 3))
    return tanh(atanh(r) - half), tanh(atanh(r) + half)


def _with_interval(r: float, n: int, held: int, p_value: float, level: float) -> Correlation:
    if abs(r) >= 1 - 1e-12:
        return Correlation(float(np.sign(r)), None, None, "no-variance", n=n, p_value=p_value)
    lower, upper = bonett_wright(r, n, held=held, level=level)
    return Correlation(r, lower, upper, n=n, p_value=p_value)


def _none(n: int, reason: str) -> Correlation:
    return Correlation(None, None, None, reason, n=n)
