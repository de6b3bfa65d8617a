"""What every reader gives: tables of text as delivered, what was wrong with the files, where each cell came from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers.errors import Problem


@dataclass(frozen=True)
class Place:
    """Where a reader of the export finds something: file as `paths.relative` says it, row as counted there, column."""

    file: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Export:
    """An export as text.

    `tables` are the codebook's, each in one block of rows or several: frames of `str` ("" where a cell is empty, spaces
    around a value stripped) whose index is unique and increasing from block to block. `locate(table, index, column)` is
    the place of a cell in the delivered files (of a row or table where index or column is None). `files` are the
    delivered files that were read, for their checksums. `stated_units` holds the unit that an export states itself for
    a column whose unit params.yaml names.
    """

    folder: Path
    tables: Mapping[str, Iterable[pd.DataFrame]]
    locate: Callable[[str, int | None, str | None], Place]
    files: tuple[Path, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    stated_units: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def subjects(self) -> set[str]:
        """The identifiers in the patients table."""
        blocks = self.tables.get("patients", ())
        return {subject for text in blocks if "subject_id" in text for subject in text["subject_id"] if subject}
