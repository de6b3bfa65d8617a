"""What the functions on means share: the checks of their options, pooled and Welch's degrees of freedom, and pairs."""

from collections.abc import Iterable
from math import exp, inf, isfinite, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._wald import quantile
from helpers.stats.summary import Moments


def check_options(level: float, alternative: str, null: float = 0.0) -> None:
    """Refuse a level, an alternative or a value under the null hypothesis that is none."""
    quantile(level, alternative)
    if not isfinite(null):
        raise InvalidInput(f"null is {null}; the value under the null hypothesis is a finite number.")


def welch_df(first: Moments, second: Moments) -> float:
    """Degrees of freedom of Welch and Satterthwaite for the difference of two means."""
    a, b = first.variance / first.n, second.variance / second.n
    return (a + b) ** 2 / sum(v**2 / (m.n - 1) for v, m in ((a, first), (b, second)) if v)


def pooled_sd(first: Moments, second: Moments) -> float:
    """Square root of the variances averaged by their degrees of freedom."""
    df = first.n + second.n - 2
    return sqrt(((first.n - 1) * first.variance + (second.n - 1) * second.variance) / df)


def exponential(value: float) -> float:
    """e to the value, infinite where that is too large for a float."""
    return exp(value) if value < 709.0 else inf


def paired_values(values: Iterable[float], reference: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of the complete pairs."""
    first, second = np.asarray(list(values), dtype=float), np.asarray(list(reference), dtype=float)
    if first.size != second.size:
        raise InvalidInput(f"{first.size} values and {second.size} of the reference: pairs are needed.")
    both = np.isfinite(first) & np.isfinite(second)
    return first[both], second[both]
