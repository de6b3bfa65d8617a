"""Means: the t interval of one sample, Welch's difference of two, and the analysis of covariance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.stats import t as t_distribution

from helpers.errors import InvalidInput
from helpers.stats._types import Contrast, Estimate, check_level
from helpers.stats.summary import values_of

#: Residual variation below this share of the outcome's size is rounding, not variation.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Ancova:
    """Adjusted means by arm, at the average of the covariates, and their contrasts with the reference arm."""

    means: dict[str, Estimate]
    contrasts: dict[str, Contrast]


def mean_t(values: Iterable[float], *, level: float = 0.95) -> Estimate:
    """Mean of the values present with the t interval.

    Parameters
    ----------
    values : iterable of float
        In any unit; missing ones are left out.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Estimate
        In the unit of the values. Without an interval where fewer than two values ("too-few") or only equal ones
        ("no-variance") are there.
    """
    check_level(level)
    present = values_of(values)
    n = present.size
    if n < 2:
        return Estimate(n, float(present[0]) if n else None, reason="too-few")
    mean = float(present.mean())
    if _constant(present):
        return Estimate(n, mean, reason="no-variance")
    se = float(present.std(ddof=1)) / sqrt(n)
    lower, upper = _limits(mean, se, n - 1, level)
    return Estimate(n, mean, se, n - 1, lower, upper)


def welch(values: Iterable[float], reference: Iterable[float], *, level: float = 0.95) -> Contrast:
    """Difference of two means, arm of interest minus reference, without assuming equal variances.

    Parameters
    ----------
    values, reference : iterable of float
        The two samples, in the same unit; missing values are left out.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Contrast
        In the unit of the values. Only the difference where an arm has fewer than two values ("too-few") or both arms
        are constant ("no-variance").

    Notes
    -----
    Welch BL. Biometrika 1947;34:28-35. Through pingouin, always with the correction.
    """
    from helpers.stats import _pingouin

    check_level(level)
    x, y = values_of(values), values_of(reference)
    n = x.size + y.size
    difference = float(x.mean() - y.mean()) if x.size and y.size else None
    if min(x.size, y.size) < 2:
        return Contrast(n, difference, reason="too-few")
    if _constant(x) and _constant(y):
        return Contrast(n, difference, reason="no-variance")
    se = sqrt(x.var(ddof=1) / x.size + y.var(ddof=1) / y.size)
    test = _pingouin.welch(x, y, level=level)
    return Contrast(n, difference, se, test.df, test.lower, test.upper, p_value=test.p_value)


def ancova(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: str,
    covariates: Sequence[str] = (),
    level: float = 0.95,
) -> Ancova:
    """Means by arm adjusted for covariates by ordinary least squares with a common slope, and their contrasts.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing outcome, arm or covariate are left out.
    outcome, arm : str
        Columns of the outcome and of the arm's code.
    reference : str
        Code of the reference arm.
    covariates : sequence of str
        Numeric columns; the adjusted means stand at their average over the rows used.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Ancova
        In the unit of the outcome, `means` for every arm seen and the reference, `contrasts` for every arm but the
        reference. Everything but n is None where an arm has fewer than two rows or no degree of freedom is left
        ("too-few"), where a covariate is constant or determined by the others and the arms ("collinear"), or where the
        model leaves no residual variation ("no-variance").

    Raises
    ------
    InvalidInput
        If a column is absent.
    """
    check_level(level)
    columns = [outcome, arm, *covariates]
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data of the analysis of covariance.")
    used = data[columns].dropna()
    arms = [reference, *sorted(set(data[arm].dropna()) - {reference})]
    counts = {a: int((used[arm] == a).sum()) for a in arms}
    y = used[outcome].to_numpy(dtype=float)
    centred = used[list(covariates)].to_numpy(dtype=float).reshape(len(used), len(covariates))
    centred = centred - centred.mean(axis=0) if len(used) else centred
    indicators = np.column_stack([(used[arm] == a).to_numpy(dtype=float) for a in arms])
    design = np.hstack([indicators, centred])
    df = len(used) - design.shape[1]

    if len(arms) < 2 or min(counts.values()) < 2 or df < 1:
        return _unestimable(counts, reference, "too-few")
    scaled = design / np.maximum(np.linalg.norm(design, axis=0), np.finfo(float).tiny)
    if np.linalg.matrix_rank(scaled) < design.shape[1]:
        return _unestimable(counts, reference, "collinear")
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = float(((y - design @ coefficients) ** 2).sum())
    if residual <= (_NEGLIGIBLE * max(1.0, float(np.abs(y).max()))) ** 2 * len(y):
        return _unestimable(counts, reference, "no-variance")
    covariance = np.linalg.inv(design.T @ design) * residual / df

    means, contrasts = {}, {}
    for position, name in enumerate(arms):
        mean, se = float(coefficients[position]), sqrt(covariance[position, position])
        means[name] = Estimate(counts[name], mean, se, df, *_limits(mean, se, df, level))
        if position:
            weights = np.zeros(len(coefficients))
            weights[position], weights[0] = 1.0, -1.0
            value, se = float(weights @ coefficients), sqrt(float(weights @ covariance @ weights))
            p_value = float(2 * t_distribution.sf(abs(value / se), df))
            n = counts[name] + counts[reference]
            contrasts[name] = Contrast(n, value, se, df, *_limits(value, se, df, level), p_value=p_value)
    return Ancova(means, contrasts)


def _unestimable(counts: dict[str, int], reference: str, reason: str) -> Ancova:
    means = {a: Estimate(n, None, reason=reason) for a, n in counts.items()}
    contrasts = {a: Contrast(n + counts[reference], None, reason=reason) for a, n in counts.items() if a != reference}
    return Ancova(means, contrasts)


def _limits(value: float, se: float, df: float, level: float) -> tuple[float, float]:
    half = float(t_distribution.isf((1 - level) / 2, df)) * se
    return value - half, value + half


def _constant(values: np.ndarray) -> bool:
    return bool(np.ptp(values) <= _NEGLIGIBLE * max(1.0, float(np.abs(values).max())))
