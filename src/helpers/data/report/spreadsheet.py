"""Every problem as a row of CSV, to be sorted and filtered in a spreadsheet."""

import csv
import io

from helpers.data.report.groups import grouped
from helpers.data.validate import Check

COLUMNS = ("severity", "table", "rule", "file", "row", "column", "message", "remedy")
#: A cell that begins so would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(check: Check) -> str:
    """Every problem, one a row, below a header; UTF-8 text with a byte order mark, by which spreadsheets know it."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    for table in grouped(check):
        for group in table.rules:
            for problem in group.problems:
                writer.writerow([_harmless(getattr(problem, column)) for column in COLUMNS])
    return "\ufeff" + lines.getvalue()


def _harmless(value: str | int | None) -> str | int:
    """A cell that no spreadsheet computes; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
