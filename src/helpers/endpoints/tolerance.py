"""Tolerance: treatment-emergent adverse events by CTCAE grade, in the technique received.

Datasets: `adsl`, `adae`. Every event has a grade: the codebook requires it.
"""

import numpy as np
import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._population import ARMS, among, patients
from helpers.endpoints._record import recorder
from helpers.results import Listing, Record
from helpers.stats import rates, survival
from helpers.stats.summary import summarise

#: Followed from the procedure through study completion, not at a visit.
VISIT = "all"

GRADES = (0, 1, 2, 3, 4, 5)

_UNRELATED = ("NOT RELATED", "UNLIKELY")

#: Parameter of a list of terms in which there is none.
NONE = "NONE"

#: Days on which an event began, that of the procedure being 1.
PERIODS = {"FIRST_DAY": (1, 2), "TO_DAY_30": (3, 30), "AFTER_DAY_30": (31, 100_000)}

INCIDENCE_DAYS = (30, 91)

#: What the listing says of an event.
LISTED = ("ARM", "AEDECOD", "AETOXGR", "ASTDY", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AEOUT")
DAYS_A_MONTH = 365.25 / 12


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
    """Patients by term and by class of terms, a patient once a row; per arm n, events, estimate.

    `tolerance.preferred_term`, the term, and `<TERM>|GE3` for grade 3 or more. `tolerance.organ_class`, the system
    organ class and `<CLASS>|GE3`, with lower95 and upper95 (clopper-pearson). `tolerance.related`, the term, events
    related to procedure or device. `tolerance.serious`, the term, serious events.
    """
    chosen, events = _emergent(data, population)
    related = ~events["AERELPRC"].isin(_UNRELATED) | ~events["AERELDEV"].isin(_UNRELATED)
    severe = events["AETOXGR"] >= 3
    plans = (
        ("tolerance.organ_class", "AEBODSYS", {"": events, "|GE3": events[severe]}, "clopper-pearson"),
        ("tolerance.preferred_term", "AEDECOD", {"": events, "|GE3": events[severe]}, "proportion"),
        ("tolerance.related", "AEDECOD", {"": events[related]}, "proportion"),
        ("tolerance.serious", "AEDECOD", {"": events[events["AESER"] == "Y"]}, "proportion"),
    )
    records = []
    for analysis, column, kinds, method in plans:
        rec = recorder(analysis, population=population)
        for name in sorted(set(kinds[""][column].dropna())):
            for suffix, rows in kinds.items():
                by_arm = _patients_with(rows[rows[column] == name], chosen)
                records += _binary.per_arm(rec, by_arm, parameter=f"{name}{suffix}", visit=VISIT, method=method)
        if not len(kinds[""]):
            records += _binary.per_arm(
                rec, _patients_with(kinds[""], chosen), parameter=NONE, visit=VISIT, method=method
            )
    return records


def periods(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.period`, patients with an event that began in a period: n, events, estimate per arm.

    FIRST_DAY (day of the procedure and the day after), TO_DAY_30 (from then on), AFTER_DAY_30.
    """
    rec = recorder("tolerance.period", population=population)
    chosen, events = _emergent(data, population)
    records = []
    for parameter, (first, last) in PERIODS.items():
        rows = events[events["ASTDY"].between(first, last)]
        records += _binary.per_arm(rec, _patients_with(rows, chosen), parameter=parameter, visit=VISIT)
    return records


def exposure(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.exposure`, per arm, a row each of the overview: patients with the event over their time at risk.

    n, events, exposure (patient-months to the first such event, death or end of follow-up), estimate, lower95, upper95
    per 100 patient-months (garwood).
    """
    rec = recorder("tolerance.exposure", population=population)
    chosen, events = _emergent(data, population)
    records = []
    for parameter, rows in _overview(events).items():
        at_risk = _first(rows, chosen)
        for arm in ARMS:
            own = at_risk[at_risk["ARM"] == arm]
            months, count = _months(own["DAYS"]), int(own["EVENT"].sum())
            found = rates.garwood(count, months, per=100) if months > 0 else None
            values = {"n": len(own), "events": count, "exposure": months}
            values |= {"estimate": found.estimate if found else None}
            values |= {"lower95": found.lower if found else None, "upper95": found.upper if found else None}
            records += rec.records(
                values, parameter=parameter, group=arm, visit=VISIT, method="garwood", unit="rate", reason="too-few"
            )
    return records


def incidence(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.incidence`, AEANY and AEGE3 per arm, AE..._DAY_30 and _DAY_91: cumulative incidence of a first event.

    n, events (up to the day), estimate, lower95, upper95 (aalen-johansen-log-log), death without the event competing.
    """
    rec = recorder("tolerance.incidence", population=population)
    chosen, events = _emergent(data, population)
    records = []
    for parameter in ("AEANY", "AEGE3"):
        at_risk = _first(_overview(events)[parameter], chosen)
        for arm in ARMS:
            own = at_risk[at_risk["ARM"] == arm]
            status = np.where(own["EVENT"], 1, np.where(own["DIED"], 2, 0))
            curve = survival.cumulative_incidence(own["DAYS"], status) if len(own) else None
            for day in INCIDENCE_DAYS:
                found = survival.incidence_at(curve, day) if curve else None
                values = {"n": len(own), "events": int((own["EVENT"] & (own["DAYS"] <= day)).sum())}
                values |= {"estimate": found.estimate if found else None}
                values |= {"lower95": found.lower if found else None, "upper95": found.upper if found else None}
                records += rec.records(
                    values, parameter=f"{parameter}_DAY_{day}", group=arm, visit=VISIT,
                    method="aalen-johansen-log-log", unit="proportion",
                    reason=(found.reason if found else "") or "too-few",
                )  # fmt: skip
    return records


def follow_up(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`tolerance.follow_up`, FOLLOWED per arm: how long patients were followed, day 1 being that of the procedure.

    n, exposure (patient-months to death or the end of follow-up), and median, q1 and q3 of the days (observed-time).
    """
    rec = recorder("tolerance.follow_up", population=population)
    chosen, events = _emergent(data, population)
    followed = _first(events.iloc[:0], chosen)
    records = []
    for arm in ARMS:
        days = followed.loc[followed["ARM"] == arm, "DAYS"]
        summary = summarise(days)
        values = {"n": summary.n, "exposure": _months(days)}
        values |= {name: getattr(summary, name) for name in ("median", "q1", "q3")}
        records += rec.records(
            values, parameter="FOLLOWED", group=arm, visit=VISIT, method="observed-time", unit="days", reason="too-few"
        )
    return records


def listing(data: Datasets, *, population: str = "SAF") -> Listing:
    """Serious and fatal treatment-emergent events, one a row, by technique and day of onset; no identifier.

    ARM, AEDECOD, AETOXGR, ASTDY, AESER, AERELPRC, AERELDEV, AERELDIS, AEOUT.
    """
    _, events = _emergent(data, population)
    chosen = events[(events["AESER"] == "Y") | (events["AESDTH"] == "Y")]
    ordered = chosen.sort_values(["ARM", "ASTDY", *LISTED[1:]])[list(LISTED)]
    return Listing(LISTED, tuple(tuple("" if pd.isna(v) else str(v) for v in row) for row in ordered.to_numpy()))


def _first(rows: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Every patient's days from the procedure to the first of the events, death or the end of follow-up.

    ARM, DAYS (1 for the day of the procedure), EVENT, and DIED without the event.
    """
    first = rows.groupby("USUBJID")["ASTDY"].min().reindex(chosen.index).astype(float)
    end = (chosen["DTHDT"].fillna(chosen["EOSDT"]) - chosen["TRTSDT"]).dt.days.astype(float) + 1
    event = first.notna()
    days = first.where(event, end).clip(lower=1)
    return pd.DataFrame({"ARM": chosen["ARM"], "DAYS": days, "EVENT": event, "DIED": ~event & chosen["DTHDT"].notna()})


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


def _months(days: pd.Series) -> float:
    """Time at risk of several patients, in months."""
    return float(days.sum()) / DAYS_A_MONTH
