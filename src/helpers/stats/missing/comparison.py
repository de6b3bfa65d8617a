"""The friendly face: impute, analyse every visit and pool, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats.missing.analysis import ImputedContrast, VisitComparison, compare_at, unestimable
from helpers.stats.missing.delta import offsets as delta_offsets
from helpers.stats.missing.imputation import Imputations, impute
from helpers.stats.missing.panel import Panel, arrange


@dataclass(frozen=True)
class Comparison:
    """Comparisons by visit, and the imputations behind them (`imputations.number` data sets), for further analyses."""

    visits: dict[object, VisitComparison]
    imputations: Imputations

    def contrast(self, visit, arm=None) -> ImputedContrast:
        """The contrast of an arm with the reference at a visit; the arm may be left out where there are two."""
        if visit not in self.visits:
            raise InvalidInput(f"no visit {visit!r}; there are {', '.join(map(str, self.visits))}.")
        found = self.visits[visit].contrasts
        if arm is None and len(found) == 1:
            return next(iter(found.values()))
        if arm not in found:
            raise InvalidInput(f"arm is {arm!r}; there are contrasts of {', '.join(map(str, found))}.")
        return found[arm]


def impute_and_compare(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: str,
    subject: str,
    visit: str,
    covariates: Sequence[str] = (),
    covariates_by_visit: Sequence[str] = (),
    formula: str | None = None,
    visits: Sequence | None = None,
    strategy: str | Mapping[str, str] = "MAR",
    events: pd.DataFrame | None = None,
    references: Mapping[str, str] | None = None,
    strategies: Mapping | None = None,
    fill: str = "refuse",
    adjust: Sequence[str] | None = None,
    delta: float | Sequence[float] | Mapping | np.ndarray | None = None,
    level: float = 0.95,
    null: float = 0.0,
    alternative: str = "two-sided",
    rule: str = "barnard-rubin",
    lambda_floor: float = 0.0,
    interval: str = "normal",
    method: str = "bayes",
    imputations: int = 100,
    seed: int | None = None,
    **options,
) -> Comparison:
    """Impute longitudinal outcomes and compare arms at every visit by analysis of covariance.

    Parameters
    ----------
    data, outcome, arm, reference, subject, visit, covariates, covariates_by_visit, formula, visits, strategy, events
        As in `panel.arrange`.
    references, strategies, fill
        As in `panel.arrange`.
    adjust : sequence of str, optional
        Covariates of the analysis; by default all of the imputation.
    delta : optional
        Shift of imputed values as in `delta.offsets`, or its array (n, J).
    level, null, alternative, rule, lambda_floor, interval
        As in `analysis.compare_at`.
    method, imputations, seed, **options
        As in `imputation.impute`.

    Returns
    -------
    Comparison
        `visits[visit].contrasts[arm]` and `.means[arm]`. A visit at which an arm has no outcome the model can use is
        left out of the model; nothing but n is given for it, with the reason "too-few". With nothing missing the
        results are those of `means.ancova`.

    Raises
    ------
    InvalidInput
        As in `panel.arrange`, `delta.offsets` and `imputation.impute`.
    """
    whole = arrange(
        data,
        outcome=outcome,
        arm=arm,
        reference=reference,
        subject=subject,
        visit=visit,
        covariates=covariates,
        covariates_by_visit=covariates_by_visit,
        formula=formula,
        visits=visits,
        strategy=strategy,
        events=events,
        references=references,
        strategies=strategies,
        fill=fill,
    )
    shift = None
    if delta is not None:
        shift = delta if isinstance(delta, np.ndarray) and delta.ndim == 2 else delta_offsets(whole, delta)
        if shift.shape != whole.outcome.shape:
            raise InvalidInput(f"delta has shape {shift.shape} for {whole.outcome.shape} patients and visits.")
    kept = modelled_visits(whole)
    used = at_visits(whole, kept)
    made = impute(used, method=method, imputations=imputations, seed=seed, strategies=strategies, **options)
    found = {}
    for position, name in enumerate(whole.visits):
        if position not in kept:
            counts = np.bincount(whole.arm, minlength=len(whole.arms))
            absent = np.bincount(whole.arm, weights=whole.missing[:, position], minlength=len(whole.arms))
            found[name] = unestimable(whole.arms, counts.tolist(), absent.astype(int).tolist(), "too-few")
            continue
        # a visit without a missing value needs no model
        source = made if made.values is not None else _observed(used, name, made)
        found[name] = compare_at(
            source,
            name,
            covariates=adjust,
            offsets=None if shift is None else shift[:, kept],
            interval=interval,
            null=null,
            level=level,
            alternative=alternative,
            rule=rule,
            lambda_floor=lambda_floor,
        )
    return Comparison(found, made)


def modelled_visits(whole: Panel) -> list[int]:
    """Positions of the visits at which every arm has an outcome that the imputation model can use."""
    seen = ~np.isnan(whole.modelled)
    return [v for v in range(len(whole.visits)) if all(seen[whole.arm == a, v].any() for a in range(len(whole.arms)))]


def at_visits(whole: Panel, kept: Sequence[int]) -> Panel:
    """The panel at some of its visits; columns of the imputation model that only others had go."""
    kept = list(kept)
    if len(kept) == len(whole.visits):
        return whole
    designs = whole.designs[:, :, kept]
    used = np.abs(designs).max(axis=(0, 1, 2), initial=0.0) > 0
    return replace(
        whole,
        visits=tuple(whole.visits[v] for v in kept),
        outcome=whole.outcome[:, kept],
        event=np.array([sum(v < e for v in kept) for e in whole.event], dtype=int),
        designs=designs[..., used],
        covariates={name: values[:, kept] for name, values in whole.covariates.items()},
    )


def _observed(used: Panel, name, made: Imputations) -> Imputations:
    column = used.position(name)
    if used.missing[:, column].any():
        return made
    filled = np.where(used.missing, 0.0, used.outcome)
    return Imputations(used, made.method, filled[None])
