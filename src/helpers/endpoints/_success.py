"""Success of a patient: a procedure done and no leak, and what is known of it."""

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._population import patients

VISIT = "M3"

#: Visits at which an image shows where the cement went.
AFTER = ("D1", "M3")


def status(data: Datasets, population: str) -> pd.DataFrame:
    """The patients of the set with what is known of their leaks: SUCCESS, UNKNOWN and IMAGED_M3.

    Without a leak are those treated at one level at least, with no leak recorded at any. That is a success if there is
    an image after the procedure that could have shown one, and unknown if there is none.
    """
    chosen, adproc, adcomp = patients(data, population), data["adproc"], data["adcomp"]
    images = adcomp[adcomp["IMGFL"] == "Y"]
    leaked = chosen.index.isin(adproc.loc[adproc["LEAKFL"] == "Y", "USUBJID"])
    clear = chosen.index.isin(adproc["USUBJID"]) & ~leaked
    imaged = chosen.index.isin(images.loc[images["AVISIT"].isin(AFTER), "USUBJID"])
    imaged_m3 = chosen.index.isin(images.loc[images["AVISIT"] == VISIT, "USUBJID"])
    return chosen.assign(SUCCESS=clear & imaged, UNKNOWN=clear & ~imaged, IMAGED_M3=imaged_m3)


def successes(chosen: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Successes and patients per arm."""
    return _binary.counts(chosen["ARM"], chosen["SUCCESS"])
