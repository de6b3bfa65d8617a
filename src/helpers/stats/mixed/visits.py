"""The mixed model for repeated measures of a trial: arms by visits."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import Contrast, Estimate, known_reason
from helpers.stats.mixed._trial import check_answers, quoted, trial_frame
from helpers.stats.mixed.catalogue import structure_of
from helpers.stats.mixed.fitting import fit
from helpers.stats.mixed.model import Fit


@dataclass(frozen=True)
class Mmrm:
    """Least-squares means by arm and visit and their contrasts with the reference arm, in the unit of the outcome.

    `means` and `contrasts` have keys (arm, visit), n counting the patients of the arm (or of both arms) with an outcome
    at the visit; `average_means` and `average_contrasts`, by arm, are averages over the visits asked for. `structure`
    is the covariance structure used, and `attempts` those that failed before it with their reasons; `fit` the model.
    """

    means: Mapping[tuple[Hashable, Hashable], Estimate]
    contrasts: Mapping[tuple[Hashable, Hashable], Contrast]
    average_means: Mapping[Hashable, Estimate] = field(default_factory=dict)
    average_contrasts: Mapping[Hashable, Contrast] = field(default_factory=dict)
    structure: str | None = None
    attempts: tuple[tuple[str, str], ...] = ()
    n: int = 0
    n_subjects: int = 0
    n_missing: int = 0
    reason: str = ""
    fit: Fit | None = field(default=None, repr=False, compare=False)

    def __post_init__(self):
        known_reason(self.reason)


def mmrm(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: Hashable,
    subject: str,
    visit: str,
    covariates: Sequence[str] = (),
    factors: Sequence[str] = (),
    baseline_by_visit: bool | Sequence[str] = True,
    structures: Sequence[str] = ("UN", "TOEPH", "AR1H", "CSH", "CS"),
    method: str = "REML",
    group: str | None = None,
    df: str = "kenward-roger",
    level: float = 0.95,
    null: float = 0.0,
    alternative: str = "two-sided",
    covariance: str = "model",
    weights: str = "equal",
    average: bool | Sequence[Hashable] = False,
) -> Mmrm:
    """Mixed model for repeated measures with arm, visit and their interaction.

    Parameters
    ----------
    data : DataFrame
        One row a patient and visit after baseline; rows with a missing value are left out, which is valid where
        outcomes are missing at random.
    outcome, arm, subject, visit : str
        Columns; visits in the order of the category, or sorted.
    reference : hashable
        Code of the reference arm.
    covariates, factors : sequence of str
        Numeric columns, at whose means over the rows used the least-squares means stand, and categorical ones.
    baseline_by_visit : bool or sequence of str
        Whether the covariates (or those named) have a slope of their own at each visit.
    structures : sequence of str
        Covariance structures (see `fit`), tried in this order until one converges.
    method, group, df, covariance
        As in `fit` and `Fit.contrast`.
    level, null, alternative
        Confidence level, and hypothesis of the contrasts, as in `Fit.contrast`.
    weights : str
        How levels of the factors are averaged, as in `Fit.rows`.
    average : bool or sequence
        Also average over all visits, or over those named, with equal weights.

    Returns
    -------
    Mmrm
        With `reason` "too-few" where there is one arm or an arm has fewer than two patients, else that of the last
        structure where none converged; then every number but n is None.

    Raises
    ------
    InvalidInput
        For unknown columns, options, structures and visits to average.

    Notes
    -----
    Mallinckrodt CH, et al. Drug Inf J 2008;42:303-319. Kenward MG, Roger JH. Biometrics 1997;53:983-997.
    """
    check_answers(method=method, df=df, level=level, alternative=alternative, covariance=covariance, weights=weights)
    if not structures:
        raise InvalidInput("structures is empty; name at least one covariance structure.")
    for name in structures:
        structure_of(name)
    units = [subject, visit, *([group] if group else [])]
    frame, arms = trial_frame(
        data, outcome=outcome, arm=arm, reference=reference, units=units, covariates=covariates, factors=factors
    )
    if not isinstance(frame[visit].dtype, pd.CategoricalDtype):
        frame[visit] = frame[visit].astype("category")
    used = frame.dropna()
    visits = [v for v in frame[visit].cat.categories if (used[visit] == v).any()]
    averaged = _averaged(average, visits)
    counts = used.groupby([arm, visit], observed=False)[subject].nunique()
    n_at = {(a, v): int(counts.get((a, v), 0)) for a in arms for v in visits}
    patients = used.groupby(arm, observed=False)[subject].nunique()
    known = dict(n=len(used), n_subjects=int(used[subject].nunique()), n_missing=len(frame) - len(used))
    n_arm = {a: int(patients.get(a, 0)) for a in arms}

    def without(reason: str, attempts: tuple = ()) -> Mmrm:
        return Mmrm(
            {key: Estimate(n, None, reason=reason) for key, n in n_at.items()},
            {(a, v): Contrast(n_at[a, v] + n_at[reference, v], None, reason=reason) for a in arms[1:] for v in visits},
            {a: Estimate(n_arm[a], None, reason=reason) for a in arms if averaged},
            {a: Contrast(n_arm[a] + n_arm[reference], None, reason=reason) for a in arms[1:] if averaged},
            attempts=attempts,
            reason=reason,
            **known,
        )

    formula = _formula(outcome, arm, visit, covariates, factors, baseline_by_visit)
    if len(arms) < 2 or min(n_arm.values()) < 2:
        return without("too-few")
    attempts = []
    for name in structures:
        model = fit(frame, formula=formula, subject=subject, visit=visit, structure=name, method=method, group=group)
        if model.converged:
            break
        attempts.append((name, model.reason))
    else:
        return without(attempts[-1][1], tuple(attempts))
    points = [{arm: a, visit: v} for a in arms for v in visits]
    row = dict(zip(n_at, model.rows(points, weights=weights), strict=True))
    shared = dict(df=df, level=level, covariance=covariance)
    tested = dict(null=null, alternative=alternative)

    def mean(weights: np.ndarray, n: int) -> Estimate:
        c = model.contrast(weights, **shared)
        return Estimate(n, c.estimate, c.se, c.df, c.lower, c.upper, c.reason)

    def contrast(weights: np.ndarray, n: int) -> Contrast:
        c = model.contrast(weights, **shared, **tested)
        return Contrast(n, c.estimate, c.se, c.df, c.lower, c.upper, c.reason, c.p_value)

    over = {a: np.mean([row[a, v] for v in averaged], axis=0) for a in arms if averaged}
    return Mmrm(
        {key: mean(row[key], n) for key, n in n_at.items()},
        {
            (a, v): contrast(row[a, v] - row[reference, v], n_at[a, v] + n_at[reference, v])
            for a in arms[1:]
            for v in visits
        },
        {a: mean(over[a], n_arm[a]) for a in over},
        {a: contrast(over[a] - over[reference], n_arm[a] + n_arm[reference]) for a in over if a != reference},
        structure=model.structure,
        attempts=tuple(attempts),
        fit=model,
        **known,
    )


def _averaged(average: bool | Sequence[Hashable], visits: list[Hashable]) -> list[Hashable]:
    if isinstance(average, bool):
        return visits if average else []
    unknown = [v for v in average if v not in visits]
    if unknown:
        raise InvalidInput(f"no outcome at visit {unknown[0]!r}; there are {', '.join(map(repr, visits))}.")
    return list(average)


def _formula(outcome, arm, visit, covariates, factors, by_visit) -> str:
    if not isinstance(by_visit, bool):
        strange = [c for c in by_visit if c not in covariates]
        if strange:
            raise InvalidInput(f"{strange[0]} is not among the covariates, so it has no slope by visit.")
    varying = set(covariates) if by_visit is True else set(by_visit or ())
    terms = [f"{quoted(arm)} * {quoted(visit)}"]
    terms += [f"{quoted(c)} * {quoted(visit)}" if c in varying else quoted(c) for c in covariates]
    terms += [quoted(f) for f in factors]
    return f"{quoted(outcome)} ~ {' + '.join(terms)}"
