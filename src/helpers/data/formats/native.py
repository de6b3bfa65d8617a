"""The compendium's own format: one CSV file a table, columns named as in the codebook."""

from itertools import islice
from pathlib import Path

import pandas as pd

from helpers.codebook import Codebook, Table
from helpers.data.formats.delivered import Delivered, name_of, strangers
from helpers.data.formats.export import Export, Place
from helpers.data.formats.text import decimals
from helpers.data.spool import Spool

#: Rows of a block.
BLOCK = 20_000


def read(folder: Path, codebook: Codebook) -> Export:
    """Read every declared table of a folder; the index of a table is its spreadsheet row, the header being row 1."""
    known = [f"{name}.csv" for name in codebook.tables]
    remedy = f"Tables are CSV files named {', '.join(codebook.tables)}. Rename it, or take it out of the folder."
    tables, problems, files = Spool(), list(strangers(folder, known, remedy)), []
    for name, declared in codebook.tables.items():
        file = Delivered(folder / f"{name}.csv", name)
        if _read_table(file, declared, tables):
            files.append(file.path)
        problems += file.problems

    said = {name: name_of(folder / f"{name}.csv") for name in codebook.tables}

    def locate(table: str, row: int | None = None, column: str | None = None) -> Place:
        return Place(said[table], row, column)

    return Export(folder=folder, tables=tables, locate=locate, files=tuple(files), problems=problems)


def write(tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook) -> None:
    """Write tables as an export delivers them: UTF-8, LF, ISO dates, an empty cell for a missing value."""
    for name, table in tables.items():
        columns = codebook.tables[name].columns
        written = {c: decimals(table[c]) for c in table if columns[c].type == "decimal"}
        table.assign(**written).to_csv(
            folder / f"{name}.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d", encoding="utf-8"
        )


def _read_table(file: Delivered, declared: Table, tables: Spool) -> bool:
    """Put the rows of a table aside in blocks; False, and nothing is, if the file cannot be read."""
    if not file.path.exists() and not file.path.is_symlink():
        remedy = f"Deliver {file.path.name}; a table without rows has its header line only."
        file.problem("missing-table", f"the table {file.table} is missing.", remedy)
        return False
    if file.readable():
        with file.records() as records:
            header = file.header(records)
            if header is None:
                return False
            file.check_header(header, declared.columns)
            kept = [(column, header.index(column)) for column in declared.columns if column in header]
            rows = file.rows(header, records)
            while block := list(islice(rows, BLOCK)):
                tables.add(file.table, _frame(block, kept))
            if file.table not in tables:
                tables.add(file.table, _frame([], kept))
            return True
        tables.discard(file.table)
    return False


def _frame(rows: list[tuple[int, list[str]]], kept: list[tuple[str, int]]) -> pd.DataFrame:
    numbers = pd.Index([number for number, _ in rows], dtype="int64")
    cells = {column: pd.Series([row[place] for _, row in rows], numbers, dtype="str") for column, place in kept}
    return pd.DataFrame({column: each.str.strip() for column, each in cells.items()}, index=numbers)
