"""Reading an export as it was delivered: CSV files as text, every row with its number in a spreadsheet.

Nothing is converted or dropped here. Another format (REDCap, SAS transport) would be another reader giving the same
`Export`.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers import paths
from helpers.codebook import Codebook, Table
from helpers.data.provenance import MANIFEST
from helpers.errors import ConfigError, Problem


@dataclass(frozen=True)
class Export:
    """Tables of text, each indexed by spreadsheet row (the header is row 1), and what was wrong with the files."""

    folder: Path
    tables: dict[str, pd.DataFrame]
    problems: list[Problem] = field(default_factory=list)

    def file(self, table: str) -> str:
        """The file of a table as a reader of the project knows it."""
        return paths.relative(self.folder / f"{table}.csv")


def read_export(folder: Path, codebook: Codebook) -> Export:
    """Read every declared table of a folder.

    Raises
    ------
    ConfigError
        If the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(
            f"{folder}: there is no such folder. Put the export there, or name another one in params.yaml, data.source."
        )
    tables, problems = {}, list(_strangers(folder, codebook))
    for name, declared in codebook.tables.items():
        path = folder / f"{name}.csv"
        found: list[Problem] = []
        table = _read_table(path, name, declared, found)
        problems += found
        if table is not None:
            tables[name] = table
    return Export(folder=folder, tables=tables, problems=problems)


def _strangers(folder: Path, codebook: Codebook) -> Iterator[Problem]:
    """Files of data that the codebook does not know."""
    for path in sorted(folder.iterdir()):
        name = path.name
        if name == MANIFEST or name.startswith(".") or (path.suffix == ".csv" and path.stem in codebook.tables):
            continue
        if path.suffix.lower() in (".csv", ".tsv", ".xlsx", ".xls", ".xpt", ".sas7bdat", ".sav", ".parquet"):
            remedy = (
                f"Tables are CSV files named {', '.join(codebook.tables)}. Rename it, or take it out of the folder."
            )
            yield Problem(
                paths.relative(path),
                path.stem,
                None,
                None,
                "unknown-file",
                f"{name} is not a table of the codebook.",
                remedy,
            )


def _read_table(path: Path, name: str, declared: Table, problems: list[Problem]) -> pd.DataFrame | None:
    def problem(rule: str, message: str, remedy: str, *, row: int | None = None, column: str | None = None) -> None:
        problems.append(Problem(paths.relative(path), name, row, column, rule, message, remedy))

    if not path.is_file():
        problem(
            "missing-table",
            f"the table {name} is missing.",
            f"Deliver {name}.csv; a table without rows has its header line only.",
        )
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = [(k, cells) for k, cells in enumerate(csv.reader(handle, strict=True), start=1)]
    except UnicodeDecodeError as error:
        problem("encoding", f"not UTF-8 text (byte {error.start}).", "Export the table as CSV in UTF-8.")
        return None
    except csv.Error as error:
        problem("csv", f"not readable as CSV ({error}).", "Export the table as comma-separated CSV with double quotes.")
        return None
    if not lines:
        problem("missing-header", "the file is empty.", "A table without rows has its header line.")
        return None

    header = [cell.strip() for cell in lines[0][1]]
    if len(header) == 1 and ";" in header[0]:
        problem(
            "csv",
            "the columns are separated by semicolons.",
            "Export the table with commas, and with points in decimal numbers.",
            row=1,
        )
        return None
    for column in declared.columns:
        if column not in header:
            problem(
                "missing-column",
                f"the column {column} is missing.",
                f"Deliver the column; it holds: {declared.columns[column].label}.",
                column=column,
            )
    for column in sorted(set(header)):
        if column not in declared.columns:
            shown = column or "(without a name)"
            problem(
                "extra-column",
                f"the column {shown} is not in the codebook.",
                "Take it out, or declare it in data/codebook.yaml.",
                row=1,
                column=shown,
            )
        if header.count(column) > 1:
            problem(
                "duplicate-column",
                f"the column {column} is there {header.count(column)} times.",
                "Keep one of them.",
                row=1,
                column=column,
            )

    rows = {}
    for number, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            if any(later for k, later in lines if k > number):
                problem("empty-row", "the row is empty.", "Take the row out.", row=number)
            continue
        if len(cells) != len(header):
            problem(
                "row-length",
                f"the row has {len(cells)} cells, the header {len(header)}.",
                "Quote cells that hold a comma, or fill the row.",
                row=number,
            )
        rows[number] = dict(zip(header, [cell.strip() for cell in cells], strict=False))
    columns = [column for column in declared.columns if column in header]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="str").fillna("")
