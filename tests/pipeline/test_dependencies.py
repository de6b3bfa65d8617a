"""The dependencies that dvc.yaml declares, held against the files that each stage really opens."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from tests.baking import run

pytestmark = pytest.mark.pipeline

# Started by every Python process of the stage, kernels included; writes down each file of the project that is opened to be read.
SPY = """
import os, sys
_root, _log = os.environ["SPY_ROOT"], os.environ["SPY_LOG"]
_handle = os.open(_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def _spy(event, args):
    if event == "open" and isinstance(args[0], str):
        reading = args[1] is None or "r" in str(args[1])
        path = os.path.realpath(args[0])
        if reading and path.startswith(_root + os.sep):
            os.write(_handle, (path + "\\n").encode())
sys.addaudithook(_spy)
"""

#: The thin command line and the modules below every floor: they say where things are and how to fail, not what a result is.
UNDECLARED = {"params.yaml", "dvc.yaml", "pyproject.toml"} | {
    f"src/helpers/{name}.py" for name in ("__init__", "__main__", "cli", "errors", "files", "paths", "yaml_file")
}


def opened(folder: Path, command: str, spy: Path, log: Path) -> set[str]:
    """Project files that a stage's command opens to read, relative to the copy's root."""
    words = shlex.split(command)
    done = run(
        [sys.executable, "-m", "helpers", *words[1:]],
        folder,
        PYTHONPATH=f"{spy}{os.pathsep}{folder / 'src'}",
        SPY_ROOT=str(folder.resolve()),
        SPY_LOG=str(log),
    )
    assert words[0] == "kypho" and done.returncode == 0, done.stderr
    names = {Path(line).relative_to(folder.resolve()).as_posix() for line in log.read_text(encoding="utf-8").splitlines()}
    return {name for name in names if not name.startswith((".git/", ".dvc/", ".venv/")) and (folder / name).is_file()}


def test_every_file_that_a_stage_reads_is_declared_and_every_declared_one_is_read(workshop, tmp_path):
    spy = tmp_path / "spy"
    spy.mkdir()
    (spy / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    stages = yaml.safe_load((workshop / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    source = yaml.safe_load((workshop / "params.yaml").read_text(encoding="utf-8"))["data"]["source"]
    undeclared, unread = {}, {}
    for name, stage in stages.items():
        deps = [dep.replace("${data.source}", source) for dep in stage["deps"]]
        outs = [next(iter(out)) for out in stage["outs"]]
        read = opened(workshop, stage["cmd"], spy, tmp_path / f"{name}.log")
        missing = {f for f in read - UNDECLARED if not any(f == place or f.startswith(f"{place}/") for place in deps + outs)}
        if missing:
            undeclared[name] = sorted(missing)
        idle = [d for d in deps if d != "requirements.lock" and not any(f == d or f.startswith(f"{d}/") for f in read)]
        if idle:
            unread[name] = idle
    assert not undeclared, json.dumps(undeclared, indent=1)
    assert not unread, json.dumps(unread, indent=1)
