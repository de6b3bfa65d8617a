"""Tables of cement volume against pain relief."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, described, heads
from helpers.results import Record

Records = Sequence[Record]


@published
def volume_cement(records: Records) -> exhibit.Table:
    """Cement volume by technique received."""
    shown = select(records, analysis="volume_pain.volume")
    rows = [
        [f"{labels.parameter(code)}, mL: mean (SD)", *(described(shown, parameter=code, group=g) for g in ARMS)]
        for code in ("VOLTOT", "VOLMEAN")
    ]
    return exhibit.table(["", *heads()], rows, shown=shown)


@published
def volume_pain(records: Records) -> exhibit.Table:
    """Rank correlations of volume with relief."""
    analyses = {"volume_pain.spearman": ("all", "KP", "VP"), "volume_pain.partial": ("all",)}
    shown = select(records, analysis=tuple(analyses))
    rows = []
    for code in ("VOLTOT", "VOLMEAN"):
        rows.append([f"**{labels.parameter(code)}**", "", ""])
        for analysis, arms in analyses.items():
            for g in arms:
                found = select(shown, analysis=analysis, parameter=code, group=g)
                name = (
                    "All patients, given pain before and technique" if analysis.endswith("partial") else labels.arm(g)
                )
                rows.append([name, cell(found, group=g), numbers.plain(value(found, statistic="n"), "patients")])
    return exhibit.table(["", f"Rank correlation {INTERVAL}", "Patients"], rows, shown=shown)
