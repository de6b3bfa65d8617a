"""How far readings of the same object differ: within-subject SD, standard error of measurement, detectable change."""

from dataclasses import dataclass
from math import expm1, inf, sqrt

import numpy as np
from scipy.special import ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import limits
from helpers.stats.agreement._readings import MeanSquares, Readings, matrix_of, mean_squares
from helpers.stats.spread import limits_of_sum, sd_limits

KINDS = ("within", "agreement", "consistency")


@dataclass(frozen=True)
class MeasurementError(Interval):
    """A standard error of measurement, in the unit of the readings, of `n` objects read by `k` raters, with its limits.

    `repeatability` is what two single readings of an object differ by at most, and `detectable_change` what the means
    of as many readings as asked for have to differ by to show a change, both at the level asked for.
    """

    n: int = 0
    k: int = 0
    df: float | None = None
    repeatability: Interval | None = None
    detectable_change: Interval | None = None


def measurement_error(
    readings: Readings,
    *,
    kind: str = "agreement",
    averaged: int = 1,
    coverage: float = 0.95,
    level: float = 0.95,
) -> MeasurementError:
    """Standard error of measurement with repeatability coefficient and minimal detectable change.

    Parameters
    ----------
    readings : array or DataFrame
        One row an object, one column a rater, in one unit; an object with a missing reading is left out.
    kind : {"within", "agreement", "consistency"}
        "within": within-subject standard deviation, the readings of an object being replicates. "agreement": another
        rater may read next time, so that the spread of the raters counts. "consistency": the same rater reads, so that
        a constant difference of raters does not count.
    averaged : int
        Readings whose mean stands for an object when a change is looked for, 1 or more.
    coverage : float
        Share of unchanged objects that stay within repeatability and detectable change, 0 < coverage < 1.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    MeasurementError
        In the unit of the readings. Intervals by the chi-square distribution, for "agreement" of the sum of both mean
        squares, so that with two raters the upper limit is far off: they tell little of how raters spread. "too-few"
        below two objects; 0 without an interval where readings of an object do not differ
        as far as the kind counts it ("no-variance").

    Raises
    ------
    InvalidInput
        If the readings are no matrix of numbers with two columns at least, or an option is not allowed.

    Notes
    -----
    Bland JM, Altman DG. BMJ 1996;312:1654 ("within"). de Vet HCW et al. J Clin Epidemiol 2006;59:1033-1039. Interval of
    "agreement": Graybill FA, Wang CM. J Am Stat Assoc 1980;75:869-873. A negative component of the raters counts as 0.
    The mean of readings by different raters has the error of "agreement" over sqrt(averaged).
    """
    check_level(level)
    check_choice("kind", kind, KINDS)
    if not 0 < coverage < 1 or int(averaged) != averaged or averaged < 1:
        raise InvalidInput(f"coverage {coverage} and {averaged} readings: a share, and a whole number of at least 1.")
    matrix = matrix_of(readings)
    n, k = matrix.shape
    if n < 2:
        return MeasurementError(None, None, None, "too-few", n, k)
    ms = mean_squares(matrix)
    if not (ms.within if kind == "within" else ms.error if kind == "consistency" else max(ms.error, ms.raters)):
        return MeasurementError(0.0, None, None, "no-variance", n, k)
    ends, df = _of_agreement(ms, level), None
    if kind != "agreement":
        variance, df = (ms.within, n * (k - 1)) if kind == "within" else (ms.error, (n - 1) * (k - 1))
        ends = (sqrt(variance), *sd_limits(sqrt(variance), df, level))
    factor = sqrt(2) * float(ndtri((1 + coverage) / 2))
    repeatability = Interval(*(factor * end for end in ends))
    change = Interval(*(factor / sqrt(averaged) * end for end in ends))
    return MeasurementError(*ends, "", n, k, None if df is None else float(df), repeatability, change)


def detectable_change(sem: float, *, averaged: int = 1, coverage: float = 0.95) -> float:
    """What two means of `averaged` readings have to differ by to show a change, from a standard error of measurement.

    Parameters
    ----------
    sem : float
        Of a single reading, at least 0.
    averaged, coverage
        As in `measurement_error`.

    Raises
    ------
    InvalidInput
        If an argument is not allowed.
    """
    if not (0 <= sem < inf and 0 < coverage < 1 and int(averaged) == averaged and averaged >= 1):
        raise InvalidInput(f"standard error {sem}, {averaged} readings, coverage {coverage}: one of them cannot be.")
    return float(ndtri((1 + coverage) / 2)) * sqrt(2 / averaged) * sem


def within_subject_cv(readings: Readings, *, method: str = "logarithmic", level: float = 0.95) -> Interval:
    """Within-subject coefficient of variation of a positive measure, where the error grows with the size.

    Parameters
    ----------
    readings : array or DataFrame
        One row an object, one column a rater, in one unit; an object with a missing reading is left out.
    method : {"logarithmic", "root-mean-square"}
        exp of the within-subject SD of the logarithms less 1; or the square root of the mean squared coefficient of the
        objects, its interval from the standard error of that mean.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        As a fraction. "undefined" where a reading is not positive; "too-few" below two objects; "no-variance" without
        limits where readings of an object do not differ.

    Notes
    -----
    Bland JM, Altman DG. BMJ 1996;313:106.
    """
    check_level(level)
    check_choice("method", method, ("logarithmic", "root-mean-square"))
    matrix = matrix_of(readings)
    n, k = matrix.shape
    if n < 2:
        return Interval(None, None, None, "too-few")
    if (matrix <= 0).any():
        return Interval(None, None, None, "undefined")
    if method == "logarithmic":
        variance = mean_squares(np.log(matrix)).within
        if not variance:
            return Interval(0.0, None, None, "no-variance")
        s = sqrt(variance)
        return Interval(*(expm1(end) if end < 709 else inf for end in (s, *sd_limits(s, n * (k - 1), level))))
    squared = matrix.var(axis=1, ddof=1) / matrix.mean(axis=1) ** 2
    mean, se = float(squared.mean()), float(squared.std(ddof=1)) / sqrt(n)
    if mean <= 1e-24:
        return Interval(0.0, None, None, "no-variance")
    if se <= 1e-12 * mean:
        return Interval(sqrt(mean), None, None, "no-variance")
    lower, upper = limits(mean, se, level=level)
    return Interval(sqrt(mean), sqrt(max(0.0, lower)), sqrt(upper))


def _of_agreement(ms: MeanSquares, level: float) -> tuple[float, float, float]:
    """Standard error of measurement across raters with its limits."""
    parts = [ms.raters / ms.n, ms.error * (ms.n - 1) / ms.n]
    lower, upper = limits_of_sum(parts, [ms.k - 1, (ms.n - 1) * (ms.k - 1)], level)
    return sqrt(max(ms.error, sum(parts))), sqrt(lower), sqrt(upper)
