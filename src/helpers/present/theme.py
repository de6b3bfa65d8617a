"""How figures look and become bytes: the same ink, colours and letters, SVG for light and dark, PNG on white."""

import io
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

INK, MUTED, RULE = "#23303b", "#5c6a76", "#b9c2ca"
ARM_COLOURS = {"KP": "#0072b2", "VP": "#d55e00", "KP-VP": INK, "all": INK}
ARM_MARKERS = {"KP": "o", "VP": "s", "KP-VP": "D", "all": "D"}

#: Worst grade 0 to 5, light to dark, one hue: an order, not categories.
GRADE_COLOURS = ("#dfe5ea", "#cfc3e3", "#ad99d1", "#7c5fb0", "#67449c", "#40216b")

#: Letters upon those bars. The first bar changes with the page, and its letters with it; the others stay as they are.
GRADE_INKS = (INK, "#23303a", "#23303a", "#fffffe", "#fffffe", "#fffffe")

#: What each colour becomes where the page is dark. Contrast with #16191d: text at least 4.5, marks at least 3.
DARK = {
    INK: "#e8ebee",
    MUTED: "#aab4bd",
    RULE: "#4a545e",
    ARM_COLOURS["KP"]: "#56a8dc",
    ARM_COLOURS["VP"]: "#f0894a",
    "#dfe5ea": "#39424b",
    "#40216b": "#5b3a8c",
}

#: Inches. A figure is drawn twice: for the column of text, and for a phone of 360 px, where its letters are as large.
WIDTH, NARROW = 7.0, 3.75
SMALLEST = 8.6  # points: 11 px on that phone
_FONTS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

_RC = (
    sns.axes_style("white")
    | sns.plotting_context("paper", rc={"font.size": 10})
    | {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so that every machine lays out alike
        "font.size": 10,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 8,
        "axes.labelsize": 10,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "legend.fontsize": 10,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "axes.edgecolor": RULE,
        "axes.linewidth": 0.9,
        "axes.unicode_minus": True,
        "text.parse_math": False,  # a dollar sign is a dollar sign, whoever wrote it
        "axes.facecolor": "none",
        "figure.facecolor": "white",
        "xtick.bottom": True,
        "xtick.major.size": 3,
        "xtick.major.width": 0.9,
        "lines.solid_capstyle": "round",
        "svg.fonttype": "none",
        "svg.hashsalt": "kypho",
        "path.simplify": False,
        "hatch.linewidth": 0.9,
    }
)


_NARROW: ContextVar[bool] = ContextVar("narrow", default=False)


@contextmanager
def narrow() -> Iterator[None]:
    """What is drawn inside is drawn for a phone."""
    token = _NARROW.set(True)
    try:
        yield
    finally:
        _NARROW.reset(token)


def is_narrow() -> bool:
    """Whether the figure being drawn is that for a phone."""
    return _NARROW.get()


@contextmanager
def style() -> Iterator[None]:
    """The look, for drawing and for rendering; nothing of it stays behind in the reader's session."""
    with mpl.rc_context(_RC):
        yield


def canvas(height: float, *, width: float | None = None) -> Canvas:
    """An empty figure of the common width, height in inches; without pyplot, so that no notebook shows it by itself.

    On a phone it is higher, since the name of a row stands above it and panels stand one below the other. A figure that
    names its own `width` has the height it asks for. Both are whole pixels of a page: its place there is given in such.
    """
    size = (NARROW, 1.3 * height) if is_narrow() else (WIDTH, height)
    pixels = [round(96 * side) for side in ((width, height) if width else size)]
    return Canvas(figsize=[count / 96 for count in pixels])


def bare(ax: Axes) -> Axes:
    """An axis with its horizontal scale only; its rows are named in words."""
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    return ax


def framed(ax: Axes) -> Axes:
    """An axis with both scales and faint horizontal rules."""
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color=RULE, linewidth=0.6, alpha=0.6)
    ax.set_axisbelow(True)
    return ax


def stamp(fig: Canvas, banner: str) -> None:
    """Write the data's status into the figure, small and grey; an empty banner (a real export) writes nothing."""
    if banner:
        fig.supxlabel(banner, x=0.99, ha="right", fontsize=SMALLEST, color=MUTED)


def fit(fig: Canvas) -> None:
    """On a phone: letters a little smaller, never below `SMALLEST`, and titles in as many lines as they need."""
    if not is_narrow():
        return
    for text in fig.findobj(Text):
        text.set_fontsize(max(SMALLEST, 0.92 * text.get_fontsize()))
    for ax in fig.axes:
        letters = 30 if any(label.get_text() for label in ax.get_yticklabels()) else 42
        ax.set_title("\n".join(textwrap.wrap(ax.get_title(loc="left"), letters)), loc="left", fontsize=9.2)
        if ax.get_xlabel():
            ax.set_xlabel("\n".join(textwrap.wrap(ax.get_xlabel(), 36)))


def settle(fig: Canvas) -> None:
    """Lay out once, at a millionth of the figure: the solver's last bits differ between runs, the bytes must not.

    A figure that kept its layout engine would be laid out and drawn once more for every format.
    """
    ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.06).execute(fig)
    for ax in fig.axes:
        ax.set_position([round(edge, 6) for edge in ax.get_position().bounds])
    for text in fig.findobj(Text, include_self=False):
        if text.get_transform() == fig.transSubfigure:
            text.set_position([round(part, 6) for part in text.get_position()])


def to_png(fig: Canvas) -> bytes:
    """The figure on white at 200 dpi, without date or software in its metadata."""
    buffer = io.BytesIO()
    quick = {"compress_level": 3}  # a tenth larger, in half the time
    fig.savefig(buffer, format="png", dpi=200, facecolor="white", metadata={"Software": None}, pil_kwargs=quick)
    return buffer.getvalue()


def to_svg(fig: Canvas) -> str:
    """The figure on a transparent ground; a style block lightens its colours where the page that embeds it is dark."""
    buffer = io.StringIO()
    fig.savefig(
        buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    text = re.sub(r" *font-family: [^;\"]*;", "", buffer.getvalue())
    text = re.sub(r"\(-0 ", "(0 ", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    rules = "".join(
        f'[style*="{part}: {light}"]{{{part}:{dark}}}' for light, dark in DARK.items() for part in ("fill", "stroke")
    ).replace("}", " !important}")
    css = f"text{{font-family:{_FONTS}}}\n@media (prefers-color-scheme: dark){{{rules}}}"
    return text.replace("</style>", f"\n{css}\n</style>", 1)
