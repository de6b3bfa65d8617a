"""Mantel-Haenszel differences and ratios over strata, and the arms' proportions with the same weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np

from helpers.stats._types import check_choice, check_level
from helpers.stats._wald import limits, one_sided, p_value, quantile
from helpers.stats.stratified._strata import Pooled, Strata, read, shares


@dataclass(frozen=True)
class ArmProportions:
    """Proportions of the two arms, standardised to the same weights of the strata."""

    arm: Pooled
    reference: Pooled


def mh_risk_difference(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    variance: str = "sato",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Mantel-Haenszel risk difference, arm of interest minus reference.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum: units with the event and units, in the arm of interest and the reference arm. Zeros are
        allowed; a stratum with one arm only carries no information and is counted as such.
    variance : {"sato", "greenland-robins", "klingenberg"}
        Sato's holds both with many strata and with large ones. Greenland and Robins' is the variance of a weighted
        mean of stratum differences, the weighted Wald interval. Klingenberg's interval inverts the test with Sato's
        variance at the tested difference.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test of no difference and of the interval.

    Returns
    -------
    Pooled
        Differences of proportions, not cut at -1 and 1. Reason "too-few" where no stratum has both arms, "no-variance"
        where the variance is 0.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or an option is not allowed.

    Notes
    -----
    Sato T. Biometrics 1989;45:1323-1324. Greenland S, Robins JM. Biometrics 1985;41:55-68. Klingenberg B. Stat Med
    2014;33:2968-2983. SAS takes Sato's variance, tern the weighted Wald by default.
    """
    check_choice("variance", variance, ("sato", "greenland-robins", "klingenberg"))
    z = quantile(level, alternative)
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.both_arms)
    if not len(used):
        return Pooled(None, None, None, "too-few", strata=len(given))
    weight = used.n * used.n_ref / used.total
    rates = used.events / used.n - used.events_ref / used.n_ref
    difference = float((weight * rates).sum() / weight.sum())
    seen = {"weights": shares(weight, given.both_arms), "strata": len(given), "informative": len(used)}
    slope, constant = _sato(used)
    if variance == "greenland-robins":
        squared = float((weight**2 * _wald_variance(used)).sum())
    else:
        squared = difference * slope + constant
    se = sqrt(max(0.0, squared)) / float(weight.sum())
    if variance == "klingenberg":
        total = float(weight.sum()) ** 2
        centre = difference + z * z * slope / total / 2
        half = sqrt(max(0.0, centre**2 - difference**2 + z * z * constant / total))
        lower, upper = one_sided(centre - half, centre + half, alternative, floor=-1.0, ceiling=1.0)
        null = sqrt(constant) / float(weight.sum())
        if null == 0:
            return Pooled(difference, lower, upper, se=se, **seen)
        return Pooled(
            difference,
            lower,
            upper,
            se=se,
            statistic=difference / null,
            p_value=p_value(difference / null, alternative),
            **seen,
        )
    if se == 0:
        return Pooled(difference, None, None, "no-variance", **seen)
    lower, upper = limits(difference, se, level=level, alternative=alternative, floor=-1.0, ceiling=1.0)
    statistic = difference / se
    return Pooled(difference, lower, upper, se=se, statistic=statistic, p_value=p_value(statistic, alternative), **seen)


def mh_risk_ratio(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Mantel-Haenszel risk ratio with the Greenland-Robins variance of its logarithm.

    Arguments as in `mh_risk_difference`. The ratio of non-events comes from n - events and n_ref - events_ref.

    Returns
    -------
    Pooled
        A ratio from 0 to infinity. Reason "no-events" where no informative stratum has an event, "separated" where all
        events are in one arm: the ratio is then 0 or infinite and has no limits.

    Notes
    -----
    Greenland S, Robins JM. Biometrics 1985;41:55-68.
    """
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.with_event)
    total, cases = used.total, used.cases
    over, under = used.events * used.n_ref / total, used.events_ref * used.n / total
    spread = float(((cases * used.n * used.n_ref / total - used.events * used.events_ref) / total).sum())
    seen = {"weights": shares(under, given.with_event), "strata": len(given), "informative": len(used)}
    return _ratio(
        float(over.sum()),
        float(under.sum()),
        lambda: spread / (over.sum() * under.sum()),
        given,
        level,
        alternative,
        seen,
    )


def mh_odds_ratio(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Mantel-Haenszel odds ratio with the Robins-Breslow-Greenland variance; arguments as in `mh_risk_difference`.

    Returns
    -------
    Pooled
        A ratio from 0 to infinity. Reason "no-events" where no informative stratum has an event, "undefined" where
        none has both outcomes, "separated" where the ratio is 0 or infinite.

    Notes
    -----
    Robins J, Breslow N, Greenland S. Biometrics 1986;42:311-323. R's mantelhaen.test and SAS give the same.
    """
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.with_both)
    total = used.total
    a, b, c, d = used.events, used.n - used.events, used.events_ref, used.n_ref - used.events_ref
    over, under, agree, differ = a * d / total, b * c / total, (a + d) / total, (b + c) / total
    r, s = float(over.sum()), float(under.sum())

    def variance() -> float:
        middle = (agree * under + differ * over).sum() / (r * s)
        return float((agree * over).sum() / r**2 + middle + (differ * under).sum() / s**2) / 2

    seen = {"weights": shares(under, given.with_both), "strata": len(given), "informative": len(used)}
    return _ratio(r, s, variance, given, level, alternative, seen)


def mh_proportions(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    level: float = 0.95,
) -> ArmProportions:
    """Proportions of both arms weighted over strata with the Mantel-Haenszel weights, with Wald intervals.

    Their difference is the Mantel-Haenszel risk difference. Arguments and reasons as in `mh_risk_difference`; for score
    intervals of the same proportions see `wilson`.

    Returns
    -------
    ArmProportions
        `arm` and `reference`, proportions; the limits are not cut at 0 and 1, as in tern.
    """
    check_level(level)
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.both_arms)
    if not len(used):
        empty = Pooled(None, None, None, "too-few", strata=len(given))
        return ArmProportions(empty, empty)
    weight = used.n * used.n_ref / used.total
    weight = weight / weight.sum()
    seen = {"weights": shares(weight, given.both_arms), "strata": len(given), "informative": len(used)}
    arms = []
    for x, size in ((used.events, used.n), (used.events_ref, used.n_ref)):
        p = x / size
        estimate = float((weight * p).sum())
        se = sqrt(float((weight**2 * p * (1 - p) / size).sum()))
        if se == 0:
            arms.append(Pooled(estimate, None, None, "no-variance", **seen))
        else:
            arms.append(Pooled(estimate, *limits(estimate, se, level=level), se=se, **seen))
    return ArmProportions(*arms)


def _wald_variance(used: Strata) -> np.ndarray:
    p, p_ref = used.events / used.n, used.events_ref / used.n_ref
    return p * (1 - p) / used.n + p_ref * (1 - p_ref) / used.n_ref


def _sato(used: Strata) -> tuple[float, float]:
    """Slope and constant of Sato's variance, which is linear in the difference, before division by squared weights."""
    x, n, y, m, total = used.events, used.n, used.events_ref, used.n_ref, used.total
    slope = (n**2 * y - m**2 * x + n * m * (m - n) / 2) / total**2
    constant = (x * (m - y) + y * (n - x)) / (2 * total)
    return float(slope.sum()), float(constant.sum())


def _ratio(over: float, under: float, variance, given: Strata, level: float, alternative: str, seen: dict) -> Pooled:
    """A ratio with the interval of its logarithm, or why it has none."""
    quantile(level, alternative)
    if not given.both_arms.any():
        return Pooled(None, None, None, "too-few", **seen)
    if over == 0 and under == 0:
        events = given.only(given.both_arms).cases.sum()
        return Pooled(None, None, None, "undefined" if events else "no-events", **seen)
    if over == 0 or under == 0:
        return Pooled(0.0 if over == 0 else inf, None, None, "separated", **seen)
    ratio, squared = over / under, float(variance())
    if squared <= 0:
        return Pooled(ratio, None, None, "no-variance", **seen)
    se = sqrt(squared)
    lower, upper = limits(log(ratio), se, level=level, alternative=alternative)
    statistic = log(ratio) / se
    return Pooled(
        ratio,
        exp(lower),
        exp(upper),
        se=se,
        statistic=statistic,
        p_value=p_value(statistic, alternative),
        **seen,
    )
