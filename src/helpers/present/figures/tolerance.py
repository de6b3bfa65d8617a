"""Figures of tolerance: the worst grade of every patient, and patients with each class of event."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, marks, sentences, theme
from helpers.present.select import interval, select, value
from helpers.results import Record

Records = Sequence[Record]


def tolerance_grade(records: Records) -> exhibit.Figure:
    """Each patient once, by the worst grade; bars add up to all patients of the arm."""
    shown = select(records, analysis="tolerance.worst_grade")
    with theme.style():
        fig = theme.canvas(2.7)
        ax = fig.subplots()
        names = []
        for y, group in enumerate(("KP", "VP")):
            left = 0.0
            n = value(shown, parameter="GRADE0", group=group, statistic="n")
            names.append(f"{labels.arm(group)}\n{n} patients")
            for grade, colour in enumerate(theme.GRADE_COLOURS):
                found = select(shown, parameter=f"GRADE{grade}", group=group)
                width = 100 * (value(found, statistic="estimate") or 0)
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
        ax.set_yticks(range(len(names)), names)
        ax.set(xlim=(0, 100), ylim=(1.5, -0.5), title="Patients by worst grade, % (number in the bar)")
        theme.bare(ax)
        fig.legend(
            loc="outside upper left",
            ncols=6,
            frameon=False,
            handlelength=0.9,
            handletextpad=0.4,
            columnspacing=0.9,
            fontsize=9.5,
        )
        return exhibit.figure(fig, shown=shown, finding=sentences.worst_grades(records))


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
