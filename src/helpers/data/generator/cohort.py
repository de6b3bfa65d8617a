"""Who is in the trial: randomisation, fates and the dates that follow from them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.data.generator import choose, quota, stream
from helpers.params import SyntheticParams

FIRST_DAY = np.datetime64("2016-03-01")
#: Last day of randomisation that leaves room for the month 3 visit before the trial's end, 2020-12-01.
LAST_DAY = np.datetime64("2020-07-15")
#: From this size on the cohort holds every special case; a smaller one may lack some.
SPECIALS_FROM = 12
VISITS = ("D0", "D1", "D21", "M3")
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Cohort:
    """Patients as parallel arrays, in the order of randomisation. Dates are days; NaT where there is none."""

    ids: np.ndarray
    site: np.ndarray
    sex: np.ndarray
    planned: np.ndarray
    allocated: np.ndarray
    received: np.ndarray  # "" if never treated
    randomised: np.ndarray
    procedure: np.ndarray
    death: np.ndarray
    withdrawal: np.ndarray
    visits: np.ndarray  # patients x VISITS, the day of the visit
    attended: np.ndarray  # patients x VISITS
    not_come: np.ndarray  # alive and in the trial, yet no month 3 visit
    low_pain: np.ndarray  # included for instability, with little pain
    died_of_event: np.ndarray

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def treated(self) -> np.ndarray:
        return self.received != ""

    @property
    def last_day(self) -> np.ndarray:
        """Last day a patient was followed: death, withdrawal or the month 3 visit."""
        return np.fmin(np.fmin(self.visits[:, 3], self.death), self.withdrawal)


def _allocate(seed: int, stratum: np.ndarray) -> np.ndarray:
    """Pairs of one KP and one VP within strata; an odd patient left over is KP."""
    draw = stream(seed, "allocation")
    order = np.lexsort((draw.random(len(stratum)), stratum))
    first_is_kp = np.repeat(draw.random(len(stratum) // 2 + 1) < 0.5, 2)[: len(stratum)]
    if len(stratum) % 2:
        first_is_kp[-1] = True
    is_kp = first_is_kp ^ (np.arange(len(stratum)) % 2 == 1)
    arms = np.empty(len(stratum), dtype="U2")
    arms[order] = np.where(is_kp, "KP", "VP")
    return arms


def _fates(p: SyntheticParams, allocated: np.ndarray) -> dict[str, np.ndarray]:
    """Disjoint sets of patients for everything that goes otherwise than planned.

    A coin chooses the arm with the patient treated with the other technique; the other arm has the one never treated.
    So neither arm is worse off over seeds.
    """
    n = p.patients
    order = stream(p.seed, "fates").permutation(n)
    arms = ("VP", "KP") if stream(p.seed, "special arms").random() < 0.5 else ("KP", "VP")
    one, other = (order[allocated[order] == arm] for arm in arms)
    few = 1 if n >= SPECIALS_FROM else 0
    fates = {"crossover": one[:few], "never": other[:few], "low_pain": one[few : 2 * few]}
    rest = order[~np.isin(order, np.concatenate(list(fates.values())))]
    deaths, lost = round(p.death_share * n), round(p.lost_share * n)
    fates["death"], fates["lost"] = rest[:deaths], rest[deaths : deaths + lost]
    fates["withdrawn"], fates["not_come"] = fates["lost"][: (lost + 1) // 2], fates["lost"][(lost + 1) // 2 :]
    return fates


def recruit(p: SyntheticParams) -> Cohort:
    """Draw the cohort: sizes of sites, strata, arms and fates are exact, who falls into them is random."""
    n, seed = p.patients, p.seed
    planned = stream(seed, "levels").permutation(np.repeat(np.arange(1, 7), quota(n, p.levels_share)))
    site = stream(seed, "sites").permutation(np.repeat(list(p.site_share), quota(n, p.site_share.values())))
    sex = stream(seed, "sex").permutation(np.repeat(["F", "M"], quota(n, [p.female_share, 1 - p.female_share])))
    allocated = _allocate(seed, np.char.add(site, np.where(planned > 3, "b", "a")))
    fates = _fates(p, allocated)
    among = {name: np.isin(np.arange(n), who) for name, who in fates.items()}

    received = allocated.copy()
    received[among["crossover"]] = np.where(allocated[among["crossover"]] == "KP", "VP", "KP")
    received[among["never"]] = ""

    days = stream(seed, "dates")
    randomised = FIRST_DAY + np.sort(days.integers(0, (LAST_DAY - FIRST_DAY).astype(int) + 1, n))
    procedure = randomised + days.integers(4, 22, n)
    dead_from, gone_from = days.integers(5, 84, n), days.integers(25, 80, n)
    visits = np.stack(
        [
            procedure - days.integers(0, 2, n),
            procedure + 1,
            procedure + days.integers(19, 25, n),
            procedure + days.integers(84, 106, n),
        ],
        axis=1,
    )
    death = np.where(among["death"], procedure + dead_from, NEVER)
    withdrawal = np.where(among["withdrawn"], procedure + gone_from, NEVER)
    withdrawal = np.where(among["never"], procedure, withdrawal)  # leaves on the day the procedure was planned for
    procedure = np.where(among["never"], NEVER, procedure)

    after = np.arange(4) > 0
    gone = np.fmin(death, withdrawal)
    attended = np.isnat(gone)[:, None] | (visits < gone[:, None])
    attended &= ~(among["never"][:, None] & after)
    attended[:, 0] = True
    attended[:, 3] &= ~among["not_come"]

    number = np.zeros(n, dtype=int)
    for code in p.site_share:
        number[site == code] = np.arange(1, (site == code).sum() + 1)
    return Cohort(
        ids=np.array([f"SYN-{s}-{k:03d}" for s, k in zip(site, number, strict=True)]),
        site=site,
        sex=sex,
        planned=planned,
        allocated=allocated,
        received=received,
        randomised=randomised,
        procedure=procedure,
        death=death,
        withdrawal=withdrawal,
        visits=visits,
        attended=attended,
        not_come=among["not_come"],
        low_pain=among["low_pain"],
        died_of_event=np.isin(np.arange(n), fates["death"][:1] if len(fates["death"]) >= 3 else []),
    )


def patients_table(p: SyntheticParams, cohort: Cohort) -> pd.DataFrame:
    """The table `patients`."""
    draw = stream(p.seed, "primary")
    primary = np.where(
        cohort.sex == "F", choose(draw, p.primary_share["F"], cohort.n), choose(draw, p.primary_share["M"], cohort.n)
    )
    age = np.clip(np.round(stream(p.seed, "age").normal(p.age.mean, p.age.sd, cohort.n)), 18, 95).astype(int)
    return pd.DataFrame(
        {
            "subject_id": cohort.ids,
            "site_id": cohort.site,
            "age": age,
            "sex": cohort.sex,
            "primary_tumour": primary,
            "randomisation_date": cohort.randomised,
            "stratum_levels": np.where(cohort.planned > 3, "4-6", "1-3"),
            "allocated": cohort.allocated,
        }
    )
