"""Linear combinations of the coefficients of a fit with their intervals, and F tests of several at once."""

import numpy as np
from scipy.special import fdtrc

from helpers.stats._t_tests import FTest, TTest
from helpers.stats._wald import limits, p_value
from helpers.stats.regression._least_squares import LeastSquares


def combination(
    found: LeastSquares, weights: np.ndarray, n: int, level: float, alternative: str = "two-sided"
) -> TTest:
    """One linear combination with its interval and the test that it is 0; `n` is the number reported."""
    if found.reason:
        return TTest(n, None, reason=found.reason)
    value, squared = float(weights @ found.coefficients), float(weights @ found.covariance @ weights)
    if not squared > 0:
        return TTest(n, value, reason="no-variance")
    se, df = float(np.sqrt(squared)), found.degrees(weights)
    lower, upper = limits(value, se, level=level, alternative=alternative, df=df)
    return TTest(n, value, se, df, lower, upper, "", p_value(value / se, alternative, df=df), value / se)


def wald(found: LeastSquares, columns: slice) -> FTest:
    """F test that the coefficients of some columns are all 0."""
    df = columns.stop - columns.start
    if found.reason:
        return FTest(df, found.df, None, None, reason=found.reason)
    if not df:
        return FTest(0, found.df, None, None, reason="collinear")
    block, b = found.covariance[columns, columns], found.coefficients[columns]
    if np.linalg.matrix_rank(block, hermitian=True) < df:
        return FTest(df, found.df, None, None, reason="singular")
    f = float(b @ np.linalg.solve(block, b)) / df
    squares = float(b @ np.linalg.solve(found.inverse[columns, columns], b))
    return FTest(df, found.df, f, float(fdtrc(df, found.df, f)), squares)
