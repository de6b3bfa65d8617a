"""Two proportions of the same units: their ratio, and the odds ratio of the pairs that changed."""

from math import exp, inf, log, sqrt

from helpers.stats._types import check_choice
from helpers.stats._wald import z_of
from helpers.stats.proportions._common import log_border
from helpers.stats.proportions._ratio_scale import about_log, mover_limits
from helpers.stats.proportions._results import RatioInterval
from helpers.stats.proportions.paired import check_cells, paired_parts
from helpers.stats.proportions.single import jeffreys, wilson
from helpers.stats.proportions.single_exact import blaker, clopper_pearson, mid_p, sterne

_ODDS_LIMITS = {
    "exact": clopper_pearson,
    "mid-p": mid_p,
    "blaker": blaker,
    "minlike": sterne,
    "wilson": wilson,
    "jeffreys": jeffreys,
}


def tang_ratio(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95, bias_correction: bool = False
) -> RatioInterval:
    """Ratio of two paired proportions, first over second, with the score interval.

    Parameters
    ----------
    both, first_only, second_only, neither : int
        Units by when they had the event.
    level : float
        Confidence level, 0 < level < 1.
    bias_correction : bool
        Multiply the variance by N/(N-1).

    Returns
    -------
    RatioInterval
        0 or infinity where the event never occurred the first or the second time; "no-events" without any.

    Raises
    ------
    InvalidInput
        If a cell is no count, all cells are 0, or the level is outside its range.

    Notes
    -----
    Tang NS, Tang ML, Chan ISF. Stat Med 2003;22:1217-1233; Nam JM, Blackwelder WC. Stat Med 2002;21:689-699.
    """
    total = check_cells(both, first_only, second_only, neither)
    z, ratio = z_of(level), _ratio(both, first_only, second_only)
    some, first, second = total - neither, both + first_only, both + second_only
    factor = total / (total - 1) if bias_correction and total > 1 else 1.0
    if ratio is None:
        return RatioInterval(None, 0.0, inf, "no-events")

    def margin(logarithm: float) -> float:
        value = exp(logarithm)
        a, b = total * (1 + value), second * value**2 - (first + second_only + second_only)
        c = second_only * (1 - value) * some / total
        root = sqrt(max(0.0, b * b - 4 * a * c))
        only_second = (root - b) / (2 * a) if b <= 0 else (-2 * c / (b + root) if b + root else 0.0)
        variance = (total * (1 + value) * only_second + some * (value - 1)) * factor
        distance = first - second * value
        if abs(distance) < 1e-12 * total:
            return z
        return z - abs(distance) / sqrt(variance) if variance > 0 else -1.0

    if 0 < ratio < inf:
        start = log(ratio)
    else:
        start = log((first + 0.5) / (second + 0.5))
        while margin(start) < 0:
            start += -1 if ratio == 0 else 1
    lower = 0.0 if ratio == 0 else exp(log_border(margin, start, -1))
    return RatioInterval(ratio, lower, inf if ratio == inf else exp(log_border(margin, start, 1)))


def wald_paired_ratio(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95
) -> RatioInterval:
    """Ratio of paired proportions, normal on the log scale; cells and errors as in `tang_ratio`.

    "separated", without limits, where the event never occurred the first or the second time; "no-variance" where no
    pair changed.

    Notes
    -----
    Fagerland MW, Lydersen S, Laake P. Stat Med 2014;33:2850-2875.
    """
    check_cells(both, first_only, second_only, neither)
    z, ratio = z_of(level), _ratio(both, first_only, second_only)
    if ratio in (None, 0, inf):
        return RatioInterval(ratio, None, None, "no-events" if ratio is None else "separated")
    if first_only + second_only == 0:
        return RatioInterval(ratio, None, None, "no-variance")
    se = sqrt((first_only + second_only) / ((both + first_only) * (both + second_only)))
    return about_log(ratio, ratio, se, z * se)


def bonett_price_ratio(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95, continuity: bool = False
) -> RatioInterval:
    """Ratio of paired proportions from two shortened Wilson limits; cells and errors as in `tang_ratio`.

    Parameters
    ----------
    continuity : bool
        With Wilson's continuity correction.

    Notes
    -----
    Bonett DG, Price RM. J Educ Behav Stat 2006;31:339-352 (hybrid Wilson score).
    """
    check_cells(both, first_only, second_only, neither)
    z, ratio = z_of(level), _ratio(both, first_only, second_only)
    some, first, second = both + first_only + second_only, both + first_only, both + second_only
    if ratio is None:
        return RatioInterval(None, 0.0, inf, "no-events")
    together = sqrt((first_only + second_only + 2) / ((first + 1) * (second + 1)))
    apart = sum(sqrt((1 - (count + 1) / (some + 2)) / (count + 1)) for count in (first, second))
    shortened = z * together / apart
    low, high = _wilson_at(first, some, shortened, continuity)
    low_ref, high_ref = _wilson_at(second, some, shortened, continuity)
    return RatioInterval(ratio, low / high_ref, high / low_ref if low_ref > 0 else inf)


def mover_paired_ratio(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    level: float = 0.95,
    correlation_correction: bool = False,
    limits: str = "wilson",
) -> RatioInterval:
    """Ratio of paired proportions from the limits of the two (MOVER); cells and errors as in `tang_ratio`.

    Parameters
    ----------
    correlation_correction, limits
        As in `newcombe_paired_difference`.

    Notes
    -----
    Tang ML, Li HQ, Tang NS. Stat Methods Med Res 2012;21:361-378.
    """
    check_cells(both, first_only, second_only, neither)
    ratio = _ratio(both, first_only, second_only)
    first, second, correlation = paired_parts(
        both, first_only, second_only, neither, level=level, corrected=correlation_correction, limits=limits
    )
    if ratio is None:
        return RatioInterval(None, 0.0, inf, "no-events")
    shared = (
        correlation * (first.estimate - first.lower) * (second.upper - second.estimate),
        correlation * (first.upper - first.estimate) * (second.estimate - second.lower),
    )
    lower, upper = mover_limits(
        *(first.estimate, first.lower, first.upper), *(second.estimate, second.lower, second.upper), covariance=shared
    )
    return RatioInterval(ratio, lower, upper)


def paired_odds_ratio(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95, method: str = "mid-p"
) -> RatioInterval:
    """Conditional odds ratio of pairs, first_only over second_only; cells and errors as in `tang_ratio`.

    Parameters
    ----------
    method : str
        The interval of the share of first_only among the pairs that changed, taken to odds: "exact", "mid-p", "blaker",
        "minlike", "wilson" or "jeffreys"; or "log", normal on the log scale; or "laplace", the same with one
        pseudo-pair in each of the two cells.

    Returns
    -------
    RatioInterval
        "undefined", with limits 0 and infinity, where no pair changed; "log" has no limits where one cell is empty
        ("separated").

    Notes
    -----
    Fagerland MW, Lydersen S, Laake P. Stat Med 2014;33:2850-2875. Breslow NE, Day NE. IARC Sci Publ 1980;32, section
    5.2.
    """
    check_cells(both, first_only, second_only, neither)
    check_choice("method", method, (*_ODDS_LIMITS, "log", "laplace"))
    z = z_of(level)
    if first_only + second_only == 0:
        return RatioInterval(None, 0.0, inf, "undefined")
    ratio = first_only / second_only if second_only else inf
    if method in _ODDS_LIMITS:
        found = _ODDS_LIMITS[method](first_only, first_only + second_only, level=level)
        return RatioInterval(
            ratio, found.lower / (1 - found.lower), found.upper / (1 - found.upper) if found.upper < 1 else inf
        )
    added = 1 if method == "laplace" else 0
    if not added and 0 in (first_only, second_only):
        return RatioInterval(ratio, None, None, "separated")
    se = sqrt(1 / (first_only + added) + 1 / (second_only + added))
    return about_log(ratio, (first_only + added) / (second_only + added), se, z * se)


def _ratio(both: int, first_only: int, second_only: int) -> float | None:
    if both + second_only:
        return (both + first_only) / (both + second_only)
    return inf if first_only else None


def _wilson_at(events: int, n: int, z: float, continuity: bool) -> tuple[float, float]:
    """Wilson's limits with any multiple z of the standard error."""
    p, scale = events / n, 2 * (n + z * z)
    if not continuity:
        root = z * sqrt(z * z + 4 * events * (1 - p))
        return (2 * events + z * z - root) / scale, (2 * events + z * z + root) / scale
    low_root = sqrt(max(0.0, z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)))
    high_root = sqrt(max(0.0, z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)))
    low = 0.0 if events == 0 else max(0.0, (2 * events + z * z - 1 - z * low_root) / scale)
    return low, 1.0 if events == n else min(1.0, (2 * events + z * z + 1 + z * high_root) / scale)
