"""Responders from a change: who reached a threshold, and what is counted where the outcome is missing."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice

#: A change this close to the threshold, relatively, is rounding and reaches it.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Responders:
    """`events` responders of `n` units counted; `missing` units had no known response and are in or out by the rule."""

    events: int
    n: int
    missing: int


def responses(
    baseline: Iterable[float],
    value: Iterable[float],
    *,
    at_least: float,
    percent: bool = False,
    lower_is_better: bool = True,
) -> np.ndarray:
    """Whether each unit improved by at least a threshold.

    Parameters
    ----------
    baseline, value : iterables of float
        Before and after, in the same unit and order; None or NaN where missing.
    at_least : float
        Smallest improvement of a responder, positive: in the unit of the values, or in percent of the baseline.
    percent : bool
        Whether `at_least` is a percentage of the baseline.
    lower_is_better : bool
        Whether an improvement is a fall.

    Returns
    -------
    array of float
        1 for a responder, 0 for a non-responder, NaN where a value is missing, or where a percentage of a baseline that
        is not positive is asked for.

    Raises
    ------
    InvalidInput
        If the two differ in length, or the threshold is not positive.
    """
    before, after = (
        np.array([np.nan if v is None else v for v in values], dtype=float) for values in (baseline, value)
    )
    if before.size != after.size:
        raise InvalidInput(f"{before.size} baselines and {after.size} values: a response needs pairs.")
    if not 0 < at_least < float("inf"):
        raise InvalidInput(f"at_least is {at_least}; the smallest improvement of a responder is a positive number.")
    known = np.isfinite(before) & np.isfinite(after)
    if percent:
        known &= before > 0
    improvement = (before - after if lower_is_better else after - before)[known]
    threshold = at_least * (before[known] / 100 if percent else np.ones(known.sum()))
    found = np.full(before.size, np.nan)
    found[known] = improvement >= threshold * (1 - _ROUNDING)
    return found


def count_responders(response: Iterable[float], *, missing: str = "non-responder") -> Responders:
    """Responders and the units they are counted among.

    Parameters
    ----------
    response : iterable of float
        1, 0, or None or NaN where unknown, as from `responses`.
    missing : str
        "non-responder", non-responder imputation; "complete-case", left out; or "responder", for the best case.

    Returns
    -------
    Responders
        `n` is 0 where nothing is left to count.

    Raises
    ------
    InvalidInput
        If a response is neither 0 nor 1 nor missing, or the rule is not one of the words above.
    """
    check_choice("missing", missing, ("non-responder", "complete-case", "responder"))
    values = np.array([np.nan if v is None else v for v in response], dtype=float)
    unknown = np.isnan(values)
    if not np.isin(values[~unknown], (0, 1)).all():
        raise InvalidInput("a response is 1, 0 or missing.")
    events = int(np.nansum(values)) + (int(unknown.sum()) if missing == "responder" else 0)
    n = values.size - (int(unknown.sum()) if missing == "complete-case" else 0)
    return Responders(events, int(n), int(unknown.sum()))
