"""Precision of proportions: width of a confidence interval for given sizes, and sizes for a given width."""

from collections.abc import Callable
from math import sqrt

from scipy.optimize import brentq
from scipy.special import betaincinv, ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level
from helpers.stats.power._common import Precision, check_positive, check_proportion, whole
from helpers.stats.proportions._restricted import restricted

ONE = ("wald", "wilson", "agresti-coull", "clopper-pearson", "jeffreys")
TWO = ("wald", "agresti-caffo", "newcombe", "miettinen-nurminen", "mee")


def proportion_width(p: float, *, n: float, level: float = 0.95, method: str = "wilson") -> float:
    """Width of the interval of a proportion at n * p events, which need not be whole.

    Parameters
    ----------
    p : float
        Proportion, 0 to 1.
    n : float
        Units, above 0.
    level : float
        Confidence level, 0 < level < 1.
    method : str
        "wald", "wilson", "agresti-coull", "clopper-pearson" or "jeffreys".

    Returns
    -------
    float
        Upper minus lower limit.

    Raises
    ------
    InvalidInput
        If a number lies outside its range or the method is unknown.
    """
    check_proportion("p", p, ends=True)
    check_positive("n", n)
    check_level(level)
    check_choice("method", method, ONE)
    return _one_width(p, n, level, method)


def proportion_size(p: float, width: float, *, level: float = 0.95, method: str = "wilson") -> Precision:
    """Units for a given width of the interval of a proportion; parameters and errors as in `proportion_width`.

    Parameters
    ----------
    width : float
        Upper minus lower limit asked for, above 0 and below 1.
    """
    check_proportion("p", p, ends=True)
    check_proportion("width", width)
    check_level(level)
    check_choice("method", method, ONE)
    return _solved(lambda n, _: _one_width(p, n, level, method), width, None)


def difference_width(
    p: float, p_ref: float, *, n: float, n_ref: float | None = None, level: float = 0.95, method: str = "newcombe"
) -> float:
    """Width of the interval of a difference of two independent proportions at the expected numbers of events.

    Parameters
    ----------
    p, p_ref : float
        Proportions in the arm of interest and in the reference, 0 to 1.
    n, n_ref : float
        Units in each; the reference has as many as the arm if not given.
    level : float
        Confidence level, 0 < level < 1.
    method : str
        "wald", "agresti-caffo", "newcombe" (method 10), "miettinen-nurminen" or "mee".

    Returns
    -------
    float
        Upper minus lower limit.

    Raises
    ------
    InvalidInput
        If a number lies outside its range or the method is unknown.
    """
    check_proportion("p", p, ends=True)
    check_proportion("p_ref", p_ref, ends=True)
    check_level(level)
    check_choice("method", method, TWO)
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)
    return _two_width(p, p_ref, n, n_ref, level, method)


def difference_size(
    p: float, p_ref: float, width: float, *, ratio: float = 1.0, level: float = 0.95, method: str = "newcombe"
) -> Precision:
    """Units for a given width of the interval of a difference of proportions; as `difference_width`.

    Parameters
    ----------
    width : float
        Upper minus lower limit asked for, above 0 and below 2.
    ratio : float
        Units in the reference for each unit in the arm, above 0.
    """
    check_proportion("p", p, ends=True)
    check_proportion("p_ref", p_ref, ends=True)
    check_level(level)
    check_choice("method", method, TWO)
    check_positive("ratio", ratio)
    if not 0 < width < 2:
        raise InvalidInput(f"width is {width}; the interval of a difference of proportions is shorter than 2.")
    return _solved(lambda n, n_ref: _two_width(p, p_ref, n, n_ref, level, method), width, ratio)


def _z(level: float) -> float:
    return float(ndtri((1 + level) / 2))


def _one_width(p: float, n: float, level: float, method: str) -> float:
    z, x = _z(level), n * p
    if method == "wald":
        return 2 * z * sqrt(p * (1 - p) / n)
    if method == "wilson":
        return 2 * z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    if method == "agresti-coull":
        total = n + z * z
        centre = (x + z * z / 2) / total
        reach = z * sqrt(centre * (1 - centre) / total)
        return min(1.0, centre + reach) - max(0.0, centre - reach)
    tail, more = (1 - level) / 2, 0.5 if method == "jeffreys" else 0.0
    above = 0.5 if method == "jeffreys" else 1.0
    lower = float(betaincinv(x + more, n - x + above, tail)) if x > 0 else 0.0
    upper = float(betaincinv(x + above, n - x + more, 1 - tail)) if x < n else 1.0
    return upper - lower


def _two_width(p: float, p_ref: float, n: float, n_ref: float, level: float, method: str) -> float:
    z = _z(level)
    if method in ("wald", "agresti-caffo"):
        difference, added = p - p_ref, 0.0
        if method == "agresti-caffo":
            p, p_ref, n, n_ref, added = (n * p + 1) / (n + 2), (n_ref * p_ref + 1) / (n_ref + 2), n + 2, n_ref + 2, 1.0
        reach = z * sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
        difference = p - p_ref if added else difference
        return min(1.0, difference + reach) - max(-1.0, difference - reach) if added else 2 * reach
    if method == "newcombe":
        low, high = _wilson(p, n, z)
        low_ref, high_ref = _wilson(p_ref, n_ref, z)
        return sqrt((p - low) ** 2 + (high_ref - p_ref) ** 2) + sqrt((high - p) ** 2 + (p_ref - low_ref) ** 2)
    factor = (n + n_ref) / (n + n_ref - 1) if method == "miettinen-nurminen" and n + n_ref > 1 else 1.0

    def margin(value: float) -> float:
        held, held_ref = map(float, restricted("difference", value, n * p, n, n_ref * p_ref, n_ref))
        variance = (held * (1 - held) / n + held_ref * (1 - held_ref) / n_ref) * factor
        return z * sqrt(variance) - abs(p - p_ref - value)

    ends = []
    for end in (1.0, -1.0):
        if margin(end) >= 0 or margin(p - p_ref) <= 0:
            ends.append(end if margin(end) >= 0 else _fallen(margin, p - p_ref, end))
        else:
            ends.append(float(brentq(margin, p - p_ref, end, xtol=1e-13, rtol=1e-13)))
    return ends[0] - ends[1]


def _fallen(margin: Callable[[float], float], inner: float, outer: float) -> float:
    """Where the margin falls below 0, from an inner end at which it is 0."""
    for _ in range(100):
        middle = (inner + outer) / 2
        inner, outer = (inner, middle) if margin(middle) < 0 else (middle, outer)
    return inner


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    centre, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - reach) / (1 + z * z / n), (centre + reach) / (1 + z * z / n)


def _solved(width_of: Callable[[float, float], float], width: float, ratio: float | None) -> Precision:
    """The size from which on the width is small enough: intervals get shorter with n but for very few units."""
    other = 1.0 if ratio is None else ratio
    if width_of(1e9, 1e9 * other) > width:
        return Precision(None, reason="unreachable")
    high = 1.0
    while width_of(high, high * other) > width:
        high *= 2
    low = high
    while low > 1e-3 and width_of(low, low * other) <= width:
        low /= 2
    if low <= 1e-3:
        found = low
    else:
        found = float(brentq(lambda n: width_of(n, n * other) - width, low, 2 * low, xtol=1e-12, rtol=1e-13))
    n, n_ref = whole(found, ratio)
    return Precision(n, n_ref, width_of(n, n if n_ref is None else n_ref), found)
