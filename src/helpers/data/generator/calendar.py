"""The days of the trial: the codebook's schedule and date ranges, with the windows of `params.yaml` about them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from helpers.codebook import Codebook
from helpers.errors import ConfigError
from helpers.params import SyntheticParams


@dataclass(frozen=True)
class Calendar:
    """Visits in their order with the first and last day on which each takes place, counted from the procedure."""

    visits: tuple[str, ...]
    earliest: np.ndarray
    latest: np.ndarray
    after: np.ndarray  # whether the visit comes after the procedure
    first_day: np.datetime64  # of randomisation
    last_day: np.datetime64

    def at(self, visit: str) -> int:
        """Place of a visit in the order."""
        return self.visits.index(visit)


def calendar(p: SyntheticParams, codebook: Codebook) -> Calendar:
    """The calendar of a trial.

    Raises
    ------
    ConfigError
        If the windows overlap, do not surround the procedure, or leave no day on which a patient could be randomised.
    """
    declared = codebook.schedule.visits
    visits = tuple(sorted(declared, key=lambda name: declared[name].number))
    due = np.array([declared[name].due for name in visits])
    early, late = (np.array([p.visit_windows[name][side] for name in visits]) for side in (0, 1))
    earliest, latest = due + early, due + late
    for window in codebook.rules.windows:
        k = visits.index(window.visit)
        earliest[k], latest[k] = max(earliest[k], window.first), min(latest[k], window.last)
        if earliest[k] > latest[k]:
            raise ConfigError(
                f"data/codebook.yaml, rules.windows: {window.visit}, due on day {due[k]}, has no day in common with "
                f"days {window.first} to {window.last}; see also params.yaml, synthetic.visit_windows."
            )
    for k, (name, following) in enumerate(pairwise(visits)):
        if latest[k] >= earliest[k + 1]:
            raise ConfigError(
                f"params.yaml, synthetic.visit_windows: {name} may fall on the day of {following} or later."
            )
    if latest[0] > 0 or (len(visits) > 1 and earliest[1] <= 0):
        raise ConfigError(
            f"params.yaml, synthetic.visit_windows: {visits[0]} has to end on the day of the procedure or before, "
            "and every other visit to come after it."
        )
    first, last = _randomisation(p, codebook, earliest, latest)
    if first > last:
        raise ConfigError(
            "data/codebook.yaml: between the lowest and the highest dates no patient could be randomised and followed "
            f"to {visits[-1]} (first day {first}, last day {last})."
        )
    return Calendar(visits, earliest, latest, due > 0, first, last)


def _randomisation(
    p: SyntheticParams, codebook: Codebook, earliest: np.ndarray, latest: np.ndarray
) -> tuple[np.datetime64, np.datetime64]:
    """First and last day of randomisation that keep every date inside the range the codebook has for its column."""
    wait, before = p.recruitment.procedure_after, p.recruitment.assessment_before
    end = int(wait[1] + latest[-1] + p.recruitment.close_out)
    # days from randomisation to the first and to the last day that a column can show
    days = {"patients.randomisation_date": (0, 0), "eligibility.assessment_date": (-before[1], -before[0])}
    days |= {f"{f.table}.{f.date}": (int(wait[0] + earliest[0]), end) for f in codebook.schedule.forms.values()}
    days |= {f"adverse_events.{column}": (wait[0] // 2, end) for column in ("start_date", "end_date")}
    days |= dict.fromkeys(
        ("procedures.procedure_date", "leaks.found_date", "deaths.death_date", "withdrawals.withdrawal_date"),
        (wait[0], end),
    )
    first, last = [], []
    for place, (from_day, to_day) in days.items():
        table, _, name = place.partition(".")
        column = codebook.tables[table].columns[name]
        first.append(np.datetime64(column.min or "0001-01-01", "D") - from_day)
        last.append(np.datetime64(column.max or "9999-12-31", "D") - to_day)
    return max(first), min(last)
