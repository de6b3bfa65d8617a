"""What the procedures share: the value they return, and the checks of p-values, weights and levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import known_reason

#: A p-value that a chain of floating-point steps puts this much (relatively) above alpha is at alpha.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Adjusted:
    """Adjusted p-values, one for each given; None for a missing one, and for all of them where `reason` is set.

    `size` is the number of hypotheses the adjustment counts.
    """

    p_values: tuple[float | None, ...]
    size: int
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)

    def rejected(self, alpha: float) -> tuple[bool, ...]:
        """Whether each hypothesis is rejected with the error rate kept at `alpha`; a missing one never is."""
        check_alpha(alpha)
        return tuple(p is not None and p <= alpha * (1 + ROUNDING) for p in self.p_values)

    def rejections(self, alpha: float) -> int:
        """Number of hypotheses rejected with the error rate kept at `alpha`."""
        return sum(self.rejected(alpha))


def check_alpha(alpha: float) -> None:
    """Refuse a significance level outside (0, 1)."""
    if not 0 < alpha < 1:
        raise InvalidInput(f"alpha is {alpha}; a significance level lies between 0 and 1, such as 0.05.")


def as_p_values(p_values: Sequence[float | None]) -> np.ndarray:
    """The p-values as an array with NaN for a missing one; refuses values outside [0, 1]."""
    found = np.array([np.nan if p is None else float(p) for p in p_values], dtype=float)
    outside = found[(found < 0) | (found > 1)]
    if outside.size:
        raise InvalidInput(f"{outside[0]} is no p-value; p-values lie between 0 and 1.")
    return found


def as_planned(p_values: Sequence[float | None]) -> tuple[np.ndarray, np.ndarray]:
    """The p-values with 1 for a missing one, and where they are missing: for procedures whose structure is planned."""
    found = as_p_values(p_values)
    missing = np.isnan(found)
    return np.where(missing, 1.0, found), missing


def as_weights(weights: Sequence[float] | None, count: int, *, zeros: bool = False) -> np.ndarray:
    """Weights that sum to 1, equal ones if none are given; refuses negative ones, and zeros unless allowed."""
    if weights is None:
        return np.full(count, 1 / count) if count else np.empty(0)
    found = np.array(weights, dtype=float)
    if found.shape != (count,):
        raise InvalidInput(f"{found.size} weights for {count} hypotheses: one weight is needed for each.")
    least = "0 or more" if zeros else "above 0"
    if not np.isfinite(found).all() or (found < 0).any() or (not zeros and (found == 0).any()):
        raise InvalidInput(f"weights are {list(weights)}; every weight must be a number {least}.")
    if count and found.sum() <= 0:
        raise InvalidInput("all weights are 0; at least one must be above 0.")
    return found / found.sum() if count else found


def as_tuple(values: np.ndarray) -> tuple[float | None, ...]:
    """Plain numbers, capped at 1, with None for a missing one."""
    return tuple(None if isnan(v) else min(1.0, float(v)) for v in values)


def planned_result(values: np.ndarray, missing: np.ndarray) -> Adjusted:
    """Adjusted p-values of a planned structure, in which a missing hypothesis keeps its place."""
    return Adjusted(as_tuple(np.where(missing, np.nan, values)), values.size)
