"""REDCap: flat exports with events and repeating instruments, values coded raw or as labels, either kind of header.

The project is the one of `redcap_dictionary`: a table is an instrument, a visit is an event named by the visit's code,
a table with several rows for a patient (at a visit) is a repeating instrument. An export is one CSV file or several.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.formats.delivered import Delivered, name_of, strangers
from helpers.data.formats.export import Export, Place
from helpers.data.formats.redcap_dictionary import HEADER, RECORD, Field
from helpers.data.formats.redcap_observed import Observed
from helpers.data.formats.redcap_project import ADDED, EVENT, INSTRUMENT, STATE, Project
from helpers.errors import Problem

#: Rows that are held as Python strings at a time.
BLOCK = 10_000
#: A form in one of these states was filled in, be it with nothing.
FILLED = ["1", "2", "Unverified", "Complete"]
AGAIN = "Export the whole project again: all instruments and events, as CSV, raw or labelled throughout."


def read(folder: Path, codebook: Codebook) -> Export:
    """Read every CSV file of a folder as an export of the project; a row's index is its number in its file.

    With several files the numbers of one follow on those of the one before. Whether values are raw or labels is seen
    of each file as a whole, first by what REDCap itself writes (events, instruments, states of forms).
    """
    project = Project(codebook)
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.name[0] != ".")
    remedy = "An export is one or more CSV files. Take it out of the folder."
    problems = list(strangers(folder, [path.name for path in found], remedy))
    readings, base = [], 0
    for path in found:
        reading = _Reading(Delivered(path, path.stem), project, base)
        if reading.read():
            readings.append(reading)
            base += reading.last
        problems += reading.file.problems
    if not found:
        message = "there is no CSV file of a REDCap export in the folder."
        problems.append(Problem(name_of(folder), "", None, None, "missing-table", message, AGAIN))
    problems += _missing(folder, project, readings)
    tables = {}
    for table in codebook.tables:
        parts = [reading.tables[table] for reading in readings if table in reading.tables]
        if parts:
            tables[table] = [pd.concat(parts).fillna("") if len(parts) > 1 else parts[0]]
    starts = [reading.base for reading in readings]
    said = [name_of(reading.file.path) for reading in readings]

    def locate(table: str, row: int | None = None, column: str | None = None) -> Place:
        holding = [k for k, reading in enumerate(readings) if table in reading.tables]
        if not holding:
            return Place(name_of(folder), None, column)
        k = holding[0] if row is None else bisect_right(starts, row - 1) - 1
        called = readings[k].called(table, column) if column else None
        return Place(said[k], None if row is None else row - starts[k], called)

    files = tuple(reading.file.path for reading in readings)
    return Export(folder=folder, tables=tables, locate=locate, files=files, problems=problems)


def _missing(folder: Path, project: Project, readings: list["_Reading"]) -> Iterator[Problem]:
    """Instruments and fields that no file holds."""
    if not readings:
        return
    where = name_of(readings[0].file.path if len(readings) == 1 else folder)
    held = {f.name for reading in readings for f in reading.fields.values()}
    for table in project.codebook.tables:
        wanted = [f for f in project.fields_of(table) if not f.declared.optional]
        lacking = [f for f in wanted if f.name not in held]
        if lacking and len(lacking) == len(wanted):
            message = f"no field of the instrument {table} was exported."
            yield Problem(where, table, None, None, "missing-table", message, AGAIN)
            continue
        for f in lacking:
            remedy = f"Export every field of {table}; this one holds: {f.declared.label}."
            yield Problem(where, table, None, f.name, "missing-column", f"the field {f.name} is missing.", remedy)


@dataclass
class _Reading:
    """One file being read; `base` is what its row numbers are counted on from, `last` its last row."""

    file: Delivered
    project: Project
    base: int
    last: int = 1
    labelled: bool = False
    header: list[str] = field(default_factory=list)
    #: Place in the row -> field; table -> column -> place; REDCap's own column -> its first place.
    fields: dict[int, Field] = field(default_factory=dict)
    places: dict[str, dict[str, int]] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    #: Table -> place of the state of its form.
    states: dict[str, int] = field(default_factory=dict)
    record: int = 0
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def called(self, table: str, column: str) -> str:
        """What the file calls a column of a table, the column itself if it has none."""
        if column == RECORD:
            return self.header[self.record]
        if column == self.project.visit_columns.get(table):
            return ADDED[EVENT] if self.labelled else EVENT
        place = self.places[table].get(column)
        return column if place is None else self.header[place]

    def read(self) -> bool:
        """Fill `tables`; False if the file cannot be read."""
        if not self.file.readable():
            return False
        with self.file.records() as records:
            header = self.file.header(records)
            if header is None or not self._understand(header):
                return False
            self._collect(self.file.rows(header, records))
            return True
        return False

    def _understand(self, header: list[str]) -> bool:
        """What each column is. It has names or labels for headers, whichever the record's identifier goes by."""
        record = self.project.fields[0]
        if header[0] == HEADER[0]:
            remedy = "Take it out of the folder, and put the export of the data there."
            self.file.problem("unknown-file", f"{self.file.path.name} is a data dictionary, not data.", remedy)
            return False
        if record.name not in header and record.label not in header:
            message = f"there is no field {record.name} (in an export with labels: {record.label})."
            remedy = "It is the first field of the project that `kypho codebook --format redcap` describes."
            self.file.problem("missing-column", message, remedy, row=1, column=record.name)
            return False
        self.header, self.labelled = header, record.name not in header
        known, own = self.project.headers(self.labelled), []
        before = None
        for place, name in enumerate(header):
            if name in known:
                own.append(name)
                if header.index(name) == place:
                    self._take(place, known[name])
                    before = known[name].table if known[name].column != RECORD else before
            elif added := self.project.added(name, self.labelled):
                self.added.setdefault(added, place)
                if added == STATE:  # in an export with labels it closes the form before it
                    self.states[before if self.labelled else name.removesuffix(STATE)] = place
            else:
                own.append(name)
        self.file.check_header(own, {name: f.declared for name, f in known.items()}, whole=False)
        if EVENT not in self.added and any(table in self.places for table in self.project.visit_columns):
            called = ADDED[EVENT] if self.labelled else EVENT
            message = f"the column {called} is missing: it says the visit of a row."
            self.file.problem("missing-column", message, "Export the events with the data.", row=1, column=called)
        return True

    def _take(self, place: int, known: Field) -> None:
        self.fields[place] = known
        if known.column == RECORD:
            self.record = place
        else:
            self.places.setdefault(known.table, {})[known.column] = place

    def _collect(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        parts: dict[str, list[pd.DataFrame]] = {table: [self._empty(table)] for table in self.places}
        observed, numbers, block = Observed(self.file, self.project), [], []

        def divide():
            cells = np.array(block, dtype=object).reshape(len(block), len(self.header))
            for table, part in self._divide(np.array(numbers, dtype=int), cells, observed):
                parts[table].append(part)
            numbers.clear()
            block.clear()

        for number, cells in rows:
            numbers.append(number)
            block.append(cells[: len(self.header)])
            self.last = number
            if len(block) == BLOCK:
                divide()
        divide()
        self.tables = {table: pd.concat(found) for table, found in parts.items()}
        observed.report()
        self._decode(observed)

    def _divide(self, numbers: np.ndarray, cells: np.ndarray, observed: Observed) -> Iterator[tuple[str, pd.DataFrame]]:
        """The rows of each table in a block of rows: those of its instrument, and those where its form has data."""
        at = np.nonzero(cells != "")
        cells[at] = [cell.strip() for cell in cells[at]]
        filled = cells != ""
        named, events = self._added(INSTRUMENT, cells), self._added(EVENT, cells)
        instruments = np.array([self.project.instruments.get(name, "") for name in named], dtype=object)
        states = {table: cells[:, place] for table, place in self.states.items()}
        observed.structure(events, named, states.values())
        unknown = (named != "") & (instruments == "")
        observed.unknown(named[unknown], numbers[unknown])
        used = unknown.copy()
        for table, places in self.places.items():
            mine = filled[:, list(places.values())].any(axis=1)
            if table in states:
                mine |= np.isin(states[table], FILLED)
            here = (instruments == table) | ((named == "") & mine)
            used |= here
            stray = mine & (named != "") & (instruments != table) & ~unknown
            observed.stray(table, named[stray], numbers[stray])
            if here.any():
                yield table, self._frame(table, numbers[here], events[here], cells[here])
        observed.people(cells[:, self.record], numbers, used)

    def _added(self, name: str, cells: np.ndarray) -> np.ndarray:
        """One of REDCap's own columns, empty where the file has none."""
        return cells[:, self.added[name]] if name in self.added else np.full(len(cells), "", dtype=object)

    def _frame(self, table: str, numbers: np.ndarray, events: np.ndarray, cells: np.ndarray) -> pd.DataFrame:
        columns = {RECORD: cells[:, self.record]}
        columns |= {column: cells[:, place] for column, place in self.places[table].items()}
        if EVENT in self.added and (visit := self.project.visit_columns.get(table)):
            visits = {event: self.project.visit(event) for event in set(events)}
            columns[visit] = [visits[event] for event in events]
        ordered = [column for column in self.project.codebook.tables[table].columns if column in columns]
        return pd.DataFrame(columns, index=pd.Index(numbers + self.base, dtype="int64"), dtype="str")[ordered]

    def _empty(self, table: str) -> pd.DataFrame:
        none = np.empty((0, len(self.header)), dtype=object)
        return self._frame(table, np.empty(0, dtype=int), none[:, 0], none)

    def _decode(self, observed: Observed) -> None:
        """Put the codebook's codes in place of REDCap's values."""
        coded = [f for f in self.fields.values() if f.choices]
        kind = observed.coding([(f, pd.unique(self.tables[f.table][f.column])) for f in coded])
        for f in coded:
            codes = {getattr(choice, kind): choice.code for choice in f.choices}
            cells = self.tables[f.table][f.column]
            self.tables[f.table][f.column] = cells.map(lambda value, codes=codes: codes.get(value, value)).astype("str")
