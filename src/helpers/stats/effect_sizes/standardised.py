"""Standardised differences of means without equal variances assumed, with normal intervals."""

from math import sqrt

from helpers.stats._types import check_choice, check_level
from helpers.stats._wald import limits
from helpers.stats.effect_sizes._types import EffectSize
from helpers.stats.means.one_sample import difference_moments
from helpers.stats.summary import Moments, Sample, moments

STANDARDISERS = ("unweighted", "pooled", "reference", "arm")


def standardised_difference(
    values: Sample, reference: Sample, *, standardiser: str = "unweighted", level: float = 0.95
) -> EffectSize:
    """Difference of two means in standard deviations, arm of interest minus reference.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        The two samples, in the same unit: their values, of which missing ones are left out, or their moments.
    standardiser : {"unweighted", "pooled", "reference", "arm"}
        The standard deviation to divide by: the square root of the mean of both variances, as in tables of baseline
        characteristics; of the variances weighted by their degrees of freedom; of the reference arm (Glass); of the arm
        of interest.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    EffectSize
        The interval is centred on `estimate`, not on `adjusted`. "too-few" without an estimate where a variance needed
        has fewer than two values, without an interval where an arm has. "no-variance" where the standard deviation is
        zero: then the estimate is 0 for equal means and None for others.

    Notes
    -----
    Bonett DG. Psychol Methods 2008;13:99-109; the robust standard error of "pooled" is Bonett DG. Br J Math Stat
    Psychol 2020;73 suppl 1:113-144. `adjusted` has the factor 1 - 3/(4 df - 1).
    """
    check_level(level)
    check_choice("standardiser", standardiser, STANDARDISERS)
    one, two = moments(values), moments(reference)
    n = sum(m.n for m in (one, two) if m)
    needed = {"reference": [two], "arm": [one]}.get(standardiser, [one, two])
    if one is None or two is None or min(m.n for m in needed) < 2:
        return EffectSize(None, None, None, "too-few", n)
    df, df_ref, v, w = one.n - 1, two.n - 1, one.variance, two.variance
    squared = {
        "unweighted": (v + w) / 2, "pooled": (df * v + df_ref * w) / max(1, df + df_ref), "reference": w, "arm": v,
    }[standardiser]  # fmt: skip
    difference = one.mean - two.mean
    if not squared:
        return EffectSize(0.0 if not difference else None, None, None, "no-variance", n)
    d = difference / sqrt(squared)
    freedom = {"reference": df_ref, "arm": df}.get(standardiser, df + df_ref)
    adjusted = d * (1 - 3 / (4 * freedom - 1))
    if min(df, df_ref) < 1:
        return EffectSize(d, None, None, "too-few", n, adjusted, None, sqrt(squared))
    variance = {
        "unweighted": d**2 * (v**2 / df + w**2 / df_ref) / (8 * squared**2) + (v / df + w / df_ref) / squared,
        "pooled": d**2 * (1 / df + 1 / df_ref) / 8 + (v / one.n + w / two.n) / squared,
        "reference": d**2 / (2 * df_ref) + 1 / df_ref + v / (df * squared),
        "arm": d**2 / (2 * df) + 1 / df + w / (df_ref * squared),
    }[standardiser]
    return _with_interval(d, adjusted, variance, sqrt(squared), n, level)


def paired_difference(
    first: Moments, second: Moments, correlation: float, *, standardiser: str = "unweighted", level: float = 0.95
) -> EffectSize:
    """Difference of two means of the same units in standard deviations of one measurement, first minus second.

    Parameters
    ----------
    first, second : Moments
        Of both measurements of the same units, in the same unit of measurement.
    correlation : float
        Between both.
    standardiser : {"unweighted", "reference", "arm"}
        The square root of the mean of both variances, the SD of the second measurement, or of the first.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    EffectSize
        As in `standardised_difference`, `n` counting units.

    Raises
    ------
    InvalidInput
        If the two numbers of values differ or the correlation lies outside [-1, 1].

    Notes
    -----
    Bonett DG. Psychol Methods 2008;13:99-109.
    """
    check_level(level)
    check_choice("standardiser", standardiser, ("unweighted", "reference", "arm"))
    spread = difference_moments(first, second, correlation).variance
    n, df, v, w = first.n, first.n - 1, first.variance, second.variance
    if df < 1:
        return EffectSize(None, None, None, "too-few", n)
    squared = {"unweighted": (v + w) / 2, "reference": w, "arm": v}[standardiser]
    difference = first.mean - second.mean
    if not squared:
        return EffectSize(0.0 if not difference else None, None, None, "no-variance", n)
    d = difference / sqrt(squared)
    if standardiser == "unweighted":
        variance = d**2 * (v**2 + w**2 + 2 * correlation**2 * v * w) / (8 * df * squared**2) + spread / (df * squared)
        adjusted = d * sqrt((n - 2) / df)
    else:
        variance = d**2 / (2 * df) + spread / (df * squared)
        adjusted = d * (1 - 3 / (4 * df - 1))
    return _with_interval(d, adjusted, variance, sqrt(squared), n, level)


def standardised_mean(sample: Sample, *, null: float = 0.0, level: float = 0.95) -> EffectSize:
    """Distance of a mean from `null` in standard deviations, with the normal interval of Bonett 2008.

    Parameters
    ----------
    sample : iterable of float or Moments
        As in `standardised_difference`.
    null : float
        The value compared with, in the unit of the values.
    level : float
        Confidence level, 0 < level < 1.
    """
    check_level(level)
    found = moments(sample)
    if found is None or found.n < 2:
        return EffectSize(None, None, None, "too-few", found.n if found else 0)
    if not found.sd:
        return EffectSize(0.0 if found.mean == null else None, None, None, "no-variance", found.n)
    df, d = found.n - 1, (found.mean - null) / found.sd
    return _with_interval(d, d * (1 - 3 / (4 * df - 1)), d * d / (2 * df) + 1 / df, found.sd, found.n, level)


def _with_interval(d: float, adjusted: float, variance: float, sd: float, n: int, level: float) -> EffectSize:
    se = sqrt(variance)
    if not se:
        return EffectSize(d, None, None, "no-variance", n, adjusted, None, sd)
    return EffectSize(d, *limits(d, se, level=level), n=n, adjusted=adjusted, se=se, sd=sd)
