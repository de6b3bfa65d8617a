"""The archive of a commit: what is in it, how it is described, and when it is refused."""

import json
import shutil
import stat
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.baking import ROOT, run
from tests.baking import kypho as kypho_in
from tests.publish import archived, mini
from tests.publish.archived import METADATA, PATIENT, commit, contents, crate, git, kypho

VALIDATOR = shutil.which("rocrate-validator")
PROFILE = "process-run-crate-0.5"  # it includes that of RO-Crate 1.1


def valid(archive: Path) -> None:
    """Hold an archive against the validator of the RO-Crate community, without the network."""
    if not VALIDATOR:
        pytest.skip("rocrate-validator is not on the path; make crate-validator brings it")
    arguments = ["-y", "validate", "--offline", "--no-paging", "-v", "-l", "required", "-p", PROFILE, archive]
    done = subprocess.run([VALIDATOR, *map(str, arguments)], capture_output=True, text=True)
    said = " ".join((done.stdout + done.stderr).split())
    if "Unable to retrieve the JSON-LD context" in said:
        pytest.skip("rocrate-validator has no context in its cache: rocrate-validator cache warm, once with a network")
    assert done.returncode == 0, said
    assert f"is a valid {PROFILE}" in said


@pytest.fixture
def project(made, tmp_path, monkeypatch) -> Path:
    """A copy of the small project, which is the working folder."""
    folder = shutil.copytree(made, tmp_path / "project", symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def test_two_archives_of_a_commit_have_the_same_bytes_wherever_they_are_made(project, sound, tmp_path):
    done = kypho("archive", "--output", tmp_path / "again.zip")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "again.zip").read_bytes() == sound.read_bytes()
    shutil.move(tmp_path / "again.zip", tmp_path / "third.zip")
    (project / "src/helper.py").touch()
    assert kypho("archive", "--output", tmp_path / "again.zip").exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == sound.read_bytes()


def test_members_are_sorted_stored_and_have_the_time_of_the_commit_and_fixed_modes(made, sound):
    seconds = int(git(made, "show", "-s", "--format=%ct"))
    with zipfile.ZipFile(sound) as opened:
        infos = opened.infolist()
    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    (moment,) = {info.date_time for info in infos}
    assert moment == time.gmtime(seconds // 2 * 2)[:6]
    assert {info.external_attr >> 16 for info in infos} == {stat.S_IFREG | 0o644}
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}


def test_the_archive_holds_sources_results_synthetic_data_and_site(made, sound):
    members = contents(sound)
    tracked = set(git(made, "ls-files").splitlines())
    built = {
        p.relative_to(made).as_posix()
        for d in ("results", "data", "_site")
        for p in (made / d).rglob("*")
        if p.is_file()
    }
    assert set(members) == tracked | built | {METADATA, "README-ARCHIVE.md"}
    for name in tracked | built:
        assert members[name] == (made / name).read_bytes(), name


def test_every_file_is_described_with_size_checksum_format_and_licence(sound):
    entities = crate(sound)
    files = {key: entity for key, entity in entities.items() if "File" in entity["@type"]}
    assert set(files) == set(contents(sound)) - {METADATA}
    licence = {key: entity["license"] for key, entity in files.items()}
    spdx = "https://spdx.org/licenses/"
    assert licence["src/helper.py"] == {"@id": f"{spdx}MIT"}
    assert licence["index.qmd"] == licence["_site/index.html"] == {"@id": f"{spdx}CC-BY-4.0"}
    assert licence["data/raw/synthetic/patients.csv"] == {"@id": f"{spdx}CC0-1.0"}
    assert licence["results/leakage/notebook.ipynb"] == [{"@id": f"{spdx}MIT"}, {"@id": f"{spdx}CC-BY-4.0"}]
    assert files["index.qmd"]["encodingFormat"] == "text/markdown"


def test_the_root_says_what_the_citation_says_and_the_banner_stands_in_front(made, sound):
    entities = crate(sound)
    root = entities["./"]
    assert root["name"].startswith(f"{mini.BANNER} · ")
    assert root["description"].startswith(mini.BANNER)
    assert entities[root["author"]["@id"]]["name"] == "KYPHO-01 compendium contributors"
    assert root["publisher"] == root["author"]
    values = {entities[ref["@id"]]["value"] for ref in root["identifier"]}
    assert values == {"NCT02700308", git(made, "rev-parse", "HEAD")}
    assert root["datePublished"] == git(made, "show", "-s", "--format=%cs", "--date=iso")
    top = contents(sound)["README-ARCHIVE.md"].decode().splitlines()
    assert top[2] == f"> **{mini.BANNER}**"


def test_every_stage_of_the_run_is_an_action_with_instrument_inputs_and_outputs(sound):
    entities = crate(sound)
    actions = {key: entity for key, entity in entities.items() if entity["@type"] == "CreateAction"}
    assert set(actions) == {"#stage-deliver", "#stage-derive", "#stage-report"}
    derive = actions["#stage-derive"]
    assert derive["object"] == [{"@id": "data/raw/synthetic/"}, {"@id": "params.yaml"}]
    assert derive["result"] == {"@id": "data/processed/"}
    assert {"@id": "results/leakage/notebook.ipynb"} in actions["#stage-report"]["instrument"]
    assert entities["pkg:pypi/pandas@3.1.1"]["softwareVersion"] == "3.1.1"
    assert entities["pkg:pypi/numpy@2.4.6"]["description"] == "where python_full_version < '3.12'"


def test_the_validator_of_the_community_finds_nothing(sound):
    valid(sound)


@pytest.mark.parametrize("name", ["src/helper.py", "src/new.py"])
def test_a_working_tree_that_is_not_the_commit_is_refused(project, tmp_path, name):
    (project / name).write_text("ANSWER = 41\n", encoding="utf-8")
    done = kypho("archive", "--output", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert f": {name}. Commit what belongs to the project" in done.output
    assert not (tmp_path / "x.zip").exists()


def test_stages_that_are_out_of_date_are_refused(project, tmp_path):
    (project / "data/processed/patients.csv").write_text("subject_id\n", encoding="utf-8")
    done = kypho("archive", "--output", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert "stage derive is out of date: output data/processed changed" in done.output
    assert "kypho repro" in done.output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("index.html", "index.html: the page was not built"),
        ("manuscript/index.pdf", "manuscript/index.pdf"),
        ("results/leakage/exhibits/fig-leakage-success.svg", "fig-leakage-success.svg"),
        ("manifest.json", "_site/manifest.json: the inventory does not agree"),
    ],
)
def test_a_site_that_is_not_complete_is_refused(project, tmp_path, name, said):
    (project / "_site" / name).unlink()
    done = kypho("archive", "--output", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert said in done.output and "kypho publish" in done.output


def test_a_site_of_another_commit_is_refused(project, tmp_path):
    old = git(project, "rev-parse", "HEAD")
    (project / "src/helper.py").write_text("ANSWER = 41\n", encoding="utf-8")
    new = commit(project)
    done = kypho("archive", "--output", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert f"name commit {old[:12]}, and {new[:12]} is checked out. Run `kypho publish`" in done.output


def test_a_link_is_refused(project, tmp_path):
    (project / "_site/link.txt").symlink_to("/etc/hostname")
    done = kypho("archive", "--output", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert "_site/link.txt: a link cannot be archived" in done.output


def test_a_commit_that_holds_data_of_patients_is_refused(project, tmp_path):
    (project / "notes.csv").write_text("subject_id,age\nKYPHO-0815,61\n", encoding="utf-8")
    commit(project)
    done = kypho("archive", "--output", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert "notes.csv: it holds rows of" in done.output


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """An archive of the small project with an export that is not synthetic."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder := tmp_path_factory.mktemp("real"))
        archived.make(folder, synthetic=False)
        done = kypho("archive", "--output", folder.parent / "real.zip")
        assert done.exit_code == 0, done.output
    return folder.parent / "real.zip"


def test_of_a_real_export_nothing_of_a_participant_is_in_the_archive(real):
    members = contents(real)
    assert [name for name in members if name.startswith("data/")] == ["data/codebook.yaml"]
    assert not [name for name, content in members.items() if PATIENT.encode() in content]
    assert "_site/index.html" in members and "results/leakage/results.json" in members


def test_files_of_participants_are_listed_as_restricted(real):
    entities = crate(real)
    closed = {e["name"]: e for key, e in entities.items() if key.startswith("#restricted/")}
    names = {"data/raw/export/patients.csv", "data/processed/patients.csv", "data/processed/provenance.json"}
    assert set(closed) == names | {"data/raw/export/", "data/processed/"}
    assert all(entity["conditionsOfAccess"].startswith("Restricted") for entity in closed.values())
    record = json.loads(contents(real)["results/summary/provenance.json"])
    assert closed["data/raw/export/patients.csv"]["sha256"] == record["files"]["patients.csv"]
    assert mini.BANNER not in entities["./"]["name"]
    assert "https://spdx.org/licenses/CC0-1.0" not in entities


def test_the_archive_of_a_real_export_is_verified_and_valid(real):
    done = kypho("verify-archive", real)
    assert done.exit_code == 0, done.output
    assert "3 files of participants are described and not in it" in done.output
    valid(real)


@pytest.mark.parametrize("name", ["data/raw/export/patients.csv", "data/processed/more.csv"])
def test_a_file_of_participants_that_was_put_in_is_found(real, tmp_path, name):
    done = kypho("verify-archive", archived.forged(real, tmp_path / "x.zip", {name: b"subject_id\nP1\n"}))
    assert done.exit_code == 2
    assert f"{name}: data: it is listed as restricted, and it is there." in done.output


@pytest.mark.pipeline
def test_the_compendium_is_archived_verified_elsewhere_and_valid(workshop, tmp_path):
    (workshop / "cold.log").unlink()
    if git(workshop, "status", "--porcelain"):
        commit(workshop)
    assert kypho_in(workshop, "publish").returncode == 0
    for name in ("first.zip", "second.zip"):
        done = kypho_in(workshop, "archive", "--output", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.move(tmp_path / "first.zip", tmp_path / "elsewhere")
    shutil.rmtree(workshop)
    done = run(
        ["python", "-m", "helpers", "verify-archive", Path(moved).name],
        tmp_path / "elsewhere",
        PYTHONPATH=str(ROOT / "src"),
    )
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC DATA, NOT TRIAL RESULTS" in done.stdout
    assert "13 stages of the run" in done.stdout
    valid(Path(moved))
