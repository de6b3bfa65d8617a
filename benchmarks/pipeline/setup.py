"""What the set-up of a fresh machine takes, step by step, and what the first commands take once it is done."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.pipeline import spread, verdict

from tests.baking import ROOT

#: Seconds that the first thing anybody types may take.
LIMITS = {"import helpers": 0.3, "kypho --help": 0.4}
STARTS = 9


def _seconds(command: list[str], folder: Path, **variables: str) -> float:
    began = time.perf_counter()
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")} | variables
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def steps(scratch: Path) -> dict[str, float]:
    """Seconds of each step of `make env` in an empty folder, nothing downloaded before."""
    venv = scratch / "fresh"
    python, uv = str(venv / "bin" / "python"), str(venv / "bin" / "uv")
    lock = str(ROOT / "requirements.lock")
    version = next(line.split()[0] for line in Path(lock).read_text("utf-8").splitlines() if line.startswith("uv=="))
    cache = {"UV_CACHE_DIR": str(scratch / "uv-cache")}
    sync = [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock]
    project = [uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-build-isolation"]
    return {
        "make the virtual environment": _seconds([sys.executable, "-m", "venv", str(venv)], scratch),
        "download and install uv": _seconds([python, "-m", "pip", "install", "--quiet", version], scratch),
        "download and unpack the packages": _seconds(sync, scratch, **cache),
        "compile them to bytecode": _seconds([python, "-m", "compileall", "-q", "-j2", str(venv / "lib")], scratch),
        "install the project": _seconds([*project, "--editable", str(ROOT)], scratch, **cache),
    }


def largest(scratch: Path, number: int = 8) -> dict[str, float]:
    """Megabytes of the largest packages of that environment, bytecode included."""
    (packages,) = (scratch / "fresh" / "lib").glob("python*/site-packages")
    sizes = {
        package.name: sum(file.stat().st_size for file in package.rglob("*") if file.is_file()) / 1e6
        for package in packages.iterdir()
        if package.is_dir()
    }
    return dict(sorted(sizes.items(), key=lambda item: -item[1])[:number]) | {"all": sum(sizes.values())}


def starts() -> dict[str, list[float]]:
    """Seconds of the first things anybody types."""
    commands = {"import helpers": ["-c", "import helpers"], "kypho --help": ["-m", "helpers", "--help"]}
    own = {"PYTHONPATH": str(ROOT / "src")}
    return {
        name: [_seconds([sys.executable, *command], ROOT, **own) for _ in range(STARTS)]
        for name, command in commands.items()
    }


def report(scratch: Path) -> tuple[list[str], bool]:
    """Lines of the report, and whether every limit is kept."""
    taken = steps(scratch)
    lines = ["## A fresh machine", "", "| Step of `make env` | Seconds | Share |", "|:--|--:|--:|"]
    total = sum(taken.values())
    lines += [f"| {name} | {value:.1f} | {100 * value / total:.0f} % |" for name, value in taken.items()]
    sizes = ", ".join(f"{name} {size:.0f}" for name, size in largest(scratch).items())
    lines += ["", f"Megabytes of the packages that weigh most: {sizes}.", ""]
    lines += ["| Command | Seconds, median (least to most) | At most | |", "|:--|--:|--:|:--|"]
    kept = True
    for name, values in starts().items():
        holds = statistics.median(values) <= LIMITS[name]
        kept &= holds
        lines.append(f"| `{name}` | {spread(values)} | {LIMITS[name]} | {verdict(holds)} |")
    return lines, kept
