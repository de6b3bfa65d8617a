"""Text to typed values; what does not read as the codebook declares is found and left empty. No value is guessed."""

import datetime as dt
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding

#: Type -> how its text looks and what reads it; anything else is text already.
_READERS: dict[str, tuple[re.Pattern[str], Callable]] = {
    "integer": (re.compile(r"[+-]?[0-9]{1,15}"), int),
    "decimal": (re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"), float),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), dt.date.fromisoformat),
}
#: Type -> what it is called and how to write it.
_WORDS = {
    "integer": ("a whole number", "Write digits only, without decimals."),
    "decimal": ("a number", "Write digits with a point for the decimals."),
    "date": ("a date", "Write dates as YYYY-MM-DD."),
}


def convert_table(name: str, text: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, list[Finding]]:
    """A table of text as typed values on the same index, and a finding for every cell that does not read as such."""
    columns, findings = {}, []
    for column, declared in codebook.tables[name].columns.items():
        if column not in text:
            continue
        cells = text[column].tolist()
        values = [_read(cell, declared.type) for cell in cells]
        columns[column] = _array(values, declared.type)
        for row, cell, value in zip(text.index, cells, values, strict=True):
            if cell and value is None:
                called, write = _WORDS[declared.type]
                remedy = f"{write} An unknown value is an empty cell."
                findings.append(Finding(name, row, column, f"{cell!r} is not {called}.", remedy, rule="type"))
    return pd.DataFrame(columns, index=text.index), findings


def _read(cell: str, kind: str) -> object:
    """The value in a cell, None where it is empty or does not read."""
    if kind not in _READERS:
        return cell or None
    pattern, read = _READERS[kind]
    try:
        return read(cell) if pattern.fullmatch(cell) else None
    except ValueError:  # a day that does not exist
        return None


def _array(values: list, kind: str):
    if kind == "date":
        return np.array(values, dtype="datetime64[ms]")
    return pd.array(values, dtype={"integer": "Int64", "decimal": "float64"}.get(kind, "str"))
