"""Partial and semi-partial correlation: of what covariates leave of both variables, or of one."""

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import p_value, quantile
from helpers.stats.correlation._shared import FEWEST, PERFECT, CorrelationTest, nothing, t_statistic
from helpers.stats.correlation.intervals import PEARSON, SPEARMAN, pearson_limits, semipartial_limits, spearman_limits

METHODS = ("pearson", "spearman")


def partial(
    data: pd.DataFrame,
    *,
    x: str,
    y: str,
    covariates: Sequence[str],
    method: str = "pearson",
    interval: str | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> CorrelationTest:
    """Correlation of x and y given covariates, taken out of both.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value are left out.
    x, y : str
        Numeric columns to correlate.
    covariates : sequence of str
        Numeric columns held fixed, a group as 0 and 1.
    method : {"pearson", "spearman"}
        On values or, all columns alike, on ranks.
    interval : str
        As in `pearson_limits` or `spearman_limits`, whose first is taken where none is named.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test and the interval, which ends at -1 or 1 on its other side.

    Returns
    -------
    CorrelationTest
        In [-1, 1], tested by t with n - 2 degrees of freedom and its interval from n - 3, both lessened by the number
        of covariates. "too-few" where fewer than four units are left so; "no-variance" where x or y is constant, and
        without an interval where the correlation is perfect; "collinear" where the covariates, alone or with x or y,
        are not independent.

    Raises
    ------
    InvalidInput
        If a column is absent, named twice or not numeric, or an option is not allowed.
    """
    return _correlate(data, x, y, covariates, "both", method, interval, level, alternative)


def semipartial(
    data: pd.DataFrame,
    *,
    x: str,
    y: str,
    x_covariates: Sequence[str] = (),
    y_covariates: Sequence[str] = (),
    method: str = "pearson",
    interval: str | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> CorrelationTest:
    """Correlation of x and y with covariates taken out of one of them only; parameters and result as in `partial`.

    Parameters
    ----------
    x_covariates, y_covariates : sequence of str
        What is taken out of x, or out of y; one of the two.
    interval : str
        As in `partial`, or "aloe-becker", as in `semipartial_limits`.

    Raises
    ------
    InvalidInput
        As in `partial`, and if covariates are given for both or for none.
    """
    if bool(x_covariates) == bool(y_covariates):
        raise InvalidInput("a semi-partial correlation takes covariates out of x or out of y, one of both.")
    covariates, given = (x_covariates, "x") if x_covariates else (y_covariates, "y")
    return _correlate(data, x, y, covariates, given, method, interval, level, alternative)


def partial_spearman(
    data: pd.DataFrame, *, x: str, y: str, covariates: Sequence[str], level: float = 0.95
) -> CorrelationTest:
    """Spearman's correlation of x and y given covariates, all on ranks, with the Bonett-Wright interval.

    Parameters, result and errors as in `partial`; without covariates it is Spearman's correlation.
    """
    return partial(data, x=x, y=y, covariates=covariates, method="spearman", level=level)


def _correlate(
    data: pd.DataFrame,
    x: str,
    y: str,
    covariates: Sequence[str],
    given: str,
    method: str,
    interval: str | None,
    level: float,
    alternative: str,
) -> CorrelationTest:
    quantile(level, alternative)
    check_choice("method", method, METHODS)
    known = PEARSON if method == "pearson" else SPEARMAN
    interval = known[0] if interval is None else interval
    check_choice("interval", interval, (*known, "aloe-becker") if given != "both" else known)
    used = _read(data, [x, y, *covariates])
    n, held = len(used), len(covariates)
    if n < FEWEST + held:
        return nothing(n, "too-few")
    one, two, *others = _standardised(rankdata(used, axis=0) if method == "spearman" else used).T
    if not (one.any() and two.any()):
        return nothing(n, "no-variance")
    cleaned = [_cleaned(v, others) for v in (one, two)]
    if any(c is None for c in cleaned):
        return nothing(n, "collinear")
    sides = (cleaned[0] if given != "y" else one, cleaned[1] if given != "x" else two)
    r = float(np.clip(sides[0] @ sides[1] / sqrt((sides[0] @ sides[0]) * (sides[1] @ sides[1])), -1, 1))
    df = float(n - 2 - held)
    statistic = t_statistic(r, df) if abs(r) < PERFECT else float(np.sign(r)) * inf
    p = p_value(statistic, alternative, df=df)
    if abs(r) >= PERFECT:
        return CorrelationTest(float(np.sign(r)), None, None, "no-variance", n=n, p_value=p)
    options = {"level": level, "alternative": alternative}
    if interval == "aloe-becker":
        outcome, predictor = (one, two) if given == "y" else (two, one)
        left = _cleaned(outcome, [predictor, *others])
        squared = 1.0 if left is None else 1 - float(left @ left / (outcome @ outcome))
        if squared >= PERFECT:
            return CorrelationTest(r, None, None, "no-variance", n, p, None, statistic, df)
        lower, upper = semipartial_limits(r, squared, n, **options)
        se = None
    else:
        ends = pearson_limits if method == "pearson" else spearman_limits
        lower, upper = ends(r, n, held=held, interval=interval, **options)
        factor = {"bonett-wright": 1 + r * r / 2, "fieller": 1.06}.get(interval, 1.0)
        se = sqrt(factor / (n - held - 3)) * (1 - r * r)
    return CorrelationTest(r, lower, upper, "", n, p, se, statistic, df)


def _read(data: pd.DataFrame, columns: list[str]) -> np.ndarray:
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(map(str, absent))} in the data of the partial correlation.")
    if len(set(columns)) < len(columns):
        raise InvalidInput("a column of the partial correlation is named twice.")
    try:
        used = np.column_stack([data[c].to_numpy(dtype=float, na_value=np.nan) for c in columns])
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"the columns of a partial correlation have to be numbers: {error}.") from None
    return used[np.isfinite(used).all(axis=1)]


def _standardised(columns: np.ndarray) -> np.ndarray:
    """Centred and divided by their SD; a column that does not vary beyond rounding becomes nought."""
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0, ddof=1)
    varies = spread > 1e-12 * np.abs(columns).max(axis=0)
    return np.where(varies, centred, 0.0) / np.where(varies, spread, 1.0)


def _cleaned(values: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray | None:
    """What the others leave of the values; None where they leave nothing or depend on each other."""
    if not len(others):
        return values
    together = np.column_stack([*others, values])
    orthogonal, triangle = np.linalg.qr(together)
    if np.abs(np.diag(triangle)).min() <= 1e-10 * sqrt(len(values)):
        return None
    return orthogonal[:, -1] * triangle[-1, -1]
