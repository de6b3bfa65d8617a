"""Least squares with covariances robust against unequal variances and against clusters, one way or two ways."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._design import Design, Fit, read_design
from helpers.stats._types import check_choice

HETEROSCEDASTIC = ("classical", "HC0", "HC1", "HC2", "HC3")
CLUSTERED = ("CR0", "CR1", "CR1S", "CR2", "CR3")
DEGREES = ("clusters-1", "satterthwaite", "residual", "normal")
_SINGULAR = 1e-10


def least_squares(
    data: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    covariance: str = "HC3",
    degrees: str | float = "residual",
    intercept: bool = True,
) -> Fit:
    """Ordinary least squares with the classical or a heteroscedasticity-robust covariance.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value in a column used are left out and counted.
    outcome : str
        Column of the outcome.
    terms : sequence of str
        Numeric columns of the design matrix.
    covariance : {"classical", "HC0", "HC1", "HC2", "HC3"}
        White's covariance and its corrections.
    degrees : {"residual", "satterthwaite", "normal"} or float
        Degrees of freedom of t intervals; Satterthwaite's with "HC2" are those of Bell and McCaffrey.
    intercept : bool
        Add an intercept, named "Intercept".

    Returns
    -------
    Fit
        Without coefficients where terms are "collinear" or rows are fewer than coefficients ("too-few"). Without a
        covariance where no degree of freedom is left ("too-few"), or one row alone determines a coefficient and the
        correction divides by zero ("singular").

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, or an option is not allowed.

    Notes
    -----
    White H. Econometrica 1980;48:817-838. MacKinnon JG, White H. J Econom 1985;29:305-325.
    """
    check_choice("covariance", covariance, HETEROSCEDASTIC)
    _check_degrees(degrees, ("residual", "satterthwaite", "normal"))
    design = read_design(data, outcome, terms, intercept=intercept)
    reason = _unfit(design)
    if reason:
        return Fit(design.names, None, None, len(design.y), design.left_out, reason=reason)
    beta, bread, residual = _solve(design)
    rows, p = design.x.shape
    if rows <= p:
        return Fit(design.names, beta, None, rows, design.left_out, reason="too-few")
    if covariance == "classical":
        matrix, factor = bread * float(residual @ residual) / (rows - p), np.ones(rows)
    else:
        leverage = np.einsum("ij,jk,ik->i", design.x, bread, design.x)
        if covariance in ("HC2", "HC3") and (leverage > 1 - _SINGULAR).any():
            return Fit(design.names, beta, None, rows, design.left_out, reason="singular")
        powers = {"HC0": 0.0, "HC1": 0.0, "HC2": 0.5, "HC3": 1.0}
        factor = np.maximum(1 - leverage, _SINGULAR) ** -powers[covariance]
        scores = design.x * (residual * factor)[:, None]
        matrix = bread @ (scores.T @ scores) @ bread * (rows / (rows - p) if covariance == "HC1" else 1.0)

    def degrees_of(weights: np.ndarray) -> float | None:
        if degrees == "satterthwaite":
            direction = factor * (design.x @ (bread @ weights))
            return _satterthwaite(direction**2, design.x * direction[:, None], bread)
        return _degrees(degrees, rows, p, rows)

    return Fit(design.names, beta, matrix, rows, design.left_out, degrees_of)


def clustered_least_squares(
    data: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    cluster: str | Sequence[str],
    covariance: str = "CR2",
    degrees: str | float | None = None,
    intercept: bool = True,
) -> Fit:
    """Ordinary least squares with a covariance robust against clusters, of one or of two kinds.

    Parameters
    ----------
    data, outcome, terms, intercept
        As in `least_squares`.
    cluster : str or two of them
        Column or columns with the clusters' names. With two, covariances of both are added and that of their
        combinations is taken off.
    covariance : {"CR0", "CR1", "CR1S", "CR2", "CR3"}
        Without correction; times G/(G-1); Stata's G(N-1)/((G-1)(N-p)); corrected to be unbiased for equal independent
        errors; the approximate jackknife. With two kinds of clusters the first three, each part with its own factor.
    degrees : {"clusters-1", "satterthwaite", "residual", "normal"}, float or None
        Degrees of freedom of t intervals: of the kind with the fewer clusters, or Satterthwaite's by Bell and
        McCaffrey, for one kind of clusters. None is Satterthwaite's for "CR2" and "CR3", clusters less 1 otherwise.

    Returns
    -------
    Fit
        Reasons as in `least_squares`; "too-few" also with one cluster. A two-way covariance that is no covariance gives
        contrasts without variance the reason "no-variance".

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, or an option is not allowed.

    Notes
    -----
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. Petersen MA. Rev Financ Stud 2009;22:435-480. Cameron AC, Gelbach JB,
    Miller DL. J Bus Econ Stat 2011;29:238-249. Bell RM, McCaffrey DF. Surv Methodol 2002;28:169-181. Pustejovsky JE,
    Tipton E. J Bus Econ Stat 2018;36:672-683. The names are those of R clubSandwich.
    """
    kinds = [cluster] if isinstance(cluster, str) else list(cluster)
    check_choice("covariance", covariance, CLUSTERED if len(kinds) == 1 else CLUSTERED[:3])
    if not 1 <= len(kinds) <= 2:
        raise InvalidInput(f"{len(kinds)} kinds of clusters; one or two are possible.")
    if degrees is None:
        degrees = "satterthwaite" if covariance in ("CR2", "CR3") else "clusters-1"
    _check_degrees(degrees, DEGREES if len(kinds) == 1 else ("clusters-1", "residual", "normal"))
    design = read_design(data, outcome, terms, intercept=intercept, others=kinds)
    codes = [pd.factorize(design.rows[k])[0] for k in kinds]
    groups = min((int(c.max(initial=-1)) + 1 for c in codes), default=0)
    reason = _unfit(design) or ("too-few" if groups < 2 else "")
    if reason:
        return Fit(design.names, None, None, len(design.y), design.left_out, reason=reason)
    beta, bread, residual = _solve(design)
    rows, p = design.x.shape
    parts = [(1.0, c) for c in codes]
    if len(codes) == 2:
        both = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()
        parts.append((-1.0, both))
    matrix = np.zeros((p, p))
    adjusted = None
    for sign, code in parts:
        count = int(code.max()) + 1
        adjusted = _adjusted(design.x, bread, code, covariance)
        if adjusted is None:
            return Fit(design.names, beta, None, rows, design.left_out, reason="singular")
        scores = np.zeros((count, p))
        np.add.at(scores, code, adjusted * residual[:, None])
        factor = {"CR1": count / (count - 1)}.get(covariance, 1.0)
        if covariance == "CR1S":
            if rows <= p:
                return Fit(design.names, beta, None, rows, design.left_out, reason="too-few")
            factor = count * (rows - 1) / ((count - 1) * (rows - p))
        matrix += sign * factor * bread @ (scores.T @ scores) @ bread

    def degrees_of(weights: np.ndarray) -> float | None:
        if degrees != "satterthwaite":
            return _degrees(degrees, rows, p, groups)
        direction = adjusted @ (bread @ weights)
        squares = np.bincount(codes[0], direction**2)
        sums = np.zeros((groups, p))
        np.add.at(sums, codes[0], design.x * direction[:, None])
        return _satterthwaite(squares, sums, bread)

    return Fit(design.names, beta, matrix, rows, design.left_out, degrees_of)


def _check_degrees(degrees: str | float, allowed: Sequence[str]) -> None:
    if isinstance(degrees, str):
        check_choice("degrees", degrees, allowed)
    elif not degrees > 0:
        raise InvalidInput(f"degrees is {degrees}; degrees of freedom are above 0.")


def _degrees(degrees: str | float, rows: int, p: int, groups: int) -> float | None:
    if not isinstance(degrees, str):
        return float(degrees)
    return {"normal": None, "residual": float(rows - p), "clusters-1": float(groups - 1)}[degrees]


def _unfit(design: Design) -> str:
    if len(design.y) < max(1, design.x.shape[1]):
        return "too-few"
    return "" if design.is_full_rank else "collinear"


def _solve(design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, inverse cross-product matrix, residuals."""
    q, r = np.linalg.qr(design.x)
    inverse = np.linalg.inv(r)
    beta = inverse @ (q.T @ design.y)
    residual = design.y - design.x @ beta
    size = float(np.abs(design.y).max(initial=0.0))
    # what is left of a perfect fit is rounding
    residual[np.abs(residual) < 1e-13 * size] = 0.0
    return beta, inverse @ inverse.T, residual


def _adjusted(x: np.ndarray, bread: np.ndarray, code: np.ndarray, covariance: str) -> np.ndarray | None:
    """Design rows multiplied by the clusters' correction matrices; None where a correction does not exist."""
    if covariance in ("CR0", "CR1", "CR1S"):
        return x
    out = np.empty_like(x)
    for g in range(int(code.max()) + 1):
        rows = code == g
        part = x[rows]
        values, vectors = np.linalg.eigh(np.eye(len(part)) - part @ bread @ part.T)
        if covariance == "CR3":
            if values.min() < _SINGULAR:
                return None
            scale = 1 / values
        else:
            # a direction that the cluster determines alone has residual 0: generalised inverse
            scale = np.where(values > _SINGULAR, 1 / np.sqrt(np.maximum(values, _SINGULAR)), 0.0)
        out[rows] = (vectors * scale) @ (vectors.T @ part)
    return out


def _satterthwaite(squares: np.ndarray, sums: np.ndarray, bread: np.ndarray) -> float | None:
    """Degrees of freedom under equal independent errors: squared lengths and cross-products of the clusters' forms."""
    gram = np.diag(squares) - sums @ bread @ sums.T
    total = float((gram**2).sum())
    return float(np.trace(gram)) ** 2 / total if total > 0 else 0.0
