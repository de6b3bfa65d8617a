"""Summaries of one sample."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Summary:
    """Of `n` values, in their own unit. The SD needs two values; everything but n needs one."""

    n: int
    mean: float | None
    sd: float | None
    median: float | None
    q1: float | None
    q3: float | None


def values_of(values: Iterable[float]) -> np.ndarray:
    """The values present, as floats; missing ones (None, NaN) are left out."""
    array = np.asarray(list(values), dtype=float)
    return array[np.isfinite(array)]


def summarise(values: Iterable[float]) -> Summary:
    """Number, mean, standard deviation (n - 1), median and quartiles of the values present.

    Quartiles by linear interpolation, type 7 of Hyndman RJ, Fan Y. Am Stat 1996;50:361-365.
    """
    present = values_of(values)
    if not present.size:
        return Summary(0, None, None, None, None, None)
    q1, median, q3 = (float(q) for q in np.quantile(present, [0.25, 0.5, 0.75]))
    sd = float(present.std(ddof=1)) if present.size > 1 else None
    return Summary(present.size, float(present.mean()), sd, median, q1, q3)
