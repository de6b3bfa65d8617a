"""How rules speak: one mistake is said once, values are shown short, and time grows with the rows."""

import random
import time

import pandas as pd
import pytest

from helpers.data.checks import rules
from helpers.data.checks.catalogue import TITLES, title
from helpers.data.checks.run import run_rules
from helpers.data.convert import convert_table
from helpers.data.shown import quoted, shown
from helpers.data.synthesise import generate
from helpers.data.units import units_of
from helpers.data.validate import check_export


def by_rule(problems):
    return [(p.table, p.rule, p.severity) for p in problems]


def test_every_rule_has_a_title(codebook):
    assert {rule.name for rule in rules()} | codebook.rules.names <= set(TITLES)
    assert title("a-rule-of-tomorrow") == "A rule of tomorrow"


def test_one_wrong_allocation_is_said_once_whatever_the_number_of_vertebrae(export):
    several = next(r["subject_id"] for r in export.rows("eligibility") if int(r["levels_planned"]) >= 3)
    row = export.find("patients", subject_id=several)
    other = {"KP": "VP", "VP": "KP"}[export.rows("patients")[row - 2]["allocated"]]
    export.set("patients", row, allocated=other)
    problems = export.problems()
    assert [(p.table, p.row, p.column, p.rule) for p in problems] == [
        ("patients", row, "allocated", "planned-technique")
    ]


def test_arms_coded_the_other_way_round_are_said_once(export):
    turned = {"KP": "VP", "VP": "KP"}
    export.save("patients", [r | {"allocated": turned[r["allocated"]]} for r in export.rows("patients")])
    problems = export.problems()
    assert [(p.row, p.column, p.rule) for p in problems] == [(None, "allocated", "planned-technique")]
    assert "of 30 patients" in problems[0].message  # one of 31 was never treated


def test_a_patient_without_a_row_is_said_once_a_table_with_the_number_of_rows(export):
    subject = export.rows("patients")[0]["subject_id"]
    images = sum(row["subject_id"] == subject for row in export.rows("imaging"))
    export.drop("patients", subject_id=subject)
    found = [p for p in export.problems() if p.rule == "unknown-patient"]
    assert len({p.table for p in found}) == len(found)
    said = next(p.message for p in found if p.table == "imaging")
    assert said == f"patient {subject} is not in the patients table, in {images} rows."


def test_a_visit_dated_wrongly_on_every_image_is_said_once(export):
    first = export.rows("imaging")[0]
    rows = export.rows("imaging")
    same = [r for r in rows if (r["subject_id"], r["visit"]) == (first["subject_id"], "M3")]
    for row in same:
        row["imaging_date"] = "2016-03-01"
    export.save("imaging", rows)
    found = [p for p in export.problems() if p.table == "imaging" and p.rule == "around-procedure"]
    assert len(found) == 1
    assert found[0].message.endswith(f"in {len(same)} rows.")


def test_one_reader_throughout_is_said_once(export):
    export.drop("imaging", reader="2")
    assert [(p.row, p.rule, p.severity) for p in export.problems()] == [(None, "single-reader", "warning")]


def test_a_decimal_comma_is_named_as_one(export):
    export.save("vas", [r | {"vas": r["vas"].replace(".", ",")} for r in export.rows("vas")])
    problems = export.problems()
    assert {p.rule for p in problems} == {"type"}
    assert problems[0].message.endswith("has a comma for its decimals.")
    assert "decimal point" in problems[0].remedy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("a" * 61, "a" * 60 + " ..."),
        ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
        ("\u202eevil", "\\u202eevil"),  # turns the direction of what follows it
        ("caf\u00e9 39 \u00b0C", "caf\u00e9 39 \u00b0C"),
    ],
)
def test_a_value_is_shown_short_and_without_control_characters(value, expected):
    assert shown(value) == expected
    assert quoted("\x1b[31m") == "'\\x1b[31m'"  # no colour in somebody's terminal


def test_no_message_carries_a_long_value_or_a_control_character(export):
    long = "x" * 5000 + "\x1b[31m"
    for table, column in (("patients", "subject_id"), ("vas", "vas"), ("leaks", "level"), ("deaths", "death_date")):
        export.set(table, 2, **{column: long})
    problems = export.problems()
    assert len(problems) >= 4
    for problem in problems:
        assert len(problem.message) < 400
        assert problem.message.isprintable()


def typed(params, codebook, patients, seed):
    """A larger synthetic trial as text tables and as typed ones."""
    p = params.synthetic.model_copy(update={"patients": patients, "seed": seed})
    text = {}
    for name, table in generate(p, codebook=codebook).items():
        cells = {c: table[c] for c in table}
        for column, declared in codebook.tables[name].columns.items():
            if declared.type == "date":
                cells[column] = pd.to_datetime(table[column]).dt.strftime("%Y-%m-%d")
        text[name] = pd.DataFrame({c: v.astype("object").where(v.notna(), "").astype("str") for c, v in cells.items()})
    return text


# The limits lie far outside the generator's own scatter; of 12,000 images a height or two may cross them.
@pytest.mark.parametrize("seed", [1, 2])
def test_a_good_export_of_a_thousand_patients_has_no_error_and_hardly_a_warning(params, codebook, seed, tmp_path):
    from helpers.data.formats import read_export, write_export

    p = params.synthetic.model_copy(update={"patients": 1000, "seed": seed})
    write_export(generate(p, codebook=codebook), tmp_path, codebook)
    problems = check_export(read_export(tmp_path, codebook), codebook, units_of(params))[1]
    assert [p for p in problems if p.severity == "error"] == []
    assert len(problems) <= 5, by_rule(problems)


def test_time_grows_with_the_rows_even_if_every_row_is_wrong(params, codebook):
    """Every value is drawn from another row: eight times the rows take less than 16 times the time."""
    took = {}
    for patients in (250, 2000):
        text, draw = typed(params, codebook, patients, 1), random.Random(1)
        for table in text.values():
            for column in table.columns[1:]:
                table[column] = draw.sample(list(table[column]), len(table))
        tables = {name: convert_table(name, table, codebook)[0] for name, table in text.items()}
        began = time.process_time()
        assert len(run_rules([tables], codebook)) > patients
        took[patients] = time.process_time() - began
    assert took[2000] < 16 * took[250]
