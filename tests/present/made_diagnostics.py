"""Made-up records of diagnostics: fit of a mixed model, weight of priors, follow-up, influence."""

from itertools import pairwise

from helpers.results import Record
from tests.present.making import record, several

SEEN = (-1.31, -0.62, 0.04, 0.55, 1.42)
NORMAL = (-1.35, -0.52, 0.0, 0.52, 1.35)


def shape(endpoint: str, analysis: str, code: str, **more) -> list[Record]:
    out = []
    for name, value in {"SKEW": 0.31, "KURT": -0.42}.items():
        out += several(
            endpoint, analysis, f"{code}_{name}", "all", {"estimate": value, "se": 0.34}, unit="moment", **more
        )
    for name, values in {"FIFTH": SEEN, "NORMAL": NORMAL}.items():
        for k, value in enumerate(values, start=1):
            out.append(record(endpoint, analysis, f"{code}_{name}{k}", "all", "mean", value, unit="smd", **more))
    return out


def clustered(endpoint: str, main: str, code: str, unit: str) -> list[Record]:
    more = {"unit_of_analysis": "vertebra"}
    out = [record(endpoint, main, f"{code}_BETWEEN", "all", "estimate", 0.27, unit="correlation", **more)]
    for name, value in {"SDBETWEEN": 0.94, "SDWITHIN": 1.57}.items():
        out.append(record(endpoint, f"{main}_fit", f"{code}_{name}", "all", "estimate", value, unit=unit, **more))
    return out + shape(endpoint, f"{main}_fit", code, **more)


def repeated(endpoint: str, main: str, code: str, visits: tuple[str, ...]) -> list[Record]:
    out = []
    for visit in visits:
        out.append(record(endpoint, f"{main}_fit", f"{code}_SPREAD", "all", "estimate", 1.84, visit=visit))
    both = [*pairwise(visits), *([(visits[0], visits[-1])] if len(visits) > 2 else [])]
    for first, second in both:
        where = {"visit": second, "unit": "correlation"}
        out.append(record(endpoint, f"{main}_fit", f"{code}_WITH_{first}", "all", "estimate", 0.46, **where))
    return out + shape(endpoint, f"{main}_fit", code, visit="all")


def prior_checks() -> list[Record]:
    out = []
    for name, worth in {"MAIN": 2, "FLAT": 2, "JEFFREYS": 1, "SCEPTICAL": 10, "LITERATURE": 5}.items():
        for g, n in {"KP": 16, "VP": 15}.items():
            for when, value in {"PRIOR": worth, "POSTERIOR": worth + n}.items():
                parameter = f"{name}_{when}"
                out.append(record("leakage", "success_prior_check", parameter, g, "estimate", value, unit="patients"))
            chance = {"unit": "probability", "method": "prior-predictive"}
            out.append(record("leakage", "success_prior_check", f"{name}_AGREEMENT", g, "probability", 0.44, **chance))
    return out


def follow_up() -> list[Record]:
    out = []
    for g, months in {"KP": 39.1, "VP": 42.4}.items():
        values = {"median": 93.0, "q1": 70.0, "q3": 98.0}
        out += several("tolerance", "follow_up", "FOLLOWED", g, values, visit="all", unit="days")
        out.append(record("tolerance", "follow_up", "FOLLOWED", g, "n", 15, visit="all", unit="patients"))
        where = {"visit": "all", "unit": "patient-months"}
        out.append(record("tolerance", "follow_up", "FOLLOWED", g, "exposure", months, **where))
    return out


def influence() -> list[Record]:
    out = []
    for code in ("VOLTOT", "VOLMEAN"):
        for name, value in {"LOO_LOW": -0.17, "LOO_HIGH": 0.08}.items():
            out.append(
                record("volume_pain", "influence", f"{code}_{name}", "all", "estimate", value, unit="correlation")
            )
        for name, value in {"TIES": 0.013, "RELIEF_TIES": 0.004}.items():
            out.append(record("volume_pain", "influence", f"{code}_{name}", "all", "estimate", value, unit="fraction"))
    return out
