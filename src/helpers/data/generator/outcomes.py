"""What was measured: eligibility, pain, stature, imaging, Dallas items."""

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.generator import by_arm, choose, stream
from helpers.data.generator.cohort import VISITS, Cohort
from helpers.data.generator.procedures import Vertebrae
from helpers.params import SyntheticParams

IMAGED = ("D0", "D1", "M3")
IMAGING_COLUMNS = {"ANTHT": "anterior_mm", "MIDHT": "middle_mm", "POSHT": "posterior_mm", "KYPHANG": "kyphosis_deg"}
#: What a measuring device can show.
LIMITS = {"ANTHT": (4, 40), "MIDHT": (4, 40), "POSHT": (4, 40), "KYPHANG": (-20, 60)}


def pain(p: SyntheticParams, cohort: Cohort) -> np.ndarray:
    """Pain of every patient at every visit in cm, patients x VISITS, before anything is missed."""
    draw = stream(p.seed, "pain")
    own, visit = draw.standard_normal((cohort.n, 1)), draw.standard_normal((cohort.n, 4))
    z = np.sqrt(p.vas.correlation) * own + np.sqrt(1 - p.vas.correlation) * visit
    mean, sd = (np.array([getattr(p.vas.visits[v], name) for v in VISITS]) for name in ("mean", "sd"))
    shift = by_arm(p.vas.shift.of(p.null_effect), cohort.received)[:, None] * (np.arange(4) > 0)
    values = np.clip(mean + shift + sd * z, 0, 10)
    values[cohort.low_pain, 0] = draw.uniform(1.5, 3.4)
    values[cohort.low_pain] = np.minimum(values[cohort.low_pain], values[cohort.low_pain, :1])
    return np.round(values, 1)


def eligibility_table(
    p: SyntheticParams, cohort: Cohort, vertebrae: Vertebrae, vas: np.ndarray, codebook: Codebook
) -> pd.DataFrame:
    """The table `eligibility`.

    Whoever would miss both VAS >= 4 and SINS >= 7 is recorded with VAS 4: nobody else is randomised.
    """
    draw = stream(p.seed, "eligibility")
    points = np.array([level.sins_location for level in codebook.levels.values()])[vertebrae.level]
    first = np.lexsort((vertebrae.level, -points, vertebrae.who))  # the least stable location of the patient is scored
    scored = first[np.unique(vertebrae.who[first], return_index=True)[1]]
    parts = {"location": points[scored]}
    parts |= {name: choose(draw, shares, cohort.n).astype(int) for name, shares in p.sins_share.items()}
    for name, score in {"pain": 1, "lesion": 2, "alignment": 2}.items():
        parts[name] = np.where(cohort.low_pain, score, parts[name])
    total = sum(parts.values())
    screened = np.clip(np.round(vas[:, 0] + draw.normal(0, 0.4, cohort.n), 1), 0, 10)
    screened = np.where(cohort.low_pain, np.minimum(screened, 3.8), screened)
    screened = np.where((screened < 4) & (total < 7), 4.0, screened)
    ecog = choose(draw, dict(enumerate(p.ecog_share)), cohort.n).astype(int)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids,
            "assessment_date": cohort.randomised - draw.integers(0, 8, cohort.n),
            "ecog": ecog,
            "metastatic_sites": 2 + draw.poisson(1.2, cohort.n),
            "levels_planned": cohort.planned,
            "vas": screened,
            "sins_level": vertebrae.name[scored],
            **{f"sins_{name}": score for name, score in parts.items()},
            "sins_total": total,
        }
    )


def vas_table(cohort: Cohort, vas: np.ndarray, received: np.ndarray) -> pd.DataFrame:
    """The table `vas`: the ratings received."""
    who, visit = np.nonzero(received)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "visit": np.array(VISITS)[visit],
            "vas_date": cohort.visits[who, visit],
            "vas": vas[who, visit],
        }
    )


def stature_table(p: SyntheticParams, cohort: Cohort, received: np.ndarray) -> pd.DataFrame:
    """The table `stature`, D0 and M3."""
    draw = stream(p.seed, "stature")
    base = np.where(cohort.sex == "F", p.stature.mean["F"], p.stature.mean["M"]) + draw.normal(
        0, p.stature.sd, cohort.n
    )
    changes = p.stature_change.of(p.null_effect)
    change = by_arm(changes, cohort.received, "mean") + by_arm(changes, cohort.received, "sd") * draw.standard_normal(
        cohort.n
    )
    values = np.round(np.clip(np.stack([base, base, base, base + change], axis=1), 130, 210), 1)
    who, visit = np.nonzero(received)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "visit": np.array(VISITS)[visit],
            "stature_date": cohort.visits[who, visit],
            "stature_cm": values[who, visit],
        }
    )


def _measure(p: SyntheticParams, cohort: Cohort, vertebrae: Vertebrae, code: str) -> np.ndarray:
    """One imaging measure, vertebrae x IMAGED x two readers.

    The declared SDs are those of the readers' mean, so the true values vary less by what the readers add.
    """
    measure, n = p.imaging[code], len(vertebrae.who)
    draw = stream(p.seed, f"imaging {code}")
    base = measure.baseline.mean + np.sqrt(
        max(measure.baseline.sd**2 - measure.reader_sd**2 / 2, 0)
    ) * draw.standard_normal(n)
    changes = measure.change.of(p.null_effect)
    mean = by_arm(changes, vertebrae.arm, "mean")
    sd = np.sqrt(by_arm(changes, vertebrae.arm, "sd") ** 2 - measure.reader_sd**2)
    z = np.sqrt(p.imaging_icc) * draw.standard_normal(cohort.n)[vertebrae.who] + np.sqrt(
        1 - p.imaging_icc
    ) * draw.standard_normal(n)
    late = base + mean + sd * z
    true = np.stack([base, late + p.imaging_loss * mean, late], axis=1)
    read = true[:, :, None] + measure.reader_sd * draw.standard_normal((n, 3, 2))
    return np.round(np.clip(read, *LIMITS[code]), 1)


def imaging_table(p: SyntheticParams, cohort: Cohort, vertebrae: Vertebrae, received: np.ndarray) -> pd.DataFrame:
    """The table `imaging`, one row per vertebra, visit and reader."""
    columns = np.array([VISITS.index(v) for v in IMAGED])
    which, visit, reader = np.nonzero(np.repeat(received[vertebrae.who][:, columns, None], 2, axis=2))
    who = vertebrae.who[which]
    return pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "level": vertebrae.name[which],
            "visit": np.array(IMAGED)[visit],
            "imaging_date": cohort.visits[who, columns[visit]],
            "reader": reader + 1,
            **{
                column: _measure(p, cohort, vertebrae, code)[which, visit, reader]
                for code, column in IMAGING_COLUMNS.items()
            },
        }
    )


def dallas_table(p: SyntheticParams, cohort: Cohort, received: np.ndarray, codebook: Codebook) -> pd.DataFrame:
    """The table `dallas`: items scattered about their domain's percentage, some left empty."""
    who, visit = np.nonzero(received)
    fraction = np.array([0.0, np.nan, p.dallas.early_fraction, 1.0])[visit]
    shift = by_arm(p.dallas.shift.of(p.null_effect), cohort.received)[who] * (visit > 0)
    draw = stream(p.seed, "dallas")
    r, general = p.dallas.correlation, draw.standard_normal(cohort.n)
    items = {}
    for code, domain in codebook.dallas.domains.items():
        own = np.sqrt(r) * general + np.sqrt(1 - r) * draw.standard_normal(cohort.n)
        z = np.sqrt(r) * own[who] + np.sqrt(1 - r) * draw.standard_normal((cohort.n, 4))[who, visit]
        normal = p.dallas.baseline[code]
        percent = np.clip(normal.mean + p.dallas.change[code] * fraction + shift + normal.sd * z, 0, 100)
        maxima = np.array([codebook.item_maximum(item) for item in domain.items])
        expected = percent[:, None] / (domain.multiplier * maxima.sum()) * maxima
        scores = np.clip(np.round(expected + draw.normal(0, p.dallas.item_sd, expected.shape)), 0, maxima)
        items |= {item: scores[:, k] for k, item in enumerate(domain.items)}
    table = pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "visit": np.array(VISITS)[visit],
            "dallas_date": cohort.visits[who, visit],
            **items,
        }
    )
    return _leave_empty(p, table, list(items))


def _leave_empty(p: SyntheticParams, table: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Empty some items: always one of daily activities, which the person's mean can replace, and a work item."""
    draw, scores = stream(p.seed, "dallas missing"), table[items].to_numpy(copy=True)
    forms = draw.permutation(len(scores))
    single = max(1, round(p.missing_item_share * scores.size))
    scores[forms[0], draw.integers(0, 7)] = np.nan
    scores[forms[np.arange(1, single) % len(forms)], draw.integers(0, len(items), single - 1)] = np.nan
    work = max(1, round(p.missing_work_item_share * len(scores)))
    scores[draw.permutation(len(scores))[:work], items.index("item_10")] = np.nan
    return table.assign(**{item: pd.array(scores[:, k], dtype="Int64") for k, item in enumerate(items)})
