"""Difference of two independent Poisson rates: intervals and tests."""

from math import isfinite, sqrt

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest, normal_test
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats.rates._etest import difference_etest
from helpers.stats.rates._mover import CENTRES, LIMITS, mover_difference
from helpers.stats.rates._score import crossing, difference_statistic
from helpers.stats.rates._shared import EMPTY, check_continuity, check_per, check_rate

INTERVALS = ("score", "normal", "normal-half", "mover")
TESTS = ("score", "normal", "e-test", "e-test-normal")


def rate_difference(
    events: int,
    time: float,
    events_ref: int,
    time_ref: float,
    *,
    level: float = 0.95,
    per: float = 1.0,
    method: str = "score",
    continuity: float = 0.0,
    skewness: bool = False,
    limits: str = "jeffreys",
    centre: str = "median",
) -> Interval:
    """Difference of two Poisson rates, arm of interest minus reference; counts and errors as in `rate_ratio`.

    Parameters
    ----------
    per : float
        Units of time the difference is for.
    method : str
        "score" (Miettinen and Nurminen); "normal" (Wald); "normal-half", with half an event added to each arm's
        variance; "mover".
    continuity, skewness, limits, centre
        As in `rate_ratio`.

    Returns
    -------
    Interval
        Reason "too-few" where an arm has no person-time; "no-events" for "normal" without any event, whose formula
        would give the limits (0, 0).

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Laud PJ. Pharm Stat 2017;16:334-348 (skewness, and MOVER about
    the posterior medians; statsmodels takes the raw rates). Li HQ, Tang ML, Poon WY, Tang NS. Commun Stat Simul Comput
    2011;40:1478-1493 (MOVER). No factor N/(N-1): a Poisson variance has none.
    """
    check_rate(events, time)
    check_rate(events_ref, time_ref)
    check_choice("method", method, INTERVALS)
    check_continuity(continuity)
    check_choice("limits", limits, LIMITS)
    check_choice("centre", centre, CENTRES)
    check_per(per)
    z = z_of(level)
    if not time or not time_ref:
        return EMPTY
    observed = events / time - events_ref / time_ref
    if method == "mover":
        lower, upper = mover_difference(
            (events, time), (events_ref, time_ref), level=level, limits=limits, centre=centre
        )
    elif method == "score":

        def statistic(at: float) -> float:
            counts = (events, time, events_ref, time_ref)
            return difference_statistic(at, *counts, continuity=continuity, skewness=skewness)

        step = z * sqrt((events + 1) / time**2 + (events_ref + 1) / time_ref**2)
        lower, upper = crossing(statistic, z, observed, step), crossing(statistic, -z, observed, step)
    else:
        half = 0.5 if method == "normal-half" else 0.0
        if not events + events_ref + half:
            return Interval(0.0, None, None, "no-events")
        width = z * sqrt((events + half) / time**2 + (events_ref + half) / time_ref**2)
        lower, upper = observed - width, observed + width
    return Interval(*(float(value * per) for value in (observed, lower, upper)))


def rate_difference_test(
    events: int,
    time: float,
    events_ref: int,
    time_ref: float,
    *,
    difference: float = 0.0,
    method: str = "score",
    alternative: str = "two-sided",
    continuity: float = 0.0,
    skewness: bool = False,
    nuisance: str = "mle",
) -> HypothesisTest:
    """Test of the difference of two Poisson rates; counts and errors as in `rate_ratio`.

    Parameters
    ----------
    difference : float
        Difference of the null hypothesis, events per unit of time.
    method : str
        "score", "normal" (variance at the observed rates), or the E-tests with these statistics, "e-test" and
        "e-test-normal".
    alternative : str
        "two-sided", or "greater" or "less" than the null difference.
    continuity, skewness
        Of "score", as in `rate_ratio`.
    nuisance : str
        Rates at which an E-test takes its probabilities: restricted maximum likelihood ("mle") or the moment estimate
        of Krishnamoorthy and Thomson ("moment"). The two agree when the null difference is 0.

    Returns
    -------
    HypothesisTest
        Reason "no-events" where a statistic has no variance.

    Notes
    -----
    Ng HKT, Gu K, Tang ML. Comput Stat Data Anal 2007;51:3085-3099; their p-value .07088 of one E-test is not reproduced
    (.06626). Krishnamoorthy K, Thomson J. J Stat Plan Inference 2004;119:23-35.
    """
    check_rate(events, time)
    check_rate(events_ref, time_ref)
    check_choice("method", method, TESTS)
    check_choice("alternative", alternative, ALTERNATIVES)
    check_choice("nuisance", nuisance, ("mle", "moment"))
    check_continuity(continuity)
    if not isfinite(difference):
        raise InvalidInput(f"difference is {difference}; it must be a number.")
    if not time or not time_ref:
        return HypothesisTest(None, None, reason="too-few")
    counts = (events, time, events_ref, time_ref)
    if method in ("e-test", "e-test-normal"):
        pooled = method == "e-test"
        return difference_etest(counts[:2], counts[2:], difference, alternative, pooled=pooled, nuisance=nuisance)
    if method == "normal":
        variance = events / time**2 + events_ref / time_ref**2
        if not variance:
            return HypothesisTest(None, None, reason="no-events")
        return normal_test((events / time - events_ref / time_ref - difference) / sqrt(variance), alternative)
    if not events + events_ref and not difference:
        return HypothesisTest(None, None, reason="no-events")
    return normal_test(difference_statistic(difference, *counts, continuity=continuity, skewness=skewness), alternative)
