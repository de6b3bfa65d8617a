"""One mean, or the mean of paired differences: power, sample size and detectable difference of t and normal tests."""

from math import sqrt

from helpers.stats._types import check_choice
from helpers.stats.power._common import (
    Detectable,
    Power,
    Size,
    check_finite,
    check_positive,
    check_target,
    check_test,
    whole,
)
from helpers.stats.power._means import MeanTest, check_correlation, detected

METHODS = ("t", "z", "guenther")


def power(
    difference: float,
    sd: float,
    *,
    n: float,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    method: str = "t",
    strict: bool = False,
) -> Power:
    """Power of the test of one mean, or of the mean of paired differences.

    Parameters
    ----------
    difference : float
        True mean minus the value under test, in the unit of the outcome; for pairs the mean difference.
    sd : float
        Standard deviation of the outcome, or of the differences of pairs (see `paired_sd`).
    n : float
        Units, or pairs.
    alpha, alternative, margin, strict
        As in `two_means.power`.
    method : str
        "t", "z", or "guenther": "z" with z^2 / 2 units added to the size.

    Returns
    -------
    Power
        `reason` is "too-few" where no degrees of freedom are left.

    Raises
    ------
    InvalidInput
        As in `two_means.power`.
    """
    check_test(alpha, alternative)
    check_positive("n", n)
    found = _OneArm(difference, sd, margin, method).power(n, alpha, alternative, strict)
    return Power(None, "too-few") if found is None else Power(found)


def size(
    difference: float,
    sd: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    method: str = "t",
    strict: bool = False,
) -> Size:
    """Units or pairs for a given power; parameters as in `power`, result as in `two_means.size`."""
    check_test(alpha, alternative)
    check_target(power, alpha)
    plan = _OneArm(difference, sd, margin, method)
    found = plan.size(power, alpha, alternative, strict)
    if found is None:
        return Size(None, reason="unreachable")
    n = whole(found)[0]
    return Size(n, None, found, plan.power(n, alpha, alternative, strict))


def detectable(
    sd: float,
    *,
    n: float,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    method: str = "t",
    strict: bool = False,
) -> Detectable:
    """The difference found with a given power; parameters as in `power`, result as for two arms."""
    check_test(alpha, alternative)
    check_target(power, alpha)
    check_positive("n", n)

    def power_of(difference: float) -> float | None:
        return _OneArm(difference, sd, margin, method).power(n, alpha, alternative, strict)

    return detected(power_of, power, margin, alternative)


def paired_sd(sd: float, sd_ref: float, *, correlation: float) -> float:
    """Standard deviation of the difference of two measurements with these standard deviations and this correlation.

    Raises
    ------
    InvalidInput
        If a standard deviation is not positive or the correlation lies outside [-1, 1].
    """
    check_positive("sd", sd)
    check_positive("sd_ref", sd_ref)
    check_correlation(correlation, ends=True)
    return sqrt(max(0.0, sd**2 + sd_ref**2 - 2 * correlation * sd * sd_ref))


class _OneArm(MeanTest):
    share = 2

    def __init__(self, difference, sd, margin, method):
        check_choice("method", method, METHODS)
        check_finite("difference", difference)
        check_finite("margin", margin)
        check_positive("sd", sd)
        self.method, self.distance, self.spread, self.added = method, difference - margin, float(sd), 0.0
        self.least = 1e-9 if method == "z" else 2.0

    def df(self, n: float) -> float:
        return n - 1
