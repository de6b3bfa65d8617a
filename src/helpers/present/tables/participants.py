"""Tables of who took part: the flow, and the characteristics before the procedure."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers, text
from helpers.present.disclosure import published
from helpers.present.select import select, unit, value
from helpers.present.tables.cells import ARMS, counted, heads_with_n
from helpers.results import Record

Records = Sequence[Record]

_FLOW = ("TREATED", "SWITCHED", "NOT_TREATED", "COMPLETED", "DIED", "WITHDRAWN", "LOST")
_FORMS = ("FORM_IMG", "FORM_VAS", "FORM_DPQ", "FORM_STATURE")


@published
def participants_flow(records: Records) -> exhibit.Table:
    """How many went which way, and the forms received of those expected."""
    shown = select(records, analysis="participants.flow")
    rows = []
    for code in _FLOW:
        found = select(shown, parameter=code)
        rows.append([labels.parameter(code), *(_events(found, g) for g in ARMS)])
    for code in _FORMS:
        rows.append([f"**{labels.parameter(code)}, received of those expected**", "", ""])
        forms = select(shown, parameter=code)
        for visit in labels.in_order(r.visit for r in forms):
            shares = (_share(select(forms, visit=visit, group=g)) for g in ARMS)
            rows.append([labels.visit(visit).capitalize(), *shares])
    return exhibit.table(["Patients", *heads_with_n(shown, parameter="TREATED")], rows, shown=shown)


def _events(records: Records, group: str) -> str:
    return numbers.plain(value(records, group=group, statistic="events"), "patients")


def _share(records: Records) -> str:
    return numbers.share(*(value(records, statistic=s) for s in ("n", "expected")))


@published
def baseline(records: Records) -> exhibit.Table:
    """Characteristics before the procedure by arm, with the standardised difference and without a test."""
    rows_of, balance = (select(records, analysis=f"participants.{name}") for name in ("baseline", "balance"))
    rows = []
    for code in labels.in_order(r.parameter for r in balance):
        apart = numbers.plain(value(balance, parameter=code, statistic="estimate"), "smd", contrast=True)
        measured = select(rows_of, parameter=code)
        if measured:
            in_unit = labels.UNITS[unit(measured, group="KP", statistic="mean")]
            rows.append([f"**{labels.parameter(code)}, {in_unit}**", "", "", apart])
            rows.append(["Mean (SD)", *(_mean(select(measured, group=g)) for g in ARMS), ""])
            rows.append(["Median (quartiles)", *(_median(select(measured, group=g)) for g in ARMS), ""])
            continue
        rows.append([f"**{labels.parameter(code)}**", "", "", apart])
        classes = sorted({r.parameter for r in rows_of if r.parameter.startswith(f"{code}|")})
        for name in classes:
            rows.append(
                [text.markdown(labels.parameter(name)), *(counted(rows_of, parameter=name, group=g) for g in ARMS), ""]
            )
    counted_class = min(r.parameter for r in rows_of if r.statistic == "events")  # its n is the size of the arm
    sizes = heads_with_n(rows_of, parameter=counted_class)
    return exhibit.table(["Characteristic", *sizes, "Standardised difference"], rows, shown=[*rows_of, *balance])


def _mean(records: Records) -> str:
    mean, sd, missing = (value(records, statistic=s) for s in ("mean", "sd", "missing"))
    digits = unit(records, statistic="mean")
    if mean is None:
        return numbers.NOT_ESTIMABLE
    if mean is numbers.HIDDEN:
        return numbers.MARK
    spread = "–" if sd is None else numbers.plain(sd, digits)
    words = f"{numbers.plain(mean, digits)} ({spread})"
    return f"{words}, {numbers.plain(missing, 'patients')} missing" if missing else words


def _median(records: Records) -> str:
    median, q1, q3 = (value(records, statistic=s) for s in ("median", "q1", "q3"))
    return numbers.estimate(median, q1, q3, unit(records, statistic="median"))
