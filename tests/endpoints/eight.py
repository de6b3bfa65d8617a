"""A trial of eight patients, small enough to count by hand.

KP: K1 treated at L1 and L2, no leak. K2 treated at T12 and L1, leaks at L1. K3 treated with vertebroplasty instead, no
leak. K4 never treated.
VP: V1 treated at L3, leak. V2 treated at L1, no leak. V3 treated at T12 and L1, leaks at both. V4 treated at L4, no
leak, died 40 days after the procedure.

Everybody is treated 10 days after randomisation, and followed to 91 days after the procedure. Imaging: everybody before
the procedure, all treated patients at D1, and all but K3 and V4 at M3.
"""

import pandas as pd

from helpers.data import Datasets

NAN = float("nan")
NEVER = pd.NaT
VISITS = ("D0", "D1", "D21", "M3")
DUE = dict(zip(VISITS, (0, 1, 21, 91), strict=True))

#: planned, received, total volume, number of levels treated
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

#: site, vertebrae planned, age, sex, ECOG, tumour, SINS
BEFORE = {
    "K1": ("01", 2, 50, "F", 0, "BREAST", 8),
    "K2": ("01", 2, 60, "F", 1, "LUNG", 9),
    "K3": ("02", 1, 70, "M", 1, "KIDNEY", 10),
    "K4": ("02", 1, 60, "M", 2, "BREAST", 11),
    "V1": ("01", 1, 55, "F", 1, "BREAST", 12),
    "V2": ("02", 1, 65, "F", 1, "LUNG", 9),
    "V3": ("01", 2, 45, "F", 2, "LUNG", 8),
    "V4": ("02", 1, 71, "M", 2, "PROSTATE", 13),
}

REGIONS = {"T12": "JUNCTION", "L1": "JUNCTION", "L2": "LUMBAR", "L3": "LUMBAR", "L4": "LUMBAR", "L5": "LUMBAR"}

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

ORGANS = {"Back pain": "Musculoskeletal", "Fever": "General", "Dyspnea": "Respiratory"}

#: term, grade, serious, related to procedure, device, disease, fatal, treatment-emergent, day of the procedure
EVENTS = [
    ("K1", "Back pain", 1, "N", "POSSIBLY", "NOT RELATED", "UNLIKELY", "N", "Y", 3),
    ("K1", "Back pain", 3, "Y", "PROBABLY", "UNLIKELY", "NOT RELATED", "N", "Y", 20),
    ("K1", "Fever", 2, "N", "NOT RELATED", "NOT RELATED", None, "N", "Y", 40),
    ("K2", "Fever", 1, "N", "NOT RELATED", "NOT RELATED", "NOT RELATED", "N", "N", -3),
    ("K3", "Fever", 2, "N", "UNLIKELY", "NOT RELATED", "NOT RELATED", "N", "Y", 2),
    ("V4", "Dyspnea", 5, "Y", "NOT RELATED", "NOT RELATED", "DEFINITELY", "Y", "Y", 38),
]


def _flags(subject: str) -> dict:
    planned, received, _, _ = PATIENTS[subject]
    done = "Y" if received else "N"
    return {
        "USUBJID": subject, "TRT01P": planned, "TRT01A": received,
        "ITTFL": "Y", "MITTFL": done, "SAFFL": done, "PPROTFL": "Y" if received == planned else "N",
    }  # fmt: skip


def day(subject: str, number: int) -> pd.Timestamp:
    """So many days after the procedure, or after the day on which it would have been."""
    return pd.Timestamp("2017-01-12") + pd.Timedelta(days=7 * list(PATIENTS).index(subject) + number)


def _subject(subject: str) -> dict:
    _, received, volume, levels = PATIENTS[subject]
    site, planned, age, sex, ecog, tumour, sins = BEFORE[subject]
    died = subject == "V4"
    return {
        **_flags(subject), "SITEID": site, "STRATUM": f"1-3 vertebrae, site {site}", "AGE": age, "SEX": sex,
        "ECOGBL": ecog, "PRIMTUM": tumour, "SINSBL": sins, "VASBL": PAIN[subject][0], "NPLAN": planned,
        "NLEVELS": levels, "VOLTOT": volume, "VOLMEAN": volume / levels if levels else NAN,
        "RANDDT": day(subject, -10), "TRTSDT": day(subject, 0) if received else NEVER,
        "DTHDT": day(subject, 40) if died else NEVER, "EOSDT": day(subject, 40 if died else 91),
        "EOSSTT": "DEATH" if died else "COMPLETED",
    }  # fmt: skip


def _observed(rows: list[dict]) -> pd.DataFrame:
    """The rows that have a value."""
    frame = pd.DataFrame(rows)
    return frame[frame["AVAL"].notna()].reset_index(drop=True)


def _followed(parameter: str, values: dict) -> list[dict]:
    return [
        {**_flags(subject), "PARAMCD": parameter, "AVISIT": visit, "ADT": day(subject, DUE[visit]), "AVAL": value,
         "BASE": series[0], "CHG": NAN if visit == "D0" else value - series[0]}
        for subject, series in values.items()
        for visit, value in zip(VISITS, series, strict=True)
    ]  # fmt: skip


def _forms(subject: str) -> list[dict]:
    return [
        {**_flags(subject), "AVISIT": visit, "EXPECTFL": "N" if (subject, visit) == ("V4", "M3") else "Y",
         "VASFL": "N" if value != value else "Y", "DPQFL": "N" if visit == "D1" or value != value else "Y",
         "STATUREFL": "Y" if visit == "D0" or (visit == "M3" and subject != "V4") else "N",
         "IMGFL": "Y" if visit == "D0" or subject in IMAGED.get(visit, ()) else "N"}
        for visit, value in zip(VISITS, PAIN[subject], strict=True)
    ]  # fmt: skip


def build() -> dict[str, pd.DataFrame]:
    """The frames of the trial, new ones every time."""
    adimg = [
        {**_flags(s), "LEVEL": level, "REGION": REGIONS[level], "PARAMCD": parameter, "AVISIT": visit,
         "AVAL": value * scale, "BASE": pair[0] * scale, "READ1": value * scale - 0.5, "READ2": value * scale + 0.5}
        for parameter, scale in (("ANTHT", 1.0), ("MIDHT", 1.0), ("POSHT", 1.5), ("KYPHANG", 0.5))
        for (s, level), pair in HEIGHTS.items()
        for visit, value in zip(("D0", "M3"), pair, strict=True)
    ]  # fmt: skip
    stature = {s: (160.0 + i, NAN, NAN, 160.0 + i + 0.5 * (i % 3)) for i, s in enumerate(PATIENTS)}
    stature["V4"] = (stature["V4"][0], NAN, NAN, NAN)
    tenfold = {s: tuple(10 * v for v in p) for s, p in PAIN.items()}
    adqs = [
        row
        for domain in ("DPQDA", "DPQWL", "DPQAD", "DPQSI")
        for row in _followed(domain, tenfold)
        if row["AVISIT"] != "D1"
    ]
    columns = (
        *("AEDECOD", "AETOXGR", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AESDTH", "TRTEMFL", "ASTDY"),
    )  # fmt: skip
    adae = pd.DataFrame([{**_flags(s), **dict(zip(columns, rest, strict=True))} for s, *rest in EVENTS])
    return {
        "adsl": pd.DataFrame([_subject(s) for s in PATIENTS]),
        "adproc": pd.DataFrame([{**_flags(s), "LEVEL": level, "LEAKFL": leak} for s, level, leak in LEVELS]),
        "adleak": pd.DataFrame(
            [
                {**_flags(s), "LEVEL": level, "LEAKTYPE": kind, "LEAKSIZE": size, "LEAKSYMP": symptom}
                for s, level, kind, size, symptom in LEAKS
            ]
        ),
        "adimg": _observed(adimg),
        "advs": _observed(_followed("VAS", PAIN) + _followed("STATURE", stature)),
        "adqs": _observed(adqs),
        "adcomp": pd.DataFrame([row for s in PATIENTS for row in _forms(s)]),
        "adae": adae.assign(AEBODSYS=adae["AEDECOD"].map(ORGANS), AEOUT="RECOVERED").astype({"AETOXGR": "Int64"}),
    }


def trial() -> Datasets:
    return Datasets(build())
