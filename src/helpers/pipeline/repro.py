"""One run of the pipeline: what is stale, side by side where the graph allows."""

import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from pathlib import Path

from rich.console import Console

from helpers import files, paths
from helpers.errors import KyphoError, with_remedy
from helpers.pipeline import warm
from helpers.pipeline.schedule import Outcome, Schedule
from helpers.pipeline.stages import Stages

#: A command that the warm process runs itself; anything else is for a shell.
_OWN = re.compile(r"kypho (stage(?: [\w./-]+)+)")
#: Seconds between two times that `dvc.lock` is written while stages are at work, where a core has nothing to do and
#: where all are busy: it takes a quarter of a second.
_IDLE, _BUSY = 2.0, 10.0


class StageFailed(KyphoError):
    """A stage of the pipeline failed; `exit_code` is the stage's own."""

    def __init__(self, stage: str, output: str, exit_code: int):
        self.exit_code = exit_code
        super().__init__(with_remedy(f"stage {stage} failed\n{output}".rstrip()))


def forget_incomplete_site() -> None:
    """Drop the site's inventory, which is DVC's output, if a page or file that it lists is gone: `publish` then runs.

    DVC does not watch the pages themselves, for they carry the commit.
    """
    inventory = paths.site() / "manifest.json"
    if not inventory.is_file():
        return
    pages = json.loads(inventory.read_text(encoding="utf-8"))["pages"]
    listed = {name for page, about in pages.items() for name in (page, *about["formats"])}
    if not all((paths.site() / name).is_file() for name in listed):
        inventory.unlink()


def _run(commands: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit code of the first command that fails, or 0, and what the commands said."""
    said = ""
    for command in commands:
        own = _OWN.fullmatch(command)
        entry, arguments = ("helpers.cli:main", own[1].split()) if own else (warm.SHELL, [command])
        # A file and not a pipe: whoever the stage leaves behind could hold that open.
        with tempfile.TemporaryFile() as output, Path(os.devnull).open() as nothing:
            job = warm.Job(
                entry,
                arguments,
                outputs=(nothing.fileno(), output.fileno(), output.fileno()),
                cwd=str(paths.root()),
                env=os.environ | environment,
            )
            code = job.wait()
            output.seek(0)
            said += output.read().decode("utf-8", errors="replace")
        if code:
            return code, said
    return 0, said


def _durations() -> Path:
    return paths.root() / ".dvc" / "tmp" / "kypho-seconds.json"


def repro(
    targets: Sequence[str] = (), *, force: bool = False, modules: Sequence[str] = (), console: Console | None = None
) -> Outcome:
    """Bring the stages named, or all, up to date.

    A terminal shows a live line for the stages at work; elsewhere each finished stage is one plain line.

    Parameters
    ----------
    targets : sequence of str
        Stages to bring up to date, with what they need; all if empty.
    force : bool
        Run the stages even if nothing changed.
    modules : sequence of str
        What the stages import, so that it is loaded once.

    Raises
    ------
    StageFailed
        With what the failing stage printed. Stages that were at work beside it have ended; no other was begun.
    """
    console = console or Console(stderr=True, highlight=False, soft_wrap=True)
    cores = len(os.sched_getaffinity(0))
    at_once = cores + 1  # each waits for its kernel now and then

    def waiting() -> None:
        console.print("Another run is at work in this folder; this one begins when that has ended.")

    with (
        ThreadPoolExecutor(at_once) as workers,
        warm.server(modules),
        console.status("reading the pipeline") if console.is_terminal else nullcontext() as status,
        Stages(targets, waiting=waiting) as stages,
    ):
        for name in stages.damaged:
            console.print(f"{name} was damaged in DVC's cache; it is removed there and made anew.", markup=False)
        _sweep()
        forget_incomplete_site()
        run = _Run(stages, workers, console, force=force)
        while run.begin(at_once):
            if status:
                status.update(run.schedule.progress(at_once, warm.noted()))
            run.write_lock_now_and_then(_IDLE if len(run.at_work) < cores else _BUSY)
            run.end_those_done(0.2 if status else None)
        run.remember_durations()
        if run.failed:
            raise run.failed[0]
    return run.schedule.outcome


def _sweep() -> None:
    """Remove what a run that was killed left beside the files that it was writing."""
    root = paths.root()
    for folder in (root, root / "data", root / "data" / "raw", root / "results", *root.glob("results/*/")):
        files.sweep(folder)


class _Run:
    """The stages at work in `workers`, each in a process of its own; DVC is asked by the main thread alone."""

    def __init__(self, stages: Stages, workers: Executor, console: Console, *, force: bool):
        self.stages, self.workers, self.console, self.force = stages, workers, console, force
        kept = _durations()
        known = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
        self.seconds = stages.seconds | known
        stale = {stage for stage in stages.needs if force or stages.is_stale(stage)}
        self.schedule = Schedule(stages.needs, stale, self.seconds)
        self.at_work: dict[Future, str] = {}
        self.failed: list[KyphoError] = []
        self.written = time.monotonic()

    def begin(self, at_once: int) -> bool:
        """Begin stages up to so many at once, none after a failure; False when none is at work any more."""
        while not self.failed and len(self.at_work) < at_once and (stage := self.schedule.begin()):
            if not self.force and not self.stages.is_stale(stage):
                self.schedule.end(stage, ran=False)
            else:
                self.stages.prepare(stage)
                work = self.workers.submit(_run, self.stages.commands(stage), self.stages.environment(stage))
                self.at_work[work] = stage
        return bool(self.at_work)

    def write_lock_now_and_then(self, seconds: float) -> None:
        """Write into `dvc.lock` what was kept, if the last time is longer ago: a run that is killed loses little."""
        if time.monotonic() - self.written > seconds:
            try:
                self.stages.write_lock()
            except KyphoError as error:
                self.failed.append(error)
            self.written = time.monotonic()

    def end_those_done(self, patience: float | None) -> None:
        """Keep what stages made that have ended by now, or, if none has, when `patience` (seconds) is over."""
        for done in wait(self.at_work, patience, FIRST_COMPLETED).done:
            stage = self.at_work.pop(done)
            code, said = done.result()
            if code:
                self.failed.append(_failure(stage, code, said))
            else:
                self._end(stage, said)

    def _end(self, stage: str, said: str) -> None:
        try:
            self.stages.keep(stage)
        except KyphoError as error:
            self.failed.append(error)
            return
        self.schedule.end(stage, ran=True)
        self.console.print(f"  {stage:<14}{self.schedule.outcome.ran[stage]:6.1f} s")
        for line in filter(str.strip, said.splitlines()):
            self.console.print(f"    {line}", markup=False)

    def remember_durations(self) -> None:
        """So that the next run can tell how long it will take."""
        with suppress(OSError):  # a full disk is not worth a word here
            files.write_text(_durations(), json.dumps(self.seconds | self.schedule.outcome.ran, indent=1) + "\n")


def _failure(stage: str, code: int, said: str) -> StageFailed:
    again = "most often because memory was short. Close other programs and run kypho repro again."
    if code == warm.GONE:
        return StageFailed(stage, f"{said}The process from which stages are forked was killed, {again}", 1)
    if code == -signal.SIGKILL:
        return StageFailed(stage, f"{said}It was ended by SIGKILL, {again}", 1)
    if code < 0:
        return StageFailed(stage, f"{said}It was ended by {signal.Signals(-code).name}.", 1)
    return StageFailed(stage, said, code)
