"""Pairs and one sample: the Wilcoxon signed-rank test, exact with ties and zeros, and the sign test."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import bdtr, bdtrc
from scipy.stats import binom, rankdata

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level, known_reason
from helpers.stats._wald import check_alternative
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import RankTest, corrected, one_sided_limits, ordinals_of
from helpers.stats.rank._exact import flipped_p


@dataclass(frozen=True)
class SignTest:
    """Numbers of differences above, below and at the centre, and the test that the first two are equally likely."""

    above: int
    below: int
    zero: int
    p_value: float | None
    z: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def signed_rank(
    values: Iterable[float],
    reference: Iterable[float] | None = None,
    *,
    centre: float = 0.0,
    alternative: str = "two-sided",
    method: str = "exact",
    zeros: str = "drop",
    continuity: bool = True,
    two_sided: str = "distance",
) -> RankTest:
    """Wilcoxon signed-rank test of one sample or of pairs.

    Parameters
    ----------
    values, reference : iterable of float
        One sample, or the two values of each pair in order; a pair with a missing value is left out.
    centre : float
        Centre of symmetry under the null hypothesis.
    alternative : {"two-sided", "greater", "less"}
        Whether the centre is another, larger or smaller.
    method : {"exact", "mid-p", "normal", "t"}
        The distribution over all signs given the ranks seen, the same with half the probability of the value observed,
        the normal approximation with the variance of the ranks seen, or the t approximation of SAS PROC UNIVARIATE.
    zeros : {"drop", "pratt"}
        Differences of zero are left out before ranking (Wilcoxon) or after it (Pratt).
    continuity : bool
        With the normal approximation, move the statistic half a unit.
    two_sided : {"distance", "doubled"}
        As in `mann_whitney`.

    Returns
    -------
    RankTest
        `statistic` is the sum of the ranks of positive differences, `n` the differences that are not zero. None of
        those is "too-few".

    Raises
    ------
    InvalidInput
        If the pairs are of unequal number or an option is not on its list.

    Notes
    -----
    Wilcoxon F. Biometrics Bull 1945;1:80-83. Pratt JW. J Am Stat Assoc 1959;54:655-667. R's wilcox.test drops zeros;
    coin keeps them as Pratt does by default. SAS gives the exact p-value up to 20 differences, then the t
    approximation.
    """
    check_alternative(alternative)
    check_choice("method", method, ("exact", "mid-p", "normal", "t"))
    check_choice("zeros", zeros, ("drop", "pratt"))
    check_choice("two_sided", two_sided, ("distance", "doubled"))
    differences = differences_of(values, reference) - centre
    if zeros == "drop":
        differences = differences[differences != 0]
    ranks = rankdata(np.abs(differences))[differences != 0]
    differences = differences[differences != 0]
    n = differences.size
    if not n:
        return RankTest(0, None, None, reason="too-few")
    statistic = float(ranks[differences > 0].sum())
    expected, sd = float(ranks.sum()) / 2, sqrt(float((ranks**2).sum()) / 4)
    if method in ("exact", "mid-p"):
        p_value = flipped_p(ranks, statistic, alternative, two_sided=two_sided, mid_p=method == "mid-p")
        reason = "" if p_value is not None else "too-large"
        return RankTest(n, None, statistic, expected, sd, (statistic - expected) / sd, p_value, reason=reason)
    deviation = statistic - expected
    if method == "t":
        room = n * sd**2 - deviation**2
        if n < 2 or room <= 0:
            return RankTest(n, None, statistic, expected, sd, reason="too-few")
        t = deviation * sqrt((n - 1) / room)
        return RankTest(n, None, statistic, expected, sd, t, standardised_p(t, alternative, df=n - 1), n - 1.0)
    z = float(corrected(deviation, 0.5 if continuity else 0.0, alternative) / sd)
    return RankTest(n, None, statistic, expected, sd, z, standardised_p(z, alternative))


def sign_test(
    values: Iterable[float],
    reference: Iterable[float] | None = None,
    *,
    centre: float = 0.0,
    alternative: str = "two-sided",
    method: str = "exact",
    continuity: bool = True,
) -> SignTest:
    """Sign test of one sample or of pairs.

    Parameters
    ----------
    values, reference, centre, alternative, continuity
        As in `signed_rank`; differences of zero are counted and left out of the test.
    method : {"exact", "mid-p", "normal"}
        The binomial distribution, the same with half the probability of the count observed, or its normal
        approximation.

    Returns
    -------
    SignTest
        "too-few" where no difference is other than zero.

    Notes
    -----
    Dixon WJ, Mood AM. J Am Stat Assoc 1946;41:557-566.
    """
    check_alternative(alternative)
    check_choice("method", method, ("exact", "mid-p", "normal"))
    differences = differences_of(values, reference) - centre
    above, below = int((differences > 0).sum()), int((differences < 0).sum())
    n, zero = above + below, int((differences == 0).sum())
    if not n:
        return SignTest(0, 0, zero, None, reason="too-few")
    z = float(corrected(above - n / 2, 0.5 if continuity else 0.0, alternative) / sqrt(n / 4))
    if method == "normal":
        return SignTest(above, below, zero, standardised_p(z, alternative), z)
    half = float(binom.pmf(above, n, 0.5)) / 2 if method == "mid-p" else 0.0
    lower = float(bdtr(above, n, 0.5)) - half
    upper = (float(bdtrc(above - 1, n, 0.5)) if above else 1.0) - half
    p_value = min(1.0, 2 * min(lower, upper)) if alternative == "two-sided" else lower
    return SignTest(above, below, zero, upper if alternative == "greater" else p_value)


def sign_interval(values: Iterable[float], *, level: float = 0.95, alternative: str = "two-sided") -> Interval:
    """Median of one sample with the interval of the sign test, between two of the values.

    Parameters
    ----------
    values : iterable of float
        In any unit; missing ones are left out.
    level : float
        Confidence level, 0 < level < 1; the interval has at least this level.
    alternative : {"two-sided", "greater", "less"}
        "greater" gives a lower limit and infinity.

    Returns
    -------
    Interval
        In the unit of the values. Only the median where the values are too few for the level ("too-few").

    Notes
    -----
    Thompson WR. Ann Math Stat 1936;7:122-128.
    """
    check_level(level)
    check_alternative(alternative)
    ordered = np.sort(ordinals_of(values))
    n = ordered.size
    if not n:
        return Interval(None, None, None, "too-few")
    median = float(np.median(ordered))
    tail = (1 - level) / 2 if alternative == "two-sided" else 1 - level
    inside = int(binom.ppf(tail, n, 0.5))  # the least count whose lower tail reaches the level's
    if inside < 1:
        return Interval(median, None, None, "too-few")
    lower, upper = float(ordered[inside - 1]), float(ordered[n - inside])
    return Interval(median, *one_sided_limits(lower, upper, alternative))


def differences_of(values: Iterable[float], reference: Iterable[float] | None) -> np.ndarray:
    """The differences of complete pairs, or the values of one sample."""
    if reference is None:
        return ordinals_of(values)
    x, y = (np.asarray(list(part), dtype=float) for part in (values, reference))
    if x.size != y.size:
        raise InvalidInput(f"{x.size} values and {y.size} in the reference: pairs are needed.")
    return ordinals_of(x - y)
