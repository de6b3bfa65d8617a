"""Tables of cement leakage."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, counted, heads
from helpers.results import Record

Records = Sequence[Record]


@published
def leakage_success(records: Records) -> exhibit.Table:
    """Success per arm and its difference, and how far images stand behind it."""
    shown = select(records, analysis="leakage.success", parameter=("SUCCESS", "IMAGED_M3"))
    success = select(shown, parameter="SUCCESS")
    unknown = (numbers.plain(value(success, group=g, statistic="missing"), "patients") for g in ARMS)
    rows = [
        ["Patients with success", *(_share(success, group=g) for g in ARMS), ""],
        [f"Success rate, % {INTERVAL}", *(cell(success, group=g) for g in (*ARMS, "KP-VP"))],
        [labels.parameter("IMAGED_M3"), *(_share(select(shown, parameter="IMAGED_M3"), group=g) for g in ARMS), ""],
        ["Unknown (no image after the procedure), no success", *unknown, ""],
    ]
    return exhibit.table(["Patients randomised", *heads("Difference, points")], rows, shown=shown)


def _share(records: Records, *, group: str) -> str:
    return numbers.share(*(value(records, group=group, statistic=s) for s in ("events", "n")))


@published
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


@published
def leakage_characteristics(records: Records) -> exhibit.Table:
    """Patients with each kind of leak, the leaks counted, and treated vertebrae with a leak."""
    shown = select(records, analysis=(*labels.LEAKS, "leakage.vertebra"))
    rows = []
    for title, codes in labels.LEAKS.values():
        rows.append([f"**{title}**", "", "", ""])
        for code in codes:
            found = select(shown, parameter=code, unit_of_analysis="patient")
            leaks = select(shown, parameter=code, unit_of_analysis="leak", statistic="count")
            arms = [_both(counted(found, group=g), _leaks(value(leaks, group=g))) for g in ARMS]
            rows.append([labels.parameter(code), *arms, cell(found, group="KP-VP")])
    vertebrae = select(shown, analysis="leakage.vertebra")
    if vertebrae:
        rows.append(["**Vertebrae**", "", "", ""])
        rows.append(["Treated, with a leak", *(counted(vertebrae, group=g) for g in ARMS), ""])
    return exhibit.table(["Patients; leaks", *heads(f"Difference, points {INTERVAL}")], rows, shown=shown)


def _leaks(count: numbers.Value) -> str:
    return f"{numbers.plain(count, 'leaks')} {'leak' if count == 1 else 'leaks'}"


def _both(patients: str, leaks: str) -> str:
    """Patients and leaks, `3/16 (19 %); 4 leaks`; the mark once where neither is shown."""
    return patients if patients == numbers.MARK and numbers.MARK in leaks else f"{patients}; {leaks}"
