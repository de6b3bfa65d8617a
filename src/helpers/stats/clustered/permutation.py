"""Permutation test of clusters between two arms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import comb, prod

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats._wald import ALTERNATIVES
from helpers.stats.clustered._counts import read_clusters

_MOST_ADDITIONS = 300_000_000
_MOST_LISTED = 100_000
#: Statistics that differ by less than this are the same.
_SAME = 1e-10


@dataclass(frozen=True)
class PermutationTest:
    """A permutation test: observed difference, p-value, and of how many arrangements it is the share.

    `exact` says whether all were counted, or drawn at random, the observed one then counting as one more.
    """

    statistic: float | None
    p_value: float | None
    arrangements: int = 0
    exact: bool = True
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def permute_clusters(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    strata: Sequence | None = None,
    strata_ref: Sequence | None = None,
    statistic: str = "units",
    alternative: str = "two-sided",
    draws: int = 9999,
    seed: int = 0,
    exact: bool | None = None,
) -> PermutationTest:
    """Test that the arm does not matter, by giving the clusters to the arms in every other way.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by cluster, in the arm of interest and the reference arm.
    strata, strata_ref : sequence or None
        Stratum of each cluster, within which the clusters were randomised.
    statistic : {"units", "clusters"}
        Difference of the proportions of units, or of the means of the clusters' proportions.
    alternative : {"two-sided", "greater", "less"}
        Two-sided: as far from 0 as observed, or further.
    draws, seed : int
        Random arrangements, where there are too many to count, and the seed.
    exact : bool or None
        Count all arrangements (True), draw (False), or count where it is feasible (None).

    Returns
    -------
    PermutationTest
        Reason "too-few" where an arm has no cluster, "too-large" where `exact` was asked for and is not feasible.

    Raises
    ------
    InvalidInput
        If the counts are no counts, the strata do not match, or an option is not allowed.

    Notes
    -----
    Gail MH, Mark SD, Carroll RJ, Green SB, Pee D. Stat Med 1996;15:1069-1092. Proportions of units are counted by
    adding clusters one by one to a table of events and units, so no list of arrangements is needed.
    """
    check_choice("statistic", statistic, ("units", "clusters"))
    check_choice("alternative", alternative, ALTERNATIVES)
    if int(draws) != draws or draws < 1:
        raise InvalidInput(f"draws is {draws}; it is a whole number above 0.")
    blocks = _blocks((events, n, strata), (events_ref, n_ref, strata_ref))
    x, size, chosen = (np.concatenate([b[i] for b in blocks]) if blocks else np.empty(0) for i in range(3))
    if not chosen.any() or chosen.all():
        return PermutationTest(None, None, reason="too-few")
    measure = _measure(x, size, statistic)
    observed = float(measure(chosen[None].astype(float))[0])
    ways = prod(comb(b[2].size, int(b[2].sum())) for b in blocks)
    if exact is not False:
        counted = _counted(blocks, observed, alternative) if statistic == "units" else None
        if counted is None and ways <= _MOST_LISTED:
            extreme = sum(int(_extreme(measure(part), observed, alternative).sum()) for part in _listed(blocks))
            counted = extreme / ways
        if counted is not None:
            return PermutationTest(observed, min(1.0, counted), ways)
        if exact:
            return PermutationTest(observed, None, ways, reason="too-large")
    rng = np.random.default_rng(seed)
    drawn = np.hstack([rng.permuted(np.tile(b[2].astype(float), (draws, 1)), axis=1) for b in blocks])
    extreme = int(_extreme(measure(drawn), observed, alternative).sum())
    return PermutationTest(observed, (extreme + 1) / (draws + 1), draws, exact=False)


def _blocks(*arms: tuple) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Events, units and membership of the arm of interest, one triple a stratum."""
    parts = []
    for position, (events, n, strata) in enumerate(arms):
        labels = ["all"] * len(n) if strata is None else list(strata)
        if len(labels) != len(n):
            raise InvalidInput(f"{len(labels)} strata for {len(n)} clusters; one each is needed.")
        kept = [label for label, size in zip(labels, n, strict=True) if size > 0]
        x, size = read_clusters(events, n)
        parts.append((x, size, np.full(x.size, position == 0), kept))
    if (arms[0][2] is None) != (arms[1][2] is None):
        raise InvalidInput("strata were given for one arm only.")
    names = dict.fromkeys([*parts[0][3], *parts[1][3]])
    columns = [np.concatenate([parts[0][i], parts[1][i]]) for i in range(3)]
    labels = [*parts[0][3], *parts[1][3]]
    where = [np.array([label == name for label in labels], dtype=bool) for name in names]
    return [tuple(c[w] for c in columns) for w in where]


def _measure(x: np.ndarray, size: np.ndarray, statistic: str):
    """A function from rows of membership to differences."""
    values, weights = (x, size) if statistic == "units" else (x / size, np.ones(x.size))

    def difference(member: np.ndarray) -> np.ndarray:
        top, bottom = member @ values, member @ weights
        return top / bottom - (values.sum() - top) / (weights.sum() - bottom)

    return difference


def _extreme(values: np.ndarray, observed: float, alternative: str) -> np.ndarray:
    if alternative == "greater":
        return values >= observed - _SAME
    if alternative == "less":
        return values <= observed + _SAME
    return np.abs(values) >= abs(observed) - _SAME


def _counted(blocks: list, observed: float, alternative: str) -> float | None:
    """Share of arrangements as extreme, from the table of events and units of the arm; None where it is too large."""
    total_x = int(sum(b[0].sum() for b in blocks))
    total_n = int(sum(b[1].sum() for b in blocks))
    cells = (total_x + 1) * (total_n + 1)
    if sum(b[2].size * (int(b[2].sum()) + 1) * cells for b in blocks) > _MOST_ADDITIONS:
        return None
    table = np.zeros((total_x + 1, total_n + 1))
    table[0, 0] = 1.0
    for x, size, chosen in blocks:
        wanted = int(chosen.sum())
        layers = np.zeros((wanted + 1, *table.shape))
        layers[0] = table
        for i, (events, units) in enumerate(zip(x.astype(int), size.astype(int), strict=True)):
            top = min(i + 1, wanted)
            shifted = layers[:top, : total_x + 1 - events, : total_n + 1 - units].copy()
            layers[1 : top + 1, events:, units:] += shifted
        table = layers[wanted] / comb(chosen.size, wanted)
    rows, columns = np.nonzero(table)
    values = rows / columns - (total_x - rows) / (total_n - columns)
    return float(table[rows, columns][_extreme(values, observed, alternative)].sum())


def _listed(blocks: list) -> Iterator[np.ndarray]:
    """Every arrangement, as rows of membership, some thousand at a time."""

    def members(size: int, wanted: int) -> list[np.ndarray]:
        rows = []
        for picked in combinations(range(size), wanted):
            row = np.zeros(size)
            row[list(picked)] = 1.0
            rows.append(row)
        return rows

    ways = product(*(members(b[2].size, int(b[2].sum())) for b in blocks))
    while part := list(islice(ways, 5000)):
        yield np.array([np.concatenate(p) for p in part])
