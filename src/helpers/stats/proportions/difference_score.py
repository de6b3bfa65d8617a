"""Difference of two proportions: score and likelihood intervals, and Newcombe's tail areas."""

import numpy as np

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import z_of
from helpers.stats.proportions._common import border, check_two
from helpers.stats.proportions._likelihood import profile_margin
from helpers.stats.proportions._restricted import restricted_mle
from helpers.stats.proportions._scores import score
from helpers.stats.proportions._unconditional import binomial_pmf


def risk_difference(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    bias_correction: bool = True,
    skewness: bool = False,
    continuity: str = "none",
) -> Interval:
    """Difference of two independent proportions with the Miettinen-Nurminen score interval.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, in the arm of interest.
    events_ref, n_ref : int
        The same in the reference arm.
    level : float
        Confidence level, 0 < level < 1.
    bias_correction : bool
        Multiply the variance by N/(N-1), N = n + n_ref. False gives Mee's interval.
    skewness : bool
        Correct the score for its skewness: Laud's SCAS interval, or Gart and Nam's without `bias_correction`.
    continuity : str
        Move the observed difference towards the one under test: "none", "yates" by (1/n + 1/n_ref)/2, or
        "hauck-anderson" by 1/(2 min(n, n_ref)).

    Returns
    -------
    Interval
        Differences of proportions in [-1, 1], arm of interest minus reference.

    Raises
    ------
    InvalidInput
        If n or n_ref is not positive, or events lies outside 0..n.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Mee RW. Biometrics 1984;40:1175-1176. Gart JJ, Nam J. Biometrics
    1990;46:637-643. Laud PJ. Pharm Stat 2017;16:334-348. The limits are where the score statistic meets the normal
    quantile; they lie between the observed difference and the end of the scale, so no table, with zero cells or
    without, lacks an answer. statsmodels 0.15.0 has an error in the cubic and fails on small tables.
    """
    check_two(events, n, events_ref, n_ref)
    z = z_of(level)
    check_choice("continuity", continuity, ("none", "yates", "hauck-anderson"))
    counts = (events, n, events_ref, n_ref)
    observed = events / n - events_ref / n_ref
    options = {"bias_correction": bias_correction, "skewness": skewness, "continuity": continuity, "z": z}

    def margin(difference: float) -> float:
        return z - abs(score("difference", difference, counts, **options))

    return Interval(observed, border(margin, observed, -1.0), border(margin, observed, 1.0))


def profile_difference(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> Interval:
    """Differences that the likelihood-ratio test does not reject; parameters and errors as in `risk_difference`.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:873-890, method 7 (true profile).
    """
    check_two(events, n, events_ref, n_ref)
    margin = profile_margin("difference", events, n, events_ref, n_ref, level=level)
    observed = events / n - events_ref / n_ref
    return Interval(observed, border(margin, observed, -1.0), border(margin, observed, 1.0))


def tail_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, midp: bool = False
) -> Interval:
    """Limits where the tail areas at the maximum likelihood nuisance parameter are half of 1 - level each.

    Parameters and errors otherwise as in `risk_difference`.

    Parameters
    ----------
    midp : bool
        Count half the probability of tables with the observed difference: Newcombe's method 9, else 8.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:873-890. His "exact" method 8 is not the exact unconditional interval, which takes the
    worst nuisance parameter (`exact_difference`).
    """
    check_two(events, n, events_ref, n_ref)
    check_level(level)
    observed = events / n - events_ref / n_ref
    k, k_ref = np.arange(n + 1), np.arange(n_ref + 1)
    # compared as whole numbers, so that equal differences are equal
    above = np.sign(np.subtract.outer(k * n_ref, k_ref * n) - (events * n_ref - events_ref * n))

    def margin(difference: float, side: int) -> float:
        p, p_ref = restricted_mle(difference, events, n, events_ref, n_ref)
        weights = (side * above > 0) + (0.5 if midp else 1.0) * (above == 0)
        return (
            float(binomial_pmf(n, np.float64(p)) @ weights @ binomial_pmf(n_ref, np.float64(p_ref))) - (1 - level) / 2
        )

    lower = border(lambda difference: margin(difference, 1), observed, -1.0)
    return Interval(observed, lower, border(lambda difference: margin(difference, -1), observed, 1.0))
