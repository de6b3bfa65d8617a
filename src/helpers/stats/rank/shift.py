"""Hodges-Lehmann estimates with intervals: the shift between two samples and the centre of one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, floor, inf, sqrt

import numpy as np
from scipy.stats import rankdata

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import check_alternative, quantile
from helpers.stats.rank._common import corrected, one_sided_limits, ordinals_of
from helpers.stats.rank._exact import Distribution, flipped, sampled
from helpers.stats.rank._root import brent
from helpers.stats.rank.paired import differences_of
from helpers.stats.rank.two_sample import rank_variance

METHODS = ("moses", "exact", "exact-sas", "mid-p", "root")
#: Counts of differences are whole or half numbers, so those this near are one.
_NEAR = 1e-6
#: What a probability may miss of the tail by rounding.
_SLACK = 1e-12


@dataclass(frozen=True)
class Shift(Interval):
    """A Hodges-Lehmann estimate of `n` values, against `n_ref` where there is a reference arm.

    `se` is the width of a two-sided interval over twice the normal quantile; `attained` is the level that an exact
    interval reaches in the permutation distribution.
    """

    n: int = 0
    n_ref: int | None = None
    se: float | None = None
    attained: float | None = None


def hodges_lehmann(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    method: str = "moses",
    continuity: bool = True,
    ties: bool = True,
) -> Shift:
    """Shift between two independent samples: the median of all differences, with an order-statistic interval.

    Parameters
    ----------
    values, reference : iterable of float
        The two samples in the same unit; missing values are left out. Infinite values may stand for what is worse or
        better than any number.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        "greater" gives a lower limit and infinity, "less" the reverse.
    method : {"moses", "exact", "exact-sas", "mid-p", "root"}
        Differences counted off by the normal approximation (SAS calls it Moses); by the permutation distribution of
        the rank sum given the ties seen, at the last count it does not reject (coin); at the last count that the tied
        rank sum can take (SAS, StatXact); with half the probability of the count at the limit; or the roots of the
        standardised rank sum of the shifted samples, as R searches for them.
    continuity : bool
        With "root", correct the statistic for continuity.
    ties : bool
        With "moses", correct the variance of the rank sum for ties.

    Returns
    -------
    Shift
        In the unit of the values. Without limits where the samples are too small for the level ("too-few") or too large
        to list ("too-large"); nothing where the estimate falls between infinite differences ("undefined").

    Raises
    ------
    InvalidInput
        If an option is not on its list, or infinite values meet "root".

    Notes
    -----
    Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611. Moses LE. In: Walker HM, Lev J. Statistical inference. 1953.
    Bauer DF. J Am Stat Assoc 1972;67:687-690. Hollander M, Wolfe DA. Nonparametric statistical methods. 1999, section
    4.3. "moses" takes the order statistics floor(C) and nm + 1 - floor(C) with C = nm/2 - z sqrt(nm (n + m + 1) / 12);
    SAS's documented example (React) is met with the variance corrected for ties only. With ties the exact interval of
    SAS and StatXact is wider than that of coin: theirs is "exact-sas". R's wilcox.test with ties prints the estimate of
    "root", which is not the median of the differences and depends on the search.
    """
    _check_options(level, alternative, method)
    x, y = ordinals_of(values), ordinals_of(reference)
    n, m = x.size, y.size
    if not (n and m):
        return Shift(None, None, None, "too-few", n, m)
    if method == "root":
        _refuse_infinite(x, y)
        return _two_sample_root(x, y, level, alternative, continuity)
    with np.errstate(invalid="ignore"):
        differences = np.subtract.outer(x, y).ravel()
    differences = np.sort(np.where(np.isnan(differences), 0.0, differences))
    ranks = rankdata(np.concatenate([x, y]))
    return shift_of(differences, n, m, ranks, level=level, alternative=alternative, method=method, ties=ties)


def shift_of(
    differences: np.ndarray,
    n: int,
    m: int,
    ranks: np.ndarray,
    *,
    level: float,
    alternative: str = "two-sided",
    method: str = "moses",
    ties: bool = True,
) -> Shift:
    """Hodges-Lehmann shift from the sorted differences of `n` values and `m` and their pooled ranks."""
    variance = rank_variance(ranks, n) if ties else n * m * (n + m + 1) / 12
    lower_sum = n * (n + 1) / 2
    null = None if method == "moses" else sampled(ranks, n)
    if null is not None:
        null = Distribution(null.points - lower_sum, null.probabilities)
    return _counted_off(differences, variance, null, n, m, level, alternative, method)


def pseudo_median(
    values: Iterable[float],
    reference: Iterable[float] | None = None,
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    method: str = "exact",
    zeros: str = "keep",
    continuity: bool = True,
) -> Shift:
    """Centre of one sample or of pairs: the median of all averages of two values, with an order-statistic interval.

    Parameters
    ----------
    values, reference
        As in `signed_rank`.
    level, alternative, method, continuity
        As in `hodges_lehmann`; the counts are those of the signed-rank statistic without ties.
    zeros : {"keep", "drop"}
        Whether differences of zero take part. R and StatXact drop them.

    Returns
    -------
    Shift
        In the unit of the values; reasons as in `hodges_lehmann`.

    Notes
    -----
    Tukey JW. The simplest signed-rank tests. 1949. Lehmann EL. Nonparametrics. 1975, section 4. "exact-sas" is "exact"
    here.
    """
    _check_options(level, alternative, method)
    check_choice("zeros", zeros, ("keep", "drop"))
    x = differences_of(values, reference)
    if zeros == "drop":
        x = x[x != 0]
    n = x.size
    if not n:
        return Shift(None, None, None, "too-few", 0)
    _refuse_infinite(x)
    if method == "root":
        return _one_sample_root(x, level, alternative, continuity)
    averages = np.sort(np.add.outer(x, x)[np.triu_indices(n)] / 2)
    null = None if method == "moses" else flipped(np.arange(1.0, n + 1))
    return _counted_off(averages, n * (n + 1) * (2 * n + 1) / 24, null, n, None, level, alternative, method)


def _counted_off(
    ordered: np.ndarray,
    variance: float,
    null: Distribution | None,
    n: int,
    m: int | None,
    level: float,
    alternative: str,
    method: str,
) -> Shift:
    """Median of the ordered differences or averages, and the interval between two of them."""
    size = ordered.size
    middle = ordered[(size - 1) // 2], ordered[size // 2]
    if not np.isfinite(middle).all():
        return Shift(None, None, None, "undefined", n, m)
    estimate = float(sum(middle)) / 2
    tail = (1 - level) / 2 if alternative == "two-sided" else 1 - level
    attained = None
    if method == "moses":
        first = last = floor(size / 2 - quantile(level, alternative) * sqrt(variance))
    elif null is None:
        return Shift(estimate, None, None, "too-large", n, m)
    else:
        counts = null.points if method == "exact-sas" else np.arange(size + 1)
        above, below = _tails_at(null, counts, method == "mid-p")
        rejected_high = counts[(above <= tail) & (counts <= null.points[-1] + _NEAR)]  # beyond it nothing is known
        rejected_low = counts[(below <= tail) & (counts >= null.points[0] - _NEAR)]
        first = size - ceil(rejected_high.min() - _NEAR) + 1 if rejected_high.size else 0
        last = floor(rejected_low.max() + _NEAR) + 1 if rejected_low.size else 0
        attained = _attained(null, size, first, last, alternative)
    needed = {"two-sided": min(first, last), "greater": first, "less": last}[alternative]
    if needed < 1:
        return Shift(estimate, None, None, "too-few", n, m)
    lower = float(ordered[first - 1]) if first >= 1 else -inf
    upper = float(ordered[size - last]) if last >= 1 else inf
    se = None
    if alternative == "two-sided" and np.isfinite([lower, upper]).all():
        se = (upper - lower) / (2 * quantile(level))
    return Shift(estimate, *one_sided_limits(lower, upper, alternative), "", n, m, se, attained)


def _tails_at(null: Distribution, counts: np.ndarray, mid_p: bool) -> tuple[np.ndarray, np.ndarray]:
    """Probability of at least, and of at most, each count."""
    cumulative = np.concatenate([[0.0], np.cumsum(null.probabilities)])
    below = cumulative[np.searchsorted(null.points, counts - _NEAR)]
    up_to = cumulative[np.searchsorted(null.points, counts + _NEAR)]
    tied = (up_to - below) / 2 if mid_p else 0.0
    return np.maximum(0.0, 1 - below - tied - _SLACK), np.maximum(0.0, up_to - tied - _SLACK)


def _attained(null: Distribution, size: int, first: int, last: int, alternative: str) -> float:
    over = null.at_least(size - first + 1) if first >= 1 and alternative != "less" else 0.0
    under = null.at_most(last - 1) if last >= 1 and alternative != "greater" else 0.0
    return 1 - over - under


def _two_sample_root(x: np.ndarray, y: np.ndarray, level: float, alternative: str, continuity: bool) -> Shift:
    n, m = x.size, y.size

    def statistic(shift: float, correct: bool) -> float:
        ranks = rankdata(np.concatenate([x - shift, y]))
        deviation = ranks[:n].sum() - n * (n + 1) / 2 - n * m / 2
        variance = rank_variance(ranks, n)
        return float(corrected(deviation, 0.5 if correct else 0.0, alternative) / sqrt(variance)) if variance else 0.0

    return _rooted(statistic, float(x.min() - y.max()), float(x.max() - y.min()), n, m, level, alternative, continuity)


def _one_sample_root(x: np.ndarray, level: float, alternative: str, continuity: bool) -> Shift:
    def statistic(centre: float, correct: bool) -> float:
        moved = x - centre
        moved = moved[moved != 0]
        ranks = rankdata(np.abs(moved))
        variance = float((ranks**2).sum()) / 4
        deviation = ranks[moved > 0].sum() - ranks.sum() / 2
        return float(corrected(deviation, 0.5 if correct else 0.0, alternative) / sqrt(variance)) if variance else 0.0

    return _rooted(statistic, float(x.min()), float(x.max()), x.size, None, level, alternative, continuity)


def _rooted(
    statistic: Callable[[float, bool], float],
    low: float,
    high: float,
    n: int,
    m: int | None,
    level: float,
    alternative: str,
    continuity: bool,
) -> Shift:
    """Where the standardised statistic meets zero and the quantiles."""
    if low == high:
        return Shift(low, None, None, "no-variance", n, m)
    z = quantile(level, alternative)

    def crossing(target: float, correct: bool) -> float | None:
        if statistic(low, correct) <= target or statistic(high, correct) >= target:
            return None
        return brent(lambda shift: statistic(shift, correct) - target, low, high)

    estimate = crossing(0.0, False)
    lower = crossing(z, continuity) if alternative != "less" else -inf
    upper = crossing(-z, continuity) if alternative != "greater" else inf
    if estimate is None:
        return Shift(None, None, None, "undefined", n, m)
    if lower is None or upper is None:
        return Shift(estimate, None, None, "too-few", n, m)
    se = (upper - lower) / (2 * z) if alternative == "two-sided" else None
    return Shift(estimate, lower, upper, "", n, m, se)


def _check_options(level: float, alternative: str, method: str) -> None:
    check_level(level)
    check_alternative(alternative)
    check_choice("method", method, METHODS)


def _refuse_infinite(*samples: np.ndarray) -> None:
    if not all(np.isfinite(sample).all() for sample in samples):
        raise InvalidInput("a value is infinite, for which this method has no meaning.")
