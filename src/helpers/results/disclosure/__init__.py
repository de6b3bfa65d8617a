"""Small cells: which numbers are not shown, so that no patient can be singled out and no hidden count recomputed.

`protect` is the one door. First a count of 1 to `min_cell` - 1 patients is hidden, one that leaves so few of its total
over, and a count of leaks or events that so few patients have. Then counts that would tell a hidden one are hidden,
the least important first, until nobody who adds and subtracts gets at one (`audit`). Last goes whatever was computed
from a hidden count and would tell it. Zeros are shown. The sizes of the analysis sets are shown unless an arm is as
small as that; what one set has over another is not looked at.
"""

from collections.abc import Sequence
from functools import lru_cache

from helpers.results.disclosure.audit import Reader
from helpers.results.disclosure.cells import Cell, Ledger, cost, ledger
from helpers.results.disclosure.consequences import without
from helpers.results.record import Record


def protect(records: Sequence[Record], min_cell: int) -> list[Record]:
    """The records of whole endpoints, with the value of those that may not be shown None and their method `:hidden`.

    Protecting again changes nothing. All records of an endpoint have to come together, since one of them may tell
    another; those of several endpoints may.
    """
    if min_cell <= 1:
        return list(records)
    by_endpoint: dict[str, list[Record]] = {}
    for r in records:
        by_endpoint.setdefault(r.endpoint, []).append(r)
    shown = {
        _key(r): r for own in by_endpoint.values() for r in _protected(tuple(sorted(own, key=str)), min_cell)
    }  # fmt: skip
    return [shown[_key(r)] for r in records]


def hidden_cells(book: Ledger, min_cell: int) -> set[Cell]:
    """The cells not to be shown: small ones, those that tell them, and those hidden already."""
    first = _small(book, min_cell)
    hidden = _with_those_that_tell(book, first, min_cell, floor=1)
    # Where only zeros are left to hide a cell behind, a reader may no longer take a hidden cell for more than zero.
    return _with_those_that_tell(book, first, min_cell, floor=0) if hidden is None else hidden


def told(book: Ledger, reader: Reader, hidden: set[Cell], min_cell: int) -> Cell | None:
    """A protected cell of which the reader knows the value: a hidden one, or a small rest beside one that is shown."""
    for cell in sorted(hidden):
        if reader.only_value(cell) is not None:
            return cell
    for rest in sorted(book.complements):
        value = reader.only_value(rest)
        if value is not None and 0 < value < min_cell:
            return rest
    return None


def _small(book: Ledger, min_cell: int) -> set[Cell]:
    def small(value: int | None) -> bool:
        return value is not None and 0 < value < min_cell

    everything = Reader(book, ())
    hidden = {cell for cell, value in book.values.items() if value is None or small(value)}
    for total, part in book.complements.values():
        values = book.values.get(total), book.values.get(part)
        if None not in values and values[1] and small(values[0] - values[1]):
            hidden.add(part)
    owned = (
        cell for cell, owners in book.owners.items() if cell in book.values and small(everything.only_value(owners))
    )
    return hidden | {cell for cell in owned if book.values[cell]}


def _with_those_that_tell(book: Ledger, first: set[Cell], min_cell: int, *, floor: int) -> set[Cell] | None:
    """`first` and the second cells that protect them; None if there are too few cells above `floor` to do so."""
    hidden = set(first)
    while True:
        reader = Reader(book, hidden, floor=floor)
        cell = told(book, reader, hidden, min_cell)
        if cell is None:
            return hidden
        candidates = _near(book, cell, hidden, floor)
        if not candidates:
            return None if floor else hidden
        cheapest = sorted(candidates, key=cost)  # the nearest first among those that cost alike
        enough = (c for c in cheapest if Reader(book, hidden | {c}, floor=floor).only_value(cell) is None)
        hidden.add(next(enough, candidates[0]))


def _near(book: Ledger, cell: Cell, hidden: set[Cell], floor: int) -> list[Cell]:
    """Cells that could be hidden to protect `cell`, the nearest in what adds up first."""
    edges: dict[Cell, set[Cell]] = {}
    for total, parts in book.relations:
        for member in (total, *parts):
            edges.setdefault(member, set()).update((total, *parts))
    rests: dict[Cell, list[int | None]] = {}
    for total, part in book.complements.values():
        values = book.values.get(total), book.values.get(part)
        rests.setdefault(part, []).append(None if None in values else values[0] - values[1])
    distance, edge = {cell: 0}, [cell]
    while edge:
        edge = sorted({n for c in edge for n in edges.get(c, ()) if n not in distance})
        distance |= dict.fromkeys(edge, 1 + max(distance.values()))
        edge = [c for c in edge if c[0] != "size"]

    def free(c: Cell) -> bool:
        return c not in hidden and c[0] != "size" and book.values.get(c) is not None

    def above(c: Cell) -> bool:
        return book.values[c] >= floor and (not floor or all(rests.get(c, ())))

    found = [c for c in distance if free(c) and above(c)]
    return sorted(found, key=lambda c: (distance[c], book.values[c], c))


@lru_cache(maxsize=64)
def _protected(records: tuple[Record, ...], min_cell: int) -> tuple[Record, ...]:
    book = ledger(records)
    return tuple(without(records, book, hidden_cells(book, min_cell), min_cell))


def _key(r: Record) -> tuple:
    return (r.analysis, r.population, r.visit, r.unit_of_analysis, r.parameter, r.group, r.statistic)
