"""Differences of two correlations: of independent groups, and of two with a variable in common in one group."""

from dataclasses import dataclass
from math import atanh, sqrt, tanh

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import p_value
from helpers.stats.correlation._shared import check_correlation
from helpers.stats.correlation.intervals import pearson_limits, spearman_limits

METHODS = ("pearson", "spearman")
TESTS = ("williams", "hotelling", "hendrickson", "olkin", "dunn", "steiger", "hittner", "meng", "pearson")


@dataclass(frozen=True)
class CorrelationDifference(Interval):
    """A difference of two correlations with its interval and test; the statistic is normal where `df` is None."""

    se: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None


def independent_difference(
    r: float,
    n: int,
    r_ref: float,
    n_ref: int,
    *,
    method: str = "pearson",
    bias_corrected: bool = True,
    held: int = 0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> CorrelationDifference:
    """Difference of the correlations of two independent groups, first minus second.

    Parameters
    ----------
    r, r_ref : float
        The correlations, each between -1 and 1.
    n, n_ref : int
        Pairs of each, n - held at least 4.
    method : {"pearson", "spearman"}
        What they are; Spearman's with the Bonett-Wright variance.
    bias_corrected : bool
        Limits of Pearson's correlations with the bias of Fisher's z taken off.
    held : int
        Covariates held fixed in both.
    level : float
        Confidence level of the two-sided interval, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test, by the difference of Fisher's z.

    Returns
    -------
    CorrelationDifference
        In [-2, 2].

    Raises
    ------
    InvalidInput
        If a correlation, a number of pairs or an option is not allowed.

    Notes
    -----
    Zou GY. Psychol Methods 2007;12:399-413.
    """
    check_choice("method", method, METHODS)
    if method == "pearson":
        interval = "bias-corrected" if bias_corrected else "fisher"
        ends = [
            pearson_limits(value, number, held=held, interval=interval, level=level)
            for value, number in ((r, n), (r_ref, n_ref))
        ]
        factors = (1.0, 1.0)
    else:
        ends = [spearman_limits(value, number, held=held, level=level) for value, number in ((r, n), (r_ref, n_ref))]
        factors = (1 + r * r / 2, 1 + r_ref * r_ref / 2)
    variances = [f / (number - held - 3) for f, number in zip(factors, (n, n_ref), strict=True)]
    found = difference_of_intervals(Interval(r, *ends[0]), Interval(r_ref, *ends[1]))
    statistic = (atanh(r) - atanh(r_ref)) / sqrt(sum(variances))
    se = sqrt(variances[0] * (1 - r * r) ** 2 + variances[1] * (1 - r_ref * r_ref) ** 2)
    return CorrelationDifference(
        found.estimate, found.lower, found.upper, "", se, statistic, None, p_value(statistic, alternative)
    )


def dependent_difference(
    r: float,
    r_ref: float,
    r_between: float,
    n: int,
    *,
    test: str = "williams",
    bias_corrected: bool = True,
    covariance: str = "subtracted",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> CorrelationDifference:
    """Difference of the correlations of one variable with two others in the same group, first minus second.

    Parameters
    ----------
    r, r_ref : float
        Pearson correlations of the common variable with the first and with the second other.
    r_between : float
        Correlation of the two others. The three have to be possible together.
    n : int
        Units, at least 4.
    test : {"williams", "hotelling", "hendrickson", "olkin", "dunn", "steiger", "hittner", "meng", "pearson"}
        "williams" keeps its size in small samples; the others are for comparison with what was published.
    bias_corrected : bool
        As in `independent_difference`.
    covariance : {"subtracted", "added"}
        What becomes of the covariance of the two correlations in the interval. The paper subtracts it. R's statpsych
        adds it, by a turned sign; "added" is there to reproduce its figures and for nothing else.
    level : float
        Confidence level of the two-sided interval, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test.

    Returns
    -------
    CorrelationDifference
        In [-2, 2]. "singular" without a test where the three variables determine each other.

    Raises
    ------
    InvalidInput
        If a correlation, the three together, n or an option is not allowed.

    Notes
    -----
    Interval: Zou GY. Psychol Methods 2007;12:399-413. Tests: Williams EJ. J R Stat Soc B 1959;21:396-399; Hotelling H.
    Ann Math Stat 1940;11:271-283; Hendrickson GF et al. Am Educ Res J 1970;7:189-195; Olkin I, in: Improving
    experimental design, 1967; Dunn OJ, Clark VA. J Am Stat Assoc 1969;64:366-377; Steiger JH. Psychol Bull
    1980;87:245-251; Hittner JB et al. J Gen Psychol 2003;130:149-168; Meng XL et al. Psychol Bull 1992;111:172-175;
    Pearson K, Filon LNG. Philos Trans A 1898;191:229-311.
    """
    check_choice("test", test, TESTS)
    check_choice("covariance", covariance, ("subtracted", "added"))
    check_correlation(r_between, n, 0, "Fisher")
    interval = "bias-corrected" if bias_corrected else "fisher"
    (lower, upper), (lower_ref, upper_ref) = (
        pearson_limits(value, n, interval=interval, level=level) for value in (r, r_ref)
    )
    determinant = 1 - r * r - r_ref * r_ref - r_between**2 + 2 * r * r_ref * r_between
    if determinant < -1e-12:
        raise InvalidInput(f"correlations {r}, {r_ref} and {r_between} cannot occur together.")
    product = (1 - r * r) * (1 - r_ref * r_ref)
    left = 1 - r * r - r_ref * r_ref - r_between**2
    c = ((r_between - r * r_ref / 2) * left + r_between**3) / product * (1 if covariance == "subtracted" else -1)
    below = (r - lower) ** 2 + (upper_ref - r_ref) ** 2 - 2 * c * (r - lower) * (upper_ref - r_ref)
    above = (upper - r) ** 2 + (r_ref - lower_ref) ** 2 - 2 * c * (upper - r) * (r_ref - lower_ref)
    difference = r - r_ref
    ends = difference - sqrt(max(0.0, below)), difference + sqrt(max(0.0, above))
    statistic, df = _dependent_statistic(r, r_ref, r_between, n, test, determinant if determinant > 1e-12 else 0.0)
    if statistic is None:
        return CorrelationDifference(difference, *ends, "singular")
    return CorrelationDifference(difference, *ends, "", None, statistic, df, p_value(statistic, alternative, df=df))


def difference_of_intervals(first: Interval, second: Interval) -> Interval:
    """Difference of two independent estimates, first minus second, from the limits of each at the same level.

    Notes
    -----
    The method of variance estimates recovery, Zou GY, Donner A. Stat Med 2008;27:1693-1702; Zou GY. Psychol Methods
    2007;12:399-413 for correlations of any kind. Without limits where one of the two has none, with its reason.
    """
    reason = first.reason or second.reason
    if first.estimate is None or second.estimate is None:
        return Interval(None, None, None, reason or "undefined")
    difference = first.estimate - second.estimate
    if None in (first.lower, first.upper, second.lower, second.upper):
        return Interval(difference, None, None, reason or "undefined")
    lower = difference - sqrt((first.estimate - first.lower) ** 2 + (second.upper - second.estimate) ** 2)
    upper = difference + sqrt((first.upper - first.estimate) ** 2 + (second.estimate - second.lower) ** 2)
    return Interval(difference, lower, upper)


def _dependent_statistic(
    a: float, b: float, c: float, n: int, test: str, determinant: float
) -> tuple[float | None, float | None]:
    """Statistic and degrees of freedom of one of the tests; `c` is the correlation of the two others."""
    left, difference, z = 1 - a * a - b * b, a - b, atanh(a) - atanh(b)
    if test in ("williams", "hotelling", "hendrickson"):
        top, cube = difference * sqrt((n - 3) * (1 + c)), (1 - c) ** 3
        extra = {
            "williams": (n - 3) / (n - 1) * ((a + b) / 2) ** 2 * cube,
            "hotelling": 0.0,
            "hendrickson": difference**2 * cube / (4 * (n - 1)),
        }[test]
        bottom = 2 * determinant + extra
        return (top / sqrt(bottom), float(n - 3)) if bottom > 0 else (None, None)
    if test in ("olkin", "pearson"):
        covariance = (
            c**3 + (2 * c - a * b) * (left - c * c) / 2 if test == "olkin" else c * left - a * b * (left - c * c) / 2
        )
        bottom = (1 - a * a) ** 2 + (1 - b * b) ** 2 - 2 * covariance
        return (difference * sqrt(n / bottom), None) if bottom > 0 else (None, None)
    if test == "meng":
        mean = (a * a + b * b) / 2
        f = min(1.0, (1 - c) / (2 * (1 - mean)))
        h = (1 - f * mean) / (1 - mean)
        return z * sqrt((n - 3) / (2 * (1 - c) * h)), None
    if test == "dunn":
        covariance = (c * left - a * b / 2 * (left - c * c)) / ((1 - a * a) * (1 - b * b))
    else:
        p = (a + b) / 2 if test == "steiger" else tanh((atanh(a) + atanh(b)) / 2)
        covariance = (c * (1 - 2 * p * p) - p * p / 2 * (1 - 2 * p * p - c * c)) / (1 - p * p) ** 2
    bottom = 2 - 2 * covariance
    return (z * sqrt((n - 3) / bottom), None) if bottom > 0 else (None, None)
