"""What images showed: heights and angle of a vertebra, as each reader measured them."""

import numpy as np
import pandas as pd

from helpers.data.generator import by_arm
from helpers.data.generator.cohort import Cohort
from helpers.data.generator.design import IMAGING_COLUMNS, Design
from helpers.data.generator.procedures import Vertebrae


def readers(design: Design) -> list[int]:
    """The readers' numbers."""
    column = design.column("imaging.reader")
    return list(range(column.min, column.max + 1))


def _measure(design: Design, cohort: Cohort, vertebrae: Vertebrae, code: str) -> np.ndarray:
    """One measure, vertebrae x imaged visits x readers.

    The declared SDs are those of the readers' mean, so the true values vary less by what the readers add.
    """
    p, n, k = design.p, len(vertebrae.who), len(readers(design))
    measure, error = p.imaging[code], p.imaging[code].reader_sd ** 2 / k
    draw = design.stream(f"imaging {code}")
    base = measure.baseline.mean + np.sqrt(max(measure.baseline.sd**2 - error, 0)) * draw.standard_normal(n)
    changes = measure.change.of(p.null_effect)
    mean = by_arm(changes, vertebrae.arm, "mean")
    sd = np.sqrt(np.maximum(by_arm(changes, vertebrae.arm, "sd") ** 2 - 2 * error, 0))
    z = np.sqrt(p.imaging_icc) * draw.standard_normal(cohort.n)[vertebrae.who] + np.sqrt(
        1 - p.imaging_icc
    ) * draw.standard_normal(n)
    late = base + mean + sd * z
    visits = design.visits_of("imaging")
    course = {0: base, len(cohort.calendar.visits) - 1: late}
    true = np.stack([course.get(visit, late + p.imaging_loss * mean) for visit in visits], axis=1)
    read = true[:, :, None] + measure.reader_sd * draw.standard_normal((n, len(visits), k))
    return design.measured(f"imaging.{IMAGING_COLUMNS[code]}", read)


def measures(design: Design, cohort: Cohort, vertebrae: Vertebrae) -> dict[str, np.ndarray]:
    """Measure -> its readings of every planned vertebra (vertebrae x imaged visits x readers)."""
    return {code: _measure(design, cohort, vertebrae, code) for code in IMAGING_COLUMNS}


def imaging_table(
    design: Design, cohort: Cohort, vertebrae: Vertebrae, readings: dict[str, np.ndarray], received: np.ndarray
) -> pd.DataFrame:
    """The table `imaging`, one row per vertebra, visit and reader."""
    visits, numbers = np.array(design.visits_of("imaging")), np.array(readers(design))
    which, visit, reader = np.nonzero(np.repeat(received[vertebrae.who][:, visits, None], len(numbers), axis=2))
    who = vertebrae.who[which]
    return pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "level": vertebrae.name[which],
            "visit": np.array(cohort.calendar.visits)[visits[visit]],
            "imaging_date": cohort.visits[who, visits[visit]],
            "reader": numbers[reader],
            **{column: readings[code][which, visit, reader] for code, column in IMAGING_COLUMNS.items()},
        }
    )
