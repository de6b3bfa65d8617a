"""Who took part: flow, characteristics before the procedure, and survival to month 3. Described, never tested.

Datasets: `adsl`, `adcomp`. No endpoint of its own, so that its analyses have no estimand.
"""

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._population import ARMS, CONTRAST, among, patients
from helpers.endpoints._record import recorder
from helpers.results import Record
from helpers.stats import effect_sizes, survival
from helpers.stats.summary import summarise

#: Column of `adsl` -> unit. Pain is that at D0, or at inclusion where D0 has none.
MEASURED = {"AGE": "years", "VASBL": "points", "SINSBL": "score", "NPLAN": "levels"}

#: Columns of `adsl` whose classes are counted.
CLASSES = ("SEX", "SITEID", "ECOGBL", "PRIMTUM", "STRATUM")

#: How the study ended for a patient -> parameter.
ENDS = {"COMPLETED": "COMPLETED", "DEATH": "DIED", "WITHDRAWN": "WITHDRAWN", "LOST TO FOLLOW-UP": "LOST"}

#: Column of `adcomp` -> parameter, and the visits at which the form is planned.
FORMS = {
    "VASFL": ("FORM_VAS", ("D0", "D1", "D21", "M3")),
    "DPQFL": ("FORM_DPQ", ("D0", "D21", "M3")),
    "IMGFL": ("FORM_IMG", ("D0", "D1", "M3")),
    "STATUREFL": ("FORM_STATURE", ("D0", "M3")),
}

#: Days after randomisation at which survival is given. Month 3 is 91 days after a procedure that follows randomisation.
DAYS = tuple(range(0, 113, 7))


def flow(data: Datasets) -> list[Record]:
    """`participants.flow`, per arm allocated: how many went which way.

    Visit `all`, n and events: TREATED, NOT_TREATED, SWITCHED (treated with the other technique), COMPLETED, DIED,
    WITHDRAWN, LOST. At each visit, expected and n (received of these): FORM_VAS, FORM_DPQ, FORM_IMG, FORM_STATURE.
    """
    rec = recorder("participants.flow")
    chosen = patients(data, rec.population)
    treated = chosen["TRT01A"].notna()
    events = {
        "TREATED": treated,
        "NOT_TREATED": ~treated,
        "SWITCHED": treated & (chosen["TRT01A"] != chosen["TRT01P"]),
    } | {parameter: chosen["EOSSTT"] == status for status, parameter in ENDS.items()}
    records = []
    for parameter, event in events.items():
        by_arm = _binary.counts(chosen["ARM"], event)
        for arm in ARMS:
            values = {"n": by_arm[arm][1], "events": by_arm[arm][0]}
            records += rec.records(values, parameter=parameter, group=arm, visit="all", method="count")
    forms = among(data["adcomp"], chosen)
    for column, (parameter, visits) in FORMS.items():
        for visit in visits:
            due = forms[(forms["AVISIT"] == visit) & (forms["EXPECTFL"] == "Y")]
            for arm in ARMS:
                of_arm = due[due["ARM"] == arm]
                values = {"expected": len(of_arm), "n": int((of_arm[column] == "Y").sum())}
                records += rec.records(values, parameter=parameter, group=arm, visit=visit, method="count")
    return records


def baseline(data: Datasets) -> list[Record]:
    """`participants.baseline`, per arm allocated, visit D0.

    AGE (years), VASBL (points), SINSBL (score), NPLAN (levels): n, missing, mean, sd, median, q1, q3. SEX, SITEID,
    ECOGBL, PRIMTUM and STRATUM under `<column>|<class>`: n, events, estimate (proportion).
    """
    rec = recorder("participants.baseline")
    chosen = patients(data, rec.population)
    records = []
    for parameter, unit in MEASURED.items():
        for arm in ARMS:
            values = chosen.loc[chosen["ARM"] == arm, parameter]
            found = summarise(values.astype(float))
            figures = {k: getattr(found, k) for k in ("mean", "sd", "median", "q1", "q3")}
            records += rec.records(
                {"n": found.n, "missing": len(values) - found.n, **figures},
                parameter=parameter, group=arm, visit="D0", method="mean", unit=unit, reason="too-few",
            )  # fmt: skip
    for column in CLASSES:
        for code in sorted(set(chosen[column].dropna())):
            by_arm = _binary.counts(chosen["ARM"], chosen[column] == code)
            records += _binary.per_arm(rec, by_arm, parameter=f"{column}|{code}", visit="D0")
    return records


def balance(data: Datasets) -> list[Record]:
    """`participants.balance`, KP-VP, visit D0: estimate, the standardised difference of every characteristic.

    Method `smd` for a measure and for a characteristic of two classes, `smd-mahalanobis` for several classes, where it
    has no sign.
    """
    rec = recorder("participants.balance")
    chosen = patients(data, rec.population)
    arms = [chosen[chosen["ARM"] == arm] for arm in ARMS]
    records = []
    for parameter in MEASURED:
        kp, vp = (rows[parameter].dropna().astype(float) for rows in arms)
        records += _difference(rec, effect_sizes.standardised_difference(kp, vp), parameter, "smd")
    for column in CLASSES:
        codes = sorted(set(chosen[column].dropna())) or [""]
        kp, vp = ([int((rows[column] == code).sum()) for code in codes] for rows in arms)
        found = effect_sizes.standardised_difference_classes(kp, vp)
        records += _difference(rec, found, column, "smd" if len(codes) == 2 else "smd-mahalanobis")
    return records


def _difference(rec, found, parameter: str, method: str) -> list[Record]:
    return rec.records(
        {"estimate": found.estimate},
        parameter=parameter, group=CONTRAST, visit="D0", method=method, unit="smd", reason=found.reason,
    )  # fmt: skip


def kaplan_meier(data: Datasets) -> list[Record]:
    """`participants.survival`, DAY_<days after randomisation> for KP, VP and all, visit `all`.

    n, events (deaths up to the day), estimate (proportion alive), lower95, upper95 (kaplan-meier-log-log).
    """
    rec = recorder("participants.survival")
    chosen = patients(data, rec.population)
    died = chosen["DTHDT"].notna()
    days = (chosen["DTHDT"].fillna(chosen["EOSDT"]) - chosen["RANDDT"]).dt.days.astype(float)
    records = []
    for group in ("all", *ARMS):
        of_group = pd.Series(True, index=chosen.index) if group == "all" else chosen["ARM"] == group
        curve = survival.kaplan_meier(days[of_group], died[of_group]) if of_group.any() else None
        for day in DAYS:
            values = {"n": int(of_group.sum()), "events": int((of_group & died & (days <= day)).sum())}
            found = survival.survival_at(curve, day, extend=True) if curve else None
            values |= {
                "estimate": found.estimate if found else None,
                "lower95": found.lower if found else None,
                "upper95": found.upper if found else None,
            }
            records += rec.records(
                values, parameter=f"DAY_{day:03d}", group=group, visit="all", method="kaplan-meier-log-log",
                unit="proportion", reason=(found.reason if found else "") or "too-few",
            )  # fmt: skip
    return records


def describe(data: Datasets) -> list[Record]:
    """All records of who took part."""
    return [*flow(data), *baseline(data), *balance(data), *kaplan_meier(data)]
