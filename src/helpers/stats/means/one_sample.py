"""The mean of one sample, and the mean difference of pairs, with t intervals and tests."""

from collections.abc import Iterable
from math import sqrt

from helpers.errors import InvalidInput
from helpers.stats._t_tests import TTest, t_test
from helpers.stats._types import Estimate, check_level
from helpers.stats._wald import limits
from helpers.stats.means._shared import check_options, paired_values
from helpers.stats.summary import Moments, Sample, constant, moments, values_of


def mean_t(values: Iterable[float], *, level: float = 0.95) -> Estimate:
    """Mean of the values present with the t interval.

    Parameters
    ----------
    values : iterable of float
        In any unit; missing ones are left out.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Estimate
        In the unit of the values. Without an interval where fewer than two values ("too-few") or only equal ones
        ("no-variance") are there.

    Notes
    -----
    Student. Biometrika 1908;6:1-25.
    """
    check_level(level)
    present = values_of(values)
    n = present.size
    if n < 2:
        return Estimate(n, float(present[0]) if n else None, reason="too-few")
    mean = float(present.mean())
    if constant(present):
        return Estimate(n, mean, reason="no-variance")
    se = float(present.std(ddof=1)) / sqrt(n)
    return Estimate(n, mean, se, n - 1, *limits(mean, se, level=level, df=n - 1))


def one_sample(values: Sample, *, null: float = 0.0, level: float = 0.95, alternative: str = "two-sided") -> TTest:
    """Mean of a sample with its interval and the t test that it is `null`.

    Parameters
    ----------
    values : iterable of float or Moments
        The values, of which missing ones are left out, or their number, mean and SD.
    null : float
        Mean under the null hypothesis, in the unit of the values.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test; a one-sided interval is infinite on its other side.

    Returns
    -------
    TTest
        In the unit of the values; `reason` as in `mean_t`.

    Raises
    ------
    InvalidInput
        If an option is not allowed.
    """
    check_options(level, alternative, null)
    found = moments(values)
    if found is None or found.n < 2:
        return TTest(found.n if found else 0, found.mean if found else None, reason="too-few")
    if not found.sd:
        return TTest(found.n, found.mean, reason="no-variance")
    se, df = found.sd / sqrt(found.n), found.n - 1
    return t_test(found.n, found.mean, se, df, null=null, level=level, alternative=alternative)


def paired(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> TTest:
    """Mean difference of pairs, `values` minus `reference`, with the paired t test; options as in `one_sample`.

    Parameters
    ----------
    values, reference : iterable of float
        Of equal length and in the same order and unit; a pair with a missing value is left out.

    Returns
    -------
    TTest
        `n` counts pairs. "no-variance" where all differences are the same.

    Raises
    ------
    InvalidInput
        If the two differ in length.

    Notes
    -----
    Through pingouin, which itself turns samples of unequal length into an unpaired test.
    """
    from helpers.stats import _pingouin

    check_options(level, alternative, null)
    first, second = paired_values(values, reference)
    differences = first - second
    plain = one_sample(differences, null=null, level=level, alternative=alternative)
    size = max(1.0, abs(first).max(), abs(second).max()) if first.size else 1.0
    if first.size > 1 and constant(differences / size):
        return TTest(first.size, plain.estimate, reason="no-variance")
    if plain.reason:
        return plain
    found = _pingouin.paired(first - null, second, level=level, alternative=alternative)
    return TTest(
        plain.n, plain.estimate, plain.se, plain.df, found.lower + null, found.upper + null, "", found.p_value,
        plain.statistic,
    )  # fmt: skip


def paired_from_moments(
    first: Moments,
    second: Moments,
    correlation: float,
    *,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> TTest:
    """Mean difference of pairs from both moments and their correlation; options and result as in `paired`.

    Raises
    ------
    InvalidInput
        If the two numbers of values differ or the correlation lies outside [-1, 1].
    """
    return one_sample(difference_moments(first, second, correlation), null=null, level=level, alternative=alternative)


def difference_moments(first: Moments, second: Moments, correlation: float) -> Moments:
    """Moments of the differences of pairs."""
    if first.n != second.n or not -1 <= correlation <= 1:
        raise InvalidInput(
            f"{first.n} and {second.n} values with correlation {correlation}: pairs have equal numbers and a "
            "correlation from -1 to 1."
        )
    variance = first.variance + second.variance - 2 * correlation * first.sd * second.sd
    return Moments(first.n, first.mean - second.mean, sqrt(max(0.0, variance)))
