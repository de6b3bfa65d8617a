"""Made-up records of leakage."""

from helpers.results import Record
from tests.present.made_diagnostics import prior_checks
from tests.present.making import contrast, rate, record, several, span


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
    return out + _sensitivity()


#: Difference of success rates by analysis, as made up; the rates of the arms stand with some.
_OTHERS = {
    ("success_composite", "SUCCESS"): (0.2, -0.14, 0.49),
    ("success_pp", "SUCCESS"): (0.33, -0.03, 0.62),
    ("success_strata", "SITE_MN"): (0.28, -0.07, 0.57),
    ("success_strata", "LEVELS_MN"): (0.3, -0.05, 0.58),
    ("success_adjusted", "SUCCESS"): (0.27, -0.05, 0.59),
}


def _sensitivity() -> list[Record]:
    p = {"unit": "proportion"}
    out = []
    for (analysis, code), values in _OTHERS.items():
        out += several("leakage", analysis, code, "KP-VP", span(*values), **p, method="miettinen-nurminen")
    for analysis, arms in {"success_composite": ((8, 16), (4, 15)), "success_pp": ((9, 14), (5, 15))}.items():
        for g, (events, n) in zip(("KP", "VP"), arms, strict=True):
            out += several("leakage", analysis, "SUCCESS", g, rate(events, n, 0.2, 0.8), **p, method="wilson")
    for kp in range(0, 101, 25):
        for vp in range(0, 101, 25):
            at = 0.2 + kp / 400 - vp / 400  # -5 points in the worst case for KP, 45 in the best
            values = span(at, at - 0.32, at + 0.3)
            code = f"SHARE_{kp:03d}_{vp:03d}"
            out += several("leakage", "success_bounds", code, "KP-VP", values, **p, method="miettinen-nurminen")
    m = {"method": "miettinen-nurminen"}
    out += several("leakage", "success_ratio", "SUCCESS_RR", "KP-VP", span(1.88, 0.88, 4.3), unit="ratio", **m)
    out += several("leakage", "success_ratio", "SUCCESS_OR", "KP-VP", span(3.33, 0.77, 14.2), unit="odds", **m)
    for code, value in {"FISHER_MIDP": 0.118, "BOSCHLOO": 0.0004}.items():
        out.append(record("leakage", "success_tests", code, "KP-VP", "p_value", value, unit="p", method="boschloo"))
    return out + _bayes() + _vertebrae() + prior_checks()


def _bayes() -> list[Record]:
    p, m = {"unit": "proportion"}, {"method": "beta-binomial"}
    out = []
    for shift, code in enumerate(("FLAT", "JEFFREYS", "SCEPTICAL", "LITERATURE")):
        for g, centre in {"KP": 0.61, "VP": 0.35, "KP-VP": 0.26}.items():
            values = span(centre - shift / 50, centre - 0.3, centre + 0.3, centre="median")
            out += several("leakage", "success_priors", code, g, values, **p, **m)
        chance = {"unit": "probability", **m}
        name = f"{code}_SUPERIORITY"
        out.append(record("leakage", "success_priors", name, "KP-VP", "probability", 0.94 - shift / 10, **chance))
    values = {"size": 100}
    out += several("leakage", "success_predictive", "DIFFERENCE", "KP-VP", values, unit="patients", **m)
    values = span(0.26, -0.09, 0.56, centre="median")
    out += several("leakage", "success_predictive", "DIFFERENCE", "KP-VP", values, **p, **m)
    for code, chance in {"POSTERIOR_GT_95": 0.81, "MN_ABOVE_0": 0.77}.items():
        more = {"unit": "probability", **m}
        out.append(record("leakage", "success_predictive", code, "KP-VP", "probability", chance, **more))
    return out


def _vertebrae() -> list[Record]:
    m = {"unit_of_analysis": "vertebra", "population": "MITT"}
    values = contrast(-0.24, -0.47, -0.01)
    out = several("leakage", "vertebra_gee", "LEAK", "KP-VP", values, unit="proportion", **m, method="gee")
    values = contrast(0.36, 0.11, 1.13)
    out += several("leakage", "vertebra_gee", "LEAK_OR", "KP-VP", values, unit="odds", **m, method="gee")
    for g, values in {"KP": (0.3, 0.15, 0.5), "VP": (0.54, 0.33, 0.73), "KP-VP": (-0.24, -0.5, 0.02)}.items():
        beta = {"unit": "proportion", **m, "method": "beta-binomial-ml"}
        out += several("leakage", "vertebra_beta_binomial", "LEAK", g, span(*values), **beta)
    beta = {"unit": "correlation", **m, "method": "beta-binomial-ml"}
    return out + several("leakage", "vertebra_beta_binomial", "LEAK_ICC", "all", span(0.12, 0.01, 0.63), **beta)


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
