"""The relative effect P(value > reference) + P(tie) / 2 with its standard error, interval and test of one half."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import exp, inf, pi, sqrt

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import check_alternative, quantile
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import one_sided_limits, ordinals_of
from helpers.stats.rank._tables import counted, placements, spread

VARIANCES = ("placement", "projection", "unbiased")
SCALES = ("identity", "logit", "probit", "wilson")


@dataclass(frozen=True)
class RelativeEffect(Interval):
    """P(value > reference) + P(tie) / 2 of `n` values against `n_ref`, with its standard error and the test of 1/2.

    `statistic` is t with `df` degrees of freedom, or standard normal where `df` is None.
    """

    n: int = 0
    n_ref: int = 0
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p_value: float | None = None


def relative_effect(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    variance: str = "placement",
    scale: str = "identity",
    distribution: str = "t",
) -> RelativeEffect:
    """Relative effect of two independent samples; by default as Brunner and Munzel.

    Parameters
    ----------
    values, reference : iterable of float
        The two samples; missing values are left out, infinite ones stay.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test, and the side of the interval: "greater" gives a lower limit and 1.
    variance : {"placement", "projection", "unbiased"}
        From the variances of the placements with divisor n - 1 (DeLong, Sen, Brunner-Munzel), with divisor n
        (Bebu-Lachin, Somers' D), or the unbiased estimator of Bamber in the form of Brunner and Konietschke.
    scale : {"identity", "logit", "probit", "wilson"}
        Where the statistic and interval are symmetric; "wilson" takes the variance proportional to p (1 - p), as Mee
        did and Schuurhuis, Konietschke and Brunner do, and stays within 0 to 1 with separated samples.
    distribution : {"t", "normal"}
        Quantiles of t with the degrees of freedom of Brunner and Munzel, or of the normal distribution.

    Returns
    -------
    RelativeEffect
        Limits cut at 0 and 1. None where an arm has fewer than two values ("too-few"), where all values are the same
        ("no-variance"), the unbiased variance is negative ("undefined") or the samples do not overlap ("separated"; not
        on the scale "wilson", which then takes the smaller sample for the number of independent comparisons).

    Raises
    ------
    InvalidInput
        If an option is not on its list or the level lies outside 0 to 1.

    Notes
    -----
    Brunner E, Munzel U. Biom J 2000;42:17-25, with the estimator as corrected by Neubert K, Brunner E. Comput Stat Data
    Anal 2007;51:5192-5204. DeLong ER et al. Biometrics 1988;44:837-845. Sen PK. Sankhya A 1967;29:95-102. Bamber D. J
    Math Psychol 1975;12:387-415. Brunner E, Konietschke F. Stat Pap 2025;66:20. Mee RW. J Am Stat Assoc
    1990;85:793-800. Schuurhuis S et al. Biom J 2025;67:e70096. statpsych's ci.mann pairs the ranks with 1..n without
    sorting them, so its standard error changes with the order of the input; scipy's statistic has the other sign.
    """
    check_level(level)
    check_alternative(alternative)
    check_choice("variance", variance, VARIANCES)
    check_choice("scale", scale, SCALES)
    check_choice("distribution", distribution, ("t", "normal"))
    x, y = ordinals_of(values), ordinals_of(reference)
    n, m = x.size, y.size
    if not (n and m):
        return RelativeEffect(None, None, None, "too-few", n, m)
    counts, counts_ref = counted(x, y)
    p, parts = effect_and_parts(counts, counts_ref)
    bare = RelativeEffect(p, None, None, "too-few", n, m)
    if min(n, m) < 2:
        return bare
    if counts.size == 1:
        return replace(bare, reason="no-variance")
    var = _variance(p, parts, counts, counts_ref, variance)
    df = _df(parts, n, m) if distribution == "t" else None
    if p in (0.0, 1.0):
        if scale != "wilson":
            return replace(bare, reason="separated")
        share, se, df = 1 / min(n, m), None, None
    elif var <= 0:
        return replace(bare, reason="undefined")
    else:
        share, se = var / (p * (1 - p)), sqrt(var)
    statistic, lower, upper = on_scale(p, share, scale, quantile(level, alternative, df=df))
    lower, upper = one_sided_limits(lower, upper, alternative, floor=0.0, ceiling=1.0)
    p_value = standardised_p(statistic, alternative, df=df)
    return RelativeEffect(p, lower, upper, "", n, m, se, df, statistic, p_value)


def effect_and_parts(counts: np.ndarray, counts_ref: np.ndarray):
    """The relative effect, and the parts of its variance from either sample."""
    placed, placed_ref = placements(counts, counts_ref)
    n, m = counts.sum(axis=-1), counts_ref.sum(axis=-1)
    p, squares = spread(counts, placed)
    squares_ref = spread(counts_ref, placed_ref)[1]
    parts = squares / (n * np.maximum(n - 1, 1)), squares_ref / (m * np.maximum(m - 1, 1))
    return (p, parts) if np.ndim(p) else (float(p), (float(parts[0]), float(parts[1])))


def _variance(p: float, parts, counts: np.ndarray, counts_ref: np.ndarray, kind: str) -> float:
    if kind == "placement":
        return sum(parts)
    n, m = int(counts.sum()), int(counts_ref.sum())
    projected = parts[0] * (n - 1) / n + parts[1] * (m - 1) / m
    if kind == "projection":
        return projected
    tied = float(counts @ counts_ref) / (n * m)
    return n * m / ((n - 1) * (m - 1)) * (projected - (p * (1 - p) - tied / 4) / (n * m))


def _df(parts, n: int, m: int) -> float | None:
    below = parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1)
    return (parts[0] + parts[1]) ** 2 / below if below > 0 else None


def on_scale(p: float, share: float, scale: str, q: float) -> tuple[float, float, float]:
    """Statistic of 1/2 and limits, where the variance of p is `share` of p (1 - p)."""
    if scale == "wilson":
        spread_ = q * sqrt(q * q * share * share + 4 * share * p * (1 - p))
        low, high = ((2 * p + q * q * share + sign * spread_) / (2 * (1 + q * q * share)) for sign in (-1, 1))
        return (p - 0.5) / sqrt(share / 4), (0.0 if p == 0 else low), (1.0 if p == 1 else high)
    se = sqrt(share * p * (1 - p))
    centre, width = transformed(p, se, scale)
    limits = (back(centre - q * width, scale), back(centre + q * width, scale))
    half = 0.5 if scale == "identity" else 0.0
    return (centre - half) / width, max(0.0, limits[0]), min(1.0, limits[1])


def transformed(p: float, se: float, scale: str) -> tuple[float, float]:
    """A relative effect and its standard error on the scale where the interval is symmetric."""
    if scale == "logit":
        return float(logit(p)), se / (p * (1 - p))
    if scale == "probit":
        centre = float(ndtri(p))
        return centre, se * sqrt(2 * pi) * exp(centre * centre / 2)
    return p, se


def back(value: float, scale: str) -> float:
    """From that scale to the relative effect."""
    if scale == "logit":
        return float(expit(value))
    return float(ndtr(value)) if scale == "probit" else value


def standardised(p: np.ndarray, se: np.ndarray, scale: str) -> np.ndarray:
    """Distance of many relative effects from 1/2, in standard errors; infinite where the samples do not overlap."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if scale == "logit":
            found = logit(p) * p * (1 - p) / se
        elif scale == "probit":
            found = ndtri(p) * np.exp(-(ndtri(p) ** 2) / 2) / sqrt(2 * pi) / se
        else:
            found = (p - 0.5) / se
    return np.where((p == 0) | (p == 1), np.where(p > 0.5, inf, -inf), found)
