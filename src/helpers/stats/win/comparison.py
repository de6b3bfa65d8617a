"""Every unit of one arm against every unit of the other, over outcomes in the order of their importance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.rank._frames import check_columns, in_arm

#: Differences nearer to the margin than this share of the values' size lie on it.
_SAME = 1e-10


class Outcome(Protocol):
    """What `compare` needs of an outcome."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def decided(self, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Of all pairs of rows, 1 where the first wins and -1 where it loses, and which could be compared."""
        ...


@dataclass(frozen=True)
class Score:
    """A value that decides a pair if it differs by more than `margin`, or by `margin` too where `reached` is set.

    A missing value decides nothing.
    """

    column: str
    better: str = "higher"
    margin: float = 0.0
    reached: bool = False

    def __post_init__(self):
        check_choice("better", self.better, ("higher", "lower"))
        _check_margin(self.margin)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def decided(self, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        values = data[self.column].to_numpy(dtype=float)
        if self.better == "lower":
            values = -values
        beyond = _beyond(values, self.margin, self.reached)
        held = ~np.isnan(values)
        return beyond.astype(np.int8) - beyond.T, np.logical_and.outer(held, held)


@dataclass(frozen=True)
class EventTime:
    """A time to an event, or to the end of follow-up without it; a pair is decided where one is known to be the longer.

    With `better` "later" the unit without the event at the other's event time wins, with "earlier" the unit whose event
    came first. `margin` and `reached` are as in `Score`. A missing time or flag decides nothing.
    """

    time: str
    event: str
    better: str = "later"
    margin: float = 0.0
    reached: bool = False

    def __post_init__(self):
        check_choice("better", self.better, ("later", "earlier"))
        _check_margin(self.margin)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.time, self.event)

    def decided(self, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        times, flags = (data[c].to_numpy(dtype=float) for c in self.columns)
        if not np.isin(flags[~np.isnan(flags)], (0.0, 1.0)).all():
            raise InvalidInput(f"column {self.event} holds other values than 0 and 1.")
        times = np.where(np.isnan(flags), np.nan, times)
        outlasts = _beyond(times, self.margin, self.reached) & (flags == 1)[None, :]
        sign = outlasts.astype(np.int8) - outlasts.T
        known = ~np.isnan(times) & (flags == 1)
        return (sign if self.better == "later" else -sign), np.logical_and.outer(known, known) | (sign != 0)


@dataclass(frozen=True)
class Level:
    """Of the pairs that no earlier outcome decided: won, lost, tied, and not comparable (censored or missing)."""

    wins: int
    losses: int
    ties: int
    unknown: int


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of one stratum: which are won and lost, and each unit's wins less losses against all others in it.

    `wins` and `losses` have a row for each unit of the arm and a column for each of the reference; `scores` holds the
    arm's units first.
    """

    wins: np.ndarray
    losses: np.ndarray
    scores: np.ndarray

    @property
    def n(self) -> int:
        return self.wins.shape[0]

    @property
    def n_ref(self) -> int:
        return self.wins.shape[1]


@dataclass(frozen=True, eq=False)
class Comparison:
    """All pairs by stratum, and what each outcome decided. `left_out` counts rows without an arm or a stratum."""

    strata: tuple[Pairs, ...]
    levels: tuple[Level, ...]
    left_out: int = 0

    @property
    def n(self) -> int:
        return sum(s.n for s in self.strata)

    @property
    def n_ref(self) -> int:
        return sum(s.n_ref for s in self.strata)

    @property
    def wins(self) -> int:
        return sum(int(s.wins.sum()) for s in self.strata)

    @property
    def losses(self) -> int:
        return sum(int(s.losses.sum()) for s in self.strata)

    @property
    def pairs(self) -> int:
        return sum(s.n * s.n_ref for s in self.strata)

    @property
    def ties(self) -> int:
        return self.pairs - self.wins - self.losses


def compare(
    data: pd.DataFrame,
    *,
    arm: str,
    reference,
    outcomes: Sequence[Outcome],
    stratum: str | Sequence[str] | None = None,
) -> Comparison:
    """Compare every unit of the arm with every unit of the reference arm, outcome by outcome until one decides.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows without an arm or a stratum are left out and counted.
    arm : str
        Column of the arm's code.
    reference
        Code of the reference arm.
    outcomes : sequence of Score and EventTime
        In order of importance, the first the most important.
    stratum : str or sequence of str, optional
        Columns; units are compared within strata only.

    Returns
    -------
    Comparison
        For `net_benefit`, `win_ratio`, `win_odds` and `finkelstein_schoenfeld`.

    Raises
    ------
    InvalidInput
        If a column is absent, no outcome is given, there are more than two arms, or an event flag is not 0 or 1.

    Notes
    -----
    Finkelstein DM, Schoenfeld DA. Stat Med 1999;18:1341-1354. Buyse M. Stat Med 2010;29:3245-3257. Pocock SJ et al. Eur
    Heart J 2012;33:176-182. R's WINS decides beyond the margin (`reached=False`), BuyseTest at it (`reached=True`).
    """
    by = [] if stratum is None else [stratum] if isinstance(stratum, str) else list(stratum)
    if not outcomes:
        raise InvalidInput("no outcome is given to compare by.")
    check_columns(data, [arm, *by, *(c for outcome in outcomes for c in outcome.columns)])
    used = data.dropna(subset=[arm, *by])
    chosen = pd.Series(in_arm(used[arm], reference), index=used.index)
    groups = used.groupby(by, observed=True, sort=True).indices.values() if by else [np.arange(len(used))]
    counts = np.zeros((len(outcomes), 4), dtype=np.int64)
    strata = []
    for rows in groups:
        rows = np.sort(rows)
        flags = chosen.to_numpy()[rows]
        ordered = np.concatenate([rows[flags], rows[~flags]])
        strata.append(_paired(used.iloc[ordered], int(flags.sum()), outcomes, counts))
    levels = tuple(Level(*(int(c) for c in row)) for row in counts)
    return Comparison(tuple(strata), levels, len(data) - len(used))


def compare_values(
    values: Sequence[float],
    reference: Sequence[float],
    *,
    better: str = "higher",
    margin: float = 0.0,
    reached: bool = False,
) -> Comparison:
    """Compare two samples by one value, as `compare` with a `Score`; missing values decide nothing."""
    x, y = (np.asarray(list(part), dtype=float) for part in (values, reference))
    data = pd.DataFrame({"value": np.concatenate([x, y]), "arm": np.repeat([1, 0], [x.size, y.size])})
    return compare(data, arm="arm", reference=0, outcomes=[Score("value", better, margin, reached)])


def _paired(data: pd.DataFrame, n: int, outcomes: Sequence[Outcome], counts: np.ndarray) -> Pairs:
    size = len(data)
    decided = np.zeros((size, size), dtype=np.int8)
    open_ = np.ones((size, size), dtype=bool)
    for at, outcome in enumerate(outcomes):
        sign, comparable = outcome.decided(data)
        sign = np.where(open_, sign, 0).astype(np.int8)
        block, reached = sign[:n, n:], open_[:n, n:]
        undecided = reached & (block == 0)
        tied = undecided & comparable[:n, n:]
        counts[at] += [(block > 0).sum(), (block < 0).sum(), tied.sum(), (undecided & ~tied).sum()]
        decided += sign
        open_ &= sign == 0
    block = decided[:n, n:]
    return Pairs(block > 0, block < 0, decided.sum(axis=1, dtype=np.int64))


def _beyond(values: np.ndarray, margin: float, reached: bool) -> np.ndarray:
    """Of all pairs, whether the first value exceeds the second by more than the margin, or by the margin too."""
    finite = values[np.isfinite(values)]
    near = _SAME * max(1.0, margin, float(np.abs(finite).max(initial=0.0)))
    with np.errstate(invalid="ignore"):  # infinite values less one another are no number, and decide nothing
        gap = np.subtract.outer(values, values)
        if margin == 0:
            return np.greater.outer(values, values)
        return gap >= margin - near if reached else gap > margin + near


def _check_margin(margin: float) -> None:
    if not margin >= 0 or not np.isfinite(margin):
        raise InvalidInput(f"margin is {margin}; it is 0 or a positive number.")
