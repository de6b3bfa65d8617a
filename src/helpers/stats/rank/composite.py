"""Death as the worst outcome: ordinal ranks, their comparison between arms, and quantiles that may fall on death."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level, known_reason
from helpers.stats.rank._common import RankTest
from helpers.stats.rank.effect import RelativeEffect, relative_effect
from helpers.stats.rank.shift import Shift, shift_of
from helpers.stats.rank.two_sample import mann_whitney


@dataclass(frozen=True)
class Quantile:
    """A quantile of a composite of `n` units, `died` of whom died; None where it falls on death ("undefined")."""

    n: int
    died: int
    value: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class CompositeContrast:
    """Two arms compared on a composite with death the worst: medians, test, shift of the values, relative effect.

    Higher is better in `test` and `effect`, whichever way the values run; `shift` is in the values' own unit and
    direction, arm of interest minus reference.
    """

    median: Quantile
    median_ref: Quantile
    test: RankTest
    shift: Shift
    effect: RelativeEffect


def death_worst(
    values: Iterable[float],
    died: Iterable[bool],
    *,
    time: Iterable[float] | None = None,
    better: str = "higher",
    time_ordered: bool = True,
) -> np.ndarray:
    """Ordinal ranks in which everyone who died is below everyone who lived.

    Parameters
    ----------
    values : iterable of float
        Outcomes; those of units that died are not looked at.
    died : iterable of bool
        Whether a unit died before its value was due.
    time : iterable of float, optional
        Time to death, needed of those who died where deaths are ordered.
    better : {"higher", "lower"}
        Which values are the better ones.
    time_ordered : bool
        An earlier death is worse than a later one; otherwise all deaths are tied.

    Returns
    -------
    ndarray
        One number a unit, 1 for the worst outcome and one more for each next outcome, equal outcomes alike; NaN for a
        unit that lived and has no value.

    Raises
    ------
    InvalidInput
        If the lengths differ, a flag is neither true nor false, or a time of death that is needed is missing.

    Notes
    -----
    Lachin JM. Control Clin Trials 1999;20:408-422 (worst-rank scores). Wang C et al. Biometrics 2017;73:431-440.
    """
    x, dead, times = _read(values, died, time, time_ordered)
    check_choice("better", better, ("higher", "lower"))
    lived = ~dead & ~np.isnan(x)
    ranks = np.full(x.size, np.nan)
    order = times if time_ordered else np.zeros(x.size)
    worst = np.unique(order[dead], return_inverse=True)
    ranks[dead] = worst[1] + 1
    signed = x if better == "higher" else -x
    ranks[lived] = np.unique(signed[lived], return_inverse=True)[1] + 1 + worst[0].size
    return ranks


def composite_quantile(
    values: Iterable[float], died: Iterable[bool], *, probability: float = 0.5, better: str = "higher"
) -> Quantile:
    """Quantile of a composite in which death is worse than any value, counted from the worst outcome.

    Parameters
    ----------
    values, died, better
        As in `death_worst`.
    probability : float
        0 < probability < 1, the share of outcomes that are worse; 0.5 is the median.

    Returns
    -------
    Quantile
        In the unit of the values, by linear interpolation (type 7). None where it falls on death or between death and
        a value ("undefined"), or nobody has an outcome ("too-few"). Units that lived without a value are left out.

    Raises
    ------
    InvalidInput
        If the lengths differ, a flag is neither true nor false, or the probability is not between 0 and 1.
    """
    check_level(probability)
    check_choice("better", better, ("higher", "lower"))
    x, dead, _ = _read(values, died, None, False)
    sign = 1.0 if better == "higher" else -1.0
    held = dead | ~np.isnan(x)
    scores = np.sort(np.where(dead, -np.inf, sign * x)[held])
    n, deaths = scores.size, int(dead.sum())
    if not n:
        return Quantile(0, 0, None, "too-few")
    place = probability * (n - 1)
    low, share = int(place), place - int(place)
    if share < 1e-9:
        share = 0.0
    elif share > 1 - 1e-9:
        low, share = low + 1, 0.0
    if not np.isfinite(scores[low]):
        return Quantile(n, deaths, None, "undefined")
    value = scores[low] if not share else scores[low] + share * (scores[low + 1] - scores[low])
    return Quantile(n, deaths, float(sign * value))


def composite_contrast(
    values: Iterable[float],
    died: Iterable[bool],
    reference: Iterable[float],
    died_ref: Iterable[bool],
    *,
    time: Iterable[float] | None = None,
    time_ref: Iterable[float] | None = None,
    better: str = "higher",
    time_ordered: bool = True,
    level: float = 0.95,
    test: str = "exact",
    interval: str = "moses",
) -> CompositeContrast:
    """Compare two arms on a composite with death the worst outcome.

    Parameters
    ----------
    values, died, time
        As in `death_worst`, of the arm of interest.
    reference, died_ref, time_ref
        The same of the reference arm.
    better, time_ordered
        As in `death_worst`.
    level : float
        Confidence level, 0 < level < 1.
    test : {"exact", "mid-p", "normal", "t"}
        Method of `mann_whitney`.
    interval : {"moses", "exact", "exact-sas", "mid-p"}
        Method of `hodges_lehmann`.

    Returns
    -------
    CompositeContrast
        The shift is the median of all differences, a death against a life counting as an infinite one and deaths
        against each other by their order; it and its limits may be None ("undefined") or infinite where deaths
        prevail.

    Raises
    ------
    InvalidInput
        As `death_worst`.
    """
    check_choice("interval", interval, ("moses", "exact", "exact-sas", "mid-p"))
    x, dead, times = _read(values, died, time, time_ordered)
    y, dead_ref, times_ref = _read(reference, died_ref, time_ref, time_ordered)
    n = x.size
    ranks = death_worst(
        np.concatenate([x, y]),
        np.concatenate([dead, dead_ref]),
        time=np.concatenate([times, times_ref]) if time_ordered else None,
        better=better,
        time_ordered=time_ordered,
    )
    held = ~np.isnan(ranks)
    first, second = ranks[:n][held[:n]], ranks[n:][held[n:]]
    tested = mann_whitney(first, second, method=test)
    effect = relative_effect(first, second, level=level)
    sign = 1.0 if better == "higher" else -1.0
    return CompositeContrast(
        composite_quantile(x, dead, better=better),
        composite_quantile(y, dead_ref, better=better),
        tested,
        _shift(x[held[:n]], dead[held[:n]], y[held[n:]], dead_ref[held[n:]], first, second, sign, level, interval),
        effect,
    )


def _shift(x, dead, y, dead_ref, ranks, ranks_ref, sign: float, level: float, method: str) -> Shift:
    n, m = x.size, y.size
    if not (n and m):
        return Shift(None, None, None, "too-few", n, m)
    numbers = np.where(dead, 0.0, x)[:, None] - np.where(dead_ref, 0.0, y)[None, :]
    order = np.sign(np.subtract.outer(ranks, ranks_ref))
    infinite = np.logical_or.outer(dead, dead_ref)
    differences = np.where(infinite, np.where(order == 0, 0.0, np.copysign(np.inf, sign * order)), numbers)
    pooled = rankdata(sign * np.concatenate([ranks, ranks_ref]))
    return shift_of(np.sort(differences.ravel()), n, m, pooled, level=level, method=method)


def _read(values, died, time, time_ordered: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.asarray(list(values), dtype=float)
    flags = np.asarray(list(died), dtype=float)
    if flags.size != x.size or not np.isin(flags, (0.0, 1.0)).all():
        raise InvalidInput(f"{x.size} values and {flags.size} flags of death: one true or false is needed for each.")
    dead = flags == 1
    times = np.full(x.size, np.nan) if time is None else np.asarray(list(time), dtype=float)
    if times.size != x.size:
        raise InvalidInput(f"{x.size} values and {times.size} times of death: one is needed for each.")
    if time_ordered and np.isnan(times[dead]).any():
        raise InvalidInput("a unit died and has no time of death; give it, or tie all deaths with time_ordered=False.")
    return x, dead, times
