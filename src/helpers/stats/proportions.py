"""One proportion and the difference of two: score intervals, and the exact interval for rare events."""

from math import sqrt

from scipy.special import ndtri
from scipy.stats import beta as beta_distribution

from helpers.stats._types import Interval, check_counts, check_level

_HALVINGS = 200


def wilson(events: int, n: int, *, level: float = 0.95, continuity: bool = False) -> Interval:
    """Proportion with Wilson's score interval.

    Parameters
    ----------
    events, n : int
        Units with the event, and units.
    level : float
        Confidence level, 0 < level < 1.
    continuity : bool
        With the continuity correction of Newcombe's method 4.

    Returns
    -------
    Interval
        Proportions in [0, 1].

    Raises
    ------
    InvalidInput
        If n is not positive or events lies outside 0..n.

    Notes
    -----
    Wilson EB. J Am Stat Assoc 1927;22:209-212. Newcombe RG. Stat Med 1998;17:857-872.
    """
    check_counts(events, n)
    z = _z(level)
    p, scale = events / n, 2 * (n + z * z)
    if continuity:
        low_root = sqrt(max(0.0, z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)))
        high_root = sqrt(max(0.0, z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)))
        lower = (2 * events + z * z - 1 - z * low_root) / scale
        upper = (2 * events + z * z + 1 + z * high_root) / scale
    else:
        root = z * sqrt(z * z + 4 * events * (1 - p))
        lower, upper = (2 * events + z * z - root) / scale, (2 * events + z * z + root) / scale
    return Interval(p, 0.0 if events == 0 else max(0.0, lower), 1.0 if events == n else min(1.0, upper))


def clopper_pearson(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Proportion with the exact interval of Clopper and Pearson; parameters and errors as in `wilson`.

    Notes
    -----
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. Its coverage is never below the level, so it suits safety
    counts.
    """
    check_counts(events, n)
    check_level(level)
    tail = (1 - level) / 2
    lower = 0.0 if events == 0 else float(beta_distribution.ppf(tail, events, n - events + 1))
    upper = 1.0 if events == n else float(beta_distribution.isf(tail, events + 1, n - events))
    return Interval(events / n, lower, upper)


def jeffreys(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Proportion with Jeffreys' interval; parameters and errors as in `wilson`.

    The lower limit is 0 without an event, the upper 1 without a non-event.

    Notes
    -----
    Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133.
    """
    check_counts(events, n)
    check_level(level)
    tail, posterior = (1 - level) / 2, beta_distribution(events + 0.5, n - events + 0.5)
    lower = 0.0 if events == 0 else float(posterior.ppf(tail))
    upper = 1.0 if events == n else float(posterior.isf(tail))
    return Interval(events / n, lower, upper)


def agresti_coull(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Proportion with the Agresti-Coull interval; parameters and errors as in `wilson`.

    z squared over 2 is added to events and non-events; the limits are cut at 0 and 1.

    Notes
    -----
    Agresti A, Coull BA. Am Stat 1998;52:119-126.
    """
    check_counts(events, n)
    z = _z(level)
    centre = (events + z * z / 2) / (n + z * z)
    half = z * sqrt(centre * (1 - centre) / (n + z * z))
    return Interval(events / n, max(0.0, centre - half), min(1.0, centre + half))


def risk_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, bias_correction: bool = True
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
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Mee RW. Biometrics 1984;40:1175-1176. The limits are where the
    score statistic meets the normal quantile; both the limits and the restricted maximum likelihood proportions are
    found by halving an interval that is known to hold them, so no table, with zero cells or without, lacks an answer.
    """
    check_counts(events, n)
    check_counts(events_ref, n_ref)
    z = _z(level)
    observed = events / n - events_ref / n_ref

    def outside(difference: float) -> bool:
        variance = score_variance(difference, events, n, events_ref, n_ref, bias_correction=bias_correction)
        return (observed - difference) ** 2 > z * z * variance

    return Interval(observed, _edge(outside, observed, -1.0), _edge(outside, observed, 1.0))


def restricted_mle(difference: float, events: int, n: int, events_ref: int, n_ref: int) -> tuple[float, float]:
    """Maximum likelihood proportions, arm of interest and reference, whose difference is held at `difference`.

    Notes
    -----
    The log likelihood is concave in the reference proportion, so its slope falls through zero once at most.
    """

    def slope(p_ref: float) -> float:
        p = p_ref + difference
        parts = ((events, p), (events_ref, p_ref), (events - n, 1 - p), (events_ref - n_ref, 1 - p_ref))
        return sum(count / share if share > 0 else count * float("inf") for count, share in parts if count)

    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    p_ref = (low + high) / 2
    return min(1.0, max(0.0, p_ref + difference)), p_ref


def score_variance(
    difference: float, events: int, n: int, events_ref: int, n_ref: int, *, bias_correction: bool = True
) -> float:
    """Variance of the observed difference at the restricted maximum likelihood proportions."""
    p, p_ref = restricted_mle(difference, events, n, events_ref, n_ref)
    total = n + n_ref
    return (p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref) * (total / (total - 1) if bias_correction else 1.0)


def newcombe_difference(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95, continuity: bool = False
) -> Interval:
    """Difference of two independent proportions with Newcombe's hybrid score interval.

    Method 10 of the paper, or method 11 with the continuity correction. Parameters and errors otherwise as in
    `risk_difference`.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:873-890.
    """
    check_counts(events, n)
    check_counts(events_ref, n_ref)
    arm = wilson(events, n, level=level, continuity=continuity)
    ref = wilson(events_ref, n_ref, level=level, continuity=continuity)
    difference = arm.estimate - ref.estimate
    lower = difference - sqrt((arm.estimate - arm.lower) ** 2 + (ref.upper - ref.estimate) ** 2)
    upper = difference + sqrt((arm.upper - arm.estimate) ** 2 + (ref.estimate - ref.lower) ** 2)
    return Interval(difference, max(-1.0, lower), min(1.0, upper))


def _z(level: float) -> float:
    check_level(level)
    return float(ndtri((1 + level) / 2))


def _edge(outside, inner: float, outer: float) -> float:
    """The border between `inner`, which is inside, and `outer`, which is outside or the end of the scale."""
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        if middle in (inner, outer):
            break
        inner, outer = (inner, middle) if outside(middle) else (middle, outer)
    return outer if abs(outer) == 1.0 else inner
