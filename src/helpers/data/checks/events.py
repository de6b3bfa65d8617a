"""Rules about adverse events (CTCAE v4.03, ICH E2A), deaths and leaks."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, rule
from helpers.data.shown import shown

#: CTCAE: 4 is life-threatening, 5 is death. Either is serious (ICH E2A, II.B).
_LIFE_THREATENING, _FATAL = 4, 5


@rule("grade-of-term", "adverse_events.term", "adverse_events.grade")
def grade_exists_for_the_term(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    rows = tables["adverse_events"][["term", "grade"]].dropna()
    rows = rows[rows["term"].isin(codebook.ctcae) & rows["grade"].between(1, 5)]
    low, high = (rows["term"].map({name: term.grades[k] for name, term in codebook.ctcae.items()}) for k in (0, 1))
    wrong = ((rows["grade"] < low) | (rows["grade"] > high)).astype(bool)
    for row, term, grade in rows[wrong].itertuples(name=None):
        least, most = codebook.ctcae[term].grades
        message = f"grade {grade} of {term}, for which CTCAE v4.03 has grades {least} to {most}."
        yield Finding("adverse_events", row, "grade", message, "Correct the grade or the term.")


@rule(
    "fatal-event",
    "adverse_events.subject_id",
    "adverse_events.grade",
    "adverse_events.caused_death",
    "adverse_events.outcome",
    "deaths.subject_id",
)
def fatal_events_have_a_death(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    rows = tables["adverse_events"][["subject_id", "grade", "caused_death", "outcome"]].dropna()
    worst, caused = (rows["grade"] == _FATAL).astype(bool), rows["caused_death"] == "Y"
    alive = ~rows["subject_id"].isin(tables["deaths"]["subject_id"].dropna())
    for row, subject, grade, _, _ in rows[(worst | caused) & alive].itertuples(name=None):
        said, column = ("grade 5", "grade") if grade == _FATAL else ("led to death", "caused_death")
        message = f"{said}, but patient {shown(subject)} has no row in the deaths table."
        yield Finding("adverse_events", row, column, message, "Correct the event, or deliver the death.")
    for row, _, grade, flag, _ in rows[worst != caused].itertuples(name=None):
        message = f"grade {grade} with led to death = {flag}: grade 5 is the grade of events that led to death."
        yield Finding("adverse_events", row, "caused_death", message, "Correct the grade or the flag.")
    ended = rows["outcome"] == "FATAL"
    for row, _, _, flag, outcome in rows[ended != caused].itertuples(name=None):
        message = f"outcome {shown(outcome)} with led to death = {shown(flag)}: FATAL is the outcome of such events."
        yield Finding("adverse_events", row, "outcome", message, "Correct the outcome or the flag.")


@rule("death-cause", "deaths.subject_id", "deaths.cause", "adverse_events.subject_id", "adverse_events.caused_death")
def the_cause_of_death_agrees_with_the_events(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning: the event may come with the next delivery."""
    events = tables["adverse_events"]
    fatal = events.loc[(events["caused_death"] == "Y").fillna(False).astype(bool), "subject_id"]
    rows = tables["deaths"][["subject_id", "cause"]].dropna()
    from_event = rows["cause"] == "ADVERSE EVENT"
    for row, subject, cause in rows[from_event != rows["subject_id"].isin(fatal)].itertuples(name=None):
        said = "no adverse event led to death" if cause == "ADVERSE EVENT" else "an adverse event led to death"
        message = f"cause {shown(cause)}, but {said} for patient {shown(subject)}."
        yield Finding("deaths", row, "cause", message, "Correct the cause, or the event.", severity="warning")


@rule("seriousness", "adverse_events.grade", "adverse_events.serious")
def life_threatening_events_are_serious(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning: seriousness is a judgement, grade 4 and 5 leave little room for it."""
    rows = tables["adverse_events"][["grade", "serious"]].dropna()
    wrong = (rows["grade"] >= _LIFE_THREATENING).astype(bool) & (rows["serious"] == "N")
    for row, grade, _ in rows[wrong].itertuples(name=None):
        message = f"grade {grade} and not serious: an event that threatens life or leads to death is serious."
        yield Finding("adverse_events", row, "serious", message, "Correct the grade or the flag.", severity="warning")


@rule(
    "symptomatic-leak",
    "leaks.subject_id",
    "leaks.leak_number",
    "leaks.symptomatic",
    "adverse_events.subject_id",
    "adverse_events.leak_number",
)
def symptomatic_leaks_are_reported_as_events(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    named = tables["adverse_events"][["subject_id", "leak_number"]].dropna().drop_duplicates()
    rows = tables["leaks"][["subject_id", "leak_number", "symptomatic"]].dropna()
    reported = pd.MultiIndex.from_frame(rows[["subject_id", "leak_number"]]).isin(pd.MultiIndex.from_frame(named))
    felt = rows["symptomatic"] == "Y"
    for row, subject, number, flag in rows[felt != reported].itertuples(name=None):
        message = (
            f"leak {number} of patient {shown(subject)} has symptoms, but no adverse event names it."
            if flag == "Y"
            else f"leak {number} of patient {shown(subject)} is without symptoms, but an adverse event names it."
        )
        yield Finding("leaks", row, "symptomatic", message, "Correct the flag, or the leak_number of the event.")
