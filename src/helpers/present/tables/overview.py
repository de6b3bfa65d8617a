"""The table of all main contrasts."""

from collections.abc import Sequence
from itertools import groupby

from helpers.present import exhibit, labels, main_results
from helpers.present.disclosure import published
from helpers.present.main_results import Line
from helpers.present.tables.cells import ARMS, INTERVAL, cell, difference, heads
from helpers.results import Record


@published
def overview(records: Sequence[Record]) -> exhibit.Table:
    """Every main contrast of the plan, one a line, with what each arm had; those of one endpoint and unit together."""
    shown, rows = [], []
    for (endpoint, unit), group in groupby(main_results.contrasts(records), key=_group):
        lines = list(group)
        one_visit = len({line.visit for line in lines}) == 1
        when = f", {labels.visit(lines[0].visit)}" if one_visit else ""
        rows.append([f"**{labels.ENDPOINTS[endpoint]}{when}, {labels.UNITS[unit]}**", "", "", ""])
        for line in lines:
            shown += line.records
            measure = labels.DALLAS.get(line.parameter) or labels.in_full(line.parameter)
            name = measure if one_visit else f"{measure}, {labels.visit(line.visit)}"
            rows.append([name, *(cell(line.records, group=g) for g in ARMS), difference(line.records)])
    return exhibit.table([f"Estimate {INTERVAL}", *heads("Difference")], rows, shown=shown)


def _group(line: Line) -> tuple[str, str]:
    return line.analysis.partition(".")[0], line.interval.unit
