"""Which data ran: recorded by the stages, found out from the data, not from a switch."""

import dataclasses
import json
import subprocess
import sys

import pytest

from helpers.data import load_provenance
from helpers.data.provenance import describe, is_synthetic, write_provenance
from helpers.data.validate import validate
from helpers.errors import ConfigError


def test_the_record_names_source_patients_tables_and_banner(derived):
    record = load_provenance()
    assert (record.synthetic, record.source, record.patients) == (True, "synthetic", 31)
    assert record.banner == "SYNTHETIC DATA, NOT TRIAL RESULTS"
    assert record.status == "synthetic twin, 31 patients"
    manifest = json.loads((derived / "data" / "raw" / "synthetic" / "synthetic.json").read_text())
    assert dict(record.rows) == manifest["rows"]
    assert dict(record.files) == {name: sha for name, sha in manifest["files"].items() if name.endswith(".csv")}
    assert len(record.checksum) == 64


def test_derive_passes_the_record_on_unchanged(derived):
    interim, processed = (derived / "data" / name / "provenance.json" for name in ("interim", "processed"))
    assert processed.read_bytes() == interim.read_bytes()


def test_the_checksum_changes_with_one_cell(project, derived_template, params, export):
    before = load_provenance(derived_template / "data" / "interim")
    export.set("vas", 2, vas="5.5")
    validate(params)
    after = load_provenance(project / "data" / "interim")
    assert after.checksum != before.checksum
    assert {name for name in after.files if after.files[name] != before.files[name]} == {"vas.csv"}


@pytest.mark.parametrize(
    ("name", "manifest", "subjects", "expected"),
    [
        ("export", False, ["77-001", "77-002"], False),
        ("synthetic", False, ["77-001"], True),
        ("export", True, ["77-001"], True),
        ("export", False, ["77-001", "SYN-01-002"], True),
        ("export", False, ["77-001", " syn-01-002"], True),
    ],
)
def test_data_are_synthetic_by_folder_by_manifest_or_by_one_marked_patient(
    tmp_path, name, manifest, subjects, expected
):
    folder = tmp_path / name
    folder.mkdir()
    if manifest:
        (folder / "synthetic.json").write_text("{}")
    assert is_synthetic(folder, subjects) is expected


def test_a_renamed_synthetic_export_keeps_its_banner(project, params, export):
    renamed = export.folder.rename(export.folder.with_name("hospital"))
    (renamed / "synthetic.json").unlink()
    report = validate(params.model_copy(update={"data": params.data.model_copy(update={"source": "hospital"})}))
    assert report.synthetic
    assert load_provenance(project / "data" / "interim").banner


def test_a_real_export_bears_no_banner(tmp_path, params):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "patients.csv").write_text("subject_id\n01-001\n")
    record = describe(folder, [folder / "patients.csv"], params=params, rows={"patients": 1}, subject_ids=["77-001"])
    assert (record.synthetic, record.banner, record.status) == (False, "", "export export, 1 patients")


@pytest.mark.parametrize(
    ("synthetic", "banner"),
    [
        (False, "BLINDED, TREATMENT ARMS PERMUTED"),
        (True, "SYNTHETIC DATA, NOT TRIAL RESULTS · BLINDED, TREATMENT ARMS PERMUTED"),
    ],
)
def test_a_blinded_record_says_so_in_banner_and_status_and_reads_back(derived, tmp_path, synthetic, banner):
    open_record = dataclasses.replace(load_provenance(), synthetic=synthetic, banner="")
    record = open_record.as_blinded()
    assert (record.blinded, record.banner) == (True, banner)
    assert record.status == f"{open_record.status}, blinded"
    write_provenance(record, tmp_path)
    assert load_provenance(tmp_path) == record
    assert record.as_blinded() == record


def test_the_record_says_whether_dates_were_shifted_and_which_cells_are_hidden(tmp_path, params):
    (tmp_path / "patients.csv").write_text("subject_id\n01-001\n")
    privacy = params.privacy.model_copy(update={"shift_dates": True, "min_cell": 5, "date_key": "0123456789abcdef"})
    params = params.model_copy(update={"privacy": privacy})
    record = describe(tmp_path, [tmp_path / "patients.csv"], params=params, rows={}, subject_ids=["77-001"])
    assert (record.dates_shifted, record.min_cell) == (True, 5)
    assert "0123456789abcdef" not in json.dumps(dataclasses.asdict(record))


@pytest.mark.parametrize(
    ("folder", "ids", "limit"),
    [
        ("export", ["01-001", "01-002"], 3),
        ("export", ["SYN-01-001", "SYN-01-002"], 1),
        ("synthetic", ["SYN-01-001", "01-002"], 3),  # a real patient in the generator's folder
    ],
)
def test_small_cells_are_hidden_unless_every_patient_is_the_generators(tmp_path, params, folder, ids, limit):
    place = tmp_path / folder
    place.mkdir()
    (place / "patients.csv").write_text("subject_id\n")
    record = describe(place, [place / "patients.csv"], params=params, rows={}, subject_ids=ids)
    assert params.privacy.min_cell == "auto" and record.min_cell == limit


def test_missing_and_broken_records_are_errors(tmp_path):
    with pytest.raises(ConfigError, match="not derived yet"):
        load_provenance(tmp_path)
    (tmp_path / "provenance.json").write_text('{"synthetic": true}')
    with pytest.raises(ConfigError, match="not a record of provenance"):
        load_provenance(tmp_path)


def test_reading_the_record_imports_nothing_heavy():
    code = (
        "import sys; from helpers.data import load_provenance; "
        "print([m for m in ('pandas', 'pandera', 'pyarrow', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_datasets_imports_neither_pandera_nor_what_makes_them():
    code = (
        "import sys; from helpers.data import load_datasets; "
        "print(sorted(m for m in sys.modules if m.startswith(('pandera', 'helpers'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        ["helpers", "helpers.data", "helpers.data.load", "helpers.errors", "helpers.paths"]
    )
