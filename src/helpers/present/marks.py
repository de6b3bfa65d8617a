"""Marks that several figures share: rows of estimates with intervals, drawn exactly as they were computed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from helpers.present import labels, theme
from helpers.present.select import Interval


@dataclass(frozen=True)
class Row:
    """One line of a figure: its name, its interval, and where it stands."""

    label: str
    interval: Interval
    y: float


def scale(interval: Interval) -> float:
    """Proportions are drawn in percent, everything else in its own unit."""
    return 100.0 if interval.unit == "proportion" else 1.0


def points(ax: Axes, intervals: Sequence[tuple[float, Interval]], *, vertical: bool = False) -> None:
    """A marker per estimate and a line per interval, by arm; none for what could not be estimated or is not shown."""
    known = [(at, i) for at, i in intervals if i.drawn]
    for group in dict.fromkeys(i.group for _, i in known):
        own = [(at, i) for at, i in known if i.group == group]
        colour = theme.ARM_COLOURS[group]
        limited = [(at, i) for at, i in own if i.limited]
        ats = [at for at, _ in limited]
        ends = [[limit * scale(i) for limit in (i.lower, i.upper)] for _, i in limited]
        draw = ax.vlines if vertical else ax.hlines
        draw(ats, [low for low, _ in ends], [high for _, high in ends], color=colour, linewidth=1.8)
        places = [(at, i.estimate * scale(i)) for at, i in own]
        x, y = zip(*(place if vertical else place[::-1] for place in places), strict=True)
        ax.scatter(x, y, color=colour, marker=theme.ARM_MARKERS[group], s=46, linewidth=0, zorder=3, clip_on=False)


def rows(ax: Axes, lines: Sequence[Row]) -> None:
    """Rows of intervals with their names on the left and their numbers on the right."""
    points(ax, [(line.y, line.interval) for line in lines])
    named(ax, [(line.y, line.label) for line in lines])
    ax.set_ylim(
        max(line.y for line in lines) + 0.6, min(line.y for line in lines) - (1.0 if theme.is_narrow() else 0.6)
    )
    ax.set(ylabel="")
    theme.bare(ax)
    for line in lines:
        colour = theme.ARM_COLOURS[line.interval.group]
        ax.text(
            1.03,
            line.y,
            line.interval.text,
            transform=ax.get_yaxis_transform(),
            va="center_baseline",
            color=colour,
            fontsize=9.5,
        )


def named(ax: Axes, places: Sequence[tuple[float, str]], *, rise: float = 0.0) -> None:
    """Names of rows: left of the axis; on a phone above the row, `rise` over its middle."""
    if not theme.is_narrow():
        ax.set_yticks([y for y, _ in places], [name for _, name in places])
        return
    ax.set_yticks([])
    for y, name in places:
        ax.annotate(
            re.sub(r",?\n", ", ", name),
            (0, y - rise),
            xycoords=ax.get_yaxis_transform(),
            xytext=(0, 6),
            textcoords="offset points",
            va="bottom",
            fontsize=10,
        )


def zero(ax: Axes, *, vertical: bool = False, up_to: float = 1.0) -> None:
    """The line of no difference, over a share of the axes where words stand in its way."""
    (ax.axhline if vertical else ax.axvline)(0, 0, up_to, color=theme.RULE, linewidth=1.0, zorder=0)


def symmetric(intervals: Sequence[Interval], *, floor: float) -> float:
    """Half-width of an axis around zero that holds every limit, at least `floor`, with a tenth of room."""
    ends = [(v, i) for i in intervals for v in (i.estimate, i.lower, i.upper) if isinstance(v, float | int)]
    reach = [abs(v) * scale(i) for v, i in ends]
    return max([floor, *reach]) * 1.1


def favours(ax: Axes, *, better: str = "higher") -> None:
    """Which side of zero is good for which technique, under the axis and away from its middle."""
    left, right = ("VP", "KP") if better == "higher" else ("KP", "VP")
    sides = ((0.48, "right", left, "← favours {}", 0), (0.52, "left", right, "favours {} →", 0))
    if theme.is_narrow():  # one behind the other, where the axis has no room for both
        sides = ((0, "left", left, "← favours {}", 0), (0, "left", right, "favours {} →", 122))
    for x, align, arm, text, shift in sides:
        ax.annotate(
            text.format(labels.arm(arm).lower()),
            (x, 0),
            xycoords="axes fraction",
            xytext=(shift, -24),
            textcoords="offset points",
            ha=align,
            va="top",
            fontsize=9,
            color=theme.ARM_COLOURS[arm],
        )


def contrasts(ax: Axes, lines: Sequence[Row], *, title: str, reach: float, better: str = "higher") -> None:
    """Rows of differences around zero, which is the middle of an axis that ends at `reach` on both sides."""
    rows(ax, lines)
    zero(ax)
    ax.set(xlim=(-reach, reach), title=title)
    favours(ax, better=better)


def pairs(ax: Axes, arms: Sequence[tuple[str, Sequence[Interval]]]) -> None:
    """Two arms under one name: experimental above, reference below, each with its numbers."""
    lines = [
        Row("", i, y + shift) for y, (_, both) in enumerate(arms) for shift, i in zip((-0.19, 0.19), both, strict=True)
    ]
    rows(ax, lines)
    named(ax, [(y, name) for y, (name, _) in enumerate(arms)], rise=0.19)
    ax.set_ylim(len(arms) - 0.5, -0.8 if theme.is_narrow() else -0.5)


def legend(fig: Canvas) -> None:
    """Arms by their marker and in their colour, above everything."""
    handles = [
        Line2D(
            [],
            [],
            color=theme.ARM_COLOURS[g],
            marker=theme.ARM_MARKERS[g],
            linewidth=1.8,
            markersize=6,
            markeredgewidth=0,
            label=labels.arm(g),
        )
        for g in ("KP", "VP")
    ]
    fig.legend(
        handles=handles,
        loc="outside upper left",
        ncols=2,
        frameon=False,
        labelcolor="linecolor",
        handlelength=1.6,
        columnspacing=1.6,
    )
