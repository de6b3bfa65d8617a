"""Finding records: the one way in which exhibits, sentences and variables get at a number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from helpers.errors import InvalidInput
from helpers.present import labels, numbers, spans
from helpers.results import GROUPS, STATISTICS, Record
from helpers.sap import Sap


def select(records: Iterable[Record], **where: str | tuple[str, ...]) -> list[Record]:
    """Records whose fields equal the given codes (a tuple means any of them), in their order."""
    found = list(records)
    for (
        name,
        codes,
    ) in where.items():  # one field after another: a figure asks hundreds of times, of thousands of records
        of = attrgetter(name)
        found = [r for r in found if of(r) == codes] if isinstance(codes, str) else [r for r in found if of(r) in codes]
    return found


def record(records: Iterable[Record], **where: str) -> Record:
    """The one record meant.

    Raises
    ------
    InvalidInput
        If no record or several fit: a figure must not be drawn from a number that is not there.
    """
    found = select(records, **where)
    if len(found) != 1:
        meant = ", ".join(f"{name}={code}" for name, code in where.items())
        raise InvalidInput(f"{len(found)} records fit {meant}, one is needed. Run the analysis before drawing it.")
    return found[0]


def value(records: Iterable[Record], **where: str) -> numbers.Value:
    """The one number meant; HIDDEN where it is not shown."""
    found = record(records, **where)
    return numbers.HIDDEN if found.hidden else found.value


def unit(records: Iterable[Record], **where: str) -> str:
    """Unit of the one record meant."""
    found = {r.unit for r in select(records, **where)}
    if len(found) != 1:
        raise InvalidInput(f"{len(found)} units fit {where}, one is needed.")
    return found.pop()


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits, as recorded; None where it could not be estimated, HIDDEN where it is not shown.

    `key` and `limits_key` lead to the records.
    """

    estimate: numbers.Value
    lower: numbers.Value
    upper: numbers.Value
    unit: str
    group: str
    key: str = ""
    limits_key: str = ""

    @property
    def drawn(self) -> bool:
        """Whether there is an estimate to draw."""
        return isinstance(self.estimate, float | int)

    @property
    def limited(self) -> bool:
        """Whether there are limits to draw."""
        return isinstance(self.lower, float | int) and isinstance(self.upper, float | int)

    @property
    def contrast(self) -> bool:
        return self.group == "KP-VP"

    @property
    def text(self) -> str:
        """`29.2 (−6.5 to 58.2)`."""
        return numbers.estimate(self.estimate, self.lower, self.upper, self.unit, contrast=self.contrast)

    @property
    def cited(self) -> str:
        """The same, both numbers to be followed."""
        said = spans.cite(numbers.estimate(self.estimate, None, None, self.unit, contrast=self.contrast), self.key)
        if not self.drawn or self.lower is None or self.upper is None:
            return said
        return f"{said} ({self.cited_limits})"

    @property
    def cited_limits(self) -> str:
        """The limits alone, to be followed."""
        limits = numbers.interval(self.lower, self.upper, self.unit, contrast=self.contrast)
        return spans.cite(limits, self.limits_key)


def interval(records: Iterable[Record], *, centre: str = "estimate", **where: str) -> Interval:
    """Estimate (or median) with its 95 % limits from the three records that hold them."""
    found = select(records, **where)
    *line, _ = spans.path(record(found, statistic=centre))
    return Interval(
        estimate=value(found, statistic=centre),
        lower=value(found, statistic="lower95"),
        upper=value(found, statistic="upper95"),
        unit=unit(found, statistic=centre),
        group=where["group"],
        key=".".join([*line, centre]),
        limits_key=".".join([*line, spans.INTERVAL]),
    )


def groups(records: Iterable[Record], **where: str) -> list[str]:
    """Arms that have records, experimental first."""
    present = {r.group for r in select(records, **where)}
    return [g for g in GROUPS if g in present]


def bins(records: Iterable[Record], *, group: str) -> list[tuple[int, int, Record]]:
    """Edges (percentage points) and record of each bin of a posterior recorded as a histogram, in order."""
    found = []
    for r in select(records, group=group, statistic="probability"):
        low, high = (int(edge.replace("M", "-")) for edge in r.parameter.removeprefix("MASS_").split("_"))
        found.append((low, high, r))
    return sorted(found, key=lambda b: b[0])


def reading_order(records: Sequence[Record], plan: Sap) -> list[Record]:
    """Records as a reader looks for them: by the plan, the measure, the visit, the group and the statistic.

    What the plan or the labels no longer know, as in an older revision, comes last.
    """
    orders = {
        "analysis": [a.id for a in plan.analyses],
        "parameter": labels.in_order(r.parameter for r in records),
        "visit": list(labels.VISITS),
        "unit_of_analysis": sorted({r.unit_of_analysis for r in records}),
        "group": GROUPS,
        "statistic": list(STATISTICS),
    }
    places = {name: {code: place for place, code in enumerate(order)} for name, order in orders.items()}
    return sorted(records, key=lambda r: [places[n].get(getattr(r, n), len(places[n])) for n in orders])
