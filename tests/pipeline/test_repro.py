"""The pipeline as a whole, in a baked copy of the repository."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

from helpers import paths
from tests.baking import GIT, MADE, ROOT, append_cell, bake, digests, kypho, nobody_at_work, run

pytestmark = pytest.mark.pipeline


def stages_that_ran(output: str) -> set[str]:
    return set(re.findall(r"^  (\w+) +\d+\.\d s$", output, flags=re.MULTILINE))


def test_a_fresh_clone_builds_everything_and_says_what_and_from_which_data(built):
    log = (built / "cold.log").read_text(encoding="utf-8")
    assert stages_that_ran(log) == {"synthesise", "validate", "derive", *paths.REPORTED, "collect", "publish"}
    last = (
        log.splitlines()[1]
        if "Built" in log.splitlines()[1]
        else next(x for x in log.splitlines() if x.startswith("Built"))
    )
    assert "_site/index.html" in last
    assert re.search(r"SYNTHETIC, 31 patients, sha256 [0-9a-f]{12}", last)
    for name in (
        "index.html",
        "manuscript/index.html",
        "manuscript/index.docx",
        "manuscript/index.pdf",
        "manuscript/index.xml",
    ):
        assert (built / "_site" / name).stat().st_size > 1000, name


def test_a_fresh_clone_reproduces_the_committed_numbers(built):
    done = run(["git", "status", "--porcelain", "--", "dvc.lock", "results", "_variables.yml"], built)
    assert done.stdout == "", "the run changed committed results; commit them with the change that moved them"


@pytest.fixture
def check_numbers(workshop):
    """`make check-numbers` in a built copy, with this environment in the place of the copy's own."""
    environment = workshop / ".venv"
    environment.mkdir()
    (environment / "bin").symlink_to(Path(sys.executable).parent)
    (environment / ".installed").touch()
    run([*GIT, "commit", "-q", "-a", "-m", "built"], workshop)
    return lambda: run(["make", "check-numbers"], workshop)


def test_the_proof_of_the_numbers_holds_after_a_run(check_numbers):
    done = check_numbers()
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_proof_of_the_numbers_shows_a_committed_number_that_does_not_reproduce(check_numbers, workshop):
    path = workshop / "results/pain/results.json"
    reproduced = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"value": (?=\d)', '"value": 1', reproduced, count=1), encoding="utf-8")
    run([*GIT, "commit", "-q", "-a", "-m", "typed"], workshop)
    path.write_text(reproduced, encoding="utf-8")
    done = check_numbers()
    assert done.returncode != 0
    assert re.search(r'^-.*"value": 1\d*\.', done.stdout, flags=re.MULTILINE), done.stdout
    assert "Commit them with the change that moved them" in done.stderr


def test_the_proof_of_the_numbers_shows_numbers_that_were_never_committed(check_numbers, workshop):
    (workshop / "results/new").mkdir()
    (workshop / "results/new/results.json").write_text("[]\n")
    done = check_numbers()
    assert done.returncode != 0
    assert "results/new/results.json" in done.stderr


def test_a_second_run_runs_no_stage(built):
    done = kypho(built, "repro")
    assert done.returncode == 0
    assert stages_that_ran(done.stderr) == set()
    assert done.stdout.startswith("0 stages ran, 13 up to date")


def test_the_graph_is_the_way_of_the_data():
    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "dag", "--mermaid"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = dict(re.findall(r'^\s*(node\d+)\["(.+?)"\]', done.stdout, flags=re.MULTILINE))
    edges = {(names[a], names[b]) for a, b in re.findall(r"^\s*(node\d+)-->(node\d+)", done.stdout, flags=re.MULTILINE)}
    assert set(pipeline) == set(names.values())
    way = {("synthesise", "validate"), ("validate", "derive"), ("collect", "publish")}
    way |= {("derive", e) for e in paths.REPORTED} | {(e, "collect") for e in paths.REPORTED}
    assert way <= edges
    sideways = {(a, b) for a, b in edges if a in paths.REPORTED and b in paths.REPORTED}
    assert sideways == set()


def test_touching_one_notebook_runs_that_stage_and_what_follows_only(workshop):
    append_cell(workshop, "leakage", nbformat.v4.new_markdown_cell("A remark of the reader."))
    done = kypho(workshop, "repro")
    assert done.returncode == 0, done.stderr
    ran = stages_that_ran(done.stderr)
    assert {"leakage", "publish"} <= ran <= {"leakage", "collect", "publish"}
    assert "A remark of the reader." in (workshop / "_site/results/leakage/notebook.html").read_text(encoding="utf-8")


def test_saving_a_notebook_in_jupyterlab_changes_no_result(workshop):
    path = workshop / "notebooks" / "pain.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99.0"}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"rewritten-{number}"
    nbformat.write(notebook, path)
    before = digests(workshop, "results", "_variables.yml")
    done = kypho(workshop, "repro")
    assert stages_that_ran(done.stderr) == {"pain"}
    assert digests(workshop, "results", "_variables.yml") == before


def test_running_everything_again_gives_the_same_bytes(workshop):
    before = digests(workshop, *MADE)
    done = kypho(workshop, "repro", "--force", TZ="Pacific/Auckland", LC_ALL="C", PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    assert len(stages_that_ran(done.stderr)) == 13
    assert digests(workshop, *MADE) == before


def test_an_export_that_breaks_the_codebook_stops_with_all_its_problems_and_touches_nothing(workshop):
    shutil.copytree(workshop / "data/raw/synthetic", workshop / "data/raw/export")
    vas = workshop / "data/raw/export/vas.csv"
    lines = vas.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    cells = lines[16].split(",")
    cells[header.index("vas")] = "87"
    lines[16] = ",".join(cells)
    lines.append(lines[1])
    vas.write_text("\n".join(lines) + "\n", encoding="utf-8")
    params = workshop / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("source: synthetic", "source: export", 1), encoding="utf-8"
    )
    kept = ("dvc.lock", "data/interim", "data/processed", "results", "_variables.yml", "_site")
    before = digests(workshop, *kept)
    done = kypho(workshop, "repro")
    assert done.returncode == 2
    said = done.stdout + done.stderr
    assert re.search(r"data/raw/export/vas\.csv, row 17, column vas: 87 .*0\.\.10.*params\.yaml", said)
    assert re.search(rf"data/raw/export/vas\.csv, row {len(lines)}\b.*", said), "the duplicated row is named too"
    assert "Traceback" not in said
    assert digests(workshop, *kept) == before


@pytest.mark.parametrize(
    ("source", "said"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("import os\nos._exit(1)", "the kernel died")],
    ids=["raises", "kernel dies"],
)
def test_a_notebook_that_fails_names_its_cell_and_leaves_its_previous_results(workshop, source, said):
    number = append_cell(workshop, "angle", nbformat.v4.new_code_cell(source))
    before = digests(workshop, "results", "_site")
    done = kypho(workshop, "repro")
    assert done.returncode == 2
    assert f"notebooks/angle.ipynb, cell {number}: {said}" in done.stderr
    assert digests(workshop, "results", "_site") == before


def test_a_stage_that_the_system_ends_says_so(workshop):
    pipeline = workshop / "dvc.yaml"
    text = pipeline.read_text(encoding="utf-8")
    pipeline.write_text(text.replace("cmd: kypho stage participants", "cmd: kill -9 $$"), encoding="utf-8")
    done = kypho(workshop, "repro", "participants")
    assert done.returncode == 1
    assert "stage participants failed\nIt was ended by SIGKILL, most often because memory was short." in done.stderr


@pytest.mark.parametrize("seconds", [0.3, 3])
def test_ctrl_c_exits_130_without_a_traceback(workshop, seconds):
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers", "repro", "--force"],
        cwd=workshop,
        env={**os.environ, "PYTHONPATH": str(workshop / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert nobody_at_work(workshop)


def test_a_misspelt_parameter_is_an_error_that_names_it(workshop):
    params = workshop / "params.yaml"
    text = params.read_text(encoding="utf-8")
    assert "prior_alpha" in text
    params.write_text(text.replace("prior_alpha", "prior_alhpa"), encoding="utf-8")
    done = kypho(workshop, "repro", "leakage")
    assert done.returncode == 2
    assert "prior_alhpa" in done.stderr and "prior_alpha" in done.stderr


def test_a_misspelt_source_or_stage_is_an_error_that_says_what_to_do(workshop):
    done = kypho(workshop, "repro", "angel")
    assert done.returncode == 2
    assert "there is no stage angel. The stages are synthesise, validate" in done.stderr
    params = workshop / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("source: synthetic", "source: exprt", 1), encoding="utf-8"
    )
    done = kypho(workshop, "repro")
    assert done.returncode == 2
    assert "params.yaml, data.source: there is no folder data/raw/exprt" in done.stderr


def test_status_says_in_words_what_is_stale(workshop):
    assert "All stages are up to date." in kypho(workshop, "status").stdout
    with (workshop / "notebooks/qol.ipynb").open("a", encoding="utf-8") as handle:
        handle.write(" ")
    said = kypho(workshop, "status").stdout
    assert "qol is out of date: input notebooks/qol.ipynb changed" in said
    assert "Data: SYNTHETIC, 31 patients" in said


def test_a_page_that_is_gone_is_built_again(workshop):
    (workshop / "_site" / "manuscript" / "index.pdf").unlink()
    done = kypho(workshop, "repro")
    assert stages_that_ran(done.stderr) == {"publish"}
    assert (workshop / "_site" / "manuscript" / "index.pdf").stat().st_size > 1000


def test_a_provenance_record_edited_by_hand_does_not_remove_the_banner(workshop):
    record = workshop / "results" / "summary" / "provenance.json"
    record.write_text(record.read_text(encoding="utf-8").replace('"synthetic": true', '"synthetic": false'))
    done = kypho(workshop, "publish")
    assert done.returncode == 2
    assert "results/summary/provenance.json does not agree with data/processed/provenance.json" in done.stderr


def test_a_project_that_has_not_run_says_so(tmp_path):
    done = kypho(bake(tmp_path / "fresh"), "status")
    assert done.returncode == 0, done.stderr
    assert "Data: none has run yet" in done.stdout
    assert "synthesise is out of date: output data/raw/synthetic is not in the cache" in done.stdout


def test_every_endpoint_page_has_its_banner_a_figure_and_a_table(built):
    pages = json.loads((built / "_site" / "manifest.json").read_text(encoding="utf-8"))["pages"]
    for endpoint in paths.ENDPOINTS:
        name = f"results/{endpoint}/notebook.html"
        assert {"figure", "table"} <= {exhibit["kind"] for exhibit in pages[name]["exhibits"]}, name
        assert "SYNTHETIC DATA, NOT TRIAL RESULTS" in (built / "_site" / name).read_text(encoding="utf-8")


def test_every_result_keeps_the_record_contract(built):
    from helpers.results import COLUMNS, Record, to_json

    for endpoint in paths.REPORTED:
        text = (built / "results" / endpoint / "results.json").read_text(encoding="utf-8")
        rows = json.loads(text)
        assert rows, endpoint
        assert all(tuple(row) == COLUMNS for row in rows)
        assert to_json(Record(**row) for row in rows) == text


def test_every_endpoint_has_a_table_and_a_figure_with_alt_text_and_csv(built):
    for endpoint in paths.ENDPOINTS:
        exhibits = built / "results" / endpoint / "exhibits"
        figures = sorted(p.stem for p in exhibits.glob("fig-*.png"))
        assert figures and sorted(p.stem for p in exhibits.glob("tbl-*.csv")), endpoint
        for label in figures:
            assert (exhibits / f"{label}.png").stat().st_size > 5000
            assert {(exhibits / f"{label}{phone}.svg").stat().st_size > 2000 for phone in ("", "-narrow")} == {True}
            assert len((exhibits / f"{label}.txt").read_text(encoding="utf-8")) > 60
        for table in exhibits.glob("*.csv"):
            assert "SYNTHETIC DATA, NOT TRIAL RESULTS" in table.read_text(encoding="utf-8"), table.name


def test_the_pages_show_who_took_part(built):
    pages = json.loads((built / "_site" / "manifest.json").read_text(encoding="utf-8"))["pages"]
    shown = {exhibit["id"] for page in pages.values() for exhibit in page["exhibits"]}
    assert {"tbl-participants-flow", "tbl-participants-baseline", "fig-participants-survival"} <= shown
    assert not (built / "results/participants/notebook.ipynb").exists()


def test_no_built_file_names_this_machine(built):
    for file in [p for place in ("results", "data", "_site") for p in (built / place).rglob("*") if p.is_file()]:
        assert str(built).encode() not in file.read_bytes(), file
