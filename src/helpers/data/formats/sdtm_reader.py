"""SDTM datasets as the codebook's tables: records joined to rows, the place of each cell remembered."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.codebook import Codebook, Column, Table
from helpers.data.formats.delivered import Delivered, name_of
from helpers.data.formats.export import Export, Place
from helpers.data.formats.sdtm_map import DERIVED, DESIGN, IGNORED, NOT_DONE, PREFIX, STUDY, UNIT_TERMS, Records
from helpers.data.formats.sdtm_plan import general, plan, variables
from helpers.data.formats.sdtm_qualifiers import Qualifiers
from helpers.errors import Problem


@dataclass
class Dataset:
    """A dataset as delivered: its file, and its records as text on their numbers (the first is 1)."""

    file: Delivered
    rows: pd.DataFrame


@dataclass
class _Joined:
    """A table made of records: for each of them, the number of its record in each row (0 where there is none)."""

    rows: pd.DataFrame
    records: list[Records]
    numbers: list[np.ndarray]
    #: Column -> number of its supplemental qualifier in each row.
    qualifiers: dict[str, np.ndarray] = field(default_factory=dict)


def known_datasets(codebook: Codebook) -> list[str]:
    """Names of the datasets that may be there: domains of the map, their qualifiers, those of the trial's design."""
    domains = dict.fromkeys(records.domain for records in plan(codebook))
    return [*domains, *(f"SUPP{domain}" for domain in domains), *DESIGN]


def from_datasets(
    folder: Path,
    found: Mapping[str, Dataset],
    codebook: Codebook,
    *,
    called: Callable[[str], str],
    unread: Container[str] = (),
) -> Export:
    """The codebook's tables from the datasets of a folder.

    `called` is the file that a dataset would have, `unread` the datasets whose files could not be read.
    """
    reading = _Reading(folder, found, codebook, called, unread)
    joined = reading.read()
    problems = [problem for dataset in found.values() for problem in dataset.file.problems] + reading.problems
    tables = {table: [joined[table].rows] for table in codebook.tables if table in joined}
    files = tuple(dataset.file.path for dataset in found.values())

    def locate(table: str, row: int | None = None, column: str | None = None) -> Place:
        return reading.locate(joined.get(table), row, column)

    return Export(
        folder=folder, tables=tables, locate=locate, files=files, problems=problems, stated_units=reading.stated
    )


class _Reading:
    """The datasets of an export being read."""

    def __init__(
        self,
        folder: Path,
        found: Mapping[str, Dataset],
        codebook: Codebook,
        called: Callable[[str], str],
        unread: Container[str],
    ):
        self.folder, self.found, self.codebook, self.called, self.unread = folder, found, codebook, called, unread
        self.plan = plan(codebook)
        #: Domain -> place in the plan -> what its records are.
        self.of: dict[str, dict[int, Records]] = {}
        for place, one in enumerate(self.plan):
            self.of.setdefault(one.domain, {})[place] = one
        self.problems: list[Problem] = []
        #: Table and column -> the unit that the records state, where params.yaml names the unit of the export.
        self.stated: dict[tuple[str, str], str] = {}
        self.said = {name: name_of(dataset.file.path) for name, dataset in found.items()}
        #: Domain -> for each of its records, the place in the plan of what it is (-1: nothing).
        self.owners: dict[str, np.ndarray] = {}

    def read(self) -> dict[str, _Joined]:
        for domain in self.of:
            if domain in self.found:
                self._check_variables(domain)
                self.owners[domain] = self._owners(domain)
            else:
                self._missing(domain)
        subjects = self._subjects()
        joined = {}
        for table, declared in self.codebook.tables.items():
            records = {place: one for place, one in enumerate(self.plan) if one.table == table}
            rows = self._join(declared, records, subjects) if self._starts(records) else None
            if rows is not None:
                joined[table] = rows
        for domain in self.of:
            if domain in self.found:
                self._qualify(domain, joined)
        return joined

    def _missing(self, name: str) -> None:
        if name in self.unread:
            return
        remedy = f"Deliver {self.called(name)}; a dataset without records has its variables only."
        message = f"the dataset {name} is missing."
        self.problems.append(Problem(name_of(self.folder), name, None, None, "missing-table", message, remedy))

    def _check_variables(self, domain: str) -> None:
        """Variables that are missing or unknown."""
        declared = {
            name: Column(label=what, type="string", optional=True) for name, (what, _) in variables(domain).items()
        }
        for one in self.of[domain].values():
            columns = self.codebook.tables[one.table].columns
            for variable in one.when:
                declared[variable] = declared[variable].model_copy(update={"optional": False})
            declared |= {v: columns[c] for c, v in one.columns.items() if declared[v].optional}
        file = self.found[domain].file
        file.check_header(self.found[domain].rows.columns, declared, row=None)

    def _owners(self, domain: str) -> np.ndarray:
        """What each record is, by the values of its category and test; a record that is nothing known is a problem."""
        dataset = self.found[domain]
        owners = np.full(len(dataset.rows), -1)
        known: dict[str, set[str]] = {}
        for place, one in self.of[domain].items():
            owners[self._having(dataset.rows, {variable: (value,) for variable, value in one.when.items()})] = place
            for variable, value in one.when.items():
                known.setdefault(variable, set()).add(value)
        unknown = owners == -1
        for name, variable, values in IGNORED:
            if name == domain:
                unknown &= ~self._having(dataset.rows, {variable: values})
        telling = [variable for variable in known if variable in dataset.rows]
        if unknown.any() and telling:
            rows = dataset.rows.loc[unknown, telling]
            kinds = pd.factorize(rows[telling[0]].str.cat([rows[variable] for variable in telling[1:]], sep="\x1f"))[0]
            for kind in range(kinds.max() + 1):
                alike = rows[kinds == kind]
                stated = alike.iloc[0].to_dict()
                said = ", ".join(f"{variable} {value[:40]!r}" for variable, value in stated.items())
                wrong = [variable for variable, value in stated.items() if value not in known[variable]]
                more = f" ({len(alike)} records)" if len(alike) > 1 else ""
                message = f"a record with {said} has no place in the codebook{more}."
                remedy = "Correct these values, or take the record out."
                column = (wrong or telling)[0]
                dataset.file.problem("sdtm-record", message, remedy, row=int(alike.index[0]), column=column)
        return owners

    @staticmethod
    def _having(rows: pd.DataFrame, wanted: Mapping[str, Iterable[str]]) -> np.ndarray:
        """Which rows have one of the wanted values in every variable."""
        mask = np.ones(len(rows), dtype=bool)
        for variable, values in wanted.items():
            mask &= rows[variable].isin(list(values)).to_numpy() if variable in rows else "" in values
        return mask

    def _subjects(self) -> dict[str, str]:
        """USUBJID -> the subject's identifier in the trial, as DM states it."""
        if "DM" not in self.found or not {"USUBJID", "SUBJID"} <= set(self.found["DM"].rows):
            return {}
        rows = self.found["DM"].rows
        return {long: short for long, short in zip(rows["USUBJID"], rows["SUBJID"], strict=True) if long and short}

    def _starts(self, records: Mapping[int, Records]) -> bool:
        """Whether the domain that brings a table's rows is there."""
        return next(iter(records.values())).domain in self.found

    def _join(self, declared: Table, records: Mapping[int, Records], subjects: Mapping[str, str]) -> _Joined | None:
        """The rows of a table from its records in all domains, in the order in which they first appear.

        None where a variable of the key is missing, which was said before: nothing can be joined then.
        """
        parts, there = [], []
        for at, one in records.items():
            if one.domain in self.found:
                rows = self.found[one.domain].rows[self.owners[one.domain] == at]
                self._check_records(one, rows)
                parts.append(self._cells(one, rows, subjects))
                there.append(one)
        if len(parts) == 1:
            return _Joined(self._ordered(parts[0], declared), there, [parts[0].index.to_numpy()])
        if not all(column in part for column in declared.key for part in parts):
            return None
        places = _same(parts, list(declared.key))
        size = max((int(place.max()) + 1 for place in places if len(place)), default=0)
        cells: dict[str, np.ndarray] = {}
        numbers = []
        for one, part, place in zip(there, parts, places, strict=True):
            number = np.zeros(size, dtype="int64")
            number[place] = part.index
            numbers.append(number)
            for column in part:
                values = part[column].to_numpy(dtype=object)
                held = cells.setdefault(column, np.full(size, "", dtype=object))
                differs = (held[place] != "") & (values != "") & (held[place] != values)
                self._conflict(one, column, part.index[differs])
                held[place] = np.where(held[place] == "", values, held[place])
        rows = pd.DataFrame(cells, index=pd.RangeIndex(1, size + 1), dtype="str")
        return _Joined(self._ordered(rows, declared), there, numbers)

    @staticmethod
    def _ordered(rows: pd.DataFrame, declared: Table) -> pd.DataFrame:
        return rows[[column for column in declared.columns if column in rows]].astype("str")

    @staticmethod
    def _cells(one: Records, rows: pd.DataFrame, subjects: Mapping[str, str]) -> pd.DataFrame:
        """The table's columns in these records, on the records' numbers."""
        cells = {}
        for column, variable in one.columns.items():
            if variable == "USUBJID" and variable in rows:
                cells[column] = rows[variable].map(
                    lambda long: subjects.get(long, long if subjects else long.removeprefix(f"{STUDY}-"))
                )
            elif variable in rows:
                cells[column] = rows[variable].str.removeprefix(PREFIX.get(variable, ""))
        return pd.DataFrame(cells | one.row, index=rows.index).astype("str")

    def _check_records(self, one: Records, rows: pd.DataFrame) -> None:
        """Units other than the codebook's, results of tests not done, values that no column takes."""
        file, columns = self.found[one.domain].file, self.codebook.tables[one.table].columns
        for column, variable in one.units.items():
            if variable not in rows or one.columns[column] not in rows:
                continue
            unit = columns[column].unit or ""
            allowed = {"", UNIT_TERMS.get(unit, unit), *columns[column].units}
            stated = rows.loc[rows[one.columns[column]] != "", variable]
            for value in [value for value in pd.unique(stated) if value not in allowed]:
                message = f"{value[:40]!r} is not the unit of {columns[column].label}, {unit or 'which has none'}."
                remedy = "Deliver the values in the codebook's unit."
                file.problem("unit", message, remedy, row=int(stated.index[stated == value][0]), column=variable)
            used = [value for value in pd.unique(stated) if value]
            if columns[column].unit_param and len(used) == 1:
                self.stated[one.table, column] = used[0]
            if len(used) > 1 and set(used) <= allowed:
                message = f"{columns[column].label} is delivered in {' and in '.join(used)}."
                file.problem("unit", message, "Deliver all values in one unit.", column=variable)
        status = f"{one.domain}STAT"
        if one.result and status in rows and f"{one.domain}ORRES" in rows:
            both = rows.index[(rows[status] == NOT_DONE) & (rows[f"{one.domain}ORRES"] != "")]
            for number in both[:1]:
                message = f"a test {NOT_DONE} has a result{f' ({len(both)} records)' if len(both) > 1 else ''}."
                file.problem(
                    "sdtm-status", message, "Correct the status or the result.", row=int(number), column=status
                )
        taken = {*one.columns.values(), *one.when, *one.also, *one.units.values(), "SUBJID"}
        taken |= {general(name, one.domain) for name in DERIVED} | ({status} if one.result else set())
        for variable in [v for v in rows if v not in taken and v in variables(one.domain)]:
            filled = rows.index[rows[variable] != ""]
            if len(filled):
                message = f"{variable} of {one.table} is not used ({len(filled)} records)."
                remedy = "Nothing, if the analyses do not need it; else declare it in data/codebook.yaml."
                file.problem("sdtm-unused", message, remedy, row=int(filled[0]), column=variable, severity="warning")

    def _conflict(self, one: Records, column: str, numbers: pd.Index) -> None:
        """Records of one row that say different things."""
        for number in numbers[:1]:
            variable = one.columns.get(column, column)
            more = f" ({len(numbers)} records)" if len(numbers) > 1 else ""
            message = f"{variable} differs from that of the other records of the same row{more}."
            file = self.found[one.domain].file
            file.problem("sdtm-conflict", message, "Correct the one that is wrong.", row=int(number), column=variable)

    def _qualify(self, domain: str, joined: Mapping[str, _Joined]) -> None:
        """Put the supplemental qualifiers of a domain into the tables' rows."""
        records = {place: one for place, one in self.of[domain].items() if one.table in joined}
        held = f"SUPP{domain}" in self.found
        if not held and any(one.supp and (self.owners[domain] == place).any() for place, one in records.items()):
            self._missing(f"SUPP{domain}")
            return
        if held:
            supplied = self.found[f"SUPP{domain}"]
            qualifiers = Qualifiers(domain, self.found[domain].rows, supplied.rows, supplied.file)
        for one in records.values():
            table = joined[one.table]
            number = next(numbers for own, numbers in zip(table.records, table.numbers, strict=True) if own is one)
            columns = self.codebook.tables[one.table].columns
            for column in one.supp:
                table.rows[column] = pd.Series("", index=table.rows.index, dtype="str")
                table.qualifiers[column] = np.zeros(len(table.rows), dtype="int64")
            if held:
                for column, values, places in qualifiers.of(one, columns, number, table.rows):
                    table.rows[column] = pd.Series(values, index=table.rows.index, dtype="str")
                    if column in one.supp:
                        table.qualifiers[column] = places
            table.rows = table.rows[[column for column in columns if column in table.rows]]
        if held:
            qualifiers.report()

    def locate(self, table: _Joined | None, row: int | None, column: str | None) -> Place:
        """The record and variable of a cell; of a qualifier that is not there, the record that it would belong to."""
        if table is None:
            return Place(name_of(self.folder), None, column)
        place = None if row is None else int(np.searchsorted(table.rows.index, row))
        present = [k for k, numbers in enumerate(table.numbers) if place is None or numbers[place]]
        holding = [k for k in present if column in table.records[k].columns]
        stating = [k for k in present if column in table.records[k].row or column in table.records[k].supp]
        k = (holding or stating or present)[0]
        one = table.records[k]
        number = None if place is None else int(table.numbers[k][place])
        if column in one.supp:
            written = table.qualifiers.get(column)
            if place is not None and written is not None and written[place]:
                return Place(self.said[f"SUPP{one.domain}"], int(written[place]), one.supp[column])
            return Place(self.said[one.domain], number, one.supp[column])
        if column in one.row:
            return Place(self.said[one.domain], number, next(iter(one.when)))
        return Place(self.said[one.domain], number, one.columns.get(column, column) if column else None)


def _same(parts: list[pd.DataFrame], key: list[str]) -> list[np.ndarray]:
    """For each part, the row of the table that each of its records belongs to: the same key, for the same time."""
    said = []
    for part in parts:
        joined = part[key[0]].str.cat([part[column] for column in key[1:]], sep="\x1f")
        said.append(joined + "\x1f" + joined.groupby(joined, sort=False).cumcount().astype("str"))
    codes = pd.factorize(pd.concat(said, ignore_index=True))[0]
    return np.split(codes, np.cumsum([len(part) for part in parts])[:-1])
