"""What was measured in a patient: eligibility, pain, stature."""

import numpy as np
import pandas as pd

from helpers.data.generator import by_arm, choose
from helpers.data.generator.cohort import Cohort
from helpers.data.generator.design import Design
from helpers.data.generator.procedures import Vertebrae


def pain(design: Design, cohort: Cohort) -> np.ndarray:
    """Pain of every patient at every visit in cm, patients x visits, before anything is missed.

    Missing at visits for which no rating is planned.
    """
    p, planned = design.p.vas, design.visits_of("vas")
    draw = design.stream("pain")
    own, visit = draw.standard_normal((cohort.n, 1)), draw.standard_normal((cohort.n, len(planned)))
    z = np.sqrt(p.correlation) * own + np.sqrt(1 - p.correlation) * visit
    names = [design.calendar.visits[v] for v in planned]
    mean, sd = (np.array([getattr(p.visits[v], name) for v in names]) for name in ("mean", "sd"))
    shift = by_arm(p.shift.of(design.p.null_effect), cohort.received)[:, None] * design.calendar.after[planned]
    ratings = np.clip(mean + shift + sd * z, *design.limits("vas.vas"))
    few = int(cohort.low_pain.sum())
    ratings[cohort.low_pain, 0] = draw.uniform(*design.p.low_pain.vas, few)
    ratings[cohort.low_pain] = np.minimum(ratings[cohort.low_pain], ratings[cohort.low_pain, :1])
    values = np.full((cohort.n, len(design.calendar.visits)), np.nan)
    values[:, planned] = design.measured("vas.vas", ratings)
    return values


def eligibility_table(design: Design, cohort: Cohort, vertebrae: Vertebrae, vas: np.ndarray) -> pd.DataFrame:
    """The table `eligibility`.

    Whoever would miss both criteria is recorded with the least pain that includes: nobody else is randomised.
    """
    p, draw = design.p, design.stream("eligibility")
    points = np.array([level.sins_location for level in design.codebook.levels.values()])[vertebrae.level]
    first = np.lexsort((vertebrae.level, -points, vertebrae.who))  # the least stable location of the patient is scored
    scored = first[np.unique(vertebrae.who[first], return_index=True)[1]]
    parts = {"location": points[scored]}
    parts |= {name: choose(draw, shares, cohort.n) for name, shares in p.sins_share.items()}
    for name, score in p.low_pain.sins.items():
        parts[name] = np.where(cohort.low_pain, score, parts[name])
    total = sum(parts.values())
    screened = design.measured("eligibility.vas", vas[:, 0] + draw.normal(0, p.vas.screening_sd, cohort.n))
    screened = np.where(cohort.low_pain, np.minimum(screened, p.low_pain.screened_max), screened)
    neither = (screened < p.criteria.vas) & (total < p.criteria.sins_total)
    screened = np.where(neither, float(p.criteria.vas), screened)
    ecog = choose(draw, p.ecog_share, cohort.n)
    before = p.recruitment.assessment_before
    return pd.DataFrame(
        {
            "subject_id": cohort.ids,
            "assessment_date": cohort.randomised - draw.integers(before[0], before[1] + 1, cohort.n),
            "ecog": ecog,
            "metastatic_sites": _further_sites(design, draw, cohort.n),
            "levels_planned": cohort.planned,
            "vas": screened,
            "sins_level": vertebrae.name[scored],
            **{f"sins_{name}": score for name, score in parts.items()},
            "sins_total": total,
        }
    )


def _further_sites(design: Design, draw: np.random.Generator, n: int) -> np.ndarray:
    place = "eligibility.metastatic_sites"
    return design.counted(place, design.column(place).min + draw.poisson(design.p.further_sites, n))


def vas_table(cohort: Cohort, vas: np.ndarray, received: np.ndarray) -> pd.DataFrame:
    """The table `vas`: the ratings received."""
    who, visit = np.nonzero(received)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "visit": np.array(cohort.calendar.visits)[visit],
            "vas_date": cohort.visits[who, visit],
            "vas": vas[who, visit],
        }
    )


def stature(design: Design, cohort: Cohort) -> np.ndarray:
    """Standing height of every patient in cm, patients x visits: the same until the last."""
    p, draw = design.p, design.stream("stature")
    mean = np.select([cohort.sex == sex for sex in p.stature.mean], list(p.stature.mean.values()))
    base = mean + draw.normal(0, p.stature.sd, cohort.n)
    changes = p.stature_change.of(p.null_effect)
    change = by_arm(changes, cohort.received, "mean") + by_arm(changes, cohort.received, "sd") * draw.standard_normal(
        cohort.n
    )
    values = np.repeat(base[:, None], len(cohort.calendar.visits), axis=1)
    values[:, -1] += change
    return design.measured("stature.stature_cm", values)


def stature_table(cohort: Cohort, values: np.ndarray, received: np.ndarray) -> pd.DataFrame:
    """The table `stature`: the heights received."""
    who, visit = np.nonzero(received)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "visit": np.array(cohort.calendar.visits)[visit],
            "stature_date": cohort.visits[who, visit],
            "stature_cm": values[who, visit],
        }
    )
