"""What correlations share: reading pairs, Fisher's z, and what comes back where there is nothing to correlate."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Correlation
from helpers.stats._wald import one_sided, quantile

#: Fewest pairs for Fisher's z, whose variance has n - 3 below the line.
FEWEST = 4

#: A correlation this near to 1 or -1 is perfect.
PERFECT = 1 - 1e-12


@dataclass(frozen=True)
class CorrelationTest(Correlation):
    """A correlation of `n` pairs with its interval and the test that it is nought.

    `se` is its approximate standard error; `statistic` is t with `df` degrees of freedom, or standard normal where `df`
    is None and there is a statistic.
    """

    se: float | None = None
    statistic: float | None = None
    df: float | None = None


def pairs_of(x: Iterable[float], y: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of the complete pairs."""
    first, second = np.asarray(list(x), dtype=float), np.asarray(list(y), dtype=float)
    if first.size != second.size:
        raise InvalidInput(f"{first.size} values of x and {second.size} of y: a correlation needs pairs.")
    both = np.isfinite(first) & np.isfinite(second)
    return first[both], second[both]


def fisher_limits(
    r: float, variance: float, *, level: float, alternative: str = "two-sided", shift: float = 0.0
) -> tuple[float, float]:
    """Limits of a correlation from the variance of Fisher's z, of which `shift` is first taken off."""
    z, half = atanh(r) - shift, quantile(level, alternative) * sqrt(variance)
    return one_sided(tanh(z - half), tanh(z + half), alternative, floor=-1.0, ceiling=1.0)


def check_correlation(r: float, n: int, held: int, name: str) -> None:
    """Refuse a correlation or a number of pairs from which Fisher's z has no interval."""
    if not -1 < r < 1 or n - held < FEWEST or held < 0:
        raise InvalidInput(f"r = {r} of {n} pairs with {held} covariates has no {name} interval.")


def nothing(n: int, reason: str) -> CorrelationTest:
    """What there is to say without a correlation."""
    return CorrelationTest(None, None, None, reason, n=n)


def t_statistic(r: float, df: float) -> float:
    """The t statistic of a correlation."""
    return r * sqrt(df / ((1 - r) * (1 + r))) if abs(r) < 1 else float("inf") * r


def constant(values: np.ndarray) -> bool:
    """Whether the values are all the same."""
    return bool(np.ptp(values) <= 1e-14 * max(float(np.abs(values).max()), np.finfo(float).tiny))
