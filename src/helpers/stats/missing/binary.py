"""Pooled proportions, their difference, and correlations: intervals that a completed data set would have, widened."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats.missing._inference import check_complete_df, vector
from helpers.stats.missing.pooling import Pooled, degrees_of_freedom, rubin

_HALVINGS = 200


@dataclass(frozen=True)
class PooledDifference(Interval):
    """A pooled difference of proportions, with the two-sided p-value of none and what it rests on.

    `riv` is the relative increase in variance due to the missing values, `df` the degrees of freedom of the reference
    distribution (infinite: normal). The hybrid method has no p-value.
    """

    p_value: float | None = None
    riv: float | None = None
    df: float | None = None


def wilson(proportions: Sequence[float], n: int, *, complete_df: float = inf, level: float = 0.95) -> Interval:
    """Pooled proportion with the score interval for multiply imputed data.

    Parameters
    ----------
    proportions : sequence of float
        Share of units with the event in each completed data set.
    n : int
        Units, the same in all data sets.
    complete_df : float
        Degrees of freedom of the analysis had nothing been missing; infinite in the paper.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        Proportions in [0, 1]. With equal proportions it is Wilson's interval. "too-few" with one data set.

    Raises
    ------
    InvalidInput
        If a proportion lies outside [0, 1] or n is not a whole number above 0.

    Notes
    -----
    Lott A, Reiter JP. Am Stat 2020;74:109-115. The limits solve (q - p)^2 = t^2 p(1-p)/n (1 + r). R MIWilson 1.0 takes
    the one-sided quantile, so what it calls 95 % is this interval at 90 %.
    """
    values = _shares("proportions", proportions)
    check_level(level)
    _check_n(n)
    if values.size < 2:
        return Interval(float(values.mean()), None, None, reason="too-few")
    mean, riv = float(values.mean()), _riv(values, values * (1 - values) / n)
    return Interval(mean, *_wilson_limits(mean, n, riv, _quantile(_df(values.size, riv, complete_df), level)))


def risk_difference(
    proportions: Sequence[float],
    n: int,
    proportions_ref: Sequence[float],
    n_ref: int,
    *,
    method: str = "miettinen-nurminen",
    complete_df: float = inf,
    level: float = 0.95,
) -> PooledDifference:
    """Pooled difference of two independent proportions with a score interval for multiply imputed data.

    Parameters
    ----------
    proportions, n, proportions_ref, n_ref
        As in `wilson`, in the arm of interest and in the reference arm; the data sets in the same order.
    method : {"miettinen-nurminen", "mee", "newcombe"}
        "newcombe" joins the limits of `wilson` of the two arms; the others invert the score statistic with its variance
        inflated by 1 + r, r being the relative increase in variance of the difference.
    complete_df, level : float
        As in `wilson`.

    Returns
    -------
    PooledDifference
        Differences in [-1, 1], arm of interest minus reference. With equal proportions in all data sets it is the plain
        interval of that name. "too-few" with one data set.

    Raises
    ------
    InvalidInput
        As in `wilson`, and if the arms have different numbers of data sets.

    Notes
    -----
    Newcombe: Sidi Y, Harel O. Am Stat 2022;76:29-36. For the score statistic this is the idea of Lott and Reiter 2020
    (see `wilson`) at the variance of Miettinen O, Nurminen M. Stat Med 1985;4:213-226, or of Mee without N/(N-1).
    """
    check_choice("method", method, ("miettinen-nurminen", "mee", "newcombe"))
    values, values_ref = _shares("proportions", proportions), _shares("proportions_ref", proportions_ref)
    if values.size != values_ref.size:
        raise InvalidInput(f"{values.size} and {values_ref.size} data sets in the two arms; needed are the same ones.")
    check_level(level)
    _check_n(n)
    _check_n(n_ref)
    p, p_ref = float(values.mean()), float(values_ref.mean())
    difference = p - p_ref
    if values.size < 2:
        return PooledDifference(difference, None, None, reason="too-few")
    riv = _riv(values - values_ref, values * (1 - values) / n + values_ref * (1 - values_ref) / n_ref)
    df = _df(values.size, riv, complete_df)
    if method == "newcombe":
        own = wilson(values, n, complete_df=complete_df, level=level)
        ref = wilson(values_ref, n_ref, complete_df=complete_df, level=level)
        lower = difference - sqrt((p - own.lower) ** 2 + (ref.upper - p_ref) ** 2)
        upper = difference + sqrt((own.upper - p) ** 2 + (p_ref - ref.lower) ** 2)
        return PooledDifference(difference, max(-1.0, lower), min(1.0, upper), riv=riv, df=df)

    if isinf(riv) or df == 0:
        return PooledDifference(difference, -1.0, 1.0, riv=riv, df=df)
    total = n + n_ref
    widening = (1 + riv) * (total / (total - 1) if method == "miettinen-nurminen" else 1.0)
    quantile = _quantile(df, level)

    def variance(at: float) -> float:
        held, held_ref = _restricted(at, p * n, n, p_ref * n_ref, n_ref)
        return widening * (held * (1 - held) / n + held_ref * (1 - held_ref) / n_ref)

    def outside(at: float) -> bool:
        return (difference - at) ** 2 > quantile**2 * variance(at)

    lower, upper = _edge(outside, difference, -1.0), _edge(outside, difference, 1.0)
    none = variance(0.0)
    p_value = 2 * float(stdtr(df, -abs(difference) / sqrt(none))) if none else 1.0
    return PooledDifference(difference, lower, upper, p_value=p_value, riv=riv, df=df)


def correlation(
    correlations: Sequence[float],
    n: int,
    *,
    variance: str = "pearson",
    complete_df: float = inf,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Pooled correlation by Fisher's z.

    Parameters
    ----------
    correlations : sequence of float
        Correlation in each completed data set.
    n : int
        Pairs, at least 4.
    variance : {"pearson", "fieller", "bonett-wright"}
        Variance of z: 1/(n-3); for rank correlations 1.06/(n-3) or (1 + r^2/2)/(n-3).
    complete_df, level, alternative
        As in `pooling.rubin`; the null hypothesis is no correlation.

    Returns
    -------
    Pooled
        Variances on the scale of z. "undefined" where a correlation is 1 or -1, or missing.

    Raises
    ------
    InvalidInput
        If n is below 4 or a correlation lies outside [-1, 1].

    Notes
    -----
    Schafer JL. Analysis of Incomplete Multivariate Data. Chapman and Hall 1997, section 4.4.
    """
    check_choice("variance", variance, ("pearson", "fieller", "bonett-wright"))
    if int(n) != n or n < 4:
        raise InvalidInput(f"n is {n}; a correlation's interval needs at least 4 pairs.")
    values = vector("correlations", correlations)
    if np.any(np.abs(values) > 1):
        raise InvalidInput("a correlation lies outside -1 to 1.")
    share = {"pearson": np.ones_like(values), "fieller": np.full_like(values, 1.06), "bonett-wright": 1 + values**2 / 2}
    se = np.sqrt(share[variance] / (n - 3))
    options = {"complete_df": complete_df, "level": level, "alternative": alternative}
    return rubin(values, se, scale="fisher-z", se_on_scale=True, **options)


def _shares(name: str, values: Sequence[float]) -> np.ndarray:
    found = vector(name, values)
    if not np.all((found >= 0) & (found <= 1)):
        raise InvalidInput(f"{name} hold a value that is missing or outside 0 to 1.")
    return found


def _check_n(n: int) -> None:
    if int(n) != n or n < 1:
        raise InvalidInput(f"n is {n}; it has to be a whole number above 0.")


def _riv(values: np.ndarray, variances: np.ndarray) -> float:
    m = values.size
    between = float(values.var(ddof=1)) if np.ptp(values) > 0 else 0.0
    within = float(variances.mean())
    if between == 0:
        return 0.0
    return (1 + 1 / m) * between / within if within else inf


def _df(m: int, riv: float, complete_df: float) -> float:
    check_complete_df(complete_df)
    return complete_df if riv == 0 else degrees_of_freedom(m, riv, complete_df=complete_df)


def _quantile(df: float, level: float) -> float:
    return -float(stdtrit(df, (1 - level) / 2)) if df else inf


def _wilson_limits(mean: float, n: int, riv: float, quantile: float) -> tuple[float, float]:
    if isinf(riv) or isinf(quantile):
        return 0.0, 1.0
    c = quantile**2 * (1 + riv) / n
    centre, half = (2 * mean + c) / (2 * (1 + c)), sqrt(c * c + 4 * c * mean * (1 - mean)) / (2 * (1 + c))
    return 0.0 if mean == 0 else max(0.0, centre - half), 1.0 if mean == 1 else min(1.0, centre + half)


def _restricted(difference: float, x: float, n: int, x_ref: float, n_ref: int) -> tuple[float, float]:
    """Maximum likelihood proportions at a given difference; mean counts over data sets need not be whole numbers."""

    def slope(p_ref: float) -> float:
        p = p_ref + difference
        parts = ((x, p), (x_ref, p_ref), (x - n, 1 - p), (x_ref - n_ref, 1 - p_ref))
        return sum(count / share if share > 0 else count * inf for count, share in parts if count)

    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    p_ref = (low + high) / 2
    return min(1.0, max(0.0, p_ref + difference)), p_ref


def _edge(outside, inner: float, outer: float) -> float:
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        if middle in (inner, outer):
            break
        inner, outer = (inner, middle) if outside(middle) else (middle, outer)
    return outer if abs(outer) == 1.0 else inner
