"""Delta adjustment: what is added to outcomes before the analysis, by patient and visit."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.missing.panel import Panel


def offsets(
    panel: Panel,
    delta: float | Sequence[float] | Mapping[str, float | Sequence[float]],
    *,
    dlag: Sequence[float] | None = None,
    times: Sequence[float] | None = None,
    origin: float = 0.0,
    which: str = "imputed",
    missing_only: bool = True,
) -> np.ndarray:
    """Shifts by patient and visit.

    Parameters
    ----------
    panel : Panel
    delta : float, sequence of float or mapping of arm to either
        Shift in the unit of the outcome, one for all visits or one each. A number or sequence holds for all arms; arms
        that a mapping does not name get none.
    dlag : sequence of float, optional
        Factors by the number of visits since the event, the first for the first visit after it: the shift then is the
        running sum of `delta` times these, from that visit on.
    times : sequence of float, optional
        Times of the visits: `delta` then is a shift for each unit of time since the last visit before the event, or
        since `origin` where the event precedes all visits.
    origin : float
        Time at which patients start.
    which : {"imputed", "after-event"}
        Without `dlag` and `times`: every imputed value, or only those after the patient's event. With either, always
        those after it.
    missing_only : bool
        Whether values observed after the event stay as they are.

    Returns
    -------
    array (n, J)

    Raises
    ------
    InvalidInput
        If a sequence has not one value a visit, an arm is unknown, both `dlag` and `times` are given, or times do not
        rise.

    Notes
    -----
    Roger J, the "five macros", and R rbmi's `delta_template` define `delta` and `dlag`. Cro S et al. Stat Med
    2020;39:2815-2842. For a constant shift after the event, `dlag` is 1, 0, 0, ...
    """
    check_choice("which", which, ("imputed", "after-event"))
    if dlag is not None and times is not None:
        raise InvalidInput("dlag and times are two ways to scale by the time since the event; give one.")
    n, j = panel.outcome.shape
    by_arm = dict(delta) if isinstance(delta, Mapping) else dict.fromkeys(panel.arms, delta)
    unknown = [a for a in by_arm if a not in panel.arms]
    if unknown:
        raise InvalidInput(f"no arm {unknown[0]!r}; there are {', '.join(map(str, panel.arms))}.")
    given = np.zeros((len(panel.arms), j))
    for name, value in by_arm.items():
        given[panel.arms.index(name)] = _each("delta", value, j)
    base = given[panel.arm]
    after = np.arange(j) >= panel.event[:, None]
    if dlag is not None:
        lags = _each("dlag", dlag, j)
        shift = np.stack([accumulated(base[i], lags, after[i]) for i in range(n)])
    elif times is not None:
        clock = _each("times", times, j)
        if np.any(np.diff(clock) <= 0) or origin > clock[0]:
            raise InvalidInput(f"times {list(clock)} from origin {origin}: they have to rise.")
        start = np.concatenate([[origin], clock])[panel.event]
        shift = np.where(after, base * (clock - start[:, None]), 0.0)
    else:
        shift = base if which == "imputed" else np.where(after, base, 0.0)
    observed_too = not missing_only and (which == "after-event" or dlag is not None or times is not None)
    return shift if observed_too else np.where(panel.missing, shift, 0.0)


def accumulated(delta: Sequence[float], dlag: Sequence[float], after: Sequence[bool]) -> np.ndarray:
    """Running sum of `delta` times the factors `dlag`, counted from the first visit that is `after` the event."""
    delta, dlag, after = np.asarray(delta, dtype=float), np.asarray(dlag, dtype=float), np.asarray(after, dtype=bool)
    if not delta.shape == dlag.shape == after.shape or delta.ndim != 1:
        raise InvalidInput("delta, dlag and after need one value a visit each.")
    shift = np.zeros(delta.size)
    shift[after] = np.cumsum(delta[after] * dlag[: int(after.sum())])
    return shift


def _each(name: str, value, j: int) -> np.ndarray:
    array = np.asarray(value, dtype=float)
    if array.ndim > 1 or (array.ndim == 1 and array.size != j) or not np.all(np.isfinite(array)):
        raise InvalidInput(f"{name} is {value}; it has to be a number or one number for each of {j} visits.")
    return np.broadcast_to(array, (j,))
