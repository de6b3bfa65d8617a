"""Residuals of a mixed model against the normal distribution: their shape, and means of groups of them in order."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import known_reason
from helpers.stats.mixed.model import Fit
from helpers.stats.summary import kurtosis, skewness

#: Fewest residuals of a group, so that its mean is nobody's value.
FEWEST = 3


@dataclass(frozen=True)
class Residuals:
    """Shape of `n` residuals, without unit; everything is None or empty where `reason` is set.

    `skewness` and excess `kurtosis` have the standard errors of a normal sample of this size. `observed` are the means
    of equal groups of the residuals in their order, in standard deviations, `expected` those of a normal sample.
    """

    n: int
    skewness: float | None = None
    skewness_se: float | None = None
    kurtosis: float | None = None
    kurtosis_se: float | None = None
    observed: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def residuals(fit: Fit | None, *, groups: int = 5) -> Residuals:
    """Residuals decorrelated by the fitted covariance, which are independent and normal if the model holds.

    They depend on the order of a subject's rows, each being freed of what those before it foretell.

    Parameters
    ----------
    fit : Fit or None
        A fitted model; None where there is none.
    groups : int
        Into how many groups of neighbours the ordered residuals are divided, the lowest first.

    Returns
    -------
    Residuals
        With `reason` "too-few" without a model or with fewer than three residuals a group, that of the model where it
        could not be fitted, "no-variance" where the residuals do not vary.

    Raises
    ------
    InvalidInput
        If there is less than one group.

    Notes
    -----
    Residuals of each subject times the inverse Cholesky factor of its covariance: Fitzmaurice GM, Laird NM, Ware JH.
    Applied longitudinal analysis, 2nd ed., Wiley 2011, section 10.4. Normal scores: Blom G. Statistical estimates and
    transformed beta-variables, Wiley 1958. Shape corrected for bias, its errors as SAS and SPSS: Joanes DN, Gill CA.
    Statistician 1998;47:183-189.
    """
    if groups < 1:
        raise InvalidInput(f"groups is {groups}; there has to be one.")
    if fit is None or fit.reason:
        return Residuals(0, reason=fit.reason if fit else "too-few")
    values = np.sort(np.concatenate(fit.solution.decorrelated[1]))
    n = len(values)
    if n < max(FEWEST * groups, 4):
        return Residuals(n, reason="too-few")
    skew, kurt = skewness(values), kurtosis(values)
    if skew is None or kurt is None:
        return Residuals(n, reason="no-variance")
    skew_se = sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    kurt_se = 2 * skew_se * sqrt((n * n - 1) / ((n - 3) * (n + 5)))
    standardised = (values - values.mean()) / values.std(ddof=1)
    scores = ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    return Residuals(n, skew, skew_se, kurt, kurt_se, _means(standardised, groups), _means(scores, groups))


def _means(ordered: np.ndarray, groups: int) -> tuple[float, ...]:
    return tuple(float(part.mean()) for part in np.array_split(ordered, groups))
