"""Values that the functions for proportions return beside `Interval`."""

from dataclasses import dataclass

from helpers.stats._types import Interval, known_reason


@dataclass(frozen=True)
class CentredInterval(Interval):
    """An interval built as centre plus or minus a multiple of a standard error.

    `centre` is what the interval is symmetric about before it is cut at the ends of the scale; it differs from
    `estimate` where the method adds pseudo-counts. For ratios `centre` is a ratio and `se` that of its logarithm.
    """

    centre: float | None = None
    se: float | None = None


@dataclass(frozen=True)
class RatioInterval(CentredInterval):
    """A ratio with its interval on the scale from 0 to infinity, both of which are values like others.

    With no event in either arm (or, for odds, with events in all units) the ratio has no value: `estimate` is None and
    `reason` set, and a method that still bounds it gives the limits, mostly 0 and infinity.
    """


@dataclass(frozen=True)
class ProportionTest:
    """A test: statistic, degrees of freedom where it has some, and p-value; all None where `reason` is set.

    An exact test whose statistic is the p-value itself has no statistic.
    """

    statistic: float | None
    p_value: float | None
    df: int | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)
