"""The compendium's own format: one CSV file a table, columns named as in the codebook."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers import paths
from helpers.codebook import Codebook, Table
from helpers.data.formats.export import Export, Place
from helpers.data.provenance import MANIFEST
from helpers.errors import Problem

#: Rows that are held as Python strings at a time.
BLOCK = 20_000
#: What looks like data: such a file beside the tables is reported, whatever else lies there is left alone.
DATA_FILES = (".csv", ".tsv", ".xlsx", ".xls", ".xpt", ".json", ".ndjson", ".sas7bdat", ".sav", ".parquet")


def read(folder: Path, codebook: Codebook) -> Export:
    """Read every declared table of a folder; the index of a table is its spreadsheet row, the header being row 1."""
    tables, problems, files = {}, list(_strangers(folder, codebook)), []
    for name, declared in codebook.tables.items():
        reading = _Reading(folder / f"{name}.csv", name, declared)
        table = reading.read()
        problems += reading.problems
        if table is not None:
            tables[name] = table
            files.append(reading.path)

    def locate(table: str, row: int | None = None, column: str | None = None) -> Place:
        return Place(paths.relative(folder / f"{table}.csv"), row, column)

    return Export(folder=folder, tables=tables, locate=locate, files=tuple(files), problems=problems)


def write(tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook) -> None:
    """Write tables as an export delivers them: UTF-8, LF, ISO dates, an empty cell for a missing value."""
    for name, table in tables.items():
        table.to_csv(
            folder / f"{name}.csv",
            index=False,
            lineterminator="\n",
            date_format="%Y-%m-%d",
            float_format="%.1f",
            encoding="utf-8",
        )


def _strangers(folder: Path, codebook: Codebook) -> Iterator[Problem]:
    """Files of data that the codebook does not know."""
    for path in sorted(folder.iterdir()):
        name = path.name
        if name == MANIFEST or name.startswith(".") or (path.suffix == ".csv" and path.stem in codebook.tables):
            continue
        if path.suffix.lower() in DATA_FILES:
            remedy = (
                f"Tables are CSV files named {', '.join(codebook.tables)}. Rename it, or take it out of the folder."
            )
            message = f"{name} is not a table of the codebook."
            yield Problem(paths.relative(path), path.stem, None, None, "unknown-file", message, remedy)


@dataclass
class _Reading:
    """One file being read, and what was wrong with it."""

    path: Path
    name: str
    declared: Table
    problems: list[Problem] = field(default_factory=list)

    def problem(self, rule: str, message: str, remedy: str, *, row: int | None = None, column: str | None = None):
        self.problems.append(Problem(paths.relative(self.path), self.name, row, column, rule, message, remedy))

    def read(self) -> pd.DataFrame | None:
        """The table, None if the file cannot be read at all."""
        if not self.path.is_file():
            remedy = f"Deliver {self.name}.csv; a table without rows has its header line only."
            self.problem("missing-table", f"the table {self.name} is missing.", remedy)
            return None
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as handle:
                return self._table(csv.reader(handle, strict=True))
        except UnicodeDecodeError as error:
            self.problem("encoding", f"not UTF-8 text (byte {error.start}).", "Export the table as CSV in UTF-8.")
        except csv.Error as error:
            remedy = "Export the table as comma-separated CSV with double quotes."
            self.problem("csv", f"not readable as CSV ({error}).", remedy)
        return None

    def _table(self, lines: Iterator[list[str]]) -> pd.DataFrame | None:
        first = next(lines, None)
        if first is None:
            self.problem("missing-header", "the file is empty.", "A table without rows has its header line.")
            return None
        header = [cell.strip() for cell in first]
        if len(header) == 1 and ";" in header[0]:
            remedy = "Export the table with commas, and with points in decimal numbers."
            self.problem("csv", "the columns are separated by semicolons.", remedy, row=1)
            return None
        self._check_header(header)
        kept = [(column, header.index(column)) for column in self.declared.columns if column in header]
        blocks, numbers, block, blank = [], [], [], []
        for number, cells in enumerate(lines, start=2):
            if not any(cell.strip() for cell in cells):
                blank.append(number)
                continue
            for row in blank:
                self.problem("empty-row", "the row is empty.", "Take the row out.", row=row)
            blank.clear()
            if len(cells) != len(header):
                message = f"the row has {len(cells)} cells, the header {len(header)}."
                self.problem("row-length", message, "Quote cells that hold a comma, or fill the row.", row=number)
                cells += [""] * (len(header) - len(cells))
            numbers.append(number)
            block.append([cells[place] for _, place in kept])
            if len(block) == BLOCK:
                blocks.append(self._frame(block, kept))
                block.clear()
        blocks.append(self._frame(block, kept))
        return pd.concat(blocks).set_axis(pd.Index(numbers, dtype="int64"), axis=0)

    @staticmethod
    def _frame(rows: list[list[str]], kept: list[tuple[str, int]]) -> pd.DataFrame:
        frame = pd.DataFrame(rows, columns=[column for column, _ in kept], dtype="str")
        return frame.apply(lambda cells: cells.str.strip())

    def _check_header(self, header: list[str]) -> None:
        for column, declared in self.declared.columns.items():
            if column not in header and not declared.optional:
                remedy = f"Deliver the column; it holds: {declared.label}."
                self.problem("missing-column", f"the column {column} is missing.", remedy, column=column)
        for column in sorted(set(header)):
            shown = column or "(without a name)"
            if column not in self.declared.columns:
                remedy = "Take it out, or declare it in data/codebook.yaml."
                message = f"the column {shown} is not in the codebook."
                self.problem("extra-column", message, remedy, row=1, column=shown)
            if header.count(column) > 1:
                message = f"the column {column} is there {header.count(column)} times."
                self.problem("duplicate-column", message, "Keep one of them.", row=1, column=column)
