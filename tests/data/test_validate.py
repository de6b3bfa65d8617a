"""Every rule has an export that breaks it, made by changing a good one in one place."""

import random

import pytest

from helpers.data import load_datasets
from helpers.data.checks import rules
from helpers.data.derive import derive
from helpers.data.load import read_table
from helpers.data.units import Units
from helpers.data.validate import check, validate
from helpers.errors import ConfigError, InvalidData

CASES = []


def broken(rule, table, column=None, *, also=()):
    """Register a mutation returning the spreadsheet row at which `rule` must be reported; `also` may follow from it."""

    def register(mutate):
        CASES.append(pytest.param(rule, table, column, set(also), mutate, id=mutate.__name__))
        return mutate

    return register


# files, header, shape


@broken("unknown-file", "pain")
def a_table_the_codebook_does_not_know(export):
    (export.folder / "pain.csv").write_text("subject_id,pain\n")


@broken("unknown-file", "vas")
def a_table_in_another_format(export):
    (export.folder / "vas.xlsx").write_bytes(b"PK")


@broken("missing-table", "leaks")
def a_table_that_is_missing(export):
    (export.folder / "leaks.csv").unlink()


@broken("missing-header", "withdrawals")
def an_empty_file(export):
    (export.folder / "withdrawals.csv").write_text("")


@broken("encoding", "adverse_events")
def a_file_in_latin_1(export):
    path = export.folder / "adverse_events.csv"
    path.write_bytes(path.read_text().replace("as reported", "rapporté").encode("latin-1"))


@broken("csv", "vas")
def semicolons_between_columns(export):
    path = export.folder / "vas.csv"
    path.write_text(path.read_text().replace(",", ";"))
    return 1


@broken("csv", "stature")
def a_quote_that_never_closes(export):
    path = export.folder / "stature.csv"
    path.write_text(path.read_text() + '"SYN-01-001,D0')


@broken("missing-column", "vas", "vas_date")
def a_column_that_is_missing(export):
    rows = export.rows("vas")
    export.save("vas", [{c: v for c, v in row.items() if c != "vas_date"} for row in rows])


@broken("extra-column", "vas", "comment")
def a_column_the_codebook_does_not_know(export):
    export.save("vas", [row | {"comment": ""} for row in export.rows("vas")])
    return 1


@broken("duplicate-column", "deaths", "cause")
def a_column_that_comes_twice(export):
    path = export.folder / "deaths.csv"
    head, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head + ",cause", *(line + ",OTHER" for line in rest)]) + "\n")
    return 1


@broken("empty-row", "vas")
def an_empty_row_between_others(export):
    path = export.folder / "vas.csv"
    head, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, first, ",,,", *rest]) + "\n")
    return 3


@broken("row-length", "leaks")
def a_row_with_a_cell_too_many(export):
    path = export.folder / "leaks.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], lines[4] + ",more", *lines[5:]]) + "\n")
    return 5


@broken("both-arms", "patients")
def a_table_without_a_patient(export):
    path = export.folder / "patients.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")


@broken("both-arms", "patients", "allocated", also={"planned-technique"})
def an_export_of_one_arm(export):
    path = export.folder / "patients.csv"
    path.write_text(path.read_text().replace(",VP", ",KP"))


# cells


@broken("type", "patients", "age")
def an_age_with_decimals(export):
    return export.set("patients", 3, age="61.5")


@broken("type", "vas", "vas")
def a_decimal_comma(export):
    return export.set("vas", 4, vas="3,4")


@broken("type", "deaths", "death_date", also={"required"})
def a_date_in_french_order(export):
    return export.set("deaths", 2, death_date="17/03/2018")


@broken("type", "stature", "stature_date")
def a_day_that_does_not_exist(export):
    return export.set("stature", 2, stature_date="2018-02-30")


@broken("type", "dallas", "item_03")
def a_word_for_a_missing_value(export):
    return export.set("dallas", 2, item_03="NA")


@broken("required", "eligibility", "ecog")
def an_empty_required_cell(export):
    return export.set("eligibility", 5, ecog="")


@broken("range", "vas", "vas")
def pain_above_the_scale(export):
    return export.set("vas", 17, vas="87")


@broken("range", "dallas", "item_09")
def a_dallas_item_above_its_own_maximum(export):
    return export.set("dallas", 6, item_09="7")  # items 8 and 10 go to 7, item 9 to 6


@broken("range", "procedures", "volume_ml")
def no_cement_at_all(export):
    return export.set("procedures", 2, volume_ml="0")


@broken("range", "patients", "randomisation_date", also={"date-order"})
def a_randomisation_before_the_trial(export):
    row = export.set("patients", 2, randomisation_date="2016-02-28")
    export.set("eligibility", 2, assessment_date="2016-02-28")
    return row


@broken("code", "leaks", "level", also={"leak-level"})
def a_vertebra_that_does_not_exist(export):
    return export.set("leaks", 2, level="T13")


@broken("code", "eligibility", "sins_pain", also={"sins-total"})
def a_sins_component_with_a_score_that_does_not_exist(export):
    # one page lists "No = 2"; the score has 0, 1 and 3
    return export.set("eligibility", 3, sins_pain="2")


@broken("code", "adverse_events", "serious")
def a_flag_that_is_neither_y_nor_n(export):
    return export.set("adverse_events", 2, serious="1")


@broken(
    "pattern", "patients", "subject_id", also={"unknown-patient", "patient-without-eligibility", "unexplained-absence"}
)
def a_subject_identifier_with_a_space(export):
    return export.set("patients", 2, subject_id="SYN 01 001")


# keys and references


@broken("key", "vas", "visit", also={"visit-order"})
def a_visit_rated_twice(export):
    return export.append("vas", **export.rows("vas")[0])


@broken("key", "patients", "subject_id")
def a_patient_entered_twice(export):
    return export.append("patients", **export.rows("patients")[0])


@broken("unknown-patient", "stature", "subject_id")
def a_form_of_a_patient_nobody_knows(export):
    return export.append("stature", subject_id="SYN-09-001", visit="D0", stature_date="2018-01-01", stature_cm="170.0")


@broken("patient-without-eligibility", "patients", "subject_id")
def a_patient_without_eligibility(export):
    subject = export.rows("patients")[4]["subject_id"]
    export.drop("eligibility", subject_id=subject)
    return export.find("patients", subject_id=subject)


@broken("leak-level", "leaks", "level")
def a_leak_at_a_level_that_was_never_treated(export):
    leak = export.rows("leaks")[0]
    treated = {row["level"] for row in export.rows("procedures") if row["subject_id"] == leak["subject_id"]}
    return export.set("leaks", 2, level=next(level for level in export.codebook.levels if level not in treated))


@broken("leak-of-event", "adverse_events", "leak_number")
def an_event_of_a_leak_that_does_not_exist(export):
    return export.set("adverse_events", export.find("adverse_events", leak_number=""), leak_number="98")


# scores and protocol


@broken("sins-total", "eligibility", "sins_total")
def a_sins_total_that_is_not_the_sum(export):
    row = export.rows("eligibility")[2]
    return export.set("eligibility", 4, sins_total=str(int(row["sins_total"]) + 1))


@broken("sins-location", "eligibility", "sins_location")
def location_points_of_another_vertebra(export):
    row = next(k for k, r in enumerate(export.rows("eligibility"), 2) if r["sins_location"] == "3")
    # T6 is semirigid: 1 point
    return export.set("eligibility", row, sins_level="T6")


@broken("pain-or-instability", "eligibility", "vas")
def a_patient_with_neither_pain_nor_instability(export):
    parts = dict(sins_level="T6", sins_location="1", sins_pain="1", sins_lesion="0", sins_alignment="0")
    return export.set("eligibility", 6, vas="3.9", **parts, sins_collapse="2", sins_posterolateral="0", sins_total="4")


@broken("stratum", "patients", "stratum_levels")
def a_stratum_that_does_not_fit_the_vertebrae(export):
    return export.set("patients", export.find("patients", stratum_levels="1-3"), stratum_levels="4-6")


@broken("planned-technique", "procedures", "planned_technique")
def a_planned_technique_that_was_not_allocated(export):
    return export.set("procedures", export.find("procedures", planned_technique="VP"), planned_technique="KP")


@broken("grade-of-term", "adverse_events", "grade", also={"seriousness"})
def a_grade_the_term_does_not_have(export):
    return export.set("adverse_events", export.find("adverse_events", term="Back pain"), grade="4")


@broken("fatal-event", "adverse_events", "grade", also={"seriousness"})
def grade_5_without_a_death(export):
    dead = {row["subject_id"] for row in export.rows("deaths")}
    row = next(
        k
        for k, r in enumerate(export.rows("adverse_events"), 2)
        if r["subject_id"] not in dead and r["term"] == "Fever"
    )
    return export.set("adverse_events", row, grade="5", caused_death="Y")


@broken("fatal-event", "adverse_events", "caused_death")
def a_death_from_an_event_that_is_not_grade_5(export):
    return export.set("adverse_events", export.find("adverse_events", grade="5"), grade="4")


@broken("symptomatic-leak", "leaks", "symptomatic")
def a_symptomatic_leak_without_an_event(export):
    leaks = {row["subject_id"] for row in export.rows("leaks") if row["symptomatic"] == "N"}
    subject = sorted(leaks)[0]
    return export.set("leaks", export.find("leaks", subject_id=subject, symptomatic="N"), symptomatic="Y")


@broken("symptomatic-leak", "leaks", "symptomatic")
def an_event_of_a_leak_without_symptoms(export):
    return export.set("leaks", export.find("leaks", symptomatic="Y"), symptomatic="N")


@broken("unit", "vas", "vas")
def a_column_in_cm_under_a_declaration_of_mm(export):
    export.units = Units({"vas_unit": "mm"})


# values that do not go together


def image(export, **where):
    """Spreadsheet row and cells of the first image of these values whose heights and angle came."""
    for row, cells in enumerate(export.rows("imaging"), start=2):
        if all(cells[c] == v for c, v in where.items()) and float(cells["kyphosis_deg"]) > 8:
            return row, cells


@broken("implausible-change", "imaging", "middle_mm", also={"readers-disagree"})
def a_vertebra_that_grew_by_two_centimetres(export):
    row, cells = image(export, visit="M3")
    return export.set("imaging", row, middle_mm=f"{float(cells['middle_mm']) + 20:.1f}")


@broken("implausible-change", "stature", "stature_cm")
def a_patient_who_grew_by_ten_centimetres(export):
    row = export.find("stature", visit="M3")
    return export.set("stature", row, stature_cm=f"{float(export.rows('stature')[row - 2]['stature_cm']) + 10:.1f}")


@broken("readers-disagree", "imaging", "posterior_mm", also={"implausible-change"})
def two_readings_of_one_image_far_apart(export):
    row, cells = image(export, visit="D0", reader="2")
    return export.set("imaging", row, posterior_mm=f"{float(cells['posterior_mm']) + 13:.1f}")


@broken("heights", "imaging", "anterior_mm", also={"implausible-change", "readers-disagree"})
def an_anterior_height_far_above_the_posterior_one(export):
    row, _ = image(export, visit="D0")
    return export.set("imaging", row, anterior_mm="44.0", posterior_mm="20.0")


@broken("heights", "imaging", "anterior_mm")
def anterior_and_posterior_heights_exchanged(export):
    rows = export.rows("imaging")
    export.save("imaging", [r | {"anterior_mm": r["posterior_mm"], "posterior_mm": r["anterior_mm"]} for r in rows])


@broken("angle-sign", "imaging", "kyphosis_deg", also={"readers-disagree", "implausible-change"})
def an_angle_with_the_opposite_sign(export):
    row, cells = image(export, visit="D0", reader="1")
    return export.set("imaging", row, kyphosis_deg=f"-{cells['kyphosis_deg']}")


@broken("angle-sign", "imaging", "kyphosis_deg", also={"implausible-change"})
def both_readers_with_the_opposite_sign_at_one_visit(export):
    rows = export.rows("imaging")
    at = next(k for k, r in enumerate(rows) if r["visit"] == "M3" and float(r["kyphosis_deg"]) > 14)
    same = ("subject_id", "level", "visit")
    found = [k for k, r in enumerate(rows) if all(r[c] == rows[at][c] for c in same)]
    for k in found:
        rows[k]["kyphosis_deg"] = f"-{rows[k]['kyphosis_deg']}"
    export.save("imaging", rows)
    return found[0] + 2


@broken("angle-sign", "imaging", "kyphosis_deg")
def an_export_with_kyphosis_negative(export):
    export.save("imaging", [r | {"kyphosis_deg": f"{-float(r['kyphosis_deg']):.1f}"} for r in export.rows("imaging")])


@broken("angle-sign", "imaging", "kyphosis_deg", also={"readers-disagree"})
def a_reader_with_kyphosis_negative(export):
    rows = export.rows("imaging")
    for row in rows:
        if row["reader"] == "2":
            row["kyphosis_deg"] = f"{-float(row['kyphosis_deg']):.1f}"
    export.save("imaging", rows)


@broken("dallas-score", "dallas", "dpqda")
def a_score_of_the_site_that_is_not_that_of_the_items(export):
    row = next(k for k, r in enumerate(export.rows("dallas"), 2) if all(r[f"item_{n:02d}"] != "" for n in range(1, 8)))
    points = sum(int(export.rows("dallas")[row - 2][f"item_{n:02d}"]) for n in range(1, 8))
    return export.set("dallas", row, dpqda=str(3 * points + 3 if points < 20 else 3))


@broken("dallas-score", "dallas", "dpqwl")
def a_score_of_the_site_where_the_items_give_none(export):
    return export.set("dallas", export.find("dallas", item_10=""), dpqwl="60")


@broken("death-cause", "deaths", "cause")
def a_death_from_an_event_that_nobody_reported(export):
    return export.set("deaths", export.find("deaths", cause="PROGRESSION"), cause="ADVERSE EVENT")


@broken("fatal-event", "adverse_events", "outcome")
def a_fatal_outcome_without_a_death(export):
    return export.set("adverse_events", export.find("adverse_events", outcome="RECOVERED"), outcome="FATAL")


@broken("seriousness", "adverse_events", "serious")
def a_death_that_is_not_serious(export):
    return export.set("adverse_events", export.find("adverse_events", grade="5"), serious="N")


@broken("mixed-units", "vas", "vas", also={"range"})
def a_site_in_mm_among_others_in_cm(export):
    rows = export.rows("vas")
    for row in rows:
        if row["subject_id"].startswith("SYN-02"):
            row["vas"] = f"{float(row['vas']) * 10:.0f}"
    export.save("vas", rows)


def _in_mm(export):
    export.units = Units({"vas_unit": "mm"})
    for table in ("vas", "eligibility"):
        export.save(table, [r | {"vas": f"{float(r['vas']) * 10:.0f}"} for r in export.rows(table)])


@broken("mixed-units", "vas", "vas")
def a_site_in_cm_among_others_in_mm(export):
    _in_mm(export)
    rows = export.rows("vas")
    for row in rows:
        if row["subject_id"].startswith("SYN-02"):
            row["vas"] = f"{float(row['vas']) / 10:.1f}"
    export.save("vas", rows)


@broken("mixed-units", "vas", "vas")
def a_value_in_cm_among_others_in_mm(export):
    _in_mm(export)
    return export.set("vas", export.find("vas", visit="D0"), vas="7.8")


@broken("mixed-units", "vas", "vas")
def pain_a_tenth_of_that_at_inclusion(export):
    _in_mm(export)
    row = export.find("vas", visit="D0")
    subject = export.rows("vas")[row - 2]["subject_id"]
    export.set("eligibility", export.find("eligibility", subject_id=subject), vas="80")
    return export.set("vas", row, vas="8")


# counts and duplicates


@broken("numbering", "leaks", "leak_number")
def a_leak_number_that_is_missing(export):
    rows = export.rows("leaks")
    last = {r["subject_id"]: k for k, r in enumerate(rows)}
    at = next(k for k in last.values() if rows[k]["symptomatic"] == "N")
    return export.set("leaks", at + 2, leak_number="9")


@broken("numbering", "adverse_events", "ae_number")
def an_event_number_that_is_missing(export):
    rows = export.rows("adverse_events")
    last = {r["subject_id"]: k for k, r in enumerate(rows)}
    return export.set("adverse_events", last[rows[0]["subject_id"]] + 2, ae_number="9")


@broken("levels-treated", "eligibility", "levels_planned")
def fewer_vertebrae_treated_than_planned(export):
    return export.set("eligibility", export.find("eligibility", levels_planned="1"), levels_planned="2")


@broken("imaging-level", "imaging", "level")
def images_of_a_vertebra_that_was_not_treated(export):
    first = export.rows("imaging")[0]
    treated = {row["level"] for row in export.rows("procedures") if row["subject_id"] == first["subject_id"]}
    level = next(level for level in export.codebook.levels if level not in treated)
    row = export.append("imaging", **first | {"level": level, "reader": "1"})
    export.append("imaging", **first | {"level": level, "reader": "2"})
    return row


@broken("missing-level", "imaging", "level")
def a_visit_without_images_of_one_vertebra(export):
    several = next(r["subject_id"] for r in export.rows("eligibility") if r["levels_planned"] == "2")
    images = [r for r in export.rows("imaging") if r["subject_id"] == several and r["visit"] == "D1"]
    export.drop("imaging", subject_id=several, visit="D1", level=images[0]["level"])
    return export.find("imaging", subject_id=several, visit="D1")


@broken("single-reader", "imaging", "reader")
def an_image_that_one_reader_read(export):
    image = export.rows("imaging")[0]
    export.drop("imaging", **{c: image[c] for c in ("subject_id", "level", "visit")}, reader="1")
    return 2


@broken("duplicate-row", "leaks", "leak_number")
def a_leak_entered_twice_under_two_numbers(export):
    rows = export.rows("leaks")
    last = {r["subject_id"]: k for k, r in enumerate(rows)}
    leak = next(rows[k] for k in last.values() if rows[k]["symptomatic"] == "N")
    return export.append("leaks", **leak | {"leak_number": str(int(leak["leak_number"]) + 1)})


@broken("twin-patients", "patients", "subject_id")
def a_patient_under_two_identifiers(export):
    subject = export.rows("patients")[2]["subject_id"]
    for table in export.codebook.tables:
        rows = export.rows(table)
        twin = [row | {"subject_id": "SYN-01-900"} for row in rows if row["subject_id"] == subject]
        export.save(table, rows + twin)
    return len(export.rows("patients")) + 1


# direct identifiers and text


@broken("direct-identifier", "patients", "Nom de naissance")
def a_column_with_names(export):
    export.save("patients", [row | {"Nom de naissance": "x"} for row in export.rows("patients")])
    return 1


@broken("direct-identifier", "adverse_events", "verbatim")
def a_text_that_names_the_patient(export):
    return export.set("adverse_events", 3, verbatim="Mme Dupont is feverish")


@broken(
    "direct-identifier",
    "patients",
    "subject_id",
    also={"unknown-patient", "patient-without-eligibility", "unexplained-absence"},
)
def a_subject_identifier_of_initials_and_date_of_birth(export):
    return export.set("patients", 4, subject_id="JD-17031954")


@broken("length", "adverse_events", "verbatim")
def a_text_longer_than_any_event(export):
    return export.set("adverse_events", 3, verbatim="fever " * 200)


# dates and visits


@broken("after-withdrawal", "vas", "vas_date", also={"visit-window", "visit-order"})
def pain_rated_after_withdrawal(export):
    treated = {row["subject_id"] for row in export.rows("procedures")}
    left = next(r["subject_id"] for r in export.rows("withdrawals") if r["subject_id"] in treated)
    rows = [k for k, r in enumerate(export.rows("vas"), 2) if r["subject_id"] == left]
    return export.set("vas", rows[-1], vas_date="2020-11-30")


@broken("visit-window", "stature", "stature_date")
def a_month_3_visit_in_the_seventh_month(export):
    row = export.find("stature", visit="M3")
    year, month, day = map(int, export.rows("stature")[row - 2]["stature_date"].split("-"))
    month += 4
    year, month = (year, month) if month <= 12 else (year + 1, month - 12)
    return export.set("stature", row, stature_date=f"{year}-{month:02d}-{min(day, 28):02d}")


@broken("leak-visit", "leaks", "found_visit")
def a_leak_found_at_a_visit_without_images(export):
    imaged = {(r["subject_id"], r["visit"]) for r in export.rows("imaging")}
    row = next(k for k, r in enumerate(export.rows("leaks"), 2) if (r["subject_id"], "M3") not in imaged)
    return export.set("leaks", row, found_visit="M3")


@broken("date-order", "procedures", "procedure_date", also={"around-procedure", "visit-window"})
def a_procedure_before_randomisation(export):
    once = [r["subject_id"] for r in export.rows("procedures")]
    subject = next(s for s in once if once.count(s) == 1)
    return export.set("procedures", export.find("procedures", subject_id=subject), procedure_date="2016-03-02")


@broken("date-order", "adverse_events", "end_date")
def an_event_that_ends_before_it_begins(export):
    row = next(k for k, r in enumerate(export.rows("adverse_events"), 2) if r["end_date"])
    return export.set("adverse_events", row, end_date="2016-03-02")


@broken("date-order", "leaks", "found_date")
def a_leak_found_before_the_procedure(export):
    return export.set("leaks", 2, found_date="2016-03-05")


@broken("after-death", "vas", "vas_date", also={"visit-order", "visit-window"})
def pain_rated_after_death(export):
    death = export.rows("deaths")[0]
    row = export.find("vas", subject_id=death["subject_id"], visit="D1")
    return export.set("vas", row, vas_date="2020-11-30")


@broken("visit-order", "stature", "stature_date", also={"around-procedure"})
def month_3_before_the_procedure(export):
    row = export.find("stature", visit="M3")
    return export.set("stature", row, stature_date="2016-03-01")


@broken("around-procedure", "dallas", "dallas_date")
def a_baseline_after_the_procedure(export):
    row = export.rows("dallas")[0]
    day = next(r["procedure_date"] for r in export.rows("procedures") if r["subject_id"] == row["subject_id"])
    return export.set("dallas", 2, dallas_date=f"{day[:8]}{int(day[8:]) + 2:02d}")


@broken("missed-yet-delivered", "missed_visits", "form")
def a_form_both_missed_and_delivered(export):
    return export.append("missed_visits", subject_id="SYN-01-001", visit="D0", form="VAS", reason="NOT DONE")


@broken("unexplained-absence", "patients")
def a_form_absent_without_a_reason(export):
    missed = export.rows("missed_visits")
    export.save("missed_visits", missed[1:])
    return export.find("patients", subject_id=missed[0]["subject_id"])


@pytest.mark.parametrize(("rule", "table", "column", "also", "mutate"), CASES)
def test_a_broken_export_is_reported_at_its_place(export, rule, table, column, also, mutate):
    row = mutate(export)
    problems = export.problems(getattr(export, "units", None))
    found = [p for p in problems if p.rule == rule and p.table == table and p.row == row and p.column == column]
    assert found, problems
    assert {p.rule for p in problems} <= {rule} | also
    for problem in found:
        assert problem.file == f"data/raw/synthetic/{table}.{'xlsx' if mutate is a_table_in_another_format else 'csv'}"
        assert problem.message.endswith((".", ")"))
        assert problem.remedy.endswith(".")


def test_every_rule_has_a_broken_export(codebook):
    declared = codebook.rules.names
    broken_rules = {case.values[0] for case in CASES}
    assert declared | {rule.name for rule in rules()} <= broken_rules


def test_a_good_export_has_no_problem(export):
    assert export.problems() == []


def test_the_message_of_pain_out_of_range_names_place_rule_and_both_remedies(export):
    a_row = pain_above_the_scale(export)
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
    a_stratum_that_does_not_fit_the_vertebrae(export)
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
