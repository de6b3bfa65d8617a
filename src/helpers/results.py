"""The result record: what every number of the compendium looks like, wherever it is shown."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from numbers import Integral
from pathlib import Path

from helpers import files, paths
from helpers.errors import InvalidInput

GROUPS = ("KP", "VP", "KP-VP", "all")

#: The closed list of statistics. A new one is added here first, with what it means.
STATISTICS = {
    "n": "units analysed",
    "missing": "units without a value",
    "events": "units with the event",
    "count": "events, a unit may have several",
    "expected": "units from whom a value was expected",
    "mean": "arithmetic mean",
    "sd": "standard deviation",
    "median": "median",
    "q1": "lower quartile",
    "q3": "upper quartile",
    "min": "smallest value",
    "max": "largest value",
    "estimate": "point estimate of the estimand named by the method",
    "lower95": "lower limit of the 95 % interval",
    "upper95": "upper limit of the 95 % interval",
    "se": "standard error",
    "df": "degrees of freedom",
    "p_value": "two-sided p-value",
    "probability": "posterior probability of the statement named by the parameter",
}


@dataclass(frozen=True, kw_only=True)
class Record:
    """One number with everything needed to know what it is.

    `value` is a float or an int in `unit`, held at 12 significant digits from the start, so that every reader rounds
    the same number; None means not estimable, with the reason in `method`.
    """

    endpoint: str
    analysis: str
    estimand: str
    population: str
    visit: str
    unit_of_analysis: str
    parameter: str
    group: str
    statistic: str
    value: float | int | None
    unit: str
    method: str
    sap: str

    def __post_init__(self):
        if self.group not in GROUPS:
            raise InvalidInput(f"group {self.group!r} of {self.analysis} is not one of {', '.join(GROUPS)}.")
        if self.statistic not in STATISTICS:
            raise InvalidInput(
                f"statistic {self.statistic!r} of {self.analysis} is not in the closed list helpers.results.STATISTICS."
            )
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise InvalidInput(
                f"{self.analysis}, {self.parameter}, {self.group}, {self.statistic}: {self.value} is not a number. "
                "Use None and say why in `method`."
            )
        object.__setattr__(self, "value", canonical(self.value))


COLUMNS = tuple(f.name for f in fields(Record))


def canonical(value: float | int | None) -> float | int | None:
    """`value` at 12 significant digits, so that the last bits of a sum's order never reach a file."""
    if value is None or isinstance(value, Integral):
        return value if value is None else int(value)
    rounded = float(f"{float(value):.12g}")
    return rounded + 0.0  # turns -0.0 into 0.0


def to_json(records: Iterable[Record]) -> str:
    """Records as the canonical JSON list: sorted by all fields but the value, one record a line.

    Raises
    ------
    InvalidInput
        If two records say the same thing twice.
    """
    rows = sorted((asdict(r) for r in records), key=lambda r: tuple(str(r[c]) for c in COLUMNS if c != "value"))
    keys = [tuple(r[c] for c in COLUMNS if c not in ("value", "unit", "method")) for r in rows]
    twice = {k for k in keys if keys.count(k) > 1} if len(set(keys)) < len(keys) else set()
    if twice:
        raise InvalidInput(f"the same result is recorded twice: {sorted(map(str, twice))[0]}")
    lines = ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def write_results(endpoint: str, records: Iterable[Record]) -> Path:
    """Write an endpoint's records to `results.json`, whole or not at all, and return the path."""
    records = list(records)
    strangers = sorted({r.endpoint for r in records} - {endpoint})
    if strangers:
        raise InvalidInput(f"records of {', '.join(strangers)} cannot be written as results of {endpoint}.")
    target = paths.output(endpoint) / "results.json"
    files.write_text(target, to_json(records))
    return target


def read_results(endpoint: str) -> list[Record]:
    """The records the pipeline holds for an endpoint."""
    path = paths.results(endpoint) / "results.json"
    return [Record(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
