"""Pearson's correlation with its interval and tests, and the correlation of a measure with two groups."""

from collections.abc import Iterable
from math import atanh, sqrt

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import limits, p_value, quantile
from helpers.stats.correlation._permutation import exact_p, sampled_p
from helpers.stats.correlation._shared import (
    FEWEST,
    PERFECT,
    CorrelationTest,
    constant,
    nothing,
    pairs_of,
    t_statistic,
)
from helpers.stats.correlation.intervals import PEARSON, pearson_limits
from helpers.stats.effect_sizes.standardised import standardised_difference
from helpers.stats.summary import Sample, moments

TESTS = ("t", "exact", "permutation")


def pearson(
    x: Iterable[float],
    y: Iterable[float],
    *,
    null: float = 0.0,
    interval: str = "fisher",
    test: str = "t",
    level: float = 0.95,
    alternative: str = "two-sided",
    resamples: int = 9999,
    seed: int = 0,
) -> CorrelationTest:
    """Pearson's correlation of pairs.

    Parameters
    ----------
    x, y : iterables of float
        Pairs, in any units; a pair with a missing value is left out.
    null : float
        Correlation under the null hypothesis; other than 0 it is tested by Fisher's z.
    interval : {"fisher", "bias-corrected"}
        As in `pearson_limits`.
    test : {"t", "exact", "permutation"}
        Of no correlation: t with n - 2 degrees of freedom; over all orders, up to nine pairs (fourteen of whole
        numbers); over `resamples` orders drawn with `seed`.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test and the interval, which ends at -1 or 1 on its other side.

    Returns
    -------
    CorrelationTest
        In [-1, 1]. None where fewer than four pairs are there ("too-few") or one side is constant ("no-variance"); no
        interval where the correlation is perfect ("no-variance"); no p-value where the orders are too many to list
        ("too-large").

    Raises
    ------
    InvalidInput
        If x and y differ in length, or an option is not allowed.
    """
    from helpers.stats import _pingouin

    quantile(level, alternative)
    check_choice("interval", interval, PEARSON)
    check_choice("test", test, TESTS)
    if not -1 < null < 1 or (null and test != "t"):
        raise InvalidInput(f"null is {null}; it lies between -1 and 1, and is 0 for a test over orders.")
    first, second = pairs_of(x, y)
    n = first.size
    if n < FEWEST:
        return nothing(n, "too-few")
    if constant(first) or constant(second):
        return nothing(n, "no-variance")
    found = _pingouin.pearson(first, second)
    r, statistic, df = found.estimate, t_statistic(found.estimate, n - 2), float(n - 2)
    p = found.p_value if alternative == "two-sided" else p_value(statistic, alternative, df=df)
    if abs(r) >= PERFECT:
        sign = 1.0 if r > 0 else -1.0
        return CorrelationTest(sign, None, None, "no-variance", n, p_value(sign * float("inf"), alternative))
    if null:
        statistic, df = (atanh(r) - atanh(null)) * sqrt(n - 3), None
        p = p_value(statistic, alternative)
    elif test != "t":
        statistic = df = None
        centred = first - first.mean(), second - second.mean()
        p = order_p(first, second, alternative, test, resamples, seed, listed=centred)
    lower, upper = pearson_limits(r, n, interval=interval, level=level, alternative=alternative)
    se = (1 - r * r) / sqrt(n - 1)
    return CorrelationTest(r, lower, upper, "too-large" if p is None else "", n, p, se, statistic, df)


def order_p(first, second, alternative: str, test: str, resamples: int, seed: int, *, listed=None) -> float | None:
    """The p-value over all orders or over a sample of them."""
    if test == "exact":
        return exact_p(first, second, alternative)
    if resamples < 1:
        raise InvalidInput(f"resamples is {resamples}; one at least is drawn.")
    return sampled_p(*(listed or (first, second)), alternative, resamples=resamples, seed=seed)


def point_biserial(values: Sample, reference: Sample, *, weighted: bool = True, level: float = 0.95) -> Interval:
    """Correlation of a measure with belonging to the arm of interest rather than to the reference.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        The two samples, in the same unit: their values, of which missing ones are left out, or their moments.
    weighted : bool
        Groups as large as they are in the sample, as Pearson's correlation has them; otherwise equal ones with the mean
        of both variances, as fits a randomised trial.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        In [-1, 1]; reasons as in `effect_sizes.standardised_difference`. Unequal variances are allowed for.

    Notes
    -----
    Bonett DG. Br J Math Stat Psychol 2020;73 suppl 1:113-144.
    """
    one, two = moments(values), moments(reference)
    if one is None or two is None:
        return Interval(None, None, None, "too-few")
    found = standardised_difference(one, two, standardiser="pooled" if weighted else "unweighted", level=level)
    d, lower, upper, k = found.estimate, found.lower, found.upper, 4.0
    if weighted:
        n = one.n + two.n
        k = (n - 2) * n / (one.n * two.n)
        if lower is not None:
            inside = d * d * (1 / one.n + 1 / two.n) / 8
            inside += (one.variance / one.n + two.variance / two.n) / found.sd**2
            lower, upper = limits(d, sqrt(inside), level=level)
    return Interval(*(None if v is None else v / sqrt(v * v + k) for v in (d, lower, upper)), found.reason)
