"""Risk difference and ratios standardised over the covariates of a logistic regression."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from helpers.errors import InvalidInput
from helpers.stats._standardise import Standardised, standardise
from helpers.stats._types import check_choice
from helpers.stats.logistic.fit import LogisticFit, firth, logistic

METHODS = ("ml", "firth", "flic", "flac")
VARIANCES = ("delta", "ye")
ARM = "arm of interest"


def g_computation(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: object,
    covariates: Sequence[str] = (),
    interactions: bool = False,
    method: str = "ml",
    covariance: str = "model",
    variance: str = "delta",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Standardised:
    """Risks of two arms, their difference and ratios, standardised over the covariates by g-computation.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value in a column used are left out.
    outcome, arm : str
        Columns of 0 and 1, and of the codes of two arms.
    reference : object
        Code of the reference arm.
    covariates : sequence of str
        Numeric columns.
    interactions : bool
        Let the covariates' coefficients differ between arms.
    method : {"ml", "firth", "flic", "flac"}
        Of the logistic regression. With "flic" and "flac" the mean fitted probability is that of the data.
    covariance : {"model", "HC0", "HC1", "HC2", "HC3"}
        Of the coefficients, for the delta method.
    variance : {"delta", "ye"}
        The delta method, with the covariates as they are; or that of Ye and others, which counts their sampling and
        needs no correct model.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the tests and of the intervals.

    Returns
    -------
    Standardised
        The reason of the regression everywhere where it has no estimate; "no-variance", for the variance of Ye and
        others, with fewer than two units in an arm.

    Raises
    ------
    InvalidInput
        If a column is absent, the outcome is not 0 or 1, there are not two arms, or an option is not allowed.

    Notes
    -----
    Ge M, Durham LK, Meyer RD, Xie W, Thomas N. Drug Inf J 2011;45:481-493. Ye T, Bannick M, Yi Y, Shao J. Stat Theory
    Relat Fields 2023;7:159-163. R beeca and RobinCar give the same.
    """
    check_choice("method", method, METHODS)
    check_choice("variance", variance, VARIANCES)
    absent = [c for c in (outcome, arm, *covariates) if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data of the standardisation.")
    used = data[[outcome, arm, *covariates]].dropna()
    others = set(used[arm].unique()) - {reference}
    if len(others) > 1:
        raise InvalidInput(f"column {arm} holds {len(others)} arms beside the reference {reference!r}; allowed is one.")
    frame = _with_terms(used, (used[arm] != reference).to_numpy(dtype=float), covariates, interactions)
    terms = [c for c in frame if c != outcome]
    if method == "ml":
        fit = logistic(frame, outcome=outcome, terms=terms, covariance=covariance)
    else:
        correction = "none" if method == "firth" else method
        fit = firth(frame, outcome=outcome, terms=terms, correction=correction, covariance=covariance)
    treated = _with_terms(used, np.ones(len(used)), covariates, interactions)
    control = _with_terms(used, np.zeros(len(used)), covariates, interactions)
    if not len(used):
        treated = control = pd.DataFrame(0.0, index=[0], columns=frame.columns)
    means = None
    if variance == "ye" and fit.coefficients is not None:
        means = _sampling_covariance(fit, frame, treated, control)
    return standardise(fit, treated, control, covariance_of_means=means, level=level, alternative=alternative)


def _with_terms(used: pd.DataFrame, indicator: np.ndarray, covariates: Sequence[str], interactions: bool):
    """Outcome, indicator of the arm, covariates and their products, whatever the arm's column is called."""
    outcome = used.columns[0]
    frame = pd.DataFrame({outcome: used[outcome].to_numpy(), ARM: indicator})
    for name in covariates:
        frame[name] = used[name].to_numpy(dtype=float)
        if interactions:
            frame[f"{ARM} x {name}"] = frame[name] * indicator
    return frame


def _sampling_covariance(fit: LogisticFit, frame: pd.DataFrame, treated: pd.DataFrame, control: pd.DataFrame):
    """Covariance of the two standardised risks over samples of units, by Ye and others."""
    y, in_arm = frame.iloc[:, 0].to_numpy(dtype=float), frame[ARM].to_numpy() == 1
    if min(in_arm.sum(), (~in_arm).sum()) < 2:
        return np.full((2, 2), np.nan)
    names = fit.names[1:]
    predicted = [
        expit(fit.coefficients[0] + f[list(names)].to_numpy(dtype=float) @ fit.coefficients[1:])
        for f in (treated, control)
    ]
    groups, covariance = (in_arm, ~in_arm), np.empty((2, 2))

    def cov(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.cov(a, b)[0, 1])

    for k, (group, mean) in enumerate(zip(groups, predicted, strict=True)):
        with_mean, spread = cov(y[group], mean[group]), float(mean.var(ddof=1))
        residual = float(y[group].var(ddof=1)) - 2 * with_mean + spread
        covariance[k, k] = residual / group.mean() + 2 * with_mean - spread
    first = cov(y[in_arm], predicted[1][in_arm]) + cov(y[~in_arm], predicted[0][~in_arm])
    covariance[0, 1] = covariance[1, 0] = first - cov(*predicted)
    return covariance / len(y)
