"""The codebook as pandera schemas: each cell against its column's range, codes and pattern, and may it be empty."""

import datetime as dt

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from helpers.codebook import Codebook, Column
from helpers.data.checks import Finding
from helpers.data.shown import quoted, shown
from helpers.data.units import Units

#: Characters of the longest identifier or free text that is taken for one.
LONGEST = 1000
#: A closed list of codes is written out in a message up to this length.
_SHOWN_CODES = 12


def _limits(column: Column, units: Units) -> tuple[object, object]:
    """Lowest and highest value in the export's unit, None where there is no limit."""

    def limit(value):
        if value is None:
            return None
        return pd.Timestamp(value) if isinstance(value, dt.date) else value * units.factor(column)

    return limit(column.min), limit(column.max)


def _column(name: str, column: Column, codebook: Codebook, units: Units) -> pa.Column:
    low, high = _limits(column, units)
    codes = codebook.codes(column)
    checks = [
        low is not None and pa.Check.ge(low, error="range"),
        high is not None and pa.Check.le(high, error="range"),
        codes is not None and pa.Check.isin(list(codes), error="code"),
        column.pattern and pa.Check.str_matches(f"^(?:{column.pattern})$", error="pattern"),
    ]
    if column.type in ("string", "text"):
        checks.append(pa.Check.str_length(max_value=LONGEST, error="length"))
    return pa.Column(checks=[check for check in checks if check], nullable=not column.required, name=name)


def table_schema(name: str, present: list[str], codebook: Codebook, units: Units) -> pa.DataFrameSchema:
    """Schema of those columns of a table that were delivered, in the export's units."""
    columns = {c: declared for c, declared in codebook.tables[name].columns.items() if c in present}
    return pa.DataFrameSchema({c: _column(c, declared, codebook, units) for c, declared in columns.items()}, name=name)


def check_cells(name: str, values: pd.DataFrame, text: pd.DataFrame, codebook: Codebook, units: Units) -> list[Finding]:
    """What pandera finds in the cells of a table, each cell once; `text` holds the cells as delivered."""
    try:
        table_schema(name, list(values.columns), codebook, units).validate(values, lazy=True)
        return []
    except SchemaErrors as error:
        cases = error.failure_cases.drop_duplicates(["index", "column"])
    findings, columns = [], codebook.tables[name].columns
    for (column, rule), found in cases.groupby(["column", "check"], sort=False)["index"]:
        rule = "required" if rule == "not_nullable" else rule
        words: dict[str, tuple[str, str]] = {}  # alike cells are told in the same words
        rows = found.astype(int)
        for row, cell in zip(rows, text.loc[rows, column], strict=True):
            if cell not in words:
                words[cell] = _words(rule, cell, columns[column], codebook, units)
            findings.append(Finding(name, row, column, *words[cell], rule=rule))
    return findings


def _words(rule: str, cell: str, column: Column, codebook: Codebook, units: Units) -> tuple[str, str]:
    """Message and remedy for a cell."""
    if rule == "length":
        remedy = "Shorten it; most often a quotation mark that does not close has swallowed the rows that follow."
        return f"the text has {len(cell):,} characters, at most {LONGEST:,} are read.", remedy
    if rule == "required":
        return f"{column.label} is empty, but required.", "Fill it in; the codebook does not allow it to be missing."
    if rule == "code":
        codes = [str(code) for code in codebook.codes(column)]
        listed = "one of " + ", ".join(codes) if len(codes) <= _SHOWN_CODES else f"one of the {len(codes)} codes"
        return f"{quoted(cell)} is not {listed}.", "Correct the value, or declare the code in data/codebook.yaml."
    if rule == "pattern":
        remedy = f"The codebook declares the pattern {column.pattern}."
        return f"{quoted(cell)} does not look like {column.label.lower()}.", remedy
    low, high = (_limit_words(limit) for limit in _limits(column, units))
    return f"{shown(cell)} is outside {low}..{high}.", units.remedy(column)


def _limit_words(limit: object) -> str:
    if limit is None:
        return ""
    return f"{limit:%Y-%m-%d}" if isinstance(limit, pd.Timestamp) else f"{limit:g}"
