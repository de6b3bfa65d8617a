"""Difference of two proportions: intervals in closed form."""

from math import sqrt

from scipy.special import betainccinv, betaincinv

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import z_of
from helpers.stats.proportions._common import check_two
from helpers.stats.proportions._results import CentredInterval
from helpers.stats.proportions.single import jeffreys, wilson


def newcombe_difference(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    continuity: bool = False,
    design_effect: float = 1.0,
    design_effect_ref: float = 1.0,
) -> Interval:
    """Difference of two independent proportions with Newcombe's hybrid score interval.

    Method 10 of the paper, or method 11 with the continuity correction. Parameters and errors otherwise as in
    `risk_difference`.

    Parameters
    ----------
    design_effect, design_effect_ref : float
        Variance inflation of clustered units by arm, as in `wilson`.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:873-890.
    """
    check_two(events, n, events_ref, n_ref)
    arm = wilson(events, n, level=level, continuity=continuity, design_effect=design_effect)
    ref = wilson(events_ref, n_ref, level=level, continuity=continuity, design_effect=design_effect_ref)
    return _square_and_add(arm, ref)


def mover_difference(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    about: str = "proportions",
) -> CentredInterval:
    """Difference with Newcombe's construction from Jeffreys limits; parameters and errors as in `risk_difference`.

    Parameters
    ----------
    about : str
        What the limits are measured from: the observed "proportions", or the "medians" of the two posteriors.

    Returns
    -------
    CentredInterval
        `estimate` is the observed difference, `centre` the difference the limits are measured from.

    Notes
    -----
    Donner A, Zou GY. Stat Methods Med Res 2012;21:347-359; about medians: Laud PJ. Pharm Stat 2017;16:334-348
    (MOVER-J), where no limit is set to 0 or 1; about the proportions, `jeffreys` sets them.
    """
    check_two(events, n, events_ref, n_ref)
    check_choice("about", about, ("proportions", "medians"))
    parts = jeffreys if about == "proportions" else posterior_parts
    arm, ref = parts(events, n, level=level), parts(events_ref, n_ref, level=level)
    found = _square_and_add(arm, ref)
    return CentredInterval(events / n - events_ref / n_ref, found.lower, found.upper, centre=found.estimate)


def posterior_parts(events: int, n: int, *, level: float) -> Interval:
    """Median and equal-tailed limits of Jeffreys' posterior of a proportion, with no rule at the ends of the scale."""
    check_level(level)
    a, b, tail = events + 0.5, n - events + 0.5, (1 - level) / 2
    return Interval(
        *(float(value) for value in (betaincinv(a, b, 0.5), betaincinv(a, b, tail), betainccinv(a, b, tail)))
    )


def wald_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, continuity: bool = False
) -> CentredInterval:
    """Difference plus or minus a multiple of its standard error; parameters and errors as in `risk_difference`.

    Kept for comparison with older reports: two arms of all or none have width 0. Cut at -1 and 1.

    Parameters
    ----------
    continuity : bool
        Add (1/n + 1/n_ref)/2 on both sides.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:873-890, methods 1 and 2.
    """
    check_two(events, n, events_ref, n_ref)
    p, p_ref = events / n, events_ref / n_ref
    se = sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
    return _about(p - p_ref, p - p_ref, se, z_of(level), (1 / n + 1 / n_ref) / 2 if continuity else 0.0)


def agresti_caffo_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95
) -> CentredInterval:
    """Wald's interval with one pseudo-event and one pseudo-non-event in each arm; parameters as in `risk_difference`.

    `centre` and `se` are those of the data with the pseudo-units. Cut at -1 and 1, which statsmodels 0.15.0 does not
    do.

    Notes
    -----
    Agresti A, Caffo B. Am Stat 2000;54:280-288.
    """
    check_two(events, n, events_ref, n_ref)
    found = wald_difference(events + 1, n + 2, events_ref + 1, n_ref + 2, level=level)
    return _about(events / n - events_ref / n_ref, found.centre, found.se, z_of(level))


def hauck_anderson_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95
) -> CentredInterval:
    """Wald's interval with n - 1 below the line and 1/(2 min(n, n_ref)) added; parameters as in `risk_difference`.

    "too-few", without limits, where an arm has one unit.

    Notes
    -----
    Hauck WW, Anderson S. Am Stat 1986;40:318-322.
    """
    check_two(events, n, events_ref, n_ref)
    z = z_of(level)
    p, p_ref = events / n, events_ref / n_ref
    if min(n, n_ref) == 1:
        return CentredInterval(p - p_ref, None, None, "too-few")
    se = sqrt(p * (1 - p) / (n - 1) + p_ref * (1 - p_ref) / (n_ref - 1))
    return _about(p - p_ref, p - p_ref, se, z, 1 / (2 * min(n, n_ref)))


def haldane_difference(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> CentredInterval:
    """Beal's interval about the mean of the two observed proportions; parameters and errors as in `risk_difference`.

    Two arms of none, or of all, have hardly any width, and of equal size none.

    Notes
    -----
    Beal SL. Biometrics 1987;43:941-950; Newcombe RG. Stat Med 1998;17:873-890, method 3.
    """
    check_two(events, n, events_ref, n_ref)
    return _beal(events, n, events_ref, n_ref, level, (events / n + events_ref / n_ref) / 2)


def jeffreys_perks_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95
) -> CentredInterval:
    """Beal's interval about a mean with half a pseudo-event and non-event an arm; otherwise as `haldane_difference`.

    Notes
    -----
    Beal SL. Biometrics 1987;43:941-950; Newcombe RG. Stat Med 1998;17:873-890, method 4.
    """
    check_two(events, n, events_ref, n_ref)
    mean = ((events + 0.5) / (n + 1) + (events_ref + 0.5) / (n_ref + 1)) / 2
    return _beal(events, n, events_ref, n_ref, level, mean)


def brown_li_difference(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> CentredInterval:
    """Wald's interval with half a pseudo-event and non-event an arm; parameters and errors as in `risk_difference`.

    Notes
    -----
    Brown L, Li X. J Stat Plan Inference 2005;130:359-375, the Jeffreys interval.
    """
    check_two(events, n, events_ref, n_ref)
    p, p_ref = (events + 0.5) / (n + 1), (events_ref + 0.5) / (n_ref + 1)
    se = sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
    return _about(events / n - events_ref / n_ref, p - p_ref, se, z_of(level))


def _beal(events: int, n: int, events_ref: int, n_ref: int, level: float, mean: float) -> CentredInterval:
    z = z_of(level)
    observed = events / n - events_ref / n_ref
    u, v = (1 / n + 1 / n_ref) / 4, (1 / n - 1 / n_ref) / 4
    shrink = 1 + z * z * u
    centre = (observed + z * z * v * (1 - 2 * mean)) / shrink
    inside = u * (4 * mean * (1 - mean) - observed**2) + 2 * v * (1 - 2 * mean) * observed
    inside += z * z * (4 * u * u * mean * (1 - mean) + v * v * (1 - 2 * mean) ** 2)
    return _about(observed, centre, sqrt(max(0.0, inside)) / shrink, z)


def _about(estimate: float, centre: float, se: float, z: float, added: float = 0.0) -> CentredInterval:
    half = z * se + added
    return CentredInterval(estimate, max(-1.0, centre - half), min(1.0, centre + half), centre=centre, se=se)


def _square_and_add(arm: Interval, ref: Interval) -> Interval:
    """Limits of a difference from the estimates and limits of its two parts."""
    difference = arm.estimate - ref.estimate
    lower = difference - sqrt((arm.estimate - arm.lower) ** 2 + (ref.upper - ref.estimate) ** 2)
    upper = difference + sqrt((arm.upper - arm.estimate) ** 2 + (ref.estimate - ref.lower) ** 2)
    return Interval(difference, max(-1.0, lower), min(1.0, upper))
