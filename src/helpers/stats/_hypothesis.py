"""Results of hypothesis tests, and what tests share: the sides of a normal statistic and the names of options."""

from collections.abc import Collection
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import check_level, known_reason

SIDES = ("two-sided", "greater", "less")


@dataclass(frozen=True)
class HypothesisTest:
    """A test statistic with its p-value; the statistic is None where the test has none, as exact tests have not."""

    statistic: float | None
    p_value: float | None
    df: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def check_option(name: str, value: object, allowed: Collection) -> None:
    """Refuse an option that is not one of the allowed ones."""
    if value not in allowed:
        raise InvalidInput(f"{name} is {value!r}; it must be one of {', '.join(repr(a) for a in allowed)}.")


def z_of(level: float) -> float:
    """The two-sided normal quantile of a confidence level."""
    check_level(level)
    return float(ndtri((1 + level) / 2))


def normal_p(z: float, alternative: str) -> float:
    """P-value of a standard normal statistic, `greater` being large values of it."""
    if alternative == "two-sided":
        return float(min(1.0, 2 * ndtr(-abs(z))))
    return float(ndtr(-z) if alternative == "greater" else ndtr(z))


def normal_test(z: float, alternative: str) -> HypothesisTest:
    """A standard normal statistic with its p-value."""
    return HypothesisTest(float(z), normal_p(z, alternative))


def exact_p(lower: float, upper: float, alternative: str) -> float:
    """P-value from the probabilities of the data or less and of the data or more; two-sided is twice the smaller."""
    if alternative == "two-sided":
        return float(min(1.0, 2 * min(lower, upper)))
    return float(min(1.0, upper if alternative == "greater" else lower))
