"""Driving DVC, which alone judges what is stale and writes `dvc.lock`: its lines become progress to follow."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from helpers import paths
from helpers.errors import KyphoError

_RUNNING = re.compile(r"^Running stage '([^']+)':")
_SKIPPED = re.compile(r"^Stage '([^']+)' (?:didn't change|is cached)")
#: What a kernel says when it is shut down while idle.
_NOISE = "[IPKernelApp] ERROR | KeyboardInterrupt caught in kernel."
_EXITED = re.compile(r"exited with (\d+)")


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


def _lines(command: Sequence[str]) -> Iterator[str]:
    with subprocess.Popen(
        command,
        cwd=paths.root(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        yield from (line.rstrip("\n") for line in process.stdout)
    yield f"\0{process.returncode}"


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


def repro(targets: Sequence[str] = (), *, force: bool = False, console: Console | None = None) -> Outcome:
    """Bring the stages named, or all, up to date with `dvc repro`.

    A terminal shows a live line for the stage at work; elsewhere each finished stage is one plain line.

    Raises
    ------
    StageFailed
        With what the failing stage printed.
    """
    console = console or Console(stderr=True, highlight=False, soft_wrap=True)
    outcome, stage, began, said = Outcome(), None, 0.0, []
    forget_incomplete_site()
    command = dvc("repro", *(["--force"] if force else []), *targets)

    def finish() -> None:
        if stage:
            outcome.ran[stage] = time.monotonic() - began
            console.print(f"  {stage:<14}{outcome.ran[stage]:6.1f} s")
            for line in said:
                if (
                    not line.startswith(">")
                    and line.strip()
                    and not line.startswith(("Updating lock", "Generating lock"))
                ):
                    console.print(f"    {line}", markup=False)

    with console.status("reading the pipeline") as status:
        for line in _lines(command):
            if line.startswith("\0"):
                code = int(line[1:])
            elif match := _RUNNING.match(line):
                finish()
                stage, began, said = match.group(1), time.monotonic(), []
                status.update(f"{stage} (stage {len(outcome.ran) + len(outcome.skipped) + 1})")
            elif match := _SKIPPED.match(line):
                finish()
                stage = None
                outcome.skipped.append(match.group(1))
            elif not line.startswith(
                (
                    _NOISE,
                    "To track the changes",
                    "To enable auto staging",
                    "\tgit add",
                    "\tdvc config",
                    "Use `dvc push`",
                )
            ):
                said.append(line)
    if code:
        failed = [line for line in said if not line.startswith(("> ", "ERROR: failed to reproduce"))]
        exits = [int(m.group(1)) for line in said if (m := _EXITED.search(line))]
        if not stage:
            raise KyphoError("DVC could not read the pipeline\n" + "\n".join(said).strip())
        raise StageFailed(stage, "\n".join(failed).strip(), exits[-1] if exits else 1)
    finish()
    return outcome
