"""The matrix of surroundings: that it can fail, and that it forgives only what it says."""

import json

import pytest
from benchmarks.reproducibility import Found, Row, blot_out, differing

from benchmarks import reproducibility
from tests.baking import digests

SAME = {"dvc.lock": "a", "results/pain/results.json": "b"}


@pytest.fixture
def matrix(monkeypatch, tmp_path):
    """Run the matrix with made runs, by the name of the row; the others end as the reference does."""
    monkeypatch.setattr(reproducibility, "REPORT", tmp_path / "report.md")
    monkeypatch.setattr(reproducibility, "lacking", lambda row: row.lacks)

    def ended(made: dict[str, Found], *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(reproducibility, "cold", lambda row: made.get(row.name, Found(SAME, 1.0)))
        return reproducibility.main(arguments), (tmp_path / "report.md").read_text() if not arguments else ""

    return ended


def test_equal_bytes_end_well(matrix):
    code, report = matrix({})
    assert code == 0
    assert report.count("| 2 | 0 | 1 |") == len(reproducibility.rows()) - 2 - report.count("not run")


@pytest.mark.parametrize(
    "left", [SAME | {"dvc.lock": "x"}, {"results/pain/results.json": "b"}], ids=["another", "missing"]
)
def test_a_file_that_differs_or_is_missing_is_named_and_ends_with_1(matrix, left):
    code, report = matrix({"umask": Found(left, 1.0)})
    assert code == 1
    assert "`umask` differs in:\n\n* `dvc.lock`\n" in report
    assert report.count("differs in:") == 1


def test_a_file_too_many_is_named_and_ends_with_1(matrix):
    code, report = matrix({"home": Found(SAME | {"results/pain/stray.csv": "c"}, 1.0)})
    assert code == 1
    assert "* `results/pain/stray.csv`" in report


def test_a_run_that_fails_ends_with_1(matrix):
    code, report = matrix({"path": Found({}, 1.0, failure="no such file")})
    assert code == 1
    assert "`path` failed" in report and "no such file" in report


def test_a_row_held_against_another_than_the_first_is_judged_by_that(matrix):
    delivered = Found({"results/pain/results.json": "c"}, 1.0)
    assert matrix({"delivered": delivered, "shuffled": delivered})[0] == 0
    assert matrix({"delivered": delivered})[0] == 1


def test_rows_run_alone_bring_their_reference_and_leave_the_report(matrix, capsys):
    assert matrix({}, "--only", "shuffled")[0] == 0
    ran = [line.split()[0] for line in capsys.readouterr().err.splitlines()]
    assert ran == ["reference", "delivered", "shuffled"]
    assert not reproducibility.REPORT.exists()


def test_a_row_that_cannot_run_says_why(matrix, monkeypatch, capsys):
    rows = [Row("reference", "as it is"), Row("clock", "another year", lacks="faketime is not installed")]
    monkeypatch.setattr(reproducibility, "rows", lambda: rows)
    code, report = matrix({})
    assert code == 0
    assert "`clock` did not run: faketime is not installed." in report
    assert "SKIPPED: faketime" in capsys.readouterr().err


def test_a_program_that_is_not_there_skips_its_row():
    assert reproducibility.lacking(Row("x", "x", wrapper=("no-such-program",))) == "no-such-program is not installed"
    assert "does not run Python" in reproducibility.lacking(Row("x", "x", wrapper=("false",)))
    assert reproducibility.lacking(Row("x", "x", wrapper=("env",))) == ""


def test_only_the_files_named_by_design_are_forgiven():
    assert differing(SAME, SAME | {"dvc.lock": "x"}, ["dvc.lock"]) == []
    assert differing(SAME, {"dvc.lock": "x"}, ["dvc.lock"]) == ["results/pain/results.json"]


@pytest.mark.parametrize(("mean", "alike"), [(6.8, True), (6.9, False)])
def test_blotting_out_hides_the_exports_digests_and_nothing_else(tmp_path, mean, alike):
    found = []
    for name, digit, value in (("one", "1", 6.8), ("other", "2", mean)):
        folder = tmp_path / name
        (folder / "data/processed").mkdir(parents=True)
        record = {"checksum": digit * 64, "files": {"vas.csv": digit * 63 + "a"}}
        (folder / "data/processed/provenance.json").write_text(json.dumps(record))
        (folder / "page.md").write_text(f"{digit * 12}, {digit * 16}\n")
        (folder / "results.json").write_text(f"[{value}]")
        assert blot_out(folder, ["data", "page.md", "results.json"]) == ["data/processed/provenance.json", "page.md"]
        found.append(digests(folder, "data", "page.md", "results.json"))
    assert (differing(*found) == []) is alike
    assert alike or differing(*found) == ["results.json"]
