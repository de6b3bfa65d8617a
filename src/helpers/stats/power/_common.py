"""What the designs share: the values they return, checks of arguments, and the search for a size or a difference."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, isfinite

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats._wald import ALTERNATIVES

#: A size this much above a whole number is that number: what floating point leaves over is no unit.
_DUST = 1e-9
_TOLERANCE = 1e-13
#: Where a search for a size gives up.
MOST = 1e9


@dataclass(frozen=True)
class Power:
    """Probability that the test rejects."""

    power: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class ExactPower(Power):
    """Power by enumeration, with the largest probability of a rejection where the null hypothesis is true."""

    type_one_error: float | None = None


@dataclass(frozen=True)
class Size:
    """Units in the arm of interest and in the reference (None if there is no reference), and the power they have.

    `unrounded` is the size of the arm that solves the formula; None where sizes were tried one by one.
    """

    n: int | None
    n_ref: int | None = None
    unrounded: float | None = None
    power: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class Detectable:
    """The value of the arm that is found with the power asked for, and its distance from the reference."""

    value: float | None
    difference: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class Precision:
    """Sizes, and the width of the interval they give; `unrounded` is the size of the arm that solves the formula."""

    n: int | None
    n_ref: int | None = None
    width: float | None = None
    unrounded: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def check_proportion(name: str, value: float, *, ends: bool = False) -> None:
    """Refuse a proportion outside (0, 1), or outside [0, 1] where the ends are allowed."""
    if not (0 <= value <= 1 if ends else 0 < value < 1):
        raise InvalidInput(f"{name} is {value}; a proportion lies between 0 and 1{'' if ends else ', ends excluded'}.")


def check_positive(name: str, value: float, *, zero: bool = False) -> None:
    """Refuse a number that is not above 0 (or 0, where it is allowed) and finite."""
    if not (isfinite(value) and (value >= 0 if zero else value > 0)):
        raise InvalidInput(f"{name} is {value}; it must be a number {'of 0 or more' if zero else 'above 0'}.")


def check_finite(name: str, value: float) -> None:
    """Refuse what is no finite number."""
    if not isfinite(value):
        raise InvalidInput(f"{name} is {value}; it must be a finite number.")


def check_count(name: str, value: float, *, least: int = 1) -> int:
    """Refuse what is no whole number, or below `least`."""
    if not isfinite(value) or int(value) != value or value < least:
        raise InvalidInput(f"{name} is {value}; it must be a whole number, {least} or more.")
    return int(value)


def check_test(alpha: float, alternative: str) -> None:
    """Refuse a significance level outside (0, 1) and an unknown alternative."""
    check_proportion("alpha", alpha)
    check_choice("alternative", alternative, ALTERNATIVES)


def check_target(power: float, alpha: float) -> None:
    """Refuse a power that is not between the significance level and 1."""
    if not alpha < power < 1:
        raise InvalidInput(f"power is {power}; it must lie between alpha ({alpha}) and 1.")


def quantile(alpha: float, alternative: str) -> float:
    """The normal quantile that the statistic has to pass."""
    return float(-ndtri(alpha / 2 if alternative == "two-sided" else alpha))


def normal_power(
    distance: float, se_null: float, se: float, *, alpha: float, alternative: str, strict: bool = False
) -> float:
    """Power of a normal test: estimate with mean `distance` and standard error `se`, judged by `se_null`.

    Where `se` is 0 the estimate is its mean.
    """
    bar = quantile(alpha, alternative) * se_null

    def passes(gap: float) -> float:
        if se > 0:
            return float(ndtr(gap / se))
        return float(gap > 0)

    if alternative == "two-sided":
        near = passes(abs(distance) - bar)
        return near + passes(-abs(distance) - bar) if strict else near
    return passes((distance if alternative == "greater" else -distance) - bar)


def towards(distance: float, alternative: str) -> bool:
    """Whether a distance lies on the side the test looks at, so that more units give more power."""
    return distance != 0 if alternative == "two-sided" else distance > 0 if alternative == "greater" else distance < 0


def whole(unrounded: float, ratio: float | None = None) -> tuple[int, int | None]:
    """Sizes of the arm and of the reference, both rounded up, the reference to its ratio of the rounded arm."""
    n = max(1, ceil(unrounded - _DUST))
    return n, None if ratio is None else max(1, ceil(ratio * n - _DUST))


def solve_size(power_of: Callable[[float], float], target: float, *, least: float, guess: float) -> float | None:
    """The real size at which a power that grows with it reaches the target; None if it does not below a billion."""
    if power_of(least) >= target:
        return least
    low, high = least, max(guess, least * 2)
    while power_of(high) < target:
        low, high = high, high * 2
        if high > MOST:
            return None
    return float(brentq(lambda n: power_of(n) - target, low, high, xtol=1e-10, rtol=_TOLERANCE))


def solve_value(power_of: Callable[[float], float], target: float, start: float, end: float) -> float | None:
    """The value between start (no effect) and end (the most there can be, or infinite) whose power is the target."""
    if isfinite(end):
        if power_of(end) < target:
            return None
    else:
        step = 1.0 if end == inf else -1.0
        end = start + step
        while power_of(end) < target:
            step *= 2
            end = start + step
            if abs(step) > MOST:
                return None
    return float(brentq(lambda value: power_of(value) - target, start, end, xtol=_TOLERANCE, rtol=_TOLERANCE))
