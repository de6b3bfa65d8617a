"""Made-up records of pain and quality of life: over the visits, with death, with imputation, and of responders."""

from helpers.results import Record
from tests.present.made_diagnostics import repeated
from tests.present.making import contrast, measured, rate, record, several, span

VISITS = {"pain": ("D1", "D21", "M3"), "qol": ("D21", "M3")}
STEMS = {"pain": "vas", "qol": "dallas"}
DALLAS = {"DPQDA": 65, "DPQWL": 68, "DPQAD": 48, "DPQSI": 38}


def _deaths(endpoint: str, code: str, difference: float) -> list[Record]:
    """The median of VP falls on death; that of KP does not."""
    stem = STEMS[endpoint]
    out = []
    for visit in VISITS[endpoint][-2:]:
        at = {"visit": visit}
        for g, median in {"KP": 4.5, "VP": None}.items():
            values = {"n": 14, "missing": 1, "median": median}
            out += several(endpoint, f"{stem}_composite", code, g, values, **at, method="death-worst")
        values = {"p_value": 0.9876, **span(1.4, 0.6, 3.2)}
        out += several(endpoint, f"{stem}_composite", code, "KP-VP", values, **at, unit="odds", method="win-odds")
        better = {"unit": "proportion", "method": "relative-effect"}
        values = span(0.58, 0.38, 0.76)
        out += several(endpoint, f"{stem}_composite", f"{code}_BETTER", "KP-VP", values, **at, **better)
    for g, mean in {"KP": 4.1, "VP": 4.4}.items():
        values = {"n": 14, **span(mean, mean - 1, mean + 1)}
        out += several(endpoint, f"{stem}_alive", code, g, values, method="ancova-auc")
    values = contrast(difference - 0.1, difference - 1.5, difference + 1.3, n=28)
    return out + several(endpoint, f"{stem}_alive", code, "KP-VP", values, method="ancova-auc")


def _imputed(endpoint: str, code: str, difference: float, *, turns: float | None) -> list[Record]:
    stem = STEMS[endpoint]
    out = []
    for visit in VISITS[endpoint]:
        for shift, (analysis, suffix) in enumerate((("mi", ""), ("reference", "_JR"), ("reference", "_CR"))):
            at = difference + shift / 10
            values = contrast(at, at - 2, at + 2, n=31)
            more = {"visit": visit, "method": f"mi-{suffix[1:].lower() or 'mar'}"}
            out += several(endpoint, f"{stem}_{analysis}", f"{code}{suffix}", "KP-VP", values, **more)
            missing = {"fmi": 0.23 + shift / 10}
            out += several(endpoint, f"{stem}_{analysis}", f"{code}{suffix}", "KP-VP", missing, unit="fraction", **more)
    for step in range(9):
        name = f"{code}_DELTA_{step * 50:04d}"
        values = span(difference + step / 10, difference - 2, difference + 3)
        out += several(endpoint, f"{stem}_delta", name, "KP-VP", values, method="mi-delta")
    reason = ":no-tipping-point" if turns is None else ""
    out.append(
        record(endpoint, f"{stem}_delta", f"{code}_TIPPING", "KP-VP", "estimate", turns, method=f"mi-tipping{reason}")
    )
    return out


def _responders(endpoint: str, code: str, *, kp: int = 9, vp: int = 5) -> list[Record]:
    out = []
    p = {"unit": "proportion"}
    for visit in VISITS[endpoint]:
        for g, (events, n) in {"KP": (kp, 16), "VP": (vp, 15)}.items():
            values = rate(events, n, events / n - 0.2, events / n + 0.22)
            out += several(endpoint, "responder", code, g, values, **p, visit=visit, method="wilson")
        values = span(kp / 16 - vp / 15, -0.12, 0.53)
        out += several(endpoint, "responder", code, "KP-VP", values, **p, visit=visit, method="miettinen-nurminen")
    return out


#: Signed reciprocals of the limits: benefit of 1/0.53 through infinity to harm of 1/0.12; benefit only; no difference.
NEEDED = {"D1": (4.4, 1.9, -8.3), "D21": (4.4, 12.5, 2.5), "M3": (None, 3.1, -3.2)}


def pain() -> list[Record]:
    names = {"main": "vas", "seen": "vas", "beside": "vas_ancova", "visits": VISITS["pain"]}
    out = measured("pain", "VAS", "points", **names, before=6.8, change=-3.2, difference=-0.2)
    out += repeated("pain", "vas", "VAS", VISITS["pain"])
    out += _deaths("pain", "VAS", -0.2) + _imputed("pain", "VAS", -0.2, turns=2.4)
    for code in ("RESP30", "RESP50"):
        out += _responders("pain", code)
        for visit, values in NEEDED.items():
            more = {"visit": visit, "unit": "nnt", "method": "reciprocal-miettinen-nurminen"}
            out += several("pain", "responder_nnt", code, "KP-VP", span(*values), **more)
    return out


def qol() -> list[Record]:
    out = []
    names = {"main": "dallas", "seen": "dallas", "beside": "dallas_ancova", "visits": VISITS["qol"]}
    for code, before in DALLAS.items():
        out += measured("qol", code, "points", **names, before=before, change=-12, difference=-4.0)
        out += repeated("qol", "dallas", code, VISITS["qol"])
        out += _deaths("qol", code, -4.0) + _imputed("qol", code, -4.0, turns=None if code == "DPQSI" else 12.5)
        for kind in ("MCII", "PASS"):
            out += _responders("qol", f"{code}_{kind}")
        out.append(record("qol", "dallas_holm", code, "KP-VP", "p_value", 0.9876, unit="p", method="holm"))
    m = {"unit_of_analysis": "form", "method": "count"}
    for g in ("KP", "VP"):
        for visit, n in {"D0": 15, "D21": 13, "M3": 11}.items():
            out += several("qol", "compliance", "FORM", g, {"expected": 15, "n": n}, visit=visit, unit="forms", **m)
            more = {"visit": visit, "unit": "proportion", **m}
            out.append(record("qol", "compliance", "FORM", g, "estimate", n / 15, **more))
    return out
