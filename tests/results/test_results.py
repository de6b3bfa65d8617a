import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import InvalidInput
from helpers.results import Record, canonical, read_results, to_json, write_results

BASE = {
    "endpoint": "pain",
    "analysis": "pain.vas",
    "estimand": "pain-main",
    "population": "ITT",
    "visit": "M3",
    "unit_of_analysis": "patient",
    "parameter": "VAS",
    "group": "KP-VP",
    "statistic": "estimate",
    "value": -0.1,
    "unit": "points",
    "method": "ancova",
    "sap": "5.4",
}


def project(root: Path, monkeypatch: pytest.MonkeyPatch, **about) -> Path:
    """A project whose record of the data says this, as the working folder."""
    (root / "params.yaml").touch()
    (root / "dvc.yaml").touch()
    folder = root / "data" / "processed"
    folder.mkdir(parents=True)
    facts = {"synthetic": True, "source": "synthetic", "format": "csv", "patients": 31, "rows": {}, "files": {}}
    facts |= {"checksum": "ab" * 32, "blinded": False, "dates_shifted": False, "min_cell": 3, "banner": ""}
    (folder / "provenance.json").write_text(json.dumps(facts | about), encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def record(**changes) -> Record:
    return Record(**{**BASE, **changes})


@pytest.mark.parametrize(("field", "value"), [("group", "placebo"), ("statistic", "average"), ("value", float("nan"))])
def test_a_record_outside_the_contract_is_refused(field, value):
    with pytest.raises(InvalidInput, match=str(value)):
        record(**{field: value})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_canonical_values_keep_twelve_significant_digits_and_are_stable(value):
    once = canonical(value)
    assert canonical(once) == once
    assert once == pytest.approx(value, rel=1e-11)


def test_the_last_bits_of_a_sums_order_do_not_reach_the_file():
    assert to_json([record(value=0.1 + 0.2)]) == to_json([record(value=0.3)])
    assert "-0.0" not in to_json([record(value=-0.0)])


def test_every_reader_of_a_record_sees_the_number_that_the_file_holds():
    # 4.449999999999999 would round to 4.4 where the file's 4.45 rounds to 4.5
    assert record(value=4.449999999999999).value == 4.45
    assert record(value=np.int64(3)).value == 3 and type(record(value=np.int64(3)).value) is int


def test_records_are_written_in_one_order_whatever_order_they_come_in():
    records = [record(statistic=s, value=i) for i, s in enumerate(("estimate", "lower95", "upper95", "n"))]
    assert to_json(records) == to_json(reversed(records))
    assert [row["statistic"] for row in json.loads(to_json(records))] == ["estimate", "lower95", "n", "upper95"]


def test_one_number_cannot_be_recorded_twice():
    with pytest.raises(InvalidInput, match=r"recorded twice.*pain\.vas"):
        to_json([record(value=1.0), record(value=2.0)])


def test_records_come_back_from_the_file_as_they_went_in(tmp_path, monkeypatch):
    project(tmp_path, monkeypatch)
    monkeypatch.setenv("KYPHO_OUTPUT", str(tmp_path / "results" / "pain"))
    records = [record(), record(statistic="n", value=31), record(statistic="p_value", value=None)]
    write_results("pain", records)
    assert sorted(read_results("pain"), key=str) == sorted(records, key=str)


def test_a_notebook_run_by_hand_writes_to_scratch(tmp_path, monkeypatch):
    project(tmp_path, monkeypatch)
    monkeypatch.delenv("KYPHO_OUTPUT", raising=False)
    assert write_results("pain", [record()]) == tmp_path / "scratch" / "pain" / "results.json"
    assert not (tmp_path / "results").exists()


def test_records_of_another_endpoint_are_refused():
    with pytest.raises(InvalidInput, match="records of pain cannot be written as results of qol"):
        write_results("qol", [record()])


COUNTS = {"analysis": "pain.vas", "group": "KP", "unit": "patients", "method": "count"}


def small() -> list[Record]:
    """Thirteen of fifteen patients with a value: two are missing."""
    counts = [record(**COUNTS, statistic=s, value=v) for s, v in (("n", 13), ("missing", 2))]
    return [*counts, record(group="KP", statistic="mean", value=3.4923076923, method="mean")]


def test_the_results_of_a_real_export_are_written_without_small_cells_because_git_publishes_them(tmp_path, monkeypatch):
    monkeypatch.setenv("KYPHO_OUTPUT", str(tmp_path / "results" / "pain"))
    project(tmp_path, monkeypatch, synthetic=False, source="export")
    write_results("pain", small())
    written = {r.statistic: r for r in read_results("pain")}
    assert written["missing"].hidden and written["missing"].value is None
    assert written["n"].hidden
    assert written["mean"].value == 3.5  # 45.4 / 13: more digits would tell the 13


def test_synthetic_results_keep_every_number_because_no_patient_stands_behind_them(tmp_path, monkeypatch):
    monkeypatch.setenv("KYPHO_OUTPUT", str(tmp_path / "results" / "pain"))
    project(tmp_path, monkeypatch)
    write_results("pain", small())
    assert not any(r.hidden for r in read_results("pain"))


def test_every_record_says_that_the_arms_are_permuted_while_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("KYPHO_OUTPUT", str(tmp_path / "results" / "pain"))
    project(tmp_path, monkeypatch, blinded=True)
    path = write_results("pain", small())
    assert all(row["blinded"] is True for row in json.loads(path.read_text(encoding="utf-8")))
    assert all(r.blinded for r in read_results("pain"))
    assert "blinded" not in to_json([record()])
