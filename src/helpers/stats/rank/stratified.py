"""Two arms within strata: van Elteren's test, the stratified relative effect and the shift common to the strata."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from helpers.stats._types import check_choice, check_level
from helpers.stats._wald import check_alternative, quantile
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import RankTest, one_sided_limits
from helpers.stats.rank._exact import combined, sampled, scaled
from helpers.stats.rank._frames import Stratum, strata_of
from helpers.stats.rank.effect import SCALES, VARIANCES, RelativeEffect, on_scale, relative_effect
from helpers.stats.rank.shift import Shift
from helpers.stats.rank.two_sample import rank_variance


@dataclass(frozen=True)
class StratumEffect:
    """The relative effect in one stratum, and the weight it has in the common one."""

    effect: RelativeEffect
    weight: float


@dataclass(frozen=True)
class StratifiedEffect(RelativeEffect):
    """A weighted mean of the relative effects of strata; `strata` holds those that have both arms."""

    strata: tuple[StratumEffect, ...] = ()


def van_elteren(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    stratum: str | Sequence[str],
    alternative: str = "two-sided",
    method: str = "normal",
    weights: str = "van-elteren",
    ranks: str = "stratum",
    two_sided: str = "distance",
) -> RankTest:
    """Stratified Wilcoxon test of two arms.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing outcome, arm or stratum are left out.
    outcome, arm, stratum : str
        Columns; several columns of strata are crossed.
    reference
        Code of the reference arm.
    alternative : {"two-sided", "greater", "less"}
        Whether the outcomes of the other arm are shifted either way, upwards or downwards.
    method : {"normal", "exact", "mid-p"}
        Normal approximation, or the permutation distribution within strata.
    weights : {"van-elteren", "equal"}
        Rank sums of strata over N + 1, or added as they are.
    ranks : {"stratum", "overall", "aligned"}
        Ranks within strata, over all units, or over all units after taking the stratum's mean from the outcome.
    two_sided : {"distance", "doubled"}
        As in `mann_whitney`.

    Returns
    -------
    RankTest
        `statistic` is the weighted sum of the rank sums. Strata with one arm only add nothing. "too-few" where no
        stratum has both arms, "no-variance" where no stratum has two different outcomes.

    Raises
    ------
    InvalidInput
        If a column is absent, there are more than two arms, or an option is not on its list.

    Notes
    -----
    van Elteren PH. Bull Int Stat Inst 1960;37:351-361. Lehmann EL. Nonparametrics. 1975, section 3.3. Hodges JL,
    Lehmann EL. Ann Math Stat 1962;33:482-497 (aligned). As SAS PROC NPAR1WAY with STRATA, and PROC FREQ with CMH2 and
    SCORES=MODRIDIT; coin's wilcox_test with blocks is "equal" with "overall".
    """
    check_alternative(alternative)
    check_choice("method", method, ("normal", "exact", "mid-p"))
    check_choice("weights", weights, ("van-elteren", "equal"))
    check_choice("ranks", ranks, ("stratum", "overall", "aligned"))
    check_choice("two_sided", two_sided, ("distance", "doubled"))
    strata = strata_of(data, outcome=outcome, arm=arm, reference=reference, stratum=stratum)
    n, m = sum(s.n for s in strata), sum(s.n_ref for s in strata)
    used = [(s, r) for s, r in zip(strata, _ranked(strata, ranks), strict=True) if s.n and s.n_ref]
    if not used:
        return RankTest(n, m, None, reason="too-few")
    parts = [(1 / (s.size + 1) if weights == "van-elteren" else 1.0, s, r) for s, r in used]
    statistic = sum(w * float(r[s.in_arm].sum()) for w, s, r in parts)
    expected = sum(w * s.n * float(r.mean()) for w, s, r in parts)
    variance = sum(
        w * w * s.n * s.n_ref / (s.size * (s.size - 1)) * float(((r - r.mean()) ** 2).sum()) for w, s, r in parts
    )
    if variance <= 0:
        return RankTest(n, m, statistic, expected, 0.0, reason="no-variance")
    z = (statistic - expected) / sqrt(variance)
    if method == "normal":
        return RankTest(n, m, statistic, expected, sqrt(variance), z, standardised_p(z, alternative))
    nulls = [(w, sampled(r, s.n)) for w, s, r in parts]
    null = None if any(d is None for _, d in nulls) else combined([scaled(d, w) for w, d in nulls])
    if null is None:
        return RankTest(n, m, statistic, expected, sqrt(variance), z, reason="too-large")
    p_value = null.p_value(statistic, alternative, two_sided=two_sided, mid_p=method == "mid-p")
    return RankTest(n, m, statistic, expected, sqrt(variance), z, p_value)


def stratified_effect(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    stratum: str | Sequence[str],
    level: float = 0.95,
    alternative: str = "two-sided",
    weights: str = "mantel-haenszel",
    variance: str = "placement",
    scale: str = "identity",
) -> StratifiedEffect:
    """Relative effect of two arms as a weighted mean over strata, with a normal interval.

    Parameters
    ----------
    data, outcome, arm, reference, stratum
        As in `van_elteren`.
    level, alternative, variance, scale
        As in `relative_effect`.
    weights : {"mantel-haenszel", "van-elteren", "size", "equal"}
        n m / N, n m / (N + 1), N, or the same for each stratum.

    Returns
    -------
    StratifiedEffect
        Strata with one arm only are left out. Only the estimate where a stratum has an arm of one unit ("too-few"),
        where no stratum has any variance ("no-variance") or the mean is 0 or 1 ("separated").

    Notes
    -----
    Gasparyan SB et al. Stat Methods Med Res 2021;30:580-611, with "mantel-haenszel" and variance "projection".
    Kawaguchi A, Koch GG, Wang X. Stat Biopharm Res 2011;3:217-231 weigh by n m / (N + 1).
    """
    check_level(level)
    check_alternative(alternative)
    check_choice("weights", weights, ("mantel-haenszel", "van-elteren", "size", "equal"))
    check_choice("variance", variance, VARIANCES)
    check_choice("scale", scale, SCALES)
    strata = [
        s for s in strata_of(data, outcome=outcome, arm=arm, reference=reference, stratum=stratum) if s.n and s.n_ref
    ]
    n, m = sum(s.n for s in strata), sum(s.n_ref for s in strata)
    if not strata:
        return StratifiedEffect(None, None, None, "too-few", n, m)
    raw = np.array([_weight(s, weights) for s in strata])
    shares = raw / raw.sum()
    found = [
        relative_effect(s.outcome[s.in_arm], s.outcome[~s.in_arm], variance=variance, distribution="normal")
        for s in strata
    ]
    parts = tuple(StratumEffect(e, float(w)) for e, w in zip(found, shares, strict=True))
    p = float(sum(w * e.estimate for e, w in zip(found, shares, strict=True)))
    if any(e.reason in ("too-few", "undefined") for e in found):
        reason = next(e.reason for e in found if e.reason in ("too-few", "undefined"))
        return StratifiedEffect(p, None, None, reason, n, m, strata=parts)
    var = float(sum((w * (e.se or 0.0)) ** 2 for e, w in zip(found, shares, strict=True)))
    if var <= 0:
        reason = "separated" if p in (0.0, 1.0) else "no-variance"
        return StratifiedEffect(p, None, None, reason, n, m, strata=parts)
    statistic, lower, upper = on_scale(p, var / (p * (1 - p)), scale, quantile(level, alternative))
    lower, upper = one_sided_limits(lower, upper, alternative, floor=0.0, ceiling=1.0)
    p_value = standardised_p(statistic, alternative)
    return StratifiedEffect(p, lower, upper, "", n, m, sqrt(var), None, statistic, p_value, parts)


def stratified_shift(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    stratum: str | Sequence[str],
    level: float = 0.95,
    alternative: str = "two-sided",
    weights: str = "van-elteren",
) -> Shift:
    """Shift between two arms common to the strata: the weighted median of differences within strata.

    Parameters
    ----------
    data, outcome, arm, reference, stratum, weights
        As in `van_elteren`.
    level, alternative
        As in `hodges_lehmann`.

    Returns
    -------
    Shift
        The shift that makes van Elteren's statistic its expectation, with the limits at which the normal approximation
        rejects; with one stratum the "moses" interval of `hodges_lehmann`. Reasons as there.

    Notes
    -----
    Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611. Lehmann EL. Nonparametrics. 1975, section 3.3.
    """
    check_level(level)
    check_alternative(alternative)
    check_choice("weights", weights, ("van-elteren", "equal"))
    strata = strata_of(data, outcome=outcome, arm=arm, reference=reference, stratum=stratum)
    n, m = sum(s.n for s in strata), sum(s.n_ref for s in strata)
    strata = [s for s in strata if s.n and s.n_ref]
    if not strata:
        return Shift(None, None, None, "too-few", n, m)
    factors = [1 / (s.size + 1) if weights == "van-elteren" else 1.0 for s in strata]
    gaps = [np.subtract.outer(s.outcome[s.in_arm], s.outcome[~s.in_arm]).ravel() for s in strata]
    pooled = np.concatenate(gaps)
    order = np.argsort(pooled, kind="stable")
    pooled = pooled[order]
    mass = np.cumsum(np.repeat(factors, [g.size for g in gaps])[order])
    middle = mass[-1] / 2
    near = 1e-9 * mass[-1]
    pair = pooled[np.searchsorted(mass, middle - near)], pooled[np.searchsorted(mass, middle + near)]
    estimate = float(sum(pair)) / 2
    variance = sum(f * f * rank_variance(rankdata(s.outcome), s.n) for f, s in zip(factors, strata, strict=True))
    reach = middle - quantile(level, alternative) * sqrt(variance)
    below = int(np.searchsorted(mass, reach + near, side="right"))
    above = int(np.searchsorted(np.cumsum(np.diff(mass, prepend=0.0)[::-1]), reach + near, side="right"))
    needed = {"two-sided": min(below, above), "greater": below, "less": above}[alternative]
    if needed < 1:
        return Shift(estimate, None, None, "too-few", n, m)
    lower, upper = float(pooled[below - 1]), float(pooled[-above])
    se = (upper - lower) / (2 * quantile(level)) if alternative == "two-sided" else None
    return Shift(estimate, *one_sided_limits(lower, upper, alternative), "", n, m, se)


def _weight(stratum: Stratum, kind: str) -> float:
    product = stratum.n * stratum.n_ref
    return {
        "mantel-haenszel": product / stratum.size,
        "van-elteren": product / (stratum.size + 1),
        "size": float(stratum.size),
        "equal": 1.0,
    }[kind]


def _ranked(strata: list[Stratum], ranks: str) -> list[np.ndarray]:
    if ranks == "stratum":
        return [rankdata(s.outcome) for s in strata]
    moved = [s.outcome - s.outcome.mean() if ranks == "aligned" else s.outcome for s in strata]
    pooled = rankdata(np.concatenate(moved)) if moved else np.zeros(0)
    ends = np.cumsum([s.size for s in strata])
    return np.split(pooled, ends[:-1]) if strata else []
