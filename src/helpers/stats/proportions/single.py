"""One proportion: the intervals in closed form, and those of the likelihood and of the skewness-corrected score."""

from math import asin, exp, log, pi, sin, sqrt

from scipy.special import betainccinv, betaincinv, chdtri, xlogy

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_counts, check_level
from helpers.stats._wald import z_of
from helpers.stats.proportions._common import border
from helpers.stats.proportions._results import CentredInterval
from helpers.stats.proportions._skewness import corrected


def wilson(
    events: int, n: int, *, level: float = 0.95, continuity: bool = False, design_effect: float = 1.0
) -> Interval:
    """Proportion with Wilson's score interval.

    Parameters
    ----------
    events, n : int
        Units with the event, and units.
    level : float
        Confidence level, 0 < level < 1.
    continuity : bool
        With the continuity correction of Newcombe's method 4.
    design_effect : float
        Variance inflation of clustered units; n and events are divided by it, the proportion stays.

    Returns
    -------
    Interval
        Proportions in [0, 1].

    Raises
    ------
    InvalidInput
        If n is not positive, events lies outside 0..n, or the level or the design effect is outside its range.

    Notes
    -----
    Wilson EB. J Am Stat Assoc 1927;22:209-212. Newcombe RG. Stat Med 1998;17:857-872. Design effect: Saha KK, Miller D,
    Wang S. Int J Biostat 2016;12:20150024, with the normal quantile.
    """
    check_counts(events, n)
    if not 0 < design_effect < float("inf"):
        raise InvalidInput(
            f"design_effect is {design_effect}; it has to be a positive number, 1 for independent units."
        )
    z, p, size = z_of(level), events / n, n / design_effect
    scale = 2 * (size + z * z)
    if continuity:
        low_root = sqrt(max(0.0, z * z - 2 - 1 / size + 4 * p * (size * (1 - p) + 1)))
        high_root = sqrt(max(0.0, z * z + 2 - 1 / size + 4 * p * (size * (1 - p) - 1)))
        lower = (2 * size * p + z * z - 1 - z * low_root) / scale
        upper = (2 * size * p + z * z + 1 + z * high_root) / scale
    else:
        root = z * sqrt(z * z + 4 * size * p * (1 - p))
        lower, upper = (2 * size * p + z * z - root) / scale, (2 * size * p + z * z + root) / scale
    return Interval(p, 0.0 if events == 0 else max(0.0, lower), 1.0 if events == n else min(1.0, upper))


def modified_wilson(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's interval with Poisson limits next to the ends of the scale; parameters and errors as in `wilson`.

    Notes
    -----
    Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133, section 4.1.1: for 1 or 2 events (to 3 where n > 50) the
    lower limit is that of a Poisson mean, and so mirrored for non-events.
    """
    found = wilson(events, n, level=level)
    reach = 2 if n <= 50 else 3
    lower, upper = found.lower, found.upper
    if 1 <= events <= reach:
        lower = float(chdtri(2 * events, level)) / (2 * n)
    if 1 <= n - events <= reach:
        upper = 1 - float(chdtri(2 * (n - events), level)) / (2 * n)
    return Interval(found.estimate, lower, upper)


def wald(events: int, n: int, *, level: float = 0.95, continuity: bool = False) -> CentredInterval:
    """Proportion plus or minus a multiple of its estimated standard error; parameters and errors as in `wilson`.

    Kept for comparison with older reports: its coverage is poor, and with no event or no non-event it has width 0, or
    1/n with the correction. Cut at 0 and 1.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:857-872, methods 1 and 2 (1/(2n) added on both sides).
    """
    check_counts(events, n)
    p = events / n
    se = sqrt(p * (1 - p) / n)
    half = z_of(level) * se + (1 / (2 * n) if continuity else 0.0)
    return CentredInterval(p, max(0.0, p - half), min(1.0, p + half), centre=p, se=se)


def agresti_coull(events: int, n: int, *, level: float = 0.95) -> CentredInterval:
    """Proportion with the Agresti-Coull interval; parameters and errors as in `wilson`.

    z squared over 2 is added to events and non-events; the limits are cut at 0 and 1.

    Notes
    -----
    Agresti A, Coull BA. Am Stat 1998;52:119-126.
    """
    check_counts(events, n)
    z = z_of(level)
    return _pseudo(events, n, z * z / 2, z)


def plus_four(events: int, n: int, *, level: float = 0.95) -> CentredInterval:
    """Agresti and Coull's interval with 2 added to events and non-events at every level; otherwise as `agresti_coull`.

    Notes
    -----
    Agresti A, Coull BA. Am Stat 1998;52:119-126, as in PropCIs `add4ci` and SAS before `CL=AGRESTICOULL` used z
    squared.
    """
    check_counts(events, n)
    return _pseudo(events, n, 2.0, z_of(level))


def logit(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Wald's interval of the log odds taken back to the proportion; parameters and errors as in `wilson`.

    "separated", without limits, where no unit or every unit had the event: the log odds are infinite.

    Notes
    -----
    Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133, section 4.1.3.
    """
    check_counts(events, n)
    z = z_of(level)
    if events in (0, n):
        return Interval(events / n, None, None, "separated")
    centre, half = log(events / (n - events)), z * sqrt(n / (events * (n - events)))
    return Interval(events / n, 1 / (1 + exp(half - centre)), 1 / (1 + exp(-half - centre)))


def arcsine(events: int, n: int, *, level: float = 0.95, anscombe: bool = True) -> CentredInterval:
    """Interval from the variance-stabilising arcsine transform; parameters and errors as in `wilson`.

    Parameters
    ----------
    anscombe : bool
        Transform (events + 3/8)/(n + 3/4), else events/n.

    Notes
    -----
    Anscombe FJ. Biometrika 1948;35:246-254; Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133, section 4.1.4. The
    angle is kept between 0 and a right angle, and the limit is 0 without an event and 1 without a non-event; DescTools
    lets the angle run on, so that its lower limit of 0 of 20 is above 0.
    """
    check_counts(events, n)
    z = z_of(level)
    centre = (events + 0.375) / (n + 0.75) if anscombe else events / n
    angle, half = asin(sqrt(centre)), z / (2 * sqrt(n))
    lower, upper = sin(max(0.0, angle - half)) ** 2, sin(min(pi / 2, angle + half)) ** 2
    lower, upper = 0.0 if events == 0 else lower, 1.0 if events == n else upper
    return CentredInterval(events / n, lower, upper, centre=centre)


def likelihood_ratio(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Proportions that the likelihood-ratio test does not reject; parameters and errors as in `wilson`.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:857-872, method 7, without its special rule for no event.
    """
    check_counts(events, n)
    p, half_chi2 = events / n, z_of(level) ** 2 / 2
    best = xlogy(events, p) + xlogy(n - events, 1 - p)

    def margin(value: float) -> float:
        return half_chi2 - best + xlogy(events, value) + xlogy(n - events, 1 - value)

    return Interval(p, border(margin, p, 0.0) if events else 0.0, border(margin, p, 1.0) if events < n else 1.0)


def jeffreys(events: int, n: int, *, level: float = 0.95, modified: bool = False) -> Interval:
    """Proportion with Jeffreys' interval; parameters and errors as in `wilson`.

    The lower limit is 0 without an event, the upper 1 without a non-event.

    Parameters
    ----------
    modified : bool
        With the limits of Brown, Cai and DasGupta for at most one event or non-event.

    Notes
    -----
    Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133; modified: their section 4.1.2. statsmodels 0.15.0 has no
    rule at the ends.
    """
    check_counts(events, n)
    check_level(level)
    tail, a, b = (1 - level) / 2, events + 0.5, n - events + 0.5
    lower = 0.0 if events == 0 else float(betaincinv(a, b, tail))
    upper = 1.0 if events == n else float(betainccinv(a, b, tail))
    if modified:
        lower = tail ** (1 / n) if events == n else 0.0 if events <= 1 else lower
        upper = 1 - tail ** (1 / n) if events == 0 else 1.0 if events >= n - 1 else upper
    return Interval(events / n, lower, upper)


def skewness_corrected(events: int, n: int, *, level: float = 0.95, design_effect: float = 1.0) -> Interval:
    """Score interval with the skewness of the binomial taken out; parameters and errors as in `wilson`.

    Notes
    -----
    Laud PJ. Pharm Stat 2017;16:334-348 (SCAS); the limits are where the corrected score meets the normal quantile. The
    design effect inflates the variance and leaves the third moment, as ratesci does.
    """
    check_counts(events, n)
    if not 0 < design_effect < float("inf"):
        raise InvalidInput(
            f"design_effect is {design_effect}; it has to be a positive number, 1 for independent units."
        )
    z, observed = z_of(level), events / n

    def margin(p: float) -> float:
        spread = p * (1 - p) / n
        if spread <= 0:
            return z if p == observed else -1.0
        variance = spread * design_effect
        return z - abs(corrected((observed - p) / sqrt(variance), spread * (1 - 2 * p) / n / variance**1.5, z))

    lower = 0.0 if events == 0 else border(margin, observed, 0.0)
    return Interval(observed, lower, 1.0 if events == n else border(margin, observed, 1.0))


def _pseudo(events: int, n: int, added: float, z: float) -> CentredInterval:
    """Wald's interval with `added` pseudo-events and as many pseudo-non-events."""
    size = n + 2 * added
    centre = (events + added) / size
    se = sqrt(centre * (1 - centre) / size)
    return CentredInterval(events / n, max(0.0, centre - z * se), min(1.0, centre + z * se), centre=centre, se=se)
