"""The record of database locks, `data/database-lock.json`: who locked which export, when, and its fingerprints.

Git keeps it, so that a lock can be seen, dated and not undone in silence. Empty (`[]`) until a database is locked.
"""

import datetime as dt
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from helpers import files, paths
from helpers.errors import ConfigError
from helpers.yaml_file import config_error

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]


class Entry(BaseModel):
    """One lock: the export's files and the codebook as they were on that day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: dt.date
    by: Line
    source: Line
    format: Line
    #: As in the record of provenance: over the names and SHA-256 of all files of the export.
    checksum: Sha256
    files: dict[str, Sha256]
    codebook: Sha256
    patients: Annotated[int, Field(ge=1)]

    def __str__(self) -> str:
        what = f"{self.source}, {self.patients} patients, sha256 {self.checksum[:12]}"
        return f"{self.date.isoformat()} by {self.by}, {what}"


_ENTRIES = TypeAdapter(list[Entry])


def read_locks(path: Path | None = None) -> list[Entry]:
    """Every lock, the oldest first; none if there is no record, which keeps a real export closed.

    Raises
    ------
    ConfigError
        If the record is not one of ours.
    """
    path = path or paths.database_lock()
    try:
        return _ENTRIES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError as error:
        raise config_error(path, error) from error


def append_lock(entry: Entry, path: Path | None = None) -> None:
    """Add a lock to the record; those before it stay as they are."""
    path = path or paths.database_lock()
    entries = [*read_locks(path), entry]
    files.write_text(path, _ENTRIES.dump_json(entries, indent=2).decode() + "\n")


def lock_of(source: str, checksum: str) -> Entry | None:
    """The lock of this very export, None if it is not locked.

    Raises
    ------
    ConfigError
        If the export of this name was locked and its files are no longer those that were.
    """
    entries = [entry for entry in read_locks() if entry.source == source]
    for entry in entries:
        if entry.checksum == checksum:
            return entry
    if entries:
        raise ConfigError(
            f"data/raw/{source} was locked on {entries[-1].date.isoformat()} by {entries[-1].by}, and its files have "
            f"changed since (sha256 {entries[-1].checksum[:12]} then, {checksum[:12]} now). Restore them "
            f"(dvc checkout data/raw/{source}.dvc); a corrected export goes into a folder of its own, "
            "or is locked anew with `kypho lock-database --by NAME`."
        )
    return None
