"""Ratio and difference of two Poisson rates over strata: Mantel-Haenszel, and the stratified score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np
from scipy.special import chdtrc

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import z_of
from helpers.stats.rates._score import crossing, restricted_rates
from helpers.stats.rates._shared import check_continuity, check_per, check_rate

WEIGHTS = ("mantel-haenszel", "miettinen-nurminen")


@dataclass(frozen=True)
class StratifiedRates(Interval):
    """A contrast of rates over `strata` strata, with the tests of no effect and of the same effect in all strata."""

    strata: int = 0
    test: HypothesisTest | None = None
    homogeneity: HypothesisTest | None = None


def mantel_haenszel_rate_ratio(
    events: Sequence[int],
    time: Sequence[float],
    events_ref: Sequence[int],
    time_ref: Sequence[float],
    *,
    level: float = 0.95,
    interval: str = "log-normal",
    weights: str = "mantel-haenszel",
    continuity: float = 0.0,
) -> StratifiedRates:
    """Ratio of two Poisson rates over strata.

    Parameters
    ----------
    events, time, events_ref, time_ref : sequence
        Events and person-time of the arm of interest and of the reference arm, one entry a stratum. A stratum in which
        an arm has no person-time, or neither an event, says nothing of the ratio and is left out.
    level : float
        Confidence level, 0 < level < 1.
    interval : str
        "log-normal" about the Mantel-Haenszel ratio, with the variance of Greenland and Robins; "score", the
        stratified score of Miettinen and Nurminen with its own estimate.
    weights : str
        Of "score": "mantel-haenszel" or "miettinen-nurminen".
    continuity : float
        Events by which the test of no effect shortens the distance; 0.5 is the usual correction.

    Returns
    -------
    StratifiedRates
        The estimate, its limits, the Mantel-Haenszel test of ratio 1 and the test of homogeneity over the strata.
        Reason "no-events" without any event; "undefined" where one arm has none and the interval needs its logarithm.

    Raises
    ------
    InvalidInput
        If the four lengths differ, or counts or times are none, as in `rate_ratio`.

    Notes
    -----
    Greenland S, Robins JM. Biometrics 1985;41:55-68. Miettinen O, Nurminen M. Stat Med 1985;4:213-226.
    """
    check_choice("interval", interval, ("log-normal", "score"))
    check_choice("weights", weights, WEIGHTS)
    z = z_of(level)
    a, t, b, u = _strata(events, time, events_ref, time_ref, need_event=True)
    if not len(a):
        return StratifiedRates(None, None, None, "no-events")
    total = t + u
    up, down = float((a * u / total).sum()), float((b * t / total).sum())
    found = up / down if down else inf
    test = _mantel_haenszel_test(a, t, b, u, continuity)
    homogeneity = _homogeneity(a, t, b, u, found)
    if interval == "score":

        def pieces(ratio: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            chosen = t * u / total if weights == "mantel-haenszel" else 1 / (1 / t + ratio / u)
            return chosen, a / t - ratio * b / u, ratio * (a + b) / (t * u)

        def at(log_ratio: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return pieces(exp(log_ratio))

        start = log((up + 0.1 * min(1.0, up + down)) / (down + 0.1 * min(1.0, up + down)))
        estimate, low, high = _limits(at, z, start, 0.5, bounded=(bool(a.sum()), bool(b.sum())))
        estimate, low, high = (exp(v) if v < 700 else inf for v in (estimate, low, high))
        return StratifiedRates(estimate, low, high, strata=len(a), test=test, homogeneity=homogeneity)
    if not (up and down):
        return StratifiedRates(found, None, None, "undefined", len(a), test, homogeneity)
    factor = exp(z * sqrt(float(((a + b) * t * u / total**2).sum()) / (up * down)))
    return StratifiedRates(found, found / factor, found * factor, "", len(a), test, homogeneity)


def mantel_haenszel_rate_difference(
    events: Sequence[int],
    time: Sequence[float],
    events_ref: Sequence[int],
    time_ref: Sequence[float],
    *,
    level: float = 0.95,
    per: float = 1.0,
    interval: str = "normal",
    weights: str = "mantel-haenszel",
    continuity: float = 0.0,
) -> StratifiedRates:
    """Difference of two Poisson rates over strata; parameters and errors as in `mantel_haenszel_rate_ratio`.

    Parameters
    ----------
    per : float
        Units of time the difference is for.
    interval : str
        "normal" about the Mantel-Haenszel difference, or "score".

    Returns
    -------
    StratifiedRates
        No test of homogeneity. Reason "too-few" where no stratum has person-time in both arms, "no-events" for
        "normal" without any event.

    Notes
    -----
    Greenland S, Robins JM. Biometrics 1985;41:55-68. Miettinen O, Nurminen M. Stat Med 1985;4:213-226.
    """
    check_choice("interval", interval, ("normal", "score"))
    check_choice("weights", weights, WEIGHTS)
    check_per(per)
    z = z_of(level)
    a, t, b, u = _strata(events, time, events_ref, time_ref, need_event=False)
    if not len(a):
        return StratifiedRates(None, None, None, "too-few")
    total = t + u
    weight = t * u / total
    found = float((weight * (a / t - b / u)).sum() / weight.sum())
    test = _mantel_haenszel_test(a, t, b, u, continuity)
    se = sqrt(float((weight**2 * (a / t**2 + b / u**2)).sum())) / float(weight.sum())
    if interval == "score":

        def pieces(difference: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            rates = np.array([restricted_rates(difference, *row) for row in zip(a, t, b, u, strict=True)])
            chosen = weight if weights == "mantel-haenszel" else _iterated(rates, t, u)
            return chosen, a / t - b / u - difference, rates[:, 0] / t + rates[:, 1] / u

        step = se + 1 / float(weight.sum())
        estimate, low, high = _limits(pieces, z, found, step, bounded=(True, True))
        return StratifiedRates(estimate * per, low * per, high * per, strata=len(a), test=test)
    if not se:
        return StratifiedRates(found * per, None, None, "no-events", len(a), test)
    return StratifiedRates(found * per, (found - z * se) * per, (found + z * se) * per, "", len(a), test)


def _strata(events, time, events_ref, time_ref, *, need_event: bool) -> tuple[np.ndarray, ...]:
    arrays = [np.atleast_1d(np.asarray(values, dtype=float)) for values in (events, time, events_ref, time_ref)]
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1:
        raise InvalidInput(
            f"strata: lengths {[array.size for array in arrays]}; events and times need one per stratum."
        )
    for a, t, b, u in zip(*arrays, strict=True):
        check_rate(a, t)
        check_rate(b, u)
    a, t, b, u = arrays
    kept = (t > 0) & (u > 0) & ((a + b > 0) | (not need_event))
    return a[kept], t[kept], b[kept], u[kept]


def _mantel_haenszel_test(a, t, b, u, continuity: float) -> HypothesisTest:
    check_continuity(continuity)
    total, events = t + u, a + b
    variance = float((events * t * u / total**2).sum())
    if not variance:
        return HypothesisTest(None, None, reason="no-events")
    distance = max(0.0, abs(float((a - events * t / total).sum())) - continuity)
    statistic = distance**2 / variance
    return HypothesisTest(statistic, float(chdtrc(1, statistic)), 1)


def _homogeneity(a, t, b, u, ratio: float) -> HypothesisTest:
    if len(a) < 2:
        return HypothesisTest(None, None, reason="too-few")
    if not 0 < ratio < inf:
        return HypothesisTest(None, None, reason="undefined")
    share = ratio * t / (ratio * t + u)
    statistic = float(((a - (a + b) * share) ** 2 / ((a + b) * share * (1 - share))).sum())
    return HypothesisTest(statistic, float(chdtrc(len(a) - 1, statistic)), len(a) - 1)


def _limits(pieces: Callable, z: float, start: float, step: float, *, bounded: tuple[bool, bool]) -> tuple:
    """Estimate and limits of a stratified score, whose statistic falls as the contrast rises."""

    def numerator(at: float) -> float:
        weight, distance, _ = pieces(at)
        return float((weight * distance).sum() / weight.sum())

    def statistic(at: float) -> float:
        weight, distance, variance = pieces(at)
        top, below = float((weight * distance).sum()), float((weight**2 * variance).sum())
        return top / sqrt(below) if below > 0 else (0.0 if not top else (inf if top > 0 else -inf))

    lower = crossing(statistic, z, start, step) if bounded[0] else -inf
    upper = crossing(statistic, -z, start, step) if bounded[1] else inf
    if not all(bounded):
        return (-inf if bounded[1] else inf), lower, upper
    middle = start if numerator(start) == 0 else crossing(numerator, 0.0, start, step)
    return middle, lower, upper


def _iterated(rates: np.ndarray, t: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Weights of Miettinen and Nurminen: inverse variances at the weighted mean of the restricted rates."""
    weight = t * u / (t + u)
    for _ in range(200):
        rate, ref = (weight @ rates) / weight.sum()
        if ref <= 0:
            return weight
        new = 1 / ((rate / ref) / t + 1 / u)
        if np.abs(new - weight).max() <= 1e-12 * weight.max():
            return new
        weight = new
    return weight
