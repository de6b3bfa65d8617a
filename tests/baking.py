"""Baked copies of the repository: what git would hold of it, made a repository of its own and run for real."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat

#: What a run makes whose bytes follow from its inputs alone.
MADE = ("dvc.lock", "results", "_variables.yml", "data/raw", "data/interim", "data/processed", "_site/manifest.json")

#: git, whoever runs the tests.
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")

ROOT = Path(__file__).resolve().parents[1]

# Run by every Python process of a stage, kernels included: notes each file of the project that is opened to be read.
SPY = """
import os, sys
_root, _stage = os.environ["SPY_ROOT"] + os.sep, os.environ.get("DVC_STAGE", "")
_log = os.open(os.environ["SPY_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def _spy(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and (arguments[1] is None or "r" in str(arguments[1])):
        path = os.path.realpath(arguments[0])
        if path.startswith(_root):
            os.write(_log, f"{_stage}\\t{path[len(_root):]}\\n".encode())
sys.addaudithook(_spy)
"""


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
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=600,
    )


def kypho(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run the `kypho` command in a baked copy."""
    return run([sys.executable, "-m", "helpers", *arguments], folder, **variables)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody in particular; what it says."""
    done = subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def bake(target: Path) -> Path:
    """Copy what git would hold of this repository to `target` and make it a repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    # one date, so that the same files give the same commit, which the pages carry
    dated = {**os.environ, "GIT_AUTHOR_DATE": "2016-03-01T00:00:00Z", "GIT_COMMITTER_DATE": "2016-03-01T00:00:00Z"}
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "baked"]):
        subprocess.run([*GIT, *command], cwd=target, check=True, capture_output=True, env=dated)
    return target


def append_cell(folder: Path, endpoint: str, cell: nbformat.NotebookNode) -> int:
    """Put a cell at the end of a notebook of a copy; its number."""
    path = folder / "notebooks" / f"{endpoint}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(cell)
    nbformat.write(notebook, path)
    return len(notebook.cells)


def digests(folder: Path, *names: str) -> dict[str, str]:
    """SHA-256 of every file below the named places of a copy."""
    found = {}
    for name in names:
        place = folder / name
        for file in [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file()):
            found[file.relative_to(folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def at_work(place: Path) -> set[int]:
    """Other processes whose folder is at or below `place`, or that were started with the code of a copy there."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            here = (process / "cwd").resolve(strict=True).is_relative_to(place)
            of_here = f"PYTHONPATH={place}{os.sep}".encode() in (process / "environ").read_bytes()
            if (here or of_here) and int(process.name) != os.getpid():
                found.add(int(process.name))
    return found


def nobody_at_work(place: Path, *, within: float = 10) -> bool:
    """Whether all of them end within so many seconds."""
    end = time.monotonic() + within
    while at_work(place) and time.monotonic() < end:
        time.sleep(0.1)
    return not at_work(place)


def spying(folder: Path) -> dict[str, str]:
    """Environment in which every Python process notes, in `opened.log` beside the copy, which of its files it reads."""
    (folder.parent / "spy").mkdir()
    (folder.parent / "spy" / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    return {
        "PYTHONPATH": f"{folder.parent / 'spy'}{os.pathsep}{folder / 'src'}",
        "SPY_ROOT": str(folder.resolve()),
        "SPY_LOG": str(folder.parent / "opened.log"),
        "PYTHONDONTWRITEBYTECODE": "1",  # a module that has its bytecode does not open its source
    }
