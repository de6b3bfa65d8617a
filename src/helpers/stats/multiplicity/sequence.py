"""Hypotheses in a planned order: fixed sequence and fallback."""

from collections.abc import Sequence

import numpy as np

from helpers.stats.multiplicity._common import Adjusted, as_planned, as_weights, planned_result


def fixed_sequence(p_values: Sequence[float | None]) -> Adjusted:
    """Fixed-sequence adjustment: each hypothesis is tested at the full level if all before it were rejected.

    Parameters
    ----------
    p_values : sequence of float
        P-values in the planned order. A missing one (None or NaN) stops the sequence: all after it get 1.

    Returns
    -------
    Adjusted
        The running maximum.

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1].

    Notes
    -----
    Maurer W, Hothorn LA, Lehmacher W. In: Vollmar J (ed). Biometrie in der chemisch-pharmazeutischen Industrie 6,
    1995:3-18.
    """
    p, missing = as_planned(p_values)
    return planned_result(np.maximum.accumulate(p) if p.size else p, missing)


def fallback(p_values: Sequence[float | None], *, weights: Sequence[float] | None = None) -> Adjusted:
    """Fallback adjustment: each hypothesis has a share of the level and inherits those just before it.

    Parameters
    ----------
    p_values : sequence of float
        P-values in the planned order; a missing one (None or NaN) cannot be rejected, so it passes nothing on.
    weights : sequence of float, optional
        Shares of the level, 0 or more, scaled to sum to 1; equal if none are given. (1, 0, 0, ...) is a fixed sequence.

    Returns
    -------
    Adjusted
        Adjusted p-values by the closed test that the procedure is a shortcut of.

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1], a weight is negative, or all are 0.

    Notes
    -----
    Wiens BL. Pharm Stat 2003;2:211-215; Wiens BL, Dmitrienko A. J Biopharm Stat 2005;15:929-942. An intersection
    gives each member its own share and those of the absent hypotheses just before it, and what stands after the last
    member is lost.
    """
    p, missing = as_planned(p_values)
    reached = np.concatenate([[0.0], np.cumsum(as_weights(weights, p.size, zeros=True))])
    adjusted = np.zeros(p.size)
    for at in range(p.size):
        # members after this one only make an intersection easier to reject, so the hardest ones end here
        for before in range(-1, at):
            share = reached[at + 1] - reached[before + 1]
            own = p[at] / share if share > 0 else np.inf
            adjusted[at] = max(adjusted[at], min(own, adjusted[before] if before >= 0 else np.inf))
    return planned_result(adjusted, missing)
