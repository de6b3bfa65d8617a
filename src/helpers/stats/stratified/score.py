"""Stratified score intervals and tests: Miettinen-Nurminen, skewness-corrected, and with random strata effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, isinf, log, sqrt

import numpy as np
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import one_sided, p_value, quantile
from helpers.stats.stratified._score import (
    MEASURES,
    Measure,
    crossing,
    crossing_between,
    skewness_corrected,
    standardised,
    weights_of,
)
from helpers.stats.stratified._strata import Pooled, Strata, read, shares

WEIGHTS = ("mh", "mn", "ivs", "inv")


@dataclass(frozen=True)
class ScorePooled(Pooled):
    """A pooled measure by the score, with the test that it is the same in all strata, and what varies between them.

    `heterogeneity` is chi-squared on `heterogeneity_df`; `i_squared` is a share of 1; `tau_squared` the variance of the
    measure (of the score's scale for ratios) between strata.
    """

    heterogeneity: float | None = None
    heterogeneity_df: int | None = None
    heterogeneity_p: float | None = None
    i_squared: float | None = None
    tau_squared: float | None = None


def score(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    measure: str = "risk-difference",
    weights: str = "mh",
    skewness: bool = False,
    bias_correction: bool = True,
    or_bias: bool | None = None,
    continuity: float = 0.0,
    random: bool = False,
    null: float | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> ScorePooled:
    """Difference or ratio common to the strata with the score interval; by default stratified Miettinen-Nurminen.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum, as in `mh_risk_difference`.
    measure : {"risk-difference", "risk-ratio", "odds-ratio"}
        What is common to the strata.
    weights : {"mh", "mn", "ivs", "inv"}
        Mantel-Haenszel n n_ref / N; the iterated ones of Miettinen and Nurminen; the inverse of the score's variance at
        the tested value with ("ivs") or without ("inv") the factor N/(N-1). Of a risk difference with "mh", and of an
        odds ratio with "inv", the test without skewness is the Cochran-Mantel-Haenszel test. Ratios of risks with
        inverse-variance weights use Tang's form of the score.
    skewness : bool
        Correct the statistic for its skewness (SCAS).
    bias_correction : bool
        Multiply the variances by N/(N-1).
    or_bias : bool or None
        Gart's correction of the odds ratio's score for bias; None follows `skewness`.
    continuity : float
        Continuity correction from 0 to 0.5, the conventional one.
    random : bool
        Let the measure vary between strata: t distribution on strata less 1 and the variance between strata (TDAS).
        Skewness is then not corrected.
    null : float or None
        Value tested; None is 0 for a difference and 1 for a ratio.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test against `null` and of the interval.

    Returns
    -------
    ScorePooled
        `se` is that of the score at the estimate (difference only). Reason "too-few" where no stratum has both arms, or
        fewer than two for random effects; "no-events" or "undefined" where no stratum bears on a ratio. A ratio may be
        0 or infinite, and so may its limits.

    Raises
    ------
    InvalidInput
        If the counts are no counts, an option is not allowed, or `null` is outside the measure's scale.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Gart JJ, Nam J. Biometrics 1988;44:323-338, 1990;46:637-643. Laud
    PJ. Pharm Stat 2017;16:334-348, with corrigendum 2018;17:290-293. Tang Y. Stat Med 2020;39:3427-3457. With
    inverse-variance weights half an event is added to strata that would otherwise have no variance.
    """
    check_choice("measure", measure, MEASURES)
    check_choice("weights", weights, WEIGHTS)
    kind = MEASURES[measure]
    null = kind.null if null is None else null
    if not (0 < null < inf if kind.is_ratio else -1 < null < 1):
        raise InvalidInput(f"null is {null}; a {measure} tested lies {'above 0' if kind.is_ratio else 'in (-1, 1)'}.")
    if not 0 <= continuity <= 0.5:
        raise InvalidInput(f"continuity is {continuity}; the correction lies in [0, 0.5].")
    z = quantile(level, alternative)
    given = read(events, n, events_ref, n_ref)
    chosen = {"risk-difference": given.both_arms, "risk-ratio": given.with_event, "odds-ratio": given.with_both}[
        measure
    ]
    used = given.only(chosen)
    seen = {"strata": len(given), "informative": len(used)}
    if not len(used) or (random and len(used) < 2):
        reason = "too-few" if not given.both_arms.any() or len(used) else "undefined"
        if reason == "undefined" and given.only(given.both_arms).cases.sum() == 0:
            reason = "no-events"
        return ScorePooled(None, None, None, reason, **seen)
    statistic = _Statistic(
        _without_zero_variance(used, kind, weights), kind, weights, skewness and not random, bias_correction,
        skewness if or_bias is None else or_bias, continuity, random,
    )  # fmt: skip
    if random:
        z = quantile(level, alternative, df=len(used) - 1)
    estimate = statistic.root(0.0, plain=True)
    lower, upper = statistic.root(z), statistic.root(-z)
    ends = {"floor": 0.0} if kind.is_ratio else {"floor": -1.0, "ceiling": 1.0}
    lower, upper = one_sided(min(lower, estimate), max(upper, estimate), alternative, **ends)
    at_null = statistic(null, z)
    found = statistic.at(estimate)
    return ScorePooled(
        estimate,
        lower,
        upper,
        se=None if kind.is_ratio else sqrt(found.variance),
        statistic=at_null,
        p_value=p_value(at_null, alternative, df=len(used) - 1 if random else None),
        weights=shares(found.weight, chosen),
        **seen,
        **_heterogeneity(found, len(used)),
    )


@dataclass(frozen=True)
class _At:
    """The pieces of the pooled score at one value."""

    weight: np.ndarray
    score: float
    variance: float
    third: float
    each: np.ndarray
    each_variance: np.ndarray
    q: float
    tau_squared: float


@dataclass(frozen=True)
class _Statistic:
    """The standardised pooled score as a function of the tested value."""

    strata: Strata
    measure: Measure
    weights: str
    skewness: bool
    bias_correction: bool
    or_bias: bool
    continuity: float
    random: bool

    def at(self, theta: float) -> _At:
        """The pooled score, its variance and third moment, at theta; infinite and zero ratios are brought near."""
        if self.measure.is_ratio:
            theta = min(max(theta, exp(-60.0)), exp(60.0))
        inverse = self.weights in ("ivs", "inv")
        terms = self.measure.terms(self.strata, theta, inverse, self.or_bias)
        variance = terms.variance * (terms.factor if self.bias_correction else 1.0)
        weight = weights_of(self.strata, terms, variance, self.weights, self.measure, theta)
        share = weight / weight.sum()
        pooled = float(share @ terms.score)
        deviation = terms.score - pooled if self.random else terms.score
        with np.errstate(divide="ignore", invalid="ignore"):
            q = float(np.where(np.abs(deviation) < 1e-14, 0.0, deviation**2 / variance).sum())
            total = weight.sum()
            excess = max(0.0, q - (len(self.strata) - 1)) if np.isfinite(q) else 0.0
            spread = total - (weight**2).sum() / total if inverse else (1 / variance).sum() - (share**2).sum() * total
        tau_squared = float(excess / spread) if excess and np.isfinite(spread) and spread > 0 else 0.0
        if self.random and inverse and (variance > 0).any():
            share = 1 / (variance + tau_squared)
            share = share / share.sum()
            pooled = float(share @ terms.score)
        third = float((share**3) @ terms.third)
        return _At(share, pooled, float((share**2) @ variance), third, terms.score, variance, q, tau_squared)

    def __call__(self, theta: float, z: float, *, plain: bool = False) -> float:
        found = self.at(theta)
        taken = 0.0 if plain else self._correction(found, theta)
        pooled = found.score
        if abs(pooled) < abs(taken):
            return 0.0
        pooled -= np.copysign(taken, pooled) if taken else 0.0
        if self.random:
            between = float(found.weight @ (found.each - found.score) ** 2) / (len(self.strata) - 1)
            return standardised(pooled, between)
        plain_score = standardised(pooled, found.variance)
        if not self.skewness or found.variance <= 0 or found.third == 0:
            return plain_score
        return skewness_corrected(plain_score, found.third / (6 * found.variance**1.5), z)

    def root(self, target: float, *, plain: bool = False) -> float:
        """The value at which the statistic equals the target: a limit for plus or minus z, the estimate for 0."""
        z = abs(target)

        def margin(theta: float) -> float:
            return self(theta, z, plain=plain) - target

        if not self.measure.is_ratio:
            return crossing_between(margin, -1.0, 1.0)
        s = self.strata
        half = float(((s.events + 0.5) * s.n_ref).sum() / ((s.events_ref + 0.5) * s.n).sum())
        found = crossing(lambda x: margin(exp(x)), log(half))
        return exp(found) if not isinf(found) else (0.0 if found < 0 else inf)

    def _correction(self, found: _At, theta: float) -> float:
        if self.continuity == 0:
            return 0.0
        s, squared = self.strata, found.weight**2
        if self.measure.name == "risk-difference":
            return self.continuity / float((s.n * s.n_ref / s.total).sum())
        terms = self.measure.terms(s, theta, False, False)
        if self.measure.name == "risk-ratio":
            each = 1 / s.n + theta / s.n_ref
            if self.weights in ("ivs", "inv"):
                each = each / terms.p_ref
        else:
            each = terms.variance
        return self.continuity * float((squared * each).sum())


def _without_zero_variance(used: Strata, measure: Measure, weights: str) -> Strata:
    """Half an event more in strata that have no variance at the null value, where a weight would be infinite."""
    if weights not in ("ivs", "inv") or measure.name == "odds-ratio":
        return used
    full = used.cases == used.total
    none = used.cases == 0 if measure.name == "risk-difference" else np.zeros(len(used), dtype=bool)
    return used.plus(np.where(full | none, 0.5, 0.0))


def _heterogeneity(found: _At, strata: int) -> dict:
    if strata < 2 or not np.isfinite(found.q):
        return {}
    df = strata - 1
    return {
        "heterogeneity": found.q,
        "heterogeneity_df": df,
        "heterogeneity_p": float(chi2.sf(found.q, df)),
        "i_squared": max(0.0, (found.q - df) / found.q) if found.q > 0 else 0.0,
        "tau_squared": found.tau_squared,
    }
