"""`kypho compare` as a person meets it, on a real git repository of two commits; DVC's own comparisons beside it."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from helpers.errors import ConfigError
from helpers.pipeline import revisions
from helpers.results import to_json
from tests.baking import ROOT, git, kypho, run
from tests.results.sides import interval, number

BANNER = "SYNTHETIC DATA, NOT TRIAL RESULTS"
FIRST = [number(-0.42), *interval(-1.5, 0.14), number(visit="D1")]
SECOND = [number(-0.61), *interval(-1.7, -0.2), number(visit="D21")]


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def with_results(folder: Path, records, *, md5="11", banner=BANNER) -> None:
    target = folder / "results" / "pain" / "results.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(to_json(records), encoding="utf-8")
    (folder / "_variables.yml").write_text(f'data:\n  banner: "{banner}"\n  status: "31 patients"\n', encoding="utf-8")
    dep = f"{{path: data/raw/synthetic, md5: {md5}.dir}}"
    (folder / "dvc.lock").write_text(f"stages:\n  validate:\n    deps:\n    - {dep}\n", encoding="utf-8")


def project(folder: Path) -> Path:
    for name in ("params.yaml", "dvc.yaml", "manuscript/sap.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A project of two commits, `first` and `main`, and a working tree as committed. Read it only."""
    folder = project(tmp_path_factory.mktemp("compare") / "a project")
    with_results(folder, FIRST)
    git(folder, "init", "-q")
    commit(folder, "first")
    git(folder, "tag", "first")
    with_results(folder, SECOND, md5="22")
    commit(folder, "second")
    return folder


@pytest.fixture
def own(repository, tmp_path) -> Path:
    shutil.copytree(repository, tmp_path / "own")
    return tmp_path / "own"


def compare(folder: Path, *arguments: str):
    return kypho(folder, "compare", *arguments, PYTHONPATH=str(ROOT / "src"))


def test_two_revisions_are_compared_first_against_second(repository):
    done = compare(repository, "first", "main")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    names = [git(repository, "rev-parse", "--short=7", name).strip() for name in ("first", "main")]
    assert lines[:2] == [f"From first ({names[0]}) to main ({names[1]})", BANNER]
    assert lines[2].startswith("Other data: 31 patients, data/raw/synthetic MD5 11.dir → ")
    assert "3 of 3 numbers changed, 1 appeared, 1 vanished; 1 conclusion crossed a line" in lines
    assert "the 95 % interval now excludes 0" in done.stdout


def test_without_a_revision_the_last_commit_is_compared_with_the_working_tree(own):
    assert "0 of 4 numbers changed" in compare(own).stdout
    with_results(own, FIRST, md5="22")
    done = compare(own)
    assert re.match(r"From HEAD \([0-9a-f]{7}\) to the working tree\n", done.stdout)
    assert "now includes 0" in done.stdout and "The same data" in done.stdout
    assert "0 of 4 numbers changed" in compare(own, "first").stdout


def test_from_a_folder_below_the_root_and_in_a_repository_above_it_the_same_is_found(repository, tmp_path):
    assert compare(repository / "manuscript", "first", "main").stdout == compare(repository, "first", "main").stdout
    shutil.copytree(repository, tmp_path / "above" / "below", ignore=shutil.ignore_patterns(".git"))
    git(tmp_path / "above", "init", "-q")
    commit(tmp_path / "above", "all")
    assert "0 of 4 numbers changed" in compare(tmp_path / "above" / "below").stdout


def test_the_exit_code_tells_like_that_of_git_diff(repository):
    assert compare(repository, "first", "main", "--exit-code").returncode == 1
    assert compare(repository, "main", "main", "--exit-code").returncode == 0


def test_json_is_one_document_and_the_same_each_time(repository):
    once, again = (compare(repository, "first", "main", "--format", "json").stdout for _ in range(2))
    assert once == again
    found = json.loads(once)
    assert found["counts"]["changed"] == 3 and found["data_changed"] is True and found["comparable"] is True
    assert found["old"]["commit"] == git(repository, "rev-parse", "first").strip()
    assert found["crossings"][0]["now"] == "excludes"


def test_markdown_is_a_comment_with_the_banner_first(repository):
    done = compare(repository, "first", "main", "--format", "markdown")
    assert done.stdout.startswith(f"> **{BANNER}**")
    assert "<details><summary>Pain: 3 changed, 1 appeared, 1 vanished</summary>" in done.stdout


def test_a_side_of_real_data_is_named_beside_a_synthetic_one(own):
    with_results(own, SECOND, banner="")
    assert "NOT COMPARABLE AS FINDINGS" in compare(own).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "git knows no revision 'nowhere' here"),
        (("main", "--", "-x"), "git knows no revision '-x' here"),
        (("first", "main", "HEAD"), "two revisions can be compared, not 3"),
    ],
)
def test_an_unknown_revision_is_refused_with_a_remedy(repository, arguments, said):
    done = compare(repository, *arguments)
    assert done.returncode == 2 and said in done.stderr and done.stdout == "" and "Traceback" not in done.stderr


def test_a_revision_without_results_and_damaged_ones_are_refused_with_a_remedy(own):
    (own / "results/pain/results.json").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    done = compare(own)
    assert done.returncode == 2 and "results/pain/results.json (working tree): this is no JSON" in done.stderr
    shutil.rmtree(own / "results")
    commit(own, "none")
    for arguments in ((), ("first", "main")):
        done = compare(own, *arguments)
        assert done.returncode == 2 and "there is no results/*/results.json" in done.stderr, arguments


def test_outside_a_repository_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(project(tmp_path))
    with pytest.raises(ConfigError, match="is in no git repository"):
        revisions.commit("HEAD")


@pytest.fixture(scope="module")
def metered(tmp_path_factory) -> Path:
    """A repository with the project's dvc.yaml and what `collect` left, without a cache: two commits apart by a number
    of the metrics and one of the posterior."""
    folder = project(tmp_path_factory.mktemp("metered") / "project")
    for name in (".dvc/config", ".dvc/.gitignore", ".dvc/plots/posterior.json", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "results").mkdir()
    for name in ("metrics.json", "posterior.csv", "forest.svg"):
        shutil.copy(ROOT / "results" / name, folder / "results" / name)
    git(folder, "init", "-q")
    commit(folder, "first")
    metrics = json.loads((folder / "results/metrics.json").read_text(encoding="utf-8"))
    place = metrics["leakage"]["success_bayes"]["superiority"]["m3"]["diff"]
    place["probability"] = 0.5
    (folder / "results/metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    lines = (folder / "results/posterior.csv").read_text(encoding="utf-8").splitlines()
    lines[20] = re.sub(r",[^,]+,", ",0.5,", lines[20])
    (folder / "results/posterior.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    commit(folder, "second")
    return folder


def dvc(folder: Path, *arguments: str):
    done = run(
        [sys.executable, "-m", "dvc", *arguments],
        folder,
        http_proxy="http://127.0.0.1:9",
        https_proxy="http://127.0.0.1:9",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_dvc_says_which_main_result_changed(metered):
    found = json.loads(dvc(metered, "metrics", "diff", "HEAD~1", "HEAD", "--json").stdout)
    (name,) = found["results/metrics.json"]
    assert name == "leakage.success_bayes.superiority.m3.diff.probability"
    assert found["results/metrics.json"][name]["new"] == 0.5
    shown = json.loads(dvc(metered, "metrics", "show", "--json").stdout)[""]["data"]["results/metrics.json"]["data"]
    assert shown["data"]["banner"] == BANNER


def test_dvc_draws_the_posteriors_over_each_other_and_the_forests_side_by_side_without_network_or_cache(metered):
    dvc(metered, "plots", "diff", "HEAD~1", "HEAD")
    page = (metered / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert {"HEAD~1", "HEAD"} <= set(re.findall(r'"rev": "([^"]+)"', page))
    assert BANNER in page and "difference" in page
    pictures = sorted(p.name for p in (metered / "dvc_plots/static").iterdir())
    assert [name.split("results_")[1] for name in pictures] == ["forest.svg"] * 2
    assert all(f"static/{name}" in page.replace("%7E", "~") for name in pictures)
    assert BANNER in (metered / "dvc_plots/static" / pictures[0]).read_text(encoding="utf-8")


def test_dvc_shows_the_plots_of_the_working_tree(metered):
    dvc(metered, "plots", "show")
    page = (metered / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert "workspace" in page and "workspace_results_forest.svg" in page
    assert git(metered, "status", "--porcelain") == ""
