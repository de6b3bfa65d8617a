"""What was drawn, counted: patients by fate, forms missed, and pain as it was beside pain as it was observed."""

from collections import Counter

import numpy as np

from helpers.codebook import Codebook
from helpers.data.generator import ARMS
from helpers.data.generator.trial import Trial

Counts = Counter  # (what, ..., arm) -> number or sum; those of the parts of a trial add up


def count(trial: Trial) -> Counts:
    """The counts of one trial, or of one part of it."""
    people, counts = trial.cohort, Counter()
    fates = {
        "randomised": np.ones(people.n, dtype=bool),
        "treated": people.treated,
        "crossover": people.treated & (people.received != people.allocated),
        "never_treated": ~people.treated,
        "low_pain": people.low_pain,
        "died": ~np.isnat(people.death),
        "died_of_event": people.died_of_event,
        "withdrawn": ~np.isnat(people.withdrawal) & people.treated,
        "not_come": people.not_come,
    }
    for arm in ARMS:
        here = people.allocated == arm
        counts.update({("patients", name, arm): int((here & among).sum()) for name, among in fates.items()})
        for table, received in trial.received.forms.items():
            due = trial.received.planned[table][here].sum(axis=0)
            came = received[here].sum(axis=0)
            for visit, planned, arrived in zip(people.calendar.visits, due.tolist(), came.tolist(), strict=True):
                counts.update(
                    {("forms", table, visit, "due", arm): planned, ("forms", table, visit, "came", arm): arrived}
                )
        mine = people.received == arm
        rated = trial.received.forms["vas"][mine]
        for k, visit in enumerate(people.calendar.visits):
            values = trial.vas[mine, k]
            if np.isnan(values).all():
                continue
            for which, among in (("all", np.ones(len(values), dtype=bool)), ("observed", rated[:, k])):
                counts.update({("vas", visit, which, "n", arm): int(among.sum())})
                counts.update({("vas", visit, which, "sum", arm): float(values[among].sum())})
    return counts


def document(counts: Counts, codebook: Codebook) -> dict:
    """The counts for people and machines, by arm."""
    order = sorted(codebook.schedule.visits, key=codebook.schedule.numbers.__getitem__)

    def of(*key: str) -> dict[str, float]:
        return {arm: counts[(*key, arm)] for arm in ARMS}

    fates = dict.fromkeys(key[1] for key in counts if key[0] == "patients")
    forms = []
    for form in codebook.schedule.forms.values():
        for visit in [v for v in order if v in form.visits]:
            due, came = (of("forms", form.table, visit, part) for part in ("due", "came"))
            missed = {arm: due[arm] - came[arm] for arm in ARMS}
            share = {arm: _rounded(missed[arm] / due[arm]) if due[arm] else None for arm in ARMS}
            forms.append({"table": form.table, "visit": visit, "due": due, "missed": missed, "share": share})
    pain = []
    for visit in order:
        for which in ("all", "observed"):
            n, total = of("vas", visit, which, "n"), of("vas", visit, which, "sum")
            if any(n.values()):
                mean = {arm: _rounded(total[arm] / n[arm]) if n[arm] else None for arm in ARMS}
                pain.append({"visit": visit, "ratings": which, "n": n, "mean": mean})
    return {
        "patients": {
            "definition": "patients by the technique allocated; withdrawn and not_come are the treated who left",
            **{name: of("patients", name) for name in fates},
        },
        "forms": {
            "definition": "forms due at attended visits, by the technique allocated, and those missed singly",
            "counts": forms,
        },
        "vas": {
            "definition": "pain in cm by technique received: of all the treated, had nothing been missed and "
            "nobody died, and of the ratings that were received",
            "means": pain,
        },
    }


def _rounded(value: float) -> float:
    return float(f"{value:.9g}")
