"""Outcome and design matrix of a regression, read from named columns of a frame, and how its fit is reported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import Contrast, known_reason
from helpers.stats._wald import limits, p_value

INTERCEPT = "Intercept"


@dataclass(frozen=True)
class Design:
    """Outcome and numeric terms of the rows without a missing value, and how many rows had one."""

    y: np.ndarray
    x: np.ndarray
    names: tuple[str, ...]
    rows: pd.DataFrame
    left_out: int

    @property
    def is_full_rank(self) -> bool:
        """Whether no column is determined by the others; judged after scaling, so that units do not matter."""
        lengths = np.maximum(np.linalg.norm(self.x, axis=0), np.finfo(float).tiny)
        return int(np.linalg.matrix_rank(self.x / lengths)) == self.x.shape[1]


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of a regression with their covariance matrix.

    `names`, `coefficients` and `covariance` are in one order. `degrees` gives the degrees of freedom of a linear
    combination, None meaning the normal distribution. `n` rows were used and `left_out` were not, for a missing value.
    Without an estimate `coefficients` and `covariance` are None and `reason` says why; without a covariance only that.
    """

    names: tuple[str, ...]
    coefficients: np.ndarray | None
    covariance: np.ndarray | None
    n: int
    left_out: int = 0
    degrees: Callable[[np.ndarray], float | None] = field(default=lambda weights: None, repr=False)
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)

    def contrast(
        self, weights: Mapping[str, float] | Sequence[float], *, level: float = 0.95, alternative: str = "two-sided"
    ) -> Contrast:
        """A linear combination of the coefficients with its interval and test, on the scale of the link.

        Parameters
        ----------
        weights : mapping of term to weight, or one weight a coefficient
            Terms not named have the weight 0.
        level : float
            Confidence level, 0 < level < 1.
        alternative : {"two-sided", "greater", "less"}
            Of the test of 0 and of the interval.
        """
        vector = self.weights(weights)
        limits(0.0, 1.0, level=level, alternative=alternative)
        if self.coefficients is None:
            return Contrast(self.n, None, reason=self.reason)
        value = float(vector @ self.coefficients)
        squared = float(vector @ self.covariance @ vector) if self.covariance is not None else None
        return contrast_of(self.n, value, squared, self, vector, level, alternative)

    def coefficient(self, name: str, *, level: float = 0.95, alternative: str = "two-sided") -> Contrast:
        """One coefficient with its interval and test."""
        return self.contrast({name: 1.0}, level=level, alternative=alternative)

    def weights(self, weights: Mapping[str, float] | Sequence[float]) -> np.ndarray:
        """Weights as a vector in the order of the coefficients."""
        if isinstance(weights, Mapping):
            unknown = [name for name in weights if name not in self.names]
            if unknown:
                raise InvalidInput(f"no term {', '.join(map(str, unknown))}; the model has {', '.join(self.names)}.")
            return np.array([float(weights.get(name, 0.0)) for name in self.names])
        vector = np.asarray(weights, dtype=float)
        if vector.shape != (len(self.names),):
            raise InvalidInput(f"{vector.size} weights for {len(self.names)} coefficients.")
        return vector


def contrast_of(
    n: int, value: float, squared: float | None, fit: Fit, gradient: np.ndarray, level: float, alternative: str
) -> Contrast:
    """A value with the interval and test that its variance and the fit's degrees of freedom give."""
    if squared is None:
        return Contrast(n, value, reason=fit.reason or "singular")
    if not squared > 0:
        return Contrast(n, value, reason="no-variance")
    se, df = float(np.sqrt(squared)), fit.degrees(gradient)
    if df is not None and not df > 0:
        return Contrast(n, value, se, reason="too-few")
    lower, upper = limits(value, se, level=level, alternative=alternative, df=df)
    return Contrast(n, value, se, df, lower, upper, p_value=p_value(value / se, alternative, df=df))


def read_design(
    data: pd.DataFrame, outcome: str, terms: Sequence[str], *, intercept: bool = True, others: Sequence[str] = ()
) -> Design:
    """The outcome, the terms and further columns of the rows in which none of them is missing."""
    columns = list(dict.fromkeys([outcome, *terms, *others]))
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(map(str, absent))} in the data of the model.")
    if not terms and not intercept:
        raise InvalidInput("a model needs an intercept or at least one term.")
    used = data[columns].dropna()
    try:
        y = used[outcome].to_numpy(dtype=float)
        x = np.column_stack([np.ones(len(used))] * intercept + [used[t].to_numpy(dtype=float) for t in terms])
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"outcome and terms have to be numbers: {error}.") from None
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise InvalidInput("outcome and terms have to be finite numbers.")
    names = (INTERCEPT, *terms) if intercept else tuple(terms)
    return Design(y, x.reshape(len(used), len(names)), names, used, len(data) - len(used))


def matrix_like(names: Sequence[str], data: pd.DataFrame) -> np.ndarray:
    """The design matrix of a fitted model for other rows."""
    terms = [n for n in names if n != INTERCEPT]
    absent = [t for t in terms if t not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data to predict for.")
    x = np.column_stack([np.ones(len(data)) if n == INTERCEPT else data[n].to_numpy(dtype=float) for n in names])
    if not np.isfinite(x).all():
        raise InvalidInput("the data to predict for hold a missing or infinite value.")
    return x


def check_binary(y: np.ndarray, name: str) -> None:
    """Refuse an outcome other than 0 and 1."""
    if not np.isin(y, (0.0, 1.0)).all():
        raise InvalidInput(f"column {name} holds {sorted(set(y))[:5]}; a binary outcome is 0 or 1.")
