"""The way of the participants as CONSORT asks for it: stages with named counts, for the figure and for its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.present import labels, numbers
from helpers.present.select import select, value
from helpers.results import Record
from helpers.sap import load_sap

Records = Sequence[Record]

#: Who was looked at before randomisation is in no table of the export.
UNKNOWN = "not recorded in the data"

_LEFT = ("DIED", "WITHDRAWN", "LOST")
_TREATED = ("TREATED", "SWITCHED", "NOT_TREATED")


@dataclass(frozen=True)
class Stage:
    """One box: its title, the patients who reached it where they are counted, and what became of them."""

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    count: str = ""


def shown(records: Records) -> list[Record]:
    """The records that the diagram is drawn from."""
    codes = (*_TREATED, *_LEFT, "COMPLETED")
    return [
        *select(records, analysis="participants.survival", parameter="DAY_000", group="all", statistic="n"),
        *select(records, analysis="participants.flow", parameter=codes),
        *select(records, analysis="leakage.success", parameter="SUCCESS", statistic="n"),
        *select(records, analysis="leakage.success", parameter="IMAGED_M3", statistic="events"),
        *select(records, analysis="tolerance.overview", parameter="AEANY", statistic="n"),
    ]


def randomised(records: Records) -> str:
    """How many were randomised; each of them has a day of randomisation from which survival is counted."""
    found = value(records, analysis="participants.survival", parameter="DAY_000", group="all", statistic="n")
    return numbers.plain(found, "patients")


def stages(records: Records, group: str) -> list[Stage]:
    """The boxes of an arm from allocation to analysis. Of a patient never treated the data give no reason."""
    flow = select(records, analysis="participants.flow", group=group)

    def counted(codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
        events = (numbers.plain(value(flow, parameter=code, statistic="events"), "patients") for code in codes)
        names = (labels.parameter(code).removesuffix(" before month 3") for code in codes)
        return tuple(zip(names, events, strict=True))

    size = numbers.plain(value(flow, parameter="TREATED", statistic="n"), "patients")
    *treated, (never, untreated) = counted(_TREATED)
    return [
        Stage(
            f"Allocated to {labels.arm(group).lower()}", (*treated, (f"{never}, reason not recorded", untreated)), size
        ),
        Stage("Follow-up to month 3", counted((*_LEFT, "COMPLETED"))),
        Stage("Analysed", _analysed(records, group)),
    ]


def _analysed(records: Records, group: str) -> tuple[tuple[str, str], ...]:
    """Success by the arm allocated, in the analysis set that ran, and tolerance by the technique received."""
    success = select(records, analysis="leakage.success", group=group)
    population = select(success, parameter="SUCCESS", statistic="n")[0].population
    name = load_sap().analysis_set(population).name
    counts = (
        value(success, parameter="SUCCESS", statistic="n"),
        value(success, parameter="IMAGED_M3", statistic="events"),
        value(records, analysis="tolerance.overview", parameter="AEANY", group=group, statistic="n"),
    )
    names = (f"Success, {name.lower()}", labels.parameter("IMAGED_M3"), "Tolerance, by the technique received")
    return tuple(zip(names, (numbers.plain(n, "patients") for n in counts), strict=True))


def finding(records: Records) -> str:
    """The whole diagram in words."""
    arms = [_arm(stages(records, group)) for group in ("KP", "VP")]
    return f"Assessed for eligibility and excluded: {UNKNOWN}. Randomised: {randomised(records)}. {' '.join(arms)}"


def _arm(boxes: Sequence[Stage]) -> str:
    parts = []
    for box in boxes:
        counts = "; ".join(f"{name.lower()}: {count}" for name, count in box.lines)
        parts.append(f"{box.title}{f', {box.count}' if box.count else ''}. {counts[0].upper()}{counts[1:]}.")
    return " ".join(parts)
