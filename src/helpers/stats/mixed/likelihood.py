"""Minus twice the (restricted) log-likelihood of a linear mixed model, with its exact gradient and Hessian.

Subjects with the same visits share a covariance matrix, so the data enter only through cross-products of design and
outcome summed over such a pattern: the cost does not grow with the number of subjects.
"""

from dataclasses import dataclass, replace
from math import isqrt

import numpy as np

from helpers.stats.mixed.structures import Structure


@dataclass(frozen=True)
class Batch:
    """Patterns with k rows a subject.

    `places` (patterns, k, c) are visit positions or c coordinates, `group` and `n` one value a pattern, and `cross`
    (patterns k k, q q) sums of products of columns of [design, outcome] between two rows of a subject.
    """

    places: np.ndarray
    group: np.ndarray
    n: np.ndarray
    cross: np.ndarray

    @property
    def k(self) -> int:
        return self.places.shape[1]


def batches(z: np.ndarray, subject: np.ndarray, places: np.ndarray, group: np.ndarray) -> tuple[Batch, ...]:
    """Rows of [design, outcome] by pattern; `subject` holds codes 0, 1, ... and rows are sorted by it and place."""
    sizes = np.bincount(subject)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    q = z.shape[1]
    found = []
    for k in np.unique(sizes):
        first = starts[sizes == k]
        rows = first[:, None] + np.arange(k)
        key = np.column_stack([group[first], places[rows].reshape(len(rows), -1)])
        patterns, which = np.unique(key, axis=0, return_inverse=True)
        which = which.reshape(-1)
        cross = np.empty((len(patterns), k * k, q * q))
        for p in range(len(patterns)):
            flat = z[rows[which == p]].reshape(-1, k * q)
            cross[p] = (flat.T @ flat).reshape(k, q, k, q).transpose(0, 2, 1, 3).reshape(k * k, q * q)
        found.append(
            Batch(
                patterns[:, 1:].reshape(len(patterns), k, -1),
                patterns[:, 0].astype(int),
                np.bincount(which).astype(float),
                cross.reshape(len(patterns) * k * k, q * q),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Point:
    """The likelihood at one value of the parameters. Arrays in the parameters' order; `value` is -2 log L.

    `margin` is the distance from a singular covariance: the smallest standard deviation of a row, by itself or, as a
    share of that, given the earlier rows.
    """

    theta: np.ndarray
    value: float
    beta: np.ndarray
    phi: np.ndarray
    quadratic: float
    margin: float
    gradient: np.ndarray | None = None
    hessian: np.ndarray | None = None
    expected: np.ndarray | None = None
    first: np.ndarray | None = None

    def profiled(self, free: int) -> float:
        """The value at the best multiple of this covariance, `free` being the rows less the columns under REML."""
        return self.value - self.quadratic + free * (1 + np.log(self.quadratic / free))


class Likelihood:
    """Evaluates the likelihood of a structure over batches of patterns.

    Parameters
    ----------
    data : tuple of Batch
    structure : Structure
    m : int
        Visits, or rows of the largest subject.
    n_groups : int
        Groups with parameters of their own.
    n_rows : int
        Rows, and `rank` columns, of the design.
    restricted : bool
        REML or ML.
    """

    def __init__(
        self, data: tuple[Batch, ...], structure: Structure, m: int, n_groups: int, n_rows: int, restricted: bool
    ):
        self.data, self.structure, self.m, self.n_groups = data, structure, m, n_groups
        self.restricted = restricted
        self.p = isqrt(data[0].cross.shape[1]) - 1
        self.free = n_rows - (self.p if restricted else 0)
        self.constant = self.free * np.log(2 * np.pi)
        self.per_group = structure.n_parameters(m)
        self.n_parameters = self.per_group * n_groups
        self.visit_lag = structure.lags(np.arange(m, dtype=float)[:, None])
        self.lags = tuple(structure.lags(b.places) for b in data) if structure.by_coordinate else None

    def groups(self, theta: np.ndarray) -> np.ndarray:
        """Parameters by group."""
        return theta.reshape(self.n_groups, self.per_group)

    def covariances(self, theta: np.ndarray):
        """Covariance (patterns, k, k) of every batch with its derivatives (K, ...) in the working parameters."""
        blocks = self.groups(theta)
        whole = [] if self.lags else [self.structure.working(t, self.m, self.visit_lag)[:2] for t in blocks]
        for i, batch in enumerate(self.data):
            sigma = np.empty((len(batch.n), batch.k, batch.k))
            first = np.zeros((self.n_parameters, *sigma.shape))
            for g, at, own in self._groups_in(batch):
                if self.lags:
                    sigma[at], first[own, at], _ = self.structure.working(blocks[g], self.m, self.lags[i][at])
                else:
                    r, c = _rows_and_columns(batch, at)
                    sigma[at], first[own, at] = whole[g][0][r, c], whole[g][1][:, r, c]
            yield batch, sigma, first

    def second_products(self, theta: np.ndarray, matrices: list[np.ndarray]) -> np.ndarray:
        """Second derivatives (K, K) of the sum of products of the covariances with one matrix for each pattern."""
        found = np.zeros((self.n_parameters, self.n_parameters))
        blocks = self.groups(theta)
        gathered = np.zeros((self.n_groups, self.m, self.m))
        for i, (batch, matrix) in enumerate(zip(self.data, matrices, strict=True)):
            for g, at, own in self._groups_in(batch):
                if self.lags:
                    second = self.structure.working(blocks[g], self.m, self.lags[i][at])[2]
                    found[own, own] += second.reshape(*second.shape[:2], -1) @ matrix[at].reshape(-1)
                else:
                    np.add.at(gathered[g], _rows_and_columns(batch, at), matrix[at])
        if not self.lags:
            for g, theta_g in enumerate(blocks):
                second = self.structure.working(theta_g, self.m, self.visit_lag)[2]
                own = slice(g * self.per_group, (g + 1) * self.per_group)
                found[own, own] = second.reshape(*second.shape[:2], -1) @ gathered[g].reshape(-1)
        return found

    def weighted_second(self, kind: str, theta: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
        """Second derivatives in SAS's or mmrm's parameters, weighted (K, K) and summed, for every pattern."""
        found = []
        blocks = self.groups(theta)
        for i, batch in enumerate(self.data):
            total = np.zeros((len(batch.n), batch.k, batch.k))
            for g, at, own in self._groups_in(batch):
                lag = self.lags[i][at] if self.lags else self.visit_lag
                second = self.structure.second(kind, blocks[g], self.m, lag)
                summed = np.einsum("ij,ij...->...", weights[own, own], second)
                total[at] = summed if self.lags else summed[_rows_and_columns(batch, at)]
            found.append(total)
        return found

    def _groups_in(self, batch: Batch):
        """Groups of a batch: their number, their patterns, and the place of their parameters."""
        for g in range(self.n_groups):
            at = np.flatnonzero(batch.group == g)
            if len(at):
                yield g, at, slice(g * self.per_group, (g + 1) * self.per_group)

    def at(self, theta: np.ndarray, order: int = 1) -> Point | None:
        """The likelihood with derivatives up to `order`, 3 adding the expected information; None where not definite."""
        theta = np.asarray(theta, dtype=float)
        p = self.p
        q = p + 1
        total = np.zeros(q * q)
        log_det, margin = 0.0, 1.0
        kept = []
        with np.errstate(all="ignore"):
            for batch, sigma, first in self.covariances(theta):
                if not np.isfinite(sigma).all() or not np.isfinite(first).all():
                    return None
                try:
                    lower = np.linalg.cholesky(sigma)
                    inverse = np.linalg.inv(sigma)
                except np.linalg.LinAlgError:
                    return None
                diagonal = np.diagonal(lower, axis1=1, axis2=2)
                sd = np.sqrt(np.diagonal(sigma, axis1=1, axis2=2))
                margin = min(margin, float((diagonal / sd).min()), float(sd.min()))
                if margin < 1e-7:  # below, rounding decides whether the factor of a singular matrix exists
                    return None
                log_det += 2 * float(batch.n @ np.log(diagonal).sum(axis=1))
                inverse = (inverse + np.swapaxes(inverse, 1, 2)) / 2
                total += inverse.reshape(-1) @ batch.cross
                kept.append((batch, inverse, first))
            total = total.reshape(q, q)
            xx, xy = total[:p, :p], total[:p, p]
            try:
                lower = np.linalg.cholesky(xx)
                phi = np.linalg.inv(xx)
            except np.linalg.LinAlgError:
                return None
            beta = phi @ xy
            b = np.append(-beta, 1.0)
            quadratic = float(b @ total @ b)
            value = self.constant + log_det + quadratic
            if self.restricted:
                value += 2 * float(np.log(np.diag(lower)).sum())
            if not np.isfinite(value):
                return None
            point = Point(theta, value, beta, phi, quadratic, margin)
            return self._derivatives(point, kept, b, order) if order else point

    def _derivatives(self, point: Point, kept: list, b: np.ndarray, order: int) -> Point:
        p, count = self.p, self.n_parameters
        q = p + 1
        padded = np.zeros((q, q))
        padded[:p, :p] = point.phi
        gradient = np.zeros(count)
        traces, crossed = np.zeros((count, count)), np.zeros((count, count))
        weighted = np.zeros((count, q * q))
        slopes = []
        for batch, inverse, first in kept:
            shape = inverse.shape
            r = (batch.cross @ np.outer(b, b).reshape(-1)).reshape(shape)
            h = (batch.cross @ padded.reshape(-1)).reshape(shape)
            both = h + r if self.restricted else r
            slope = batch.n[:, None, None] * inverse - inverse @ both @ inverse
            gradient += first.reshape(count, -1) @ slope.reshape(-1)
            if order < 2:
                continue
            left = inverse @ first
            weighted += (left @ inverse).reshape(count, -1) @ batch.cross
            turned = np.swapaxes(left, -1, -2).reshape(count, -1)
            scaled = (left * batch.n[:, None, None]).reshape(count, -1)
            traces += scaled @ turned.T
            flat = left.reshape(count, -1)
            # <U_i U_j S^-1, M> = <U_j, U_i' M S^-1>
            crossed += (np.swapaxes(left, -1, -2) @ both @ inverse).reshape(count, -1) @ flat.T
            slopes.append(slope)
        if order < 2:
            return replace(point, gradient=gradient)
        weighted = weighted.reshape(count, q, q)
        design = weighted[:, :p, :p]
        scores = weighted[:, :p, :] @ b
        turned = point.phi @ design
        hessian = (
            self.second_products(point.theta, slopes) - traces + crossed + crossed.T - 2 * scores @ point.phi @ scores.T
        )
        product = np.einsum("iab,jba->ij", turned, turned)
        if self.restricted:
            hessian -= product
        expected = None
        if order > 2:
            expected = traces
            if self.restricted:
                designed = self._design_traces(kept, padded)
                expected = traces - designed - designed.T + product
        return replace(point, gradient=gradient, hessian=(hessian + hessian.T) / 2, expected=expected, first=design)

    def _design_traces(self, kept: list, padded: np.ndarray) -> np.ndarray:
        """Traces of Phi X' V^-1 V_i V^-1 V_j V^-1 X."""
        count = self.n_parameters
        total = np.zeros((count, count))
        for batch, inverse, first in kept:
            h = (batch.cross @ padded.reshape(-1)).reshape(inverse.shape)
            left = inverse @ first
            total += (np.swapaxes(left, -1, -2) @ h @ inverse).reshape(count, -1) @ left.reshape(count, -1).T
        return total


def _rows_and_columns(batch: Batch, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of a matrix over visits that gives those of the patterns."""
    places = batch.places[at, :, 0].astype(int)
    return places[:, :, None], places[:, None, :]
