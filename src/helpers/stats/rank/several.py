"""Several samples: the Kruskal-Wallis test and the trend test of Jonckheere and Terpstra."""

from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np
from scipy.special import chdtrc
from scipy.stats import rankdata

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import check_alternative
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import RankTest, ordinals_of, tie_sizes

_SLACK = 1e-9
#: The most comparisons held at once.
_MOST_CELLS = 5_000_000


def kruskal_wallis(
    samples: Sequence[Iterable[float]], *, method: str = "chi-square", resamples: int = 10_000, seed: int = 0
) -> RankTest:
    """Kruskal-Wallis test that several independent samples are of one distribution.

    Parameters
    ----------
    samples : sequence of iterables of float
        Two samples or more; missing values are left out.
    method : {"chi-square", "permutation"}
        The approximation with k - 1 degrees of freedom, or `resamples` random arrangements.
    resamples, seed : int
        Number of random arrangements and their seed.

    Returns
    -------
    RankTest
        `statistic` is H corrected for ties, `n` all values. "too-few" where fewer than two samples have values,
        "no-variance" where all values are the same.

    Raises
    ------
    InvalidInput
        If there are fewer than two samples.

    Notes
    -----
    Kruskal WH, Wallis WA. J Am Stat Assoc 1952;47:583-621. Random arrangements count the one observed.
    """
    check_choice("method", method, ("chi-square", "permutation"))
    held, pooled, ranks = _pooled(samples)
    total = pooled.size
    if len(held) < 2:
        return RankTest(total, None, None, reason="too-few")
    spread = float(((ranks - (total + 1) / 2) ** 2).sum()) / (total - 1)
    if spread == 0:
        return RankTest(total, None, None, reason="no-variance")
    ends = np.cumsum([x.size for x in held])[:-1]

    def h(arranged: np.ndarray) -> np.ndarray:
        means = [part.mean(axis=-1) for part in np.split(arranged, ends, axis=-1)]
        return sum(x.size * (mean - (total + 1) / 2) ** 2 for x, mean in zip(held, means, strict=True)) / spread

    statistic, df = float(h(ranks)), float(len(held) - 1)
    if method == "chi-square":
        return RankTest(total, None, statistic, df, None, None, float(chdtrc(df, statistic)), df)
    found = h(_arranged(ranks, resamples, seed))
    extreme = int((found >= statistic - _SLACK * max(1.0, statistic)).sum())
    return RankTest(total, None, statistic, df, None, None, (extreme + 1) / (resamples + 1))


def jonckheere(
    samples: Sequence[Iterable[float]],
    *,
    alternative: str = "two-sided",
    method: str = "normal",
    ties: bool = True,
    resamples: int = 10_000,
    seed: int = 0,
) -> RankTest:
    """Jonckheere-Terpstra test of a trend over ordered independent samples.

    Parameters
    ----------
    samples : sequence of iterables of float
        Two samples or more in the order of the trend; missing values are left out.
    alternative : {"two-sided", "greater", "less"}
        A trend either way, upwards or downwards along the samples.
    method : {"normal", "permutation"}
        Normal approximation, or `resamples` random arrangements.
    ties : bool
        Correct the variance for ties, as SAS does and R's DescTools does not.
    resamples, seed : int
        Number of random arrangements and their seed.

    Returns
    -------
    RankTest
        `statistic` is J, the pairs in which the later sample has the larger value plus half of those tied; reasons as
        in `kruskal_wallis`.

    Notes
    -----
    Jonckheere AR. Biometrika 1954;41:133-145. Terpstra TJ. Indag Math 1952;14:327-333. Variance: Hollander M, Wolfe DA.
    Nonparametric statistical methods. 1999, section 6.2.
    """
    check_alternative(alternative)
    check_choice("method", method, ("normal", "permutation"))
    held, pooled, ranks = _pooled(samples)
    total = pooled.size
    if len(held) < 2:
        return RankTest(total, None, None, reason="too-few")
    sizes = np.array([x.size for x in held], dtype=float)
    tied = tie_sizes(pooled).astype(float)
    expected = (total**2 - float((sizes**2).sum())) / 4
    variance = _trend_variance(float(total), sizes, tied if ties else np.ones(0))
    ends = np.cumsum([x.size for x in held])[:-1]

    def j(arranged: np.ndarray) -> np.ndarray:
        parts = np.split(arranged, ends, axis=-1)
        return sum(
            (np.sign(later[..., :, None] - earlier[..., None, :]) + 1).sum(axis=(-1, -2)) / 2
            for at, later in enumerate(parts)
            for earlier in parts[:at]
        )

    statistic = float(j(ranks))
    if tied.size == 1 or variance <= 0:
        return RankTest(total, None, statistic, expected, 0.0, reason="no-variance")
    z = (statistic - expected) / sqrt(variance)
    if method == "normal":
        return RankTest(total, None, statistic, expected, sqrt(variance), z, standardised_p(z, alternative))
    arranged = _arranged(ranks, resamples, seed)
    rows = max(1, _MOST_CELLS // total**2)
    found = np.concatenate([j(arranged[i : i + rows]) for i in range(0, resamples, rows)]) - expected
    reach = statistic - expected
    if alternative == "two-sided":
        found, reach = np.abs(found), abs(reach)
    elif alternative == "less":
        found, reach = -found, -reach
    p_value = (int((found >= reach - _SLACK).sum()) + 1) / (resamples + 1)
    return RankTest(total, None, statistic, expected, sqrt(variance), z, p_value)


def _pooled(samples: Sequence[Iterable[float]]) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    if len(samples) < 2:
        raise InvalidInput(f"{len(samples)} sample: two or more are compared.")
    held = [x for x in map(ordinals_of, samples) if x.size]
    pooled = np.concatenate(held) if held else np.zeros(0)
    return held, pooled, rankdata(pooled) if pooled.size else pooled


def _arranged(ranks: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permuted(np.tile(ranks, (resamples, 1)), axis=1)


def _trend_variance(total: float, sizes: np.ndarray, tied: np.ndarray) -> float:
    def moments(counts: np.ndarray) -> tuple[float, float, float]:
        first = float((counts * (counts - 1) * (2 * counts + 5)).sum())
        return first, float((counts * (counts - 1) * (counts - 2)).sum()), float((counts * (counts - 1)).sum())

    (a, b, c), (d, e, f) = moments(sizes), moments(tied)
    variance = (total * (total - 1) * (2 * total + 5) - a - d) / 72
    if total > 2:
        variance += b * e / (36 * total * (total - 1) * (total - 2))
    return variance + (c * f / (8 * total * (total - 1)) if total > 1 else 0.0)
