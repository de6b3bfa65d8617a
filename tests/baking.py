"""Baked copies of the repository: what git would hold of it, made a repository of its own and run for real."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess:
    """Run a command in a baked copy, with the copy's own code and this environment's packages."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
        "COLUMNS": "200",
        **variables,
    }
    environment.pop("KYPHO_OUTPUT", None)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, timeout=600
    )


def kypho(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run the `kypho` command in a baked copy."""
    return run([sys.executable, "-m", "helpers", *arguments], folder, **variables)


def bake(target: Path) -> Path:
    """Copy what git would hold of this repository to `target` and make it a repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "baked"]):
        subprocess.run(["git", *identity, *command], cwd=target, check=True, capture_output=True)
    return target


def digests(folder: Path, *names: str) -> dict[str, str]:
    """SHA-256 of every file below the named places of a copy."""
    found = {}
    for name in names:
        place = folder / name
        for file in [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file()):
            found[file.relative_to(folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
