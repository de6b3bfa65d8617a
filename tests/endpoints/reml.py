"""Linear mixed models by the textbook, in dense matrices over all rows: REML, and Kenward and Roger's inference.

The covariance of the rows is V = sum of theta_i V_i, linear in its parameters, so that the second derivatives of V in
Kenward and Roger's adjustment are zero. Harville DA. J Am Stat Assoc 1977;72:320-338; Kenward MG, Roger JH. Biometrics
1997;53:983-997.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import minimize
from scipy.stats import t as student


def unstructured(subject: np.ndarray, place: np.ndarray, places: int) -> list[np.ndarray]:
    """One matrix for each variance and covariance of the visits."""
    alike = subject[:, None] == subject[None, :]
    out = []
    for j in range(places):
        for k in range(j + 1):
            pair = (place[:, None] == j) & (place[None, :] == k)
            out.append((alike & (pair | pair.T)).astype(float))
    return out


def random_intercept(subject: np.ndarray) -> list[np.ndarray]:
    """The variance between subjects, and that within."""
    return [(subject[:, None] == subject[None, :]).astype(float), np.eye(len(subject))]


@dataclass(frozen=True, eq=False)
class Model:
    """y with mean x beta and covariance sum of theta_i parts_i; theta maximises the restricted likelihood."""

    y: np.ndarray
    x: np.ndarray
    parts: list[np.ndarray]
    start: np.ndarray

    def deviance(self, theta: np.ndarray) -> float:
        """-2 log restricted likelihood without its constant; infinite where V is no covariance."""
        v = self._v(theta)
        try:
            root = np.linalg.cholesky(v)
        except np.linalg.LinAlgError:
            return np.inf
        x, y = np.linalg.solve(root, self.x), np.linalg.solve(root, self.y)
        beta, *_ = np.linalg.lstsq(x, y)
        return float(2 * np.log(np.diag(root)).sum() + np.linalg.slogdet(x.T @ x)[1] + ((y - x @ beta) ** 2).sum())

    def derivatives(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of the deviance, by Harville's formulas for a covariance linear in its parameters."""
        inverse = np.linalg.inv(self._v(theta))
        middle = np.linalg.inv(self.x.T @ inverse @ self.x)
        p = inverse - inverse @ self.x @ middle @ self.x.T @ inverse
        py = p @ self.y
        own = [p @ part for part in self.parts]
        gradient = np.array([np.trace(o) - py @ part @ py for o, part in zip(own, self.parts, strict=True)])
        hessian = np.array(
            [
                [2 * py @ a @ p @ b @ py - np.sum(o * q.T) for b, q in zip(self.parts, own, strict=True)]
                for a, o in zip(self.parts, own, strict=True)
            ]
        )
        return gradient, hessian

    @cached_property
    def theta(self) -> np.ndarray:
        """By Nelder and Mead of scipy near the top, then by Newton's steps until the gradient is rounding."""
        theta = minimize(self.deviance, self.start, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-4}).x
        for _ in range(60):
            gradient, hessian = self.derivatives(theta)
            step = np.linalg.solve(hessian, gradient)
            while self.deviance(theta - step) > self.deviance(theta) + 1e-9:
                step = step / 2
            theta = theta - step
        gradient, hessian = self.derivatives(theta)
        assert np.abs(gradient * np.abs(theta)).max() < 1e-7, "no maximum was found"
        assert np.linalg.eigvalsh(hessian).min() > 0, "no maximum was found"
        return theta

    @cached_property
    def phi(self) -> np.ndarray:
        """Covariance of beta were theta known."""
        return np.linalg.inv(self.x.T @ np.linalg.solve(self._v(self.theta), self.x))

    @cached_property
    def beta(self) -> np.ndarray:
        return self.phi @ self.x.T @ np.linalg.solve(self._v(self.theta), self.y)

    @cached_property
    def _kenward_roger(self) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        inverse = np.linalg.inv(self._v(self.theta))
        w = 2 * np.linalg.inv(self.derivatives(self.theta)[1])  # observed information
        p = [-self.x.T @ inverse @ part @ inverse @ self.x for part in self.parts]
        total = np.zeros_like(self.phi)
        for i, a in enumerate(self.parts):
            for j, b in enumerate(self.parts):
                q = self.x.T @ inverse @ a @ inverse @ b @ inverse @ self.x
                total += w[i, j] * (q - p[i] @ self.phi @ p[j])
        return self.phi + 2 * self.phi @ total @ self.phi, w, p

    def contrast(self, row: np.ndarray) -> dict[str, float]:
        """One combination of the coefficients with the adjusted standard error and its degrees of freedom."""
        adjusted, w, p = self._kenward_roger
        estimate, se = float(row @ self.beta), float(np.sqrt(row @ adjusted @ row))
        turned = self.phi @ row
        slopes = np.array([turned @ part @ turned for part in p])
        df = 2 * float(row @ turned) ** 2 / float(slopes @ w @ slopes)
        half = student.ppf(0.975, df) * se
        return {
            "estimate": estimate, "se": se, "df": df, "lower95": estimate - half, "upper95": estimate + half,
            "p_value": 2 * student.sf(abs(estimate) / se, df),
        }  # fmt: skip

    def _v(self, theta: np.ndarray) -> np.ndarray:
        return sum(value * part for value, part in zip(theta, self.parts, strict=True))
