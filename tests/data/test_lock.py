"""Locking the database: a checked export, recorded once with its fingerprints, and nothing else opens the blinding."""

import datetime as dt
import hashlib
import json

import pytest

from helpers.data import load_provenance
from helpers.data.derive import derive
from helpers.data.formats import FORMATS, write_export
from helpers.data.load import read_table
from helpers.data.lock import lock_database, status_lines
from helpers.data.lock_record import read_locks
from helpers.data.validate import validate
from helpers.errors import ConfigError, InvalidData
from tests.data.real import named, unmark

DAY = dt.date(2021, 5, 3)


@pytest.fixture
def real(export):
    """An export that looks real, under the knife: `data/raw/hospital`."""
    unmark(export)
    return export


@pytest.fixture
def record(project):
    """The record of locks, empty as git keeps it."""
    path = project / "data" / "database-lock.json"
    path.write_text("[]\n")
    return path


@pytest.fixture
def locked(real, record, params):
    lock_database(named(params), "A. Manager", today=DAY)
    return real


def test_a_lock_records_date_person_export_and_fingerprints(real, project, record, params):
    lock_database(named(params), "A. Manager", today=DAY)
    (entry,) = json.loads(record.read_text())
    validate(named(params))
    ran = load_provenance(project / "data" / "interim")
    assert entry == {
        "date": "2021-05-03",
        "by": "A. Manager",
        "source": "hospital",
        "format": "csv",
        "checksum": ran.checksum,
        "files": dict(ran.files),
        "codebook": hashlib.sha256((project / "data" / "codebook.yaml").read_bytes()).hexdigest(),
        "patients": 31,
    }


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_of_every_format_is_locked_and_opened(project, record, derived_template, params, codebook, format):
    interim = derived_template / "data" / "interim"
    tables = {name: read_table(interim / f"{name}.parquet") for name in codebook.tables}
    real = {name: table.assign(subject_id=table["subject_id"].str[4:]) for name, table in tables.items()}
    (project / "data" / "raw" / "hospital").mkdir()
    write_export(real, project / "data" / "raw" / "hospital", codebook, format)
    params = named(params)
    params = params.model_copy(update={"data": params.data.model_copy(update={"format": format})})
    assert lock_database(params, "A. Manager").format == format
    validate(params)
    derive(params)
    assert not load_provenance().blinded


def test_the_record_holds_no_patient(locked, record):
    text = record.read_text()
    assert not any(row["subject_id"] in text for row in locked.rows("patients"))


def test_a_lock_opens_the_blinding(locked, params, capsys):
    validate(named(params))
    derive(named(params))
    assert not load_provenance().blinded
    assert load_provenance().banner == ""
    assert "open: locked on 2021-05-03 by A. Manager, hospital, 31 patients" in capsys.readouterr().out


def test_a_locked_export_can_still_be_blinded(locked, params):
    validate(named(params, blinded=True))
    derive(named(params, blinded=True))
    assert load_provenance().blinded


@pytest.mark.parametrize("blinded", [True, False])
def test_a_locked_export_that_changed_is_refused_blinded_or_not(locked, params, blinded):
    locked.set("vas", 2, vas="5.5")
    params = named(params, blinded=blinded)
    validate(params)
    with pytest.raises(ConfigError, match=r"data/raw/hospital was locked on 2021-05-03 by A\. Manager, and its files"):
        derive(params)


def test_the_same_export_under_another_name_needs_its_own_lock(locked, params):
    locked.folder.rename(locked.folder.with_name("hospital-2"))
    validate(named(params, "hospital-2"))
    with pytest.raises(ConfigError, match="data/raw/hospital-2 is not locked"):
        derive(named(params, "hospital-2"))


def test_the_same_export_is_locked_once(locked, record, params):
    before = record.read_bytes()
    with pytest.raises(ConfigError, match=r"is locked already: 2021-05-03 by A. Manager"):
        lock_database(named(params), "B. Manager")
    assert record.read_bytes() == before


def test_a_corrected_export_is_locked_anew_and_the_first_lock_stays(locked, record, params):
    locked.set("vas", 2, vas="5.5")
    lock_database(named(params), "B. Manager", today=dt.date(2021, 6, 1))
    assert [(e.by, e.date) for e in read_locks()] == [("A. Manager", DAY), ("B. Manager", dt.date(2021, 6, 1))]
    assert len({e.checksum for e in read_locks()}) == 2
    validate(named(params))
    derive(named(params))


def test_an_export_with_an_error_is_not_locked(real, record, params):
    real.set("vas", 2, vas="high")
    with pytest.raises(InvalidData, match=r"vas.csv, row 2, column vas"):
        lock_database(named(params), "A. Manager")
    assert record.read_text() == "[]\n"


def test_synthetic_data_are_not_locked(project, record, params):
    with pytest.raises(ConfigError, match="data/raw/synthetic is synthetic: there is nothing to lock"):
        lock_database(params, "A. Manager")
    assert record.read_text() == "[]\n"


@pytest.mark.parametrize("by", ["", "  ", "\t"])
def test_a_lock_names_somebody(real, record, params, by):
    with pytest.raises(ConfigError, match="names who takes responsibility"):
        lock_database(named(params), by)


@pytest.mark.parametrize("by", ["A\nB", "A\x1b[31m", "x" * 201])
def test_a_name_that_is_no_line_of_text_is_refused(real, record, params, by):
    with pytest.raises(ConfigError, match=r"the name .* is not one line"):
        lock_database(named(params), by)
    assert record.read_text() == "[]\n"


@pytest.mark.parametrize("text", ["", "{}", "[{}]", "null", '[{"date": "yesterday"}]', "\x00"])
def test_a_record_of_locks_that_is_none_is_an_error(real, record, params, text):
    record.write_text(text)
    validate(named(params))
    with pytest.raises(ConfigError, match=r"database-lock\.json"):
        derive(named(params))


def test_without_a_record_a_real_export_stays_closed(real, params):
    validate(named(params))
    with pytest.raises(ConfigError, match="is not locked"):
        derive(named(params))


def test_the_record_of_this_repository_can_be_read(monkeypatch):
    from tests.baking import ROOT

    assert isinstance(read_locks(ROOT / "data" / "database-lock.json"), list)


def test_status_says_that_synthetic_data_need_no_lock(derived, params):
    assert status_lines(params) == ["Blinding: off", "Database lock: none, synthetic data need none"]


def test_status_says_that_the_arms_are_permuted(derived, params):
    assert status_lines(named(params, "synthetic", blinded=True))[0] == (
        "Blinding: ON, treatment arms permuted within strata (seed 1)"
    )


def test_status_says_that_derive_would_refuse(real, record, params):
    validate(named(params))
    assert status_lines(named(params)) == [
        "Blinding: off; derive refuses this export, which is not locked",
        "Database lock: none",
    ]


def test_status_shows_the_lock_and_a_codebook_changed_since(locked, project, params):
    validate(named(params))
    line = status_lines(named(params))[1]
    assert line.startswith("Database lock: 2021-05-03 by A. Manager, hospital, 31 patients, sha256 ")
    codebook = project / "data" / "codebook.yaml"
    codebook.write_text(codebook.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert status_lines(named(params))[1] == f"{line}; the codebook has changed since"


def test_status_shows_a_broken_lock(locked, params):
    locked.set("vas", 2, vas="5.5")
    validate(named(params))
    assert status_lines(named(params))[1].startswith(
        "Database lock: BROKEN, data/raw/hospital was locked on 2021-05-03"
    )


@pytest.mark.parametrize("source", ["synthetic", "hospital-2"])
def test_status_speaks_of_the_export_that_params_name(real, params, source):
    assert status_lines(named(params, source))[1] == (
        f"Database lock: unknown, data/raw/{source} was not validated yet"
    )
