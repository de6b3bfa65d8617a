"""Typed tables as the text that a format holds."""

from decimal import Decimal

import numpy as np
import pandas as pd

from helpers.codebook import Table


def as_text(table: pd.DataFrame, declared: Table) -> pd.DataFrame:
    """Each cell as text, "" where it is missing; dates YYYY-MM-DD, decimals with a point and as many digits as needed.

    A column that may be absent, and is, comes out empty.
    """
    columns = {}
    for name, column in declared.columns.items():
        if name not in table:
            if not column.optional:
                raise KeyError(name)
            columns[name] = pd.Series("", index=table.index, dtype="str")
        elif column.type == "date":
            columns[name] = pd.to_datetime(table[name]).dt.strftime("%Y-%m-%d")
        elif column.type == "integer":
            columns[name] = pd.to_numeric(table[name]).astype("Int64").astype("str")
        elif column.type == "decimal":
            columns[name] = decimals(table[name])
        else:
            columns[name] = table[name].astype("str")
    return pd.DataFrame(columns, index=table.index).astype("str").mask(pd.DataFrame(columns).isna(), "")


def decimals(values: pd.Series) -> pd.Series:
    """Decimals as text with as many digits as they have, one at least, no exponent; missing values stay missing."""
    places, different = pd.factorize(values.astype("float64"))  # each different value is written once
    said = pd.array([np.format_float_positional(value, trim="0") for value in different], dtype="str")
    return pd.Series(said.take(places, allow_fill=True), index=values.index)


def number_text(value: float | int) -> str:
    """A number as text with as many digits as it needs and no exponent; whole numbers without a point."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    return format(Decimal(repr(value)), "f").removesuffix(".0")
