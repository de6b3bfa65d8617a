"""The forest over endpoints: success, structure, pain and quality of life, a panel for each unit and scale."""

from collections.abc import Sequence
from itertools import groupby

from helpers.present import exhibit, labels, main_results, marks, numbers, sentences, theme
from helpers.present.main_results import Line
from helpers.present.select import select
from helpers.results import Record

ROW, HEAD, FOOT = 0.27, 0.52, 0.55  # inches

#: Panel titles, and the smallest half-width of each axis in its unit.
PANELS = {
    "leakage.success": ("Success (treated, no leak found)", 50),
    "height.vertebral": ("Height of the treated vertebrae", 3),
    "height.stature": ("Standing height", 1),
    "angle.kyphotic": ("Kyphotic angle", 3),
    "pain.vas": ("Pain (VAS)", 2),
    "qol.dallas": ("Dallas questionnaire", 20),
}


@exhibit.drawn
def forest(records: Sequence[Record]) -> exhibit.Figure:
    """Kyphoplasty minus vertebroplasty; every axis is turned so that its right side favours kyphoplasty."""
    lines = [line for line in main_results.contrasts(records) if line.analysis in PANELS]
    panels = [(analysis, list(group)) for analysis, group in groupby(lines, key=lambda line: line.analysis)]
    deep = [len(group) + 0.2 for _, group in panels]  # as high as its rows, so that rows lie equally apart in all
    row = 1.45 * ROW if theme.is_narrow() else ROW
    with theme.style():
        fig = theme.canvas(row * sum(deep) + HEAD * len(panels) + FOOT)
        axes = fig.subplots(len(panels), 1, height_ratios=deep, squeeze=False)[:, 0]
        for ax, (analysis, group) in zip(axes, panels, strict=True):
            _panel(ax, analysis, group)
        marks.favours(axes[-1])
        shown = [r for line in lines for r in select(line.records, group="KP-VP")]
        return exhibit.figure(
            fig, shown=shown, finding=sentences.overview([(line.name, line.interval) for line in lines])
        )


def _panel(ax, analysis: str, group: Sequence[Line]) -> None:
    title, floor = PANELS[analysis]
    rows = [marks.Row(_name(line, group), line.interval, y) for y, line in enumerate(group)]
    marks.rows(ax, rows)
    marks.zero(ax)
    reach = marks.symmetric([row.interval for row in rows], floor=floor)
    right = -reach if group[0].better == "lower" else reach
    unit = numbers.suffix(group[0].interval.unit, contrast=True).strip() or labels.UNITS[group[0].interval.unit]
    ax.set(xlim=(-right, right))
    ax.set_title(f"{title}, {'degrees' if unit == '°' else unit}", fontsize=10)
    ax.tick_params(axis="x", labelsize=9)


def _name(line: Line, group: Sequence[Line]) -> str:
    measures, visits = {other.parameter for other in group}, {other.visit for other in group}
    if len(measures) == 1:
        return labels.visit(line.visit).capitalize()
    return (
        labels.parameter(line.parameter)
        if len(visits) == 1
        else f"{labels.short(line.parameter)}, {labels.visit(line.visit)}"
    )
