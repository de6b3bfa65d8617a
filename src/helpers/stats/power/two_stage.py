"""Simon's two-stage designs for one arm: stop at r1 events or fewer of n1, else reject p0 above r events of n."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats._types import known_reason
from helpers.stats.power._common import check_count, check_proportion

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Stages:
    """What a design does at one true proportion: probability to reject p0 and to stop early, and expected units."""

    rejects: float
    stops_early: float
    expected_n: float


@dataclass(frozen=True)
class TwoStage:
    """A design with its properties at p0 (`null`) and at p1 (`alternative`).

    `weights` are the weights of the largest size, against the expected one, for which the design is the best there
    is; only given for admissible designs.
    """

    r1: int
    n1: int
    r: int
    n: int
    null: Stages
    alternative: Stages
    weights: tuple[float, float] | None = None


@dataclass(frozen=True)
class Simon:
    """The design with the smallest largest size, the one with the smallest expected size at p0, and those between."""

    minimax: TwoStage | None
    optimal: TwoStage | None
    admissible: tuple[TwoStage, ...] = ()
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def operating(p: float, *, r1: int, n1: int, r: int, n: int) -> Stages:
    """Properties of a given two-stage design at a true proportion.

    Parameters
    ----------
    p : float
        True proportion, 0 to 1.
    r1, n1 : int
        Events in the first stage that stop it (so many or fewer), and its units.
    r, n : int
        Events in all that do not reject (so many or fewer), and the units of both stages.

    Returns
    -------
    Stages
        Probabilities and expected number of units.

    Raises
    ------
    InvalidInput
        If p lies outside [0, 1] or not 0 <= r1 <= n1 < n, r1 <= r <= n. r1 may be -1: then nothing stops the first
        stage.
    """
    check_proportion("p", p, ends=True)
    n1, n = check_count("n1", n1), check_count("n", n)
    r1, r = check_count("r1", r1, least=-1), check_count("r", r, least=0)
    if not (r1 <= n1 < n and r1 <= r <= n):
        raise InvalidInput(f"r1/n1 = {r1}/{n1} and r/n = {r}/{n}: r1 is at most n1 and r, n1 below n, r at most n.")
    x = np.arange(r1 + 1, n1 + 1)
    rejects = float(binom.pmf(x, n1, p) @ binom.sf(r - x, n - n1, p)) if x.size else 0.0
    stops = float(binom.cdf(r1, n1, p))
    return Stages(min(1.0, rejects), stops, n1 + (1 - stops) * (n - n1))


def simon(p0: float, p1: float, *, alpha: float = 0.05, power: float = 0.8, most: int = 100) -> Simon:
    """Minimax, optimal and admissible two-stage designs, by trying all of them.

    Parameters
    ----------
    p0, p1 : float
        Uninteresting and interesting proportion, p0 < p1.
    alpha, power : float
        Largest error rate at p0, and smallest power at p1.
    most : int
        Largest total size that is tried; the optimal design is the best up to it.

    Returns
    -------
    Simon
        `admissible` runs from the minimax to the optimal design, both included; `reason` is "unreachable" if there is
        no design up to `most`.

    Raises
    ------
    InvalidInput
        If a number lies outside its range or p0 is not below p1.

    Notes
    -----
    Simon R. Control Clin Trials 1989;10:1-10; Jung SH, Lee T, Kim K, George SL. Stat Med 2004;23:561-569 (admissible:
    the smallest q n + (1 - q) EN for some weight q). Of the rules that differ in r only, the one with the most power.
    """
    check_proportion("p0", p0)
    check_proportion("p1", p1)
    check_proportion("alpha", alpha)
    check_proportion("power", power)
    most = check_count("most", most, least=2)
    if not p0 < p1:
        raise InvalidInput(f"p0 is {p0} and p1 {p1}; the interesting proportion must be the larger one.")
    best: list[tuple[float, int, int, int, int]] = []
    smallest = np.inf
    for n in range(2, most + 1):
        found = _best(n, p0, p1, alpha * (1 + _ROUNDING), power * (1 - _ROUNDING), smallest)
        if found is not None:
            best.append((*found, n))
            smallest = min(smallest, found[0])
    if not best:
        return Simon(None, None, (), "unreachable")
    admissible = tuple(_described(p0, p1, entry, weights) for entry, weights in _hull(best))
    return Simon(admissible[0], admissible[-1], admissible)


def _best(n: int, p0: float, p1: float, alpha: float, power: float, smallest: float):
    """(EN, r1, n1, r) of the design of n units with the smallest expected size at p0, if that is below `smallest`."""
    best = None
    r = np.arange(n + 1)
    for n1 in range(1, n):
        if n1 >= smallest:
            break
        x = np.arange(n1 + 1)
        above = np.clip(r[None, :] - x[:, None], -1, n - n1)
        rejects = []
        for p in (p0, p1):
            tail = np.append(binom.sf(np.arange(n - n1 + 1), n - n1, p), 1.0)  # the last one is for -1
            joint = binom.pmf(x, n1, p)[:, None] * tail[above]
            rejects.append(np.cumsum(joint[::-1], axis=0)[::-1])
        # row k holds x >= k, that is r1 = k - 1
        feasible = (rejects[0][1:] <= alpha) & (rejects[1][1:] >= power)
        rows = np.flatnonzero(feasible.any(axis=1))
        if not rows.size:
            continue
        r1 = int(rows[-1])  # the more events stop the trial, the smaller its expected size
        expected = n - float(binom.cdf(r1, n1, p0)) * (n - n1)
        if expected < smallest:
            smallest = expected
            best = (expected, r1, n1, int(np.flatnonzero(feasible[r1])[0]))
    return best


def _hull(best: list[tuple]) -> list[tuple[tuple, tuple[float, float]]]:
    """The designs that have the smallest q n + (1 - q) EN for some q, with the range of q."""
    kept: list[tuple] = []
    for entry in best:  # n rises and EN falls
        while len(kept) > 1 and _balance(kept[-2], entry) >= _balance(kept[-2], kept[-1]):
            kept.pop()
        kept.append(entry)
    limits = [1.0, *(_balance(a, b) for a, b in pairwise(kept)), 0.0]
    return [(entry, (limits[at + 1], limits[at])) for at, entry in enumerate(kept)]


def _balance(smaller: tuple, larger: tuple) -> float:
    """The weight q of the largest size at which two designs are equally good."""
    saved, added = smaller[0] - larger[0], larger[-1] - smaller[-1]
    return saved / (saved + added)


def _described(p0: float, p1: float, entry: tuple, weights: tuple[float, float]) -> TwoStage:
    _, r1, n1, r, n = entry
    rule = {"r1": r1, "n1": n1, "r": r, "n": n}
    return TwoStage(**rule, null=operating(p0, **rule), alternative=operating(p1, **rule), weights=weights)
