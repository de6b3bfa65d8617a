"""Cumulative incidence of one cause where other causes compete (Aalen-Johansen), with three variances."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats.survival._data import check_times
from helpers.stats.survival._transform import TRANSFORMS, step, transformed_limits
from helpers.stats.survival.kaplan_meier import PointEstimate
from helpers.stats.survival.pointwise import PointContrast, contrast

VARIANCES = ("aalen", "gray", "delta")


@dataclass(frozen=True, eq=False)
class IncidenceCurve:
    """Cumulative incidence of one cause in `n` units at each distinct time, of any event or censoring.

    `events` counts that cause, `competing` the other causes, `at_risk` the units just before the time; `survival` is
    the probability of no event of any cause; `incidence` is the value from the time on.
    """

    n: int
    cause: int
    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    competing: np.ndarray
    censored: np.ndarray
    survival: np.ndarray
    incidence: np.ndarray

    @property
    def last(self) -> float:
        """The longest follow-up; 0 without units."""
        return float(self.time[-1]) if self.n else 0.0

    def variance(self, time: float, *, kind: str = "aalen") -> float:
        """Variance of the incidence at a time; kinds as in `incidence_at`."""
        check_choice("variance", kind, VARIANCES)
        past = self.time <= time
        if not past.any():
            return 0.0
        n, d1, d2 = (a[past].astype(float) for a in (self.at_risk, self.events, self.competing))
        before = np.concatenate(([1.0], self.survival[past][:-1]))  # no event until just before the time
        gap = self.incidence[past][-1] - self.incidence[past]  # incidence still to come
        return _VARIANCES[kind](n, d1, d2, before, gap)


def cumulative_incidence(time: Sequence[float], event: Sequence[int], *, cause: int = 1) -> IncidenceCurve:
    """Cumulative incidence of one cause in one group.

    Parameters
    ----------
    time : sequence of float
        Time of each unit to its first event or to its censoring, 0 or longer.
    event : sequence of int
        0 for censored, else the number of the cause.
    cause : int
        The cause of interest; all others compete.

    Returns
    -------
    IncidenceCurve
        With one entry for each distinct time. No units and no events are allowed.

    Raises
    ------
    InvalidInput
        If the lengths differ, a time is negative or missing, a code is no whole number from 0 up, or the cause is not
        positive.

    Notes
    -----
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.
    """
    times, causes = check_times(time, event, codes=True)
    if int(cause) != cause or cause < 1:
        raise InvalidInput(f"cause is {cause}; it must be the whole number of a cause, 1 or more.")
    distinct, place = np.unique(times, return_inverse=True)
    size = len(distinct)
    own = np.bincount(place, weights=causes == cause, minlength=size).astype(int)
    other = np.bincount(place, weights=(causes > 0) & (causes != cause), minlength=size).astype(int)
    leaving = np.bincount(place, minlength=size)
    risk = len(times) - np.concatenate(([0], np.cumsum(leaving)))[:size]
    survival = np.cumprod(1 - (own + other) / risk) if size else np.zeros(0)
    before = np.concatenate(([1.0], survival))[:size]
    incidence = np.cumsum(before * own / risk) if size else np.zeros(0)
    censored = leaving - own - other
    return IncidenceCurve(len(times), int(cause), distinct, risk, own, other, censored, survival, incidence)


def incidence_at(
    curve: IncidenceCurve,
    time: float,
    *,
    level: float = 0.95,
    variance: str = "aalen",
    transform: str = "log-log",
    extend: bool = False,
) -> PointEstimate:
    """Cumulative incidence at a time.

    Parameters
    ----------
    curve : IncidenceCurve
        From `cumulative_incidence`.
    time : float
        The time, in the unit of the curve.
    level : float
        Confidence level, 0 < level < 1.
    variance : str
        "aalen", of the counting process, as SAS ERROR=AALEN; "gray", the same but for the handling of different
        causes at one time, as R's cmprsk; "delta", Greenwood's type (Marubini and Valsecchi), as SAS ERROR=DELTA and
        equal to the infinitesimal jackknife of R's survival.
    transform : str
        Scale of the limits: "log-log" of the incidence itself (SAS, tidycmprsk), "complementary-log-log" of 1 minus
        it, "plain", "log" (R's survival), "logit" or "arcsine".
    extend : bool
        Carry the last value on beyond the longest follow-up; else there is no estimate there, unless every unit has
        had an event.

    Returns
    -------
    PointEstimate
        Reasons: "too-few" without units, "beyond-follow-up", "no-events" before the first event, and "no-variance"
        at an incidence of 1.

    Raises
    ------
    InvalidInput
        If the time is negative or an option is unknown.

    Notes
    -----
    Aalen OO. Ann Stat 1978;6:534-545. Gray RJ. Ann Stat 1988;16:1141-1154. Marubini E, Valsecchi MG. Analysing
    Survival Data from Clinical Trials and Observational Studies. Wiley 1995, p. 341. SAS/STAT User's Guide, LIFETEST,
    Analysis of Competing-Risks Data.
    """
    z = z_of(level)
    check_choice("variance", variance, VARIANCES)
    check_choice("transform", transform, TRANSFORMS)
    if not (isfinite(time) and time >= 0):
        raise InvalidInput(f"time is {time}; it must be a number from 0 up.")
    if not curve.n:
        return PointEstimate(None, None, None, "too-few", time)
    left = int(curve.n - (curve.events + curve.competing + curve.censored)[curve.time < time].sum())
    counts = {"at_risk": left, "events": int(curve.events[curve.time <= time].sum())}
    if time > curve.last and not extend and curve.survival[-1] > 0:
        return PointEstimate(None, None, None, "beyond-follow-up", time, **counts)
    value = step(curve.time, curve.incidence, time, 0.0)
    value = 1.0 if value > 1 - 1e-12 else value  # a sum of many parts
    se = sqrt(max(0.0, curve.variance(time, kind=variance)))
    if not 0 < value < 1 or not se:
        return PointEstimate(value, None, None, "no-variance" if value else "no-events", time, **counts)
    return PointEstimate(value, *transformed_limits(value, se, z, transform), "", time, se, **counts)


def incidence_difference_at(
    curve: IncidenceCurve,
    reference: IncidenceCurve,
    time: float,
    *,
    level: float = 0.95,
    variance: str = "aalen",
    interval: str = "normal",
    transform: str = "log-log",
    test: str = "plain",
    difference: float = 0.0,
    alternative: str = "two-sided",
    extend: bool = False,
) -> PointContrast:
    """Difference of two cumulative incidences at a time, curve of interest minus reference.

    Parameters
    ----------
    curve, reference : IncidenceCurve
        From `cumulative_incidence`, of the same cause.
    variance, transform, extend
        As in `incidence_at`.
    interval, test, difference, alternative
        As in `survival_difference_at`.

    Returns
    -------
    PointContrast
        Reasons as in `incidence_at`.
    """
    z = z_of(level)
    check_choice("interval", interval, ("normal", "mover"))
    check_choice("test", test, TRANSFORMS)
    check_choice("alternative", alternative, ALTERNATIVES)
    options = {"level": level, "variance": variance, "transform": transform, "extend": extend}
    points = [incidence_at(c, time, **options) for c in (curve, reference)]
    return contrast(points, z=z, interval=interval, test=test, difference=difference, alternative=alternative)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _aalen(n, d1, d2, before, gap) -> float:
    d = d1 + d2
    spread = np.where(n > 1, _ratio((n - d1) * d1, n - 1), d1)  # a last unit alone counts whole
    parts = gap**2 * _ratio(d, (n - 1) * (n - d)) + before**2 * spread / n**2
    return float((parts - 2 * gap * before * _ratio(spread, n * (n - d))).sum())


def _gray(n, d1, d2, before, gap) -> float:
    after = before * (n - d1 - d2) / n
    left = _ratio(gap, after)

    def spread(d):
        return before**2 / n**2 * np.where(d > 1, _ratio((n - d) * d, n - 1), d)

    return float(((1 - left) ** 2 * spread(d1) + left**2 * spread(d2)).sum())


def _delta(n, d1, d2, before, gap) -> float:
    d = d1 + d2
    parts = gap**2 * _ratio(d, n * (n - d)) + before**2 * d1 * (n - d1) / n**3
    return float((parts - 2 * gap * before * d1 / n**2).sum())


_VARIANCES = {"aalen": _aalen, "gray": _gray, "delta": _delta}
