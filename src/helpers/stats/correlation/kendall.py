"""Kendall's tau-b with its intervals and tests."""

from collections.abc import Iterable
from math import sqrt

import numpy as np
from scipy.stats import kendalltau

from helpers.stats._types import check_choice
from helpers.stats._wald import limits, p_value, quantile
from helpers.stats.correlation._permutation import MOST_VALUES, extreme, orders
from helpers.stats.correlation._shared import FEWEST, PERFECT, CorrelationTest, nothing, pairs_of
from helpers.stats.correlation.intervals import kendall_limits

INTERVALS = ("fieller", "fisher", "asymptotic")


def kendall(
    x: Iterable[float],
    y: Iterable[float],
    *,
    interval: str = "fieller",
    test: str = "normal",
    continuity: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> CorrelationTest:
    """Kendall's tau-b of pairs.

    Parameters
    ----------
    x, y : iterables of float
        Pairs, in any units; a pair with a missing value is left out.
    interval : {"fieller", "fisher", "asymptotic"}
        On Fisher's scale with variance 0.437/(n - 4) or 1/(n - 3), or plus and minus the asymptotic standard error of
        Brown and Benedetti, as SAS gives it.
    test : {"normal", "exact"}
        Of no association: normal with the variance corrected for ties; over all orders, for any number of pairs without
        ties, up to nine with ties.
    continuity : bool
        Take 1 off the score of the normal test.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test and the interval, which ends at -1 or 1 on its other side.

    Returns
    -------
    CorrelationTest
        In [-1, 1]. None where fewer than four pairs are there ("too-few") or one side is constant ("no-variance"). No
        interval where tau is 1 or -1 ("no-variance") or, by Fieller, below five pairs ("too-few"); no p-value where the
        orders are too many to list ("too-large").

    Raises
    ------
    InvalidInput
        If x and y differ in length, or an option is not allowed.

    Notes
    -----
    Kendall MG. Biometrika 1938;30:81-93. Brown MB, Benedetti JK. J Am Stat Assoc 1977;72:309-315.
    """
    quantile(level, alternative)
    check_choice("interval", interval, INTERVALS)
    check_choice("test", test, ("normal", "exact"))
    first, second = pairs_of(x, y)
    n = first.size
    if n < FEWEST:
        return nothing(n, "too-few")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return nothing(n, "no-variance")
    signs = [np.sign(v[:, None] - v[None, :]) for v in (first, second)]
    sides = [float((s * s).sum()) for s in signs]
    concordance = (signs[0] * signs[1]).sum(axis=1)
    score = float(concordance.sum()) / 2
    tau = float(2 * score / sqrt(sides[0] * sides[1]))
    if test == "exact":
        p, z = _exact(first, second, signs, score, alternative), None
    else:
        step = np.sign(score) * min(1.0, abs(score)) if continuity else 0.0
        z = (score - step) / sqrt(_variance(first, second))
        p = p_value(z, alternative)
    if abs(tau) >= PERFECT:
        return CorrelationTest(1.0 if tau > 0 else -1.0, None, None, "no-variance", n, p, None, z)
    se = _standard_error(tau, signs, sides, concordance)
    if interval == "asymptotic":
        if not se:
            return CorrelationTest(tau, None, None, "no-variance", n, p, None, z)
        ends = limits(tau, se, level=level, alternative=alternative, floor=-1.0, ceiling=1.0)
        lower, upper = max(-1.0, ends[0]), min(1.0, ends[1])
    elif n < 5:
        return CorrelationTest(tau, None, None, "too-few", n, p, se, z)
    else:
        lower, upper = kendall_limits(tau, n, interval=interval, level=level, alternative=alternative)
    return CorrelationTest(tau, lower, upper, "too-large" if p is None else "", n, p, se, z)


def _variance(x: np.ndarray, y: np.ndarray) -> float:
    """Of the score under no association, given the ties."""
    n = len(x)
    a, b = (np.unique(v, return_counts=True)[1].astype(float) for v in (x, y))
    plain = n * (n - 1) * (2 * n + 5)
    tied = sum(float((t * (t - 1) * (2 * t + 5)).sum()) for t in (a, b))
    pairs = float((a * (a - 1)).sum() * (b * (b - 1)).sum())
    triples = float((a * (a - 1) * (a - 2)).sum() * (b * (b - 1) * (b - 2)).sum())
    return (plain - tied) / 18 + pairs / (2 * n * (n - 1)) + triples / (9 * n * (n - 1) * (n - 2))


def _standard_error(tau: float, signs: list[np.ndarray], sides: list[float], concordance: np.ndarray) -> float:
    """Asymptotic standard error of tau-b away from no association."""
    n = len(concordance)
    tied = [(s == 0).sum(axis=1) for s in signs]
    root = sqrt(sides[0] * sides[1])
    margins = tied[0] * sides[1] + tied[1] * sides[0]
    squared = float(((2 * root * concordance + tau * margins) ** 2).sum()) - n**3 * tau**2 * sum(sides) ** 2
    return sqrt(max(0.0, squared)) / root**2


def _exact(x: np.ndarray, y: np.ndarray, signs: list[np.ndarray], score: float, alternative: str) -> float | None:
    n = len(x)
    if len(np.unique(x)) == n == len(np.unique(y)):
        return float(kendalltau(x, y, method="exact", alternative=alternative).pvalue)
    if n > MOST_VALUES:
        return None
    places = orders(np.arange(n, dtype=float)).astype(int)
    i, j = np.triu_indices(n, 1)
    scores = signs[1][places[:, i], places[:, j]] @ signs[0][i, j]
    return float(extreme(scores, score, 0.0, alternative).mean())
