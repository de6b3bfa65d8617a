"""The E-test of two Poisson rates: all pairs of counts as extreme as the observed, at the null hypothesis's rates."""

from collections.abc import Callable

import numpy as np
from scipy.stats import poisson

from helpers.stats._hypothesis import HypothesisTest
from helpers.stats.rates._score import restricted_rates


def ratio_etest(arm: tuple, ref: tuple, ratio: float, alternative: str, *, pooled: bool) -> HypothesisTest:
    """E-test of a ratio, with the score statistic if `pooled`, else with the variance at the observed rates."""
    (x, t), (y, t_ref) = arm, ref
    odds = ratio * t / t_ref

    def statistic(x, y):
        variance = (x + y) * odds if pooled else x + y * odds * odds
        return _standard(x - y * odds, variance)

    mean_ref = (x + y) / (1 + odds)
    return _etest(statistic, arm, ref, mean_ref * odds, mean_ref, alternative)


def difference_etest(
    arm: tuple, ref: tuple, difference: float, alternative: str, *, pooled: bool, nuisance: str
) -> HypothesisTest:
    """E-test of a difference, the rates of the null hypothesis by maximum likelihood or by moments."""
    (x, t), (y, t_ref) = arm, ref

    def statistic(x, y):
        gap = x / t - y / t_ref - difference
        if not pooled:
            return _standard(gap, x / t**2 + y / t_ref**2)
        half = (x + y) / (t + t_ref) - difference
        rate = (half + np.sqrt(np.maximum(0.0, half * half + 4 * difference * y / (t + t_ref)))) / 2
        rate = np.maximum(rate, max(0.0, -difference))
        return _standard(gap, (rate + difference) / t + rate / t_ref)

    if nuisance == "mle":
        rate, rate_ref = restricted_rates(difference, x, t, y, t_ref)
    else:
        rate_ref = max(0.0, -difference, (x + y - difference * t) / (t + t_ref))
        rate = rate_ref + difference
    return _etest(statistic, arm, ref, rate * t, rate_ref * t_ref, alternative)


def _standard(gap, variance):
    with np.errstate(divide="ignore", invalid="ignore"):
        z = gap / np.sqrt(np.maximum(variance, 0.0))
    return np.where(np.isnan(z), 0.0, z)  # 0 / 0: no distance and no variance


def _etest(
    statistic: Callable, arm: tuple, ref: tuple, mean: float, mean_ref: float, alternative: str
) -> HypothesisTest:
    observed = float(statistic(np.array([float(arm[0])]), np.array([float(ref[0])]))[0])
    counts, counts_ref = _counts(mean), _counts(mean_ref)
    values = statistic(counts[:, None], counts_ref[None, :])
    slack = 1e-9 * max(1.0, abs(observed)) if np.isfinite(observed) else 0.0  # ties up to rounding
    if alternative == "two-sided":
        extreme = np.abs(values) >= abs(observed) - slack
    else:
        extreme = values >= observed - slack if alternative == "greater" else values <= observed + slack
    weights, weights_ref = poisson.pmf(counts, mean), poisson.pmf(counts_ref, mean_ref)
    p_value = float(weights @ extreme @ weights_ref)
    return HypothesisTest(observed if np.isfinite(observed) else None, min(1.0, p_value))


def _counts(mean: float) -> np.ndarray:
    """The counts that hold all but 1e-14 of a Poisson distribution."""
    if mean <= 0:
        return np.zeros(1)
    return np.arange(poisson.ppf(1e-15, mean), poisson.isf(1e-15, mean) + 2)
