"""What was done: vertebrae, cement, leaks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.generator import by_arm, choose, stream
from helpers.data.generator.cohort import SPECIALS_FROM, VISITS, Cohort
from helpers.params import SyntheticParams

#: Relative frequency of a metastasis to be treated, T1 to L5: rare high up, most about the thoracolumbar junction.
LEVEL_WEIGHTS = np.array([1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 10, 12, 12, 10, 8, 6, 4], dtype=float)


@dataclass(frozen=True)
class Vertebrae:
    """Planned vertebrae as parallel arrays, sorted by patient and level.

    `who` counts patients from 0, `level` T1 = 0 to L5 = 16.
    """

    who: np.ndarray
    level: np.ndarray
    name: np.ndarray
    arm: np.ndarray  # technique received, "" if the patient was never treated


def plan(p: SyntheticParams, cohort: Cohort, codebook: Codebook) -> Vertebrae:
    """Distinct levels for each patient, drawn without replacement (Gumbel top-k)."""
    keys = np.log(LEVEL_WEIGHTS) + stream(p.seed, "vertebrae").gumbel(size=(cohort.n, len(LEVEL_WEIGHTS)))
    rank = np.argsort(np.argsort(-keys, axis=1), axis=1)
    who, level = np.nonzero(rank < cohort.planned[:, None])
    return Vertebrae(who=who, level=level, name=np.array(list(codebook.levels))[level], arm=cohort.received[who])


def procedures_table(p: SyntheticParams, cohort: Cohort, vertebrae: Vertebrae) -> pd.DataFrame:
    """The table `procedures`: treated vertebrae only."""
    n = len(vertebrae.who)
    volumes = p.volume.of(p.null_effect)
    volume = by_arm(volumes, vertebrae.arm, "mean") + by_arm(volumes, vertebrae.arm, "sd") * stream(
        p.seed, "volume"
    ).standard_normal(n)
    two = stream(p.seed, "approach").random(n) < by_arm(p.bipedicular_share.of(p.null_effect), vertebrae.arm)
    table = pd.DataFrame(
        {
            "subject_id": cohort.ids[vertebrae.who],
            "level": vertebrae.name,
            "procedure_date": cohort.procedure[vertebrae.who],
            "planned_technique": cohort.allocated[vertebrae.who],
            "actual_technique": vertebrae.arm,
            "approach": np.where(two, "BIPEDICULAR", "UNIPEDICULAR"),
            "volume_ml": np.round(np.maximum(volume, 0.5), 1),
        }
    )
    return table[vertebrae.arm != ""].reset_index(drop=True)


def leaking(p: SyntheticParams, cohort: Cohort, vertebrae: Vertebrae) -> np.ndarray:
    """Which vertebrae leak: beta-binomial, so that leaks cluster within patients with the declared correlation."""
    rate = by_arm(p.leak.of(p.null_effect), cohort.received)
    spread = (1 - p.leak_icc) / p.leak_icc
    own = stream(p.seed, "leak propensity").beta(rate * spread, (1 - rate) * spread)
    leak = stream(p.seed, "leak").random(len(vertebrae.who)) < own[vertebrae.who]
    leak &= vertebrae.arm != ""
    if cohort.n >= SPECIALS_FROM and not leak.any():
        leak[np.flatnonzero(vertebrae.arm != "")[:1]] = True
    return leak


def leaks_table(p: SyntheticParams, cohort: Cohort, vertebrae: Vertebrae, imaged: np.ndarray) -> pd.DataFrame:
    """The table `leaks`, one row per leak; `imaged` (patients x visits) says when an image could show one."""
    at = np.flatnonzero(leaking(p, cohort, vertebrae))
    kind = choose(stream(p.seed, "leak type"), p.leak_type_share, len(at))
    if cohort.n >= SPECIALS_FROM and not (kind == "BOTH").any():
        kind[0] = "BOTH"
    at = np.repeat(at, np.where(kind == "BOTH", 2, 1))
    kind = np.concatenate([["VASCULAR", "CORTICAL"] if k == "BOTH" else [k] for k in kind]) if len(kind) else kind
    who, n = vertebrae.who[at], len(at)
    significant = stream(p.seed, "leak size").random(n) < by_arm(
        p.leak_significant.of(p.null_effect), vertebrae.arm[at]
    )
    symptomatic = stream(p.seed, "leak symptoms").random(n) < by_arm(
        p.leak_symptomatic.of(p.null_effect), vertebrae.arm[at]
    )
    if cohort.n >= SPECIALS_FROM and not symptomatic.any():
        symptomatic[0] = True

    found = choose(stream(p.seed, "leak found"), p.leak_found_share, n)
    found = np.where((found == "M3") & (~imaged[who, 3] | symptomatic), "D1", found)
    found = np.where((found == "D1") & ~imaged[who, 1], "D0", found)
    column = np.array([VISITS.index(visit) for visit in found], dtype=int)
    date = np.where(found == "D0", cohort.procedure[who], cohort.visits[who, column])
    table = pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "level": vertebrae.name[at],
            "leak_type": kind,
            "leak_size": np.where(significant, "SIGNIFICANT", "NOT SIGNIFICANT"),
            "symptomatic": np.where(symptomatic, "Y", "N"),
            "found_visit": found,
            "found_date": date,
        }
    )
    table["leak_number"] = table.groupby("subject_id", sort=False).cumcount() + 1
    return table
