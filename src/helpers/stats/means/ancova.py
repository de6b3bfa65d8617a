"""Analysis of covariance: means by arm adjusted for covariates and factors, their contrasts, and the tests of terms."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import isfinite

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._t_tests import FTest, TTest
from helpers.stats._types import Contrast, Estimate, check_choice, check_level
from helpers.stats.means._studentised import adjusted
from helpers.stats.regression._least_squares import LeastSquares, check_variances, fit
from helpers.stats.regression._reporting import combination
from helpers.stats.regression._terms import Terms, ordered_levels, read
from helpers.stats.regression.anova import type_three

WEIGHTS = ("equal", "proportional", "outer")
ADJUSTMENTS = ("none", "tukey", "bonferroni", "sidak", "scheffe")


@dataclass(frozen=True)
class Ancova:
    """Adjusted means by arm and their contrasts with the reference arm.

    `pairs` holds all differences of two arms, first minus second, adjusted for their number if asked for; `tests` the
    type III F test of every term; `coefficients` those of the model, the reference arm and first levels left out;
    `sigma` the residual standard deviation on `df` degrees of freedom.
    """

    means: dict[Hashable, Estimate]
    contrasts: dict[Hashable, Contrast]
    pairs: dict[tuple[Hashable, Hashable], Contrast] = field(default_factory=dict)
    tests: dict[str, FTest] = field(default_factory=dict)
    coefficients: dict[str, Contrast] = field(default_factory=dict)
    sigma: float | None = None
    df: int | None = None


def ancova(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: Hashable,
    covariates: Sequence[str] = (),
    factors: Sequence[str] = (),
    interactions: Sequence[Sequence[str]] = (),
    at: Mapping[str, float] | None = None,
    weights: str = "equal",
    variances: str = "equal",
    degrees: str = "residual",
    adjust: str = "none",
    level: float = 0.95,
) -> Ancova:
    """Means by arm adjusted by ordinary least squares, and their contrasts.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing outcome, arm, covariate or factor are left out.
    outcome, arm : str
        Columns of the outcome and of the arm's code.
    reference : str
        Code of the reference arm.
    covariates : sequence of str
        Numeric columns.
    factors : sequence of str
        Columns of classes, such as a region or a centre.
    interactions : sequence of sequences of str
        Products of arm, covariates and factors, such as ("arm", "baseline") for slopes by arm.
    at : mapping of column to value
        Where the adjusted means stand: a value of a covariate, or a level of a factor. Covariates not named stand at
        their average over the rows used, and their products at the product of the averages.
    weights : {"equal", "proportional", "outer"}
        How the means are averaged over the levels of factors: equally, by how often a combination of levels was seen,
        or by the product of how often each level was seen.
    variances : {"equal", "hc0", "hc1", "hc2", "hc3", "by-group"}
        Of the errors, as in `regression.linear`; "by-group" gives each arm its own and, without covariates, Welch's
        test.
    degrees : {"residual", "satterthwaite"}
        As in `regression.linear`.
    adjust : {"none", "tukey", "bonferroni", "sidak", "scheffe"}
        Of the p-values and limits of `pairs`; those of `contrasts` are never adjusted.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Ancova
        In the unit of the outcome, `means` for every arm seen and the reference, `contrasts` for every arm but the
        reference. Everything but n is None where an arm has fewer than two rows or no degree of freedom is left
        ("too-few"), where a covariate is constant or determined by the others and the arms ("collinear"), or where the
        model leaves no residual variation ("no-variance").

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, or an option is not allowed.

    Notes
    -----
    The adjusted means are those of SAS's LSMEANS and R's emmeans. Under type III the arms are compared where a
    covariate that they interact with is 0, as in SAS; the contrasts stand where `at` says.
    """
    check_level(level)
    check_variances(variances, degrees)
    check_choice("weights", weights, WEIGHTS)
    check_choice("adjust", adjust, ADJUSTMENTS)
    terms, columns, y = read(
        data, outcome=outcome, covariates=covariates, factors=[arm, *factors], interactions=interactions,
        references={arm: reference},
    )  # fmt: skip
    arms = [reference, *(a for a in ordered_levels(data[arm]) if a != reference)]
    counts = {a: int((columns[arm] == a).sum()) for a in arms}
    if len(arms) < 2 or min(counts.values()) < 2:
        return _unestimable(counts, reference, "too-few")
    found = fit(terms.matrix(columns, len(y)), y, variances=variances, degrees=degrees, groups=columns[arm])
    if found.reason:
        return _unestimable(counts, reference, found.reason)
    places = _places(terms, columns, arm, arms, at or {}, weights)
    return _report(found, terms, columns, y, arm, counts, places, variances, adjust, level)


def _places(
    terms: Terms, columns: Mapping[str, np.ndarray], arm: str, arms: Sequence[Hashable], at: Mapping, weights: str
) -> dict[Hashable, np.ndarray]:
    """Of every arm the combination of coefficients that is its adjusted mean."""
    factors = [f for f in terms.levels if f != arm]
    unknown = [name for name in at if name not in columns or name == arm]
    if unknown:
        raise InvalidInput(f"at names {', '.join(map(str, unknown))}, no covariate or factor of the model.")
    for name, value in at.items():
        known = value in terms.levels[name] if name in terms.levels else isfinite(value)
        if not known:
            raise InvalidInput(f"at holds {value!r} for {name}, which is no level of it and no finite number.")
    grid = list(product(*((at[f],) if f in at else terms.levels[f] for f in factors)))
    shares = _shares(grid, [columns[f] for f in factors], weights)
    values = {
        name: np.full(len(grid), float(at[name]) if name in at else column.mean())
        for name, column in columns.items()
        if name not in terms.levels
    }
    for position, factor in enumerate(factors):
        values[factor] = np.array([cell[position] for cell in grid], dtype=object)
    found = {}
    for name in arms:
        values[arm] = np.array([name] * len(grid), dtype=object)
        found[name] = shares @ terms.matrix(values, len(grid))
    return found


def _shares(grid: Sequence[tuple], columns: Sequence[np.ndarray], weights: str) -> np.ndarray:
    """How much each combination of levels counts; they add up to 1."""
    if weights == "equal" or not columns:
        return np.full(len(grid), 1 / len(grid))
    seen = [[np.asarray(column == level) for column, level in zip(columns, cell, strict=True)] for cell in grid]
    if weights == "outer":
        share = np.array([np.prod([s.mean() for s in cell]) for cell in seen])
    else:
        share = np.array([np.logical_and.reduce(cell).mean() for cell in seen])
    return share / share.sum()


def _report(
    found: LeastSquares,
    terms: Terms,
    columns: Mapping[str, np.ndarray],
    y: np.ndarray,
    arm: str,
    counts: Mapping[Hashable, int],
    places: Mapping[Hashable, np.ndarray],
    variances: str,
    adjust: str,
    level: float,
) -> Ancova:
    arms, reference = list(counts), next(iter(counts))
    means = {}
    for name in arms:
        mean = combination(found, places[name], counts[name], level)
        means[name] = Estimate(mean.n, mean.estimate, mean.se, mean.df, mean.lower, mean.upper, mean.reason)

    def difference(one: Hashable, other: Hashable) -> TTest:
        return combination(found, places[one] - places[other], counts[one] + counts[other], level)

    couples = [(one, other) for i, one in enumerate(arms) for other in arms[i + 1 :]]
    pairs = {
        pair: adjusted(difference(*pair), adjust, means=len(arms), pairs=len(couples), level=level) for pair in couples
    }
    coefficients = {
        name: combination(found, row, len(y), level)
        for name, row in zip(terms.names, np.eye(len(terms.names)), strict=True)
    }
    return Ancova(
        means,
        {name: difference(name, reference) for name in arms[1:]},
        pairs,
        type_three(terms, columns, y, variances=variances, by=arm),
        coefficients,
        found.sigma,
        found.df,
    )


def _unestimable(counts: Mapping[Hashable, int], reference: Hashable, reason: str) -> Ancova:
    means = {a: Estimate(n, None, reason=reason) for a, n in counts.items()}
    contrasts = {a: TTest(n + counts[reference], None, reason=reason) for a, n in counts.items() if a != reference}
    arms = list(counts)
    pairs = {
        (one, other): TTest(counts[one] + counts[other], None, reason=reason)
        for i, one in enumerate(arms)
        for other in arms[i + 1 :]
    }
    return Ancova(means, contrasts, pairs)
