"""Draws of the parameters of the imputation model from their posterior distribution by data augmentation."""

from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.missing.likelihood import Sample, fit

PRIORS = ("inverse-wishart", "jeffreys")


@dataclass(frozen=True)
class Draws:
    """Parameters by draw: `beta` (D, p) and `sigma` (D, G, J, J); both None where `reason` is set."""

    beta: np.ndarray | None
    sigma: np.ndarray | None
    reason: str = ""


#: Chains drawn last, and how each left its generator: the strategies of one analysis impute at the draws of one model.
_REMEMBERED: dict[tuple, tuple[Draws, dict]] = {}
_MOST_REMEMBERED = 8


def draw(
    sample: Sample,
    number: int,
    rng: np.random.Generator,
    *,
    burn_in: int = 200,
    thin: int = 5,
    prior: str = "inverse-wishart",
    groups: int = 1,
) -> Draws:
    """Draw coefficients and covariance matrices given the outcomes observed, which are missing at random.

    Parameters
    ----------
    sample : likelihood.Sample
        Outcomes, design and covariance group of the patients; those without any outcome play no part.
    number : int
        Draws wanted.
    rng : numpy Generator
        Source of randomness.
    burn_in, thin : int
        Iterations before the first draw is kept, and from one draw kept to the next.
    prior : {"inverse-wishart", "jeffreys"}
        Prior of each covariance matrix: inverse Wishart with J + 2 degrees of freedom whose mean is the restricted
        maximum likelihood estimate, or the improper one, the determinant to the power -(J+1)/2. The coefficients have a
        flat prior.
    groups : int
        Number of covariance matrices.

    Returns
    -------
    Draws
        Reasons as in `likelihood.fit`, whose estimate starts the chain, and "singular" where an improper prior leaves
        the posterior improper.

    Raises
    ------
    InvalidInput
        If a count is below its least value or the prior is unknown.

    Notes
    -----
    Schafer JL. Analysis of Incomplete Multivariate Data. Chapman and Hall 1997, chapter 5. One iteration draws the
    missing outcomes given the parameters, the covariance given outcomes and coefficients, and the coefficients given
    outcomes and covariance. The default prior is that of R rbmi.
    """
    check_choice("prior", prior, PRIORS)
    if number < 1 or burn_in < 0 or thin < 1:
        raise InvalidInput(f"number {number}, burn_in {burn_in}, thin {thin}: at least 1, 0 and 1 are needed.")
    options = {"burn_in": burn_in, "thin": thin, "prior": prior, "groups": groups}
    data = tuple((part.shape, part.tobytes()) for part in (sample.outcome, sample.design, sample.group))
    key = (*data, number, *options.values(), repr(rng.bit_generator.state))
    if key not in _REMEMBERED:
        if len(_REMEMBERED) == _MOST_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[key] = _drawn(sample, number, rng, **options), rng.bit_generator.state
    draws, rng.bit_generator.state = _REMEMBERED[key]
    return draws


def _drawn(
    sample: Sample, number: int, rng: np.random.Generator, *, burn_in: int, thin: int, prior: str, groups: int
) -> Draws:
    n, j, p = sample.design.shape
    estimate = fit(sample, np.ones((1, n)), groups=groups)
    if estimate.reason[0]:
        return Draws(None, None, estimate.reason[0])
    used = ~np.isnan(sample.outcome).all(axis=1)
    chain = _Chain(
        Sample(sample.outcome[used], sample.design[used], sample.group[used]), estimate.sigma[0], groups, prior, rng
    )
    if prior == "jeffreys" and chain.size.min() < j:
        return Draws(None, None, "singular")
    beta, sigma = np.empty((number, p)), np.empty((number, groups, j, j))
    chain.start(estimate.beta[0])
    for _ in range(burn_in):
        chain.step()
    for d in range(number):
        for _ in range(1 if d == 0 else thin):
            chain.step()
        beta[d], sigma[d] = chain.coefficients(), chain.covariance()
    beta.flags.writeable = sigma.flags.writeable = False
    return Draws(beta, sigma)


class _Chain:
    """One chain: precision matrices (G, J, J) and coefficients of an orthonormal design."""

    def __init__(self, sample: Sample, sigma: np.ndarray, groups: int, prior: str, rng: np.random.Generator):
        n, j, p = sample.design.shape
        self.rng, self.j, self.p = rng, j, p
        self.precision = np.linalg.inv(sigma)
        self.observed = ~np.isnan(sample.outcome)
        self.outcome = np.where(self.observed, sample.outcome, 0.0)
        self.members = [np.flatnonzero(sample.group == g) for g in range(groups)]
        self.size = np.array([m.size for m in self.members])
        own = prior == "inverse-wishart"
        self.scale = sigma if own else np.zeros_like(sigma)
        self.df = (self.size + (j + 2 if own else 0))[:, None] - np.arange(j)
        # patients with gaps, by visits observed
        seen, self.pattern_group, pattern = sample.patterns()
        self.gaps = np.flatnonzero(~self.observed.all(axis=1))
        self.pattern = pattern[self.gaps]
        self.hidden = ~seen
        self.both = self.hidden[:, :, None] & self.hidden[:, None, :]
        self.unit = np.eye(j)
        # coefficients of an orthonormal design are nearly independent
        stacked = sample.design.reshape(n * j, p)
        units = np.linalg.norm(stacked, axis=0)
        q, r = np.linalg.qr(stacked / units)
        self.triangle = r * units
        self.design = q.reshape(n, j, p)
        self.cross = [
            np.einsum("nja,nkb->jkab", self.design[m], self.design[m]).reshape(j * j, p * p) for m in self.members
        ]

    def start(self, beta: np.ndarray) -> None:
        self.theta = self.triangle @ beta

    def coefficients(self) -> np.ndarray:
        return np.linalg.solve(self.triangle, self.theta)

    def covariance(self) -> np.ndarray:
        return np.linalg.inv(self.precision)

    def step(self) -> None:
        j, p, gaps, groups = self.j, self.p, self.gaps.size, len(self.members)
        noise = self.rng.standard_normal(gaps * j + groups * j * j + p)
        chi = np.sqrt(self.rng.chisquare(self.df))
        mean = np.einsum("njp,p->nj", self.design, self.theta)
        outcome = self._augmented(mean, noise[: gaps * j].reshape(gaps, j))
        residual = outcome - mean
        normal, right = 0.0, 0.0
        for g, member in enumerate(self.members):
            mine = residual[member]
            squares = self.scale[g] + np.einsum("ni,nj->ij", mine, mine)
            # Bartlett: a root of a Wishart matrix whose scale is the inverse of the squares
            bartlett = np.tril(noise[gaps * j + g * j * j :][: j * j].reshape(j, j), -1) + chi[g] * self.unit
            root = np.linalg.solve(np.linalg.cholesky(squares).T, bartlett)
            self.precision[g] = root @ root.T
            normal = normal + np.einsum("s,sc->c", self.precision[g].reshape(j * j), self.cross[g])
            right = right + np.einsum("njp,nj->p", self.design[member], outcome[member] @ self.precision[g])
        lower = np.linalg.cholesky(normal.reshape(p, p))
        self.theta = np.linalg.solve(lower.T, np.linalg.solve(lower, right) + noise[-p:])

    def _augmented(self, mean: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Outcomes with the gaps drawn: their precision given the rest is a block of the precision matrix."""
        precision = self.precision[self.pattern_group]
        root = np.linalg.inv(np.linalg.cholesky(np.where(self.both, precision, self.unit)))[self.pattern]
        expected = mean[self.gaps]
        residual = np.where(self.observed[self.gaps], self.outcome[self.gaps] - expected, 0.0)
        pull = np.einsum("njk,nk->nj", precision[self.pattern], residual) * self.hidden[self.pattern]
        step = noise * self.hidden[self.pattern] - np.einsum("njk,nk->nj", root, pull)
        drawn = expected + np.einsum("nkj,nk->nj", root, step)
        outcome = self.outcome.copy()
        outcome[self.gaps] = np.where(self.observed[self.gaps], outcome[self.gaps], drawn)
        return outcome
