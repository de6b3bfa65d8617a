"""The score statistic of strata at a tested value: restricted maximum likelihood proportions, variances, skewness.

Everything is computed for all strata at once; a measure is a small object that says how.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.optimize import brentq

from helpers.stats.stratified._strata import Strata

_TINY = 1e-8
#: Where a search on the log scale gives up: beyond it a ratio is 0 or infinite.
_FURTHEST = 60.0
_TOLERANCE = 1e-13


@dataclass(frozen=True)
class Terms:
    """What the strata contribute at a tested value: score, its variance and third moment, restricted proportions.

    `variance` is without, `factor` is the correction N/(N-1), 1 where none is wanted.
    """

    score: np.ndarray
    variance: np.ndarray
    third: np.ndarray
    p: np.ndarray
    p_ref: np.ndarray
    factor: np.ndarray


@dataclass(frozen=True)
class Measure:
    """A risk difference, risk ratio or odds ratio. `inverse_form` is the score used with inverse-variance weights."""

    name: str
    is_ratio: bool
    null: float
    terms: Callable[[Strata, float, bool, bool], Terms]


def _difference_terms(s: Strata, theta: float, inverse_form: bool, or_bias: bool) -> Terms:
    p, p_ref = restricted_difference(s, theta)
    v, v_ref = p * (1 - p), p_ref * (1 - p_ref)
    score = s.events / s.n - s.events_ref / s.n_ref - theta
    third = v * (1 - 2 * p) / s.n**2 - v_ref * (1 - 2 * p_ref) / s.n_ref**2
    return Terms(score, v / s.n + v_ref / s.n_ref, third, p, p_ref, s.total / (s.total - 1))


def _ratio_terms(s: Strata, theta: float, inverse_form: bool, or_bias: bool) -> Terms:
    a, x = s.total * theta, s.cases
    b = s.n * theta + s.events + s.n_ref + s.events_ref * theta
    p_ref = np.clip(2 * x / (b + np.sqrt(np.maximum(0.0, b * b - 4 * a * x))), _TINY, 1.0)
    p = np.minimum(1.0, p_ref * theta)
    v, v_ref = p * (1 - p), p_ref * (1 - p_ref)
    score = s.events / s.n - theta * s.events_ref / s.n_ref
    variance = v / s.n + theta**2 * v_ref / s.n_ref
    third = v * (1 - 2 * p) / s.n**2 - theta**3 * v_ref * (1 - 2 * p_ref) / s.n_ref**2
    if inverse_form:
        # Tang's score: weighted by the inverse of its variance it is the efficient score of a common ratio
        score, variance, third = score / p_ref, variance / p_ref**2, third / p_ref**3
    return Terms(score, variance, third, p, p_ref, s.total / (s.total - 1))


def _odds_terms(s: Strata, theta: float, inverse_form: bool, or_bias: bool) -> Terms:
    a, x = s.n_ref * (theta - 1), s.cases
    b = s.n * theta + s.n_ref - x * (theta - 1)
    root = np.sqrt(np.maximum(0.0, b * b + 4 * a * x))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_ref = np.where(b >= 0, 2 * x / (b + root), (root - b) / (2 * a))
    p_ref = np.clip(p_ref, _TINY, 1 - _TINY)
    p = np.clip(p_ref * theta / (1 + p_ref * (theta - 1)), _TINY, 1 - _TINY)
    v, v_ref = p * (1 - p), p_ref * (1 - p_ref)
    score = (s.events / s.n - p) / v - (s.events_ref / s.n_ref - p_ref) / v_ref
    third = (1 - 2 * p) / (s.n * v) ** 2 - (1 - 2 * p_ref) / (s.n_ref * v_ref) ** 2
    if or_bias:
        score = score - (p - p_ref) / (s.n * v + s.n_ref * v_ref)
    return Terms(score, 1 / (s.n * v) + 1 / (s.n_ref * v_ref), third, p, p_ref, s.total / (s.total - 1))


RISK_DIFFERENCE = Measure("risk-difference", False, 0.0, _difference_terms)
RISK_RATIO = Measure("risk-ratio", True, 1.0, _ratio_terms)
ODDS_RATIO = Measure("odds-ratio", True, 1.0, _odds_terms)
MEASURES = {m.name: m for m in (RISK_DIFFERENCE, RISK_RATIO, ODDS_RATIO)}


def restricted_difference(s: Strata, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Maximum likelihood proportions of both arms whose difference is held at theta, one a stratum.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226: the middle root of a cubic, by its cosine; two Newton steps give
    back the digits that the cosine loses near a double root.
    """
    total = s.total
    c2 = (s.n + 2 * s.n_ref) * theta - total - s.cases
    c1 = (s.n_ref * theta - total - 2 * s.events_ref) * theta + s.cases
    c0 = s.events_ref * theta * (1 - theta)
    shift = c2 / (3 * total)
    q = shift**3 - c1 * c2 / (6 * total**2) + c0 / (2 * total)
    radius = np.where(q > 0, 1.0, -1.0) * np.sqrt(np.maximum(0.0, shift**2 - c1 / (3 * total)))
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(radius == 0, 0.0, q / radius**3)
    p_ref = 2 * radius * np.cos((np.pi + np.arccos(np.clip(angle, -1.0, 1.0))) / 3) - shift
    low, high = max(0.0, -theta), min(1.0, 1.0 - theta)
    p_ref = np.clip(p_ref, low, high)
    for _ in range(2):
        slope = (3 * total * p_ref + 2 * c2) * p_ref + c1
        value = ((total * p_ref + c2) * p_ref + c1) * p_ref + c0
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(np.abs(slope) > 1e-6 * total, value / slope, 0.0)
        p_ref = np.clip(np.where(np.abs(step) < 1e-4, p_ref - step, p_ref), low, high)
    return np.clip(p_ref + theta, 0.0, 1.0), p_ref


def weights_of(s: Strata, terms: Terms, variance: np.ndarray, kind: str, measure: Measure, theta: float) -> np.ndarray:
    """The strata's weights at a tested value; `variance` is that of the score, with its factor where one is used."""
    if kind == "mh":
        return s.n * s.n_ref / s.total
    if kind in ("ivs", "inv"):
        inverted = variance if kind == "ivs" else terms.variance
        if (inverted == 0).all():
            return np.ones(len(s))
        with np.errstate(divide="ignore"):
            weight = 1 / inverted
        infinite = np.isinf(weight)
        # strata without variance outweigh all others
        return infinite.astype(float) if infinite.any() else weight
    if measure.name == "odds-ratio":
        v, v_ref = s.n * terms.p * (1 - terms.p), s.n_ref * terms.p_ref * (1 - terms.p_ref)
        return s.n * s.n_ref * ((1 - terms.p) * terms.p_ref) ** 2 / (v + v_ref)
    return _miettinen_nurminen_weights(s, terms, measure, theta)


def _miettinen_nurminen_weights(s: Strata, terms: Terms, measure: Measure, theta: float) -> np.ndarray:
    """Weights that depend on the weighted restricted proportions, and these on the weights: iterated to rest."""
    scale = theta if measure.is_ratio else 1.0
    weight = 1 / (1 / s.n + scale / s.n_ref)
    for _ in range(200):
        p = float((weight * terms.p).sum() / weight.sum())
        p_ref = float(np.clip((weight * terms.p_ref).sum() / weight.sum(), _TINY, 1 - _TINY))
        odds = (1 - p) / (1 - p_ref) if measure.is_ratio else p * (1 - p) / (p_ref * (1 - p_ref))
        new = 1 / (odds / s.n + scale / s.n_ref)
        if np.abs(new - weight).max() < 1e-12 * max(1.0, float(new.max())):
            return new
        weight = new
    return weight


def skewness_corrected(score: float, term: float, z: float) -> float:
    """A standardised score with the skewness term mu3 / (6 V^1.5), taken to the normal scale.

    Notes
    -----
    Solves c + term (c^2 - 1) = score in the form that loses no digits; where it has no solution, one step from z.
    """
    if term == 0:
        return score
    under = 1 + 4 * term * (score + term)
    if under < 0:
        return score - (z * z - 1) * term
    return 2 * (score + term) / (1 + sqrt(under))


def crossing(function: Callable[[float], float], start: float) -> float:
    """Where a falling function of a log ratio passes 0; minus or plus infinity where it does not."""
    step = 1.0
    inner, value = start, function(start)
    if value == 0:
        return start
    direction = 1.0 if value > 0 else -1.0
    while abs(inner) <= _FURTHEST:
        outer = inner + direction * step
        if function(outer) * direction <= 0:
            low, high = sorted((inner, outer))
            return float(brentq(function, low, high, xtol=_TOLERANCE, rtol=_TOLERANCE))
        inner, step = outer, step * 2
    return direction * inf


def crossing_between(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function passes 0 between two ends; the nearer end where it does not."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    return float(brentq(function, low, high, xtol=_TOLERANCE, rtol=_TOLERANCE))


def stratum_limits(s: Strata, measure: Measure, z: float) -> tuple[np.ndarray, np.ndarray]:
    """The Miettinen-Nurminen limits of the difference in every stratum."""
    found = []
    for i in range(len(s)):
        one = s.only(np.array([i]))
        estimate = float(one.events[0] / one.n[0] - one.events_ref[0] / one.n_ref[0])

        def margin(theta: float, target: float, one: Strata = one) -> float:
            terms = measure.terms(one, theta, False, False)
            return standardised(float(terms.score[0]), float((terms.variance * terms.factor)[0])) - target

        lower = crossing_between(lambda t, m=margin: m(t, z), -1.0, estimate)
        upper = crossing_between(lambda t, m=margin: m(t, -z), estimate, 1.0)
        found.append((lower, upper))
    lower, upper = np.array(found).T
    return lower, upper


def standardised(score: float, variance: float) -> float:
    """A score over its standard deviation, bounded so that a search can go on where the variance is 0."""
    if abs(score) < 1e-14:
        return 0.0
    return float(np.clip(score / sqrt(variance), -1e6, 1e6)) if variance > 0 else float(np.copysign(1e6, score))
