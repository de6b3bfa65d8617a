"""What happened: adverse events, deaths, withdrawals, missed visits."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.generator import by_arm, choose, stream
from helpers.data.generator.cohort import NEVER, VISITS, Cohort
from helpers.params import SyntheticParams


@dataclass(frozen=True)
class Received:
    """Which forms came in, each patients x VISITS, and the missed ones as a table."""

    vas: np.ndarray
    stature: np.ndarray
    dallas: np.ndarray
    imaging: np.ndarray
    missed: pd.DataFrame


def receive(p: SyntheticParams, cohort: Cohort, codebook: Codebook) -> Received:
    """Forms received: those of attended visits, less some single forms and some month 3 images."""
    draw = stream(p.seed, "missed")
    got, rows = {}, []
    for form, declared in codebook.schedule.forms.items():
        planned = [VISITS.index(visit) for visit in declared.visits]
        came = cohort.attended & np.isin(np.arange(4), planned)
        for visit in [v for v in planned if v > 0]:
            who = draw.permutation(np.flatnonzero(came[:, visit]))
            share = p.missed_imaging_share if (form, visit) == ("IMAGING", 3) else p.missed_form_share
            least = 1 if (form, visit) in (("IMAGING", 3), ("VAS", 2)) and len(who) > 4 and share > 0 else 0
            lost = np.sort(who[: max(least, round(share * len(who)))])
            came[lost, visit] = False
            reasons = choose(draw, {"NOT DONE": 0.5, "TOO ILL": 0.4, "REFUSED": 0.1}, len(lost))
            rows += [(cohort.ids[i], VISITS[visit], form, reason) for i, reason in zip(lost, reasons, strict=True)]
        got[form.lower()] = came
    rows += [(cohort.ids[i], "M3", "ALL", "NOT COME") for i in np.flatnonzero(cohort.not_come)]
    return Received(**got, missed=pd.DataFrame(rows, columns=["subject_id", "visit", "form", "reason"]))


def deaths_table(cohort: Cohort) -> pd.DataFrame:
    """The table `deaths`."""
    who = np.flatnonzero(~np.isnat(cohort.death))
    cause = np.where(cohort.died_of_event, "ADVERSE EVENT", "PROGRESSION")
    return pd.DataFrame({"subject_id": cohort.ids[who], "death_date": cohort.death[who], "cause": cause[who]})


def withdrawals_table(cohort: Cohort) -> pd.DataFrame:
    """The table `withdrawals`."""
    who = np.flatnonzero(~np.isnat(cohort.withdrawal))
    reason = np.where(cohort.treated, "CONSENT", "DETERIORATION")
    return pd.DataFrame(
        {"subject_id": cohort.ids[who], "withdrawal_date": cohort.withdrawal[who], "reason": reason[who]}
    )


def adverse_events_table(p: SyntheticParams, cohort: Cohort, leaks: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The table `adverse_events`: ordinary ones, one before the procedure, symptomatic leaks, and the fatal one."""
    events = pd.concat(
        [_ordinary(p, cohort, codebook), _from_leaks(p, cohort, leaks), _fatal(cohort)], ignore_index=True
    )
    events = events.sort_values(["who", "start_date"], kind="stable", ignore_index=True)
    events["ae_number"] = events.groupby("who").cumcount() + 1
    events["subject_id"] = cohort.ids[events["who"]]
    events["leak_number"] = events["leak_number"].astype("Int64")
    return events


def _ordinary(p: SyntheticParams, cohort: Cohort, codebook: Codebook) -> pd.DataFrame:
    draw, arms = stream(p.seed, "events"), cohort.received
    number = draw.poisson(by_arm(p.adverse_events.per_patient.of(p.null_effect), arms)) * cohort.treated
    who = np.repeat(np.arange(cohort.n), number)
    steady = np.flatnonzero(cohort.treated & np.isnat(cohort.death))[
        :1
    ]  # one event between randomisation and the procedure
    who, before = np.concatenate([who, steady]), np.arange(len(who) + len(steady)) >= len(who)
    n = len(who)
    room = (cohort.last_day - cohort.procedure)[who].astype(int)
    early = draw.random(n) < 0.45
    day = np.where(early, draw.integers(0, 3, n), (draw.random(n) * room).astype(int))
    start = cohort.procedure[who] + np.minimum(day, room)
    start = np.where(before, cohort.randomised[who] + 2, start)
    term = choose(draw, p.adverse_events.term_share, n)
    limits = np.array([codebook.ctcae[t].grades for t in term]).reshape(n, 2)
    grade = np.clip(choose(draw, p.adverse_events.grade_share, n).astype(int), limits[:, 0], limits[:, 1])
    end = start + draw.integers(1, 31, n)
    ongoing = (end > cohort.last_day[who]) | (draw.random(n) < 0.15)
    near = {"NOT RELATED": 0.25, "UNLIKELY": 0.20, "POSSIBLY": 0.30, "PROBABLY": 0.25}
    far = {"NOT RELATED": 0.75, "UNLIKELY": 0.20, "POSSIBLY": 0.05}
    close = early & ~before
    return pd.DataFrame(
        {
            "who": who,
            "verbatim": np.char.add(term.astype(str), ", as reported"),
            "term": term,
            "grade": grade,
            "serious": np.where((grade == 4) | ((grade == 3) & (draw.random(n) < 0.7)), "Y", "N"),
            "related_procedure": np.where(close, choose(draw, near, n), choose(draw, far, n)),
            "related_device": np.where(close, choose(draw, far, n), "NOT RELATED"),
            "related_disease": choose(draw, {"NOT RELATED": 0.3, "UNLIKELY": 0.2, "POSSIBLY": 0.3, "PROBABLY": 0.2}, n),
            "leak_number": np.nan,
            "start_date": start,
            "end_date": np.where(ongoing, NEVER, end),
            "outcome": np.where(ongoing, choose(draw, {"NOT RECOVERED": 0.6, "RECOVERING": 0.4}, n), "RECOVERED"),
            "caused_death": "N",
        }
    )


def _from_leaks(p: SyntheticParams, cohort: Cohort, leaks: pd.DataFrame) -> pd.DataFrame:
    """Each symptomatic leak is an adverse event that names it."""
    draw, felt = stream(p.seed, "leak events"), leaks[leaks["symptomatic"] == "Y"]
    n, vascular = len(felt), (felt["leak_type"] == "VASCULAR").to_numpy()
    position = {subject: k for k, subject in enumerate(cohort.ids)}
    who = np.array([position[subject] for subject in felt["subject_id"]], dtype=int)
    start = cohort.procedure[who] + draw.integers(0, 2, n)
    end = np.fmin(start + draw.integers(3, 20, n), cohort.last_day[who])
    return pd.DataFrame(
        {
            "who": who,
            "verbatim": np.where(vascular, "Symptomatic cement embolus", "Radicular pain after cement leakage"),
            "term": np.where(vascular, "Thromboembolic event", "Radiculitis"),
            "grade": np.where(vascular, 3, draw.integers(1, 3, n)),
            "serious": np.where(vascular, "Y", "N"),
            "related_procedure": "PROBABLY",
            "related_device": "DEFINITELY",
            "related_disease": "NOT RELATED",
            "leak_number": felt["leak_number"].to_numpy(dtype=float),
            "start_date": start,
            "end_date": end,
            "outcome": "RECOVERED",
            "caused_death": "N",
        }
    )


def _fatal(cohort: Cohort) -> pd.DataFrame:
    who = np.flatnonzero(cohort.died_of_event)
    return pd.DataFrame(
        {
            "who": who,
            "verbatim": "Pulmonary embolism, cancer related",
            "term": "Thromboembolic event",
            "grade": 5,
            "serious": "Y",
            "related_procedure": "UNLIKELY",
            "related_device": "UNLIKELY",
            "related_disease": "PROBABLY",
            "leak_number": np.nan,
            "start_date": cohort.death[who] - 1,
            "end_date": cohort.death[who],
            "outcome": "FATAL",
            "caused_death": "Y",
        }
    )
