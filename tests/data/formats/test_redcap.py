"""A REDCap export is understood as a whole, and a problem names its file, its row and REDCap's own field."""

import csv

import pytest

from helpers.data.convert import convert_table
from helpers.data.formats import read_export
from tests.data.formats.cohort import delivered, rules, tables_of, typed, whole


class Flat:
    """A REDCap export under the knife: its one file as rows of text."""

    def __init__(self, folder):
        self.path = folder / "redcap.csv"
        with self.path.open(encoding="utf-8", newline="") as handle:
            self.header, *self.rows = csv.reader(handle)

    def save(self):
        with self.path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows([self.header, *self.rows])

    def find(self, **values):
        """Number of the first row with these values."""
        wanted = {self.header.index(name): value for name, value in values.items()}
        return next(
            k for k, row in enumerate(self.rows, start=2) if all(row[at] == value for at, value in wanted.items())
        )

    def first_with(self, name):
        """Number of the first row that has something in a field."""
        return next(k for k, row in enumerate(self.rows, start=2) if row[self.header.index(name)])

    def set(self, row, name, value):
        self.rows[row - 2][self.header.index(name)] = value
        self.save()
        return row


@pytest.fixture
def raw(codebook, tmp_path):
    delivered(tables_of(codebook), tmp_path, codebook, "redcap")
    return Flat(tmp_path)


@pytest.fixture
def labelled(codebook, tmp_path):
    delivered(tables_of(codebook), tmp_path, codebook, "redcap", coding="label")
    return Flat(tmp_path)


def problem(flat, codebook, rule):
    found = [p for p in read_export(flat.path.parent, codebook, "redcap").problems if p.rule == rule]
    assert found, rule
    return found[0]


def test_a_cell_is_found_in_its_file_row_and_field(raw, codebook):
    row = raw.set(raw.first_with("volume_ml"), "volume_ml", "three")
    export = read_export(raw.path.parent, codebook, "redcap")
    (finding,) = convert_table("procedures", whole(export, "procedures"), codebook)[1]
    place = export.locate("procedures", finding.row, finding.column)
    assert (place.row, place.column) == (row, "volume_ml")
    assert place.file.endswith("redcap.csv")


def test_a_column_with_a_name_of_its_own_in_redcap_is_called_by_it(raw, labelled, codebook):
    export = read_export(raw.path.parent, codebook, "redcap")
    row = int(whole(export, "vas").index[0])
    assert export.locate("vas", row, "vas").column == labelled.header[labelled.header.index("Pain")]
    assert export.locate("vas", row, "visit").column == "Event Name"


@pytest.mark.parametrize(
    ("table", "column", "called"), [("vas", "vas", "vas_vas"), ("vas", "visit", "redcap_event_name")]
)
def test_a_field_is_called_by_its_name_under_names(table, column, called, raw, codebook):
    export = read_export(raw.path.parent, codebook, "redcap")
    assert export.locate(table, int(whole(export, table).index[0]), column).column == called


def test_a_wrong_value_among_labels_does_not_make_the_file_raw(labelled, codebook):
    labelled.set(2, "Sex", "Femelle")
    export = read_export(labelled.path.parent, codebook, "redcap")
    assert export.problems == []
    assert "Femelle" in set(whole(export, "patients")["sex"])
    assert set(whole(export, "patients")["sex"]) - {"Femelle"} <= {"F", "M"}


def test_raw_and_labels_in_one_file_are_told(raw, codebook):
    for k, name in enumerate(raw.header):
        if name in ("redcap_event_name", "redcap_repeat_instrument") or name.endswith("_complete"):
            continue
        if name == "sex":
            for row in raw.rows:
                row[k] = {"F": "Female"}.get(row[k], row[k])
    state = [k for k, name in enumerate(raw.header) if name.endswith("_complete")]
    for row in raw.rows[: len(raw.rows) // 2]:
        for k in state:
            row[k] = {"2": "Complete"}.get(row[k], row[k])
    raw.save()
    assert problem(raw, codebook, "redcap-coding").severity == "error"


def test_an_event_that_is_no_visit_is_reported_at_the_event(raw, codebook):
    row = raw.set(raw.first_with("vas_date"), "redcap_event_name", "d99_arm_1")
    export = read_export(raw.path.parent, codebook, "redcap")
    at = int(whole(export, "vas").index[whole(export, "vas")["visit"] == "d99_arm_1"][0])
    assert export.locate("vas", at, "visit").row == row


def test_events_named_by_the_visits_label_and_other_arms_are_the_same_visits(raw, codebook):
    expected = typed(read_export(raw.path.parent, codebook, "redcap"), codebook)
    at = raw.header.index("redcap_event_name")
    for row in raw.rows:
        row[at] = row[at].replace("d0_arm_1", "before_the_procedu_arm_2").replace("m3_arm_1", "month_3_arm_1b")
    raw.save()
    read = typed(read_export(raw.path.parent, codebook, "redcap"), codebook)
    assert all(expected[name].equals(read[name]) for name in expected)


def test_what_redcap_adds_is_known_by_name(raw, codebook):
    raw.header += ["redcap_data_access_group", "redcap_survey_identifier", "vas_timestamp"]
    raw.rows = [[*row, "lyon", "", "2018-01-01 09:00"] for row in raw.rows]
    raw.save()
    assert read_export(raw.path.parent, codebook, "redcap").problems == []


def test_nothing_else_is_dropped_in_silence(raw, codebook):
    raw.header.append("nickname")
    raw.rows = [[*row, ""] for row in raw.rows]
    raw.save()
    found = problem(raw, codebook, "extra-column")
    assert (found.row, found.column) == (1, "nickname")


def test_an_unknown_instrument_is_named_once_with_its_rows(raw, codebook):
    at = raw.header.index("redcap_repeat_instrument")
    rows = [k for k, row in enumerate(raw.rows, start=2) if row[at] == "leaks"]
    for k in rows:
        raw.rows[k - 2][at] = "leakages"
    raw.save()
    found = problem(raw, codebook, "redcap-instrument")
    assert found.row == rows[0]
    assert f"{len(rows) - 1} more rows" in found.message


def test_data_of_another_table_on_a_repeating_row_are_told(raw, codebook):
    row = raw.set(raw.first_with("verbatim"), "age", "50")
    assert problem(raw, codebook, "redcap-row").row == row


def test_a_record_without_data_is_told(raw, codebook):
    raw.rows.append(["X-1", "whole_trial_arm_1", *[""] * (len(raw.header) - 2)])
    raw.save()
    assert problem(raw, codebook, "redcap-empty-record").row == len(raw.rows) + 1


def test_a_form_left_grey_is_no_row_and_one_marked_complete_is(raw, codebook):
    before = len(whole(read_export(raw.path.parent, codebook, "redcap"), "deaths"))
    alive = raw.find(death_date="", redcap_event_name="whole_trial_arm_1", redcap_repeat_instrument="")
    raw.set(alive, "deaths_complete", "0")
    assert len(whole(read_export(raw.path.parent, codebook, "redcap"), "deaths")) == before
    raw.set(alive, "deaths_complete", "2")
    assert len(whole(read_export(raw.path.parent, codebook, "redcap"), "deaths")) == before + 1


def test_an_export_in_several_files_is_one(raw, codebook):
    expected = typed(read_export(raw.path.parent, codebook, "redcap"), codebook)
    other, half = raw.path.with_name("second.csv"), len(raw.rows) // 2
    rows = raw.rows
    raw.rows = rows[half:]
    raw.path, first = other, raw.path
    raw.save()
    raw.rows, raw.path = rows[:half], first
    raw.save()
    export = read_export(first.parent, codebook, "redcap")
    read = typed(export, codebook)
    assert all(expected[name].equals(read[name]) for name in expected)
    last = int(whole(export, "imaging").index[-1])
    assert export.locate("imaging", last).file.endswith("second.csv")
    assert export.locate("imaging", last).row <= len(rows) - half + 1


def test_a_dictionary_in_the_folder_is_no_data(raw, codebook):
    from helpers.data.formats.redcap_dictionary import dictionary

    (raw.path.parent / "dictionary.csv").write_text(dictionary(codebook), encoding="utf-8")
    export = read_export(raw.path.parent, codebook, "redcap")
    assert rules(export) == {"unknown-file"}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "missing-header"),
        (b"subject_id;age\n1;2\n", "csv"),
        (b"record_id,age\n1,2\n", "missing-column"),
        (b'subject_id,age\n"1,2\n', "csv"),
        (b"subject_id,age\n1,\x00\n", "csv"),
        ("subject_id,age\né,2\n".encode("latin-1"), "encoding"),
        ("subject_id,age\n1,2\n".encode("utf-16"), "encoding"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(content, rule, raw, codebook):
    raw.path.write_bytes(content)
    assert rule in rules(read_export(raw.path.parent, codebook, "redcap"))


def test_a_folder_without_an_export_says_so(codebook, tmp_path):
    assert rules(read_export(tmp_path, codebook, "redcap")) == {"missing-table"}


def test_an_instrument_that_was_not_exported_is_missing(raw, codebook):
    gone = [k for k, name in enumerate(raw.header) if name in ("death_date", "cause")]
    raw.header = [name for k, name in enumerate(raw.header) if k not in gone]
    raw.rows = [[cell for k, cell in enumerate(row) if k not in gone] for row in raw.rows]
    raw.save()
    assert problem(raw, codebook, "missing-table").table == "deaths"
