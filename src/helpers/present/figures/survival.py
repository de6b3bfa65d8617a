"""Figure of survival from randomisation: Kaplan-Meier steps as recorded, week by week."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers, sentences, theme
from helpers.present.disclosure import published
from helpers.present.select import Interval, interval, select
from helpers.results import Record


@published
def survival(records: Sequence[Record]) -> exhibit.Figure:
    """Proportion alive in all patients, and in each arm where its deaths may be shown, with the interval of all."""
    shown = select(records, analysis="participants.survival")
    codes = sorted({r.parameter for r in shown})
    with theme.style():
        fig = theme.canvas(3.6)
        ax = fig.subplots()
        for group in ("all", "KP", "VP"):
            found = [(_day(code), interval(shown, parameter=code, group=group)) for code in codes]
            known = [(day, i) for day, i in found if i.drawn]
            _steps(ax, known, group, found[-1][1])
        last = _day(codes[-1])
        ax.set(xlim=(0, last), ylim=(0, 103), xlabel="Days from randomisation", ylabel="", title="Patients alive, %")
        ax.set_xticks(range(0, last + 1, 28))
        theme.framed(ax)
        return exhibit.figure(fig, shown=shown, finding=sentences.survival(records))


def _day(code: str) -> int:
    return int(code.removeprefix("DAY_"))


def _steps(ax, known: Sequence[tuple[int, Interval]], group: str, last: Interval) -> None:
    """Steps between the recorded days, and the value of the last day by name; what may not be shown is not drawn."""
    if not known:
        return
    days, colour = [day for day, _ in known], theme.ARM_COLOURS[group]
    ax.step(days, [100 * i.estimate for _, i in known], where="post", color=colour, linewidth=1.8)
    if group == "all":
        limited = [(day, i) for day, i in known if i.limited]
        lower, upper = ([100 * getattr(i, side) for _, i in limited] for side in ("lower", "upper"))
        ax.fill_between([d for d, _ in limited], lower, upper, step="post", color=colour, alpha=0.12, linewidth=0)
    name = f"{labels.arm(group)} {numbers.worded(last.estimate, 'proportion')}"
    where = {"all": (1.02, 0.5), "KP": (1.02, 0.62), "VP": (1.02, 0.38)}[group]
    ax.text(*where, name, transform=ax.transAxes, color=colour, va="center", fontsize=9.5)
