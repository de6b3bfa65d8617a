"""Two Kaplan-Meier curves at one time."""

from dataclasses import dataclass
from math import sqrt

from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.survival._transform import TRANSFORMS, scale
from helpers.stats.survival.kaplan_meier import PointEstimate, SurvivalCurve, survival_at


@dataclass(frozen=True)
class PointContrast(Interval):
    """A contrast at a time with its standard error, the normal statistic of no contrast, and its p-value."""

    se: float | None = None
    statistic: float | None = None
    p_value: float | None = None


def survival_difference_at(
    curve: SurvivalCurve,
    reference: SurvivalCurve,
    time: float,
    *,
    level: float = 0.95,
    interval: str = "normal",
    transform: str = "log-log",
    test: str = "plain",
    difference: float = 0.0,
    alternative: str = "two-sided",
    extend: bool = False,
) -> PointContrast:
    """Difference of two survival probabilities at a time, curve of interest minus reference.

    Parameters
    ----------
    curve, reference : SurvivalCurve
        From `kaplan_meier`.
    time : float
        The time, in the unit of the curves.
    level : float
        Confidence level, 0 < level < 1.
    interval : str
        "normal", by Greenwood's variances; "mover", from the limits of the single curves on the scale `transform`,
        which keeps within -1 and 1 and suits small samples.
    transform : str
        Of "mover": as in `survival_at`.
    test : str
        Scale on which the two values are compared: "plain", "log", "log-log", "logit", "arcsine" or
        "complementary-log-log"; Klein and others recommend "complementary-log-log" or "arcsine" for small samples
        (their complementary log-log of the survival function is "log-log" here).
    difference : float
        Difference of the null hypothesis, on the plain scale only.
    alternative : str
        "two-sided", or "greater" or "less" survival in the curve of interest.
    extend : bool
        As in `survival_at`.

    Returns
    -------
    PointContrast
        Reasons as in `survival_at`. A curve at 1 or 0 has no variance; the difference is then given without limits.

    Notes
    -----
    Klein JP, Logan B, Harhoff M, Andersen PK. Stat Med 2007;26:4505-4519. Zou GY, Donner A. Stat Med 2008;27:1693-1702
    (MOVER).
    """
    z = z_of(level)
    check_choice("interval", interval, ("normal", "mover"))
    check_choice("test", test, TRANSFORMS)
    check_choice("alternative", alternative, ALTERNATIVES)
    points = [
        survival_at(c, time, level=level, transform=transform, extend=extend, zero="missing")
        for c in (curve, reference)
    ]
    return contrast(points, z=z, interval=interval, test=test, difference=difference, alternative=alternative)


def contrast(
    points: list[PointEstimate], *, z: float, interval: str, test: str, difference: float, alternative: str
) -> PointContrast:
    """Difference of two probabilities at a time from their estimates."""
    first, second = points
    reason = next((p.reason for p in points if p.reason), "")
    if any(p.estimate is None for p in points):
        return PointContrast(None, None, None, next(p.reason for p in points if p.estimate is None))
    found = first.estimate - second.estimate
    if reason:
        return PointContrast(found, None, None, reason)
    se = sqrt(first.se**2 + second.se**2)
    if interval == "mover":
        lower = found - sqrt((first.estimate - first.lower) ** 2 + (second.upper - second.estimate) ** 2)
        upper = found + sqrt((first.upper - first.estimate) ** 2 + (second.estimate - second.lower) ** 2)
    else:
        lower, upper = found - z * se, found + z * se
    statistic = _statistic(first, second, test, difference)
    return PointContrast(found, lower, upper, "", se, statistic, standardised_p(statistic, alternative))


def _statistic(first: PointEstimate, second: PointEstimate, test: str, difference: float) -> float:
    """Normal statistic on the chosen scale, its sign that of the difference of the probabilities."""
    (a, slope), (b, slope_ref) = scale(first.estimate, test), scale(second.estimate, test)
    se = sqrt((slope * first.se) ** 2 + (slope_ref * second.se) ** 2)
    gap = a - b - difference if test == "plain" else (a - b) * (1 if slope > 0 else -1)
    return gap / se
