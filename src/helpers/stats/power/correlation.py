"""A correlation against a stated one: power, sample size and detectable correlation."""

from math import atanh, log, sqrt, tanh

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, hyp2f1, ndtri, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.power._common import (
    Detectable,
    Power,
    Size,
    check_count,
    check_positive,
    check_target,
    check_test,
    normal_power,
    quantile,
    solve_size,
    solve_value,
    towards,
    whole,
)

METHODS = ("fisher", "t", "exact")
_POINTS, _PANELS = 16, 24
#: Above so many pairs Fisher's transformation stands in for the exact distribution; the two then agree to four digits.
_MANY = 5000


def power(
    rho: float,
    *,
    n: float,
    null: float = 0.0,
    controls: int = 0,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "fisher",
    strict: bool = False,
) -> Power:
    """Power of the test of one correlation of jointly normal outcomes.

    Parameters
    ----------
    rho, null : float
        True correlation and the one under test, between -1 and 1.
    n : float
        Pairs.
    controls : int
        Variables partialled out; each costs one pair.
    alpha : float
        Significance level, on one side if the alternative is one-sided.
    alternative : str
        "two-sided", "greater" or "less" than `null`.
    method : str
        "fisher": normal test of the transformed correlation, variance 1/(n - 3). "t": the t test of no correlation,
        its power by the transformed correlation with Fisher's correction for bias (R pwr's pwr.r.test). "exact": the
        exact distribution of the correlation coefficient; the critical values are the exact ones at `null` (at 0
        those of the t test).
    strict : bool
        Count rejections on the wrong side of a two-sided test too.

    Returns
    -------
    Power
        `reason` is "too-few" below 4 pairs over the controls.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, "t" is asked for with a null other than 0, or "exact" with part of a pair.

    Notes
    -----
    Fisher RA. Biometrika 1915;10:507-521 (exact distribution) and Metron 1921;1:3-32; Cohen J. Statistical Power
    Analysis, 1988, chapter 3 ("t"); Guenther WC. Am Stat 1977;31:45-48. Above 5000 pairs "exact" is "fisher".
    """
    _check(rho, null, alpha, alternative, method)
    check_positive("n", n)
    pairs = n - check_count("controls", controls, least=0)
    if pairs < (4 if method == "t" else 3 + 1e-9):
        return Power(None, "too-few")
    return Power(_reached(rho, null, pairs, alpha, alternative, method, strict))


def size(
    rho: float,
    *,
    power: float = 0.8,
    null: float = 0.0,
    controls: int = 0,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "fisher",
    strict: bool = False,
) -> Size:
    """Pairs for a given power; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.

    Returns
    -------
    Size
        `reason` is "unreachable" if the correlation is no evidence against the null.
    """
    _check(rho, null, alpha, alternative, method)
    check_target(power, alpha)
    controls = check_count("controls", controls, least=0)
    if not towards(rho - null, alternative):
        return Size(None, reason="unreachable")
    normal = ((quantile(alpha, alternative) + float(ndtri(power))) / (atanh(rho) - atanh(null))) ** 2 + 3
    if method == "exact":
        n = _smallest(lambda pairs: _reached(rho, null, pairs, alpha, alternative, method, strict), power, int(normal))
        return Size(n + controls, None, None, _reached(rho, null, n, alpha, alternative, method, strict))
    least = 4.0 if method == "t" else 3 + 1e-6
    if method == "fisher" and not (strict and alternative == "two-sided"):
        found = normal
    else:
        found = solve_size(
            lambda pairs: _reached(rho, null, pairs, alpha, alternative, method, strict),
            power,
            least=least,
            guess=max(normal, least),
        )
    n = whole(max(found, least))[0]
    return Size(n + controls, None, found + controls, _reached(rho, null, n, alpha, alternative, method, strict))


def detectable(
    *,
    n: float,
    power: float = 0.8,
    null: float = 0.0,
    controls: int = 0,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "fisher",
    above: bool = True,
    strict: bool = False,
) -> Detectable:
    """The correlation that is found with a given power; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    above : bool
        For a two-sided test: search above `null`, or below it.

    Returns
    -------
    Detectable
        `reason` is "too-few" below 4 pairs, or "unreachable" if not even a correlation next to 1 is enough.
    """
    _check(0.0, null, alpha, alternative, method)
    check_target(power, alpha)
    check_positive("n", n)
    pairs = n - check_count("controls", controls, least=0)
    if pairs < (4 if method == "t" else 3 + 1e-9):
        return Detectable(None, None, "too-few")
    up = above if alternative == "two-sided" else alternative == "greater"
    found = solve_value(
        lambda z: _reached(tanh(z), null, pairs, alpha, alternative, method, strict),
        power,
        atanh(null),
        atanh(null) + (9.0 if up else -9.0),
    )
    if found is None:
        return Detectable(None, None, "unreachable")
    return Detectable(tanh(found), tanh(found) - null)


def probability_below(r: float, *, rho: float, n: int) -> float:
    """Probability of a sample correlation of at most r among n jointly normal pairs with correlation rho.

    Raises
    ------
    InvalidInput
        If r lies outside [-1, 1], rho not between -1 and 1, or n is below 3.

    Notes
    -----
    Density by Hotelling H. J R Stat Soc B 1953;15:193-232, integrated over the transformed correlation, in which it
    is near to normal.
    """
    n = check_count("n", n, least=3)
    if not -1 < rho < 1 or not -1 <= r <= 1:
        raise InvalidInput(f"r is {r} and rho {rho}: r lies in [-1, 1], rho between -1 and 1.")
    if abs(r) == 1:
        return float(r > 0)
    return _below(atanh(r), rho, n)


def _reached(rho: float, null: float, n: float, alpha: float, alternative: str, method: str, strict: bool) -> float:
    if method == "exact" and n <= _MANY:
        return _exact(rho, null, n, alpha, alternative, strict)
    if method == "t":
        return _by_t(rho, n, alpha, alternative, strict)
    se = 1 / sqrt(n - 3)
    return normal_power(atanh(rho) - atanh(null), se, se, alpha=alpha, alternative=alternative, strict=strict)


def _by_t(rho: float, n: float, alpha: float, alternative: str, strict: bool) -> float:
    t = -float(stdtrit(n - 2, alpha / 2 if alternative == "two-sided" else alpha))
    bar = atanh(t / sqrt(t * t + n - 2))
    rho = abs(rho) if alternative == "two-sided" else rho if alternative == "greater" else -rho
    centre, se = atanh(rho) + rho / (2 * (n - 1)), 1 / sqrt(n - 3)
    arguments = {"alpha": 0.5, "alternative": "greater"}
    near = normal_power(centre - bar, se, se, **arguments)
    return near + normal_power(-centre - bar, se, se, **arguments) if strict and alternative == "two-sided" else near


def _exact(rho: float, null: float, n: float, alpha: float, alternative: str, strict: bool) -> float:
    if int(n) != n:
        raise InvalidInput(f"the exact distribution needs a whole number of pairs, not {n}.")
    n = int(n)
    tail = alpha / 2 if alternative == "two-sided" else alpha
    high, low = _limit(1 - tail, null, n), _limit(tail, null, n)
    above = 1 - _below(high, rho, n)
    below = _below(low, rho, n)
    if alternative == "greater":
        return above
    if alternative == "less":
        return below
    if strict:
        return above + below
    return above if rho >= null else below


def _limit(probability: float, null: float, n: int) -> float:
    """Quantile of the transformed sample correlation."""
    if null == 0:
        t = float(stdtrit(n - 2, probability))
        return atanh(t / sqrt(t * t + n - 2))
    centre, reach = atanh(null), 12 / sqrt(n - 2.5)
    return float(
        brentq(lambda z: _below(z, null, n) - probability, centre - reach, centre + reach, xtol=1e-13, rtol=1e-13)
    )


def _below(z: float, rho: float, n: int) -> float:
    """P(atanh(r) <= z), from the nearer end."""
    centre, reach = atanh(rho), 12 / sqrt(n - 2.5) + 2 / (n - 2)
    if z <= centre - 2 * reach:
        return 0.0
    if z >= centre + 2 * reach:
        return 1.0
    if z <= centre:
        return min(1.0, _mass(centre - 2 * reach, z, rho, n))
    return max(0.0, 1 - _mass(z, centre + 2 * reach, rho, n))


def _mass(low: float, high: float, rho: float, n: int) -> float:
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    edges = np.linspace(low, high, _PANELS + 1)
    half = (edges[1] - edges[0]) / 2
    z = ((edges[:-1] + edges[1:])[:, None] / 2 + half * points).ravel()
    r = np.tanh(z)
    constant = (
        log(n - 2) + gammaln(n - 1) - gammaln(n - 0.5) - 0.5 * log(2 * np.pi) + (n - 1) / 2 * np.log1p(-rho * rho)
    )
    # 1 - r^2 = 1 / cosh(z)^2, of which one factor is dr/dz
    logs = constant - (n - 2) * np.log(np.cosh(z)) - (n - 1.5) * np.log1p(-rho * r)
    density = np.exp(logs) * hyp2f1(0.5, 0.5, n - 0.5, (1 + rho * r) / 2)
    return float(density @ np.tile(half * weights, _PANELS))


def _smallest(power_of, target: float, guess: int) -> int:
    """The smallest whole number of pairs, 4 or more, whose power, which grows with it, is enough."""
    n = max(4, guess)
    while power_of(n) < target:
        n += 1
    while n > 4 and power_of(n - 1) >= target:
        n -= 1
    return n


def _check(rho: float, null: float, alpha: float, alternative: str, method: str) -> None:
    check_test(alpha, alternative)
    check_choice("method", method, METHODS)
    for name, value in (("rho", rho), ("null", null)):
        if not -1 < value < 1:
            raise InvalidInput(f"{name} is {value}; a correlation lies between -1 and 1, ends excluded.")
    if method == "t" and null:
        raise InvalidInput(f"null is {null}; the t test is one of no correlation, use 'fisher' or 'exact'.")
