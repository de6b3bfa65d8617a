"""A trial of eight patients, small enough to count by hand.

KP: K1 treated at L1 and L2, no leak. K2 treated at T12 and L1, leaks at L1. K3 treated with vertebroplasty instead, no
leak. K4 never treated.
VP: V1 treated at L3, leak. V2 treated at L1, no leak. V3 treated at T12 and L1, leaks at both. V4 treated at L4, no
leak, died before M3.

Imaging: everybody before the procedure, all treated patients at D1, and all but K3 and V4 at M3.
"""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.data import Datasets

NAN = float("nan")

#: planned, received, total volume, number of levels
PATIENTS = {
    "K1": ("KP", "KP", 8.0, 2),
    "K2": ("KP", "KP", 10.0, 2),
    "K3": ("KP", "VP", 4.0, 1),
    "K4": ("KP", None, NAN, 0),
    "V1": ("VP", "VP", 3.0, 1),
    "V2": ("VP", "VP", 5.0, 1),
    "V3": ("VP", "VP", 6.0, 2),
    "V4": ("VP", "VP", 2.0, 1),
}

#: treated levels, and whether the level leaked
LEVELS = [
    ("K1", "L1", "N"), ("K1", "L2", "N"), ("K2", "T12", "N"), ("K2", "L1", "Y"), ("K3", "L1", "N"),
    ("V1", "L3", "Y"), ("V2", "L1", "N"), ("V3", "T12", "Y"), ("V3", "L1", "Y"), ("V4", "L4", "N"),
]  # fmt: skip

LEAKS = [
    ("K2", "L1", "VASCULAR", "SIGNIFICANT", "Y"),
    ("K2", "L1", "CORTICAL", "NOT SIGNIFICANT", "N"),
    ("V1", "L3", "VASCULAR", "NOT SIGNIFICANT", "N"),
    ("V3", "T12", "CORTICAL", "NOT SIGNIFICANT", "N"),
    ("V3", "L1", "CORTICAL", "SIGNIFICANT", "N"),
]

#: patients with an image after the procedure
IMAGED = {"D1": ("K1", "K2", "K3", "V1", "V2", "V3", "V4"), "M3": ("K1", "K2", "V1", "V2", "V3")}

#: anterior height by vertebra, D0 and M3; K1's L5 was never treated and must not count
HEIGHTS = {
    ("K1", "L1"): (20.0, 22.0),
    ("K1", "L2"): (24.0, 24.0),
    ("K1", "L5"): (90.0, 99.0),
    ("K2", "T12"): (16.0, 19.0),
    ("K2", "L1"): (18.0, NAN),
    ("K3", "L1"): (21.0, 21.5),
    ("V1", "L3"): (25.0, 24.0),
    ("V2", "L1"): (19.0, 20.0),
    ("V3", "T12"): (NAN, 17.0),
    ("V3", "L1"): (18.0, 18.5),
    ("V4", "L4"): (26.0, NAN),
}

#: pain at D0, D1, D21, M3
PAIN = {
    "K1": (8.0, 5.0, 4.0, 3.0),
    "K2": (6.0, 3.0, 3.0, 2.0),
    "K3": (7.0, 5.0, NAN, 4.0),
    "K4": (5.0, NAN, NAN, 5.0),
    "V1": (9.0, 6.0, 5.0, 4.0),
    "V2": (7.0, 6.0, 4.0, 5.0),
    "V3": (5.0, 4.0, 2.0, 1.5),
    "V4": (6.0, 5.0, NAN, NAN),
}

#: term, grade, serious, related to procedure, device, disease, fatal, treatment-emergent
EVENTS = [
    ("K1", "Back pain", 1, "N", "POSSIBLY", "NOT RELATED", "UNLIKELY", "N", "Y"),
    ("K1", "Back pain", 3, "Y", "PROBABLY", "UNLIKELY", "NOT RELATED", "N", "Y"),
    ("K1", "Fever", 2, "N", "NOT RELATED", "NOT RELATED", None, "N", "Y"),
    ("K2", "Fever", 1, "N", "NOT RELATED", "NOT RELATED", "NOT RELATED", "N", "N"),
    ("K3", "Fever", 2, "N", "UNLIKELY", "NOT RELATED", "NOT RELATED", "N", "Y"),
    ("V4", "Dyspnea", 5, "Y", "NOT RELATED", "NOT RELATED", "DEFINITELY", "Y", "Y"),
]


def _flags(subject: str) -> dict:
    planned, received, _, _ = PATIENTS[subject]
    done = "Y" if received else "N"
    return {
        "USUBJID": subject, "TRT01P": planned, "TRT01A": received,
        "ITTFL": "Y", "MITTFL": done, "SAFFL": done, "PPROTFL": "Y" if received == planned else "N",
    }  # fmt: skip


def _observed(rows: list[dict]) -> pd.DataFrame:
    """The rows that have a value."""
    frame = pd.DataFrame(rows)
    return frame[frame["AVAL"].notna()].reset_index(drop=True)


def _followed(parameter: str, values: dict, visits: tuple[str, ...]) -> list[dict]:
    return [
        {**_flags(subject), "PARAMCD": parameter, "AVISIT": visit, "AVAL": value, "BASE": series[0],
         "CHG": NAN if visit == "D0" else value - series[0]}
        for subject, series in values.items()
        for visit, value in zip(visits, series, strict=True)
    ]  # fmt: skip


def build() -> dict[str, pd.DataFrame]:
    adsl = [{**_flags(s), "VOLTOT": v, "VOLMEAN": v / n if n else NAN} for s, (_, _, v, n) in PATIENTS.items()]
    adproc = [{**_flags(s), "LEVEL": level, "LEAKFL": leak} for s, level, leak in LEVELS]
    adleak = [
        {**_flags(s), "LEVEL": level, "LEAKTYPE": kind, "LEAKSIZE": size, "LEAKSYMP": symptom}
        for s, level, kind, size, symptom in LEAKS
    ]
    adimg = [
        {**_flags(s), "LEVEL": level, "PARAMCD": parameter, "AVISIT": visit, "AVAL": value * scale,
         "BASE": pair[0] * scale, "READ1": value * scale - 0.5, "READ2": value * scale + 0.5}
        for parameter, scale in (("ANTHT", 1.0), ("MIDHT", 1.0), ("POSHT", 1.5), ("KYPHANG", 0.5))
        for (s, level), pair in HEIGHTS.items()
        for visit, value in zip(("D0", "M3"), pair, strict=True)
    ]  # fmt: skip
    stature = {s: (160.0 + i, NAN, NAN, 160.0 + i + 0.5 * (i % 3)) for i, s in enumerate(PATIENTS)}
    adqs = [
        row
        for domain in ("DPQDA", "DPQWL", "DPQAD", "DPQSI")
        for row in _followed(domain, {s: tuple(10 * v for v in p) for s, p in PAIN.items()}, ("D0", "D1", "D21", "M3"))
        if row["AVISIT"] != "D1"
    ]
    adcomp = [
        {**_flags(s), "AVISIT": visit, "EXPECTFL": "N" if (s, visit) == ("V4", "M3") else "Y",
         "DPQFL": "N" if visit == "D1" or PAIN[s][i] != PAIN[s][i] else "Y",
         "IMGFL": "Y" if visit == "D0" or s in IMAGED.get(visit, ()) else "N"}
        for s in PATIENTS
        for i, visit in enumerate(("D0", "D1", "D21", "M3"))
    ]  # fmt: skip
    columns = ("AEDECOD", "AETOXGR", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AESDTH", "TRTEMFL")
    adae = [{**_flags(s), **dict(zip(columns, rest, strict=True))} for s, *rest in EVENTS]
    visits = ("D0", "D1", "D21", "M3")
    return {
        "adsl": pd.DataFrame(adsl),
        "adproc": pd.DataFrame(adproc),
        "adleak": pd.DataFrame(adleak),
        "adimg": _observed(adimg),
        "advs": _observed(_followed("VAS", PAIN, visits) + _followed("STATURE", stature, visits)),
        "adqs": _observed(adqs),
        "adcomp": pd.DataFrame(adcomp),
        "adae": pd.DataFrame(adae).astype({"AETOXGR": "Int64"}),
    }


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    """The frames, to be changed before `Datasets(frames)`."""
    return build()


@pytest.fixture
def data(frames) -> Datasets:
    return Datasets(frames)


@pytest.fixture
def without(frames):
    """The trial without some patients, as if they had never been randomised."""

    def drop(*subjects: str) -> Datasets:
        return Datasets({name: f[~f["USUBJID"].isin(subjects)].reset_index(drop=True) for name, f in frames.items()})

    return drop


@pytest.fixture
def find():
    """The one record with these fields, or its statistics by name: `find(records, "n", parameter=..., group=...)`."""

    def one(records, statistic: str, **fields):
        found = [r for r in records if r.statistic == statistic and all(getattr(r, k) == v for k, v in fields.items())]
        assert len(found) == 1, f"{len(found)} records for {statistic}, {fields}"
        return found[0]

    def value(records, statistic: str, **fields):
        return one(records, statistic, **fields).value

    return SimpleNamespace(record=one, value=value)
