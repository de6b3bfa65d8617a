"""Ratio of two proportions (relative risk): log, score, likelihood and MOVER intervals.

Without an event in the reference arm the ratio is infinite, without one in the arm of interest 0; without any event it
has no value ("no-events").
"""

from math import asinh, exp, inf, sqrt

from helpers.stats._wald import z_of
from helpers.stats.proportions._common import check_two
from helpers.stats.proportions._likelihood import profile_margin
from helpers.stats.proportions._ratio_scale import about_log, inverted, mover_limits, mover_parts, ratio_of, reason_of
from helpers.stats.proportions._results import RatioInterval
from helpers.stats.proportions._scores import score


def katz_ratio(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> RatioInterval:
    """Ratio of two independent proportions with Katz's interval, normal on the log scale.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, in the arm of interest.
    events_ref, n_ref : int
        The same in the reference arm.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    RatioInterval
        Arm of interest over reference; `se` is that of the logarithm. Without limits where an arm has no event
        ("separated") or both arms have nothing but events ("no-variance").

    Raises
    ------
    InvalidInput
        If n or n_ref is not positive, or events lies outside 0..n.

    Notes
    -----
    Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474.
    """
    check_two(events, n, events_ref, n_ref)
    z = z_of(level)
    ratio = ratio_of(events, n, events_ref, n_ref)
    if 0 in (events, events_ref):
        return RatioInterval(ratio, None, None, "no-events" if ratio is None else "separated")
    if (events, events_ref) == (n, n_ref):
        return RatioInterval(ratio, None, None, "no-variance")
    se = _log_se(events, n, events_ref, n_ref)
    return about_log(ratio, ratio, se, z * se)


def walter_ratio(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> RatioInterval:
    """Katz's interval with half a pseudo-event in each arm; parameters and errors as in `katz_ratio`.

    Defined for every table but one with nothing but events ("no-variance"). `centre` is the ratio with the
    pseudo-events.

    Notes
    -----
    Walter SD. Biometrika 1975;62:371-374; Pettigrew HM, Gart JJ, Thomas DG. Biometrika 1986;73:425-435. SAS calls it
    Wald modified.
    """
    check_two(events, n, events_ref, n_ref)
    z = z_of(level)
    ratio = ratio_of(events, n, events_ref, n_ref)
    if (events, events_ref) == (n, n_ref):
        return RatioInterval(ratio, None, None, "no-variance")
    counts = (events + 0.5, n + 0.5, events_ref + 0.5, n_ref + 0.5)
    centre = counts[0] / counts[1] / (counts[2] / counts[3])
    se = _log_se(*counts)
    return about_log(ratio, centre, se, z * se, reason_of(ratio, events, events_ref))


def score_ratio(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    bias_correction: bool = True,
    skewness: bool = False,
    continuity: bool = False,
) -> RatioInterval:
    """Ratio with the Miettinen-Nurminen score interval; parameters and errors otherwise as in `katz_ratio`.

    Parameters
    ----------
    bias_correction : bool
        Multiply the variance by N/(N-1), N = n + n_ref. False gives Koopman's interval.
    skewness : bool
        Correct the score for its skewness: Laud's SCAS interval, or Gart and Nam's without `bias_correction`.
    continuity : bool
        Move the score (1/n + ratio/n_ref)/2 towards 0.

    Returns
    -------
    RatioInterval
        The lower limit is 0 without an event in the arm of interest, the upper infinite without one in the reference.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Koopman PAR. Biometrics 1984;40:513-517. Gart JJ, Nam J.
    Biometrics 1988;44:323-338. Laud PJ. Pharm Stat 2017;16:334-348. statsmodels 0.15.0 gives a wrong limit, NaN or an
    error where a cell is empty.
    """
    check_two(events, n, events_ref, n_ref)
    z = z_of(level)
    counts = (events, n, events_ref, n_ref)
    options = {
        "bias_correction": bias_correction,
        "skewness": skewness,
        "continuity": "yates" if continuity else "none",
        "z": z,
    }

    def margin(logarithm: float) -> float:
        return z - abs(score("ratio", exp(logarithm), counts, **options))

    return inverted(margin, ratio_of(*counts), counts)


def koopman_ratio(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> RatioInterval:
    """Koopman's score interval: `score_ratio` without the bias correction."""
    return score_ratio(events, n, events_ref, n_ref, level=level, bias_correction=False)


def profile_ratio(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> RatioInterval:
    """Ratios that the likelihood-ratio test does not reject; parameters and errors as in `katz_ratio`.

    Notes
    -----
    SAS PROC FREQ RELRISK(CL=LR). Limits at the ends of the scale as in `score_ratio`.
    """
    check_two(events, n, events_ref, n_ref)
    counts = (events, n, events_ref, n_ref)
    inside = profile_margin("ratio", *counts, level=level)
    return inverted(lambda logarithm: inside(exp(logarithm)), ratio_of(*counts), counts)


def mover_ratio(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, limits: str = "wilson"
) -> RatioInterval:
    """Ratio from the limits of the two proportions (MOVER-R); parameters and errors otherwise as in `katz_ratio`.

    Parameters
    ----------
    limits : str
        "wilson"; "jeffreys", measured from the observed proportions; or "jeffreys-medians", measured from the medians
        of the posteriors.

    Returns
    -------
    RatioInterval
        `centre` is the ratio of what the limits are measured from; ends of the scale as in `score_ratio`.

    Notes
    -----
    Donner A, Zou GY. Stat Methods Med Res 2012;21:347-359; Fagerland MW, Newcombe RG. Stat Med 2013;32:2823-2836;
    medians: Laud PJ. Pharm Stat 2017;16:334-348.
    """
    check_two(events, n, events_ref, n_ref)
    ratio = ratio_of(events, n, events_ref, n_ref)
    arm, ref = mover_parts(events, n, events_ref, n_ref, level, limits)
    if ratio is None:
        return RatioInterval(None, 0.0, inf, "no-events")
    lower, upper = mover_limits(arm.estimate, arm.lower, arm.upper, ref.estimate, ref.lower, ref.upper)
    return RatioInterval(ratio, lower, upper, centre=arm.estimate / ref.estimate if ref.estimate else inf)


def inverse_sinh_ratio(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> RatioInterval:
    """Katz's interval shortened by the inverse hyperbolic sine; parameters, errors and gaps as in `katz_ratio`.

    Notes
    -----
    Newcombe RG. Am Stat 2001;55:200-202.
    """
    found = katz_ratio(events, n, events_ref, n_ref, level=level)
    if found.reason:
        return found
    return about_log(found.estimate, found.centre, found.se, 2 * asinh(z_of(level) * found.se / 2))


def _log_se(events: float, n: float, events_ref: float, n_ref: float) -> float:
    return sqrt(1 / events - 1 / n + 1 / events_ref - 1 / n_ref)
