"""Shares of pairs won and lost, and their covariance matrix by several estimators of U-statistics."""

from collections.abc import Sequence

import numpy as np

from helpers.stats.win.comparison import Pairs

VARIANCES = ("placement", "projection", "second-order", "unbiased", "null")


def shares(strata: Sequence[Pairs], weights: np.ndarray) -> np.ndarray:
    """Share of pairs won and lost, strata weighed pair by pair."""
    pairs = sum(w * s.n * s.n_ref for w, s in zip(weights, strata, strict=True))
    won = sum(w * s.wins.sum() for w, s in zip(weights, strata, strict=True))
    lost = sum(w * s.losses.sum() for w, s in zip(weights, strata, strict=True))
    return np.array([won, lost]) / pairs


def covariance(strata: Sequence[Pairs], weights: np.ndarray, kind: str) -> np.ndarray:
    """Covariance matrix of the shares of pairs won and lost."""
    pairs = sum(w * s.n * s.n_ref for w, s in zip(weights, strata, strict=True))
    return sum(
        (w * s.n * s.n_ref / pairs) ** 2 * stratum_covariance(s, kind) for w, s in zip(weights, strata, strict=True)
    )


def stratum_covariance(pairs: Pairs, kind: str) -> np.ndarray:
    """Covariance matrix of the shares won and lost in one stratum.

    Notes
    -----
    "placement" and "projection": first-order projections with divisor n - 1 and n (Bebu I, Lachin JM. Biostatistics
    2016;17:178-187). "second-order" adds the second-order projection (Ozenne B et al. Stat Methods Med Res
    2021;30:2032-2048). "unbiased" takes the mean product of disjoint pairs for the squared expectation (Bamber D. J
    Math Psychol 1975;12:387-415). "null": Dong G et al. Pharm Stat 2016;15:430-437, centred at equal shares.
    """
    kernels = pairs.wins.astype(float), pairs.losses.astype(float)
    n, m = pairs.n, pairs.n_ref
    centre = np.array([k.mean() for k in kernels])
    if kind == "null":
        centred = [k - centre.mean() for k in kernels]
        within = _products(centred)
        by_row, by_column = (_products([k.sum(axis=axis) for k in centred]) for axis in (1, 0))
        return (m / (m - 1) * (by_row - within) + n / (n - 1) * (by_column - within)) / (n * m) ** 2
    if kind == "unbiased":
        by_row, by_column = (_products([k.sum(axis=axis) for k in kernels]) for axis in (1, 0))
        totals = np.outer(centre, centre) * (n * m) ** 2
        disjoint = (totals - by_row - by_column + _products(kernels)) / (n * (n - 1) * m * (m - 1))
        return np.outer(centre, centre) - disjoint
    rows = [k.mean(axis=1) - c for k, c in zip(kernels, centre, strict=True)]
    columns = [k.mean(axis=0) - c for k, c in zip(kernels, centre, strict=True)]
    if kind == "placement":
        return _products(rows) / (n * (n - 1)) + _products(columns) / (m * (m - 1))
    first = _products(rows) / n**2 + _products(columns) / m**2
    if kind == "projection":
        return first
    rest = [k - c - r[:, None] - q[None, :] for k, c, r, q in zip(kernels, centre, rows, columns, strict=True)]
    return first + _products(rest) / (n * m) ** 2


def _products(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([[float((a * b).sum()) for b in parts] for a in parts])
