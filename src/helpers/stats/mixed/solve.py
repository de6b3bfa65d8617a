"""The numerical problem behind a fit: orthonormal columns, a scaled outcome, starting values, and the way back."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import block_diag

from helpers.errors import InvalidInput
from helpers.stats.mixed.catalogue import STRUCTURES
from helpers.stats.mixed.design import Design
from helpers.stats.mixed.likelihood import Likelihood, Point, batches
from helpers.stats.mixed.optimise import Minimum, minimum
from helpers.stats.mixed.structures import Structure

#: Residual variation below this share of the outcome's size is rounding, not variation.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Solution:
    """A maximum of the likelihood, or why there is none.

    `point` is in orthonormal columns and for residuals of unit size; `back` turns its coefficients and their
    covariance into those of the design. `deviance` is -2 log L of the outcome as given.
    """

    reason: str = ""
    likelihood: Likelihood | None = None
    point: Point | None = None
    back: np.ndarray | None = None
    size: float = 1.0
    coefficients: np.ndarray | None = None
    deviance: float | None = None
    boundary: bool = False
    optimiser: str = ""
    iterations: int = 0
    z: np.ndarray | None = None
    design: Design | None = None

    @property
    def sigmas(self) -> dict[Hashable, np.ndarray]:
        """Covariance matrix over visits by group, in the unit of the outcome."""
        like = self.likelihood
        return {
            name: self.size**2 * like.structure.working(t, like.m, like.visit_lag)[0]
            for name, t in zip(self.design.groups, like.groups(self.point.theta), strict=True)
        }

    @property
    def parameters(self) -> tuple[list[tuple[str, Hashable, float]], np.ndarray]:
        """The covariance parameters that SAS reports: name, group, estimate; and their covariance."""
        like = self.likelihood
        found, blocks = [], []
        for name, theta in zip(self.design.groups, like.groups(self.point.theta), strict=True):
            natural = like.structure.natural(theta, like.m, like.visit_lag)
            scale = np.where(natural.squared, self.size**2, 1.0)
            found += [(n, name, float(v)) for n, v in zip(natural.names, scale * natural.values, strict=True)]
            blocks.append(scale[:, None] * natural.derivatives)
        turn = block_diag(*blocks)
        return found, turn @ (2 * np.linalg.inv(self.point.hessian)) @ turn.T

    @property
    def theta(self) -> np.ndarray:
        """The working parameters in the unit of the outcome."""
        like = self.likelihood
        return np.concatenate([like.structure.rescaled(t, like.m, self.size) for t in like.groups(self.point.theta)])

    @property
    def decorrelated(self) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        """Designs and residuals of every subject, multiplied by the inverse root of its covariance."""
        like, design = self.likelihood, self.design
        p = like.p
        residual = self.z[:, p] - self.z[:, :p] @ self.point.beta
        starts = np.flatnonzero(np.diff(design.subject, prepend=-1))
        x, e = [], []
        roots = {}
        for rows in np.split(np.arange(design.n), starts[1:]):
            g, places = design.group[rows[0]], design.places[rows]
            key = (g, places.tobytes())
            if key not in roots:
                theta = like.groups(self.point.theta)[g]
                if like.structure.by_coordinate:
                    sigma = like.structure.working(theta, like.m, like.structure.lags(places))[0]
                else:
                    at = places[:, 0].astype(int)
                    sigma = like.structure.working(theta, like.m, like.visit_lag)[0][np.ix_(at, at)]
                roots[key] = np.linalg.inv(np.linalg.cholesky(sigma))
            x.append(roots[key] @ self.z[rows, :p])
            e.append(roots[key] @ residual[rows])
        return tuple(x), tuple(e)


def solve(design: Design, structure: Structure, method: str, start: Sequence[float] | None) -> Solution:
    """Maximise the likelihood of a design under a structure."""
    p = design.x.shape[1]
    if design.n - p < 1 or (len(design.subjects) < 2 and structure.correlation != "none"):
        return Solution("too-few")
    root = np.sqrt(design.weights)
    x, y = design.x * root[:, None], design.y * root
    norms = np.linalg.norm(x, axis=0)
    if p and ((norms == 0).any() or np.linalg.matrix_rank(x / norms) < p):
        return Solution("collinear")
    q, r = np.linalg.qr(x / norms)
    r = r * norms
    ols = q.T @ y
    residual = y - q @ ols
    size = float(np.sqrt(residual @ residual / (design.n - p)))
    if size <= _NEGLIGIBLE * max(1e-300, float(np.abs(y).max())):
        return Solution("no-variance")
    m = len(design.visits) or int(np.bincount(design.subject).max(initial=0))
    if structure.needs_pairs and int(np.bincount(design.subject).max()) < 2:
        return Solution("singular")
    z = np.column_stack([q, residual / size])
    data = batches(z, design.subject, design.places, design.group)

    def likelihood(of: Structure) -> Likelihood:
        return Likelihood(data, of, m, len(design.groups), design.n, method == "REML")

    boundary = False
    like = likelihood(structure)
    if start is not None:
        start = _given(like, start, size)
    if structure.name == "RI":
        found, boundary = _random_intercept(like, likelihood(STRUCTURES["VC"]), design, residual / size, start)
        like = likelihood(STRUCTURES["VC"]) if boundary else like
    else:
        found = minimum(like.at, _starts(like, design, residual / size, start))
    ended = Solution(found.reason, optimiser=found.optimiser, iterations=found.iterations)
    if found.reason:
        return ended
    back = np.linalg.inv(r) * size
    free = design.n - (p if method == "REML" else 0)
    deviance = found.point.value + free * np.log(size**2) - 2 * float(np.log(root).sum())
    if method == "REML":
        deviance += 2 * float(np.log(np.abs(np.diag(r))).sum())
    return replace(
        ended,
        likelihood=like,
        point=found.point,
        back=back,
        size=size,
        coefficients=np.linalg.solve(r, ols) + back @ found.point.beta,
        deviance=float(deviance),
        boundary=boundary,
        z=z,
        design=design,
    )


def _random_intercept(
    like: Likelihood, independent: Likelihood, design: Design, residual: np.ndarray, start
) -> tuple[Minimum, bool]:
    """The minimum over covariances that are not negative, and whether it is at zero."""
    edge = minimum(independent.at, [np.zeros(1)])
    if edge.reason:
        return edge, True
    low = -1 / (like.m - 1)

    def theta(rho: float) -> np.ndarray:
        x = (rho - low) / (1 - low)
        return np.array([edge.point.theta[0], np.log(x / (1 - x))])

    at_edge = like.at(theta(0.0), 1)
    free = like.at(theta(0.0), 0)
    tried = [(like.at(theta(rho), 0), rho) for rho in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)]
    # profile over the variance, of which -2 log L is A + (n - p) log s2 + Q / s2
    profiled = [(point.profiled(like.free), rho) for point, rho in tried if point is not None]
    best, rho = min(profiled)
    if at_edge.gradient[1] >= 0 and best >= free.profiled(like.free):
        return edge, True
    found = minimum(
        like.at, [*([] if start is None else [start]), theta(rho), theta(0.05), *_starts(like, design, residual, None)]
    )
    if found.reason or like.structure.working(found.point.theta, like.m, like.visit_lag)[0][0, 1] >= 0:
        return found, False
    return edge, True


def _given(like: Likelihood, start: Sequence[float], size: float) -> np.ndarray:
    """Starting values in the unit of the outcome, brought to residuals of unit size."""
    given = np.asarray(start, dtype=float)
    if given.shape != (like.n_parameters,) or not np.isfinite(given).all():
        raise InvalidInput(f"start has shape {given.shape}; it must hold {like.n_parameters} finite numbers.")
    return np.concatenate([like.structure.rescaled(t, like.m, 1 / size) for t in like.groups(given)])


def _starts(like: Likelihood, design: Design, residual: np.ndarray, start) -> list[np.ndarray]:
    """Given values; from moments of the residuals; the same without correlation; one variance."""
    found = [] if start is None else [start]
    kind, m, lag = like.structure, like.m, like.visit_lag
    if like.lags:
        lag = np.concatenate([part.reshape(-1) for part in like.lags])
    blocks = ([], [], [])
    for g in range(like.n_groups):
        rows = design.group == g
        if design.visits:
            moments = _moments(residual[rows], design.subject[rows], design.places[rows, 0].astype(int), m)
        else:
            moments = np.eye(m) * max(float(np.mean(residual[rows] ** 2)), 1e-6)
        for block, matrix in zip(blocks, (moments, np.diag(np.diag(moments)), np.eye(m)), strict=True):
            block.append(kind.start(matrix, lag))
    return found + [np.concatenate(b) for b in blocks]


def _moments(residual: np.ndarray, subject: np.ndarray, places: np.ndarray, m: int) -> np.ndarray:
    """Covariances of residuals from the pairs present, made positive definite."""
    codes, inverse = np.unique(subject, return_inverse=True)
    wide = np.zeros((len(codes), m))
    seen = np.zeros((len(codes), m))
    wide[inverse, places], seen[inverse, places] = residual, 1.0
    pairs = seen.T @ seen
    moments = np.where(pairs > 0, wide.T @ wide / np.maximum(pairs, 1), 0.0)
    pooled = max(float(np.mean(residual**2)), 1e-6)
    sd = np.sqrt(np.maximum(np.where(np.diag(pairs) > 1, np.diag(moments), pooled), 1e-3 * pooled))
    r = np.clip(moments / np.outer(sd, sd), -0.95, 0.95)
    np.fill_diagonal(r, 1.0)
    lowest = np.linalg.eigvalsh(r).min()
    if lowest < 0.05:
        r = (r + (0.05 - lowest) * np.eye(m)) / (1.05 - lowest)
    return r * np.outer(sd, sd)
