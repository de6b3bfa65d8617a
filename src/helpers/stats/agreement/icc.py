"""Intraclass correlation of readings in all forms, with intervals for independent and for clustered objects."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

from helpers.errors import InvalidInput
from helpers.stats._types import Estimate, Interval, check_choice, check_level
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
        readings of an object do not differ as far as the form counts it; "undefined" where neither objects nor readings
        differ as far as the form counts them, and for the mean of k where objects do not differ.

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
    estimate = _mean(ms, form[0]) if form[2] == "k" else single
    if estimate is None:
        return IntraclassCorrelation(None, None, None, "undefined", form, n, k, null)
    noise = {"1": ms.within, "C": ms.error, "A": max(ms.error, ms.raters)}[form[0]]
    if not noise or not (ms.objects or ms.error):
        return IntraclassCorrelation(estimate, None, None, "no-variance", form, n, k, null)
    lower, upper = _limits(ms, form, single, level)
    statistic, df_error = _f_test(ms, form[0], _stepped_down(null, k) if form[2] == "k" else null)
    p = float(fdtrc(n - 1, df_error, statistic)) if np.isfinite(statistic) else 0.0
    return IntraclassCorrelation(
        estimate, lower, upper, "", form, n, k, null, statistic, float(n - 1), float(df_error), p
    )


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
        Of every object the cluster, such as the patient.
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


def _single(ms: MeanSquares, kind: str) -> float | None:
    """The correlation of a single reading; None where neither objects nor the noise of this kind vary."""
    noise = ms.within if kind == "1" else ms.error
    raters = ms.k / ms.n * (ms.raters - ms.error) if kind == "A" else 0.0
    below = ms.objects + (ms.k - 1) * noise + raters
    return (ms.objects - noise) / below if below else None


def _mean(ms: MeanSquares, kind: str) -> float | None:
    """The correlation of the mean of all readings; None where its parts leave no positive variance."""
    noise = ms.within if kind == "1" else ms.error
    below = ms.objects + ((ms.raters - ms.error) / ms.n if kind == "A" else 0.0)
    return (ms.objects - noise) / below if below > 0 else None


def _stepped_down(mean: float, k: int) -> float:
    """The correlation of a single reading from that of the mean of k, by Spearman and Brown."""
    return mean / (k - (k - 1) * mean)


def _limits(ms: MeanSquares, form: str, single: float, level: float) -> tuple[float, float]:
    """Limits of the correlation of a single reading or of the mean of all; minus infinity where there is no bound."""
    n, k, p = ms.n, ms.k, (1 + level) / 2
    noise, full = (ms.within, n * (k - 1)) if form[0] == "1" else (ms.error, (n - 1) * (k - 1))
    # below 0 the degrees of freedom of agreement may vanish and with them the interval: then those of no agreement
    for df in (_agreement_df(ms, single), full) if form[0] == "A" else (full,):
        if df is None:
            continue
        high, inverse = float(fdtri(n - 1, df, p)), float(fdtri(df, n - 1, p))
        low = 1 / inverse if inverse else inf
        if high > 1 > low:
            break
    ends = []
    for f in (high, low):
        below = ms.objects if form[2] == "k" else ms.objects + (k - 1) * f * noise
        if form[0] == "A":
            below += f * (ms.raters - noise) / n * (1 if form[2] == "k" else k)
        ends.append((ms.objects - f * noise) / below if below > 0 else -inf)
    return ends[0], ends[1]


def _agreement_df(ms: MeanSquares, rho: float) -> float | None:
    """Satterthwaite's degrees of freedom of the mean square that agreement is tested against; None without any."""
    a, b = _shares(ms, rho)
    parts = (a * ms.raters) ** 2 / (ms.k - 1) + (b * ms.error) ** 2 / ((ms.n - 1) * (ms.k - 1))
    squared = (a * ms.raters + b * ms.error) ** 2
    return squared / parts if squared > 0 else None


def _shares(ms: MeanSquares, rho: float) -> tuple[float, float]:
    odds = ms.k * rho / (ms.n * (1 - rho))
    return odds, 1 + odds * (ms.n - 1)


def _f_test(ms: MeanSquares, kind: str, null: float) -> tuple[float, float]:
    """F statistic against the correlation of a single reading, and its denominator degrees of freedom."""
    n, k = ms.n, ms.k
    if kind == "A":
        a, b = _shares(ms, null)
        below, df = a * ms.raters + b * ms.error, _agreement_df(ms, null) if null else (n - 1) * (k - 1)
        return ms.objects / below if below else inf, df
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
