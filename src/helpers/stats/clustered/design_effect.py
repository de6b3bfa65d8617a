"""Clustered proportions by design effects: effective counts, adjusted chi-squared tests, score intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, known_reason
from helpers.stats._wald import one_sided, p_value, quantile
from helpers.stats.clustered._counts import read_clusters
from helpers.stats.clustered.icc import icc, inflation
from helpers.stats.stratified._score import RISK_DIFFERENCE, stratum_limits
from helpers.stats.stratified._strata import Strata


@dataclass(frozen=True)
class DesignEffect:
    """A proportion of clustered units: ratio estimate with its standard error, and what the clusters cost.

    `design_effect` is the variance over that of as many independent units, `n_effective` the number of independent
    units that tell as much, `events_effective` the same share of events. Without variance between units the design
    effect is 1 and `reason` says so.
    """

    proportion: float | None
    se: float | None
    design_effect: float | None
    events_effective: float | None
    n_effective: float | None
    clusters: int
    units: int
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class ClusteredDifference(Interval):
    """A difference of two clustered proportions with its interval and an adjusted chi-squared test."""

    arm: DesignEffect | None = None
    reference: DesignEffect | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None


def design_effect(events: Sequence[int], n: Sequence[int], *, at_least_one: bool = False) -> DesignEffect:
    """Proportion of one arm's units with the design effect of the clusters, by the ratio estimator.

    Parameters
    ----------
    events, n : sequence of int
        Units with the event, and units, by cluster; an empty cluster is not counted.
    at_least_one : bool
        Take 1 for a design effect below 1.

    Returns
    -------
    DesignEffect
        Reason "too-few" with fewer than two clusters, "no-variance" where all units have the same outcome.

    Raises
    ------
    InvalidInput
        If the counts are no counts or differ in length.

    Notes
    -----
    Rao JNK, Scott AJ. Biometrics 1992;48:577-585, with the factor m/(m-1) for m clusters.
    """
    x, size = read_clusters(events, n)
    m, units = x.size, float(size.sum())
    about = {"clusters": m, "units": int(units)}
    if not m:
        return DesignEffect(None, None, None, None, None, reason="too-few", **about)
    p = float(x.sum() / units)
    if m < 2:
        return DesignEffect(p, None, None, None, None, reason="too-few", **about)
    variance = m / (m - 1) * float(((x - p * size) ** 2).sum()) / units**2
    binomial = p * (1 - p) / units
    if binomial == 0:
        return DesignEffect(p, 0.0, 1.0, float(x.sum()), units, reason="no-variance", **about)
    effect = variance / binomial
    if at_least_one:
        effect = max(1.0, effect)
    if effect <= 0:
        return DesignEffect(p, 0.0, 0.0, None, None, reason="no-variance", **about)
    return DesignEffect(p, sqrt(variance), effect, float(x.sum()) / effect, units / effect, **about)


def rao_scott(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    interval: str = "newcombe",
    pooled: bool = False,
    at_least_one: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> ClusteredDifference:
    """Difference of two clustered proportions on effective counts, with the Rao-Scott chi-squared test.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by cluster, in the arm of interest and the reference arm.
    interval : {"newcombe", "miettinen-nurminen", "wald"}
        Of the difference, on effective counts.
    pooled : bool
        Take one design effect for both arms, the weighted mean of Rao and Scott.
    at_least_one : bool
        Take 1 for a design effect below 1.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the interval and of the test, whose signed root is taken when one-sided.

    Returns
    -------
    ClusteredDifference
        Reason "too-few" where an arm has fewer than two clusters, "no-events" without an event, "no-variance" where the
        effective counts are not defined. With events in all units of both arms there is an interval and no test.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or an option is not allowed.

    Notes
    -----
    Rao JNK, Scott AJ. Biometrics 1992;48:577-585; Stat Med 1999;18:1373-1385. R aod::raoscott gives the same test.
    """
    check_choice("interval", interval, ("newcombe", "miettinen-nurminen", "wald"))
    z = quantile(level, alternative)
    sides = [design_effect(*side, at_least_one=at_least_one) for side in ((events, n), (events_ref, n_ref))]
    arm, reference = sides
    difference = None if None in (arm.proportion, reference.proportion) else arm.proportion - reference.proportion
    if any(side.reason == "too-few" for side in sides):
        return ClusteredDifference(difference, None, None, "too-few", *sides)
    if pooled:
        sides = _pooled(*sides)
    if any(side.n_effective is None for side in sides):
        return ClusteredDifference(difference, None, None, "no-variance", *sides)
    s = Strata(*(np.array([v]) for side in sides for v in (side.events_effective, side.n_effective)))
    if s.total[0] <= 1:
        return ClusteredDifference(difference, None, None, "too-few", *sides)
    lower, upper = _interval(s, interval, z, difference)
    lower, upper = one_sided(lower, upper, alternative, floor=-1.0, ceiling=1.0)
    statistic = _chi_squared(s)
    if statistic is None:
        return ClusteredDifference(difference, lower, upper, "", *sides)
    root = float(np.copysign(sqrt(statistic), difference))
    return ClusteredDifference(
        difference, lower, upper, "", *sides, statistic=statistic, df=1, p_value=p_value(root, alternative)
    )


def donner(
    events: Sequence[int], n: Sequence[int], events_ref: Sequence[int], n_ref: Sequence[int]
) -> ClusteredDifference:
    """Difference of two clustered proportions with Donner's chi-squared test, adjusted by a common ANOVA correlation.

    Arguments and errors as in `rao_scott`.

    Returns
    -------
    ClusteredDifference
        Without limits. Reason "too-few" or "no-variance" where the correlation or the test is not defined.

    Notes
    -----
    Donner A. Stat Med 1989;8:1411-1422; R aod::donner. Negative correlations enter as they are.
    """
    found = icc((events, n), (events_ref, n_ref))
    sides = [read_clusters(events, n), read_clusters(events_ref, n_ref)]
    if not all(size.size for _, size in sides):
        return ClusteredDifference(None, None, None, "too-few")
    rates = [float(x.sum() / size.sum()) for x, size in sides]
    if found.estimate is None:
        return ClusteredDifference(rates[0] - rates[1], None, None, found.reason)
    together = sum(x.sum() for x, _ in sides) / sum(size.sum() for _, size in sides)
    statistic = 0.0
    for rate, (_, size) in zip(rates, sides, strict=True):
        effect = inflation(size, found.estimate)
        if effect <= 0 or not 0 < together < 1:
            return ClusteredDifference(rates[0] - rates[1], None, None, "no-variance")
        statistic += float(size.sum() * (rate - together) ** 2 / (effect * together * (1 - together)))
    return ClusteredDifference(
        rates[0] - rates[1], None, None, statistic=statistic, df=1, p_value=float(chi2.sf(statistic, 1))
    )


def clustered_proportion(
    events: Sequence[int],
    n: Sequence[int],
    *,
    design: str | float = "icc",
    continuity: bool = False,
    level: float = 0.95,
) -> Interval:
    """Proportion of clustered units with Wilson's interval on the effective number of units.

    Parameters
    ----------
    events, n : sequence of int
        Counts by cluster.
    design : {"icc", "ratio"} or float
        Design effect: from the ANOVA correlation, from the ratio estimator, or given.
    continuity : bool
        With the continuity correction of half an effective unit.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        Reason "too-few" without units or where no design effect can be estimated; without variance it is 1.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or an option is not allowed.

    Notes
    -----
    Saha KK, Miller D, Wang S. Int J Biostat 2016;12:20150024.
    """
    z = quantile(level)
    x, size = read_clusters(events, n)
    if not x.size:
        return Interval(None, None, None, "too-few")
    p, units = float(x.sum() / size.sum()), float(size.sum())
    if isinstance(design, str):
        check_choice("design", design, ("icc", "ratio"))
        found = icc((x, size)) if design == "icc" else design_effect(x, size)
        if found.reason == "too-few":
            return Interval(p, None, None, "too-few")
        if found.reason == "no-variance":
            effect = 1.0
        else:
            effect = inflation(size, found.estimate) if design == "icc" else found.design_effect
    else:
        effect = float(design)
        if not (isfinite(effect) and effect > 0):
            raise InvalidInput(f"design is {design}; a design effect is a number above 0.")
    if effect <= 0:
        return Interval(p, None, None, "no-variance")
    effective = units / effect
    return Interval(p, *_wilson(p * effective, effective, z, continuity))


def _pooled(arm: DesignEffect, reference: DesignEffect) -> list[DesignEffect]:
    """The two arms with one design effect."""
    units = arm.units + reference.units
    p = (arm.proportion * arm.units + reference.proportion * reference.units) / units
    if not 0 < p < 1:
        return [arm, reference]
    effect = sum(
        (1 - side.units / units) * side.proportion * (1 - side.proportion) * side.design_effect
        for side in (arm, reference)
    ) / (p * (1 - p))
    if effect <= 0:
        return [DesignEffect(s.proportion, s.se, effect, None, None, s.clusters, s.units, "no-variance")
                for s in (arm, reference)]  # fmt: skip
    return [
        DesignEffect(
            s.proportion, s.se, effect, s.proportion * s.units / effect, s.units / effect, s.clusters, s.units, s.reason
        )
        for s in (arm, reference)
    ]


def _chi_squared(s: Strata) -> float | None:
    p = float(s.cases[0] / s.total[0])
    if not 0 < p < 1:
        return None
    parts = ((s.events - s.n * p) ** 2 / s.n + (s.events_ref - s.n_ref * p) ** 2 / s.n_ref) / (p * (1 - p))
    return float(parts[0])


def _interval(s: Strata, kind: str, z: float, difference: float) -> tuple[float, float]:
    if kind == "miettinen-nurminen":
        lower, upper = stratum_limits(s, RISK_DIFFERENCE, z)
        return float(lower[0]), float(upper[0])
    x, n, y, m = (float(v[0]) for v in (s.events, s.n, s.events_ref, s.n_ref))
    p, q = x / n, y / m
    if kind == "wald":
        half = z * sqrt(p * (1 - p) / n + q * (1 - q) / m)
        return max(-1.0, difference - half), min(1.0, difference + half)
    low, high = _wilson(x, n, z, False)
    low_ref, high_ref = _wilson(y, m, z, False)
    lower = difference - sqrt((p - low) ** 2 + (high_ref - q) ** 2)
    upper = difference + sqrt((high - p) ** 2 + (q - low_ref) ** 2)
    return max(-1.0, lower), min(1.0, upper)


def _wilson(x: float, n: float, z: float, continuity: bool) -> tuple[float, float]:
    """Wilson limits for counts that need not be whole."""
    p, scale = x / n, 2 * (n + z * z)
    if continuity:
        low_root = sqrt(max(0.0, z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)))
        high_root = sqrt(max(0.0, z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)))
        lower, upper = (2 * x + z * z - 1 - z * low_root) / scale, (2 * x + z * z + 1 + z * high_root) / scale
    else:
        root = z * sqrt(z * z + 4 * x * (1 - p))
        lower, upper = (2 * x + z * z - root) / scale, (2 * x + z * z + root) / scale
    return 0.0 if p == 0 else max(0.0, lower), 1.0 if p == 1 else min(1.0, upper)
