"""Small-sample inference for fixed effects: adjusted covariances and denominator degrees of freedom."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import block_diag

from helpers.errors import InvalidInput
from helpers.stats.mixed.empirical import check_sandwich
from helpers.stats.mixed.likelihood import Likelihood, Point

#: What `df` may be. The four Kenward-Roger variants differ in the information and in the second derivatives used.
KENWARD_ROGER = ("kenward-roger", "kenward-roger-linear", "kenward-roger-expected", "kenward-roger-mmrm")
METHODS = (*KENWARD_ROGER, "satterthwaite", "residual", "between-within", "normal")


@dataclass(frozen=True)
class Solved:
    """A fitted likelihood and its small-sample quantities, in the orthonormal columns it was solved in."""

    likelihood: Likelihood
    point: Point

    @cached_property
    def observed(self) -> np.ndarray:
        """Covariance of the covariance parameters from the observed information."""
        return 2 * np.linalg.inv(self.point.hessian)

    @cached_property
    def expected(self) -> np.ndarray:
        """The same from the expected information; NaN where that is singular."""
        information = self.likelihood.at(self.point.theta, 3).expected
        try:
            return 2 * np.linalg.inv(information)
        except np.linalg.LinAlgError:
            return np.full_like(information, np.nan)

    @cached_property
    def slopes(self) -> np.ndarray:
        """Derivatives of the covariance of the fixed effects by the covariance parameters, (K, p, p)."""
        phi = self.point.phi
        return phi @ self.point.first @ phi

    def parameters_covariance(self, method: str) -> np.ndarray:
        return self.expected if method == "kenward-roger-expected" else self.observed

    @cached_property
    def _adjusted(self) -> dict[str, np.ndarray]:
        return {}

    def adjusted(self, method: str) -> np.ndarray:
        """The covariance of the fixed effects adjusted by Kenward and Roger."""
        if method not in self._adjusted:
            self._adjusted[method] = self._adjust(method)
        return self._adjusted[method]

    def _adjust(self, method: str) -> np.ndarray:
        like, phi = self.likelihood, self.point.phi
        w = self.parameters_covariance(method)
        p = like.p
        q = p + 1
        second = {"kenward-roger-linear": None, "kenward-roger-mmrm": "mmrm"}.get(method, "sas")
        if second and like.structure.second(second, like.groups(self.point.theta)[0], like.m, like.visit_lag) is None:
            second = None
        if second:
            blocks = [like.structure.jacobian(second, t, like.m) for t in like.groups(self.point.theta)]
            w_second = block_diag(*blocks) @ w @ block_diag(*blocks).T
        total = np.zeros(q * q)
        curved = like.weighted_second(second, self.point.theta, w_second) if second else None
        for i, (batch, sigma, first) in enumerate(like.covariances(self.point.theta)):
            inverse = np.linalg.inv(sigma)
            left = inverse @ first
            weighted = np.einsum("ij,j...->i...", w, left)
            middle = np.einsum("inab,inbc->nac", left, weighted)
            if curved:
                middle -= inverse @ curved[i] / 4
            total += (middle @ inverse).reshape(-1) @ batch.cross
        q_minus_r = total.reshape(q, q)[:p, :p]
        product = np.einsum("ij,iab,bc,jcd->ad", w, self.point.first, phi, self.point.first, optimize=True)
        found = phi + 2 * phi @ (q_minus_r - product) @ phi
        return (found + found.T) / 2

    def satterthwaite(self, contrast: np.ndarray) -> float:
        """Degrees of freedom of one contrast under the model-based covariance."""
        variance = float(contrast @ self.point.phi @ contrast)
        slope = np.einsum("a,iab,b->i", contrast, self.slopes, contrast)
        return _ratio(2 * variance**2, float(slope @ self.observed @ slope))

    def kenward_roger(self, contrasts: np.ndarray, method: str) -> tuple[float, float]:
        """Denominator degrees of freedom and the factor of the F statistic of several contrasts."""
        phi, w = self.point.phi, self.parameters_covariance(method)
        count = len(contrasts)
        root = np.linalg.inv(np.linalg.cholesky(contrasts @ phi @ contrasts.T)) @ contrasts
        # tr(Theta Phi P_i Phi ...) with Theta = L'(L Phi L')^-1 L = root' root
        turned = root @ self.slopes @ root.T
        traces = np.trace(turned, axis1=1, axis2=2)
        a1 = float(traces @ w @ traces)
        a2 = float(np.einsum("ij,iab,jba->", w, turned, turned))
        return _kenward_roger_f(count, a1, a2)


def _kenward_roger_f(count: int, a1: float, a2: float) -> tuple[float, float]:
    """Kenward and Roger 1997, section 3: moments of F matched, with their corrections for exact cases."""
    if count == 1:
        return _ratio(2.0, a2), 1.0
    if a2 <= 0:
        return float("inf"), 1.0
    with np.errstate(all="ignore"):
        a1, a2 = np.float64(a1), np.float64(a2)
        b = (a1 + 6 * a2) / (2 * count)
        g = ((count + 1) * a1 - (count + 4) * a2) / ((count + 2) * a2)
        below = 3 * count + 2 * (1 - g)
        c1, c2, c3 = g / below, (count - g) / below, (count + 2 - g) / below
        inverse_mean = 1 - a2 / count
        # both vanish together in balanced designs with as many denominator as numerator degrees of freedom
        over = inverse_mean / (1 - c2 * b) if max(abs(inverse_mean), abs(1 - c2 * b)) > 1e-8 else 1.0
        rho = over**2 * (1 + c1 * b) / (1 - c3 * b) / count
        df = 4 + (count + 2) / (count * rho - 1)
        # F has no mean at 2 degrees of freedom; the factor is 1 around there, as in pbkrtest
        return float(df), 1.0 if abs(df - 2) < 0.01 else float(df * inverse_mean / (df - 2))


def fai_cornelius(dfs: np.ndarray) -> float:
    """Denominator degrees of freedom of the mean of squared t statistics with their own degrees of freedom."""
    count = len(dfs)
    if count == 1 or np.ptp(dfs) < 1e-8 * np.max(dfs):
        return float(np.mean(dfs))
    if (dfs <= 2).any():
        return 2.0
    total = float(np.sum(dfs / (dfs - 2)))
    return 2 * total / (total - count)


def spectral(contrasts: np.ndarray, covariance: np.ndarray, df_of: Callable[[np.ndarray], float]) -> np.ndarray:
    """Degrees of freedom of the independent directions of several contrasts."""
    values, vectors = np.linalg.eigh(contrasts @ covariance @ contrasts.T)
    kept = values > 1e-10 * max(values.max(), 0.0)
    return np.array([df_of(direction) for direction in (vectors.T @ contrasts)[kept]])


def check_df(df: str, method: str) -> None:
    """Refuse an unknown method of degrees of freedom, and Kenward-Roger's without REML."""
    if df not in METHODS:
        raise InvalidInput(f"df is {df!r}; it is one of {', '.join(METHODS)}.")
    if df in KENWARD_ROGER and method != "REML":
        raise InvalidInput(f"df {df!r} is defined for REML only, and this model was fitted by {method}.")


def check_inference(df: str, method: str, covariance: str) -> None:
    """As `check_df`, and refuse an unknown covariance, or a sandwich with Kenward-Roger's own."""
    check_df(df, method)
    check_sandwich(covariance)
    if covariance != "model" and df in KENWARD_ROGER:
        raise InvalidInput(f"df {df!r} has a covariance of its own; take covariance='model'.")


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else float("inf")
