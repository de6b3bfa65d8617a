"""Stratified Wilson intervals of one arm and the stratified Newcombe interval of a difference."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import one_sided, quantile
from helpers.stats.stratified._strata import Pooled, read, shares

_ITERATIONS = 500
_SETTLED = 1e-12


def wilson(
    events: Sequence[int],
    n: Sequence[int],
    *,
    weights: Sequence[float] | None = None,
    continuity: bool = False,
    level: float = 0.95,
) -> Pooled:
    """Proportion common to the strata of one sample with the stratified Wilson interval.

    Parameters
    ----------
    events, n : sequence of int
        Units with the event, and units, by stratum; a stratum may be empty.
    weights : sequence of float or None
        Weights of the strata, from 0; None iterates those that make the interval short.
    continuity : bool
        With the continuity correction of Newcombe's method 4 in each stratum.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Pooled
        Proportions. Reason "too-few" where no stratum with a weight has units.

    Raises
    ------
    InvalidInput
        If the counts are no counts or the weights are negative, none above 0, or not one a stratum.

    Notes
    -----
    Yan X, Su XG. Stat Biopharm Res 2010;2:329-335.
    """
    z = quantile(level)
    given = read(events, n, np.zeros(len(events)), np.zeros(len(events)))
    chosen = given.n > 0
    if weights is not None:
        chosen = chosen & (_checked(weights, len(given)) > 0)
    if not chosen.any():
        return Pooled(None, None, None, "too-few", strata=len(given))
    x, size = given.events[chosen], given.n[chosen]
    share = _short(x, size, z) if weights is None else _checked(weights, len(given))[chosen]
    share = share / share.sum()
    lower, upper = _limits(x, size, share, z, continuity)
    estimate = float(share @ (x / size))
    return Pooled(
        estimate,
        lower,
        upper,
        weights=shares(share, chosen),
        strata=len(given),
        informative=int(chosen.sum()),
    )


def newcombe(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    weights: str = "mh",
    continuity: bool = False,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Risk difference common to the strata with the stratified Newcombe interval of Yan and Su.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum, as in `mh_risk_difference`.
    weights : {"mh", "wilson"}
        Mantel-Haenszel weights, or those of the stratified Wilson interval of both arms together.
    continuity : bool
        With the continuity correction in the strata's Wilson intervals; the difference's limits then lie at the root of
        the arms' squared distances, which for one stratum is Newcombe's method 11.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the interval.

    Returns
    -------
    Pooled
        Differences of proportions. Reason "too-few" where no stratum has both arms.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or an option is not allowed.

    Notes
    -----
    Yan X, Su XG. Stat Biopharm Res 2010;2:329-335. SAS, CL=NEWCOMBE; tern stops its iteration of the Wilson weights at
    the third decimal, so its limits differ there in the fourth; its "strat_newcombecc" puts corrected limits into the
    formula without correction, which is not wider on both sides.
    """
    check_choice("weights", weights, ("mh", "wilson"))
    z = quantile(level, alternative)
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.both_arms)
    if not len(used):
        return Pooled(None, None, None, "too-few", strata=len(given))
    share = used.n * used.n_ref / used.total if weights == "mh" else _short(used.cases, used.total, z)
    share = share / share.sum()
    difference = float(share @ (used.events / used.n - used.events_ref / used.n_ref))
    lower, upper = _limits(used.events, used.n, share, z, continuity)
    lower_ref, upper_ref = _limits(used.events_ref, used.n_ref, share, z, continuity)
    spread, spread_ref = float((share**2 / used.n).sum()), float((share**2 / used.n_ref).sum())
    mean, mean_ref = float(share @ (used.events / used.n)), float(share @ (used.events_ref / used.n_ref))

    def far(p: float, p_ref: float) -> float:
        if continuity:
            return sqrt((p - mean) ** 2 + (p_ref - mean_ref) ** 2)
        return z * sqrt(max(0.0, spread * p * (1 - p) + spread_ref * p_ref * (1 - p_ref)))

    low, high = difference - far(lower, upper_ref), difference + far(upper, lower_ref)
    return Pooled(
        difference,
        *one_sided(max(-1.0, low), min(1.0, high), alternative, floor=-1.0, ceiling=1.0),
        weights=shares(share, given.both_arms),
        strata=len(given),
        informative=len(used),
    )


def _checked(weights: Sequence[float], strata: int) -> np.ndarray:
    values = np.asarray(weights, dtype=float)
    if values.shape != (strata,) or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise InvalidInput(f"weights are {list(weights)}; {strata} numbers from 0 are needed, at least one above 0.")
    return values


def _stratum_z(x: np.ndarray, size: np.ndarray, share: np.ndarray, z: float) -> float:
    """The quantile within a stratum that makes the weighted limits have the quantile z."""
    p = x / size
    variance = p * (1 - p) / size
    # with proportions of 0 or 1 everywhere: the limit for equal small proportions
    variance = variance if variance.any() else 1 / size
    parts = share * np.sqrt(variance)
    return z * sqrt(float((parts**2).sum())) / float(parts.sum())


def _limits(x: np.ndarray, size: np.ndarray, share: np.ndarray, z: float, continuity: bool) -> tuple[float, float]:
    """Weighted Wilson limits of the strata, at the stratum's quantile."""
    c = _stratum_z(x, size, share, z)
    p, scale = x / size, 2 * (size + c * c)
    if continuity:
        low = np.sqrt(np.maximum(0.0, c * c - 2 - 1 / size + 4 * p * (size * (1 - p) + 1)))
        high = np.sqrt(np.maximum(0.0, c * c + 2 - 1 / size + 4 * p * (size * (1 - p) - 1)))
        lower, upper = (2 * x + c * c - 1 - c * low) / scale, (2 * x + c * c + 1 + c * high) / scale
    else:
        root = c * np.sqrt(c * c + 4 * x * (1 - p))
        lower, upper = (2 * x + c * c - root) / scale, (2 * x + c * c + root) / scale
    lower = np.where(x == 0, 0.0, np.clip(lower, 0.0, 1.0))
    upper = np.where(x == size, 1.0, np.clip(upper, 0.0, 1.0))
    return float(share @ lower), float(share @ upper)


def _short(x: np.ndarray, size: np.ndarray, z: float) -> np.ndarray:
    """The weights of Yan and Su, inverse to the squared widths of the strata's Wilson intervals."""
    p = x / size
    variance = p * (1 - p) / size
    share = np.full(x.size, 1 / x.size)
    for _ in range(_ITERATIONS):
        c = _stratum_z(x, size, share, z)
        new = (1 + c * c / size) ** 2 / (variance + c * c / (4 * size**2))
        new = new / new.sum()
        if np.abs(new - share).sum() < _SETTLED:
            return new
        share = new
    return share
