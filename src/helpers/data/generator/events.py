"""What happened: adverse events, deaths, withdrawals."""

import numpy as np
import pandas as pd

from helpers.data.generator import by_arm, choose
from helpers.data.generator.cohort import NEVER, Cohort
from helpers.data.generator.design import Design
from helpers.data.generator.procedures import NO, YES


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


def adverse_events_table(design: Design, cohort: Cohort, leaks: pd.DataFrame) -> pd.DataFrame:
    """The table `adverse_events`: ordinary ones, one before the procedure, symptomatic leaks, and the fatal one."""
    parts = [_ordinary(design, cohort), _from_leaks(design, cohort, leaks), _fatal(cohort)]
    events = pd.concat(parts, ignore_index=True)
    events = events.drop_duplicates(ignore_index=True)  # one event is recorded once
    events = events.sort_values(["who", "start_date"], kind="stable", ignore_index=True)
    events["ae_number"] = events.groupby("who").cumcount() + 1
    events["subject_id"] = cohort.ids[events["who"]]
    events["leak_number"] = events["leak_number"].astype("Int64")
    return events


def _ordinary(design: Design, cohort: Cohort) -> pd.DataFrame:
    p, draw = design.p.adverse_events, design.stream("events")
    number = draw.poisson(by_arm(p.per_patient.of(design.p.null_effect), cohort.received)) * cohort.treated
    who = np.repeat(np.arange(cohort.n), number)
    # one event between randomisation and the procedure
    steady = np.flatnonzero(cohort.treated & np.isnat(cohort.death))[:1]
    who, before = np.concatenate([who, steady]), np.arange(len(who) + len(steady)) >= len(who)
    n = len(who)
    room = (cohort.last_day - cohort.procedure)[who].astype(int)
    early = draw.random(n) < p.early.share
    day = np.where(early, draw.integers(0, p.early.days, n), (draw.random(n) * room).astype(int))
    start = cohort.procedure[who] + np.minimum(day, room)
    start = np.where(before, cohort.randomised[who] + design.p.recruitment.procedure_after[0] // 2, start)
    term = choose(draw, p.term_share, n)
    grade = _existing(design, term, choose(draw, p.grade_share, n))
    end = start + draw.integers(p.duration[0], p.duration[1] + 1, n)
    ongoing = (end > cohort.last_day[who]) | (draw.random(n) < p.ongoing_share)
    near, far = p.related["early_to_procedure"], p.related["later_or_to_device"]
    close = early & ~before
    serious = draw.random(n) < np.array([p.serious_share[g] for g in sorted(p.serious_share)])[grade - 1]
    return pd.DataFrame(
        {
            "who": who,
            "verbatim": np.char.add(term.astype(str), ", as reported"),
            "term": term,
            "grade": grade,
            "serious": np.where(serious, YES, NO),
            "related_procedure": np.where(close, choose(draw, near, n), choose(draw, far, n)),
            "related_device": np.where(close, choose(draw, far, n), "NOT RELATED"),
            "related_disease": choose(draw, p.related["to_disease"], n),
            "leak_number": np.nan,
            "start_date": start,
            "end_date": np.where(ongoing, NEVER, end),
            "outcome": np.where(ongoing, choose(draw, p.ongoing_outcome_share, n), "RECOVERED"),
            "caused_death": NO,
        }
    )


def _existing(design: Design, term: np.ndarray, grade: np.ndarray) -> np.ndarray:
    """The nearest grade that exists for each term, grades that lead to death left out."""
    highest = max(design.p.adverse_events.grade_share)
    names = sorted(set(term.tolist()))
    limits = np.array([design.codebook.ctcae[name].grades for name in names], dtype=int).reshape(-1, 2)
    mine = limits[np.searchsorted(names, term)] if len(term) else limits
    return np.clip(grade, mine[:, 0], np.minimum(mine[:, 1], highest))


def _from_leaks(design: Design, cohort: Cohort, leaks: pd.DataFrame) -> pd.DataFrame:
    """Each symptomatic leak is an adverse event that names it."""
    draw, felt = design.stream("leak events"), leaks[leaks["symptomatic"] == YES]
    n, vascular = len(felt), (felt["leak_type"] == "VASCULAR").to_numpy()
    who = pd.Index(cohort.ids).get_indexer(felt["subject_id"])
    start = cohort.procedure[who] + draw.integers(0, 2, n)
    end = np.fmin(start + draw.integers(3, 20, n), cohort.last_day[who])
    return pd.DataFrame(
        {
            "who": who,
            "verbatim": np.where(vascular, "Symptomatic cement embolus", "Radicular pain after cement leakage"),
            "term": np.where(vascular, "Thromboembolic event", "Radiculitis"),
            "grade": np.where(vascular, 3, draw.integers(1, 3, n)),
            "serious": np.where(vascular, YES, NO),
            "related_procedure": "PROBABLY",
            "related_device": "DEFINITELY",
            "related_disease": "NOT RELATED",
            "leak_number": felt["leak_number"].to_numpy(dtype=float),
            "start_date": start,
            "end_date": end,
            "outcome": "RECOVERED",
            "caused_death": NO,
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
            "serious": YES,
            "related_procedure": "UNLIKELY",
            "related_device": "UNLIKELY",
            "related_disease": "PROBABLY",
            "leak_number": np.nan,
            "start_date": cohort.death[who] - 1,
            "end_date": cohort.death[who],
            "outcome": "FATAL",
            "caused_death": YES,
        }
    )
