"""Cohen's d, Hedges' g and Glass's delta with intervals from the noncentral t distribution."""

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt

from helpers.stats._wald import quantile
from helpers.stats.effect_sizes._noncentral import bias_factor, noncentrality_limits
from helpers.stats.effect_sizes._types import EffectSize
from helpers.stats.means._shared import paired_values, pooled_sd, welch_df
from helpers.stats.summary import Sample, moments


def cohens_d(
    values: Sample,
    reference: Sample,
    *,
    equal_variances: bool = True,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> EffectSize:
    """Difference of two means over a standard deviation of both, arm of interest minus reference.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        The two samples, in the same unit: their values, of which missing ones are left out, or their moments.
    equal_variances : bool
        Divide by the pooled standard deviation; otherwise by the square root of the mean of both variances, with
        Welch's degrees of freedom.
    null : float
        Difference under the null hypothesis, taken off before dividing.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        A one-sided interval is infinite on its other side.

    Returns
    -------
    EffectSize
        `adjusted` is Hedges' g, with the exact factor. "too-few" where an arm is empty or a variance cannot be
        estimated; "no-variance" where the standard deviation is zero: then the estimate is 0 for equal means, else
        None.

    Notes
    -----
    Hedges LV, Olkin I. Statistical methods for meta-analysis. 1985; the unequal case as in Delacre M et al. 2021,
    doi 10.31234/osf.io/tu6mp. pingouin's interval is an approximation by a central t distribution.
    """
    quantile(level, alternative)
    one, two = moments(values), moments(reference)
    n = sum(m.n for m in (one, two) if m)
    fewest = 1 if equal_variances else 2
    if one is None or two is None or min(one.n, two.n) < fewest or n < 3:
        return EffectSize(None, None, None, "too-few", n)
    difference = one.mean - two.mean - null
    sd = pooled_sd(one, two) if equal_variances else sqrt((one.variance + two.variance) / 2)
    if not sd:
        return _constant(difference, n)
    if equal_variances:
        scale, df = sqrt(1 / one.n + 1 / two.n), float(n - 2)
    else:
        scale, df = sqrt(one.variance / one.n + two.variance / two.n) / sd, welch_df(one, two)
    return _with_interval(difference, sd, scale, df, n, level, alternative)


def hedges_g(
    values: Sample,
    reference: Sample,
    *,
    equal_variances: bool = True,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> EffectSize:
    """Cohen's d corrected for its small-sample bias, interval included; parameters and result as in `cohens_d`."""
    one, two = moments(values), moments(reference)
    if one is None or two is None:
        return EffectSize(None, None, None, "too-few", sum(m.n for m in (one, two) if m))
    found = cohens_d(one, two, equal_variances=equal_variances, null=null, level=level, alternative=alternative)
    if found.lower is None:
        return found
    return _corrected(found, float(found.n - 2) if equal_variances else welch_df(one, two))


def glass_delta(
    values: Sample,
    reference: Sample,
    *,
    corrected: bool = False,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> EffectSize:
    """Difference of two means over the standard deviation of the reference arm.

    Parameters
    ----------
    values, reference, null, level, alternative
        As in `cohens_d`.
    corrected : bool
        Correct estimate and interval for small-sample bias.

    Returns
    -------
    EffectSize
        As in `cohens_d`. The interval takes the noncentral t on the reference arm's degrees of freedom; it is None
        where the other arm has one value ("too-few").

    Notes
    -----
    Glass GV. Educ Res 1976;5:3-8; the interval as in Algina J et al. J Mod Appl Stat Methods 2006;5:2.
    """
    quantile(level, alternative)
    one, two = moments(values), moments(reference)
    n = sum(m.n for m in (one, two) if m)
    if one is None or two is None or two.n < 2:
        return EffectSize(None, None, None, "too-few", n)
    difference = one.mean - two.mean - null
    if not two.sd:
        return _constant(difference, n)
    if one.n < 2:
        return EffectSize(difference / two.sd, None, None, "too-few", n, sd=two.sd)
    scale = sqrt(1 / two.n + one.variance / (one.n * two.variance))
    found = _with_interval(difference, two.sd, scale, float(two.n - 1), n, level, alternative)
    return _corrected(found, float(two.n - 1)) if corrected else found


def one_sample_d(
    sample: Sample, *, null: float = 0.0, level: float = 0.95, alternative: str = "two-sided"
) -> EffectSize:
    """Distance of a mean from `null` in standard deviations; parameters and result as in `cohens_d`."""
    quantile(level, alternative)
    found = moments(sample)
    if found is None or found.n < 2:
        return EffectSize(None, None, None, "too-few", found.n if found else 0)
    if not found.sd:
        return _constant(found.mean - null, found.n)
    scale, df = 1 / sqrt(found.n), float(found.n - 1)
    return _with_interval(found.mean - null, found.sd, scale, df, found.n, level, alternative)


def paired_d(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> EffectSize:
    """Mean difference of pairs over the standard deviation of the differences, often called d_z.

    Parameters
    ----------
    values, reference : iterable of float
        Of equal length; a pair with a missing value is left out.
    null, level, alternative
        As in `cohens_d`.

    Raises
    ------
    InvalidInput
        If the two differ in length.

    Notes
    -----
    Not comparable with a d of independent samples; `paired_difference` divides by the SD of a measurement.
    """
    first, second = paired_values(values, reference)
    return one_sample_d(first - second, null=null, level=level, alternative=alternative)


def _with_interval(
    difference: float, sd: float, scale: float, df: float, n: int, level: float, alternative: str
) -> EffectSize:
    d = difference / sd
    lower, upper = noncentrality_limits(d / scale, df, level=level, alternative=alternative)
    return EffectSize(d, lower * scale, upper * scale, n=n, adjusted=d * bias_factor(df), sd=sd)


def _corrected(found: EffectSize, df: float) -> EffectSize:
    """Estimate and limits times the bias factor on `df` degrees of freedom."""
    factor = bias_factor(df)
    return replace(found, estimate=found.adjusted, lower=found.lower * factor, upper=found.upper * factor)


def _constant(difference: float, n: int) -> EffectSize:
    return EffectSize(0.0 if not difference else None, None, None, "no-variance", n)
