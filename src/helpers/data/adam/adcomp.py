"""adcomp: forms expected and received, one row per patient and visit."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import flag, with_subject, with_visit


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Every patient at every visit.

    A visit is expected unless the patient had died before it was due; whoever died later and came is expected
    too.
    """
    visits, forms = codebook.schedule.visits, codebook.schedule.forms.values()
    rows = (
        adsl[["SUBJID"]]
        .rename(columns={"SUBJID": "subject_id"})
        .merge(pd.DataFrame({"AVISIT": list(visits)}), how="cross")
    )
    rows = with_subject(rows, adsl, "TRTSDT", "RANDDT", "DTHDT")
    here = pd.MultiIndex.from_frame(rows[["subject_id", "AVISIT"]])
    came = {
        form.received: pd.Series(
            here.isin(pd.MultiIndex.from_frame(tables[form.table][["subject_id", "visit"]])), index=rows.index
        )
        for form in forms
    }
    due = rows["TRTSDT"].fillna(rows["RANDDT"]) + pd.to_timedelta(
        rows["AVISIT"].map({name: visit.due for name, visit in visits.items()}), unit="D"
    )
    expected = rows["DTHDT"].isna() | (rows["DTHDT"] > due) | pd.DataFrame(came).any(axis=1)
    return with_visit(rows.assign(EXPECTFL=flag(expected), **{name: flag(yes) for name, yes in came.items()}), codebook)
