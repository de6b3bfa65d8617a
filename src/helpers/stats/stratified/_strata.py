"""The strata of a comparison of two arms, read from counts or from one row a unit, and the values they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, known_reason


@dataclass(frozen=True)
class Strata:
    """Counts of two arms, one element a stratum. An arm or a whole stratum may be empty."""

    events: np.ndarray
    n: np.ndarray
    events_ref: np.ndarray
    n_ref: np.ndarray

    def __len__(self) -> int:
        return self.n.size

    @property
    def total(self) -> np.ndarray:
        """Units of both arms."""
        return self.n + self.n_ref

    @property
    def cases(self) -> np.ndarray:
        """Events of both arms."""
        return self.events + self.events_ref

    @property
    def both_arms(self) -> np.ndarray:
        """Whether a stratum has units in both arms, as a difference needs."""
        return (self.n > 0) & (self.n_ref > 0)

    @property
    def with_event(self) -> np.ndarray:
        """Whether a stratum has both arms and an event, as a ratio of risks needs."""
        return self.both_arms & (self.cases > 0)

    @property
    def with_both(self) -> np.ndarray:
        """Whether a stratum has both arms, an event and a unit without, as odds and the conditional tests need."""
        return self.with_event & (self.cases < self.total)

    def only(self, chosen: np.ndarray) -> "Strata":
        """The chosen strata."""
        return Strata(self.events[chosen], self.n[chosen], self.events_ref[chosen], self.n_ref[chosen])

    def plus(self, amount: np.ndarray) -> "Strata":
        """The same with an amount added to each of the four cells of a stratum."""
        return Strata(self.events + amount, self.n + 2 * amount, self.events_ref + amount, self.n_ref + 2 * amount)


@dataclass(frozen=True)
class CountedStrata:
    """Counts by stratum of unit-level data: arguments of the stratified functions, with the label of each stratum.

    `left_out` is the number of rows not counted because a value was missing.
    """

    labels: list[tuple]
    events: list[int]
    n: list[int]
    events_ref: list[int]
    n_ref: list[int]
    left_out: int = 0

    @property
    def counts(self) -> tuple[list[int], list[int], list[int], list[int]]:
        """The four lists in the order of the functions' arguments."""
        return self.events, self.n, self.events_ref, self.n_ref


@dataclass(frozen=True)
class Pooled(Interval):
    """A measure pooled over strata.

    `se` is the standard error, of the logarithm for a ratio; `statistic` and `p_value` test that the measure is at its
    null value; `weights` are the strata's shares, 0 for a stratum that carried no information; `strata` were given, of
    which `informative` carried information.
    """

    se: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    weights: tuple[float, ...] = ()
    strata: int = 0
    informative: int = 0


@dataclass(frozen=True)
class StratifiedTest:
    """A test over strata: chi-squared statistic on `df` degrees of freedom and, on one degree, its signed root `z`."""

    statistic: float | None
    df: int | None
    p_value: float | None
    z: float | None = None
    strata: int = 0
    informative: int = 0
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def read(events: Sequence[int], n: Sequence[int], events_ref: Sequence[int], n_ref: Sequence[int]) -> Strata:
    """The strata of four equally long sequences of counts, or `InvalidInput`."""
    columns = [np.atleast_1d(np.asarray(c, dtype=float)) for c in (events, n, events_ref, n_ref)]
    if any(c.ndim != 1 or c.size != columns[0].size for c in columns):
        raise InvalidInput(f"strata need four sequences of one length; given were {[c.shape for c in columns]}.")
    for name, x, size in (("events", *columns[:2]), ("events_ref", *columns[2:])):
        wrong = ~((x == np.floor(x)) & (size == np.floor(size)) & (x >= 0) & (x <= size) & np.isfinite(size))
        if wrong.any():
            at = int(np.argmax(wrong))
            raise InvalidInput(
                f"stratum {at}: {name} {x[at]:g} of {size[at]:g}; both must be whole numbers and events lie in 0..n."
            )
    return Strata(*columns)


def count_strata(
    data: pd.DataFrame, *, outcome: str, arm: str, reference: object, strata: str | Sequence[str]
) -> CountedStrata:
    """Counts by stratum from one row a unit.

    Parameters
    ----------
    data : DataFrame
        One row a unit; a row with a missing value is left out and counted in `left_out`.
    outcome : str
        Column of 0 and 1, or False and True.
    arm : str
        Column with the codes of two arms.
    reference : object
        Code of the reference arm.
    strata : str or sequence of str
        Column or columns whose combinations are the strata.

    Returns
    -------
    CountedStrata
        Strata in the order of their sorted labels; combinations that do not occur have no entry.

    Raises
    ------
    InvalidInput
        If a column is absent, the outcome is not 0 or 1, or there are more than two arms.
    """
    by = [strata] if isinstance(strata, str) else list(strata)
    absent = [c for c in (outcome, arm, *by) if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data of the stratified comparison.")
    used = data[list(dict.fromkeys([outcome, arm, *by]))].dropna()
    if not set(used[outcome].unique()) <= {0, 1}:
        raise InvalidInput(f"column {outcome} holds {sorted(used[outcome].unique())[:5]}; allowed are 0 and 1.")
    others = set(used[arm].unique()) - {reference}
    if len(others) > 1:
        raise InvalidInput(f"column {arm} holds {len(others)} arms beside the reference {reference!r}; allowed is one.")
    rows = []
    for label, part in used.groupby(by, observed=True, sort=True) if len(used) else ():
        y, is_ref = part[outcome].to_numpy(dtype=float), (part[arm] == reference).to_numpy()
        rows.append((label, int(y[~is_ref].sum()), int((~is_ref).sum()), int(y[is_ref].sum()), int(is_ref.sum())))
    labels, *counts = (list(c) for c in zip(*rows, strict=True)) if rows else ([], [], [], [], [])
    return CountedStrata(labels, *counts, left_out=len(data) - len(used))


def shares(weights: np.ndarray, chosen: np.ndarray) -> tuple[float, ...]:
    """Weights of the chosen strata as shares of 1, in the order of all strata."""
    every = np.zeros(chosen.size)
    every[chosen] = weights / weights.sum() if weights.sum() > 0 else 0.0
    return tuple(float(w) for w in every)
