"""The dependencies that dvc.yaml declares, held against the files that each stage really opened."""

import json
import sys

import pytest
import yaml

from tests.baking import MADE, bake, digests, run, spying

pytestmark = pytest.mark.pipeline

#: The thin command line, and the modules that say where things are and how to fail: they decide no byte of a result.
UNDECLARED = [
    *("params.yaml", "dvc.yaml", "src/helpers/cli"),
    *(f"src/helpers/{name}.py" for name in ("__init__", "__main__", "errors", "paths")),
]


def covered(name: str, places: list[str]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """A baked copy in which plain `dvc repro` has run from nothing, each stage and kernel in a fresh process."""
    folder = bake(tmp_path_factory.mktemp("serial") / "compendium")
    done = run([sys.executable, "-m", "dvc", "repro"], folder, **spying(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_plain_dvc_gives_the_same_bytes_as_forked_stages_side_by_side(serial, built):
    assert digests(serial, *MADE) == digests(built, *MADE)


@pytest.fixture(scope="module")
def stages(serial):
    """Per stage: declared dependencies, outputs, and the project's files that it opened to read."""
    declared = yaml.safe_load((serial / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    source = yaml.safe_load((serial / "params.yaml").read_text(encoding="utf-8"))["data"]["source"]
    read: dict[str, set[str]] = {name: set() for name in declared}
    for line in (serial.parent / "opened.log").read_text(encoding="utf-8").splitlines():
        stage, name = line.split("\t")
        if stage in read and (serial / name).is_file() and not name.startswith((".git/", ".dvc/")):
            read[stage].add(name)
    return {
        name: (
            [dep.replace("${data.source}", source) for dep in stage["deps"]],
            [next(iter(out)) for out in stage["outs"]],
            read[name],
        )
        for name, stage in declared.items()
    }


def test_every_file_that_a_stage_reads_is_declared(stages):
    missing = {
        name: undeclared
        for name, (deps, outs, read) in stages.items()
        if (undeclared := sorted(f for f in read if not covered(f, [*UNDECLARED, *deps, *outs])))
    }
    assert not missing, json.dumps(missing, indent=1)


#: What stands for the environment, and what the filters read within Pandoc.
UNSEEN = ("requirements.lock", "CITATION.cff")


def test_every_declared_dependency_is_read(stages):
    idle = {
        name: unread
        for name, (deps, _, read) in stages.items()
        if (unread := [d for d in deps if d not in UNSEEN and not any(covered(f, [d]) for f in read)])
    }
    assert not idle, json.dumps(idle, indent=1)
