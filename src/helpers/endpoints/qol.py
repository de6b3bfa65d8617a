"""Quality of life on the Dallas Pain Questionnaire, four domains of 0 to 100 (higher is worse).

Datasets: `adsl`, `adqs`, and `adcomp` for `compliance`.
"""

from helpers.data import Datasets
from helpers.endpoints import _continuous
from helpers.endpoints._population import ARMS, among, patients
from helpers.endpoints._record import recorder
from helpers.results import Record

DOMAINS = ("DPQDA", "DPQWL", "DPQAD", "DPQSI")
VISITS = ("D0", "D21", "M3")


def describe(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.dallas`, DPQDA DPQWL DPQAD DPQSI at D0 D21 M3 per arm: n, missing, mean, sd, median, q1, q3; the change.

    The change, under <DOMAIN>_CHG, has n, estimate, lower95, upper95 (method mean-t) and sd.
    """
    return _qol(_continuous.describe, "qol.dallas", data, population, VISITS)


def estimate(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.dallas`, the domains at D21 and M3 adjusted for baseline (ancova).

    Per arm and KP-VP, statistics as in `height.estimate`.
    """
    return _qol(_continuous.adjusted, "qol.dallas", data, population, VISITS[1:])


def sensitivity(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`qol.dallas_change`, <DOMAIN>_CHG, KP-VP at D21 and M3: n, estimate, se, df, limits, p_value (welch)."""
    return _qol(_continuous.unadjusted, "qol.dallas_change", data, population, VISITS[1:])


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


def _qol(how, analysis: str, data: Datasets, population: str, visits: tuple[str, ...]) -> list[Record]:
    chosen = patients(data, population)
    rec = recorder(analysis, population=population)
    records = []
    for domain in DOMAINS:
        values = _continuous.followed(data["adqs"], domain)
        records += how(rec, values, chosen, parameter=domain, unit="points", visits=visits)
    return records
