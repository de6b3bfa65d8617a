"""Analysis of covariance without a model of the outcome: on ranks (Quade), and by randomisation (Koch)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.special import fdtrc
from scipy.stats import rankdata

from helpers.stats._types import Interval, check_choice, check_level, known_reason
from helpers.stats._wald import check_alternative, quantile
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import one_sided_limits
from helpers.stats.rank._frames import Stratum, check_columns, strata_of
from helpers.stats.rank._tables import counted, placements


@dataclass(frozen=True)
class RankAncova:
    """Quade's test: F on `df` and `df_residual` degrees of freedom over `n` units."""

    n: int
    f: float | None
    df: int | None = None
    df_residual: int | None = None
    p_value: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class AdjustedEffect(Interval):
    """An effect of the arm adjusted for covariates, with the one that is not, and the normal test of no effect."""

    n: int = 0
    n_ref: int = 0
    se: float | None = None
    unadjusted: float | None = None
    z: float | None = None
    p_value: float | None = None


def quade(data: pd.DataFrame, *, outcome: str, arm: str, covariates: Sequence[str]) -> RankAncova:
    """Quade's rank analysis of covariance: residuals of ranks on ranks, compared between arms.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value in any column are left out.
    outcome, arm : str
        Columns of the outcome and of the arm's code; two arms or more.
    covariates : sequence of str
        Numeric columns.

    Returns
    -------
    RankAncova
        "too-few" where an arm or the residual degrees of freedom lack units, "no-variance" where nothing is left of
        the outcome's ranks. A constant covariate changes nothing.

    Raises
    ------
    InvalidInput
        If a column is absent.

    Notes
    -----
    Quade D. J Am Stat Assoc 1967;62:1187-1200.
    """
    columns = [outcome, arm, *covariates]
    check_columns(data, columns)
    used = data[columns].dropna()
    arms = used[arm].unique()
    n, df, df_residual = len(used), len(arms) - 1, len(used) - len(arms)
    if df < 1 or df_residual < 1:
        return RankAncova(n, None, reason="too-few")
    residuals = _residual_ranks(
        used[outcome].to_numpy(dtype=float), used[list(covariates)].to_numpy(dtype=float).reshape(n, len(covariates))
    )
    codes = used[arm].to_numpy()
    groups = [residuals[codes == code] for code in arms]
    between = sum(g.size * (g.mean() - residuals.mean()) ** 2 for g in groups)
    within = sum(float(((g - g.mean()) ** 2).sum()) for g in groups)
    if within <= 1e-9 * n**3:
        return RankAncova(n, None, df, df_residual, reason="no-variance")
    f = float(between / df / (within / df_residual))
    return RankAncova(n, f, df, df_residual, float(fdtrc(df, df_residual, f)))


def rank_ancova(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    covariates: Sequence[str],
    stratum: str | Sequence[str] | None = None,
    alternative: str = "two-sided",
) -> AdjustedEffect:
    """Rank analysis of covariance of Koch: residual ranks within strata and the Mantel-Haenszel mean score test.

    Parameters
    ----------
    data, outcome, arm, reference, stratum, alternative
        As in `van_elteren`.
    covariates : sequence of str
        Numeric columns.

    Returns
    -------
    AdjustedEffect
        Only `z` and `p_value`; z squared is the mean score statistic with one degree of freedom. "too-few" where no
        stratum has both arms, "no-variance" where no residual is left.

    Notes
    -----
    Koch GG et al. Biometrics 1982;38:563-595. Ranks are over N + 1 of the stratum, so that with no covariate this is
    van Elteren's test.
    """
    check_alternative(alternative)
    strata = strata_of(data, outcome=outcome, arm=arm, reference=reference, covariates=covariates, stratum=stratum)
    n, m = sum(s.n for s in strata), sum(s.n_ref for s in strata)
    used = [s for s in strata if s.n and s.n_ref]
    if not used:
        return AdjustedEffect(None, None, None, "too-few", n, m)
    total, variance = 0.0, 0.0
    for s in used:
        residuals = _residual_ranks(s.outcome, s.covariates) / (s.size + 1)
        total += float(residuals[s.in_arm].sum())
        variance += s.n * s.n_ref / (s.size * (s.size - 1)) * float((residuals**2).sum())
    if variance <= 1e-12 * len(used):
        return AdjustedEffect(None, None, None, "no-variance", n, m)
    z = total / sqrt(variance)
    return AdjustedEffect(None, None, None, "", n, m, None, None, z, standardised_p(z, alternative))


def koch_adjusted(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    covariates: Sequence[str],
    stratum: str | Sequence[str] | None = None,
    measure: str = "mean",
    variance: str = "within",
    divisor: str = "n-1",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> AdjustedEffect:
    """Effect of the arm adjusted by the chance difference between the arms in covariates measured before randomisation.

    Parameters
    ----------
    data, outcome, arm, reference, stratum, alternative
        As in `van_elteren`; one stratum where `stratum` is None.
    covariates : sequence of str
        Numeric columns; none gives the effect that is not adjusted.
    measure : {"mean", "effect"}
        Difference of means, or the relative effect P(outcome > reference) + P(tie) / 2.
    variance : {"within", "null"}
        Covariances within the arms, or of both arms together, as they are if the arm has no effect ("mean" only).
    divisor : {"n-1", "n"}
        Of the variances and covariances of an arm.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    AdjustedEffect
        In the unit of the outcome or on the scale of 0 to 1, strata weighed by n m / N. The test is of a difference
        of 0 or an effect of 1/2. "too-few" where an arm of a stratum has fewer than two units, "collinear" where the
        covariates determine one another, "no-variance" where no variance is left.

    Raises
    ------
    InvalidInput
        If a column is absent, there are more than two arms, or options do not go together.

    Notes
    -----
    Koch GG, Tangen CM, Jung JW, Amara IA. Stat Med 1998;17:1863-1892. Relative effect: Gasparyan SB et al. Stat Methods
    Med Res 2021;30:580-611, who divide by n. The expectation of a difference of baseline means is 0 by randomisation,
    so its observed value carries information on the error of the outcome's.
    """
    check_level(level)
    check_alternative(alternative)
    check_choice("measure", measure, ("mean", "effect"))
    check_choice("variance", variance, ("within", "null") if measure == "mean" else ("within",))
    check_choice("divisor", divisor, ("n-1", "n"))
    strata = strata_of(data, outcome=outcome, arm=arm, reference=reference, covariates=covariates, stratum=stratum)
    strata = [s for s in strata if s.n and s.n_ref]
    n, m = sum(s.n for s in strata), sum(s.n_ref for s in strata)
    if not strata or min(min(s.n, s.n_ref) for s in strata) < 2:
        return AdjustedEffect(None, None, None, "too-few", n, m)
    weights = np.array([s.n * s.n_ref / s.size for s in strata])
    weights = weights / weights.sum()
    parts = [_differences(s, measure, variance, divisor) for s in strata]
    difference = sum(w * d for w, (d, _) in zip(weights, parts, strict=True))
    covariance = sum(w * w * v for w, (_, v) in zip(weights, parts, strict=True))
    unadjusted, rest = float(difference[0]), covariance[1:, 1:]
    if rest.size:
        scale = np.sqrt(np.diag(rest))
        if (scale == 0).any() or np.linalg.cond(rest / np.outer(scale, scale)) > 1e10:
            return AdjustedEffect(None, None, None, "collinear", n, m, unadjusted=unadjusted)
        slopes = np.linalg.solve(rest, covariance[1:, 0])
    else:
        slopes = np.zeros(0)
    estimate = unadjusted - float(slopes @ difference[1:])
    left = float(covariance[0, 0] - slopes @ covariance[1:, 0])
    if left <= 1e-12 * max(float(covariance[0, 0]), np.finfo(float).tiny):
        return AdjustedEffect(estimate, None, None, "no-variance", n, m, unadjusted=unadjusted)
    se = sqrt(left)
    half = quantile(level, alternative) * se
    lower, upper = one_sided_limits(estimate - half, estimate + half, alternative)
    z = (estimate - (0.5 if measure == "effect" else 0.0)) / se
    return AdjustedEffect(estimate, lower, upper, "", n, m, se, unadjusted, z, standardised_p(z, alternative))


def _differences(stratum: Stratum, measure: str, variance: str, divisor: str) -> tuple[np.ndarray, np.ndarray]:
    """Differences between the arms in the outcome and each covariate, and their covariance matrix."""
    arm, outcome = stratum.in_arm, stratum.outcome
    if measure == "effect":
        outcome = individual_effects(outcome, arm)
    rows = np.column_stack([outcome, stratum.covariates])
    x, y = rows[arm], rows[~arm]
    difference = x.mean(axis=0) - y.mean(axis=0)
    if measure == "effect":
        difference[0] = x[:, 0].mean()
    less = 1 if divisor == "n-1" else 0
    if variance == "null":
        centred = rows - rows.mean(axis=0)
        pooled = centred.T @ centred / (len(rows) - less)
        return difference, pooled * (1 / len(x) + 1 / len(y))

    def covariance(part: np.ndarray) -> np.ndarray:
        centred = part - part.mean(axis=0)
        return centred.T @ centred / ((len(part) - less) * len(part))

    return difference, covariance(x) + covariance(y)


def individual_effects(outcome: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """Each unit's share of the other arm that it exceeds, ties by half."""
    at = np.unique(outcome, return_inverse=True)[1]
    placed, placed_ref = placements(*counted(outcome[arm], outcome[~arm]))
    return np.where(arm, placed[at], placed_ref[at])


def _residual_ranks(outcome: np.ndarray, covariates: np.ndarray) -> np.ndarray:
    """Ranks of the outcome less their regression on the ranks of the covariates."""
    ranks = rankdata(outcome) - (len(outcome) + 1) / 2
    if not covariates.size:
        return ranks
    design = rankdata(covariates, axis=0) - (len(outcome) + 1) / 2
    return ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
