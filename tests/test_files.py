import pytest

from helpers import files, paths
from helpers.errors import ConfigError


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
