"""Spearman's rank correlation with its intervals and tests."""

from collections.abc import Iterable
from math import exp, sqrt

import numpy as np
from scipy.special import ndtr
from scipy.stats import rankdata

from helpers.stats._types import check_choice
from helpers.stats._wald import p_value, quantile
from helpers.stats.correlation._shared import FEWEST, PERFECT, CorrelationTest, nothing, pairs_of, t_statistic
from helpers.stats.correlation.intervals import SPEARMAN, spearman_limits
from helpers.stats.correlation.pearson import order_p

TESTS = ("t", "exact", "edgeworth", "permutation")


def spearman(
    x: Iterable[float],
    y: Iterable[float],
    *,
    interval: str = "bonett-wright",
    test: str = "t",
    level: float = 0.95,
    alternative: str = "two-sided",
    resamples: int = 9999,
    seed: int = 0,
) -> CorrelationTest:
    """Spearman's rank correlation of pairs.

    Parameters
    ----------
    x, y : iterables of float
        Pairs, in any units; a pair with a missing value is left out. Ties share their mean rank.
    interval : {"bonett-wright", "fieller", "fisher"}
        As in `spearman_limits`.
    test : {"t", "exact", "edgeworth", "permutation"}
        Of no association: t with n - 2 degrees of freedom; over all orders of the ranks, ties included, up to fourteen
        pairs; the Edgeworth series that R's cor.test takes above nine pairs without ties; over `resamples` orders drawn
        with `seed`.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test and the interval, which ends at -1 or 1 on its other side.

    Returns
    -------
    CorrelationTest
        In [-1, 1]. None where fewer than four pairs are there ("too-few") or one side is constant ("no-variance"); no
        interval where the ranks agree or oppose perfectly ("no-variance"); no p-value where the orders are too many to
        list ("too-large").

    Raises
    ------
    InvalidInput
        If x and y differ in length, or an option is not allowed.

    Notes
    -----
    Edgeworth series: Best DJ, Roberts DE. Appl Stat 1975;24:377-379 (algorithm AS 89).
    """
    from helpers.stats import _pingouin

    quantile(level, alternative)
    check_choice("interval", interval, SPEARMAN)
    check_choice("test", test, TESTS)
    first, second = pairs_of(x, y)
    n = first.size
    if n < FEWEST:
        return nothing(n, "too-few")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return nothing(n, "no-variance")
    found = _pingouin.spearman(first, second)
    r, statistic, df = found.estimate, t_statistic(found.estimate, n - 2), float(n - 2)
    p = found.p_value if alternative == "two-sided" else p_value(statistic, alternative, df=df)
    if test != "t":
        statistic = df = None
        ranks = rankdata(first), rankdata(second)
        if test == "edgeworth":
            p = _edgeworth(float(((ranks[0] - ranks[1]) ** 2).sum()), n, alternative)
        else:
            p = order_p(*ranks, alternative, test, resamples, seed)
    if abs(r) >= PERFECT:
        sign = 1.0 if r > 0 else -1.0
        p = p_value(sign * float("inf"), alternative) if test == "t" else p
        return CorrelationTest(sign, None, None, "no-variance", n=n, p_value=p)
    lower, upper = spearman_limits(r, n, interval=interval, level=level, alternative=alternative)
    factor = {"bonett-wright": 1 + r * r / 2, "fieller": 1.06, "fisher": 1.0}[interval]
    se = sqrt(factor / (n - 3)) * (1 - r * r)
    return CorrelationTest(r, lower, upper, "too-large" if p is None else "", n, p, se, statistic, df)


def _edgeworth(distance: float, n: int, alternative: str) -> float:
    """Tails of the sum of squared rank differences by its Edgeworth series; small sums are a positive correlation."""
    centre = (n**3 - n) / 6

    def above(s: float) -> float:
        b = 1 / n
        z = (6 * (s - 1) * b / (n * n - 1) - 1) * sqrt(1 / b - 1)
        y = z * z
        inner = 0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 0.00046 * y))
        u = z * b * (0.2274 + b * (0.2531 + 0.1745 * b) + y * (-0.0758 + b * (0.1033 + 0.3932 * b) - y * b * inner))
        return min(1.0, max(0.0, u / exp(y / 2) + float(ndtr(-z))))

    # the sums are even numbers: "at least" is above the one before, which the shift by 1 stands for
    rounded = round(distance)
    if alternative == "greater":
        return 1 - above(rounded + 2)
    if alternative == "less":
        return above(rounded)
    return min(1.0, 2 * (above(rounded) if rounded > centre else 1 - above(rounded + 2)))
