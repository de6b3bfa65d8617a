"""Two proportions of the same units: McNemar's tests, and the difference of the two.

A table of pairs is given by its four cells: units with the event both times, only the first time, only the second time,
and neither time.
"""

from math import copysign, inf, sqrt

from scipy.special import chdtrc

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_whole
from helpers.stats._wald import check_alternative, p_value, z_of
from helpers.stats.proportions import _tails
from helpers.stats.proportions._common import border, check_between
from helpers.stats.proportions._results import CentredInterval, ProportionTest
from helpers.stats.proportions.single import jeffreys, wilson


def mcnemar_test(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    method: str = "asymptotic",
    alternative: str = "two-sided",
) -> ProportionTest:
    """McNemar's test that the event is as frequent the first time as the second.

    Parameters
    ----------
    both, first_only, second_only, neither : int
        Units by when they had the event; the test uses the two cells of one event.
    method : str
        "asymptotic"; "continuity", with Edwards' correction (R's mcnemar.test); "exact", binomial; or "mid-p", binomial
        with half the probability of the observed split.
    alternative : str
        "two-sided", or the event "greater" or "less" frequent the first time.

    Returns
    -------
    ProportionTest
        `statistic` is chi-squared on one degree of freedom for the first two methods two-sided, their normal deviate
        one-sided, and absent for the exact ones. "no-variance" where no unit had the event only once.

    Raises
    ------
    InvalidInput
        If a cell is no count, all cells are 0, or an option is not one of the words above.

    Notes
    -----
    McNemar Q. Psychometrika 1947;12:153-157. Edwards AL. Psychometrika 1948;13:185-187. Fagerland MW, Lydersen S, Laake
    P. BMC Med Res Methodol 2013;13:91 (mid-p: recommended).
    """
    check_cells(both, first_only, second_only, neither)
    check_choice("method", method, ("asymptotic", "continuity", "exact", "mid-p"))
    check_alternative(alternative)
    discordant = first_only + second_only
    if discordant == 0:
        return ProportionTest(None, None, reason="no-variance")
    if method in ("exact", "mid-p"):
        family, midp = _tails.binomial(discordant), method == "mid-p"
        p = _tails.p_value(family, first_only, 0.0, alternative=alternative, method="central", midp=midp)
        return ProportionTest(None, p)
    distance = first_only - second_only
    size = max(0, abs(distance) - 1) if method == "continuity" else abs(distance)
    z = copysign(size, distance) / sqrt(discordant)
    if alternative != "two-sided":
        return ProportionTest(z, p_value(z, alternative))
    return ProportionTest(z * z, float(chdtrc(1, z * z)), df=1)


def tango_difference(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    level: float = 0.95,
    bias_correction: bool = False,
) -> Interval:
    """Difference of two paired proportions with Tango's score interval; cells and errors as in `mcnemar_test`.

    Parameters
    ----------
    level : float
        Confidence level, 0 < level < 1.
    bias_correction : bool
        Multiply the variance by N/(N-1), as in `risk_difference`; Tango does not.

    Returns
    -------
    Interval
        First minus second, in [-1, 1].

    Notes
    -----
    Tango T. Stat Med 1998;17:891-908.
    """
    total = check_cells(both, first_only, second_only, neither)
    z, observed = z_of(level), (first_only - second_only) / total

    def margin(difference: float) -> float:
        return z - abs(_tango_score(difference, first_only, second_only, total, bias_correction))

    return Interval(observed, border(margin, observed, -1.0), border(margin, observed, 1.0))


def paired_difference_test(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    null: float = 0.0,
    alternative: str = "two-sided",
    bias_correction: bool = False,
) -> ProportionTest:
    """Tango's score test of a difference of paired proportions, against zero (McNemar's test) or a margin.

    Parameters
    ----------
    null : float
        The difference under test, first minus second.
    alternative : str
        "two-sided", or a difference "greater" or "less" than `null`.
    bias_correction : bool
        As in `tango_difference`.

    Returns
    -------
    ProportionTest
        `statistic` is the normal deviate; "no-variance" where its standard error is 0.

    Notes
    -----
    Tango T. Stat Med 1998;17:891-908. Cells and errors as in `mcnemar_test`.
    """
    total = check_cells(both, first_only, second_only, neither)
    check_between("null", null, -1, 1)
    check_alternative(alternative)
    if first_only == second_only == 0 and null == 0:
        return ProportionTest(None, None, reason="no-variance")
    z = _tango_score(null, first_only, second_only, total, bias_correction)
    return ProportionTest(z, p_value(z, alternative))


def newcombe_paired_difference(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    level: float = 0.95,
    correlation_correction: bool = True,
    limits: str = "wilson",
) -> Interval:
    """Difference of paired proportions with Newcombe's square-and-add interval; cells and errors as in `mcnemar_test`.

    Parameters
    ----------
    level : float
        Confidence level, 0 < level < 1.
    correlation_correction : bool
        Lower a positive correlation for continuity: method 10 of the paper, else 8.
    limits : str
        Of the two proportions: "wilson", or "jeffreys" (MOVER).

    Returns
    -------
    Interval
        First minus second, in [-1, 1].

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:2635-2650. The correlation is 0 where a margin is empty.
    """
    total = check_cells(both, first_only, second_only, neither)
    first, second, correlation = paired_parts(
        both, first_only, second_only, neither, level=level, corrected=correlation_correction, limits=limits
    )
    difference = (first_only - second_only) / total
    down, up_ref = first.estimate - first.lower, second.upper - second.estimate
    up, down_ref = first.upper - first.estimate, second.estimate - second.lower
    below = sqrt(max(0.0, down**2 + up_ref**2 - 2 * correlation * down * up_ref))
    above = sqrt(max(0.0, up**2 + down_ref**2 - 2 * correlation * up * down_ref))
    return Interval(difference, max(-1.0, difference - below), min(1.0, difference + above))


def wald_paired_difference(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95, continuity: bool = False
) -> CentredInterval:
    """Difference of paired proportions plus or minus a multiple of its estimated standard error.

    Parameters
    ----------
    continuity : bool
        Edwards' correction inside the standard error.

    Notes
    -----
    Fagerland MW, Lydersen S, Laake P. Stat Med 2014;33:2850-2875, which advises against it. Cells and errors as in
    `mcnemar_test`; width 0 without discordant pairs.
    """
    total = check_cells(both, first_only, second_only, neither)
    return _wald(first_only, second_only, total, level, (first_only - second_only) / total, 1 if continuity else 0)


def agresti_min_paired_difference(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95
) -> CentredInterval:
    """Wald's interval with half a pseudo-unit in every cell; cells and errors as in `mcnemar_test`.

    Notes
    -----
    Agresti A, Min Y. Stat Med 2005;24:729-740.
    """
    total = check_cells(both, first_only, second_only, neither)
    return _wald(first_only + 0.5, second_only + 0.5, total + 2, level, (first_only - second_only) / total)


def bonett_price_paired_difference(
    both: int, first_only: int, second_only: int, neither: int, *, level: float = 0.95
) -> CentredInterval:
    """Wald's interval with one pseudo-unit in each of the discordant cells; cells and errors as in `mcnemar_test`.

    Notes
    -----
    Bonett DG, Price RM. Br J Math Stat Psychol 2012;65:479-488.
    """
    total = check_cells(both, first_only, second_only, neither)
    return _wald(first_only + 1, second_only + 1, total + 2, level, (first_only - second_only) / total)


def check_cells(*cells: int) -> int:
    """Refuse cells that are no counts, or all empty; the number of pairs."""
    for cell in cells:
        check_whole(cell)
    if min(cells) < 0 or sum(cells) == 0:
        raise InvalidInput(f"cells {cells}: each must be a whole number from 0, and at least one pair is needed.")
    return sum(cells)


def paired_parts(
    both: int, first_only: int, second_only: int, neither: int, *, level: float, corrected: bool, limits: str
) -> tuple[Interval, Interval, float]:
    """Intervals of the two proportions, and their correlation."""
    check_choice("limits", limits, ("wilson", "jeffreys"))
    total = both + first_only + second_only + neither
    first, second = both + first_only, both + second_only
    single = wilson if limits == "wilson" else jeffreys
    margins = float(first) * (total - first) * second * (total - second)
    excess = both * neither - first_only * second_only
    if corrected and excess > 0:
        excess = max(0.0, excess - total / 2)
    correlation = excess / sqrt(margins) if margins else 0.0
    return single(first, total, level=level), single(second, total, level=level), correlation


def _tango_score(difference: float, first_only: int, second_only: int, total: int, bias_correction: bool) -> float:
    """Score statistic with the discordant probabilities at their maximum likelihood under the difference."""
    b = (2 * total - first_only + second_only) * difference - first_only - second_only
    root = sqrt(max(0.0, b * b + 8 * total * second_only * difference * (1 - difference)))
    if b <= 0:
        second = (root - b) / (4 * total)
    else:  # the same root without subtracting like from like
        second = 2 * second_only * difference * (1 - difference) / (b + root) if b + root else 0.0
    second = max(second, 0.0, -difference)
    variance = total * (2 * second + difference * (1 - difference))
    distance = first_only - second_only - total * difference
    if abs(distance) < 1e-12 * total:
        return 0.0
    if variance <= 0:
        return copysign(inf, distance)
    return distance / sqrt(variance * (total / (total - 1) if bias_correction and total > 1 else 1.0))


def _wald(
    first_only: float, second_only: float, total: float, level: float, observed: float, corrected: int = 0
) -> CentredInterval:
    z, distance = z_of(level), first_only - second_only
    spread = first_only + second_only - max(0.0, abs(distance) - corrected) ** 2 / total
    centre, se = distance / total, sqrt(max(0.0, spread)) / total
    return CentredInterval(observed, max(-1.0, centre - z * se), min(1.0, centre + z * se), centre=centre, se=se)
