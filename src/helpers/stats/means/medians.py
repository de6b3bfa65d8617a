"""Medians: of one sample, and the difference and ratio of two, independent or paired, without a shape assumed."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from scipy.special import bdtr, ndtri

from helpers.stats._t_tests import TTest, t_test
from helpers.stats._types import Contrast, Estimate, check_choice, check_level
from helpers.stats.means._shared import check_options, paired_values
from helpers.stats.means.ratios import Ratio, exponentiated
from helpers.stats.summary import values_of


@dataclass(frozen=True)
class Median(Estimate):
    """A median of `n` values with its standard error, and an interval between two of the values.

    `coverage` is the level the interval reaches, whatever the shape, for a continuous measure.
    """

    coverage: float | None = None


def median(values: Iterable[float], *, level: float = 0.95, interval: str = "exact") -> Median:
    """Median with an interval from order statistics.

    Parameters
    ----------
    values : iterable of float
        In any unit; missing ones are left out.
    level : float
        Confidence level, 0 < level < 1.
    interval : {"exact", "normal"}
        "exact": the narrowest symmetric pair of values whose binomial coverage is at least the level. "normal": the
        pair nearest to it by the normal approximation, whose coverage may fall short.

    Returns
    -------
    Median
        In the unit of the values. "too-few" where no pair of values reaches the level, fewer than six at 95 %.

    Notes
    -----
    The binomial distribution of the sign test; the standard error of Price RM, Bonett DG. J Stat Comput Simul
    2002;72:119-124.
    """
    check_level(level)
    check_choice("interval", interval, ("exact", "normal"))
    ordered = np.sort(values_of(values))
    n = ordered.size
    if not n:
        return Median(0, None, reason="too-few")
    middle = float(np.median(ordered))
    se = _standard_error(ordered) if n > 1 else None
    if interval == "exact":
        tail = (1 - level) / 2 * (1 + 1e-12)
        below = int(sum(bdtr(k, n, 0.5) <= tail for k in range(n // 2 + 1)))
    else:
        below = round((n - float(ndtri((1 + level) / 2)) * sqrt(n)) / 2)
    if below < 1:
        return Median(n, middle, se, reason="too-few")
    coverage = 1 - 2 * float(bdtr(below - 1, n, 0.5))
    return Median(n, middle, se, None, float(ordered[below - 1]), float(ordered[n - below]), "", coverage)


def median_difference(
    values: Iterable[float], reference: Iterable[float], *, level: float = 0.95, alternative: str = "two-sided"
) -> Contrast:
    """Difference of two medians, arm of interest minus reference, with the Price-Bonett interval.

    Parameters
    ----------
    values, reference : iterable of float
        Two samples in the same unit; missing values are left out. Ties are taken to be rare.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test; a one-sided interval is infinite on its other side.

    Returns
    -------
    TTest
        In the unit of the values, with the normal distribution. "too-few" where an arm has fewer than two values;
        "no-variance" where the order statistics used do not differ in either arm.

    Notes
    -----
    Price RM, Bonett DG. J Stat Comput Simul 2002;72:119-124. Bonett DG, Price RM. Psychol Methods 2002;7:370-383.
    """
    check_options(level, alternative)
    x, y = np.sort(values_of(values)), np.sort(values_of(reference))
    n = x.size + y.size
    difference = float(np.median(x) - np.median(y)) if x.size and y.size else None
    if min(x.size, y.size) < 2:
        return TTest(n, difference, reason="too-few")
    return _normal(n, difference, _standard_error(x) ** 2 + _standard_error(y) ** 2, level, alternative)


def median_ratio(
    values: Iterable[float], reference: Iterable[float], *, level: float = 0.95, alternative: str = "two-sided"
) -> Ratio:
    """Ratio of two medians of a positive measure, arm of interest over reference; options as in `median_difference`.

    Returns
    -------
    Ratio
        "undefined" where a value used is not positive; otherwise reasons as in `median_difference`.

    Notes
    -----
    Bonett DG, Price RM. J Educ Behav Stat 2020;45:750-770: the same standard error, of the logarithms.
    """
    check_options(level, alternative)
    x, y = np.sort(values_of(values)), np.sort(values_of(reference))
    if min(x.size, y.size) < 2:
        return Ratio(None, None, None, "too-few")
    if min(x[0], y[0]) <= 0:
        return Ratio(None, None, None, "undefined")
    variance = _standard_error(np.log(x)) ** 2 + _standard_error(np.log(y)) ** 2
    found = _normal(x.size + y.size, log(np.median(x) / np.median(y)), variance, level, alternative)
    return exponentiated(found)


def paired_median_difference(
    values: Iterable[float], reference: Iterable[float], *, level: float = 0.95, alternative: str = "two-sided"
) -> Contrast:
    """Difference of the medians of two measurements of the same units, `values` minus `reference`.

    Parameters
    ----------
    values, reference : iterable of float
        Of equal length; a pair with a missing value is left out.
    level, alternative
        As in `median_difference`.

    Returns
    -------
    TTest
        As in `median_difference`, `n` counting pairs. Not the median of the differences.

    Raises
    ------
    InvalidInput
        If the two differ in length.

    Notes
    -----
    Bonett DG, Price RM. Br J Math Stat Psychol 2020;73:333-346.
    """
    check_options(level, alternative)
    x, y = paired_values(values, reference)
    if x.size < 2:
        return TTest(x.size, float(x[0] - y[0]) if x.size else None, reason="too-few")
    return _normal(x.size, float(np.median(x) - np.median(y)), _paired_variance(x, y, x, y), level, alternative)


def paired_median_ratio(
    values: Iterable[float], reference: Iterable[float], *, level: float = 0.95, alternative: str = "two-sided"
) -> Ratio:
    """Ratio of the medians of two measurements of the same units; as `paired_median_difference` and `median_ratio`."""
    check_options(level, alternative)
    x, y = paired_values(values, reference)
    if x.size < 2:
        return Ratio(None, None, None, "too-few")
    if min(x.min(), y.min()) <= 0:
        return Ratio(None, None, None, "undefined")
    variance = _paired_variance(x, y, np.log(x), np.log(y))
    return exponentiated(_normal(x.size, log(np.median(x) / np.median(y)), variance, level, alternative))


def _standard_error(ordered: np.ndarray) -> float:
    """From the distance of two order statistics, over the distance of their normal quantiles."""
    n = ordered.size
    place = max(1, round(n / 2 - sqrt(n)))
    width = float(ordered[n - place] - ordered[place - 1])
    return width / (2 * -float(ndtri(bdtr(place - 1, n, 0.5))))


def _paired_variance(x: np.ndarray, y: np.ndarray, scaled_x: np.ndarray, scaled_y: np.ndarray) -> float:
    """Variance of the difference of two medians of the same units, on the scale given."""
    n = x.size
    both_below = int(((x < np.median(x)) & (y < np.median(y))).sum())
    share = (both_below + 0.25) / (n + 1 if n % 2 == 0 else n)
    one, two = _standard_error(np.sort(scaled_x)), _standard_error(np.sort(scaled_y))
    return one**2 + two**2 - 2 * (4 * share - 1) * one * two


def _normal(n: int, estimate: float, variance: float, level: float, alternative: str) -> TTest:
    if not variance > 0:
        return TTest(n, estimate, reason="no-variance")
    return t_test(n, estimate, sqrt(variance), None, null=0.0, level=level, alternative=alternative)
