"""adleak: one row per leak."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import with_level, with_subject


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The leaks with their patient and vertebra."""
    rows = with_level(with_subject(tables["leaks"], adsl), codebook)
    return rows.rename(
        columns={
            "leak_number": "LEAKSEQ",
            "leak_type": "LEAKTYPE",
            "leak_size": "LEAKSIZE",
            "symptomatic": "LEAKSYMP",
            "found_visit": "AVISIT",
            "found_date": "ADT",
        }
    )
