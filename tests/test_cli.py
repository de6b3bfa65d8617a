"""The `kypho` command as a person meets it."""

import pytest
import yaml
from click.testing import CliRunner

from helpers.cli import main
from helpers.paths import ENDPOINTS, REPORTED
from tests.baking import ROOT, kypho


@pytest.fixture
def invoke(monkeypatch):
    monkeypatch.chdir(ROOT)
    return CliRunner().invoke


def test_help_lists_every_command_with_a_line(invoke):
    shown = invoke(main, ["--help"]).output
    for command in ("repro", "check-data", "publish", "status", "compare", "clean-notebooks"):
        line = next(x for x in shown.splitlines() if x.strip().startswith(command))
        assert len(line.split(maxsplit=1)[1]) > 20


@pytest.mark.parametrize("command", ["repro", "check-data", "publish", "status", "compare", "clean-notebooks", "stage"])
def test_every_command_explains_itself(invoke, command):
    done = invoke(main, [command, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output and len(done.output.splitlines()) > 5


def test_every_stage_of_the_pipeline_has_its_command(invoke):
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    commands = {name: (stage["cmd"].split() + [""] * 4)[:4] for name, stage in stages.items()}
    known = invoke(main, ["stage", "--help"]).output
    assert set(REPORTED) <= set(stages)
    for name, (program, group, command, argument) in commands.items():
        if group == "stage":
            assert program == "kypho" and f"  {command}" in known, name
            assert (command, argument) == (("notebook", name) if name in ENDPOINTS else (name, "")), name


def test_outside_the_project_the_error_says_where_to_run(tmp_path):
    done = kypho(tmp_path, "status", PYTHONPATH=str(ROOT / "src"))
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"error: {tmp_path.resolve()}: neither this folder nor one above it holds params.yaml"
    )
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_export_is_refused_in_words(tmp_path):
    done = kypho(ROOT, "check-data", str(tmp_path / "absent"))
    assert done.returncode == 2
    assert "absent" in done.stderr and "Traceback" not in done.stderr
