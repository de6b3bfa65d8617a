"""Ordinary least squares with the covariance of its coefficients under equal, arm-wise or unknown variances."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats.summary import NEGLIGIBLE

#: Classical, White's corrected as HC0 to HC3, and one variance a group.
VARIANCES = ("equal", "hc0", "hc1", "hc2", "hc3", "by-group")
DEGREES = ("residual", "satterthwaite")

#: A leverage this near to 1 belongs to a row that decides a coefficient alone.
_ALONE = 1e-10


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """A fit on `df` residual degrees of freedom; `inverse` is that of X'X. Without numbers where `reason` is set."""

    x: np.ndarray
    y: np.ndarray
    df: int
    coefficients: np.ndarray | None = None
    inverse: np.ndarray | None = None
    residuals: np.ndarray | None = None
    covariance: np.ndarray | None = None
    variances: np.ndarray | None = None
    satterthwaite: bool = False
    weights: np.ndarray | None = None
    reason: str = ""

    @property
    def sum_of_squares(self) -> float:
        return float((self.residuals**2).sum())

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return float(np.sqrt(self.sum_of_squares / self.df))

    def degrees(self, combination: np.ndarray) -> float:
        """Degrees of freedom of a linear combination of the coefficients."""
        if not self.satterthwaite:
            return float(self.df)
        influence = self.x @ (self.inverse @ combination)
        return _satterthwaite(self, influence)


def fit(
    x: np.ndarray,
    y: np.ndarray,
    *,
    variances: str = "equal",
    degrees: str = "residual",
    groups: np.ndarray | None = None,
) -> LeastSquares:
    """Least squares of y on x.

    Notes
    -----
    "hc0" to "hc3": White H. Econometrica 1980;48:817-838; MacKinnon JG, White H. J Econometrics 1985;29:305-325.
    Satterthwaite's degrees of freedom for them assume equal variances, Bell RM, McCaffrey DF. Surv Methodol
    2002;28:169-181. "by-group": each group's variance is the mean of its squared residuals over one less their
    leverage; its degrees of freedom take those variances for the true ones. Without covariates both are Welch's.
    """
    check_variances(variances, degrees)
    n, p = x.shape
    df = n - p
    if df < 1:
        return LeastSquares(x, y, df, reason="too-few")
    lengths = np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)
    u, s, vt = np.linalg.svd(x / lengths, full_matrices=False)
    if s[-1] <= s[0] * max(n, p) * np.finfo(float).eps:
        return LeastSquares(x, y, df, reason="collinear")
    root = vt.T / s / lengths[:, None]
    coefficients = root @ (u.T @ y)
    residuals = y - x @ coefficients
    size = max(1.0, float(np.abs(y).max()))
    if float((residuals**2).sum()) <= (NEGLIGIBLE * size) ** 2 * n:
        return LeastSquares(x, y, df, reason="no-variance")
    plain = LeastSquares(x, y, df, coefficients, root @ root.T, residuals)
    if variances == "equal":
        sigma2 = float((residuals**2).sum()) / df
        return replace(plain, covariance=plain.inverse * sigma2, variances=np.full(n, sigma2))
    left = 1 - (u**2).sum(axis=1)
    if variances in ("hc2", "hc3", "by-group") and left.min() < _ALONE:
        return replace(plain, coefficients=None, reason="too-few")
    factor = {"hc0": np.ones(n), "hc1": np.full(n, n / df), "hc2": 1 / left, "hc3": 1 / left**2}
    if variances == "by-group":
        spread, weights = _by_group(residuals**2, left, groups)
        true, small = spread, True
    else:
        spread, weights = residuals**2 * factor[variances], factor[variances]
        true, small = np.ones(n), degrees == "satterthwaite"
    half = root @ u.T
    covariance = (half * spread) @ half.T
    return replace(plain, covariance=covariance, variances=true, satterthwaite=small, weights=weights)


def check_variances(variances: str, degrees: str) -> None:
    """Refuse options that are none."""
    if variances not in VARIANCES:
        raise InvalidInput(f"variances is {variances!r}; allowed are {', '.join(VARIANCES)}.")
    if degrees not in DEGREES:
        raise InvalidInput(f"degrees is {degrees!r}; allowed are {', '.join(DEGREES)}.")


def _by_group(squares: np.ndarray, left: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row's variance, that of its group, and a matrix of how much squared residual j adds to that of row i."""
    same = np.array([groups == group for group in groups], dtype=float)
    weights = same / same.sum(axis=1, keepdims=True) / left[None, :]
    return weights @ squares, weights


def _satterthwaite(found: LeastSquares, influence: np.ndarray) -> float:
    """Twice the squared mean over the variance of the variance estimate, a quadratic form of the errors."""
    squared = influence**2
    weights = squared @ found.weights if found.weights.ndim == 2 else squared * found.weights
    maker = np.eye(len(found.y)) - found.x @ found.inverse @ found.x.T
    form = (maker * weights) @ maker * found.variances[None, :]
    trace = float(np.trace(form))
    return trace * trace / float((form * form.T).sum())
