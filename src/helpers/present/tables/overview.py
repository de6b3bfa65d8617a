"""The table of all main contrasts."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, main_results
from helpers.present.disclosure import published
from helpers.present.tables.cells import ARMS, INTERVAL, cell, difference, heads
from helpers.results import Record


@published
def overview(records: Sequence[Record]) -> exhibit.Table:
    """Every main contrast of the plan, one a line, with what each arm had."""
    shown, rows = [], []
    for line in main_results.contrasts(records):
        shown += line.records
        rows.append(
            [
                f"{line.name}, {labels.UNITS[line.interval.unit]}",
                *(cell(line.records, group=g) for g in ARMS),
                difference(line.records),
            ]
        )
    return exhibit.table([f"Estimate {INTERVAL}", *heads("Difference")], rows, shown=shown)
