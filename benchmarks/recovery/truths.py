"""The true value of what each primary analysis estimates, from the generator and not from the analysis.

Contrasts of means are the generator's own record (`truth.json`), by formula or quadrature. Proportions and rank
correlations have definitions that the record does not cover (a missing rating is no response, one patient is never
treated, one leak in a trial always has symptoms): they are counted in trials that the generator draws for this alone,
in its own arrays, before any table is written or derived, with the error of that count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from benchmarks.recovery import trials
from scipy.stats import rankdata

from helpers.data.generator import cohort, events, missingness, outcomes, procedures, realised
from helpers.data.generator.cohort import Cohort
from helpers.data.generator.design import Design
from helpers.data.generator.trial import draw
from helpers.data.generator.truth.record import truth
from helpers.errors import ConfigError

ARMS = ("KP", "VP")
#: Analysis -> how the record calls the true values of its parameters.
RECORDED = {"height.vertebral": "{}.change", "angle.kyphotic": "{}.change", "qol.dallas": "{}.change",
            "pain.vas": "vas.change", "height.stature": "stature.change"}  # fmt: skip
RECORD = "generator's record, as allocated"
COUNTED = "counted in generated trials"
EXACT = "zero by construction"


@dataclass(frozen=True)
class Truth:
    """A true value, its standard error (0 where it is a formula's), and where it is from.

    `rates` are the true proportions of KP and VP behind a proportion or a difference of two; `received` the contrast of
    the techniques received, which the one as allocated mixes.
    """

    value: float
    error: float
    source: str
    rates: tuple[float, float] | None = None
    received: float | None = None


@dataclass(frozen=True)
class Drawn:
    """What the generator drew of a trial, without tables: patients, and what each of them had."""

    people: Cohort
    vas: np.ndarray
    forms: dict[str, np.ndarray]
    volumes: list[np.ndarray]
    leaks: pd.DataFrame
    events: pd.DataFrame


def drawn(design: Design) -> Drawn:
    """A trial as `draw` draws it, less what no count below needs: each draw has a stream of its own."""
    if design.p.missingness.mechanism != "MCAR":
        raise ConfigError("truth by counting is written for scenarios in which forms are missing by chance alone.")
    people = cohort.recruit(design)
    vertebrae = procedures.plan(design, people)
    vas = outcomes.pain(design, people)
    people = cohort.drop_out(design, people, np.zeros(people.n))
    received = missingness.receive(design, people, vas, {})
    leaks = procedures.leaks_table(design, people, vertebrae, received.forms["imaging"])
    volume = procedures.cement(design, vertebrae)
    return Drawn(
        people,
        vas,
        received.forms,
        [volume[vertebrae.who == k] for k in range(people.n)],
        leaks.assign(who=pd.Index(people.ids).get_indexer(leaks["subject_id"])),
        events.adverse_events_table(design, people, leaks),
    )


def outcomes_of(trial: Drawn) -> dict[tuple, np.ndarray]:
    """Whether each patient has what a proportion counts: (analysis, parameter, visit) -> true or false."""
    people, leaks, days = trial.people, trial.leaks, trial.people.calendar
    with_one = {"success": _has(people.n, leaks["who"])}
    for column, names in (
        ("leak_type", {"VASCULAR": "VASCULAR", "CORTICAL": "CORTICAL"}),
        ("leak_size", {"SIGNIFICANT": "SIGNIFICANT", "NOT SIGNIFICANT": "NOT_SIGNIFICANT"}),
        ("symptomatic", {"Y": "SYMPTOMATIC", "N": "ASYMPTOMATIC"}),
    ):
        with_one |= {names[code]: _has(people.n, leaks.loc[leaks[column] == code, "who"]) for code in names}
    images = trial.forms["imaging"][:, [days.at("D1"), days.at("M3")]].any(axis=1)
    success = people.treated & ~with_one.pop("success") & images
    found = {("leakage.success", "SUCCESS", "M3"): success, ("leakage.success_bayes", "SUCCESS", "M3"): success}
    kinds = {"VASCULAR": "type", "CORTICAL": "type", "SYMPTOMATIC": "symptoms", "ASYMPTOMATIC": "symptoms"}
    found |= {(f"leakage.{kinds.get(kind, 'size')}", kind, "M3"): has for kind, has in with_one.items()}
    tenths = np.round(np.nan_to_num(trial.vas, nan=1e3) * 10).astype(int)
    before, rated = tenths[:, days.at("D0")], trial.forms["vas"]
    for share in (30, 50):
        for visit in ("D1", "D21", "M3"):
            fall = 100 * (before - tenths[:, days.at(visit)]) >= share * before
            known = rated[:, days.at("D0")] & rated[:, days.at(visit)] & (before > 0)
            found[("pain.responder", f"RESP{share}", visit)] = known & fall
    return found | _tolerance(trial)


def _tolerance(trial: Drawn) -> dict[tuple, np.ndarray]:
    people, table = trial.people, trial.events
    who = table["who"].to_numpy()
    table = table[table["start_date"].to_numpy() >= people.procedure[who]]
    who, grade = table["who"].to_numpy(), table["grade"].to_numpy()
    rows = {"AEANY": np.ones(len(table), dtype=bool), "AEGE3": grade >= 3, "AESER": table["serious"] == "Y"}
    for name, column in (("PRC", "procedure"), ("DEV", "device"), ("DIS", "disease")):
        rows[f"AEREL{name}"] = ~table[f"related_{column}"].isin(["NOT RELATED", "UNLIKELY"])
    rows["AEDTH"] = (table["caused_death"] == "Y") | (grade == 5)
    found = {("tolerance.overview", name, "all"): _has(people.n, who[np.asarray(row)]) for name, row in rows.items()}
    worst = np.zeros(people.n, dtype=int)
    np.maximum.at(worst, who, grade)
    return found | {("tolerance.worst_grade", f"GRADE{k}", "all"): worst == k for k in range(6)}


def _has(n: int, who: Iterable[int]) -> np.ndarray:
    return np.isin(np.arange(n), np.asarray(who, dtype=int))


#: Analysis -> the form whose values it takes.
FORMS = {"pain.vas": "vas", "qol.dallas": "dallas", "height.stature": "stature", "height.vertebral": "imaging",
         "angle.kyphotic": "imaging"}  # fmt: skip


def among_seen(truth: Truth, key: tuple, crossed: Counter) -> float:
    """The contrast as allocated among the patients seen at the visit: more of them had the other technique.

    The generator lets who was treated with the other technique neither die nor leave, so that their share grows.
    """
    form, visit = FORMS[key[0]], key[2]
    mixed = sum(crossed[(form, visit, arm, "other technique")] / crossed[(form, visit, arm, "all")] for arm in ARMS)
    return truth.received * (1 - mixed)


def groups_of(analysis: str, people: Cohort) -> dict[str, np.ndarray]:
    """The patients of each arm in the set of an analysis: allocated, treated as allocated, or as received."""
    arm = people.received if analysis.startswith(("tolerance", "volume")) else people.allocated
    chosen = np.ones(people.n, dtype=bool) if analysis.startswith(("leakage.success", "pain")) else people.treated
    return {name: chosen & (arm == name) for name in ARMS}


@dataclass
class Sample:
    """Counts over generated trials: events and patients of each trial and arm, and the pairs of volume and relief."""

    counts: dict[tuple, list[tuple[int, int, int, int]]]
    pairs: list[np.ndarray]  # per trial: received KP, total volume, mean volume, relief
    crossed: Counter  # (form, visit, arm, "all" or "other technique") -> patients with the form


def sample(scenario: str, seed: int, numbers: Sequence[int]) -> Sample:
    """Trials drawn for the truth alone: another stream of seeds than that of the trials analysed."""
    found = Sample({}, [], Counter())
    for number in numbers:
        trial = drawn(trials.design(scenario, seed, "truth", number))
        for key, has in outcomes_of(trial).items():
            arms = groups_of(key[0], trial.people)
            count = tuple(int(n) for arm in ARMS for n in ((has & arms[arm]).sum(), arms[arm].sum()))
            found.counts.setdefault(key, []).append(count)
        found.pairs.append(_pairs(trial))
        found.crossed.update(_crossed(trial))
    return found


def _pairs(trial: Drawn) -> np.ndarray:
    people, last = trial.people, trial.people.calendar.at("M3")
    first = people.calendar.at("D0")
    chosen = people.treated & trial.forms["vas"][:, first] & trial.forms["vas"][:, last]
    who = np.flatnonzero(chosen)
    relief = np.round(trial.vas[who, first] - trial.vas[who, last], 1)
    volumes = [trial.volumes[k] for k in who]
    total, mean = ([round(float(f(v)), 10) for v in volumes] for f in (np.sum, np.mean))
    return np.column_stack([people.received[who] == "KP", total, mean, relief])


def pairs_of(found: Sample, group: str) -> dict[int, float]:
    """How often the trials have how many pairs of volume and relief, of one technique or of all."""
    chosen = {"KP": 1.0, "VP": 0.0}.get(group)
    often = Counter(int((rows[:, 0] == chosen).sum()) if chosen is not None else len(rows) for rows in found.pairs)
    return {number: count / len(found.pairs) for number, count in sorted(often.items())}


def _crossed(trial: Drawn) -> Counter:
    people, crossed = trial.people, trial.people.treated & (trial.people.received != trial.people.allocated)
    seen = {("treated", ""): people.treated}
    for form in ("vas", "dallas", "stature", "imaging"):
        for visit in ("D1", "D21", "M3"):
            seen[(form, visit)] = people.treated & trial.forms[form][:, people.calendar.at(visit)]
    return Counter(
        {
            (*key, arm, which): int((came & among & (people.allocated == arm)).sum())
            for key, came in seen.items()
            for arm in ARMS
            for which, among in (("all", people.treated), ("other technique", crossed))
        }
    )


def merged(parts: Iterable[Sample]) -> Sample:
    """Samples of several sets of trials as one, in their order."""
    whole = Sample({}, [], Counter())
    for part in parts:
        for key, counts in part.counts.items():
            whole.counts.setdefault(key, []).extend(counts)
        whole.pairs += part.pairs
        whole.crossed.update(part.crossed)
    return whole


def recorded(scenario: str) -> dict[tuple, Truth]:
    """Contrasts of means: (analysis, parameter, visit, group) -> truth, as the generator's record has them."""
    design = trials.design(scenario, 0, "record", 0)
    entries = {(q["quantity"], q.get("visit")): q for q in truth(design, realised.count(draw(design)))["quantities"]}
    wanted = [("pain.vas", "VAS", visit) for visit in ("D1", "D21", "M3")] + [("height.stature", "STATURE", "M3")]
    wanted += [("height.vertebral", name, "M3") for name in ("ANTHT", "MIDHT", "POSHT")]
    wanted += [("angle.kyphotic", "KYPHANG", "M3")]
    wanted += [("qol.dallas", name, visit) for name in design.p.dallas.baseline for visit in ("D21", "M3")]
    truths = {}
    for key in wanted:
        entry = entries[(RECORDED[key[0]].format(key[1]), key[2])]
        allocated, received = entry["as_allocated"]["KP-VP"], entry["values"]["KP-VP"]
        truths[(*key, "KP-VP")] = Truth(allocated, 0.0, RECORD, received=received)
    return truths


def counted(found: Sample, *, null: bool = False) -> dict[tuple, Truth]:
    """Proportions per arm and their differences, and rank correlations, with the errors of the counts."""
    truths = {}
    for key, counts in found.counts.items():
        table = np.array(counts, dtype=float)
        shares = table[:, [0, 2]] / table[:, [1, 3]]
        rates = tuple(float(r) for r in shares.mean(axis=0))
        columns = {"KP": shares[:, 0], "VP": shares[:, 1]}
        if not key[0].startswith("tolerance"):
            columns["KP-VP"] = shares[:, 0] - shares[:, 1]
        for group, column in columns.items():
            error = float(column.std(ddof=1) / np.sqrt(len(table)))
            truths[(*key, group)] = Truth(float(column.mean()), error, COUNTED, rates)
    return truths | _correlations(found.pairs, null)


def _correlations(pairs: list[np.ndarray], null: bool) -> dict[tuple, Truth]:
    """Spearman's correlation over all patients of the generated trials; error by the jackknife over tenths of them.

    Within a technique, volume and pain are drawn independently, and without an effect the techniques are alike: the
    correlation is 0.
    """
    truths = {}
    tenths = [np.concatenate(pairs[k::10]) for k in range(10)]
    for column, name in ((1, "VOLTOT"), (2, "VOLMEAN")):
        whole = _spearman(np.concatenate(tenths), column)
        parts = [_spearman(np.concatenate(tenths[:k] + tenths[k + 1 :]), column) for k in range(10)]
        error = float(np.sqrt(0.9 * np.sum((np.array(parts) - np.mean(parts)) ** 2)))
        both = Truth(0.0, 0.0, EXACT) if null else Truth(whole, error, COUNTED)
        truths[("volume_pain.spearman", name, "M3", "all")] = both
        for arm in ARMS:
            truths[("volume_pain.spearman", name, "M3", arm)] = Truth(0.0, 0.0, EXACT)
    return truths


def _spearman(rows: np.ndarray, column: int) -> float:
    return float(np.corrcoef(rankdata(rows[:, column]), rankdata(rows[:, 3]))[0, 1])
