"""What holds of the records of any trial, however odd."""

import math
from collections import defaultdict
from collections.abc import Iterable

from helpers.results import STATISTICS, Record, to_json
from helpers.stats import REASONS

#: Unit -> smallest and largest value that an estimate can have.
RANGES = {
    "proportion": (-1, 1), "correlation": (-1, 1), "probability": (0, 1), "p": (0, 1), "ratio": (0, math.inf),
    "odds": (0, math.inf), "rate": (0, math.inf), "fraction": (0, 1), "df": (0, math.inf),
    "patient-months": (0, math.inf), "patients": (0, math.inf), "vertebrae": (0, math.inf), "leaks": (0, math.inf),
    "events": (0, math.inf), "forms": (0, math.inf),
}  # fmt: skip

#: Methods whose limits stay where the estimate can be; the others are symmetric and may leave it.
BOUNDED = {
    "wilson", "clopper-pearson", "miettinen-nurminen", "miettinen-nurminen-stratified", "newcombe", "beta-binomial",
    "kaplan-meier-log-log", "aalen-johansen-log-log", "relative-effect", "spearman-bonett-wright", "win-odds",
    "partial-spearman-bonett-wright", "spearman-bca", "icc-a1-cluster-bootstrap", "garwood", "beta-binomial-predictive",
}  # fmt: skip

#: A bootstrap interval may leave the estimate out, and a number needed runs through infinity.
APART = {"reciprocal-miettinen-nurminen", "spearman-bca", "icc-a1-cluster-bootstrap"}

TINY = 1e-9


def problems(records: Iterable[Record]) -> list[str]:
    """What is wrong with some records, one line each."""
    records = list(records)
    found = [problem for r in records for problem in _alone(r)]
    lines = defaultdict(dict)
    for r in records:
        lines[r.analysis, r.population, r.visit, r.unit_of_analysis, r.parameter, r.group][r.statistic] = r
    for line, by_statistic in lines.items():
        found += [f"{' '.join(line)}: {problem}" for problem in _together(by_statistic)]
    to_json(records)
    return found


def _alone(r: Record) -> Iterable[str]:
    name = f"{r.analysis} {r.parameter} {r.visit} {r.group} {r.statistic} = {r.value} ({r.method})"
    _, _, reason = r.method.partition(":")
    if r.statistic not in STATISTICS:
        yield f"{name}: no such statistic"
    if (r.value is None) != bool(reason) or (reason and reason not in REASONS):
        yield f"{name}: the value and its reason do not agree"
    if r.value is None:
        return
    if r.statistic in ("se", "sd") and r.value < 0:
        yield f"{name}: below nought"
    if r.statistic == "df" and not r.value > 0:
        yield f"{name}: no degrees of freedom"
    low, high = RANGES.get(r.unit, (-math.inf, math.inf))
    if r.unit == "proportion" and r.group != "KP-VP":
        low = 0
    limit = r.statistic in ("lower95", "upper95")
    if (
        (not limit or r.method in BOUNDED)
        and r.statistic not in ("se", "sd")
        and not low - TINY <= r.value <= high + TINY
    ):
        yield f"{name}: out of range"
    if r.unit == "nnt" and abs(r.value) < 1 - TINY:
        yield f"{name}: fewer than one patient"


def _together(line: dict[str, Record]) -> Iterable[str]:
    value = {statistic: r.value for statistic, r in line.items() if r.value is not None}
    method = next(r.method for r in line.values())
    named = {r.method for r in line.values()}
    middle = value.get("estimate", value.get("median"))
    size = max(1.0, abs(middle or 0.0))
    if not named & APART and middle is not None:
        if "lower95" in value and value["lower95"] > middle + TINY * size:
            yield f"the lower limit {value['lower95']} is above {middle} ({method})"
        if "upper95" in value and value["upper95"] < middle - TINY * size:
            yield f"the upper limit {value['upper95']} is below {middle} ({method})"
    ends = [value[s] for s in ("lower95", "upper95") if s in value]
    if len(ends) == 2 and ends[0] > ends[1] + TINY and "reciprocal-miettinen-nurminen" not in named:
        yield f"the limits {ends} are crossed ({method})"
    ordered = [value[s] for s in ("min", "q1", "median", "q3", "max") if s in value]
    if ordered != sorted(ordered):
        yield f"the quantiles {ordered} are not in order"
    if "events" in value and "n" in value and value["events"] > value["n"]:
        yield f"{value['events']} events of {value['n']}"
    if "expected" in value and value["n"] > value["expected"]:
        yield f"{value['n']} received of {value['expected']}"
    whole = [s for s in ("n", "events", "missing", "expected", "count") if s in value]
    if any(value[s] < 0 or value[s] != int(value[s]) for s in whole):
        yield "a count that is none"
    counted = line.get("estimate")
    by_counts = {"n", "events", "estimate"} <= value.keys() and counted.method in (
        "wilson",
        "clopper-pearson",
        "proportion",
    )
    if by_counts and abs(value["estimate"] * value["n"] - value["events"]) > 1e-6:
        yield "the proportion is not that of its counts"
