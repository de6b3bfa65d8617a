"""One proportion against a stated one: exact binomial power, and normal approximations."""

from dataclasses import dataclass
from math import asin, copysign, sqrt

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.power._common import (
    Detectable,
    ExactPower,
    Power,
    Size,
    check_count,
    check_positive,
    check_proportion,
    check_target,
    check_test,
    normal_power,
    quantile,
    solve_value,
    towards,
    whole,
)

TWO_SIDED = ("equal-tails", "minlike")
METHODS = ("score", "wald", "arcsine", "continuity", "rounded-score")
_TIE = 1e-7
_ROUNDING = 1e-12


@dataclass(frozen=True)
class BinomialPower(ExactPower):
    """Exact power with the rule: reject at `lower` events or fewer, or at `upper` or more (None: never)."""

    lower: int | None = None
    upper: int | None = None


def exact_power(
    p: float,
    null: float,
    *,
    n: int,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    two_sided: str = "equal-tails",
) -> BinomialPower:
    """Exact power of the binomial test.

    Parameters
    ----------
    p, null : float
        True proportion, 0 to 1, and the proportion under test, above 0 and below 1.
    n : int
        Units.
    alpha : float
        Significance level, on one side if the alternative is one-sided.
    alternative : str
        "two-sided", "greater" or "less" than `null`.
    two_sided : str
        "equal-tails": each side at most alpha / 2. "minlike": p-values by the probability of the outcomes (R's
        binom.test).

    Returns
    -------
    BinomialPower
        Power, `type_one_error` at the null, and the rule.

    Raises
    ------
    InvalidInput
        If a proportion, n or alpha lies outside its range or an option is unknown.
    """
    n = check_count("n", n)
    check_proportion("p", p, ends=True)
    check_proportion("null", null)
    check_test(alpha, alternative)
    check_choice("two_sided", two_sided, TWO_SIDED)
    lower, upper = _rule(n, null, alpha, alternative, two_sided)

    def rejects(at: float) -> float:
        low = binom.cdf(lower, n, at) if lower is not None else 0.0
        return float(low + (binom.sf(upper - 1, n, at) if upper is not None else 0.0))

    return BinomialPower(rejects(p), "", rejects(null), lower, upper)


def exact_size(
    p: float,
    null: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    two_sided: str = "equal-tails",
    lasting: int = 10,
    most: int = 10_000,
) -> Size:
    """The smallest size from which on the exact power is the one asked for; parameters and errors as in `exact_power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    lasting : int
        Ask for the power at this many further sizes too, for exact power is saw-toothed; 0 gives the smallest size of
        all.
    most : int
        Largest size that is tried.

    Returns
    -------
    Size
        `reason` is "unreachable" if no size up to `most` is enough.
    """
    check_target(power, alpha)
    check_proportion("p", p, ends=True)
    check_proportion("null", null)
    lasting, most = check_count("lasting", lasting, least=0), check_count("most", most)
    check_test(alpha, alternative)
    if not towards(p - null, alternative):
        return Size(None, reason="unreachable")
    near = size(p, null, power=power, alpha=alpha, alternative=alternative).unrounded
    kept, found = 0, 0.0
    for n in range(max(1, int(min(0.5 * near, near - 20))), most + lasting + 1):
        reached = exact_power(p, null, n=n, alpha=alpha, alternative=alternative, two_sided=two_sided).power
        found = reached if kept == 0 else found
        kept = kept + 1 if reached >= power else 0
        if kept > lasting:
            return Size(n - lasting, None, None, found)
    return Size(None, reason="unreachable")


def power(
    p: float,
    null: float,
    *,
    n: float,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "score",
    difference: float | None = None,
    strict: bool = False,
) -> Power:
    """Power of a normal test of one proportion.

    Parameters
    ----------
    p, null, alpha, alternative
        As in `exact_power`.
    n : float
        Units.
    method : str
        Standard errors. "score": of `null` under the null and of `p` in truth. "wald": of `p` under both. "arcsine": of
        2 arcsin(sqrt(p)). "continuity": score, with the difference reduced by 1/(2n). "rounded-score": as printed in
        statpsych's size.test.prop, 1 / |difference| added to the rounded size of "score"; only for sizes.
    difference : float, optional
        Distance to plan for where it is not p - null; not with "arcsine".
    strict : bool
        Count rejections on the wrong side of a two-sided test too.

    Returns
    -------
    Power
        Between 0 and 1.

    Raises
    ------
    InvalidInput
        As in `exact_power`.

    Notes
    -----
    Fleiss JL, Levin B, Paik MC. Statistical Methods for Rates and Proportions, 3rd ed, 2003, chapter 2.
    """
    check_positive("n", n)
    if method == "rounded-score":
        raise InvalidInput("'rounded-score' is a rule for sizes; for its power use 'score' or 'continuity'.")
    plan = _plan(p, null, alpha, alternative, method, difference)
    return Power(_reached(plan, n, alpha, alternative, method, strict))


def size(
    p: float,
    null: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "score",
    difference: float | None = None,
) -> Size:
    """Units for a given power of a normal test; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.

    Returns
    -------
    Size
        `reason` is "unreachable" if the proportion is no evidence against the null; `power` is that of "score" for
        "rounded-score".
    """
    distance, se_null, se = _plan(p, null, alpha, alternative, method, difference)
    check_target(power, alpha)
    if not towards(distance, alternative):
        return Size(None, reason="unreachable")
    n = ((quantile(alpha, alternative) * se_null + float(ndtri(power)) * se) / distance) ** 2
    if method == "continuity":
        n = n / 4 * (1 + sqrt(1 + 2 / (n * abs(distance)))) ** 2
    elif method == "rounded-score":
        n = whole(n)[0] + 1 / abs(distance)
    rounded = whole(n)[0]
    return Size(rounded, None, n, _reached((distance, se_null, se), rounded, alpha, alternative, method, False))


def detectable(
    null: float,
    *,
    n: int,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "exact",
    two_sided: str = "equal-tails",
    above: bool = True,
) -> Detectable:
    """The proportion that is found with a given power; parameters and errors as in `exact_power` and `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    method : str
        "exact", or a method of `power`.
    above : bool
        For a two-sided test: search above the value under test, or below it.

    Returns
    -------
    Detectable
        `reason` is "unreachable" if not even a proportion of 0 or 1 is enough.
    """
    check_proportion("null", null)
    check_test(alpha, alternative)
    check_target(power, alpha)
    up = above if alternative == "two-sided" else alternative == "greater"

    def power_of(p: float) -> float:
        if method == "exact":
            return exact_power(p, null, n=n, alpha=alpha, alternative=alternative, two_sided=two_sided).power
        return _reached(_plan(p, null, alpha, alternative, method, None), n, alpha, alternative, method, False)

    found = solve_value(power_of, power, null, 1.0 if up else 0.0)
    return Detectable(None, None, "unreachable") if found is None else Detectable(found, found - null)


def _plan(p, null, alpha, alternative, method, difference) -> tuple[float, float, float]:
    """Distance, and standard errors of one unit under the null and in truth."""
    check_proportion("p", p, ends=True)
    check_proportion("null", null)
    check_test(alpha, alternative)
    check_choice("method", method, METHODS)
    if method == "arcsine":
        if difference is not None:
            raise InvalidInput("a difference of its own is no part of the arcsine method.")
        return 2 * asin(sqrt(p)) - 2 * asin(sqrt(null)), 1.0, 1.0
    se = sqrt(p * (1 - p))
    return p - null if difference is None else difference, se if method == "wald" else sqrt(null * (1 - null)), se


def _reached(
    plan: tuple[float, float, float], n: float, alpha: float, alternative: str, method: str, strict: bool
) -> float:
    distance, se_null, se = plan
    if method == "continuity":
        distance = copysign(max(0.0, abs(distance) - 1 / (2 * n)), distance)
    root = sqrt(n)
    return normal_power(distance, se_null / root, se / root, alpha=alpha, alternative=alternative, strict=strict)


def _rule(n: int, null: float, alpha: float, alternative: str, two_sided: str) -> tuple[int | None, int | None]:
    limit = alpha * (1 + _ROUNDING)
    x = np.arange(n + 1)
    if alternative == "two-sided" and two_sided == "minlike":
        pmf = binom.pmf(x, n, null)
        order = np.argsort(pmf, kind="stable")
        ranked = np.cumsum(pmf[order])
        p_values = ranked[np.searchsorted(pmf[order], pmf * (1 + _TIE), side="right") - 1]
        low, high = x[(p_values <= limit) & (x < n * null)], x[(p_values <= limit) & (x > n * null)]
    else:
        limit = limit / 2 if alternative == "two-sided" else limit
        low = x[binom.cdf(x, n, null) <= limit] if alternative != "greater" else x[:0]
        high = x[binom.sf(x - 1, n, null) <= limit] if alternative != "less" else x[:0]
    return (int(low.max()) if low.size else None, int(high.min()) if high.size else None)
