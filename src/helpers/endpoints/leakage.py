"""Cement leakage: success (no leak at any treated level to month 3), its posterior, and what leaks are like.

Datasets: `adsl`, `adproc`, `adleak`, `adcomp`.
"""

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._population import ARMS, CONTRAST, among, patients
from helpers.endpoints._record import Recorder, recorder
from helpers.results import Record
from helpers.stats import bayes

VISIT = "M3"

#: Visits at which an image shows where the cement went.
AFTER = ("D1", "M3")

#: Analysis: column of `adleak`, and parameter for each of its values.
CHARACTERISTICS = {
    "leakage.type": ("LEAKTYPE", {"VASCULAR": "VASCULAR", "CORTICAL": "CORTICAL"}),
    "leakage.size": ("LEAKSIZE", {"SIGNIFICANT": "SIGNIFICANT", "NOT SIGNIFICANT": "NOT_SIGNIFICANT"}),
    "leakage.symptoms": ("LEAKSYMP", {"Y": "SYMPTOMATIC", "N": "ASYMPTOMATIC"}),
}

#: Parameter of a statement about the difference of success rates: the difference it must exceed.
STATEMENTS = {"SUPERIORITY": 0.0, "RD_GT_10": 0.1, "RD_GT_20": 0.2}


def describe(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Success per arm, and how many were judged on an image (`leakage.success`, KP and VP).

    SUCCESS: n, events, estimate and Wilson interval; missing counts the patients of unknown status, who are no
    successes: treated, no leak recorded, and no image after the procedure. IMAGED_M3: n, events (patients with an image
    at M3).
    """
    rec = recorder("leakage.success", population=population)
    chosen = _status(data, population)
    unknown = _binary.counts(chosen["ARM"], chosen["UNKNOWN"])
    imaged = _binary.counts(chosen["ARM"], chosen["IMAGED_M3"])
    records = _binary.per_arm(rec, _success(chosen), parameter="SUCCESS", visit=VISIT, method="wilson")
    for arm in ARMS:
        missing, (events, n) = {"missing": unknown[arm][0]}, imaged[arm]
        records += rec.records(missing, parameter="SUCCESS", group=arm, visit=VISIT, method="count")
        values = {"n": n, "events": events}
        records += rec.records(values, parameter="IMAGED_M3", group=arm, visit=VISIT, method="count")
    return records


def estimate(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Difference of success rates with the Miettinen-Nurminen interval (`leakage.success`, SUCCESS, KP-VP)."""
    rec = recorder("leakage.success", population=population)
    return _binary.contrast(rec, _success(_status(data, population)), parameter="SUCCESS", visit=VISIT)


def posterior(
    data: Datasets, *, population: str = "ITT", prior_alpha: float = 1.0, prior_beta: float = 1.0
) -> list[Record]:
    """Beta-binomial posterior of success (`leakage.success_bayes`).

    SUCCESS for KP, VP and KP-VP: median, q1, q3, lower95, upper95; SUPERIORITY, RD_GT_10 and RD_GT_20 for KP-VP:
    probability that the difference exceeds 0, 10 and 20 percentage points. An arm without patients keeps its prior.
    """
    rec = recorder("leakage.success_bayes", population=population)
    distributions = _posteriors(data, population, prior_alpha, prior_beta)
    records = []
    for group, distribution in distributions.items():
        found = distribution.interval()
        values = {
            "median": found.estimate,
            "q1": distribution.quantile(0.25),
            "q3": distribution.quantile(0.75),
            "lower95": found.lower,
            "upper95": found.upper,
        }
        records += rec.records(
            values, parameter="SUCCESS", group=group, visit=VISIT, method="beta-binomial", unit="proportion"
        )
    for parameter, threshold in STATEMENTS.items():
        values = {"probability": distributions[CONTRAST].exceeds(threshold)}
        records += rec.records(values, parameter=parameter, group=CONTRAST, visit=VISIT, method="beta-binomial")
    return records


def posterior_mass(
    data: Datasets, *, population: str = "ITT", prior_alpha: float = 1.0, prior_beta: float = 1.0
) -> list[Record]:
    """The posterior as a histogram: exact probability per bin (`leakage.success_posterior`, statistic probability).

    Parameter MASS_<from>_<to> in percentage points, M for minus: MASS_00_05 ... MASS_95_100 for KP and VP,
    MASS_M100_M95 ... MASS_M05_00, MASS_00_05 ... MASS_95_100 for KP-VP.
    """
    rec = recorder("leakage.success_posterior", population=population)
    records = []
    for group, distribution in _posteriors(data, population, prior_alpha, prior_beta).items():
        edges = range(-100 if group == CONTRAST else 0, 101, 5)
        for start in edges[:-1]:
            values = {"probability": distribution.mass(start / 100, (start + 5) / 100)}
            name = f"MASS_{_points(start)}_{_points(start + 5)}"
            records += rec.records(values, parameter=name, group=group, visit=VISIT, method="beta-binomial")
    return records


def sensitivity(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Another interval, and success among the treated or among those imaged at M3 (SUCCESS).

    `leakage.success_newcombe`: KP-VP with Newcombe's interval. `leakage.success_mitt`, among the treated, and
    `leakage.success_m3`, among the patients of the set with an image at M3: as `describe` and `estimate`.
    """
    chosen = _status(data, population)
    newcombe = recorder("leakage.success_newcombe", population=population)
    where = {"parameter": "SUCCESS", "visit": VISIT}
    records = _binary.contrast(newcombe, _success(chosen), **where, method="newcombe")
    treated = recorder("leakage.success_mitt")
    subsets = (
        (treated, _status(data, treated.population)),
        (recorder("leakage.success_m3", population=population), chosen[chosen["IMAGED_M3"]]),
    )
    for rec, subset in subsets:
        records += _binary.per_arm(rec, _success(subset), **where, method="wilson")
        records += _binary.contrast(rec, _success(subset), **where)
    return records


def characteristics(data: Datasets, *, population: str = "MITT") -> list[Record]:
    """Type, size and symptoms of leaks (`leakage.type`, `leakage.size`, `leakage.symptoms`).

    Per parameter (VASCULAR CORTICAL | SIGNIFICANT NOT_SIGNIFICANT | SYMPTOMATIC ASYMPTOMATIC): patients with at least
    one such leak, n, events, estimate and interval per arm with the contrast (unit_of_analysis patient); and the count
    of leaks per arm (unit_of_analysis leak). A patient may be in both categories of a pair.
    """
    chosen = patients(data, population)
    leaks = among(data["adleak"], chosen)
    records = []
    for analysis, (column, categories) in CHARACTERISTICS.items():
        rec = recorder(analysis, population=population)
        for value, parameter in categories.items():
            records += _characteristic(rec, chosen, leaks[leaks[column] == value], parameter)
    return records


def vertebrae(data: Datasets, *, population: str = "MITT") -> list[Record]:
    """Treated vertebrae with a leak per arm: n, events, estimate (`leakage.vertebra`, LEAK).

    Without an interval, because vertebrae cluster in patients.
    """
    levels = among(data["adproc"], patients(data, population))
    by_arm = _binary.counts(levels["ARM"], levels["LEAKFL"] == "Y")
    return _binary.per_arm(recorder("leakage.vertebra", population=population), by_arm, parameter="LEAK", visit=VISIT)


def _status(data: Datasets, population: str) -> pd.DataFrame:
    """The patients of the set with what is known of their leaks: SUCCESS, UNKNOWN and IMAGED_M3.

    Without a leak are those treated at one level at least, with no leak recorded at any. That is a success if there is
    an image after the procedure that could have shown one, and unknown if there is none.
    """
    chosen, adproc, adcomp = patients(data, population), data["adproc"], data["adcomp"]
    images = adcomp[adcomp["IMGFL"] == "Y"]
    leaked = chosen.index.isin(adproc.loc[adproc["LEAKFL"] == "Y", "USUBJID"])
    clear = chosen.index.isin(adproc["USUBJID"]) & ~leaked
    imaged = chosen.index.isin(images.loc[images["AVISIT"].isin(AFTER), "USUBJID"])
    imaged_m3 = chosen.index.isin(images.loc[images["AVISIT"] == VISIT, "USUBJID"])
    return chosen.assign(SUCCESS=clear & imaged, UNKNOWN=clear & ~imaged, IMAGED_M3=imaged_m3)


def _success(chosen: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Successes and patients per arm."""
    return _binary.counts(chosen["ARM"], chosen["SUCCESS"])


def _posteriors(data: Datasets, population: str, prior_alpha: float, prior_beta: float) -> dict:
    by_arm = _success(_status(data, population))
    arms = {a: bayes.posterior(*by_arm[a], prior_alpha=prior_alpha, prior_beta=prior_beta) for a in ARMS}
    return {**arms, CONTRAST: bayes.difference(arms["KP"], arms["VP"])}


def _characteristic(rec: Recorder, chosen: pd.DataFrame, leaks: pd.DataFrame, parameter: str) -> list[Record]:
    event = pd.Series(chosen.index.isin(leaks["USUBJID"]), index=chosen.index)
    by_arm = _binary.counts(chosen["ARM"], event)
    records = _binary.per_arm(rec, by_arm, parameter=parameter, visit=VISIT, method="wilson")
    records += _binary.contrast(rec, by_arm, parameter=parameter, visit=VISIT)
    for arm in ARMS:
        values = {"count": int((leaks["ARM"] == arm).sum())}
        records += rec.of("leak").records(values, parameter=parameter, group=arm, visit=VISIT, method="count")
    return records


def _points(value: int) -> str:
    return f"{'M' if value < 0 else ''}{abs(value):02d}"
