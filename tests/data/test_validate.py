"""Every rule has an export that breaks it, made by changing a good one in one place."""

import random

import pytest

from helpers.data import load_datasets
from helpers.data.checks import rules
from helpers.data.derive import derive
from helpers.data.load import read_table
from helpers.data.validate import check, validate
from helpers.errors import ConfigError, InvalidData
from tests.data.broken import cells, rows
from tests.data.broken.case import CASES

MODULES = (cells, rows)  # their cases are registered by importing them


@pytest.mark.parametrize(("rule", "table", "column", "also", "mutate"), CASES)
def test_a_broken_export_is_reported_at_its_place(export, rule, table, column, also, mutate):
    row = mutate(export)
    problems = export.problems(getattr(export, "units", None))
    found = [p for p in problems if p.rule == rule and p.table == table and p.row == row and p.column == column]
    assert found, problems
    assert {p.rule for p in problems} <= {rule} | also
    end = "xlsx" if mutate is cells.a_table_in_another_format else "csv"
    for problem in found:
        assert problem.file == f"data/raw/synthetic/{table}.{end}"
        assert problem.message.endswith((".", ")"))
        assert problem.remedy.endswith(".")


def test_every_rule_has_a_broken_export(codebook):
    declared = codebook.rules.names
    broken_rules = {case.values[0] for case in CASES}
    assert declared | {rule.name for rule in rules()} <= broken_rules


def test_a_good_export_has_no_problem(export):
    assert export.problems() == []


def test_the_message_of_pain_out_of_range_names_place_rule_and_both_remedies(export):
    a_row = cells.pain_above_the_scale(export)
    assert [str(p) for p in export.problems()] == [
        f"data/raw/synthetic/vas.csv, row {a_row}, column vas: 87 is outside 0..10. "
        "The codebook declares cm; if the export is in mm, set data.vas_unit: mm in params.yaml."
    ]


def test_all_problems_are_listed_not_the_first(export):
    export.set("vas", 5, vas="11")
    export.set("patients", 2, sex="X")
    export.set("patients", 9, age="")
    assert [(p.table, p.row, p.rule) for p in export.problems()] == [
        ("patients", 2, "code"),
        ("patients", 9, "required"),
        ("vas", 5, "range"),
    ]


def test_pain_declared_in_mm_is_divided_by_ten_and_nothing_else_changes(export, project, params):
    validate(params)
    cm = {table: read_table(project / "data" / "interim" / f"{table}.parquet") for table in ("vas", "eligibility")}
    for table in ("vas", "eligibility"):
        export.save(table, [row | {"vas": str(round(float(row["vas"]) * 10))} for row in export.rows(table)])
    with pytest.raises(InvalidData):
        validate(params)
    validate(params.model_copy(update={"data": params.data.model_copy(update={"vas_unit": "mm"})}))
    for table, expected in cm.items():
        assert read_table(project / "data" / "interim" / f"{table}.parquet").equals(expected)


def test_a_column_with_cm_and_mm_mixed_is_an_error_at_each_row_in_mm(export):
    export.set("vas", 2, vas="78")
    export.set("vas", 7, vas="31")
    assert [(p.row, p.rule) for p in export.problems()] == [(2, "range"), (7, "range")]


def test_baseline_pain_below_4_is_legal_with_sins_of_7_or_more(export):
    low = [r for r in export.rows("eligibility") if float(r["vas"]) < 4]
    assert low
    assert all(int(r["sins_total"]) >= 7 for r in low)
    assert export.problems() == []


def test_an_invalid_export_touches_nothing(export, project, params):
    validate(params)
    before = {p.name: p.read_bytes() for p in (project / "data" / "interim").iterdir()}
    export.set("vas", 2, vas="87")
    with pytest.raises(InvalidData, match="1 problem in the export") as caught:
        validate(params)
    assert [p.rule for p in caught.value.problems] == ["range"]
    assert {p.name: p.read_bytes() for p in (project / "data" / "interim").iterdir()} == before
    assert [p.name for p in (project / "data").iterdir() if p.name.startswith(".")] == []


def test_a_warning_does_not_stop_the_pipeline_and_is_in_the_report(export, params):
    cells.a_stratum_that_does_not_fit_the_vertebrae(export)
    report = validate(params)
    assert [(p.rule, p.severity) for p in report.warnings] == [("stratum", "warning")]


def test_the_report_counts_the_rows_of_every_table_and_no_row_is_lost(export, project, params):
    report = validate(params)
    for table in export.codebook.tables:
        delivered = len(export.rows(table))
        assert report.rows[table] == delivered
        assert len(read_table(project / "data" / "interim" / f"{table}.parquet")) == delivered


def test_tables_without_rows_are_legal_and_can_be_analysed(export, project, params):
    for table in ("leaks", "adverse_events", "deaths", "withdrawals", "missed_visits"):
        export.save(table, [])
    # what is left unexplained is warned of, nothing else is wrong
    assert {(p.rule, p.severity) for p in validate(params).warnings} == {("unexplained-absence", "warning")}
    derive(params)
    data = load_datasets("adsl", "adproc", "adleak", "adae")
    assert (len(data.adleak), len(data.adae)) == (0, 0)
    assert set(data.adproc["LEAKFL"]) == {"N"}
    assert set(data.adsl["DTHFL"]) == {"N"}


JUNK = ["", "NA", "0", "-1", "999999999999999", "1e5", "T1", "D0", "ALL", "SYN-01-001", "2016-13-01", "9999-12-31"]
JUNK += ["{subject_id}", "%s", "a,b", '"', "\n", "\u00e9"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_in_the_cells_the_answer_is_a_list_of_problems(export, seed):
    """Never an exception: up to 25 cells, rows or whole columns are spoilt at random."""
    draw = random.Random(seed)
    for _ in range(25):
        table = draw.choice(list(export.codebook.tables))
        rows = export.rows(table)
        if not rows:
            continue
        spoilt, column = draw.choice(rows), draw.choice(list(rows[0]))
        what = draw.random()
        if what < 0.8:
            spoilt[column] = draw.choice(JUNK)
        elif what < 0.85:
            rows = []
        elif what < 0.9 and len(rows[0]) > 1:
            rows = [{c: v for c, v in row.items() if c != column} for row in rows]
        else:
            rows.append(dict(spoilt))
        export.save(table, rows)
    problems = export.problems()
    assert problems
    assert all(str(p).startswith("data/raw/synthetic/") and p.remedy for p in problems)


def test_spaces_around_a_value_and_a_byte_order_mark_are_ignored(export):
    path = export.folder / "vas.csv"
    path.write_text("\ufeff" + path.read_text().replace(",D0,", ", D0 ,"), encoding="utf-8")
    assert export.problems() == []


def test_check_reads_a_folder_and_writes_nothing(export, project, params):
    before = sorted(str(p) for p in project.rglob("*"))
    export.set("vas", 2, vas="87")
    found = check("data/raw/synthetic", params)
    assert [p.rule for p in found.problems] == ["range"]
    assert (found.errors, found.warnings, found.exit_code) == (1, 0, 2)
    assert (found.source, found.format, found.patients, found.synthetic) == ("data/raw/synthetic", "csv", 31, True)
    assert sorted(str(p) for p in project.rglob("*")) == before


def test_a_folder_that_does_not_exist_is_named(project, params):
    with pytest.raises(ConfigError, match=r"nowhere: there is no such folder.*data\.source"):
        check("nowhere", params)
