"""Summaries of one sample: its moments, quantiles and shape."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from helpers.errors import InvalidInput

#: Variation below this share of the size of the values is rounding, not variation.
NEGLIGIBLE = 1e-12

#: Quantile types of Hyndman and Fan, and what numpy calls them. SAS's definition 5 is type 2.
QUANTILES = {
    1: "inverted_cdf",
    2: "averaged_inverted_cdf",
    3: "closest_observation",
    4: "interpolated_inverted_cdf",
    5: "hazen",
    6: "weibull",
    7: "linear",
    8: "median_unbiased",
    9: "normal_unbiased",
}


@dataclass(frozen=True)
class Summary:
    """Of `n` values, in their own unit. SD and standard error need two values; everything but n needs one."""

    n: int
    mean: float | None
    sd: float | None
    median: float | None
    q1: float | None
    q3: float | None
    minimum: float | None = None
    maximum: float | None = None
    se: float | None = None


@dataclass(frozen=True)
class Moments:
    """Number, mean and standard deviation (n - 1) of a sample, where the values themselves are not at hand."""

    n: int
    mean: float
    sd: float

    def __post_init__(self):
        if int(self.n) != self.n or self.n < 1:
            raise InvalidInput(f"n is {self.n}; it must be a whole number above 0.")
        if not (isfinite(self.mean) and isfinite(self.sd) and self.sd >= 0):
            raise InvalidInput(f"mean {self.mean} and SD {self.sd}: both must be finite and the SD at least 0.")

    @property
    def variance(self) -> float:
        return self.sd**2


#: A sample: its values, of which missing ones are left out, or its moments.
Sample = Iterable[float] | Moments


def values_of(values: Iterable[float]) -> np.ndarray:
    """The values present, as floats; missing ones (None, NaN) are left out."""
    array = np.asarray(list(values), dtype=float)
    return array[np.isfinite(array)]


def moments(sample: Sample) -> Moments | None:
    """Moments of the values present; None where none is. The SD of one value is set to 0 and means nothing."""
    if isinstance(sample, Moments):
        return sample
    present = values_of(sample)
    if not present.size:
        return None
    sd = float(present.std(ddof=1)) if present.size > 1 and not constant(present) else 0.0
    return Moments(present.size, float(present.mean()), sd)


def constant(values: np.ndarray) -> bool:
    """Whether the values do not vary beyond rounding."""
    return bool(np.ptp(values) <= NEGLIGIBLE * max(1.0, float(np.abs(values).max())))


def summarise(values: Iterable[float], *, quantile_type: int = 7) -> Summary:
    """Number, mean, standard deviation (n - 1), median, quartiles, range and standard error of the values present.

    Parameters
    ----------
    values : iterable of float
        In any unit; missing ones are left out.
    quantile_type : int
        Of the quartiles, 1 to 9: 7 interpolates linearly, 2 averages at steps as SAS does by default, 6 as SPSS.

    Raises
    ------
    InvalidInput
        If the type is not one of 1 to 9.

    Notes
    -----
    Hyndman RJ, Fan Y. Am Stat 1996;50:361-365.
    """
    if quantile_type not in QUANTILES:
        raise InvalidInput(f"quantile_type is {quantile_type}; the types are 1 to 9.")
    present = values_of(values)
    if not present.size:
        return Summary(0, None, None, None, None, None)
    q1, q3 = (float(q) for q in np.quantile(present, [0.25, 0.75], method=QUANTILES[quantile_type]))
    sd = float(present.std(ddof=1)) if present.size > 1 else None
    return Summary(
        present.size, float(present.mean()), sd, float(np.median(present)), q1, q3, float(present.min()),
        float(present.max()), sd / sqrt(present.size) if sd is not None else None,
    )  # fmt: skip


def skewness(values: Iterable[float], *, kind: int = 2) -> float | None:
    """Skewness of the values present; None below three values or where they do not vary.

    Parameters
    ----------
    values : iterable of float
        Missing ones are left out.
    kind : {1, 2, 3}
        1: third moment over the variance to 3/2, both with n. 2: corrected for bias under normality, as SAS. 3: the
        third moment with n over the sample variance to 3/2, as MINITAB.

    Raises
    ------
    InvalidInput
        If the kind is not one of these.

    Notes
    -----
    Joanes DN, Gill CA. Statistician 1998;47:183-189.
    """
    shape = _shape(values, 3, kind)
    if shape is None:
        return None
    n, plain = shape
    return {1: plain, 2: plain * sqrt(n * (n - 1)) / (n - 2), 3: plain * ((n - 1) / n) ** 1.5}[kind]


def kurtosis(values: Iterable[float], *, kind: int = 2) -> float | None:
    """Excess kurtosis of the values present, kinds as in `skewness`; None below four values or without variation."""
    shape = _shape(values, 4, kind)
    if shape is None:
        return None
    n, plain = shape
    return {
        1: plain - 3,
        2: (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (plain - 3) + 6),
        3: plain * (1 - 1 / n) ** 2 - 3,
    }[kind]


def _shape(values: Iterable[float], power: int, kind: int) -> tuple[int, float] | None:
    if kind not in (1, 2, 3):
        raise InvalidInput(f"kind is {kind}; it is 1, 2 or 3.")
    present = values_of(values)
    if present.size < power or constant(present):
        return None
    centred = present - present.mean()
    return present.size, float((centred**power).mean() / (centred**2).mean() ** (power / 2))
