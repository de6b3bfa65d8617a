"""Maximum likelihood of negative binomial counts with a rate per group and one dispersion."""

from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import digamma, gammaln, polygamma


@dataclass(frozen=True)
class NegativeBinomial:
    """Rates of the groups, covariance matrix of their logarithms, and k of the variance mean + k mean^2."""

    rates: list[float]
    covariance: np.ndarray
    dispersion: float


def fit(groups: list[tuple[np.ndarray, np.ndarray]], *, information: str) -> NegativeBinomial | None:
    """Profile likelihood over log k; k is 0, and the fit Poisson's, where the likelihood rises towards 0."""

    def profile(log_k: float) -> float:
        k = exp(log_k)
        return -sum(_log_likelihood(y, rate * t, k) for (y, t), rate in zip(groups, _rates(groups, k), strict=True))

    grid = np.linspace(log(1e-6), log(1e4), 24)
    values = [profile(at) for at in grid]
    best = int(np.argmin(values))
    if best == len(grid) - 1:
        return None
    poisson = -sum(_poisson(y, y.sum() / t.sum() * t) for y, t in groups)
    if best == 0:
        k = 0.0
    else:
        bounds = (grid[best - 1], grid[best + 1])
        found = minimize_scalar(profile, bounds=bounds, method="bounded", options={"xatol": 1e-10, "maxiter": 200})
        k = _polished(groups, exp(float(found.x))) if found.fun < poisson else 0.0
    rates = _rates(groups, k)
    means = [rate * t for (_, t), rate in zip(groups, rates, strict=True)]
    if information == "expected" or not k:
        return NegativeBinomial(rates, np.diag([1 / float((m / (1 + k * m)).sum()) for m in means]), k)
    return NegativeBinomial(rates, _observed(groups, means, k), k)


def _polished(groups, k: float) -> float:
    """Newton steps on the slope of the profile, which the search by values finds to half the digits only."""
    for _ in range(20):
        step = 1e-4
        slopes = [_slope(groups, k * exp(shift)) for shift in (-step, 0.0, step)]
        curvature = (slopes[2] - slopes[0]) / (2 * step)
        if not curvature < 0:
            break
        move = max(-0.1, min(0.1, -slopes[1] / curvature))
        k *= exp(move)
        if abs(move) < 1e-12:
            break
    return k


def _slope(groups, k: float) -> float:
    """Derivative of the profile log likelihood in log k."""
    total = 0.0
    for (y, t), rate in zip(groups, _rates(groups, k), strict=True):
        m = rate * t
        part = (digamma(1 / k) - digamma(y + 1 / k) + np.log1p(k * m)) / k**2 + (y - m) / (k * (1 + k * m))
        total += float(part.sum())
    return k * total


def _rates(groups, k: float) -> list[float]:
    """Rate of each group given k: root of sum((y - rate t) / (1 + k rate t)), which falls in the rate."""
    rates = []
    for y, t in groups:
        rate = float(y.sum() / t.sum())
        if k and np.ptp(t) > 0:
            for _ in range(100):
                below = 1 + k * rate * t
                gap = float(((y - rate * t) / below).sum())
                slope = -float((t * (1 + k * y) / below**2).sum()) * rate
                move = max(-1.0, min(1.0, -gap / slope))
                rate *= exp(move)
                if abs(move) < 1e-14:
                    break
        rates.append(rate)
    return rates


def _log_likelihood(y: np.ndarray, mean: np.ndarray, k: float) -> float:
    size = 1 / k
    counts = gammaln(y + size) - gammaln(size) - gammaln(y + 1)
    return float((counts + y * np.log(k * mean) - (y + size) * np.log1p(k * mean)).sum())


def _poisson(y: np.ndarray, mean: np.ndarray) -> float:
    return float((y * np.log(mean) - mean - gammaln(y + 1)).sum())


def _observed(groups, means, k: float) -> np.ndarray:
    """Covariance of the log rates by the inverse of the observed information, k included."""
    own = [float(((1 + k * y) * m / (1 + k * m) ** 2).sum()) for (y, _), m in zip(groups, means, strict=True)]
    cross = [float(((y - m) * m / (1 + k * m) ** 2).sum()) for (y, _), m in zip(groups, means, strict=True)]
    size, corner = 1 / k, 0.0
    for (y, _), m in zip(groups, means, strict=True):
        # second derivative in k of the log likelihood, by the chain rule over size = 1 / k
        first = digamma(y + size) - digamma(size) + np.log(size) + 1 - np.log(size + m) - (y + size) / (size + m)
        second = polygamma(1, y + size) - polygamma(1, size) + 1 / size - 2 / (size + m) + (y + size) / (size + m) ** 2
        corner -= float((second * size**4 + 2 * first * size**3).sum())
    matrix = np.diag([*own, corner])
    matrix[-1, :-1] = matrix[:-1, -1] = cross
    return np.linalg.inv(matrix)[:-1, :-1]
