"""How the data stages grow with the number of patients: processor time, rows, peak memory, and the exponent of time.

    python -m benchmarks.scale                         # 1,000 to 1,000,000 patients; writes `benchmarks/scale.md`
    python -m benchmarks.scale 31 1000 --format redcap # to the terminal alone

Each stage runs as a process of its own in a project made for the purpose. Its time is that of the processor, so that
what else the machine does does not count. One that would need more memory than the machine has free, as its growth so
far tells, is not run, and the report says so. Exits 1 if an exponent is too large or a stage was not run.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks.pipeline import verdict

from helpers.data.synthesise import MANIFEST

ROOT = Path(__file__).resolve().parents[1]
REPORT = Path(__file__).with_suffix(".md")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
STAGES = ("synthesise", "validate", "derive")
#: The exponent of time that a stage may reach from one size to the next.
MOST = 1.1
NOT_RUN = "not run: memory would not suffice"


@dataclass(frozen=True)
class Run:
    """One stage at one size."""

    stage: str
    patients: int
    rows: int
    seconds: float  #: of the processor
    memory: float  #: peak resident, GB


def project(folder: Path) -> Path:
    """A project without results: what the data stages read."""
    (folder / "data" / "raw").mkdir(parents=True)
    for name in ("params.yaml", "dvc.yaml", "data/codebook.yaml", "data/database-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def kypho(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run `kypho` there; its seconds of processor time and its peak memory in GB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"kypho {' '.join(arguments)} failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def fits(stage: str, patients: int, before: list[Run]) -> bool:
    """Whether the memory of a stage, growing as from the second last size to the last, is what the machine has free."""
    known = [run for run in before if run.stage == stage][-2:]
    if len(known) < 2:
        return True
    small, large = known
    growth = (large.memory - small.memory) / (large.patients - small.patients)
    return large.memory + growth * (patients - large.patients) < 0.8 * psutil.virtual_memory().available / 2**30


def measure(patients: int, format: str, before: list[Run]) -> list[Run]:
    """The stages at one size, as far as they fit into memory."""
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        folder = project(Path(scratch) / "project")
        size = ("--patients", str(patients), "--format", format, "--out", "data/raw/large")
        seconds, memory = kypho(folder, "synthesise", *size)
        manifest = json.loads((folder / "data/raw/large" / MANIFEST).read_text(encoding="utf-8"))
        rows = sum(manifest["rows"].values())
        found = [Run("synthesise", patients, rows, seconds, memory)]
        params = (folder / "params.yaml").read_text(encoding="utf-8")
        params = params.replace("source: synthetic #", "source: large #").replace(
            "format: csv #", f"format: {format} #"
        )
        (folder / "params.yaml").write_text(params, encoding="utf-8")
        for stage in STAGES[1:]:
            if not fits(stage, patients, before):
                break
            found.append(Run(stage, patients, rows, *kypho(folder, "stage", stage)))
    return found


def exponent(small: Run, large: Run) -> float:
    """The power of the rows with which time grows between two sizes."""
    return math.log(large.seconds / small.seconds) / math.log(large.rows / small.rows)


def report(runs: list[Run]) -> str:
    """A table for each stage."""
    lines = []
    for stage in STAGES:
        own = [run for run in runs if run.stage == stage]
        lines += [f"## {stage}", "", "| Patients | Rows | Processor time, s | Exponent | Peak memory, GB |"]
        lines += ["|--:|--:|--:|--:|--:|"]
        for before, run in zip([None, *own], own, strict=False):
            power = f"{exponent(before, run):.2f}, {verdict(exponent(before, run) <= MOST)}" if before else ""
            lines.append(f"| {run.patients:,} | {run.rows:,} | {run.seconds:.1f} | {power} | {run.memory:.2f} |")
        missing = sorted({run.patients for run in runs} - {run.patients for run in own})
        lines += [f"| {size:,} | | {NOT_RUN} | | |" for size in missing]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--format", default="csv")
    chosen = parser.parse_args()
    runs: list[Run] = []
    for patients in chosen.sizes or SIZES:
        runs += measure(patients, chosen.format, runs)
        print(
            f"{patients:,} patients: " + ", ".join(f"{r.stage} {r.seconds:.1f} s" for r in runs[-3:]), file=sys.stderr
        )
    text = report(runs)
    print(text)
    if not chosen.sizes:
        head = f"""# The data stages by the number of patients

Written by `python -m benchmarks.scale`. Times are those of the processor, so that what else the machine did does not
count. Start-up of a process is part of them, so that exponents of the small sizes are low. At most {MOST} is asked for.

"""
        REPORT.write_text(f"{head}{text}", encoding="utf-8")
    sys.exit(any(mark in text for mark in (verdict(False), NOT_RUN)))


if __name__ == "__main__":
    main()
