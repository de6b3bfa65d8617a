"""Hazard ratio of two groups by Cox's model."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import z_of
from helpers.stats.survival._cox import Maximum, Risk, evaluate, maximise, risk_sets
from helpers.stats.survival._data import check_groups, check_times, two_groups

TIES = ("efron", "breslow", "exact")


@dataclass(frozen=True)
class HazardRatio(Interval):
    """A hazard ratio, group of interest over reference, with its logarithm and the three tests of ratio 1.

    The tests are chi-squared on one degree of freedom; the root of `wald` has the sign of `log_estimate`. The
    likelihood-ratio test and the score test are given also where the estimate is infinite or 0.
    """

    n: int = 0
    events: int = 0
    log_estimate: float | None = None
    se: float | None = None
    wald: HypothesisTest | None = None
    score: HypothesisTest | None = None
    likelihood_ratio: HypothesisTest | None = None
    log_likelihood: float | None = None


def hazard_ratio(
    time: Sequence[float],
    event: Sequence[int],
    group: Sequence,
    *,
    reference: object = None,
    covariates: np.ndarray | None = None,
    strata: Sequence | None = None,
    ties: str = "efron",
    firth: bool = False,
    interval: str = "wald",
    level: float = 0.95,
) -> HazardRatio:
    """Hazard ratio of two groups by Cox's model.

    Parameters
    ----------
    time, event : sequence
        As in `kaplan_meier`.
    group : sequence
        Label of each unit's group, two in all.
    reference : optional
        The group below the line; the first in order if not given.
    covariates : array, optional
        Numbers to adjust for, one row a unit and one column a covariate.
    strata : sequence, optional
        Label of each unit's stratum; each has its own baseline hazard.
    ties : str
        "efron" (R's default), "breslow" (SAS's default) or "exact", the discrete likelihood that R calls exact and SAS
        DISCRETE.
    firth : bool
        Penalise the likelihood by the root of the determinant of the information, which keeps the estimate finite
        where one group has no events; not with "exact".
    interval : str
        "wald" or "profile" of the (penalised) likelihood.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    HazardRatio
        Reasons: "too-few" for fewer than two groups, "no-events", "separated" where the likelihood rises without end
        (with "profile" and no covariates the estimate is then 0 or infinite and has one finite limit), "collinear",
        "not-converged".

    Raises
    ------
    InvalidInput
        As in `kaplan_meier`, for more than two groups, a missing covariate, or Firth's penalty with "exact" ties.

    Notes
    -----
    Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-565. Breslow N. Biometrics
    1974;30:89-99. Heinze G, Schemper M. Biometrics 2001;57:114-119 (Firth).
    """
    z = z_of(level)
    check_choice("ties", ties, TIES)
    check_choice("interval", interval, ("wald", "profile"))
    if firth and ties == "exact":
        raise InvalidInput("firth with ties 'exact' is not offered; use 'efron' or 'breslow'.")
    times, events = check_times(time, event)
    labels, place = check_groups(group, len(times))
    _, stratum = check_groups([0] * len(times) if strata is None else strata, len(times), "strata")
    facts = {"n": len(times), "events": int(events.sum())}
    if len(labels) < 2:
        return HazardRatio(None, None, None, "too-few", **facts)
    own = labels.index(two_groups(labels, reference))
    x = np.column_stack([(place == own).astype(float), _covariates(covariates, len(times))])
    if not events.any():
        return HazardRatio(None, None, None, "no-events", **facts)
    risks = risk_sets(times, events, x - x.mean(axis=0), stratum)
    return _contrast(risks, x.shape[1], ties, firth, interval, z, facts)


def _covariates(covariates: np.ndarray | None, size: int) -> np.ndarray:
    if covariates is None:
        return np.zeros((size, 0))
    values = np.asarray(covariates, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != size or not np.isfinite(values).all():
        raise InvalidInput(f"covariates: shape {values.shape} for {size} units; one row each without gaps is needed.")
    return values


def _contrast(risks: list[Risk], p: int, ties: str, firth: bool, interval: str, z: float, facts: dict) -> HazardRatio:
    """Fits with the group's coefficient free and held at 0, the tests, and the limits."""
    free = np.ones(p, dtype=bool)
    rest = free.copy()
    rest[0] = False
    null = maximise(risks, np.zeros(p), ties, free=rest, firth=firth)
    if null.reason:
        return HazardRatio(None, None, None, null.reason, **facts)
    score = _score_test(risks, null, ties)
    if score is None:
        return HazardRatio(None, None, None, "collinear", **facts)
    full = maximise(risks, null.beta, ties, firth=firth)
    statistic = max(0.0, 2 * (full.value.log_likelihood - null.value.log_likelihood))
    tests = {"score": score, "likelihood_ratio": _chi2(statistic), "log_likelihood": full.value.log_likelihood}
    if full.reason == "separated" and p == 1 and interval == "profile":
        side = 1 if full.beta[0] > 0 else -1
        limit = exp(_profile(risks, full, 0.0, -side, ties, firth, z))
        limits = (inf, limit, inf) if side > 0 else (0.0, 0.0, limit)
        return HazardRatio(*limits, "", **facts, **tests)
    if full.reason:
        return HazardRatio(None, None, None, full.reason, **facts, **tests)
    log_estimate = float(full.beta[0])
    se = sqrt(float(np.linalg.inv(full.value.information)[0, 0]))
    if interval == "wald":
        low, high = log_estimate - z * se, log_estimate + z * se
    else:
        low, high = (_profile(risks, full, se, side, ties, firth, z) for side in (-1, 1))
    limits = (exp(log_estimate), exp(low), exp(high) if high < 700 else inf)
    wald = _chi2((log_estimate / se) ** 2)
    return HazardRatio(*limits, "", **facts, log_estimate=log_estimate, se=se, wald=wald, **tests)


def _score_test(risks: list[Risk], null: Maximum, ties: str) -> HypothesisTest | None:
    value = evaluate(risks, null.beta, ties)
    scale = np.sqrt(np.maximum(np.diag(value.information), 0.0))
    if scale.min() <= 1e-12 or np.linalg.cond(value.information / np.outer(scale, scale)) > 1e12:
        return None
    return _chi2(float(value.slope @ np.linalg.solve(value.information, value.slope)))


def _chi2(statistic: float) -> HypothesisTest:
    return HypothesisTest(statistic, float(chdtrc(1, statistic)), 1)


def _profile(risks: list[Risk], full: Maximum, se: float, side: int, ties: str, firth: bool, z: float) -> float:
    """Where twice the log likelihood has fallen by the chi-squared quantile, with the other coefficients free."""
    rest = np.ones(len(full.beta), dtype=bool)
    rest[0] = False

    def excess(at: float) -> float:
        start = full.beta.copy()
        start[0] = at
        held = maximise(risks, start, ties, free=rest, firth=firth)
        return 2 * (full.value.log_likelihood - held.value.log_likelihood) - z * z

    inner, step = float(full.beta[0]), max(se, 0.5)
    for _ in range(60):
        outer = inner + side * step
        if excess(outer) >= 0:
            return float(brentq(excess, min(inner, outer), max(inner, outer), xtol=1e-12))
        inner, step = outer, step * 1.5
        if abs(outer) > 700:
            break
    return side * inf
