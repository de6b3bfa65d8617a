"""Repeated and clustered outcomes: size of a trial with a mixed model for repeated measures, design effect, dropout."""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from scipy.special import ndtri, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.power._common import (
    Detectable,
    Power,
    Size,
    check_count,
    check_finite,
    check_positive,
    check_proportion,
    check_target,
    check_test,
    normal_power,
    quantile,
    towards,
    whole,
)


def variance_factor(correlation: Sequence[Sequence[float]], retention: Sequence[float]) -> float:
    """How many times larger than sd^2 / n the variance of the last visit's mean is under monotone dropout.

    Parameters
    ----------
    correlation : matrix
        Correlations of the visits.
    retention : sequence of float
        Proportion of units still observed at each visit, above 0, at most 1 and never rising.

    Returns
    -------
    float
        1 if nobody drops out, at most 1 over the last retention.

    Raises
    ------
    InvalidInput
        If the matrix is no correlation matrix of full rank, or the retention does not fit it or breaks its rule.

    Notes
    -----
    Lu K, Luo X, Chen PY. Int J Biostat 2008;4(1):article 9, formula 3: the inverse of the information of units by their
    last visit, the mean profile and its covariance being unstructured.
    """
    matrix, kept = np.array(correlation, dtype=float), np.array(retention, dtype=float)
    if kept.ndim != 1 or not kept.size or matrix.shape != (kept.size, kept.size):
        raise InvalidInput(f"{kept.size} visits need correlations of {kept.size} rows and columns, not {matrix.shape}.")
    if not (np.isfinite(kept).all() and kept[-1] > 0 and kept[0] <= 1 and (np.diff(kept) <= 0).all()):
        raise InvalidInput(f"retention is {list(retention)}; it starts at 1 or below, never rises and stays above 0.")
    proper = np.isfinite(matrix).all() and np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1)
    if not proper or np.linalg.eigvalsh(matrix)[0] < 1e-12:
        raise InvalidInput("the correlations are no symmetric, positive definite matrix with 1 on the diagonal.")
    information = np.zeros_like(matrix)
    for visits, share in enumerate(kept - np.append(kept[1:], 0.0), start=1):
        information[:visits, :visits] += share * np.linalg.inv(matrix[:visits, :visits])
    return float(np.linalg.inv(information)[-1, -1])


def autoregressive(rho: float, times: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    """Correlations rho^|s - t| of visits at these times.

    Raises
    ------
    InvalidInput
        If rho does not lie in [0, 1).
    """
    if not 0 <= rho < 1:
        raise InvalidInput(f"rho is {rho}; it lies in [0, 1).")
    at = np.asarray(times, dtype=float)
    return tuple(map(tuple, (rho ** np.abs(at[:, None] - at[None, :])).tolist()))


def compound_symmetry(rho: float, visits: int) -> tuple[tuple[float, ...], ...]:
    """The same correlation between all visits.

    Raises
    ------
    InvalidInput
        If there is no visit or rho does not lie between -1/(visits - 1) and 1.
    """
    visits = check_count("visits", visits)
    if not rho < 1 or (visits > 1 and rho <= -1 / (visits - 1)):
        raise InvalidInput(
            f"rho is {rho}; {visits} visits can have a common correlation above {-1 / max(1, visits - 1)}."
        )
    return tuple(tuple(1.0 if i == j else float(rho) for j in range(visits)) for i in range(visits))


def mmrm_power(
    difference: float,
    sd: float,
    *,
    n: float,
    correlation: Sequence[Sequence[float]],
    retention: Sequence[float],
    n_ref: float | None = None,
    sd_ref: float | None = None,
    correlation_ref: Sequence[Sequence[float]] | None = None,
    retention_ref: Sequence[float] | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
) -> Power:
    """Power of the comparison of two arms at the last visit, by a mixed model for repeated measures.

    Parameters
    ----------
    difference : float
        True difference at the last visit, arm of interest minus reference, in the unit of the outcome.
    sd, sd_ref : float
        Standard deviation at the last visit, above 0; the same in both arms if one is given.
    n, n_ref : float
        Units randomised to each arm; the reference has as many as the arm if not given.
    correlation, retention
        As in `variance_factor`, for the arm of interest, and for the reference if not given for it.
    correlation_ref, retention_ref
        The same for the reference.
    alpha, alternative
        As in `means.two_sample_power`.

    Returns
    -------
    Power
        By the normal distribution.

    Raises
    ------
    InvalidInput
        As in `variance_factor`, or if another number lies outside its range.

    Notes
    -----
    Lu, Luo, Chen 2008. R's longpower takes the mean of two standard deviations; here each arm has its own.
    """
    check_test(alpha, alternative)
    check_finite("difference", difference)
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)
    arm, ref = _variances(sd, sd_ref, correlation, correlation_ref, retention, retention_ref)
    se = sqrt(arm / n + ref / n_ref)
    return Power(normal_power(difference, se, se, alpha=alpha, alternative=alternative))


def mmrm_size(
    difference: float,
    sd: float,
    *,
    correlation: Sequence[Sequence[float]],
    retention: Sequence[float],
    power: float = 0.8,
    ratio: float = 1.0,
    sd_ref: float | None = None,
    correlation_ref: Sequence[Sequence[float]] | None = None,
    retention_ref: Sequence[float] | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "z",
) -> Size:
    """Units to randomise for a given power; parameters, errors and source as in `mmrm_power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    ratio : float
        Units in the reference for each unit in the arm, above 0. The paper's lambda is 1 over it.
    method : str
        "z", or "t": the same formula with t quantiles on two degrees of freedom less than the size by "z" (the paper's
        correction for small trials).

    Returns
    -------
    Size
        `power` is that of the normal distribution; `reason` is "unreachable" if the difference lies on the wrong side.
    """
    check_test(alpha, alternative)
    check_target(power, alpha)
    check_finite("difference", difference)
    check_positive("ratio", ratio)
    check_choice("method", method, ("z", "t"))
    arm, ref = _variances(sd, sd_ref, correlation, correlation_ref, retention, retention_ref)
    if not towards(difference, alternative):
        return Size(None, None, None, None, "unreachable")
    unit = (arm + ref / ratio) / difference**2
    found = unit * (quantile(alpha, alternative) + float(ndtri(power))) ** 2
    if method == "t":
        df = max(1.0, found * (1 + ratio) - 2)
        tail = alpha / 2 if alternative == "two-sided" else alpha
        found = unit * (float(stdtrit(df, 1 - tail)) + float(stdtrit(df, power))) ** 2
    n, n_ref = whole(found, ratio)
    se = sqrt(arm / n + ref / n_ref)
    return Size(n, n_ref, found, normal_power(difference, se, se, alpha=alpha, alternative=alternative))


def mmrm_detectable(
    sd: float,
    *,
    n: float,
    correlation: Sequence[Sequence[float]],
    retention: Sequence[float],
    n_ref: float | None = None,
    power: float = 0.8,
    sd_ref: float | None = None,
    correlation_ref: Sequence[Sequence[float]] | None = None,
    retention_ref: Sequence[float] | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
) -> Detectable:
    """The difference at the last visit found with a given power, on the side of the alternative; as `mmrm_power`."""
    check_test(alpha, alternative)
    check_target(power, alpha)
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)
    arm, ref = _variances(sd, sd_ref, correlation, correlation_ref, retention, retention_ref)
    found = (quantile(alpha, alternative) + float(ndtri(power))) * sqrt(arm / n + ref / n_ref)
    found = -found if alternative == "less" else found
    return Detectable(found, found)


def design_effect(cluster_size: float, icc: float, *, cv: float = 0.0) -> float:
    """How many times as many units a trial needs if they come in clusters.

    Parameters
    ----------
    cluster_size : float
        Mean units in a cluster, 1 or more.
    icc : float
        Intraclass correlation, at most 1 and not so negative that the result is not positive.
    cv : float
        Coefficient of variation of the cluster sizes.

    Returns
    -------
    float
        1 + ((1 + cv^2) cluster_size - 1) icc.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.

    Notes
    -----
    Kish L. Survey Sampling, 1965; Eldridge SM, Ashby D, Kerry S. Int J Epidemiol 2006;35:1292-1300 (unequal sizes).
    """
    if not (np.isfinite(cluster_size) and cluster_size >= 1):
        raise InvalidInput(f"cluster_size is {cluster_size}; a cluster has 1 unit or more.")
    check_positive("cv", cv, zero=True)
    found = 1 + ((1 + cv * cv) * cluster_size - 1) * icc
    if not (icc <= 1 and found > 0):
        raise InvalidInput(f"icc is {icc} for clusters of {cluster_size}; it lies between -1/(size - 1) and 1.")
    return float(found)


def effective_size(n: float, cluster_size: float, icc: float, *, cv: float = 0.0) -> float:
    """Independent units that are worth n clustered ones; parameters and errors as in `design_effect`."""
    check_positive("n", n)
    return n / design_effect(cluster_size, icc, cv=cv)


def clusters(n: float, cluster_size: float, icc: float, *, cv: float = 0.0) -> int:
    """Clusters in an arm for a trial that would need n independent units in it; as `design_effect`, rounded up."""
    check_positive("n", n)
    return max(1, ceil(n * design_effect(cluster_size, icc, cv=cv) / cluster_size - 1e-9))


def with_dropout(n: float, dropout: float) -> int:
    """Units to randomise so that n remain when this proportion, 0 or more and below 1, is lost; rounded up.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.
    """
    check_positive("n", n)
    if dropout != 0:
        check_proportion("dropout", dropout)
    return ceil(n / (1 - dropout) - 1e-9)


def _variances(sd, sd_ref, correlation, correlation_ref, retention, retention_ref) -> tuple[float, float]:
    """Variance of the last visit's mean in each arm, times its units."""
    check_positive("sd", sd)
    sd_ref = sd if sd_ref is None else sd_ref
    check_positive("sd_ref", sd_ref)
    retention_ref = retention if retention_ref is None else retention_ref
    correlation_ref = correlation if correlation_ref is None else correlation_ref
    arm = variance_factor(correlation, retention) * sd**2
    return arm, variance_factor(correlation_ref, retention_ref) * sd_ref**2
