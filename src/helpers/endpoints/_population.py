"""Who is analysed, and in which arm: as allocated, or in the safety set by the technique received."""

import pandas as pd

from helpers.data import POPULATIONS, Datasets
from helpers.errors import InvalidInput

ARMS = ("KP", "VP")
CONTRAST = "KP-VP"


def patients(data: Datasets, population: str) -> pd.DataFrame:
    """The patients of an analysis set: `adsl` indexed by USUBJID, with the arm to group by in ARM.

    Raises
    ------
    InvalidInput
        If there is no such set, or a patient of it has no arm.
    """
    if population not in POPULATIONS:
        raise InvalidInput(f"population is {population!r}; the analysis sets are {', '.join(POPULATIONS)}.")
    adsl = data["adsl"]
    chosen = adsl[adsl[POPULATIONS[population]] == "Y"].set_index("USUBJID").sort_index()
    arm = chosen["TRT01A" if population == "SAF" else "TRT01P"]
    strangers = sorted(chosen.index[~arm.isin(ARMS)])
    if strangers:
        raise InvalidInput(f"adsl, USUBJID {', '.join(strangers)}: in {population} without an arm KP or VP.")
    return chosen.assign(ARM=arm.astype(str))


def among(frame: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """The rows of the patients chosen, with their ARM."""
    kept = frame[frame["USUBJID"].isin(chosen.index)]
    return kept.assign(ARM=kept["USUBJID"].map(chosen["ARM"]))
