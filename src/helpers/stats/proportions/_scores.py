"""Standardised scores of a difference, ratio or odds ratio of two proportions."""

from math import copysign, inf, sqrt

from helpers.stats.proportions._restricted import restricted
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
    p, p_ref = (float(share) for share in restricted(measure, value, *counts))
    factor = 1.0 if measure == "difference" else value
    spread, spread_ref = p * (1 - p) / n, p_ref * (1 - p_ref) / n_ref
    if measure == "odds-ratio":
        own, other = n * n * spread, n_ref * n_ref * spread_ref
        distance = events - n * p
        if own <= 0 or other <= 0:
            return 0.0 if abs(distance) < 1e-12 else copysign(inf, distance)
        variance = own * other / (own + other)
        third = variance**3 * ((1 - 2 * p) / own**2 - (1 - 2 * p_ref) / other**2)
        shift = 0.5
        if skewness:
            distance -= variance * (p - p_ref) / (own + other)
    else:
        if measure == "difference":
            distance = events / n - events_ref / n_ref - value
        else:
            distance = events / n - value * events_ref / n_ref
        variance = spread + factor * factor * spread_ref
        third = spread * (1 - 2 * p) / n - factor**3 * spread_ref * (1 - 2 * p_ref) / n_ref
        shift = (1 / n + factor / n_ref) / 2 if continuity != "hauck-anderson" else 1 / (2 * min(n, n_ref))
    variance *= (n + n_ref) / (n + n_ref - 1) if bias_correction else 1.0
    magnitude = max(0.0, abs(distance) - (0.0 if continuity == "none" else shift))
    if magnitude == 0 and not skewness:
        return 0.0
    if variance <= 0:
        return copysign(inf, distance) if magnitude > 1e-12 else 0.0
    standardised = copysign(magnitude, distance) / sqrt(variance)
    return corrected(standardised, third / variance**1.5, z) if skewness else standardised
