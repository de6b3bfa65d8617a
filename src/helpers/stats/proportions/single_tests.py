"""One proportion against a stated one: exact, score, Wald and likelihood-ratio tests."""

from math import inf, sqrt

from scipy.special import chdtrc, logit, xlogy

from helpers.stats._types import check_choice, check_counts
from helpers.stats._wald import check_alternative, p_value
from helpers.stats.proportions import _tails
from helpers.stats.proportions._common import check_between
from helpers.stats.proportions._results import ProportionTest


def binomial_test(
    events: int,
    n: int,
    *,
    null: float = 0.5,
    alternative: str = "two-sided",
    method: str = "minlike",
    midp: bool = False,
) -> ProportionTest:
    """Exact binomial test.

    Parameters
    ----------
    events, n : int
        Units with the event, and units.
    null : float
        The proportion under test, from 0 to 1.
    alternative : str
        "two-sided", "greater" or "less" than `null`.
    method : str
        What the two-sided test counts as extreme: "minlike", every outcome that is not more probable than the observed
        one (R's binom.test); "central", twice the smaller tail; "blaker", the smaller tail and as much of the other as
        does not exceed it.
    midp : bool
        Count half the probability of the observed outcome.

    Returns
    -------
    ProportionTest
        Without a statistic.

    Raises
    ------
    InvalidInput
        If n is not positive, events lies outside 0..n, or another argument is outside its range.

    Notes
    -----
    Fagerland MW, Lydersen S, Laake P. Statistical Analysis of Contingency Tables. CRC 2017, chapter 2.
    """
    check_counts(events, n)
    check_between("null", null, 0, 1, ends=True)
    check_alternative(alternative)
    check_choice("method", method, _tails.METHODS)
    eta = float(logit(null)) if 0 < null < 1 else -inf if null == 0 else inf
    p = _tails.p_value(_tails.binomial(n), events, eta, alternative=alternative, method=method, midp=midp)
    return ProportionTest(None, p)


def score_test(
    events: int, n: int, *, null: float = 0.5, alternative: str = "two-sided", continuity: bool = False
) -> ProportionTest:
    """Normal test with the variance under the null proportion; parameters and errors as in `binomial_test`.

    Parameters
    ----------
    null : float
        The proportion under test, above 0 and below 1.
    continuity : bool
        Move the observed proportion 1/(2n) towards `null`, not past it.

    Returns
    -------
    ProportionTest
        `statistic` is the normal deviate.
    """
    check_counts(events, n)
    check_between("null", null, 0, 1)
    check_alternative(alternative)
    return _normal(events / n - null, sqrt(null * (1 - null) / n), n, alternative, continuity)


def wald_test(
    events: int, n: int, *, null: float = 0.5, alternative: str = "two-sided", continuity: bool = False
) -> ProportionTest:
    """Normal test with the variance at the observed proportion; otherwise as `score_test`.

    "no-variance" where no unit or every unit had the event.
    """
    check_counts(events, n)
    check_between("null", null, 0, 1)
    check_alternative(alternative)
    p = events / n
    return _normal(p - null, sqrt(p * (1 - p) / n), n, alternative, continuity)


def likelihood_ratio_test(events: int, n: int, *, null: float = 0.5) -> ProportionTest:
    """Likelihood-ratio test, two-sided, on one degree of freedom; parameters and errors as in `score_test`."""
    check_counts(events, n)
    check_between("null", null, 0, 1)
    p = events / n
    best = xlogy(events, p) + xlogy(n - events, 1 - p)
    statistic = max(0.0, 2 * float(best - xlogy(events, null) - xlogy(n - events, 1 - null)))
    return ProportionTest(statistic, float(chdtrc(1, statistic)), df=1)


def _normal(distance: float, se: float, n: int, alternative: str, continuity: bool) -> ProportionTest:
    if se == 0:
        return ProportionTest(None, None, reason="no-variance")
    if continuity:
        shift = min(abs(distance), 1 / (2 * n))
        distance -= shift if distance > 0 else -shift
    z = distance / se
    return ProportionTest(z, p_value(z, alternative))
