"""Covariance structures of the visits: a matrix and its derivatives from free parameters, for many fits at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.stats._types import check_choice

STRUCTURES = ("UN", "TOEPH", "TOEP", "AR1H", "AR1", "CSH", "CS")


@dataclass(frozen=True)
class Structure:
    """`build` takes parameters (R, q) to matrices (R, J, J) and derivatives (R, q, J, J); `start` goes back."""

    name: str
    build: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    start: Callable[[np.ndarray], np.ndarray]


def structure(name: str, j: int) -> Structure:
    """The structure of that name for J visits.

    Unstructured, Toeplitz, first-order autoregressive in the order of the visits, or compound symmetry; the letter H
    gives each visit its own variance.
    """
    check_choice("structure", name, STRUCTURES)
    return _unstructured(j) if name == "UN" or j == 1 else _correlated(name, j)


def _unstructured(j: int) -> Structure:
    rows, columns = np.tril_indices(j)
    basis = np.zeros((rows.size, j, j))
    basis[np.arange(rows.size), rows, columns] = 1.0
    basis[np.arange(rows.size), columns, rows] = 1.0

    def build(theta):
        return np.einsum("rk,kij->rij", theta, basis), np.broadcast_to(basis, (len(theta), *basis.shape))

    return Structure("UN", build, lambda sigma: sigma[:, rows, columns])


def _correlated(name: str, j: int) -> Structure:
    own_variances = name.endswith("H")
    kind = name.removesuffix("H")
    lag = np.abs(np.subtract.outer(np.arange(j), np.arange(j)))
    variances = j if own_variances else 1
    # which pairs of visits share a correlation
    lags = [lag == k for k in range(1, j)] if kind == "TOEP" else [lag > 0]
    touches = np.stack([(np.eye(j)[i][:, None] + np.eye(j)[i][None, :]) for i in range(j)])

    def build(theta):
        sd = np.exp(np.broadcast_to(theta[:, :variances], (len(theta), j)))
        rho = theta[:, variances:]
        if kind == "AR1":
            with np.errstate(all="ignore"):
                powers = rho[:, :1, None] ** lag
                slope = np.where(lag > 0, lag * rho[:, :1, None] ** np.maximum(lag - 1, 0), 0.0)
            correlation, slopes = powers, slope[:, None]
        else:
            slopes = np.broadcast_to(np.stack(lags).astype(float), (len(theta), len(lags), j, j))
            correlation = np.eye(j) + np.einsum("rk,rkij->rij", rho, slopes)
        outer = sd[:, :, None] * sd[:, None, :]
        sigma = correlation * outer
        by_sd = sigma[:, None] * touches if own_variances else 2 * sigma[:, None]
        return sigma, np.concatenate([by_sd, slopes * outer[:, None]], axis=1)

    def start(sigma):
        sd = np.sqrt(np.diagonal(sigma, axis1=1, axis2=2))
        correlation = sigma / (sd[:, :, None] * sd[:, None, :])
        shares = lags if kind == "TOEP" else [lag == 1 if kind == "AR1" else lag > 0]
        rho = np.stack([correlation[:, s].mean(axis=1) for s in shares], axis=1)
        level = np.log(sd) if own_variances else np.log(np.sqrt((sd**2).mean(axis=1, keepdims=True)))
        return np.concatenate([level, np.clip(rho, -0.9 / (j - 1), 0.95)], axis=1)

    return Structure(name, build, start)
