"""Made-up records of who took part."""

from helpers.results import Record
from tests.present.making import rate, record, several, span

#: Patients of 16 and 15 who went which way.
FLOW = {
    "TREATED": (15, 15),
    "NOT_TREATED": (1, 0),
    "SWITCHED": (1, 0),
    "COMPLETED": (12, 11),
    "DIED": (3, 4),
    "WITHDRAWN": (1, 0),
    "LOST": (0, 0),
}

#: Forms received of those expected, by visit.
FORMS = {
    "FORM_VAS": {"D0": (16, 16), "D1": (14, 16), "D21": (13, 15), "M3": (11, 13)},
    "FORM_DPQ": {"D0": (16, 16), "D21": (13, 15), "M3": (11, 13)},
    "FORM_IMG": {"D0": (16, 16), "D1": (15, 16), "M3": (12, 13)},
    "FORM_STATURE": {"D0": (16, 16), "M3": (11, 13)},
}

#: Class -> patients of 16 and 15.
CLASSES = {
    "SEX|F": (8, 9),
    "SEX|M": (8, 6),
    "SITEID|01": (13, 12),
    "SITEID|02": (3, 3),
    "PRIMTUM|BREAST": (7, 8),
    "PRIMTUM|LUNG": (9, 7),
}


def participants() -> list[Record]:
    out = []
    for code, both in FLOW.items():
        for g, n, events in zip(("KP", "VP"), (16, 15), both, strict=True):
            values = {"n": n, "events": events}
            out += several("participants", "flow", code, g, values, visit="all", unit="patients", method="count")
    for code, visits in FORMS.items():
        for visit, (n, expected) in visits.items():
            for g in ("KP", "VP"):
                values = {"n": n, "expected": expected}
                out += several("participants", "flow", code, g, values, visit=visit, unit="patients", method="count")
    return out + _before() + _survival()


def _before() -> list[Record]:
    out = []
    for code, unit, missing in (("AGE", "years", 0), ("VASBL", "points", 2)):
        for g, mean in {"KP": 59.1, "VP": 56.2}.items():
            values = {"n": 15, "missing": missing, "mean": mean, "sd": 11.3, "median": 60.5, "q1": 52.0, "q3": 65.5}
            out += several("participants", "baseline", code, g, values, visit="D0", unit=unit)
    for code, both in CLASSES.items():
        for g, n, events in zip(("KP", "VP"), (16, 15), both, strict=True):
            values = {k: v for k, v in rate(events, n, 0, 1).items() if not k.endswith("95")}
            out += several("participants", "baseline", code, g, values, visit="D0", unit="proportion")
    for code, apart in {"AGE": 0.23, "VASBL": -0.194, "SEX": 0.2, "SITEID": -0.03, "PRIMTUM": 0.77}.items():
        more = {"visit": "D0", "unit": "smd", "method": "smd"}
        out.append(record("participants", "balance", code, "KP-VP", "estimate", apart, **more))
    return out


#: Deaths up to the day, of 31, 16 and 15.
DEATHS = {0: (0, 0, 0), 28: (2, 1, 1), 56: (5, 2, 3), 112: (7, 3, 4)}


def _survival() -> list[Record]:
    out = []
    for day, deaths in DEATHS.items():
        for g, n, events in zip(("all", "KP", "VP"), (31, 16, 15), deaths, strict=True):
            alive = 1 - events / n
            values = {
                "n": n,
                "events": events,
                **span(alive, alive - 0.1 if events else None, alive if events else None),
            }
            more = {"visit": "all", "unit": "proportion", "method": "kaplan-meier-log-log"}
            out += several("participants", "survival", f"DAY_{day:03d}", g, values, **more)
    return out
