"""Maximum of the logistic likelihood, ordinary or penalised by Jeffreys' prior, by Newton steps."""

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import expit, log_expit

_ITERATIONS = 200
_SETTLED = 1e-11
#: A Newton step that promises less than this in the log likelihood is not worth taking; less than the second, not worth
#: calling a failure where no part of it climbs.
_NO_GAIN = 1e-20
_LITTLE_GAIN = 1e-10
_HALVINGS = 40
_LONGEST = 5.0


@dataclass(frozen=True, eq=False)
class Maximum:
    """Coefficients at a maximum, with the log likelihood there (penalised where asked for), and whether it settled.

    `covariance` is the inverse information, None where it is singular; `leverage` the diagonal of the hat matrix.
    """

    coefficients: np.ndarray
    log_likelihood: float
    covariance: np.ndarray | None
    leverage: np.ndarray
    settled: bool


def maximise(
    x: np.ndarray,
    y: np.ndarray,
    *,
    firth: bool = False,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    free: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> Maximum:
    """The maximum over the free coefficients, the others staying at their start.

    Notes
    -----
    Firth D. Biometrika 1993;80:27-38. The penalty is half the logarithm of the determinant of the information about all
    coefficients, whether free or not. A step that does not climb is halved.
    """
    weight = np.ones(len(y)) if weights is None else weights
    added = np.zeros(len(y)) if offset is None else offset
    chosen = np.ones(x.shape[1], dtype=bool) if free is None else free
    beta = np.zeros(x.shape[1]) if start is None else start.astype(float).copy()
    here = _State(x, y, weight, added, firth, beta)
    for _ in range(_ITERATIONS):
        score, information = here.score[chosen], here.curvature[np.ix_(chosen, chosen)]
        if not np.isfinite(here.value):
            return here.result(False)
        try:
            move = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            return here.result(False)
        if not np.isfinite(move).all():
            return here.result(False)
        gain = float(move @ score)
        move = move * min(1.0, _LONGEST / max(float(np.abs(move).max(initial=0.0)), 1e-300))
        if gain < _NO_GAIN or np.abs(move).max() < _SETTLED * (1 + np.abs(beta[chosen]).max()):
            return here.result(True)
        step = np.zeros(x.shape[1])
        for _ in range(_HALVINGS):
            step[chosen] = move
            there = _State(x, y, weight, added, firth, beta + step)
            if np.isfinite(there.value) and there.value >= here.value - 1e-12 * (1 + abs(here.value)):
                break
            move = move / 2
        else:
            return here.result(gain < _LITTLE_GAIN)
        beta, here = there.beta, there
    return here.result(False)


class _State:
    """The likelihood and its derivatives at one set of coefficients."""

    def __init__(self, x, y, weight, offset, firth, beta):
        self.beta = beta
        eta = x @ beta + offset
        p = expit(eta)
        spread = weight * p * (1 - p)
        self.information = (x * spread[:, None]).T @ x
        value = float((weight * (y * log_expit(eta) + (1 - y) * log_expit(-eta))).sum())
        residual = weight * (y - p)
        self.leverage, self.curvature = np.zeros(len(y)), self.information
        if firth:
            try:
                lower = np.linalg.cholesky(self.information)
            except np.linalg.LinAlgError:
                self.value, self.score = -np.inf, np.full(x.shape[1], np.nan)
                return
            half = np.linalg.solve(lower, x.T)
            self.leverage = spread * (half**2).sum(axis=0)
            value += float(np.log(np.diag(lower)).sum())
            residual = residual + self.leverage * (0.5 - p)
            # the penalty is worth pseudo-data with the leverages as weights, so it bends the likelihood as these do
            self.curvature = (x * (spread + self.leverage * p * (1 - p))[:, None]).T @ x
        self.value, self.score = value, x.T @ residual

    def result(self, settled: bool) -> Maximum:
        try:
            covariance = np.linalg.inv(self.information) if np.linalg.cond(self.information) < 1e14 else None
        except np.linalg.LinAlgError:
            covariance = None
        return Maximum(self.beta, self.value, covariance, self.leverage, settled)


def intercept_for(target: float, predictor: np.ndarray) -> float:
    """The number that, added to the linear predictors, makes the mean probability `target`."""
    from scipy.optimize import brentq

    middle = log(target / (1 - target))
    low, high = middle - predictor.max() - 1, middle - predictor.min() + 1
    return float(brentq(lambda a: float(expit(predictor + a).mean()) - target, low, high, xtol=1e-13, rtol=1e-13))
