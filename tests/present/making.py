"""How a record is made up: one number, several of a line, an estimate with its limits."""

from helpers.results import Record
from helpers.sap import load_sap


def record(endpoint: str, analysis: str, parameter: str, group: str, statistic: str, value, **more) -> Record:
    plan = load_sap().analysis(f"{endpoint}.{analysis}")
    defaults = {"estimand": plan.estimand, "sap": plan.section, "population": plan.population}
    defaults |= {"visit": "M3", "unit_of_analysis": "patient", "unit": "points", "method": "mean"}
    return Record(
        endpoint=endpoint,
        analysis=f"{endpoint}.{analysis}",
        parameter=parameter,
        group=group,
        statistic=statistic,
        value=value,
        **(defaults | more),
    )


def several(endpoint, analysis, parameter, group, values: dict, **more) -> list[Record]:
    return [
        record(endpoint, analysis, parameter, group, statistic, value, **more) for statistic, value in values.items()
    ]


def span(estimate, lower, upper, centre="estimate") -> dict:
    return {centre: estimate, "lower95": lower, "upper95": upper}


def rate(events, n, lower, upper) -> dict:
    return {"n": n, "events": events, **span(events / n, lower, upper)}


def contrast(estimate, lower, upper, **more) -> dict:
    """The statistics of a contrast, with a p value that no table may show."""
    return {"se": 0.9, "df": 20.0, "p_value": 0.9876, **span(estimate, lower, upper), **more}


def measured(
    endpoint,
    code,
    unit,
    *,
    before,
    change,
    difference,
    main,
    seen,
    beside="",
    visits=("M3",),
    unit_of_analysis="patient",
) -> list[Record]:
    """A measure before and at its visits: described in `seen`, the contrast of `main`, that of `beside`, of changes."""
    out = []
    patients = {"unit": unit}
    model = {"unit": unit, "unit_of_analysis": unit_of_analysis, "method": "ancova"}
    for g, sign in {"KP": 1, "VP": -1}.items():
        values = {"n": 15, "missing": 1, "mean": before + 0.3 * sign, "sd": 2.0, "median": before}
        out += several(endpoint, seen, code, g, values, visit="D0", **patients)
        for i, visit in enumerate(visits):
            moved = change * (1 + 0.1 * i) + sign * difference / 2
            values = {"n": 12 - i, "missing": 3 + i, "mean": before + moved, "sd": 2.2}
            out += several(endpoint, seen, code, g, values, visit=visit, **patients)
            values = {"n": 12 - i, **span(moved, moved - 1.4, moved + 1.4)}
            out += several(endpoint, seen, f"{code}_CHG", g, values, visit=visit, **patients, method="mean-t")
            values = {"se": 0.7, **span(before + moved, before + moved - 1.4, before + moved + 1.4)}
            if unit_of_analysis == "vertebra":
                values["n"] = 25
            out += several(endpoint, main, code, g, values, visit=visit, **model)
    for visit in visits:
        n = 50 if unit_of_analysis == "vertebra" else 23
        values = contrast(difference, difference - 1.9, difference + 1.9, n=n)
        out += several(endpoint, main, code, "KP-VP", values, visit=visit, **model)
        if beside:
            values = contrast(difference + 0.2, difference - 2.0, difference + 2.4, n=23)
            out += several(endpoint, beside, code, "KP-VP", values, visit=visit, **patients, method="ancova")
        values = contrast(difference + 0.1, difference - 2.1, difference + 2.3, n=23)
        out += several(
            endpoint, f"{main}_change", f"{code}_CHG", "KP-VP", values, visit=visit, **patients, method="welch"
        )
    return out
