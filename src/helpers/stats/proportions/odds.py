"""Odds ratio of two proportions: log, score, likelihood and MOVER intervals of the sample odds ratio.

The odds ratio is 0 or infinite where a cell is empty, and has no value where no unit ("no-events") or every unit
("undefined") of both arms had the event.
"""

from math import asinh, exp, inf, sqrt

from helpers.stats._types import check_choice
from helpers.stats._wald import z_of
from helpers.stats.proportions._common import check_two
from helpers.stats.proportions._likelihood import profile_margin
from helpers.stats.proportions._ratio_scale import about_log, inverted, mover_limits, mover_parts, odds_of, reason_of
from helpers.stats.proportions._results import RatioInterval
from helpers.stats.proportions._scores import score

_ADJUSTMENTS = ("none", "half", "half-if-empty", "independence")


def woolf_odds_ratio(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, adjustment: str = "none"
) -> RatioInterval:
    """Sample odds ratio with Woolf's interval, normal on the log scale; parameters and errors as in `katz_ratio`.

    Parameters
    ----------
    adjustment : str
        "none"; "half", add a half to every cell (Haldane, Anscombe, Gart); "half-if-empty", only where a cell is empty;
        "independence", add two units spread as under independence (Agresti).

    Returns
    -------
    RatioInterval
        `estimate` is the sample odds ratio, `centre` the one after the adjustment, `se` that of its logarithm. Without
        limits where a cell that is used is empty ("separated").

    Notes
    -----
    Woolf B. Ann Hum Genet 1955;19:251-253. Gart JJ. Biometrika 1966;53:604-606. Agresti A. Biometrics 1999;55:597-602.
    """
    check_two(events, n, events_ref, n_ref)
    check_choice("adjustment", adjustment, _ADJUSTMENTS)
    z = z_of(level)
    odds_ratio = odds_of(events, n, events_ref, n_ref)
    reason = reason_of(odds_ratio, events, events_ref)
    cells = [events, n - events, events_ref, n_ref - events_ref]
    total, both = n + n_ref, events + events_ref
    if adjustment == "half" or (adjustment == "half-if-empty" and 0 in cells):
        cells = [cell + 0.5 for cell in cells]
    elif adjustment == "independence":
        expected = [n * both, n * (total - both), n_ref * both, n_ref * (total - both)]
        cells = [cell + 2 * product / total**2 for cell, product in zip(cells, expected, strict=True)]
    if 0 in cells:
        return RatioInterval(odds_ratio, None, None, reason or "separated")
    centre = cells[0] * cells[3] / (cells[1] * cells[2])
    se = sqrt(sum(1 / cell for cell in cells))
    return about_log(odds_ratio, centre, se, z * se, reason)


def inverse_sinh_odds_ratio(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    add: float = 0.0,
    add_to_variance: float = 0.0,
) -> RatioInterval:
    """Woolf's interval shortened by the inverse hyperbolic sine; parameters and errors as in `katz_ratio`.

    Parameters
    ----------
    add, add_to_variance : float
        Added to every cell of the odds ratio and of its variance; Fagerland and Newcombe propose .45 and .25, or .6 and
        .4.

    Notes
    -----
    Newcombe RG. Am Stat 2001;55:200-202. Fagerland MW, Newcombe RG. Stat Med 2013;32:2823-2836.
    """
    check_two(events, n, events_ref, n_ref)
    z = z_of(level)
    odds_ratio = odds_of(events, n, events_ref, n_ref)
    reason = reason_of(odds_ratio, events, events_ref)
    cells = [events, n - events, events_ref, n_ref - events_ref]
    if min(cells) + min(add, add_to_variance) <= 0:
        return RatioInterval(odds_ratio, None, None, reason or "separated")
    a, b, c, d = (cell + add for cell in cells)
    centre, se = a * d / (b * c), sqrt(sum(1 / (cell + add_to_variance) for cell in cells))
    return about_log(odds_ratio, centre, se, 2 * asinh(z * se / 2), reason)


def score_odds_ratio(
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
    """Odds ratio with the Miettinen-Nurminen score interval; parameters and errors otherwise as in `katz_ratio`.

    Parameters
    ----------
    bias_correction : bool
        Multiply the variance by N/(N-1). False gives Cornfield's interval without his continuity correction.
    skewness : bool
        Correct the score for its skewness (Gart; Laud's SCAS with `bias_correction`), with the bias of the score.
    continuity : bool
        Move the expected number of events half an event towards the observed one (Cornfield).

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Cornfield J. Proc 3rd Berkeley Symp 1956;4:135-148. Gart JJ.
    Biometrika 1985;72:673-677. Laud PJ. Pharm Stat 2018;17:290-293. PropCIs `orscoreci` stops at about four digits.
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
        return z - abs(score("odds-ratio", exp(logarithm), counts, **options))

    return inverted(margin, odds_of(*counts), counts)


def profile_odds_ratio(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> RatioInterval:
    """Odds ratios that the likelihood-ratio test does not reject; parameters and errors as in `katz_ratio`.

    Notes
    -----
    SAS PROC FREQ OR(CL=LR); the profile likelihood interval of a logistic regression on the arm.
    """
    check_two(events, n, events_ref, n_ref)
    counts = (events, n, events_ref, n_ref)
    inside = profile_margin("odds-ratio", *counts, level=level)
    return inverted(lambda logarithm: inside(exp(logarithm)), odds_of(*counts), counts)


def mover_odds_ratio(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, limits: str = "wilson"
) -> RatioInterval:
    """Odds ratio from the limits of the two odds (MOVER-R); parameters as in `mover_ratio`.

    Notes
    -----
    Fagerland MW, Newcombe RG. Stat Med 2013;32:2823-2836, method 4. With nothing but events in an arm the ratio of the
    odds against the event, reference over arm of interest, is taken, which is the same odds ratio; elsewhere that would
    give a slightly different interval. R contingencytables 3.1 has an error here.
    """
    check_two(events, n, events_ref, n_ref)
    odds_ratio = odds_of(events, n, events_ref, n_ref)
    reason = reason_of(odds_ratio, events, events_ref)
    arm, ref = mover_parts(events, n, events_ref, n_ref, level, limits)
    if reason:
        return RatioInterval(None, 0.0, inf, reason)
    top = [_odds(share) for share in (arm.estimate, arm.lower, arm.upper)]
    bottom = [_odds(share) for share in (ref.estimate, ref.lower, ref.upper)]
    if inf in (top[0], bottom[0]):
        swapped = ([ref.estimate, ref.upper, ref.lower], [arm.estimate, arm.upper, arm.lower])
        top, bottom = ([_odds(1 - share) for share in part] for part in swapped)
    # an empty diagonal leaves an odds of 0 over one of infinity: nothing but the end of the scale is known
    lower, upper = mover_limits(*top, *bottom) if inf not in (top[0], bottom[0]) else (0.0, inf)
    centre = top[0] / bottom[0] if 0 < bottom[0] < inf else None
    return RatioInterval(odds_ratio, lower, upper, centre=centre)


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf
