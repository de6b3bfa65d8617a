"""Two proportions given their total: Fisher's test and the conditional odds ratio with its exact limits."""

from math import exp, inf, log

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level
from helpers.stats._wald import check_alternative
from helpers.stats.proportions import _tails
from helpers.stats.proportions._common import check_two
from helpers.stats.proportions._ratio_scale import odds_of, reason_of
from helpers.stats.proportions._results import ProportionTest, RatioInterval


def fisher_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    null: float = 1.0,
    alternative: str = "two-sided",
    method: str = "minlike",
    midp: bool = False,
) -> ProportionTest:
    """Fisher's exact test of an odds ratio, conditional on the total number of events.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, in the arm of interest.
    events_ref, n_ref : int
        The same in the reference arm.
    null : float
        Odds ratio under test, from 0 to infinity.
    alternative : str
        "two-sided", or an odds ratio "greater" or "less" than `null`.
    method : str
        What the two-sided test counts as extreme: "minlike", every table that is not more probable than the observed
        one (R's fisher.test, Fisher-Irwin); "central", twice the smaller tail; "blaker", the smaller tail and as much
        of the other as does not exceed it.
    midp : bool
        Count half the probability of the observed table.

    Returns
    -------
    ProportionTest
        Without a statistic.

    Raises
    ------
    InvalidInput
        If n or n_ref is not positive, events lies outside 0..n, or an option is not one of the words above.

    Notes
    -----
    Fisher RA. J R Stat Soc 1935;98:39-82. Fay MP. Biostatistics 2010;11:373-374 (the three two-sided tests). Mid-p:
    Lancaster HO. J Am Stat Assoc 1961;56:223-234.
    """
    check_two(events, n, events_ref, n_ref)
    check_alternative(alternative)
    check_choice("method", method, _tails.METHODS)
    if not 0 <= null <= inf:
        raise InvalidInput(f"null is {null}; an odds ratio lies between 0 and infinity.")
    eta = -inf if null == 0 else log(null) if null < inf else inf
    family = _tails.hypergeometric(n, n_ref, events + events_ref)
    return ProportionTest(None, _tails.p_value(family, events, eta, alternative=alternative, method=method, midp=midp))


def conditional_odds_ratio(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    method: str = "central",
    midp: bool = False,
) -> RatioInterval:
    """Conditional maximum likelihood odds ratio with the exact limits that go with Fisher's test.

    Parameters and errors otherwise as in `fisher_test`.

    Parameters
    ----------
    level : float
        Confidence level, 0 < level < 1.
    method : str
        "central" (Cornfield's exact limits, R's fisher.test), "minlike" (Baptista and Pike) or "blaker".
    midp : bool
        Count half the probability of the observed table; the coverage is then near the level, not above it.

    Returns
    -------
    RatioInterval
        The smallest interval that holds every odds ratio the test does not reject. Without an estimate, and with limits
        0 and infinity, where no unit or every unit had the event.

    Notes
    -----
    Cornfield J. Proc 3rd Berkeley Symp 1956;4:135-148. Baptista J, Pike MC. Appl Stat 1977;26:214-220. Fay MP.
    Biostatistics 2010;11:373-374. R's fisher.test stops at about five digits; scipy's `fisher_exact` returns the sample
    odds ratio.
    """
    check_two(events, n, events_ref, n_ref)
    check_level(level)
    check_choice("method", method, _tails.METHODS)
    total = events + events_ref
    if total in (0, n + n_ref):
        return RatioInterval(None, 0.0, inf, reason_of(odds_of(events, n, events_ref, n_ref), events, events_ref))
    family = _tails.hypergeometric(n, n_ref, total)
    low, high = _tails.limits(family, events, level=level, method=method, midp=midp)
    return RatioInterval(exp(_tails.estimate(family, events)), exp(low), exp(high))
