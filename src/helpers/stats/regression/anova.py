"""Analysis of variance of a linear model: sums of squares of type I, II or III with their F tests."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
from scipy.special import fdtrc

from helpers.errors import InvalidInput
from helpers.stats._t_tests import FTest
from helpers.stats.regression._least_squares import LeastSquares, fit
from helpers.stats.regression._reporting import wald
from helpers.stats.regression._terms import Term, Terms, read


def anova(
    data: pd.DataFrame,
    *,
    outcome: str,
    covariates: Sequence[str] = (),
    factors: Sequence[str] = (),
    interactions: Sequence[Sequence[str]] = (),
    order: Sequence[str] = (),
    kind: int = 3,
    references: Mapping[str, Hashable] | None = None,
    variances: str = "equal",
) -> dict[str, FTest]:
    """F tests of the terms of a linear model.

    Parameters
    ----------
    data, outcome, covariates, factors, interactions, references, variances
        As in `linear`, `variances` for type III only.
    order : sequence of str
        Order of the main effects for type I; factors before covariates where none is given.
    kind : {1, 2, 3}
        1: each term after those before it. 2: each term after all that do not contain it. 3: each term after all
        others, effects of factors summing to zero.

    Returns
    -------
    dict
        Term ("arm", "age", "arm:age") -> FTest; reasons as in `linear`. An effect in an interaction with a covariate
        is tested, under type III, where the covariate is 0.

    Raises
    ------
    InvalidInput
        If a column is absent or not numeric, or an option is not allowed.

    Notes
    -----
    Yates F. J Am Stat Assoc 1934;29:51-66 (type III, where every combination of factors was seen); type II as in R's
    car.
    """
    if kind not in (1, 2, 3) or (kind != 3 and variances != "equal"):
        raise InvalidInput(f"kind is {kind}; it is 1, 2 or 3, and variances other than equal need 3.")
    terms, columns, y = read(
        data, outcome=outcome, covariates=covariates, factors=factors, interactions=interactions,
        references=references or {},
    )  # fmt: skip
    if order:
        mains = [term for term in terms.terms if len(term) == 1]
        if sorted(order) != sorted(name for (name,) in mains):
            raise InvalidInput(f"order is {', '.join(order)}; it has to name every factor and covariate once.")
        terms = replace(terms, terms=(*((name,) for name in order), *(t for t in terms.terms if len(t) > 1)))
    if kind == 3:
        return type_three(terms, columns, y, variances=variances, by=factors[0] if factors else None)
    full = fit(terms.matrix(columns, len(y)), y)
    if full.reason:
        return {name(t): FTest(_width(terms, t), full.df, None, None, reason=full.reason) for t in terms.terms}
    found = {}
    for position, term in enumerate(terms.terms):
        if kind == 1:
            without = terms.terms[:position]
        else:
            without = tuple(t for t in terms.terms if t != term and not set(term) <= set(t))
        squares = _residual(terms, without, columns, y) - _residual(terms, (*without, term), columns, y)
        df = _width(terms, term)
        if not df:
            found[name(term)] = FTest(0, full.df, None, None, reason="collinear")
            continue
        f = squares / df / full.sigma**2
        found[name(term)] = FTest(df, full.df, f, float(fdtrc(df, full.df, max(0.0, f))), squares)
    return found


def type_three(
    terms: Terms, columns: Mapping, y, *, variances: str = "equal", by: str | None = None
) -> dict[str, FTest]:
    """Type III tests of all terms."""
    coded = replace(terms, coding="sum")
    groups = columns[by] if by is not None and variances == "by-group" else None
    found = fit(coded.matrix(columns, len(y)), y, variances=variances, groups=groups)
    return {name(term): wald(found, columns_of) for term, columns_of in coded.blocks.items()}


def name(term: Term) -> str:
    """How a term is called in the result."""
    return ":".join(term)


def _width(terms: Terms, term: Term) -> int:
    block = terms.blocks[term]
    return block.stop - block.start


def _residual(terms: Terms, kept: Sequence[Term], columns: Mapping, y) -> float:
    """Residual sum of squares of the model with the terms kept."""
    found: LeastSquares = fit(replace(terms, terms=tuple(kept)).matrix(columns, len(y)), y)
    return 0.0 if found.reason == "no-variance" else found.sum_of_squares
