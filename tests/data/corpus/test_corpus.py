"""A corpus of damaged exports in every format: each is reported at its place, none crashes, none changes a thing.

Each export goes through the command that a data manager types, `kypho check-data FOLDER --format F --csv FILE`.
"""

import csv
import hashlib
import io
import json
import shutil

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner

from helpers.cli import main
from helpers.data.formats import write_export
from helpers.data.synthesise import generate
from helpers.data.validate import validate
from helpers.errors import InvalidData
from tests.data.conftest import lay_out
from tests.data.corpus import files_csv, files_redcap, files_sdtm, values
from tests.data.corpus.case import FILES, VALUES, VARIANTS, Case

MODULES = (files_csv, files_redcap, files_sdtm, values)  # their cases are registered by importing them

#: Every change of values as CSV and in two of the other formats, in turn, so that all variants have their share.
TURNS = (("redcap", "redcap-labels"), ("xpt-5", "xpt-8"), ("json", "ndjson"))
CASES = FILES + [
    Case(damage, variant, table, rule, severity, values=True)
    for k, (damage, table, rule, severity) in enumerate(VALUES)
    for variant in ("csv", *(variants[(k // 3) % 2] for turn, variants in enumerate(TURNS) if turn != k % 3))
]


@pytest.fixture(scope="module")
def tables(params, codebook):
    return generate(params.synthetic, codebook=codebook)


@pytest.fixture(scope="module")
def compendium(tables, codebook, tmp_path_factory):
    """A project with a good export in every variant, and with something that stands for earlier results."""
    folder = lay_out(tmp_path_factory.mktemp("corpus") / "project")
    for variant, (format, options) in VARIANTS.items():
        export = folder / "good" / variant
        export.mkdir(parents=True)
        write_export(tables, export, codebook, format, **options)
    for place in ("data/interim", "data/processed", "results/pain"):
        (folder / place).mkdir(parents=True)
        (folder / place / "result.json").write_text("[1]\n")
    return folder


def fingerprint(folder):
    """Every file of the project but the damaged export, with its checksum."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "damaged" not in path.parts and "good" not in path.parts
    }


@pytest.fixture
def damage(compendium, tables, codebook, tmp_path, monkeypatch):
    """Makes the damaged export of a case and gives its folder and the row to be reported."""
    monkeypatch.chdir(compendium)
    folder = tmp_path / "damaged"

    def make(case):
        format, options = VARIANTS[case.variant]
        if not case.values:
            shutil.copytree(compendium / "good" / case.variant, folder)
            return folder, case.damage(folder)
        changed = {name: table.copy() for name, table in tables.items()}
        at = case.damage(changed)
        folder.mkdir()
        write_export(changed, folder, codebook, format, **options)
        subject = changed[case.table]["subject_id"].iat[at]
        return folder, at + 2 if case.variant == "csv" else subject

    return make


def record(folder, file, row):
    """The record of a file at a row as the report counts them, as text."""
    path = folder / file.rpartition("/")[2]
    if path.suffix == ".csv":
        return str(list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))[row - 1])
    if path.suffix == ".xpt":
        frame, _ = pyreadstat.read_xport(str(path))
        return str(frame.iloc[row - 1].tolist())
    if path.suffix == ".ndjson":
        return path.read_text(encoding="utf-8").splitlines()[row]
    return str(json.loads(path.read_text(encoding="utf-8"))["rows"][row - 1])


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_damaged_export_is_reported_at_its_place(case, damage, compendium, tmp_path):
    folder, row = damage(case)
    before = fingerprint(compendium)
    format = VARIANTS[case.variant][0]
    listed = tmp_path / "found.csv"
    done = CliRunner().invoke(main, ["check-data", str(folder), "--format", format, "--csv", str(listed)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    assert "Traceback" not in done.output
    assert fingerprint(compendium) == before

    reported = pd.read_csv(listed, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    assert done.exit_code == (2 if (reported["severity"] == "error").any() else 1)
    found = reported[(reported["rule"] == case.rule) & (reported["table"] == case.table)]
    assert len(found), reported.to_string()
    assert set(found["severity"]) == {case.severity}
    assert reported["remedy"].str.len().min() > 5
    if isinstance(row, str):  # the record at the place that is said is the patient's
        assert any(row in record(folder, each.file, int(each.row)) for each in found.itertuples() if each.row), found
    else:
        assert ("" if row is None else str(row)) in set(found["row"]), found.to_string()


def test_the_corpus_has_at_least_120_exports_and_every_format_its_share():
    assert len(CASES) == len({case.name for case in CASES}) >= 120
    shares = pd.Series([case.variant for case in CASES]).value_counts()
    assert set(shares.index) == set(VARIANTS)
    assert shares.min() >= 5


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_exports_are_good_before_they_are_damaged(variant, compendium, monkeypatch):
    monkeypatch.chdir(compendium)
    done = CliRunner().invoke(main, ["check-data", f"good/{variant}", "--format", VARIANTS[variant][0]])
    assert (done.exit_code, "No problem found" in done.output) == (0, True), done.output


@pytest.mark.parametrize("variant", ["csv", "redcap", "xpt-5", "json"])
def test_the_pipeline_refuses_a_damaged_export_and_leaves_earlier_results_as_they_were(
    variant, damage, compendium, params
):
    case = Case(values.pain_in_mm_among_cm, variant, "vas", "range", "error", values=True)
    folder, _ = damage(case)
    source = compendium / "data" / "raw" / "damaged"
    shutil.copytree(folder, source, dirs_exist_ok=True)
    before = fingerprint(compendium)
    data = params.data.model_copy(update={"source": "damaged", "format": VARIANTS[case.variant][0]})
    with pytest.raises(InvalidData):
        validate(params.model_copy(update={"data": data}))
    assert fingerprint(compendium) == before
    shutil.rmtree(source)
