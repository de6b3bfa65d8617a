"""Mean time to the event up to a horizon: the area under the Kaplan-Meier curve."""

from math import exp, inf, log, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.survival.kaplan_meier import PointEstimate, SurvivalCurve, at_risk
from helpers.stats.survival.pointwise import PointContrast


def restricted_mean(
    curve: SurvivalCurve, horizon: float, *, level: float = 0.95, bias_correction: bool = False, extend: bool = False
) -> PointEstimate:
    """Restricted mean time to the event.

    Parameters
    ----------
    curve : SurvivalCurve
        From `kaplan_meier`.
    horizon : float
        Time up to which the mean is taken, above 0, in the unit of the curve.
    level : float
        Confidence level, 0 < level < 1.
    bias_correction : bool
        Multiply the variance by m / (m - 1), m the events up to the horizon, as SAS does on request.
    extend : bool
        Carry the last value of the curve on to a horizon beyond the follow-up; else there is no estimate there, unless
        the curve has reached 0.

    Returns
    -------
    PointEstimate
        Mean and limits in the unit of the times. Reasons: "too-few" without units (or, with the correction, with one
        event), "beyond-follow-up", and "no-events", where the mean is the horizon itself and has no variance.

    Raises
    ------
    InvalidInput
        If the horizon is not positive.

    Notes
    -----
    Irwin JO. J Hyg 1949;47:188-189. Royston P, Parmar MKB. Stat Med 2011;30:2409-2421. Greenwood's variance.
    """
    z = z_of(level)
    if not 0 < horizon < inf:
        raise InvalidInput(f"horizon is {horizon}; it must be a positive time.")
    if not curve.n:
        return PointEstimate(None, None, None, "too-few", horizon)
    counts = {"at_risk": at_risk(curve, [horizon])[0], "events": int(curve.events[curve.time <= horizon].sum())}
    if horizon > curve.last and not extend and curve.survival[-1] > 0:
        return PointEstimate(None, None, None, "beyond-follow-up", horizon, **counts)
    inside = curve.time < horizon
    edges = np.concatenate(([0.0], curve.time[inside], [horizon]))
    areas = np.diff(edges) * np.concatenate(([1.0], curve.survival[inside]))
    mean = float(areas.sum())
    d, n = curve.events[inside], curve.at_risk[inside]
    after = np.cumsum(areas[::-1])[::-1][1:]  # area from each time on
    moving = (d > 0) & (n > d)
    variance = float((after[moving] ** 2 * d[moving] / (n[moving] * (n - d)[moving])).sum())
    if not variance:
        return PointEstimate(mean, None, None, "no-variance" if counts["events"] else "no-events", horizon, **counts)
    if bias_correction:
        if counts["events"] < 2:
            return PointEstimate(mean, None, None, "too-few", horizon, **counts)
        variance *= counts["events"] / (counts["events"] - 1)
    se = sqrt(variance)
    return PointEstimate(mean, mean - z * se, mean + z * se, "", horizon, se, **counts)


def restricted_mean_difference(
    curve: SurvivalCurve,
    reference: SurvivalCurve,
    horizon: float,
    *,
    level: float = 0.95,
    difference: float = 0.0,
    alternative: str = "two-sided",
    bias_correction: bool = False,
    extend: bool = False,
) -> PointContrast:
    """Difference of two restricted means, curve of interest minus reference; options as in `restricted_mean`.

    `difference` is that of the null hypothesis; `alternative` is "two-sided", or a "greater" or "less" mean in the
    curve of interest.
    """
    z = z_of(level)
    check_choice("alternative", alternative, ALTERNATIVES)
    options = {"level": level, "bias_correction": bias_correction, "extend": extend}
    first, second = (restricted_mean(c, horizon, **options) for c in (curve, reference))
    missing = _reason(first, second)
    if missing:
        known = first.estimate is not None and second.estimate is not None
        return PointContrast(first.estimate - second.estimate if known else None, None, None, missing)
    found, se = first.estimate - second.estimate, sqrt(first.se**2 + second.se**2)
    statistic = (found - difference) / se
    return PointContrast(
        found, found - z * se, found + z * se, "", se, statistic, standardised_p(statistic, alternative)
    )


def restricted_mean_ratio(
    curve: SurvivalCurve,
    reference: SurvivalCurve,
    horizon: float,
    *,
    level: float = 0.95,
    lost: bool = False,
    alternative: str = "two-sided",
    bias_correction: bool = False,
    extend: bool = False,
) -> PointContrast:
    """Ratio of two restricted means, limits on the log scale; options as in `restricted_mean_difference`.

    `lost` takes the mean time lost, the horizon minus the restricted mean. `se` is that of the logarithm. Reason
    "undefined" where a mean is 0.

    Notes
    -----
    Uno H, Claggett B, Tian L, et al. J Clin Oncol 2014;32:2380-2385.
    """
    z = z_of(level)
    check_choice("alternative", alternative, ALTERNATIVES)
    options = {"level": level, "bias_correction": bias_correction, "extend": extend}
    first, second = (restricted_mean(c, horizon, **options) for c in (curve, reference))
    missing = _reason(first, second)
    if missing:
        return PointContrast(None, None, None, missing)
    means = [horizon - p.estimate if lost else p.estimate for p in (first, second)]
    if min(means) <= 0:
        return PointContrast(None, None, None, "undefined")
    found = means[0] / means[1]
    se = sqrt((first.se / means[0]) ** 2 + (second.se / means[1]) ** 2)
    factor, statistic = exp(z * se), log(found) / se
    return PointContrast(
        found, found / factor, found * factor, "", se, statistic, standardised_p(statistic, alternative)
    )


def _reason(first: Interval, second: Interval) -> str:
    return next((p.reason for p in (first, second) if p.estimate is None), first.reason or second.reason)
