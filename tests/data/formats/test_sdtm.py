"""SDTM datasets: a problem names the dataset's file, its record and its own variable; nothing is dropped in silence."""

import json

import pytest

from helpers.data.formats import read_export
from helpers.data.formats.sdtm_map import MAP, VARIABLES
from helpers.data.formats.sdtm_plan import plan, variables
from helpers.data.formats.sdtm_writer import to_datasets
from helpers.errors import ConfigError
from tests.data.formats.cohort import delivered, rules, tables_of, whole


class Datasets:
    """A Dataset-JSON export under the knife."""

    def __init__(self, folder, codebook):
        self.folder, self.codebook = folder, codebook

    def load(self, name):
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))

    def save(self, name, content):
        content["records"] = len(content["rows"])
        (self.folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def set(self, name, variable, value, *, where=lambda record: True):
        """Change a variable of the first record for which `where` holds; its number."""
        content = self.load(name)
        names = [column["name"] for column in content["columns"]]
        number = next(k for k, row in enumerate(content["rows"], start=1) if where(dict(zip(names, row, strict=True))))
        content["rows"][number - 1][names.index(variable)] = value
        self.save(name, content)
        return number

    def read(self):
        return read_export(self.folder, self.codebook, "dataset-json")

    def problem(self, rule):
        found = [problem for problem in self.read().problems if problem.rule == rule]
        assert found, rule
        return found[0]


@pytest.fixture
def datasets(codebook, tmp_path):
    delivered(tables_of(codebook), tmp_path, codebook, "dataset-json")
    return Datasets(tmp_path, codebook)


# SDTMIG 3.3: names of variables and tests have at most 8 characters, labels at most 40 (those of SAS transport 5).
def test_names_and_labels_fit_sdtm(codebook):
    for name, rows in to_datasets(tables_of(codebook), codebook).items():
        assert all(len(variable) <= 8 and len(variables(name)[variable][0]) <= 40 for variable in rows), name
        for variable in [v for v in rows if v.endswith("TESTCD") or v == "QNAM"]:
            assert rows[variable].str.fullmatch("[A-Z][A-Z0-9]{0,7}").all()
        for variable in [v for v in rows if v.endswith("TEST") or v == "QLABEL"]:
            assert (rows[variable].str.len() <= 40).all()
    assert all(len(name.replace("--", "XX")) <= 8 for name in VARIABLES)


def test_sequence_numbers_are_unique_within_a_subject(codebook):
    for name, rows in to_datasets(tables_of(codebook), codebook).items():
        if f"{name}SEQ" in rows:
            assert not rows.duplicated(["USUBJID", f"{name}SEQ"]).any(), name


def test_every_column_of_the_codebook_has_a_place(codebook):
    for table, declared in codebook.tables.items():
        placed = {c for one in plan(codebook) if one.table == table for c in (*one.columns, *one.supp, *one.row)}
        assert placed == set(declared.columns)


def test_the_map_names_no_column_that_the_codebook_lacks(codebook):
    for one in MAP:
        assert {*one.columns, *one.supp, *one.row} <= set(codebook.tables[one.table].columns)


def test_a_table_without_a_place_is_refused(codebook):
    extra = codebook.model_copy(update={"tables": codebook.tables | {"labs": codebook.tables["vas"]}})
    with pytest.raises(ConfigError, match=r"tables\.labs"):
        plan(extra)


@pytest.mark.parametrize(
    ("table", "column", "name", "variable"),
    [
        ("adverse_events", "verbatim", "ae", "AETERM"),
        ("adverse_events", "related_device", "suppae", "AERELDEV"),
        ("patients", "sex", "dm", "SEX"),
        ("patients", "subject_id", "dm", "USUBJID"),
        ("patients", "randomisation_date", "ds", "DSSTDTC"),
        ("patients", "primary_tumour", "suppdm", "PRIMTUM"),
        ("imaging", "kyphosis_deg", "mo", "MOORRES"),
        ("imaging", "reader", "mo", "MOEVALID"),
        ("missed_visits", "reason", "qs", "QSREASND"),
        ("missed_visits", "form", "qs", "QSTESTCD"),
        ("leaks", "leak_number", "ce", "CESPID"),
    ],
)
def test_a_cell_is_found_in_its_dataset_record_and_variable(table, column, name, variable, datasets):
    export = datasets.read()
    text = whole(export, table)
    if table == "missed_visits":
        text = text[text["form"] == "VAS"]
    place = export.locate(table, int(text.index[0]), column)
    assert place.file.endswith(f"/{name}.json")
    assert place.column == variable
    content = datasets.load(name)
    record = dict(zip([c["name"] for c in content["columns"]], content["rows"][place.row - 1], strict=True))
    held = str(record["QVAL"] if name.startswith("supp") else record[variable])
    expected = str(text[column].iloc[0])
    assert held == expected or held.endswith((f"-{expected}", f" {expected}")) or (held, expected) == ("QSALL", "VAS")


def test_an_unknown_test_is_told_with_its_record(datasets):
    number = datasets.set("qs", "QSTESTCD", "DPQ999", where=lambda r: r["QSTESTCD"] == "DPQ101")
    found = datasets.problem("sdtm-record")
    assert (found.row, found.column) == (number, "QSTESTCD")
    assert "DPQ999" in found.message


def test_records_of_one_unknown_test_are_told_once(datasets):
    content = datasets.load("mo")
    at = [column["name"] for column in content["columns"]].index("MOTESTCD")
    numbers = [k for k, row in enumerate(content["rows"], start=1) if row[at] == "ANTHT"]
    for number in numbers:
        content["rows"][number - 1][at] = "FRONTHT"
    datasets.save("mo", content)
    (found,) = [problem for problem in datasets.read().problems if problem.rule == "sdtm-record"]
    assert (found.row, found.column) == (numbers[0], "MOTESTCD")
    assert f"({len(numbers)} records)" in found.message


def test_another_unit_is_told(datasets):
    number = datasets.set("vs", "VSORRESU", "in", where=lambda r: r["VSTESTCD"] == "HEIGHT" and r["VSORRES"])
    found = datasets.problem("unit")
    assert (found.row, found.column) == (number, "VSORRESU")


def test_two_units_of_the_pain_scale_are_told(datasets):
    datasets.set("qs", "QSORRESU", "mm", where=lambda r: r["QSCAT"] == "PAIN VAS" and r["QSORRES"])
    assert "cm" in datasets.problem("unit").message


def test_a_result_of_a_test_not_done_is_told(datasets):
    number = datasets.set("mo", "MOSTAT", "NOT DONE", where=lambda r: r["MOORRES"])
    assert datasets.problem("sdtm-status").row == number


def test_records_of_one_row_that_differ_are_told(datasets):
    number = datasets.set("mo", "MODTC", "2019-09-09", where=lambda r: r["MOTESTCD"] == "POSHT")
    found = datasets.problem("sdtm-conflict")
    assert (found.row, found.column) == (number, "MODTC")


def test_a_qualifier_of_no_record_is_told(datasets):
    number = datasets.set("suppae", "IDVARVAL", "999")
    assert datasets.problem("sdtm-orphan").row == number


def test_an_unknown_qualifier_is_told(datasets):
    number = datasets.set("suppae", "QNAM", "NICKNAME")
    found = datasets.problem("extra-column")
    assert (found.row, found.column) == (number, "NICKNAME")


def test_an_unknown_variable_is_told_and_a_known_one_without_use_warned_of(datasets):
    content = datasets.load("dm")
    for name in ("BRTHDTC", "RACE"):
        content["columns"].append({"itemOID": name, "name": name, "label": name, "dataType": "string"})
        content["rows"] = [[*row, "x"] for row in content["rows"]]
    datasets.save("dm", content)
    assert datasets.problem("extra-column").column == "BRTHDTC"
    assert (datasets.problem("sdtm-unused").column, datasets.problem("sdtm-unused").severity) == ("RACE", "warning")


def test_a_missing_variable_is_told(datasets):
    content = datasets.load("ae")
    at = [column["name"] for column in content["columns"]].index("AESER")
    content["columns"].pop(at)
    for row in content["rows"]:
        row.pop(at)
    datasets.save("ae", content)
    assert datasets.problem("missing-column").column == "AESER"


def test_a_missing_dataset_and_an_unknown_one_are_told(datasets):
    (datasets.folder / "ce.json").rename(datasets.folder / "lb.json")
    assert {"missing-table", "unknown-file"} <= rules(datasets.read())
    assert datasets.problem("missing-table").table == "CE"


def test_datasets_of_the_trials_design_are_left_alone(datasets):
    (datasets.folder / "ta.json").write_text("{}", encoding="utf-8")
    assert datasets.read().problems == []


def test_a_subject_that_dm_lacks_keeps_its_whole_identifier(datasets):
    datasets.set("vs", "USUBJID", "KYPHO-01-GHOST", where=lambda r: r["VSTESTCD"] == "HEIGHT")
    assert "KYPHO-01-GHOST" in set(whole(datasets.read(), "stature")["subject_id"])
