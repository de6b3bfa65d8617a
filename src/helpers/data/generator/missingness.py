"""Which forms came in, and why the others did not."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.codebook import Form
from helpers.data.generator import choose
from helpers.data.generator.cohort import Cohort
from helpers.data.generator.design import Design
from helpers.data.generator.mechanism import race, standard
from helpers.data.generator.procedures import Vertebrae


@dataclass(frozen=True)
class Received:
    """Table -> which of its forms came in (patients x visits), the missed ones as a table, and what that hung on.

    `planned` says which forms of attended visits there were to miss, `depends` (patients x visits) is the last pain
    rating observed before each visit in standard deviations, 0 unless the mechanism is MAR.
    """

    forms: dict[str, np.ndarray]
    planned: dict[str, np.ndarray]
    missed: pd.DataFrame
    depends: np.ndarray


def leaving(design: Design, cohort: Cohort, vas: np.ndarray, ecog: np.ndarray) -> np.ndarray:
    """What leaving the trial depends on, per patient, in standard deviations.

    MAR: pain at the first visit and ECOG, in equal parts. MNAR: pain at the last visit, which those who leave do not
    come to rate.
    """
    p, mechanism = design.p, design.p.missingness.mechanism
    if mechanism == "MCAR":
        return np.zeros(cohort.n)
    rated = _standard_pain(design, vas)
    if mechanism == "MNAR":
        return rated[:, -1]
    grades, shares = (np.array(list(part), dtype=float) for part in (p.ecog_share, p.ecog_share.values()))
    mean = float(grades @ shares)
    sd = float(np.sqrt((grades - mean) ** 2 @ shares))
    return (rated[:, 0] + standard(ecog, mean, sd)) / np.sqrt(2)


def unseen(
    design: Design, vas: np.ndarray, stature: np.ndarray, dallas: np.ndarray, readings: dict, vertebrae: Vertebrae
) -> dict[str, np.ndarray]:
    """Table -> its own value, patients x visits in standard deviations, high where the patient does badly.

    Images: a large kyphotic angle, mean of the patient's vertebrae. Stature: height lost since the first visit.
    Dallas: the first domain.
    """
    angle = np.zeros(vas.shape)
    readings_of_angle = readings["KYPHANG"].mean(axis=2)
    number = np.bincount(vertebrae.who, minlength=len(vas))
    for k, visit in enumerate(design.visits_of("imaging")):
        angle[:, visit] = np.bincount(vertebrae.who, readings_of_angle[:, k], minlength=len(vas)) / number
    angle, lost = angle - angle.mean(axis=0), stature[:, :1] - stature
    values = {"stature": lost, "dallas": dallas, "imaging": angle}
    return {"vas": _standard_pain(design, vas)} | {
        table: standard(value - value.mean(axis=0), 0, 1) / np.maximum(value.std(axis=0), 1e-9)
        for table, value in values.items()
    }


def _standard_pain(design: Design, vas: np.ndarray) -> np.ndarray:
    declared = design.p.vas.visits
    return np.stack(
        [
            standard(vas[:, k], declared[name].mean, declared[name].sd) if name in declared else np.zeros(len(vas))
            for k, name in enumerate(design.calendar.visits)
        ],
        axis=1,
    )


def receive(design: Design, cohort: Cohort, vas: np.ndarray, own: dict[str, np.ndarray]) -> Received:
    """Forms received: those of attended visits, less some single forms and some last images.

    `own` is what each form would show (`unseen`); pain ratings are settled first, since MAR looks at them.
    """
    p, days = design.p, design.calendar
    draw, mechanism = design.stream("missed"), p.missingness.mechanism
    rated, attended = _standard_pain(design, vas), cohort.attended
    forms, planned, missed = {}, {}, []
    for name, form in sorted(design.codebook.schedule.forms.items(), key=lambda item: item[1].table != "vas"):
        visits = design.visits_of(form.table)
        came = attended & np.isin(np.arange(len(days.visits)), visits)
        planned[form.table] = came.copy()
        forms[form.table] = came
        for visit in [v for v in visits if v > 0]:
            who = draw.permutation(np.flatnonzero(came[:, visit]))
            depends = np.zeros(cohort.n)
            if mechanism != "MCAR":
                depends = (
                    own[form.table][:, visit] if mechanism == "MNAR" else last_rated(rated, forms["vas"])[:, visit]
                )
            taken = race(depends[who], p.missingness.strength)[: _number(design, name, form, visit, len(who))]
            lost = np.sort(who[taken])
            came[lost, visit] = False
            reasons = choose(draw, p.missed_reason_share, len(lost))
            missed.append(_missed(cohort, lost, days.visits[visit], name, reasons))
    absent = np.flatnonzero(cohort.not_come)
    missed.append(_missed(cohort, absent, days.visits[-1], "ALL", np.full(len(absent), "NOT COME")))
    depends = last_rated(rated, forms["vas"]) if mechanism == "MAR" else np.zeros(rated.shape)
    return Received(forms, planned, pd.concat(missed, ignore_index=True), depends)


def last_rated(rated: np.ndarray, received: np.ndarray) -> np.ndarray:
    """Patients x visits: the last pain rating received before the visit, 0 before the first."""
    last = np.zeros(rated.shape)
    for visit in range(1, rated.shape[1]):
        last[:, visit] = np.where(received[:, visit - 1], rated[:, visit - 1], last[:, visit - 1])
    return last


def _number(design: Design, name: str, form: Form, visit: int, came: int) -> int:
    """How many forms of a visit are missed."""
    p, days = design.p, design.calendar
    last_image = form.table == "imaging" and visit == len(days.visits) - 1
    share = p.missed_imaging_share if last_image else p.missed_form_share
    least = 1 if p.missed_once.get(name) == days.visits[visit] and came > 4 and share > 0 else 0
    return max(least, round(share * came))


def _missed(cohort: Cohort, who: np.ndarray, visit: str, form: str, reasons: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"subject_id": cohort.ids[who], "visit": visit, "form": form, "reason": reasons}, dtype="str")
