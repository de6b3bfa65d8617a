"""The test of Finkelstein and Schoenfeld, by its normal approximation or over all arrangements of the arms."""

from math import sqrt

import numpy as np

from helpers.stats._types import check_choice
from helpers.stats._wald import check_alternative
from helpers.stats._wald import p_value as standardised_p
from helpers.stats.rank._common import RankTest
from helpers.stats.rank._exact import combined, sampled
from helpers.stats.win.comparison import Comparison


def finkelstein_schoenfeld(
    comparison: Comparison,
    *,
    alternative: str = "two-sided",
    method: str = "normal",
    two_sided: str = "distance",
    resamples: int = 10_000,
    seed: int = 0,
) -> RankTest:
    """Test that the arms do not differ in pairs won and lost.

    Parameters
    ----------
    comparison : Comparison
        From `compare`, with strata or without.
    alternative : {"two-sided", "greater", "less"}
        Whether the arm wins otherwise than it loses, more, or less.
    method : {"normal", "exact", "mid-p", "random"}
        The normal approximation; all arrangements of the arms within strata, or the same with half the probability of
        the value observed; or random arrangements, the observed one counted among them.
    two_sided : {"distance", "doubled"}
        As in `mann_whitney`.
    resamples, seed : int
        Number of random arrangements and their seed.

    Returns
    -------
    RankTest
        `statistic` is pairs won less pairs lost, which is the net benefit times the number of pairs, so the p-value is
        one for all win statistics of pairs taken alike. "too-few" where no stratum has both arms, "no-variance" where
        no unit wins or loses, "too-large" where arrangements cannot be listed.

    Notes
    -----
    Finkelstein DM, Schoenfeld DA. Stat Med 1999;18:1341-1354. Units of one arm win and lose in equal number among
    themselves, so the statistic is a sum of the scores of the arm's units, and its permutation distribution that of a
    sample drawn without replacement.
    """
    check_alternative(alternative)
    check_choice("method", method, ("normal", "exact", "mid-p", "random"))
    check_choice("two_sided", two_sided, ("distance", "doubled"))
    n, m = comparison.n, comparison.n_ref
    strata = [s for s in comparison.strata if s.n and s.n_ref]
    if not strata:
        return RankTest(n, m, None, reason="too-few")
    statistic = float(sum(int(s.scores[: s.n].sum()) for s in strata))
    variance = sum(
        s.n * s.n_ref / ((s.n + s.n_ref) * (s.n + s.n_ref - 1)) * float((s.scores.astype(float) ** 2).sum())
        for s in strata
    )
    if variance == 0:
        p_value = 1.0 if method == "exact" else None
        return RankTest(n, m, statistic, 0.0, 0.0, p_value=p_value, reason="no-variance")
    sd, z = sqrt(variance), statistic / sqrt(variance)
    if method == "normal":
        return RankTest(n, m, statistic, 0.0, sd, z, standardised_p(z, alternative))
    if method == "random":
        return RankTest(n, m, statistic, 0.0, sd, z, _random_p(strata, statistic, alternative, resamples, seed))
    nulls = [sampled(s.scores.astype(float), s.n) for s in strata]
    null = None if any(d is None for d in nulls) else combined(nulls)
    if null is None:
        return RankTest(n, m, statistic, 0.0, sd, z, reason="too-large")
    p_value = null.p_value(statistic, alternative, two_sided=two_sided, mid_p=method == "mid-p")
    return RankTest(n, m, statistic, 0.0, sd, z, p_value)


def _random_p(strata, statistic: float, alternative: str, resamples: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    found = np.zeros(resamples)
    for s in strata:
        found += rng.permuted(np.tile(s.scores, (resamples, 1)), axis=1)[:, : s.n].sum(axis=1)
    if alternative == "two-sided":
        found, statistic = np.abs(found), abs(statistic)
    elif alternative == "less":
        found, statistic = -found, -statistic
    return (int((found >= statistic - 0.5).sum()) + 1) / (resamples + 1)
