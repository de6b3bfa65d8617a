"""Rules about visits: their order, their place around the procedure, what was missed."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, look_up, rule

_DATED = ("vas.vas_date", "stature.stature_date", "dallas.dallas_date", "imaging.imaging_date")
_READS = [f"{place.partition('.')[0]}.{column}" for place in _DATED for column in ("subject_id", "visit")] + [*_DATED]
_MISSED = [f"missed_visits.{column}" for column in ("subject_id", "visit", "form")]


def _forms(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    """One line per delivered row of any form, with its table, the column of its date and its spreadsheet row."""
    parts = [
        tables[form.table][["subject_id", "visit", form.date]]
        .set_axis(["subject_id", "visit", "date"], axis=1)
        .assign(form=name, table=form.table, column=form.date, row=tables[form.table].index)
        for name, form in codebook.schedule.forms.items()
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset=["subject_id", "visit"])


@rule("visit-order", *_READS)
def a_later_visit_is_dated_after_an_earlier_one(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    forms = _forms(tables, codebook).assign(number=lambda t: t["visit"].map(codebook.schedule.numbers))
    latest = forms.groupby(["table", "subject_id", "number"])["date"].max()
    before = latest.groupby(level=[0, 1]).cummax().groupby(level=[0, 1]).shift()
    forms = forms.join(before.rename("last"), on=["table", "subject_id", "number"])
    for each in forms[forms["date"] <= forms["last"]].itertuples():
        message = f"{each.visit} on {each.date:%Y-%m-%d} is not after an earlier visit, on {each.last:%Y-%m-%d}."
        yield Finding(each.table, each.row, each.column, message, "Correct the date or the visit.")


@rule("around-procedure", *_READS, "procedures.subject_id", "procedures.procedure_date")
def baseline_is_before_the_procedure_and_the_rest_after(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    first = tables["procedures"].groupby("subject_id")["procedure_date"].min()
    forms = _forms(tables, codebook)
    forms = forms.assign(done=look_up(forms["subject_id"], first)).dropna(subset=["date", "done"])
    for each in forms.itertuples():
        if (each.date > each.done) if each.visit == "D0" else (each.date <= each.done):
            side = "after" if each.visit == "D0" else "not after"
            message = f"{each.visit} on {each.date:%Y-%m-%d} is {side} the procedure, {each.done:%Y-%m-%d}."
            remedy = "D0 is before the procedure, other visits are after it: correct the date or the visit."
            yield Finding(each.table, each.row, each.column, message, remedy)


@rule("missed-yet-delivered", *_READS, *_MISSED)
def a_missed_form_was_not_delivered(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    came = set(_forms(tables, codebook)[["subject_id", "visit", "form"]].itertuples(index=False, name=None))
    came |= {(subject, visit, "ALL") for subject, visit, _ in came}
    missed = tables["missed_visits"][["subject_id", "visit", "form"]].dropna()
    for row, subject, visit, form in missed.itertuples(name=None):
        if (subject, visit, form) in came:
            what = "a form" if form == "ALL" else codebook.schedule.forms[form].label.lower()
            message = f"patient {subject} is said to have missed {what} of {visit}, but it was delivered."
            remedy = "Take the row out, or correct the visit of the form."
            yield Finding("missed_visits", row, "form", message, remedy)


@rule("unexplained-absence", *_READS, *_MISSED, "patients.subject_id", "deaths.subject_id", "withdrawals.subject_id")
def an_absent_form_is_explained(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """Who neither died nor left has every planned form or a line saying why not. A warning: it stops no analysis."""
    columns = ["subject_id", "visit", "form"]
    known = set(_forms(tables, codebook)[columns].itertuples(index=False, name=None))
    known |= set(tables["missed_visits"][columns].dropna().itertuples(index=False, name=None))
    gone = {*tables["deaths"]["subject_id"].dropna(), *tables["withdrawals"]["subject_id"].dropna()}
    for row, subject in tables["patients"]["subject_id"].dropna().items():
        if subject in gone:
            continue
        for name, form in codebook.schedule.forms.items():
            absent = [v for v in form.visits if not {(subject, v, name), (subject, v, "ALL")} & known]
            if absent:
                message = f"no {form.label.lower()} of patient {subject} at {', '.join(absent)}, and no line says why."
                remedy = "Deliver the form, or a row of missed_visits.csv with the reason."
                yield Finding("patients", row, None, message, remedy, severity="warning")
