"""Figures of cement volume against pain relief."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, marks, numbers, sentences, theme
from helpers.present.select import interval, select, value
from helpers.results import Record

Records = Sequence[Record]


@exhibit.drawn
def volume_pain(records: Records) -> exhibit.Figure:
    """Rank correlation of volume with relief: overall, in each arm, and overall given baseline pain and technique."""
    spearman, partial = (select(records, analysis=f"volume_pain.{name}") for name in ("spearman", "partial"))
    shown = [*spearman, *partial]
    with theme.style():
        fig = theme.canvas(4.6)
        axes = fig.subplots(2, 1, sharex=True)
        for ax, code in zip(axes, ("VOLTOT", "VOLMEAN"), strict=True):
            lines = []
            for y, group in enumerate(("all", "KP", "VP")):
                n = numbers.plain(value(spearman, parameter=code, group=group, statistic="n"), "patients")
                found = interval(spearman, parameter=code, group=group)
                lines.append(marks.Row(f"{labels.arm(group)}, n = {n}", found, y))
            lines.append(marks.Row("All, adjusted", interval(partial, parameter=code, group="all"), 3))
            marks.rows(ax, lines)
            marks.zero(ax)
            ax.set(xlim=(-1, 1), xticks=(-1, -0.5, 0, 0.5, 1), title=labels.parameter(code))
        axes[1].set_xlabel("Rank correlation with pain relief (ρ)")
        return exhibit.figure(fig, shown=shown, finding=sentences.correlation(records))


@exhibit.drawn
def volume_tertiles(records: Records) -> exhibit.Figure:
    """Mean pain relief by third of total volume."""
    shown = select(records, analysis="volume_pain.tertiles")
    with theme.style():
        fig = theme.canvas(2.6)
        ax = fig.subplots()
        lines = []
        for y, code in enumerate(("T1", "T2", "T3")):
            found = select(shown, parameter=code)
            median, n = (value(found, statistic=s) for s in ("median", "n"))
            size = numbers.plain(n, "patients")
            name = f"{labels.parameter(code)}\nmedian {numbers.worded(median, 'mL')}, n = {size}"
            lines.append(marks.Row(name, interval(found, group="all"), y))
        marks.rows(ax, lines)
        marks.zero(ax)
        reach = marks.symmetric([line.interval for line in lines], floor=5)
        lowest = min([0.0, *(line.interval.lower for line in lines if line.interval.limited)])
        ax.set(xlim=(min(lowest * 1.1, -0.5), reach), title="Mean pain relief, VAS points")
        return exhibit.figure(fig, shown=shown, finding=sentences.tertiles(records))
