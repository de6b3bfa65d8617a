"""Results of t and F tests of means and of the coefficients of linear models."""

from dataclasses import dataclass

from helpers.stats._types import Contrast, known_reason
from helpers.stats._wald import limits, p_value


@dataclass(frozen=True)
class TTest(Contrast):
    """A mean or a difference of means with its interval and t test; the statistic is normal where `df` is None."""

    statistic: float | None = None


@dataclass(frozen=True)
class FTest:
    """An F test on `df` and `df_residual` degrees of freedom, with its sum of squares where it has one."""

    df: float
    df_residual: float
    statistic: float | None
    p_value: float | None
    sum_of_squares: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def t_test(
    n: int, estimate: float, se: float, df: float | None, *, null: float, level: float, alternative: str
) -> TTest:
    """The interval of an estimate and the test that it is `null`."""
    lower, upper = limits(estimate, se, level=level, alternative=alternative, df=df)
    statistic = (estimate - null) / se
    return TTest(n, estimate, se, df, lower, upper, "", p_value(statistic, alternative, df=df), statistic)
