"""What a fitted model answers beside estimates and contrasts, and t intervals."""

from collections.abc import Hashable
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from helpers.stats._types import known_reason


@dataclass(frozen=True)
class Parameter:
    """A covariance parameter in the form SAS reports, with its standard error, None at the boundary.

    `group` is None without groups.
    """

    name: str
    group: Hashable
    estimate: float
    se: float | None


@dataclass(frozen=True)
class JointTest:
    """An F test of several contrasts; `scale` is the factor that F was multiplied with (Kenward-Roger's lambda)."""

    statistic: float | None
    df_num: int | None = None
    df_den: float | None = None
    p_value: float | None = None
    scale: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def t_interval(
    estimate: float, se: float, df: float, level: float, null: float, alternative: str
) -> tuple[float, float, float]:
    """Limits and p-value from the t distribution, normal where df is infinite."""
    df = min(df, 1e10)
    t = (estimate - null) / se
    if alternative == "two-sided":
        half = -float(stdtrit(df, (1 - level) / 2)) * se
        return estimate - half, estimate + half, float(2 * stdtr(df, -abs(t)))
    half = -float(stdtrit(df, 1 - level)) * se
    if alternative == "greater":
        return estimate - half, float("inf"), float(stdtr(df, -t))
    return float("-inf"), estimate + half, float(stdtr(df, t))
