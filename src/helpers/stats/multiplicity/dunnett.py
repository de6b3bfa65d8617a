"""Comparisons of several groups with one reference: Dunnett's single-step and step-down procedures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level, known_reason
from helpers.stats._wald import ALTERNATIVES
from helpers.stats.multiplicity._common import Adjusted
from helpers.stats.multiplicity._normal import exceedance

_TOLERANCE = 1e-11


@dataclass(frozen=True)
class Comparison:
    """A difference of means with its simultaneous interval and adjusted p-value; `first` minus `second`, by position.

    A limit of a one-sided interval that is not there is infinite. All numbers but the estimate are None if `reason`
    is set.
    """

    first: int
    second: int
    estimate: float
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    lower: float | None = None
    upper: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def loadings(n: Sequence[int], n_ref: int) -> np.ndarray:
    """Loadings of the comparisons with a reference of `n_ref` units: correlations are their products.

    Raises
    ------
    InvalidInput
        If a group has no units.
    """
    sizes = np.asarray(n, dtype=float)
    if sizes.ndim != 1 or not sizes.size or (sizes <= 0).any() or n_ref <= 0:
        raise InvalidInput(f"groups of {list(n)} against {n_ref}: every group needs at least one unit.")
    return np.sqrt(sizes / (sizes + n_ref))


def dunnett(
    statistics: Sequence[float],
    *,
    df: float = inf,
    n: Sequence[int] | None = None,
    n_ref: int | None = None,
    correlation: float | None = None,
    alternative: str = "two-sided",
) -> Adjusted:
    """Dunnett's single-step adjustment of statistics that compare groups with one reference.

    Parameters
    ----------
    statistics : sequence of float
        t statistics (normal ones if df is infinite), group minus reference, with one pooled standard deviation.
    df : float
        Degrees of freedom of the pooled standard deviation, above 0.
    n, n_ref : sequence of int, int, optional
        Units of each group and of the reference, which give the correlations.
    correlation : float, optional
        Instead of the sizes, one correlation of all statistics, 0 <= correlation < 1; 0.5 if neither is given (equal
        sizes).
    alternative : str
        "two-sided", "greater" or "less".

    Returns
    -------
    Adjusted
        Adjusted p-values at full precision, by quadrature.

    Raises
    ------
    InvalidInput
        If a statistic is not a number, df is not positive, sizes do not fit the statistics, sizes and correlation are
        both given, or the alternative is unknown.

    Notes
    -----
    Dunnett CW. J Am Stat Assoc 1955;50:1096-1121 and Biometrics 1964;20:482-491 (two-sided).
    """
    sizes, load = _statistics(statistics, df, n, n_ref, correlation, alternative)
    two_sided = alternative == "two-sided"
    found = [exceedance(np.full(load.size, at), load, df=df, two_sided=two_sided) for at in sizes]
    return Adjusted(tuple(found), load.size)


def dunnett_step_down(
    statistics: Sequence[float],
    *,
    df: float = inf,
    n: Sequence[int] | None = None,
    n_ref: int | None = None,
    correlation: float | None = None,
    alternative: str = "two-sided",
) -> Adjusted:
    """Step-down form of Dunnett's procedure: each statistic is judged among those that are not larger.

    Parameters, result and errors as in `dunnett`.

    Notes
    -----
    Naik UD. Commun Stat 1975;4:519-535; Marcus R, Peritz E, Gabriel KR. Biometrika 1976;63:655-660; Dunnett CW,
    Tamhane AC. Stat Med 1991;10:939-947 (unequal sizes).
    """
    sizes, load = _statistics(statistics, df, n, n_ref, correlation, alternative)
    order, found, highest = np.argsort(-sizes, kind="stable"), np.zeros(sizes.size), 0.0
    for rank, at in enumerate(order):
        left = load[order[rank:]]
        own = exceedance(np.full(left.size, sizes[at]), left, df=df, two_sided=alternative == "two-sided")
        highest = found[at] = max(highest, own)
    return Adjusted(tuple(float(p) for p in found), load.size)


def dunnett_critical(
    count: int | None = None,
    *,
    df: float = inf,
    n: Sequence[int] | None = None,
    n_ref: int | None = None,
    correlation: float | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> float:
    """Critical value of Dunnett's procedure: that of a simultaneous interval at `level`.

    Parameters
    ----------
    count : int, optional
        Number of comparisons; not needed where the sizes are given.
    level : float
        Simultaneous confidence level, 1 less the familywise error rate.
    df, n, n_ref, correlation, alternative
        As in `dunnett`; "greater" and "less" have the same critical value.

    Returns
    -------
    float
        The value that some statistic exceeds (in absolute value if two-sided) with probability 1 - level.

    Raises
    ------
    InvalidInput
        As in `dunnett`.
    """
    check_level(level)
    if count is None and n is None:
        raise InvalidInput("give either the number of comparisons or the sizes of the groups.")
    count = len(n) if count is None else count
    if int(count) != count or count < 1:
        raise InvalidInput(f"count is {count}; it must be a whole number above 0.")
    _, load = _statistics(np.zeros(int(count)), df, n, n_ref, correlation, alternative)
    return critical_value(load, df=df, level=level, two_sided=alternative == "two-sided")


def critical_value(load: np.ndarray, *, df: float, level: float, two_sided: bool) -> float:
    """The common limit that one of the statistics exceeds with probability 1 - level."""
    alpha = 1 - level
    high = _single(alpha / load.size, df, two_sided)
    low = _single(alpha, df, two_sided)
    if load.size == 1:
        return low

    def excess(at: float) -> float:
        return exceedance(np.full(load.size, at), load, df=df, two_sided=two_sided) / alpha - 1

    if excess(high) >= 0:  # uncorrelated statistics far out: Bonferroni's value to the last digit
        return high
    return float(brentq(excess, low, high, xtol=_TOLERANCE, rtol=_TOLERANCE))


def dunnett_intervals(
    estimates: Sequence[float],
    *,
    sd: float,
    df: float,
    n: Sequence[int],
    n_ref: int,
    level: float = 0.95,
    alternative: str = "two-sided",
    step_down: bool = False,
) -> tuple[Comparison, ...]:
    """Dunnett's comparisons from differences of means and the pooled standard deviation.

    Parameters
    ----------
    estimates : sequence of float
        Differences of means, group minus reference.
    sd : float
        Pooled standard deviation, in the unit of the estimates; 0 gives a reason instead of numbers.
    df, n, n_ref, alternative
        As in `dunnett`. "greater" gives lower limits, "less" upper ones.
    level : float
        Simultaneous confidence level, 0 < level < 1.
    step_down : bool
        P-values of the step-down procedure; the intervals stay those of the single step.

    Returns
    -------
    tuple of Comparison
        In the order of the estimates; `first` is the position of the group, `second` is -1, the reference.

    Raises
    ------
    InvalidInput
        As in `dunnett`, or if sd is negative.
    """
    check_level(level)
    load = loadings(n, n_ref)
    if not (isfinite(sd) and sd >= 0):
        raise InvalidInput(f"sd is {sd}; a standard deviation is a number of 0 or more.")
    if sd == 0:
        return tuple(Comparison(at, -1, float(e), reason="no-variance") for at, e in enumerate(estimates))
    if len(estimates) != load.size:
        raise InvalidInput(f"{len(estimates)} estimates for {load.size} groups.")
    se = sd * np.sqrt(1 / np.asarray(n, dtype=float) + 1 / n_ref)
    t = np.asarray(estimates, dtype=float) / se
    adjust = dunnett_step_down if step_down else dunnett
    p_values = adjust(t, df=df, n=n, n_ref=n_ref, alternative=alternative).p_values
    reach = critical_value(load, df=df, level=level, two_sided=alternative == "two-sided") * se
    return tuple(
        Comparison(
            at,
            -1,
            float(estimate),
            float(se[at]),
            float(df),
            float(t[at]),
            p_values[at],
            -inf if alternative == "less" else float(estimate - reach[at]),
            inf if alternative == "greater" else float(estimate + reach[at]),
        )
        for at, estimate in enumerate(estimates)
    )


def dunnett_groups(
    samples: Sequence[Sequence[float]],
    reference: Sequence[float],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    step_down: bool = False,
) -> tuple[Comparison, ...]:
    """Dunnett's comparisons of samples with a reference sample, with the standard deviation pooled over all of them.

    Parameters and result as in `dunnett_intervals`. Where no two units of any sample differ, or no sample has two
    units, `reason` is "no-variance" or "too-few".

    Raises
    ------
    InvalidInput
        If a sample is empty or holds a value that is not a number, or as in `dunnett`.
    """
    groups = [np.asarray(sample, dtype=float) for sample in (*samples, reference)]
    means, n, sd, df = pooled(groups)
    check_choice("alternative", alternative, ALTERNATIVES)
    estimates = [mean - means[-1] for mean in means[:-1]]
    if df < 1:
        return tuple(Comparison(at, -1, float(e), reason="too-few") for at, e in enumerate(estimates))
    return dunnett_intervals(
        estimates, sd=sd, df=df, n=n[:-1], n_ref=n[-1], level=level, alternative=alternative, step_down=step_down
    )


def pooled(groups: Sequence[np.ndarray]) -> tuple[list[float], list[int], float, int]:
    """Means, sizes, pooled standard deviation and its degrees of freedom."""
    for at, group in enumerate(groups):
        if group.ndim != 1 or not group.size or not np.isfinite(group).all():
            raise InvalidInput(f"sample {at + 1} is empty or holds a value that is not a number.")
    if len(groups) < 2:
        raise InvalidInput("at least two samples are needed.")
    means, n = [float(group.mean()) for group in groups], [group.size for group in groups]
    df = sum(n) - len(n)
    if all((group == group[0]).all() for group in groups):
        return means, n, 0.0, df
    squares = sum(float(((group - mean) ** 2).sum()) for group, mean in zip(groups, means, strict=True))
    return means, n, sqrt(squares / df), df


def _single(alpha: float, df: float, two_sided: bool) -> float:
    tail = alpha / 2 if two_sided else alpha
    return float(-stdtrit(df, tail))


def _statistics(statistics, df, n, n_ref, correlation, alternative) -> tuple[np.ndarray, np.ndarray]:
    """The statistics, turned so that large values speak against the null, and the loadings."""
    check_choice("alternative", alternative, ALTERNATIVES)
    t = np.asarray(statistics, dtype=float)
    if t.ndim != 1 or not t.size or np.isnan(t).any():
        raise InvalidInput(
            f"statistics are {list(statistics)}; at least one number is needed, and none may be missing."
        )
    if not df > 0:
        raise InvalidInput(f"df is {df}; degrees of freedom are above 0.")
    if n is not None or n_ref is not None:
        if n is None or n_ref is None or correlation is not None:
            raise InvalidInput("give the sizes of the groups and of the reference, or one correlation.")
        load = loadings(n, n_ref)
        if load.size != t.size:
            raise InvalidInput(f"{t.size} statistics for {load.size} groups.")
    else:
        rho = 0.5 if correlation is None else correlation
        if not 0 <= rho < 1:
            raise InvalidInput(f"correlation is {rho}; it has to lie in [0, 1).")
        load = np.full(t.size, sqrt(rho))
    return {"two-sided": np.abs(t), "greater": t, "less": -t}[alternative], load
