"""The CONSORT flow diagram: a column of boxes an arm, narrow enough for a phone; every count from a record."""

from collections.abc import Sequence
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from helpers.present import exhibit, flow, theme
from helpers.present.flow import Stage
from helpers.results import Record

WIDE, LETTERS = 4.6, 23  # inches of the figure; letters of a line in an arm's box, before its number
SLIM, FEW = theme.NARROW, 18  # the same for a phone
MARGIN, BETWEEN = 0.05, 0.12  # inches beside the boxes, and between those of the arms
LINE, PAD, ARROW = 0.185, 0.11, 0.25  # a line of text, the room within a box, and the way to the next one


@exhibit.drawn
def consort_flow(records: Sequence[Record]) -> exhibit.Figure:
    """From eligibility to analysis; what the data do not hold is said in words and not as a number."""
    wide, letters = (SLIM, FEW) if theme.is_narrow() else (WIDE, LETTERS)
    before = Stage("Assessed for eligibility", ((f"Number, exclusions and their reasons: {flow.UNKNOWN}", ""),))
    start = Stage("Randomised", count=flow.randomised(records))
    arms = {group: flow.stages(records, group) for group in ("KP", "VP")}
    deep = [max(_height(arms[g][k], letters) for g in arms) for k in range(len(arms["KP"]))]
    heads = [_height(stage, 2 * letters) for stage in (before, start)]
    height = sum(heads) + sum(deep) + ARROW * (1 + len(deep))
    column = (wide - 2 * MARGIN - BETWEEN) / 2
    with theme.style():
        fig = theme.canvas(height + 0.4, width=wide)
        ax = fig.subplots()
        ax.set(xlim=(0, wide), ylim=(height + 0.02, -0.02))
        ax.axis("off")
        y = 0.0
        for stage, high in zip((before, start), heads, strict=True):
            _box(ax, stage, (MARGIN, y, wide - 2 * MARGIN, high), letters=2 * letters, group="all")
            y += high + ARROW
        _arrow(ax, wide / 2, heads[0])
        for group, left in (("KP", MARGIN), ("VP", wide - MARGIN - column)):
            y = heads[0] + ARROW + heads[1]
            for stage, high in zip(arms[group], deep, strict=True):
                _arrow(ax, left + column / 2, y)
                _box(ax, stage, (left, y + ARROW, column, high), letters=letters, group=group)
                y += ARROW + high
        return exhibit.figure(fig, shown=flow.shown(records), finding=flow.finding(records))


def _lines(stage: Stage, letters: int) -> list[tuple[str, str, bool]]:
    """Text, count and whether it is a title, line by line; a count stands on the last line of its text."""
    lines = []
    for name, count, title in ((stage.title, stage.count, True), *((*line, False) for line in stage.lines)):
        *first, last = wrap(name, letters - 3 * title)  # bold letters are wider
        lines += [*((part, "", title) for part in first), (last, count, title)]
    return lines


def _height(stage: Stage, letters: int) -> float:
    return LINE * len(_lines(stage, letters)) + 2 * PAD


def _box(ax: Axes, stage: Stage, place: tuple[float, float, float, float], *, letters: int, group: str) -> None:
    x, y, width, height = place
    edge = theme.RULE if group == "all" else theme.ARM_COLOURS[group]
    shape = "round,pad=0,rounding_size=0.05"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, fill=False, edgecolor=edge, linewidth=1.2))
    for row, (text, count, title) in enumerate(_lines(stage, letters)):
        at = y + PAD + LINE * (row + 0.5)
        colour = theme.ARM_COLOURS[group] if title else theme.INK
        look = {"va": "center_baseline", "fontsize": 9.5, "fontweight": "bold" if title else "normal", "color": colour}
        ax.text(x + PAD, at, text, ha="left", **look)
        if count:
            ax.text(x + width - PAD, at, count, ha="right", **look)


def _arrow(ax: Axes, x: float, y: float) -> None:
    """Down from the lower edge of a box to the next."""
    look = {
        "arrowstyle": "-|>",
        "color": theme.MUTED,
        "linewidth": 1.0,
        "shrinkA": 0,
        "shrinkB": 0,
        "mutation_scale": 8,
    }
    ax.annotate("", (x, y + ARROW - 0.01), (x, y), arrowprops=look)
