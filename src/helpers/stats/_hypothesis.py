"""Results of hypothesis tests, and what tests share: the sides of a normal statistic and the names of options."""

from dataclasses import dataclass

from helpers.stats._types import known_reason
from helpers.stats._wald import p_value as standardised_p


@dataclass(frozen=True)
class HypothesisTest:
    """A test statistic with its p-value; the statistic is None where the test has none, as exact tests have not."""

    statistic: float | None
    p_value: float | None
    df: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def normal_test(z: float, alternative: str) -> HypothesisTest:
    """A standard normal statistic with its p-value."""
    return HypothesisTest(float(z), standardised_p(z, alternative))


def exact_p(lower: float, upper: float, alternative: str) -> float:
    """P-value from the probabilities of the data or less and of the data or more; two-sided is twice the smaller."""
    if alternative == "two-sided":
        return float(min(1.0, 2 * min(lower, upper)))
    return float(min(1.0, upper if alternative == "greater" else lower))
