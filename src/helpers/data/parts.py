"""The tables of an export by parts of patients, so that memory does not grow with the number of patients."""

import copy
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from helpers.data.spool import Spool

#: Patients of a part.
PART = 20_000


class Parts:
    """Typed tables, added block by block and given back part by part.

    A part is a dict of every table that was added, with the rows of at most `PART` patients in the order in which they
    were added. Parts follow each other in the order of the identifiers: sorted, one part's rows end where those of the
    next begin. Rows without a patient are in the first part, all of them; those of an unknown one stay together too.

    Parameters
    ----------
    subjects : iterable of str
        The identifiers of all patients.
    """

    def __init__(self, subjects: Iterable[str]):
        self.subjects = sorted(set(subjects))
        #: Rows of each table.
        self.rows: Counter[str] = Counter()
        self._first = self.subjects[::PART]
        self._none: dict[str, pd.DataFrame] = {}
        self._spool = Spool()
        self._change: Callable[[str, pd.DataFrame], pd.DataFrame] = lambda name, rows: rows

    def add(self, name: str, rows: pd.DataFrame) -> None:
        """Add rows to a table."""
        self.rows[name] += len(rows)
        self._none.setdefault(name, rows[:0])
        parts = self._parts(rows)
        for part in np.unique(parts):
            self._spool.add((name, part), rows[parts == part])

    def changed(self, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> "Parts":
        """The same parts, each table with its name given to `change` when it is read."""
        view = copy.copy(self)
        view._change = change
        return view

    def __iter__(self) -> Iterator[dict[str, pd.DataFrame]]:
        for part in range(max(len(self._first), 1)):
            yield {
                name: self._change(name, pd.concat([none, *self._spool.get((name, part), ())]))
                for name, none in self._none.items()
            }

    def _parts(self, rows: pd.DataFrame) -> np.ndarray:
        """The part of each row."""
        if "subject_id" not in rows:
            return np.zeros(len(rows), dtype=int)
        places, subjects = pd.factorize(rows["subject_id"])
        parts = [max(bisect_right(self._first, subject) - 1, 0) for subject in subjects]
        return np.array([*parts, 0])[places]  # the last one is for no subject, whose place is -1
