"""Rules of an export beyond single cells. A rule is a small function registered with its name and what it reads.

It is called with the tables of a part of the patients at a time. What it has to know of the others it names with
`across`, a function that makes of each part a small frame: the rule then gets those of all parts, one below the other.
What it says of the whole export it may say with every part; the same words are one finding.

To add one, write it in a module of this package that `run` imports, with its title in `catalogue`:

    @rule("sins-location", "eligibility.sins_level", "eligibility.sins_location")
    def location_follows_from_the_vertebra(tables, codebook):
        ...
        yield Finding("eligibility", row, "sins_location", message, remedy)

It runs only if every column it reads was delivered; what is missing was reported already. Rules work on whole columns;
Python looks at a single row only where something is wrong with it, so that time grows with the rows and no faster.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from helpers.codebook import Codebook


class Tables(dict[str, pd.DataFrame]):
    """The typed tables by name; `kept` holds what several rules compute from them, so that it is computed once."""

    def __init__(self, tables: dict[str, pd.DataFrame]):
        super().__init__(tables)
        self.kept: dict[str, pd.DataFrame] = {}


@dataclass(frozen=True)
class Finding:
    """Something wrong, before the file's name is known; `row` is the spreadsheet row, `rule` is filled in for rules."""

    table: str
    row: int | None
    column: str | None
    message: str
    remedy: str
    severity: str = "error"
    rule: str = ""


@dataclass(frozen=True)
class Rule:
    name: str
    reads: tuple[str, ...]
    check: Callable[..., Iterator[Finding]]
    across: Callable[[Tables, Codebook], pd.DataFrame] | None


_RULES: list[Rule] = []


def rule(name: str, *reads: str, across: Callable[[Tables, Codebook], pd.DataFrame] | None = None):
    """Register a function of tables and codebook as the rule `name`; `reads` are its columns as `table.column`.

    With `across`, the function's third argument is what `across` made of the tables and codebook of every part.
    """

    def register(check):
        _RULES.append(Rule(name, reads, check, across))
        return check

    return register


def rules() -> tuple[Rule, ...]:
    """Every rule registered so far, in the order of its module and lines."""
    return tuple(_RULES)


def look_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """The value of each key, missing where there is none; `values` may be empty."""
    return pd.Series(values.reindex(keys).array, index=keys.index)


def of_patient(tables: Mapping[str, pd.DataFrame], table: str, column: str) -> pd.Series:
    """A column of a table with one row per patient, by subject_id; of doubled rows the first."""
    rows = tables[table].dropna(subset="subject_id").drop_duplicates("subject_id")
    return rows.set_index("subject_id")[column]


def site_of(tables: Mapping[str, pd.DataFrame], subjects: pd.Series) -> pd.Series:
    """The site of each patient, missing where it is not known."""
    if {"subject_id", "site_id"} <= set(tables.get("patients", ())):
        return look_up(subjects, of_patient(tables, "patients", "site_id"))
    return pd.Series(None, index=subjects.index, dtype="str")


def counted(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Every combination of values, missing ones among them, with `times`, how many rows have it."""
    return rows.groupby(by, dropna=False).size().rename("times").reset_index()


def tally(odd: pd.Series) -> pd.DataFrame:
    """How many cases of a part there are and how many are odd, for a rule that asks across parts whether most are."""
    return pd.DataFrame({"cases": [len(odd)], "odd": [int(odd.sum())]})


def mostly(tallies: pd.DataFrame, enough: int) -> str:
    """`7 of 12` if there are enough cases and most of them are odd, else nothing."""
    cases, odd = tallies["cases"].sum(), tallies["odd"].sum()
    return f"{odd:,} of {cases:,}" if cases >= enough and odd > cases / 2 else ""


def once(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The first row of each group, on its index, with `times`, how many rows the group has.

    A mistake that stands behind many rows is said once, at the first.
    """
    again = rows.duplicated(by)
    if not again.any():
        return rows.assign(times=1)
    return rows.assign(times=rows.groupby(by, dropna=False, sort=False)[by[0]].transform("size"))[~again]


def in_rows(times: int) -> str:
    """`, in 12 rows` where a finding stands for more than one, else nothing."""
    return f", in {times} rows" if times > 1 else ""


def delivered(tables: Tables, *places: str) -> bool:
    """Whether all these `table.column` are there."""
    return all(
        table in tables and column in tables[table] for table, _, column in (place.partition(".") for place in places)
    )
