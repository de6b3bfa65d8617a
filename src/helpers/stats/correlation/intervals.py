"""Limits of a correlation from its value and the number of pairs, for when the pairs are not at hand."""

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.correlation._shared import check_correlation, fisher_limits

PEARSON = ("fisher", "bias-corrected")
SPEARMAN = ("bonett-wright", "fieller", "fisher")
KENDALL = ("fieller", "fisher")


def pearson_limits(
    r: float,
    n: int,
    *,
    held: int = 0,
    interval: str = "fisher",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> tuple[float, float]:
    """Limits of a Pearson correlation `r` of `n` pairs with `held` covariates held fixed.

    Parameters
    ----------
    r : float
        The correlation, -1 < r < 1.
    n, held : int
        Pairs, and covariates; n - held at least 4.
    interval : {"fisher", "bias-corrected"}
        Fisher's z, or Fisher's z less r/(2(n - 1)).
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        A one-sided interval ends at -1 or 1 on its other side.

    Raises
    ------
    InvalidInput
        If r, n, held or an option is not allowed.

    Notes
    -----
    Fisher RA. Metron 1921;1:3-32, who gives the bias too.
    """
    check_choice("interval", interval, PEARSON)
    check_correlation(r, n, held, "Fisher")
    shift = r / (2 * (n - 1)) if interval == "bias-corrected" else 0.0
    return fisher_limits(r, 1 / (n - held - 3), level=level, alternative=alternative, shift=shift)


def spearman_limits(
    r: float,
    n: int,
    *,
    held: int = 0,
    interval: str = "bonett-wright",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> tuple[float, float]:
    """Limits of a Spearman correlation; parameters and errors as in `pearson_limits`.

    Parameters
    ----------
    interval : {"bonett-wright", "fieller", "fisher"}
        Variance of z: (1 + r^2/2)/(n - 3), 1.06/(n - 3) or 1/(n - 3), n lessened by `held`.

    Notes
    -----
    Bonett DG, Wright TA. Psychometrika 2000;65:23-28. Fieller EC, Hartley HO, Pearson ES. Biometrika 1957;44:470-481.
    """
    check_choice("interval", interval, SPEARMAN)
    check_correlation(r, n, held, "Bonett-Wright")
    factor = {"bonett-wright": 1 + r * r / 2, "fieller": 1.06, "fisher": 1.0}[interval]
    return fisher_limits(r, factor / (n - held - 3), level=level, alternative=alternative)


def kendall_limits(
    tau: float,
    n: int,
    *,
    interval: str = "fieller",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> tuple[float, float]:
    """Limits of Kendall's tau; parameters and errors as in `pearson_limits`, n at least 5.

    Parameters
    ----------
    interval : {"fieller", "fisher"}
        Variance of z: 0.437/(n - 4) or 1/(n - 3).

    Notes
    -----
    Fieller EC, Hartley HO, Pearson ES. Biometrika 1957;44:470-481.
    """
    check_choice("interval", interval, KENDALL)
    check_correlation(tau, n, 1, "Fieller")
    variance = 0.437 / (n - 4) if interval == "fieller" else 1 / (n - 3)
    return fisher_limits(tau, variance, level=level, alternative=alternative)


def bonett_wright(r: float, n: int, *, held: int = 0, level: float = 0.95) -> tuple[float, float]:
    """Limits of a Spearman correlation `r` of `n` pairs with `held` covariates held fixed; |r| < 1 and n - held > 3."""
    return spearman_limits(r, n, held=held, level=level)


def semipartial_limits(
    r: float, r_squared: float, n: int, *, level: float = 0.95, alternative: str = "two-sided"
) -> tuple[float, float]:
    """Limits of a semi-partial correlation of an outcome with what covariates leave of a predictor.

    Parameters
    ----------
    r : float
        The semi-partial correlation, -1 < r < 1.
    r_squared : float
        Squared multiple correlation of the outcome with predictor and covariates, at least r squared.
    n : int
        Units, 4 or more.
    level, alternative
        As in `pearson_limits`.

    Raises
    ------
    InvalidInput
        If r_squared lies outside r squared..1, or another argument is not allowed.

    Notes
    -----
    Aloe AM, Becker BJ. J Educ Behav Stat 2012;37:278-297, with n - 3 for n and on the scale of Fisher's z, as in R's
    statpsych.
    """
    check_correlation(r, n, 0, "Aloe-Becker")
    if not r * r - 1e-12 <= r_squared < 1:
        raise InvalidInput(f"r_squared is {r_squared}; it lies between the square of r, {r * r}, and 1.")
    without = max(0.0, r_squared - r * r)
    factor = (r_squared**2 - 2 * r_squared + without - without**2 + 1) / (1 - r * r) ** 2
    return fisher_limits(r, max(0.0, factor) / (n - 3), level=level, alternative=alternative)
