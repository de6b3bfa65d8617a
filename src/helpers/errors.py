"""How the project fails: a small family, each message naming place, rule and remedy; the command line exits 2."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass

#: Exit code of a command that Ctrl-C ended, as a shell has it.
INTERRUPTED = 130

_SPACE = "Free some space there, or move the project to a larger disk, and run the command again."
#: What a person can do when the machine refuses.
_REMEDIES = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EROFS: "That place cannot be written to: mount it writable, or work in a copy of the project elsewhere.",
    errno.EACCES: "Run the command as somebody who may write there, or take the right to: chmod -R u+w.",
}


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


def refused(error: OSError) -> str | None:
    """In words what the machine refused, and what to do; None if a person cannot mend it."""
    if error.errno not in _REMEDIES:
        return None
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{os.strerror(error.errno)}. {_REMEDIES[error.errno]}"


def with_remedy(said: str) -> str:
    """`said`, and at its end what to do if it names something that the machine refused."""
    for number, remedy in _REMEDIES.items():
        if os.strerror(number) in said and remedy not in said:
            return f"{said.rstrip()}\n{remedy}"
    return said


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
