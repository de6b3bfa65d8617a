"""How the project fails: a small family, each message naming place, rule and remedy; the command line exits 2."""

from collections.abc import Sequence
from dataclasses import dataclass


class KyphoError(Exception):
    """Base of every error that a person can mend."""


class ConfigError(KyphoError):
    """`params.yaml`, `codebook.yaml` or `sap.yaml` says something that cannot be."""


class InvalidInput(KyphoError, ValueError):
    """An argument of a statistical function lies outside its domain."""


class NotebookError(KyphoError):
    """A notebook broke its contract or raised."""


class PublishError(KyphoError):
    """A page source or the built site broke a rule."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in an export.

    `row` counts the rows of `file` as a spreadsheet shows them, the header being row 1; None where the problem is the
    whole table's.
    """

    file: str
    table: str
    row: int | None
    column: str | None
    rule: str
    message: str
    remedy: str
    severity: str = "error"

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        return f"{place}: {self.message} {self.remedy}".strip()


class InvalidData(KyphoError):
    """An export breaks the codebook; carries every problem found, not the first."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = list(problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"{len(self.problems)} {noun} in the export\n" + "\n".join(str(p) for p in self.problems))
