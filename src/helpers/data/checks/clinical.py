"""Rules that come from the protocol, SINS and CTCAE."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, rule


def _of_patient(tables: Tables, table: str, column: str) -> pd.Series:
    """A column of a table with one row per patient, by subject_id; of doubled rows the first."""
    rows = tables[table].dropna(subset="subject_id").drop_duplicates("subject_id")
    return rows.set_index("subject_id")[column]


@rule("both-arms", "patients.allocated")
def both_arms_have_patients(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """Without them nothing can be compared; an empty table is most often an export that failed."""
    if tables["patients"].empty:
        yield Finding("patients", None, None, "the table has no patient.", "Export it again.")
        return
    absent = sorted(
        set(codebook.codes(codebook.tables["patients"].columns["allocated"]))
        - set(tables["patients"]["allocated"].dropna())
    )
    if absent:
        message = f"no patient is allocated to {' or '.join(absent)}."
        yield Finding("patients", None, "allocated", message, "Export all patients of both arms.")


@rule("sins-location", "eligibility.sins_level", "eligibility.sins_location")
def location_points_follow_from_the_vertebra(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    for row, level, points in tables["eligibility"][["sins_level", "sins_location"]].dropna().itertuples(name=None):
        if level in codebook.levels and codebook.levels[level].sins_location != points:
            message = f"{points} points for the location {level}, which has {codebook.levels[level].sins_location}."
            yield Finding("eligibility", row, "sins_location", message, "Correct the points or the vertebra.")


@rule("pain-or-instability", "eligibility.vas", "eligibility.sins_total")
def the_patient_has_pain_or_instability(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    for row, pain, total in tables["eligibility"][["vas", "sins_total"]].dropna().itertuples(name=None):
        if pain < 4 and total < 7:
            message = f"pain {pain:g} is below 4 and SINS {total} below 7: the patient meets neither criterion."
            remedy = "Correct the value that is wrong. Pain below 4 is legal with SINS of 7 or more."
            yield Finding("eligibility", row, "vas", message, remedy)


@rule(
    "stratum",
    "patients.stratum_levels",
    "patients.subject_id",
    "eligibility.levels_planned",
    "eligibility.subject_id",
)
def stratum_follows_from_the_planned_vertebrae(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning: whoever was randomised in the wrong stratum stays there, as a deviation."""
    planned = _of_patient(tables, "eligibility", "levels_planned").dropna()
    for row, subject, stratum in tables["patients"][["subject_id", "stratum_levels"]].dropna().itertuples(name=None):
        if subject in planned and stratum != ("4-6" if planned[subject] > 3 else "1-3"):
            message = f"stratum {stratum}, but {planned[subject]} vertebrae to treat in the eligibility table."
            remedy = "Correct what is wrong; if randomisation used the wrong stratum, keep it and note a deviation."
            yield Finding("patients", row, "stratum_levels", message, remedy, severity="warning")


@rule(
    "planned-technique",
    "procedures.subject_id",
    "procedures.planned_technique",
    "patients.subject_id",
    "patients.allocated",
)
def technique_planned_is_the_one_allocated(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    allocated = _of_patient(tables, "patients", "allocated").dropna()
    table = tables["procedures"][["subject_id", "planned_technique"]].dropna()
    for row, subject, planned in table.itertuples(name=None):
        if subject in allocated and allocated[subject] != planned:
            message = f"{planned} was planned, but the patient was allocated to {allocated[subject]}."
            remedy = "Correct the planned technique; what was done goes to actual_technique."
            yield Finding("procedures", row, "planned_technique", message, remedy)


@rule("grade-of-term", "adverse_events.term", "adverse_events.grade")
def grade_exists_for_the_term(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    for row, term, grade in tables["adverse_events"][["term", "grade"]].dropna().itertuples(name=None):
        low, high = codebook.ctcae[term].grades if term in codebook.ctcae else (1, 5)
        if 1 <= grade <= 5 and not low <= grade <= high:
            message = f"grade {grade} of {term}, for which CTCAE v4.03 has grades {low} to {high}."
            yield Finding("adverse_events", row, "grade", message, "Correct the grade or the term.")


@rule(
    "fatal-event",
    "adverse_events.subject_id",
    "adverse_events.grade",
    "adverse_events.caused_death",
    "deaths.subject_id",
)
def fatal_events_have_a_death(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    dead = set(tables["deaths"]["subject_id"].dropna())
    table = tables["adverse_events"][["subject_id", "grade", "caused_death"]].dropna()
    for row, subject, grade, caused in table.itertuples(name=None):
        said = "grade 5" if grade == 5 else "led to death"
        if (grade == 5 or caused == "Y") and subject not in dead:
            message = f"{said}, but patient {subject} has no row in the deaths table."
            column = "grade" if grade == 5 else "caused_death"
            yield Finding("adverse_events", row, column, message, "Correct the event, or deliver the death.")
        if (grade == 5) != (caused == "Y"):
            message = f"grade {grade} with led to death = {caused}: grade 5 is the grade of events that led to death."
            yield Finding("adverse_events", row, "caused_death", message, "Correct the grade or the flag.")


@rule(
    "symptomatic-leak",
    "leaks.subject_id",
    "leaks.leak_number",
    "leaks.symptomatic",
    "adverse_events.subject_id",
    "adverse_events.leak_number",
)
def symptomatic_leaks_are_reported_as_events(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    pairs = tables["adverse_events"][["subject_id", "leak_number"]].dropna()
    events = set(pairs.itertuples(index=False, name=None))
    table = tables["leaks"][["subject_id", "leak_number", "symptomatic"]].dropna()
    for row, subject, number, felt in table.itertuples(name=None):
        if (felt == "Y") != ((subject, number) in events):
            message = (
                f"leak {number} of patient {subject} has symptoms, but no adverse event names it."
                if felt == "Y"
                else f"leak {number} of patient {subject} is without symptoms, but an adverse event names it."
            )
            yield Finding("leaks", row, "symptomatic", message, "Correct the flag, or the leak_number of the event.")
