"""Values, rows, dates and texts that cannot be."""

from helpers.data.units import Units
from tests.data.broken.case import broken

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
