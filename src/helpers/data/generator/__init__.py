"""The generator of the synthetic export: cohort, procedures, outcomes, missing forms, events, the truth behind them.

Every draw comes from a stream of its own, named after what it draws, so that adding one later moves no other number.
What may be written (ranges, dates, visits, codes, items) is the codebook's, how often is that of `params.yaml`.
"""

import numpy as np

#: The techniques of the trial, reference first: names of the plan, as in params.yaml, and codes of the codebook.
REFERENCE, EXPERIMENTAL = ARMS = ("VP", "KP")


def quota(n: int, shares) -> np.ndarray:
    """`n` divided by `shares` into whole numbers that sum to `n` (largest remainders, the first wins a tie)."""
    exact = np.asarray(list(shares), dtype=float) * n
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: n - counts.sum()]] += 1
    return counts


def choose(draw: np.random.Generator, shares: dict, size: int) -> np.ndarray:
    """`size` independent draws of the keys of `shares`."""
    keys = list(shares)
    edges = np.cumsum(list(shares.values()))
    return np.asarray(keys)[np.minimum(np.searchsorted(edges, draw.random(size), side="right"), len(keys) - 1)]


def by_arm(values: dict, arms: np.ndarray, name: str | None = None) -> np.ndarray:
    """The value of each row's technique; rows without one get the reference's."""
    reference, experimental = (getattr(values[arm], name) if name else values[arm] for arm in ARMS)
    return np.where(arms == EXPERIMENTAL, experimental, reference)
