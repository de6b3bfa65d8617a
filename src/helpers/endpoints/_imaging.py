"""What vertebral height and kyphotic angle share: the patient as the unit, and the agreement of the readers."""

from collections.abc import Sequence

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints._population import among, patients
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import correlation


def treated(data: Datasets) -> pd.DataFrame:
    """The rows of `adimg` at treated levels, with a value."""
    done = pd.MultiIndex.from_frame(data["adproc"][["USUBJID", "LEVEL"]])
    adimg = data["adimg"]
    return adimg[pd.MultiIndex.from_frame(adimg[["USUBJID", "LEVEL"]]).isin(done) & adimg["AVAL"].notna()]


def patient_means(data: Datasets, parameter: str) -> pd.DataFrame:
    """A measure averaged over each patient's treated vertebrae, one row a patient and visit.

    AVAL is over the vertebrae seen at the visit; BASE and POST are over those seen both at baseline and at the visit.
    """
    rows = treated(data)
    rows = rows[rows["PARAMCD"] == parameter]
    rows = rows.assign(POST=rows["AVAL"].where(rows["BASE"].notna()))
    return rows.groupby(["USUBJID", "AVISIT"], observed=True)[["AVAL", "BASE", "POST"]].mean().reset_index()


def readers(data: Datasets, recorder: Recorder, *, parameters: Sequence[str], visits: Sequence[str]) -> list[Record]:
    """Agreement of the two readers by measure and visit, over the treated vertebrae of both arms."""
    rows = among(treated(data), patients(data, recorder.population))
    records = []
    for parameter in parameters:
        for visit in visits:
            read = rows[(rows["PARAMCD"] == parameter) & (rows["AVISIT"] == visit)]
            found = correlation.agreement(read["READ1"], read["READ2"])
            records += recorder.records(
                {"n": found.n, "estimate": found.estimate},
                parameter=f"{parameter}_ICC", group="all", visit=visit, method="icc-a1", unit="correlation",
                reason=found.reason,
            )  # fmt: skip
    return records
