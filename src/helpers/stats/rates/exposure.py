"""Exposure-adjusted rates from the times and events of single units, the unit of time stated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice
from helpers.stats.rates.single import rate

#: How many of each unit of time make a year.
UNITS_PER_YEAR = {"year": 1.0, "month": 12.0, "week": 365.25 / 7, "day": 365.25}


@dataclass(frozen=True)
class ExposureRate(Interval):
    """A rate per `per` person-years, with the events, the units, those of them with an event, and the person-years."""

    events: int = 0
    units: int = 0
    units_with_event: int = 0
    person_years: float = 0.0


def person_years(times: Sequence[float], *, unit: str, units_per_year: float | None = None) -> float:
    """Sum of exposure times in years.

    Parameters
    ----------
    times : sequence of float
        Exposure of each unit, 0 or longer.
    unit : str
        Unit of the times: "day", "week", "month" or "year".
    units_per_year : float, optional
        How many of the unit make a year, where `UNITS_PER_YEAR` is not meant: tern counts 365.24 days and 52.14 weeks.

    Raises
    ------
    InvalidInput
        If the unit is not one of the four, or a time is negative or missing.
    """
    check_choice("unit", unit, UNITS_PER_YEAR)
    values = np.asarray(times, dtype=float)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
        raise InvalidInput("times: each exposure must be a number from 0 up; one is negative or missing.")
    factor = UNITS_PER_YEAR[unit] if units_per_year is None else units_per_year
    if not factor > 0:
        raise InvalidInput(f"units_per_year is {factor}; it must be positive.")
    return float(values.sum() / factor)


def exposure_adjusted(
    events: Sequence[int],
    times: Sequence[float],
    *,
    unit: str,
    per: float = 100.0,
    method: str = "exact",
    level: float = 0.95,
    units_per_year: float | None = None,
    **options,
) -> ExposureRate:
    """Exposure-adjusted rate per 100 person-years of one group.

    Parameters
    ----------
    events, times : sequence
        Events and exposure of each unit. With every unit's first event only, and its time until then, this is the
        incidence rate (EAIR); with all events and the whole exposure, the event rate (EAER).
    unit, units_per_year
        Unit of the times, as in `person_years`.
    per : float
        Person-years the rate is for.
    method, level, options
        Interval of the rate, as in `rate`.

    Returns
    -------
    ExposureRate
        Reason "too-few" where there is no exposure at all.

    Raises
    ------
    InvalidInput
        If the lengths differ, an event count is no count, or as in `person_years` and `rate`.
    """
    counts = np.asarray(events, dtype=float)
    if counts.shape != np.shape(times):
        raise InvalidInput(f"{counts.size} event counts and {np.size(times)} times: one of each per unit is needed.")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise InvalidInput("events: each must be a whole number from 0 up; one is negative, broken or missing.")
    years = person_years(times, unit=unit, units_per_year=units_per_year)
    found = rate(int(counts.sum()), years, method=method, level=level, per=per, **options)
    return ExposureRate(
        found.estimate,
        found.lower,
        found.upper,
        found.reason,
        events=int(counts.sum()),
        units=counts.size,
        units_with_event=int((counts > 0).sum()),
        person_years=years,
    )
