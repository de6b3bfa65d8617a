"""The one place that calls pingouin (0.7): full precision, Welch always, lengths checked, one name for every number.

Why an adapter: pingouin names the p-value `p_val`, `p_unc` or `pval` by function; rounds CI95 to two decimals by
default; chooses Student or Welch by whether the groups are equal in size; takes a second sample of one value for a
hypothetical mean; and turns a paired test of unequal lengths into an unpaired one with no more than a warning.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.integrate import IntegrationWarning

from helpers.errors import InvalidInput


@dataclass(frozen=True)
class Found:
    """What pingouin found, under our names."""

    estimate: float | None
    p_value: float | None
    df: float | None = None
    lower: float | None = None
    upper: float | None = None


def welch(x: np.ndarray, y: np.ndarray, *, level: float, alternative: str = "two-sided") -> Found:
    """Welch's t test of two independent samples, x minus y."""
    _check_samples(x, y, fewest=2)
    with _pingouin() as pingouin:
        row = pingouin.ttest(x, y, paired=False, correction=True, confidence=level, alternative=alternative).iloc[0]
    return _difference(float(np.mean(x) - np.mean(y)), row)


def paired(x: np.ndarray, y: np.ndarray, *, level: float, alternative: str = "two-sided") -> Found:
    """The paired t test, x minus y."""
    _check_pairs(x, y, fewest=2)
    with _pingouin() as pingouin:
        row = pingouin.ttest(x, y, paired=True, confidence=level, alternative=alternative).iloc[0]
    return _difference(float(np.mean(x - y)), row)


def pearson(x: np.ndarray, y: np.ndarray) -> Found:
    """Pearson's correlation with the two-sided p-value of the t distribution on n - 2 degrees of freedom."""
    return _correlation(x, y, "pearson")


def spearman(x: np.ndarray, y: np.ndarray) -> Found:
    """Spearman's correlation with the two-sided p-value of the t approximation."""
    return _correlation(x, y, "spearman")


def _correlation(x: np.ndarray, y: np.ndarray, method: str) -> Found:
    _check_pairs(x, y, fewest=3)
    with _pingouin() as pingouin:
        row = pingouin.corr(x, y, method=method).iloc[0]  # a one-sided one wants mpmath, which is not there
    return Found(float(row["r"]), _p_value(row))


@contextmanager
def _pingouin() -> Iterator:
    """pingouin with its rounding off and four harmless warnings silent; its options afterwards as they were."""
    import pingouin

    before = dict(pingouin.options)
    for key in before:
        if key == "round" or key.startswith("round."):
            pingouin.options[key] = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.Pandas4Warning)  # pingouin's own use of inplace=
            warnings.filterwarnings("ignore", "Precision loss occurred", RuntimeWarning)  # one arm is constant
            warnings.filterwarnings("ignore", "Sample size is too small to estimate power", UserWarning)  # not used
            warnings.simplefilter("ignore", IntegrationWarning)  # of the Bayes factor, not used either
            yield pingouin
    finally:
        pingouin.options.update(before)


def _difference(estimate: float, row: pd.Series) -> Found:
    lower, upper = (float(limit) for limit in _only(row, "CI"))
    return Found(estimate, _p_value(row), float(row["dof"]), lower, upper)


def _p_value(row: pd.Series) -> float:
    return float(_only(row, "p_val", "p_unc", "pval"))


def _only(row: pd.Series, *prefixes: str):
    """The one entry of the row whose name starts with one of the prefixes."""
    names = [name for name in row.index if name.startswith(prefixes)]
    if len(names) != 1:
        raise InvalidInput(
            f"pingouin answered with {list(row.index)}, where one name starting {' or '.join(prefixes)} was expected."
        )
    return row[names[0]]


def _check_samples(x: np.ndarray, y: np.ndarray, *, fewest: int) -> None:
    if min(len(x), len(y)) < fewest:
        raise InvalidInput(f"samples of {len(x)} and {len(y)}: each needs at least {fewest} values.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidInput("a sample holds a value that is not a number.")


def _check_pairs(x: np.ndarray, y: np.ndarray, *, fewest: int) -> None:
    if len(x) != len(y):
        raise InvalidInput(f"{len(x)} and {len(y)} values: pairs are needed.")
    _check_samples(x, y, fewest=fewest)
