"""Cells and columns that the tables share."""

from collections.abc import Sequence

from helpers.present import labels, numbers
from helpers.present.select import interval, select, unit, value
from helpers.results import Record

Records = Sequence[Record]
ARMS = ("KP", "VP")
INTERVAL = "(95\u00a0%\u00a0interval)"


def cell(records: Records, *, centre: str = "estimate", **where: str) -> str:
    """Estimate with its interval, empty where the analysis has none for this group."""
    found = select(records, **where)
    if not select(found, statistic=centre):
        return ""
    return interval(found, centre=centre, group=where["group"]).text


def difference(records: Records, **where: str) -> str:
    """The contrast's cell, with its n where the arms are known not to add up to it, `−8.0 (−32.7 to 16.6), n = 18`."""
    found = select(records, **where)
    text = cell(found, group="KP-VP")
    n, *arms = (select(found, group=g, statistic="n") for g in ("KP-VP", *ARMS))
    sizes = [r.value for arm in (n, *arms) for r in arm]
    if not text or None in sizes or len(sizes) < 3 or sizes[0] == sum(sizes[1:]):
        return text
    return f"{text}, n\u00a0=\u00a0{size(n)}"


def counted(records: Records, **where: str) -> str:
    """Patients with the event of all, with the percentage, `10/16 (63 %)`."""
    found = select(records, **where)
    return of(value(found, statistic="events"), value(found, statistic="n"), value(found, statistic="estimate"))


def of(events: numbers.Value, n: numbers.Value, proportion: numbers.Value) -> str:
    """`10/16 (63 %)`, or the mark alone."""
    share = numbers.share(events, n)
    return share if share == numbers.MARK else f"{share} ({numbers.worded(proportion, 'proportion')})"


def described(records: Records, **where: str) -> str:
    """Mean, standard deviation and number, `18.3 (2.0), n = 15`."""
    found = select(records, **where)
    in_unit = unit(found, statistic="mean")
    mean, sd = (value(found, statistic=s) for s in ("mean", "sd"))
    n = f"n\u00a0=\u00a0{size(found)}"
    return (
        n
        if mean is None
        else f"{numbers.plain(mean, in_unit)} ({'–' if sd is None else numbers.plain(sd, in_unit)}), {n}"
    )


def size(records: Records) -> str:
    """How many were analysed."""
    return numbers.plain(value(records, statistic="n"), "patients")


def heads(*more: str) -> list[str]:
    """The arms as column heads, and what follows them."""
    return [*(labels.arm(g) for g in ARMS), *more]


def heads_with_n(records: Records, *, parameter: str) -> list[str]:
    """The arms as column heads with their size."""
    sizes = (value(records, parameter=parameter, group=g, statistic="n") for g in ARMS)
    return [f"{labels.arm(g)}, n\u00a0=\u00a0{numbers.plain(n, 'patients')}" for g, n in zip(ARMS, sizes, strict=True)]
