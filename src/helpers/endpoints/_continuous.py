"""Records of a measure followed over visits: what was seen, the change, and the contrast adjusted for baseline or not.

`values` has one row a patient and visit: USUBJID, AVISIT, AVAL, and BASE and POST where baseline and visit are both
there, POST being the value to set against BASE (for a vertebral measure the mean over the vertebrae seen at both).
"""

from collections.abc import Sequence

import pandas as pd

from helpers.endpoints._population import ARMS, CONTRAST, among
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import means
from helpers.stats._types import Estimate
from helpers.stats.summary import summarise


def followed(frame: pd.DataFrame, parameter: str) -> pd.DataFrame:
    """The values of a measure taken once a patient and visit (`advs`, `adqs`)."""
    rows = frame[(frame["PARAMCD"] == parameter) & frame["AVAL"].notna()]
    return rows[["USUBJID", "AVISIT", "ADT", "AVAL", "BASE"]].assign(POST=rows["AVAL"].where(rows["BASE"].notna()))


def describe(
    recorder: Recorder, values: pd.DataFrame, chosen: pd.DataFrame, *, parameter: str, unit: str, visits: Sequence[str]
) -> list[Record]:
    """Per arm and visit n, missing, mean, sd, median and quartiles; for every visit but the first also the change."""
    records = []
    for visit in visits:
        seen = _at(values, chosen, visit)
        for arm in ARMS:
            summary = summarise(seen.loc[seen["ARM"] == arm, "AVAL"])
            missing = int((chosen["ARM"] == arm).sum()) - summary.n
            figures = {k: getattr(summary, k) for k in ("mean", "sd", "median", "q1", "q3")}
            records += recorder.records(
                {"n": summary.n, "missing": missing, **figures},
                parameter=parameter, group=arm, visit=visit, method="mean", unit=unit, reason="too-few",
            )  # fmt: skip
            if visit != visits[0]:
                change = _change(seen)[seen["ARM"] == arm]
                records += _change_records(recorder, change, parameter=parameter, arm=arm, visit=visit, unit=unit)
    return records


def adjusted(
    recorder: Recorder, values: pd.DataFrame, chosen: pd.DataFrame, *, parameter: str, unit: str, visits: Sequence[str]
) -> list[Record]:
    """Per visit the means adjusted for baseline and their difference by analysis of covariance.

    The arms' n is that of the change, which the same patients have.
    """
    records = []
    for visit in visits:
        seen = _at(values, chosen, visit)
        model = means.ancova(seen, outcome="POST", arm="ARM", reference="VP", covariates=["BASE"])
        for arm in ARMS:
            found = model.means.get(arm, Estimate(0, None, reason="too-few"))
            figures = {"estimate": found.estimate, "se": found.se, "lower95": found.lower, "upper95": found.upper}
            records += recorder.records(
                figures, parameter=parameter, group=arm, visit=visit, method="ancova", unit=unit, reason=found.reason
            )
        difference = model.contrasts.get("KP", means.Contrast(model.means["VP"].n, None, reason="too-few"))
        records += contrast_records(recorder, difference, parameter=parameter, visit=visit, unit=unit, method="ancova")
    return records


def unadjusted(
    recorder: Recorder, values: pd.DataFrame, chosen: pd.DataFrame, *, parameter: str, unit: str, visits: Sequence[str]
) -> list[Record]:
    """Per visit the difference of the mean changes from baseline by Welch's method, under <parameter>_CHG."""
    records = []
    for visit in visits:
        seen = _at(values, chosen, visit)
        change = _change(seen)
        found = means.welch(change[seen["ARM"] == "KP"], change[seen["ARM"] == "VP"])
        records += contrast_records(
            recorder, found, parameter=f"{parameter}_CHG", visit=visit, unit=unit, method="welch"
        )
    return records


def _at(values: pd.DataFrame, chosen: pd.DataFrame, visit: str) -> pd.DataFrame:
    return among(values[values["AVISIT"] == visit], chosen)


def _change(seen: pd.DataFrame) -> pd.Series:
    return (seen["POST"] - seen["BASE"]).astype(float)


def _change_records(
    recorder: Recorder, change: pd.Series, *, parameter: str, arm: str, visit: str, unit: str
) -> list[Record]:
    found, spread = means.mean_t(change), summarise(change)
    figures = {"estimate": found.estimate, "lower95": found.lower, "upper95": found.upper, "sd": spread.sd}
    return recorder.records(
        {"n": found.n, **figures},
        parameter=f"{parameter}_CHG", group=arm, visit=visit, method="mean-t", unit=unit, reason=found.reason,
    )  # fmt: skip


def contrast_records(
    recorder: Recorder, found: means.Contrast, *, parameter: str, visit: str, unit: str, method: str
) -> list[Record]:
    figures = {
        "n": found.n,
        "estimate": found.estimate,
        "se": found.se,
        "df": found.df,
        "lower95": found.lower,
        "upper95": found.upper,
        "p_value": found.p_value,
    }
    return recorder.records(
        figures, parameter=parameter, group=CONTRAST, visit=visit, method=method, unit=unit, reason=found.reason
    )
