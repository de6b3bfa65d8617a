"""Whether the odds ratio is the same in all strata."""

from collections.abc import Sequence
from math import inf, isfinite, sqrt

import numpy as np
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats.stratified._strata import StratifiedTest, read
from helpers.stats.stratified.mantel_haenszel import mh_odds_ratio


def breslow_day(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    tarone: bool = False,
    odds_ratio: float | None = None,
) -> StratifiedTest:
    """Breslow-Day test that the odds ratio is the same in all strata.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum, as in `mh_risk_difference`; strata that say nothing of the odds ratio are not counted in the
        degrees of freedom.
    tarone : bool
        With Tarone's correction, which is needed because the Mantel-Haenszel odds ratio is not the most efficient one.
    odds_ratio : float or None
        The common odds ratio; None takes the Mantel-Haenszel estimate.

    Returns
    -------
    StratifiedTest
        Chi-squared on informative strata less 1. Reason "too-few" with fewer than two such strata, and the reason of
        `mh_odds_ratio` where the common odds ratio is no positive number.

    Raises
    ------
    InvalidInput
        If the counts are no counts or differ in length, or the odds ratio is not positive.

    Notes
    -----
    Breslow NE, Day NE. Statistical Methods in Cancer Research, vol. 1, 1980, p. 142. Tarone RE. Biometrika
    1985;72:91-95.
    """
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.with_both)
    common = mh_odds_ratio(events, n, events_ref, n_ref)
    seen = {"strata": len(given), "informative": len(used)}
    if len(used) < 2:
        return StratifiedTest(None, None, None, reason="too-few", **seen)
    if odds_ratio is not None and not 0 < odds_ratio < inf:
        raise InvalidInput(f"odds_ratio is {odds_ratio}; a common odds ratio is a number above 0.")
    ratio = common.estimate if odds_ratio is None else odds_ratio
    if ratio is None or ratio == 0 or not isfinite(ratio):
        return StratifiedTest(None, None, None, reason=common.reason or "undefined", **seen)
    expected = np.array([_fitted(*cells, ratio) for cells in zip(used.n, used.n_ref, used.cases, strict=True)])
    cells = (expected, used.n - expected, used.cases - expected, used.n_ref - used.cases + expected)
    variance = 1 / sum(1 / cell for cell in cells)
    deviation = used.events - expected
    statistic = float((deviation**2 / variance).sum())
    if tarone:
        statistic -= float(deviation.sum() ** 2 / variance.sum())
    df = len(used) - 1
    return StratifiedTest(statistic, df, float(chi2.sf(statistic, df)), **seen)


def _fitted(n: float, n_ref: float, cases: float, ratio: float) -> float:
    """Events in the arm of interest that give a table of these margins this odds ratio."""
    a, b, c = 1 - ratio, n_ref - cases + ratio * (n + cases), -ratio * n * cases
    # the root between the margins, in the form that loses no digits
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return -2 * c / (b + root) if b >= 0 else (root - b) / (2 * a)
