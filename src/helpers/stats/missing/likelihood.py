"""Multivariate normal model of longitudinal outcomes by (restricted) maximum likelihood, for many samples at once.

A sample is a vector of weights of the patients: ones for the data as they are, a zero for one left out, counts for a
bootstrap sample. Patients with the same visits observed share a covariance matrix, so a sample enters only through
weighted cross-products of design and outcome.
"""

from dataclasses import dataclass

import numpy as np

from helpers.stats.missing.covariance import Structure, structure

_ITERATIONS = 200
_SETTLED = 1e-9
_HALVINGS = 30
#: Largest block of cross-products held at once, in numbers.
_BLOCK = 4_000_000
#: Correlations whose smallest eigenvalue is below this stand for a matrix that is singular.
_SINGULAR = 1e-8
#: Least variance, in mean squares of the outcome.
_NO_VARIANCE = 1e-12


@dataclass(frozen=True)
class Fitted:
    """Parameters by sample: `beta` (R, p), `sigma` (R, G, J, J) and the `reason` why a sample has none, else ""."""

    beta: np.ndarray
    sigma: np.ndarray
    reason: tuple[str, ...]

    @property
    def usable(self) -> np.ndarray:
        return np.array([not r for r in self.reason], dtype=bool)


@dataclass(frozen=True)
class Sample:
    """Outcomes (n, J) with NaN where none is used, rows of the design (n, J, p) and covariance group (n,)."""

    outcome: np.ndarray
    design: np.ndarray
    group: np.ndarray

    def patterns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Visits observed by pattern (P, J), covariance group by pattern (P,), and the pattern of each patient (n,)."""
        seen = ~np.isnan(self.outcome)
        key = np.column_stack([self.group, seen])
        found, which = np.unique(key, axis=0, return_inverse=True)
        return found[:, 1:].astype(bool), found[:, 0].astype(int), which.reshape(-1)


def padded_inverse(sigma: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverse over the visits observed, zero elsewhere, and its log-determinant; leading axes broadcast."""
    both = seen[..., :, None] & seen[..., None, :]
    filled = np.where(both, sigma, np.eye(sigma.shape[-1]))
    return np.where(both, np.linalg.inv(filled), 0.0), np.linalg.slogdet(filled)[1]


def fit(
    sample: Sample,
    weights: np.ndarray,
    *,
    reml: bool = True,
    covariance: str = "UN",
    groups: int = 1,
    start: np.ndarray | None = None,
) -> Fitted:
    """Fit the model to every sample.

    Parameters
    ----------
    sample : Sample
        Patients without any outcome count for nothing.
    weights : array (R, n)
        How often each patient is in each sample.
    reml : bool
        Restricted rather than plain maximum likelihood.
    covariance : str
        Structure, see `covariance.structure`.
    groups : int
        Number of covariance matrices.
    start : array (G, J, J), optional
        Covariance matrices to start from.

    Returns
    -------
    Fitted
        Reasons: "too-few" with no more outcomes than coefficients or a group without patients, "collinear" if a
        coefficient cannot be told from the others, "no-variance" if a visit has no residual variation, "singular" or
        "not-converged" if the covariance is not determined.

    Notes
    -----
    Newton's method with exact derivatives (other structures than the unstructured one: but for their curvature), halved
    until the likelihood rises, with a scoring step where the likelihood is not concave, from a few EM steps. Sums are
    taken in an order that does not depend on the number of threads.
    """
    n, j, p = sample.design.shape
    shape = structure(covariance, j)
    seen, pattern_group, which = sample.patterns()
    observed = np.where(np.isnan(sample.outcome), 0.0, sample.outcome)
    # an orthonormal design keeps the normal equations well conditioned whatever the units of the covariates
    mask = ~np.isnan(sample.outcome)
    stacked = sample.design[mask]
    basis, triangle = _orthonormal(stacked, p)
    beta = np.full((len(weights), p), np.nan)
    sigma = np.full((len(weights), groups, j, j), np.nan)
    reasons = [""] * len(weights)
    if triangle is None:
        return Fitted(beta, sigma, tuple(["too-few" if len(stacked) <= p else "collinear"] * len(weights)))
    z = np.zeros((n, j, p + 1))
    z[mask] = np.column_stack([basis, observed[mask]])
    unit = float(np.sqrt(np.mean(observed[mask] ** 2))) or 1.0
    z[..., p] /= unit
    cross = np.einsum("nja,nkb->njkab", z, z).reshape(n, j * j * (p + 1) ** 2)
    per = max(1, _BLOCK // (len(seen) * cross.shape[1]))
    for low in range(0, len(weights), per):
        part = slice(low, low + per)
        found = _Scoring(cross, weights[part], which, seen, pattern_group, groups, p, reml, shape).run(
            None if start is None else start / unit**2
        )
        theta, sigma[part], reasons[part] = found[0], found[1] * unit**2, found[2]
        beta[part] = np.linalg.solve(triangle, theta.T * unit).T
    bad = np.array([bool(r) for r in reasons])
    beta[bad], sigma[bad] = np.nan, np.nan
    return Fitted(beta, sigma, tuple(reasons))


def _orthonormal(stacked: np.ndarray, p: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    if len(stacked) <= p:
        return None, None
    size = np.linalg.norm(stacked, axis=0)
    if not np.all(size > 0) or np.linalg.matrix_rank(stacked / size) < p:
        return None, None
    basis, triangle = np.linalg.qr(stacked / size)
    return basis * np.sqrt(len(stacked)), triangle * size / np.sqrt(len(stacked))


class _Scoring:
    """Scoring of a block of samples; the axes of arrays are sample (r), then pattern (g), then pairs, flattened."""

    def __init__(self, cross, weights, which, seen, pattern_group, groups, p, reml, shape: Structure):
        r, (g, j), q = len(weights), seen.shape, p + 1
        self.p, self.j, self.q, self.reml, self.shape, self.groups = p, j, q, reml, shape, groups
        self.seen, self.pattern_group = seen, pattern_group
        self.count = np.zeros((r, g))
        self.cross = np.zeros((r, g, j * j, q * q))
        for k in range(g):
            members = np.flatnonzero(which == k)
            self.count[:, k] = weights[:, members].sum(axis=1)
            total = cross[members].sum(axis=0)
            # leaving out is cheaper by subtraction than by summing again
            for s in range(r):
                own = weights[s, members]
                odd = np.flatnonzero(own != 1)
                if odd.size <= 4:
                    part = total + ((own[odd] - 1)[:, None] * cross[members[odd]]).sum(axis=0)
                else:
                    part = np.einsum("n,nc->c", own, cross[members])
                self.cross[s, k] = part.reshape(j * j, q * q)
        self.count = np.where(seen.any(axis=1), self.count, 0.0)
        self.of_group = np.stack([(pattern_group == c) for c in range(groups)]).astype(float)

    def run(self, start):
        r, j = len(self.count), self.j
        reasons = self._impossible()
        live = np.flatnonzero([not x for x in reasons])
        sigma = np.full((r, self.groups, j, j), np.nan)
        beta = np.full((r, self.p), np.nan)
        if live.size:
            self._keep(live)
            try:
                found_beta, found_sigma, settled = self._iterate(start)
            except np.linalg.LinAlgError:
                found_beta, found_sigma = beta[live], sigma[live]
                settled = ["singular"] * live.size
            beta[live], sigma[live] = found_beta, found_sigma
            for position, reason in zip(live, settled, strict=True):
                reasons[position] = reason
        return beta, sigma, reasons

    def _keep(self, live):
        self.count, self.cross = self.count[live], self.cross[live]

    def _impossible(self) -> list[str]:
        """Reasons seen before any fit: no degree of freedom, or a design that a sample does not determine."""
        plain = self.seen[:, :, None] & np.eye(self.j, dtype=bool)
        normal = np.einsum("gs,rgsc->rc", plain.reshape(len(self.seen), -1).astype(float), self.cross)
        normal = normal.reshape(-1, self.q, self.q)[:, : self.p, : self.p]
        rows = np.einsum("rg,g->r", self.count, self.seen.sum(axis=1).astype(float))
        patients = np.einsum("rg,cg->rc", self.count, self.of_group)
        low = np.linalg.eigvalsh(normal)[:, 0] / np.maximum(rows, 1.0)
        reasons = np.where(low < 1e-12, "collinear", "")
        return list(np.where((rows <= self.p) | (patients < 2).any(axis=1), "too-few", reasons))

    def _at(self, theta) -> "_State":
        """The likelihood and its derivatives by the covariance matrices."""
        r, g, j, p, q = *self.count.shape, self.j, self.p, self.q
        built = [self.shape.build(theta[:, c]) for c in range(self.groups)]
        sigma = np.stack([b[0] for b in built], axis=1)
        proper = _proper(sigma)
        sigma = np.where(proper[:, None, None, None], sigma, np.eye(j))
        inverse, logdet = padded_inverse(sigma[:, self.pattern_group], self.seen)
        k = np.einsum("rgs,rgsc->rc", inverse.reshape(r, g, j * j), self.cross).reshape(r, q, q)
        normal, right = k[:, :p, :p], k[:, :p, p:]
        unscaled = np.linalg.inv(normal)
        beta = np.linalg.solve(normal, right)[:, :, 0]
        contrast = np.concatenate([-beta, np.ones((r, 1))], axis=1)
        value = (self.count * logdet).sum(axis=1) + k[:, p, p] - np.einsum("rp,rp->r", right[:, :, 0], beta)
        spread = contrast[:, :, None] * contrast[:, None, :]
        if self.reml:
            value = value + np.linalg.slogdet(normal)[1]
            spread[:, :p, :p] += unscaled
        expected = np.einsum("rgsc,rc->rgs", self.cross, spread.reshape(r, q * q)).reshape(r, g, j, j)
        return _State(np.where(proper, value, np.inf), beta, sigma, inverse, unscaled, contrast, expected, built)

    def _iterate(self, start):
        r, c, j = len(self.count), self.groups, self.j
        if start is None:
            theta = self._begin()
        else:
            theta = np.stack([self.shape.start(np.broadcast_to(start[k], (r, j, j))) for k in range(c)], axis=1)
        state = self._at(theta)
        active = np.ones(r, dtype=bool)
        for _ in range(_ITERATIONS):
            step, size, _ = self._step(state)
            active &= (size > _SETTLED) & _inside(state.sigma, _NO_VARIANCE, _SINGULAR / 100)
            if not active.any():
                break
            moved = np.where(active[:, None, None], step, 0.0)
            for _ in range(_HALVINGS):
                tried = self._at(theta + moved)
                # a rise within rounding is no rise; towards a singular matrix the likelihood would rise without end
                worse = ~(tried.value <= state.value + 1e-10 * (1 + np.abs(state.value)))
                worse |= active & ~_inside(tried.sigma, _NO_VARIANCE**2, _SINGULAR / 10**5)
                if not worse.any():
                    break
                moved = np.where(worse[:, None, None], moved / 2, moved)
            active &= ~worse
            theta = np.where(active[:, None, None], theta + moved, theta)
            state = tried if active.all() else self._at(theta)
        _, size, determined = self._step(state)
        reasons = [_diagnosis(state.sigma[s], bool(size[s] <= 1e-5), bool(determined[s])) for s in range(r)]
        return state.beta, state.sigma, reasons

    def _begin(self):
        """A few EM steps of the unstructured matrices from unit ones, then the nearest of the structure."""
        r, c, j = len(self.count), self.groups, self.j
        plain = _Scoring.__new__(_Scoring)
        plain.__dict__.update(self.__dict__, shape=structure("UN", j))
        patients = np.einsum("rg,cg->rc", self.count, self.of_group)[:, :, None, None]
        sigma = np.broadcast_to(np.eye(j), (r, c, j, j))
        for _ in range(5):
            state = plain._at(np.stack([plain.shape.start(sigma[:, k]) for k in range(c)], axis=1))
            pull = self.count[:, :, None, None] * state.inverse - state.inverse @ state.expected @ state.inverse
            pull = np.einsum("rgij,cg->rcij", pull, self.of_group)
            sigma = sigma - sigma @ pull @ sigma / patients
            sigma = (sigma + np.swapaxes(sigma, -1, -2)) / 2
        return np.stack([self.shape.start(sigma[:, k]) for k in range(c)], axis=1)

    def _step(self, state: "_State"):
        """Newton's step, or a scoring step where the likelihood is not concave.

        With it its largest size relative to the standard errors, and whether the information determines all parameters.
        """
        r, g, j, p, q = *self.count.shape, self.j, self.p, self.q
        each = state.built[0][1].shape[1]
        by = np.zeros((r, g, self.groups * each, j, j))
        for c, (_, derivatives) in enumerate(state.built):
            by[:, self.pattern_group == c, c * each : (c + 1) * each] = derivatives[:, None]
        turned = state.inverse[:, :, None] @ by
        sandwich = turned @ state.inverse[:, :, None]
        gradient = np.einsum("rg,rgkii->rk", self.count, turned) - np.einsum("rgkij,rgji->rk", sandwich, state.expected)
        flat = turned * np.sqrt(self.count)[:, :, None, None, None]
        information = np.einsum("rgkij,rglji->rkl", flat, flat)
        bent = np.einsum(
            "rgkij,rgljm,rgmi->rkl", turned, sandwich, state.expected, optimize=["einsum_path", (1, 2), (0, 1)]
        )
        by_theta = np.einsum("rgks,rgsc->rkc", sandwich.reshape(r, g, -1, j * j), self.cross).reshape(r, -1, q, q)
        lead = np.einsum("rkij,rj->rki", by_theta, state.contrast)[:, :, :p]
        hessian = 2 * bent - information - 2 * np.einsum("rki,rij,rlj->rkl", lead, state.unscaled, lead)
        if self.reml:
            half = by_theta[:, :, :p, :p] @ state.unscaled[:, None]
            hessian = hessian - np.einsum("rkij,rlji->rkl", half, half)
        hessian = (hessian + np.swapaxes(hessian, 1, 2)) / 2
        scale = np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 1e-300))
        unit = scale[:, :, None] * scale[:, None, :]
        newton, concave = _solved(hessian / unit, gradient / scale)
        scoring, determined = _solved(information / unit, gradient / scale)
        step = -np.where(concave[:, None], newton, scoring)
        return (step / scale).reshape(r, self.groups, each), np.abs(step).max(axis=1), determined


@dataclass(frozen=True)
class _State:
    """The likelihood at parameters: -2 log L, infinite where a matrix is not positive definite, and its ingredients."""

    value: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    inverse: np.ndarray
    unscaled: np.ndarray
    contrast: np.ndarray
    expected: np.ndarray
    built: list


def _solved(matrix: np.ndarray, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solution of symmetric systems and whether each matrix is positive definite; others are solved in its range."""
    values, vectors = np.linalg.eigh(matrix)
    good = values > 1e-10
    turned = np.einsum("rik,ri->rk", vectors, vector)
    turned = np.divide(turned, values, out=np.zeros_like(turned), where=good)
    return np.einsum("rik,rk->ri", vectors, turned), good.all(axis=1)


def _proper(sigma) -> np.ndarray:
    """Samples whose matrices are all finite and positive definite."""
    finite = np.isfinite(sigma).all(axis=(1, 2, 3))
    safe = np.where(finite[:, None, None, None], sigma, np.eye(sigma.shape[-1]))
    return finite & (np.linalg.eigvalsh(safe)[..., 0] > 0).all(axis=1)


def _edges(sigma) -> tuple[np.ndarray, np.ndarray]:
    """Of every matrix the least variance and the smallest eigenvalue of its correlations."""
    variances = np.diagonal(sigma, axis1=-2, axis2=-1)
    sd = np.sqrt(variances)
    correlation = sigma / (sd[..., :, None] * sd[..., None, :])
    return variances.min(axis=-1), np.linalg.eigvalsh(correlation)[..., 0]


def _inside(sigma, variance: float, eigenvalue: float) -> np.ndarray:
    """Samples whose matrices are that far from having no variance, and from being singular."""
    least, smallest = _edges(sigma)
    return ((least >= variance) & (smallest >= eigenvalue)).all(axis=1)


def _diagnosis(sigma, settled: bool, determined: bool) -> str:
    least, smallest = _edges(sigma)
    if least.min() < _NO_VARIANCE:
        return "no-variance"
    if not determined or smallest.min() < _SINGULAR:
        return "singular"
    return "" if settled else "not-converged"
