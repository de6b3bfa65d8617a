"""Made-up records of tolerance, and a listing of single events."""

from helpers.results import Listing, Record
from tests.present.made_diagnostics import follow_up
from tests.present.making import rate, record, several, span


def tolerance() -> list[Record]:
    out = []
    m = {"population": "SAF", "visit": "all", "unit": "proportion"}
    counts = {
        "AEANY": (12, 11),
        "AEGE3": (4, 5),
        "AESER": (3, 3),
        "AERELPRC": (4, 6),
        "AERELDEV": (1, 2),
        "AERELDIS": (6, 5),
        "AEDTH": (0, 1),
    }
    for code, both in counts.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            out += several(
                "tolerance",
                "overview",
                code,
                g,
                rate(events, 15, max(0.0, events / 15 - 0.2), min(1.0, events / 15 + 0.22)),
                **m,
                method="clopper-pearson",
            )
            out.append(
                record(
                    "tolerance",
                    "overview",
                    code,
                    g,
                    "count",
                    events * 2,
                    **(m | {"unit": "events"}),
                    unit_of_analysis="event",
                    method="count",
                )
            )
    for g, grades in {"KP": (3, 4, 4, 3, 1, 0), "VP": (4, 3, 3, 3, 1, 1)}.items():
        for grade, events in enumerate(grades):
            out += several(
                "tolerance",
                "worst_grade",
                f"GRADE{grade}",
                g,
                {"n": 15, "events": events, "estimate": events / 15},
                **m,
                method="count",
            )
    for term, both in {"BACK PAIN": (5, 6), "FATIGUE": (2, 1), "HEMATOMA": (0, 2)}.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            out += several(
                "tolerance",
                "preferred_term",
                term,
                g,
                {"n": 15, "events": events, "estimate": events / 15},
                **m,
                method="count",
            )
            out += several(
                "tolerance",
                "preferred_term",
                f"{term}|GE3",
                g,
                {"n": 15, "events": events // 3, "estimate": events // 3 / 15},
                **m,
                method="count",
            )
    return out + _by_class() + _over_time() + follow_up()


def _by_class() -> list[Record]:
    m = {"population": "SAF", "visit": "all", "unit": "proportion"}
    out = []
    for name, both in {"NERVOUS SYSTEM DISORDERS": (2, 3), "VASCULAR DISORDERS": (4, 6)}.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            for code, seen in ((name, events), (f"{name}|GE3", events // 3)):
                values = rate(seen, 15, max(0.0, seen / 15 - 0.1), seen / 15 + 0.3)
                out += several("tolerance", "organ_class", code, g, values, **m, method="clopper-pearson")
    for analysis, terms in {"related": {"BACK PAIN": (1, 3), "FEVER": (2, 0)}, "serious": {"HEMATOMA": (1, 4)}}.items():
        for term, both in terms.items():
            for g, events in zip(("KP", "VP"), both, strict=True):
                values = {"n": 15, "events": events, "estimate": events / 15}
                out += several("tolerance", analysis, term, g, values, **m, method="count")
    return out


def _over_time() -> list[Record]:
    m = {"population": "SAF", "visit": "all"}
    out = []
    for code, both in {"FIRST_DAY": (3, 5), "TO_DAY_30": (6, 7), "AFTER_DAY_30": (5, 4)}.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            values = {"n": 15, "events": events, "estimate": events / 15}
            out += several("tolerance", "period", code, g, values, **m, unit="proportion", method="count")
    for code, both in {"AEANY": (12, 11), "AEGE3": (4, 5), "AESER": (3, 3)}.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            out += several("tolerance", "exposure", code, g, {"n": 15, "events": events}, **m, unit="patients")
            out.append(record("tolerance", "exposure", code, g, "exposure", 40.0, **m, unit="patient-months"))
            values = span(events / 0.4, events / 0.8, events / 0.2)
            out += several("tolerance", "exposure", code, g, values, **m, unit="rate", method="garwood")
    for code, days in {"AEANY": {30: (9, 10), 91: (12, 11)}, "AEGE3": {30: (3, 4), 91: (4, 5)}}.items():
        for day, both in days.items():
            for g, events in zip(("KP", "VP"), both, strict=True):
                values = rate(events, 15, events / 30, min(0.99, events / 10))
                more = {**m, "unit": "proportion", "method": "aalen-johansen-log-log"}
                out += several("tolerance", "incidence", f"{code}_DAY_{day}", g, values, **more)
    return out


#: Columns of a listing as the endpoint makes it.
COLUMNS = ("ARM", "AEDECOD", "AETOXGR", "ASTDY", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AEOUT")


def listing() -> Listing:
    """Two events: one related to the procedure, one to nothing."""
    rows = (
        ("KP", "BACK | PAIN", "3", "2", "Y", "PROBABLE", "UNLIKELY", "NOT RELATED", "RECOVERED"),
        ("VP", "DEATH", "5", "61", "N", "NOT RELATED", "UNLIKELY", "NOT RELATED", "FATAL"),
    )
    return Listing(columns=COLUMNS, rows=rows)
