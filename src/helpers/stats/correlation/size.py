"""How many pairs give a correlation an interval of a given width."""

from collections.abc import Callable
from math import ceil

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import quantile
from helpers.stats.correlation.differences import independent_difference
from helpers.stats.correlation.intervals import pearson_limits, spearman_limits

METHODS = ("pearson", "spearman")


def pairs_for_width(r: float, width: float, *, method: str = "pearson", held: int = 0, level: float = 0.95) -> int:
    """Pairs needed for an interval of a correlation no wider than asked, by Bonett and Wright's two steps.

    Parameters
    ----------
    r : float
        Correlation expected, -1 < r < 1.
    width : float
        Upper less lower limit, 0 < width < 2.
    method : {"pearson", "spearman"}
        Which correlation; the intervals are Fisher's and Bonett-Wright's.
    held : int
        Covariates held fixed.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    int
        Pairs.

    Raises
    ------
    InvalidInput
        If an argument is not allowed.

    Notes
    -----
    Bonett DG, Wright TA. Psychometrika 2000;65:23-28. Their second step scales the first number by the squared width
    that it gives; `pairs_for_width_exact` searches instead.
    """
    first = _first(r, width, method, held, level)
    found = _limits(method)(r, first, held=held, level=level)
    return ceil((first - held - 3) * ((found[1] - found[0]) / width) ** 2 + 3 + held)


def pairs_for_width_exact(
    r: float, width: float, *, method: str = "pearson", held: int = 0, level: float = 0.95
) -> int:
    """The smallest number of pairs whose interval is no wider than asked; parameters and errors as above."""
    high = _first(r, width, method, held, level)
    limits = _limits(method)

    def narrow(n: int) -> bool:
        lower, upper = limits(r, n, held=held, level=level)
        return upper - lower <= width

    while not narrow(high):
        high *= 2
    low = held + 3
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if narrow(middle) else (middle, high)
    return high


def pairs_for_difference_width(
    r: float, r_ref: float, width: float, *, method: str = "pearson", level: float = 0.95
) -> int:
    """Pairs a group needed for an interval of the difference of two correlations no wider than asked.

    Parameters
    ----------
    r, r_ref : float
        Correlations expected in the two groups, each between -1 and 1.
    width : float
        Upper less lower limit, 0 < width < 4.
    method, level
        As in `pairs_for_width`.

    Notes
    -----
    Bonett DG, Wright TA. Psychometrika 2000;65:23-28, in three steps as in R's statpsych, for limits of
    `independent_difference`.
    """
    check_choice("method", method, METHODS)
    if not (-1 < r < 1 and -1 < r_ref < 1 and 0 < width < 4):
        raise InvalidInput(f"correlations {r} and {r_ref}, width {width}: between -1 and 1, and between 0 and 4.")
    z = quantile(level)
    n = ceil(4 * (_spread(r, method) + _spread(r_ref, method)) * (z / width) ** 2 + 3)
    for _ in range(2):
        found = independent_difference(r, max(n, 4), r_ref, max(n, 4), method=method, level=level)
        n = ceil(n * ((found.upper - found.lower) / width) ** 2)
    return n


def _spread(r: float, method: str) -> float:
    """n - 3 times the variance of a correlation."""
    return (1 - r * r) ** 2 * (1.0 if method == "pearson" else 1 + r * r / 2)


def _limits(method: str) -> Callable[..., tuple[float, float]]:
    return pearson_limits if method == "pearson" else spearman_limits


def _first(r: float, width: float, method: str, held: int, level: float) -> int:
    check_choice("method", method, METHODS)
    if not (-1 < r < 1 and 0 < width < 2 and held >= 0):
        raise InvalidInput(
            f"r = {r}, width {width} and {held} covariates: r lies between -1 and 1, the width between 0 and 2."
        )
    return max(held + 4, ceil(4 * _spread(r, method) * (quantile(level) / width) ** 2 + held + 3))
