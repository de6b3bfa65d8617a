"""The compendium's own format: one CSV file a table, columns named as in the codebook."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from helpers.codebook import Codebook, Table
from helpers.data.formats.delivered import Delivered, name_of, strangers
from helpers.data.formats.export import Export, Place
from helpers.data.formats.text import decimals

#: Rows that are held as Python strings at a time.
BLOCK = 20_000


def read(folder: Path, codebook: Codebook) -> Export:
    """Read every declared table of a folder; the index of a table is its spreadsheet row, the header being row 1."""
    known = [f"{name}.csv" for name in codebook.tables]
    remedy = f"Tables are CSV files named {', '.join(codebook.tables)}. Rename it, or take it out of the folder."
    tables, problems, files = {}, list(strangers(folder, known, remedy)), []
    for name, declared in codebook.tables.items():
        file = Delivered(folder / f"{name}.csv", name)
        table = _read_table(file, declared)
        problems += file.problems
        if table is not None:
            tables[name] = table
            files.append(file.path)

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


def _read_table(file: Delivered, declared: Table) -> pd.DataFrame | None:
    """The table, None if the file cannot be read."""
    if not file.path.exists() and not file.path.is_symlink():
        remedy = f"Deliver {file.path.name}; a table without rows has its header line only."
        file.problem("missing-table", f"the table {file.table} is missing.", remedy)
        return None
    if file.readable():
        with file.records() as records:
            return _table(file, declared, records)
    return None


def _table(file: Delivered, declared: Table, records: Iterator[list[str]]) -> pd.DataFrame | None:
    header = file.header(records)
    if header is None:
        return None
    file.check_header(header, declared.columns)
    kept = [(column, header.index(column)) for column in declared.columns if column in header]
    blocks, numbers, block = [], [], []
    for number, cells in file.rows(header, records):
        numbers.append(number)
        block.append([cells[place] for _, place in kept])
        if len(block) == BLOCK:
            blocks.append(_frame(block, kept))
            block.clear()
    blocks.append(_frame(block, kept))
    return pd.concat(blocks).set_axis(pd.Index(numbers, dtype="int64"), axis=0)


def _frame(rows: list[list[str]], kept: list[tuple[str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[column for column, _ in kept], dtype="str")
    return frame.apply(lambda cells: cells.str.strip())
