"""Which numbers differ between two snapshots, by how much, and which conclusions crossed a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from helpers.results.landmarks import PROBABILITIES, is_magnitude, is_posterior, null_value
from helpers.results.record import Record, canonical
from helpers.results.snapshot import IDENTITY, Key, Snapshot, key

#: Fields that say how a number was made.
DESCRIPTION = ("population", "unit", "method", "estimand", "sap", "blinded")

#: The version of what `as_json` writes.
SCHEMA = 1


def state(record: Record) -> tuple[str, float | int | str | None]:
    """What stands in the place of the value: a number, `hidden`, or `not estimable` with its reason."""
    if record.value is not None:
        return "number", record.value
    return ("hidden", None) if record.hidden else ("not estimable", record.reason)


@dataclass(frozen=True)
class Change:
    """A number that differs, appeared or vanished; `described` is the same number, made or filed in another way."""

    old: Record | None
    new: Record | None

    @property
    def record(self) -> Record:
        """The side that there is, the new one first."""
        return self.new or self.old

    @property
    def kind(self) -> Literal["changed", "appeared", "vanished", "described"]:
        if self.old is None:
            return "appeared"
        if self.new is None:
            return "vanished"
        same = state(self.old) == state(self.new) and self.old.unit == self.new.unit
        return "described" if same else "changed"

    @property
    def difference(self) -> float | int | None:
        """New less old, in their unit; None unless both are numbers of one unit."""
        if not (self.old and self.new) or self.old.unit != self.new.unit or None in (self.old.value, self.new.value):
            return None
        gap = Decimal(str(self.new.value)) - Decimal(str(self.old.value))  # both are decimals of 12 digits
        return int(gap) if isinstance(self.new.value, int) and isinstance(self.old.value, int) else float(gap) + 0.0

    @property
    def relative(self) -> float | None:
        """The difference as a part of the old number, where that means something."""
        if self.difference is None or not self.old.value or not is_magnitude(self.old):
            return None
        return canonical(self.difference / abs(self.old.value))

    @property
    def redescribed(self) -> dict[str, tuple[Any, Any]]:
        """The fields of `DESCRIPTION` that differ, old and new; a method without the reason, which is no method's."""
        if not (self.old and self.new):
            return {}
        pairs = {name: (getattr(self.old, name), getattr(self.new, name)) for name in DESCRIPTION}
        pairs["method"] = (self.old.base_method, self.new.base_method)
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True)
class Crossing:
    """A conclusion that crossed a line.

    `kind` is `interval` (`now` excludes or includes the one value of `lines`), `probability` (above or below `lines`),
    or `estimable`. `old` and `new` are the records it rests on: one, or both limits of an interval.
    """

    kind: Literal["interval", "probability", "estimable"]
    now: Literal["excludes", "includes", "above", "below", "estimable", "not estimable"]
    lines: tuple[float, ...]
    old: tuple[Record, ...]
    new: tuple[Record, ...]


@dataclass(frozen=True)
class Comparison:
    """Two snapshots and what differs; `compared` counts the numbers that both have."""

    old: Snapshot
    new: Snapshot
    compared: int
    changes: tuple[Change, ...]
    crossings: tuple[Crossing, ...]

    def of_kind(self, kind: str) -> list[Change]:
        return [c for c in self.changes if c.kind == kind]

    @property
    def differs(self) -> bool:
        return bool(self.changes) or bool(self.data_changed)

    @property
    def data_changed(self) -> bool | None:
        """Whether other data ran; None where one side has no record of it."""
        for name in ("checksum", "md5"):
            pair = getattr(self.old.source, name), getattr(self.new.source, name)
            if None not in pair:
                return pair[0] != pair[1]
        return None

    @property
    def comparable(self) -> bool | None:
        """Whether both sides may be read as findings on the same footing: both synthetic or both real, both blinded or
        both open; None where one side has no record of it."""
        pairs = [(getattr(self.old.source, n), getattr(self.new.source, n)) for n in ("synthetic", "blinded")]
        return None if any(None in pair for pair in pairs) else all(a == b for a, b in pairs)


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """Every difference of two snapshots, sorted by what the numbers are.

    A value is held at 12 significant digits, so that what is equal to so many is unchanged.
    """
    keys = sorted({*old.records, *new.records})
    pairs = [Change(old.records.get(k), new.records.get(k)) for k in keys]
    changes = [c for c in pairs if c.kind != "described" or c.redescribed]
    return Comparison(
        old=old,
        new=new,
        compared=sum(c.old is not None and c.new is not None for c in pairs),
        changes=tuple(changes),
        crossings=tuple(_crossings(old.records, new.records, keys)),
    )


def _crossings(old: Mapping[Key, Record], new: Mapping[Key, Record], keys: Sequence[Key]) -> list[Crossing]:
    found = []
    for place in keys:
        *line, statistic = place
        if statistic == "lower95":
            upper = (*line, "upper95")
            if all(k in side for k in (place, upper) for side in (old, new)):
                found.append(_of_interval((old[place], old[upper]), (new[place], new[upper])))
        elif place in old and place in new:
            found.append(_of_estimate(old[place], new[place]) or _of_probability(old[place], new[place]))
    return [crossing for crossing in found if crossing]


def _of_interval(old: tuple[Record, Record], new: tuple[Record, Record]) -> Crossing | None:
    if estimable := _of_estimability(old, new):
        return estimable
    before, now = _excludes(*old), _excludes(*new)
    if None in (before, now) or before == now:
        return None
    return Crossing("interval", "excludes" if now else "includes", (null_value(new[0]),), old, new)


def _excludes(lower: Record, upper: Record) -> bool | None:
    """Whether the interval excludes the value of no effect; a limit upon it includes it."""
    null = null_value(lower)
    if null is None or lower.value is None or upper.value is None:
        return None
    return not lower.value <= null <= upper.value


def _of_estimate(old: Record, new: Record) -> Crossing | None:
    return _of_estimability((old,), (new,)) if old.statistic in ("estimate", "median", "probability") else None


def _of_estimability(old: tuple[Record, ...], new: tuple[Record, ...]) -> Crossing | None:
    """A number that became not estimable or the other way round; one that is hidden is neither."""
    if any(r.hidden for r in (*old, *new)):
        return None
    before, now = (all(r.value is not None for r in side) for side in (old, new))
    return None if before == now else Crossing("estimable", "estimable" if now else "not estimable", (), old, new)


def _of_probability(old: Record, new: Record) -> Crossing | None:
    if not (is_posterior(old) and is_posterior(new)) or None in (old.value, new.value):
        return None
    passed = tuple(line for line in PROBABILITIES if (old.value >= line) != (new.value >= line))
    if not passed:
        return None
    return Crossing("probability", "above" if new.value > old.value else "below", passed, (old,), (new,))


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain values, every list sorted by what the numbers are; a change of its form is a `schema`."""
    return {
        "schema": SCHEMA,
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        "data_changed": comparison.data_changed,
        "comparable": comparison.comparable,
        "counts": {
            "compared": comparison.compared,
            **{kind: len(comparison.of_kind(kind)) for kind in ("changed", "appeared", "vanished", "described")},
            "crossings": len(comparison.crossings),
        },
        "crossings": [
            {
                **_identity(c.new[0]),
                "kind": c.kind,
                "now": c.now,
                "lines": list(c.lines),
                "old": [_value(r) for r in c.old],
                "new": [_value(r) for r in c.new],
            }
            for c in comparison.crossings
        ],
        "changes": [
            {
                **_identity(c.record),
                "kind": c.kind,
                "old": c.old and _value(c.old),
                "new": c.new and _value(c.new),
                "difference": c.difference,
                "relative": c.relative,
            }
            for c in comparison.changes
        ],
    }


def _side(side: Snapshot) -> dict[str, Any]:
    about = {"name": side.name, "commit": side.commit or None, "records": len(side.records)}
    return about | {"data": vars(side.source) | {"synthetic": side.source.synthetic, "blinded": side.source.blinded}}


def _identity(record: Record) -> dict[str, str]:
    return dict(zip(IDENTITY, key(record), strict=True))


def _value(record: Record) -> dict[str, Any]:
    what, _ = state(record)
    about = {name: getattr(record, name) for name in DESCRIPTION}
    return {"state": what, "value": record.value, "reason": record.reason} | about | {"method": record.base_method}
