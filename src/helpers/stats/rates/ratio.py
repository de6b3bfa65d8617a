"""Ratio of two independent Poisson rates: intervals, and the tests of Gu and others 2008."""

from math import acos, atan2, exp, inf, log, pi, sqrt, tan

import numpy as np
from scipy.optimize import brentq
from scipy.special import bdtr, bdtrc, betaincinv
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest, exact_p, normal_test
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats.rates._etest import ratio_etest
from helpers.stats.rates._mover import CENTRES, LIMITS, mover_ratio
from helpers.stats.rates._score import crossing, ratio_statistic
from helpers.stats.rates._shared import EMPTY, check_continuity, check_rate

INTERVALS = ("score", "exact", "mid-p", "log-normal", "log-normal-half", "square-root", "plus-four", "mover")
TESTS = ("score", "exact", "mid-p", "log-normal", "normal", "score-log", "square-root", "e-test", "e-test-normal")


def rate_ratio(
    events: int,
    time: float,
    events_ref: int,
    time_ref: float,
    *,
    level: float = 0.95,
    method: str = "score",
    continuity: float = 0.0,
    skewness: bool = False,
    limits: str = "jeffreys",
    centre: str = "median",
) -> Interval:
    """Ratio of two Poisson rates, arm of interest over reference.

    Parameters
    ----------
    events, time : int, float
        Events, and the person-time in which they were counted, in the arm of interest.
    events_ref, time_ref : int, float
        The same in the reference arm.
    level : float
        Confidence level, 0 < level < 1.
    method : str
        "score" (Miettinen and Nurminen); "exact", conditional on the total; "mid-p", the same with half the
        probability of the observed table; "log-normal" (Wald); "log-normal-half", with half an event added to both
        arms; "square-root"; "plus-four", conditional Agresti-Coull with two events added to each arm; "mover".
    continuity : float
        Of "score": events by which the distance is shortened, 0.5 being the usual correction.
    skewness : bool
        Of "score": correct for the skewness (SCAS).
    limits, centre : str
        Of "mover": intervals of the single rates ("jeffreys", "score", "exact", "mid-p", "byar") and the estimates
        they are taken about, the "median" of the posterior (as ratesci does with Jeffreys' limits) or the raw "rate".

    Returns
    -------
    Interval
        The ratio is infinite without events in the reference arm, and so is the upper limit. Reason "no-events"
        without any event, "too-few" where an arm has no person-time, "undefined" where the logarithm of 0 is needed.

    Raises
    ------
    InvalidInput
        If events is no count, time is negative, or there are events without time.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Laud PJ. Pharm Stat 2017;16:334-348. Price RM, Bonett DG. Comput
    Stat Data Anal 2000;34:345-356. Li HQ, Tang ML, Wong WK. Comput Stat 2014;29:869-889 (MOVER). statsmodels 0.15
    `confint_poisson_2indep(method="sqrtcc")` leaves out the person-times and squares the quantile in one place only;
    its "mover" is about the raw rates.
    """
    check_rate(events, time)
    check_rate(events_ref, time_ref)
    check_choice("method", method, INTERVALS)
    check_continuity(continuity)
    check_choice("limits", limits, LIMITS)
    check_choice("centre", centre, CENTRES)
    z = z_of(level)
    if not time or not time_ref:
        return EMPTY
    if not events + events_ref:
        return Interval(None, None, None, "no-events")
    x, y, time, time_ref = int(events), int(events_ref), float(time), float(time_ref)
    scale = time_ref / time
    estimate = x / y * scale if y else inf
    if method == "log-normal" and not (x and y):
        return Interval(estimate, None, None, "undefined")
    if method == "score":
        counts = (x, time, y, time_ref)
        lower, upper = _score_limits(counts, z, continuity, skewness)
    elif method == "mover":
        lower, upper = mover_ratio((x, time), (y, time_ref), level=level, limits=limits, centre=centre)
    elif method in ("log-normal", "log-normal-half"):
        half = 0.5 if method == "log-normal-half" else 0.0
        centre_of, factor = (x + half) / (y + half) * scale, exp(z * sqrt(1 / (x + half) + 1 / (y + half)))
        lower, upper = centre_of / factor, centre_of * factor
    elif method == "square-root":
        lower, upper = (limit * scale for limit in _square_root_limits(x, y, z))
    elif method == "plus-four":
        total = x + y + 4
        share, half = (x + 2) / total, z * sqrt((x + 2) * (y + 2) / total) / total
        lower, upper = (_odds(min(1.0, max(0.0, share + sign * half))) * scale for sign in (-1, 1))
    else:
        tail = (1 - level) / 2
        lower, upper = (_odds(share) * scale for share in _share_limits(x, y, tail, 0.5 if method == "mid-p" else 1.0))
    # a limit that leaves the estimate out would contradict it: no events allow 0, none in the reference arm any ratio
    return Interval(estimate, lower if x else 0.0, upper if y else inf)


def rate_ratio_test(
    events: int,
    time: float,
    events_ref: int,
    time_ref: float,
    *,
    ratio: float = 1.0,
    method: str = "score",
    alternative: str = "two-sided",
    two_sided: str = "central",
    continuity: float = 0.0,
    skewness: bool = False,
) -> HypothesisTest:
    """Test of the ratio of two Poisson rates; events, times and errors as in `rate_ratio`.

    Parameters
    ----------
    ratio : float
        Ratio of the null hypothesis, above 0; a margin of non-inferiority is a ratio other than 1.
    method : str
        Gu and others' "normal" (their W1), "score" (W2), "log-normal" (W3), "score-log" (W4) and "square-root" (W5);
        "exact" conditional on the total, "mid-p"; "e-test" with the score statistic and "e-test-normal" with W1, which
        add the probabilities of all pairs of counts that are as extreme, at the maximum likelihood rates of the null
        hypothesis.
    alternative : str
        "two-sided", or "greater" or "less" than the null ratio.
    two_sided : str
        Of "exact": "central" is twice the smaller tail and agrees with `rate_ratio`; "minlike" adds the probabilities
        of all splits that are no likelier than the observed one, as R's poisson.test does.
    continuity, skewness
        Of "score", as in `rate_ratio`.

    Returns
    -------
    HypothesisTest
        Statistic (None for the conditional tests) and p-value. Without any event the p-value is 1 for the exact
        tests, and the others have none.

    Notes
    -----
    Gu K, Ng HKT, Tang ML, Schucany WR. Biom J 2008;50:283-298; their table exchanges the exact and the mid-p value.
    Krishnamoorthy K, Thomson J. J Stat Plan Inference 2004;119:23-35 (E-test).
    """
    check_rate(events, time)
    check_rate(events_ref, time_ref)
    check_choice("method", method, TESTS)
    check_choice("alternative", alternative, ALTERNATIVES)
    check_choice("two_sided", two_sided, ("central", "minlike"))
    check_continuity(continuity)
    if not 0 < ratio < inf:
        raise InvalidInput(f"ratio is {ratio}; the ratio of the null hypothesis must be a positive number.")
    if not time or not time_ref:
        return HypothesisTest(None, None, reason="too-few")
    x, y, total, odds = events, events_ref, events + events_ref, ratio * time / time_ref
    if method in ("exact", "mid-p"):
        share = odds / (1 + odds)
        if method == "exact" and two_sided == "minlike" and alternative == "two-sided":
            return HypothesisTest(None, _minlike(x, total, share))
        return HypothesisTest(None, exact_p(*_tails(x, total, share, 0.5 if method == "mid-p" else 1.0), alternative))
    if method in ("e-test", "e-test-normal"):
        return ratio_etest((x, time), (y, time_ref), ratio, alternative, pooled=method == "e-test")
    if not total:
        return HypothesisTest(None, None, reason="no-events")
    if method in ("log-normal", "score-log"):
        if not (x and y):
            return HypothesisTest(None, None, reason="undefined")
        variance = 1 / x + 1 / y if method == "log-normal" else (2 + odds + 1 / odds) / total
        return normal_test((log(x / y) - log(odds)) / sqrt(variance), alternative)
    if method == "normal":
        return normal_test((x - y * odds) / sqrt(x + y * odds * odds), alternative)
    if method == "square-root":
        z = 2 * (sqrt(x + 3 / 8) - sqrt((y + 3 / 8) * odds)) / sqrt(1 + odds)
        return normal_test(z, alternative)
    z = ratio_statistic(ratio, x, time, y, time_ref, continuity=continuity, skewness=skewness)
    return normal_test(z, alternative)


def _score_limits(counts: tuple, z: float, continuity: float, skewness: bool) -> tuple[float, float]:
    x, time, y, time_ref = counts
    if not (continuity or skewness):
        centre, n, scale = 2 * x * y + z * z * (x + y), x + y, time_ref / time
        root = z * sqrt(n) * sqrt(z * z * n + 4 * x * y)
        high = (centre + root) / 2
        # (x - y q)^2 = z^2 n q for q the ratio over `scale`; the product of its solutions is (x / y)^2
        return (x * x / high * scale, high / (y * y) * scale if y else inf)

    def statistic(at: float) -> float:
        return ratio_statistic(exp(at), *counts, continuity=continuity, skewness=skewness)

    start = log((x + 0.5) / (y + 0.5) * time_ref / time)
    low = crossing(statistic, z, start, 0.5) if x else -inf
    high = crossing(statistic, -z, start, 0.5) if y else inf
    return exp(low), exp(high) if high < 700 else inf


def _square_root_limits(x: int, y: int, z: float) -> tuple[float, float]:
    """Odds where the square-root statistic is z and -z: with odds = tan(angle)^2 it is 2 R cos(angle + phase)."""
    a, b = sqrt(x + 3 / 8), sqrt(y + 3 / 8)
    size, phase = sqrt(a * a + b * b), atan2(b, a)
    if z >= 2 * size:
        return 0.0, inf
    low, high = acos(z / (2 * size)) - phase, acos(-z / (2 * size)) - phase
    return tan(low) ** 2 if low > 0 else 0.0, tan(high) ** 2 if high < pi / 2 else inf


def _share_limits(x: int, y: int, tail: float, weight: float) -> tuple[float, float]:
    """Limits of the share of the events that fall in the arm of interest, given the total."""
    low = float(betaincinv(x, y + 1, tail)) if x else 0.0
    high = float(betaincinv(x + 1, y, 1 - tail)) if y else 1.0
    if weight == 1.0:
        return low, high

    def lower_tail(share: float) -> float:
        return _tails(x, x + y, share, weight)[0] - tail

    def upper_tail(share: float) -> float:
        return _tails(x, x + y, share, weight)[1] - tail

    inner_low = float(betaincinv(x + 1, y, tail)) if y else 1.0  # where the tail without the observed split is reached
    inner_high = float(betaincinv(x, y + 1, 1 - tail)) if x else 0.0
    lower = brentq(upper_tail, low, inner_low, xtol=1e-15) if x else 0.0
    upper = brentq(lower_tail, inner_high, high, xtol=1e-15) if y else 1.0
    return float(lower), float(upper)


def _tails(x: int, total: int, share: float, weight: float) -> tuple[float, float]:
    own = float(binom.pmf(x, total, share)) * (1 - weight)
    return float(bdtr(x, total, share)) - own, (float(bdtrc(x - 1, total, share)) if x else 1.0) - own


def _minlike(x: int, total: int, share: float) -> float:
    probabilities = binom.pmf(np.arange(total + 1), total, share)
    return float(min(1.0, probabilities[probabilities <= probabilities[x] * (1 + 1e-7)].sum()))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf
