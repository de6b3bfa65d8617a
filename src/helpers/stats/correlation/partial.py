"""Partial and semi-partial correlation: of what covariates leave of both variables, or of one."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._wald import check_choice, quantile
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
    from helpers.stats import _pingouin

    quantile(level, alternative)
    check_choice("method", method, METHODS)
    known = PEARSON if method == "pearson" else SPEARMAN
    interval = known[0] if interval is None else interval
    check_choice("interval", interval, (*known, "aloe-becker") if given != "both" else known)
    used = _read(data, [x, y, *covariates])
    n, held = len(used), len(covariates)
    if n < FEWEST + held:
        return nothing(n, "too-few")
    columns = used.rank() if method == "spearman" else used
    scaled = _standardised(columns)
    if not (scaled[x].any() and scaled[y].any()):
        return nothing(n, "no-variance")
    for column in (x, y):
        if np.linalg.matrix_rank(scaled[[column, *covariates]].to_numpy()) < 1 + held:
            return nothing(n, "collinear")
    if held:
        found = _pingouin.partial(
            columns, x=x, y=y, covariates=list(covariates), method=method, given=given, alternative=alternative
        )
    else:
        plain = _pingouin.pearson if method == "pearson" else _pingouin.spearman
        found = plain(columns[x].to_numpy(), columns[y].to_numpy(), alternative=alternative)
    r, df = found.estimate, float(n - 2 - held)
    statistic = t_statistic(r, df)
    if abs(r) >= PERFECT:
        return CorrelationTest(float(np.sign(r)), None, None, "no-variance", n=n, p_value=found.p_value)
    options = {"level": level, "alternative": alternative}
    if interval == "aloe-becker":
        outcome, predictor = (x, y) if given == "y" else (y, x)
        squared = _r_squared(scaled, outcome, [predictor, *covariates])
        if squared >= PERFECT:
            return CorrelationTest(r, None, None, "no-variance", n, found.p_value, None, statistic, df)
        lower, upper = semipartial_limits(r, squared, n, **options)
        se = None
    else:
        ends = pearson_limits if method == "pearson" else spearman_limits
        lower, upper = ends(r, n, held=held, interval=interval, **options)
        factor = {"bonett-wright": 1 + r * r / 2, "fieller": 1.06}.get(interval, 1.0)
        se = sqrt(factor / (n - held - 3)) * (1 - r * r)
    return CorrelationTest(r, lower, upper, "", n, found.p_value, se, statistic, df)


def _read(data: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(map(str, absent))} in the data of the partial correlation.")
    if len(set(columns)) < len(columns):
        raise InvalidInput("a column of the partial correlation is named twice.")
    try:
        used = data[columns].dropna().astype(float)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"the columns of a partial correlation have to be numbers: {error}.") from None
    return used[np.isfinite(used).all(axis=1)]


def _standardised(columns: pd.DataFrame) -> pd.DataFrame:
    """Centred and divided by their SD; a column that does not vary beyond rounding becomes nought."""
    values = columns.to_numpy()
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0, ddof=1)
    varies = spread > 1e-12 * np.abs(values).max(axis=0)
    return pd.DataFrame(np.where(varies, centred, 0.0) / np.where(varies, spread, 1.0), columns=columns.columns)


def _r_squared(scaled: pd.DataFrame, outcome: str, predictors: list[str]) -> float:
    y, predictor = scaled[outcome].to_numpy(), scaled[predictors].to_numpy()
    left = y - predictor @ np.linalg.lstsq(predictor, y, rcond=None)[0]
    return 1 - float((left**2).sum() / (y**2).sum())
