"""What was done: vertebrae, cement, leaks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.codebook import FLAGS
from helpers.data.generator import by_arm, choose
from helpers.data.generator.cohort import SPECIALS_FROM, Cohort
from helpers.data.generator.design import Design

#: Two leaks of one vertebra, one of each type: a kind of the parameters, not a code.
BOTH = "BOTH"
YES, NO = FLAGS


@dataclass(frozen=True)
class Vertebrae:
    """Planned vertebrae as parallel arrays, sorted by patient and level.

    `who` counts patients from 0, `level` the codebook's levels from 0.
    """

    who: np.ndarray
    level: np.ndarray
    name: np.ndarray
    arm: np.ndarray  # technique received, "" if the patient was never treated


def plan(design: Design, cohort: Cohort) -> Vertebrae:
    """Distinct levels for each patient, drawn without replacement (Gumbel top-k)."""
    names = np.array(list(design.codebook.levels))
    weights = np.array([design.p.level_weight[name] for name in names], dtype=float)
    keys = np.log(weights) + design.stream("vertebrae").gumbel(size=(cohort.n, len(weights)))
    rank = np.argsort(np.argsort(-keys, axis=1), axis=1)
    who, level = np.nonzero(rank < cohort.planned[:, None])
    return Vertebrae(who=who, level=level, name=names[level], arm=cohort.received[who])


def cement(design: Design, vertebrae: Vertebrae) -> np.ndarray:
    """Volume of each vertebra in mL."""
    p, n = design.p, len(vertebrae.who)
    volumes = p.volume.of(p.null_effect)
    mean, sd = by_arm(volumes, vertebrae.arm, "mean"), by_arm(volumes, vertebrae.arm, "sd")
    volume = np.maximum(mean + sd * design.stream("volume").standard_normal(n), p.volume_least)
    return design.measured("procedures.volume_ml", volume)


def procedures_table(design: Design, cohort: Cohort, vertebrae: Vertebrae) -> pd.DataFrame:
    """The table `procedures`: treated vertebrae only."""
    p, n = design.p, len(vertebrae.who)
    two = design.stream("approach").random(n) < by_arm(p.bipedicular_share.of(p.null_effect), vertebrae.arm)
    table = pd.DataFrame(
        {
            "subject_id": cohort.ids[vertebrae.who],
            "level": vertebrae.name,
            "procedure_date": cohort.procedure[vertebrae.who],
            "planned_technique": cohort.allocated[vertebrae.who],
            "actual_technique": vertebrae.arm,
            "approach": np.where(two, "BIPEDICULAR", "UNIPEDICULAR"),
            "volume_ml": cement(design, vertebrae),
        }
    )
    return table[vertebrae.arm != ""].reset_index(drop=True)


def leaking(design: Design, cohort: Cohort, vertebrae: Vertebrae) -> np.ndarray:
    """Which vertebrae leak: beta-binomial, so that leaks cluster within patients with the declared correlation."""
    p = design.p
    rate = by_arm(p.leak.of(p.null_effect), cohort.received)
    spread = (1 - p.leak_icc) / p.leak_icc
    own = design.stream("leak propensity").beta(rate * spread, (1 - rate) * spread)
    leak = design.stream("leak").random(len(vertebrae.who)) < own[vertebrae.who]
    leak &= vertebrae.arm != ""
    if cohort.n >= SPECIALS_FROM and not leak.any():
        leak[np.flatnonzero(vertebrae.arm != "")[:1]] = True
    return leak


def leaks_table(design: Design, cohort: Cohort, vertebrae: Vertebrae, imaged: np.ndarray) -> pd.DataFrame:
    """The table `leaks`, one row per leak; `imaged` (patients x visits) says when an image could show one."""
    p, types = design.p, design.codes("leaks.leak_type")
    at = np.flatnonzero(leaking(design, cohort, vertebrae))
    kind = choose(design.stream("leak type"), p.leak_type_share, len(at))
    if cohort.n >= SPECIALS_FROM and p.leak_type_share.get(BOTH) and not (kind == BOTH).any():
        kind[0] = BOTH
    number = np.where(kind == BOTH, len(types), 1)
    at, kind = np.repeat(at, number), np.repeat(kind, number)
    kind[kind == BOTH] = np.tile(types, int((number > 1).sum()))
    who, arm, n = vertebrae.who[at], vertebrae.arm[at], len(at)
    significant = design.stream("leak size").random(n) < by_arm(p.leak_significant.of(p.null_effect), arm)
    symptomatic = design.stream("leak symptoms").random(n) < by_arm(p.leak_symptomatic.of(p.null_effect), arm)
    if cohort.n >= SPECIALS_FROM and not symptomatic.any():
        symptomatic[0] = True

    visit = _found(design, imaged[who], symptomatic)
    date = np.where(visit == 0, cohort.procedure[who], cohort.visits[who, visit])
    table = pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "level": vertebrae.name[at],
            "leak_type": kind,
            "leak_size": np.where(significant, "SIGNIFICANT", "NOT SIGNIFICANT"),
            "symptomatic": np.where(symptomatic, YES, NO),
            "found_visit": np.array(cohort.calendar.visits)[visit],
            "found_date": date,
        }
    )
    first = np.flatnonzero(np.r_[True, who[1:] != who[:-1]]) if n else np.array([], dtype=int)
    table["leak_number"] = np.arange(n) - np.repeat(first, np.diff(np.r_[first, n])) + 1
    return table


def _found(design: Design, imaged: np.ndarray, symptomatic: np.ndarray) -> np.ndarray:
    """Visit at which each leak was found: the drawn one, or the imaged one before it if no image could show it then.

    A leak with symptoms is found by the first image after the procedure.
    """
    shares, days = design.p.leak_found_share, design.calendar
    drawn = choose(design.stream("leak found"), shares, len(imaged))
    visit = np.array([days.at(name) for name in shares])[pd.Index(list(shares)).get_indexer(drawn)]
    afterwards = [v for v in design.visits_of("imaging") if v > 0]
    for k, v in reversed(list(enumerate(afterwards))):
        unseen = ~imaged[:, v] | (symptomatic if k else False)
        visit = np.where((visit == v) & unseen, afterwards[k - 1] if k else 0, visit)
    return visit
