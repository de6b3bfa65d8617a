"""The stages as DVC knows them, in a baked copy of the repository."""

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys

import _ruamel_yaml
import pytest
from ruamel.yaml import main as ruamel

from helpers.errors import KyphoError
from helpers.pipeline.stages import Stages
from tests.baking import MADE, bake, digests, kypho, run

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # in DVC


def test_the_yaml_of_dvc_is_read_by_the_parser_in_c():
    assert ruamel.CParser is _ruamel_yaml.CParser


def test_stages_come_in_the_order_of_a_serial_run_with_what_they_need(tmp_path, monkeypatch):
    monkeypatch.chdir(bake(tmp_path / "fresh"))
    with Stages(["derive"]) as stages:
        assert stages.needs == {"synthesise": [], "validate": ["synthesise"], "derive": ["validate"]}
        assert stages.commands("derive") == ["kypho stage derive"]
        assert stages.environment("derive")["DVC_STAGE"] == "derive"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("dvc.yaml", "    cmd:", "    command:"), ("dvc.lock", "stages:", "<<<<<<< HEAD\nstages:")],
    ids=["pipeline", "lock in conflict"],
)
def test_what_dvc_cannot_read_is_named_with_the_way_back(tmp_path, monkeypatch, name, old, new):
    folder = bake(tmp_path / "fresh")
    monkeypatch.chdir(folder)
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    found = rf"could not read the pipeline(?s:.*)git checkout -- {re.escape(name)}"
    with pytest.raises(KyphoError, match=found), Stages():
        pass


def test_a_list_of_readers_that_a_full_disk_cut_off_is_made_anew(tmp_path, monkeypatch):
    folder = bake(tmp_path / "fresh")
    monkeypatch.chdir(folder)
    (folder / ".dvc/tmp").mkdir(exist_ok=True)
    (folder / ".dvc/tmp/rwlock").touch()
    with Stages(["synthesise"]) as stages:
        assert stages.is_stale("synthesise")


@pytest.mark.pipeline
def test_what_is_damaged_in_the_cache_is_named_and_made_anew(workshop):
    before = digests(workshop, *MADE)
    name = "data/processed/adsl.parquet"
    content = (workshop / name).read_bytes()
    digest = hashlib.md5(content).hexdigest()
    kept = workshop / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    kept.chmod(0o644)
    kept.write_bytes(content[:-1])
    kept.chmod(0o444)  # DVC takes that as a sign that it need not look
    shutil.rmtree(workshop / "data/processed")
    run([sys.executable, "-m", "dvc", "checkout", "--quiet"], workshop)
    assert digests(workshop, *MADE) != before
    done = kypho(workshop, "repro")
    assert done.returncode == 0
    assert f"{name} was damaged in DVC's cache" in done.stderr
    assert digests(workshop, *MADE) == before
    assert kept.read_bytes() == content


@pytest.mark.pipeline
def test_an_output_that_cannot_be_kept_is_an_error_although_dvc_raises_none(workshop, monkeypatch):
    monkeypatch.chdir(workshop)

    def full(self, source, target, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    with Stages(["derive"]) as stages:
        shutil.rmtree(workshop / ".dvc/cache/files/md5")
        for how in ("put_file", "reflink"):
            monkeypatch.setattr(f"dvc_objects.fs.local.LocalFileSystem.{how}", full)
        with pytest.raises(KyphoError, match=r"could not keep what it made\n.*No space left(?s:.*)Free some space"):
            stages.keep("derive")


@pytest.mark.pipeline
def test_a_parameter_changed_and_changed_back_is_followed_all_the_way(workshop):
    before = digests(workshop, *MADE)
    params = workshop / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("patients: 31", "patients: 33"), encoding="utf-8")
    assert kypho(workshop, "repro", "collect").returncode == 0
    params.write_text(text, encoding="utf-8")
    assert kypho(workshop, "repro").returncode == 0
    assert digests(workshop, *MADE) == before


@pytest.mark.pipeline
def test_the_second_of_two_runs_waits_and_finds_nothing_to_do(workshop):
    environment = {**os.environ, "PYTHONPATH": str(workshop / "src")}
    command = [sys.executable, "-m", "helpers", "repro"]
    (workshop / "_site/manifest.json").unlink()
    both = [
        subprocess.Popen(
            command, cwd=workshop, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(out.splitlines()[0] for out, _ in said) == [
        "0 stages ran, 13 up to date",
        "1 stage ran, 12 up to date",
    ]
    assert sum("Another run is at work in this folder" in err for _, err in said) == 1
