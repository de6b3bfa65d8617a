"""The distribution of sum(x * y) over all orders of y, exact or sampled: the permutation test of a correlation."""

from functools import lru_cache
from itertools import permutations

import numpy as np

#: Most pairs whose orders are listed: by subsets for small whole numbers such as doubled ranks, else one by one.
MOST_RANKS, MOST_VALUES = 14, 9

#: Largest sum of products for which orders are listed by subsets.
_LARGEST_SUM = 20_000

#: Orders sampled at a time.
_CHUNK = 2000


def exact_p(x: np.ndarray, y: np.ndarray, alternative: str) -> float | None:
    """P-value over all orders of y; None where there are too many to list.

    Notes
    -----
    Two-sided counts the sums at least as far from their mean as the one observed.
    """
    a, b = (2 * (v - v.min()) for v in (x, y))
    whole = (a == np.round(a)).all() and (b == np.round(b)).all()
    if whole and len(x) <= MOST_RANKS and np.dot(np.sort(a), np.sort(b)) <= _LARGEST_SUM:
        ordered = (tuple(int(i) for i in np.sort(v)) for v in (a, b))
        sums, counts = _by_subsets(*ordered)
    elif len(x) <= MOST_VALUES:
        sums = orders(b) @ a
        counts = np.ones(len(sums))
    else:
        return None
    mean = float(a.sum() * b.mean())
    return float(counts[extreme(sums, float(np.dot(a, b)), mean, alternative)].sum() / counts.sum())


def sampled_p(x: np.ndarray, y: np.ndarray, alternative: str, *, resamples: int, seed: int) -> float:
    """P-value over orders of y drawn at random, the observed one counted with them."""
    rng, found = np.random.default_rng(seed), 0
    observed, mean = float(np.dot(x, y)), float(x.sum() * y.mean())
    for start in range(0, resamples, _CHUNK):
        rows = min(_CHUNK, resamples - start)
        sums = rng.permuted(np.broadcast_to(y, (rows, len(y))), axis=1) @ x
        found += int(extreme(sums, observed, mean, alternative).sum())
    return (found + 1) / (resamples + 1)


def extreme(sums: np.ndarray, observed: float, mean: float, alternative: str) -> np.ndarray:
    """Which sums count against the null hypothesis as much as the one observed."""
    slack = 1e-10 * max(1.0, float(np.abs(sums).max()))
    if alternative == "greater":
        return sums >= observed - slack
    if alternative == "less":
        return sums <= observed + slack
    return np.abs(sums - mean) >= abs(observed - mean) - slack


def orders(values: np.ndarray) -> np.ndarray:
    """All orders of the values, one a row."""
    return np.array(list(permutations(values.tolist())))


@lru_cache(maxsize=32)
def _by_subsets(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Every sum of a * reordered b with the number of orders that give it, building orders up subset by subset."""
    n, most = len(a), int(np.dot(a, b)) + 1
    counts = {0: np.zeros(most)}
    counts[0][0] = 1.0
    for i in range(n):
        following: dict[int, np.ndarray] = {}
        for used, held in counts.items():
            for j in range(n):
                if used >> j & 1:
                    continue
                step = a[i] * b[j]
                target = following.setdefault(used | 1 << j, np.zeros(most))
                target[step:] += held[: most - step] if step else held
        counts = following
    (found,) = counts.values()
    present = np.flatnonzero(found)
    return present.astype(float), found[present]
