"""Times of the pipeline as ratios in one run.

    python -m benchmarks.pipeline              # what `make bench` runs: three rounds and the set-up, about ten minutes
    python -m benchmarks.pipeline --rounds 5 --no-setup

Every round runs the baselines and the project one after another, in copies of this repository, so that what else the
machine does falls on all of them. Writes `benchmarks/pipeline.md`; exits 1 where a limit is not kept.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from benchmarks.pipeline import setup, spread, verdict
from benchmarks.pipeline.plain import make_plain

from tests.baking import GIT, MADE, ROOT, append_cell, bake, digests

REPORT = ROOT / "benchmarks" / "pipeline.md"
SAME = [name for name in MADE if name != "dvc.lock"]  # which holds the commands
KYPHO = [sys.executable, "-m", "helpers"]
DVC = [sys.executable, "-m", "dvc", "repro", "--quiet"]

#: What is held against what, and how much it may be: of seconds a ratio, of memory GiB.
LIMITS = {
    ("cold", "plain"): 0.25,
    ("cold", "floor"): 1.5,
    ("no-op", "no-op of dvc"): 1.2,
    ("notebook edited", "cold"): 0.4,
}
MOST_MEMORY = 1.5


@dataclass
class Copy:
    """A copy of the repository in which runs are timed."""

    folder: Path
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self):
        bake(self.folder)
        subprocess.run([sys.executable, "-m", "compileall", "-q", "src", "benchmarks"], cwd=self.folder, check=True)

    def environment(self) -> dict[str, str]:
        """The copy's own code, this environment's packages; bytecode is kept, as it is by default."""
        own = {"PYTHONPATH": f"{self.folder / 'src'}{os.pathsep}{self.folder}"}
        own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | own

    def empty(self) -> None:
        """Take everything away that a run made, DVC's cache included."""
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=self.folder, check=True)
        subprocess.run(["git", "clean", "-ffdxq", "--exclude", "__pycache__"], cwd=self.folder, check=True)

    def start(self, command: list[str]) -> subprocess.Popen:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def time(self, name: str, command: list[str]) -> None:
        """Run a command and note its seconds under a name."""
        began = time.perf_counter()
        process = self.start(command)
        said, _ = process.communicate()
        seconds = time.perf_counter() - began
        if process.returncode:
            sys.exit(f"{name}: {' '.join(command)} failed\n{said}")
        self.seconds.setdefault(name, []).append(seconds)
        print(f"  {name:<18}{seconds:7.2f} s", file=sys.stderr, flush=True)


def edit_notebook(folder: Path, number: int) -> None:
    """A remark that no run has seen before, under the primary endpoint."""
    append_cell(folder, "leakage", nbformat.v4.new_markdown_cell(f"A remark of the reader{', repeated' * number}."))


def change_parameter(folder: Path, number: int) -> None:
    """Another weight of the sceptical prior of the primary endpoint."""
    path = folder / "params.yaml"
    text, count = re.subn(r"sceptical_size: [\d.]+", f"sceptical_size: {10 + number}.0", path.read_text("utf-8"))
    assert count == 1
    path.write_text(text, encoding="utf-8")


def rounds(number: int, scratch: Path) -> dict[str, list[float]]:
    """Seconds of every run of every round, by name."""
    ours, plain, floor = (Copy(scratch / name) for name in ("ours", "plain", "floor"))
    make_plain(plain.folder)
    subprocess.run([*GIT, "commit", "--quiet", "--all", "-m", "plain"], cwd=plain.folder, check=True)
    steps: list[tuple[Copy, str, list[str], Callable[[int], None]]] = [
        (plain, "plain", DVC, lambda n: plain.empty()),
        (floor, "floor", [sys.executable, "benchmarks/pipeline/floor.py"], lambda n: floor.empty()),
        (ours, "cold", [*KYPHO, "repro"], lambda n: ours.empty()),
        (ours, "no-op", [*KYPHO, "repro"], lambda n: None),
        (ours, "no-op of dvc", DVC, lambda n: None),
        (ours, "notebook edited", [*KYPHO, "repro"], lambda n: edit_notebook(ours.folder, n)),
        (ours, "parameter changed", [*KYPHO, "repro"], lambda n: change_parameter(ours.folder, n)),
        (ours, "publish alone", [*KYPHO, "publish"], lambda n: None),
    ]
    for n in range(1, number + 1):
        print(f"round {n} of {number}", file=sys.stderr)
        for copy, name, command, prepare in steps:
            prepare(n)
            copy.time(name, command)
            if name == "cold" and n == 1:
                _same_files(ours.folder, plain.folder, floor.folder)
    return {name: values for copy in (plain, floor, ours) for name, values in copy.seconds.items()}


def _same_files(ours: Path, *others: Path) -> None:
    """A baseline that made something else would be none."""
    made = digests(ours, *SAME)
    for other in others:
        found = digests(other, *SAME)
        if different := sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name)):
            sys.exit(f"{other.name} does not make the same files: {', '.join(different[:5])}")


def peak_memory(scratch: Path) -> tuple[float, float]:
    """Largest memory, GiB, of all processes of a cold run together: what each has for itself and its share of what
    several have (PSS), and of that the largest of a single process."""
    copy = Copy(scratch / "memory")
    process = copy.start([*KYPHO, "repro"])
    together = single = 0.0
    drain = threading.Thread(target=process.stdout.read)
    drain.start()
    while process.poll() is None:
        sizes = [0.0]
        for each in (root := psutil.Process(process.pid), *root.children(recursive=True)):
            try:
                sizes.append(each.memory_full_info().pss / 2**30)
            except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has ended meanwhile
                continue
        together, single = max(together, sum(sizes)), max(single, *sizes)
        time.sleep(0.05)
    drain.join()
    if process.returncode:
        sys.exit("the run whose memory was taken failed")
    return together, single


def report(seconds: dict[str, list[float]], memory: tuple[float, float], parts: list[str]) -> tuple[str, bool]:
    """The report, and whether every limit is kept."""
    kept = True
    lines = ["| Run | Seconds, median (least to most) |", "|:--|--:|"]
    lines += [f"| {name} | {spread(values)} |" for name, values in seconds.items()]
    lines += ["", "| Ratio | Median (least to most) | At most | |", "|:--|--:|--:|:--|"]
    for (name, other), most in LIMITS.items():
        ratios = [a / b for a, b in zip(seconds[name], seconds[other], strict=True)]
        holds = statistics.median(ratios) <= most
        kept &= holds
        lines.append(f"| {name} / {other} | {spread(ratios)} | {most} | {verdict(holds)} |")
    holds = memory[0] <= MOST_MEMORY
    kept &= holds
    lines.append(f"| memory of a cold run, GiB | {memory[0]:.2f} | {MOST_MEMORY} | {verdict(holds)} |")
    head = f"""# Times of the pipeline

Written by `python -m benchmarks.pipeline` (`make bench`). {len(seconds["cold"])} rounds on a machine of
{os.cpu_count()} cores that others share; a ratio is that of two runs of one round.

* *plain*: the same stages, each notebook by papermill's command and a small process that takes its exhibits out, under
  serial `dvc repro`; it makes the same files.
* *floor*: one process that imports the libraries once and runs the same code in order (`floor.py`), without DVC,
  papermill and kernels; it makes the same files.
* *cold*: `kypho repro` where the environment is installed and nothing else is there, no DVC cache either.
* *notebook edited*: a remark added to the notebook of the primary endpoint. *parameter changed*: one of its priors.
* Memory: all processes of the run together, shared pages once (PSS). The largest process took {memory[1]:.2f} GiB.

"""
    return head + "\n".join([*lines, "", *parts]).rstrip() + "\n", kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-setup", action="store_true", help="leave the set-up of a fresh machine out")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        seconds = rounds(chosen.rounds, Path(scratch))
        memory = peak_memory(Path(scratch))
        parts, started = ([], True) if chosen.no_setup else setup.report(Path(scratch))
    text, kept = report(seconds, memory, parts)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(not (kept and started))


if __name__ == "__main__":
    main()
