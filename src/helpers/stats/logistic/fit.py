"""Logistic regression by maximum likelihood and by Firth's penalised likelihood, with profile intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats._design import INTERCEPT, Design, Fit, check_binary, read_design
from helpers.stats._families import is_separated
from helpers.stats._types import Contrast, check_choice
from helpers.stats._wald import quantile
from helpers.stats.logistic._maximum import Maximum, intercept_for, maximise

COVARIANCES = ("model", "HC0", "HC1", "HC2", "HC3")
CORRECTIONS = ("none", "flic", "flac")
#: A profile that has not fallen far enough after this many standard errors never does.
_FARTHEST = 60.0


@dataclass(frozen=True, eq=False)
class LogisticFit(Fit):
    """A logistic regression. `log_likelihood` is penalised for a Firth fit, and so is that of the intercept alone.

    `statistic`, `df` and `p_value` are the likelihood ratio test of all terms but the intercept.
    """

    link: str = "logit"
    firth: bool = False
    correction: str = "none"
    events: int = 0
    log_likelihood: float | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    data: Design | None = field(default=None, repr=False)

    def profile(self, name: str, *, level: float = 0.95) -> Contrast:
        """A coefficient with its (penalised) profile likelihood interval and likelihood ratio test.

        A limit is infinite where the likelihood stays near its maximum. For FLIC the intercept has no profile
        ("undefined"); the other coefficients and their intervals are those of the Firth fit.

        Notes
        -----
        Heinze G, Schemper M. Stat Med 2002;21:2409-2419.
        """
        weights = self.weights({name: 1.0})
        cut = float(chi2.isf(1 - level, 1)) / 2 if quantile(level) else 0.0
        if self.coefficients is None or self.data is None:
            return Contrast(self.n, None, reason=self.reason)
        j = int(np.argmax(weights))
        if self.correction == "flic" and name == INTERCEPT:
            return Contrast(self.n, float(self.coefficients[j]), reason="undefined")
        return self._profile(j, cut)

    def _profile(self, j: int, cut: float) -> Contrast:
        x, y, w = _augmented(self.data, self.correction)
        firth = self.firth and self.correction != "flac"
        free = np.arange(x.shape[1]) != j
        top = maximise(x, y, firth=firth, weights=w)
        if not top.settled or top.covariance is None:
            return Contrast(self.n, float(self.coefficients[j]), reason="not-converged")
        estimate, se = float(top.coefficients[j]), sqrt(float(top.covariance[j, j]))
        last = {"at": top}

        def fall(value: float) -> float:
            start = last["at"].coefficients.copy()
            start[j] = value
            found = maximise(x, y, firth=firth, weights=w, free=free, start=start)
            if not found.settled:
                start = np.zeros(x.shape[1])
                start[j] = value
                found = maximise(x, y, firth=firth, weights=w, free=free, start=start)
            last["at"] = found
            return top.log_likelihood - found.log_likelihood

        limits = []
        for side in (-1.0, 1.0):
            last["at"] = top
            inner, width = estimate, 1.0
            while width <= _FARTHEST:
                outer = estimate + side * width * se
                if fall(outer) >= cut:
                    low, high = sorted((inner, outer))
                    limits.append(float(brentq(lambda v: fall(v) - cut, low, high, xtol=1e-10, rtol=1e-12)))
                    break
                inner, width = outer, width * 1.6
            else:
                limits.append(side * inf)
        last["at"] = top
        ratio = max(0.0, 2 * fall(0.0))
        return Contrast(self.n, estimate, se, None, *limits, p_value=float(chi2.sf(ratio, 1)))

    def probabilities(self) -> np.ndarray:
        """Fitted probabilities of the rows used."""
        if self.coefficients is None or self.data is None:
            raise InvalidInput(f"the model has no estimate ({self.reason}).")
        return expit(self.data.x @ self.coefficients)


def logistic(
    data: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    covariance: str = "model",
    intercept: bool = True,
) -> LogisticFit:
    """Logistic regression by maximum likelihood.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value in a column used are left out and counted.
    outcome : str
        Column of 0 and 1.
    terms : sequence of str
        Numeric columns of the design matrix.
    covariance : {"model", "HC0", "HC1", "HC2", "HC3"}
        Inverse information, or the sandwich robust against a wrong model.
    intercept : bool
        Add an intercept, named "Intercept".

    Returns
    -------
    LogisticFit
        Without coefficients where no unit ("no-events") or every unit ("separated") has the event, where the terms
        separate the outcomes ("separated"), are "collinear", or there are fewer rows than coefficients ("too-few").

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, the outcome is not 0 or 1, or an option is not allowed.
    """
    return _fit(data, outcome, terms, False, "none", covariance, intercept)


def firth(
    data: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    correction: str = "none",
    covariance: str = "model",
    intercept: bool = True,
) -> LogisticFit:
    """Logistic regression by Firth's penalised likelihood, finite also where the data are separated.

    Parameters
    ----------
    data, outcome, terms, covariance, intercept
        As in `logistic`.
    correction : {"none", "flic", "flac"}
        Make the mean fitted probability that of the data: by a new intercept, or by an indicator of the penalty's
        pseudo-data. Both need an intercept.

    Returns
    -------
    LogisticFit
        Reasons as in `logistic`, but "separated" does not occur without a correction: with it, where every unit has the
        event.

    Raises
    ------
    InvalidInput
        As in `logistic`, or for a correction without an intercept.

    Notes
    -----
    Firth D. Biometrika 1993;80:27-38. Heinze G, Schemper M. Stat Med 2002;21:2409-2419. Puhr R, Heinze G, Nold M, Lusa
    L, Geroldinger A. Stat Med 2017;36:2302-2317. The covariance is the inverse information at the estimate, as in
    logistf; for FLIC logistf leaves a factor 1 - p out of the weights.
    """
    check_choice("correction", correction, CORRECTIONS)
    if correction != "none" and not intercept:
        raise InvalidInput(f"correction {correction!r} needs an intercept.")
    return _fit(data, outcome, terms, True, correction, covariance, intercept)


def _fit(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    penalised: bool,
    correction: str,
    covariance: str,
    intercept: bool,
) -> LogisticFit:
    check_choice("covariance", covariance, COVARIANCES)
    design = read_design(data, outcome, terms, intercept=intercept)
    check_binary(design.y, outcome)
    about = {"firth": penalised, "correction": correction, "events": int(design.y.sum()), "data": design}

    def failed(reason: str) -> LogisticFit:
        return LogisticFit(design.names, None, None, len(design.y), design.left_out, reason=reason, **about)

    if len(design.y) < max(1, design.x.shape[1]):
        return failed("too-few")
    if (not penalised or correction != "none") and design.y.min() == design.y.max():
        return failed("separated" if design.y.any() else "no-events")
    if not design.is_full_rank:
        return failed("collinear")
    x, y, w = _augmented(design, correction)
    found = maximise(x, y, firth=penalised and correction != "flac", weights=w)
    if not penalised and (not found.settled or np.abs(x @ found.coefficients).max() > 12) and is_separated(x, y):
        return failed("separated")
    if not found.settled or found.covariance is None:
        return failed("not-converged")
    columns = design.x.shape[1]
    beta, matrix = found.coefficients[:columns], found.covariance[:columns, :columns]
    if correction == "flic":
        beta = beta.copy()
        beta[0] = intercept_for(float(design.y.mean()), design.x @ beta - beta[0])
        p = expit(design.x @ beta)
        matrix = np.linalg.inv((design.x * (p * (1 - p))[:, None]).T @ design.x)
    if covariance != "model":
        matrix = _robust(design, beta, matrix, covariance)
    return LogisticFit(
        design.names,
        beta,
        matrix,
        len(design.y),
        design.left_out,
        log_likelihood=found.log_likelihood,
        **about,
        **_likelihood_ratio(x, y, w, found, penalised and correction != "flac", intercept, columns),
    )


def _augmented(design: Design, correction: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Design, outcome and weights of the likelihood: for FLAC with the pseudo-data that the penalty stands for."""
    if correction != "flac":
        return design.x, design.y, None
    half = maximise(design.x, design.y, firth=True).leverage / 2
    x, y = design.x, design.y
    flag = np.concatenate([np.zeros(len(y)), np.ones(2 * len(y))])
    return (
        np.column_stack([np.vstack([x, x, x]), flag]),
        np.concatenate([y, y, 1 - y]),
        np.concatenate([np.ones(len(y)), half, half]),
    )


def _likelihood_ratio(
    x: np.ndarray, y: np.ndarray, w: np.ndarray | None, found: Maximum, penalised: bool, intercept: bool, columns: int
) -> dict:
    """The test of all terms but the intercept; the penalty keeps the information about all coefficients."""
    free = np.zeros(x.shape[1], dtype=bool)
    free[0] = intercept
    free[columns:] = True
    df = columns - int(intercept)
    if df == 0:
        return {}
    null = maximise(x, y, firth=penalised, weights=w, free=free) if free.any() else maximise(
        x, y, firth=penalised, weights=w, free=free, start=np.zeros(x.shape[1])
    )  # fmt: skip
    statistic = max(0.0, 2 * (found.log_likelihood - null.log_likelihood))
    return {"statistic": statistic, "df": df, "p_value": float(chi2.sf(statistic, df))}


def _robust(design: Design, beta: np.ndarray, bread: np.ndarray, kind: str) -> np.ndarray | None:
    """Sandwich covariance, as R's sandwich::vcovHC of a glm."""
    x, p = design.x, expit(design.x @ beta)
    score = design.y - p
    leverage = p * (1 - p) * np.einsum("ij,jk,ik->i", x, bread, x)
    if kind in ("HC2", "HC3"):
        if (leverage > 1 - 1e-10).any():
            return None
        score = score / (np.sqrt(1 - leverage) if kind == "HC2" else 1 - leverage)
    middle = (x * (score**2)[:, None]).T @ x
    if kind == "HC1":
        middle = middle * len(p) / (len(p) - x.shape[1]) if len(p) > x.shape[1] else middle
    return bread @ middle @ bread
