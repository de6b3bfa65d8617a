"""Rates from the counts of single units, with variances that allow for more spread than Poisson's."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import p_value as standardised_p
from helpers.stats._wald import z_of
from helpers.stats.rates._negative_binomial import fit
from helpers.stats.rates._shared import check_per

VARIANCES = ("robust", "negative-binomial", "quasi-poisson", "poisson")


@dataclass(frozen=True)
class UnitRate(Interval):
    """A rate of `n` units with `events` events in `time`; `se_log` is the standard error of its logarithm.

    `dispersion` is k of the variance mean + k mean^2 for "negative-binomial", and the factor of the variance for
    "quasi-poisson".
    """

    n: int = 0
    events: int = 0
    time: float = 0.0
    se_log: float | None = None
    dispersion: float | None = None


@dataclass(frozen=True)
class UnitContrast(Interval):
    """A ratio or difference of two rates; `se` is that of the logarithm of a ratio, or of the difference."""

    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    dispersion: float | None = None


@dataclass(frozen=True)
class _Fit:
    """Rates of the arms, covariance matrix of their logarithms, the dispersion, and why they cannot be given."""

    rates: list[float]
    covariance: np.ndarray | None
    dispersion: float | None = None
    reason: str = ""


def rate_per_unit(
    counts: Sequence[int],
    times: Sequence[float],
    *,
    variance: str = "robust",
    small_sample: bool = True,
    t: bool = False,
    information: str = "expected",
    level: float = 0.95,
    per: float = 1.0,
) -> UnitRate:
    """Rate of one group from the counts of its units, with an interval on the log scale.

    Parameters
    ----------
    counts, times : sequence
        Events and person-time of each unit, time above 0.
    variance : str
        "robust", the sandwich over units; "negative-binomial", mean + k mean^2 by maximum likelihood;
        "quasi-poisson", Poisson times Pearson's statistic over its degrees of freedom; "poisson".
    small_sample : bool
        Of "robust": multiply the sandwich by n / (n - arms), HC1; else HC0.
    t : bool
        Student's t on n - arms degrees of freedom for the interval and test, instead of the normal distribution.
    information : str
        Of "negative-binomial": "expected" as R's glm.nb, or "observed" together with k as SAS GENMOD.
    level : float
        Confidence level, 0 < level < 1.
    per : float
        Units of time the rate is for.

    Returns
    -------
    UnitRate
        Reasons: "too-few" for fewer units than the variance needs, "no-events", "no-variance" where all units have
        the same rate and the variance is taken from their spread, "not-converged".

    Raises
    ------
    InvalidInput
        If the lengths differ, a count is no count, or a time is not positive.

    Notes
    -----
    White H. Econometrica 1982;50:1-25. Lawless JF. Can J Stat 1987;15:209-225. With one unit's repeated rows, add
    them up first: the unit of the variance is the row.
    """
    check_per(per)
    quantile = _Quantile(level, t, len(np.atleast_1d(counts)) - 1)
    y, time = _group(counts, times)
    found = _fit([(y, time)], variance, small_sample, information)
    sums = {"n": len(y), "events": int(y.sum()), "time": float(time.sum()), "dispersion": found.dispersion}
    if found.reason:
        return UnitRate(float(y.sum() / time.sum() * per) if len(y) else None, None, None, found.reason, **sums)
    estimate, se = found.rates[0] * per, sqrt(found.covariance[0, 0])
    factor = exp(quantile.value * se)
    return UnitRate(estimate, estimate / factor, estimate * factor, **sums, se_log=se)


def rate_ratio_per_unit(
    counts: Sequence[int],
    times: Sequence[float],
    counts_ref: Sequence[int],
    times_ref: Sequence[float],
    *,
    ratio: float = 1.0,
    alternative: str = "two-sided",
    variance: str = "robust",
    small_sample: bool = True,
    t: bool = False,
    information: str = "expected",
    level: float = 0.95,
) -> UnitContrast:
    """Ratio of two rates from the counts of units, arm of interest over reference; options as in `rate_per_unit`.

    Parameters
    ----------
    ratio : float
        Ratio of the null hypothesis, above 0.
    alternative : str
        "two-sided", or "greater" or "less" than the null ratio.

    Returns
    -------
    UnitContrast
        "negative-binomial" and "quasi-poisson" have one dispersion for both arms. Reason "no-events" where an arm has
        none.
    """
    if not 0 < ratio < np.inf:
        raise InvalidInput(f"ratio is {ratio}; the ratio of the null hypothesis must be a positive number.")
    df, found = _two(counts, times, counts_ref, times_ref, variance, small_sample, information)
    quantile = _Quantile(level, t, df)
    if found.reason:
        return UnitContrast(None, None, None, found.reason, dispersion=found.dispersion)
    estimate, se = found.rates[0] / found.rates[1], _se(np.array([1.0, -1.0]), found.covariance)
    factor = exp(quantile.value * se)
    z = (log(estimate) - log(ratio)) / se
    p_value = quantile.p_value(z, alternative)
    limits = (estimate, estimate / factor, estimate * factor)
    return UnitContrast(*limits, "", se, quantile.df, z, p_value, found.dispersion)


def rate_difference_per_unit(
    counts: Sequence[int],
    times: Sequence[float],
    counts_ref: Sequence[int],
    times_ref: Sequence[float],
    *,
    difference: float = 0.0,
    alternative: str = "two-sided",
    variance: str = "robust",
    small_sample: bool = True,
    t: bool = False,
    information: str = "expected",
    level: float = 0.95,
    per: float = 1.0,
) -> UnitContrast:
    """Difference of two rates from the counts of units, arm of interest minus reference.

    Options as in `rate_per_unit` and `rate_ratio_per_unit`. The variance of a rate is that of its logarithm times its
    square; `difference` is the null hypothesis's, per one unit of time.
    """
    check_per(per)
    df, found = _two(counts, times, counts_ref, times_ref, variance, small_sample, information)
    quantile = _Quantile(level, t, df)
    if found.reason:
        return UnitContrast(None, None, None, found.reason, dispersion=found.dispersion)
    estimate = found.rates[0] - found.rates[1]
    se = _se(np.array([found.rates[0], -found.rates[1]]), found.covariance)
    half = quantile.value * se
    z = (estimate - difference) / se
    limits = (estimate * per, (estimate - half) * per, (estimate + half) * per)
    return UnitContrast(*limits, "", se * per, quantile.df, z, quantile.p_value(z, alternative), found.dispersion)


class _Quantile:
    """Normal or t reference of an interval and a test."""

    def __init__(self, level: float, t: bool, df: int):
        self.df = float(df) if t and df > 0 else None
        z = z_of(level)
        self.value = float(stdtrit(self.df, (1 + level) / 2)) if self.df else z

    def p_value(self, statistic: float, alternative: str) -> float:
        check_choice("alternative", alternative, ("two-sided", "greater", "less"))
        if not self.df:
            return standardised_p(statistic, alternative)
        if alternative == "two-sided":
            return float(2 * stdtr(self.df, -abs(statistic)))
        return float(stdtr(self.df, -statistic if alternative == "greater" else statistic))


def _two(counts, times, counts_ref, times_ref, variance: str, small_sample: bool, information: str) -> tuple[int, _Fit]:
    groups = [_group(counts, times), _group(counts_ref, times_ref)]
    return sum(len(y) for y, _ in groups) - 2, _fit(groups, variance, small_sample, information)


def _se(slopes: np.ndarray, covariance: np.ndarray) -> float:
    return sqrt(float(slopes @ covariance @ slopes))


def _group(counts, times) -> tuple[np.ndarray, np.ndarray]:
    y, t = np.atleast_1d(np.asarray(counts, dtype=float)), np.atleast_1d(np.asarray(times, dtype=float))
    if y.ndim != 1 or y.shape != t.shape:
        raise InvalidInput(f"{y.size} counts and {t.size} times: one of each per unit is needed.")
    if not np.isfinite(y).all() or (y < 0).any() or (y != np.floor(y)).any():
        raise InvalidInput("counts: each must be a whole number from 0 up; one is negative, broken or missing.")
    if not np.isfinite(t).all() or (t <= 0).any():
        raise InvalidInput("times: each must be a positive number; one is 0, negative or missing.")
    return y, t


def _fit(groups: list, variance: str, small_sample: bool, information: str) -> _Fit:
    check_choice("variance", variance, VARIANCES)
    check_choice("information", information, ("expected", "observed"))
    n = sum(len(y) for y, _ in groups)
    spare = n - len(groups)
    if min(len(y) for y, _ in groups) < 1 or (variance != "poisson" and spare < 1):
        return _Fit([], None, reason="too-few")
    if any(y.sum() == 0 for y, _ in groups):
        return _Fit([], None, reason="no-events")
    rates = [float(y.sum() / t.sum()) for y, t in groups]
    if variance == "negative-binomial":
        found = fit(groups, information=information)
        if found is None:
            return _Fit([], None, reason="not-converged")
        return _Fit(found.rates, found.covariance, found.dispersion)
    if variance == "robust":
        if min(len(y) for y, _ in groups) < 2:
            return _Fit([], None, reason="too-few")
        factor = n / spare if small_sample else 1.0
        spread = [float(((y - r * t) ** 2).sum() / y.sum() ** 2) for (y, t), r in zip(groups, rates, strict=True)]
        if min(spread) <= 1e-20:
            return _Fit([], None, reason="no-variance")
        return _Fit(rates, factor * np.diag(spread))
    pearson = sum(float(((y - r * t) ** 2 / (r * t)).sum()) for (y, t), r in zip(groups, rates, strict=True))
    dispersion = pearson / spare if variance == "quasi-poisson" else 1.0
    if dispersion <= 1e-20:
        return _Fit([], None, 0.0, "no-variance")
    covariance = dispersion * np.diag([1 / float(y.sum()) for y, _ in groups])
    return _Fit(rates, covariance, dispersion if variance == "quasi-poisson" else None)
