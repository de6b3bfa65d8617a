"""Precision of means and correlations: width of a confidence interval for given sizes, and sizes for a given width."""

from math import atanh, sqrt, tanh

from scipy.special import gammaincinv, ndtri, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level
from helpers.stats.power._common import Precision, check_count, check_positive, check_proportion, solve_size, whole


def mean_width(
    sd: float, *, n: float, level: float = 0.95, assurance: float | None = None, known: bool = False
) -> float:
    """Width of the t interval of a mean.

    Parameters
    ----------
    sd : float
        Standard deviation, above 0; for pairs that of the differences.
    n : float
        Units, above 1 (above 0 if the standard deviation is known).
    level : float
        Confidence level, 0 < level < 1.
    assurance : float, optional
        Give the width that is not exceeded with this probability, for the standard deviation is itself estimated.
        Without it the width at the true one.
    known : bool
        Normal interval with a known standard deviation.

    Returns
    -------
    float
        Upper minus lower limit, in the unit of the outcome.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.

    Notes
    -----
    Kupper LL, Hafner KB. Am Stat 1989;43:101-105 (assurance).
    """
    _check_interval(sd, level, assurance)
    check_positive("n", n)
    if n <= 1 and not known:
        raise InvalidInput(f"n is {n}; an interval with an estimated standard deviation needs more than 1 unit.")
    return _t_width(sd, sqrt(1 / n), n - 1, level, assurance, known)


def mean_size(
    sd: float,
    width: float,
    *,
    level: float = 0.95,
    assurance: float | None = None,
    known: bool = False,
    approximate: bool = False,
) -> Precision:
    """Units for a given width of the interval of a mean; parameters, errors and source as in `mean_width`.

    Parameters
    ----------
    width : float
        Upper minus lower limit asked for, above 0.
    approximate : bool
        Normal formula with z^2 / 2 units added, as in Bonett's statpsych.
    """
    _check_interval(sd, level, assurance)
    check_positive("width", width)
    z = _z(level)
    normal = 4 * (sd * z / width) ** 2
    found = normal
    if approximate:
        found = normal + z * z / 2
    elif not known:
        found = solve_size(
            lambda n: -_t_width(sd, sqrt(1 / n), n - 1, level, assurance, False), -width, least=2.0, guess=normal + 3
        )
    n = whole(found)[0]
    n = max(n, 1 if known else 2)
    return Precision(n, None, _t_width(sd, sqrt(1 / n), n - 1, level, assurance, known), found)


def mean_difference_width(
    sd: float,
    *,
    n: float,
    n_ref: float | None = None,
    sd_ref: float | None = None,
    level: float = 0.95,
    method: str = "t",
    assurance: float | None = None,
) -> float:
    """Width of the interval of a difference of two independent means.

    Parameters
    ----------
    sd, sd_ref : float
        Standard deviations, above 0; the same if one is given. With "t" there is one.
    n, n_ref : float
        Units in each arm; the reference has as many as the arm if not given.
    level : float
        Confidence level, 0 < level < 1.
    method : str
        "t" (pooled), "welch" or "z" (known).
    assurance : float, optional
        As in `mean_width`; for "t" only.

    Returns
    -------
    float
        Upper minus lower limit, in the unit of the outcome.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, no degrees of freedom are left, or options do not go together.
    """
    _check_interval(sd, level, assurance)
    n_ref = n if n_ref is None else n_ref
    check_positive("n", n)
    check_positive("n_ref", n_ref)
    found = _two_means_width(sd, sd_ref, n, n_ref, level, method, assurance)
    if found is None:
        raise InvalidInput(f"arms of {n} and {n_ref} leave no degrees of freedom for an interval.")
    return found


def mean_difference_size(
    sd: float,
    width: float,
    *,
    ratio: float = 1.0,
    sd_ref: float | None = None,
    level: float = 0.95,
    method: str = "t",
    assurance: float | None = None,
    covariates: int = 0,
) -> Precision:
    """Units for a given width of the interval of a difference of means; otherwise as `mean_difference_width`.

    Parameters
    ----------
    width : float
        Upper minus lower limit asked for, above 0.
    ratio : float
        Units in the reference for each unit in the arm, above 0.
    method : str
        "t", "welch", "z", or "approximate": normal with z^2 / 4 units, and one for each covariate, added (statpsych).
    covariates : int
        For "approximate" only; sd is then that of the residuals.
    """
    _check_interval(sd, level, assurance)
    check_positive("width", width)
    check_positive("ratio", ratio)
    covariates = check_count("covariates", covariates, least=0)
    if covariates and method != "approximate":
        raise InvalidInput("covariates are counted by method 'approximate' only.")
    other = sd if sd_ref is None else sd_ref
    check_positive("sd_ref", other)
    z = _z(level)
    normal = 4 * (sd**2 + other**2 / ratio) * (z / width) ** 2
    judged = "welch" if method == "approximate" and sd_ref is not None else "t" if method == "approximate" else method
    if method == "approximate":
        found = normal + z * z / 4 + covariates
    elif method == "z":
        found = normal
    else:
        _two_means_width(sd, sd_ref, 10, 10, level, method, assurance)  # checks the options
        least = 3 / (1 + ratio) if method == "t" else 2 * max(1.0, 1 / ratio)
        found = solve_size(
            lambda n: -_two_means_width(sd, sd_ref, n, ratio * n, level, method, assurance),
            -width,
            least=least,
            guess=max(normal, least) + 2,
        )
    n, n_ref = whole(found, ratio)
    if judged == "t" and n + n_ref < 3:
        n = 2
    elif judged == "welch":
        n, n_ref = max(2, n), max(2, n_ref)
    return Precision(n, n_ref, _two_means_width(sd, sd_ref, n, n_ref, level, judged, assurance), found)


def correlation_width(rho: float, *, n: float, level: float = 0.95, controls: int = 0) -> float:
    """Width of Fisher's interval of a correlation.

    Parameters
    ----------
    rho : float
        Correlation, between -1 and 1.
    n : float
        Pairs, more than 3 over the controls.
    level : float
        Confidence level, 0 < level < 1.
    controls : int
        Variables partialled out.

    Returns
    -------
    float
        Upper minus lower limit.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.
    """
    check_level(level)
    _check_rho(rho)
    pairs = n - check_count("controls", controls, least=0)
    if not pairs > 3:
        raise InvalidInput(f"n is {n} with {controls} controls; more than 3 pairs must be left.")
    return _r_width(rho, pairs, level)


def correlation_size(rho: float, width: float, *, level: float = 0.95, controls: int = 0) -> Precision:
    """Pairs for a given width of Fisher's interval of a correlation; parameters and errors as in `correlation_width`.

    Parameters
    ----------
    width : float
        Upper minus lower limit asked for, above 0 and below 2.
    """
    check_level(level)
    _check_rho(rho)
    controls = check_count("controls", controls, least=0)
    if not 0 < width < 2:
        raise InvalidInput(f"width is {width}; the interval of a correlation is shorter than 2.")
    guess = 4 * ((1 - rho * rho) * _z(level) / width) ** 2 + 3
    found = solve_size(lambda pairs: -_r_width(rho, pairs, level), -width, least=3 + 1e-3, guess=guess + 2)
    n = whole(found)[0]
    return Precision(n + controls, None, _r_width(rho, n, level), found + controls)


def _z(level: float) -> float:
    return float(ndtri((1 + level) / 2))


def _check_interval(sd: float, level: float, assurance: float | None) -> None:
    check_positive("sd", sd)
    check_level(level)
    if assurance is not None:
        check_proportion("assurance", assurance)


def _check_rho(rho: float) -> None:
    if not -1 < rho < 1:
        raise InvalidInput(f"rho is {rho}; a correlation lies between -1 and 1, ends excluded.")


def _t_width(sd: float, unit: float, df: float, level: float, assurance: float | None, known: bool) -> float:
    if known:
        return 2 * _z(level) * sd * unit
    if assurance is not None:
        sd = sd * sqrt(2 * float(gammaincinv(df / 2, assurance)) / df)
    return 2 * float(-stdtrit(df, (1 - level) / 2)) * sd * unit


def _two_means_width(sd, sd_ref, n, n_ref, level, method, assurance) -> float | None:
    check_choice("method", method, ("t", "welch", "z"))
    other = sd if sd_ref is None else sd_ref
    check_positive("sd_ref", other)
    if assurance is not None and method != "t":
        raise InvalidInput(f"assurance is for method 't' only, not {method!r}.")
    if method == "t":
        if other != sd:
            raise InvalidInput(f"sd is {sd} and sd_ref {sd_ref}: the t interval has one; use 'welch' for two.")
        return _t_width(sd, sqrt(1 / n + 1 / n_ref), n + n_ref - 2, level, assurance, False) if n + n_ref > 2 else None
    arm, ref = sd**2 / n, other**2 / n_ref
    if method == "z":
        return 2 * _z(level) * sqrt(arm + ref)
    if min(n, n_ref) <= 1:
        return None
    df = (arm + ref) ** 2 / (arm**2 / (n - 1) + ref**2 / (n_ref - 1))
    return 2 * float(-stdtrit(df, (1 - level) / 2)) * sqrt(arm + ref)


def _r_width(rho: float, pairs: float, level: float) -> float:
    reach = _z(level) / sqrt(pairs - 3)
    return tanh(atanh(rho) + reach) - tanh(atanh(rho) - reach)
