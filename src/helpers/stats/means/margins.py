"""Non-inferiority and equivalence: an estimated difference or ratio against margins."""

from dataclasses import dataclass
from math import isfinite, log

from helpers.errors import InvalidInput
from helpers.stats._types import Estimate, check_choice, known_reason
from helpers.stats._wald import limits, p_value
from helpers.stats.means._shared import exponential
from helpers.stats.means.ratios import Ratio


@dataclass(frozen=True)
class NonInferiority:
    """Test that a difference or ratio is beyond `margin` on the worse side; `bound` is its one-sided limit there.

    The margin is excluded at the level asked for where the bound lies on the better side of it.
    """

    margin: float
    bound: float | None
    statistic: float | None
    df: float | None
    p_value: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests that a difference or ratio lies between `low` and `high`.

    `p_low` is of the null hypothesis that it is at most `low`, `p_high` that it is at least `high`, `p_value` the
    larger of both; `lower` and `upper` are the limits at twice the error of one test, inside which both margins fall
    exactly when either test does not reject.
    """

    low: float
    high: float
    lower: float | None
    upper: float | None
    statistic_low: float | None
    statistic_high: float | None
    df: float | None
    p_low: float | None
    p_high: float | None
    p_value: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def non_inferiority(
    found: Estimate | Ratio, *, margin: float, better: str = "higher", level: float = 0.975
) -> NonInferiority:
    """One-sided test of a difference or ratio against a margin.

    Parameters
    ----------
    found : Estimate or Ratio
        A difference with its standard error (of any function of this package) or a ratio of means.
    margin : float
        The largest loss that is acceptable. For a difference in its unit: the null hypothesis is a difference of
        -margin or worse, and a negative margin asks for superiority by that much. For a ratio the ratio itself under
        the null hypothesis, such as 0.8.
    better : {"higher", "lower"}
        Which values of the outcome are the better ones.
    level : float
        Level of the one-sided limit, 1 less the one-sided error.

    Returns
    -------
    NonInferiority
        On the scale of `found`; without numbers and with its reason where `found` has no standard error.

    Raises
    ------
    InvalidInput
        If the margin is not finite, or not positive for a ratio.
    """
    check_choice("better", better, ("higher", "lower"))
    ratio = isinstance(found, Ratio)
    if not isfinite(margin) or (ratio and margin <= 0):
        raise InvalidInput(f"margin is {margin}; it must be finite, and positive for a ratio.")
    side = "greater" if better == "higher" else "less"
    scaled = found.log if ratio else found
    limits(0.0, 1.0, level=level)
    if scaled.se is None:
        return NonInferiority(margin, None, None, None, None, found.reason or scaled.reason)
    null = log(margin) if ratio else -margin if better == "higher" else margin
    statistic = (scaled.estimate - null) / scaled.se
    ends = limits(scaled.estimate, scaled.se, level=level, alternative=side, df=scaled.df)
    bound = ends[0] if side == "greater" else ends[1]
    p = p_value(statistic, side, df=scaled.df)
    return NonInferiority(margin, exponential(bound) if ratio else bound, statistic, scaled.df, p)


def equivalence(found: Estimate | Ratio, *, low: float, high: float, level: float = 0.95) -> Equivalence:
    """Two one-sided t tests (TOST) of a difference or ratio between two margins.

    Parameters
    ----------
    found : Estimate or Ratio
        As in `non_inferiority`.
    low, high : float
        The margins, low < high, on the scale of `found`; positive for a ratio, such as 0.8 and 1.25.
    level : float
        1 less the error of each test; the interval comes at 2 * level - 1, thus 0.90 for 0.95.

    Returns
    -------
    Equivalence
        On the scale of `found`; without numbers and with its reason where `found` has no standard error.

    Raises
    ------
    InvalidInput
        If the margins are not in order, or the level is not above 0.5.

    Notes
    -----
    Schuirmann DJ. J Pharmacokinet Biopharm 1987;15:657-680.
    """
    ratio = isinstance(found, Ratio)
    if not (isfinite(low) and isfinite(high) and low < high) or (ratio and low <= 0):
        raise InvalidInput(f"margins {low} and {high}: low below high, both finite, and positive for a ratio.")
    if not 0.5 < level < 1:
        raise InvalidInput(f"level is {level}; that of two one-sided tests lies between 0.5 and 1.")
    scaled = found.log if ratio else found
    if scaled.se is None:
        return Equivalence(low, high, *[None] * 8, reason=found.reason or scaled.reason)
    nulls = (log(low), log(high)) if ratio else (low, high)
    from_low, from_high = ((scaled.estimate - null) / scaled.se for null in nulls)
    lower, upper = limits(scaled.estimate, scaled.se, level=2 * level - 1, df=scaled.df)
    if ratio:
        lower, upper = exponential(lower), exponential(upper)
    p_low, p_high = p_value(from_low, "greater", df=scaled.df), p_value(from_high, "less", df=scaled.df)
    return Equivalence(low, high, lower, upper, from_low, from_high, scaled.df, p_low, p_high, max(p_low, p_high))
