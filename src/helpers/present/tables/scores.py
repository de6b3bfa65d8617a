"""Tables of pain and quality of life where death counts, where values are imputed, and of responders."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import interval, select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, counted, heads
from helpers.results import Record

Records = Sequence[Record]

#: Endpoint -> what its analyses are named after.
_STEM = {"pain": "pain.vas", "qol": "qol.dallas"}

_IMPUTED = (("mi", "", "At random"), ("reference", "_JR", "Jump to reference"), ("reference", "_CR", "Copy reference"))


def _stem(records: Records) -> str:
    return _STEM[records[0].endpoint]


def _measures(records: Records) -> list[str]:
    """Measures with a mixed model, in their order."""
    found = select(records, analysis=_stem(records), group="KP-VP", statistic="estimate")
    return labels.in_order(r.parameter for r in found)


@published
def deaths(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Three ways to count death, side by side: hypothetical, composite and while alive."""
    stem = _stem(records)
    rows, shown = [], []
    for code in _measures(records):
        main = select(records, analysis=stem, parameter=code, visit=visit)
        worst = select(records, analysis=f"{stem}_composite", visit=visit)
        own, better = (select(worst, parameter=p) for p in (code, f"{code}_BETTER"))
        alive = select(records, analysis=f"{stem}_alive", parameter=code)
        shown += [*(r for r in main if r.group == "KP-VP"), *own, *better, *alive]
        rows.append([f"**{labels.parameter(code)}**", "", "", ""])
        rows.append(["Hypothetical: adjusted mean, points", *(cell(main, group=g) for g in (*ARMS, "KP-VP"))])
        rows.append(["While alive: mean over time, points", *(cell(alive, group=g) for g in (*ARMS, "KP-VP"))])
        middles = (_median(select(own, group=g)) for g in ARMS)
        rows.append(["Death worst: median, points; win odds", *middles, cell(own, group="KP-VP")])
        rows.append(["Death worst: KP does better, %", "", "", cell(better, group="KP-VP")])
    return exhibit.table(
        [f"Death handled as {INTERVAL}", *heads("Kyphoplasty against vertebroplasty")], rows, shown=shown
    )


def _median(records: Records) -> str:
    """The median of a composite; where it falls on death there is no number."""
    (found,) = select(records, statistic="median")
    n = numbers.plain(value(records, statistic="n"), "patients")
    middle = "death" if found.value is None and not found.hidden else numbers.plain(value([found]), found.unit)
    return f"{middle}, n\u00a0=\u00a0{n}"


@published
def imputed(records: Records) -> exhibit.Table:
    """The difference after imputation of missing values, at random and with a reference, beside the mixed model."""
    stem = _stem(records)
    rows, shown = [], []
    for code in _measures(records):
        main = select(records, analysis=stem, parameter=code, group="KP-VP")
        for visit in labels.in_order(r.visit for r in main):
            at = select(main, visit=visit)
            cells, used = [cell(at, group="KP-VP")], list(at)
            for analysis, suffix, _ in _IMPUTED:
                found = select(records, analysis=f"{stem}_{analysis}", parameter=f"{code}{suffix}", visit=visit)
                cells.append(cell(found, group="KP-VP"))
                used += found
            at_random = select(records, analysis=f"{stem}_mi", parameter=code, visit=visit)
            missing = numbers.plain(value(at_random, statistic="fmi"), "fraction")
            rows.append([f"{labels.parameter(code)}, {labels.visit(visit)}", *cells, missing])
            shown += used
    head = [f"Difference, points {INTERVAL}", "Mixed model", *(name for *_, name in _IMPUTED), "Information missing"]
    return exhibit.table(head, rows, shown=shown)


@published
def responders(records: Records) -> exhibit.Table:
    """Responders of all patients by arm with the difference; for pain also the number needed to treat."""
    endpoint = records[0].endpoint
    shown = select(records, analysis=f"{endpoint}.responder")
    needed = select(records, analysis=f"{endpoint}.responder_nnt")
    rows = []
    for code in labels.in_order(r.parameter for r in shown):
        for visit in labels.in_order(r.visit for r in shown):
            found = select(shown, parameter=code, visit=visit)
            row = [f"{labels.parameter(code)}, {labels.visit(visit)}", *(counted(found, group=g) for g in ARMS)]
            row.append(cell(found, group="KP-VP"))
            rows.append([*row, number_needed(needed, parameter=code, visit=visit)] if needed else row)
    head = ["Responders", *heads(f"Difference, points {INTERVAL}")]
    return exhibit.table([*head, "Number needed to treat"] if needed else head, rows, shown=[*shown, *needed])


def number_needed(records: Records, **where: str) -> str:
    """`NNTB 4.0 (NNTB 2.1 to ∞ to NNTH 15)`, as Altman 1998 writes it; the limits are signed reciprocals."""
    i = interval(records, **where, group="KP-VP")
    if numbers.HIDDEN in (i.estimate, i.lower, i.upper):
        return numbers.MARK
    if i.lower is None or i.upper is None:
        return numbers.NOT_ESTIMABLE
    point = "no difference" if i.estimate is None else _directed(i.estimate)
    through = " to ∞" if i.lower > 0 > i.upper else ""
    return f"{point} ({_directed(i.lower)}{through} to {_directed(i.upper)})"


def _directed(value: float) -> str:
    return f"NNT{'B' if value > 0 else 'H'} {numbers.plain(abs(value), 'nnt')}"
