"""Ratios of means: of geometric means on the log scale, and of arithmetic means."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._t_tests import TTest, t_test
from helpers.stats._types import Estimate, Interval, check_choice
from helpers.stats._wald import one_sided, quantile
from helpers.stats.means._shared import check_options, exponential, paired_values, pooled_sd, welch_df
from helpers.stats.means.one_sample import difference_moments, one_sample, paired
from helpers.stats.means.two_sample import student, welch
from helpers.stats.spread import lognormal_cv
from helpers.stats.summary import Moments, Sample, moments, values_of

METHODS = ("log", "delta", "adjusted", "fieller")


@dataclass(frozen=True)
class Ratio(Interval):
    """A ratio of means with its interval; `log` is the same on the log scale, with standard error and test of 1.

    A Fieller interval has no log scale: then `log` holds the estimate alone.
    """

    log: Estimate | None = None

    @property
    def p_value(self) -> float | None:
        """Of the test on the log scale."""
        return getattr(self.log, "p_value", None)


@dataclass(frozen=True)
class GeometricMean(Ratio):
    """A geometric mean of `n` values in their unit, with the coefficient of variation of a lognormal sample."""

    n: int = 0
    cv: Interval | None = None


def geometric_mean(
    values: Iterable[float], *, null: float = 1.0, level: float = 0.95, alternative: str = "two-sided"
) -> GeometricMean:
    """Geometric mean with the t interval of the mean logarithm.

    Parameters
    ----------
    values : iterable of float
        Positive, in any unit; missing ones are left out.
    null : float
        Geometric mean under the null hypothesis, positive.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test; a one-sided interval ends at 0 or infinity on its other side.

    Returns
    -------
    GeometricMean
        "undefined" where a value is not positive; otherwise reasons as in `one_sample`.

    Raises
    ------
    InvalidInput
        If `null` is not positive.
    """
    if not null > 0:
        raise InvalidInput(f"null is {null}; a geometric mean is positive.")
    present = values_of(values)
    if (present <= 0).any():
        check_options(level, alternative)
        return GeometricMean(None, None, None, "undefined", n=present.size)
    found = one_sample(np.log(present), null=log(null), level=level, alternative=alternative)
    cv = lognormal_cv(moments(np.log(present)), level=level) if not found.reason else None
    plain = exponentiated(found)
    return GeometricMean(plain.estimate, plain.lower, plain.upper, found.reason, log=found, n=present.size, cv=cv)


def geometric_ratio(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    equal_variances: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Ratio:
    """Ratio of two geometric means, arm of interest over reference, by the t test of the logarithms.

    Parameters
    ----------
    values, reference : iterable of float
        Two samples of positive values; missing ones are left out.
    equal_variances : bool
        Student's test of the logarithms instead of Welch's.
    level, alternative
        As in `geometric_mean`.

    Returns
    -------
    Ratio
        "undefined" where a value is not positive; otherwise reasons as in `welch`.
    """
    check_options(level, alternative)
    x, y = values_of(values), values_of(reference)
    if (x <= 0).any() or (y <= 0).any():
        return Ratio(None, None, None, "undefined")
    test = student if equal_variances else welch
    return exponentiated(test(np.log(x), np.log(y), level=level, alternative=alternative))


def paired_geometric_ratio(
    values: Iterable[float], reference: Iterable[float], *, level: float = 0.95, alternative: str = "two-sided"
) -> Ratio:
    """Geometric mean of the ratios of pairs, by the paired t test of the logarithms; options as in `geometric_ratio`.

    Raises
    ------
    InvalidInput
        If the two differ in length.
    """
    check_options(level, alternative)
    first, second = paired_values(values, reference)
    if (first <= 0).any() or (second <= 0).any():
        return Ratio(None, None, None, "undefined")
    return exponentiated(paired(np.log(first), np.log(second), level=level, alternative=alternative))


def mean_ratio(
    values: Sample,
    reference: Sample,
    *,
    method: str = "log",
    equal_variances: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Ratio:
    """Ratio of two arithmetic means of measures with a true zero, arm of interest over reference.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        The two samples: their values, of which missing ones are left out, or their moments.
    method : {"log", "delta", "adjusted", "fieller"}
        "log": t interval of the log ratio with Satterthwaite's degrees of freedom. "delta": the same with the normal
        distribution. "adjusted": normal, with the estimate and variance corrected for bias. "fieller": on the scale of
        the ratio, by Fieller's theorem.
    equal_variances : bool
        For "fieller" only: pool the variances, which makes it exact for normal values.
    level, alternative
        As in `geometric_mean`.

    Returns
    -------
    Ratio
        "undefined" where a mean is not positive, and without limits where Fieller's set is not an interval because the
        reference mean may be zero. Otherwise reasons as in `welch`.

    Notes
    -----
    Bonett DG, Price RM. J Educ Behav Stat 2020;45:750-770 ("log"). Hedges LV et al. Ecology 1999;80:1150-1156
    ("delta"). Lajeunesse MJ. Ecology 2015;96:2056-2063 ("adjusted"). Fieller EC. J R Stat Soc B 1954;16:175-185; with
    unequal variances the degrees of freedom at the estimated ratio, Tamhane AC, Logan BR. J Biopharm Stat
    2004;14:843-856. The documentation of R's statpsych prints limits for "log" that its own code does not give.
    """
    check_options(level, alternative)
    check_choice("method", method, METHODS)
    first, second = moments(values), moments(reference)
    if first is None or second is None:
        return Ratio(None, None, None, "too-few")
    if first.mean <= 0 or second.mean <= 0:
        return Ratio(None, None, None, "undefined")
    ratio = first.mean / second.mean
    if min(first.n, second.n) < 2:
        return Ratio(ratio, None, None, "too-few")
    if not (first.sd or second.sd):
        return Ratio(ratio, None, None, "no-variance")
    if method == "fieller":
        return _fieller(first, second, equal_variances, level, alternative)
    scaled = [Moments(m.n, 1.0, m.sd / m.mean) for m in (first, second)]
    a, b = (m.variance / m.n for m in scaled)
    estimate, variance, df = log(ratio), a + b, welch_df(*scaled)
    if method == "adjusted":
        estimate, variance = estimate + (a - b) / 2, variance + (a * a - b * b) / 2
    if variance <= 0:
        return Ratio(exp(estimate), None, None, "undefined")
    return _log_ratio(first.n + second.n, estimate, variance, df if method == "log" else None, level, alternative)


def paired_mean_ratio(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    method: str = "log",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Ratio:
    """Ratio of two arithmetic means of the same units; "log", "delta" and "adjusted" as in `mean_ratio`.

    Raises
    ------
    InvalidInput
        If the two differ in length.

    Notes
    -----
    Sources as in `mean_ratio`; "log" has n - 1 degrees of freedom.
    """
    check_options(level, alternative)
    check_choice("method", method, METHODS[:3])
    x, y = paired_values(values, reference)
    first, second = moments(x), moments(y)
    if first is None:
        return Ratio(None, None, None, "too-few")
    if first.mean <= 0 or second.mean <= 0:
        return Ratio(None, None, None, "undefined")
    ratio = first.mean / second.mean
    if first.n < 2:
        return Ratio(ratio, None, None, "too-few")
    correlation = float(np.corrcoef(x, y)[0, 1]) if first.sd and second.sd else 0.0
    scaled = [Moments(m.n, 1.0, m.sd / m.mean) for m in (first, second)]
    variance = difference_moments(*scaled, max(-1.0, min(1.0, correlation))).variance / first.n
    a, b = (m.variance / m.n for m in scaled)
    estimate = log(ratio)
    if method == "adjusted":
        estimate, variance = estimate + (a - b) / 2, variance + (a * a - b * b) / 2
    if variance <= 1e-13 * (a + b):
        return Ratio(ratio, None, None, "no-variance")
    df = first.n - 1 if method == "log" else None
    return _log_ratio(first.n, estimate, variance, df, level, alternative)


def _log_ratio(n: int, estimate: float, variance: float, df: float | None, level: float, alternative: str) -> Ratio:
    found = t_test(n, estimate, sqrt(variance), df, null=0.0, level=level, alternative=alternative)
    return exponentiated(found)


def exponentiated(found: TTest) -> Ratio:
    """The ratio whose logarithm was found."""
    ends = (None if v is None else exponential(v) for v in (found.estimate, found.lower, found.upper))
    return Ratio(*ends, found.reason, log=found)


def _fieller(first: Moments, second: Moments, equal: bool, level: float, alternative: str) -> Ratio:
    """All ratios r for which (mean - r * reference mean) over its standard error stays within the t quantile."""
    ratio = first.mean / second.mean
    a, b = first.variance / first.n, second.variance / second.n
    if equal:
        pooled = pooled_sd(first, second) ** 2
        a, b, df = pooled / first.n, pooled / second.n, first.n + second.n - 2
    else:
        df = welch_df(first, Moments(second.n, second.mean, ratio * second.sd))
    t = quantile(level, alternative, df=df)
    scaled = Estimate(first.n + second.n, log(ratio))
    divisor = second.mean**2 - t * t * b
    root = first.mean**2 * second.mean**2 - divisor * (first.mean**2 - t * t * a)
    if divisor <= 0 or root < 0:
        return Ratio(ratio, None, None, "undefined", log=scaled)
    centre, half = first.mean * second.mean / divisor, sqrt(root) / divisor
    return Ratio(ratio, *one_sided(centre - half, centre + half, alternative, floor=0.0, ceiling=inf), log=scaled)
