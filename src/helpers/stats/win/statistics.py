"""Win statistics with intervals: net benefit, win ratio and win odds, over strata too, and the matched win ratio."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atanh, exp, inf, log, sqrt, tanh

import numpy as np
from scipy.special import chdtrc

from helpers.stats._types import Interval, check_choice, check_counts, check_level, known_reason
from helpers.stats._wald import check_alternative, quantile
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import one_sided_limits
from helpers.stats.win._covariance import VARIANCES, covariance, shares
from helpers.stats.win.comparison import Comparison, Pairs
from helpers.stats.win.finkelstein_schoenfeld import finkelstein_schoenfeld

WEIGHTS = ("mantel-haenszel", "pairs", "size")


@dataclass(frozen=True)
class WinEstimate(Interval):
    """A win statistic of `n` units against `n_ref`, with the numbers of pairs won, lost and tied.

    `se` and `z` are on the scale of the interval: the logarithm for ratio and odds.
    """

    n: int = 0
    n_ref: int = 0
    wins: int = 0
    losses: int = 0
    ties: int = 0
    se: float | None = None
    z: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Homogeneity:
    """Cochran's Q that strata have one common value, on `df` degrees of freedom."""

    q: float | None
    df: int
    p_value: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def net_benefit(
    comparison: Comparison,
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    variance: str = "placement",
    weights: str = "mantel-haenszel",
    scale: str = "identity",
) -> WinEstimate:
    """Net benefit: the share of pairs won less the share lost, with the interval of a U-statistic.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test, and the side of the interval.
    variance : {"placement", "projection", "second-order", "unbiased", "null"}
        From the variance of the units' own shares of wins and losses with divisor n - 1, or n (R's hce and BuyseTest);
        with the second-order term; unbiased; or centred at no difference (R's WINS).
    weights : {"mantel-haenszel", "pairs", "size"}
        Of strata: each pair over the stratum's units N, each pair alike, or the strata's own statistics by N.
    scale : {"identity", "atanh"}
        Where the interval is symmetric. R's BuyseTest takes atanh, on which the interval is that of the win odds.

    Returns
    -------
    WinEstimate
        In [-1, 1]. Strata with one arm only are left out. Only the estimate where an arm of a stratum has fewer than
        two units ("too-few"), all pairs are tied ("no-variance"), won or lost ("separated"), or an unbiased variance is
        not positive ("undefined").

    Raises
    ------
    InvalidInput
        If an option is not on its list or the level lies outside 0 to 1.

    Notes
    -----
    Buyse M. Stat Med 2010;29:3245-3257. Bebu I, Lachin JM. Biostatistics 2016;17:178-187. Dong G et al. Pharm Stat
    2023;22:20-33 (strata). It is 2 p - 1 of the relative effect p of the values compared. With 16 units against 15 the
    interval on the identity covers 90 to 94 % of the time at a level of 95 %, that on atanh 95 to 96 % (simulated with
    the variance "placement" and net benefits from 0 to 0.7).
    """
    check_choice("scale", scale, ("identity", "atanh"))
    back = {"identity": lambda x: min(1.0, max(-1.0, x)), "atanh": tanh}[scale]

    def statistic(share: np.ndarray, at_null: bool) -> tuple[float, np.ndarray] | None:
        value = float(share[0] - share[1])
        slope = np.array([1.0, -1.0])
        if scale == "identity":
            return value, slope
        return None if abs(value) == 1 else (atanh(value), slope / (1.0 if at_null else 1 - value * value))

    return _estimated(comparison, statistic, back, (-1.0, 1.0), level, alternative, variance, weights)


def win_ratio(
    comparison: Comparison,
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    variance: str = "placement",
    weights: str = "mantel-haenszel",
) -> WinEstimate:
    """Win ratio: pairs won over pairs lost, with an interval on the logarithm.

    Parameters
    ----------
    comparison, level, alternative, weights
        As in `net_benefit`.
    variance : {"placement", "projection", "second-order", "unbiased", "null", "test-based", "yu-ganju"}
        As in `net_benefit`; or the error that gives the Finkelstein-Schoenfeld test, |log ratio| / |z|; or the formula
        of Yu and Ganju from the arms' sizes and the share of ties. The last two take each pair alike.

    Returns
    -------
    WinEstimate
        Positive. "undefined", without an estimate, where no pair is lost or none won; other reasons as in
        `net_benefit`.

    Notes
    -----
    Pocock SJ et al. Eur Heart J 2012;33:176-182. Dong G et al. Pharm Stat 2016;15:430-437. Strata: Dong G et al. J
    Biopharm Stat 2018;28:778-796. Yu RX, Ganju J. Stat Med 2022;41:950-963 (R's hce takes the arms for equal). With
    "size" R's WINS takes the variance of a stratum's log ratio for that of the ratio itself, so its interval is too
    narrow (wt.stratum1, wt.stratum2); here the variance of the ratio is used.
    """
    check_level(level)
    check_choice("variance", variance, (*VARIANCES, "test-based", "yu-ganju"))
    if variance in ("test-based", "yu-ganju"):
        return _simple_ratio(comparison, level, alternative, variance)

    def statistic(share: np.ndarray, at_null: bool) -> tuple[float, np.ndarray] | None:
        if not share.all():
            return None
        centre = np.repeat(share.mean(), 2) if at_null else share
        return log(share[0] / share[1]), np.array([1.0, -1.0]) / centre

    return _estimated(comparison, statistic, exp, (0.0, inf), level, alternative, variance, weights)


def win_odds(
    comparison: Comparison,
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    variance: str = "placement",
    weights: str = "mantel-haenszel",
) -> WinEstimate:
    """Win odds: pairs won plus half of those tied over pairs lost plus half of those tied, on the logarithm.

    Parameters
    ----------
    comparison, level, alternative, variance, weights
        As in `net_benefit`.

    Returns
    -------
    WinEstimate
        Positive; the odds p / (1 - p) of the relative effect p. "undefined", without an estimate, where every pair is
        won or every pair lost; other reasons as in `net_benefit`.

    Notes
    -----
    Dong G et al. Stat Biopharm Res 2020;12:99-106. Brunner E, Vandemeulebroecke M, Muetze T. Stat Med
    2021;40:3367-3384. Strata: Gasparyan SB et al. Stat Methods Med Res 2021;30:580-611 ("projection").
    """

    def statistic(share: np.ndarray, at_null: bool) -> tuple[float, np.ndarray] | None:
        p = (1 + float(share[0] - share[1])) / 2
        if p in (0.0, 1.0):
            return None
        return log(p / (1 - p)), np.array([0.5, -0.5]) / (0.25 if at_null else p * (1 - p))

    return _estimated(comparison, statistic, exp, (0.0, inf), level, alternative, variance, weights)


def homogeneity(comparison: Comparison, *, statistic: str = "win-ratio", variance: str = "placement") -> Homogeneity:
    """Cochran's test that the strata have a common win ratio, win odds or net benefit.

    Parameters
    ----------
    comparison : Comparison
        With strata.
    statistic : {"win-ratio", "win-odds", "net-benefit"}
        What is compared, ratio and odds on the logarithm.
    variance : str
        As in `net_benefit`.

    Returns
    -------
    Homogeneity
        Of the strata in which the statistic has a standard error; "too-few" with fewer than two.

    Notes
    -----
    Dong G et al. J Biopharm Stat 2018;28:778-796.
    """
    check_choice("statistic", statistic, ("win-ratio", "win-odds", "net-benefit"))
    function = {"win-ratio": win_ratio, "win-odds": win_odds, "net-benefit": net_benefit}[statistic]
    found = [function(Comparison((s,), comparison.levels), variance=variance) for s in comparison.strata if s.n]
    found = [e for e in found if e.se]
    if len(found) < 2:
        return Homogeneity(None, max(0, len(found) - 1), None, "too-few")
    values = np.array([e.estimate if statistic == "net-benefit" else log(e.estimate) for e in found])
    precision = np.array([1 / e.se**2 for e in found])
    q = float((precision * (values - (precision @ values) / precision.sum()) ** 2).sum())
    return Homogeneity(q, len(found) - 1, float(chdtrc(len(found) - 1, q)))


def matched_win_ratio(wins: int, losses: int, *, level: float = 0.95, interval: str = "wald") -> WinEstimate:
    """Win ratio of matched pairs, from the pairs won and lost.

    Parameters
    ----------
    wins, losses : int
        Matched pairs won and lost; tied ones do not enter.
    level : float
        Confidence level, 0 < level < 1.
    interval : {"wald", "wilson", "exact"}
        Of the share won among pairs decided, then taken to its odds.

    Returns
    -------
    WinEstimate
        "too-few" without a pair decided, "undefined" where none was lost or none won.

    Raises
    ------
    InvalidInput
        If a count is negative or not whole.

    Notes
    -----
    Pocock SJ et al. Eur Heart J 2012;33:176-182: z is (p - 1/2) over its standard error at p.
    """
    from helpers.stats.proportions import clopper_pearson, wilson

    check_level(level)
    check_choice("interval", interval, ("wald", "wilson", "exact"))
    n = wins + losses
    if not n and wins == 0:
        return WinEstimate(None, None, None, "too-few")
    check_counts(wins, n)
    if not (wins and losses):
        return WinEstimate(None, None, None, "undefined", n, n, wins, losses)
    p = wins / n
    se = sqrt(p * (1 - p) / n)
    if interval == "wald":
        half = quantile(level) * se
        low, high = max(0.0, p - half), min(1.0, p + half)
    else:
        found = (wilson if interval == "wilson" else clopper_pearson)(wins, n, level=level)
        low, high = found.lower, found.upper
    z = (p - 0.5) / se
    upper = high / (1 - high) if high < 1 else inf
    return WinEstimate(
        wins / losses, low / (1 - low), upper, "", n, n, wins, losses, 0, se, z, standardised_p(z, "two-sided")
    )


def _estimated(
    comparison: Comparison,
    statistic: Callable[[np.ndarray, bool], tuple[float, np.ndarray] | None],
    back: Callable[[float], float],
    ends: tuple[float, float],
    level: float,
    alternative: str,
    variance: str,
    weights: str,
) -> WinEstimate:
    """A statistic of the shares won and lost, by the delta method, pooled over strata."""
    check_level(level)
    check_alternative(alternative)
    check_choice("variance", variance, VARIANCES)
    check_choice("weights", weights, WEIGHTS)
    strata = [s for s in comparison.strata if s.n and s.n_ref]
    counts = (comparison.n, comparison.n_ref, comparison.wins, comparison.losses, comparison.ties)
    if not strata:
        return WinEstimate(None, None, None, "too-few", *counts)
    at_null = variance == "null"
    if weights == "size":
        value, se = _mean_of_strata(strata, statistic, back, variance)
    else:
        raw = np.array([1 / (s.n + s.n_ref) if weights == "mantel-haenszel" else 1.0 for s in strata])
        found = statistic(shares(strata, raw), at_null)
        value = None if found is None else found[0]
        se = None if found is None else _error(strata, raw, found[1], variance)
    if value is None:
        return WinEstimate(None, None, None, "undefined", *counts)
    estimate = back(value)
    if se is None or not se > 0:
        return WinEstimate(estimate, None, None, _why(strata, comparison, se), *counts)
    half, z = quantile(level, alternative) * se, value / se
    lower, upper = one_sided_limits(back(value - half), back(value + half), alternative, floor=ends[0], ceiling=ends[1])
    return WinEstimate(estimate, lower, upper, "", *counts, se, z, standardised_p(z, alternative))


def _error(strata: Sequence[Pairs], raw: np.ndarray, slope: np.ndarray, variance: str) -> float | None:
    """Standard error by the delta method; None with an arm of one unit, 0 or less where there is no variance."""
    if min(min(s.n, s.n_ref) for s in strata) < 2:
        return None
    found = float(slope @ covariance(strata, raw, variance) @ slope)
    return sqrt(found) if found > 1e-15 else min(0.0, found)


def _mean_of_strata(strata, statistic, back, variance: str) -> tuple[float | None, float | None]:
    """The strata's own statistics weighed by size, on the scale of the interval."""
    sizes = [s.n + s.n_ref for s in strata]
    logarithm, one = back is exp, np.ones(1)
    values, errors = [], []
    for stratum in strata:
        found = statistic(shares([stratum], one), variance == "null")
        if found is None:
            return None, None
        values.append(exp(found[0]) if logarithm else found[0])
        errors.append(_error([stratum], one, found[1], variance))
    total = sum(w * v for w, v in zip(sizes, values, strict=True)) / sum(sizes)
    value = log(total) if logarithm else total
    if None in errors or min(errors) < 0:
        return value, None if None in errors else min(errors)
    scales = values if logarithm else [1.0] * len(values)
    spread = sum((w * e * v) ** 2 for w, e, v in zip(sizes, errors, scales, strict=True))
    return value, sqrt(spread) / sum(sizes) / (total if logarithm else 1.0)


def _why(strata: Sequence[Pairs], comparison: Comparison, se: float | None) -> str:
    if se is None:
        return "too-few"
    if comparison.ties == comparison.pairs:
        return "no-variance"
    one_sided = comparison.pairs in (comparison.wins, comparison.losses)
    return "separated" if one_sided else "undefined"


def _simple_ratio(comparison: Comparison, level: float, alternative: str, variance: str) -> WinEstimate:
    check_alternative(alternative)
    counts = (comparison.n, comparison.n_ref, comparison.wins, comparison.losses, comparison.ties)
    if not comparison.pairs:
        return WinEstimate(None, None, None, "too-few", *counts)
    if not (comparison.wins and comparison.losses):
        return WinEstimate(None, None, None, "undefined", *counts)
    value = log(comparison.wins / comparison.losses)
    if variance == "test-based":
        z = finkelstein_schoenfeld(comparison).z
        se = abs(value / z) if z else None
    else:
        total, tied = comparison.n + comparison.n_ref, comparison.ties / comparison.pairs
        balance = comparison.n * comparison.n_ref / total**2
        se = sqrt(4 / (3 * balance * total) * (1 + tied) / (1 - tied))
    if not se:
        return WinEstimate(exp(value), None, None, "undefined", *counts)
    half, z = quantile(level, alternative) * se, value / se
    lower, upper = one_sided_limits(exp(value - half), exp(value + half), alternative, floor=0.0)
    return WinEstimate(exp(value), lower, upper, "", *counts, se, z, standardised_p(z, alternative))
