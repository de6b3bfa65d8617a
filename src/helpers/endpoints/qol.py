"""Quality of life on the Dallas Pain Questionnaire, four domains of 0 to 100 (higher is worse).

Datasets: `adsl`, `adqs`, and `adcomp` for `survivors` and `compliance`.
"""

from helpers.data import Datasets
from helpers.endpoints import _continuous, _death, _repeated, _responders
from helpers.endpoints._population import ARMS, CONTRAST, among, patients
from helpers.endpoints._record import recorder
from helpers.endpoints.pain import REFERENCES
from helpers.results import Record
from helpers.stats import multiplicity

DOMAINS = ("DPQDA", "DPQWL", "DPQAD", "DPQSI")
VISITS = ("D0", "D21", "M3")
AFTER = VISITS[1:]

#: Domain -> minimal clinically important improvement and patient acceptable symptom state, points (Marty 2016).
THRESHOLDS = {"DPQDA": (22, 29), "DPQWL": (23, 23), "DPQAD": (10, 21), "DPQSI": (2, 20)}


def describe(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.dallas`, DPQDA DPQWL DPQAD DPQSI at D0 D21 M3 per arm: n, missing, mean, sd, median, q1, q3; the change.

    The change, under <DOMAIN>_CHG, has n, estimate, lower95, upper95 (method mean-t) and sd.
    """
    return _qol(_continuous.describe, "qol.dallas", data, population, visits=VISITS)


def estimate(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.dallas`, the domains at D21 and M3 by the mixed model for repeated measures, as `pain.estimate`."""
    return _qol(_repeated.mmrm, "qol.dallas", data, population, visits=AFTER)


def fit(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """How well the mixed model of each domain fits (`qol.dallas_fit`), as in `_repeated.fit`."""
    return _qol(_repeated.fit, "qol.dallas_fit", data, population, visits=AFTER)


def sensitivity(data: Datasets, *, population: str = "ITT", main_visit: str = "M3") -> list[Record]:
    """Visit by visit: `qol.dallas_ancova` and `qol.dallas_change`; `qol.dallas_holm` at `main_visit`.

    `qol.dallas_ancova` (<DOMAIN>, per arm and KP-VP, ancova), `qol.dallas_change` (<DOMAIN>_CHG, KP-VP, welch),
    `qol.dallas_holm` (<DOMAIN>, KP-VP: the p_value of `estimate` adjusted over the domains by Holm's procedure).
    """
    adjusted = _qol(_continuous.adjusted, "qol.dallas_ancova", data, population, visits=AFTER)
    changes = _qol(_continuous.unadjusted, "qol.dallas_change", data, population, visits=AFTER)
    return adjusted + changes + _holm(data, population, main_visit)


def survivors(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Death as the worst outcome and as the end: `qol.dallas_composite` (D21, M3) and `qol.dallas_alive` (M3).

    As in `_death.composite` and `_death.while_alive`, domain by domain.
    """
    forms = data["adcomp"]
    worst = _qol(_death.composite, "qol.dallas_composite", data, population, forms=forms, visits=AFTER)
    return worst + _qol(_death.while_alive, "qol.dallas_alive", data, population)


def imputed(
    data: Datasets,
    *,
    population: str = "ITT",
    main_visit: str = "M3",
    imputations: int = 200,
    imputation_seed: int = 20160301,
    delta_step: float = 5.0,
) -> list[Record]:
    """Multiple imputation: `qol.dallas_mi`, `qol.dallas_reference`, `qol.dallas_delta`, as `pain.imputed`."""
    imputing = _repeated.Imputing(imputations, imputation_seed)
    shared = {"visits": AFTER, "imputing": imputing}
    how = _repeated.imputed
    at_random = _qol(how, "qol.dallas_mi", data, population, **shared, strategies={"": {}})
    reference = _qol(how, "qol.dallas_reference", data, population, **shared, strategies=REFERENCES)
    shift = {"visit": main_visit, "step": delta_step}
    return at_random + reference + _qol(_repeated.delta, "qol.dallas_delta", data, population, **shared, **shift)


def responders(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.responder`, <DOMAIN>_MCII and <DOMAIN>_PASS at D21 and M3, of all patients of the set.

    Per arm n, events, estimate and limits (wilson), KP-VP estimate and limits (miettinen-nurminen).
    """
    chosen, rec = patients(data, population), recorder("qol.responder", population=population)
    records = []
    for domain, (important, acceptable) in THRESHOLDS.items():
        rules = {
            f"{domain}_MCII": _responders.improved(at_least=important),
            f"{domain}_PASS": _responders.acceptable(at_most=acceptable),
        }
        values = _continuous.followed(data["adqs"], domain)
        records += _responders.everybody(rec, values, chosen, rules=rules, visits=AFTER)
    return records


def compliance(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.compliance`, FORM per arm and visit D0 D21 M3, unit_of_analysis form.

    expected, n (received of these) and estimate, their ratio.
    """
    rec = recorder("qol.compliance", population=population)
    forms = among(data["adcomp"], patients(data, population))
    records = []
    for visit in VISITS:
        due = forms[(forms["AVISIT"] == visit) & (forms["EXPECTFL"] == "Y")]
        for arm in ARMS:
            of_arm = due[due["ARM"] == arm]
            expected, received = len(of_arm), int((of_arm["DPQFL"] == "Y").sum())
            values = {"expected": expected, "n": received, "estimate": received / expected if expected else None}
            records += rec.records(
                values,
                parameter="FORM",
                group=arm,
                visit=visit,
                method="proportion",
                unit="proportion",
                reason="too-few",
            )
    return records


def _holm(data: Datasets, population: str, visit: str) -> list[Record]:
    main = [r for r in estimate(data, population=population) if r.statistic == "p_value" and r.visit == visit]
    adjusted = multiplicity.holm([r.value for r in main])
    rec = recorder("qol.dallas_holm", population=population)
    records = []
    for r, value in zip(main, adjusted.p_values, strict=True):
        records += rec.records(
            {"p_value": value}, parameter=r.parameter, group=CONTRAST, visit=visit, method="holm",
            reason=r.reason or "too-few",
        )  # fmt: skip
    return records


def _qol(how, analysis: str, data: Datasets, population: str, **options) -> list[Record]:
    chosen, rec = patients(data, population), recorder(analysis, population=population)
    records = []
    for domain in DOMAINS:
        values = _continuous.followed(data["adqs"], domain)
        records += how(rec, values, chosen, parameter=domain, unit="points", **options)
    return records
