"""Tables of tolerance."""

from collections.abc import Iterable, Sequence

from helpers.data.provenance import load_provenance
from helpers.present import exhibit, labels, numbers, text
from helpers.present.disclosure import published
from helpers.present.select import interval, select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, counted, heads_with_n
from helpers.results import Listing, Record

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
    """Patients by preferred term, any grade and grade 3 or more, most frequent term first."""
    return _named(records, analysis="tolerance.preferred_term")


@published
def tolerance_classes(records: Records) -> exhibit.Table:
    """Patients by system organ class, any grade and grade 3 or more, most frequent class first."""
    return _named(records, analysis="tolerance.organ_class")


def _named(records: Records, *, analysis: str) -> exhibit.Table:
    """Patients by name; what is not shown counts for nothing in the order, which would tell it."""
    found = select(records, analysis=analysis)
    sizes = select(records, analysis="tolerance.overview", unit_of_analysis="patient", parameter="AEANY", statistic="n")
    names = {r.parameter for r in found if not r.parameter.endswith("|GE3")} - {"NONE"}

    def patients(code: str, arm: str) -> str:
        return numbers.plain(value(found, parameter=code, group=arm, statistic="events"), "patients")

    rows = [
        [text.markdown(labels.parameter(name)), *(patients(code, g) for g in ARMS for code in (name, f"{name}|GE3"))]
        for name in _by_frequency(found, names)
    ]
    kp, vp = heads_with_n(sizes, parameter="AEANY")
    head = ["Patients with the event", kp, "KP, grade 3 or more", vp, "VP, grade 3 or more"]
    return exhibit.table(head, rows or [["None reported", "0", "0", "0", "0"]], shown=[*found, *sizes])


def _by_frequency(found: Records, names: Iterable[str]) -> list[str]:
    seen = {name: select(found, parameter=name, statistic="events") for name in names}
    return sorted(names, key=lambda name: (-sum(r.value or 0 for r in seen[name]), name))


@published
def tolerance_related(records: Records) -> exhibit.Table:
    """Patients by preferred term with an event related to procedure or device, and with a serious one."""
    sizes = select(records, analysis="tolerance.overview", unit_of_analysis="patient", parameter="AEANY", statistic="n")
    rows, shown = [], list(sizes)
    for analysis, title in (("tolerance.related", "Related to procedure or device"), ("tolerance.serious", "Serious")):
        found = select(records, analysis=analysis)
        shown += found
        rows.append([f"**{title}**", "", ""])
        for name in _by_frequency(found, {r.parameter for r in found}):
            counts = (value(found, parameter=name, group=g, statistic="events") for g in ARMS)
            rows.append([text.markdown(labels.parameter(name)), *(numbers.plain(n, "patients") for n in counts)])
    return exhibit.table(["Patients with the event", *heads_with_n(sizes, parameter="AEANY")], rows, shown=shown)


def tolerance_listing(records: Records, listing: Listing) -> exhibit.Table:
    """Serious and fatal events, one a row, where the data are synthetic; of a real export a sentence in their place."""
    if not load_provenance().synthetic:
        return exhibit.listing(["Event"], [["Rows of single patients are not published."]])
    rows = []
    for row in listing.rows:
        event = dict(zip(listing.columns, row, strict=True))
        related = [labels.RELATIONS[c] for c in labels.RELATIONS if event[c] not in ("NOT RELATED", "UNLIKELY")]
        rows.append(
            [
                labels.arm(event["ARM"]),
                text.markdown(event["AEDECOD"]),
                event["AETOXGR"],
                event["ASTDY"],
                "yes" if event["AESER"] == "Y" else "no",
                ", ".join(related) or "none",
                event["AEOUT"].capitalize(),
            ]
        )
    head = ["Technique", "Event", "Grade", "Day of onset", "Serious", "Related to", "Outcome"]
    return exhibit.listing(head, rows or [["None reported", *[""] * (len(head) - 1)]])


@published
def tolerance_time(records: Records) -> exhibit.Table:
    """When events began, their rates by time at risk, and the cumulative incidence of a first one."""
    period, exposure, incidence = (
        select(records, analysis=f"tolerance.{name}") for name in ("period", "exposure", "incidence")
    )
    rows = [["**Patients with an event that began**", "", ""]]
    for code in labels.in_order(r.parameter for r in period):
        rows.append([labels.parameter(code), *(counted(period, parameter=code, group=g) for g in ARMS)])
    rows.append([f"**Patients per 100 patient-months {INTERVAL}**", "", ""])
    for code in ("AEANY", "AEGE3", "AESER"):
        rows.append([labels.parameter(code), *(cell(exposure, parameter=code, group=g) for g in ARMS)])
    rows.append([f"**First event by then, % {INTERVAL}**", "", ""])
    for code in sorted({r.parameter for r in incidence}, key=_event_and_day):
        event, day = _event_and_day(code)
        name = f"{labels.parameter(event)}, day {day}"
        rows.append([name, *(cell(incidence, parameter=code, group=g) for g in ARMS)])
    kp, vp = heads_with_n(period, parameter="FIRST_DAY")
    return exhibit.table(["Event", kp, vp], rows, shown=[*period, *exposure, *incidence])


def _event_and_day(code: str) -> tuple[str, int]:
    event, _, day = code.partition("_DAY_")
    return event, int(day)
