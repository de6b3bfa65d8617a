"""Driving DVC, which alone judges what is stale and writes `dvc.lock`; stages run side by side where it allows."""

import json
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from helpers import files, paths
from helpers.errors import KyphoError
from helpers.pipeline import warm
from helpers.pipeline.schedule import Outcome, Schedule

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
        run = Schedule(plan["needs"], set(plan["needs"] if force else plan["stale"]), seconds)
        at_work: dict[Future, str] = {}
        failed: list[StageFailed] = []
        live = console.status("reading the pipeline") if console.is_terminal else nullcontext()
        with live as status:
            while True:
                while not failed and len(at_work) < cores and (stage := run.begin()):
                    command = ["--wait-for-lock", "repro", "--single-item", *(["--force"] if force else []), stage]
                    at_work[side_by_side.submit(_forked, "dvc.cli:main", *command)] = stage
                if not at_work:
                    break
                if status:
                    status.update(run.progress(cores, warm.noted()))
                for done in wait(at_work, 0.2 if status else None, FIRST_COMPLETED).done:
                    stage = at_work.pop(done)
                    code, said = done.result()
                    if code:
                        failed.append(_failure(stage, said))
                        continue
                    run.end(stage, ran=bool(_RUNNING.search(said)))
                    if stage in run.outcome.ran:
                        console.print(f"  {stage:<14}{run.outcome.ran[stage]:6.1f} s")
                    for line in _news(said):
                        console.print(f"    {line}", markup=False)
        files.write_text(kept, json.dumps(seconds | run.outcome.ran, indent=1) + "\n")
    if failed:
        raise failed[0]
    return run.outcome


def _news(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.strip() and not line.startswith(_CHATTER)]


def _failure(stage: str, output: str) -> StageFailed:
    exits = _EXITED.findall(output)
    return StageFailed(stage, "\n".join(_news(output)), int(exits[-1]) if exits else 1)
