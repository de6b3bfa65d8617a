"""What the rows of a REDCap export show as a whole: raw values or labels, and rows that fit nowhere."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from helpers.data.formats.delivered import LISTED, Delivered
from helpers.data.formats.redcap_dictionary import Field
from helpers.data.formats.redcap_project import INSTRUMENT, STATES, Project


@dataclass
class Observed:
    """Gathered block by block while a file is read; `report` turns it into problems."""

    file: Delivered
    project: Project
    events: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    #: What is wrong -> its rows.
    unknowns: dict[str, list[int]] = field(default_factory=dict)
    strays: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    #: Record -> its first row, of the records without any data so far.
    empty: dict[str, int] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def structure(self, events: np.ndarray, named: np.ndarray, states: Iterable[np.ndarray]) -> None:
        """What REDCap itself wrote into a block of rows."""
        self.events |= set(events)
        self.named |= set(named)
        for state in states:
            self.states |= set(state)

    def unknown(self, named: np.ndarray, rows: np.ndarray) -> None:
        """Rows of instruments that are not the project's."""
        for name, row in zip(named, rows, strict=True):
            self.unknowns.setdefault(name, []).append(int(row))

    def stray(self, table: str, named: np.ndarray, rows: np.ndarray) -> None:
        """Rows of a repeating instrument that hold data of another table."""
        for name, row in zip(named, rows, strict=True):
            self.strays.setdefault((table, name), []).append(int(row))

    def people(self, records: np.ndarray, rows: np.ndarray, used: np.ndarray) -> None:
        """Which records hold data: a record without any is reported, since it would vanish."""
        self.held |= set(records[used])
        for record, row in zip(records[~used], rows[~used], strict=True):
            self.empty.setdefault(record, int(row))

    def report(self) -> None:
        """The problems of the rows; of a kind with many rows the first is named and the others are counted."""
        for name, rows in list(self.unknowns.items())[:LISTED]:
            known = ", ".join(self.project.codebook.tables)
            message = f"{name[:60]!r} is not an instrument of the codebook{_more(rows)}."
            self.file.problem("redcap-instrument", message, f"Instruments are {known}.", row=rows[0], column=INSTRUMENT)
        for (table, name), rows in self.strays.items():
            message = f"a row of the instrument {name} holds data of {table}{_more(rows)}."
            remedy = "Export the project again; REDCap itself writes no such row."
            self.file.problem("redcap-row", message, remedy, row=rows[0])
        empty = {record: row for record, row in self.empty.items() if record not in self.held}
        for record, row in list(empty.items())[:LISTED]:
            message = f"the record {record[:60]} holds no data in any instrument of the codebook."
            remedy = "Take the record out, or enter its data."
            self.file.problem("redcap-empty-record", message, remedy, row=row)
        if len(empty) > LISTED:
            message = f"{len(empty) - LISTED} more records hold no data."
            self.file.problem("redcap-empty-record", message, "Take them out, or enter their data.")

    def coding(self, values: list[tuple[Field, np.ndarray]]) -> str:
        """Whether the file's values are `raw` or `label`: by what REDCap itself wrote, else by the values of fields.

        A file whose values are partly one and partly the other is a problem.
        """
        names, events = set(self.project.instrument_names), self.events - {""}
        unique = {event for event in events if re.search(r"_arm_[0-9]+[a-z]?$", event)}
        raw = bool(self.states & set(STATES) or self.named & names or unique)
        label = bool(
            self.states & set(STATES.values())
            or self.named & (set(self.project.instruments) - names)
            or events - unique
        )
        if raw == label:
            raw, label = (any(_only(f, found, kind) for f, found in values) for kind in ("raw", "label"))
        if raw and label:
            message = "some values are raw codes and some are labels."
            self.file.problem("redcap-coding", message, "Export it again, raw throughout or labelled throughout.")
        return "label" if label and not raw else "raw"


def _only(known: Field, values: Iterable[str], kind: str) -> bool:
    """Whether a value can only be a raw one, or only a label."""
    other = "label" if kind == "raw" else "raw"
    mine, its = ({getattr(choice, k) for choice in known.choices} for k in (kind, other))
    return any(value in mine - its for value in values)


def _more(rows: list[int]) -> str:
    return f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""
