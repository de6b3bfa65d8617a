"""Checks and small computations that the modules of rates share."""

from math import isfinite

from helpers.errors import InvalidInput
from helpers.stats._types import Interval

EMPTY = Interval(None, None, None, "too-few")


def check_rate(events: float, time: float) -> None:
    """Refuse events that are no count, time that is negative or no number, and events without time."""
    if not (isfinite(events) and isfinite(time)) or int(events) != events or events < 0 or time < 0:
        raise InvalidInput(f"{events} events in {time} of person-time: events (whole) and time must each be 0 or more.")
    if events and not time:
        raise InvalidInput(f"{events} events in no person-time: time must be positive where there are events.")


def check_per(per: float) -> None:
    """Refuse a multiple of the unit of time that is not a positive number."""
    if not (isfinite(per) and per > 0):
        raise InvalidInput(f"per is {per}; it must be a positive number of units of time, such as 100.")


def check_continuity(continuity: float) -> None:
    """Refuse a continuity correction below 0 or above one half of an event."""
    if not 0 <= continuity <= 0.5:
        raise InvalidInput(f"continuity is {continuity}; it must lie between 0 and 0.5 events.")
