"""Adaptive Gauss-Legendre quadrature over arrays, and the variable in which beta densities are bounded."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import betaln, log_expit, logit

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


def integrate(
    function: Callable[[np.ndarray], np.ndarray], cuts: Sequence[float], *, rtol: float = 1e-12, atol: float = 0.0
) -> np.ndarray:
    """Integral from the first to the last of the cuts; the last axis of what the function returns is that of its nodes.

    A panel is halved until its halves agree with it; all panels of a round are evaluated in one call.
    """
    edges = np.asarray(cuts, dtype=float)
    low, high = edges[:-1], edges[1:]
    keep = high > low
    low, high = low[keep], high[keep]
    if not len(low):
        return np.zeros(np.shape(function(np.array([edges[0]])))[:-1])
    whole = _panels(function, low, high)
    done = np.zeros(whole.shape[:-1])
    for _ in range(60):
        middle = (low + high) / 2
        halves = _panels(function, np.concatenate([low, middle]), np.concatenate([middle, high]))
        left, right = halves[..., : len(low)], halves[..., len(low) :]
        both = left + right
        scale = np.abs(done + both.sum(axis=-1)).max(initial=0.0)
        error = np.abs(both - whole).reshape(-1, len(low)).max(axis=0)
        bad = (error > max(atol, rtol * scale)) & (middle > low) & (middle < high)
        done = done + both[..., ~bad].sum(axis=-1)
        if not bad.any():
            return done
        low, high = np.concatenate([low[bad], middle[bad]]), np.concatenate([middle[bad], high[bad]])
        whole = np.concatenate([left[..., bad], right[..., bad]], axis=-1)
    return done + whole.sum(axis=-1)


def stretch(alpha: float, beta: float) -> float:
    """Power of the variable x, logit(y) = power * logit(x), in which the density is bounded for any parameters."""
    return max(2.0, 1 / alpha, 1 / beta)


def log_density(x: np.ndarray, alpha: float, beta: float, power: float) -> tuple[np.ndarray, np.ndarray]:
    """Proportion y at x, as its logit, and the log of the beta density times dy/dx."""
    at = power * logit(x)
    log_beta = alpha * log_expit(at) + beta * log_expit(-at) - betaln(alpha, beta)
    return at, log_beta + np.log(power) - np.log(x) - np.log1p(-x)


def _panels(function: Callable, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    half = (high - low) / 2
    nodes = (low + half)[:, None] + half[:, None] * _NODES
    values = np.asarray(function(nodes.ravel()))
    return (values.reshape(*values.shape[:-1], *nodes.shape) @ _WEIGHTS) * half
