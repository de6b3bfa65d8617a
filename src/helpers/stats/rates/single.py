"""One Poisson rate: events in person-time, with intervals and tests."""

from collections.abc import Callable
from math import exp, inf, sqrt

from scipy.optimize import brentq
from scipy.special import gammaincinv, pdtr, pdtrc
from scipy.stats import poisson

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest, exact_p, normal_test
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats.rates._shared import EMPTY, check_continuity, check_per, check_rate


def garwood(events: int, time: float, *, level: float = 0.95, per: float = 1.0) -> Interval:
    """Poisson rate with Garwood's exact interval.

    Parameters
    ----------
    events : int
        Events counted.
    time : float
        Person-time in which they were counted, in any unit. No events in no time has no rate.
    level : float
        Confidence level, 0 < level < 1. The limits are equal-tailed: a one-sided 95 % limit is one of level 0.90.
    per : float
        Units of time the rate is for: with time in years, 100 gives events per 100 person-years.

    Returns
    -------
    Interval
        Events per `per` units of time; the upper limit is finite also without events.

    Raises
    ------
    InvalidInput
        If events is no count, time is negative, or there are events but no time.

    Notes
    -----
    Garwood F. Biometrika 1936;28:437-442. Its coverage is never below the level.
    """
    tail = (1 - level) / 2
    return _scaled(
        events,
        time,
        level,
        per,
        lambda: (float(gammaincinv(events, tail)) if events else 0.0, float(gammaincinv(events + 1, 1 - tail))),
    )


def mid_p(events: int, time: float, *, level: float = 0.95, per: float = 1.0) -> Interval:
    """Poisson rate with the mid-p interval; parameters and errors as in `garwood`.

    Notes
    -----
    Each tail counts half the probability of the observed number (Lancaster HO. J Am Stat Assoc 1961;56:223-234).
    """
    tail = (1 - level) / 2

    def limits() -> tuple[float, float]:
        # each limit lies between those of the tails with and without the observed number
        lows = (float(gammaincinv(events, tail)) if events else 0.0, float(gammaincinv(events + 1, tail)))
        highs = (float(gammaincinv(events, 1 - tail)) if events else 0.0, float(gammaincinv(events + 1, 1 - tail)))
        lower = brentq(lambda mean: _tails(events, mean, 0.5)[1] - tail, *lows, xtol=1e-14) if events else 0.0
        upper = brentq(lambda mean: _tails(events, mean, 0.5)[0] - tail, *highs, xtol=1e-14)
        return float(lower), float(upper)

    return _scaled(events, time, level, per, limits)


def byar(events: int, time: float, *, level: float = 0.95, per: float = 1.0, form: str = "textbook") -> Interval:
    """Poisson rate with Byar's approximation of the exact interval; parameters and errors otherwise as in `garwood`.

    Parameters
    ----------
    form : str
        "textbook" takes the events for the lower limit and one more for the upper; "half" takes the events plus one
        half for both, as tern and DescTools do.

    Notes
    -----
    Breslow NE, Day NE. Statistical Methods in Cancer Research II. IARC 1987, p. 69 (textbook form). Rothman KJ.
    Epidemiology, an Introduction. Oxford 2002, p. 134 (half). A lower limit below 0 is 0.
    """
    check_choice("form", form, ("textbook", "half"))
    z = z_of(level)

    def limit(count: float, sign: int) -> float:
        return count * max(0.0, 1 - 1 / (9 * count) + sign * z / (3 * sqrt(count))) ** 3 if count else 0.0

    low, high = (events, events + 1) if form == "textbook" else (events + 0.5, events + 0.5)
    return _scaled(events, time, level, per, lambda: (limit(low, -1), limit(high, 1)))


def score(
    events: int,
    time: float,
    *,
    level: float = 0.95,
    per: float = 1.0,
    continuity: float = 0.0,
    skewness: bool = False,
) -> Interval:
    """Poisson rate with the score interval; parameters and errors otherwise as in `garwood`.

    Parameters
    ----------
    continuity : float
        Events by which the distance from the limits is shortened; 0.5 is the usual correction.
    skewness : bool
        Correct for the skewness of the Poisson distribution (the SCAS interval).

    Notes
    -----
    Variance at the limit, not at the estimate. Skewness: Laud PJ. Pharm Stat 2017;16:334-348.
    """
    check_continuity(continuity)
    z = z_of(level)
    shift = (z * z - 1) / 6 if skewness else 0.0

    def limit(sign: int) -> float:
        distance = max(0.0, events - continuity - shift) if sign < 0 else events + continuity - shift
        return ((sign * z + sqrt(max(0.0, z * z + 4 * distance))) / 2) ** 2

    return _scaled(events, time, level, per, lambda: (limit(-1) if events else 0.0, limit(1)))


def normal(events: int, time: float, *, level: float = 0.95, per: float = 1.0, zero: str = "missing") -> Interval:
    """Poisson rate with the normal interval; parameters and errors otherwise as in `garwood`.

    The lower limit may be negative, as published tables print it.

    Parameters
    ----------
    zero : str
        Without events the formula gives the limits (0, 0), as if the rate were known. "missing" gives no limits and
        the reason; "formula" gives (0, 0), as tern prints.
    """
    check_choice("zero", zero, ("missing", "formula"))
    if not events and time > 0 and zero == "missing":
        check_rate(events, time)
        check_level(level)
        return Interval(0.0, None, None, "no-events")
    half = z_of(level) * sqrt(max(0, events))
    return _scaled(events, time, level, per, lambda: (events - half, events + half))


def log_normal(events: int, time: float, *, level: float = 0.95, per: float = 1.0) -> Interval:
    """Poisson rate with the normal interval of its logarithm; parameters and errors as in `garwood`.

    No limits without events, for the logarithm of 0 has no variance.
    """
    check_rate(events, time)
    z = z_of(level)
    if not events and time > 0:
        return Interval(0.0, None, None, "no-events")
    factor = exp(z / sqrt(events)) if events else 1.0
    return _scaled(events, time, level, per, lambda: (events / factor, events * factor))


def jeffreys(events: int, time: float, *, level: float = 0.95, per: float = 1.0) -> Interval:
    """Poisson rate with Jeffreys' interval, 0 at the lower end without events; parameters and errors as in `garwood`.

    Notes
    -----
    Quantiles of the gamma distribution with shape events + 1/2. Brown LD, Cai TT, DasGupta A. Stat Sin 2003;13:19-49.
    """
    tail = (1 - level) / 2
    return _scaled(
        events,
        time,
        level,
        per,
        lambda: (
            float(gammaincinv(events + 0.5, tail)) if events else 0.0,
            float(gammaincinv(events + 0.5, 1 - tail)),
        ),
    )


def square_root(events: int, time: float, *, level: float = 0.95, per: float = 1.0, anscombe: bool = False) -> Interval:
    """Poisson rate with the interval of the variance-stabilised square root; parameters and errors as in `garwood`.

    Parameters
    ----------
    anscombe : bool
        Add 3/8 to the count before the root is taken.

    Notes
    -----
    The root of a Poisson count has a variance near 1/4. Anscombe FJ. Biometrika 1948;35:246-254. A limit below 0 is 0.
    """
    shift = 3 / 8 if anscombe else 0.0
    root, half = sqrt(max(0, events) + shift), z_of(level) / 2

    def limits() -> tuple[float, float]:
        return max(0.0, max(0.0, root - half) ** 2 - shift), (root + half) ** 2 - shift

    return _scaled(events, time, level, per, limits)


def freeman_tukey(events: int, time: float, *, level: float = 0.95, per: float = 1.0) -> Interval:
    """Poisson rate with the Freeman-Tukey interval; parameters and errors as in `garwood`.

    Notes
    -----
    The root of the count plus the root of the count plus 1 has mean near sqrt(4 mean + 1) and variance near 1.
    Freeman MF, Tukey JW. Ann Math Stat 1950;21:607-611.
    """
    root, z = sqrt(max(0, events)) + sqrt(max(0, events) + 1), z_of(level)
    return _scaled(events, time, level, per, lambda: ((max(1.0, root - z) ** 2 - 1) / 4, ((root + z) ** 2 - 1) / 4))


METHODS: dict[str, Callable[..., Interval]] = {
    "exact": garwood,
    "mid-p": mid_p,
    "byar": byar,
    "score": score,
    "normal": normal,
    "log-normal": log_normal,
    "jeffreys": jeffreys,
    "square-root": square_root,
    "freeman-tukey": freeman_tukey,
}


def rate(
    events: int, time: float, *, method: str = "exact", level: float = 0.95, per: float = 1.0, **options
) -> Interval:
    """Poisson rate with the interval of a named method; parameters and errors otherwise as in `garwood`.

    Parameters
    ----------
    method : str
        "exact" (`garwood`), "mid-p", "byar", "score", "normal", "log-normal", "jeffreys", "square-root" or
        "freeman-tukey"; `options` are those of the method's own function.
    """
    check_choice("method", method, METHODS)
    return METHODS[method](events, time, level=level, per=per, **options)


def rate_test(
    events: int,
    time: float,
    *,
    null: float,
    method: str = "exact",
    alternative: str = "two-sided",
    two_sided: str = "central",
) -> HypothesisTest:
    """Test of one Poisson rate against a stated rate; events and time as in `garwood`.

    Parameters
    ----------
    null : float
        Rate of the null hypothesis, events per unit of time, above 0.
    method : str
        "exact", "mid-p", "score", "normal" (variance at the estimate) or "square-root".
    alternative : str
        "two-sided", or "greater" or "less" than the null rate.
    two_sided : str
        Of the exact test: "central" is twice the smaller tail and agrees with `garwood`; "minlike" adds the
        probabilities of all counts that are no likelier than the observed one, as R's poisson.test does.

    Returns
    -------
    HypothesisTest
        Statistic (None for "exact" and "mid-p") and p-value.
    """
    check_rate(events, time)
    check_choice("method", method, ("exact", "mid-p", "score", "normal", "square-root"))
    check_choice("alternative", alternative, ALTERNATIVES)
    check_choice("two_sided", two_sided, ("central", "minlike"))
    if not 0 < null < inf:
        raise InvalidInput(f"null is {null}; the rate of the null hypothesis must be a positive number.")
    if not time:
        return HypothesisTest(None, None, reason="too-few")
    mean = null * time
    if method in ("exact", "mid-p"):
        if method == "exact" and two_sided == "minlike" and alternative == "two-sided":
            return HypothesisTest(None, _minlike(events, mean))
        return HypothesisTest(None, exact_p(*_tails(events, mean, 0.5 if method == "mid-p" else 1.0), alternative))
    if method == "normal":
        if not events:
            return HypothesisTest(None, None, reason="no-events")
        return normal_test((events - mean) / sqrt(events), alternative)
    if method == "square-root":
        return normal_test(2 * (sqrt(events) - sqrt(mean)), alternative)
    return normal_test((events - mean) / sqrt(mean), alternative)


def _scaled(events: int, time: float, level: float, per: float, limits: Callable[[], tuple[float, float]]) -> Interval:
    """Limits of the expected count as limits of the rate."""
    check_rate(events, time)
    check_level(level)
    check_per(per)
    if not time:
        return EMPTY
    lower, upper = limits()
    return Interval(*(float(count / time * per) for count in (events, lower, upper)))


def _tails(events: int, mean: float, weight: float) -> tuple[float, float]:
    """Probabilities of the count or less and of the count or more, the count itself counted with a weight."""
    own = float(poisson.pmf(events, mean)) * (1 - weight)
    return float(pdtr(events, mean)) - own, (float(pdtrc(events - 1, mean)) if events else 1.0) - own


def _minlike(events: int, mean: float) -> float:
    top = int(poisson.isf(1e-16, mean)) + events + 2
    counts = range(top + 1)
    probabilities = poisson.pmf(counts, mean)
    chosen = probabilities <= probabilities[events] * (1 + 1e-7)
    return float(min(1.0, probabilities[chosen].sum() + poisson.sf(top, mean)))
