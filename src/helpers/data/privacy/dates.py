"""Dates shifted per patient: every date of a patient moves by the same secret number of days, so intervals stay.

Who knows one true date of a patient knows that patient's offset; the shift hides dates from whoever knows none.
"""

import hmac
import re

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.privacy.key import load_key
from helpers.params import Params

#: An offset is at least this many days and at most that many, back or forth.
NEAREST, FARTHEST = 30, 365
_MONTH = (
    "jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|july?|juil(?:let)?"
    "|aug(?:ust)?|ao[uû]t|sept?(?:ember|embre)?|oct(?:ober|obre)?|nov(?:ember|embre)?|d[ée]c(?:ember|embre)?"
)
_GAP = r"\s*[-/.,–—]?\s*"
_DAY = r"\d{1,2}(?:er|st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d{2}"
#: A date or a part of one in free text, as an English or French note or a hospital's system writes it: it would give
#: the offset away. Rather one mask too many.
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}{_GAP}\d{{1,2}}{_GAP}\d{{1,2}}(?:T[\d:.]+Z?)?|{_YEAR}[-/]\d{{1,2}}|{_YEAR}\d{{4}}"
    rf"|\d{{1,2}}\s*([-/.–—])\s*\d{{1,2}}\s*\1\s*(?:\d{{4}}|\d{{2}})"
    rf"|{_DAY}{_GAP}(?:{_MONTH})(?:{_GAP}(?:{_YEAR}|\d{{2}}(?!\d)))?(?![a-zéû])"
    rf"|(?<![a-zéû])(?:{_MONTH})(?:{_GAP}{_DAY}(?!\d))?{_GAP}{_YEAR}|(?:\b(?:on|le|du|au)\s+)\d{{1,2}}/\d{{1,2}}"
    rf"|{_YEAR})(?!\d)",
    re.IGNORECASE,
)
MASK = "[date]"


def offset(key: bytes, subject: str) -> int:
    """Days by which a patient's dates move: from 30 to 365, back or forth, by HMAC-SHA256 of the identifier."""
    number = int.from_bytes(hmac.digest(key, subject.encode(), "sha256"))
    span = FARTHEST - NEAREST + 1
    days = NEAREST + number % span
    return -days if number // span % 2 else days


def shift_dates(tables: dict[str, pd.DataFrame], codebook: Codebook, key: bytes) -> dict[str, pd.DataFrame]:
    """Typed tables with every date moved by its patient's offset, and dates in free text replaced by `[date]`.

    Rows, order and empty cells stay. The dates may leave the range that the codebook declares for the export.
    """
    everybody = pd.unique(pd.concat([table["subject_id"] for table in tables.values()], ignore_index=True))
    days = pd.Series({subject: np.timedelta64(offset(key, subject), "D") for subject in everybody})
    return {name: _shifted(table, name, codebook, days) for name, table in tables.items()}


def _shifted(table: pd.DataFrame, name: str, codebook: Codebook, days: pd.Series) -> pd.DataFrame:
    columns = {c: d.type for c, d in codebook.tables[name].columns.items() if c in table}
    moved = {}
    if "date" in columns.values():
        by = table["subject_id"].map(days).to_numpy(dtype="timedelta64[s]").astype("timedelta64[ms]")
        moved = {c: table[c].to_numpy(dtype="datetime64[ms]") + by for c, kind in columns.items() if kind == "date"}
    text = {c: table[c].str.replace(_DATE, MASK, regex=True) for c, kind in columns.items() if kind == "text"}
    return table.assign(**moved, **text)


def protect(params: Params, tables: dict[str, pd.DataFrame], codebook: Codebook) -> dict[str, pd.DataFrame]:
    """Checked tables as they may be stored: with shifted dates if `privacy.shift_dates` says so.

    Raises
    ------
    ConfigError
        If the key is absent or another one.
    """
    return shift_dates(tables, codebook, load_key(params)) if params.privacy.shift_dates else tables
