"""By parts of patients the stages find, write and say what they do of all patients at once."""

import errno
import random

import pandas as pd
import pytest

from helpers.data import parts, spool
from helpers.data.checks import rules
from helpers.data.derivation import FILE
from helpers.data.derive import derive
from helpers.data.formats import native, read_export, write_export
from helpers.data.load import read_parts, read_table
from helpers.data.parts import Parts
from helpers.data.spool import Spool
from helpers.data.synthesise import generate
from helpers.data.units import Units
from helpers.data.validate import check_export, validate
from tests.data.broken import cells, rows
from tests.data.broken.case import CASES
from tests.data.conftest import lay_out
from tests.data.real import named

MODULES = (cells, rows)  # their cases are registered by importing them
#: Rules that look across patients: the registered ones, and those of the units and the identifiers.
ACROSS = {rule.name for rule in rules() if rule.across} | {"unit", "mixed-units", "direct-identifier"}


@pytest.fixture
def in_parts(monkeypatch):
    """Makes parts of so many patients, blocks of 50 rows, and an unnamed file of what is put aside."""

    def make(patients: int) -> None:
        monkeypatch.setattr(parts, "PART", patients)
        monkeypatch.setattr(native, "BLOCK", 50)
        monkeypatch.setattr(spool, "MEMORY", 1)

    return make


def spoilt(tables, share, seed):
    """Tables in which this share of the cells holds another row's value, or none."""
    draw, made = random.Random(seed), {}
    for name, table in tables.items():
        changed = {}
        for column in table:
            values = list(table[column])
            at = [k for k in range(len(values)) if draw.random() < share]
            for k, other in zip(at, draw.sample(at, len(at)), strict=True):
                values[k] = table[column].iat[other] if draw.random() < 0.9 else None
            changed[column] = pd.Series(
                values, dtype="Int64" if table[column].dtype == "int64" else table[column].dtype
            )
        made[name] = pd.DataFrame(changed)
    return made


def problems_of(folder, codebook, units):
    return check_export(read_export(folder, codebook), codebook, units)[1]


@pytest.mark.parametrize("patients", [1, 7, 40])
@pytest.mark.parametrize("unit", ["cm", "mm"])
@pytest.mark.parametrize("share", [0.02, 0.4])
def test_a_spoilt_export_has_the_same_problems_in_parts(share, unit, patients, params, codebook, tmp_path, in_parts):
    drawn = params.synthetic.model_copy(update={"patients": 60, "seed": 3})
    write_export(spoilt(generate(drawn, codebook=codebook), share, 1), tmp_path, codebook)
    whole = problems_of(tmp_path, codebook, Units({"vas_unit": unit}))
    in_parts(patients)
    assert len({problem.rule for problem in whole}) >= 20
    assert problems_of(tmp_path, codebook, Units({"vas_unit": unit})) == whole


@pytest.mark.parametrize(
    ("rule", "mutate"), [(case.values[0], case.values[4]) for case in CASES if case.values[0] in ACROSS]
)
def test_what_is_said_of_patients_together_is_said_in_parts_too(rule, mutate, export, in_parts):
    mutate(export)
    whole = export.problems(getattr(export, "units", None))
    in_parts(3)
    assert rule in {problem.rule for problem in whole}
    assert export.problems(getattr(export, "units", None)) == whole


def test_every_rule_that_looks_across_patients_is_broken_above():
    assert {case.values[0] for case in CASES} >= ACROSS


def test_the_rules_of_the_codebook_stay_within_a_patient(codebook):
    """They are held against a part of the patients at a time."""
    assert all("subject_id" in table.key for table in codebook.tables.values())
    assert all("subject_id" in {*each.columns} & {*each.found} for each in codebook.rules.references)
    assert all("subject_id" in each.within for each in codebook.rules.spreads)


@pytest.mark.parametrize("blinded", [False, True])
def test_parts_give_the_tables_the_log_and_the_words_of_one(
    blinded, params, codebook, tmp_path, monkeypatch, capsys, in_parts
):
    folder = lay_out(tmp_path / "project")
    monkeypatch.chdir(folder)
    source = folder / "data" / "raw" / "synthetic"
    source.mkdir(parents=True)
    tables = generate(params.synthetic.model_copy(update={"patients": 300, "seed": 2}), codebook=codebook)
    # identifiers out of order, as from an export sorted by date
    write_export({name: table.sample(frac=1, random_state=1) for name, table in tables.items()}, source, codebook)
    params = named(params, "synthetic", blinded=blinded)

    def run():
        print(validate(params))
        derive(params)
        data = folder / "data"
        written = {
            path.stem: read_table(path)
            for place in ("interim", "processed")
            for path in (data / place).glob("*.parquet")
        }
        return written, (data / "processed" / FILE).read_bytes(), capsys.readouterr().out

    whole = run()
    in_parts(7)
    frames, log, said = run()
    assert len(list(read_parts(folder / "data" / "interim", ["patients", "deaths"]))) == 43
    assert (log, said) == whole[1:]
    assert frames.keys() == whole[0].keys()
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, whole[0][name], check_exact=True)


def test_rows_without_a_patient_are_together_and_those_of_an_unknown_one_too(monkeypatch):
    monkeypatch.setattr(parts, "PART", 2)
    made = Parts(["d", "a", "c", "b", "e"])
    first = pd.DataFrame({"subject_id": ["e", None, "c", "x", "0"]}, index=[2, 3, 4, 5, 6], dtype="str")
    made.add("vas", first)
    made.add("vas", pd.DataFrame({"subject_id": ["a", None, "x"]}, index=[7, 8, 9], dtype="str"))
    made.add("deaths", first[:0])
    read = list(made)
    assert [part["vas"].index.tolist() for part in read] == [[3, 6, 7, 8], [4], [2, 5, 9]]
    assert [part["deaths"].empty for part in read] == [True] * 3
    assert made.rows == {"vas": 8, "deaths": 0}
    assert made.subjects == ["a", "b", "c", "d", "e"]


def test_an_export_without_patients_is_one_part():
    made = Parts([])
    made.add("vas", pd.DataFrame({"subject_id": ["a", "b"]}, dtype="str"))
    made.add("deaths", pd.DataFrame({"cause": ["CANCER"]}, dtype="str"))
    assert [{name: len(table) for name, table in part.items()} for part in made] == [{"vas": 2, "deaths": 1}]


@pytest.mark.parametrize("memory", [1, spool.MEMORY])
def test_frames_put_aside_come_back_as_they_were(memory, monkeypatch):
    monkeypatch.setattr(spool, "MEMORY", memory)
    frame = pd.DataFrame(
        {
            "text": pd.array(["é", None, "a,b"], dtype="str"),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "size": [0.1, None, -0.0],
            "day": pd.Series(["2018-03-17", None, "2019-01-01"], dtype="datetime64[ms]"),
        }
    ).set_index(pd.Index([2, 5, 9]))
    kept = Spool()
    for piece in (frame[:1], frame[1:]):
        kept.add("vas", piece)
        kept.add("deaths", piece)
    kept.discard("deaths")
    for _ in range(2):
        pd.testing.assert_frame_equal(pd.concat(kept["vas"]), frame)
    assert list(kept) == ["vas"]


def test_a_full_disk_is_said_with_the_folder_of_temporary_files(monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(spool.pickle, "dump", full)
    with pytest.raises(OSError, match=str(tmp_path)):
        Spool().add("vas", pd.DataFrame())


def test_a_table_that_cannot_be_read_to_its_end_has_no_rows(export, codebook, monkeypatch):
    monkeypatch.setattr(native, "BLOCK", 5)
    path = export.folder / "vas.csv"
    path.write_text(path.read_text(encoding="utf-8") + 'SYN-01-001,"D0\n', encoding="utf-8")
    read = read_export(export.folder, codebook)
    assert "vas" not in read.tables
    assert path not in read.files
    assert [(problem.table, problem.rule) for problem in read.problems] == [("vas", "csv")]
