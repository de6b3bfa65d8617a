"""adimg: one row per vertebra, visit and measure, the two readers side by side."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import with_baseline, with_level, with_subject, with_visit

#: Column of the export -> parameter, what it is, unit.
MEASURES = {
    "anterior_mm": ("ANTHT", "Anterior vertebral height", "mm"),
    "middle_mm": ("MIDHT", "Middle vertebral height", "mm"),
    "posterior_mm": ("POSHT", "Posterior vertebral height", "mm"),
    "kyphosis_deg": ("KYPHANG", "Kyphotic angle", "degrees"),
}
UNIT = ["subject_id", "level", "PARAMCD"]


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The measures with their baseline; the value is the mean of the readers who gave one."""
    long = tables["imaging"].melt(
        ["subject_id", "level", "visit", "imaging_date", "reader"], list(MEASURES), var_name="column", value_name="read"
    )
    long = long.dropna(subset="read").assign(PARAMCD=lambda t: t["column"].map({c: m[0] for c, m in MEASURES.items()}))
    wide = (
        long.pivot(index=[*UNIT, "visit"], columns="reader", values="read")
        .reindex(columns=[1, 2])
        .set_axis(["READ1", "READ2"], axis=1)
    )
    wide["ADT"] = long.groupby([*UNIT, "visit"])["imaging_date"].max()
    wide = wide.assign(AVAL=wide[["READ1", "READ2"]].mean(axis=1).round(10)).reset_index()
    wide = with_visit(with_baseline(wide.rename(columns={"visit": "AVISIT"}), UNIT), codebook)
    labels = {m[0]: m for m in MEASURES.values()}
    wide = wide.assign(
        PARAM=wide["PARAMCD"].map(lambda c: labels[c][1]), AVALU=wide["PARAMCD"].map(lambda c: labels[c][2])
    )
    return with_level(with_subject(wide, adsl), codebook)
