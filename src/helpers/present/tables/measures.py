"""Tables of what is measured before and after: heights, angle, pain and quality of life."""

from collections.abc import Sequence

from helpers.present import exhibit, labels
from helpers.present.disclosure import published
from helpers.present.select import select, unit, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, described, difference, heads, of, size
from helpers.results import Record

Records = Sequence[Record]


def _measured(records: Records, *, analysis: str, seen: str, parameters: Sequence[str], visit: str) -> exhibit.Table:
    """What the analysis `seen` describes of the arms, and the adjusted means and difference of `analysis`."""
    shown = select(records, analysis=(analysis, seen))
    rows = []
    for code in parameters:
        found = select(shown, analysis=seen, parameter=code)
        in_unit = labels.UNITS[unit(found, visit="D0", group="KP", statistic="mean")]
        if len(parameters) > 1:
            rows.append([f"**{labels.parameter(code)}**", "", "", ""])
        for when in ("D0", visit):
            means = (described(found, visit=when, group=g) for g in ARMS)
            rows.append([f"{labels.visit(when).capitalize()}, mean (SD)", *means, ""])
        change = select(shown, analysis=seen, parameter=f"{code}_CHG", visit=visit)
        changed = (f"{cell(change, group=g)}, n\u00a0=\u00a0{size(select(change, group=g))}" for g in ARMS)
        rows.append([f"Change {INTERVAL}", *changed, ""])
        main = select(shown, analysis=analysis, parameter=code, visit=visit)
        rows.append([f"Adjusted mean {INTERVAL}", *(cell(main, group=g) for g in ARMS), difference(main)])
    name = labels.parameter(parameters[0]) if len(parameters) == 1 else "Height"
    return exhibit.table([f"{name}, {in_unit}", *heads("Difference")], rows, shown=shown)


@published
def height_vertebral(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Height of the treated vertebrae, before and at the visit."""
    seen, parameters = "height.vertebral_patient", ("ANTHT", "MIDHT", "POSHT")
    return _measured(records, analysis="height.vertebral", seen=seen, parameters=parameters, visit=visit)


@published
def height_stature(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Standing height, before and at the visit."""
    analysis = "height.stature"
    return _measured(records, analysis=analysis, seen=analysis, parameters=("STATURE",), visit=visit)


@published
def angle_kyphotic(records: Records, *, visit: str = "M3") -> exhibit.Table:
    """Kyphotic angle, before and at the visit."""
    seen = "angle.kyphotic_patient"
    return _measured(records, analysis="angle.kyphotic", seen=seen, parameters=("KYPHANG",), visit=visit)


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


#: Main analysis -> the one beside it that adjusts for baseline in another way: patients' means, or visit by visit.
_BESIDE = {
    "height.vertebral": "height.vertebral_patient",
    "height.stature": "",
    "angle.kyphotic": "angle.kyphotic_patient",
    "pain.vas": "pain.vas_ancova",
    "qol.dallas": "qol.dallas_ancova",
}


@published
def sensitivity(records: Records) -> exhibit.Table:
    """The main difference beside that of the plainer model and that of changes, for every measure and visit."""
    changes = [r for r in records if r.analysis.endswith("_change") and r.statistic == "estimate"]
    shown, rows = [], []
    order = {code: i for i, code in enumerate(labels.in_order([*(r.parameter for r in changes), *labels.VISITS]))}
    for change in sorted(changes, key=lambda r: (order[r.parameter], order[r.visit])):
        main, code = change.analysis.removesuffix("_change"), change.parameter.removesuffix("_CHG")
        cells = []
        for analysis, parameter in ((main, code), (_BESIDE[main], code), (change.analysis, change.parameter)):
            found = select(records, analysis=analysis, parameter=parameter, visit=change.visit, group="KP-VP")
            shown += found
            cells.append(cell(found, group="KP-VP") if found else "")
        name = f"{labels.parameter(change.parameter)}, {labels.visit(change.visit)}, {labels.UNITS[change.unit]}"
        rows.append([name, *cells])
    plainer = "By visit" if shown[0].endpoint in ("pain", "qol") else "Patients' means"
    head = [f"Kyphoplasty minus vertebroplasty {INTERVAL}", "Main analysis", plainer, "Change, unadjusted"]
    return exhibit.table(head, rows, shown=shown)
