"""Tables of what is measured before and after: heights, angle, pain and quality of life."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import select, unit, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, described, difference, heads, of, size
from helpers.results import Record

Records = Sequence[Record]


def _measured(records: Records, *, analysis: str, parameters: Sequence[str], visit: str) -> exhibit.Table:
    shown = select(records, analysis=analysis)
    rows = []
    for code in parameters:
        found = select(shown, parameter=code)
        in_unit = labels.UNITS[unit(found, visit="D0", group="KP", statistic="mean")]
        if len(parameters) > 1:
            rows.append([f"**{labels.parameter(code)}**", "", "", ""])
        rows.append(["Before, mean (SD)", *(described(found, visit="D0", group=g) for g in ARMS), ""])
        rows.append(
            [
                f"{labels.visit(visit).capitalize()}, mean (SD)",
                *(described(found, visit=visit, group=g) for g in ARMS),
                "",
            ]
        )
        change = select(shown, parameter=f"{code}_CHG", visit=visit)
        changed = (f"{cell(change, group=g)}, n\u00a0=\u00a0{size(select(change, group=g))}" for g in ARMS)
        rows.append([f"Change {INTERVAL}", *changed, ""])
        after = select(found, visit=visit)
        rows.append([f"Adjusted mean {INTERVAL}", *(cell(after, group=g) for g in ARMS), difference(after)])
    name = labels.parameter(parameters[0]) if len(parameters) == 1 else "Height"
    return exhibit.table([f"{name}, {in_unit}", *heads("Difference")], rows, shown=shown)


@published
def height_vertebral(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Height of the treated vertebrae, before and at the visit."""
    return _measured(records, analysis="height.vertebral", parameters=("ANTHT", "MIDHT", "POSHT"), visit=visit)


@published
def height_stature(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Standing height, before and at the visit."""
    return _measured(records, analysis="height.stature", parameters=("STATURE",), visit=visit)


@published
def angle_kyphotic(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Kyphotic angle, before and at the visit."""
    return _measured(records, analysis="angle.kyphotic", parameters=("KYPHANG",), visit=visit)


@published
def readers(records: Records) -> exhibit.Table:
    """Agreement of the two readers of the images, visit by visit."""
    shown = [r for r in records if r.analysis.endswith(".readers")]
    rows = []
    for code in labels.in_order(r.parameter for r in shown):
        for visit in labels.in_order(r.visit for r in shown):
            found = select(shown, parameter=code, visit=visit)
            agreement = numbers.plain(value(found, statistic="estimate"), "correlation")
            rows.append([f"{labels.parameter(code)}, {labels.visit(visit)}", agreement, size(found)])
    return exhibit.table(["Measure", "Intraclass correlation", "Vertebrae read twice"], rows, shown=shown)


def _course(records: Records, *, analysis: str, parameters: Sequence[str], visits: Sequence[str]) -> exhibit.Table:
    shown = select(records, analysis=analysis, parameter=tuple(parameters))
    rows = []
    for code in parameters:
        found = select(shown, parameter=code)
        if len(parameters) > 1:
            rows.append([f"**{labels.parameter(code)}**", "", "", ""])
        for visit in visits:
            seen = select(found, visit=visit)
            rows.append([labels.visit(visit).capitalize(), *(described(seen, group=g) for g in ARMS), difference(seen)])
    return exhibit.table(["Mean (SD)", *heads(f"Adjusted difference {INTERVAL}")], rows, shown=shown)


@published
def pain_vas(records: Records) -> exhibit.Table:
    """Pain at every visit."""
    return _course(records, analysis="pain.vas", parameters=("VAS",), visits=("D0", "D1", "D21", "M3"))


@published
def qol_dallas(records: Records) -> exhibit.Table:
    """The Dallas domains at every visit."""
    return _course(records, analysis="qol.dallas", parameters=labels.DOMAINS, visits=("D0", "D21", "M3"))


@published
def qol_compliance(records: Records) -> exhibit.Table:
    """Questionnaires received of those expected; none is expected of the dead."""
    shown = select(records, analysis="qol.compliance")
    rows = []
    for visit in ("D0", "D21", "M3"):
        found = select(shown, visit=visit)
        shares = []
        for g in ARMS:
            shares.append(of(*(value(found, group=g, statistic=s) for s in ("n", "expected", "estimate"))))
        rows.append([labels.visit(visit).capitalize(), *shares])
    return exhibit.table(["Forms received of those expected", *heads()], rows, shown=shown)


@published
def sensitivity(records: Records) -> exhibit.Table:
    """Adjusted difference beside the unadjusted difference of changes, for every measure and visit that has both."""
    changes = [r for r in records if r.analysis.endswith("_change") and r.statistic == "estimate"]
    shown, rows = [], []
    order = {code: i for i, code in enumerate(labels.in_order([*(r.parameter for r in changes), *labels.VISITS]))}
    for change in sorted(changes, key=lambda r: (order[r.parameter], order[r.visit])):
        same = {"visit": change.visit, "group": "KP-VP"}
        main = select(
            records,
            analysis=change.analysis.removesuffix("_change"),
            parameter=change.parameter.removesuffix("_CHG"),
            **same,
        )
        unadjusted = select(records, analysis=change.analysis, parameter=change.parameter, **same)
        shown += [*main, *unadjusted]
        name = f"{labels.parameter(change.parameter)}, {labels.visit(change.visit)}, {labels.UNITS[change.unit]}"
        rows.append([name, cell(main, group="KP-VP"), cell(unadjusted, group="KP-VP")])
    head = ["Kyphoplasty minus vertebroplasty", f"Adjusted for baseline {INTERVAL}", f"Change, unadjusted {INTERVAL}"]
    return exhibit.table(head, rows, shown=shown)
