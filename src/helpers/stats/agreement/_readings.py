"""Readings of objects by raters as a matrix, and the mean squares of its two-way layout."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats.summary import NEGLIGIBLE

#: Readings: one row an object, one column a rater.
Readings = np.ndarray | pd.DataFrame


@dataclass(frozen=True)
class MeanSquares:
    """Of a two-way layout of `n` objects and `k` raters: between objects, between raters, the rest, within objects."""

    n: int
    k: int
    objects: float
    raters: float
    error: float
    within: float
    mean: float

    @property
    def total(self) -> float:
        """Sum of squares about the mean of all readings."""
        return (self.n - 1) * self.objects + self.n * (self.k - 1) * self.within


def matrix_of(readings: Readings) -> np.ndarray:
    """The complete rows, as floats."""
    array = _floats(readings)
    return array[np.isfinite(array).all(axis=1)]


def complete_rows(readings: Readings) -> np.ndarray:
    """Which rows have no missing reading."""
    return np.isfinite(_floats(readings)).all(axis=1)


def two_readers(first: Iterable[float], second: Iterable[float]) -> np.ndarray:
    """Two readers' readings as a matrix, an object with a missing one left out."""
    one, two = np.asarray(list(first), dtype=float), np.asarray(list(second), dtype=float)
    if one.size != two.size:
        raise InvalidInput(
            f"{one.size} readings of the first reader and {two.size} of the second: agreement needs pairs."
        )
    return matrix_of(np.column_stack([one, two]).reshape(-1, 2))


def mean_squares(readings: np.ndarray) -> MeanSquares:
    """Of complete readings of two objects at least. What is only rounding becomes nought."""
    n, k = readings.shape
    mean = float(readings.mean())
    centred = readings - mean
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    left = centred - rows[:, None] - columns[None, :]
    floor = (NEGLIGIBLE * max(float(np.abs(readings).max()), np.finfo(float).tiny)) ** 2 * n * k
    squares = [k * rows @ rows, n * columns @ columns, (left**2).sum(), ((centred - rows[:, None]) ** 2).sum()]
    objects, raters, error, within = (0.0 if s <= floor else float(s) for s in squares)
    return MeanSquares(
        n, k, objects / (n - 1), raters / (k - 1), error / ((n - 1) * (k - 1)), within / (n * (k - 1)), mean
    )


def _floats(readings: Readings) -> np.ndarray:
    try:
        array = np.asarray(readings, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"readings have to be numbers: {error}.") from None
    if array.ndim != 2 or array.shape[1] < 2:
        raise InvalidInput(f"readings of shape {array.shape}: rows of objects and two columns of raters at least.")
    return array
