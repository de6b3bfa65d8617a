"""What the statistical functions return: small frozen values, whose missing parts are None and carry a reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from numbers import Real

from helpers.errors import InvalidInput

#: Why a number cannot be given. The closed list; a function names one of the keys in `reason`.
REASONS = {
    "too-few": "too few units for the method",
    "no-variance": "all values are the same, so nothing is left to estimate a variance from",
    "collinear": "a covariate is constant or determined by the others, so its effect cannot be told apart",
    "no-events": "no unit had the event, so there is no rate to compare",
    "separated": "an outcome never or always occurs in a group, so the estimate has no finite value",
    "not-converged": "the iterations did not settle",
    "singular": "a matrix that has to be inverted is singular",
    "undefined": "the quantity has no value for these data, such as a ratio to zero",
    "too-large": "there are too many arrangements of the data to list",
    "unreachable": "no value in the range allowed gives the power or precision asked for",
    "no-tipping-point": "the conclusion does not turn within the range searched",
    "beyond-follow-up": "nobody was followed as long",
    "not-reached": "the curve does not fall so low within the follow-up",
    "several-modes": "the distribution has several peaks, so its densest region is not one interval",
}


@dataclass(frozen=True)
class Interval:
    """A point estimate with its interval, in the unit of the estimate. Limits are None when `reason` is set."""

    estimate: float | None
    lower: float | None
    upper: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class Estimate:
    """A mean of `n` units with its standard error and t interval on `df` degrees of freedom."""

    n: int
    estimate: float | None
    se: float | None = None
    df: float | None = None
    lower: float | None = None
    upper: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class Contrast(Estimate):
    """A difference of two means of `n` units in all, arm of interest minus reference, with a two-sided p-value."""

    p_value: float | None = None


@dataclass(frozen=True)
class Correlation(Interval):
    """A correlation of `n` pairs with its interval and a two-sided p-value of no association."""

    n: int = 0
    p_value: float | None = None


def known_reason(reason: str) -> None:
    """Refuse a reason that `REASONS` does not list."""
    if reason and reason not in REASONS:
        raise InvalidInput(f"{reason!r} is not one of the reasons {', '.join(REASONS)}.")


def check_level(level: float) -> None:
    """Refuse a confidence level outside (0, 1)."""
    if not 0 < level < 1:
        raise InvalidInput(f"level is {level}; a confidence level lies between 0 and 1, such as 0.95.")


def check_choice(name: str, value: object, allowed: Iterable) -> None:
    """Refuse an option that is not on the list."""
    if value not in tuple(allowed):
        raise InvalidInput(f"{name} is {value!r}; allowed are {', '.join(map(str, allowed))}.")


def check_whole(count: int) -> None:
    """Refuse what is no whole number, such as None, infinity or a missing value."""
    if not isinstance(count, Real) or not isfinite(count) or int(count) != count:
        raise InvalidInput(f"{count!r} is no count; a whole number is needed.")


def check_counts(events: int, n: int) -> None:
    """Refuse counts that are no counts: n below 1, or events outside 0..n."""
    check_whole(events)
    check_whole(n)
    if n < 1 or not 0 <= events <= n:
        raise InvalidInput(f"{events} events of {n}: n must be a whole number above 0 and events one from 0 to n.")
