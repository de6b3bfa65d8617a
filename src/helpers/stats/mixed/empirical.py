"""Sandwich covariances of the fixed effects, robust against a wrong covariance structure; small-sample forms."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.errors import InvalidInput

#: CR0 is the plain sandwich, CR1 times n/(n-1), CR1S Stata's factor, CR2 bias-reduced, CR3 the jackknife.
SANDWICHES = ("CR0", "CR1", "CR1S", "CR2", "CR3")


def check_sandwich(kind: str) -> None:
    """Refuse a covariance that is neither the model's nor a sandwich."""
    if kind not in ("model", *SANDWICHES):
        raise InvalidInput(f"covariance is {kind!r}; it is 'model' or one of {', '.join(SANDWICHES)}.")


@dataclass(frozen=True)
class Sandwich:
    """Decorrelated rows of every subject: designs `x` and residuals `e`, with the bread `phi`."""

    x: tuple[np.ndarray, ...]
    e: tuple[np.ndarray, ...]
    phi: np.ndarray
    n_rows: int
    kind: str

    @cached_property
    def adjusted(self) -> tuple[np.ndarray, ...]:
        """The designs multiplied by the small-sample adjustment of each subject's residuals."""
        if self.kind not in ("CR2", "CR3"):
            return self.x
        found = []
        power = -0.5 if self.kind == "CR2" else -1.0
        for x in self.x:
            values, vectors = np.linalg.eigh(np.eye(len(x)) - x @ self.phi @ x.T)
            inverse = np.where(values > 1e-8, np.maximum(values, 1e-8) ** power, 0.0)
            found.append((vectors * inverse) @ vectors.T @ x)
        return tuple(found)

    @cached_property
    def factor(self) -> float:
        subjects, p = len(self.x), len(self.phi)
        if self.kind == "CR1":
            return subjects / (subjects - 1)
        if self.kind == "CR1S":
            return subjects / (subjects - 1) * (self.n_rows - 1) / (self.n_rows - p)
        return 1.0

    @cached_property
    def covariance(self) -> np.ndarray:
        """The covariance of the fixed effects."""
        scores = np.array([a.T @ e for a, e in zip(self.adjusted, self.e, strict=True)])
        turned = scores @ self.phi
        return self.factor * turned.T @ turned

    def df(self, contrast: np.ndarray) -> float:
        """Satterthwaite's degrees of freedom of Bell and McCaffrey under an identity working covariance."""
        weight = self.phi @ contrast
        u = [a @ weight for a in self.adjusted]
        own = np.array([v @ v for v in u])
        across = np.array([x.T @ v for x, v in zip(self.x, u, strict=True)])
        g = np.diag(own) - across @ self.phi @ across.T
        below = float((g**2).sum())
        return float(np.trace(g)) ** 2 / below if below > 0 else float("inf")
