"""Limits and p-values from an estimate, its standard error and its degrees of freedom; infinite ones are normal."""

from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.special import stdtr, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level

ALTERNATIVES = ("two-sided", "less", "greater")


@dataclass(frozen=True)
class Inference:
    """How to infer: confidence level, value of the null hypothesis, and alternative.

    A one-sided alternative has a one-sided interval: (lower, infinity) for "greater", (-infinity, upper) for "less".
    """

    level: float = 0.95
    null: float = 0.0
    alternative: str = "two-sided"

    def __post_init__(self):
        check_level(self.level)
        check_choice("alternative", self.alternative, ALTERNATIVES)

    def limits(self, estimate: float, se: float, df: float) -> tuple[float, float]:
        """Lower and upper limit."""
        tail = (1 - self.level) / 2 if self.alternative == "two-sided" else 1 - self.level
        half = -float(stdtrit(df, tail)) * se
        lower = -inf if self.alternative == "less" else estimate - half
        upper = inf if self.alternative == "greater" else estimate + half
        return lower, upper

    def p_value(self, estimate: float, se: float, df: float) -> float:
        """P-value of the null hypothesis."""
        statistic = (estimate - self.null) / se
        if self.alternative == "two-sided":
            return float(2 * stdtr(df, -abs(statistic)))
        return float(stdtr(df, statistic if self.alternative == "less" else -statistic))


def vector(name: str, values) -> np.ndarray:
    """A sequence of at least one number as floats; None becomes NaN."""
    array = np.array([np.nan if v is None else v for v in values], dtype=float)
    if array.ndim != 1 or not array.size:
        raise InvalidInput(f"{name} has to be a sequence of at least one number.")
    return array


def check_complete_df(complete_df: float) -> None:
    """Refuse degrees of freedom of the complete data that are not above 0."""
    if not complete_df > 0:
        raise InvalidInput(f"complete_df is {complete_df}; it has to be above 0, infinite for a normal analysis.")
