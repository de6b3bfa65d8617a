"""How `validate` and `derive` grow with the export: seconds, seconds per million rows, and peak memory.

Each stage runs as a process of its own in a project made for the purpose, on a synthetic export of each size.

    python benchmarks/front_door.py                       # 1,000, 10,000 and 100,000 patients
    python benchmarks/front_door.py 31 1000 --format redcap
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = "| patients | rows | stage | seconds | s per million rows | against the smallest | peak memory, GB |"


def project(folder: Path) -> Path:
    """A project without results: what the two stages read."""
    (folder / "data" / "raw").mkdir(parents=True)
    for name in ("params.yaml", "dvc.yaml", "data/codebook.yaml", "data/database-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run `kypho` there; its seconds and its peak memory in GB."""
    began = time.monotonic()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "helpers", *arguments],
        os.environ | {"PYTHONPATH": str(ROOT / "src"), "PWD": str(folder)},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"kypho {' '.join(arguments)} failed")
    return time.monotonic() - began, used.ru_maxrss / 2**20


def measure(patients: int, format: str) -> list[tuple]:
    """Rows of the result for one size."""
    with tempfile.TemporaryDirectory(prefix="front-door-") as scratch:
        folder = project(Path(scratch) / "project")
        os.chdir(folder)
        run(folder, "synthesise", "--patients", str(patients), "--format", format, "--out", "data/raw/large")
        params = (folder / "params.yaml").read_text(encoding="utf-8")
        params = params.replace("source: synthetic #", "source: large #").replace(
            "format: csv #", f"format: {format} #"
        )
        (folder / "params.yaml").write_text(params, encoding="utf-8")
        found = [(stage, *run(folder, "stage", stage)) for stage in ("validate", "derive")]
        record = json.loads((folder / "data/processed/provenance.json").read_text(encoding="utf-8"))
        os.chdir(ROOT)
    assert record["patients"] == patients and record["source"] == "large"
    return [(patients, sum(record["rows"].values()), *each) for each in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--format", default="csv")
    chosen = parser.parse_args()
    print(f"Format {chosen.format}\n\n{HEAD}\n|{'---:|' * HEAD.count('|')}".removesuffix("---:|"))
    smallest: dict[str, float] = {}
    for patients in chosen.sizes:
        for _, rows, stage, seconds, memory in measure(patients, chosen.format):
            pace = seconds / rows * 1e6
            ratio = pace / smallest.setdefault(stage, pace)
            print(f"| {patients:,} | {rows:,} | {stage} | {seconds:.1f} | {pace:.1f} | {ratio:.2f} | {memory:.2f} |")


if __name__ == "__main__":
    main()
