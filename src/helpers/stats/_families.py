"""Variance functions and links of regression models, and whether a logistic model's data are separated."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from helpers.stats._types import check_choice

#: Fitted values are kept this far from the ends of their range while a fit iterates.
_MARGIN = 1e-12


@dataclass(frozen=True)
class Link:
    """A link: linear predictor of a mean, mean of a linear predictor, and the derivative of the mean."""

    name: str
    link: Callable[[np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


def _logit_slope(eta: np.ndarray) -> np.ndarray:
    p = expit(eta)
    return p * (1 - p)


def _bounded_exp(eta: np.ndarray) -> np.ndarray:
    return np.exp(np.clip(eta, -700.0, 700.0))


LINKS = {
    "logit": Link("logit", logit, expit, _logit_slope),
    "log": Link("log", np.log, _bounded_exp, _bounded_exp),
    "identity": Link("identity", lambda m: m, lambda e: e, np.ones_like),
}


@dataclass(frozen=True)
class Family:
    """A distribution: its variance at a mean, the open range of means, and its usual link."""

    name: str
    variance: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float
    usual: str

    def allows(self, mean: np.ndarray) -> bool:
        """Whether all means lie inside the range, with a little room."""
        return bool((mean > self.low + _MARGIN).all() and (mean < self.high - _MARGIN).all())

    def start(self, y: np.ndarray) -> np.ndarray:
        """Means near the outcomes, inside the range."""
        return y if self.name == "gaussian" else (y + y.mean()) / 2


FAMILIES = {
    "gaussian": Family("gaussian", np.ones_like, -np.inf, np.inf, "identity"),
    "binomial": Family("binomial", lambda m: m * (1 - m), 0.0, 1.0, "logit"),
    "poisson": Family("poisson", lambda m: m, 0.0, np.inf, "log"),
}


def family_and_link(family: str, link: str | None) -> tuple[Family, Link]:
    """The family and link of these names, or `InvalidInput`."""
    check_choice("family", family, FAMILIES)
    chosen = FAMILIES[family]
    name = chosen.usual if link is None else link
    check_choice("link", name, LINKS)
    return chosen, LINKS[name]


def is_separated(x: np.ndarray, y: np.ndarray, *, one_sided: bool = False) -> bool:
    """Whether a linear predictor exists that orders the outcomes 0 and 1 without a contradiction.

    With `one_sided` it has to be 0 wherever the outcome is 1, as for a logarithmic link.

    Notes
    -----
    Then the likelihood has no finite maximum. Konis K. Computational algorithms for detecting linear separation in
    binary data. DPhil thesis, Oxford 2007: a linear programme with the coefficients bounded.
    """
    from scipy.optimize import linprog

    scaled = x / np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    one = np.asarray(y) > 0
    signed = np.where(one, 1.0, -1.0)[:, None] * scaled
    bounded, fixed = (signed[~one], signed[one]) if one_sided else (signed, None)
    found = linprog(
        -bounded.sum(axis=0),
        A_ub=-bounded,
        b_ub=np.zeros(len(bounded)),
        A_eq=fixed,
        b_eq=None if fixed is None else np.zeros(len(fixed)),
        bounds=(-1, 1),
        method="highs",
    )
    return bool(found.status == 0 and -found.fun > 1e-7)
