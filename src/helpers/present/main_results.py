"""The main contrasts of the plan, in its order: what the overview draws and tabulates."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.present import labels
from helpers.present.select import Interval, interval, select
from helpers.results import Record
from helpers.sap import load_sap


@dataclass(frozen=True)
class Line:
    """One contrast with the records of its arms, and the direction that favours kyphoplasty."""

    analysis: str
    population: str
    parameter: str
    visit: str
    better: str
    records: tuple[Record, ...]

    @property
    def interval(self) -> Interval:
        return interval(self.records, group="KP-VP")

    @property
    def name(self) -> str:
        """The measure, with the visit where it has several."""
        return f"{labels.in_full(self.parameter)}, {labels.visit(self.visit)}"


def better(records: Sequence[Record]) -> str:
    """Direction of the contrast that favours kyphoplasty, as its estimand says: higher, lower or neither."""
    return load_sap().estimand(records[0].estimand).better


def contrasts(records: Sequence[Record]) -> list[Line]:
    """Every contrast of arms that the plan calls primary for its outcome, in the unit that it plans."""
    order = {code: i for i, code in enumerate(labels.in_order([*(r.parameter for r in records), *labels.VISITS]))}
    lines = []
    for analysis in load_sap().analyses:
        found = select(records, analysis=analysis.id, unit_of_analysis=analysis.unit)
        heads = select(found, group="KP-VP", statistic="estimate")
        if analysis.role != "primary":
            continue
        for head in sorted(heads, key=lambda r: (order[r.parameter], order[r.visit])):
            own = tuple(select(found, parameter=head.parameter, visit=head.visit))
            lines.append(Line(analysis.id, head.population, head.parameter, head.visit, better([head]), own))
    return lines
