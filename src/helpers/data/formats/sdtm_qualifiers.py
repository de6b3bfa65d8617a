"""Supplemental qualifiers of a domain: each belongs to a record and stands in a column of its table's row."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from helpers.codebook import Column
from helpers.data.formats.delivered import LISTED, Delivered
from helpers.data.formats.sdtm_map import Records

_NEEDED = ("USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QVAL")
#: Pieces of a text that a variable of 200 bytes could not hold.
_PIECES = 99


class Qualifiers:
    """The qualifiers in `rows` of the records `parents` (both on their numbers from 1); `file` takes the problems."""

    def __init__(self, domain: str, parents: pd.DataFrame, rows: pd.DataFrame, file: Delivered):
        self.domain, self.file = domain, file
        self.lacking = [variable for variable in _NEEDED if variable not in rows]
        self.rows = rows.reindex(columns=list(_NEEDED), fill_value="").astype("str")
        self.parent = np.zeros(len(rows), dtype="int64") if self.lacking else self._parents(parents)
        self.used = self.parent == 0

    def _parents(self, parents: pd.DataFrame) -> np.ndarray:
        """Number of the record that each qualifier belongs to, 0 where there is none."""
        sequence = f"{self.domain}SEQ"
        found = np.zeros(len(self.rows), dtype="int64")
        subject = parents["USUBJID"] if "USUBJID" in parents else pd.Series("", index=parents.index)
        by_sequence = (self.rows["IDVAR"] == sequence).to_numpy()
        if sequence in parents:
            keys = subject.str.cat(parents[sequence], sep="\x1f")
            for number in keys.index[keys.duplicated()][: 1 if by_sequence.any() else 0]:
                message = f"{sequence} is not unique within the subject."
                self.file.problem(
                    "sdtm-sequence", message, f"Number the subject's records in {self.domain}.", row=int(number)
                )
            wanted = self.rows["USUBJID"].str.cat(self.rows["IDVARVAL"], sep="\x1f")
            found = np.where(by_sequence, _number_of(keys, wanted), 0)
        alone = (self.rows["IDVAR"] == "").to_numpy() & ~self.rows["USUBJID"].isin(subject[subject.duplicated()])
        found = np.where(alone, _number_of(subject, self.rows["USUBJID"]), found)
        lost = self.rows.index[found == 0]
        for number in lost[:LISTED]:
            message = f"the qualifier belongs to no record of {self.domain}."
            remedy = f"Correct USUBJID, IDVAR ({sequence}) and IDVARVAL."
            self.file.problem("sdtm-orphan", message, remedy, row=int(number), column="IDVARVAL")
        if len(lost) > LISTED:
            message = f"{len(lost) - LISTED} more qualifiers belong to no record of {self.domain}."
            self.file.problem("sdtm-orphan", message, "Correct them.")
        return found

    def of(
        self, one: Records, columns: Mapping[str, Column], numbers: np.ndarray, cells: pd.DataFrame
    ) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Column, its cells, and the number of each cell's qualifier, for the records of a table.

        `numbers` is the record of each row (0: none), `cells` what the table holds so far. A text that goes on in
        qualifiers of its own is put together.
        """
        row_of = np.full(max(int(numbers.max(initial=0)), int(self.parent.max(initial=0))) + 1, -1)
        row_of[numbers[numbers > 0]] = np.flatnonzero(numbers > 0)
        row = np.where(self.parent > 0, row_of[self.parent], -1)
        text = [c for c in (*one.columns, *one.supp) if c in columns and columns[c].type in ("text", "string")]
        for column, name in (one.columns | one.supp).items():
            names = [name] if column in one.supp else []
            if column in text:
                stem = name[:7] if column in one.supp else name
                names += [f"{stem}{k}" for k in range(1, _PIECES)]
            values = cells[column].to_numpy(dtype=object).copy() if column in cells else None
            places, touched = np.zeros(len(cells), dtype="int64"), False
            present, last = set(self.rows["QNAM"]) & set(names), None
            for piece in [name for name in names if name in present]:
                here = np.flatnonzero((self.rows["QNAM"] == piece).to_numpy() & (row >= 0) & ~self.used)
                if values is None or not len(here):
                    continue
                at = row[here]
                self._twice(at, here, piece)
                if names.index(piece):
                    self._gaps(at, here, piece, last if names[names.index(piece) - 1] in present else None)
                last = at
                said = self.rows["QVAL"].to_numpy(dtype=object)[here]
                values[at] = [before + more for before, more in zip(values[at], said, strict=True)]
                places[at] = np.where(places[at] == 0, here + 1, places[at])
                self.used[here] = touched = True
            if touched:
                yield column, values, places

    def _gaps(self, at: np.ndarray, here: np.ndarray, name: str, before: np.ndarray | None) -> None:
        """Pieces of a text without the piece before them."""
        lost = ~np.isin(at, [] if before is None else before)
        for number in here[lost][:1]:
            message = f"{name} continues a text whose piece before it is missing."
            self.file.problem("sdtm-qualifier", message, "Deliver all pieces.", row=int(number) + 1, column="QNAM")

    def _twice(self, at: np.ndarray, here: np.ndarray, name: str) -> None:
        again = pd.Series(at).duplicated().to_numpy()
        for number in here[again][:1]:
            message = f"the qualifier {name} is there more than once for its record."
            self.file.problem("sdtm-duplicate", message, "Keep one of them.", row=int(number) + 1, column=name)

    def report(self) -> None:
        """Variables that are missing, and qualifiers that the codebook does not know."""
        for variable in self.lacking:
            message = f"the variable {variable} is missing."
            self.file.problem("missing-column", message, "Deliver it with the qualifiers.", column=variable)
        left = self.rows[~self.used]
        for name, rows in list(left.groupby("QNAM", sort=False).groups.items())[:LISTED]:
            message = f"the qualifier {name[:60]!r} is not in the codebook ({len(rows)} records)."
            remedy = "Take it out, or declare it in data/codebook.yaml."
            self.file.problem("extra-column", message, remedy, row=int(rows[0]), column=name[:60])


def _number_of(known: pd.Series, wanted: pd.Series) -> np.ndarray:
    """Number of the first known value that is the wanted one, 0 where there is none."""
    first = known[~known.duplicated()]
    numbers = pd.Series(first.index.to_numpy(), index=first.to_numpy())
    return wanted.map(numbers).fillna(0).astype("int64").to_numpy()
