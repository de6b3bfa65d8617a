"""Tables of tolerance."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers, text
from helpers.present.disclosure import published
from helpers.present.select import interval, select, value
from helpers.present.tables.cells import ARMS, counted, heads_with_n
from helpers.results import Record

Records = Sequence[Record]


def _patients(records: Records, *, parameter: str, group: str) -> str:
    """Patients with the event, `12 (80 %, 52 to 96)`."""
    i = interval(records, parameter=parameter, group=group)
    n = numbers.plain(value(records, parameter=parameter, group=group, statistic="events"), "patients")
    if n == numbers.MARK:
        return n
    return f"{n} ({numbers.worded(i.estimate, i.unit)}, {numbers.interval(i.lower, i.upper, i.unit)})"


@published
def tolerance_overview(records: Records) -> exhibit.Table:
    """Patients with at least one event of each class, and the events."""
    shown = select(records, analysis="tolerance.overview")
    patients, events = (select(shown, unit_of_analysis=u) for u in ("patient", "event"))
    rows = []
    for code in labels.EVENT_CLASSES:
        row = [labels.parameter(code)]
        for g in ARMS:
            row += [
                _patients(patients, parameter=code, group=g),
                numbers.plain(value(events, parameter=code, group=g, statistic="count"), "events"),
            ]
        rows.append(row)
    kp, vp = heads_with_n(patients, parameter="AEANY")
    return exhibit.table(["Patients (%, 95\u00a0% interval)", kp, "KP, events", vp, "VP, events"], rows, shown=shown)


@published
def tolerance_grade(records: Records) -> exhibit.Table:
    """Patients by worst grade."""
    shown = select(records, analysis="tolerance.worst_grade")
    rows = [
        [labels.parameter(f"GRADE{g}"), *(counted(shown, parameter=f"GRADE{g}", group=arm) for arm in ARMS)]
        for g in range(6)
    ]
    return exhibit.table(["Worst grade", *heads_with_n(shown, parameter="GRADE0")], rows, shown=shown)


@published
def tolerance_terms(records: Records) -> exhibit.Table:
    """Patients by preferred term, any grade and grade 3 or more, most frequent term first.

    What is not shown counts for nothing in the order, which would tell it.
    """
    found = select(records, analysis="tolerance.preferred_term")
    sizes = select(records, analysis="tolerance.overview", unit_of_analysis="patient", parameter="AEANY", statistic="n")
    terms = {r.parameter for r in found if not r.parameter.endswith("|GE3")}

    def patients(code: str, arm: str) -> str:
        return numbers.plain(value(found, parameter=code, group=arm, statistic="events"), "patients")

    seen = {term: select(found, parameter=term, statistic="events") for term in terms}
    ordered = sorted(terms, key=lambda term: (-sum(r.value or 0 for r in seen[term]), term))
    rows = [
        [text.markdown(labels.parameter(term)), *(patients(code, g) for g in ARMS for code in (term, f"{term}|GE3"))]
        for term in ordered
    ]
    kp, vp = heads_with_n(sizes, parameter="AEANY")
    head = ["Patients with the event", kp, "KP, grade 3 or more", vp, "VP, grade 3 or more"]
    return exhibit.table(head, rows or [["None reported", "0", "0", "0", "0"]], shown=[*found, *sizes])
