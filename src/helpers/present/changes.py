"""One change of a number in words, one conclusion that crossed a line, and what else is said of the numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.present import index, labels, numbers, spans
from helpers.results import Record
from helpers.results.compare import Change, Crossing

#: Analyses that are named where several say the same; more are counted.
NAMED = 3

ABSENT = "\u2013"
_FIELDS = {"population": "analysis set", "sap": "section", "blinded": "arms permuted"}


@dataclass(frozen=True)
class Row:
    """One change in words; `place` is what the number is a statistic of."""

    analysis: str
    place: str
    statistic: str
    old: str
    new: str
    difference: str


def row(change: Change) -> Row:
    """A change in words."""
    record = change.record
    return Row(record.analysis, place(record), labels.STATISTICS[record.statistic], *_values(change))


def place(record: Record) -> str:
    """What a number is a statistic of, with its unit of analysis where that is not the patient."""
    unit = "" if record.unit_of_analysis == "patient" else f", by {record.unit_of_analysis}"
    return f"{index.place(record)}{unit}"


def crossed(crossing: Crossing) -> str:
    """A conclusion that crossed a line, as a sentence without a full stop."""
    now = crossing.new[0]
    lines = " and ".join(f"{line:g}" for line in crossing.lines)
    what = "95 % interval" if len(crossing.new) == 2 else labels.STATISTICS[now.statistic]
    verb = {
        "excludes": f"now excludes {lines}",
        "includes": f"now includes {lines}",
        "above": f"is now above {lines}",
        "below": f"is now below {lines}",
        "estimable": "is now estimable",
        "not estimable": "is not estimable any more",
    }
    pairs = [_values(Change(*both)) for both in zip(crossing.old, crossing.new, strict=True)]
    old, new = (" to ".join(dict.fromkeys(pair[side] for pair in pairs)) for side in (0, 1))
    return f"{place(now)}: the {what} {verb[crossing.now]}, {old} → {new}"


def redescribed(changes: Sequence[Change]) -> list[str]:
    """What else is said of the numbers now: `analysis set ITT → PP: pain.vas (137 numbers)`."""
    found: dict[tuple[str, str, str], Counter] = {}
    for change in changes:
        for field, (old, new) in change.redescribed.items():
            told = _FIELDS.get(field, field), str(old) or ABSENT, str(new) or ABSENT
            found.setdefault(told, Counter())[change.record.analysis] += 1
    lines = []
    for (field, old, new), analyses in found.items():
        where = ", ".join(analyses) if len(analyses) <= NAMED else f"{len(analyses)} analyses"
        count = sum(analyses.values())
        lines.append(f"{field} {old} → {new}: {where} ({count} {'number' if count == 1 else 'numbers'})")
    return lines


def _values(change: Change) -> tuple[str, str, str]:
    """Old, new and difference in words."""
    if change.difference is None:
        return _alone(change.old), _alone(change.new), {"appeared": "new", "vanished": "gone"}.get(change.kind, "")
    record = change.new
    unit, contrast = spans.unit(record), record.group == "KP-VP"
    old, new, difference = numbers.apart(change.old.value, record.value, unit, contrast=contrast)
    sign = numbers.suffix(unit, contrast=contrast)
    sign = "" if sign.startswith(" ") else sign  # a word is said once, behind the difference
    name = numbers.suffix(unit, contrast=contrast or unit == "proportion")
    relative = "" if change.relative is None else f" ({_percent(change.relative)})"
    return old + sign, new + sign, f"{difference}{name}{relative}"


def _alone(record: Record | None) -> str:
    """A number that has none beside it, or why there is none."""
    if record is None:
        return ABSENT
    if record.value is None and not record.hidden and record.reason:
        return f"{numbers.NOT_ESTIMABLE} ({record.reason.replace('-', ' ')})"
    return spans.worded(record)


def _percent(part: float) -> str:
    size = numbers.fixed(abs(100 * part), 1)
    return f"{numbers.MINUS if part < 0 else '+'}{size} %" if size != "0.0" else "below 0.05 %"
