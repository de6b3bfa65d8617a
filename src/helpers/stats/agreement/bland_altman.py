"""Bland and Altman's limits of agreement, for independent objects and for several per subject."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import Estimate, Interval, check_choice, check_level, known_reason
from helpers.stats._wald import limits, quantile
from helpers.stats.agreement._readings import two_readers
from helpers.stats.agreement._tolerance import one_sided_factor, two_sided_factor
from helpers.stats.means.one_sample import mean_t
from helpers.stats.spread import limits_of_sum
from helpers.stats.summary import constant

INTERVALS = ("exact", "exact-pair", "mover", "bland-altman-1999", "bland-altman-1986")
VARIANCES = ("subject-means", "anova")


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Mean difference, first minus second, and the limits between which a share of differences is expected.

    `n` pairs of `subjects`; `sd` is the standard deviation of a single difference, of which `within_sd` lies within
    subjects; all in the unit of the readings.
    """

    n: int
    subjects: int
    bias: Estimate
    sd: float | None
    lower: Interval
    upper: Interval
    within_sd: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def limits_of_agreement(
    first: Iterable[float],
    second: Iterable[float],
    *,
    coverage: float = 0.95,
    interval: str = "exact",
    level: float = 0.95,
) -> LimitsOfAgreement:
    """Limits of agreement of two readings of independent objects.

    Parameters
    ----------
    first, second : iterables of float
        The two readings of each object, in the same order and unit; an object with one missing is left out.
    coverage : float
        Share of differences between the limits, 0 < coverage < 1; 0.9545 for two standard deviations.
    interval : {"exact", "exact-pair", "mover", "bland-altman-1999", "bland-altman-1986"}
        "exact": of each limit by itself, for normal differences, by the noncentral t distribution. "exact-pair": of
        both at once, by two-sided tolerance factors. "mover": from the limits of mean and standard deviation. The last
        two: plus and minus a t quantile of s * sqrt(1/n + z^2/(2(n - 1))), and of s * sqrt(3/n).
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    LimitsOfAgreement
        "too-few" below two objects; "no-variance" where all differences are the same, then both limits are the bias,
        without intervals.

    Raises
    ------
    InvalidInput
        If the two differ in length, or an option is not allowed.

    Notes
    -----
    Bland JM, Altman DG. Lancet 1986;1:307-310; Stat Methods Med Res 1999;8:135-160. Exact: Carkeet A. Optom Vis Sci
    2015;92:e71-e80. "mover": Zou GY. Stat Methods Med Res 2013;22:630-642.
    """
    _check(coverage, level)
    check_choice("interval", interval, INTERVALS)
    matrix = two_readers(first, second)
    differences, n = matrix[:, 0] - matrix[:, 1], len(matrix)
    size = max(1.0, float(np.abs(matrix).max(initial=0.0)))
    if n < 2:
        return _none(n, n, mean_t(differences, level=level), "too-few")
    if constant(differences / size):
        return _all_the_same(n, n, float(differences.mean()))
    bias, s, z = mean_t(differences, level=level), float(differences.std(ddof=1)), float(ndtri((1 + coverage) / 2))
    if interval in ("exact", "exact-pair"):
        factor = one_sided_factor if interval == "exact" else two_sided_factor
        inner, outer = (factor(n, coverage, p) for p in ((1 - level) / 2, (1 + level) / 2))
        return _around(n, n, bias, s, z, ((z - inner) * s, (outer - z) * s))
    if interval == "mover":
        below, above = (sqrt(v) for v in limits_of_sum([s * s], [n - 1], level))
        mean = float(quantile(level)) ** 2 * s * s / n
        return _around(n, n, bias, s, z, (sqrt(mean + (z * (s - below)) ** 2), sqrt(mean + (z * (above - s)) ** 2)))
    se = s * (sqrt(3 / n) if interval == "bland-altman-1986" else sqrt(1 / n + z * z / (2 * (n - 1))))
    half = quantile(level, df=n - 1) * se
    return _around(n, n, bias, s, z, (half, half))


def repeated_limits(
    first: Iterable[float],
    second: Iterable[float],
    subject: Iterable[Hashable],
    *,
    coverage: float = 0.95,
    variance: str = "subject-means",
    level: float = 0.95,
) -> LimitsOfAgreement:
    """Limits of agreement of paired readings, several a subject, whose true value varies from pair to pair.

    Parameters
    ----------
    first, second : iterables of float
        The two readings of each object, in the same order and unit; an object with one missing is left out.
    subject : iterable
        Of every object the subject, such as the patient.
    coverage, level
        As in `limits_of_agreement`.
    variance : {"subject-means", "anova"}
        "subject-means": bias is the mean over subjects of their mean differences, each subject weighing the same.
        "anova": bias is the mean over objects, the variance that of a one-way analysis of variance.

    Returns
    -------
    LimitsOfAgreement
        Limits for a single difference of a further subject, with intervals by the method of variance estimates
        recovery. With one object a subject they are those of "mover" in `limits_of_agreement`. "too-few" below two
        subjects; "no-variance" where all differences are the same.

    Raises
    ------
    InvalidInput
        If lengths differ, a subject is missing, or an option is not allowed.

    Notes
    -----
    Bland JM, Altman DG. J Biopharm Stat 2007;17:571-582 ("anova", whose component between subjects is 0 where it would
    be negative). Zou GY. Stat Methods Med Res 2013;22:630-642 ("subject-means", and the intervals).
    """
    _check(coverage, level)
    check_choice("variance", variance, VARIANCES)
    one, two = np.asarray(list(first), dtype=float), np.asarray(list(second), dtype=float)
    matrix, codes = _with_subjects(one, two, subject)
    differences, n = matrix[:, 0] - matrix[:, 1], len(matrix)
    size = max(1.0, float(np.abs(matrix).max(initial=0.0)))
    g = int(codes.max(initial=-1)) + 1
    if g < 2:
        return _none(n, g, Estimate(n, float(differences.mean()) if n else None, reason="too-few"), "too-few")
    if constant(differences / size):
        return _all_the_same(n, g, float(differences.mean()))
    m = np.bincount(codes)
    means = np.bincount(codes, weights=differences) / m
    within_df = n - g
    within = float(((differences - means[codes]) ** 2).sum()) / within_df if within_df else 0.0
    z = float(ndtri((1 + coverage) / 2))
    if variance == "subject-means":
        bias, between, share = float(means.mean()), float(means.var(ddof=1)), 1 - float((1 / m).mean())
        of_mean = between / g
        parts, dfs = [between, share * within], [g - 1, within_df]
    else:
        bias = float(differences.mean())
        ms = float((m * (means - bias) ** 2).sum()) / (g - 1)
        per = (n - float((m * m).sum()) / n) / (g - 1)
        component = max(0.0, (ms - within) / per)
        of_mean = component * float((m * m).sum()) / n**2 + within / n
        parts, dfs = [ms / per, within * (1 - 1 / per)], [g - 1, within_df]
        if not component:
            parts, dfs = [within], [within_df]
    total = sum(parts)
    low, high = (sqrt(v) for v in limits_of_sum(parts, dfs, level))
    s, zed = sqrt(total), quantile(level)
    towards, away = (sqrt(zed**2 * of_mean + (z * (end - s)) ** 2) for end in (low, high))
    estimate = Estimate(n, bias, sqrt(of_mean), float(g - 1), *limits(bias, sqrt(of_mean), level=level, df=g - 1))
    return _around(n, g, estimate, s, z, (towards, away), within_sd=sqrt(within) if within_df else None)


def replicate_limits(
    first: Iterable[float],
    first_subject: Iterable[Hashable],
    second: Iterable[float],
    second_subject: Iterable[Hashable],
    *,
    coverage: float = 0.95,
    level: float = 0.95,
) -> LimitsOfAgreement:
    """Limits of agreement from replicates by each of two methods of a value that is constant in a subject.

    Parameters
    ----------
    first, second : iterables of float
        Readings by the two methods, in one unit, not paired and of any number a subject; missing ones are left out.
    first_subject, second_subject : iterables
        Of every reading the subject. Subjects without a reading by both methods are left out.
    coverage, level
        As in `limits_of_agreement`.

    Returns
    -------
    LimitsOfAgreement
        Limits for single readings by both methods, with intervals by the method of variance estimates recovery; `n`
        counts readings. Reasons as in `repeated_limits`.

    Raises
    ------
    InvalidInput
        If lengths differ, a subject is missing, or an option is not allowed.

    Notes
    -----
    Bland JM, Altman DG. J Biopharm Stat 2007;17:571-582; intervals Zou GY. Stat Methods Med Res 2013;22:630-642.
    """
    _check(coverage, level)
    series = [_series(v, s) for v, s in ((first, first_subject), (second, second_subject))]
    shared = set(series[0].index) & set(series[1].index)
    series = [s[s.index.isin(shared)] for s in series]
    g, n = len(shared), sum(len(s) for s in series)
    if g < 2:
        return _none(n, g, Estimate(n, None, reason="too-few"), "too-few")
    grouped = [s.groupby(level=0, sort=True) for s in series]
    differences = (grouped[0].mean() - grouped[1].mean()).to_numpy()
    parts, dfs, within = [float(differences.var(ddof=1))], [g - 1], 0.0
    for values, groups in zip(series, grouped, strict=True):
        m, df = groups.size(), len(values) - g
        if df:
            spread = float((groups.var(ddof=1).fillna(0.0) * (m - 1)).sum()) / df
            parts.append((1 - float((1 / m).mean())) * spread)
            dfs.append(df)
            within += spread
    total, bias = sum(parts), float(differences.mean())
    size = max(1.0, *(float(s.abs().max()) for s in series))
    if total <= (1e-12 * size) ** 2:
        return _all_the_same(n, g, bias)
    z, zed, s = float(ndtri((1 + coverage) / 2)), quantile(level), sqrt(total)
    low, high = (sqrt(v) for v in limits_of_sum(parts, dfs, level))
    towards, away = (sqrt(zed**2 * parts[0] / g + (z * (end - s)) ** 2) for end in (low, high))
    se = sqrt(parts[0] / g)
    estimate = Estimate(n, bias, se, float(g - 1), *limits(bias, se, level=level, df=g - 1))
    return _around(n, g, estimate, s, z, (towards, away), within_sd=sqrt(within) if within else None)


def _around(
    n: int,
    subjects: int,
    bias: Estimate,
    s: float,
    z: float,
    widths: tuple[float, float],
    within_sd: float | None = None,
) -> LimitsOfAgreement:
    """The limits z standard deviations from the bias; `widths` are those of their intervals towards it and away."""
    low, high, (towards, away) = bias.estimate - z * s, bias.estimate + z * s, widths
    lower, upper = Interval(low, low - away, low + towards), Interval(high, high - towards, high + away)
    return LimitsOfAgreement(n, subjects, bias, s, lower, upper, within_sd)


def _none(n: int, subjects: int, bias: Estimate, reason: str) -> LimitsOfAgreement:
    empty = Interval(None, None, None, reason)
    return LimitsOfAgreement(n, subjects, bias, None, empty, empty, None, reason)


def _all_the_same(n: int, subjects: int, bias: float) -> LimitsOfAgreement:
    limit = Interval(bias, None, None, "no-variance")
    return LimitsOfAgreement(
        n, subjects, Estimate(n, bias, reason="no-variance"), 0.0, limit, limit, None, "no-variance"
    )


def _check(coverage: float, level: float) -> None:
    check_level(level)
    if not 0 < coverage < 1:
        raise InvalidInput(f"coverage is {coverage}; the share of differences lies between 0 and 1.")


def _with_subjects(one: np.ndarray, two: np.ndarray, subject: Iterable[Hashable]) -> tuple[np.ndarray, np.ndarray]:
    """Complete pairs and the codes of their subjects."""
    whose = pd.Series(list(subject), dtype=object)
    if not len(whose) == one.size == two.size:
        raise InvalidInput(f"{one.size} and {two.size} readings of {len(whose)} subjects: each pair needs a subject.")
    used = np.isfinite(one) & np.isfinite(two)
    if whose[used].isna().any():
        raise InvalidInput("a pair of readings has no subject.")
    return np.column_stack([one, two])[used], pd.factorize(whose[used])[0]


def _series(values: Iterable[float], subject: Iterable[Hashable]) -> pd.Series:
    numbers, whose = np.asarray(list(values), dtype=float), list(subject)
    if numbers.size != len(whose):
        raise InvalidInput(f"{numbers.size} readings of {len(whose)} subjects: each reading needs a subject.")
    used = np.isfinite(numbers)
    if pd.Series(whose, dtype=object)[used].isna().any():
        raise InvalidInput("a reading has no subject.")
    return pd.Series(numbers[used], index=pd.Index(pd.Series(whose, dtype=object)[used]))
