"""Records of the contract's shape with made-up values: exhibits are tested apart from the statistics."""

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


def leakage() -> list[Record]:
    """10/16 against 5/15: difference 29.2 points, Miettinen-Nurminen -6.5 to 58.2 (trial/evidence, section 7.0)."""
    p = {"unit": "proportion"}
    out = several("leakage", "success", "SUCCESS", "KP", rate(10, 16, 0.386, 0.815), **p, method="wilson")
    out += several("leakage", "success", "SUCCESS", "VP", rate(5, 15, 0.152, 0.583), **p, method="wilson")
    for g, (imaged, unknown, n) in {"KP": (12, 1, 16), "VP": (11, 0, 15)}.items():
        out += several("leakage", "success", "SUCCESS", g, {"missing": unknown}, **p, method="count")
        images = {"n": n, "events": imaged}
        out += several("leakage", "success", "IMAGED_M3", g, images, unit="patients", method="count")
    for g, values in {
        "KP": rate(8, 12, 0.391, 0.862),
        "VP": rate(3, 11, 0.097, 0.566),
        "KP-VP": span(8 / 12 - 3 / 11, -0.02, 0.70),
    }.items():
        method = "miettinen-nurminen" if g == "KP-VP" else "wilson"
        out += several("leakage", "success_m3", "SUCCESS", g, values, **p, method=method)
    out += several(
        "leakage",
        "success",
        "SUCCESS",
        "KP-VP",
        span(10 / 16 - 5 / 15, -0.065, 0.582),
        **p,
        method="miettinen-nurminen",
    )
    out += several(
        "leakage", "success_newcombe", "SUCCESS", "KP-VP", span(10 / 16 - 5 / 15, -0.051, 0.555), **p, method="newcombe"
    )
    for g, values in {
        "KP": rate(10, 15, 0.417, 0.848),
        "VP": rate(5, 15, 0.152, 0.583),
        "KP-VP": span(1 / 3, -0.027, 0.621),
    }.items():
        out += several(
            "leakage",
            "success_mitt",
            "SUCCESS",
            g,
            values,
            **p,
            population="MITT",
            method="miettinen-nurminen" if g == "KP-VP" else "wilson",
        )
    bayes = {"KP": (0.614, 0.383, 0.816), "VP": (0.350, 0.152, 0.587), "KP-VP": (0.261, -0.058, 0.545)}
    for g, values in bayes.items():
        out += several(
            "leakage", "success_bayes", "SUCCESS", g, span(*values, centre="median"), **p, method="beta-binomial"
        )
    for code, value in {"SUPERIORITY": 0.943, "RD_GT_10": 0.842, "RD_GT_20": 0.647}.items():
        out.append(
            record(
                "leakage",
                "success_bayes",
                code,
                "KP-VP",
                "probability",
                value,
                unit="probability",
                method="beta-binomial",
            )
        )
    for g, centre in {"KP": 61, "VP": 35}.items():
        out += histogram(g, centre, range(0, 100, 5))
    out += histogram("KP-VP", 26, range(-100, 100, 5))
    kinds = {
        "type": ("VASCULAR", "CORTICAL"),
        "size": ("SIGNIFICANT", "NOT_SIGNIFICANT"),
        "symptoms": ("SYMPTOMATIC", "ASYMPTOMATIC"),
    }
    for analysis, codes in kinds.items():
        for shift, code in enumerate(codes):
            m = {"population": "MITT"}
            out += several(
                "leakage",
                analysis,
                code,
                "KP",
                rate(2 + 2 * shift, 15, 0.04 + 0.07 * shift, 0.38 + 0.14 * shift),
                **p,
                **m,
                method="wilson",
            )
            out += several(
                "leakage",
                analysis,
                code,
                "VP",
                rate(4 + 3 * shift, 15, 0.11 + 0.14 * shift, 0.52 + 0.18 * shift),
                **p,
                **m,
                method="wilson",
            )
            out += several(
                "leakage",
                analysis,
                code,
                "KP-VP",
                span(-0.133 - 0.067 * shift, -0.42, 0.18),
                **p,
                **m,
                method="miettinen-nurminen",
            )
            for g, count in {"KP": 3 + 2 * shift, "VP": 6 + 4 * shift}.items():
                out.append(
                    record(
                        "leakage",
                        analysis,
                        code,
                        g,
                        "count",
                        count,
                        unit="leaks",
                        unit_of_analysis="leak",
                        population="MITT",
                        method="count",
                    )
                )
    for g, (events, n) in {"KP": (9, 31), "VP": (16, 30)}.items():
        out += several(
            "leakage",
            "vertebra",
            "LEAK",
            g,
            {"n": n, "events": events, "estimate": events / n},
            **p,
            population="MITT",
            unit_of_analysis="vertebra",
            method="count",
        )
    return out


def histogram(group, centre, lows) -> list[Record]:
    weights = [max(0.0, 1 - abs(low + 2.5 - centre) / 38) ** 2 for low in lows]
    name = lambda v: f"M{-v:02d}" if v < 0 else f"{v:02d}"  # noqa: E731
    return [
        record(
            "leakage",
            "success_posterior",
            f"MASS_{name(low)}_{name(low + 5)}",
            group,
            "probability",
            w / sum(weights),
            unit="probability",
            method="beta-binomial",
        )
        for low, w in zip(lows, weights, strict=True)
    ]


def measured(endpoint, analysis, parameter, unit, *, before, change, difference, visits=("M3",)) -> list[Record]:
    out = []
    for g, sign in {"KP": 1, "VP": -1}.items():
        out += several(
            endpoint,
            analysis,
            parameter,
            g,
            {"n": 15, "missing": 1, "mean": before + 0.3 * sign, "sd": 2.0, "median": before},
            visit="D0",
            unit=unit,
        )
        for i, visit in enumerate(visits):
            moved = change * (1 + 0.1 * i) + sign * difference / 2
            out += several(
                endpoint,
                analysis,
                parameter,
                g,
                {"n": 12 - i, "missing": 3 + i, "mean": before + moved, "sd": 2.2},
                visit=visit,
                unit=unit,
            )
            out += several(
                endpoint,
                analysis,
                f"{parameter}_CHG",
                g,
                {"n": 12 - i, **span(moved, moved - 1.4, moved + 1.4)},
                visit=visit,
                unit=unit,
                method="mean-t",
            )
            out += several(
                endpoint,
                analysis,
                parameter,
                g,
                {"se": 0.7, **span(before + moved, before + moved - 1.4, before + moved + 1.4)},
                visit=visit,
                unit=unit,
                method="ancova",
            )
    for visit in visits:
        values = {
            "n": 23,
            "se": 0.9,
            "df": 20,
            "p_value": 0.9876,
            **span(difference, difference - 1.9, difference + 1.9),
        }
        out += several(endpoint, analysis, parameter, "KP-VP", values, visit=visit, unit=unit, method="ancova")
        out += several(
            endpoint,
            f"{analysis}_change",
            f"{parameter}_CHG",
            "KP-VP",
            values | span(difference + 0.1, difference - 2.1, difference + 2.3),
            visit=visit,
            unit=unit,
            method="welch",
        )
    return out


def readers(endpoint, codes) -> list[Record]:
    out = []
    for code in codes:
        for visit in ("D0", "M3"):
            values = {"n": 49, "estimate": 0.91}
            out += several(
                endpoint,
                "readers",
                f"{code}_ICC",
                "all",
                values,
                visit=visit,
                unit="correlation",
                unit_of_analysis="vertebra",
                method="icc-a1",
            )
    return out


def height() -> list[Record]:
    out = readers("height", ("ANTHT", "MIDHT", "POSHT"))
    for code, difference in {"ANTHT": 1.2, "MIDHT": 0.8, "POSHT": 0.1}.items():
        out += measured("height", "vertebral", code, "mm", before=18.0, change=0.8, difference=difference)
    return out + measured("height", "stature", "STATURE", "cm", before=167.0, change=0.1, difference=0.2)


def angle() -> list[Record]:
    return measured("angle", "kyphotic", "KYPHANG", "degree", before=11.0, change=-1.2, difference=-1.5) + readers(
        "angle", ("KYPHANG",)
    )


def pain() -> list[Record]:
    return measured(
        "pain", "vas", "VAS", "points", before=6.8, change=-3.2, difference=-0.2, visits=("D1", "D21", "M3")
    )


def qol() -> list[Record]:
    out = []
    for code, before in {"DPQDA": 65, "DPQWL": 68, "DPQAD": 48, "DPQSI": 38}.items():
        out += measured(
            "qol", "dallas", code, "points", before=before, change=-12, difference=-4.0, visits=("D21", "M3")
        )
    for g in ("KP", "VP"):
        for visit, n in {"D0": 15, "D21": 13, "M3": 11}.items():
            out += several(
                "qol",
                "compliance",
                "FORM",
                g,
                {"expected": 15, "n": n},
                visit=visit,
                unit="forms",
                unit_of_analysis="form",
                method="count",
            )
            out.append(
                record(
                    "qol",
                    "compliance",
                    "FORM",
                    g,
                    "estimate",
                    n / 15,
                    visit=visit,
                    unit="proportion",
                    unit_of_analysis="form",
                    method="count",
                )
            )
    return out


def tolerance() -> list[Record]:
    out = []
    m = {"population": "SAF", "visit": "all", "unit": "proportion"}
    counts = {
        "AEANY": (12, 11),
        "AEGE3": (4, 5),
        "AESER": (3, 3),
        "AERELPRC": (4, 6),
        "AERELDEV": (1, 2),
        "AERELDIS": (6, 5),
        "AEDTH": (0, 1),
    }
    for code, both in counts.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            out += several(
                "tolerance",
                "overview",
                code,
                g,
                rate(events, 15, max(0.0, events / 15 - 0.2), min(1.0, events / 15 + 0.22)),
                **m,
                method="clopper-pearson",
            )
            out.append(
                record(
                    "tolerance",
                    "overview",
                    code,
                    g,
                    "count",
                    events * 2,
                    **(m | {"unit": "events"}),
                    unit_of_analysis="event",
                    method="count",
                )
            )
    for g, grades in {"KP": (3, 4, 4, 3, 1, 0), "VP": (4, 3, 3, 3, 1, 1)}.items():
        for grade, events in enumerate(grades):
            out += several(
                "tolerance",
                "worst_grade",
                f"GRADE{grade}",
                g,
                {"n": 15, "events": events, "estimate": events / 15},
                **m,
                method="count",
            )
    for term, both in {"BACK PAIN": (5, 6), "FATIGUE": (2, 1), "HEMATOMA": (0, 2)}.items():
        for g, events in zip(("KP", "VP"), both, strict=True):
            out += several(
                "tolerance",
                "preferred_term",
                term,
                g,
                {"n": 15, "events": events, "estimate": events / 15},
                **m,
                method="count",
            )
            out += several(
                "tolerance",
                "preferred_term",
                f"{term}|GE3",
                g,
                {"n": 15, "events": events // 3, "estimate": events // 3 / 15},
                **m,
                method="count",
            )
    return out


def volume_pain() -> list[Record]:
    out = []
    m = {"population": "SAF"}
    for shift, code in enumerate(("VOLTOT", "VOLMEAN")):
        for g in ("KP", "VP"):
            out += several(
                "volume_pain",
                "volume",
                code,
                g,
                {"n": 15, "mean": 8.2 - 4 * shift, "sd": 3.1, "median": 7.5 - 3.5 * shift},
                **m,
                visit="D0",
                unit="mL",
            )
        for g, (n, rho) in {"all": (24, -0.05), "KP": (13, 0.12), "VP": (11, -0.31)}.items():
            values = {"n": n, **span(rho + shift / 10, rho - 0.41, rho + 0.43), "p_value": 0.9876}
            out += several(
                "volume_pain", "spearman", code, g, values, **m, unit="correlation", method="spearman-bonett-wright"
            )
        out += several(
            "volume_pain",
            "partial",
            code,
            "all",
            {"n": 24, **span(-0.1, -0.5, 0.33), "p_value": 0.9876},
            **m,
            unit="correlation",
            method="spearman-bonett-wright",
        )
    for code, (volume, relief) in {"T1": (4.1, 3.4), "T2": (7.6, 3.9), "T3": (12.9, 3.0)}.items():
        out += several(
            "volume_pain",
            "tertiles",
            code,
            "all",
            {"n": 8, **span(relief, relief - 1.7, relief + 1.7)},
            **m,
            method="mean-t",
        )
        out.append(record("volume_pain", "tertiles", code, "all", "median", volume, **m, unit="mL"))
    return out


ALL = {f.__name__: f for f in (leakage, height, angle, pain, qol, tolerance, volume_pain)}
