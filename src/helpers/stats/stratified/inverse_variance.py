"""Measures pooled over strata by the inverse of their variances, and whether they differ between strata."""

from collections.abc import Sequence
from math import exp, isfinite, sqrt

import numpy as np
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import limits, p_value, quantile
from helpers.stats.stratified._score import RISK_DIFFERENCE, stratum_limits
from helpers.stats.stratified._strata import Pooled, Strata, StratifiedTest, read, shares

MEASURES = ("risk-difference", "risk-ratio", "odds-ratio")


def inverse_variance(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    measure: str = "risk-difference",
    correction: float = 0.5,
    correct: str = "zero-strata",
    keep_uninformative: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Difference, or ratio by its logarithm (the logit or Woolf estimator), weighted by the inverse of its variance.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum, as in `mh_risk_difference`.
    measure : {"risk-difference", "risk-ratio", "odds-ratio"}
        What is pooled.
    correction : float
        Added to each of the four cells of a stratum; 0 drops strata whose logarithm or variance does not exist.
    correct : {"zero-strata", "all"}
        Which strata are corrected: those with an empty cell (risk difference: those without variance), or all. For a
        difference the correction enters the variance only.
    keep_uninformative : bool
        For ratios: keep strata in which neither arm has an event (odds ratio: or in which all have it), corrected. They
        are left out otherwise.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test of no difference and of the interval.

    Returns
    -------
    Pooled
        Reason "too-few" where no stratum has both arms, "no-events" or "undefined" where none carries information.

    Raises
    ------
    InvalidInput
        If the counts are no counts, an option is not allowed, or the correction is negative.

    Notes
    -----
    Woolf B. Ann Hum Genet 1955;19:251-253. Haldane JBS. Ann Hum Genet 1956;20:309-311. SAS, "logit" estimators.
    """
    check_choice("measure", measure, MEASURES)
    quantile(level, alternative)
    given = read(events, n, events_ref, n_ref)
    chosen, values, variances, reason = _by_stratum(given, measure, correction, correct, keep_uninformative)
    if reason:
        return Pooled(None, None, None, reason, strata=len(given))
    weight = 1 / variances
    pooled, se = float((weight * values).sum() / weight.sum()), 1 / sqrt(float(weight.sum()))
    difference = measure == "risk-difference"
    ends = {"floor": -1.0, "ceiling": 1.0} if difference else {}
    lower, upper = limits(pooled, se, level=level, alternative=alternative, **ends)
    estimate = pooled
    if not difference:
        estimate, lower, upper = exp(pooled), exp(lower), exp(upper)
    return Pooled(
        estimate,
        lower,
        upper,
        se=se,
        statistic=pooled / se,
        p_value=p_value(pooled / se, alternative),
        weights=shares(weight, chosen),
        strata=len(given),
        informative=int(chosen.sum()),
    )


def summary_score(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Risk difference from the strata's Miettinen-Nurminen intervals, weighted by the inverse of squared widths.

    Not the stratified Miettinen-Nurminen interval, for which see `score`. Arguments as in `mh_risk_difference`.

    Notes
    -----
    Agresti A. Categorical Data Analysis, 3rd ed., 2013, p. 231; SAS PROC FREQ, RISKDIFF(COMMON), summary score. The
    strata's intervals are two-sided at `level` whatever the alternative.
    """
    quantile(level, alternative)
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.both_arms)
    if not len(used):
        return Pooled(None, None, None, "too-few", strata=len(given))
    z = quantile(level)
    lower, upper = stratum_limits(used, RISK_DIFFERENCE, z)
    middle, spread = (lower + upper) / 2, (upper - lower) / (2 * z)
    weight = 1 / spread**2
    pooled, se = float((weight * middle).sum() / weight.sum()), 1 / sqrt(float(weight.sum()))
    return Pooled(
        pooled,
        *limits(pooled, se, level=level, alternative=alternative, floor=-1.0, ceiling=1.0),
        se=se,
        statistic=pooled / se,
        p_value=p_value(pooled / se, alternative),
        weights=shares(weight, given.both_arms),
        strata=len(given),
        informative=len(used),
    )


def homogeneity(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    measure: str = "risk-difference",
    correction: float = 0.5,
    correct: str = "zero-strata",
    keep_uninformative: bool = False,
) -> StratifiedTest:
    """Whether a difference or a ratio is the same in all strata: weighted squared deviations from the pooled value.

    Arguments as in `inverse_variance`; for odds ratios `breslow_day` needs no correction of empty cells.

    Returns
    -------
    StratifiedTest
        Chi-squared on informative strata less 1. Reason "too-few" with fewer than two informative strata.

    Notes
    -----
    Woolf B. Ann Hum Genet 1955;19:251-253 (odds ratio). Lipsitz SR et al. Biometrics 1998;54:148-160 (difference).
    """
    check_choice("measure", measure, MEASURES)
    given = read(events, n, events_ref, n_ref)
    chosen, values, variances, reason = _by_stratum(given, measure, correction, correct, keep_uninformative)
    informative = int(chosen.sum()) if not reason else 0
    if reason or informative < 2:
        return StratifiedTest(None, None, None, strata=len(given), informative=informative, reason=reason or "too-few")
    weight = 1 / variances
    centre = (weight * values).sum() / weight.sum()
    statistic, df = float((weight * (values - centre) ** 2).sum()), informative - 1
    return StratifiedTest(statistic, df, float(chi2.sf(statistic, df)), strata=len(given), informative=informative)


def _by_stratum(
    given: Strata, measure: str, correction: float, correct: str, keep_uninformative: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Which strata are used, their values and variances, and why there are none."""
    check_choice("correct", correct, ("zero-strata", "all"))
    if not (isfinite(correction) and correction >= 0):
        raise InvalidInput(f"correction is {correction}; it is a number from 0, such as 0.5.")
    if not given.both_arms.any():
        return given.both_arms, np.empty(0), np.empty(0), "too-few"
    if measure == "risk-difference" or keep_uninformative:
        chosen = given.both_arms
    else:
        chosen = given.with_event if measure == "risk-ratio" else given.with_both
    used = given.only(chosen)
    events, rest = used.events, used.n - used.events
    events_ref, rest_ref = used.events_ref, used.n_ref - used.events_ref
    if measure == "risk-difference":
        empty = (events * rest == 0) & (events_ref * rest_ref == 0)
    elif measure == "risk-ratio":
        # a stratum in which everybody has the event has a ratio of 1 but no variance
        empty = (events * events_ref == 0) | (rest + rest_ref == 0)
    else:
        empty = events * rest * events_ref * rest_ref == 0
    added = np.where(empty | (correct == "all"), correction, 0.0)
    fixed = used.plus(added)
    x, size, y, size_ref = fixed.events, fixed.n, fixed.events_ref, fixed.n_ref
    with np.errstate(all="ignore"):
        if measure == "risk-difference":
            values = events / used.n - events_ref / used.n_ref
            variances = x * (size - x) / size**3 + y * (size_ref - y) / size_ref**3
        elif measure == "risk-ratio":
            values = np.log(x / size) - np.log(y / size_ref)
            variances = 1 / x - 1 / size + 1 / y - 1 / size_ref
        else:
            values = np.log(x / (size - x)) - np.log(y / (size_ref - y))
            variances = 1 / x + 1 / (size - x) + 1 / y + 1 / (size_ref - y)
        fine = np.isfinite(values) & np.isfinite(variances) & (variances > 0)
    chosen = chosen.copy()
    chosen[chosen] = fine
    if not fine.any():
        events_seen = given.only(given.both_arms).cases.sum()
        reason = "no-variance" if measure == "risk-difference" else "undefined" if events_seen else "no-events"
        return chosen, np.empty(0), np.empty(0), reason
    return chosen, values[fine], variances[fine], ""
