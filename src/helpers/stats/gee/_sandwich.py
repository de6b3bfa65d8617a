"""Covariance matrices of estimating equations: model-based, robust, and robust with corrections for few clusters."""

from dataclasses import dataclass

import numpy as np

COVARIANCES = ("model", "robust", "mancl-derouen", "kauermann-carroll", "fay-graubard", "morel-bokossa-neerchal")
_BOUND = 0.75
_LEAST_INFLATION = 1.0
_LARGEST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Pieces:
    """What a fit leaves in its blocks: derivatives of the means, working covariance without dispersion, residuals.

    `bread` is the inverse of the sum of the clusters' information.
    """

    derivative: np.ndarray
    working: np.ndarray
    residual: np.ndarray
    bread: np.ndarray
    dispersion: float
    rows: int

    @property
    def clusters(self) -> int:
        return self.residual.shape[0]

    @property
    def weighted(self) -> np.ndarray:
        """Inverse working covariance times the derivatives."""
        return np.linalg.solve(self.working, self.derivative)

    @property
    def information(self) -> np.ndarray:
        """Each cluster's part of the information."""
        return np.swapaxes(self.derivative, 1, 2) @ self.weighted


@dataclass(frozen=True, eq=False)
class Sandwich:
    """A covariance matrix and the clusters' contributions to its middle; None without them or where not defined."""

    covariance: np.ndarray | None
    contributions: np.ndarray | None


def sandwich(pieces: Pieces, kind: str) -> Sandwich:
    """The covariance of the coefficients.

    Notes
    -----
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. Mancl LA, DeRouen TA. Biometrics 2001;57:126-134. Kauermann G, Carroll
    RJ. J Am Stat Assoc 2001;96:1387-1396. Fay MP, Graubard BI. Biometrics 2001;57:1198-1206 (bound 0.75). Morel JG,
    Bokossa MC, Neerchal NK. Biom J 2003;45:395-409 (d = 2, r = 1).
    """
    bread = pieces.bread
    if kind == "model":
        return Sandwich(pieces.dispersion * bread, None)
    residual = pieces.residual
    if kind == "mancl-derouen":
        leverage = pieces.derivative @ bread @ np.swapaxes(pieces.weighted, 1, 2)
        rest = np.eye(residual.shape[1]) - leverage
        if (np.linalg.cond(rest) > 1e12).any():
            return Sandwich(None, None)
        residual = np.linalg.solve(rest, residual[..., None])[..., 0]
    elif kind == "kauermann-carroll":
        residual = _square_root_corrected(pieces)
    scores = np.einsum("kmp,km->kp", pieces.weighted, residual)
    if kind == "fay-graubard":
        shares = np.einsum("kpq,qp->kp", pieces.information, bread)
        scores = scores / np.sqrt(1 - np.minimum(_BOUND, shares))
    middle = scores.T @ scores
    if kind != "morel-bokossa-neerchal":
        return Sandwich(bread @ middle @ bread, scores)
    k, p = pieces.clusters, bread.shape[0]
    if k < 2 or pieces.rows <= p:
        return Sandwich(None, None)
    factor = (pieces.rows - 1) / (pieces.rows - p) * k / (k - 1)
    share = min(_LARGEST_SHARE, p / (k - p)) if k > p else _LARGEST_SHARE
    inflation = max(_LEAST_INFLATION * pieces.dispersion, float(np.trace(bread @ middle)) / p)
    return Sandwich(factor * bread @ middle @ bread + share * inflation * bread, scores * np.sqrt(factor))


def _square_root_corrected(pieces: Pieces) -> np.ndarray:
    """Residuals times the inverse square root of identity minus leverage, in the metric of the working covariance.

    A direction that the cluster determines alone has residual 0 and stays so (generalised inverse).
    """
    values, vectors = np.linalg.eigh(pieces.working)
    transposed = np.swapaxes(vectors, 1, 2)
    root = (vectors * np.sqrt(values)[:, None, :]) @ transposed
    inverse_root = (vectors / np.sqrt(values)[:, None, :]) @ transposed
    turned = inverse_root @ pieces.derivative
    rest = np.eye(turned.shape[1]) - turned @ pieces.bread @ np.swapaxes(turned, 1, 2)
    values, vectors = np.linalg.eigh(rest)
    scale = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0.0)
    corrected = (vectors * scale[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    return (root @ corrected @ inverse_root @ pieces.residual[..., None])[..., 0]


def fay_graubard_degrees(pieces: Pieces, kind: str, weights: np.ndarray) -> float | None:
    """Satterthwaite degrees of freedom of a linear combination, by Fay and Graubard's second estimate (saws: d3, d5).

    At least 1, as in saws; None where a cluster determines a coefficient alone.
    """
    k, p = pieces.clusters, pieces.bread.shape[0]
    bread, information = pieces.bread, pieces.information
    scores = np.einsum("kmp,km->kp", pieces.weighted, pieces.residual)
    factor = np.ones((k, p))
    if kind == "fay-graubard":
        factor = 1 / np.sqrt(1 - np.minimum(_BOUND, np.einsum("kpq,qp->kp", information, bread)))
    middle = (factor * scores).T @ (factor * scores)
    without = np.linalg.inv(bread) - information
    if (np.linalg.cond(without) > 1e12).any():
        return None
    gained = np.einsum("p,kpq,q->k", weights, np.linalg.inv(without) - bread, weights)
    if not gained.sum() > 0:
        return None
    share = np.maximum(gained, 0.0) / np.maximum(gained, 0.0).sum()
    # G' M G with M of rank one in each cluster: columns g_i of length clusters x p
    along = factor * (bread @ weights)[None]
    spread = np.einsum("kpq,kp->kq", information @ bread, along)
    columns = np.einsum("ij,jp->ijp", np.eye(k), along) - spread[:, None, :]
    values, vectors = np.linalg.eigh(middle)
    turned = (columns @ (vectors * np.sqrt(np.maximum(values, 0.0)))) * np.sqrt(share)[None, :, None]
    turned = turned.reshape(k, -1)
    blocks = turned @ turned.T
    total = np.trace(blocks)
    return max(1.0, float(total**2 / (blocks**2).sum())) if total > 0 else None


def pan_wall_degrees(contributions: np.ndarray, bread: np.ndarray, weights: np.ndarray) -> float | None:
    """Satterthwaite degrees of freedom from the spread of the clusters' contributions to a variance.

    Notes
    -----
    Pan W, Wall MM. Stat Med 2002;21:1429-1441.
    """
    k = contributions.shape[0]
    parts = (contributions @ (bread @ weights)) ** 2
    spread = k / (k - 1) * ((parts - parts.mean()) ** 2).sum() if k > 1 else 0.0
    return float(2 * parts.sum() ** 2 / spread) if spread > 0 else None
