"""A file of an export as it lies in its folder: may it be read, its header, its records of CSV."""

import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from helpers import paths
from helpers.codebook import Column
from helpers.data.provenance import MANIFEST, TRUTH
from helpers.errors import Problem

#: What looks like data: such a file beside those of an export is reported, whatever else lies there is left alone.
DATA_FILES = (".csv", ".tsv", ".xlsx", ".xls", ".xpt", ".json", ".ndjson", ".sas7bdat", ".sav", ".parquet")
#: Problems of one kind that are listed one by one; the rest of the kind is counted.
LISTED = 50


def name_of(path: Path) -> str:
    """The file as `paths.relative` says it, by its own name also where it is a link to elsewhere."""
    return f"{paths.relative(path.parent)}/{path.name}"


@dataclass
class Delivered:
    """One file being read, and what was wrong with it."""

    path: Path
    table: str
    problems: list[Problem] = field(default_factory=list)

    def problem(
        self,
        rule: str,
        message: str,
        remedy: str,
        *,
        row: int | None = None,
        column: str | None = None,
        severity: str = "error",
    ) -> None:
        """Note something wrong with the file."""
        self.problems.append(Problem(name_of(self.path), self.table, row, column, rule, message, remedy, severity))

    def readable(self) -> bool:
        """Whether this is a file inside its own folder."""
        if not self.path.resolve().is_relative_to(self.path.parent.resolve()):
            message = f"{self.path.name} is a link that leads out of the export's folder."
            self.problem("outside-folder", message, "Put the file itself there.")
            return False
        if not self.path.is_file():
            self.problem("not-a-file", f"{self.path.name} is not a file.", "Put the file itself there.")
            return False
        return True

    def unreadable(self, error: OSError) -> None:
        """The machine refused to read the file."""
        remedy = "Give the file the permission to be read, or copy it again."
        self.problem("unreadable", f"the file cannot be read ({error.strerror or error}).", remedy)

    @contextmanager
    def records(self) -> Iterator[Iterator[list[str]]]:
        """The records of a CSV file in UTF-8; what is wrong with the file ends the block and becomes a problem."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as handle:
                yield csv.reader(_without_nul(handle), strict=True)
        except UnicodeDecodeError as error:
            self.problem("encoding", f"not UTF-8 text (byte {error.start}).", "Export it as CSV in UTF-8.")
        except csv.Error as error:
            remedy = "Export it as comma-separated CSV with double quotes."
            self.problem("csv", f"not readable as CSV ({error}).", remedy)
        except OSError as error:
            self.unreadable(error)

    def header(self, records: Iterator[list[str]]) -> list[str] | None:
        """The first record, stripped; None if there is none or it is not separated by commas."""
        first = next(records, None)
        if first is None:
            self.problem("missing-header", "the file is empty.", "A table without rows has its header line.")
            return None
        header = [cell.strip() for cell in first]
        if len(header) == 1 and (found := re.search("[;\t|]", header[0])):
            called = {";": "semicolons", "\t": "tabs", "|": "bars"}[found[0]]
            remedy = "Export it with commas, and with points in decimal numbers."
            self.problem("csv", f"the columns are separated by {called}.", remedy, row=1)
            return None
        return header

    def rows(self, header: list[str], records: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
        """Number (the header is 1) and cells of each row that holds something; one that is not whole is a problem.

        Empty rows at the end of a file are left alone.
        """
        blank = []
        for number, cells in enumerate(records, start=2):
            if not any(cell.strip() for cell in cells):
                blank.append(number)
                continue
            for row in blank:
                self.problem("empty-row", "the row is empty.", "Take the row out.", row=row)
            blank.clear()
            if len(cells) != len(header):
                message = f"the row has {len(cells)} cells, the header {len(header)}."
                self.problem("row-length", message, "Quote cells that hold a comma, or fill the row.", row=number)
                cells += [""] * (len(header) - len(cells))
            yield number, cells

    def check_header(
        self, header: Iterable[str], declared: Mapping[str, Column], *, whole: bool = True, row: int | None = 1
    ) -> None:
        """Columns that are missing (if the file is the whole table), unknown or there twice.

        `declared` is what each expected name holds.
        """
        times = Counter(header)
        strangers = sorted(column for column in times if column not in declared)
        for name, column in declared.items():
            if not whole or column.optional or name in times:
                continue
            remedy = f"Deliver the column; it holds: {column.label}."
            self.problem("missing-column", f"the column {name} is missing.", remedy, column=name)
        for name in strangers[:LISTED]:
            shown = name[:60] or "(without a name)"
            meant = _meant(name, [other for other in declared if other not in times])
            remedy = f"Did you mean {meant}?" if meant else "Take it out, or declare it in data/codebook.yaml."
            self.problem("extra-column", f"the column {shown} is not in the codebook.", remedy, row=row, column=shown)
        if len(strangers) > LISTED:
            message = f"{len(strangers) - LISTED} more columns are not in the codebook."
            self.problem("extra-column", message, "Take them out.", row=row)
        for name, count in times.items():
            if count > 1 and name in declared:
                message = f"the column {name} is there {count} times."
                self.problem("duplicate-column", message, "Keep one of them.", row=row, column=name)


def _meant(name: str, missing: list[str]) -> str | None:
    """The missing column that a stranger is, but for case, spaces or a slip; a long name is nobody's slip."""
    if len(name) > 60:
        return None
    plain = {re.sub(r"[\s_.-]+", "", other).casefold(): other for other in missing}
    close = difflib.get_close_matches(re.sub(r"[\s_.-]+", "", name).casefold(), plain, n=1, cutoff=0.85)
    return plain[close[0]] if close else None


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    """Lines of text. A NUL byte is no text: it marks a damaged file or another encoding, and ends the reading."""
    for line in lines:
        if "\0" in line:
            raise csv.Error("it holds a NUL byte")
        yield line


def strangers(folder: Path, known: Iterable[str], remedy: str) -> Iterator[Problem]:
    """Files of data in a folder that are none of the known names, nor the generator's own."""
    known = {*known, MANIFEST, TRUTH}
    for path in sorted(folder.iterdir()):
        if path.name in known or path.name.startswith(".") or path.suffix.lower() not in DATA_FILES:
            continue
        message = f"{path.name} is not a file of this format that the codebook knows."
        yield Problem(name_of(path), path.stem, None, None, "unknown-file", message, remedy)
