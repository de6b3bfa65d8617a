"""Records of a score followed over visits: the mixed model for repeated measures, and imputation of what is missing.

`values` has one row a patient and visit: USUBJID, AVISIT, AVAL, BASE, as `_continuous.followed` gives them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.endpoints import _fit
from helpers.endpoints._continuous import contrast_records
from helpers.endpoints._population import ARMS, CONTRAST, among
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import Contrast, Estimate, missing, mixed

#: Covariance structures of the mixed model in the order in which they are tried.
STRUCTURES = ("UN", "TOEPH", "AR1H", "CSH", "CS")

#: Largest shift of imputed values, in steps.
STEPS = 8


@dataclass(frozen=True)
class Imputing:
    """How often, and from which seed, missing values are drawn."""

    imputations: int
    seed: int


def mmrm(
    recorder: Recorder, values: pd.DataFrame, chosen: pd.DataFrame, *, parameter: str, unit: str, visits: Sequence[str]
) -> list[Record]:
    """Means by arm and visit at the average baseline, and their contrasts, by the model that settles first.

    The method names the covariance structure used, such as `mmrm-un-kr`; `mmrm-kr` where none settles.
    """
    rows = _rows(values, chosen, visits)
    model, method = _fitted(rows)
    records = []
    for visit in visits:
        seen = rows[(rows["AVISIT"] == visit) & rows["AVAL"].notna() & rows["BASE"].notna()]
        sizes = {arm: int((seen["ARM"] == arm).sum()) for arm in ARMS}
        for arm in ARMS:
            found = model.means.get((arm, visit)) or Estimate(sizes[arm], None, reason="too-few")
            figures = {"estimate": found.estimate, "se": found.se, "df": found.df}
            figures |= {"lower95": found.lower, "upper95": found.upper}
            records += recorder.records(
                figures, parameter=parameter, group=arm, visit=visit, method=method, unit=unit, reason=found.reason
            )
        found = model.contrasts.get(("KP", visit)) or Contrast(sum(sizes.values()), None, reason="too-few")
        records += contrast_records(recorder, found, parameter=parameter, visit=visit, unit=unit, method=method)
    return records


def fit(
    recorder: Recorder, values: pd.DataFrame, chosen: pd.DataFrame, *, parameter: str, unit: str, visits: Sequence[str]
) -> list[Record]:
    """How well the model of `mmrm` fits: `_fit.spread` at the visits, `_fit.shape` over all of them, visit `all`."""
    rows = _rows(values, chosen, visits).sort_values(["USUBJID", "AVISIT"])  # residuals are decorrelated in this order
    model, method = _fitted(rows)
    records = _fit.spread(recorder, model, parameter=parameter, unit=unit, visits=visits, method=method)
    return records + _fit.shape(recorder, model.fit, parameter=parameter, visit="all")


def _fitted(rows: pd.DataFrame) -> tuple[mixed.Mmrm, str]:
    model = mixed.mmrm(
        rows, outcome="AVAL", arm="ARM", reference="VP", subject="USUBJID", visit="AVISIT", covariates=["BASE"],
        structures=STRUCTURES,
    )  # fmt: skip
    return model, f"mmrm-{model.structure.lower()}-kr" if model.structure else "mmrm-kr"


def imputed(
    recorder: Recorder,
    values: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    parameter: str,
    unit: str,
    visits: Sequence[str],
    strategies: Mapping[str, Mapping[str, str]],
    imputing: Imputing,
) -> list[Record]:
    """Contrasts at every visit after imputation, one parameter a strategy (its suffix -> strategy of each arm).

    n is the patients of the set with a baseline; fmi the fraction of missing information.
    """
    records = []
    for suffix, strategy in strategies.items():
        name = "-".join(["mi", *sorted({s.lower() for s in strategy.values()} - {"mar"})]) if suffix else "mi-mar"
        found = _impute(values, chosen, visits, strategy, imputing)
        for visit in visits:
            contrast = found.visits[visit].contrasts.get("KP") if found else None
            contrast = contrast or Contrast(0, None, reason="too-few")
            where = {"parameter": f"{parameter}{suffix}", "visit": visit, "unit": unit, "method": name}
            records += contrast_records(recorder, contrast, **where)
            fmi = {"fmi": getattr(contrast, "fmi", None)}
            records += recorder.records(fmi, **where, group=CONTRAST, reason=contrast.reason or "undefined")
    return records


def delta(
    recorder: Recorder,
    values: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    parameter: str,
    unit: str,
    visits: Sequence[str],
    visit: str,
    step: float,
    imputing: Imputing,
) -> list[Record]:
    """The contrast at `visit` with imputed values of KP worse by 0 to `STEPS` steps, and where its sign turns.

    <PARAMETER>_DELTA_<hundredths of a point>: estimate, lower95, upper95. <PARAMETER>_TIPPING: estimate, the shift in
    points at which the estimated difference is zero, sought up to the last step in either direction.
    """
    found = _impute(values, chosen, visits, {}, imputing)
    if found and visit not in found.imputations.panel.visits:  # an arm has no value there, so that none was imputed
        found = None
    shifts = [step * k for k in range(STEPS + 1)]
    where = {"group": CONTRAST, "visit": visit, "unit": unit}
    grid = missing.tipping_grid(found.imputations, visit, deltas=shifts) if found else None
    records = []
    for k in range(STEPS + 1):
        known = grid is not None and not grid.reason
        limits = {"estimate": "estimate", "lower95": "lower", "upper95": "upper"}
        figures = {s: float(getattr(grid, name)[k, 0]) if known else None for s, name in limits.items()}
        records += recorder.records(
            figures, **where, parameter=f"{parameter}_DELTA_{round(100 * shifts[k]):04d}", method="mi-delta",
            reason=grid.reason if grid else "too-few",
        )  # fmt: skip
    within = (-step * STEPS, step * STEPS)
    point = missing.tipping_point(found.imputations, visit, within=within, criterion="estimate") if found else None
    return records + recorder.records(
        {"estimate": point.delta if point else None}, **where, parameter=f"{parameter}_TIPPING", method="mi-tipping",
        reason=(point.reason if point else "") or "too-few",
    )  # fmt: skip


def _rows(values: pd.DataFrame, chosen: pd.DataFrame, visits: Sequence[str]) -> pd.DataFrame:
    """Every patient of the set with a baseline at every visit, the value missing where there is none."""
    base = among(values, chosen).dropna(subset=["BASE"]).groupby("USUBJID")["BASE"].first()
    seen = values.set_index(["USUBJID", "AVISIT"])["AVAL"]
    index = pd.MultiIndex.from_product([base.index, list(visits)], names=["USUBJID", "AVISIT"])
    rows = seen.reindex(index).astype(float).rename("AVAL").reset_index()
    return rows.assign(
        BASE=rows["USUBJID"].map(base).astype(float),
        ARM=rows["USUBJID"].map(chosen["ARM"]),
        AVISIT=pd.Categorical(rows["AVISIT"], categories=list(visits)),
    )


def _impute(values, chosen, visits, strategy, imputing: Imputing):
    """The comparison after imputation; None where an arm has nobody with a baseline."""
    rows = _rows(values, chosen, visits)
    arms = rows["ARM"].value_counts()
    if any(not arms.get(arm, 0) for arm in ARMS):
        return None
    return missing.impute_and_compare(
        rows, outcome="AVAL", arm="ARM", reference="VP", subject="USUBJID", visit="AVISIT", visits=list(visits),
        covariates_by_visit=["BASE"], strategy=strategy or "MAR", method="bayes",
        imputations=imputing.imputations, seed=imputing.seed,
    )  # fmt: skip
