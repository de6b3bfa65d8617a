"""Lin's concordance correlation coefficient of two readings."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import quantile
from helpers.stats.agreement._readings import two_readers
from helpers.stats.summary import constant


@dataclass(frozen=True)
class Concordance(Interval):
    """A concordance correlation of `n` objects with its standard error.

    It is `precision`, Pearson's correlation, times `accuracy`, how near the best line is to that of equality;
    `scale_shift` is the ratio of the second SD to the first, `location_shift` the difference of the means, second minus
    first, over the geometric mean of both SDs.
    """

    n: int = 0
    se: float | None = None
    precision: float | None = None
    accuracy: float | None = None
    scale_shift: float | None = None
    location_shift: float | None = None


def concordance(
    first: Iterable[float], second: Iterable[float], *, interval: str = "fisher", level: float = 0.95
) -> Concordance:
    """Lin's concordance correlation coefficient.

    Parameters
    ----------
    first, second : iterables of float
        The two readings of each object, in the same order and unit; an object with one missing is left out.
    interval : {"fisher", "normal"}
        On Fisher's scale, or plus and minus the standard error.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Concordance
        In [-1, 1]. "too-few" below three objects; "no-variance" without a value where all readings are equal, and
        without an interval where one reader's do not vary or both agree perfectly; "undefined" without an interval
        where Pearson's correlation is 0.

    Raises
    ------
    InvalidInput
        If the two differ in length, or an option is not allowed.

    Notes
    -----
    Lin LI. Biometrics 1989;45:255-268, with the correction 2000;56:324-325. Variances have n below the line.
    """
    check_level(level)
    check_choice("interval", interval, ("fisher", "normal"))
    matrix = two_readers(first, second)
    n = len(matrix)
    if n < 3:
        return Concordance(None, None, None, "too-few", n)
    if constant(matrix.ravel()):
        return Concordance(None, None, None, "no-variance", n)
    (mean, mean_two), (v, w) = matrix.mean(axis=0).tolist(), matrix.var(axis=0).tolist()
    shift = mean_two - mean
    if constant(matrix[:, 0]) or constant(matrix[:, 1]):
        return Concordance(0.0, None, None, "no-variance", n)
    covariance = float(((matrix[:, 0] - mean) * (matrix[:, 1] - mean_two)).mean())
    rho = 2 * covariance / (v + w + shift**2)
    r = float(np.clip(covariance / sqrt(v * w), -1, 1))
    u, facts = shift / (v * w) ** 0.25, {"n": n, "precision": r, "scale_shift": sqrt(w / v)}
    accuracy = 2 / (sqrt(w / v) + sqrt(v / w) + u * u)
    facts |= {"accuracy": accuracy, "location_shift": u}
    if abs(r) >= 1 - 1e-12 and abs(rho) >= 1 - 1e-12:
        return Concordance(float(np.sign(rho)), None, None, "no-variance", **facts)
    if not r:
        return Concordance(0.0, None, None, "undefined", **facts)
    squared = (
        (1 - r * r) * rho**2 * (1 - rho**2) / r**2
        + 2 * rho**3 * (1 - rho) * u**2 / r
        - rho**4 * u**4 / (2 * r**2)
    ) / (n - 2)  # fmt: skip
    if not squared > 0:
        return Concordance(rho, None, None, "no-variance", **facts)
    se, z = sqrt(squared), quantile(level)
    if interval == "normal":
        return Concordance(rho, rho - z * se, rho + z * se, se=se, **facts)
    half = z * se / (1 - rho**2)
    return Concordance(rho, tanh(atanh(rho) - half), tanh(atanh(rho) + half), se=se, **facts)
