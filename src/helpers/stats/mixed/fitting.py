"""Fitting a linear mixed model to a frame."""

from collections.abc import Sequence
from math import log

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats.mixed.catalogue import structure_of
from helpers.stats.mixed.design import design_of
from helpers.stats.mixed.model import Fit
from helpers.stats.mixed.results import Parameter
from helpers.stats.mixed.solve import solve


def fit(
    data: pd.DataFrame,
    *,
    formula: str,
    subject: str,
    visit: str | Sequence[str] | None = None,
    structure: str = "UN",
    method: str = "REML",
    group: str | None = None,
    weights: str | None = None,
    start: Sequence[float] | None = None,
) -> Fit:
    """Fit a linear model whose rows are correlated within subjects.

    Parameters
    ----------
    data : DataFrame
        One row a subject and visit. Rows with a missing value in any column used are left out and counted.
    formula : str
        Outcome and fixed effects, such as "change ~ arm * visit + baseline"; text, booleans and categoricals are
        factors in treatment coding against their first level, and C(x) makes a number one.
    subject : str
        Column of the subject (or cluster); rows of different subjects are independent.
    visit : str, sequence of str, optional
        Column that places a row within its subject, its categories in order; for spatial structures one or more
        numeric coordinates. None for exchangeable rows ("CS", "RI", "VC").
    structure : str
        "UN" unstructured; "CS" and "CSH" compound symmetry; "AR1", "AR1H" autoregressive; "TOEP", "TOEPH" Toeplitz;
        "AD", "ADH" ante-dependence; "VC" independence, "UN1" the same with a variance for each visit; "SP_EXP",
        "SP_GAU" spatial; "RI" a random intercept, whose variance is not negative; "RIS" a random intercept and slope
        over the coordinate in `visit`. A final H stands for a variance of each visit.
    method : str
        "REML" or "ML".
    group : str, optional
        Column, constant within a subject, each level of which has covariance parameters of its own.
    weights : str, optional
        Column of positive weights; the variance of a row is divided by its weight (SAS WEIGHT, mmrm weights).
    start : sequence of float, optional
        Starting values of the unconstrained parameters, tried first: `theta` of an earlier fit.

    Returns
    -------
    Fit
        With `reason` "too-few" (no more rows than columns, fewer than two subjects), "collinear" (columns of the
        design), "no-variance" (nothing left to explain), "singular" (the data do not identify the covariance, or its
        estimate is on the edge) or "not-converged".

    Raises
    ------
    InvalidInput
        For unknown columns, structures and methods, a formula that cannot be read or has no outcome, two rows of a
        subject at one visit, a group that changes within a subject, weights that are not positive.

    Notes
    -----
    Laird NM, Ware JH. Biometrics 1982;38:963-974; Jennrich RI, Schluchter MD. Biometrics 1986;42:805-820. The
    likelihood is maximised with Newton's method in orthonormal columns and a scaled outcome, then with BFGS and with
    Nelder-Mead, each from several starts (the first from moments of the residuals); a fit counts as converged where
    the gradient vanishes and the Hessian is definite. With a dozen subjects the likelihood can have a second maximum
    (1 in 100 simulated sets); the first one found is given, as SAS and mmrm do, and `start` looks elsewhere.
    statsmodels' MixedLM has no such structures and only normal tests.
    """
    if structure == "RI" and group is not None:
        raise InvalidInput("structure RI has no groups; take CS, which may give a negative covariance.")
    if method not in ("REML", "ML"):
        raise InvalidInput(f"method is {method!r}; it is 'REML' or 'ML'.")
    kind = structure_of(structure)
    design = design_of(
        data, formula=formula, subject=subject, visit=visit, structure=kind, group=group, weights=weights
    )
    known = dict(
        names=design.names,
        structure=structure,
        method=method,
        n=design.n,
        n_subjects=len(design.subjects),
        n_read=design.n_read,
        n_missing=design.n_missing,
        visits=design.visits,
        absent=design.absent,
        design=design,
    )
    solution = solve(design, kind, method, start)
    known |= dict(optimiser=solution.optimiser, iterations=solution.iterations)
    if solution.reason:
        return Fit(**known, reason=solution.reason)
    found, theirs = solution.parameters
    parameters = [Parameter(*p, float(se)) for p, se in zip(found, np.sqrt(np.diag(theirs)), strict=True)]
    if solution.boundary:
        parameters.insert(0, Parameter("Intercept", None, 0.0, None))
    count = solution.likelihood.n_parameters + (len(design.names) if method == "ML" else 0)
    return Fit(
        **known,
        coefficients=solution.coefficients,
        covariance=solution.back @ solution.point.phi @ solution.back.T,
        sigmas=solution.sigmas,
        parameters=tuple(parameters),
        theta=None if solution.boundary else solution.theta,
        loglik=-solution.deviance / 2,
        aic=solution.deviance + 2 * count,
        bic=solution.deviance + log(design.n_read) * count,
        boundary=solution.boundary,
        solution=solution,
    )
