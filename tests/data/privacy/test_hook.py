"""The commit guard in git: a real-looking export is put in several places of a copy, and the commit is refused."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.codebook import load_codebook
from tests.baking import GIT, ROOT, bake, kypho, run
from tests.data.conftest import Export
from tests.data.real import unmark


def git(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return run([*GIT, *arguments], folder, **variables)


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD").stdout.strip()


def install(folder: Path) -> subprocess.CompletedProcess:
    done = run(["sh", ".githooks/install"], folder)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def baked(template, tmp_path_factory) -> Path:
    """A copy of the repository with the hook installed and a real-looking export at its place."""
    folder = bake(tmp_path_factory.mktemp("guarded") / "compendium")
    install(folder)
    shutil.copytree(template / "data" / "raw" / "synthetic", folder / "data" / "raw" / "synthetic")
    unmark(Export(folder / "data" / "raw" / "synthetic", load_codebook(ROOT / "data" / "codebook.yaml")))
    return folder


@pytest.fixture
def copy(baked, tmp_path) -> Path:
    shutil.copytree(baked, tmp_path / "compendium", symlinks=True)
    return tmp_path / "compendium"


def test_git_itself_ignores_the_export_and_the_commit_without_it_passes(copy):
    before = head(copy)
    with (copy / "README.md").open("a", encoding="utf-8") as file:
        file.write("\nOne line more.\n")
    git(copy, "add", "-A")
    done = git(copy, "commit", "-m", "a line")
    assert done.returncode == 0, done.stdout + done.stderr
    assert head(copy) != before
    assert "data/raw/hospital" not in git(copy, "ls-files").stdout


@pytest.mark.parametrize(
    "place",
    [
        "data/raw/hospital/patients.csv",
        "data/patients.csv",
        "patients.csv",
        "docs/appendix.txt",
        "manuscript/listing.md",
        "results/pain/patients.csv",
        "tests/data/fixture.csv",
        "notebooks/data/p.tsv",
        "src/helpers/p.py",
    ],
)
def test_an_export_is_refused_wherever_it_is_put_and_however_it_is_added(copy, place):
    before = head(copy)
    target = copy / place
    target.parent.mkdir(parents=True, exist_ok=True)
    source = copy / "data" / "raw" / "hospital" / "patients.csv"
    if target != source:
        shutil.copy(source, target)
    assert git(copy, "add", "-f", place).returncode == 0
    done = git(copy, "commit", "-m", "the data")
    assert done.returncode != 0
    assert head(copy) == before
    assert f"{place}: " in done.stderr
    assert f"git restore --staged -- {place}" in done.stderr
    assert git(copy, "restore", "--staged", "--", place).returncode == 0
    (copy / "CITATION.cff").write_text("later\n")
    assert git(copy, "commit", "-am", "without it").returncode == 0


def test_what_is_staged_counts_not_what_lies_there(copy):
    target = copy / "notes.csv"
    shutil.copy(copy / "data" / "raw" / "hospital" / "vas.csv", target)
    git(copy, "add", "notes.csv")
    target.write_text("nothing\n")
    done = git(copy, "commit", "-m", "the data")
    assert done.returncode != 0
    assert "notes.csv: it holds rows of 31 patients" in done.stderr


def test_a_tracked_file_that_grows_rows_is_refused_in_every_way_to_commit(copy):
    with (copy / "README.md").open("a", encoding="utf-8") as file:
        file.write((copy / "data" / "raw" / "hospital" / "vas.csv").read_text(encoding="utf-8"))
    for arguments in (["-am", "x"], ["-m", "x", "README.md"], ["-m", "x", "--only", "README.md"]):
        done = git(copy, "commit", *arguments)
        assert done.returncode != 0, arguments
        assert "README.md: it holds rows of 31 patients" in done.stderr


def test_a_renamed_export_is_refused(copy):
    shutil.copy(copy / "data" / "raw" / "hospital" / "vas.csv", copy / "a.csv")
    git(copy, "add", "a.csv")
    git(copy, "commit", "--no-verify", "-m", "by force")
    git(copy, "mv", "a.csv", "b.csv")
    done = git(copy, "commit", "-m", "renamed")
    assert done.returncode != 0
    assert "b.csv: " in done.stderr


def test_one_identifier_in_prose_is_refused(copy):
    subject = (
        (copy / "data" / "raw" / "hospital" / "deaths.csv").read_text(encoding="utf-8").split("\n")[1].split(",")[0]
    )
    with (copy / "index.qmd").open("a", encoding="utf-8") as file:
        file.write(f"\nPatient {subject} died early.\n")
    done = git(copy, "commit", "-am", "prose")
    assert done.returncode != 0
    assert "index.qmd: it names a patient of an export that is present." in done.stderr


def test_an_empty_list_of_staged_files_is_no_error(copy):
    assert git(copy, "commit", "--allow-empty", "-m", "nothing").returncode == 0


def test_taking_a_wrong_file_out_of_git_is_allowed(copy):
    shutil.copy(copy / "data" / "raw" / "hospital" / "vas.csv", copy / "a.csv")
    git(copy, "add", "a.csv")
    git(copy, "commit", "--no-verify", "-m", "by force")
    git(copy, "rm", "-q", "a.csv")
    done = git(copy, "commit", "-m", "out again")
    assert done.returncode == 0, done.stderr


def test_the_command_looks_at_staged_files_or_at_all(copy):
    shutil.copy(copy / "data" / "raw" / "hospital" / "vas.csv", copy / "a.csv")
    git(copy, "add", "a.csv")
    git(copy, "commit", "--no-verify", "-m", "by force")
    assert kypho(copy, "check-commit").returncode == 0
    done = kypho(copy, "check-commit", "--all")
    assert done.returncode == 2
    assert "a.csv: it holds rows of 31 patients" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_with_spaces_accents_and_line_breaks_are_looked_at(copy):
    for name in ("a b.csv", "donnée.csv", "a\nb.csv", "-x.csv"):
        shutil.copy(copy / "data" / "raw" / "hospital" / "vas.csv", copy / name)
    git(copy, "add", "-A", "--", ".")
    done = git(copy, "commit", "-m", "x")
    assert "4 files must not enter git" in done.stderr


def test_a_worktree_is_guarded_as_well(copy, tmp_path):
    git(copy, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    shutil.copy(copy / "data" / "raw" / "hospital" / "vas.csv", tmp_path / "tree" / "a.csv")
    git(tmp_path / "tree", "add", "a.csv")
    done = git(tmp_path / "tree", "commit", "-m", "x")
    assert done.returncode != 0
    assert "a.csv: it holds rows" in done.stderr


def test_without_kypho_a_commit_is_refused_and_says_how_to_get_it(copy, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("git", "sh"):
        (tools / tool).symlink_to(shutil.which(tool))
    (copy / "README.md").write_text("x\n")
    git(copy, "add", "README.md")
    done = git(copy, "commit", "-m", "x", PATH=str(tools))
    assert done.returncode != 0
    assert "Run: make env" in done.stderr


@pytest.fixture
def fresh(tmp_path) -> Path:
    """A repository with the project's hook files and no hook installed."""
    folder = tmp_path / "fresh"
    shutil.copytree(ROOT / ".githooks", folder / ".githooks")
    git(folder, "init", "-q")
    shutil.rmtree(folder / ".git" / "hooks", ignore_errors=True)
    return folder


def test_installing_twice_changes_nothing(fresh):
    install(fresh)
    hook = fresh / ".git" / "hooks" / "pre-commit"
    before = hook.read_bytes()
    assert os.access(hook, os.X_OK)
    install(fresh)
    assert hook.read_bytes() == before
    assert [p.name for p in hook.parent.iterdir()] == ["pre-commit"]


@pytest.mark.parametrize("code", [0, 1])
def test_a_hook_that_is_there_keeps_running_before_the_guard(fresh, code):
    hooks = fresh / ".git" / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text(f"#!/bin/sh\necho other hook\nexit {code}\n")
    (hooks / "pre-commit").chmod(0o755)
    (fresh / ".githooks" / "pre-commit").write_text("echo guard\n")
    assert "runs first" in install(fresh).stdout
    done = git(fresh, "commit", "--allow-empty", "-m", "x")
    said = (done.stdout + done.stderr).split("\n")
    assert "other hook" in said
    assert ("guard" in said) == (code == 0)
    assert (done.returncode == 0) == (code == 0)


def test_hooks_that_serve_other_repositories_are_left_alone(fresh, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    git(fresh, "config", "core.hooksPath", str(shared))
    done = install(fresh)
    assert list(shared.iterdir()) == []
    assert "was left alone" in done.stderr
    assert "sh .githooks/pre-commit || exit 1" in done.stderr


def test_a_copy_without_git_or_inside_another_repository_gets_no_hook(tmp_path):
    outer = tmp_path / "outer"
    shutil.copytree(ROOT / ".githooks", outer / "inner" / ".githooks")
    assert install(outer / "inner").stdout == ""
    git(outer, "init", "-q")
    shutil.rmtree(outer / ".git" / "hooks", ignore_errors=True)
    install(outer / "inner")
    assert not (outer / ".git" / "hooks").exists()


def test_a_clone_that_git_does_not_read_is_told_that_it_has_no_guard(fresh):
    (fresh / ".git" / "HEAD").write_text("nothing\n")
    assert "the commit guard was not installed" in install(fresh).stderr


def test_a_revision_from_before_the_guard_can_be_committed_on(fresh):
    install(fresh)
    shutil.rmtree(fresh / ".githooks")
    assert git(fresh, "commit", "--allow-empty", "-m", "x").returncode == 0


def test_make_installs_the_hook(fresh):
    shutil.copy(ROOT / "Makefile", fresh)
    done = run(["make", "hooks", f"PYTHON={sys.executable}"], fresh)
    assert done.returncode == 0, done.stderr
    assert (fresh / ".git" / "hooks" / "pre-commit").is_file()
