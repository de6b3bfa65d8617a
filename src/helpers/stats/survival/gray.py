"""Gray's test that groups have the same cumulative incidence of one cause."""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc

from helpers.errors import InvalidInput
from helpers.stats._hypothesis import HypothesisTest
from helpers.stats.survival._data import check_groups, check_times


def gray_test(
    time: Sequence[float],
    event: Sequence[int],
    group: Sequence,
    *,
    cause: int = 1,
    rho: float = 0.0,
    strata: Sequence | None = None,
) -> HypothesisTest:
    """Gray's test of two or more groups.

    Parameters
    ----------
    time, event, cause
        As in `cumulative_incidence`.
    group : sequence
        Label of each unit's group.
    rho : float
        Power of 1 minus the incidence in the weight of an event time.
    strata : sequence, optional
        Label of each unit's stratum; scores and variances are added over strata.

    Returns
    -------
    HypothesisTest
        Chi-squared statistic on groups less one degrees of freedom. Reasons: "too-few" for fewer than two groups,
        "no-events" without an event of the cause, "singular" where the variance cannot be inverted.

    Raises
    ------
    InvalidInput
        As in `cumulative_incidence`, or if labels are missing.

    Notes
    -----
    Gray RJ. Ann Stat 1988;16:1141-1154, with the variance for ties of his cmprsk.
    """
    times, causes = check_times(time, event, codes=True)
    labels, place = check_groups(group, len(times))
    _, stratum = check_groups([0] * len(times) if strata is None else strata, len(times), "strata")
    if int(cause) != cause or cause < 1:
        raise InvalidInput(f"cause is {cause}; it must be the whole number of a cause, 1 or more.")
    k = len(labels)
    if k < 2:
        return HypothesisTest(None, None, reason="too-few")
    if not (causes == cause).any():
        return HypothesisTest(None, None, reason="no-events")
    kind = np.where(causes == 0, 0, np.where(causes == cause, 1, 2))
    score, variance = np.zeros(k), np.zeros((k, k))
    for s in np.unique(stratum):
        part = stratum == s
        own_score, own_variance = _stratum(times[part], kind[part], place[part], k, rho)
        score, variance = score + own_score, variance + own_variance
    block = variance[:-1, :-1]
    if not np.isfinite(block).all() or np.linalg.matrix_rank(block, tol=1e-12 * max(1.0, np.abs(block).max())) < k - 1:
        return HypothesisTest(None, None, reason="singular")
    statistic = float(score[:-1] @ np.linalg.solve(block, score[:-1]))
    return HypothesisTest(statistic, float(chdtrc(k - 1, statistic)), k - 1)


def _stratum(times, kind, place, k: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Score of each group and its covariance, of one stratum."""
    at = np.unique(times[kind > 0])
    n, d1, d2 = (np.zeros((len(at), k)) for _ in range(3))
    for j in range(k):
        own = np.sort(times[place == j])
        n[:, j] = len(own) - np.searchsorted(own, at, side="left")
        for code, target in ((1, d1), (2, d2)):
            chosen = np.sort(times[(place == j) & (kind == code)])
            target[:, j] = np.searchsorted(chosen, at, side="right") - np.searchsorted(chosen, at, side="left")
    present = n > 0
    hazard = np.divide(d1 + d2, n, out=np.zeros_like(n), where=present)
    survival = np.cumprod(1 - hazard, axis=0)
    before = np.vstack([np.ones(k), survival[:-1]])
    incidence = np.cumsum(np.divide(before * d1, n, out=np.zeros_like(n), where=present), axis=0)
    incidence_before = np.vstack([np.zeros(k), incidence[:-1]])
    h = np.divide(n, before, out=np.zeros_like(n), where=present & (before > 0))
    total, all_events = h.sum(axis=1), d1.sum(axis=1)
    risk = h * (1 - incidence_before)
    pooled = np.cumsum(np.divide(all_events, total, out=np.zeros_like(total), where=total > 0))
    pooled_before = np.concatenate(([0.0], pooled[:-1]))
    weight = (1 - pooled_before) ** rho
    shares = np.divide(risk, risk.sum(axis=1)[:, None], out=np.zeros_like(risk), where=risk.sum(axis=1)[:, None] > 0)
    score = weight @ (d1 - all_events[:, None] * shares)
    # a[t] is the weight of each pair of groups at a time, c[t] its integral over the pooled hazard up to and at it
    a = np.einsum("t,tij->tij", weight, np.einsum("ti,ij->tij", h, np.eye(k)) - _outer(h, total))
    growth = np.divide(all_events, total * (1 - pooled_before), out=np.zeros_like(total), where=total > 0)
    c = np.cumsum(a * growth[:, None, None], axis=0)
    ahead = c[-1] - c
    left = np.divide(1 - pooled[:, None], survival, out=np.zeros_like(survival), where=survival > 0)
    # influence of an event of the cause, and of a competing one, on each group's score
    own = a + (1 - left)[:, None, :] * ahead
    other = left[:, None, :] * ahead
    shift = np.divide(
        all_events[:, None] - 1,
        total[:, None] * before - 1,
        out=np.zeros_like(before),
        where=(all_events[:, None] > 1) & (total[:, None] * before > 1),
    )
    own_weight = np.divide(
        (1 - shift) * before * all_events[:, None], total[:, None] * n, out=np.zeros_like(n), where=present
    )
    shift2 = np.divide(d2 - 1, n - 1, out=np.zeros_like(n), where=d2 > 1)
    other_weight = np.divide((1 - shift2) * before**2 * d2, n**2, out=np.zeros_like(n), where=present & (survival > 0))
    variance = np.einsum("tik,tjk,tk->ij", own, own, own_weight) + np.einsum(
        "tik,tjk,tk->ij", other, other, other_weight
    )
    return score, variance


def _outer(h: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.divide(
        np.einsum("ti,tj->tij", h, h),
        total[:, None, None],
        out=np.zeros((*h.shape, h.shape[1])),
        where=total[:, None, None] > 0,
    )
