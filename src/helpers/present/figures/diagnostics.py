"""Figures that say how far an analysis can be trusted: residuals of a mixed model, agreement of two readers."""

from collections.abc import Sequence

import seaborn as sns

from helpers.present import diagnoses, exhibit, labels, marks, theme
from helpers.present.select import interval, select
from helpers.present.tables.diagnostics import measures, model
from helpers.results import Record

Records = Sequence[Record]


@exhibit.drawn
def residuals(records: Records) -> exhibit.Figure:
    """Mean of each fifth of the ordered residuals against that of a normal sample, a panel for each measure."""
    codes = measures(records)
    fit = select(records, analysis=f"{model(records).id}_fit", statistic="mean")
    columns = min(len(codes), 2 if len(codes) != 3 else 1 if theme.is_narrow() else 3)
    lines = -(-len(codes) // columns)
    with theme.style():
        fig = theme.canvas(0.7 + (1.7 if theme.is_narrow() else 2.2) * lines if len(codes) > 1 else 3.0)
        axes = fig.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax, code in zip(axes, codes, strict=True):
            _panel(ax, diagnoses.fifths(fit, code), labels.parameter(code))
        for ax in axes[-columns:]:
            ax.set_xlabel("Expected if normal, SD")
        fig.supylabel("Seen, SD", fontsize=10)
        return exhibit.figure(fig, shown=fit, finding=diagnoses.residuals(fit, codes))


def _panel(ax, pairs: Sequence[tuple[float, float]], title: str) -> None:
    reach = 2.0
    ax.plot((-reach, reach), (-reach, reach), color=theme.RULE, linewidth=1.0, zorder=0)
    x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    sns.scatterplot(x=x, y=y, ax=ax, color=theme.INK, s=40, linewidth=0, zorder=3, clip_on=False, legend=False)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=(-2, -1, 0, 1, 2), yticks=(-2, -1, 0, 1, 2))
    ax.set(title=title, xlabel="", ylabel="")
    theme.framed(ax)


@exhibit.drawn
def readers(records: Records) -> exhibit.Figure:
    """Mean difference of the two readings with the limits of agreement, a row for each measure and visit."""
    shown = [r for r in records if r.analysis.endswith(".readers") and r.parameter.endswith("_BIAS")]
    codes, visits = (labels.in_order(codes) for codes in ({r.parameter for r in shown}, {r.visit for r in shown}))
    with theme.style():
        fig = theme.canvas(1.1 + 0.42 * len(codes) * len(visits))
        ax = fig.subplots()
        lines = [
            marks.Row(
                f"{labels.parameter(code)}, {labels.visit(visit)}",
                interval(shown, parameter=code, visit=visit, group="all"),
                place,
            )
            for place, (code, visit) in enumerate((code, visit) for code in codes for visit in visits)
        ]
        marks.rows(ax, lines)
        marks.zero(ax)
        reach = marks.symmetric([line.interval for line in lines], floor=1)
        unit = labels.UNITS[lines[0].interval.unit]
        ax.set(xlim=(-reach, reach), title=f"First reading minus second, {unit}")
        named = [(line.label, line.interval) for line in lines]
        return exhibit.figure(fig, shown=shown, finding=diagnoses.agreement(named, unit))
