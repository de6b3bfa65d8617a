"""Rules about visits: their order, their place around the procedure, what was missed."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, in_rows, look_up, once, rule
from helpers.data.shown import shown

_DATED = ("vas.vas_date", "stature.stature_date", "dallas.dallas_date", "imaging.imaging_date")
_READS = [f"{place.partition('.')[0]}.{column}" for place in _DATED for column in ("subject_id", "visit")] + [*_DATED]
_MISSED = [f"missed_visits.{column}" for column in ("subject_id", "visit", "form")]
_PROCEDURE = ["procedures.subject_id", "procedures.procedure_date"]


def _forms(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    """One line per patient, visit, form and date, with its table, the column of its date and its first row there."""
    if "forms" not in tables.kept:
        tables.kept["forms"] = _gather(tables, codebook)
    return tables.kept["forms"]


def _gather(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    parts = [
        once(
            tables[form.table][["subject_id", "visit", form.date]]
            .set_axis(["subject_id", "visit", "date"], axis=1)
            .dropna(subset=["subject_id", "visit"]),
            ["subject_id", "visit", "date"],
        ).assign(form=name, table=form.table, column=form.date, row=lambda rows: rows.index)
        for name, form in codebook.schedule.forms.items()
    ]
    return pd.concat(parts, ignore_index=True)


@rule("visit-order", *_READS)
def a_later_visit_is_dated_after_an_earlier_one(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    forms = _forms(tables, codebook).assign(number=lambda t: t["visit"].map(codebook.schedule.numbers))
    latest = forms.groupby(["table", "subject_id", "number"])["date"].max()
    before = latest.groupby(level=[0, 1]).cummax().groupby(level=[0, 1]).shift()
    forms = forms.join(before.rename("last"), on=["table", "subject_id", "number"])
    for each in forms[forms["date"] <= forms["last"]].itertuples():
        message = (
            f"{each.visit} on {each.date:%Y-%m-%d} is not after an earlier visit, on {each.last:%Y-%m-%d}"
            f"{in_rows(each.times)}."
        )
        yield Finding(each.table, each.row, each.column, message, "Correct the date or the visit.")


def _around(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    """The forms of treated patients with the day of the first procedure and whether they lie on its wrong side."""
    first = tables["procedures"].groupby("subject_id")["procedure_date"].min()
    forms = _forms(tables, codebook)
    forms = forms.assign(done=look_up(forms["subject_id"], first)).dropna(subset=["date", "done"])
    before = forms["visit"] == "D0"
    wrong = (forms["date"] > forms["done"]).where(before, forms["date"] <= forms["done"])
    return forms.assign(before=before, wrong=wrong.astype(bool))


@rule("around-procedure", *_READS, *_PROCEDURE)
def baseline_is_before_the_procedure_and_the_rest_after(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    forms = _around(tables, codebook)
    for each in forms[forms["wrong"]].itertuples():
        side = "after" if each.before else "not after"
        message = (
            f"{each.visit} on {each.date:%Y-%m-%d} is {side} the procedure, {each.done:%Y-%m-%d}{in_rows(each.times)}."
        )
        remedy = "D0 is before the procedure, other visits are after it: correct the date or the visit."
        yield Finding(each.table, each.row, each.column, message, remedy)


@rule("visit-window", *_READS, *_PROCEDURE)
def a_visit_is_in_its_window(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning, of a visit on the right side of the procedure: late visits are real."""
    forms = _around(tables, codebook)
    windows = {window.visit: (window.first, window.last) for window in codebook.rules.windows}
    forms = forms[~forms["wrong"] & forms["visit"].isin(windows)]
    day = (forms["date"] - forms["done"]).dt.days
    first, last = (
        forms["visit"].map({visit: limits[k] for visit, limits in windows.items()}).astype("float64") for k in (0, 1)
    )
    forms = forms.assign(day=day)[(day < first) | (day > last)]
    for each in forms.itertuples():
        low, high = windows[each.visit]
        message = (
            f"{each.visit} on {each.date:%Y-%m-%d} is day {each.day} after the procedure, "
            f"its window is {low} to {high}{in_rows(each.times)}."
        )
        remedy = "Correct the date or the visit; if the visit was late or early, keep it."
        yield Finding(each.table, each.row, each.column, message, remedy, severity="warning")


@rule("missed-yet-delivered", *_READS, *_MISSED)
def a_missed_form_was_not_delivered(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    came = _forms(tables, codebook)[["subject_id", "visit", "form"]]
    came = pd.MultiIndex.from_frame(pd.concat([came, came.assign(form="ALL")]).drop_duplicates())
    missed = tables["missed_visits"][["subject_id", "visit", "form"]].dropna()
    for row, subject, visit, form in missed[pd.MultiIndex.from_frame(missed).isin(came)].itertuples(name=None):
        what = "a form" if form == "ALL" else codebook.schedule.forms[form].label.lower()
        message = f"patient {shown(subject)} is said to have missed {what} of {visit}, but it was delivered."
        remedy = "Take the row out, or correct the visit of the form."
        yield Finding("missed_visits", row, "form", message, remedy)


@rule("unexplained-absence", *_READS, *_MISSED, "patients.subject_id", "deaths.subject_id", "withdrawals.subject_id")
def an_absent_form_is_explained(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """Who neither died nor left has every planned form or a line saying why not. A warning: it stops no analysis."""
    columns = ["subject_id", "visit", "form"]
    forms = codebook.schedule.forms
    known = pd.concat([_forms(tables, codebook)[columns], tables["missed_visits"][columns].dropna()])
    known = pd.MultiIndex.from_frame(known.drop_duplicates())
    subjects = tables["patients"]["subject_id"].dropna()
    gone = pd.concat([tables["deaths"]["subject_id"], tables["withdrawals"]["subject_id"]]).dropna()
    stayed = subjects[~subjects.isin(gone)]
    for name, form in forms.items():
        absent = {}
        for visit in form.visits:
            said = [
                pd.MultiIndex.from_arrays([stayed, [visit] * len(stayed), [f] * len(stayed)]) for f in (name, "ALL")
            ]
            absent[visit] = ~(said[0].isin(known) | said[1].isin(known))
        lacking = pd.DataFrame(absent, index=stayed.index)
        for row in lacking.index[lacking.any(axis=1)]:
            visits = ", ".join(visit for visit in form.visits if lacking.at[row, visit])
            message = f"no {form.label.lower()} of patient {shown(stayed[row])} at {visits}, and no line says why."
            remedy = "Deliver the form, or a row of missed_visits.csv with the reason."
            yield Finding("patients", row, None, message, remedy, severity="warning")


@rule("leak-visit", *_READS, "leaks.subject_id", "leaks.found_visit")
def a_leak_was_found_on_an_image(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning: after the day of the procedure a leak is seen on the images of its visit, which have to be there."""
    planned = set(codebook.schedule.forms["IMAGING"].visits) - {"D0"}
    leaks = tables["leaks"][["subject_id", "found_visit"]].dropna()
    leaks = leaks[leaks["found_visit"].isin(planned)]
    imaged = pd.MultiIndex.from_frame(tables["imaging"][["subject_id", "visit"]].dropna().drop_duplicates())
    for row, subject, visit in leaks[~pd.MultiIndex.from_frame(leaks).isin(imaged)].itertuples(name=None):
        message = f"a leak of patient {shown(subject)} was found at {visit}, a visit without images of the patient."
        remedy = "Deliver the images of the visit, or correct the visit at which the leak was found."
        yield Finding("leaks", row, "found_visit", message, remedy, severity="warning")
