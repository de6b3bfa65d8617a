"""Covariance structures: the covariance matrix of a subject as a function of its parameters, with exact derivatives.

Most structures are standard deviations times a correlation matrix, `S[i, j] = s[i] s[j] P[i, j]`, written in *core*
parameters: log standard deviations, then what `P` needs. Three sets of parameters are elementwise functions of those:

* "working": unconstrained, the ones that the optimiser sees;
* "sas": the ones that SAS reports: variances and correlations or a range; for linear structures covariances;
* "mmrm": the ones that R mmrm optimises over.

Estimates do not depend on the choice; the second derivatives in Kenward and Roger's adjustment do.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from helpers.stats.mixed.correlations import CORRELATIONS, band

Derivatives = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Natural:
    """The parameters that SAS reports: names, values, derivatives (natural, working), which are in squared units."""

    names: list[str]
    values: np.ndarray
    derivatives: np.ndarray
    squared: list[bool]


@dataclass(frozen=True)
class Structure:
    """A covariance structure.

    `correlation` names the form of `P` ("none" for the identity). `linear` says that the covariance matrix is linear in
    SAS's parameters, `spatial` that correlations are powers of a distance between coordinates, `squared` of its square.
    """

    name: str
    correlation: str
    heterogeneous: bool = False
    linear: bool = False
    spatial: bool = False
    squared: bool = False

    @property
    def by_coordinate(self) -> bool:
        """Whether rows are placed by numbers rather than by visit."""
        return self.spatial

    @property
    def needs_pairs(self) -> bool:
        """Whether a parameter beside the variance is there even with one row a subject, when nothing identifies it."""
        return self.correlation in ("exchangeable", "power", "slope")

    def n_scales(self, m: int) -> int:
        """Variances over m visits."""
        return m if self.heterogeneous else 1

    def n_parameters(self, m: int) -> int:
        """Parameters over m visits."""
        pairs = {"none": 0, "exchangeable": 1, "power": 1}.get(self.correlation, m - 1)
        return self.n_scales(m) + pairs

    def lags(self, places: np.ndarray) -> np.ndarray:
        """Distances of rows from their places (..., k, c): the exponents of powers."""
        squares = ((places[..., :, None, :] - places[..., None, :, :]) ** 2).sum(-1)
        return squares if self.squared else np.sqrt(squares)

    def working(self, theta: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
        """Covariance (..., k, k), its first (K, ...) and second (K, K, ...) derivatives in the working parameters."""
        core = self._core(theta, m)
        return _transformed(self._in_core(core, m, lag), *self._core_by("working", core, m))

    def second(self, kind: str, theta: np.ndarray, m: int, lag: np.ndarray) -> np.ndarray | None:
        """Second derivatives (K, K, ...) in SAS's or mmrm's parameters; None where they vanish."""
        if kind == "sas" and self.linear:
            return None
        core = self._core(theta, m)
        return _transformed(self._in_core(core, m, lag), *self._core_by(kind, core, m))[2]

    def jacobian(self, kind: str, theta: np.ndarray, m: int) -> np.ndarray:
        """Derivatives (K, K) of SAS's or mmrm's parameters, which are not linear, by the working ones."""
        core = self._core(theta, m)
        return np.diag(self._core_by("working", core, m)[0] / self._core_by(kind, core, m)[0])

    def natural(self, theta: np.ndarray, m: int, lag: np.ndarray) -> Natural:
        """The parameters that SAS reports."""
        if not self.linear:
            core = self._core(theta, m)
            n = self.n_scales(m)
            values = np.concatenate([np.exp(2 * core[:n]), core[n:]])
            names = [f"Var({i + 1})" for i in range(n)] if self.heterogeneous else ["Residual"]
            if self.spatial:
                values[n] = (-1 / np.log(core[n])) ** (0.5 if self.squared else 1.0)
                names.append(f"SP({self.name[3:]})")
                return Natural(names, values, self.jacobian("sas", theta, m), [True, False])
            power = "ARH(1)" if self.heterogeneous else "AR(1)"
            label = {"exchangeable": "CSH", "power": power, "band": "TOEPH", "ante": "Rho"}[self.correlation]
            count = len(core) - n
            names += [label if count == 1 else f"{label}({i + 1})" for i in range(count)]
            return Natural(names, values, self.jacobian("sas", theta, m), [True] * n + [False] * count)
        at = [(0, d) for d in range(self.n_parameters(m))]
        names = ["Residual", *(f"TOEP({d + 1})" for _, d in at[1:])]
        if self.heterogeneous:
            at = [(i, i) for i in range(m)]
            names = [f"UN({i + 1},{i + 1})" for i in range(m)]
        sigma, first, _ = self.working(theta, m, lag)
        values = np.array([sigma[a] for a in at])
        derivatives = np.array([first[(slice(None), *a)] for a in at])
        if self.correlation == "exchangeable":
            turn = np.array([[0.0, 1.0], [1.0, -1.0]])  # covariance between rows, and what is left of the variance
            names = ["Intercept" if self.name == "RI" else "CS", "Residual"]
            values, derivatives = turn @ values, turn @ derivatives
        return Natural(names, values, derivatives, [True] * len(names))

    def rescaled(self, theta: np.ndarray, m: int, factor: float) -> np.ndarray:
        """Working parameters of the outcome multiplied by a factor."""
        found = np.array(theta, dtype=float)
        found[: self.n_scales(m)] += np.log(factor)
        return found

    def start(self, moments: np.ndarray, lag: np.ndarray) -> np.ndarray:
        """Working parameters near a positive definite covariance matrix."""
        m = len(moments)
        sd = np.sqrt(np.diag(moments))
        log_sd = np.log(sd) if self.heterogeneous else np.array([0.5 * np.log(np.mean(sd**2))])
        r = moments / np.outer(sd, sd)
        if self.spatial:
            return np.append(log_sd, 0.0)
        if self.n_parameters(m) == len(log_sd):
            return log_sd
        if self.correlation == "exchangeable":
            low = -1 / (m - 1)
            mean = np.clip(r[np.triu_indices(m, 1)].mean(), low + 0.05 * (1 - low), 0.95)
            return np.append(log_sd, logit((mean - low) / (1 - low)))
        rho = np.clip([np.diag(r, d).mean() for d in range(1, m)], -0.9, 0.9)
        if self.correlation == "power":
            rho = rho[:1]
        elif self.correlation == "ante":
            rho = np.clip(np.diag(r, 1), -0.9, 0.9)
        else:
            while np.linalg.eigvalsh(band(rho, m)[0]).min() < 0.05:
                rho = rho * 0.8
        return np.concatenate([log_sd, np.arctanh(rho)])

    def _core(self, theta: np.ndarray, m: int) -> np.ndarray:
        n = self.n_scales(m)
        rho = theta[n:]
        if self.correlation == "exchangeable" or self.spatial:
            low = self._lowest(m)
            return np.concatenate([theta[:n], low + (1 - low) * expit(rho)])
        return np.concatenate([theta[:n], np.tanh(rho)])

    def _lowest(self, m: int) -> float:
        return 0.0 if self.spatial else -1 / (m - 1)

    def _core_by(self, kind: str, core: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
        """Elementwise first and second derivatives of the core parameters by those of a kind."""
        n = self.n_scales(m)
        rho = core[n:]
        first, second = np.ones(len(core)), np.zeros(len(core))
        if kind == "sas":
            variance = np.exp(2 * core[:n])
            first[:n], second[:n] = 0.5 / variance, -0.5 / variance**2
            if self.spatial:  # rho = exp(-1 / range), or exp(-1 / range^2) of squared distances
                power = 2 if self.squared else 1
                reach = (-1 / np.log(rho)) ** (1 / power)
                slope = power * reach ** (-power - 1)
                first[n:] = rho * slope
                second[n:] = rho * slope**2 - rho * power * (power + 1) * reach ** (-power - 2)
        elif self.correlation == "exchangeable" or self.spatial:
            low = self._lowest(m)
            share = (rho - low) / (1 - low)
            first[n:] = (1 - low) * share * (1 - share)
            second[n:] = first[n:] * (1 - 2 * share)
        elif kind == "mmrm":  # rho = x / sqrt(1 + x^2)
            first[n:], second[n:] = (1 - rho**2) ** 1.5, -3 * rho * (1 - rho**2) ** 2
        else:  # rho = tanh(x)
            first[n:], second[n:] = 1 - rho**2, -2 * rho * (1 - rho**2)
        return first, second

    def _in_core(self, core: np.ndarray, m: int, lag: np.ndarray) -> Derivatives:
        """Covariance and derivatives in the core parameters."""
        n = self.n_scales(m)
        scale, rho = np.exp(core[:n]), core[n:]
        outer = np.outer(scale, scale) if self.heterogeneous else np.array([[scale[0] ** 2]])
        p, dp, d2p = CORRELATIONS[self.correlation](rho, m, lag)
        sigma = outer * p
        turns = np.full((1, 1, 1), 2.0)  # d log S[i, j] / d log s
        if self.heterogeneous:
            turns = np.eye(m)[:, :, None] + np.eye(m)[:, None, :]
        turns = turns.reshape(len(turns), *(1,) * (p.ndim - 2), *turns.shape[1:])
        first = np.empty((len(core), *p.shape))
        second = np.empty((len(core), *first.shape))
        first[:n], first[n:] = turns * sigma, outer * dp
        second[:n, :n] = turns[:, None] * turns[None] * sigma
        second[:n, n:] = turns[:, None] * first[None, n:]
        second[n:, :n] = np.swapaxes(second[:n, n:], 0, 1)
        second[n:, n:] = outer * d2p
        return sigma, first, second


def _transformed(derivatives: Derivatives, first: np.ndarray, second: np.ndarray) -> Derivatives:
    """Derivatives in parameters of which the old ones are elementwise functions with these derivatives."""
    sigma, d, d2 = derivatives
    ones = (1,) * sigma.ndim
    t = first.reshape(-1, *ones)
    new = d2 * t[:, None] * t[None]
    index = np.arange(len(first))
    new[index, index] += second.reshape(-1, *ones) * d
    return sigma, t * d, new
