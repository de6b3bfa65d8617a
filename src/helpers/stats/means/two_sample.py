"""The difference of two means: Welch's test, Student's test, from values or from moments, and the test of variances."""

from math import sqrt

import numpy as np
from scipy.special import fdtr, fdtrc

from helpers.stats._t_tests import FTest, TTest, t_test
from helpers.stats._types import check_choice
from helpers.stats.means._shared import check_options, pooled_sd, welch_df
from helpers.stats.summary import Moments, Sample, moments, values_of


def welch(
    values: Sample,
    reference: Sample,
    *,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> TTest:
    """Difference of two means, arm of interest minus reference, without assuming equal variances.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        The two samples, in the same unit: their values, of which missing ones are left out, or their moments.
    null : float
        Difference under the null hypothesis, in the unit of the values; a margin for non-inferiority is one.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test; a one-sided interval is infinite on its other side.

    Returns
    -------
    TTest
        In the unit of the values. Only the difference where an arm has fewer than two values ("too-few") or both arms
        are constant ("no-variance").

    Raises
    ------
    InvalidInput
        If an option is not allowed.

    Notes
    -----
    Welch BL. Biometrika 1947;34:28-35. Values go through pingouin, always with the correction.
    """
    from helpers.stats import _pingouin

    check_options(level, alternative, null)
    x, y = (v if isinstance(v, Moments) else values_of(v) for v in (values, reference))
    first, second, unable = _samples(x, y, fewest=2)
    if unable:
        return unable
    se = sqrt(first.variance / first.n + second.variance / second.n)
    df, difference = welch_df(first, second), first.mean - second.mean
    plain = t_test(first.n + second.n, difference, se, df, null=null, level=level, alternative=alternative)
    if isinstance(x, Moments) or isinstance(y, Moments):
        return plain
    found = _pingouin.welch(x - null, y, level=level, alternative=alternative)
    return TTest(
        plain.n, difference, se, found.df, found.lower + null, found.upper + null, "", found.p_value, plain.statistic
    )


def student(
    values: Sample,
    reference: Sample,
    *,
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> TTest:
    """Difference of two means with the pooled variance; parameters as in `welch`.

    Returns
    -------
    TTest
        As in `welch`, but one value in one of the arms is enough where the other arm has two.

    Notes
    -----
    Student. Biometrika 1908;6:1-25.
    """
    check_options(level, alternative, null)
    first, second, unable = _samples(values, reference, fewest=1)
    if unable:
        return unable
    n = first.n + second.n
    se = pooled_sd(first, second) * sqrt(1 / first.n + 1 / second.n)
    return t_test(n, first.mean - second.mean, se, n - 2, null=null, level=level, alternative=alternative)


def variance_ratio(values: Sample, reference: Sample, *, alternative: str = "two-sided") -> FTest:
    """F test that two variances are equal; its statistic is the variance of the first over that of the second.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        As in `welch`.
    alternative : {"two-sided", "greater", "less"}
        Two-sided is twice the smaller tail, as the folded F test.

    Returns
    -------
    FTest
        Without a statistic where an arm has fewer than two values ("too-few") or a variance is zero ("no-variance").
    """
    check_choice("alternative", alternative, ("two-sided", "greater", "less"))
    first, second = moments(values), moments(reference)
    df, df_ref = (m.n - 1 if m else 0 for m in (first, second))
    if min(df, df_ref) < 1:
        return FTest(df, df_ref, None, None, reason="too-few")
    if not (first.sd and second.sd):
        return FTest(df, df_ref, None, None, reason="no-variance")
    ratio = first.variance / second.variance
    below, above = float(fdtr(df, df_ref, ratio)), float(fdtrc(df, df_ref, ratio))
    tails = {"greater": above, "less": below, "two-sided": min(1.0, 2 * min(below, above))}
    return FTest(df, df_ref, ratio, tails[alternative])


def _samples(values: Sample, reference: Sample, *, fewest: int) -> tuple[Moments | None, Moments | None, TTest | None]:
    """Both samples' moments, and instead of a test what can be said where none can be made."""
    first, second = moments(values), moments(reference)
    n = sum(m.n for m in (first, second) if m)
    if first is None or second is None:
        return first, second, TTest(n, None, reason="too-few")
    difference = first.mean - second.mean
    if min(first.n, second.n) < fewest or n < 3:
        return first, second, TTest(n, difference, reason="too-few")
    spread = max(first.sd, second.sd)
    if spread <= 0 or not np.isfinite(spread):
        return first, second, TTest(n, difference, reason="no-variance")
    return first, second, None
