"""Several independent means: the test that they are equal, linear contrasts, and all pairs at once."""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from scipy.special import fdtrc, fdtri

from helpers.errors import InvalidInput
from helpers.stats._t_tests import FTest, TTest, t_test
from helpers.stats._types import Contrast, check_choice
from helpers.stats.means._shared import check_options
from helpers.stats.means._studentised import adjusted
from helpers.stats.summary import Moments, Sample, moments


def one_way(samples: Sequence[Sample], *, equal_variances: bool = True) -> FTest:
    """F test that the means of several groups are equal.

    Parameters
    ----------
    samples : sequence of samples
        Of each group its values, of which missing ones are left out, or its moments.
    equal_variances : bool
        False gives Welch's test.

    Returns
    -------
    FTest
        The sum of squares is that between the groups, with equal variances. "too-few" where a group is empty or no
        degree of freedom is left, for Welch's test where a group has fewer than two values; "no-variance" where the
        variance of the error, for Welch's test that of any group, is zero.

    Raises
    ------
    InvalidInput
        If there are fewer than two groups.

    Notes
    -----
    Welch BL. Biometrika 1951;38:330-336.
    """
    groups = _groups(samples)
    k = len(groups)
    if any(g is None for g in groups):
        return FTest(k - 1, 0, None, None, reason="too-few")
    n, mean = np.array([g.n for g in groups]), np.array([g.mean for g in groups])
    variance = np.array([g.variance for g in groups])
    if equal_variances:
        df = int(n.sum()) - k
        if df < 1:
            return FTest(k - 1, df, None, None, reason="too-few")
        error = float(((n - 1) * variance).sum()) / df
        between = float((n * (mean - (n * mean).sum() / n.sum()) ** 2).sum())
        if not error:
            return FTest(k - 1, df, None, None, between, "no-variance")
        f = between / (k - 1) / error
        return FTest(k - 1, df, f, float(fdtrc(k - 1, df, f)), between)
    if n.min() < 2:
        return FTest(k - 1, 0, None, None, reason="too-few")
    if not variance.all():
        return FTest(k - 1, 0, None, None, reason="no-variance")
    w = n / variance
    share = w / w.sum()
    spread = float(((1 - share) ** 2 / (n - 1)).sum())
    f = float((w * (mean - share @ mean) ** 2).sum()) / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * spread)
    df = (k * k - 1) / (3 * spread)
    return FTest(k - 1, df, f, float(fdtrc(k - 1, df, f)))


def contrast(
    samples: Sequence[Sample],
    weights: Sequence[float],
    *,
    equal_variances: bool = False,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
    scheffe: bool = False,
) -> TTest:
    """A linear combination of independent means with its interval and t test.

    Parameters
    ----------
    samples : sequence of samples
        As in `one_way`.
    weights : sequence of float
        One a group, such as 1, -1/2, -1/2.
    equal_variances : bool
        Pool the variances; otherwise Satterthwaite's degrees of freedom.
    null : float
        Value under the null hypothesis.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test; a one-sided interval is infinite on its other side.
    scheffe : bool
        Scheffe's interval and p-value, which hold for all contrasts at once; two-sided with equal variances only.

    Returns
    -------
    TTest
        In the unit of the values; reasons as in `one_way`, by the groups with a weight.

    Raises
    ------
    InvalidInput
        If the weights are not one a group, or an option is not allowed.
    """
    check_options(level, alternative, null)
    groups, w = _groups(samples), np.asarray(list(weights), dtype=float)
    if w.size != len(groups) or not np.isfinite(w).all() or not w.any():
        raise InvalidInput(f"{w.size} weights for {len(groups)} groups: one each, finite and not all zero.")
    if scheffe and (not equal_variances or alternative != "two-sided"):
        raise InvalidInput("Scheffe's interval is two-sided and assumes equal variances.")
    total = sum(g.n for g in groups if g)
    if any(g is None for g, weight in zip(groups, w, strict=True) if weight):
        return TTest(total, None, reason="too-few")
    present = [(g, weight) for g, weight in zip(groups, w, strict=True) if g]
    n, mean = np.array([g.n for g, _ in present]), np.array([g.mean for g, _ in present])
    variance, w = np.array([g.variance for g, _ in present]), np.array([weight for _, weight in present])
    value = float(w @ mean)
    if equal_variances:
        df = float(n.sum() - n.size)
        if df < 1:
            return TTest(total, value, reason="too-few")
        squared = float(((n - 1) * variance).sum() / df * (w * w / n).sum())
    else:
        if n[w != 0].min() < 2:
            return TTest(total, value, reason="too-few")
        parts = w * w * variance / n
        squared, used = float(parts.sum()), parts > 0
        df = squared**2 / float((parts[used] ** 2 / (n[used] - 1)).sum()) if squared else 0.0
    if not squared:
        return TTest(total, value, reason="no-variance")
    found = t_test(total, value, sqrt(squared), df, null=null, level=level, alternative=alternative)
    if not scheffe:
        return found
    rank = n.size - 1
    half = sqrt(rank * float(fdtri(rank, df, level))) * found.se
    p = float(fdtrc(rank, df, found.statistic**2 / rank))
    return replace(found, lower=value - half, upper=value + half, p_value=p)


def pairwise(
    samples: Sequence[Sample],
    *,
    equal_variances: bool = True,
    adjust: str = "tukey",
    level: float = 0.95,
) -> dict[tuple[int, int], Contrast]:
    """Differences of all pairs of means, first minus second, adjusted for their number.

    Parameters
    ----------
    samples : sequence of samples
        As in `one_way`.
    equal_variances : bool
        Pool the variances of all groups; otherwise those of the pair, with Satterthwaite's degrees of freedom (with
        "tukey" the Games-Howell procedure).
    adjust : {"tukey", "bonferroni", "sidak", "scheffe", "none"}
        How p-values and limits are adjusted; Scheffe only with equal variances.
    level : float
        Of all intervals together, 0 < level < 1.

    Returns
    -------
    dict
        (i, j), i < j, counted from 0 -> TTest with adjusted p-value and limits; reasons as in `contrast`.

    Notes
    -----
    Kramer CY. Biometrics 1956;12:307-310. Games PA, Howell JF. J Educ Stat 1976;1:113-125.
    """
    check_choice("adjust", adjust, ("tukey", "bonferroni", "sidak", "scheffe", "none"))
    if adjust == "scheffe" and not equal_variances:
        raise InvalidInput("Scheffe's intervals assume equal variances.")
    groups = _groups(samples)
    k, found = len(groups), {}
    for i in range(k):
        for j in range(i + 1, k):
            weights = np.zeros(k)
            weights[i], weights[j] = 1.0, -1.0
            plain = contrast(groups, weights, equal_variances=equal_variances, level=level)
            found[i, j] = adjusted(plain, adjust, means=k, pairs=k * (k - 1) // 2, level=level)
    return found


def _groups(samples: Sequence[Sample]) -> list[Moments | None]:
    groups = [g if g is None else moments(g) for g in samples]
    if len(groups) < 2:
        raise InvalidInput(f"{len(groups)} group: two are needed at least.")
    return groups
