"""Figures of what is measured before and at month 3: the change in each arm and the adjusted difference."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, main_results, marks, sentences, theme
from helpers.present.select import interval, select
from helpers.results import Record

Records = Sequence[Record]


def _change(
    records: Records, *, analysis: str, seen: str, parameters: Sequence[str], visit: str, floor: float
) -> exhibit.Figure:
    """The changes that the analysis `seen` describes above, the contrasts of `analysis` below."""
    changes = [f"{code}_CHG" for code in parameters]
    shown = [
        *select(records, analysis=seen, parameter=tuple(changes), visit=visit, group=("KP", "VP")),
        *select(records, analysis=analysis, parameter=tuple(parameters), visit=visit, group="KP-VP"),
    ]
    with theme.style():
        fig = theme.canvas(2.2 + 0.75 * len(parameters))
        change, difference = fig.subplots(2, 1, height_ratios=[2 * len(parameters), len(parameters) + 0.3])
        per_arm = [
            (labels.parameter(code), [interval(shown, parameter=f"{code}_CHG", group=g) for g in ("KP", "VP")])
            for code in parameters
        ]
        marks.pairs(change, per_arm)
        lines = [
            marks.Row(labels.parameter(code), interval(shown, parameter=code, group="KP-VP"), y)
            for y, code in enumerate(parameters)
        ]
        intervals = [i for _, both in per_arm for i in both] + [line.interval for line in lines]
        reach = marks.symmetric(intervals, floor=floor)
        unit = labels.UNITS[intervals[0].unit]
        change.set(xlim=(-reach, reach), title=f"Change from before to {labels.visit(visit)}, {unit}")
        marks.zero(change)
        marks.contrasts(
            difference,
            lines,
            title=f"Adjusted difference at {labels.visit(visit)}, {unit}",
            reach=reach,
            better=main_results.better(select(shown, analysis=analysis)),
        )
        marks.legend(fig)
        finding = sentences.measure(records, analysis=analysis, parameters=parameters, visit=visit)
        return exhibit.figure(fig, shown=shown, finding=finding)


@exhibit.drawn
def height_vertebral(records: Records, *, visit: str = "M3") -> exhibit.Figure:
    """Anterior, middle and posterior height of the treated vertebrae."""
    return _change(
        records,
        analysis="height.vertebral",
        seen="height.vertebral_patient",
        parameters=("ANTHT", "MIDHT", "POSHT"),
        visit=visit,
        floor=3,
    )


@exhibit.drawn
def height_stature(records: Records, *, visit: str = "M3") -> exhibit.Figure:
    """Standing height of the patient."""
    analysis = "height.stature"
    return _change(records, analysis=analysis, seen=analysis, parameters=("STATURE",), visit=visit, floor=1)


@exhibit.drawn
def angle_kyphotic(records: Records, *, visit: str = "M3") -> exhibit.Figure:
    """Kyphotic angle; a negative change is a straighter spine."""
    return _change(
        records,
        analysis="angle.kyphotic",
        seen="angle.kyphotic_patient",
        parameters=("KYPHANG",),
        visit=visit,
        floor=3,
    )
