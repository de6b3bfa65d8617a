"""Kaplan-Meier curve with Greenwood's variance, its value at a time, and its quantiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import z_of
from helpers.stats.survival._data import check_times
from helpers.stats.survival._transform import TRANSFORMS, step, transformed_limits


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Kaplan-Meier curve of `n` units at each distinct time, of events or censoring.

    `at_risk` counts the units just before the time; `survival` is the value from the time on; `greenwood` is the sum
    of d / (n (n - d)) up to it, infinite once nobody is left. Units censored at a time are at risk at it.
    """

    n: int
    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    survival: np.ndarray
    greenwood: np.ndarray

    @property
    def last(self) -> float:
        """The longest follow-up; 0 without units."""
        return float(self.time[-1]) if self.n else 0.0

    @property
    def se(self) -> np.ndarray:
        """Greenwood's standard error of `survival`; 0 where the curve has reached 0."""
        with np.errstate(invalid="ignore"):
            return np.where(self.survival > 0, self.survival * np.sqrt(self.greenwood), 0.0)


@dataclass(frozen=True)
class PointEstimate(Interval):
    """A probability at `time` with its standard error, the units still at risk and the events until then."""

    time: float = 0.0
    se: float | None = None
    at_risk: int = 0
    events: int = 0


def kaplan_meier(time: Sequence[float], event: Sequence[int]) -> SurvivalCurve:
    """Kaplan-Meier curve of one group.

    Parameters
    ----------
    time : sequence of float
        Time of each unit to its event or to its censoring, 0 or longer, in any unit. No units at all are allowed.
    event : sequence
        1 or True for an event, 0 or False for censored.

    Returns
    -------
    SurvivalCurve
        With one entry for each distinct time.

    Raises
    ------
    InvalidInput
        If the lengths differ, a time is negative or missing, or an event is neither 0 nor 1.

    Notes
    -----
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. Greenwood M. Rep Public Health Med Subj 1926;33:1-26.
    """
    times, events = check_times(time, event)
    distinct, place = np.unique(times, return_inverse=True)
    deaths = np.bincount(place, weights=events, minlength=len(distinct)).astype(int)
    leaving = np.bincount(place, minlength=len(distinct))
    risk = len(times) - np.concatenate(([0], np.cumsum(leaving)[:-1])) if len(distinct) else np.zeros(0, dtype=int)
    survival = np.cumprod(1 - deaths / risk) if len(distinct) else np.zeros(0)
    with np.errstate(divide="ignore"):
        terms = (
            np.where(deaths > 0, deaths / (risk * (risk - deaths).astype(float)), 0.0) if len(distinct) else survival
        )
    return SurvivalCurve(len(times), distinct, risk, deaths, leaving - deaths, survival, np.cumsum(terms))


def at_risk(curve: SurvivalCurve, times: Sequence[float]) -> list[int]:
    """Units with a follow-up at least as long as each of the times."""
    gone = np.concatenate(([0], np.cumsum(curve.events + curve.censored)))
    return [int(curve.n - gone[np.searchsorted(curve.time, at, side="left")]) for at in np.atleast_1d(times)]


def survival_at(
    curve: SurvivalCurve,
    time: float,
    *,
    level: float = 0.95,
    transform: str = "log-log",
    extend: bool = False,
    zero: str = "missing",
) -> PointEstimate:
    """Survival probability at a time.

    Parameters
    ----------
    curve : SurvivalCurve
        From `kaplan_meier`.
    time : float
        The time, in the unit of the curve.
    level : float
        Confidence level, 0 < level < 1.
    transform : str
        Scale of the limits: "log-log" (as SAS by default), "plain", "log" (as R by default), "logit", "arcsine" or
        "complementary-log-log".
    extend : bool
        Carry the last value on beyond the longest follow-up; else there is no estimate there, unless the curve has
        reached 0.
    zero : str
        At a survival of 1 or 0 Greenwood's variance is 0 or undefined. "missing" gives no limits; "formula" gives the
        limits (1, 1) at a survival of 1, as R prints.

    Returns
    -------
    PointEstimate
        `at_risk` counts the units with a follow-up of at least `time`, `events` those up to and at it. Reasons:
        "too-few" without units, "beyond-follow-up", "no-events" before the first event, "no-variance" at a survival
        of 0.

    Raises
    ------
    InvalidInput
        If the time is negative or an option is unknown.

    Notes
    -----
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. Wiley 1980, p. 15 (log-log). Borgan O,
    Liestol K. Scand J Stat 1990;17:35-41 (arcsine).
    """
    z = z_of(level)
    check_choice("transform", transform, TRANSFORMS)
    check_choice("zero", zero, ("missing", "formula"))
    if not (isfinite(time) and time >= 0):
        raise InvalidInput(f"time is {time}; it must be a number from 0 up.")
    if not curve.n:
        return PointEstimate(None, None, None, "too-few", time)
    counts = {"at_risk": at_risk(curve, [time])[0], "events": int(curve.events[curve.time <= time].sum())}
    if time > curve.last and not extend and curve.survival[-1] > 0:
        return PointEstimate(None, None, None, "beyond-follow-up", time, **counts)
    value = step(curve.time, curve.survival, time, 1.0)
    if value == 1 and zero == "formula":
        return PointEstimate(1.0, 1.0, 1.0, "", time, 0.0, **counts)
    if value in (0, 1):
        return PointEstimate(value, None, None, "no-events" if value else "no-variance", time, **counts)
    se = value * sqrt(step(curve.time, curve.greenwood, time, 0.0))
    return PointEstimate(value, *transformed_limits(value, se, z, transform), "", time, se, **counts)


def confidence_limits(
    curve: SurvivalCurve, *, level: float = 0.95, transform: str = "log-log"
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper pointwise limits at every time of the curve; NaN where the survival is 0 or 1.

    Level and transform as in `survival_at`.
    """
    z = z_of(level)
    check_choice("transform", transform, TRANSFORMS)
    lower, upper = np.full(len(curve.time), np.nan), np.full(len(curve.time), np.nan)
    for i, (value, se) in enumerate(zip(curve.survival, curve.se, strict=True)):
        if 0 < value < 1:
            lower[i], upper[i] = transformed_limits(float(value), float(se), z, transform)
    return lower, upper


def quantile(curve: SurvivalCurve, probability: float, *, level: float = 0.95, transform: str = "log-log") -> Interval:
    """Time by which a share of the units has had the event, with the limits of Brookmeyer and Crowley.

    Parameters
    ----------
    curve : SurvivalCurve
        From `kaplan_meier`.
    probability : float
        Share with the event, 0 < probability < 1; 0.5 is the median.
    level, transform
        As in `survival_at`; the limits are the times at which the pointwise limits pass 1 - probability.

    Returns
    -------
    Interval
        Where the curve runs level at 1 - probability, the middle of that stretch. Reason "not-reached" where it never
        falls so low; the lower limit is then still given in `lower` if it exists. A limit that does not exist is None.

    Raises
    ------
    InvalidInput
        If the probability lies outside (0, 1) or an option is unknown.

    Notes
    -----
    Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.
    """
    check_level(level)
    if not 0 < probability < 1:
        raise InvalidInput(f"probability is {probability}; it must lie between 0 and 1.")
    lower, upper = confidence_limits(curve, level=level, transform=transform)
    target = 1 - probability
    estimate = _passes(curve.time, curve.survival, target)
    reason = "" if estimate is not None else ("not-reached" if curve.n else "too-few")
    return Interval(estimate, _passes(curve.time, lower, target), _passes(curve.time, upper, target), reason)


def median(curve: SurvivalCurve, *, level: float = 0.95, transform: str = "log-log") -> Interval:
    """Median time to the event; as `quantile` at 0.5."""
    return quantile(curve, 0.5, level=level, transform=transform)


def _passes(times: np.ndarray, values: np.ndarray, target: float) -> float | None:
    """First time at which a falling step function is at or below a target, halved over a level stretch at it."""
    known = ~np.isnan(values)
    times, values = times[known], values[known]
    low = np.flatnonzero(values < target + 1e-9)
    if not len(low):
        return None
    first = low[0]
    below = np.flatnonzero(values < values[first] - 1e-12)
    if abs(values[first] - target) < 1e-9 and len(below):
        return float((times[first] + times[below[0]]) / 2)
    return float(times[first])
