"""Cement leakage: success (no leak at any treated level to month 3), its posterior, and what leaks are like.

Datasets: `adsl`, `adproc`, `adleak`, `adcomp`.
"""

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary, _leaking_vertebrae, _success_sensitivity
from helpers.endpoints._population import ARMS, CONTRAST, among, patients
from helpers.endpoints._record import Recorder, recorder
from helpers.endpoints._success import VISIT, status, successes
from helpers.results import Record
from helpers.stats import bayes

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
    chosen = status(data, population)
    unknown = _binary.counts(chosen["ARM"], chosen["UNKNOWN"])
    imaged = _binary.counts(chosen["ARM"], chosen["IMAGED_M3"])
    records = _binary.per_arm(rec, successes(chosen), parameter="SUCCESS", visit=VISIT, method="wilson")
    for arm in ARMS:
        missing, (events, n) = {"missing": unknown[arm][0]}, imaged[arm]
        records += rec.records(missing, parameter="SUCCESS", group=arm, visit=VISIT, method="count")
        values = {"n": n, "events": events}
        records += rec.records(values, parameter="IMAGED_M3", group=arm, visit=VISIT, method="count")
    return records


def estimate(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Difference of success rates with the Miettinen-Nurminen interval (`leakage.success`, SUCCESS, KP-VP)."""
    rec = recorder("leakage.success", population=population)
    return _binary.contrast(rec, successes(status(data, population)), parameter="SUCCESS", visit=VISIT)


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


def priors(
    data: Datasets,
    *,
    population: str = "ITT",
    literature_success: float = 0.47,
    literature_size: float = 5.0,
    sceptical_size: float = 10.0,
) -> list[Record]:
    """The posterior under four other priors (`leakage.success_priors`).

    FLAT, JEFFREYS, SCEPTICAL (both arms centred at `literature_success`, worth `sceptical_size` patients each) and
    LITERATURE (that rate, worth `literature_size` patients, for VP, flat for KP), each for KP, VP and KP-VP: median,
    lower95, upper95; <PRIOR>_SUPERIORITY for KP-VP: probability that KP succeeds more often.
    """
    rec = recorder("leakage.success_priors", population=population)
    by_arm = successes(status(data, population))
    records = []
    for name, both in _other_priors(literature_success, literature_size, sceptical_size).items():
        after = {arm: prior.update(*by_arm[arm]) for arm, prior in zip(ARMS, both, strict=True)}
        contrast = bayes.difference(after["KP"], after["VP"])
        for group, distribution in {**after, CONTRAST: contrast}.items():
            found = distribution.interval()
            values = {"median": found.estimate, "lower95": found.lower, "upper95": found.upper}
            records += rec.records(
                values, parameter=name, group=group, visit=VISIT, method="beta-binomial", unit="proportion"
            )
        values = {"probability": contrast.exceeds(0.0)}
        records += rec.records(
            values, parameter=f"{name}_SUPERIORITY", group=CONTRAST, visit=VISIT, method="beta-binomial"
        )
    return records


def prior_checks(
    data: Datasets,
    *,
    population: str = "ITT",
    prior_alpha: float = 1.0,
    prior_beta: float = 1.0,
    literature_success: float = 0.47,
    literature_size: float = 5.0,
    sceptical_size: float = 10.0,
) -> list[Record]:
    """How much each prior weighs, and whether the data agree with it (`leakage.success_prior_check`, KP and VP).

    MAIN, the prior of `posterior`, and those of `priors`. <PRIOR>_PRIOR and <PRIOR>_POSTERIOR: estimate, the patients
    that it is worth before and after the data (effective-sample-size). <PRIOR>_AGREEMENT: probability, by the prior
    alone, of a number of successes no likelier than the one seen (prior-predictive); not given without a patient.
    """
    rec = recorder("leakage.success_prior_check", population=population)
    by_arm = successes(status(data, population))
    main = bayes.BetaPosterior(prior_alpha, prior_beta)
    others = _other_priors(literature_success, literature_size, sceptical_size)
    records = []
    for name, both in {"MAIN": (main, main), **others}.items():
        for arm, prior in zip(ARMS, both, strict=True):
            events, n = by_arm[arm]
            where = {"group": arm, "visit": VISIT}
            for when, distribution in {"PRIOR": prior, "POSTERIOR": prior.update(events, n)}.items():
                worth = {"estimate": float(bayes.effective_sample_size(distribution))}
                weight = {"method": "effective-sample-size", "unit": "patients"}
                records += rec.records(worth, parameter=f"{name}_{when}", **where, **weight)
            seen = bayes.prior_conflict(prior, events, n).density if n else None
            how = {"method": "prior-predictive", "reason": "too-few"}
            records += rec.records({"probability": seen}, parameter=f"{name}_AGREEMENT", **where, **how)
    return records


def prediction(
    data: Datasets,
    *,
    population: str = "ITT",
    prior_alpha: float = 1.0,
    prior_beta: float = 1.0,
    larger_arm: int = 100,
) -> list[Record]:
    """What a trial of `larger_arm` patients an arm would show (`leakage.success_predictive`, KP-VP).

    POSTERIOR_GT_95 and MN_ABOVE_0: predictive probability that the posterior probability of KP succeeding more often
    exceeds 0.95, and that the lower Miettinen-Nurminen limit exceeds 0. DIFFERENCE, the difference then observed:
    median, lower95, upper95; size, patients of an arm. An arm that is larger already is not made smaller.
    """
    rec = recorder("leakage.success_predictive", population=population)
    by_arm = successes(status(data, population))
    (events, n), (events_ref, n_ref) = by_arm["KP"], by_arm["VP"]
    prior = bayes.BetaPosterior(prior_alpha, prior_beta)
    trial = bayes.completed_trial(
        events, n, events_ref, n_ref, prior=prior, prior_ref=prior,
        remaining=max(0, larger_arm - n), remaining_ref=max(0, larger_arm - n_ref),
    )  # fmt: skip
    above = bayes.probability_above(prior=prior, prior_ref=prior)
    rules = {
        "POSTERIOR_GT_95": lambda *counts: above(*counts) > 0.95,
        "MN_ABOVE_0": bayes.score_lower_above(0.0),
    }
    where = {"group": CONTRAST, "visit": VISIT, "method": "beta-binomial-predictive"}
    records = []
    for parameter, rule in rules.items():
        records += rec.records({"probability": trial.probability_of(rule)}, parameter=parameter, **where)
    values, weights = trial.risk_difference()
    passed = weights.cumsum()
    quantiles = {"median": 0.5, "lower95": 0.025, "upper95": 0.975}
    figures = {s: float(values[min((passed < q).sum(), len(values) - 1)]) for s, q in quantiles.items()}
    return records + rec.records(figures | {"size": larger_arm}, parameter="DIFFERENCE", unit="proportion", **where)


def sensitivity(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Success by other intervals, definitions, sets, scales and models.

    `leakage.success_newcombe`, `_composite`, `_m3`, `_mitt`, `_pp`, `_ratio`, `_tests`, `_strata`, `_adjusted`,
    `_bounds`, as in `_success_sensitivity`.
    """
    analyses = (
        _success_sensitivity.newcombe,
        _success_sensitivity.subsets,
        _success_sensitivity.relative,
        _success_sensitivity.strata,
        _success_sensitivity.adjusted,
        _success_sensitivity.bounds,
    )
    return [record for analysis in analyses for record in analysis(data, population)]


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
    """Treated vertebrae with a leak: `leakage.vertebra`, `leakage.vertebra_gee`, `leakage.vertebra_beta_binomial`.

    As in `_leaking_vertebrae`.
    """
    return _leaking_vertebrae.records(data, population)


def _other_priors(literature_success: float, literature_size: float, sceptical_size: float) -> dict[str, tuple]:
    """Name -> prior of KP and of VP."""
    sceptical = bayes.sceptical(literature_success, sceptical_size)
    return {
        "FLAT": (bayes.flat(), bayes.flat()),
        "JEFFREYS": (bayes.jeffreys(), bayes.jeffreys()),
        "SCEPTICAL": (sceptical, sceptical),
        "LITERATURE": (bayes.flat(), bayes.sceptical(literature_success, literature_size)),
    }


def _posteriors(data: Datasets, population: str, prior_alpha: float, prior_beta: float) -> dict:
    by_arm = successes(status(data, population))
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
