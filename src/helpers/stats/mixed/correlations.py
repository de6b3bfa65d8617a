"""Correlation-like matrices of m visits as functions of their parameters, with first and second derivatives."""

import numpy as np

Derivatives = tuple[np.ndarray, np.ndarray, np.ndarray]


def cholesky(values: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
    """P = L L', L unit lower triangular."""
    rows, columns = np.tril_indices(m, -1)
    lower = np.eye(m)
    lower[rows, columns] = values
    k = len(values)
    dp, d2p = np.zeros((k, m, m)), np.zeros((k, k, m, m))
    for a in range(k):
        dp[a, rows[a], :] += lower[:, columns[a]]
        dp[a, :, rows[a]] += lower[:, columns[a]]
        for b in range(k):
            if columns[a] == columns[b]:
                d2p[a, b, rows[a], rows[b]] += 1
                d2p[a, b, rows[b], rows[a]] += 1
    return lower @ lower.T, dp, d2p


def none(rho: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
    """No correlation."""
    k = lag.shape[-1]
    return np.broadcast_to(np.eye(k), lag.shape), np.empty((0, *lag.shape)), np.empty((0, 0, *lag.shape))


def exchangeable(rho: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
    """The same correlation between any two rows."""
    off = 1 - np.eye(m)
    return np.eye(m) + rho[0] * off, off[None], np.zeros((1, 1, m, m))


def power(rho: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
    """The correlation to the power of the distance."""
    r = rho[0]

    def term(coefficient, exponent):
        return coefficient * r ** np.where(coefficient == 0, 1.0, exponent)

    return r**lag, term(lag, lag - 1)[None], term(lag * (lag - 1), lag - 2)[None, None]


def band(rho: np.ndarray, m: int, lag: np.ndarray | None = None) -> Derivatives:
    """A correlation for every distance between visits."""
    distance = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    dp = np.array([(distance == d).astype(float) for d in range(1, m)]).reshape(len(rho), m, m)
    return np.eye(m) + np.tensordot(rho, dp, 1), dp, np.zeros((len(rho), len(rho), m, m))


def ante(rho: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
    """Products of the correlations of neighbouring visits in between."""
    k = len(rho)
    p, dp, d2p = np.eye(m), np.zeros((k, m, m)), np.zeros((k, k, m, m))
    for i in range(m):
        for j in range(i + 1, m):
            span = range(i, j)
            p[i, j] = p[j, i] = np.prod(rho[i:j])
            for a in span:
                dp[a, i, j] = dp[a, j, i] = np.prod([rho[c] for c in span if c != a])
                for b in span:
                    if b != a:
                        d2p[a, b, i, j] = d2p[a, b, j, i] = np.prod([rho[c] for c in span if c not in (a, b)])
    return p, dp, d2p


CORRELATIONS = {
    "none": none,
    "cholesky": cholesky,
    "exchangeable": exchangeable,
    "power": power,
    "band": band,
    "ante": ante,
}
