"""Two independent samples: the Wilcoxon-Mann-Whitney test, exact with ties, and the test of Fligner and Policello."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import rankdata

from helpers.stats._types import check_choice
from helpers.stats._wald import check_alternative
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import RankTest, corrected, ordinals_of, tie_sizes
from helpers.stats.rank._exact import sampled_p
from helpers.stats.rank._tables import counted, permuted, placements, spread


@dataclass(frozen=True)
class MannWhitney(RankTest):
    """A Wilcoxon-Mann-Whitney test: `statistic` is U, `rank_sum` Wilcoxon's W, the sum of the ranks of the `n` values.

    R's wilcox.test calls U "W"; SAS prints the rank sum.
    """

    @property
    def rank_sum(self) -> float | None:
        return None if self.statistic is None else self.statistic + self.n * (self.n + 1) / 2


def mann_whitney(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    alternative: str = "two-sided",
    method: str = "exact",
    continuity: bool = True,
    shift: float = 0.0,
    two_sided: str = "distance",
) -> MannWhitney:
    """Wilcoxon-Mann-Whitney test of two independent samples.

    Parameters
    ----------
    values, reference : iterable of float
        The two samples; missing values are left out, infinite ones stay as the least or the greatest.
    alternative : {"two-sided", "greater", "less"}
        Whether the values are shifted either way, upwards or downwards from the reference.
    method : {"exact", "mid-p", "normal", "t"}
        The distribution of the rank sum given the ties seen, the same with half the probability of the value observed,
        the normal approximation with the variance corrected for ties, or the t distribution with N - 1 degrees of
        freedom in its place.
    continuity : bool
        With the normal or t approximation, move U half a unit.
    shift : float
        Shift under the null hypothesis, taken from `values` first.
    two_sided : {"distance", "doubled"}
        Whether the exact two-sided p-value is the probability of lying as far from the mean or twice the smaller tail.

    Returns
    -------
    MannWhitney
        `statistic` is U, the pairs in which the value is larger plus half of those tied. A sample without values is
        "too-few"; all values the same "no-variance", with an exact p-value of 1; samples too large to list "too-large".

    Raises
    ------
    InvalidInput
        If an option is not on its list.

    Notes
    -----
    Wilcoxon F. Biometrics Bull 1945;1:80-83. Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. Exact: Streitberg B,
    Roehmel J. Stat Softw Newsl 1986;12:10-18. scipy's method="exact" ignores ties; R's wilcox.test does not offer it
    with them; coin and SAS do and agree with this. SAS prints a one-sided p-value in the direction of the statistic,
    whichever that is. R corrects for continuity by default, coin never.
    """
    check_alternative(alternative)
    check_choice("method", method, ("exact", "mid-p", "normal", "t"))
    check_choice("two_sided", two_sided, ("distance", "doubled"))
    x, y = ordinals_of(values) - shift, ordinals_of(reference)
    n, m = x.size, y.size
    if not (n and m):
        return MannWhitney(n, m, None, reason="too-few")
    ranks = rankdata(np.concatenate([x, y]))
    u = float(ranks[:n].sum() - n * (n + 1) / 2)
    expected, sd = n * m / 2, sqrt(rank_variance(ranks, n))
    if sd == 0:
        return MannWhitney(n, m, u, expected, 0.0, p_value=1.0 if method == "exact" else None, reason="no-variance")
    if method in ("exact", "mid-p"):
        p_value = sampled_p(ranks, n, u + n * (n + 1) / 2, alternative, two_sided=two_sided, mid_p=method == "mid-p")
        return MannWhitney(
            n, m, u, expected, sd, (u - expected) / sd, p_value, reason="" if p_value is not None else "too-large"
        )
    z = corrected(u - expected, 0.5 if continuity else 0.0, alternative) / sd
    df = n + m - 1.0 if method == "t" else None
    return MannWhitney(n, m, u, expected, sd, float(z), standardised_p(z, alternative, df=df), df)


def rank_variance(ranks: np.ndarray, n: int) -> float:
    """Variance of the sum of `n` of the ranks under the null hypothesis; ranks of tied values are their average."""
    total, m = len(ranks), len(ranks) - n
    if total < 2:
        return 0.0
    ties = tie_sizes(ranks).astype(float)
    return n * m / 12 * max(0.0, total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1)))


def fligner_policello(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    alternative: str = "two-sided",
    method: str = "normal",
    resamples: int = 10_000,
    seed: int = 0,
) -> RankTest:
    """Robust rank test of Fligner and Policello, which does not take the two spreads for equal.

    Parameters
    ----------
    values, reference, alternative
        As in `mann_whitney`.
    method : {"normal", "permutation"}
        The normal approximation, or the permutation distribution: every arrangement where they can be listed, else
        `resamples` random ones.
    resamples, seed : int
        Number of random arrangements and their seed.

    Returns
    -------
    RankTest
        `statistic` and `z` are the standardised difference of placements, positive where the values are larger.
        "separated" without a p-value from the normal approximation where the samples do not overlap at all and
        nothing is left to estimate the variance from.

    Notes
    -----
    Fligner MA, Policello GE. J Am Stat Assoc 1981;76:162-168.
    """
    check_alternative(alternative)
    check_choice("method", method, ("normal", "permutation"))
    x, y = ordinals_of(values), ordinals_of(reference)
    n, m = x.size, y.size
    if not (n and m):
        return RankTest(n, m, None, reason="too-few")

    counts, counts_ref = counted(x, y)
    if counts.size == 1:
        return RankTest(n, m, None, reason="no-variance")
    z = float(_robust(counts[None, :], counts_ref[None, :])[0])
    shown, reason = (z, "") if np.isfinite(z) else (None, "separated")
    if method == "permutation":
        p_value = permuted(counts, counts_ref, _robust, resamples=resamples, seed=seed).p_value(alternative)
    else:
        p_value = None if shown is None else standardised_p(z, alternative)
    return RankTest(n, m, shown, 0.0, None, shown, p_value, reason=reason)


def _robust(counts: np.ndarray, counts_ref: np.ndarray) -> np.ndarray:
    """The statistic of Fligner and Policello for many pairs of samples, infinite where they do not overlap."""
    n, m = counts.sum(axis=-1), counts_ref.sum(axis=-1)
    placed, placed_ref = placements(counts, counts_ref)
    p, squares = spread(counts, placed)
    variance = m**2 * squares + n**2 * spread(counts_ref, placed_ref)[1] + n * m * p * (1 - p)
    with np.errstate(divide="ignore", invalid="ignore"):
        return n * m * (2 * p - 1) / (2 * np.sqrt(variance))
