"""Equivalence of two arms by two one-sided tests: power and sample size for means and proportions."""

from math import inf, sqrt

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.multiplicity._normal import scale_points
from helpers.stats.power._common import (
    Power,
    Size,
    check_finite,
    check_positive,
    check_proportion,
    check_target,
    solve_size,
    whole,
)

METHODS = ("t", "z", "bound")


def tost_power(
    difference: float, *, se: float, lower: float, upper: float, df: float = inf, alpha: float = 0.05
) -> Power:
    """Exact power of two one-sided t tests from the standard error of the estimate.

    Parameters
    ----------
    difference : float
        True difference, in the unit of the margins.
    se : float
        True standard error of its estimate, above 0.
    lower, upper : float
        Equivalence margins, lower < upper.
    df : float
        Degrees of freedom of the estimated standard error; infinite if it is known.
    alpha : float
        Significance level of each of the two tests; the interval they go with has level 1 - 2 alpha.

    Returns
    -------
    Power
        Probability that both tests reject, that is that the interval lies within the margins.

    Raises
    ------
    InvalidInput
        If a number lies outside its range or the margins are not in order.

    Notes
    -----
    Schuirmann DJ. J Pharmacokinet Biopharm 1987;15:657-680; Phillips KF. J Pharmacokinet Biopharm 1990;18:137-144.
    Given the estimated standard error the estimate is normal; one integral over that error, equal to a difference of
    Owen's Q functions.
    """
    check_finite("difference", difference)
    check_positive("se", se)
    check_proportion("alpha", alpha)
    _check_margins(lower, upper)
    if not df > 0:
        raise InvalidInput(f"df is {df}; degrees of freedom are above 0.")
    return Power(_within(difference, se, lower, upper, df, alpha))


def means_power(
    difference: float,
    sd: float,
    *,
    n: float,
    lower: float,
    upper: float,
    n_ref: float | None = None,
    alpha: float = 0.05,
    method: str = "t",
) -> Power:
    """Power to show that two independent means are equivalent.

    Parameters
    ----------
    difference, lower, upper, alpha
        As in `tost_power`.
    sd : float
        Common standard deviation, above 0.
    n, n_ref : float
        Units in the arm of interest and in the reference, which has as many if not given.
    method : str
        "t": exact, with n + n_ref - 2 degrees of freedom. "z": known standard deviation. "bound": the lower bound
        that textbook formulas solve, 2 Phi(d - z) - 1 with the distance d to the nearer margin; "z" if the difference
        is in the middle.

    Returns
    -------
    Power
        `reason` is "too-few" where no degrees of freedom are left.

    Raises
    ------
    InvalidInput
        As in `tost_power`.

    Notes
    -----
    "bound": Chow SC, Shao J, Wang H. Sample Size Calculations in Clinical Research, 2nd ed, 2008, chapter 3.
    """
    check_positive("sd", sd)
    check_positive("n", n)
    n_ref = n if n_ref is None else n_ref
    check_positive("n_ref", n_ref)
    _check(difference, lower, upper, alpha, method)
    if method == "t" and n + n_ref <= 2:
        return Power(None, "too-few")
    return Power(_reached(difference, sd * sqrt(1 / n + 1 / n_ref), lower, upper, n + n_ref - 2, alpha, method))


def means_size(
    difference: float,
    sd: float,
    *,
    lower: float,
    upper: float,
    power: float = 0.8,
    ratio: float = 1.0,
    alpha: float = 0.05,
    method: str = "t",
) -> Size:
    """Units to show that two independent means are equivalent; parameters, errors and sources as in `means_power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    ratio : float
        Units in the reference for each unit in the arm, above 0.

    Returns
    -------
    Size
        `reason` is "unreachable" if the difference does not lie between the margins.
    """
    check_positive("sd", sd)
    check_positive("ratio", ratio)
    check_target(power, alpha)
    _check(difference, lower, upper, alpha, method)
    if not lower < difference < upper:
        return Size(None, None, None, None, "unreachable")
    spread = sd * sqrt(1 + 1 / ratio)
    guess = _bound_size(difference, spread, lower, upper, power, alpha)

    def power_of(n: float, n_ref: float) -> float:
        se = sd * sqrt(1 / n + 1 / n_ref)
        return _reached(difference, se, lower, upper, n + n_ref - 2, alpha, method)

    least = 3 / (1 + ratio) if method == "t" else 1e-9
    found = (
        guess
        if method == "bound"
        else solve_size(lambda n: power_of(n, ratio * n), power, least=least, guess=max(guess, least) + 2)
    )
    if found is None:
        return Size(None, None, None, None, "unreachable")
    n, n_ref = whole(found, ratio)
    return Size(n, n_ref, found, power_of(n, n_ref))


def proportions_power(
    p: float,
    p_ref: float,
    *,
    n: float,
    lower: float,
    upper: float,
    n_ref: float | None = None,
    alpha: float = 0.05,
    method: str = "z",
) -> Power:
    """Power to show that two independent proportions are equivalent, with unpooled standard errors.

    Parameters
    ----------
    p, p_ref : float
        True proportions, above 0 and below 1.
    n, n_ref, lower, upper, alpha
        As in `means_power`; margins are differences of proportions.
    method : str
        "z" or "bound".

    Returns
    -------
    Power
        Between 0 and 1.

    Raises
    ------
    InvalidInput
        As in `means_power`.
    """
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)
    _check_proportions(p, p_ref, method)
    _check(p - p_ref, lower, upper, alpha, method)
    se = sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
    return Power(_reached(p - p_ref, se, lower, upper, inf, alpha, method))


def proportions_size(
    p: float,
    p_ref: float,
    *,
    lower: float,
    upper: float,
    power: float = 0.8,
    ratio: float = 1.0,
    alpha: float = 0.05,
    method: str = "z",
) -> Size:
    """Units to show that two proportions are equivalent; parameters as in `proportions_power` and `means_size`."""
    check_positive("ratio", ratio)
    check_target(power, alpha)
    _check_proportions(p, p_ref, method)
    _check(p - p_ref, lower, upper, alpha, method)
    if not lower < p - p_ref < upper:
        return Size(None, None, None, None, "unreachable")

    def power_of(n: float, n_ref: float) -> float:
        se = sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
        return _reached(p - p_ref, se, lower, upper, inf, alpha, method)

    guess = _bound_size(p - p_ref, sqrt(p * (1 - p) + p_ref * (1 - p_ref) / ratio), lower, upper, power, alpha)
    found = guess if method == "bound" else solve_size(lambda n: power_of(n, ratio * n), power, least=1e-9, guess=guess)
    if found is None:
        return Size(None, None, None, None, "unreachable")
    n, n_ref = whole(found, ratio)
    return Size(n, n_ref, found, power_of(n, n_ref))


def _reached(difference, se, lower, upper, df, alpha, method) -> float:
    if method == "bound":
        gap = min(difference - lower, upper - difference)
        return float(max(0.0, 2 * ndtr(gap / se + ndtri(alpha)) - 1))
    return _within(difference, se, lower, upper, df if method == "t" else inf, alpha)


def _within(difference: float, se: float, lower: float, upper: float, df: float, alpha: float) -> float:
    t = -float(stdtrit(df, alpha))
    # a standard error so large that the interval is longer than the margins allow never passes
    scale, mass = scale_points(df, most=(upper - lower) / (2 * se * t) if t > 0 else inf)
    low, high = (lower - difference) / se + t * scale, (upper - difference) / se - t * scale
    return float(min(1.0, max(0.0, mass @ np.maximum(0.0, ndtr(high) - ndtr(low)))))


def _bound_size(difference, spread, lower, upper, power, alpha) -> float:
    gap = min(difference - lower, upper - difference)
    return ((float(-ndtri(alpha)) + float(ndtri((1 + power) / 2))) * spread / gap) ** 2


def _check(difference: float, lower: float, upper: float, alpha: float, method: str) -> None:
    check_finite("difference", difference)
    check_proportion("alpha", alpha)
    check_choice("method", method, METHODS)
    _check_margins(lower, upper)


def _check_margins(lower: float, upper: float) -> None:
    check_finite("lower", lower)
    check_finite("upper", upper)
    if not lower < upper:
        raise InvalidInput(f"lower is {lower} and upper {upper}; the lower margin must be below the upper one.")


def _check_proportions(p: float, p_ref: float, method: str) -> None:
    check_proportion("p", p)
    check_proportion("p_ref", p_ref)
    check_choice("method", method, ("z", "bound"))
