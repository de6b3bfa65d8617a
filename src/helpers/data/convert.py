"""Text to typed values; what does not read as the codebook declares is found and left empty. No value is guessed."""

import datetime as dt
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding
from helpers.data.shown import quoted

#: Type -> how its text looks and what reads it; anything else is text already.
_READERS: dict[str, tuple[re.Pattern[str], Callable]] = {
    "integer": (re.compile(r"[+-]?[0-9]{1,15}"), int),
    "decimal": (re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"), float),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), dt.date.fromisoformat),
}
#: A number as it is written where the comma separates decimals.
_COMMA = re.compile(r"[+-]?[0-9]{1,15},[0-9]{1,15}")
#: Type -> what it is called and how to write it.
_WORDS = {
    "integer": ("a whole number", "Write digits only, without decimals."),
    "decimal": ("a number", "Write digits with a point for the decimals."),
    "date": ("a date", "Write dates as YYYY-MM-DD."),
}


def convert_table(name: str, text: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, list[Finding]]:
    """A table of text as typed values on the same index, and a finding for every cell that does not read as such.

    A column that may be absent, and is, comes out empty.
    """
    columns, findings = {}, []
    for column, declared in codebook.tables[name].columns.items():
        if column not in text:
            if declared.optional:
                columns[column] = _array([None] * len(text), declared.type)
            continue
        places, different = pd.factorize(text[column].to_numpy(dtype=object))  # each different cell is read once
        values = [_read(cell, declared.type) for cell in different]
        columns[column] = _array(values, declared.type).take(places)
        unread = [k for k, cell in enumerate(different) if cell and values[k] is None]
        for place in np.flatnonzero(np.isin(places, unread)) if unread else ():
            message, remedy = _said(different[places[place]], declared.type)
            findings.append(Finding(name, int(text.index[place]), column, message, remedy, rule="type"))
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


def _said(cell: str, kind: str) -> tuple[str, str]:
    """Message and remedy for a cell that does not read as its type."""
    called, write = _WORDS[kind]
    if kind != "date" and _COMMA.fullmatch(cell):
        return (
            f"{quoted(cell)} has a comma for its decimals.",
            "Export numbers with a decimal point; the comma is a setting of the language of the program that exported.",
        )
    return f"{quoted(cell)} is not {called}.", f"{write} An unknown value is an empty cell."


def _array(values: list, kind: str):
    if kind == "date":
        return np.array(values, dtype="datetime64[ms]")
    return pd.array(values, dtype={"integer": "Int64", "decimal": "float64"}.get(kind, "str"))
