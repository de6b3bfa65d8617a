"""What the rank methods share: reading samples, checking options, p-values of standardised statistics."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from helpers.stats._types import known_reason


@dataclass(frozen=True)
class RankTest:
    """A test on ranks of `n` values, against `n_ref` in the reference arm where there is one.

    `statistic` has mean `expected` and standard deviation `sd` under the null hypothesis; `z` is the standardised
    statistic, with the continuity correction where one was asked for; `df` is set where the p-value is from a t
    distribution. Whatever cannot be given is None and `reason` says why.
    """

    n: int
    n_ref: int | None
    statistic: float | None
    expected: float | None = None
    sd: float | None = None
    z: float | None = None
    p_value: float | None = None
    df: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def ordinals_of(values: Iterable[float]) -> np.ndarray:
    """The values present, as floats; NaN and None are left out, infinite values stay, for they have a rank."""
    array = np.asarray(list(values), dtype=float)
    return array[~np.isnan(array)]


def corrected(deviation: float, half: float, alternative: str) -> float:
    """A deviation from its mean after the continuity correction `half`, towards the mean or against the alternative."""
    if alternative == "two-sided":
        return deviation - np.sign(deviation) * half
    return deviation - half if alternative == "greater" else deviation + half


def one_sided_limits(
    lower: float, upper: float, alternative: str, *, floor: float = -np.inf, ceiling: float = np.inf
) -> tuple[float, float]:
    """Both limits, with the open side of a one-sided interval at the end of the scale."""
    if alternative == "greater":
        return lower, ceiling
    if alternative == "less":
        return floor, upper
    return lower, upper


def tie_sizes(values: np.ndarray) -> np.ndarray:
    """How often each distinct value occurs."""
    return np.unique(values, return_counts=True)[1]
