"""Bootstrap intervals of any statistic, of independent units, strata or clusters, always with a seed."""

import warnings
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import one_sided

INTERVALS = ("bca", "percentile", "basic", "normal", "studentised")
ALTERNATIVES = ("two-sided", "greater", "less")

#: Below this share of resamples with a value there is no interval.
_FEWEST_DEFINED = 0.5

#: Differences between resampled values below this share of their size are rounding.
_TIE = 1e-12


@dataclass(frozen=True)
class Bootstrap(Interval):
    """A statistic of `n` units (clusters where there are any) with its bootstrap interval.

    `se` and `bias` are those of the resampled values, of which `resamples` were drawn and `undefined` had no value;
    `correction` and `acceleration` belong to the BCa interval.
    """

    n: int = 0
    se: float | None = None
    bias: float | None = None
    resamples: int = 0
    undefined: int = 0
    correction: float | None = None
    acceleration: float | None = None


def bootstrap(
    data: np.ndarray | pd.DataFrame,
    statistic: Callable,
    *,
    seed: int,
    resamples: int = 9999,
    interval: str = "bca",
    clusters: Iterable[Hashable] | None = None,
    strata: Iterable[Hashable] | None = None,
    standard_error: Callable | None = None,
    vectorised: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Bootstrap:
    """Interval of a statistic from units drawn again with replacement.

    Parameters
    ----------
    data : array or DataFrame
        One row a unit; an array may have further dimensions.
    statistic : callable
        Takes rows like `data` and gives a number; NaN or None means that they have none.
    seed : int
        Of the random numbers: the same seed gives the same interval.
    resamples : int
        How many times the units are drawn.
    interval : {"bca", "percentile", "basic", "normal", "studentised"}
        Bias-corrected and accelerated, by a jackknife over units; quantiles of the resampled values; the same mirrored
        at the estimate; estimate less bias with normal quantiles; by `standard_error`.
    clusters : iterable
        Of every row the cluster it belongs to: whole clusters are drawn.
    strata : iterable
        Of every row the stratum, such as its arm: as many units (or clusters) are drawn from each as it has.
    standard_error : callable
        For "studentised": the standard error of the statistic, of the same rows.
    vectorised : bool
        The statistic takes many resamples of an array at once, one along the first axis, and gives as many numbers.
        Not with clusters.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of a one-sided interval the other side is infinite.

    Returns
    -------
    Bootstrap
        Resamples without a value are left out and counted. Without an interval where fewer than half of them have one
        or the statistic has none ("undefined"), where all have the same ("no-variance"), where all lie on one side of
        the estimate, so that no bias correction is finite ("undefined"), or with fewer than two units ("too-few").

    Raises
    ------
    InvalidInput
        If lengths differ, a cluster lies in two strata, or an option is not allowed.

    Notes
    -----
    Efron B. J Am Stat Assoc 1987;82:171-185. Davison AC, Hinkley DV. Bootstrap methods and their application. 1997,
    chapter 5: quantile p of R values is the one of place (R + 1)p, between two by linear interpolation. Values equal to
    the estimate count half to the bias correction. With strata the acceleration is that of several samples.
    """
    check_level(level)
    check_choice("interval", interval, INTERVALS)
    check_choice("alternative", alternative, ALTERNATIVES)
    if resamples < 2 or int(resamples) != resamples:
        raise InvalidInput(f"resamples is {resamples}; it must be a whole number of at least 2.")
    if (interval == "studentised") != (standard_error is not None):
        raise InvalidInput("a standard error is needed for the studentised interval, and for no other.")
    if vectorised and (clusters is not None or isinstance(data, pd.DataFrame)):
        raise InvalidInput("many resamples at once need an array, and no clusters.")
    units, groups = _units(len(data), clusters, strata)
    if len(units) < 2:
        estimate = _value(statistic, data) if len(data) else None
        return Bootstrap(estimate, None, None, "too-few", len(units))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of statistics that have no value in a resample
        return _resampled(
            data, statistic, units, groups, seed, resamples, interval, clusters is None, standard_error, vectorised,
            level, alternative,
        )  # fmt: skip


def _resampled(
    data, statistic, units, groups, seed, resamples, interval, single, standard_error, vectorised, level, alternative
) -> Bootstrap:
    take = _taker(data, units, single)
    estimate = _many(statistic, data[None])[0] if vectorised else _value(statistic, data)
    if estimate is None or not isfinite(estimate):
        return Bootstrap(None, None, None, "undefined", len(units))
    drawn = draws(groups, resamples, seed)
    if vectorised:
        values = np.concatenate([_many(statistic, data[rows]) for rows in np.array_split(drawn, -(-resamples // 2000))])
    else:
        values = np.array([_number(_value(statistic, take(rows))) for rows in drawn])
    errors = None
    if standard_error is not None:
        errors = np.array([_number(_value(standard_error, take(rows))) for rows in drawn])

    def leave_one_out() -> list[np.ndarray]:
        left = [[np.delete(np.arange(len(units)), i) for i in group] for group in groups]
        if vectorised:
            return [_many(statistic, data[np.array(rows)]) for rows in left]
        return [np.array([_number(_value(statistic, take(row))) for row in rows]) for rows in left]

    own_error = _value(standard_error, data) if standard_error is not None else None
    return summarised(
        float(estimate), values, leave_one_out, n=len(units), interval=interval, level=level, alternative=alternative,
        errors=errors, own_error=own_error,
    )  # fmt: skip


def draws(groups: list[np.ndarray], resamples: int, seed: int) -> np.ndarray:
    """Units drawn with replacement within groups, one resample a row."""
    rng = np.random.default_rng(seed)
    return np.concatenate([group[rng.integers(0, len(group), (resamples, len(group)))] for group in groups], axis=1)


def summarised(
    estimate: float,
    values: np.ndarray,
    leave_one_out: Callable[[], list[np.ndarray]],
    *,
    n: int,
    interval: str,
    level: float,
    alternative: str = "two-sided",
    errors: np.ndarray | None = None,
    own_error: float | None = None,
) -> Bootstrap:
    """The interval from resampled values; for BCa also from the values with one unit left out, a row a stratum."""
    defined = np.isfinite(values) if errors is None else np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    kept, undefined = values[defined], int((~defined).sum())
    facts = {"n": n, "resamples": len(values), "undefined": undefined}
    if len(kept) < max(2, _FEWEST_DEFINED * len(values)):
        return Bootstrap(estimate, None, None, "undefined", **facts)
    size = max(abs(estimate), float(np.abs(kept).max()), np.finfo(float).tiny)
    facts |= {"se": float(kept.std(ddof=1)), "bias": float(kept.mean() - estimate)}
    if np.ptp(kept) <= _TIE * size:
        return Bootstrap(estimate, None, None, "no-variance", **facts)
    tails = np.array([(1 - level) / 2, (1 + level) / 2] if alternative == "two-sided" else [1 - level, level])
    if interval == "percentile":
        ends = _quantiles(kept, tails)
    elif interval == "basic":
        ends = 2 * estimate - _quantiles(kept, tails)[::-1]
    elif interval == "normal":
        ends = estimate - facts["bias"] + ndtri(tails) * facts["se"]
    elif interval == "studentised":
        if not own_error or not isfinite(own_error):
            return Bootstrap(estimate, None, None, "undefined", **facts)
        ratios = (kept - estimate) / errors[defined]
        ends = estimate - own_error * _quantiles(ratios, tails)[::-1]
    else:
        below = float(((kept < estimate - _TIE * size) + 0.5 * (np.abs(kept - estimate) <= _TIE * size)).mean())
        if not 0 < below < 1:
            return Bootstrap(estimate, None, None, "undefined", **facts)
        correction, acceleration = float(ndtri(below)), _acceleration(leave_one_out())
        z = correction + ndtri(tails)
        facts |= {"correction": correction, "acceleration": acceleration}
        if (1 - acceleration * z <= 0).any():
            return Bootstrap(estimate, None, None, "undefined", **facts)
        ends = _quantiles(kept, ndtr(correction + z / (1 - acceleration * z)))
    lower, upper = one_sided(float(ends[0]), float(ends[1]), alternative)
    return Bootstrap(estimate, lower, upper, **facts)


def _quantiles(values: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.quantile(values, np.clip(probabilities, 0.0, 1.0), method="weibull")


def _acceleration(jackknife: list[np.ndarray]) -> float:
    """From the values with one unit left out, by stratum; nought where they do not differ."""
    top = bottom = 0.0
    for values in jackknife:
        values = values[np.isfinite(values)]
        if len(values) < 2:
            continue
        influence = (len(values) - 1) * (values.mean() - values) / len(values)
        top, bottom = top + float((influence**3).sum()), bottom + float((influence**2).sum())
    return top / (6 * bottom * sqrt(bottom)) if bottom > 0 else 0.0


def _units(
    rows: int, clusters: Iterable[Hashable] | None, strata: Iterable[Hashable] | None
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of every unit its rows, and of every stratum its units."""
    of_row = _codes(clusters, rows, "clusters")
    stratum = np.zeros(rows, dtype=int) if strata is None else _codes(strata, rows, "strata")
    units = [np.flatnonzero(of_row == code) for code in range(int(of_row.max(initial=-1)) + 1)]
    if any(len(set(stratum[unit])) > 1 for unit in units):
        raise InvalidInput("a cluster lies in two strata.")
    of_unit = np.array([stratum[unit[0]] for unit in units], dtype=int)
    return units, [np.flatnonzero(of_unit == code) for code in np.unique(of_unit)]


def _codes(labels: Iterable[Hashable] | None, rows: int, name: str) -> np.ndarray:
    if labels is None:
        return np.arange(rows)
    codes = pd.factorize(pd.Series(list(labels), dtype=object))[0]
    if len(codes) != rows or (codes < 0).any():
        raise InvalidInput(f"{len(codes)} {name} for {rows} rows: each row needs one, none missing.")
    return codes


def _taker(data: np.ndarray | pd.DataFrame, units: list[np.ndarray], single: bool) -> Callable:
    """Rows of the units drawn."""
    rows_of = (lambda drawn: drawn) if single else (lambda drawn: np.concatenate([units[u] for u in drawn]))
    if isinstance(data, pd.DataFrame):
        return lambda drawn: data.iloc[rows_of(drawn)]
    array = np.asarray(data)
    return lambda drawn: array[rows_of(drawn)]


def _value(statistic: Callable, rows) -> float | None:
    """The statistic, None where dividing by nought or the like leaves none."""
    with np.errstate(all="ignore"):
        found = statistic(rows)
    return None if found is None or not isfinite(found) else float(found)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _many(statistic: Callable, rows: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(statistic(rows), dtype=float)
