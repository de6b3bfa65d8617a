"""Records of a score where death is no missing value: ranked the worst, or the end of the time that is averaged.

`values` as in `_continuous.followed`; lower scores are better.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.endpoints import _continuous
from helpers.endpoints._population import ARMS, CONTRAST, among
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import means, rank, win


def composite(
    recorder: Recorder,
    values: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    parameter: str,
    unit: str,
    visits: Sequence[str],
    forms: pd.DataFrame,
) -> list[Record]:
    """Death before the visit ranks worst, the earlier the worse; patients alive without a value are left out.

    <PARAMETER>, KP-VP: n, estimate, lower95, upper95 (win-odds); p_value (mann-whitney-exact). <PARAMETER>_BETTER:
    probability that KP does better, estimate and limits (relative-effect). <PARAMETER>, per arm: n, missing (left
    out) and the median, none where it falls on death. `forms` is `adcomp`: a visit that is not expected is one
    before which the patient had died.
    """
    records = []
    for visit in visits:
        ranked = _ranked(values, chosen, forms, visit)
        for arm in ARMS:
            own = ranked[ranked["ARM"] == arm]
            middle = rank.composite_quantile(own["AVAL"], own["DEAD"], better="lower")
            records += recorder.records(
                {"n": middle.n, "missing": len(own) - middle.n, "median": middle.value},
                parameter=parameter, group=arm, visit=visit, method="death-worst", unit=unit,
                reason=middle.reason,
            )  # fmt: skip
        records += _contrasted(recorder, ranked, parameter, visit)
    return records


def _contrasted(recorder: Recorder, ranked: pd.DataFrame, parameter: str, visit: str) -> list[Record]:
    order = rank.death_worst(ranked["AVAL"], ranked["DEAD"], time=ranked["DAYS"], better="lower")
    held = ~np.isnan(order)
    kp, vp = (order[held & (ranked["ARM"] == arm).to_numpy()] for arm in ARMS)
    where = {"group": CONTRAST, "visit": visit}
    odds = win.win_odds(win.compare_values(kp, vp)) if kp.size and vp.size else None
    test = rank.mann_whitney(kp, vp)
    effect = rank.relative_effect(kp, vp)
    records = recorder.records(
        {"n": int(kp.size + vp.size)} | _figures(odds),
        **where, parameter=parameter, method="win-odds", unit="odds", reason=odds.reason if odds else "too-few",
    )  # fmt: skip
    p_value = {"p_value": test.p_value}
    records += recorder.records(
        p_value, **where, parameter=parameter, method="mann-whitney-exact", reason=test.reason or "too-few"
    )
    return records + recorder.records(
        _figures(effect),
        **where, parameter=f"{parameter}_BETTER", method="relative-effect", unit="proportion", reason=effect.reason,
    )  # fmt: skip


def _figures(found) -> dict[str, float | None]:
    """Estimate and limits, none where infinite or not found."""
    named = {"estimate": "estimate", "lower95": "lower", "upper95": "upper"}
    values = {statistic: getattr(found, name) if found else None for statistic, name in named.items()}
    return {s: v if v is not None and np.isfinite(v) else None for s, v in values.items()}


def _ranked(values: pd.DataFrame, chosen: pd.DataFrame, forms: pd.DataFrame, visit: str) -> pd.DataFrame:
    """Every patient of the set with ARM, the value at the visit, whether dead before it, and days to death."""
    seen = among(values[values["AVISIT"] == visit], chosen).set_index("USUBJID")["AVAL"].reindex(chosen.index)
    at = forms[forms["AVISIT"] == visit].set_index("USUBJID")["EXPECTFL"].reindex(chosen.index)
    dead = (at == "N") & seen.isna()
    days = (chosen["DTHDT"] - chosen["RANDDT"]).dt.days.astype(float)
    return pd.DataFrame({"ARM": chosen["ARM"], "AVAL": seen.astype(float), "DEAD": dead, "DAYS": days})


def while_alive(
    recorder: Recorder, values: pd.DataFrame, chosen: pd.DataFrame, *, parameter: str, unit: str
) -> list[Record]:
    """Mean over time from before the procedure to the last value while alive, adjusted for the value before.

    The area under the values by trapezoids over the days, divided by the days. <PARAMETER>, per arm n, estimate, se,
    lower95, upper95; KP-VP also df and p_value (ancova-auc), visit `M3`. A patient with no value after the first has
    none.
    """
    rows = among(values, chosen).dropna(subset=["AVAL", "BASE"]).sort_values(["USUBJID", "ADT"])
    averages = pd.DataFrame(
        [
            {"USUBJID": patient, "AVAL": _average(own), "BASE": own["BASE"].iloc[0]}
            for patient, own in rows.groupby("USUBJID")
            if len(own) > 1
        ],
        columns=["USUBJID", "AVAL", "BASE"],
    ).astype({"AVAL": float, "BASE": float})
    used = among(averages, chosen)
    model = means.ancova(used, outcome="AVAL", arm="ARM", reference="VP", covariates=["BASE"])
    records = []
    for arm in ARMS:
        found = model.means.get(arm, means.Estimate(0, None, reason="too-few"))
        figures = {"n": found.n, "estimate": found.estimate, "se": found.se}
        figures |= {"lower95": found.lower, "upper95": found.upper}
        records += recorder.records(
            figures, parameter=parameter, group=arm, visit="M3", method="ancova-auc", unit=unit, reason=found.reason
        )
    found = model.contrasts.get("KP", means.Contrast(model.means["VP"].n, None, reason="too-few"))
    return records + _continuous.contrast_records(
        recorder, found, parameter=parameter, visit="M3", unit=unit, method="ancova-auc"
    )


def _average(own: pd.DataFrame) -> float:
    """Mean of one patient's values over the days between the first and the last."""
    days = (own["ADT"] - own["ADT"].iloc[0]).dt.days.to_numpy(dtype=float)
    return float(np.trapezoid(own["AVAL"].to_numpy(dtype=float), days) / days[-1])
