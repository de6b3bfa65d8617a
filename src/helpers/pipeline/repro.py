"""Driving DVC, which alone judges what is stale and writes `dvc.lock`; stages run side by side where it allows."""

import json
import os
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from helpers import files, paths
from helpers.errors import KyphoError
from helpers.pipeline import warm

_RUNNING = re.compile(r"^Running stage '", re.MULTILINE)
#: What a kernel says when it is shut down while idle.
_NOISE = "[IPKernelApp] ERROR | KeyboardInterrupt caught in kernel."
#: The modules that judge what is stale.
DVC = ("dvc.cli", "dvc.commands.repro", "dvc.repo.reproduce", "dvc.stage.run", "helpers.pipeline.repro")
_EXITED = re.compile(r"exited with (\d+)")
#: What DVC says that is no news for whoever asked for a run.
_CHATTER = (
    ">",
    "Running stage '",
    "Stage '",
    "Verifying data sources",
    "Updating lock",
    "Generating lock",
    "Data and pipelines are up to date",
    "To track the changes",
    "To enable auto staging",
    "\tgit add",
    "\tdvc config",
    "Use `dvc push`",
    "ERROR: failed to reproduce",
    _NOISE,
)


class StageFailed(KyphoError):
    """A stage of the pipeline failed; `exit_code` is the stage's own."""

    def __init__(self, stage: str, output: str, exit_code: int):
        self.exit_code = exit_code
        super().__init__(f"stage {stage} failed\n{output}".rstrip())


@dataclass
class Outcome:
    """What a run did: stages that ran with their seconds, and stages that were up to date."""

    ran: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def dvc(*arguments: str) -> list[str]:
    """The command line of this environment's DVC."""
    return [sys.executable, "-m", "dvc", *arguments]


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


@dataclass
class _Run:
    """One run of the pipeline: what DVC knows of it, what has been done, and how long it took."""

    needs: dict[str, list[str]]
    stale: set[str]
    force: bool
    console: Console
    seconds: dict[str, float]  # of earlier runs
    outcome: Outcome = field(default_factory=Outcome)

    def __post_init__(self):
        self.began: dict[str, float] = {}
        self.left = list(self.needs)

    def settled(self, stage: str) -> bool:
        return stage in self.outcome.ran or stage in self.outcome.skipped

    def next(self) -> str | None:
        """The stage to begin: of those whose needs are met the one with the longest way still behind it."""
        ready = [s for s in self.left if all(map(self.settled, self.needs[s]))]
        return max(ready, key=self.way, default=None)

    def touched(self, stage: str) -> bool:
        """Whether DVC has to be asked: the stage is stale, or something that it needs has run."""
        return self.force or stage in self.stale or any(need in self.outcome.ran for need in self.needs[stage])

    def way(self, stage: str) -> float:
        """Seconds from the beginning of a stage to the end of the run if nothing had to wait."""
        after = [self.way(other) for other in self.needs if stage in self.needs[other]]
        return self.seconds.get(stage, 1.0) + max(after, default=0.0)

    def finish(self, stage: str, output: str) -> None:
        said = [line for line in output.splitlines() if line.strip() and not line.startswith(_CHATTER)]
        if not _RUNNING.search(output):
            self.outcome.skipped.append(stage)
        else:
            self.outcome.ran[stage] = time.monotonic() - self.began[stage]
            self.console.print(f"  {stage:<14}{self.outcome.ran[stage]:6.1f} s")
        del self.began[stage]
        for line in said:
            self.console.print(f"    {line}", markup=False)

    def progress(self, cores: int) -> str:
        """`pain 5/22 cells, qol; 4 of 13 stages; about 12 s left`."""
        cells = warm.noted()
        now = [f"{stage} {cells[stage]} cells" if stage in cells else stage for stage in self.began]
        elapsed = {stage: time.monotonic() - began for stage, began in self.began.items()}
        asked = [s for s in (*self.left, *self.began) if self.force or s in self.stale or s in self.began]
        open_ = {s: max(self.seconds.get(s, 0.0) - elapsed.get(s, 0.0), 0.0) for s in asked}
        left = max(sum(open_.values()) / cores, *(self.way(s) - elapsed.get(s, 0.0) for s in asked), 0.0)
        known = f"; about {left:.0f} s left" if all(s in self.seconds for s in asked) else ""
        done = len(self.outcome.ran) + len(self.outcome.skipped)
        return f"{', '.join(now)}; {done} of {len(self.needs)} stages{known}"


def print_plan() -> None:
    """Print what DVC knows of the stages in `sys.argv`, or of all: what each needs, in the order of a serial run, and
    which are stale."""
    from dvc.repo import Repo
    from dvc.repo.reproduce import collect_stages, plan_repro

    targets = sys.argv[1:]
    with Repo(_wait_for_lock=True) as repo:
        graph = repo.index.graph
        order = plan_repro(graph, collect_stages(repo, targets) or None)
        needs = {stage.addressing: [needed.addressing for needed in graph.successors(stage)] for stage in order}
        stale = repo.status(targets=targets or None, with_deps=True)
    print(json.dumps({"needs": needs, "stale": list(stale)}))


def _forked(entry: str, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a function in a process of its own."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8", errors="replace") as output, Path(os.devnull).open() as nothing:
        job = warm.Job(entry, arguments, outputs=(nothing.fileno(), writing, writing), cwd=str(paths.root()))
        os.close(writing)
        said = output.read()
    return job.wait(), said


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
    forget_incomplete_site()
    cores = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cores) as side_by_side, warm.server() as load:
        load(DVC)
        code, said = _forked(f"{__name__}:{print_plan.__name__}", *targets)
        if code:
            raise KyphoError(f"DVC could not read the pipeline\n{said.strip()}")
        plan = json.loads(said.splitlines()[-1])
        if plan["stale"] or force:
            load(modules)
        kept = _durations()
        seconds = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
        run = _Run(plan["needs"], set(plan["stale"]), force, console, seconds)
        at_work: dict[Future, str] = {}
        failed: list[StageFailed] = []
        live = console.status("reading the pipeline") if console.is_terminal else nullcontext()
        with live as status:
            while (run.left and not failed) or at_work:
                while not failed and len(at_work) < cores and (stage := run.next()):
                    run.left.remove(stage)
                    if not run.touched(stage):
                        run.outcome.skipped.append(stage)
                        continue
                    run.began[stage] = time.monotonic()
                    command = ["--wait-for-lock", "repro", "--single-item", *(["--force"] if force else []), stage]
                    at_work[side_by_side.submit(_forked, "dvc.cli:main", *command)] = stage
                if status and at_work:
                    status.update(run.progress(cores))
                for done in wait(at_work, 0.2 if status else None, FIRST_COMPLETED).done:
                    stage = at_work.pop(done)
                    code, said = done.result()
                    if code:
                        failed.append(_failure(stage, said))
                    else:
                        run.finish(stage, said)
        files.write_text(kept, json.dumps(seconds | run.outcome.ran, indent=1) + "\n")
    if failed:
        raise failed[0]
    return run.outcome


def _failure(stage: str, output: str) -> StageFailed:
    lines = output.splitlines()
    exits = [int(match.group(1)) for line in lines if (match := _EXITED.search(line))]
    return StageFailed(stage, "\n".join(x for x in lines if not x.startswith(_CHATTER)), exits[-1] if exits else 1)
