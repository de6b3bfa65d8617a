"""Cement volume against pain relief (VAS at D0 minus VAS at the visit, positive is better).

Datasets: `adsl`, `advs`.
"""

import numpy as np
import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _continuous
from helpers.endpoints._population import ARMS, among, patients
from helpers.endpoints._record import recorder
from helpers.results import Record
from helpers.stats import Correlation, correlation, regression
from helpers.stats.means import mean_t
from helpers.stats.summary import summarise

VOLUMES = ("VOLTOT", "VOLMEAN")


def describe(data: Datasets, *, population: str = "SAF") -> list[Record]:
    """`volume_pain.volume`, VOLTOT and VOLMEAN (mL), visit D0: per arm n, missing, mean, sd, median, q1, q3."""
    rec = recorder("volume_pain.volume", population=population)
    chosen = patients(data, population)
    records = []
    for parameter in VOLUMES:
        for arm in ARMS:
            of_arm = chosen.loc[chosen["ARM"] == arm, parameter]
            found = summarise(of_arm)
            figures = {k: getattr(found, k) for k in ("mean", "sd", "median", "q1", "q3")}
            records += rec.records(
                {"n": found.n, "missing": len(of_arm) - found.n, **figures},
                parameter=parameter, group=arm, visit="D0", method="mean", unit="mL", reason="too-few",
            )  # fmt: skip
    return records


def estimate(data: Datasets, *, population: str = "SAF", visit: str = "M3") -> list[Record]:
    """`volume_pain.spearman`, VOLTOT and VOLMEAN against relief, groups all, KP and VP.

    n, estimate, lower95, upper95, p_value.
    """
    rec = recorder("volume_pain.spearman", population=population)
    pairs = _pairs(data, population, visit)
    records = []
    for parameter in VOLUMES:
        for group in ("all", *ARMS):
            rows = pairs if group == "all" else pairs[pairs["ARM"] == group]
            found = correlation.spearman(rows[parameter], rows["RELIEF"])
            records += _records(rec, found, parameter, group, visit, "spearman-bonett-wright")
    return records


def sensitivity(
    data: Datasets,
    *,
    population: str = "SAF",
    visit: str = "M3",
    resamples: int = 4999,
    bootstrap_seed: int = 20160301,
) -> list[Record]:
    """The correlation by other ways, VOLTOT and VOLMEAN, group all.

    `volume_pain.bootstrap`: n, estimate, lower95, upper95 (spearman-bca). `volume_pain.partial`, given baseline VAS and
    technique received, and as <VOLUME>_LEVELS given the number of treated vertebrae besides: n, estimate, limits,
    p_value. `volume_pain.slope`: n, estimate, se, df, limits, p_value of the pain at the visit per mL, given baseline
    VAS and technique (linear-regression).
    """
    pairs = _pairs(data, population, visit).assign(KP=lambda frame: (frame["ARM"] == "KP").astype(float))
    boot, partial, slope = (
        recorder(f"volume_pain.{name}", population=population) for name in ("bootstrap", "partial", "slope")
    )
    records = []
    for parameter in VOLUMES:
        found = correlation.bootstrap_correlation(
            pairs[parameter], pairs["RELIEF"], resamples=resamples, seed=bootstrap_seed
        )
        records += _records(boot, found, parameter, "all", visit, "spearman-bca", p_value=False)
        for name, covariates in ((parameter, ["BASE", "KP"]), (f"{parameter}_LEVELS", ["BASE", "KP", "NLEVELS"])):
            found = correlation.partial_spearman(pairs, x=parameter, y="RELIEF", covariates=covariates)
            records += _records(partial, found, name, "all", visit, "partial-spearman-bonett-wright")
        line = regression.linear(pairs, outcome="AVAL", covariates=[parameter, "BASE", "KP"])
        records += _slope(slope, line, parameter, visit)
    return records


def influence(data: Datasets, *, population: str = "SAF", visit: str = "M3") -> list[Record]:
    """What the correlations owe to single patients and to ties: `volume_pain.influence`, group all.

    <VOLUME>_LOO_LOW and <VOLUME>_LOO_HIGH: estimate, the lowest and the highest correlation with one patient left out
    (spearman-leave-one-out). <VOLUME>_TIES and <VOLUME>_RELIEF_TIES: estimate, the fraction of all pairs of patients
    with the same volume, and with the same relief (tied-pairs).
    """
    rec = recorder("volume_pain.influence", population=population)
    pairs = _pairs(data, population, visit)
    records = []
    for parameter in VOLUMES:
        known = pairs.dropna(subset=[parameter])
        found = correlation.leave_one_out(known[parameter], known["RELIEF"])
        where = {"group": "all", "visit": visit}
        how = {"method": "spearman-leave-one-out", "unit": "correlation", "reason": found.reason}
        for name, value in {"LOW": found.lowest, "HIGH": found.highest}.items():
            records += rec.records({"estimate": value}, parameter=f"{parameter}_LOO_{name}", **where, **how)
        how = {"method": "tied-pairs", "unit": "fraction", "reason": "too-few"}
        for name, column in {"TIES": parameter, "RELIEF_TIES": "RELIEF"}.items():
            value = {"estimate": correlation.tied(known[column])}
            records += rec.records(value, parameter=f"{parameter}_{name}", **where, **how)
    return records


def tertiles(data: Datasets, *, population: str = "SAF", visit: str = "M3") -> list[Record]:
    """`volume_pain.tertiles`, T1 T2 T3 of total volume, group all.

    n; median, min and max of the volume (mL); estimate, lower95 and upper95 of the relief (points, mean-t).

    Patients with the same volume fall into the same third.
    """
    rec = recorder("volume_pain.tertiles", population=population)
    pairs = _pairs(data, population, visit).dropna(subset=["VOLTOT"])
    third = np.floor(3 * (pairs["VOLTOT"].rank() - 0.5) / max(1, len(pairs))) + 1
    records = []
    for number in (1, 2, 3):
        rows = pairs[third == number]
        volume, relief = rows["VOLTOT"], mean_t(rows["RELIEF"])
        where = {"parameter": f"T{number}", "group": "all", "visit": visit}
        volumes = {k: float(getattr(volume, k)()) if len(rows) else None for k in ("median", "min", "max")}
        reliefs = {"n": relief.n, "estimate": relief.estimate, "lower95": relief.lower, "upper95": relief.upper}
        records += rec.records(volumes, **where, method="median", unit="mL", reason="too-few")
        records += rec.records(reliefs, **where, method="mean-t", unit="points", reason=relief.reason)
    return records


def _pairs(data: Datasets, population: str, visit: str) -> pd.DataFrame:
    """Patients with a pain score before the procedure and at the visit: ARM, BASE, RELIEF and the volumes."""
    chosen = patients(data, population)
    scores = _continuous.followed(data["advs"], "VAS")
    scores = among(scores[(scores["AVISIT"] == visit) & scores["BASE"].notna()], chosen).sort_values("USUBJID")
    volumes = {v: scores["USUBJID"].map(chosen[v]).astype(float) for v in (*VOLUMES, "NLEVELS")}
    return scores.assign(RELIEF=scores["BASE"] - scores["AVAL"], **volumes)


def _slope(rec, line: regression.Regression, parameter: str, visit: str) -> list[Record]:
    found = line.coefficients[parameter]
    values = {"n": line.n, "estimate": found.estimate, "se": found.se, "df": found.df}
    values |= {"lower95": found.lower, "upper95": found.upper, "p_value": found.p_value}
    return rec.records(
        values, parameter=parameter, group="all", visit=visit, method="linear-regression", unit="slope",
        reason=line.reason or "undefined",
    )  # fmt: skip


def _records(
    rec, found: Correlation, parameter: str, group: str, visit: str, method: str, *, p_value: bool = True
) -> list[Record]:
    values = {
        "n": found.n,
        "estimate": found.estimate,
        "lower95": found.lower,
        "upper95": found.upper,
    } | ({"p_value": found.p_value} if p_value else {})
    return rec.records(
        values, parameter=parameter, group=group, visit=visit, method=method, unit="correlation", reason=found.reason
    )
