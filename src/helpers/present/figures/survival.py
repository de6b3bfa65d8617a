"""Figure of survival from randomisation: Kaplan-Meier steps as recorded, week by week."""

from collections.abc import Sequence
from math import nan

from helpers.present import exhibit, labels, numbers, sentences, theme
from helpers.present.select import Interval, interval, select
from helpers.results import Record


@exhibit.drawn
def survival(records: Sequence[Record]) -> exhibit.Figure:
    """Proportion alive in all patients, and in each arm where its deaths may be shown, with the interval of all."""
    shown = select(records, analysis="participants.survival")
    codes = sorted({r.parameter for r in shown})
    with theme.style():
        fig = theme.canvas(3.6)
        ax = fig.subplots()
        for group in ("all", "KP", "VP"):
            found = [(_day(code), interval(shown, parameter=code, group=group)) for code in codes]
            _steps(ax, found, group)
        last = _day(codes[-1])
        ax.set(xlim=(0, last), ylim=(0, 103), xlabel="Days from randomisation", ylabel="", title="Patients alive, %")
        ax.set_xticks(range(0, last + 1, 28))
        theme.framed(ax)
        return exhibit.figure(fig, shown=shown, finding=sentences.survival(records))


def _day(code: str) -> int:
    return int(code.removeprefix("DAY_"))


def _steps(ax, found: Sequence[tuple[int, Interval]], group: str) -> None:
    """Steps between the recorded days, and the value of the last day by name; no line where a day may not be shown."""
    days, colour = [day for day, _ in found], theme.ARM_COLOURS[group]
    alive = [100 * i.estimate if i.drawn else nan for _, i in found]
    if any(i.drawn for _, i in found):
        ax.step(days, alive, where="post", color=colour, linewidth=1.8)
    if group == "all":
        lower, upper = ([100 * getattr(i, side) if i.limited else nan for _, i in found] for side in ("lower", "upper"))
        ax.fill_between(days, lower, upper, step="post", color=colour, alpha=0.12, linewidth=0)
    name = f"{labels.arm(group)} {numbers.worded(found[-1][1].estimate, 'proportion')}"
    where = {"all": (1.02, 0.5), "KP": (1.02, 0.62), "VP": (1.02, 0.38)}[group]
    ax.text(*where, name, transform=ax.transAxes, color=colour, va="center", fontsize=9.5)
