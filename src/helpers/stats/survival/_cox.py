"""The partial likelihood of a Cox model and its maximum."""

from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy.special import betaln

#: Largest log hazard ratio over the range of a covariate before a maximum counts as infinite.
_FARTHEST = 30.0


@dataclass(frozen=True, eq=False)
class Risk:
    """An event time of a stratum: covariates of the units at risk, and which of them have the event."""

    x: np.ndarray
    dead: np.ndarray


@dataclass(frozen=True, eq=False)
class Value:
    """Log partial likelihood, its slope and its information; for Firth's the penalised value and slope."""

    log_likelihood: float
    slope: np.ndarray
    information: np.ndarray


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the search ended, the value there, and why it is no finite maximum."""

    beta: np.ndarray
    value: Value
    reason: str = ""


def risk_sets(times: np.ndarray, events: np.ndarray, x: np.ndarray, strata: np.ndarray) -> list[Risk]:
    """Every event time in every stratum."""
    found = []
    for s in np.unique(strata):
        part = strata == s
        t, e, own = times[part], events[part], x[part]
        for at in np.unique(t[e == 1]):
            risk = t >= at
            found.append(Risk(own[risk], ((t == at) & (e == 1))[risk]))
    return found


def evaluate(risks: list[Risk], beta: np.ndarray, ties: str, *, firth: bool = False) -> Value:
    """Log partial likelihood at coefficients, ties by "efron", "breslow" or "exact" (discrete)."""
    p = len(beta)
    total, slope, information = 0.0, np.zeros(p), np.zeros((p, p))
    third = np.zeros((p, p, p))
    for risk in risks:
        eta = risk.x @ beta
        total += float(eta[risk.dead].sum())
        slope = slope + risk.x[risk.dead].sum(axis=0)
        if ties == "exact" and risk.dead.sum() > 1:
            value, mean, spread = _discrete(risk, eta)
            total, slope, information = total - value, slope - mean, information + spread
            continue
        shift = float(eta.max())
        weight, d = np.exp(eta - shift), int(risk.dead.sum())
        for i in range(d):
            own = weight * (1 - risk.dead * (i / d)) if ties == "efron" else weight
            whole = float(own.sum())
            share = own / whole
            mean = share @ risk.x
            away = risk.x - mean
            total -= log(whole) + shift
            slope = slope - mean
            information = information + (away * share[:, None]).T @ away
            if firth:
                third = third + np.einsum("n,ni,nj,nk->ijk", share, away, away, away)
    if firth:
        sign, log_det = np.linalg.slogdet(information)
        if sign > 0:
            inverse = np.linalg.inv(information)
            return Value(total + float(log_det) / 2, slope + np.einsum("ij,ijk->k", inverse, third) / 2, information)
    return Value(total, slope, information)


def maximise(
    risks: list[Risk],
    start: np.ndarray,
    ties: str,
    *,
    free: np.ndarray | None = None,
    firth: bool = False,
    steps: int = 100,
) -> Maximum:
    """Newton's method with halved steps over the coefficients that are `free`."""
    beta = np.array(start, dtype=float)
    free = np.ones(len(beta), dtype=bool) if free is None else free
    value = evaluate(risks, beta, ties, firth=firth)
    if not free.any():
        return Maximum(beta, value)
    spans = np.ptp(np.vstack([risk.x for risk in risks]), axis=0)
    for _ in range(steps):
        block = value.information[np.ix_(free, free)]
        scale = np.sqrt(np.maximum(np.diag(block), 0.0))
        # far out every block is near singular because the likelihood is flat, not because covariates are collinear
        if scale.min() <= 0 or np.linalg.cond(block / np.outer(scale, scale)) > 1e12:
            flat = np.abs(beta * spans).max() > 5
            return Maximum(beta, value, "separated" if flat else "collinear")
        move = np.zeros(len(beta))
        move[free] = np.linalg.solve(block, value.slope[free])
        largest = float(np.abs(move * spans).max())
        if largest > 4:
            move *= 4 / largest
        for _ in range(40):
            trial = evaluate(risks, beta + move, ties, firth=firth)
            if np.isfinite(trial.log_likelihood) and trial.log_likelihood >= value.log_likelihood - 1e-12 * (
                1 + abs(value.log_likelihood)
            ):
                break
            move = move / 2
        beta, value = beta + move, trial
        if float(np.abs(beta * spans).max()) > _FARTHEST:
            return Maximum(beta, value, "separated")
        if float(np.abs(move * spans).max()) < 1e-10:
            return Maximum(beta, value)
    return Maximum(beta, value, "not-converged")


def _discrete(risk: Risk, eta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Log of the sum over all sets of d units at risk of the product of their hazards, its slope and curvature."""
    d, p = int(risk.dead.sum()), risk.x.shape[1]
    if p == 1 and len(np.unique(risk.x)) <= 2:
        return _two_valued(risk, eta)
    shift, middle = float(eta.max()), risk.x.mean(axis=0)
    value, slope, curve = np.zeros(d + 1), np.zeros((d + 1, p)), np.zeros((d + 1, p, p))
    value[0], scaled = 1.0, 0.0
    for log_weight, x in zip(eta - shift, risk.x - middle, strict=True):
        weight = exp(log_weight)
        cross = np.einsum("i,kj->kij", x, slope[:-1])
        grown = curve[:-1] + cross + cross.transpose(0, 2, 1) + np.outer(x, x) * value[:-1, None, None]
        curve[1:] = curve[1:] + weight * grown
        slope[1:] = slope[1:] + weight * (slope[:-1] + x * value[:-1, None])
        value[1:] = value[1:] + weight * value[:-1]
        largest = float(value.max())
        if largest > 1e100:  # keeps the sums in range; what is returned are ratios and one logarithm
            value, slope, curve, scaled = value / largest, slope / largest, curve / largest, scaled + log(largest)
    mean = slope[d] / value[d]
    log_sum = log(value[d]) + scaled + d * shift
    return log_sum, mean + d * middle, curve[d] / value[d] - np.outer(mean, mean)


def _two_valued(risk: Risk, eta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The same for one covariate of two values: of the d, the number with the higher one is hypergeometric."""
    x, d = risk.x[:, 0], int(risk.dead.sum())
    low, high = int(x.argmin()), int(x.argmax())
    few = int((x == x[low]).sum())
    many = len(x) - few
    k = np.arange(max(0, d - few), min(d, many) + 1)
    logs = _log_choose(many, k) + _log_choose(few, d - k) + k * (eta[high] - eta[low])
    top = float(logs.max())
    weight = np.exp(logs - top)
    share = weight / weight.sum()
    count, gap = float(share @ k), float(x[high] - x[low])
    spread = float(share @ (k - count) ** 2)
    log_sum = top + log(float(weight.sum())) + d * float(eta[low])
    return log_sum, np.array([d * x[low] + count * gap]), np.array([[spread * gap * gap]])


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return -betaln(n - k + 1, k + 1) - np.log1p(n)
