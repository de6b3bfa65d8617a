"""Standardised scores of a difference, ratio or odds ratio of two proportions."""

from math import copysign, inf, sqrt

from helpers.stats.proportions._restricted import restricted, restricted_odds
from helpers.stats.proportions._skewness import corrected


def score(
    measure: str,
    value: float,
    counts: tuple[int, int, int, int],
    *,
    bias_correction: bool,
    skewness: bool = False,
    continuity: str = "none",
    z: float = 0.0,
) -> float:
    """Distance of the data from `value` of the measure in standard errors under it; infinite where that error is 0.

    Parameters
    ----------
    measure, value
        "difference", "ratio" or "odds-ratio", and its value under test.
    counts : (int, int, int, int)
        Events and units of the arm of interest, then of the reference.
    bias_correction : bool
        Multiply the variance by N/(N-1).
    skewness : bool
        As in `risk_difference`.
    continuity : str
        "none", "yates", or for a difference "hauck-anderson".
    z : float
        Normal quantile in use, for a skewness correction without a solution.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226; third moments and the bias of the odds ratio: Laud PJ. Pharm Stat
    2017;16:334-348 and 2018;17:290-293.
    """
    events, n, events_ref, n_ref = counts
    if measure != "difference" and value > 1:  # the arms change places, so that no power of a large number is taken
        options = {"bias_correction": bias_correction, "skewness": skewness, "continuity": continuity, "z": z}
        return -score(measure, 1 / value, (events_ref, n_ref, events, n), **options)
    if measure == "odds-ratio":
        distance, variance, third, shift = _odds_moments(value, counts, skewness=skewness)
    else:
        distance, variance, third, shift = _moments(measure, value, counts)
    if continuity != "yates":
        shift = 0.0 if continuity == "none" else 1 / (2 * min(n, n_ref))
    magnitude = max(0.0, abs(distance) - shift)
    if magnitude == 0 and not skewness:
        return 0.0
    if variance <= 0:
        return copysign(inf, distance) if magnitude > 1e-12 else 0.0
    inflation = (n + n_ref) / (n + n_ref - 1) if bias_correction else 1.0
    se = sqrt(variance * inflation)
    standardised = copysign(magnitude, distance) / se
    return corrected(standardised, third / variance / inflation / se, z) if skewness else standardised


def _moments(measure: str, value: float, counts: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
    """The score of a difference or ratio, its variance, its third moment, and Yates's correction of it."""
    events, n, events_ref, n_ref = counts
    p, p_ref = (float(share) for share in restricted(measure, value, *counts))
    spread, spread_ref = p * (1 - p) / n, p_ref * (1 - p_ref) / n_ref
    held, factor = (value, 1.0) if measure == "difference" else (0.0, value)
    distance = events / n - factor * events_ref / n_ref - held
    third = spread * (1 - 2 * p) / n - factor**3 * spread_ref * (1 - 2 * p_ref) / n_ref
    return distance, spread + factor * factor * spread_ref, third, (1 / n + factor / n_ref) / 2


def _odds_moments(
    value: float, counts: tuple[int, int, int, int], *, skewness: bool
) -> tuple[float, float, float, float]:
    """As `_moments` for an odds ratio; with skewness the score is less its bias. Zeros where all units are alike."""
    events, n, _, n_ref = counts
    p, missing, p_ref, missing_ref = (float(share) for share in restricted_odds(value, *counts))
    own, other = n * p * missing, n_ref * p_ref * missing_ref
    if own <= 0 or other <= 0:
        return 0.0, 0.0, 0.0, 0.0
    distance = events * missing - (n - events) * p
    share, share_ref = other / (own + other), own / (own + other)
    variance = own * share
    if skewness:
        distance -= variance * (p - p_ref) / (own + other)
    return distance, variance, variance * ((missing - p) * share**2 - (missing_ref - p_ref) * share_ref**2), 0.5
