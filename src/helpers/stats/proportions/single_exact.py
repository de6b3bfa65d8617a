"""One proportion: intervals from the binomial distribution itself, and Pratt's approximation to them."""

from math import inf, isinf

from scipy.special import betainccinv, betaincinv, expit

from helpers.stats._types import Interval, check_counts, check_level
from helpers.stats._wald import z_of
from helpers.stats.proportions import _tails


def clopper_pearson(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Proportion with the exact interval of Clopper and Pearson; parameters and errors as in `wilson`.

    Notes
    -----
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. Its coverage is never below the level, so it suits safety
    counts.
    """
    check_counts(events, n)
    check_level(level)
    tail = (1 - level) / 2
    lower = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
    upper = 1.0 if events == n else float(betainccinv(events + 1, n - events, tail))
    return Interval(events / n, lower, upper)


def mid_p(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Clopper and Pearson's interval with half the probability of the observed count; parameters as in `wilson`.

    Notes
    -----
    Newcombe RG. Stat Med 1998;17:857-872, method 6. DescTools and R's uniroot stop at four or five digits.
    """
    return _exact(events, n, level, "central", midp=True)


def blaker(events: int, n: int, *, level: float = 0.95, midp: bool = False) -> Interval:
    """Blaker's exact interval, which lies within Clopper and Pearson's; parameters and errors as in `wilson`.

    The smallest interval that holds every proportion the test does not reject: those proportions may have gaps.

    Parameters
    ----------
    midp : bool
        With half the probability of the observed count; the coverage is then near the level, not above it.

    Notes
    -----
    Blaker H. Can J Stat 2000;28:783-798. Klaschka J. Proc COMPSTAT 2010: the jumps of the p-value are found, not
    searched on a grid; DescTools is right to about five digits.
    """
    return _exact(events, n, level, "blaker", midp=midp)


def sterne(events: int, n: int, *, level: float = 0.95, midp: bool = False) -> Interval:
    """Exact interval that inverts the two-sided test ordered by likelihood; otherwise as `blaker`.

    Notes
    -----
    Sterne TE. Biometrika 1954;41:275-278. It goes with the two-sided p-value of R's binom.test, whose own interval is
    that of Clopper and Pearson.
    """
    return _exact(events, n, level, "minlike", midp=midp)


def pratt(events: int, n: int, *, level: float = 0.95) -> Interval:
    """Pratt's closed approximation to Clopper and Pearson's interval; parameters and errors as in `wilson`.

    Notes
    -----
    Pratt JW. J Am Stat Assoc 1968;63:1457-1483; Blyth CR. J Am Stat Assoc 1986;81:843-855. The lower limit of the
    events is 1 minus the upper limit of the non-events. DescTools writes n - events - 1 where that symmetry needs n -
    events + 1, and gives a lower limit of .3347 for 10 of 20 at 90 % (exact .3020, here .3019).
    """
    check_counts(events, n)
    z = z_of(level)
    tail = (1 - level) / 2
    lower, upper = 1 - _pratt_upper(n - events, n, z, tail), _pratt_upper(events, n, z, tail)
    return Interval(events / n, lower, upper)


def _exact(events: int, n: int, level: float, method: str, *, midp: bool) -> Interval:
    check_counts(events, n)
    check_level(level)
    low, high = _tails.limits(_tails.binomial(n), events, level=level, method=method, midp=midp)
    return Interval(events / n, 0.0 if low == -inf else float(expit(low)), 1.0 if isinf(high) else float(expit(high)))


def _pratt_upper(x: int, n: int, z: float, tail: float) -> float:
    """Upper limit of x of n; exact in closed form for no event, one non-event and no non-event."""
    if x == n:
        return 1.0
    if x == 0:
        return 1 - tail ** (1 / n)
    if x == n - 1:
        return (1 - tail) ** (1 / n)
    a = ((x + 1) / (n - x)) ** 2
    b = 81 * (x + 1) * (n - x) - 9 * n - 8
    c = -3 * z * (9 * (x + 1) * (n - x) * (9 * n + 5 - z * z) + n + 1) ** 0.5
    d = 81 * (x + 1) ** 2 - 9 * (x + 1) * (2 + z * z) + 1
    return 1 / (1 + a * ((b + c) / d) ** 3)
