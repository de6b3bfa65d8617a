"""Tables of cement volume against pain relief."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, described, heads
from helpers.results import Record

Records = Sequence[Record]


#: Analysis, suffix of the parameter, group, and what it is called.
_WAYS = (
    ("spearman", "", "all", "All patients"),
    ("spearman", "", "KP", labels.arm("KP")),
    ("spearman", "", "VP", labels.arm("VP")),
    ("bootstrap", "", "all", "All patients, bootstrap interval (BCa)"),
    ("partial", "", "all", "Given pain before and technique"),
    ("partial", "_LEVELS", "all", "Given these and the number of vertebrae"),
    ("slope", "", "all", "Slope, pain points per mL"),
)


@published
def volume_cement(records: Records) -> exhibit.Table:
    """Cement volume by technique received."""
    shown = select(records, analysis="volume_pain.volume")
    rows = [
        [f"{labels.parameter(code)}, mL: mean (SD)", *(described(shown, parameter=code, group=g) for g in ARMS)]
        for code in ("VOLTOT", "VOLMEAN")
    ]
    return exhibit.table(["Cement", *heads()], rows, shown=shown)


@published
def volume_pain(records: Records) -> exhibit.Table:
    """Rank correlations of volume with relief."""
    rows, shown = [], []
    for code in ("VOLTOT", "VOLMEAN"):
        rows.append([f"**{labels.parameter(code)}**", "", ""])
        for analysis, suffix, group, name in _WAYS:
            found = select(records, analysis=f"volume_pain.{analysis}", parameter=f"{code}{suffix}", group=group)
            shown += found
            rows.append([name, cell(found, group=group), numbers.plain(value(found, statistic="n"), "patients")])
    return exhibit.table(["Cement volume", f"Rank correlation, or slope {INTERVAL}", "Patients"], rows, shown=shown)
