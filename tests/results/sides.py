"""Sides of a comparison, made up: a few records of the contract's shape under a name."""

from dataclasses import replace

from helpers.results import Record
from helpers.results.compare import Comparison, compare
from helpers.results.snapshot import Snapshot, Source, key

SYNTHETIC = Source("SYNTHETIC DATA, NOT TRIAL RESULTS", "synthetic twin, 31 patients", "90f3347dfb2d")

BASE = Record(
    endpoint="pain",
    analysis="pain.vas",
    estimand="pain-vas",
    population="ITT",
    visit="M3",
    unit_of_analysis="patient",
    parameter="VAS",
    group="KP-VP",
    statistic="estimate",
    value=-0.4,
    unit="points",
    method="mmrm-un-kr",
    sap="5.4.1",
)


def number(value=-0.4, **changes) -> Record:
    return replace(BASE, value=value, **changes)


def interval(lower, upper, **changes) -> list[Record]:
    return [number(lower, statistic="lower95", **changes), number(upper, statistic="upper95", **changes)]


def posterior(value, parameter="SUPERIORITY", method="beta-binomial") -> Record:
    about = {"endpoint": "leakage", "analysis": "leakage.success_bayes", "sap": "5.1.1", "unit": "probability"}
    return number(value, statistic="probability", parameter=parameter, method=method, **about)


def side(*records: Record, name="HEAD", commit="ab" * 20, source=SYNTHETIC) -> Snapshot:
    return Snapshot(name, commit, {key(r): r for r in records}, source)


def compared(old: list[Record], new: list[Record]) -> Comparison:
    return compare(side(*old), side(*new, name="working tree", commit=""))
