"""A trial made up at random: analysis datasets with everything that small tables hide behind, from a seed."""

import numpy as np
import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import angle, height, leakage, pain, participants, qol, tolerance, volume_pain
from helpers.results import Record

VISITS = ("D0", "D1", "D21", "M3")
DAYS = {"D0": 0, "D1": 1, "D21": 21, "M3": 91}
START = pd.Timestamp("2018-01-01")
TERMS = ("Back pain", "Fever", "Dyspnea", "Hematoma", "Bone pain", "Wound infection")


def records(endpoint: str, seed: int, patients: int, *, rare: float = 0.3) -> list[Record]:
    """All records of an endpoint, as its notebook computes them; `rare` is how often things happen."""
    data = cohort(np.random.default_rng(seed), patients, rare)
    made = {
        "leakage": (
            *(leakage.describe, leakage.estimate, leakage.posterior, leakage.posterior_mass),
            *(leakage.sensitivity, leakage.characteristics, leakage.vertebrae),
        ),
        "height": (height.describe, height.estimate, height.agreement, height.sensitivity),
        "angle": (angle.describe, angle.estimate, angle.agreement, angle.sensitivity),
        "participants": (participants.describe,),
        "pain": (pain.describe, pain.estimate, pain.sensitivity, pain.survivors, pain.responders),
        "qol": (qol.compliance, qol.describe, qol.estimate, qol.sensitivity, qol.survivors, qol.responders),
        "tolerance": (
            *(tolerance.describe, tolerance.estimate, tolerance.preferred_terms),
            *(tolerance.periods, tolerance.exposure, tolerance.incidence),
        ),
        "volume_pain": (volume_pain.describe, volume_pain.estimate, volume_pain.sensitivity, volume_pain.tertiles),
    }
    return [r for function in made[endpoint] for r in function(data)]


def cohort(rng: np.random.Generator, patients: int, rare: float) -> Datasets:
    planned = np.where(np.arange(patients) % 2 == 0, "KP", "VP")
    other = np.where(planned == "KP", "VP", "KP")
    treated = rng.random(patients) > rare / 4
    received = np.where(treated, np.where(rng.random(patients) < rare / 4, other, planned), None)
    done = np.where(treated, "Y", "N")
    died = np.where(rng.random(patients) < rare / 3, rng.choice([5, 50], patients), 0)
    left = (died == 0) & (rng.random(patients) < rare / 4)
    end = np.where(died > 0, died, np.where(left, 30, 91))
    adsl = pd.DataFrame(
        {
            "USUBJID": [f"P{i:03}" for i in range(patients)],
            "TRT01P": planned,
            "TRT01A": received,
            "ITTFL": "Y",
            "MITTFL": done,
            "SAFFL": done,
            "PPROTFL": np.where(received == planned, "Y", "N"),
            "SITEID": rng.choice(["01", "02"], patients, p=[0.8, 0.2]),
            "AGE": rng.integers(40, 80, patients),
            "SEX": rng.choice(["F", "M"], patients),
            "ECOGBL": rng.integers(0, 3, patients),
            "PRIMTUM": rng.choice(["BREAST", "LUNG", "OTHER"], patients, p=[0.5, 0.4, 0.1]),
            "STRATUM": rng.choice(["1-3 vertebrae", "4-6 vertebrae"], patients, p=[0.8, 0.2]),
            "NPLAN": rng.integers(1, 4, patients),
            "NLEVELS": np.where(treated, rng.integers(1, 4, patients), 0),
            "SINSBL": rng.integers(7, 14, patients),
            "VASBL": rng.normal(6, 1, patients).round(1),
            "RANDDT": START,
            "TRTSDT": pd.Series([START if t else pd.NaT for t in treated]),
            "DTHDT": pd.Series([START + pd.Timedelta(days=int(d)) if d else pd.NaT for d in died]),
            "EOSDT": pd.Series([START + pd.Timedelta(days=int(d)) for d in end]),
            "EOSSTT": np.where(died > 0, "DEATH", np.where(left, "WITHDRAWN", "COMPLETED")),
            "VOLTOT": np.where(treated, rng.normal(7, 2, patients).round(1), np.nan),
            "VOLMEAN": np.where(treated, rng.normal(4, 1, patients).round(1), np.nan),
        }
    )
    ids = adsl["USUBJID"]
    adproc, adleak = _vertebrae(rng, ids[treated], rare)
    expected = {v: (died == 0) | (died > DAYS[v]) for v in VISITS}
    comes = {v: expected[v] & (rng.random(patients) > (0 if v == "D0" else rare / 2)) for v in VISITS}
    advs = pd.concat([_scores(rng, ids, comes, "VAS", 0.1, 5), _scores(rng, ids, comes, "STATURE", 0.1, 170)])
    adqs = pd.concat([_scores(rng, ids, comes, code, 3, 50) for code in qol.DOMAINS])
    adcomp = pd.DataFrame(
        {
            "USUBJID": subject,
            "AVISIT": visit,
            "EXPECTFL": "Y" if expected[visit][i] else "N",
            "DPQFL": "Y" if comes[visit][i] else "N",
            "VASFL": "Y" if comes[visit][i] else "N",
            "STATUREFL": "Y" if comes[visit][i] else "N",
            "IMGFL": "Y" if comes[visit][i] else "N",
        }
        for i, subject in enumerate(ids)
        for visit in VISITS
    )
    adimg = _images(rng, adproc, dict(zip(ids, range(patients), strict=True)), comes)
    return Datasets(
        {
            "adsl": adsl,
            "adproc": adproc,
            "adleak": adleak,
            "advs": advs,
            "adqs": adqs,
            "adcomp": adcomp,
            "adimg": adimg,
            "adae": _events(rng, ids[treated], rare),
        }
    )


def _vertebrae(rng, ids, rare) -> tuple[pd.DataFrame, pd.DataFrame]:
    levels, leaks = [], []
    for subject in ids:
        for level in ("T12", "L1", "L2")[: rng.integers(1, 4)]:
            number = rng.integers(1, 3) if rng.random() < rare else 0
            levels.append((subject, level, "Y" if number else "N"))
            for _ in range(number):
                size, symptom = ((rng.random() < rare) for _ in range(2))
                kind = str(rng.choice(("VASCULAR", "CORTICAL", "BOTH")))
                leaks.append((subject, level, kind, "SIGNIFICANT" if size else "NOT SIGNIFICANT", "NY"[symptom]))
    names = ["USUBJID", "LEVEL", "LEAKTYPE", "LEAKSIZE", "LEAKSYMP"]
    return pd.DataFrame(levels, columns=["USUBJID", "LEVEL", "LEAKFL"]), pd.DataFrame(leaks, columns=names)


def _scores(rng, ids, comes, parameter, step, centre) -> pd.DataFrame:
    values = {v: (rng.normal(centre, centre / 5, len(ids)) / step).round() * step for v in VISITS}
    rows = [
        {
            **{"USUBJID": subject, "PARAMCD": parameter, "AVISIT": v, "ADT": START + pd.Timedelta(days=DAYS[v])},
            **{"AVAL": values[v][i], "BASE": values["D0"][i]},
        }
        for i, subject in enumerate(ids)
        for v in VISITS
        if comes[v][i]
    ]
    return pd.DataFrame(rows)


def _images(rng, adproc, place, comes) -> pd.DataFrame:
    rows = []
    for subject, level in zip(adproc["USUBJID"], adproc["LEVEL"], strict=True):
        for parameter in ("ANTHT", "MIDHT", "POSHT", "KYPHANG"):
            before = rng.normal(20, 3)
            for visit in ("D0", "M3"):
                if comes[visit][place[subject]]:
                    value = round(before + (visit == "M3") * rng.normal(1, 1), 1)
                    reads = {"READ1": value + rng.normal(0, 0.3), "READ2": value + rng.normal(0, 0.3)}
                    row = {
                        "USUBJID": subject,
                        "LEVEL": level,
                        "REGION": "LUMBAR" if level == "L2" else "JUNCTION",
                        "PARAMCD": parameter,
                        "AVISIT": visit,
                    }
                    rows.append({**row, "AVAL": value, "BASE": round(before, 1), **reads})
    return pd.DataFrame(rows)


def _events(rng, ids, rare) -> pd.DataFrame:
    rows = []
    related = ("NOT RELATED", "UNLIKELY", "POSSIBLY", "DEFINITELY")
    for subject in ids:
        for _ in range(rng.poisson(4 * rare)):
            grade = int(rng.choice((1, 2, 3, 4, 5), p=(0.5, 0.3, 0.14, 0.04, 0.02)))
            flags = {"AESER": "Y" if grade > 3 or rng.random() < 0.1 else "N", "AESDTH": "Y" if grade == 5 else "N"}
            relations = {c: rng.choice(related, p=(0.6, 0.1, 0.2, 0.1)) for c in ("AERELPRC", "AERELDEV", "AERELDIS")}
            named = int(rng.integers(len(TERMS)))
            term = {"AEDECOD": TERMS[named], "AEBODSYS": f"Class {named // 2}", "AETOXGR": grade, "TRTEMFL": "Y"}
            term["ASTDY"] = int(rng.choice([1, 2, 10, 60]))
            rows.append({"USUBJID": subject, **term, **flags, **relations})
    columns = [
        *(
            "USUBJID",
            "AEDECOD",
            "AEBODSYS",
            "ASTDY",
            "AETOXGR",
            "TRTEMFL",
            "AESER",
            "AESDTH",
            "AERELPRC",
            "AERELDEV",
            "AERELDIS",
        ),
    ]
    return pd.DataFrame(rows, columns=columns).astype({"AETOXGR": "Int64", "ASTDY": "Int64"})
