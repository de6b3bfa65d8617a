"""A linear regression: its coefficients with intervals, on numeric columns, factors and their products."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._t_tests import TTest
from helpers.stats._types import known_reason
from helpers.stats._wald import quantile
from helpers.stats.regression._least_squares import fit
from helpers.stats.regression._reporting import combination
from helpers.stats.regression._terms import read

#: A coefficient, in units of the outcome per unit of its column, with its interval and the t test that it is 0.
Coefficient = TTest


@dataclass(frozen=True)
class Regression:
    """A linear regression on `n` rows.

    `sigma` is the residual standard deviation in the unit of the outcome, `r_squared` the share of the variance
    explained, `adjusted_r_squared` the same less what chance explains.
    """

    n: int
    df: int
    coefficients: dict[str, Coefficient]
    sigma: float | None = None
    r_squared: float | None = None
    adjusted_r_squared: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def linear(
    data: pd.DataFrame,
    *,
    outcome: str,
    covariates: Sequence[str] = (),
    factors: Sequence[str] = (),
    interactions: Sequence[Sequence[str]] = (),
    references: Mapping[str, Hashable] | None = None,
    variances: str = "equal",
    degrees: str = "residual",
    by: str | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Regression:
    """Ordinary least squares of an outcome on columns of a frame.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value in a column used are left out.
    outcome : str
        Numeric column.
    covariates, factors : sequence of str
        Numeric columns, and columns of classes.
    interactions : sequence of sequences of str
        Products of covariates or factors named before.
    references : mapping of factor to level
        The level others are compared with; the first in order where none is given.
    variances : {"equal", "hc0", "hc1", "hc2", "hc3", "by-group"}
        How the errors vary: equally, by their squared residuals (HC3 is the cautious choice for small samples), or with
        one variance for each level of the factor `by`.
    degrees : {"residual", "satterthwaite"}
        Of the t distribution with "hc0" to "hc3". "by-group" always has Satterthwaite's.
    by : str
        Factor of "by-group"; the first factor where none is given.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the tests and the intervals.

    Returns
    -------
    Regression
        Coefficients under "Intercept", "age", "arm[A]", "arm[A]:age". Without numbers where no degree of freedom is
        left or, with "hc2", "hc3" and "by-group", a row decides a coefficient alone ("too-few"), where a column is
        determined by the others ("collinear"), or where no residual variation is left ("no-variance").

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, or an option is not allowed.

    Notes
    -----
    White H. Econometrica 1980;48:817-838. MacKinnon JG, White H. J Econometrics 1985;29:305-325 (HC1 to HC3). Bell RM,
    McCaffrey DF. Surv Methodol 2002;28:169-181 (degrees of freedom).
    """
    quantile(level, alternative)
    terms, columns, y = read(
        data, outcome=outcome, covariates=covariates, factors=factors, interactions=interactions,
        references=references or {},
    )  # fmt: skip
    groups = group_column(columns, factors, variances, by)
    found = fit(terms.matrix(columns, len(y)), y, variances=variances, degrees=degrees, groups=groups)
    coefficients = {
        name: combination(found, row, len(y), level, alternative)
        for name, row in zip(terms.names, np.eye(len(terms.names)), strict=True)
    }
    if found.reason:
        return Regression(len(y), found.df, coefficients, reason=found.reason)
    total = float(((y - y.mean()) ** 2).sum())
    share = 1 - found.sum_of_squares / total if total else None
    adjusted = None if share is None else 1 - (1 - share) * (len(y) - 1) / found.df
    return Regression(len(y), found.df, coefficients, found.sigma, share, adjusted)


def group_column(
    columns: Mapping[str, np.ndarray], factors: Sequence[str], variances: str, by: str | None
) -> np.ndarray | None:
    """The factor whose levels have variances of their own."""
    if variances != "by-group":
        return None
    chosen = by if by is not None else factors[0] if factors else None
    if chosen not in factors:
        raise InvalidInput(f"variances by group need a factor of the model; {chosen!r} is none.")
    return columns[chosen]
