"""Tables of cement leakage."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.select import groups, select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, counted, heads
from helpers.results import Record

Records = Sequence[Record]


def leakage_success(records: Records) -> exhibit.Table:
    """Success per arm and its difference."""
    shown = select(records, analysis="leakage.success", parameter="SUCCESS")
    counts = [
        "Patients with success",
        *(numbers.share(*(value(shown, group=g, statistic=s) for s in ("events", "n"))) for g in ARMS),
        "",
    ]
    rates = [f"Success rate, % {INTERVAL}", *(cell(shown, group=g) for g in (*ARMS, "KP-VP"))]
    return exhibit.table(["", *heads("Difference, points")], [counts, rates], shown=shown)


def leakage_bayes(records: Records) -> exhibit.Table:
    """Posterior medians with credible intervals, and the probabilities of a difference."""
    shown = select(records, analysis="leakage.success_bayes")
    rates = select(shown, parameter="SUCCESS")
    rows = [["Success rate, %", *(cell(rates, centre="median", group=g) for g in (*ARMS, "KP-VP"))]]
    rows.append(["**Probability that kyphoplasty succeeds more often**", "", "", ""])
    for code in ("SUPERIORITY", "RD_GT_10", "RD_GT_20"):
        name = "At all" if code == "SUPERIORITY" else labels.parameter(code).capitalize()
        chance = numbers.plain(value(shown, parameter=code, group="KP-VP", statistic="probability"), "probability")
        rows.append([name, "", "", chance])
    return exhibit.table(
        ["Posterior median (95\u00a0% credible interval)", *heads("Difference, points")], rows, shown=shown
    )


def leakage_sensitivity(records: Records) -> exhibit.Table:
    """The difference of success rates as the other analyses see it."""
    analyses = {
        "leakage.success": "Main analysis",
        "leakage.success_newcombe": "Newcombe interval",
        "leakage.success_mitt": "Treated patients only",
    }
    shown = select(records, analysis=tuple(analyses), parameter="SUCCESS")
    rows = []
    for analysis, name in analyses.items():
        found = select(shown, analysis=analysis)
        arms = [counted(found, group=g) if g in groups(found) else "" for g in ARMS]
        rows.append([name, *arms, cell(found, group="KP-VP")])
    return exhibit.table(["Analysis", *heads(f"Difference, points {INTERVAL}")], rows, shown=shown)


def leakage_characteristics(records: Records) -> exhibit.Table:
    """Patients with each kind of leak, the leaks counted, and treated vertebrae with a leak."""
    kinds = {
        "leakage.type": ("VASCULAR", "CORTICAL"),
        "leakage.size": ("SIGNIFICANT", "NOT_SIGNIFICANT"),
        "leakage.symptoms": ("SYMPTOMATIC", "ASYMPTOMATIC"),
    }
    shown = select(records, analysis=(*kinds, "leakage.vertebra"))
    rows = []
    for code in (code for codes in kinds.values() for code in codes):
        found = select(shown, parameter=code, unit_of_analysis="patient")
        leaks = select(shown, parameter=code, unit_of_analysis="leak", statistic="count")
        arms = [f"{counted(found, group=g)}; {_leaks(value(leaks, group=g))}" for g in ARMS]
        rows.append([labels.parameter(code), *arms, cell(found, group="KP-VP")])
    vertebrae = select(shown, analysis="leakage.vertebra")
    if vertebrae:
        rows.append(["Treated vertebrae with a leak", *(counted(vertebrae, group=g) for g in ARMS), ""])
    return exhibit.table(
        ["Patients with at least one leak; leaks", *heads(f"Difference, points {INTERVAL}")], rows, shown=shown
    )


def _leaks(count: int | None) -> str:
    return f"{numbers.plain(count, 'leaks')} {'leak' if count == 1 else 'leaks'}"
