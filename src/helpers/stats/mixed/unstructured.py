"""The unstructured covariance matrix, and the random intercept and slope: matrices given by a Cholesky factor."""

import numpy as np

from helpers.stats.mixed.structures import Derivatives, Natural, Structure


class Unstructured(Structure):
    """Any covariance matrix, `S = L L'`; working parameters are log L[i, i] and the elements below the diagonal.

    mmrm's are the same with every row below the diagonal divided by its diagonal element.
    """

    def n_parameters(self, m: int) -> int:
        return m * (m + 1) // 2

    def working(self, theta: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
        lower = _lower(theta, m)
        rows, columns = _places(m)
        count = len(theta)
        change = np.zeros((count, m, m))
        change[np.arange(count), rows, columns] = np.where(rows == columns, lower[rows, columns], 1.0)
        first = change @ lower.T
        second = change[:, None] @ np.swapaxes(change, -1, -2)[None]
        second[np.arange(m), np.arange(m)] += first[:m]
        return lower @ lower.T, first + np.swapaxes(first, -1, -2), second + np.swapaxes(second, -1, -2)

    def second(self, kind: str, theta: np.ndarray, m: int, lag: np.ndarray) -> np.ndarray | None:
        if kind == "sas":
            return None
        core = theta.copy()
        core[m:] /= np.exp(theta[:m])[_places(m)[0][m:]]
        return self._in_core(core, m, lag)[2]

    def jacobian(self, kind: str, theta: np.ndarray, m: int) -> np.ndarray:
        rows = _places(m)[0][m:]
        found = np.eye(len(theta))
        below = np.arange(m, len(theta))
        found[below, below] = np.exp(-theta[rows])
        found[below, rows] = -theta[m:] * np.exp(-theta[rows])
        return found

    def natural(self, theta: np.ndarray, m: int, lag: np.ndarray) -> Natural:
        sigma, first, _ = self.working(theta, m, lag)
        i, j = np.tril_indices(m)
        names = [f"UN({a + 1},{b + 1})" for a, b in zip(i, j, strict=True)]
        return Natural(names, sigma[i, j], first[:, i, j].T, [True] * len(names))

    def rescaled(self, theta: np.ndarray, m: int, factor: float) -> np.ndarray:
        return np.concatenate([theta[:m] + np.log(factor), theta[m:] * factor])

    def start(self, moments: np.ndarray, lag: np.ndarray) -> np.ndarray:
        lower = np.linalg.cholesky(moments)
        return np.concatenate([np.log(np.diag(lower)), lower[np.tril_indices(len(moments), -1)]])


class RandomSlope(Structure):
    """A random intercept and slope over a coordinate t: `S = s^2 (I + Z L L' Z')`, Z = [1, t], L lower triangular.

    Working parameters are log s, log L[1, 1], L[2, 1] and log L[2, 2]; SAS's the variances and the covariance, in
    which S is linear. mmrm has no such structure.
    """

    @property
    def by_coordinate(self) -> bool:
        return True

    def n_parameters(self, m: int) -> int:
        return 4

    def lags(self, places: np.ndarray) -> np.ndarray:
        return places[..., 0]

    def working(self, theta: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
        s2, a, b, c = np.exp(2 * theta[0]), np.exp(theta[1]), theta[2], np.exp(theta[3])
        one, t = np.ones_like(lag), lag

        def outer(u: np.ndarray, v: np.ndarray) -> np.ndarray:
            both = u[..., :, None] * v[..., None, :]
            return s2 * (both + np.swapaxes(both, -1, -2))

        w, v = a * one + b * t, c * t
        sigma = s2 * np.eye(lag.shape[-1]) + (outer(w, w) + outer(v, v)) / 2
        first = np.array([2 * sigma, a * outer(one, w), outer(t, w), outer(v, v)])
        second = np.zeros((4, *first.shape))
        second[0] = second[:, 0] = 2 * first
        second[1, 1] = first[1] + a**2 * outer(one, one)
        second[1, 2] = second[2, 1] = a * outer(one, t)
        second[2, 2] = outer(t, t)
        second[3, 3] = 2 * first[3]
        return sigma, first, second

    def second(self, kind: str, theta: np.ndarray, m: int, lag: np.ndarray) -> np.ndarray | None:
        return None

    def natural(self, theta: np.ndarray, m: int, lag: np.ndarray) -> Natural:
        s2, a, b, c = np.exp(2 * theta[0]), np.exp(theta[1]), theta[2], np.exp(theta[3])
        values = s2 * np.array([a * a, a * b, b * b + c * c, 1.0])
        jacobian = np.zeros((4, 4))
        jacobian[:, 0] = 2 * values
        jacobian[:3, 1] = s2 * np.array([2 * a * a, a * b, 0.0])
        jacobian[:3, 2] = s2 * np.array([0.0, a, 2 * b])
        jacobian[2, 3] = s2 * 2 * c * c
        return Natural(["UN(1,1)", "UN(2,1)", "UN(2,2)", "Residual"], values, jacobian, [True] * 4)

    def start(self, moments: np.ndarray, lag: np.ndarray) -> np.ndarray:
        spread = max(float(np.abs(lag).max()), 1e-6)
        return np.array([np.log(np.mean(np.diag(moments))) / 2 - 0.35, 0.0, 0.0, -np.log(spread)])


def _places(m: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the parameters: the diagonal, then row by row what is below it."""
    i, j = np.tril_indices(m, -1)
    return np.concatenate([np.arange(m), i]), np.concatenate([np.arange(m), j])


def _lower(theta: np.ndarray, m: int) -> np.ndarray:
    lower = np.zeros((m, m))
    lower[_places(m)] = np.concatenate([np.exp(theta[:m]), theta[m:]])
    return lower
