"""Two independent proportions: power and sample size of exact and large-sample tests by enumerating every table."""

from functools import lru_cache
from math import inf

import numpy as np
from scipy.special import gammaln, ndtri
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.power import two_proportions
from helpers.stats.power._common import (
    Detectable,
    ExactPower,
    Size,
    check_count,
    check_finite,
    check_positive,
    check_proportion,
    check_target,
    check_test,
    solve_value,
    whole,
)
from helpers.stats.proportions._unconditional import Space

TESTS = (
    "fisher",
    "fisher-central",
    "fisher-midp",
    "boschloo",
    "exact-score",
    "pooled",
    "yates",
    "unpooled",
    "farrington-manning",
    "miettinen-nurminen",
)
_WITH_MARGIN = ("exact-score", "unpooled", "farrington-manning", "miettinen-nurminen")
#: Probabilities this close (relatively) are the same, as in R's fisher.test.
_TIE = 1e-7
#: A p-value or statistic this close to its limit is at it.
_ROUNDING = 1e-9
_MOST_UNITS = 2000
#: A size search starts at this part of the size that the normal approximation gives, and at least so many units below
#: it.
_START, _BELOW = 0.85, 10


def rejection_region(
    n: int,
    n_ref: int,
    *,
    test: str = "fisher",
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
) -> np.ndarray:
    """Which tables of two arms a test rejects.

    Parameters
    ----------
    n, n_ref : int
        Units in the arm of interest and in the reference, 1 to 2000.
    test : str
        "fisher": Fisher's exact test, two-sided by the probability of tables (R's fisher.test). "fisher-central":
        twice the smaller one-sided p-value. "fisher-midp": central, with half the probability of the observed table.
        "boschloo": unconditional test that orders tables by Fisher's one-sided p-value; two-sided, one test on each
        side at alpha / 2. "exact-score": unconditional test that orders tables by the score statistic (its absolute
        value if two-sided). "pooled": chi-squared test without, and "yates" with continuity correction. "unpooled":
        Wald's test. "farrington-manning": score test; "miettinen-nurminen": the same with the factor N/(N-1) in the
        variance.
    alpha : float
        Significance level.
    alternative : str
        "two-sided", "greater" or "less" than the reference plus the margin.
    margin : float
        Difference under test, between -1 and 1, for the tests from "exact-score" on that allow one: "exact-score",
        "unpooled", "farrington-manning" and "miettinen-nurminen".

    Returns
    -------
    ndarray of bool
        Rows are events 0 to n in the arm, columns events 0 to n_ref in the reference.

    Raises
    ------
    InvalidInput
        If the sizes, alpha or the margin lie outside their range, an option is unknown, or the test has no margin.

    Notes
    -----
    Boschloo RD. Stat Neerl 1970;24:1-35; Suissa S, Shuster JJ. J R Stat Soc A 1985;148:317-327; Chan ISF. Stat Med
    1998;17:1403-1413 (exact score test with a margin). A table without variance under the null (all or no events in
    both arms) says nothing and is not rejected.
    """
    n, n_ref = check_count("n", n), check_count("n_ref", n_ref)
    if max(n, n_ref) > _MOST_UNITS:
        raise InvalidInput(f"{n} and {n_ref} units have too many tables; at most {_MOST_UNITS} in an arm.")
    check_test(alpha, alternative)
    check_choice("test", test, TESTS)
    check_finite("margin", margin)
    if not -1 < margin < 1 or (margin and test not in _WITH_MARGIN):
        raise InvalidInput(f"margin is {margin}; it lies between -1 and 1, and is 0 but for {', '.join(_WITH_MARGIN)}.")
    return _region(n, n_ref, test, float(alpha), alternative, float(margin)).copy()


def power(
    p: float,
    p_ref: float,
    *,
    n: int,
    n_ref: int | None = None,
    test: str = "fisher",
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
) -> ExactPower:
    """Exact unconditional power: the probability of the tables that the test rejects.

    Parameters
    ----------
    p, p_ref : float
        True proportions, 0 to 1, in the arm of interest and in the reference.
    n, n_ref, test, alpha, alternative, margin
        As in `rejection_region`; the reference has as many units as the arm if not given.

    Returns
    -------
    ExactPower
        `type_one_error` is the largest probability of a rejection over all pairs of proportions that differ by the
        margin; for large-sample tests it may exceed alpha.

    Raises
    ------
    InvalidInput
        As in `rejection_region`, or if a proportion lies outside [0, 1].
    """
    check_proportion("p", p, ends=True)
    check_proportion("p_ref", p_ref, ends=True)
    n_ref = n if n_ref is None else n_ref
    region = rejection_region(n, n_ref, test=test, alpha=alpha, alternative=alternative, margin=margin)
    found = _probability(region, p, p_ref)
    return ExactPower(found, type_one_error=Space(int(n), int(n_ref)).tail(region, "difference", margin))


def size(
    p: float,
    p_ref: float,
    *,
    power: float = 0.8,
    ratio: float = 1.0,
    test: str = "fisher",
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    lasting: int = 10,
    most: int = 1000,
) -> Size:
    """The smallest size from which on the exact power is enough; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    ratio : float
        Units in the reference for each unit in the arm, above 0; the reference is rounded up.
    lasting : int
        Ask for the power at this many further sizes too: exact power is saw-toothed, and one unit more may have less. 0
        gives the smallest size of all.
    most : int
        Largest size of the arm that is tried.

    Returns
    -------
    Size
        `reason` is "unreachable" if no size up to `most` is enough. The search starts at 0.85 times the size of the
        normal score test, and at least 10 units below it; what a tooth of the saw gives before that is not looked at.
    """
    check_target(power, alpha)
    check_positive("ratio", ratio)
    lasting, most = check_count("lasting", lasting, least=0), check_count("most", most)
    check_choice("test", test, TESTS)
    if not -1 < margin < 1 or (margin and test not in _WITH_MARGIN):
        raise InvalidInput(f"margin is {margin}; it lies between -1 and 1, and is 0 but for {', '.join(_WITH_MARGIN)}.")
    near = two_proportions.size(
        p, p_ref, power=power, ratio=ratio, alpha=alpha, alternative=alternative, method="score", margin=margin
    )
    if near.reason:
        return Size(None, None, None, None, "unreachable")
    kept, found = 0, 0.0
    for n in range(max(2, int(min(_START * near.unrounded, near.unrounded - _BELOW))), most + lasting + 1):
        n_ref = whole(n, ratio)[1]
        reached = _probability(_region(n, n_ref, test, float(alpha), alternative, float(margin)), p, p_ref)
        if reached < power:
            kept = 0
            continue
        if kept == 0:
            found = reached
        kept += 1
        if kept > lasting:
            return Size(n - lasting, whole(n - lasting, ratio)[1], None, found)
    return Size(None, None, None, None, "unreachable")


def detectable(
    p_ref: float,
    *,
    n: int,
    n_ref: int | None = None,
    power: float = 0.8,
    test: str = "fisher",
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    above: bool = True,
) -> Detectable:
    """The proportion of the arm that is found with a given exact power; parameters and errors as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    above : bool
        For a two-sided test: search above the value under test, or below it.

    Returns
    -------
    Detectable
        `reason` is "unreachable" if not even a proportion of 0 or 1 is enough.
    """
    check_proportion("p_ref", p_ref, ends=True)
    check_target(power, alpha)
    region = rejection_region(
        n, n if n_ref is None else n_ref, test=test, alpha=alpha, alternative=alternative, margin=margin
    )
    null = p_ref + margin
    if not 0 <= null <= 1:
        return Detectable(None, None, "unreachable")
    up = above if alternative == "two-sided" else alternative == "greater"
    if _probability(region, null, p_ref) >= power:  # a large-sample test whose error exceeds the power asked for
        return Detectable(null, margin)
    found = solve_value(lambda p: _probability(region, p, p_ref), power, null, 1.0 if up else 0.0)
    return Detectable(None, None, "unreachable") if found is None else Detectable(found, found - p_ref)


def _probability(region: np.ndarray, p: float, p_ref: float) -> float:
    n, n_ref = region.shape[0] - 1, region.shape[1] - 1
    found = binom.pmf(np.arange(n + 1), n, p) @ region @ binom.pmf(np.arange(n_ref + 1), n_ref, p_ref)
    return float(min(1.0, max(0.0, found)))


@lru_cache(maxsize=64)
def _region(n: int, n_ref: int, test: str, alpha: float, alternative: str, margin: float) -> np.ndarray:
    if test in ("fisher", "fisher-central", "fisher-midp"):
        return _fisher(n, n_ref, test, alternative) <= alpha * (1 + _ROUNDING)
    if test == "boschloo":
        if alternative == "two-sided":
            sides = [_region(n, n_ref, test, alpha / 2, side, margin) for side in ("greater", "less")]
            return sides[0] | sides[1]
        return _worst_case(-_fisher(n, n_ref, "fisher", alternative), n, n_ref, alpha, 0.0)
    z = _statistic(n, n_ref, test, margin)
    extreme = {"two-sided": np.abs(z), "greater": z, "less": -z}[alternative]
    if test == "exact-score":
        return _worst_case(extreme, n, n_ref, alpha, margin)
    bar = -ndtri(alpha / 2 if alternative == "two-sided" else alpha)
    return (extreme >= bar - _ROUNDING) & (extreme != 0)


def _statistic(n: int, n_ref: int, test: str, margin: float) -> np.ndarray:
    """Normal statistic of every table, 0 where distance and variance both vanish."""
    space = Space(n, n_ref)
    if test in ("exact-score", "farrington-manning", "miettinen-nurminen", "pooled"):
        z = space.score("difference", margin).reshape(n + 1, n_ref + 1)
        return z * np.sqrt((n + n_ref - 1) / (n + n_ref)) if test == "miettinen-nurminen" else z
    p, p_ref = space.events / n, space.events_ref / n_ref
    distance = p - p_ref - margin
    if test == "yates":
        pooled = (space.events + space.events_ref) / (n + n_ref)
        variance = pooled * (1 - pooled) * (1 / n + 1 / n_ref)
        distance = np.copysign(np.maximum(0.0, np.abs(distance) - (1 / n + 1 / n_ref) / 2), distance)
    else:
        variance = p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref
    distance = np.where(np.abs(distance) < 1e-12, 0.0, distance)
    z = np.divide(distance, np.sqrt(variance), out=np.zeros_like(distance), where=variance > 1e-15)
    flat = (variance <= 1e-15) & (distance != 0)
    z[flat] = np.copysign(inf, distance[flat])
    return z


def _worst_case(extreme: np.ndarray, n: int, n_ref: int, alpha: float, margin: float) -> np.ndarray:
    """The largest set of most extreme tables whose probability nowhere under the null exceeds alpha."""
    levels = np.unique(np.round(extreme[np.isfinite(extreme)], 9))[::-1]
    levels = np.concatenate([[inf], levels]) if np.isposinf(extreme).any() else levels
    space, low, high = Space(n, n_ref), 0, levels.size

    def above(count: int) -> np.ndarray:
        return extreme >= levels[count - 1] - 1e-9 if count else np.zeros(extreme.shape, dtype=bool)

    while low < high:  # the probability grows with the number of levels
        middle = (low + high + 1) // 2
        if space.tail(above(middle), "difference", margin) <= alpha * (1 + _ROUNDING):
            low = middle
        else:
            high = middle - 1
    return above(low)


def _fisher(n: int, n_ref: int, test: str, alternative: str) -> np.ndarray:
    """P-value of every table, given its total of events."""
    found = np.ones((n + 1, n_ref + 1))
    logs, logs_ref = _log_choose(n), _log_choose(n_ref)
    for total in range(1, n + n_ref):
        x = np.arange(max(0, total - n_ref), min(n, total) + 1)
        weight = logs[x] + logs_ref[total - x]
        pmf = np.exp(weight - weight.max())
        pmf /= pmf.sum()
        found[x, total - x] = _conditional(pmf, test, alternative)
    return found


def _conditional(pmf: np.ndarray, test: str, alternative: str) -> np.ndarray:
    """P-values of the tables with one total, from their probabilities."""
    if alternative == "two-sided" and test == "fisher":
        order = np.argsort(pmf, kind="stable")
        ranked = np.cumsum(pmf[order])
        return np.minimum(1.0, ranked[np.searchsorted(pmf[order], pmf * (1 + _TIE), side="right") - 1])
    half = 0.5 * pmf if test == "fisher-midp" else 0.0
    greater = np.cumsum(pmf[::-1])[::-1] - half
    less = np.cumsum(pmf) - half
    if alternative == "two-sided":
        return np.minimum(1.0, 2 * np.minimum(greater, less))
    return np.minimum(1.0, greater if alternative == "greater" else less)


def _log_choose(n: int) -> np.ndarray:
    k = np.arange(n + 1)
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
