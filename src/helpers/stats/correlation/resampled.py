"""The bootstrap interval of a correlation, from pairs drawn again."""

from collections.abc import Iterable

import numpy as np
from scipy.stats import rankdata

from helpers.stats._types import check_choice
from helpers.stats.bootstrap import Bootstrap, bootstrap
from helpers.stats.correlation._shared import FEWEST, pairs_of

METHODS = ("pearson", "spearman")


def bootstrap_correlation(
    x: Iterable[float],
    y: Iterable[float],
    *,
    seed: int,
    method: str = "spearman",
    interval: str = "bca",
    resamples: int = 9999,
    level: float = 0.95,
) -> Bootstrap:
    """A correlation with its bootstrap interval.

    Parameters
    ----------
    x, y : iterables of float
        Pairs, in any units; a pair with a missing value is left out.
    seed, interval, resamples, level
        As in `bootstrap.bootstrap`.
    method : {"pearson", "spearman"}
        Which correlation; ranks are taken anew in every resample.

    Returns
    -------
    Bootstrap
        In [-1, 1]. A resample whose x or y are all the same has no correlation and is left out. "too-few" below four
        pairs, "no-variance" where one side is constant or the correlation is perfect in every resample; otherwise as in
        `bootstrap.bootstrap`.

    Raises
    ------
    InvalidInput
        If x and y differ in length, or an option is not allowed.
    """
    check_choice("method", method, METHODS)
    first, second = pairs_of(x, y)
    n = first.size
    statistic = _spearman if method == "spearman" else _pearson
    if n >= FEWEST and np.ptp(first) and np.ptp(second):
        pairs = np.column_stack([first, second])
        return bootstrap(
            pairs, statistic, seed=seed, resamples=resamples, interval=interval, vectorised=True, level=level
        )
    checked = bootstrap(np.zeros((0, 2)), statistic, seed=seed, resamples=resamples, interval=interval, level=level)
    return Bootstrap(None, None, None, checked.reason if n < FEWEST else "no-variance", n)


def _spearman(pairs: np.ndarray) -> np.ndarray:
    return _pearson(rankdata(pairs, axis=1))


def _pearson(pairs: np.ndarray) -> np.ndarray:
    """Correlation of many samples of pairs, NaN where a side does not vary."""
    centred = pairs - pairs.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1)
    size = np.abs(pairs).max(axis=(0, 1)) ** 2 * pairs.shape[1]
    fixed = (squares <= 1e-24 * size).any(axis=1)
    product = np.sqrt(squares.prod(axis=1))
    return np.where(fixed, np.nan, centred.prod(axis=2).sum(axis=1) / np.where(fixed, 1.0, product))
