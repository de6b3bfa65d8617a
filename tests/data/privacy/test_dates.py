"""Dates shifted per patient: intervals stay, calendars do not, and only the key leads back."""

import datetime as dt
import hashlib
import hmac

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data import load_datasets, load_provenance
from helpers.data.derive import derive, derive_datasets
from helpers.data.load import read_table
from helpers.data.privacy.dates import MASK, offset, shift_dates
from helpers.data.privacy.key import fingerprint, make_key
from helpers.data.validate import validate
from helpers.errors import ConfigError

KEY = bytes(range(32))
OTHER = bytes(reversed(range(32)))


@pytest.fixture(scope="module")
def tables(derived_template, codebook):
    return {name: read_table(derived_template / "data" / "interim" / f"{name}.parquet") for name in codebook.tables}


@pytest.fixture(scope="module")
def shifted(tables, codebook):
    return shift_dates(tables, codebook, KEY)


def dates(codebook, name):
    return [c for c, declared in codebook.tables[name].columns.items() if declared.type == "date"]


@given(st.text(min_size=1, max_size=40), st.binary(min_size=32, max_size=32))
@settings(max_examples=300)
def test_an_offset_is_between_a_month_and_a_year_and_never_none(subject, key):
    assert 30 <= abs(offset(key, subject)) <= 365


def test_an_offset_is_the_hmac_of_the_identifier():
    """Counted here from the definition: HMAC-SHA256 as one number; its last part gives days, the next bit the sign."""
    number = int(hmac.new(KEY, b"77-001", hashlib.sha256).hexdigest(), 16)
    expected = (30 + number % 336) * (-1 if number // 336 % 2 else 1)
    assert offset(KEY, "77-001") == expected


def test_offsets_are_spread_evenly_over_both_signs_and_all_days():
    """Pearson's chi-squared over 672 offsets of 67,200 patients: mean 671, SD 36.6."""
    seen = np.array([offset(KEY, f"P{k}") for k in range(67_200)])
    counts = np.unique(seen, return_counts=True)[1]
    assert len(counts) == 672
    assert ((counts - 100) ** 2 / 100).sum() == pytest.approx(671, abs=5 * 36.6)


def test_all_dates_of_a_patient_move_alike_in_every_table(tables, shifted, codebook):
    moved = pd.concat(
        [
            pd.DataFrame(
                {"subject_id": tables[n]["subject_id"], "days": (shifted[n][c] - tables[n][c]).dt.days}
            ).dropna()
            for n in tables
            for c in dates(codebook, n)
        ]
    )
    by_patient = moved.groupby("subject_id")["days"]
    assert (by_patient.nunique() == 1).all()
    assert by_patient.first().to_dict() == {s: offset(KEY, s) for s in tables["patients"]["subject_id"]}
    assert by_patient.first().nunique() > 20  # of 31 patients


def test_nothing_but_dates_changes_and_empty_cells_stay_empty(tables, shifted, codebook):
    for name, table in tables.items():
        columns = dates(codebook, name)
        pd.testing.assert_frame_equal(shifted[name].drop(columns=columns), table.drop(columns=columns))
        assert (shifted[name].isna() == table.isna()).all(axis=None)
        assert (shifted[name].dtypes == table.dtypes).all()
    assert tables["adverse_events"]["end_date"].isna().any()


def test_every_interval_and_study_day_of_the_analysis_datasets_stays(tables, shifted, codebook):
    before, after = derive_datasets(tables, codebook), derive_datasets(shifted, codebook)
    for name, frame in before.items():
        moving = [c for c, declared in codebook.variables(name).items() if declared.type == "date"]
        pd.testing.assert_frame_equal(after[name].drop(columns=moving), frame.drop(columns=moving))
    assert not before["adsl"]["RANDDT"].equals(after["adsl"]["RANDDT"])


def test_the_order_of_rows_and_other_patients_do_not_matter(tables, shifted, codebook):
    alone = {name: table.iloc[::-2] for name, table in tables.items()}
    for name, table in shift_dates(alone, codebook, KEY).items():
        pd.testing.assert_frame_equal(table, shifted[name].iloc[::-2])


def test_another_key_gives_other_dates(tables, shifted, codebook):
    other = shift_dates(tables, codebook, OTHER)
    assert (other["patients"]["randomisation_date"] != shifted["patients"]["randomisation_date"]).mean() > 0.9


def test_empty_tables_stay_empty(tables, codebook):
    none = {name: table.iloc[:0] for name, table in tables.items()}
    assert all(table.empty for table in shift_dates(none, codebook, KEY).values())


@pytest.mark.parametrize(
    "text",
    [
        "hospitalised on 2018-03-12",
        "vu le 12/03/2018 en urgence",
        "12.3.18 fall",
        "depuis le 1er mars 2018",
        "le 14 août",
        "since 3 Feb 2018",
        "March 3, 2018: fever",
        "3rd of fever, 21 déc. 2017",
    ],
)
def test_a_date_in_free_text_would_give_the_offset_away_and_is_masked(tables, codebook, text):
    events = tables["adverse_events"].copy()
    events.loc[0, "verbatim"] = text
    assert MASK in shift_dates({**tables, "adverse_events": events}, codebook, KEY)["adverse_events"].loc[0, "verbatim"]


@pytest.mark.parametrize(
    "text",
    ["Pain 7/10", "T11/T12", "1.5 mg twice", "BP 120/80/60 mmHg", "L1-L2-L3", "38.5.", "Grade 2-3"],
)
def test_figures_of_medicine_are_no_dates(tables, codebook, text):
    events = tables["adverse_events"].copy()
    events.loc[0, "verbatim"] = text
    assert shift_dates({**tables, "adverse_events": events}, codebook, KEY)["adverse_events"].loc[0, "verbatim"] == text


@pytest.fixture
def keyed(project, params, monkeypatch):
    """The project with a key, and parameters that name it."""
    monkeypatch.delenv("KYPHO_DATE_KEY_FILE", raising=False)
    privacy = params.privacy.model_copy(update={"shift_dates": True, "date_key": make_key()})
    return params.model_copy(update={"privacy": privacy})


def test_validate_writes_shifted_dates_only_and_says_so(keyed, project, codebook):
    validate(keyed)
    key = bytes.fromhex((project / ".secrets" / "date-shift.key").read_text().strip())
    raw = pd.read_csv(project / "data" / "raw" / "synthetic" / "patients.csv", dtype="str").set_index("subject_id")
    stored = read_table(project / "data" / "interim" / "patients.parquet").set_index("subject_id")
    for subject, day in raw["randomisation_date"].items():
        expected = dt.date.fromisoformat(day) + dt.timedelta(days=offset(key, subject))
        assert stored.loc[subject, "randomisation_date"].date() == expected
    assert load_provenance(project / "data" / "interim").dates_shifted


def test_results_do_not_depend_on_the_shift(keyed, params, project):
    validate(params)
    derive(params)
    before = load_datasets("adsl", "advs", "adae")
    validate(keyed)
    derive(keyed)
    after = load_datasets("adsl", "advs", "adae")
    for name, frame in before.items():
        still = [c for c in frame if not pd.api.types.is_datetime64_any_dtype(frame[c])]
        pd.testing.assert_frame_equal(frame[still], after[name][still])


def test_the_key_is_in_no_file_but_its_own(keyed, project, capsys):
    validate(keyed)
    derive(keyed)
    key = (project / ".secrets" / "date-shift.key").read_text().strip()
    holding = [p for p in project.rglob("*") if p.is_file() and key.encode() in p.read_bytes()]
    holding += [p for p in project.rglob("*") if p.is_file() and bytes.fromhex(key) in p.read_bytes()]
    assert [p.relative_to(project).as_posix() for p in holding] == [".secrets/date-shift.key"]
    assert key not in "".join(capsys.readouterr())


def test_dates_are_checked_before_they_are_shifted_not_after(keyed, project, codebook):
    """A shift by up to a year leaves the range of the codebook (2016-03-01 to 2020-12-01); that is no error."""
    validate(keyed)
    stored = read_table(project / "data" / "interim" / "procedures.parquet")["procedure_date"]
    declared = codebook.tables["procedures"].columns["procedure_date"]
    assert not stored.dt.date.between(declared.min, declared.max).all()


def test_without_the_key_nothing_is_written(keyed, project):
    (project / ".secrets" / "date-shift.key").unlink()
    with pytest.raises(ConfigError, match=r"date-shift.key is missing"):
        validate(keyed)
    assert not (project / "data" / "interim").exists()


def test_the_fingerprint_of_a_key_is_fixed():
    """HMAC-SHA256 of the purpose, computed with OpenSSL (`openssl dgst -sha256 -mac HMAC -macopt hexkey:...`)."""
    assert fingerprint(KEY) == "092cac45c0e01e84"
