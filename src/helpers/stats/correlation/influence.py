"""What a rank correlation owes to single pairs: its range when each is left out in turn, and tied values."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from helpers.stats._types import known_reason
from helpers.stats.correlation._shared import pairs_of
from helpers.stats.correlation.spearman import spearman
from helpers.stats.summary import values_of


@dataclass(frozen=True)
class Influence:
    """The lowest and the highest correlation of `n` pairs with one of them left out; None where `reason` is set."""

    n: int
    lowest: float | None = None
    highest: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def leave_one_out(x: Iterable[float], y: Iterable[float]) -> Influence:
    """Spearman's correlation with each pair left out in turn.

    Parameters
    ----------
    x, y : iterable of float
        Values in pairs; a pair with a missing value is left out from the start.

    Returns
    -------
    Influence
        With the reason of `spearman` where the correlation, or one of those with a pair left out, has no value.

    Raises
    ------
    InvalidInput
        If x and y differ in length.

    Notes
    -----
    Efron B, Tibshirani RJ. An introduction to the bootstrap, Chapman & Hall 1993, chapter 11 (the jackknife's values).
    """
    first, second = pairs_of(x, y)
    n = len(first)
    found = [spearman(np.delete(first, i), np.delete(second, i)) for i in range(n)]
    reason = next((f.reason for f in found if f.estimate is None), "" if found else "too-few")
    if reason:
        return Influence(n, reason=reason)
    rhos = [f.estimate for f in found]
    return Influence(n, min(rhos), max(rhos))


def tied(values: Iterable[float]) -> float | None:
    """The fraction of all pairs of values that are equal; None below two values.

    Notes
    -----
    What tau-b leaves out of its denominator: Kendall MG. Biometrika 1945;33:239-251.
    """
    present = values_of(values)
    n = len(present)
    if n < 2:
        return None
    counts = np.unique(present, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))
