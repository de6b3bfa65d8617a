"""Log-rank test and its weighted and stratified relatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt

import numpy as np
from scipy.special import chdtrc

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest
from helpers.stats._types import Interval, check_choice
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.survival._data import check_groups, check_times, two_groups

WEIGHTS = ("log-rank", "gehan", "tarone-ware", "peto", "modified-peto", "fleming-harrington")


@dataclass(frozen=True)
class LogRank(HypothesisTest):
    """Chi-squared statistic on `df` degrees of freedom, with the events observed and expected in each group.

    Of two groups `z` is the signed root, positive where the group of interest has more events than expected, `score`
    its weighted observed minus expected events and `variance` that sum's variance.
    """

    groups: tuple = ()
    observed: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    z: float | None = None
    score: float | None = None
    variance: float | None = None


def log_rank(
    time: Sequence[float],
    event: Sequence[int],
    group: Sequence,
    *,
    weight: str = "log-rank",
    rho: float = 0.0,
    gamma: float = 0.0,
    strata: Sequence | None = None,
    reference: object = None,
    alternative: str = "two-sided",
) -> LogRank:
    """Test that two or more groups have the same survival.

    Parameters
    ----------
    time, event : sequence
        As in `kaplan_meier`.
    group : sequence
        Label of each unit's group.
    weight : str
        Weight of an event time: "log-rank" 1; "gehan" the number at risk (Gehan-Wilcoxon, Breslow); "tarone-ware" its
        root; "peto" the estimate of Peto and Peto, product of 1 - d / (n + 1); "modified-peto" that times n / (n + 1)
        (Andersen); "fleming-harrington" S(t-)^rho (1 - S(t-))^gamma, whose rho 1 R's survdiff calls Peto's.
    rho, gamma : float
        Of "fleming-harrington", 0 or more.
    strata : sequence, optional
        Label of each unit's stratum; observed, expected and variance are added over strata.
    reference : optional
        Of two groups, the one that is not of interest; the first in order if not given.
    alternative : str
        "two-sided", or, of two groups, a "greater" or "less" hazard in the group of interest.

    Returns
    -------
    LogRank
        Reasons: "too-few" for fewer than two groups, "no-events", and "undefined" where the groups are never at risk
        together when an event happens.

    Raises
    ------
    InvalidInput
        As in `kaplan_meier`, if labels are missing, or if a one-sided test is asked of more than two groups.

    Notes
    -----
    Mantel N. Cancer Chemother Rep 1966;50:163-170. Gehan EA. Biometrika 1965;52:203-223. Tarone RE, Ware J. Biometrika
    1977;64:156-160. Peto R, Peto J. J R Stat Soc A 1972;135:185-207. Harrington DP, Fleming TR. Biometrika
    1982;69:553-566. The variance is hypergeometric.
    """
    times, events = check_times(time, event)
    labels, place = check_groups(group, len(times))
    _, stratum = check_groups([0] * len(times) if strata is None else strata, len(times), "strata")
    check_choice("weight", weight, WEIGHTS)
    check_choice("alternative", alternative, ALTERNATIVES)
    if min(rho, gamma) < 0:
        raise InvalidInput(f"rho {rho} and gamma {gamma}: both must be 0 or more.")
    if alternative != "two-sided" and len(labels) > 2:
        raise InvalidInput(f"alternative is {alternative!r}, which {len(labels)} groups do not have; use 'two-sided'.")
    if reference is not None:
        two_groups(labels, reference)
    if len(labels) < 2:
        return LogRank(None, None, reason="too-few", groups=tuple(labels))
    k = len(labels)
    observed, expected, score, variance = np.zeros(k), np.zeros(k), np.zeros(k), np.zeros((k, k))
    for s in np.unique(stratum):
        part = stratum == s
        parts = _stratum(times[part], events[part], place[part], k, weight, rho, gamma)
        observed, expected, score, variance = (
            a + b for a, b in zip((observed, expected, score, variance), parts, strict=True)
        )
    facts = {"groups": tuple(labels), "observed": tuple(map(float, observed)), "expected": tuple(map(float, expected))}
    if not observed.sum():
        return LogRank(None, None, reason="no-events", **facts)
    scale = max(float(np.diag(variance).max()), 0.0)
    keep = np.flatnonzero(np.diag(variance) > 1e-12 * max(scale, 1e-300))  # groups never compared with another drop out
    if len(keep) < 2:
        return LogRank(None, None, reason="undefined", **facts)
    chosen = keep[1:]
    block = variance[np.ix_(chosen, chosen)]
    df = int(np.linalg.matrix_rank(block, tol=1e-10 * scale))
    statistic = float(score[chosen] @ np.linalg.pinv(block, rcond=1e-10) @ score[chosen])
    if k > 2:
        return LogRank(statistic, float(chdtrc(df, statistic)), df, **facts)
    own = labels.index(two_groups(labels, reference))
    z = float(score[own]) / sqrt(float(variance[own, own]))
    p_value = float(chdtrc(1, statistic)) if alternative == "two-sided" else standardised_p(z, alternative)
    return LogRank(statistic, p_value, 1, **facts, z=z, score=float(score[own]), variance=float(variance[own, own]))


def peto_hazard_ratio(
    time: Sequence[float],
    event: Sequence[int],
    group: Sequence,
    *,
    reference: object = None,
    strata: Sequence | None = None,
    level: float = 0.95,
) -> Interval:
    """Hazard ratio of two groups by one step from the log-rank test: exp((O - E) / V); arguments as in `log_rank`.

    Notes
    -----
    Yusuf S, Peto R, Lewis J, Collins R, Sleight P. Prog Cardiovasc Dis 1985;27:335-371. Biased for large effects.
    """
    z = z_of(level)
    labels, _ = check_groups(group, len(list(group)))
    two_groups(labels, reference)
    found = log_rank(time, event, group, strata=strata, reference=reference)
    if found.reason:
        return Interval(None, None, None, found.reason)
    middle, half = found.score / found.variance, z / sqrt(found.variance)
    low, mid, high = (exp(v) if v < 700 else inf for v in (middle - half, middle, middle + half))
    return Interval(mid, low, high)


def _stratum(times, events, place, k: int, weight: str, rho: float, gamma: float) -> tuple[np.ndarray, ...]:
    """Observed, expected, weighted difference and its covariance, of one stratum."""
    at = np.unique(times[events == 1])
    risk, deaths = np.zeros((len(at), k)), np.zeros((len(at), k))
    for j in range(k):
        own = np.sort(times[place == j])
        risk[:, j] = len(own) - np.searchsorted(own, at, side="left")
        dead = np.sort(times[(place == j) & (events == 1)])
        deaths[:, j] = np.searchsorted(dead, at, side="right") - np.searchsorted(dead, at, side="left")
    n, d = risk.sum(axis=1), deaths.sum(axis=1)
    share = risk / n[:, None]
    expected = d[:, None] * share
    w = _weights(n, d, weight, rho, gamma)
    spread = w**2 * d * np.divide(n - d, n - 1, out=np.zeros_like(n), where=n > 1)
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return deaths.sum(axis=0), expected.sum(axis=0), w @ (deaths - expected), covariance


def _weights(n: np.ndarray, d: np.ndarray, weight: str, rho: float, gamma: float) -> np.ndarray:
    if weight == "log-rank":
        return np.ones(len(n))
    if weight == "gehan":
        return n.astype(float)
    if weight == "tarone-ware":
        return np.sqrt(n)
    if weight == "fleming-harrington":
        before = np.concatenate(([1.0], np.cumprod(1 - d / n)[:-1])) if len(n) else np.zeros(0)
        return before**rho * (1 - before) ** gamma
    smooth = np.cumprod(1 - d / (n + 1))
    return smooth if weight == "peto" else smooth * n / (n + 1)
