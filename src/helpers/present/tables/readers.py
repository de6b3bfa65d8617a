"""Table of how far two readers agree, and what change of a vertebra can be told from error, beside the effect."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import interval, select, unit, value
from helpers.present.tables.cells import INTERVAL, cell, size
from helpers.results import Record


@published
def readers(records: Sequence[Record]) -> exhibit.Table:
    """Agreement of the two readers by measure and visit; at the last visit the adjusted difference stands beside it."""
    shown = [r for r in records if r.analysis.endswith(".readers")]
    main = shown[0].endpoint + (".vertebral" if shown[0].endpoint == "height" else ".kyphotic")
    rows, effects = [], []
    for code in dict.fromkeys(c.rpartition("_")[0] for c in labels.in_order(r.parameter for r in shown)):
        for visit in labels.in_order(r.visit for r in shown):
            found = select(shown, visit=visit)
            effect = select(records, analysis=main, parameter=code, visit=visit, group="KP-VP")
            effects += effect
            rows.append(_row(found, code, visit, effect))
    head = [
        "Measure",
        f"Intraclass correlation {INTERVAL}",
        "Difference of readers (limits of agreement)",
        "Minimal detectable change",
        f"Kyphoplasty minus vertebroplasty {INTERVAL}",
        "Vertebrae read twice",
    ]
    return exhibit.table(head, rows, shown=[*shown, *effects])


def _row(found: Sequence[Record], code: str, visit: str, effect: Sequence[Record]) -> list[str]:
    bias = interval(select(found, parameter=f"{code}_BIAS"), group="all")
    change = value(found, parameter=f"{code}_MDC", statistic="estimate")
    in_unit = unit(found, parameter=f"{code}_MDC", statistic="estimate")
    agreement = select(found, parameter=f"{code}_ICC")
    return [
        f"{labels.parameter(code)}, {labels.visit(visit)}, {labels.UNITS[in_unit]}",
        cell(agreement, group="all"),
        bias.text,
        numbers.plain(change, in_unit),
        cell(effect, group="KP-VP") if effect else "",
        size(agreement),
    ]
