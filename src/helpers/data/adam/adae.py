"""adae: one row per adverse event."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import flag, study_day, with_subject


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The events with their system organ class.

    Treatment-emergent is what began on the day of the procedure or later.
    """
    rows = with_subject(tables["adverse_events"], adsl, "TRTSDT")
    return rows.assign(
        AEBODSYS=rows["term"].map({name: term.soc for name, term in codebook.ctcae.items()}),
        TRTEMFL=flag(rows["start_date"] >= rows["TRTSDT"]),
        ASTDY=study_day(rows["start_date"], rows["TRTSDT"]),
    ).rename(
        columns={
            "ae_number": "AESEQ",
            "verbatim": "AETERM",
            "term": "AEDECOD",
            "grade": "AETOXGR",
            "serious": "AESER",
            "related_procedure": "AERELPRC",
            "related_device": "AERELDEV",
            "related_disease": "AERELDIS",
            "leak_number": "LEAKSEQ",
            "start_date": "ASTDT",
            "end_date": "AENDT",
            "outcome": "AEOUT",
            "caused_death": "AESDTH",
        }
    )
