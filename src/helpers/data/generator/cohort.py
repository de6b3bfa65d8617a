"""Who is in the trial: randomisation, fates and the dates that follow from them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.data.generator import ARMS, EXPERIMENTAL, REFERENCE, choose, quota
from helpers.data.generator.calendar import Calendar
from helpers.data.generator.design import Design
from helpers.data.generator.mechanism import race
from helpers.data.provenance import MARK
from helpers.errors import ConfigError
from helpers.params import SyntheticParams

#: From this size on the cohort holds every special case; a smaller one may lack some.
SPECIALS_FROM = 12
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Cohort:
    """Patients as parallel arrays, in the order of randomisation. Dates are days; NaT where there is none."""

    calendar: Calendar
    ids: np.ndarray
    site: np.ndarray
    sex: np.ndarray
    planned: np.ndarray
    allocated: np.ndarray
    received: np.ndarray  # "" if never treated
    randomised: np.ndarray
    planned_procedure: np.ndarray
    death: np.ndarray
    leaving: np.ndarray  # the day on which the patient would withdraw; drawn for all, so that who does moves no date
    withdrawn: np.ndarray
    visits: np.ndarray  # patients x visits, the day of the visit
    not_come: np.ndarray  # alive and in the trial, yet no last visit
    low_pain: np.ndarray  # included for instability, with little pain
    died_of_event: np.ndarray
    candidates: np.ndarray  # places of those who may drop out, in random order

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def treated(self) -> np.ndarray:
        return self.received != ""

    @property
    def procedure(self) -> np.ndarray:
        return np.where(self.treated, self.planned_procedure, NEVER)

    @property
    def withdrawal(self) -> np.ndarray:
        return np.where(self.withdrawn, self.leaving, NEVER)

    @property
    def attended(self) -> np.ndarray:
        """Patients x visits: alive, in the trial, and come. The visit before the procedure was attended by all."""
        gone = np.fmin(self.death, self.withdrawal)
        attended = np.isnat(gone)[:, None] | (self.visits < gone[:, None])
        attended &= ~(~self.treated[:, None] & self.calendar.after)
        attended[:, 0] = True
        attended[:, -1] &= ~self.not_come
        return attended

    @property
    def last_day(self) -> np.ndarray:
        """Last day a patient was followed: death, withdrawal or the last visit."""
        return np.fmin(np.fmin(self.visits[:, -1], self.death), self.withdrawal)


def _allocate(design: Design, stratum: np.ndarray) -> np.ndarray:
    """Pairs of one of each technique within strata; an odd patient left over gets the experimental one."""
    draw = design.stream("allocation")
    order = np.lexsort((draw.random(len(stratum)), stratum))
    first = np.repeat(draw.random(len(stratum) // 2 + 1) < 0.5, 2)[: len(stratum)]
    if len(stratum) % 2:
        first[-1] = True
    experimental = first ^ (np.arange(len(stratum)) % 2 == 1)
    arms = np.empty(len(stratum), dtype=np.asarray(ARMS).dtype)
    arms[order] = np.where(experimental, EXPERIMENTAL, REFERENCE)
    return arms


def _halves(k: int) -> tuple[int, int]:
    return (k + 1) // 2, k // 2


def _fates(design: Design, allocated: np.ndarray) -> dict[str, np.ndarray]:
    """Disjoint sets of patients for everything that goes otherwise than planned.

    Each set is halved between the arms, and a coin chooses the arm with the odd patient treated with the other
    technique; the other arm has the odd one never treated. So neither arm is worse off over seeds.
    """
    p, n = design.p, design.patients
    order = design.stream("fates").permutation(n)
    arms = ARMS if design.stream("special arms").random() < 0.5 else ARMS[::-1]
    one, other = (order[allocated[order] == arm] for arm in arms)
    shares = (p.crossover_share, p.never_treated_share, p.low_pain.share)
    many = [max(1, round(share * n)) if share > 0 and n >= SPECIALS_FROM else 0 for share in shares]
    crossover, never, low = (_halves(k) for k in many)
    a, b = np.cumsum([crossover[0], never[1], low[0]]), np.cumsum([crossover[1], never[0], low[1]])
    fates = {
        "crossover": np.concatenate([one[: a[0]], other[: b[0]]]),
        "never": np.concatenate([one[a[0] : a[1]], other[b[0] : b[1]]]),
        "low_pain": np.concatenate([one[a[1] : a[2]], other[b[1] : b[2]]]),
    }
    rest = order[~np.isin(order, np.concatenate(list(fates.values())))]
    deaths = round(p.death_share * n)
    return fates | {"death": rest[:deaths], "candidates": rest[deaths:]}


def recruit(design: Design) -> Cohort:
    """Draw the cohort: sizes of sites, strata, arms and fates are exact, who falls into them is random."""
    p, n, days = design.p, design.patients, design.calendar
    planned = design.stream("levels").permutation(np.repeat(list(p.levels_share), quota(n, p.levels_share.values())))
    site = design.stream("sites").permutation(np.repeat(list(p.site_share), quota(n, p.site_share.values())))
    sex = design.stream("sex").permutation(np.repeat(list(p.sex_share), quota(n, p.sex_share.values())))
    allocated = _allocate(design, np.char.add(site, stratum(design, planned)))
    fates = _fates(design, allocated)
    among = {name: np.isin(np.arange(n), who) for name, who in fates.items()}

    received = allocated.copy()
    received[among["crossover"]] = np.where(allocated[among["crossover"]] == EXPERIMENTAL, REFERENCE, EXPERIMENTAL)
    received[among["never"]] = ""

    draw = design.stream("dates")
    randomised = days.first_day + np.sort(draw.integers(0, (days.last_day - days.first_day).astype(int) + 1, n))
    wait = p.recruitment.procedure_after
    procedure = randomised + draw.integers(wait[0], wait[1] + 1, n)
    last = days.earliest[-1]
    dead_from = draw.integers(*_between(design, "death_days", last), n)
    gone_from = draw.integers(*_between(design, "withdrawal_days", last), n)
    visits = [
        # before the procedure counted backwards, after it forwards
        procedure + (draw.integers(low, high + 1, n) if after else high - draw.integers(0, high - low + 1, n))
        for low, high, after in zip(days.earliest, days.latest, days.after, strict=True)
    ]
    return Cohort(
        calendar=days,
        ids=_identifiers(design, site),
        site=site,
        sex=sex,
        planned=planned,
        allocated=allocated,
        received=received,
        randomised=randomised,
        planned_procedure=procedure,
        death=np.where(among["death"], procedure + dead_from, NEVER),
        # whoever is never treated leaves on the day the procedure was planned for
        leaving=np.where(among["never"], procedure, procedure + gone_from),
        withdrawn=among["never"],
        visits=np.stack(visits, axis=1),
        not_come=np.zeros(n, dtype=bool),
        low_pain=among["low_pain"],
        died_of_event=np.isin(np.arange(n), fates["death"][: _fatal_events(p, len(fates["death"]))]),
        candidates=fates["candidates"],
    )


def drop_out(design: Design, cohort: Cohort, score: np.ndarray) -> Cohort:
    """The cohort with those who left: half withdraw, half do not come to the last visit.

    `score` is what leaving depends on, one standard deviation as 1.
    """
    lost = round(design.p.lost_share * cohort.n)
    who = cohort.candidates[race(score[cohort.candidates], design.p.missingness.strength)][:lost]
    withdrawn, not_come = (np.isin(np.arange(cohort.n), part) for part in np.split(who, [(lost + 1) // 2]))
    return replace(cohort, withdrawn=cohort.withdrawn | withdrawn, not_come=not_come)


def _fatal_events(p: SyntheticParams, deaths: int) -> int:
    return max(1, round(p.fatal_event_share * deaths)) if deaths >= 3 and p.fatal_event_share > 0 else 0


def _between(design: Design, name: str, opens: int) -> tuple[int, int]:
    """First day and the one after the last, counted from the procedure."""
    declared = getattr(design.p, name)
    first, last = declared.first, int(opens) - declared.before_last_visit
    if first > last:
        raise ConfigError(
            f"params.yaml, synthetic.{name}: no day is left between {first} and {last}, "
            f"with the last visit from day {opens} on."
        )
    return first, last + 1


def _identifiers(design: Design, site: np.ndarray) -> np.ndarray:
    """Identifiers by site in the order of randomisation, going on where the part before ended."""
    number = np.zeros(len(site), dtype=int)
    for code in design.p.site_share:
        here = site == code
        number[here] = design.numbered.get(code, 0) + np.arange(1, here.sum() + 1)
    width = max(3, len(str(design.p.patients)))
    return np.array([f"{MARK}{s}-{k:0{width}d}" for s, k in zip(site.tolist(), number.tolist(), strict=True)])


def stratum(design: Design, planned: np.ndarray) -> np.ndarray:
    """The stratum of each number of vertebrae."""
    spans = design.levels_of_strata()
    return np.select([np.isin(planned, list(span)) for span in spans.values()], list(spans), default="")


def patients_table(design: Design, cohort: Cohort) -> pd.DataFrame:
    """The table `patients`."""
    p, draw = design.p, design.stream("primary")
    primary = np.select(
        [cohort.sex == sex for sex in p.sex_share],
        [choose(draw, p.primary_share[s], cohort.n) for s in p.sex_share],
        "",
    )
    age = design.stream("age").normal(p.age.mean, p.age.sd, cohort.n)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids,
            "site_id": cohort.site,
            "age": design.counted("patients.age", age),
            "sex": cohort.sex,
            "primary_tumour": primary,
            "randomisation_date": cohort.randomised,
            "stratum_levels": stratum(design, cohort.planned),
            "allocated": cohort.allocated,
        }
    )
