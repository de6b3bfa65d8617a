"""The result record: what every number of the compendium looks like, wherever it is shown."""

import math
from dataclasses import dataclass, fields
from numbers import Integral

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
    "probability": "posterior or predictive probability of the statement named by the parameter",
    "size": "units of an arm in a trial that is predicted",
    "exposure": "time at risk of the units",
    "fmi": "fraction of missing information of the estimate",
}

#: Suffix of the method of a number that is not shown.
HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One number with everything needed to know what it is.

    `value` is a float or an int in `unit`, held at 12 significant digits from the start, so that every reader rounds
    the same number; None means not estimable, with the reason in `method`, or hidden, which `method` says too.
    `blinded` is true while the arms of the data are permuted.
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
    blinded: bool = False

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

    @property
    def hidden(self) -> bool:
        """Whether the number is kept back to protect patients (`helpers.results.disclosure`)."""
        return self.reason == HIDDEN

    @property
    def base_method(self) -> str:
        """The method without the reason why there is no value."""
        return self.method.partition(":")[0]

    @property
    def reason(self) -> str:
        """Why there is no value; empty where there is one."""
        return self.method.partition(":")[2]


#: What a record always says; `blinded` is written only while it is true.
COLUMNS = tuple(f.name for f in fields(Record) if f.name != "blinded")


def canonical(value: float | int | None) -> float | int | None:
    """`value` at 12 significant digits, so that the last bits of a sum's order never reach a file."""
    if value is None or isinstance(value, Integral):
        return value if value is None else int(value)
    rounded = float(f"{float(value):.12g}")
    return rounded + 0.0  # turns -0.0 into 0.0
