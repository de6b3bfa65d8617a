"""The variables of the export one by one, as the codebook page and its CSV say them."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helpers.codebook import Codebook, Column, Table
from helpers.present.text import csv_cell

#: The columns of the CSV; `to_csv` writes each line in this order.
CSV_COLUMNS = (
    *("table", "table_label", "form", "key", "variable", "label", "type", "unit", "codes", "code_list"),
    *("minimum", "maximum", "pattern", "required", "may_be_absent", "empty_cell", "sensitivity", "assumed"),
)


@dataclass(frozen=True)
class Variable:
    """A column of a table of the export, with all that is declared about it."""

    table: str
    name: str
    source: Table
    column: Column
    codes: Mapping[str | int, str]
    empty: str


def variables(book: Codebook) -> Iterator[Variable]:
    """Every column of every table of the export, in the order of the codebook."""
    for table, source in book.tables.items():
        for name, column in source.columns.items():
            yield Variable(table, name, source, column, book.codes(column) or {}, _empty(book, table, name, column))


def _empty(book: Codebook, table: str, name: str, column: Column) -> str:
    """What an empty cell means; an item of a score says how many may be missing."""
    if column.required:
        return "not allowed"
    meaning = column.missing or "not known"
    if table == "dallas":
        for score, domain in book.dallas.domains.items():
            if name in domain.items:
                allowed = f"{domain.missing_allowed} of {len(domain.items)}"
                meaning += f"; {score} replaces up to {allowed}" if domain.missing_allowed else f"; no {score} then"
    return f"{meaning}; the column may be absent" if column.optional else meaning


def to_csv(book: Codebook) -> str:
    """One line for each variable of the export; `codes` as `code=label`, separated by semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for v in variables(book):
        c = v.column
        cells = [
            *(v.table, v.source.label, v.source.form, "Y" if v.name in v.source.key else "N"),
            *(v.name, c.label, c.type, c.unit),
            *("; ".join(f"{value}={label}" for value, label in v.codes.items()), c.codes),
            *(c.min, c.max, c.pattern),
            *("Y" if c.required else "N", "Y" if c.optional else "N", v.empty, c.sensitivity, c.assumed),
        ]
        writer.writerow(map(csv_cell, cells))
    return out.getvalue()
