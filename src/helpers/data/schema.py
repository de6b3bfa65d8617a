"""The codebook as pandera schemas: each cell against its column's range, codes and pattern, and may it be empty."""

import datetime as dt

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from helpers.codebook import Codebook, Column
from helpers.data.checks import Finding
from helpers.data.units import Units

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
    findings = []
    for column, rule, row in cases[["column", "check", "index"]].itertuples(index=False, name=None):
        rule = "required" if rule == "not_nullable" else rule
        message, remedy = _words(rule, text.at[row, column], codebook.tables[name].columns[column], codebook, units)
        findings.append(Finding(name, int(row), column, message, remedy, rule=rule))
    return findings


def _words(rule: str, shown: str, column: Column, codebook: Codebook, units: Units) -> tuple[str, str]:
    """Message and remedy for a cell."""
    if rule == "required":
        return f"{column.label} is empty, but required.", "Fill it in; the codebook does not allow it to be missing."
    if rule == "code":
        codes = [str(code) for code in codebook.codes(column)]
        listed = "one of " + ", ".join(codes) if len(codes) <= _SHOWN_CODES else f"one of the {len(codes)} codes"
        return f"{shown!r} is not {listed}.", "Correct the value, or declare the code in data/codebook.yaml."
    if rule == "pattern":
        remedy = f"The codebook declares the pattern {column.pattern}."
        return f"{shown!r} does not look like {column.label.lower()}.", remedy
    low, high = (_limit_words(limit) for limit in _limits(column, units))
    return f"{shown} is outside {low}..{high}.", units.remedy(column)


def _limit_words(limit: object) -> str:
    if limit is None:
        return ""
    return f"{limit:%Y-%m-%d}" if isinstance(limit, pd.Timestamp) else f"{limit:g}"
