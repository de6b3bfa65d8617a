"""A whole trial drawn from a design: its tables, and what only the generator knows of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.generator import cohort, dallas, events, imaging, missingness, outcomes, procedures, undescribed
from helpers.data.generator.cohort import Cohort
from helpers.data.generator.design import Design
from helpers.data.generator.missingness import Received
from helpers.errors import ConfigError


@dataclass(frozen=True)
class Trial:
    """The tables, columns and order as the codebook declares them, with the cohort and the pain behind them.

    `vas` is the pain of every patient at every visit, missed ratings and visits included.
    """

    tables: dict[str, pd.DataFrame]
    cohort: Cohort
    received: Received
    vas: np.ndarray


def draw(design: Design) -> Trial:
    """Draw a trial, or one part of a large one.

    Raises
    ------
    ConfigError
        If the parameters would write what the codebook does not allow.
    """
    people = cohort.recruit(design)
    vertebrae = procedures.plan(design, people)
    vas = outcomes.pain(design, people)
    stature = outcomes.stature(design, people)
    readings = imaging.measures(design, people, vertebrae)
    eligibility = outcomes.eligibility_table(design, people, vertebrae, vas)
    people = cohort.drop_out(
        design, people, missingness.leaving(design, people, vas, eligibility["ecog"].to_numpy(dtype=float))
    )
    own = {}
    if design.p.missingness.mechanism == "MNAR":
        own = missingness.unseen(design, vas, stature, dallas.first_domain(design, people), readings, vertebrae)
    received = missingness.receive(design, people, vas, own)
    leaks = procedures.leaks_table(design, people, vertebrae, received.forms["imaging"])
    tables = {
        "patients": cohort.patients_table(design, people),
        "eligibility": eligibility,
        "procedures": procedures.procedures_table(design, people, vertebrae),
        "leaks": leaks,
        "imaging": imaging.imaging_table(design, people, vertebrae, readings, received.forms["imaging"]),
        "vas": outcomes.vas_table(people, vas, received.forms["vas"]),
        "stature": outcomes.stature_table(people, stature, received.forms["stature"]),
        "dallas": dallas.dallas_table(design, people, received.forms["dallas"], received.depends),
        "adverse_events": events.adverse_events_table(design, people, leaks),
        "deaths": events.deaths_table(people),
        "withdrawals": events.withdrawals_table(people),
        "missed_visits": received.missed,
    }
    ordered = {
        name: undescribed.completed(design, name, tables.get(name, pd.DataFrame())) for name in design.codebook.tables
    }
    _check(ordered, design.codebook)
    return Trial(ordered, people, received, vas)


def _check(tables: dict[str, pd.DataFrame], codebook: Codebook) -> None:
    """What the generator wrote is what the codebook has: codes with a meaning of their own, and every range."""
    for name, table in tables.items():
        for column, declared in codebook.tables[name].columns.items():
            codes, values = codebook.codes(declared), table[column].dropna()
            if codes is not None:
                wrong = [value for value in values.unique() if value not in codes]
            elif declared.type in ("integer", "decimal", "date") and len(values):
                ends = values.min(), values.max()
                low = [ends[0]] if declared.min is not None and ends[0] < _like(declared.min, ends[0]) else []
                wrong = low + ([ends[1]] if declared.max is not None and ends[1] > _like(declared.max, ends[1]) else [])
            else:
                continue
            if wrong:
                raise ConfigError(
                    f"data/codebook.yaml, tables.{name}.columns.{column}: the generator would write {wrong[0]}, "
                    "which the codebook does not allow. Change the codebook, or the section synthetic of params.yaml."
                )


def _like(limit, value):
    return pd.Timestamp(limit) if isinstance(value, pd.Timestamp) else limit
