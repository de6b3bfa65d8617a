"""Minimising -2 log L: Newton with the exact Hessian, two general optimisers in reserve, and the proof of a minimum."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from helpers.stats.mixed.likelihood import Point

#: Tried in this order until one ends in a proven minimum.
OPTIMISERS = ("newton", "bfgs", "nelder-mead")
#: What a further Newton step would still gain in -2 log L at a minimum.
_GAIN = 1e-9
#: Smallest eigenvalue of the Hessian, scaled to a unit diagonal, of a parameter that the data identify.
_FLAT = 1e-7
#: A search that does not settle below this margin is drawn to a singular covariance; so is any below `_EDGE`.
_NEAR = 1e-2
#: A margin below which the covariance counts as singular; the outcome is scaled to unit residuals.
_EDGE = 1e-5


@dataclass(frozen=True)
class Minimum:
    """Where the search ended; `reason` is empty where it is a proven minimum."""

    point: Point | None
    reason: str
    optimiser: str
    iterations: int


def minimum(at: Callable[..., Point | None], starts: Sequence[np.ndarray]) -> Minimum:
    """Search from the starts with the optimisers in their order.

    Parameters
    ----------
    at : callable
        `at(theta, order)` gives the point with derivatives up to the order, or None outside the domain.
    starts : sequence of array
        Starting values in their order.

    Returns
    -------
    Minimum
        The first proven minimum; else the best point found with its reason. Where Newton's method ends at the edge of
        the definite matrices, or on a flat ridge, from every start, the others are not tried: it is the data's doing.
    """
    best = None
    for name in OPTIMISERS:
        reasons = set()
        for start in starts if name != "nelder-mead" else starts[:1]:
            point, iterations = _search(name, at, np.asarray(start, dtype=float))
            if point is None:
                continue
            reason = _verdict(point)
            found = Minimum(point, reason, name, iterations)
            if not reason:
                return found
            reasons.add(reason)
            if best is None or point.value < best.point.value:
                best = found
        if reasons == {"singular"}:
            break
    return best or Minimum(None, "not-converged", "", 0)


def _search(name: str, at, start: np.ndarray) -> tuple[Point | None, int]:
    if at(start, 0) is None:
        return None, 0
    if name == "newton":
        return _newton(at, start)

    def value(theta):
        point = at(theta, 0)
        return point.value if point else 1e300

    def gradient(theta):
        point = at(theta, 1)
        return point.gradient if point else np.zeros(len(theta))

    with np.errstate(all="ignore"):
        if name == "bfgs":
            found = minimize(value, start, jac=gradient, method="BFGS", options={"maxiter": 200, "gtol": 1e-5})
        else:
            found = minimize(value, start, method="Nelder-Mead", options={"maxiter": 1000})
    point, iterations = _newton(at, found.x)
    return point, iterations + int(found.nit)


def _newton(at, start: np.ndarray, limit: int = 60) -> tuple[Point | None, int]:
    """Newton's method; where the Hessian is not definite the expected information takes its place."""
    point = at(start, 2)
    for iteration in range(limit):
        if point is None or not (np.isfinite(point.hessian).all() and np.isfinite(point.gradient).all()):
            return None, iteration
        if point.margin < _EDGE:
            return point, iteration
        step = _step(at, point)
        gain = -float(step @ point.gradient) / 2
        if gain < _GAIN * 1e-3:
            last = at(point.theta + step, 2)  # brings the parameters to rounding, where -2 log L no longer tells
            better = last is not None and np.abs(last.gradient).max() < np.abs(point.gradient).max()
            return (last if better else point), iteration
        length = min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        for _ in range(30):
            new = at(point.theta + length * step, 0)
            if new is not None and new.value <= point.value - 1e-4 * length * 2 * gain:
                break
            length /= 2
        else:
            return point, iteration
        point = at(point.theta + length * step, 2)
    return point, limit


def _step(at, point: Point) -> np.ndarray:
    """Newton's step where the Hessian is safely definite, else one from the expected information, made definite."""
    scale, values, vectors = _scaled_eigen(point.hessian)
    if values.min() < 1e-6:
        scale, values, vectors = _scaled_eigen(at(point.theta, 3).expected)
        values = np.maximum(np.abs(values), 1e-4)
    return -(vectors @ ((vectors.T @ (point.gradient / scale)) / values)) / scale


def _scaled_eigen(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues and vectors of a matrix scaled to a unit diagonal, after the scale."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-12))
    return scale, *np.linalg.eigh(matrix / np.outer(scale, scale))


def _verdict(point: Point) -> str:
    """Empty for a minimum with gradient near zero and a definite Hessian; else why not."""
    unsettled = "singular" if point.margin < _NEAR else "not-converged"
    if point.margin < _EDGE:
        return "singular"
    diagonal = np.diag(point.hessian)
    if not np.isfinite(point.hessian).all() or (diagonal < -1e-8).any():
        return unsettled
    if (diagonal < 1e-8).any():
        return "singular"
    scale = np.sqrt(diagonal)
    lowest = np.linalg.eigvalsh(point.hessian / np.outer(scale, scale)).min()
    if lowest < _FLAT:
        return unsettled if lowest < -1e-4 else "singular"
    gain = float(point.gradient @ np.linalg.solve(point.hessian, point.gradient)) / 2
    return "" if gain < _GAIN else unsettled
