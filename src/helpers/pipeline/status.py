"""What is stale, and why, in words."""

import json
import subprocess
import sys

from helpers import paths
from helpers.errors import KyphoError

_WHY = {
    "modified": "changed",
    "deleted": "is missing",
    "new": "is new",
    "not in cache": "is not in the cache",
}


def stale() -> dict[str, list[str]]:
    """Stages that `dvc repro` would run, each with its reasons in words; empty when all is up to date.

    Raises
    ------
    KyphoError
        If DVC cannot read the pipeline.
    """
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    done = subprocess.run(command, cwd=paths.root(), capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise KyphoError(f"dvc status failed: {done.stderr.strip()}")
    reasons: dict[str, list[str]] = {}
    for stage, entries in json.loads(done.stdout or "{}").items():
        found = reasons.setdefault(stage, [])
        for entry in entries:
            if isinstance(entry, str):
                found.append(entry)
                continue
            for kind, changes in entry.items():
                role = {"changed deps": "input", "changed outs": "output", "changed command": "command"}.get(kind, kind)
                if isinstance(changes, str):
                    found.append(f"{role} {_WHY.get(changes, changes)}")
                    continue
                for name, change in changes.items():
                    if isinstance(change, dict):  # parameters of params.yaml
                        found.extend(f"parameter {key} {_WHY.get(how, how)}" for key, how in change.items())
                    else:
                        found.append(f"{role} {name} {_WHY.get(change, change)}")
    return reasons
