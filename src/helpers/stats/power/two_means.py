"""Two independent means, with or without covariates: power, sample size and detectable difference."""

from math import sqrt

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.power._common import (
    Detectable,
    Power,
    Size,
    check_count,
    check_finite,
    check_positive,
    check_target,
    check_test,
    whole,
)
from helpers.stats.power._means import MeanTest, check_correlation, detected

METHODS = ("t", "welch", "z", "guenther")


def power(
    difference: float,
    sd: float,
    *,
    n: float,
    n_ref: float | None = None,
    sd_ref: float | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    method: str = "t",
    correlation: float = 0.0,
    covariates: int = 0,
    imbalance: float = 0.0,
    strict: bool = False,
) -> Power:
    """Power of the comparison of two independent means, with or without adjustment for covariates.

    Parameters
    ----------
    difference : float
        True difference, arm of interest minus reference, in the unit of the outcome.
    sd, sd_ref : float
        Standard deviation of the outcome in each arm, above 0; the same in both if one is given. With method "t"
        there is one.
    n, n_ref : float
        Units in each arm; the reference has as many as the arm if not given.
    alpha : float
        Significance level, on one side if the alternative is one-sided.
    alternative : str
        "two-sided", "greater" or "less" than the reference plus the margin.
    margin : float
        Difference under test; -2 with "greater" asks whether the arm is less than 2 below the reference.
    method : str
        "t": pooled standard deviation, noncentral t (R's power.t.test). "welch": each arm's own, with Satterthwaite's
        degrees of freedom. "z": known standard deviations. "guenther": "z" with z^2 / 4 units added to the size of
        the arm.
    correlation : float
        Multiple correlation of the outcome with baseline covariates, which leaves 1 - correlation^2 of the variance.
    covariates : int
        How many covariates the analysis adjusts for: so many degrees of freedom less ("guenther": units more).
    imbalance : float
        Standardised difference of the arms in the covariate, which costs precision; 0 in expectation under
        randomisation.
    strict : bool
        Count rejections on the wrong side of a two-sided test too.

    Returns
    -------
    Power
        `reason` is "too-few" where no degrees of freedom are left.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, or "t" is asked for with two standard deviations.

    Notes
    -----
    Guenther WC. Am Stat 1981;35:243-244; Borm GF, Fransen J, Lemmens WA. J Clin Epidemiol 2007;60:1234-1238 (analysis
    of covariance). With "welch" the distribution of the statistic is the usual approximation.
    """
    check_test(alpha, alternative)
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)
    plan = _TwoArms(difference, sd, sd_ref, n_ref / n, margin, method, correlation, covariates, imbalance)
    found = plan.power(n, alpha, alternative, strict)
    return Power(None, "too-few") if found is None else Power(found)


def size(
    difference: float,
    sd: float,
    *,
    power: float = 0.8,
    ratio: float = 1.0,
    sd_ref: float | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    method: str = "t",
    correlation: float = 0.0,
    covariates: int = 0,
    imbalance: float = 0.0,
    strict: bool = False,
) -> Size:
    """Units for a given power; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    ratio : float
        Units in the reference for each unit in the arm, above 0.

    Returns
    -------
    Size
        `reason` is "unreachable" if the difference is no evidence against the null.
    """
    check_test(alpha, alternative)
    check_target(power, alpha)
    check_positive("ratio", ratio)
    arguments = (margin, method, correlation, covariates, imbalance)
    plan = _TwoArms(difference, sd, sd_ref, ratio, *arguments)
    found = plan.size(power, alpha, alternative, strict)
    if found is None:
        return Size(None, None, None, None, "unreachable")
    n, n_ref = whole(found, ratio)
    rounded = _TwoArms(difference, sd, sd_ref, n_ref / n, *arguments)
    return Size(n, n_ref, found, rounded.power(n, alpha, alternative, strict))


def detectable(
    sd: float,
    *,
    n: float,
    n_ref: float | None = None,
    power: float = 0.8,
    sd_ref: float | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float = 0.0,
    method: str = "t",
    correlation: float = 0.0,
    covariates: int = 0,
    imbalance: float = 0.0,
    strict: bool = False,
) -> Detectable:
    """The difference that is found with a given power; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.

    Returns
    -------
    Detectable
        `difference` is positive if two-sided, else on the side of the alternative; `value` is the same number.
        `reason` is "too-few" where no degrees of freedom are left.
    """
    check_test(alpha, alternative)
    check_target(power, alpha)
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)

    def power_of(difference: float) -> float | None:
        plan = _TwoArms(difference, sd, sd_ref, n_ref / n, margin, method, correlation, covariates, imbalance)
        return plan.power(n, alpha, alternative, strict)

    return detected(power_of, power, margin, alternative)


class _TwoArms(MeanTest):
    share = 4

    def __init__(self, difference, sd, sd_ref, ratio, margin, method, correlation, covariates, imbalance):
        check_choice("method", method, METHODS)
        for name, value in (("difference", difference), ("margin", margin), ("imbalance", imbalance)):
            check_finite(name, value)
        check_positive("sd", sd)
        check_positive("sd_ref", sd if sd_ref is None else sd_ref)
        if method == "t" and sd_ref not in (None, sd):
            raise InvalidInput(f"sd is {sd} and sd_ref {sd_ref}: the t test has one; use 'welch' for two.")
        check_correlation(correlation)
        self.covariates = check_count("covariates", covariates, least=0)
        left = (1 - correlation**2) * (1 + imbalance**2 / 4)
        self.arm = sd**2 * left
        self.ref = (sd if sd_ref is None else sd_ref) ** 2 * left / ratio
        self.ratio, self.method, self.distance = ratio, method, difference - margin
        self.spread, self.added = sqrt(self.arm + self.ref), float(self.covariates)
        # the fewest units: one degree of freedom, and two units in an arm where each has its own variance
        self.least = 1e-9 if method == "z" else (3 + self.covariates) / (1 + ratio)
        if method == "welch":
            self.least = max(self.least, 2 * max(1, 1 / ratio))

    def df(self, n: float) -> float:
        n_ref = n * self.ratio
        if self.method == "t":
            return n + n_ref - 2 - self.covariates
        if min(n, n_ref) <= 1:
            return 0.0
        total = self.arm + self.ref
        return total**2 / (self.arm**2 / (n - 1) + self.ref**2 / (n_ref - 1)) - self.covariates
