"""Standard errors and intervals from repeats of an analysis: leave-one-out, bootstrap, and bootstrapped imputation."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats.missing._inference import Inference, vector


@dataclass(frozen=True)
class Resampled:
    """An estimate with standard error, degrees of freedom (infinite: normal), interval and p-value from `repeats`."""

    repeats: int
    estimate: float | None
    se: float | None = None
    df: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def jackknife(
    estimate: float,
    left_out: Sequence[float],
    *,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Resampled:
    """Normal interval with the jackknife's standard error.

    Parameters
    ----------
    estimate : float
        From all units.
    left_out : sequence of float
        Estimates with each unit left out in turn.
    null, level, alternative
        As in `pooling.rubin`.

    Returns
    -------
    Resampled
        Only the estimate with fewer than two repeats ("too-few"), equal ones ("no-variance") or a missing one
        ("undefined").

    Notes
    -----
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman and Hall 1993, chapter 11: variance
    (n-1)/n times the sum of squares about the mean of the repeats.
    """
    values = vector("left_out", left_out)
    n = values.size
    return _normal(estimate, values, (n - 1) / sqrt(n), Inference(level=level, null=null, alternative=alternative))


def bootstrap(
    estimate: float,
    repeats: Sequence[float],
    *,
    interval: str = "percentile",
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Resampled:
    """Interval and p-value from bootstrap repeats.

    Parameters
    ----------
    estimate : float
        From the original units.
    repeats : sequence of float
        Estimates from resampled units.
    interval : {"percentile", "normal"}
        Quantiles of the repeats, or the estimate with their standard deviation as standard error.
    null, level, alternative
        As in `pooling.rubin`.

    Returns
    -------
    Resampled
        Reasons as in `jackknife`; a percentile interval needs no variance. `se` is the repeats' standard deviation.

    Notes
    -----
    Efron and Tibshirani 1993, chapters 6 and 13. Quantiles of type 6 (Hyndman, Fan 1996), the p-value being the level
    at which that interval reaches the null, so never below 2/(repeats+1) if repeats lie on both sides of it and 0 if
    they lie on one; R rbmi does the same.
    """
    check_choice("interval", interval, ("percentile", "normal"))
    infer = Inference(level=level, null=null, alternative=alternative)
    values = vector("repeats", repeats)
    if interval == "normal" or not np.all(np.isfinite(values)) or values.size < 2:
        return _normal(estimate, values, 1.0, infer)
    tail = (1 - level) / 2 if alternative == "two-sided" else 1 - level
    low, high = np.quantile(values, [tail, 1 - tail], method="weibull")
    below, above = _tails(values, null)
    p_value = {"two-sided": min(1.0, 2 * min(below, above)), "greater": below, "less": above}[alternative]
    lower = -inf if alternative == "less" else float(low)
    upper = inf if alternative == "greater" else float(high)
    return Resampled(values.size, float(estimate), float(values.std(ddof=1)), None, lower, upper, float(p_value))


def bootstrapped_imputation(
    estimates, *, null: float = 0.0, level: float = 0.95, alternative: str = "two-sided"
) -> Resampled:
    """Pool estimates from several imputations of each of several bootstrap samples.

    Parameters
    ----------
    estimates : array (B, D)
        D imputations of each of B bootstrap samples, both at least 2.
    null, level, alternative
        As in `pooling.rubin`.

    Returns
    -------
    Resampled
        With t limits on at least 3 degrees of freedom. "undefined" where the estimated variance is not positive, which
        happens with few samples, or an estimate is missing.

    Raises
    ------
    InvalidInput
        If there are fewer than two samples or imputations.

    Notes
    -----
    von Hippel PT, Bartlett JW. Stat Sci 2021;36:400-420.
    """
    values = np.asarray(estimates, dtype=float)
    if values.ndim != 2 or min(values.shape) < 2:
        raise InvalidInput(f"estimates of shape {values.shape}; needed are two samples of two imputations at least.")
    infer = Inference(level=level, null=null, alternative=alternative)
    b, d = values.shape
    if not np.all(np.isfinite(values)):
        return Resampled(b * d, None, reason="undefined")
    centre = float(values.mean())
    inside = float(((values - values.mean(axis=1, keepdims=True)) ** 2).sum()) / (b * (d - 1))
    across = d * float(((values.mean(axis=1) - centre) ** 2).sum()) / (b - 1)
    variance = (1 + 1 / b) * (across - inside) / d + inside / (b * d)
    if variance <= 0:
        return Resampled(b * d, centre, reason="undefined" if across or inside else "no-variance")
    spread = ((b + 1) / (b * d)) ** 2 * across**2 / (b - 1) + inside**2 / (b * d * d * (d - 1))
    df, se = max(3.0, variance**2 / spread), sqrt(variance)
    return Resampled(b * d, centre, se, df, *infer.limits(centre, se, df), infer.p_value(centre, se, df))


def _normal(estimate: float, values: np.ndarray, factor: float, infer: Inference) -> Resampled:
    n, estimate = values.size, float(estimate)
    if n < 2:
        return Resampled(n, estimate, reason="too-few")
    if not np.all(np.isfinite(values)):
        return Resampled(n, estimate, reason="undefined")
    if np.ptp(values) == 0:
        return Resampled(n, estimate, reason="no-variance")
    se = factor * float(values.std(ddof=1))
    return Resampled(n, estimate, se, inf, *infer.limits(estimate, se, inf), infer.p_value(estimate, se, inf))


def _tails(values: np.ndarray, null: float) -> tuple[float, float]:
    """Share of the type 6 quantile function below the null, and above it."""
    ordered, n = np.sort(values) - null, values.size
    if ordered[0] == ordered[-1] == 0:
        return 1.0, 1.0
    if ordered[0] > 0:
        return 0.0, 1.0
    if ordered[-1] < 0:
        return 1.0, 0.0
    ranks = np.arange(1, n + 1) / (n + 1)
    zeros = ordered == 0
    if zeros.any():
        return float(ranks[zeros][0]), float(1 - ranks[zeros][-1])
    last = int(np.searchsorted(ordered, 0.0)) - 1
    step = -ordered[last] / (ordered[last + 1] - ordered[last])
    share = float(ranks[last] + step / (n + 1))
    return share, 1 - share
