"""Clusters laid out in equal blocks, and the working correlation of their outcomes with its moment estimates."""

from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput

CORRELATIONS = ("independence", "exchangeable", "ar1", "unstructured")
MOMENTS = ("liang-zeger", "gee", "geepack")


@dataclass(frozen=True, eq=False)
class Blocks:
    """Where each row stands in an array of (clusters, longest cluster): `cluster` and `place`, one element a row.

    `time` holds the rows' times for the correlations that use them; `times` are the distinct ones.
    """

    cluster: np.ndarray
    place: np.ndarray
    time: np.ndarray
    clusters: int
    longest: int
    times: np.ndarray

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values of the rows in the blocks, 0 where a cluster is shorter."""
        out = np.zeros((self.clusters, self.longest, *values.shape[1:]))
        out[self.cluster, self.place] = values
        return out

    @property
    def present(self) -> np.ndarray:
        """Which places of the blocks hold a row."""
        return self.spread(np.ones(self.cluster.size)) > 0


def lay_out(cluster: np.ndarray, time: np.ndarray | None, correlation: str) -> Blocks:
    """Rows in blocks, by time within a cluster where it is given, otherwise in the order of the data."""
    codes, inverse = np.unique(cluster, return_inverse=True)
    order = np.lexsort((np.arange(inverse.size) if time is None else time, inverse))
    place = np.empty(inverse.size, dtype=int)
    sizes = np.bincount(inverse, minlength=codes.size)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place[order] = np.arange(inverse.size) - np.repeat(starts, sizes)
    when = place.astype(float) if time is None else time.astype(float)
    if time is not None and correlation in ("ar1", "unstructured"):
        if len(np.unique(np.column_stack([inverse, when]), axis=0)) < when.size:
            raise InvalidInput("a cluster has two rows of one time; the correlation needs one row a time.")
        if correlation == "ar1" and (np.mod(when - when.min(), 1) != 0).any():
            raise InvalidInput("times of an ar1 correlation have to lie whole numbers apart.")
    return Blocks(inverse, place, when, codes.size, int(sizes.max(initial=0)), np.unique(when))


def estimate(
    blocks: Blocks, residuals: np.ndarray, dispersion: float, kind: str, parameters: int, moments: str
) -> tuple[np.ndarray, np.ndarray]:
    """Correlation parameters and the working correlation of every block.

    "liang-zeger" takes the number of coefficients off the number of pairs, as SAS does; "geepack" does not; R's "gee"
    averages the products of neighbours, and of two times, within a cluster first.
    """
    identity = np.eye(blocks.longest)
    if kind == "independence":
        return np.empty(0), np.broadcast_to(identity, (blocks.clusters, *identity.shape))
    e, there = blocks.spread(residuals), blocks.present
    taken = 0 if moments == "geepack" else parameters

    def average(total: float, pairs: float) -> float:
        divisor = pairs - taken if pairs > taken else pairs
        return float(total / (divisor * dispersion)) if divisor > 0 and dispersion > 0 else 0.0

    # R's gee has a dispersion of its own for these averages: that of clusters, each counted once
    size = there.sum(axis=1)
    several = size > 1
    own = float(((e**2).sum(axis=1) / size).mean()) * several.sum()

    both = there[:, :, None] & there[:, None, :] & ~np.eye(blocks.longest, dtype=bool)
    if kind == "exchangeable":
        total = ((e.sum(axis=1) ** 2 - (e**2).sum(axis=1)) / 2).sum()
        alpha = average(total, both.sum() / 2)
        return np.array([alpha]), np.where(both, alpha, 0.0) + identity
    if kind == "ar1":
        when = blocks.spread(blocks.time)
        gap = np.abs(when[:, :, None] - when[:, None, :])
        next_to = both & (gap == 1)
        products = (e[:, :, None] * e[:, None, :] * next_to).sum(axis=(1, 2)) / 2
        pairs = next_to.sum(axis=(1, 2)) / 2
        if moments == "gee":
            alpha = float((products[pairs > 0] / pairs[pairs > 0]).sum() / own) if own > 0 else 0.0
        else:
            alpha = average(products.sum(), pairs.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = np.where(both, np.sign(alpha) ** gap * np.abs(alpha) ** gap, 0.0)
        return np.array([alpha]), powers + identity
    level = np.searchsorted(blocks.times, blocks.time)
    m = blocks.times.size
    by_time, seen = np.zeros((blocks.clusters, m)), np.zeros((blocks.clusters, m))
    by_time[blocks.cluster, level], seen[blocks.cluster, level] = residuals, 1.0
    totals, pairs = by_time.T @ by_time, seen.T @ seen
    matrix = np.eye(m)
    for j in range(m):
        for k in range(j):
            found = totals[j, k] / own if moments == "gee" and own > 0 else average(totals[j, k], pairs[j, k])
            matrix[j, k] = matrix[k, j] = found
    at = blocks.spread(level.astype(float)).astype(int)
    full = matrix[at[:, :, None], at[:, None, :]]
    return matrix[np.tril_indices(m, -1)], np.where(both, full, 0.0) + identity
