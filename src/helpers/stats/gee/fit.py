"""Generalised estimating equations."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._design import Design, Fit, check_binary, read_design
from helpers.stats._families import Family, Link, family_and_link, is_separated
from helpers.stats._types import check_choice
from helpers.stats.gee._sandwich import COVARIANCES, Pieces, fay_graubard_degrees, pan_wall_degrees, sandwich
from helpers.stats.gee._working import CORRELATIONS, MOMENTS, Blocks, estimate, lay_out

DEGREES = ("clusters-p", "clusters-1", "normal", "fay-graubard", "pan-wall")
_ITERATIONS = 200
_SETTLED = 1e-10
_HALVINGS = 30
#: Linear predictors of a logit beyond this make one look whether the data are separated.
_EXTREME = 12.0
#: Means this near to 0 or 1 are there.
_AT_THE_END = 1e-8


@dataclass(frozen=True, eq=False)
class GeeFit(Fit):
    """A fit by generalised estimating equations.

    `correlation` are the estimated parameters of the working correlation: none, one, or the lower triangle of the
    matrix row by row, second time with first, third with first and second, and so on. `dispersion` multiplies the
    variance function.
    """

    clusters: int = 0
    link: str = ""
    dispersion: float | None = None
    correlation: tuple[float, ...] = ()
    iterations: int = 0


def gee(
    data: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    cluster: str,
    family: str = "binomial",
    link: str | None = None,
    correlation: str = "exchangeable",
    covariance: str = "mancl-derouen",
    degrees: str | float = "clusters-p",
    time: str | None = None,
    offset: str | None = None,
    dispersion: float | None = None,
    moments: str = "liang-zeger",
    intercept: bool = True,
) -> GeeFit:
    """Marginal regression of clustered outcomes by generalised estimating equations.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value in a column used are left out and counted.
    outcome : str
        Column of the outcome: 0 and 1 for the binomial family, from 0 for Poisson.
    terms : sequence of str
        Numeric columns of the design matrix: indicators, covariates, products.
    cluster : str
        Column of the cluster's name.
    family : {"binomial", "gaussian", "poisson"}
        Variance function.
    link : {"logit", "log", "identity"} or None
        None is the usual one: logit, identity, log.
    correlation : {"independence", "exchangeable", "ar1", "unstructured"}
        Working correlation within a cluster.
    covariance : {"model", "robust", "mancl-derouen", "kauermann-carroll", "fay-graubard", "morel-bokossa-neerchal"}
        Covariance of the coefficients; all but the first are robust against a wrong working correlation, the last four
        corrected for few clusters.
    degrees : {"clusters-p", "clusters-1", "normal", "fay-graubard", "pan-wall"} or float
        Degrees of freedom of t intervals: clusters less coefficients or less 1, none (normal), or Satterthwaite's by
        Fay and Graubard or by Pan and Wall.
    time : str or None
        Column of the time within the cluster, for "ar1" (lags) and "unstructured"; None takes the order of the rows.
    offset : str or None
        Column added to the linear predictor.
    dispersion : float or None
        Held at this value in the covariance, or estimated from the Pearson residuals; the correlation is estimated with
        the latter in any case, as in R's gee.
    moments : {"liang-zeger", "gee", "geepack"}
        Estimates of dispersion and correlation. The first takes the number of coefficients off the numbers of rows and
        pairs, as SAS does. R's gee does so too, but for "ar1" and "unstructured" averages within the clusters first.
        geepack divides by the numbers of rows and pairs.
    intercept : bool
        Add an intercept, named "Intercept".

    Returns
    -------
    GeeFit
        Without coefficients where the outcome is 0 everywhere ("no-events") or a group's never or always occurs
        ("separated"), terms are "collinear", rows are fewer than coefficients or there is one cluster ("too-few"), the
        working correlation is no correlation ("singular"), or the iterations do not settle ("not-converged"). Without
        a covariance, "singular", where the correction divides by zero since a cluster determines a coefficient alone.

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, the outcome does not fit the family, or an option is not allowed.

    Notes
    -----
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. The covariances' sources are at `sandwich`. statsmodels' GEE agrees
    for independence and exchangeable correlation but has no t intervals and its own estimate of the ar1 correlation;
    R's gee and SAS are followed here. geepack estimates the ar1 correlation from pairs of every distance, so its ar1
    fit differs.
    """
    check_choice("correlation", correlation, CORRELATIONS)
    check_choice("covariance", covariance, COVARIANCES)
    check_choice("moments", moments, MOMENTS)
    if isinstance(degrees, str):
        check_choice("degrees", degrees, DEGREES)
        if degrees == "pan-wall" and covariance == "model":
            raise InvalidInput("degrees is 'pan-wall', which needs a covariance other than 'model'.")
    elif not degrees > 0:
        raise InvalidInput(f"degrees is {degrees}; degrees of freedom are above 0.")
    if dispersion is not None and not (isfinite(dispersion) and dispersion > 0):
        raise InvalidInput(f"dispersion is {dispersion}; it is a number above 0 or None.")
    kind, chosen = family_and_link(family, link)
    others = [c for c in (cluster, time, offset) if c is not None]
    design = read_design(data, outcome, terms, intercept=intercept, others=others)
    if family == "binomial":
        check_binary(design.y, outcome)
    elif family == "poisson" and (design.y < 0).any():
        raise InvalidInput(f"column {outcome} holds a value below 0, which a Poisson outcome cannot have.")
    clusters = int(design.rows[cluster].nunique())

    def failed(reason: str) -> GeeFit:
        return GeeFit(design.names, None, None, len(design.y), design.left_out, reason=reason, clusters=clusters,
                      link=chosen.name)  # fmt: skip

    reason = _unfit(design, family, clusters)
    if reason:
        return failed(reason)
    when = None if time is None else design.rows[time].to_numpy(dtype=float)
    blocks = lay_out(pd.factorize(design.rows[cluster])[0], when, correlation)
    added = np.zeros(len(design.y)) if offset is None else design.rows[offset].to_numpy(dtype=float)
    iteration = _Iteration(design, kind, chosen, blocks, added, correlation, dispersion, moments)
    beta, reason, steps = iteration.run()
    if reason:
        return failed(reason)
    eta = design.x @ beta + added
    if iteration.is_at_an_end(eta):
        return failed("separated")
    pieces, alpha = iteration.pieces(beta)
    found = sandwich(pieces, covariance)

    def degrees_of(weights: np.ndarray) -> float | None:
        p = len(beta)
        if not isinstance(degrees, str):
            return float(degrees)
        if degrees == "normal":
            return None
        if degrees.startswith("clusters"):
            return float(clusters - (p if degrees == "clusters-p" else 1))
        if degrees == "fay-graubard":
            df = fay_graubard_degrees(pieces, covariance, weights)
        else:
            df = None if found.contributions is None else pan_wall_degrees(found.contributions, pieces.bread, weights)
        return 0.0 if df is None else df

    return GeeFit(
        design.names,
        beta,
        found.covariance,
        len(design.y),
        design.left_out,
        degrees_of,
        "" if found.covariance is not None else "singular",
        clusters,
        chosen.name,
        pieces.dispersion,
        tuple(float(a) for a in alpha),
        steps,
    )


def _unfit(design: Design, family: str, clusters: int) -> str:
    """Why no model can be fitted, or nothing."""
    if clusters < 2 or len(design.y) < design.x.shape[1]:
        return "too-few"
    if family != "gaussian" and not design.y.any():
        return "no-events"
    if family == "binomial" and design.y.all():
        return "separated"
    return "" if design.is_full_rank else "collinear"


@dataclass(frozen=True, eq=False)
class _Iteration:
    """Fisher scoring between coefficients, dispersion and correlation."""

    design: Design
    family: Family
    link: Link
    blocks: Blocks
    offset: np.ndarray
    correlation: str
    dispersion: float | None
    moments: str

    def run(self) -> tuple[np.ndarray | None, str, int]:
        """Coefficients, why there are none, and the number of steps."""
        with np.errstate(all="ignore"):
            try:
                return self._run()
            except np.linalg.LinAlgError:
                return None, self._why("singular"), 0

    def _run(self) -> tuple[np.ndarray | None, str, int]:
        beta = self._start()
        for step in range(1, _ITERATIONS + 1):
            move = self._move(beta, "independence" if step <= 2 else self.correlation)
            if not np.isfinite(move).all():
                return None, self._why("not-converged"), step
            scale = 1.0
            for _ in range(_HALVINGS):
                if self.family.allows(self.link.inverse(self.design.x @ (beta + scale * move) + self.offset)):
                    break
                scale /= 2
            else:
                return None, self._why("separated"), step
            beta = beta + scale * move
            size = float(np.abs(move).max() / (1 + np.abs(beta).max()))
            if size < _SETTLED and step > 2:
                return beta, "", step
        return None, self._why("not-converged"), _ITERATIONS

    def _why(self, otherwise: str) -> str:
        """Data that are separated are called so, whatever went wrong first."""
        if self.family.name == "gaussian":
            return otherwise
        x, y, one_sided = self.design.x, self.design.y > 0, self.link.name == "log"
        return "separated" if is_separated(x, y, one_sided=one_sided) else otherwise

    def is_at_an_end(self, eta: np.ndarray) -> bool:
        """Whether the fit, though settled, lies at an end of the range of means, where it has no variance."""
        if self.family.name == "gaussian":
            return False
        if self.link.name == "logit":
            return bool(np.abs(eta).max() > _EXTREME and is_separated(self.design.x, self.design.y > 0))
        mean = self.link.inverse(eta)
        return bool(mean.min() < _AT_THE_END or (self.family.name == "binomial" and mean.max() > 1 - _AT_THE_END))

    def _start(self) -> np.ndarray:
        """Coefficients near the outcomes, with means inside the range."""
        y = self.design.y
        mean = self.family.start(y)
        eta = self.link.link(mean) - self.offset
        beta = np.linalg.lstsq(self.design.x, eta, rcond=None)[0]
        if self.family.allows(self.link.inverse(self.design.x @ beta + self.offset)):
            return beta
        # all means equal, if the terms allow it
        flat = np.full(len(y), self.link.link(np.array([y.mean()]))[0]) - self.offset
        return np.linalg.lstsq(self.design.x, flat, rcond=None)[0]

    def _at(self, beta: np.ndarray, correlation: str) -> tuple[Pieces, np.ndarray]:
        design, blocks = self.design, self.blocks
        eta = design.x @ beta + self.offset
        mean = self.link.inverse(eta)
        if self.family.name == "binomial":
            mean = np.clip(mean, 1e-300, 1 - 1e-16)
        deviation, variance = design.y - mean, self.family.variance(mean)
        pearson = deviation / np.sqrt(variance)
        rows, p = design.x.shape
        divisor = rows - p if self.moments != "geepack" and rows > p else rows
        phi = float((pearson**2).sum() / divisor)
        alpha, matrix = estimate(blocks, pearson, phi, correlation, p, self.moments)
        root = blocks.spread(np.sqrt(variance))
        root[~blocks.present] = 1.0
        working = root[:, :, None] * matrix * root[:, None, :]
        if alpha.size:
            np.linalg.cholesky(matrix)  # a matrix that is no correlation has none
        derivative = blocks.spread(self.link.slope(eta)[:, None] * design.x)
        weighted = np.linalg.solve(working, derivative)
        information = np.einsum("kmp,kmq->pq", weighted, derivative)
        held = phi if self.dispersion is None else self.dispersion
        return Pieces(derivative, working, blocks.spread(deviation), np.linalg.inv(information), held, rows), alpha

    def _move(self, beta: np.ndarray, correlation: str) -> np.ndarray:
        pieces, _ = self._at(beta, correlation)
        return pieces.bread @ np.einsum("kmp,km->p", pieces.weighted, pieces.residual)

    def pieces(self, beta: np.ndarray) -> tuple[Pieces, np.ndarray]:
        """The parts of the covariance at the solution."""
        with np.errstate(all="ignore"):
            return self._at(beta, self.correlation)
