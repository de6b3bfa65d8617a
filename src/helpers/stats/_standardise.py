"""Marginal means of two arms standardised over the units of a fitted regression, and what compares them."""

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._design import Fit, contrast_of, matrix_like
from helpers.stats._families import LINKS
from helpers.stats._types import Contrast
from helpers.stats._wald import limits


@dataclass(frozen=True)
class Standardised:
    """Mean outcome had every unit been in the arm, and in the reference arm, with their difference and ratios.

    The limits of the ratios come from their logarithms, of which `se` is the standard error.
    """

    arm: Contrast
    reference: Contrast
    difference: Contrast
    ratio: Contrast
    odds_ratio: Contrast


def standardise(
    fit: Fit,
    data: pd.DataFrame,
    data_ref: pd.DataFrame,
    *,
    weights: np.ndarray | None = None,
    covariance_of_means: np.ndarray | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Standardised:
    """Standardised means of two arms, their difference and ratios, by the delta method (g-computation).

    Parameters
    ----------
    fit : Fit
        From `gee.gee`, `logistic.logistic` or `logistic.firth`; its covariance, corrected for few clusters or not, and
        its degrees of freedom are used.
    data, data_ref : DataFrame
        The same units with the columns of the fit's terms as they would be in the arm of interest and in the reference
        arm, such as `frame.assign(arm=1)` and `frame.assign(arm=0)`, products included. Row for row the same units.
    weights : array or None
        Weights of the units; None takes all alike.
    covariance_of_means : array or None
        Covariance (2 x 2, arm then reference) of the two means in place of the delta method's, such as one that counts
        the sampling of the covariates.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the tests of no difference and of a ratio of 1, and of the intervals.

    Returns
    -------
    Standardised
        The fit's reason everywhere where it has no coefficients. A ratio is "undefined" where a mean is not positive.

    Raises
    ------
    InvalidInput
        If a term is absent, or the two frames and the weights differ in length.

    Notes
    -----
    Ge M, Durham LK, Meyer RD, Xie W, Thomas N. Drug Inf J 2011;45:481-493.
    """
    limits(0.0, 1.0, level=level, alternative=alternative)
    x, x_ref = matrix_like(fit.names, data), matrix_like(fit.names, data_ref)
    if len(x) != len(x_ref) or not len(x):
        raise InvalidInput(f"{len(x)} and {len(x_ref)} rows: both arms need the same units, at least one.")
    share = np.full(len(x), 1.0) if weights is None else np.asarray(weights, dtype=float)
    if share.shape != (len(x),) or (share < 0).any() or not share.sum() > 0:
        raise InvalidInput(f"weights need {len(x)} numbers from 0, not all of them 0.")
    share = share / share.sum()
    if fit.coefficients is None:
        missing = Contrast(fit.n, None, reason=fit.reason)
        return Standardised(missing, missing, missing, missing, missing)
    link = LINKS[getattr(fit, "link", "logit")]
    means, gradients = [], []
    for matrix in (x, x_ref):
        eta = matrix @ fit.coefficients
        means.append(float(share @ link.inverse(eta)))
        gradients.append((share * link.slope(eta)) @ matrix)
    jacobian = np.array(gradients)
    covariance = None if fit.covariance is None else jacobian @ fit.covariance @ jacobian.T
    if covariance_of_means is not None:
        covariance = np.asarray(covariance_of_means, dtype=float)
    m, m_ref = means

    def value(number: float, gradient: tuple[float, float]) -> Contrast:
        g = np.array(gradient)
        squared = None if covariance is None else float(g @ covariance @ g)
        return contrast_of(fit.n, number, squared, fit, g @ jacobian, level, alternative)

    def ratio(over: float, under: float, gradient: tuple[float, float]) -> Contrast:
        if not (over > 0 and under > 0):
            return Contrast(fit.n, None, reason="undefined")
        found = value(log(over / under), gradient)
        if found.lower is None:
            return Contrast(fit.n, over / under, found.se, reason=found.reason)
        low, high = (exp(end) if end < inf else inf for end in (found.lower, found.upper))
        return Contrast(fit.n, over / under, found.se, found.df, low, high, p_value=found.p_value)

    odds, odds_ref = (v / (1 - v) if 0 < v < 1 else 0.0 for v in (m, m_ref))
    logits = tuple(s / (v * (1 - v)) if 0 < v < 1 else 0.0 for s, v in ((1, m), (-1, m_ref)))
    return Standardised(
        value(m, (1.0, 0.0)),
        value(m_ref, (0.0, 1.0)),
        value(m - m_ref, (1.0, -1.0)),
        ratio(m, m_ref, (1 / m, -1 / m_ref) if m > 0 and m_ref > 0 else (0.0, 0.0)),
        ratio(odds, odds_ref, logits),
    )
