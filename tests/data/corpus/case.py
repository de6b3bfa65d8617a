"""A damaged export: a good one, changed in one place, and the problem that must be reported for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

#: Folder of a good export -> format and what its writer is told.
VARIANTS = {
    "csv": ("csv", {}),
    "redcap": ("redcap", {}),
    "redcap-labels": ("redcap", {"coding": "label", "headers": "label"}),
    "xpt-5": ("xpt", {"version": 5}),
    "xpt-8": ("xpt", {"version": 8}),
    "json": ("dataset-json", {}),
    "ndjson": ("dataset-json", {"lines": True}),
}


@dataclass(frozen=True)
class Case:
    """`damage` changes an export in `variant` and gives the row that must be reported, or None for the whole table.

    It takes the folder of the export, or for a change of values the typed tables before they are written; it then
    gives the position of the changed row and the export's own row is looked up by the patient who stands in it.
    """

    damage: Callable[..., int | None]
    variant: str
    table: str
    rule: str
    severity: str
    values: bool = False

    @property
    def name(self) -> str:
        return f"{self.variant}-{self.damage.__name__}"


FILES: list[Case] = []
VALUES: list[tuple[Callable[[dict[str, pd.DataFrame]], int | None], str, str, str]] = []


def damaged(variant: str, rule: str, table: str, *, severity: str = "error"):
    """Register a change of an export's files."""

    def register(damage: Callable[[Path], int | None]):
        FILES.append(Case(damage, variant, table, rule, severity))
        return damage

    return register


def spoilt(rule: str, table: str, *, severity: str = "error"):
    """Register a change of values, to be delivered in every format."""

    def register(damage: Callable[[dict[str, pd.DataFrame]], int | None]):
        VALUES.append((damage, table, rule, severity))
        return damage

    return register
