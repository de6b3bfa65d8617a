"""What the modules of proportions share: checks of arguments, the normal quantile, and the search for a border."""

from collections.abc import Callable
from math import inf

from scipy.optimize import brentq
from scipy.special import ndtr

from helpers.errors import InvalidInput
from helpers.stats._types import check_counts

_HALVINGS = 200
#: Where a search on the log scale gives up: beyond it a ratio is 0 or infinite, and scores would overflow.
_FURTHEST = 600.0
_TOLERANCE = 1e-14
#: A margin of minus infinity, where the variance vanishes, is cut here for the root finder.
_FAR_OUTSIDE = -1e3


def check_two(events: int, n: int, events_ref: int, n_ref: int) -> None:
    """Refuse counts of two arms that are no counts."""
    check_counts(events, n)
    check_counts(events_ref, n_ref)


def check_between(name: str, value: float, low: float, high: float, *, ends: bool = False) -> None:
    """Refuse a number outside (low, high), or outside [low, high] where the ends are allowed."""
    inside = low <= value <= high if ends else low < value < high
    if not inside:
        brackets = "[]" if ends else "()"
        raise InvalidInput(f"{name} is {value}; it has to lie in {brackets[0]}{low}, {high}{brackets[1]}.")


def p_value(z: float, alternative: str) -> float:
    """P-value of a standard normal statistic."""
    if alternative == "greater":
        return float(ndtr(-z))
    if alternative == "less":
        return float(ndtr(z))
    return float(2 * ndtr(-abs(z)))


def border(margin: Callable[[float], float], inner: float, outer: float) -> float:
    """Where `margin` falls below 0 on the way from `inner`, which is inside, to `outer`.

    `outer` itself where nothing on the way is outside. A root finder where the margin at `inner` is positive; halving
    where it is 0, as at a table whose variance vanishes at its own estimate.
    """
    if inner == outer or margin(outer) >= 0:
        return outer
    if margin(inner) > 0:
        return float(brentq(lambda v: max(margin(v), _FAR_OUTSIDE), inner, outer, xtol=_TOLERANCE, rtol=_TOLERANCE))
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        if middle in (inner, outer):
            break
        inner, outer = (inner, middle) if margin(middle) < 0 else (middle, outer)
    return inner


def log_border(margin: Callable[[float], float], start: float, direction: int) -> float:
    """As `border` on a log scale, from `start` down (-1) or up (+1); minus or plus infinity where there is none."""
    step, inner = 1.0, start
    while abs(inner) < _FURTHEST:
        outer = max(-_FURTHEST, min(_FURTHEST, inner + direction * step))
        if margin(outer) < 0:
            return border(margin, inner, outer)
        inner, step = outer, step * 2
    return direction * inf
