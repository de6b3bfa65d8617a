"""The profile likelihood of a difference, ratio or odds ratio of two proportions."""

from collections.abc import Callable

from scipy.special import xlogy

from helpers.stats._wald import z_of
from helpers.stats.proportions._restricted import restricted


def log_likelihood(p: float, p_ref: float, events: int, n: int, events_ref: int, n_ref: int) -> float:
    """Log likelihood of the two proportions, up to a constant."""
    arm = xlogy(events, p) + xlogy(n - events, 1 - p)
    return float(arm + xlogy(events_ref, p_ref) + xlogy(n_ref - events_ref, 1 - p_ref))


def deviance(measure: str, value: float, events: int, n: int, events_ref: int, n_ref: int) -> float:
    """Twice the loss of log likelihood from holding the measure at `value`."""
    counts = (events, n, events_ref, n_ref)
    p, p_ref = restricted(measure, value, *counts)
    best = log_likelihood(events / n, events_ref / n_ref, *counts)
    return max(0.0, 2 * (best - log_likelihood(float(p), float(p_ref), *counts)))


def profile_margin(
    measure: str, events: int, n: int, events_ref: int, n_ref: int, *, level: float
) -> Callable[[float], float]:
    """The chi-squared quantile minus the deviance: positive where the likelihood-ratio test does not reject."""
    quantile = z_of(level) ** 2
    return lambda value: quantile - deviance(measure, value, events, n, events_ref, n_ref)
