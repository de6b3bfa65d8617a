"""Who is missing: by chance alone (MCAR), by what was observed before (MAR), or by the unseen value itself (MNAR)."""

import numpy as np


def race(score: np.ndarray, strength: float) -> np.ndarray:
    """Places in the order in which they are taken, for values that stand in random order.

    Successive sampling: each place runs an exponential clock with rate exp(strength x score), so that the first to ring
    are a sample without replacement with these weights (Efraimidis PS, Spirakis PG. Inf Process Lett 2006;97:181-185).
    With a score of 0 throughout the order stays as it is.
    """
    n = len(score)
    clock = -np.log1p(-(np.arange(n) + 0.5) / max(n, 1))
    return np.argsort(clock * np.exp(-strength * score), kind="stable")


def standard(values: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """`values` in standard deviations from the mean; 0 where one is missing or nothing varies."""
    return np.nan_to_num((values - mean) / sd) if sd > 0 else np.zeros(np.shape(values))
