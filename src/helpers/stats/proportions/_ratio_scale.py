"""What ratios of proportions and of odds share: the scale from 0 to infinity, and the MOVER construction."""

from collections.abc import Callable
from math import exp, inf, log, sqrt

from helpers.stats._types import Interval, check_choice
from helpers.stats.proportions._common import log_border
from helpers.stats.proportions._results import RatioInterval
from helpers.stats.proportions.difference import posterior_parts
from helpers.stats.proportions.single import jeffreys, wilson


def ratio_of(events: int, n: int, events_ref: int, n_ref: int) -> float | None:
    """The observed ratio of proportions; infinite without an event in the reference arm, None without any."""
    if events_ref:
        return events / n / (events_ref / n_ref)
    return inf if events else None


def odds_of(events: int, n: int, events_ref: int, n_ref: int) -> float | None:
    """The sample odds ratio; None where it is 0 over 0."""
    over, under = events * (n_ref - events_ref), (n - events) * events_ref
    if under:
        return over / under
    return inf if over else None


def reason_of(measure: float | None, events: int, events_ref: int) -> str:
    """Why a measure has no value, or nothing."""
    if measure is not None:
        return ""
    return "no-events" if events + events_ref == 0 else "undefined"


def about_log(estimate: float | None, centre: float, se: float, half: float, reason: str = "") -> RatioInterval:
    """The interval that reaches `half` on both sides of the logarithm of `centre`."""
    return RatioInterval(estimate, centre * exp(-half), centre * exp(half), reason, centre=centre, se=se)


def inverted(
    margin: Callable[[float], float], measure: float | None, counts: tuple[int, int, int, int]
) -> RatioInterval:
    """The values at whose logarithm `margin` is not negative; an end of the scale where the measure is there."""
    events, n, events_ref, n_ref = counts
    if measure is None:
        return RatioInterval(None, 0.0, inf, reason_of(measure, events, events_ref))
    if 0 < measure < inf:
        start = log(measure)
    else:  # from where half a unit more in every cell puts it, towards the end until inside
        start = log((events + 0.5) / (n + 1) / ((events_ref + 0.5) / (n_ref + 1)))
        while margin(start) < 0:
            start += -1 if measure == 0 else 1
    lower = 0.0 if measure == 0 else exp(log_border(margin, start, -1))
    upper = inf if measure == inf else exp(log_border(margin, start, 1))
    return RatioInterval(measure, lower, upper)


def mover_parts(
    events: int, n: int, events_ref: int, n_ref: int, level: float, limits: str
) -> tuple[Interval, Interval]:
    """Intervals of the two proportions, about the values their limits are measured from."""
    check_choice("limits", limits, ("wilson", "jeffreys", "jeffreys-medians"))
    single = {"wilson": wilson, "jeffreys": jeffreys, "jeffreys-medians": posterior_parts}[limits]
    return single(events, n, level=level), single(events_ref, n_ref, level=level)


def mover_limits(
    value: float,
    lower: float,
    upper: float,
    value_ref: float,
    lower_ref: float,
    upper_ref: float,
    *,
    covariance: tuple[float, float] = (0.0, 0.0),
) -> tuple[float, float]:
    """Limits of value over value_ref from the limits of both.

    Parameters
    ----------
    covariance : (float, float)
        Of paired values, for the lower and for the upper limit: the correlation times the two distances to the limits.
    """
    if upper_ref == inf:
        low = 0.0
    else:
        product = value * value_ref - covariance[0]
        inside = product**2 - lower * upper_ref * (2 * value - lower) * (2 * value_ref - upper_ref)
        below = product + sqrt(max(0.0, inside))
        # the root in the form that allows 2 * value_ref = upper_ref
        low = lower * (2 * value - lower) / below if below > 0 else 0.0
    if value_ref == 0 or lower_ref == 0 or upper == inf:
        high = inf
    else:
        product = value * value_ref - covariance[1]
        inside = product**2 - upper * lower_ref * (2 * value - upper) * (2 * value_ref - lower_ref)
        high = (product + sqrt(max(0.0, inside))) / (lower_ref * (2 * value_ref - lower_ref))
    middle = value / value_ref if value_ref else inf  # rounding, at a correlation of 1, may put a limit across it
    return max(0.0, min(low, middle)), max(high, middle)
