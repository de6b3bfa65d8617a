"""Intraclass correlation of readings in all forms, with intervals for independent and for clustered objects."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

from helpers.errors import InvalidInput
from helpers.stats._types import Estimate, Interval, check_level
from helpers.stats._wald import check_choice
from helpers.stats.agreement._readings import (
    MeanSquares,
    Readings,
    complete_rows,
    matrix_of,
    mean_squares,
    two_readers,
)
from helpers.stats.bootstrap import Bootstrap, draws, summarised

#: Forms by McGraw and Wong and, of the same value, by Shrout and Fleiss.
FORMS = ("1,1", "A,1", "C,1", "1,k", "A,k", "C,k")
ALIASES = {"2,1": "A,1", "3,1": "C,1", "2,k": "A,k", "3,k": "C,k"}


@dataclass(frozen=True)
class IntraclassCorrelation(Interval):
    """An intraclass correlation of `n` objects read by `k` raters, with the F test that it is `null`."""

    form: str = ""
    n: int = 0
    k: int = 0
    null: float = 0.0
    statistic: float | None = None
    df: float | None = None
    df_error: float | None = None
    p_value: float | None = None


def icc(readings: Readings, *, form: str = "A,1", null: float = 0.0, level: float = 0.95) -> IntraclassCorrelation:
    """Intraclass correlation of readings.

    Parameters
    ----------
    readings : array or DataFrame
        One row an object, one column a rater, in one unit; an object with a missing reading is left out.
    form : {"1,1", "A,1", "C,1", "1,k", "A,k", "C,k"}
        1: raters differ from object to object (one-way). A: absolute agreement, raters count (two-way; 2 of Shrout and
        Fleiss). C: consistency, a rater's constant difference does not count (3). Of a single reading (1) or of the
        mean of all k.
    null : float
        Value under the null hypothesis, 0 <= null < 1.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    IntraclassCorrelation
        At most 1, and below 0 where readings of an object differ more than those of different objects. "too-few" below
        two objects; "no-variance" without a value where all readings are equal, and 1 without an interval where the
        readings of an object do not differ as far as the form counts it; "undefined" for the mean of k where objects
        do not differ.

    Raises
    ------
    InvalidInput
        If the readings are no matrix of numbers with two columns at least, or an option is not allowed.

    Notes
    -----
    Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428. McGraw KO, Wong SP. Psychol Methods 1996;1:30-46, with the
    correction on page 390. The F test of A that nothing agrees is that of C. R's irr gives it the degrees of freedom of
    the interval instead, and for the mean of k takes those with the wrong correlation.
    """
    check_level(level)
    form = ALIASES.get(form, form)
    check_choice("form", form, FORMS)
    if not 0 <= null < 1:
        raise InvalidInput(f"null is {null}; it lies from 0 to below 1.")
    matrix = matrix_of(readings)
    n, k = matrix.shape
    if n < 2:
        return IntraclassCorrelation(None, None, None, "too-few", form, n, k, null)
    ms = mean_squares(matrix)
    if not ms.total:
        return IntraclassCorrelation(None, None, None, "no-variance", form, n, k, null)
    single = _single(ms, form[0])
    if form[2] == "k" and not ms.objects:
        return IntraclassCorrelation(None, None, None, "undefined", form, n, k, null)
    noise = {"1": ms.within, "C": ms.error, "A": max(ms.error, ms.raters)}[form[0]]
    if not noise:
        return IntraclassCorrelation(1.0, None, None, "no-variance", form, n, k, null)
    lower, upper = _limits(ms, form[0], single, level)
    statistic, df_error = _f_test(ms, form[0], _stepped_down(null, k) if form[2] == "k" else null)
    p = float(fdtrc(n - 1, df_error, statistic)) if np.isfinite(statistic) else 0.0
    ends = (_stepped_up(v, k) if form[2] == "k" else v for v in (single, lower, upper))
    return IntraclassCorrelation(*ends, "", form, n, k, null, statistic, float(n - 1), float(df_error), p)


def icc_table(readings: Readings, *, level: float = 0.95) -> dict[str, IntraclassCorrelation]:
    """All forms of `icc`."""
    return {form: icc(readings, form=form, level=level) for form in FORMS}


def icc_pair(first: Iterable[float], second: Iterable[float]) -> Estimate:
    """ICC(A,1) of two readers, without an interval.

    Parameters
    ----------
    first, second : iterables of float
        The two readings of each object, in the same order and unit; an object with one missing is left out.

    Returns
    -------
    Estimate
        n objects and the correlation. "too-few" below three objects, "no-variance" where all readings are equal.

    Raises
    ------
    InvalidInput
        If the two differ in length.
    """
    matrix = two_readers(first, second)
    n = len(matrix)
    if n < 3:
        return Estimate(n, None, reason="too-few")
    found = icc(matrix)
    return Estimate(n, found.estimate, reason=found.reason if found.estimate is None else "")


def icc_clustered(
    readings: Readings,
    clusters: Iterable[Hashable],
    *,
    seed: int,
    form: str = "A,1",
    interval: str = "bca",
    resamples: int = 9999,
    level: float = 0.95,
) -> Bootstrap:
    """Intraclass correlation of objects that lie in clusters, with an interval from whole clusters drawn again.

    Parameters
    ----------
    readings, form
        As in `icc`.
    clusters : iterable
        Of every object the cluster, such as the patient of a vertebra.
    seed, resamples, level
        As in `bootstrap.bootstrap`.
    interval : {"bca", "percentile", "basic", "normal"}
        As in `bootstrap.bootstrap`.

    Returns
    -------
    Bootstrap
        `n` counts clusters. The estimate is that of `icc` over all objects; reasons as there and in
        `bootstrap.bootstrap`. "too-few" without an interval below two clusters.

    Raises
    ------
    InvalidInput
        If clusters are not one a row, or as in `icc`.

    Notes
    -----
    Field CA, Welsh AH. J R Stat Soc B 2007;69:369-390, on resampling clusters. Only sums of the clusters are resampled.
    """
    check_choice("interval", interval, ("bca", "percentile", "basic", "normal"))
    if resamples < 2 or int(resamples) != resamples:
        raise InvalidInput(f"resamples is {resamples}; it must be a whole number of at least 2.")
    form = ALIASES.get(form, form)
    labels = pd.Series(list(clusters), dtype=object)
    used = complete_rows(readings)
    if len(labels) != len(used) or labels[used].isna().any():
        raise InvalidInput(f"{len(labels)} clusters for {len(used)} objects: each object needs one, none missing.")
    plain = icc(readings, form=form, level=level)
    matrix, codes = matrix_of(readings), pd.factorize(labels[used])[0]
    g = int(codes.max(initial=-1)) + 1
    if plain.reason:
        return Bootstrap(plain.estimate, None, None, plain.reason, g)
    if g < 2:
        return Bootstrap(plain.estimate, None, None, "too-few", g)
    sums = _cluster_sums(matrix - matrix.mean(), codes, g)
    drawn = draws([np.arange(g)], resamples, seed)
    values = _from_sums(sums[drawn].sum(axis=1), form)
    return summarised(
        plain.estimate, values, lambda: [_from_sums(sums.sum(axis=0) - sums, form)], n=g, interval=interval, level=level
    )


def _single(ms: MeanSquares, kind: str) -> float:
    """The correlation of a single reading."""
    if kind == "1":
        return (ms.objects - ms.within) / (ms.objects + (ms.k - 1) * ms.within)
    raters = ms.k / ms.n * (ms.raters - ms.error) if kind == "A" else 0.0
    return (ms.objects - ms.error) / (ms.objects + (ms.k - 1) * ms.error + raters)


def _stepped_up(single: float, k: int) -> float:
    """Of the mean of k readings, by Spearman and Brown."""
    return k * single / (1 + (k - 1) * single)


def _stepped_down(mean: float, k: int) -> float:
    return mean / (k - (k - 1) * mean)


def _limits(ms: MeanSquares, kind: str, single: float, level: float) -> tuple[float, float]:
    """Limits of the correlation of a single reading."""
    n, k, p = ms.n, ms.k, (1 + level) / 2
    if kind != "A":
        noise, df = (ms.within, n * (k - 1)) if kind == "1" else (ms.error, (n - 1) * (k - 1))
        f = ms.objects / noise
        ratios = f / float(fdtri(n - 1, df, p)), f * float(fdtri(df, n - 1, p))
        return tuple((ratio - 1) / (ratio + k - 1) for ratio in ratios)
    df = _agreement_df(ms, single)
    high, low = float(fdtri(n - 1, df, p)), float(fdtri(df, n - 1, p))
    rest = k * ms.raters + (k * n - k - n) * ms.error
    lower = n * (ms.objects - high * ms.error) / (high * rest + n * ms.objects)
    upper = n * (low * ms.objects - ms.error) / (rest + n * low * ms.objects)
    return lower, upper


def _agreement_df(ms: MeanSquares, rho: float) -> float:
    """Satterthwaite's degrees of freedom of the mean square that absolute agreement is tested against."""
    a, b = _shares(ms, rho)
    parts = (a * ms.raters) ** 2 / (ms.k - 1) + (b * ms.error) ** 2 / ((ms.n - 1) * (ms.k - 1))
    return (a * ms.raters + b * ms.error) ** 2 / parts


def _shares(ms: MeanSquares, rho: float) -> tuple[float, float]:
    odds = ms.k * rho / (ms.n * (1 - rho))
    return odds, 1 + odds * (ms.n - 1)


def _f_test(ms: MeanSquares, kind: str, null: float) -> tuple[float, float]:
    """F statistic against the correlation of a single reading, and its denominator degrees of freedom."""
    n, k = ms.n, ms.k
    if kind == "A":
        a, b = _shares(ms, null)
        below, df = a * ms.raters + b * ms.error, _agreement_df(ms, null) if null else (n - 1) * (k - 1)
        return ms.objects / below if below else float("inf"), df
    noise, df = (ms.within, n * (k - 1)) if kind == "1" else (ms.error, (n - 1) * (k - 1))
    return ms.objects / noise * (1 - null) / (1 + (k - 1) * null), df


def _cluster_sums(centred: np.ndarray, codes: np.ndarray, g: int) -> np.ndarray:
    """Of every cluster: objects, squared sums of objects, squares, and the raters' sums."""
    parts = [np.ones(len(codes)), centred.sum(axis=1) ** 2, (centred**2).sum(axis=1), *centred.T]
    return np.column_stack([np.bincount(codes, weights=part, minlength=g) for part in parts])


def _from_sums(sums: np.ndarray, form: str) -> np.ndarray:
    """The correlation from sums over clusters, one sample a row; NaN where it has no value."""
    n, squared_rows, squares, columns = sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3:]
    k = columns.shape[1]
    with np.errstate(all="ignore"):
        mean = columns.sum(axis=1) ** 2 / (n * k)
        rows, raters = squared_rows / k - mean, (columns**2).sum(axis=1) / n - mean
        total = squares - mean
        objects, raters_ms = rows / (n - 1), raters / (k - 1)
        error, within = (total - rows - raters) / ((n - 1) * (k - 1)), (total - rows) / (n * (k - 1))
        noise = within if form[0] == "1" else error
        extra = k / n * (raters_ms - error) if form[0] == "A" else 0.0
        found = (objects - noise) / (objects + (k - 1) * noise + extra)
        if form[2] == "k":
            found = k * found / (1 + (k - 1) * found)
        return np.where((n > 1) & (total > 1e-20 * squares), found, np.nan)
