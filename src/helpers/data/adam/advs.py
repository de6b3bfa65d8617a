"""advs: pain and stature, one row per patient, visit and measure."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import study_day, with_baseline, with_subject, with_visit

#: Parameter -> table, its date and value, what it is, unit.
MEASURES = {
    "VAS": ("vas", "vas_date", "vas", "Pain, visual analogue scale", "cm"),
    "STATURE": ("stature", "stature_date", "stature_cm", "Height of the patient", "cm"),
}


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The ratings and measurements that came in, with their baseline."""
    parts = [
        tables[table][["subject_id", "visit", date, value]]
        .set_axis(["subject_id", "AVISIT", "ADT", "AVAL"], axis=1)
        .assign(PARAMCD=code, PARAM=label, AVALU=unit)
        for code, (table, date, value, label, unit) in MEASURES.items()
    ]
    rows = with_baseline(pd.concat(parts, ignore_index=True), ["subject_id", "PARAMCD"])
    rows = with_subject(rows, adsl, "TRTSDT")
    return with_visit(rows.assign(ADY=study_day(rows["ADT"], rows["TRTSDT"])), codebook)
