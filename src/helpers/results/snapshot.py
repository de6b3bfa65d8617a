"""All numbers of one revision, or of the working tree, and what is known there of the data that ran."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers import paths
from helpers.data.provenance import BANNER, BLINDED, FILE, load_provenance
from helpers.errors import InvalidInput
from helpers.results.record import Record
from helpers.yaml_file import parse_yaml

VARIABLES, LOCK = "_variables.yml", "dvc.lock"
#: What git keeps of a run: the numbers, the variables of the prose, and DVC's record of the inputs.
FILES = ("results/*/results.json", VARIABLES, LOCK)

#: What a number is, whatever its set, unit, method or section: a change of those is a change of the same number.
IDENTITY = ("endpoint", "analysis", "visit", "unit_of_analysis", "parameter", "group", "statistic")
Key = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Which data ran, as far as it is recorded: `banner` and `status` in words, SHA-256 of the tables as read (12
    digits), and DVC's MD5 of the folder as delivered. None is not recorded."""

    banner: str | None = None
    status: str | None = None
    checksum: str | None = None
    folder: str | None = None
    md5: str | None = None

    @property
    def synthetic(self) -> bool | None:
        return None if self.banner is None else BANNER in self.banner

    @property
    def blinded(self) -> bool | None:
        return None if self.banner is None else BLINDED in self.banner


@dataclass(frozen=True)
class Snapshot:
    """The records of one side by what they are; `commit` is empty for the working tree."""

    name: str
    commit: str
    records: Mapping[Key, Record]
    source: Source


def key(record: Record) -> Key:
    """What a number is, see `IDENTITY`."""
    return tuple(getattr(record, name) for name in IDENTITY)


def snapshot(name: str, commit: str, files: Mapping[str, bytes]) -> Snapshot:
    """One side of a comparison from the contents of `FILES`, by path.

    Raises
    ------
    InvalidInput
        If there are no results, a file is damaged, or the same number is there twice.
    ConfigError
        If a YAML file cannot be read.
    """
    place = commit[:7] if commit else name
    if not any(path.endswith("/results.json") for path in files):
        raise InvalidInput(f"{place}: there is no {FILES[0]}. {_remedy(commit)}")
    records: dict[Key, Record] = {}
    for path in sorted(files):
        if path.endswith("/results.json"):
            for record in _records(files[path], f"{path} ({place})", commit):
                if key(record) in records:
                    raise InvalidInput(f"{path} ({place}): {', '.join(key(record))} is there twice. {_remedy(commit)}")
                records[key(record)] = record
    return Snapshot(name, commit, records, _source(files, place, commit))


def _records(content: bytes, place: str, commit: str) -> list[Record]:
    try:
        rows = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise InvalidInput(f"{place}: this is no JSON ({error}). {_remedy(commit)}") from error
    if not isinstance(rows, list):
        raise InvalidInput(f"{place}: this is no list of records. {_remedy(commit)}")
    records = []
    for number, row in enumerate(rows, start=1):
        try:
            records.append(Record(**row))
        except (TypeError, InvalidInput) as error:
            raise InvalidInput(f"{place}, record {number}: {error} {_remedy(commit)}") from error
    return records


def _remedy(commit: str) -> str:
    if commit:
        return "Compare with another revision: `git log --oneline -- results` lists those that changed results."
    return "Run `kypho repro` to write it anew, or take git's copy: git checkout HEAD -- results"


def _source(files: Mapping[str, bytes], place: str, commit: str) -> Source:
    folder, md5 = _delivered(files, place)
    if not commit and (paths.processed() / FILE).is_file():
        ran = load_provenance()
        return Source(ran.banner, ran.status, ran.digest, folder, md5)
    said: Mapping[str, Any] = {}
    if VARIABLES in files:
        said = parse_yaml(files[VARIABLES], f"{VARIABLES} ({place})").get("data") or {}
    # a text of an export was made harmless for Markdown there
    status = re.sub(r"\\(.)", r"\1", said["status"]) if "status" in said else None
    return Source(said.get("banner"), status, said.get("checksum"), folder, md5)


def _delivered(files: Mapping[str, bytes], place: str) -> tuple[str | None, str | None]:
    """The folder that `validate` read, and its MD5 in DVC's record."""
    if LOCK not in files:
        return None, None
    stages = parse_yaml(files[LOCK], f"{LOCK} ({place})").get("stages") or {}
    for dep in (stages.get("validate") or {}).get("deps") or ():
        if dep["path"].startswith("data/raw/"):
            return dep["path"], dep.get("md5")
    return None, None
