"""Responders after imputation: the score is imputed, then cut, and the proportions are pooled."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice
from helpers.stats.missing.binary import PooledDifference, risk_difference, wilson
from helpers.stats.missing.imputation import Imputations
from helpers.stats.missing.pooling import Pooled, rubin


@dataclass(frozen=True)
class Responders:
    """Proportions of responders by arm; differences and odds ratios of every arm but the reference with it.

    `n` patients by arm, of whom `imputed` have an imputed score.
    """

    n: dict[str, int]
    imputed: dict[str, int]
    proportions: dict[str, Interval]
    differences: dict[str, PooledDifference]
    odds_ratios: dict[str, Pooled]


def compare_responders(
    imputations: Imputations,
    visit,
    *,
    cutoff: float,
    better: str = "lower",
    measure: str = "value",
    baseline: str | None = None,
    offsets: np.ndarray | None = None,
    method: str = "miettinen-nurminen",
    level: float = 0.95,
) -> Responders:
    """Compare proportions of patients whose outcome at a visit reaches a cutoff.

    Parameters
    ----------
    imputations : Imputations
        Random ones: a conditional mean is no value that a patient might have had.
    visit
        One of the panel's visits.
    cutoff : float
        A patient who is at it or on its better side responds.
    better : {"lower", "higher"}
        Which side of the cutoff is the better one.
    measure : {"value", "change", "percent-change"}
        What is compared with the cutoff: the outcome, its difference from baseline, or that in per cent of baseline.
    baseline : str, optional
        Covariate of the panel that holds the baseline, for a change. A patient whose baseline is 0 has no change in
        per cent and does not respond.
    offsets : array (n, J), optional
        Added to the outcomes first; see `delta.offsets`.
    method : str
        As in `binary.risk_difference`.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Responders
        Proportions with Lott and Reiter's interval. An odds ratio is "separated" where an arm has no responder or only
        responders in a data set. Without imputations everything is None with their reason.

    Raises
    ------
    InvalidInput
        If conditional means are given, the baseline is unknown, or an option is none of those named.

    Notes
    -----
    Floden L, Bell ML. BMC Med Res Methodol 2019;19:161 (impute, then cut). Odds ratios: Rubin's rules on the log scale.
    """
    check_choice("better", better, ("lower", "higher"))
    check_choice("measure", measure, ("value", "change", "percent-change"))
    if imputations.method == "conditional-mean" and imputations.panel.missing.any():
        raise InvalidInput("responders need random imputations; conditional means cut at a cutoff are biased.")
    panel = imputations.panel
    column = panel.position(visit)
    size = {a: int((panel.arm == i).sum()) for i, a in enumerate(panel.arms)}
    absent = {a: int((panel.missing[:, column] & (panel.arm == i)).sum()) for i, a in enumerate(panel.arms)}
    if imputations.values is None:
        reason = imputations.reason
        none = {a: Interval(None, None, None, reason=reason) for a in panel.arms}
        differences = {a: PooledDifference(None, None, None, reason=reason) for a in panel.arms[1:]}
        return Responders(size, absent, none, differences, {a: Pooled(0, None, reason=reason) for a in panel.arms[1:]})
    scores = imputations.values[:, :, column] + (0.0 if offsets is None else offsets[:, column])
    if measure != "value":
        if baseline not in panel.covariates:
            raise InvalidInput(f"baseline is {baseline!r}; it has to be one of {', '.join(panel.covariates)}.")
        start = panel.covariates[baseline][:, column]
        scores = scores - start
        if measure == "percent-change":
            scores = np.divide(100 * scores, start, out=np.full_like(scores, np.nan), where=start != 0)
    responds = scores <= cutoff if better == "lower" else scores >= cutoff
    # one data set without missing values is as good as any number of equal ones
    responds = np.repeat(responds, 2, axis=0) if len(responds) == 1 and not panel.missing.any() else responds

    events = [responds[:, panel.arm == i].sum(axis=1) for i in range(len(panel.arms))]
    shares = {a: events[i] / size[a] for i, a in enumerate(panel.arms)}
    reference = panel.arms[0]
    proportions = {a: wilson(shares[a], size[a], level=level) for a in panel.arms}
    differences, ratios = {}, {}
    for i, a in enumerate(panel.arms[1:], start=1):
        arms = (shares[a], size[a], shares[reference], size[reference])
        differences[a] = risk_difference(*arms, method=method, level=level)
        ratios[a] = _odds_ratio(events[i], size[a], events[0], size[reference], level)
    return Responders(size, absent, proportions, differences, ratios)


def pool_analyses(
    imputations: Imputations, analyse: Callable[[np.ndarray], tuple[float, float, float]], **options
) -> Pooled:
    """Pool an analysis of one's own over random imputations by Rubin's rules.

    Parameters
    ----------
    imputations : Imputations
    analyse : callable
        Takes completed outcomes (n, J), patients in the order of `imputations.panel.subjects`, and returns estimate,
        standard error and degrees of freedom (infinite for a normal analysis).
    **options
        As in `pooling.rubin`, but for `complete_df`, which is the mean of those returned.

    Raises
    ------
    InvalidInput
        If conditional means are given, whose standard errors do not come from the analysis.
    """
    if imputations.weights is not None:
        raise InvalidInput("conditional means are not pooled by Rubin's rules; use random imputations.")
    if imputations.values is None:
        return Pooled(0, None, reason=imputations.reason)
    found = [analyse(values) for values in imputations.values]
    if len(found) == 1 and not imputations.panel.missing.any():
        found = found * 2
    estimates, errors, df = (np.array(part, dtype=float) for part in zip(*found, strict=True))
    complete = inf if np.isinf(df).any() else float(df.mean())
    return rubin(estimates, errors, complete_df=complete, **options)


def _odds_ratio(events, n: int, events_ref, n_ref: int, level: float) -> Pooled:
    cells = np.stack([events, n - events, events_ref, n_ref - events_ref]).astype(float)
    if cells.min() <= 0:
        return Pooled(cells.shape[1], None, reason="separated")
    ratio = cells[0] * cells[3] / (cells[1] * cells[2])
    return rubin(ratio, [sqrt(v) for v in (1 / cells).sum(axis=0)], scale="log", se_on_scale=True, level=level)
