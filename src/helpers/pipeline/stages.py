"""The stages as DVC knows them: it alone judges what is stale, keeps what stages make and writes `dvc.lock`."""

import errno
import hashlib
import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from dvc.dvcfile import LOCK_FILE, PROJECT_FILE, Lockfile
from dvc.env import DVC_ROOT, DVC_STAGE
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.output import Output
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import collect_stages, plan_repro
from dvc.rwlock import RWLOCK_FILE

from helpers import paths
from helpers.errors import KyphoError, refused, with_remedy


class _Complaints(logging.Handler):
    """What DVC has to say: some of its failures are no exceptions."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.heard.append(": ".join(map(str, filter(None, (record.getMessage(), error)))))


class Stages:
    """The stages named, or all, and what they need; for the length of a `with` nobody else runs any of them.

    Parameters
    ----------
    targets : sequence of str
        Names of stages; all if empty.
    waiting : callable
        Called once if another run is at work here, before it is waited for.

    Raises
    ------
    KyphoError
        If DVC cannot read the pipeline.
    """

    def __init__(self, targets: Sequence[str] = (), *, waiting: Callable[[], None] = lambda: None):
        self._targets = list(targets)
        self._waiting = waiting
        self._unwritten: list[str] = []
        self._held = ExitStack()
        self._complaints = _Complaints()

    def __enter__(self) -> Self:
        for name in ("dvc", "dvc_data", "dvc_objects"):
            logging.getLogger(name).handlers = [self._complaints]
        with self._held:
            with _in_words("DVC could not read the pipeline"):
                self._repo = self._held.enter_context(Repo(str(paths.root())))
                self._hold()
                _drop_broken_rwlock()
                graph = self._repo.index.graph
                order = plan_repro(graph, collect_stages(self._repo, self._targets) or None)
            self._known = {stage.addressing: stage for stage in order}
            #: For each stage those that it needs, in the order of a serial run.
            self.needs = {stage.addressing: [need.addressing for need in graph.successors(stage)] for stage in order}
            #: What stages take as `dvc.yaml` says, for a machine on which none has run.
            self.seconds = {s.addressing: s.meta["seconds"] for s in order if "seconds" in (s.meta or {})}
            #: Outputs that the cache held damaged. DVC takes what it checked out from there for sound, so this is seen
            #: before anything is judged; without their objects the stages that make them are stale.
            self.damaged = [name for stage in order for out in stage.outs for name in _drop_damaged(out)]
            self._held = self._held.pop_all()
        return self

    def _hold(self) -> None:
        told = False
        while True:
            try:
                self._held.enter_context(lock_repo(self._repo))
                return
            except LockError:
                if not told:
                    self._waiting()
                told = True

    def __exit__(self, kind: type | None, *raised: object) -> None:
        with self._held:
            try:
                self.write_lock()
            except KyphoError:
                if kind is None:  # else there is an error that came first
                    raise

    def is_stale(self, stage: str) -> bool:
        """Whether DVC would run a stage now."""
        with _in_words(f"DVC could not say whether {stage} is stale"):
            return self._known[stage].changed()

    def commands(self, stage: str) -> list[str]:
        """The command lines of a stage; none for data that are merely tracked."""
        commands = self._known[stage].cmd or []
        return commands.splitlines() if isinstance(commands, str) else commands

    def environment(self, stage: str) -> dict[str, str]:
        """What DVC adds to the environment of a stage's commands."""
        return {DVC_ROOT: self._repo.root_dir, DVC_STAGE: stage}

    def prepare(self, stage: str) -> None:
        """Make room for what a stage will make."""
        with _in_words(f"DVC could not make room for what {stage} makes"):
            self._known[stage].remove_outs(ignore_remove=False, force=False)

    def keep(self, stage: str) -> None:
        """Put what a stage made into the cache, as `dvc commit` does.

        Raises
        ------
        KyphoError
            If an output is missing or cannot be kept.
        """
        known = self._known[stage]
        self._complaints.heard.clear()
        with _in_words(f"stage {stage} ended, and DVC could not keep what it made"):
            known.save(run_cache=False)  # which knows no outputs that persist
            known.commit()
            if not known.outs_cached():  # DVC fails to copy without an exception
                raise DvcException("\n".join(self._complaints.heard[:1]))
        self._unwritten.append(stage)

    def write_lock(self) -> None:
        """Write the stages kept since the last time into `dvc.lock`, whole or not at all.

        Raises
        ------
        KyphoError
            If it cannot be written; the next time tries again.
        """
        if not self._unwritten:
            return
        lock = paths.root() / LOCK_FILE
        partial = _temporary(LOCK_FILE)
        written = [self._known[stage] for stage in self.needs if stage in self._unwritten]
        with _in_words(f"{LOCK_FILE} could not be written; the next run makes {', '.join(self._unwritten)} again"):
            partial.unlink(missing_ok=True)
            if lock.exists():
                shutil.copyfile(lock, partial)
            Lockfile(self._repo, str(partial)).dump_stages(written)
            partial.replace(lock)
        self._unwritten.clear()


def _temporary(name: str) -> Path:
    return paths.root() / ".dvc" / "tmp" / name


def _drop_broken_rwlock() -> None:
    """Remove DVC's list of who reads and writes what if a full disk cut it off: DVC would not work ever again."""
    listed = _temporary(RWLOCK_FILE)
    try:
        if listed.is_file():
            json.loads(listed.read_text(encoding="utf-8"))
    except ValueError:
        listed.unlink()


def _drop_damaged(out: Output) -> Iterator[str]:
    """Remove from the cache, and name, what of an output is not what its name says: DVC looks at permissions alone."""
    if not (out.use_cache and out.hash_info):
        return
    parts = [((), out.hash_info)]
    if out.is_dir_checksum and (listed := out.get_obj()):
        parts += [(key, info) for key, _, info in listed]
    for key, info in parts:
        kept = Path(out.cache.oid_to_path(info.value))
        if kept.is_file() and hashlib.md5(kept.read_bytes()).hexdigest() != info.value.removesuffix(".dir"):
            kept.unlink()
            yield "/".join((out.def_path, *key))


@contextmanager
def _in_words(failed: str) -> Iterator[None]:
    """What DVC or the machine refuses becomes a `KyphoError` that begins with `failed`."""
    try:
        yield
    except (DvcException, OSError, sqlite3.OperationalError) as error:
        raise KyphoError(with_remedy(f"{failed}\n{_words(error)}")) from None


def _words(error: BaseException) -> str:
    """What DVC says of an error, its causes behind it; what the machine refused if that is the cause."""
    said = []
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            cause = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "DVC's database of checksums")
        if isinstance(cause, OSError):
            cause.filename = cause.filename or str(paths.root())
            if words := refused(cause):
                return words
        said.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    said += [
        f"Mend {name}, or take it as it was committed: git checkout -- {name}"
        for name in (LOCK_FILE, PROJECT_FILE)
        if name in str(error)
    ]
    return "\n".join(dict.fromkeys(filter(None, said)))
