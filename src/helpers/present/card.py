"""The picture that stands beside a link to the site: its name, its question, and the status of the data."""

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Ellipse, PathPatch, Rectangle
from matplotlib.path import Path

from helpers.present.theme import ARM_COLOURS, INK, MUTED, style

#: Size in pixels that the services which show links ask for.
WIDTH, HEIGHT = 1200, 630

GROUND, BONE, EDGE, DISC = "#f6f8fa", "#e9edf1", "#aab4bd", "#d5dbe1"
BANNER_GROUND, BANNER_INK, BANNER_LINE = "#fff1cc", "#5c3c00", "#e2c46f"


TITLE = "KYPHO-01"
QUESTION = "Balloon kyphoplasty or vertebroplasty\nfor spine metastases of solid tumours"
CONTENTS = "Manuscript, analyses and code. NCT02700308"


def preview(banner: str) -> bytes:
    """The card as PNG; without a banner (real data that are not blinded) no band is drawn."""
    with style():
        fig = Canvas(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=GROUND)
        ax = fig.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        ax.axis("off")
        _spine(ax)
        for left, arm in ((80, "KP"), (180, "VP")):
            ax.add_patch(Rectangle((left, 496), 92, 9, linewidth=0, facecolor=ARM_COLOURS[arm]))
        ax.text(77, 420, TITLE, fontsize=58, fontweight="bold", va="center")
        ax.text(80, 344, QUESTION, fontsize=25, va="top", linespacing=1.45)
        ax.text(80, 148, CONTENTS, fontsize=18, color=MUTED, va="center")
        if banner:
            ax.add_patch(Rectangle((0, 0), WIDTH, 76, linewidth=0, facecolor=BANNER_GROUND, zorder=5))
            ax.plot((0, WIDTH), (76, 76), color=BANNER_LINE, linewidth=2, zorder=6)
            about = {"fontsize": 21, "fontweight": "bold", "color": BANNER_INK, "ha": "center", "va": "center"}
            ax.text(WIDTH / 2, 37, banner, zorder=7, **about)
        buffer = io.BytesIO()
        fig.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def _spine(ax: Axes) -> None:
    """Vertebrae seen from the side, cut off by the card's edges; one of them, lower in front, holds cement."""
    for bottom, front in ((528, 0), (348, 34), (174, 0), (-6, 0)):
        _vertebra(ax, bottom, front)
        ax.add_patch(_rounded(905, bottom - 26, 205, 15, 7.5, DISC))
    ax.add_patch(Ellipse((1008, 408), 124, 66, angle=-5, facecolor=ARM_COLOURS["KP"], edgecolor=INK, linewidth=2))


def _vertebra(ax: Axes, bottom: float, front: float) -> None:
    """A body with a waist, its front edge at the left lower by `front`."""
    left, right, high, waist, corner = 895, 1120, 134, 13, 24
    top = bottom + high
    start = top - front
    vertices = [
        (left + corner, bottom), (1005, bottom + waist), (right - corner, bottom), (right, bottom),
        (right, bottom + corner), (right - waist, (bottom + top) / 2), (right, top - corner), (right, top),
        (right - corner, top),
        (1005, (top + start) / 2 - waist), (left + corner, start), (left, start), (left, start - corner),
        (left + waist, (bottom + start) / 2), (left, bottom + corner), (left, bottom), (left + corner, bottom),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE3] * 16]
    ax.add_patch(PathPatch(Path(vertices, codes), facecolor=BONE, edgecolor=EDGE, linewidth=2.5))


def _rounded(left: float, bottom: float, width: float, height: float, radius: float, colour: str) -> PathPatch:
    right, top = left + width, bottom + height
    vertices = [
        (left + radius, bottom), (right - radius, bottom), (right, bottom), (right, bottom + radius),
        (right, top), (right - radius, top), (left + radius, top), (left, top), (left, top - radius), (left, bottom),
        (left + radius, bottom),
    ]  # fmt: skip
    codes = [Path.MOVETO, Path.LINETO, *[Path.CURVE3] * 4, Path.LINETO, *[Path.CURVE3] * 4]
    return PathPatch(Path(vertices, codes), facecolor=colour, linewidth=0)
