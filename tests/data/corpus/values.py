"""Damage to the values of an export, the same in whatever format it is delivered."""

import numpy as np
import pandas as pd

from tests.data.corpus.case import spoilt

DAY = np.timedelta64(1, "D")


def put(tables, table, at, **cells):
    """Change cells of a row, by its position, and give the position."""
    for column, value in cells.items():
        tables[table][column] = tables[table][column].astype("object")
        tables[table].iat[at, tables[table].columns.get_loc(column)] = value
        if column.endswith("_date"):
            tables[table][column] = pd.to_datetime(tables[table][column])
    return at


def add(tables, table, row):
    """Put a row at the end and give its position."""
    tables[table] = pd.concat([tables[table], pd.DataFrame([row])], ignore_index=True)
    return len(tables[table]) - 1


def first(table, chosen):
    """Position of the first row that fits."""
    return int(np.flatnonzero(chosen.to_numpy(dtype=bool))[0])


@spoilt("range", "patients")
def an_age_below_18(t):
    return put(t, "patients", 0, age=17)


@spoilt("range", "vas")
def pain_in_mm_among_cm(t):
    return put(t, "vas", 3, vas=87.0)


@spoilt("range", "dallas")
def an_item_above_its_own_maximum(t):
    return put(t, "dallas", 2, item_09=7)


@spoilt("range", "deaths")
def a_death_after_the_end_of_the_trial(t):
    return put(t, "deaths", 0, death_date=np.datetime64("2029-01-01"))


@spoilt("required", "eligibility")
def an_empty_performance_status(t):
    return put(t, "eligibility", 4, ecog=None)


@spoilt("unknown-patient", "stature")
def a_stature_of_a_patient_nobody_knows(t):
    return put(t, "stature", 5, subject_id="SYN-09-999")


@spoilt("leak-level", "leaks")
def a_leak_at_a_vertebra_that_was_not_treated(t):
    treated = set(t["procedures"].loc[t["procedures"]["subject_id"] == t["leaks"]["subject_id"][0], "level"])
    return put(t, "leaks", 0, level=next(level for level in ("T3", "T4", "T5", "T6", "L5") if level not in treated))


@spoilt("leak-of-event", "adverse_events")
def an_event_of_a_leak_nobody_recorded(t):
    return put(t, "adverse_events", first(t, t["adverse_events"]["leak_number"].isna()), leak_number=98)


@spoilt("sins-total", "eligibility")
def a_total_that_is_not_the_sum(t):
    return put(t, "eligibility", 2, sins_total=int(t["eligibility"]["sins_total"][2]) + 1)


@spoilt("stratum", "patients", severity="warning")
def a_stratum_of_another_number_of_vertebrae(t):
    return put(t, "patients", first(t, t["patients"]["stratum_levels"] == "1-3"), stratum_levels="4-6")


@spoilt("planned-technique", "procedures")
def a_technique_that_was_not_allocated(t):
    at = first(t, t["procedures"].duplicated("subject_id"))
    planned = t["procedures"]["planned_technique"][at]
    return put(t, "procedures", at, planned_technique={"KP": "VP", "VP": "KP"}[planned])


@spoilt("date-order", "procedures")
def a_procedure_before_randomisation(t):
    once = ~t["procedures"].duplicated("subject_id", keep=False)
    return put(t, "procedures", first(t, once), procedure_date=np.datetime64("2016-03-02"))


@spoilt("after-death", "vas")
def pain_rated_by_a_dead_patient(t):
    dead = t["deaths"].iloc[0]
    at = first(t, (t["vas"]["subject_id"] == dead["subject_id"]) & (t["vas"]["visit"] == "D1"))
    return put(t, "vas", at, vas_date=dead["death_date"] + 30 * DAY)


@spoilt("fatal-event", "adverse_events")
def a_fatal_event_of_a_living_patient(t):
    events = t["adverse_events"]
    at = first(t, (events["term"] == "Fever") & ~events["subject_id"].isin(t["deaths"]["subject_id"]))
    return put(t, "adverse_events", at, grade=5, caused_death="Y", outcome="FATAL", serious="Y")


@spoilt("seriousness", "adverse_events", severity="warning")
def a_death_that_is_not_serious(t):
    return put(t, "adverse_events", first(t, t["adverse_events"]["grade"] == 5), serious="N")


@spoilt("dallas-score", "dallas")
def a_score_that_is_not_that_of_the_items(t):
    whole = t["dallas"][[f"item_{k:02d}" for k in range(1, 8)]].notna().all(axis=1)
    at = first(t, whole)
    points = int(t["dallas"].loc[at, [f"item_{k:02d}" for k in range(1, 8)]].sum())
    return put(t, "dallas", at, dpqda=3.0 * points + 3 if points < 20 else 3.0)


@spoilt("angle-sign", "imaging", severity="warning")
def an_angle_with_the_opposite_sign(t):
    at = first(t, (t["imaging"]["kyphosis_deg"] > 10) & (t["imaging"]["reader"] == 1))
    return put(t, "imaging", at, kyphosis_deg=-float(t["imaging"]["kyphosis_deg"][at]))


@spoilt("implausible-change", "stature", severity="warning")
def a_patient_twelve_centimetres_taller(t):
    at = first(t, t["stature"]["visit"] == "M3")
    return put(t, "stature", at, stature_cm=float(t["stature"]["stature_cm"][at]) + 12)


@spoilt("visit-window", "dallas", severity="warning")
def a_questionnaire_four_months_late(t):
    at = first(t, t["dallas"]["visit"] == "M3")
    return put(t, "dallas", at, dallas_date=t["dallas"]["dallas_date"][at] + 90 * DAY)


@spoilt("direct-identifier", "adverse_events")
def a_text_that_names_the_patient(t):
    return put(t, "adverse_events", 1, verbatim="Mme Dupont, née le 12/03/1954, fièvre")


@spoilt("missed-yet-delivered", "missed_visits")
def a_form_both_missed_and_delivered(t):
    row = t["vas"][t["vas"]["visit"] == "D1"].iloc[0]
    return add(t, "missed_visits", {"subject_id": row["subject_id"], "visit": "D1", "form": "VAS", "reason": "TOO ILL"})


@spoilt("single-reader", "imaging", severity="warning")
def an_image_read_once(t):
    t["imaging"] = t["imaging"].drop(index=1).reset_index(drop=True)
    return 0
