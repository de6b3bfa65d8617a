"""Figures of cement leakage: success per arm, its posterior, and the kinds of leak."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from helpers.present import exhibit, labels, main_results, marks, numbers, sentences, theme
from helpers.present.select import bins, interval, select, value
from helpers.results import Record

Records = Sequence[Record]


@exhibit.drawn
def leakage_success(records: Records) -> exhibit.Figure:
    """Success rates with Wilson intervals above, their difference with the Miettinen-Nurminen interval below."""
    shown = select(records, analysis="leakage.success", parameter="SUCCESS")
    with theme.style():
        fig = theme.canvas(3.5)
        rates, difference = fig.subplots(2, 1, height_ratios=[2, 1])
        lines = []
        for y, group in enumerate(("KP", "VP")):
            count = numbers.share(*(value(shown, group=group, statistic=s) for s in ("events", "n")))
            lines.append(marks.Row(f"{labels.arm(group)}, {count}", interval(shown, group=group), y))
        marks.rows(rates, lines)
        rates.set(xlim=(0, 100), title="Success: treated, no leak found to month 3, %")
        contrast = interval(shown, group="KP-VP")
        marks.contrasts(
            difference,
            [marks.Row(labels.arm("KP-VP"), contrast, 0)],
            title="Difference, percentage points",
            reach=marks.symmetric([contrast], floor=50),
            better=main_results.better(shown),
        )
        return exhibit.figure(fig, shown=shown, finding=sentences.success(records))


def _mass(records: Records, group: str) -> tuple[np.ndarray, np.ndarray]:
    """Edges (percentage points) and probabilities of a posterior recorded as a histogram."""
    found = bins(records, group=group)
    return np.array([low for low, _, _ in found] + [found[-1][1]]), np.array([r.value for _, _, r in found])


def _posterior_of(ax: Axes, records: Records, summary: Records, group: str) -> None:
    colour = theme.ARM_COLOURS[group]
    if any(r.hidden for r in select(records, group=group, statistic="probability")):
        at = 0.62 if group == "VP" else 0.38
        name = f"{labels.arm(group)}: {numbers.MARK}"
        ax.text(0.5, at, name, transform=ax.transAxes, ha="center", va="center", color=colour, fontsize=10)
        return
    edges, mass = _mass(records, group)
    ax.stairs(mass, edges, fill=True, color=colour, alpha=0.22, linewidth=0)
    ax.stairs(mass, edges, color=colour, linewidth=1.6)
    centre = interval(select(summary, parameter="SUCCESS"), centre="median", group=group)
    base = -mass.max() * (0.09 if group != "VP" else 0.2)
    marks.points(ax, [(base, centre)])


@exhibit.drawn
def leakage_posterior(records: Records) -> exhibit.Figure:
    """Posterior of each rate and of their difference; points and lines are medians and 95 % credible intervals."""
    mass = select(records, analysis="leakage.success_posterior")
    summary = select(records, analysis="leakage.success_bayes")
    with theme.style():
        fig = theme.canvas(4.6)
        rates, difference = fig.subplots(2, 1)
        for group in ("KP", "VP"):
            _posterior_of(rates, mass, summary, group)
        rates.set(xlim=(0, 100), title="Success rate, %")
        _posterior_of(difference, mass, summary, "KP-VP")
        # on a phone the words stand above curve and line, not beside them
        marks.zero(difference, up_to=0.5 if theme.is_narrow() else 1.0)
        difference.set(xlim=(-100, 100), title="Difference, percentage points")
        marks.favours(difference, better=main_results.better(summary))
        for ax in (rates, difference):
            ax.set(yticks=[], ylabel="", xlabel="")
            theme.bare(ax)
        if theme.is_narrow():
            difference.set_ylim(top=1.9 * difference.get_ylim()[1])
        difference.text(
            0.01, 0.98, _probabilities(summary), transform=difference.transAxes, va="top", fontsize=9.5, linespacing=1.5
        )
        marks.legend(fig)
        return exhibit.figure(fig, shown=[*summary, *mass], finding=sentences.posterior(records))


def _probabilities(summary: Records) -> str:
    lines = ["Probability that kyphoplasty\nsucceeds more often"]
    for code in ("SUPERIORITY", "RD_GT_10", "RD_GT_20"):
        words = "at all" if code == "SUPERIORITY" else labels.parameter(code)
        lines.append(
            f"{numbers.plain(value(summary, parameter=code, statistic='probability'), 'probability')}  {words}"
        )
    return "\n".join(lines)


@exhibit.drawn
def leakage_characteristics(records: Records) -> exhibit.Figure:
    """Patients with at least one leak of each kind, per arm, with Wilson intervals."""
    shown = select(records, analysis=tuple(labels.LEAKS), unit_of_analysis="patient", group=("KP", "VP"))
    with theme.style():
        fig = theme.canvas(4.9)
        axes = fig.subplots(3, 1, sharex=True)
        for ax, (analysis, (title, codes)) in zip(axes, labels.LEAKS.items(), strict=True):
            found = select(shown, analysis=analysis)
            marks.pairs(
                ax,
                [(labels.parameter(c), [interval(found, parameter=c, group=g) for g in ("KP", "VP")]) for c in codes],
            )
            ax.set(xlim=(0, 100), title=title)
        axes[-1].set_xlabel("Treated patients with at least one such leak, %")
        marks.legend(fig)
        return exhibit.figure(fig, shown=shown, finding=sentences.characteristics(records))
