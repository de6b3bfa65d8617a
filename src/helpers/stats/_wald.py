"""Tests and intervals from an estimate and its standard error, and the checks of the options they share."""

from math import inf

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from helpers.stats._types import check_choice, check_level

ALTERNATIVES = ("two-sided", "greater", "less")


def check_alternative(alternative: str) -> None:
    """Refuse an alternative hypothesis that is none."""
    check_choice("alternative", alternative, ALTERNATIVES)


def z_of(level: float) -> float:
    """The normal quantile of a two-sided interval."""
    check_level(level)
    return float(ndtri((1 + level) / 2))


def quantile(level: float, alternative: str = "two-sided", *, df: float | None = None) -> float:
    """The normal or t quantile that an interval at `level` uses, one-sided or two-sided."""
    check_level(level)
    check_alternative(alternative)
    probability = (1 + level) / 2 if alternative == "two-sided" else level
    return float(ndtri(probability) if df is None else stdtrit(df, probability))


def p_value(statistic: float, alternative: str = "two-sided", *, df: float | None = None) -> float:
    """The p-value of a standard normal statistic, or of a t statistic on `df` degrees of freedom."""
    check_alternative(alternative)
    lower, upper = (ndtr(statistic), ndtr(-statistic)) if df is None else (stdtr(df, statistic), stdtr(df, -statistic))
    if alternative == "two-sided":
        return float(min(1.0, 2 * min(lower, upper)))
    return float(upper if alternative == "greater" else lower)


def limits(
    estimate: float,
    se: float,
    *,
    level: float,
    alternative: str = "two-sided",
    df: float | None = None,
    floor: float = -inf,
    ceiling: float = inf,
) -> tuple[float, float]:
    """Estimate plus or minus its quantile; a one-sided interval is open to the end of the scale on its other side."""
    half = quantile(level, alternative, df=df) * se
    return one_sided(estimate - half, estimate + half, alternative, floor=floor, ceiling=ceiling)


def one_sided(
    lower: float, upper: float, alternative: str, *, floor: float = -inf, ceiling: float = inf
) -> tuple[float, float]:
    """Both limits, of which a one-sided alternative puts one at the end of the scale."""
    if alternative == "greater":
        return lower, ceiling
    if alternative == "less":
        return floor, upper
    return lower, upper
