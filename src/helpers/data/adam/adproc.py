"""adproc: one row per treated vertebra."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import flag, with_level, with_subject


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The procedures with a flag for a leak at the vertebra."""
    rows = with_level(with_subject(tables["procedures"], adsl), codebook)
    leaked = pd.MultiIndex.from_frame(tables["leaks"][["subject_id", "level"]])
    return rows.assign(
        TECHPL=rows["planned_technique"],
        TECHAC=rows["actual_technique"],
        APPROACH=rows["approach"],
        VOLML=rows["volume_ml"],
        PROCDT=rows["procedure_date"],
        LEAKFL=flag(pd.Series(pd.MultiIndex.from_frame(rows[["subject_id", "level"]]).isin(leaked), index=rows.index)),
    )
