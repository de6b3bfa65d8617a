"""The stages as DVC knows them: it alone judges what is stale, keeps what stages make and writes `dvc.lock`."""

import logging
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Self

from dvc.dvcfile import LOCK_FILE, Lockfile
from dvc.env import DVC_ROOT, DVC_STAGE
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import collect_stages, plan_repro

from helpers import paths
from helpers.errors import KyphoError


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

    def __enter__(self) -> Self:
        logging.getLogger("dvc").setLevel(logging.CRITICAL)  # what it has to say arrives as exceptions
        with self._held:
            try:
                self._repo = self._held.enter_context(Repo(str(paths.root())))
                self._hold()
                graph = self._repo.index.graph
                order = plan_repro(graph, collect_stages(self._repo, self._targets) or None)
            except DvcException as error:
                raise KyphoError(f"DVC could not read the pipeline\n{_words(error)}") from None
            self._known = {stage.addressing: stage for stage in order}
            #: For each stage those that it needs, in the order of a serial run.
            self.needs = {stage.addressing: [need.addressing for need in graph.successors(stage)] for stage in order}
            #: What stages take as `dvc.yaml` says, for a machine on which none has run.
            self.seconds = {s.addressing: s.meta["seconds"] for s in order if "seconds" in (s.meta or {})}
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

    def __exit__(self, *raised: object) -> None:
        try:
            self.write_lock()
        finally:
            self._held.close()

    def is_stale(self, stage: str) -> bool:
        """Whether DVC would run a stage now."""
        try:
            return self._known[stage].changed()
        except DvcException as error:
            raise KyphoError(f"DVC could not say whether {stage} is stale\n{_words(error)}") from None

    def commands(self, stage: str) -> list[str]:
        """The command lines of a stage; none for data that are merely tracked."""
        commands = self._known[stage].cmd or []
        return commands.splitlines() if isinstance(commands, str) else commands

    def environment(self, stage: str) -> dict[str, str]:
        """What DVC adds to the environment of a stage's commands."""
        return {DVC_ROOT: self._repo.root_dir, DVC_STAGE: stage}

    def prepare(self, stage: str) -> None:
        """Make room for what a stage will make."""
        self._known[stage].remove_outs(ignore_remove=False, force=False)

    def keep(self, stage: str) -> None:
        """Put what a stage made into the cache, as `dvc commit` does.

        Raises
        ------
        KyphoError
            If an output is missing or cannot be kept.
        """
        known = self._known[stage]
        try:
            known.save(run_cache=False)  # which knows no outputs that persist
            known.commit()
        except DvcException as error:
            raise KyphoError(f"stage {stage} ended, and DVC could not keep what it made\n{_words(error)}") from None
        self._unwritten.append(stage)

    def write_lock(self) -> None:
        """Write the stages kept since the last time into `dvc.lock`, whole or not at all."""
        if not self._unwritten:
            return
        lock = paths.root() / LOCK_FILE
        partial = paths.root() / ".dvc" / "tmp" / LOCK_FILE
        partial.unlink(missing_ok=True)
        if lock.exists():
            shutil.copyfile(lock, partial)
        written = [self._known[stage] for stage in self.needs if stage in self._unwritten]
        Lockfile(self._repo, str(partial)).dump_stages(written)
        partial.replace(lock)
        self._unwritten.clear()


def _words(error: BaseException) -> str:
    """What DVC says of an error, its causes behind it."""
    said = []
    cause: BaseException | None = error
    while cause is not None:
        said.append(str(cause))
        cause = cause.__cause__
    return "\n".join(dict.fromkeys(filter(None, said)))
