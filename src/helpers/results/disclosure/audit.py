"""What a reader could work out: the values that hidden cells can still take, given everything that is shown.

The reader knows what adds up, that counts are whole numbers, and that zeros are shown. A cell of which only one value
is left is told by the others. Solved exactly, as whole-number programmes of a handful of variables each.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from helpers.errors import InvalidInput
from helpers.results.disclosure.cells import Cell, Ledger


class Reader:
    """Someone who sees all cells of a ledger but the hidden ones; `floor` is the smallest value a hidden one may have.

    Solutions seen on the way are kept: a cell that had two values in them needs no further look.
    """

    def __init__(self, ledger: Ledger, hidden: Iterable[Cell], *, floor: int = 1):
        hidden = set(hidden)
        self._known = {c: v for c, v in ledger.values.items() if v is not None and c not in hidden}
        totals: dict[Cell, list[Cell]] = defaultdict(list)
        for total, part in ledger.complements.values():
            totals[part].append(total)
        # Of a count with one total it is known, too, that it is not all of it: that would be shown.
        parts = {c for c in hidden if len(totals[c]) == 1 and totals[c][0] in self._known}
        rests = {rest: floor for rest, (_, part) in ledger.complements.items() if part in parts}
        self._lowest = dict.fromkeys(hidden, floor) | rests
        self._relations = ledger.relations
        self._seen: dict[Cell, set[int]] = defaultdict(set)
        self._part_of, self._parts = _components(ledger.relations, self._known)

    def only_value(self, cell: Cell) -> int | None:
        """The one value that a cell can have; None if it can have several."""
        if cell in self._known:
            return self._known[cell]
        if cell not in self._part_of:
            return None
        if len(self._seen[cell]) < 2:
            lowest = self._solve(cell, above=None)
            self._solve(cell, above=lowest)
        return next(iter(self._seen[cell])) if len(self._seen[cell]) == 1 else None

    def _solve(self, cell: Cell, above: int | None) -> int | None:
        """Smallest value of the cell, or whether it can be larger than `above`."""
        cells, relations = self._parts[self._part_of[cell]]
        column = {c: i for i, c in enumerate(cells)}
        rows, columns, weights, right = [], [], [], []
        for row, (total, parts) in enumerate(relations):
            right.append(0.0)
            for c, weight in ((total, 1.0), *((p, -1.0) for p in parts)):
                if c in column:
                    rows.append(row), columns.append(column[c]), weights.append(weight)
                else:
                    right[-1] -= weight * self._known[c]
        matrix = coo_array((weights, (rows, columns)), shape=(len(relations), len(cells))).tocsr()
        lower = np.array([self._lowest.get(c, 0) for c in cells], dtype=float)
        goal = np.zeros(len(cells))
        if above is None:
            goal[column[cell]] = 1.0
        else:
            lower[column[cell]] = above + 1
        found = milp(
            goal,
            constraints=LinearConstraint(matrix, right, right),
            integrality=np.ones(len(cells)),
            bounds=Bounds(lower, np.inf),
        )
        if found.x is None:
            if above is None:
                raise InvalidInput(
                    f"the counts around {' '.join(cell)} do not add up, so that nobody can say which of them are safe "
                    "to show. Please report this: it is an error of the analysis, not of the data."
                )
            return None
        for c, value in zip(cells, found.x, strict=True):
            self._seen[c].add(round(value))
        return round(found.x[column[cell]])


def _components(relations: list, known: Mapping[Cell, int]) -> tuple[dict[Cell, int], dict[int, tuple[list, list]]]:
    """Unknown cells that hang together through relations, each group with the relations that hold it."""
    parent: dict[Cell, Cell] = {}

    def root(cell: Cell) -> Cell:
        while parent.setdefault(cell, cell) != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    unknown = [[c for c in (total, *parts) if c not in known] for total, parts in relations]
    for cells in unknown:
        for other in cells[1:]:
            parent[root(other)] = root(cells[0])
        if cells:
            root(cells[0])
    groups: dict[Cell, tuple[list, list]] = defaultdict(lambda: ([], []))
    for cell in parent:
        groups[root(cell)][0].append(cell)
    for relation, cells in zip(relations, unknown, strict=True):
        if cells:
            groups[root(cells[0])][1].append(relation)
    numbers = {top: i for i, top in enumerate(groups)}
    return {c: numbers[root(c)] for c in parent}, {numbers[top]: group for top, group in groups.items()}
