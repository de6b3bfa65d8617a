"""Strategies for values missing after an intercurrent event: the distribution of a patient's outcomes under each.

Each takes the patient's mean and covariance in the own arm and in the reference arm and says what they are believed to
be once the event has happened. `mean` has shape (..., J), `covariance` (..., J, J), the leading axes being draws of the
parameters; `before` (J,) marks the visits before the event, which come first.

Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352-1371. White IR, Royes J, Best N. J Biopharm Stat
2020;30:334-350 (a framework). The definitions agree with R rbmi 1.6.
"""

from collections.abc import Callable, Mapping

import numpy as np

from helpers.errors import InvalidInput

Moments = tuple[np.ndarray, np.ndarray]


def missing_at_random(mean, covariance, mean_ref, covariance_ref, before) -> Moments:
    """MAR: as patients of the own arm who go on."""
    return mean, covariance


def jump_to_reference(mean, covariance, mean_ref, covariance_ref, before) -> Moments:
    """JR: the means of the reference arm from the event on."""
    return np.where(before, mean, mean_ref), joined(covariance, covariance_ref, before)


def copy_reference(mean, covariance, mean_ref, covariance_ref, before) -> Moments:
    """CR: as if in the reference arm from the start, so that an own effect before the event wears off."""
    return mean_ref, covariance_ref


def copy_increments(mean, covariance, mean_ref, covariance_ref, before) -> Moments:
    """CIR: from the own mean before the event, the changes of the reference arm; its means where none is before."""
    if not before.any() or before.all():
        return np.where(before, mean, mean_ref), joined(covariance, covariance_ref, before)
    last = int(before.sum()) - 1
    shifted = mean[..., last : last + 1] + mean_ref - mean_ref[..., last : last + 1]
    return np.where(before, mean, shifted), joined(covariance, covariance_ref, before)


def last_mean_carried_forward(mean, covariance, mean_ref, covariance_ref, before) -> Moments:
    """LMCF: the own mean of the last visit before the event, with the own covariance. Undefined (NaN) where none is."""
    last = int(before.sum()) - 1
    held = mean[..., last : last + 1] if last >= 0 else np.full_like(mean[..., :1], np.nan)
    return np.where(before, mean, held), covariance


STRATEGIES: Mapping[str, Callable[..., Moments]] = {
    "MAR": missing_at_random,
    "JR": jump_to_reference,
    "CR": copy_reference,
    "CIR": copy_increments,
    "LMCF": last_mean_carried_forward,
}


def joined(covariance: np.ndarray, covariance_ref: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Covariance that is the own arm's before the event and whose later visits depend on those as the reference arm's.

    Notes
    -----
    Carpenter, Roger and Kenward 2013, appendix. With one covariance for both arms it is that one.
    """
    if before.all() or covariance is covariance_ref:
        return covariance
    if not before.any():
        return covariance_ref
    k = int(before.sum())
    own, ref = covariance[..., :k, :k], covariance_ref
    slope = np.swapaxes(np.linalg.solve(ref[..., :k, :k], ref[..., :k, k:]), -1, -2)
    lower = slope @ own
    corner = ref[..., k:, k:] - slope @ (ref[..., :k, :k] - own) @ np.swapaxes(slope, -1, -2)
    top = np.concatenate([own, np.swapaxes(lower, -1, -2)], axis=-1)
    return np.concatenate([top, np.concatenate([lower, corner], axis=-1)], axis=-2)


def check_strategies(names: set[str], own: Mapping | None = None) -> None:
    """Refuse a strategy that is neither defined here nor among one's own."""
    known = {**STRATEGIES, **(own or {})}
    for name in names:
        if name not in known:
            raise InvalidInput(f"strategy {name!r} is unknown; allowed are {', '.join(map(repr, known))}.")
