"""Figures of the difference of success rates under other analyses, and under assumptions on the patients not imaged."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, main_results, marks, numbers, sentences, theme
from helpers.present.select import interval, select
from helpers.results import Record

Records = Sequence[Record]


@exhibit.drawn
def leakage_sensitivity(records: Records) -> exhibit.Figure:
    """Every analysis of the difference of success rates, a line each around zero."""
    lines, shown = [], []
    for y, (analysis, parameter, name) in enumerate(labels.SUCCESS_ANALYSES):
        found = select(records, analysis=analysis, parameter=parameter, group="KP-VP")
        shown += found
        lines.append(marks.Row(name, interval(found, group="KP-VP"), y))
    with theme.style():
        fig = theme.canvas(4.6)
        ax = fig.subplots()
        marks.contrasts(
            ax,
            lines,
            title="Difference, percentage points",
            reach=marks.symmetric([line.interval for line in lines], floor=50),
            better=main_results.better(select(shown, analysis="leakage.success")),
        )
        return exhibit.figure(fig, shown=shown, finding=sentences.success_analyses(lines))


@exhibit.drawn
def leakage_bounds(records: Records) -> exhibit.Figure:
    """The difference for every share of the patients not imaged that is taken as successes, in a grid of both arms."""
    shown = select(records, analysis="leakage.success_bounds")
    codes = sorted({r.parameter for r in shown})
    shares = sorted({int(code.split("_")[1]) for code in codes})
    found = {tuple(map(int, code.split("_")[1:])): interval(shown, parameter=code, group="KP-VP") for code in codes}
    with theme.style():
        fig = theme.canvas(3.9)
        ax = fig.subplots()
        for x, kp in enumerate(shares):
            for y, vp in enumerate(shares):
                _cell(ax, x, y, found[kp, vp])
        names = [f"{share} %" for share in shares]
        ax.set_xticks(range(len(shares)), names)
        ax.set_yticks(range(len(shares)), names)
        ax.set(xlim=(-0.5, len(shares) - 0.5), ylim=(-0.5, len(shares) - 0.5), title="Difference, percentage points")
        ax.set_xlabel("Kyphoplasty: not imaged, taken as successes")
        ax.set_ylabel("Vertebroplasty: not imaged,\ntaken as successes")
        for side in ax.spines.values():
            side.set_visible(False)
        ax.tick_params(length=0)
        return exhibit.figure(fig, shown=shown, finding=sentences.success_bounds(records))


def _cell(ax, x: float, y: float, i) -> None:
    """The estimate and, where there is room, its limits in a square, tinted by the arm it favours."""
    text, tint = numbers.MARK, theme.RULE
    if i.drawn:
        text = numbers.plain(i.estimate, i.unit, contrast=True)
        span = numbers.interval(i.lower, i.upper, i.unit, contrast=True)
        if not theme.is_narrow():
            ax.text(x, y - 0.22, span, ha="center", va="center", fontsize=9, color=theme.INK)
        tint = theme.ARM_COLOURS["KP" if i.estimate > 0 else "VP"]
    alpha = min(0.45, abs(i.estimate) * 0.9) if i.drawn else 0.3
    ax.fill_between([x - 0.48, x + 0.48], y - 0.47, y + 0.47, color=tint, alpha=alpha, linewidth=0)
    ax.text(x, y if theme.is_narrow() else y + 0.12, text, ha="center", va="center", fontsize=10, color=theme.INK)
