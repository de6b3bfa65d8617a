"""How widely values vary: intervals of a standard deviation, of a coefficient of variation, of a ratio of SDs."""

from collections.abc import Iterable, Sequence
from math import exp, expm1, inf, log, sqrt

import numpy as np
from scipy.special import chdtri, ndtri
from scipy.stats import trim_mean

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats.summary import Moments, Sample, constant, moments, values_of

METHODS = ("vangel", "mckay", "bonett")


def sd_interval(sample: Sample, *, level: float = 0.95) -> Interval:
    """Standard deviation with its chi-square interval, which holds for normal values only.

    Parameters
    ----------
    sample : iterable of float or Moments
        The values, of which missing ones are left out, or their number, mean and SD.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        In the unit of the values. "too-few" below two values; "no-variance" where the values do not vary.
    """
    check_level(level)
    found = moments(sample)
    if found is None or found.n < 2:
        return Interval(None, None, None, "too-few")
    if not found.sd:
        return Interval(0.0, None, None, "no-variance")
    return Interval(found.sd, *sd_limits(found.sd, found.n - 1, level))


def sd_limits(sd: float, df: float, level: float) -> tuple[float, float]:
    """Limits of a standard deviation on `df` degrees of freedom."""
    tail = (1 - level) / 2
    return sd * sqrt(df / float(chdtri(df, tail))), sd * sqrt(df / float(chdtri(df, 1 - tail)))


def limits_of_sum(parts: Sequence[float], dfs: Sequence[float], level: float) -> tuple[float, float]:
    """Limits of a variance that is the sum of independent mean squares, each times a constant above 0.

    Notes
    -----
    Graybill FA, Wang CM. J Am Stat Assoc 1980;75:869-873. A part without degrees of freedom is taken as known.
    """
    tail, below, above = (1 - level) / 2, 0.0, 0.0
    for part, df in zip(parts, dfs, strict=True):
        if df:
            below += (part * (1 - df / float(chdtri(df, tail)))) ** 2
            above += (part * (df / float(chdtri(df, 1 - tail)) - 1)) ** 2
    return max(0.0, sum(parts) - sqrt(below)), sum(parts) + sqrt(above)


def coefficient_of_variation(sample: Sample, *, method: str = "vangel", level: float = 0.95) -> Interval:
    """SD over mean of a measure with a true zero.

    Parameters
    ----------
    sample, level
        As in `sd_interval`.
    method : {"vangel", "mckay", "bonett"}
        McKay's chi-square approximation, Vangel's modification of it, or the reciprocals of Bonett's limits for the
        standardised mean.

    Returns
    -------
    Interval
        As a fraction. "undefined" where the mean is not positive, and without limits where McKay's approximation, made
        for coefficients below a third, does not hold the estimate. The upper limit is infinite where the values are so
        wide that the mean may be zero; otherwise reasons as in `sd_interval`.

    Notes
    -----
    McKay AT. J R Stat Soc 1932;95:695-698. Vangel MG. Am Stat 1996;50:21-26. Bonett DG. Psychol Methods 2008;13:99-109.
    """
    check_level(level)
    check_choice("method", method, METHODS)
    found = moments(sample)
    if found is None or found.n < 2:
        return Interval(None, None, None, "too-few")
    if found.mean <= 0:
        return Interval(None, None, None, "undefined")
    n, df, cv = found.n, found.n - 1, found.sd / found.mean
    if not cv:
        return Interval(0.0, None, None, "no-variance")
    if method == "bonett":
        half = float(ndtri((1 + level) / 2)) * sqrt(1 / (2 * df * cv * cv) + 1 / df)
        return Interval(cv, 1 / (1 / cv + half), 1 / (1 / cv - half) if 1 / cv > half else inf)
    tail, extra = (1 - level) / 2, 2 if method == "vangel" else 0
    ends = []
    for u in (float(chdtri(df, tail)), float(chdtri(df, 1 - tail))):
        inside = ((u + extra) / n - 1) * cv * cv + u / df
        ends.append(cv / sqrt(inside) if inside > 0 else inf)
    if not ends[0] <= cv <= ends[1]:
        return Interval(cv, None, None, "undefined")
    return Interval(cv, *ends)


def lognormal_cv(logarithms: Moments, *, level: float = 0.95) -> Interval:
    """Coefficient of variation of a lognormal measure from the moments of its natural logarithms.

    Notes
    -----
    sqrt(exp(s^2) - 1), with the chi-square limits of s.
    """
    found = sd_interval(logarithms, level=level)
    ends = (
        None if s is None else sqrt(expm1(s * s)) if s < 26 else inf for s in (found.estimate, found.lower, found.upper)
    )
    return Interval(*ends, found.reason)


def sd_ratio(values: Iterable[float], reference: Iterable[float], *, level: float = 0.95) -> Interval:
    """Ratio of two standard deviations with an interval that does not assume normal values.

    Parameters
    ----------
    values, reference : iterable of float
        Two samples in the same unit; missing ones are left out.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        "too-few" below five values in a sample; "no-variance" where a sample does not vary; "undefined" where the
        kurtosis leaves no positive variance.

    Notes
    -----
    Bonett DG. Appl Psychol Meas 2006;30:432-439, with the pooled kurtosis taken at the limit sought, so that the
    variances need not be equal.
    """
    check_level(level)
    samples = [values_of(values), values_of(reference)]
    sizes = [s.size for s in samples]
    if min(sizes) < 5:
        return Interval(None, None, None, "too-few")
    if any(constant(s) for s in samples):
        return Interval(None, None, None, "no-variance")
    z = float(ndtri((1 + level) / 2))
    (n, m), (v, w) = sizes, (float(s.var(ddof=1)) for s in samples)
    fourth = [float(((s - _trimmed(s)) ** 4).sum()) for s in samples]
    if min(sizes) <= z:
        return Interval(sqrt(v / w), None, None, "too-few")
    centre = log(n / (n - z) * (m - z) / m * v / w)
    ends = []
    for sign in (-1, 1):
        ratio = 1.0
        for _ in range(100):
            pooled = (n + m) * (fourth[0] + ratio**4 * fourth[1]) / ((n - 1) * v + ratio**2 * (m - 1) * w) ** 2
            variance = (pooled - (n - 3) / n) / (n - 1) + (pooled - (m - 3) / m) / (m - 1)
            if variance <= 0:
                return Interval(sqrt(v / w), None, None, "undefined")
            before, ratio = ratio, exp((centre + sign * z * sqrt(variance)) / 2)
            if abs(ratio - before) <= 1e-13 * ratio:
                break
        ends.append(ratio)
    return Interval(sqrt(v / w), *ends)


def _trimmed(values: np.ndarray) -> float:
    share = 1 / (2 * sqrt(values.size - 4))
    return float(np.median(values) if share >= 0.5 else trim_mean(values, share))
