"""Pooled tests of several parameters: D1 from Wald, D2 from chi-squared and D3 from likelihood-ratio statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf

import numpy as np
from scipy.special import chdtrc, fdtrc

from helpers.errors import InvalidInput
from helpers.stats._types import known_reason
from helpers.stats.missing._inference import check_complete_df, vector


@dataclass(frozen=True)
class PooledTest:
    """A pooled F test: statistic, its two degrees of freedom, p-value and average relative increase in variance."""

    imputations: int
    statistic: float | None
    df: int | None = None
    df_denominator: float | None = None
    p_value: float | None = None
    riv: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class PooledVector:
    """Several estimates pooled: their means, and covariances within, between and in total."""

    imputations: int
    estimate: np.ndarray
    within: np.ndarray
    between: np.ndarray
    total: np.ndarray


def combine(estimates, covariances) -> PooledVector:
    """Pool vectors of estimates with their covariance matrices by Rubin's rules.

    Parameters
    ----------
    estimates : array (m, k)
        One row of k estimates a data set, m at least 2.
    covariances : array (m, k, k)
        Their covariance matrices.

    Raises
    ------
    InvalidInput
        If the shapes do not fit, fewer than two data sets are given, or a value is missing.

    Notes
    -----
    Rubin 1987, section 3.4. A contrast a'q has the estimate a'`estimate` and the variance a'`total`a.
    """
    values, within = np.asarray(estimates, dtype=float), np.asarray(covariances, dtype=float)
    if values.ndim != 2 or within.shape != (*values.shape, values.shape[1]) or len(values) < 2:
        raise InvalidInput(
            f"estimates of shape {values.shape} and covariances of shape {within.shape}; needed are (m, k) and "
            "(m, k, k), m at least 2."
        )
    if not (np.isfinite(values).all() and np.isfinite(within).all()):
        raise InvalidInput("an estimate or a covariance is missing.")
    m = len(values)
    mean, inside = values.mean(axis=0), within.mean(axis=0)
    deviation = values - mean
    between = deviation.T @ deviation / (m - 1)
    return PooledVector(m, mean, inside, between, inside + (1 + 1 / m) * between)


def wald(estimates, covariances, *, null: Sequence[float] | None = None, complete_df: float = inf) -> PooledTest:
    """Test that all k parameters equal `null` (D1).

    Parameters
    ----------
    estimates, covariances : array
        As in `combine`.
    null : sequence of float, optional
        Values of the null hypothesis, by default all 0.
    complete_df : float
        Degrees of freedom of the analysis had nothing been missing; infinite for a normal one.

    Returns
    -------
    PooledTest
        "singular" where the mean covariance matrix has no inverse.

    Raises
    ------
    InvalidInput
        As in `combine`, and if `null` has not k values.

    Notes
    -----
    Li KH, Raghunathan TE, Rubin DB. J Am Stat Assoc 1991;86:1065-1073. With finite `complete_df` the denominator is
    that of Reiter JP. Biometrika 2007;94:502-508, which needs k(m-1) of 4 at least; below, that of 1991 stands.
    """
    check_complete_df(complete_df)
    pooled = combine(estimates, covariances)
    m, k = pooled.imputations, pooled.estimate.size
    at = np.zeros(k) if null is None else vector("null", null)
    if at.size != k:
        raise InvalidInput(f"null has {at.size} values for {k} parameters.")
    if not _invertible(pooled.within):
        return PooledTest(m, None, k, reason="singular")
    difference = pooled.estimate - at
    riv = (1 + 1 / m) * float(np.trace(np.linalg.solve(pooled.within, pooled.between))) / k
    statistic = float(difference @ np.linalg.solve(pooled.within, difference)) / k / (1 + riv)
    return _result(m, statistic, k, _denominator(m, k, riv, complete_df), riv)


def chi_square(statistics: Sequence[float], df: int) -> PooledTest:
    """Pool chi-squared statistics on `df` degrees of freedom, one a data set (D2).

    Parameters
    ----------
    statistics : sequence of float
        Wald or likelihood-ratio statistics, each chi-squared under the null hypothesis in large samples.
    df : int
        Their degrees of freedom.

    Returns
    -------
    PooledTest
        "too-few" with one data set. The statistic may be negative, its p-value then is 1.

    Raises
    ------
    InvalidInput
        If a statistic is negative or missing, or df is not a whole number above 0.

    Notes
    -----
    Li KH, Meng XL, Raghunathan TE, Rubin DB. Stat Sin 1991;1:65-92. Coarser than D1 and D3: it knows no covariances.
    """
    values = vector("statistics", statistics)
    _check_df(df)
    if not np.all(values >= 0):
        raise InvalidInput("a chi-squared statistic is negative or missing.")
    m = values.size
    if m < 2:
        return PooledTest(m, None, df, reason="too-few")
    riv = (1 + 1 / m) * float(np.sqrt(values).var(ddof=1))
    statistic = (float(values.mean()) / df - (m + 1) / (m - 1) * riv) / (1 + riv)
    denominator = inf if riv == 0 else df ** (-3 / m) * (m - 1) * (1 + 1 / riv) ** 2
    return _result(m, statistic, df, denominator, riv)


def likelihood_ratio(own: Sequence[float], pooled: Sequence[float], df: int) -> PooledTest:
    """Pool likelihood-ratio statistics of two nested models (D3).

    Parameters
    ----------
    own : sequence of float
        In each data set, twice the difference of the log-likelihoods at its own estimates.
    pooled : sequence of float
        The same at the estimates averaged over all data sets, of the larger and of the smaller model.
    df : int
        Number of parameters by which the models differ.

    Returns
    -------
    PooledTest
        "too-few" with one data set. A negative relative increase in variance, which sampling can give, counts as 0.

    Raises
    ------
    InvalidInput
        If the sequences differ in length or hold missing values, or df is not a whole number above 0.

    Notes
    -----
    Meng XL, Rubin DB. Biometrika 1992;79:103-111.
    """
    values, at_pooled = vector("own", own), vector("pooled", pooled)
    _check_df(df)
    m = values.size
    if at_pooled.size != m or not (np.isfinite(values).all() and np.isfinite(at_pooled).all()):
        raise InvalidInput("own and pooled need one statistic each of every data set.")
    if m < 2:
        return PooledTest(m, None, df, reason="too-few")
    mean = float(at_pooled.mean())
    riv = max(0.0, (m + 1) / (df * (m - 1)) * (float(values.mean()) - mean))
    return _result(m, mean / (df * (1 + riv)), df, _denominator(m, df, riv, inf), riv)


def _check_df(df: int) -> None:
    if int(df) != df or df < 1:
        raise InvalidInput(f"df is {df}; it has to be a whole number above 0.")


def _invertible(matrix: np.ndarray) -> bool:
    size = np.sqrt(np.abs(np.diag(matrix)))
    return bool(np.all(size > 0)) and np.linalg.matrix_rank(matrix / np.outer(size, size), tol=1e-12) == len(matrix)


def _result(m: int, statistic: float, k: int, denominator: float, riv: float) -> PooledTest:
    if statistic <= 0:
        p_value = 1.0
    elif isinf(denominator):
        p_value = float(chdtrc(k, k * statistic))
    else:
        p_value = float(fdtrc(k, denominator, statistic))
    return PooledTest(m, statistic, int(k), denominator, p_value, riv)


def _denominator(m: int, k: int, riv: float, complete_df: float) -> float:
    t = k * (m - 1)
    if isinf(complete_df) or t < 4:
        if riv == 0:
            return inf
        return t * (1 + 1 / k) * (1 + 1 / riv) ** 2 / 2 if t <= 4 else 4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2
    if t == 4:
        return 4.0
    # Reiter 2007, equations 1 and 2
    a = riv * t / (t - 2)
    full = (complete_df + 1) / (complete_df + 3) * complete_df
    c0, c1, c2 = 1 / (t - 4), full - 2 * (1 + a), full - 4 * (1 + a)
    if min(c1, c2) <= 0:
        return 4.0
    z = (
        1 / c2
        + c0 * (a * a * c1 / ((1 + a) ** 2 * c2))
        + c0 * (8 * a * a * c1 / ((1 + a) * c2 * c2) + 4 * a * a / ((1 + a) * c2))
        + c0 * (4 * a * a / (c2 * c1) + 16 * a * a * c1 / c2**3)
        + c0 * (8 * a * a / c2**2)
    )
    return 4 + 1 / z
