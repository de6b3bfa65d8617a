"""The data dictionary is one that REDCap imports, and says what the codebook says."""

import csv
import io
import re

import pytest

from helpers.data.formats.redcap_dictionary import HEADER, dictionary, fields
from helpers.errors import ConfigError


@pytest.fixture(scope="module")
def lines(codebook):
    return {row["Variable / Field Name"]: row for row in csv.DictReader(io.StringIO(dictionary(codebook)))}


# The 18 columns of REDCap's template of a data dictionary (Project Setup, Data Dictionary, "Download a template").
def test_the_header_is_that_of_redcap(codebook):
    first = next(csv.reader(io.StringIO(dictionary(codebook))))
    assert tuple(first) == HEADER
    assert len(first) == 18
    assert first[0] == "Variable / Field Name"
    assert first[-1] == "Field Annotation"


def test_the_first_field_is_the_record_and_a_plain_text(lines):
    name, row = next(iter(lines.items()))
    assert (name, row["Field Type"], row["Text Validation Type OR Show Slider Number"]) == ("subject_id", "text", "")


# REDCap's rules: names of small letters, digits and underscores; a form's fields side by side; raw values of a choice
# without spaces; types and validations of its closed lists.
def test_every_line_is_one_that_redcap_accepts(lines):
    forms = [row["Form Name"] for row in lines.values()]
    assert len({form for k, form in enumerate(forms) if k == 0 or forms[k - 1] != form}) == len(set(forms))
    assert sum(k == 0 or forms[k - 1] != form for k, form in enumerate(forms)) == len(set(forms))
    for name, row in lines.items():
        assert re.fullmatch("[a-z]([a-z0-9_]*[a-z0-9])?", name)
        assert len(name) <= 26
        assert row["Field Type"] in {"text", "notes", "radio", "dropdown", "yesno"}
        assert row["Text Validation Type OR Show Slider Number"] in {"", "integer", "number", "date_ymd"}
        assert bool(row["Choices, Calculations, OR Slider Labels"]) == (row["Field Type"] in {"radio", "dropdown"})
        for choice in filter(None, row["Choices, Calculations, OR Slider Labels"].split(" | ")):
            assert re.match(r"[A-Za-z0-9._-]+, \S", choice)
        assert row["Identifier?"] in {"", "y"}
        assert "\n" not in "".join(row.values())


def test_each_column_of_the_codebook_is_one_field_but_keys_that_redcap_says_itself(codebook):
    made = fields(codebook)
    stands = {(field.table, field.column) for field in made}
    for table, declared in codebook.tables.items():
        for column in declared.columns:
            by_event = column in declared.key and declared.columns[column].codes == "visit"
            assert ((table, column) in stands) == (not by_event and (column != "subject_id" or table == "patients"))
    assert len({field.label for field in made}) == len(made)


def test_types_limits_and_choices_are_the_codebooks(lines):
    age = lines["age"]
    assert (age["Text Validation Min"], age["Text Validation Max"]) == ("18", "110")
    assert age["Text Validation Type OR Show Slider Number"] == "integer"
    assert age["Field Note"] == "Unit: years."
    assert lines["randomisation_date"]["Text Validation Min"] == "2016-03-01"
    assert lines["sex"]["Choices, Calculations, OR Slider Labels"] == "F, Female | M, Male"
    assert lines["leak_size"]["Choices, Calculations, OR Slider Labels"].startswith("SIGNIFICANT, Significant")
    assert "NOT_SIGNIFICANT, Not" in lines["leak_size"]["Choices, Calculations, OR Slider Labels"]
    assert lines["symptomatic"]["Field Type"] == "yesno"
    assert lines["verbatim"]["Field Type"] == "notes"
    assert "not over when last asked" in lines["end_date"]["Field Note"]
    assert lines["end_date"]["Required Field?"] == ""


def test_what_could_identify_a_person_is_marked(codebook, lines):
    for field in fields(codebook):
        assert (lines[field.name]["Identifier?"] == "y") == (field.declared.sensitivity in ("pseudonym", "indirect"))


def test_a_changed_label_code_and_range_reach_the_dictionary(codebook):
    table = codebook.tables["patients"]
    age = table.columns["age"].model_copy(update={"label": "Years of age", "max": 99})
    changed = codebook.model_copy(
        update={
            "codelists": codebook.codelists | {"sex": {"F": "Woman", "X": "Not stated"}},
            "tables": codebook.tables
            | {"patients": table.model_copy(update={"columns": table.columns | {"age": age}})},
        }
    )
    rows = {row["Variable / Field Name"]: row for row in csv.DictReader(io.StringIO(dictionary(changed)))}
    assert (rows["age"]["Field Label"], rows["age"]["Text Validation Max"]) == ("Years of age", "99")
    assert rows["sex"]["Choices, Calculations, OR Slider Labels"] == "F, Woman | X, Not stated"


def test_codes_that_redcap_could_not_tell_apart_are_refused(codebook):
    changed = codebook.model_copy(update={"codelists": codebook.codelists | {"sex": {"A B": "One", "a_b": "Other"}}})
    with pytest.raises(ConfigError, match="code list sex"):
        dictionary(changed)
