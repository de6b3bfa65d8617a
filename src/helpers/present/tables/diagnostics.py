"""Tables that say how far an analysis can be trusted: fit of models, weight of priors, follow-up, influence."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import select, unit, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, heads
from helpers.results import Record
from helpers.sap import Analysis, load_sap

Records = Sequence[Record]

#: Method of a mixed model -> the covariance it used, in words.
COVARIANCE = {
    "mixed-ri-kr": "random intercept",
    "mixed-vc": "independent",
    "mmrm-un-kr": "unstructured",
    "mmrm-toeph-kr": "heterogeneous Toeplitz (fallback)",
    "mmrm-ar1h-kr": "heterogeneous autoregressive (fallback)",
    "mmrm-csh-kr": "heterogeneous compound symmetry (fallback)",
    "mmrm-cs-kr": "compound symmetry (fallback)",
    "mmrm-kr": "none settled",
}


def model(records: Records) -> Analysis:
    """The endpoint's main analysis, which is a mixed model."""
    return load_sap().main(records[0].endpoint)


def measures(records: Records) -> list[str]:
    """Measures of the endpoint's mixed model, in their order."""
    found = select(records, analysis=model(records).id, group="KP-VP", statistic="estimate")
    return labels.in_order(r.parameter for r in found)


@published
def model_fit(records: Records) -> exhibit.Table:
    """The covariance that a mixed model used, its degrees of freedom and spread, and the shape of its residuals."""
    plan, codes = model(records), measures(records)
    main, fit = select(records, analysis=plan.id), select(records, analysis=f"{plan.id}_fit")
    freedom = select(main, group="KP-VP", statistic="df", parameter=tuple(codes))
    shown = [*freedom, *(r for r in fit if "_FIFTH" not in r.parameter and "_NORMAL" not in r.parameter)]
    rows = [["Covariance used", *(_covariance(freedom, code) for code in codes)]]
    visits = labels.in_order(r.visit for r in freedom)
    for visit in visits:
        at = [numbers.plain(value(freedom, parameter=code, visit=visit), "df") for code in codes]
        rows.append([f"Degrees of freedom, {labels.visit(visit)}", *at])
    if plan.unit == "vertebra":
        alike = select(main, parameter=tuple(f"{code}_BETWEEN" for code in codes))
        shown += alike
        rows.append(_line("SD between patients", fit, codes, "SDBETWEEN"))
        rows.append(_line("SD between vertebrae of a patient", fit, codes, "SDWITHIN"))
        rows.append(_line("Correlation of vertebrae of a patient", alike, codes, "BETWEEN"))
    else:
        for visit in visits:
            rows.append(_line(f"Residual SD, {labels.visit(visit)}", select(fit, visit=visit), codes, "SPREAD"))
        for i, later in enumerate(visits):
            for earlier in visits[:i]:
                name = f"Correlation of {labels.visit(earlier)} and {labels.visit(later)}"
                rows.append(_line(name, select(fit, visit=later), codes, f"WITH_{earlier}"))
    for name, suffix in (("Skewness of residuals (SE)", "SKEW"), ("Excess kurtosis of residuals (SE)", "KURT")):
        rows.append([name, *(_with_error(fit, f"{code}_{suffix}") for code in codes)])
    return exhibit.table(["Mixed model", *map(labels.parameter, codes)], rows, shown=shown)


def _covariance(freedom: Records, code: str) -> str:
    methods = {r.base_method for r in select(freedom, parameter=code)}
    return ", ".join(COVARIANCE.get(method, method) for method in sorted(methods))


def _line(name: str, found: Records, codes: Sequence[str], suffix: str) -> list[str]:
    parameters = tuple(f"{code}_{suffix}" for code in codes)
    measured = unit(found, parameter=parameters, statistic="estimate")
    texts = (numbers.plain(value(found, parameter=p, statistic="estimate"), measured) for p in parameters)
    return [f"{name}, {labels.UNITS[measured]}" if measured in ("mm", "degree", "points") else name, *texts]


def _with_error(found: Records, parameter: str) -> str:
    estimate, se = (value(found, parameter=parameter, statistic=s) for s in ("estimate", "se"))
    text = numbers.plain(estimate, "moment")
    return text if se is None or numbers.HIDDEN in (estimate, se) else f"{text} ({numbers.plain(se, 'moment')})"


@published
def vertebrae(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """The mixed model over the vertebrae: how many, the adjusted means, and how alike those of a patient are."""
    codes = measures(records)
    shown = select(records, analysis=model(records).id, visit=visit)
    rows = []
    for code in codes:
        found = select(shown, parameter=code)
        means = (_counted(found, arm) for arm in ARMS)
        alike = value(shown, parameter=f"{code}_BETWEEN", statistic="estimate")
        name = f"{labels.parameter(code)}, {labels.UNITS[unit(found, group='KP-VP', statistic='estimate')]}"
        rows.append([name, *means, cell(found, group="KP-VP"), numbers.plain(alike, "correlation")])
    head = heads(f"Difference {INTERVAL}", "Correlation within a patient")
    return exhibit.table([f"Adjusted mean {INTERVAL}, vertebrae", *head], rows, shown=shown)


def _counted(found: Records, arm: str) -> str:
    n = numbers.plain(value(found, group=arm, statistic="n"), "vertebrae")
    return f"{cell(found, group=arm)}, n\u00a0=\u00a0{n}"


@published
def leakage_prior_checks(records: Records) -> exhibit.Table:
    """How many patients each prior is worth before and after the data, and whether the data agree with it."""
    shown = select(records, analysis="leakage.success_prior_check")
    rows = []
    for name in ("MAIN", *labels.PRIORS):
        weights = [f"{_worth(shown, name, 'PRIOR', arm)} → {_worth(shown, name, 'POSTERIOR', arm)}" for arm in ARMS]
        agree = (
            numbers.plain(value(shown, parameter=f"{name}_AGREEMENT", group=arm), "probability") for arm in ARMS
        )  # fmt: skip
        rows.append([labels.parameter(name), *weights, *agree])
    arms = [labels.arm(arm) for arm in ARMS]
    head = ["Prior", *(f"{arm}: patients' worth" for arm in arms), *(f"{arm}: agreement" for arm in arms)]
    return exhibit.table(head, rows, shown=shown)


def _worth(shown: Records, name: str, when: str, arm: str) -> str:
    return numbers.plain(value(shown, parameter=f"{name}_{when}", group=arm), "patients")


@published
def tolerance_follow_up(records: Records) -> exhibit.Table:
    """How long patients were followed, by technique received."""
    shown = select(records, analysis="tolerance.follow_up")
    lines = {"Patients": ("n", "patients"), "Patient-months": ("exposure", "patient-months")}
    rows = [
        [name, *(numbers.plain(value(shown, group=arm, statistic=statistic), unit) for arm in ARMS)]
        for name, (statistic, unit) in lines.items()
    ]
    rows.append(["Days, median (quartiles)", *(_quartiles(select(shown, group=arm)) for arm in ARMS)])
    return exhibit.table(["Followed", *heads()], rows, shown=shown)


def _quartiles(found: Records) -> str:
    median, q1, q3 = (value(found, statistic=s) for s in ("median", "q1", "q3"))
    return numbers.estimate(median, q1, q3, "days")


@published
def volume_influence(records: Records) -> exhibit.Table:
    """The rank correlation, its range with one patient left out, and how many pairs of patients are tied."""
    shown = select(records, analysis="volume_pain.influence")
    main = select(records, analysis="volume_pain.spearman", group="all", statistic="estimate")
    rows = []
    for code in ("VOLTOT", "VOLMEAN"):
        low, high, volume, relief = (
            value(shown, parameter=f"{code}_{name}") for name in ("LOO_LOW", "LOO_HIGH", "TIES", "RELIEF_TIES")
        )
        rows.append(
            [
                labels.parameter(code),
                numbers.plain(value(main, parameter=code), "correlation"),
                numbers.interval(low, high, "correlation"),
                numbers.plain(volume, "fraction"),
                numbers.plain(relief, "fraction"),
            ]
        )
    head = [
        "Rank correlation with relief",
        "All patients",
        "One patient left out",
        "Pairs tied in volume",
        "Pairs tied in relief",
    ]
    return exhibit.table(head, rows, shown=[*main, *shown])
