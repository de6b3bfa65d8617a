"""Simultaneous intervals of several estimates, and one-sided limits that fit the stepwise procedures."""

from collections.abc import Sequence
from math import inf

import numpy as np
from scipy.special import stdtr, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import ALTERNATIVES
from helpers.stats.multiplicity._common import as_weights
from helpers.stats.multiplicity.dunnett import critical_value, dunnett_step_down, loadings
from helpers.stats.multiplicity.p_values import holm
from helpers.stats.multiplicity.sequence import fixed_sequence

ONE_SIDED = ("greater", "less")


def bonferroni_intervals(
    estimates: Sequence[float],
    ses: Sequence[float],
    *,
    df: float = inf,
    level: float = 0.95,
    weights: Sequence[float] | None = None,
    alternative: str = "two-sided",
) -> tuple[Interval, ...]:
    """Simultaneous intervals by Bonferroni's inequality.

    Parameters
    ----------
    estimates, ses : sequence of float
        Estimates and their standard errors, in one unit each.
    df : float
        Degrees of freedom of the standard errors; infinite for normal quantiles.
    level : float
        Simultaneous confidence level, 0 < level < 1.
    weights : sequence of float, optional
        Relative shares of the error rate, above 0; equal if none are given.
    alternative : str
        "two-sided"; "greater" for lower limits only, "less" for upper ones.

    Returns
    -------
    tuple of Interval
        A limit that is not there is infinite. `reason` is "no-variance" where a standard error is 0.

    Raises
    ------
    InvalidInput
        If the lengths differ, a number is missing, a standard error is negative, df is not positive, or a weight is not
        positive.
    """
    estimates, ses = _checked(estimates, ses, df, level)
    check_choice("alternative", alternative, ALTERNATIVES)
    tails = (1 - level) * as_weights(weights, estimates.size) / (2 if alternative == "two-sided" else 1)
    return _about(estimates, -stdtrit(df, tails) * ses, alternative)


def sidak_intervals(
    estimates: Sequence[float],
    ses: Sequence[float],
    *,
    df: float = inf,
    level: float = 0.95,
    weights: Sequence[float] | None = None,
    alternative: str = "two-sided",
) -> tuple[Interval, ...]:
    """Simultaneous intervals by Sidak's inequality; parameters, result and errors as in `bonferroni_intervals`."""
    estimates, ses = _checked(estimates, ses, df, level)
    check_choice("alternative", alternative, ALTERNATIVES)
    outside = -np.expm1(np.log(level) * as_weights(weights, estimates.size))
    tails = outside / (2 if alternative == "two-sided" else 1)
    return _about(estimates, -stdtrit(df, tails) * ses, alternative)


def holm_limits(
    estimates: Sequence[float],
    ses: Sequence[float],
    *,
    df: float = inf,
    level: float = 0.95,
    weights: Sequence[float] | None = None,
    alternative: str = "greater",
    null: float = 0.0,
) -> tuple[Interval, ...]:
    """One-sided simultaneous limits that agree with Holm's procedure.

    Parameters, result and errors as in `bonferroni_intervals`, with `alternative` "greater" (lower limits) or "less",
    and

    Parameters
    ----------
    null : float
        Value under test. A rejected hypothesis has it as its limit, unless all are rejected.

    Notes
    -----
    Strassburger K, Bretz F. Stat Med 2008;27:4914-4927; Guilbaud O. Biom J 2008;50:678-692.
    """
    estimates, ses = _checked(estimates, ses, df, level)
    check_choice("alternative", alternative, ONE_SIDED)
    shares, alpha, sign = as_weights(weights, estimates.size), 1 - level, 1 if alternative == "greater" else -1
    if (ses == 0).any():
        return tuple(Interval(float(e), None, None, "no-variance") for e in estimates)
    gain = sign * (estimates - null)
    rejected = np.array(holm(stdtr(df, -gain / ses), weights=shares).rejected(alpha), dtype=bool)
    kept = shares / shares[~rejected].sum() if not rejected.all() else shares
    limits = gain + stdtrit(df, alpha * np.where(rejected & ~rejected.all(), 0.5, kept)) * ses
    limits = np.maximum(0.0, limits) if rejected.all() else np.where(rejected, 0.0, limits)
    return _limited(estimates, null + sign * limits, alternative)


def fixed_sequence_limits(
    estimates: Sequence[float],
    ses: Sequence[float],
    *,
    df: float = inf,
    level: float = 0.95,
    alternative: str = "greater",
    null: float = 0.0,
) -> tuple[Interval, ...]:
    """One-sided simultaneous limits that agree with the fixed-sequence procedure; parameters as in `holm_limits`.

    A hypothesis after the first one that is not rejected has an infinite limit: nothing is said of it.

    Notes
    -----
    Hsu JC, Berger RL. J Am Stat Assoc 1999;94:468-482. If all are rejected, every limit is the least favourable of
    them.
    """
    estimates, ses = _checked(estimates, ses, df, level)
    check_choice("alternative", alternative, ONE_SIDED)
    alpha, sign = 1 - level, 1 if alternative == "greater" else -1
    if (ses == 0).any():
        return tuple(Interval(float(e), None, None, "no-variance") for e in estimates)
    gain = sign * (estimates - null)
    rejected = np.array(fixed_sequence(stdtr(df, -gain / ses)).rejected(alpha), dtype=bool)
    own = gain + stdtrit(df, alpha) * ses
    count = int(rejected.sum())
    limits = np.full(estimates.size, own.min()) if count == estimates.size else np.where(rejected, 0.0, -inf)
    if count < estimates.size:
        limits[count] = own[count]
    return _limited(estimates, null + sign * limits, alternative)


def dunnett_step_down_limits(
    estimates: Sequence[float],
    *,
    sd: float,
    df: float,
    n: Sequence[int],
    n_ref: int,
    level: float = 0.95,
    alternative: str = "greater",
    null: float = 0.0,
) -> tuple[Interval, ...]:
    """One-sided simultaneous limits that agree with the step-down Dunnett procedure.

    Parameters
    ----------
    estimates, sd, df, n, n_ref
        As in `dunnett.dunnett_intervals`.
    level, alternative, null
        As in `holm_limits`.

    Returns
    -------
    tuple of Interval
        As in `holm_limits`.

    Raises
    ------
    InvalidInput
        As in `dunnett.dunnett_intervals`.

    Notes
    -----
    Bofinger E. Aust J Stat 1987;29:348-364; Stefansson G, Kim WC, Hsu JC. In: Statistical Decision Theory and Related
    Topics IV, 1988:89-104.
    """
    load = loadings(n, n_ref)
    ses = sd * np.sqrt(1 / np.asarray(n, dtype=float) + 1 / n_ref)
    estimates, ses = _checked(estimates, ses, df, level)
    check_choice("alternative", alternative, ONE_SIDED)
    sign = 1 if alternative == "greater" else -1
    if (ses == 0).any():
        return tuple(Interval(float(e), None, None, "no-variance") for e in estimates)
    gain = sign * (estimates - null)
    adjusted = dunnett_step_down(gain / ses, df=df, n=n, n_ref=n_ref, alternative="greater")
    rejected = np.array(adjusted.rejected(1 - level), dtype=bool)
    if rejected.all():
        limits = np.maximum(0.0, gain + stdtrit(df, 1 - level) * ses)
    else:
        reach = critical_value(load[~rejected], df=df, level=level, two_sided=False)
        limits = np.where(rejected, 0.0, gain - reach * ses)
    return _limited(estimates, null + sign * limits, alternative)


def _checked(estimates, ses, df: float, level: float) -> tuple[np.ndarray, np.ndarray]:
    check_level(level)
    found, errors = np.asarray(estimates, dtype=float), np.asarray(ses, dtype=float)
    if found.ndim != 1 or found.shape != errors.shape or not found.size:
        raise InvalidInput(f"{found.size} estimates and {errors.size} standard errors: one of each, at least one.")
    if not (np.isfinite(found).all() and np.isfinite(errors).all()) or (errors < 0).any() or not df > 0:
        raise InvalidInput("estimates and standard errors must be numbers, standard errors 0 or more, and df above 0.")
    return found, errors


def _about(estimates: np.ndarray, reach: np.ndarray, alternative: str) -> tuple[Interval, ...]:
    return tuple(
        Interval(float(e), None, None, "no-variance")
        if r == 0
        else Interval(
            float(e), -inf if alternative == "less" else float(e - r), inf if alternative == "greater" else float(e + r)
        )
        for e, r in zip(estimates, reach, strict=True)
    )


def _limited(estimates: np.ndarray, limits: np.ndarray, alternative: str) -> tuple[Interval, ...]:
    lower = alternative == "greater"
    return tuple(
        Interval(float(e), float(at) if lower else -inf, inf if lower else float(at))
        for e, at in zip(estimates, limits, strict=True)
    )
