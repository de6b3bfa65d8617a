"""Tolerance: treatment-emergent adverse events by CTCAE grade, in the technique received.

Datasets: `adsl`, `adae`. Every event has a grade: the codebook requires it.
"""

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._population import ARMS, among, patients
from helpers.endpoints._record import recorder
from helpers.results import Record

#: Followed from the procedure through study completion, not at a visit.
VISIT = "all"

GRADES = (0, 1, 2, 3, 4, 5)

_UNRELATED = ("NOT RELATED", "UNLIKELY")


def estimate(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.overview`, the table's rows AEANY AEGE3 AESER AERELPRC AERELDEV AERELDIS AEDTH, visit `all`.

    Per arm: n, events (patients with at least one), estimate, lower95, upper95 (clopper-pearson) with unit_of_analysis
    patient; count (events) with unit_of_analysis event. Related means possibly, probably or definitely, or not stated.
    No contrast, no test.
    """
    rec = recorder("tolerance.overview", population=population)
    chosen, events = _emergent(data, population)
    records = []
    for parameter, rows in _overview(events).items():
        by_arm = _patients_with(rows, chosen)
        records += _binary.per_arm(rec, by_arm, parameter=parameter, visit=VISIT, method="clopper-pearson")
        for arm in ARMS:
            values = {"count": int((rows["ARM"] == arm).sum())}
            records += rec.of("event").records(values, parameter=parameter, group=arm, visit=VISIT, method="count")
    return records


def describe(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.worst_grade`, GRADE0 (no event) to GRADE5: n, events (patients whose worst grade it is), estimate."""
    rec = recorder("tolerance.worst_grade", population=population)
    chosen, events = _emergent(data, population)
    worst = events.groupby("USUBJID")["AETOXGR"].max().reindex(chosen.index).fillna(0)
    records = []
    for grade in GRADES:
        by_arm = _binary.counts(chosen["ARM"], worst == grade)
        records += _binary.per_arm(rec, by_arm, parameter=f"GRADE{grade}", visit=VISIT)
    return records


def preferred_terms(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.preferred_term`, parameter the term, and `<TERM>|GE3` for grade 3 or more.

    Per arm: n, events (patients), estimate.
    """
    rec = recorder("tolerance.preferred_term", population=population)
    chosen, events = _emergent(data, population)
    records = []
    for term in sorted(set(events["AEDECOD"].dropna())):
        rows = events[events["AEDECOD"] == term]
        for parameter, counted in ((term, rows), (f"{term}|GE3", rows[rows["AETOXGR"] >= 3])):
            records += _binary.per_arm(rec, _patients_with(counted, chosen), parameter=parameter, visit=VISIT)
    return records


def _emergent(data: Datasets, population: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The patients of the set, and their treatment-emergent events."""
    chosen = patients(data, population)
    events = among(data["adae"], chosen)
    return chosen, events[events["TRTEMFL"] == "Y"]


def _overview(events: pd.DataFrame) -> dict[str, pd.DataFrame]:
    grade = events["AETOXGR"]
    rows = {"AEANY": events, "AEGE3": events[grade >= 3], "AESER": events[events["AESER"] == "Y"]}
    for column in ("AERELPRC", "AERELDEV", "AERELDIS"):
        rows[column] = events[~events[column].isin(_UNRELATED)]
    rows["AEDTH"] = events[(events["AESDTH"] == "Y") | (grade == 5)]
    return rows


def _patients_with(rows: pd.DataFrame, chosen: pd.DataFrame) -> dict[str, tuple[int, int]]:
    event = pd.Series(chosen.index.isin(rows["USUBJID"]), index=chosen.index)
    return _binary.counts(chosen["ARM"], event)
