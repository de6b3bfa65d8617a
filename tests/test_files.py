import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import files, paths
from helpers.errors import ConfigError, refused, with_remedy


def test_a_folder_is_replaced_whole(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").write_text("old")
    with files.replacing(target) as fresh:
        (fresh / "new").write_text("new")
        assert (target / "old").exists(), "the old folder stands until the new one is complete"
    assert [p.name for p in target.iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_folder_as_it_was_and_nothing_beside_it(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(RuntimeError), files.replacing(target) as fresh:
        (fresh / "new").write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "old"]


def test_a_digest_is_the_published_one(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert files.sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_root_is_found_from_below_and_its_absence_is_named(tmp_path):
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(ConfigError, match=r"params\.yaml"):
        paths.root(tmp_path / "notebooks")
    (tmp_path / "params.yaml").touch()
    (tmp_path / "dvc.yaml").touch()
    assert paths.root(tmp_path / "notebooks") == tmp_path


def dead() -> int:
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such a process cannot be told from one at work")
def test_what_was_left_by_a_writer_that_nobody_waited_for_is_swept_away(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    (tmp_path / f".results.{process.pid}.partial").mkdir()
    files.sweep(tmp_path)
    assert not list(tmp_path.iterdir())
    process.wait()


def test_what_a_killed_writer_left_is_swept_away(tmp_path):
    ended, here = dead(), os.getpid()
    (tmp_path / f".results.{ended}.partial" / "exhibits").mkdir(parents=True)
    (tmp_path / f".results.json.{ended}.partial").write_text("{", encoding="utf-8")
    at_work = [tmp_path / f".results.{here}.partial", tmp_path / ".gitignore", tmp_path / "results.json"]
    for path in at_work:
        path.write_text("", encoding="utf-8")
    files.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(at_work)


def test_a_folder_put_aside_by_a_killed_writer_goes_back_unless_the_new_one_is_there(tmp_path):
    ended = dead()
    for name in ("pain", "qol"):
        (tmp_path / f".{name}.{ended}.old").mkdir()
        (tmp_path / f".{name}.{ended}.old" / "notebook.ipynb").write_text("old", encoding="utf-8")
    (tmp_path / "qol").mkdir()
    (tmp_path / "qol" / "notebook.ipynb").write_text("new", encoding="utf-8")
    files.sweep(tmp_path)
    assert {path.name: (path / "notebook.ipynb").read_text() for path in tmp_path.iterdir()} == {
        "pain": "old",
        "qol": "new",
    }


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(OSError) as caught, files.replacing_file(target) as partial:
        partial.symlink_to("/dev/full")
        partial.write_text("new", encoding="utf-8")
    assert caught.value.filename == str(target)
    assert refused(caught.value).startswith(f"{target}: No space left on device. Free some space")
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert target.read_text(encoding="utf-8") == "old"


def test_an_error_that_has_a_name_keeps_it_and_is_nobodys_to_mend(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, files.replacing(tmp_path / "out"):
        (tmp_path / "absent").read_bytes()
    assert caught.value.filename == str(tmp_path / "absent")
    assert refused(caught.value) is None


def test_a_project_that_lost_one_of_its_files_says_how_to_get_it_back(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").touch()
    with pytest.raises(ConfigError, match=r"params\.yaml: the file is missing.*git checkout -- params\.yaml"):
        paths.root(tmp_path)


def test_what_the_machine_refused_is_followed_by_a_remedy_once():
    said = with_remedy("pandoc: index.html: withFile: resource exhausted (No space left on device)")
    assert said.endswith("run the command again.")
    assert with_remedy(said) == said
    assert with_remedy("a cell raised") == "a cell raised"
