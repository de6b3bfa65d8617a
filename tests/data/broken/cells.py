"""Broken files, cells, keys, references and scores."""

from helpers.data.units import Units
from tests.data.broken.case import broken

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
