"""Locking the database: the export is checked once more and its fingerprints are recorded, which opens the blinding."""

import datetime as dt

from helpers import files, paths
from helpers.codebook import load_codebook
from helpers.data import provenance
from helpers.data.blinding import all_marked
from helpers.data.formats import read_export
from helpers.data.lock_record import Entry, append_lock, lock_of, read_locks
from helpers.data.units import units_of
from helpers.data.validate import check_export
from helpers.errors import ConfigError, InvalidData
from helpers.params import Params


def lock_database(params: Params, by: str, *, today: dt.date | None = None) -> Entry:
    """Check the export that `params.yaml` names and record its lock in `data/database-lock.json`.

    An export that was locked and has changed since is locked anew: both locks stay in the record.

    Raises
    ------
    InvalidData
        With every problem, if the export has an error.
    ConfigError
        If the export is synthetic, is locked already, is not there, or nobody is named.
    """
    if not by.strip():
        raise ConfigError("a lock names who takes responsibility for it. Run `kypho lock-database --by NAME`.")
    if not by.isprintable() or len(by) > 200:
        raise ConfigError(f"the name {by[:60]!r} is not one line of text of at most 200 characters. Name a person.")
    codebook = load_codebook()
    export = read_export(paths.raw(params.data.source), codebook, params.data.format)
    tables, problems = check_export(export, codebook, units_of(params), reviewed=params.privacy.reviewed)
    if any(problem.severity == "error" for problem in problems):
        raise InvalidData(problems)
    if all_marked(tables.subjects):
        raise ConfigError(
            f"data/raw/{params.data.source} is synthetic: there is nothing to lock, and nothing to open. "
            "Name a real export in params.yaml, data.source."
        )
    record = provenance.describe(
        export.folder,
        export.files,
        params=params,
        rows=tables.rows,
        subject_ids=tables.subjects,
    )
    for entry in read_locks():
        if (entry.source, entry.checksum) == (record.source, record.checksum):
            raise ConfigError(f"data/raw/{record.source} is locked already: {entry}. A lock is made once.")
    entry = Entry(
        date=today or dt.date.today(),
        by=by,
        source=record.source,
        format=record.format,
        checksum=record.checksum,
        files=dict(record.files),
        codebook=files.sha256(paths.codebook()),
        patients=record.patients,
    )
    append_lock(entry)
    return entry


def status_lines(params: Params) -> list[str]:
    """Two lines for `kypho status`: whether the arms are seen, and whether the export is locked.

    Both speak of the export that was validated last, and say so if that is not the one that `params.yaml` names.
    """
    try:
        record = provenance.load_provenance(paths.interim())
    except ConfigError:
        record = None
    if record is None or record.source != params.data.source:
        return [
            f"Blinding: {_set(params)}",
            f"Database lock: unknown, data/raw/{params.data.source} was not validated yet",
        ]
    try:
        lock = lock_of(record.source, record.checksum)
    except ConfigError as error:
        return [f"Blinding: {_set(params)}", f"Database lock: BROKEN, {error}"]
    if lock:
        now = "" if lock.codebook == files.sha256(paths.codebook()) else "; the codebook has changed since"
        return [f"Blinding: {_set(params)}", f"Database lock: {lock}{now}"]
    if record.synthetic:
        return [f"Blinding: {_set(params)}", "Database lock: none, synthetic data need none"]
    closed = "" if params.blinding.enabled else "; derive refuses this export, which is not locked"
    return [f"Blinding: {_set(params)}{closed}", "Database lock: none"]


def _set(params: Params) -> str:
    if not params.blinding.enabled:
        return "off"
    return f"ON, treatment arms permuted within strata (seed {params.blinding.seed})"
