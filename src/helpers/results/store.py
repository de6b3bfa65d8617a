"""Writing and reading the records of an endpoint: `results.json`, canonical, the same bytes for the same numbers."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from helpers import files, paths
from helpers.data.provenance import load_provenance
from helpers.errors import InvalidInput
from helpers.results.disclosure import protect
from helpers.results.record import COLUMNS, Record


def to_json(records: Iterable[Record]) -> str:
    """Records as the canonical JSON list: sorted by all fields but the value, one record a line.

    Raises
    ------
    InvalidInput
        If two records say the same thing twice.
    """
    rows = sorted((dict(vars(r)) for r in records), key=lambda r: tuple(str(r[c]) for c in COLUMNS if c != "value"))
    keys = [tuple(r[c] for c in COLUMNS if c not in ("value", "unit", "method")) for r in rows]
    twice = {k for k in keys if keys.count(k) > 1} if len(set(keys)) < len(keys) else set()
    if twice:
        raise InvalidInput(f"the same result is recorded twice: {sorted(map(str, twice))[0]}")
    lines = ",\n".join(json.dumps(_written(r), ensure_ascii=False) for r in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def _written(row: dict) -> dict:
    return row if row["blinded"] else {name: row[name] for name in COLUMNS}


def write_results(endpoint: str, records: Iterable[Record], *, target: Path | None = None) -> Path:
    """Write an endpoint's records to `results.json`, whole or not at all, and return the path.

    `target` is the folder, by default the one that `paths.output` names for a notebook.

    git publishes this file, so that small cells of a real export are hidden in it; synthetic data have no patients,
    and keep every number. While the arms are permuted every record says so.
    """
    records = list(records)
    strangers = sorted({r.endpoint for r in records} - {endpoint})
    if strangers:
        raise InvalidInput(f"records of {', '.join(strangers)} cannot be written as results of {endpoint}.")
    provenance = load_provenance()
    if not provenance.synthetic:
        records = protect(records, provenance.min_cell)
    if provenance.blinded:
        records = [replace(r, blinded=True) for r in records]
    path = (target or paths.output(endpoint)) / "results.json"
    files.write_text(path, to_json(records))
    return path


def read_results(endpoint: str) -> list[Record]:
    """The records the pipeline holds for an endpoint."""
    path = paths.results(endpoint) / "results.json"
    return [Record(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
