"""Exact unconditional tail probabilities: over every table of two arms, at the worst nuisance proportion.

A table is a cell of a matrix with the events of the arm of interest down and of the reference across. What a measure
(difference, ratio, odds ratio) leaves open is one nuisance parameter, scanned on a grid and then refined at its maxima.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from helpers.stats.proportions._restricted import restricted
from helpers.stats.proportions.single_exact import clopper_pearson

#: Statistics closer than this are ties.
_TIE = 1e-8
_TINY = 1e-300
#: Probabilities below exp of this are taken for 0; numbers smaller still would slow every product.
_NEGLIGIBLE = -300.0
#: The nuisance scan, and how often and in how many pieces the surroundings of its highest points are then looked at.
_GRID, _ROUGH_GRID = np.linspace(0.0, 1.0, 120), np.linspace(0.0, 1.0, 48)
_ROUNDS, _PEAKS, _AROUND = 3, 3, np.linspace(-1, 1, 29)


@dataclass(frozen=True)
class Space:
    """All tables of `n` and `n_ref` units."""

    n: int
    n_ref: int

    @property
    def events(self) -> np.ndarray:
        return np.arange(self.n + 1.0)[:, None]

    @property
    def events_ref(self) -> np.ndarray:
        return np.arange(self.n_ref + 1.0)[None, :]

    def score(self, measure: str, values) -> np.ndarray:
        """Score statistic of every table with the measure held at each of the values, one matrix a value.

        Tables that say nothing about the measure have 0.
        """
        value = np.atleast_1d(np.asarray(values, dtype=float))[:, None, None]
        x, x_ref, n, n_ref = self.events, self.events_ref, self.n, self.n_ref
        p, p_ref = restricted(measure, value, x, n, x_ref, n_ref)
        spread, spread_ref = p * (1 - p) / n, p_ref * (1 - p_ref) / n_ref
        if measure == "difference":
            return standardised(x / n - x_ref / n_ref - value, spread + spread_ref)
        if measure == "ratio":
            z = standardised(x / n - value * x_ref / n_ref, spread + value * value * spread_ref)
        else:
            own, other = n * n * spread, n_ref * n_ref * spread_ref
            both = own + other
            z = standardised(x - n * p, np.divide(own * other, both, out=np.zeros_like(both), where=both > 0))
            z[:, n, n_ref] = 0.0
        z[:, 0, 0] = 0.0
        return z

    def tail(self, region: np.ndarray, measure: str, value: float, box: "Box | None" = None) -> float:
        """Highest probability of the tables of `region` over the nuisance parameter, the measure held at `value`."""
        if box is not None and not box.crossed(measure, value):
            return 0.0
        weights = region.astype(float)
        u, gap = _GRID, _GRID[1]
        found = self._probabilities(weights, measure, value, u, box)
        best = float(found.max())
        for _ in range(_ROUNDS):
            inner = np.r_[-np.inf, found, -np.inf]
            peaks = np.flatnonzero((found >= inner[:-2]) & (found >= inner[2:]))
            peaks = peaks[np.argsort(found[peaks])[::-1][:_PEAKS]]
            u = np.unique(np.clip(u[peaks][:, None] + gap * _AROUND, 0.0, 1.0))
            found, gap = self._probabilities(weights, measure, value, u, box), gap * (_AROUND[1] - _AROUND[0])
            best = max(best, float(found.max()))
        return min(1.0, best)

    def rough_tails(self, found: np.ndarray, measure: str, values: np.ndarray, box: "Box | None" = None) -> np.ndarray:
        """As `tail` for many values with a region each, on a coarse grid alone: a little too low, and much faster."""
        p, p_ref = _line(measure, values[:, None], _ROUGH_GRID, box)
        by_column = binomial_pmf(self.n, p) @ found.astype(float)
        return (by_column * binomial_pmf(self.n_ref, p_ref)).sum(axis=-1).max(axis=-1)

    def _probabilities(self, weights: np.ndarray, measure: str, value: float, u: np.ndarray, box) -> np.ndarray:
        p, p_ref = _line(measure, value, u, box)
        return ((binomial_pmf(self.n, p) @ weights) * binomial_pmf(self.n_ref, p_ref)).sum(axis=-1)


@dataclass(frozen=True)
class Box:
    """Proportions of the two arms that Berger and Boos's confidence sets leave possible."""

    low: float
    high: float
    low_ref: float
    high_ref: float

    @classmethod
    def around(cls, events: int, n: int, events_ref: int, n_ref: int, gamma: float) -> "Box":
        arm = clopper_pearson(events, n, level=1 - gamma / 2)
        ref = clopper_pearson(events_ref, n_ref, level=1 - gamma / 2)
        return cls(arm.lower, arm.upper, ref.lower, ref.upper)

    def crossed(self, measure: str, value: float) -> bool:
        """Whether any pair of proportions with that measure lies in the box."""
        low, high = _ends(measure, value, self)
        return bool(low <= high)


def standardised(distance: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Distance over the root of the variance; 0 where both vanish, infinite where only the variance does."""
    near = np.abs(distance) < 1e-12
    flat = variance < 1e-30
    z = np.divide(distance, np.sqrt(variance), out=np.zeros_like(distance), where=~flat)
    z[flat & ~near] = np.copysign(np.inf, distance[flat & ~near])
    z[near] = 0.0
    return z


def regions(z: np.ndarray, at: tuple[int, int], side: int) -> np.ndarray:
    """Tables at least as extreme as the one `at`, a matrix for each of z: large (1), small (-1) or either (0)."""
    z = np.abs(z) if side == 0 else side * z
    observed = z[..., at[0], at[1]]
    reach = observed - _TIE * np.clip(np.abs(observed), 1.0, 1e6)
    return z >= reach[..., None, None]


def _ends(measure: str, value, box: Box | None):
    """Range of the reference proportion among pairs with that measure; low above high where none is in the box."""
    box = box or Box(0.0, 1.0, 0.0, 1.0)
    if measure == "difference":
        low, high = box.low - value, box.high - value
    elif measure == "ratio":
        low, high = box.low / value, box.high / value
    else:
        low, high = (p / (p + value * (1 - p)) for p in (box.low, box.high))
    return np.maximum(box.low_ref, low), np.minimum(box.high_ref, high)


def _line(measure: str, value, u: np.ndarray, box: Box | None) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of proportions with the measure at `value`, from one end (u = 0) to the other (u = 1)."""
    low, high = _ends(measure, value, box)
    share = np.sin(np.pi / 2 * u) ** 2
    if measure == "odds-ratio":  # half-way between the logits: with a large ratio one proportion is near an end
        half = np.sqrt(value)
        low, high = (end * half / (1 - end + end * half) for end in (low, high))
        middle = low + (high - low) * share
        return middle * half / (1 - middle + middle * half), middle / (middle + (1 - middle) * half)
    p_ref = low + (high - low) * share
    return np.clip(p_ref + value if measure == "difference" else p_ref * value, 0.0, 1.0), np.clip(p_ref, 0.0, 1.0)


def binomial_pmf(n: int, p: np.ndarray) -> np.ndarray:
    """Binomial probabilities along a new last axis."""
    k = np.arange(n + 1.0)
    logs = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    logs = logs + np.log(np.maximum(p, _TINY))[..., None] * k + np.log(np.maximum(1 - p, _TINY))[..., None] * (n - k)
    return np.where(logs > _NEGLIGIBLE, np.exp(np.maximum(logs, _NEGLIGIBLE)), 0.0)
