"""Figures of pain and quality of life: responders over the visits, and the difference as imputed values get worse."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, marks, numbers, sentences, theme
from helpers.present.select import interval, select, value
from helpers.results import Record

Records = Sequence[Record]

_STEM = {"pain": "pain.vas", "qol": "qol.dallas"}


@exhibit.drawn
def responders(records: Records) -> exhibit.Figure:
    """Rates of response of each arm, a panel for each visit."""
    shown = select(records, analysis=f"{records[0].endpoint}.responder", group=("KP", "VP"))
    visits = labels.in_order(r.visit for r in shown)
    codes = labels.in_order(r.parameter for r in shown)
    with theme.style():
        fig = theme.canvas(0.9 + len(visits) * (0.45 + 0.42 * len(codes)))
        axes = fig.subplots(len(visits), 1, sharex=True, squeeze=False)[:, 0]
        for ax, visit in zip(axes, visits, strict=True):
            at = select(shown, visit=visit)
            named = [(_wrapped(c), [interval(at, parameter=c, group=g) for g in ("KP", "VP")]) for c in codes]
            marks.pairs(ax, named)
            ax.set(xlim=(0, 100), title=labels.visit(visit).capitalize())
        axes[-1].set_xlabel("Responders of all patients, %")
        marks.legend(fig)
        return exhibit.figure(fig, shown=shown, finding=sentences.responders(records, visit=visits[-1]))


def _wrapped(code: str) -> str:
    return labels.parameter(code).replace(", ", ",\n")


@exhibit.drawn
def delta(records: Records) -> exhibit.Figure:
    """The difference as the values imputed for kyphoplasty get worse, and the shift at which its sign turns."""
    stem = _STEM[records[0].endpoint]
    found = select(records, analysis=f"{stem}_delta")
    codes = labels.in_order(r.parameter.removesuffix("_TIPPING") for r in found if r.parameter.endswith("_TIPPING"))
    with theme.style():
        columns = 1 if theme.is_narrow() or len(codes) == 1 else 2
        rows = -(-len(codes) // columns)
        fig = theme.canvas(0.8 + (1.5 if theme.is_narrow() else 2.1) * rows if len(codes) > 1 else 3.0)
        axes = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax, code in zip(axes, codes, strict=False):
            _shifts(ax, found, code)
        for ax in axes[-columns:]:
            ax.set_xlabel("Imputed values of kyphoplasty\nworse by, points")
        fig.supylabel("Difference, points", fontsize=10)
        return exhibit.figure(fig, shown=found, finding=sentences.tipping(records))


def _shifts(ax, found: Records, code: str) -> None:
    stepped = {r.parameter for r in found if r.parameter.startswith(f"{code}_DELTA_")}
    shifts = {int(name.rpartition("_")[2]) / 100: name for name in sorted(stepped)}
    lines = [(shift, interval(found, parameter=name, group="KP-VP")) for shift, name in shifts.items()]
    marks.points(ax, lines, vertical=True)
    marks.zero(ax, vertical=True)
    last = max(shifts)
    ax.set(xlim=(-0.07 * last, 1.07 * last), title=labels.parameter(code), xlabel="", ylabel="")
    ax.set_xticks(list(shifts)[::2])
    theme.framed(ax)
    turn = value(found, parameter=f"{code}_TIPPING", statistic="estimate")
    if turn is not None:
        words = f"sign turns at {numbers.worded(turn, 'points')}"
        ax.text(0.98, 0.04, words, transform=ax.transAxes, ha="right", fontsize=9, color=theme.MUTED)
