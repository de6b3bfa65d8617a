"""Records of the contract's shape with made-up values: exhibits are tested apart from the statistics."""

from helpers.results import Record
from tests.present import made_diagnostics as diagnostics
from tests.present.made_leakage import leakage
from tests.present.made_participants import participants
from tests.present.made_scores import pain, qol
from tests.present.made_tolerance import listing, tolerance
from tests.present.making import measured, record, several, span

__all__ = ["ALL", "angle", "height", "leakage", "listing", "pain", "participants", "qol", "tolerance", "volume_pain"]


def readers(endpoint: str, codes: tuple[str, ...], unit: str) -> list[Record]:
    out = []
    m = {"unit_of_analysis": "vertebra"}
    for code in codes:
        for visit in ("D0", "M3"):
            m["visit"] = visit
            values = {"n": 49, **span(0.91, 0.83, 0.95)}
            out += several(endpoint, "readers", f"{code}_ICC", "all", values, **m, unit="correlation", method="icc-a1")
            values = span(0.1, -1.6, 1.8)
            out += several(endpoint, "readers", f"{code}_BIAS", "all", values, **m, unit=unit, method="bland-altman")
            for name, value in {"SEM": 0.6, "MDC": 1.7}.items():
                out.append(record(endpoint, "readers", f"{code}_{name}", "all", "estimate", value, **m, unit=unit))
    return out


def height() -> list[Record]:
    codes = {"ANTHT": 1.2, "MIDHT": 0.8, "POSHT": 0.1}
    out = readers("height", tuple(codes), "mm")
    names = {"main": "vertebral", "seen": "vertebral_patient", "beside": "vertebral_patient"}
    for code, difference in codes.items():
        values = {"before": 18.0, "change": 0.8, "difference": difference}
        out += measured("height", code, "mm", **names, **values, unit_of_analysis="vertebra")
        out += diagnostics.clustered("height", "vertebral", code, "mm")
    values = {"before": 167.0, "change": 0.1, "difference": 0.2}
    return out + measured("height", "STATURE", "cm", main="stature", seen="stature", **values)


def angle() -> list[Record]:
    names = {"main": "kyphotic", "seen": "kyphotic_patient", "beside": "kyphotic_patient"}
    values = {"before": 11.0, "change": -1.2, "difference": -1.5}
    out = measured("angle", "KYPHANG", "degree", **names, **values, unit_of_analysis="vertebra")
    out += diagnostics.clustered("angle", "kyphotic", "KYPHANG", "degree")
    return out + readers("angle", ("KYPHANG",), "degree")


def volume_pain() -> list[Record]:
    out = diagnostics.influence()
    m = {"population": "SAF"}
    rho = {"unit": "correlation", "method": "spearman-bonett-wright"}
    for shift, code in enumerate(("VOLTOT", "VOLMEAN")):
        for g in ("KP", "VP"):
            values = {"n": 15, "mean": 8.2 - 4 * shift, "sd": 3.1, "median": 7.5 - 3.5 * shift}
            out += several("volume_pain", "volume", code, g, values, **m, visit="D0", unit="mL")
        for g, (n, at) in {"all": (24, -0.05), "KP": (13, 0.12), "VP": (11, -0.31)}.items():
            values = {"n": n, **span(at + shift / 10, at - 0.41, at + 0.43), "p_value": 0.9876}
            out += several("volume_pain", "spearman", code, g, values, **m, **rho)
        beside = {"n": 24, **span(-0.1, -0.5, 0.33), "p_value": 0.9876}
        for analysis, suffix in (("bootstrap", ""), ("partial", ""), ("partial", "_LEVELS")):
            values = {k: v for k, v in beside.items() if analysis == "partial" or k != "p_value"}
            out += several("volume_pain", analysis, f"{code}{suffix}", "all", values, **m, **rho)
        out += several("volume_pain", "slope", code, "all", beside, **m, unit="slope", method="linear-regression")
    for code, (volume, relief) in {"T1": (4.1, 3.4), "T2": (7.6, 3.9), "T3": (12.9, 3.0)}.items():
        values = {"n": 8, **span(relief, relief - 1.7, relief + 1.7)}
        out += several("volume_pain", "tertiles", code, "all", values, **m, method="mean-t")
        out.append(record("volume_pain", "tertiles", code, "all", "median", volume, **m, unit="mL"))
    return out


#: What is reported -> its records.
ALL = {f.__name__: f for f in (participants, leakage, height, angle, pain, qol, tolerance, volume_pain)}
