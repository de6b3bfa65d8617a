"""Checks of times, events and groups."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput


def check_times(time: Sequence[float], event: Sequence[int], *, codes: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Times and events as arrays; events are 0 and 1 or, with `codes`, 0 for censored and 1, 2, ... for the causes."""
    times, events = np.atleast_1d(np.asarray(time, dtype=float)), np.atleast_1d(np.asarray(event, dtype=float))
    if times.ndim != 1 or times.shape != events.shape:
        raise InvalidInput(f"{times.size} times and {events.size} events: one of each per unit is needed.")
    if not np.isfinite(times).all() or (times < 0).any():
        raise InvalidInput("time: each must be a number from 0 up; one is negative or missing.")
    allowed = (events >= 0) & (events == np.floor(events)) if codes else (events == 0) | (events == 1)
    if not allowed.all():
        wanted = "0 (censored) or the whole number of a cause" if codes else "0 (censored) or 1 (event)"
        raise InvalidInput(f"event: {events[~allowed][0]} found; each must be {wanted}.")
    return times, events.astype(int)


def check_groups(group: Sequence, size: int, name: str = "group") -> tuple[list, np.ndarray]:
    """Labels in order and the position of each unit's label among them."""
    labels = list(group)
    if len(labels) != size:
        raise InvalidInput(f"{name}: {len(labels)} labels for {size} units; each unit needs one.")
    if any(label is None or label is pd.NA or label != label for label in labels):
        raise InvalidInput(f"{name}: a label is missing.")
    try:
        known = sorted(set(labels))
    except TypeError as error:
        raise InvalidInput(f"{name}: labels of several kinds cannot be put in order; use one kind.") from error
    place = {label: i for i, label in enumerate(known)}
    return known, np.array([place[label] for label in labels], dtype=int)


def two_groups(labels: list, reference: object, name: str = "group") -> object:
    """The label that is not the reference; the first label in order is the reference if none is named."""
    if reference is not None and reference not in labels:
        raise InvalidInput(f"reference is {reference!r}; it must be one of the groups {labels}.")
    if len(labels) != 2:
        raise InvalidInput(f"{name}: {len(labels)} groups {labels}; two are needed.")
    chosen = labels[0] if reference is None else reference
    return labels[1] if chosen == labels[0] else labels[0]
