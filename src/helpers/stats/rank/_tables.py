"""Samples as counts of each distinct value: placements, and the permutation distribution of any statistic of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

#: The most cells of arrangements that are listed: about a tenth of a second.
_MOST_CELLS = 1_000_000
_CHUNK = 50_000

Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]


def counted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each distinct value of the pooled samples, in ascending order, occurs in either."""
    distinct, at = np.unique(np.concatenate([x, y]), return_inverse=True)
    size = distinct.size
    return np.bincount(at[: x.size], minlength=size), np.bincount(at[x.size :], minlength=size)


def placements(counts: np.ndarray, counts_ref: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a value of each kind, the share of the other sample below it plus half the share that ties with it.

    The last axis runs over the distinct values; leading axes hold separate pairs of samples.
    """

    def placed(other: np.ndarray) -> np.ndarray:
        return (np.cumsum(other, axis=-1) - other / 2) / other.sum(axis=-1, keepdims=True)

    return placed(counts_ref), placed(counts)


def spread(counts: np.ndarray, placed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the placements of a sample and the sum of their squared deviations."""
    mean = (counts * placed).sum(axis=-1) / counts.sum(axis=-1)
    return mean, (counts * (placed - mean[..., None]) ** 2).sum(axis=-1)


def arrangements(totals: np.ndarray, size: int, *, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """Ways to draw `size` units from kinds with these totals, their probabilities, and whether they are all of them.

    Where the ways are too many to list, `resamples` of them are drawn at random, each with the same probability.
    """
    listed = _listed(totals, size)
    if listed is None:
        drawn = np.random.default_rng(seed).multivariate_hypergeometric(totals, size, size=resamples, method="count")
        return drawn, np.full(resamples, 1 / resamples), False
    weights = (gammaln(totals + 1.0) - gammaln(listed + 1.0) - gammaln(totals - listed + 1.0)).sum(axis=1)
    weights = np.exp(weights - weights.max())
    return listed, weights / weights.sum(), True


@dataclass(frozen=True)
class Permuted:
    """A statistic over arrangements of two samples: values, probabilities, and the value observed.

    `drawn` is the number of random arrangements, 0 where all are listed.
    """

    values: np.ndarray
    weights: np.ndarray
    observed: float
    drawn: int

    def p_value(self, alternative: str) -> float:
        """Probability of a value as extreme as the one observed; two-sided by absolute value.

        Notes
        -----
        With random arrangements the one observed counts among them, as Phipson B, Smyth GK. Stat Appl Genet Mol Biol
        2010;9:39 advise.
        """
        found, observed = self.values, self.observed
        if alternative == "two-sided":
            found, observed = np.abs(found), abs(observed)
        elif alternative == "less":
            found, observed = -found, -observed
        near = 1e-9 * max(1.0, abs(observed)) if np.isfinite(observed) else 0.0
        share = float(self.weights[found >= observed - near].sum())
        return min(1.0, (share * self.drawn + 1) / (self.drawn + 1) if self.drawn else share)

    def quantile(self, share: float) -> float:
        """The least value with at least this probability at or below it."""
        order = np.argsort(self.values)
        reached = np.cumsum(self.weights[order])
        return float(self.values[order][min(int(np.searchsorted(reached, share - 1e-12)), order.size - 1)])


def permuted(
    counts: np.ndarray, counts_ref: np.ndarray, statistic: Statistic, *, resamples: int, seed: int
) -> Permuted:
    """The statistic over all arrangements of the pooled values, or over random ones where they are too many."""
    totals = counts + counts_ref
    tables, weights, complete = arrangements(totals, int(counts.sum()), resamples=resamples, seed=seed)
    parts = [statistic(tables[i : i + _CHUNK], totals - tables[i : i + _CHUNK]) for i in range(0, len(tables), _CHUNK)]
    values = np.nan_to_num(np.concatenate(parts), nan=0.0, posinf=np.inf, neginf=-np.inf)
    observed = float(statistic(counts[None, :], counts_ref[None, :])[0])
    return Permuted(values, weights, observed, 0 if complete else resamples)


def _listed(totals: np.ndarray, size: int) -> np.ndarray | None:
    ways = np.zeros(size + 1)
    ways[0] = 1
    for total in totals:
        ways = np.convolve(ways, np.ones(total + 1))[: size + 1]
    if ways[size] * len(totals) > _MOST_CELLS:
        return None
    rest = totals[::-1].cumsum()[::-1]
    tables, left = np.zeros((1, 0), dtype=np.int64), np.array([size])
    for kind, total in enumerate(totals):
        after = rest[kind + 1] if kind + 1 < len(totals) else 0
        fewest, most = np.maximum(0, left - after), np.minimum(total, left)
        repeats = most - fewest + 1
        start = np.repeat(np.cumsum(repeats) - repeats, repeats)
        taken = np.repeat(fewest, repeats) + np.arange(repeats.sum()) - start
        tables = np.column_stack([np.repeat(tables, repeats, axis=0), taken])
        left = np.repeat(left, repeats) - taken
    return tables
