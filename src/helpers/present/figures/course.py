"""Figures of scores over the visits: the mean change from before in each arm, with its interval."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from helpers.present import exhibit, labels, main_results, marks, numbers, sentences, theme
from helpers.present.select import interval, select, value
from helpers.results import Record

Records = Sequence[Record]


def _changes(records: Records, *, analysis: str, parameters: Sequence[str], visits: Sequence[str]) -> Records:
    codes = tuple(f"{code}_CHG" for code in parameters)
    return select(records, analysis=analysis, parameter=codes, visit=tuple(visits), group=("KP", "VP"))


def _course(ax: Axes, changes: Records, *, visits: Sequence[str]) -> None:
    """Mean changes joined over the visits, from no change before; the arms stand side by side at a visit."""
    for group, shift in (("KP", -0.05), ("VP", 0.05)):
        seen = [(x + shift, interval(changes, visit=v, group=group)) for x, v in enumerate(visits, 1)]
        known = [(x, i) for x, i in seen if i.drawn]
        colour = theme.ARM_COLOURS[group]
        ax.plot(
            [0, *(x for x, _ in known)], [0, *(i.estimate for _, i in known)], color=colour, linewidth=1.2, alpha=0.75
        )
        marks.points(ax, seen, vertical=True)
    names = [labels.visit(v).capitalize() for v in ("D0", *visits)]
    ax.set_xticks(range(len(names)), names)
    ax.set(xlim=(-0.3, len(visits) + 0.35), xlabel="", ylabel="")
    theme.framed(ax)
    marks.zero(ax, vertical=True)
    _assessed(ax, changes, visits=visits)


def _assessed(ax: Axes, changes: Records, *, visits: Sequence[str]) -> None:
    """Under each visit the patients whose change is averaged, a line an arm."""
    below = 25 if ax.xaxis.get_tick_params().get("labelbottom", True) else 12  # points, with the visits named or not
    for line, group in enumerate(("KP", "VP")):
        counts = [numbers.plain(value(changes, visit=v, group=group, statistic="n"), "patients") for v in visits]
        for x, words in enumerate(["n", *counts]):
            look = {"color": theme.ARM_COLOURS[group], "fontsize": 9.5, "ha": "center", "va": "center"}
            place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            ax.annotate(words, (x, 0), xytext=(0, -below - 12 * line), annotation_clip=False, **place, **look)


@exhibit.drawn
def pain_vas(records: Records) -> exhibit.Figure:
    """Mean change of pain at each visit, and the adjusted difference between the arms."""
    visits = ("D1", "D21", "M3")
    changes = _changes(records, analysis="pain.vas", parameters=("VAS",), visits=visits)
    contrasts = select(records, analysis="pain.vas", parameter="VAS", group="KP-VP")
    with theme.style():
        fig = theme.canvas(5.4)
        course, difference = fig.subplots(2, 1, height_ratios=[3, 2])
        _course(course, changes, visits=visits)
        course.set(title="Mean change of pain from before, VAS points")
        intervals = [interval(contrasts, visit=v, group="KP-VP") for v in visits]
        lines = [
            marks.Row(labels.visit(v).capitalize(), i, y)
            for y, (v, i) in enumerate(zip(visits, intervals, strict=True))
        ]
        reach = marks.symmetric(intervals, floor=2)
        better = main_results.better(contrasts)
        marks.contrasts(difference, lines, title="Adjusted difference, points", reach=reach, better=better)
        marks.legend(fig)
        finding = sentences.course(records, analysis="pain.vas", parameter="VAS", visits=visits, noun="Pain")
        return exhibit.figure(fig, shown=[*changes, *contrasts], finding=finding)


@exhibit.drawn
def qol_dallas(records: Records) -> exhibit.Figure:
    """Mean change of the four Dallas domains at each visit."""
    visits = ("D21", "M3")
    changes = _changes(records, analysis="qol.dallas", parameters=labels.DOMAINS, visits=visits)
    with theme.style():
        fig = theme.canvas(5.4)
        axes = fig.subplots(*((4, 1) if theme.is_narrow() else (2, 2)), sharex=True, sharey=True)
        for ax, code in zip(axes.flat, labels.DOMAINS, strict=True):
            _course(ax, select(changes, parameter=f"{code}_CHG"), visits=visits)
            ax.set(title=labels.parameter(code))
        fig.supylabel("Mean change from before, points", fontsize=10)
        marks.legend(fig)
        finding = sentences.changes(records, analysis="qol.dallas", parameters=labels.DOMAINS, visit="M3")
        return exhibit.figure(fig, shown=changes, finding=finding)
