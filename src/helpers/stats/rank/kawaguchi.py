"""Stratified relative effect adjusted for covariates, with the variance of multivariate U-statistics."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pandas as pd

from helpers.stats._types import check_level
from helpers.stats._wald import check_alternative, quantile
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import one_sided_limits
from helpers.stats.rank._frames import Stratum, strata_of
from helpers.stats.rank.covariance import AdjustedEffect, individual_effects


def kawaguchi_koch(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    covariates: Sequence[str] = (),
    stratum: str | Sequence[str] | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> AdjustedEffect:
    """Relative effect over all pairs of units of one stratum, adjusted for covariates by randomisation.

    Parameters
    ----------
    data, outcome, arm, reference, covariates, stratum, level, alternative
        As in `koch_adjusted`; strata may be as small as a pair.

    Returns
    -------
    AdjustedEffect
        On the scale of 0 to 1, strata weighed by n m / (N + 1); the test is of 1/2. "too-few" where no stratum has
        both arms or there are fewer than three units, "collinear" and "no-variance" as in `koch_adjusted`.

    Notes
    -----
    Kawaguchi A, Koch GG, Wang X. Stat Biopharm Res 2011;3:217-231, for one outcome without missing values; R's sanon.
    """
    check_level(level)
    check_alternative(alternative)
    strata = strata_of(data, outcome=outcome, arm=arm, reference=reference, covariates=covariates, stratum=stratum)
    n, m, total = sum(s.n for s in strata), sum(s.n_ref for s in strata), sum(s.size for s in strata)
    if total < 3 or not any(s.n and s.n_ref for s in strata):
        return AdjustedEffect(None, None, None, "too-few", n, m)
    tops, bottoms = (np.vstack(parts) for parts in zip(*map(_pair_sums, strata), strict=True))
    tops, bottoms = tops / (total - 1), bottoms / (total - 1)
    top, bottom = tops.mean(axis=0), bottoms.mean(axis=0)
    found = top / bottom
    shifts = (tops - top) / bottom - (bottoms - bottom) * top / bottom**2
    covariance = 4 * shifts.T @ shifts / (total * (total - 1))
    unadjusted, rest = float(found[0]), covariance[1:, 1:]
    slopes = np.zeros(0)
    if rest.size:
        scale = np.sqrt(np.diag(rest))
        if (scale == 0).any() or np.linalg.cond(rest / np.outer(scale, scale)) > 1e10:
            return AdjustedEffect(None, None, None, "collinear", n, m, unadjusted=unadjusted)
        slopes = np.linalg.solve(rest, covariance[1:, 0])
    estimate = unadjusted - float(slopes @ found[1:])
    left = float(covariance[0, 0] - slopes @ covariance[1:, 0])
    if left <= 1e-14:
        return AdjustedEffect(estimate, None, None, "no-variance", n, m, unadjusted=unadjusted)
    se = sqrt(left)
    half = quantile(level, alternative) * se
    lower, upper = one_sided_limits(estimate - half, estimate + half, alternative)
    z = (estimate - 0.5) / se
    return AdjustedEffect(estimate, lower, upper, "", n, m, se, unadjusted, z, standardised_p(z, alternative))


def _pair_sums(stratum: Stratum) -> tuple[np.ndarray, np.ndarray]:
    """Of each unit, over its pairs with the other arm: weighted wins and gaps of covariates, and the weights."""
    arm, size = stratum.in_arm, stratum.size
    others = np.where(arm, stratum.n_ref, stratum.n).astype(float)
    if not (stratum.n and stratum.n_ref):
        empty = np.zeros((size, 1 + stratum.covariates.shape[1]))
        return empty, empty
    effects = individual_effects(stratum.outcome, arm)
    wins = np.where(arm, effects, 1 - effects) * others / (size + 1)
    other_means = np.where(arm[:, None], stratum.covariates[~arm].mean(axis=0), stratum.covariates[arm].mean(axis=0))
    signs = np.where(arm, 1.0, -1.0)[:, None]
    gaps = signs * (stratum.covariates - other_means) * others[:, None] / size
    weights = np.repeat((others / size)[:, None], stratum.covariates.shape[1], axis=1)
    return np.column_stack([wins, gaps]), np.column_stack([others / (size + 1), weights])
