"""Figures of tolerance: the worst grade of every patient, and patients with each class of event."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from helpers.present import exhibit, labels, marks, numbers, sentences, theme
from helpers.present.select import interval, select, value
from helpers.results import Record

Records = Sequence[Record]


@exhibit.drawn
def tolerance_grade(records: Records) -> exhibit.Figure:
    """Each patient once, by the worst grade; bars add up to all patients of the arm.

    Grades that are not shown are one hatched bar together, which is what the others leave of the arm.
    """
    shown = select(records, analysis="tolerance.worst_grade")
    with theme.style():
        fig = theme.canvas(2.7)
        ax = fig.subplots()
        names = []
        for y, group in enumerate(("KP", "VP")):
            left = 0.0
            n = value(shown, parameter="GRADE0", group=group, statistic="n")
            names.append(f"{labels.arm(group)}\n{numbers.plain(n, 'patients')} patients")
            for grade, colour in enumerate(theme.GRADE_COLOURS):
                found = select(shown, parameter=f"GRADE{grade}", group=group)
                share = value(found, statistic="estimate")
                width = 0 if share is numbers.HIDDEN else 100 * (share or 0)
                bar = ax.barh(
                    y,
                    width,
                    left=left,
                    height=0.62,
                    color=colour,
                    linewidth=0,
                    label=labels.parameter(f"GRADE{grade}") if y == 0 else None,
                )
                if width:
                    ink = theme.GRADE_INKS[grade]
                    ax.bar_label(
                        bar, labels=[str(value(found, statistic="events"))], label_type="center", color=ink, fontsize=10
                    )
                left += width
            if any(r.hidden for r in select(shown, group=group, statistic="events")):
                _not_shown(ax, y, left)
        ax.set_yticks(range(len(names)), names)
        ax.set(xlim=(0, 100), ylim=(1.5, -0.5), title="Patients by worst grade, % (number in the bar)")
        theme.bare(ax)
        fig.legend(
            loc="outside upper left",
            ncols=3 if theme.is_narrow() else 6,
            frameon=False,
            handlelength=0.9,
            handletextpad=0.4,
            columnspacing=0.9,
            fontsize=9.5,
        )
        return exhibit.figure(fig, shown=shown, finding=sentences.worst_grades(records))


def _not_shown(ax: Axes, y: int, left: float) -> None:
    """What the grades that are shown leave of an arm, hatched and without a number."""
    bar = ax.barh(y, 100 - left, left=left, height=0.62, color="none", edgecolor=theme.RULE, hatch="////", linewidth=0)
    ax.bar_label(bar, labels=[numbers.MARK], label_type="center", color=theme.INK, fontsize=10)


@exhibit.drawn
def tolerance_events(records: Records) -> exhibit.Figure:
    """Patients with at least one event of each class, with exact intervals."""
    shown = select(records, analysis="tolerance.overview", unit_of_analysis="patient", group=("KP", "VP"))
    with theme.style():
        fig = theme.canvas(4.8)
        ax = fig.subplots()
        marks.pairs(
            ax,
            [
                (labels.parameter(c), [interval(shown, parameter=c, group=g) for g in ("KP", "VP")])
                for c in labels.EVENT_CLASSES
            ],
        )
        ax.set(xlim=(0, 100), title="Patients with at least one such event, %")
        marks.legend(fig)
        return exhibit.figure(fig, shown=shown, finding=sentences.events(records))
