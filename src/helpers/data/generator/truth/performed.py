"""True values of what was done and what happened: leaks, adverse events, cement."""

import numpy as np

from helpers.data.generator import ARMS, EXPERIMENTAL, REFERENCE
from helpers.data.generator.design import Design
from helpers.data.generator.procedures import BOTH
from helpers.data.generator.realised import Counts
from helpers.data.generator.truth import expected
from helpers.data.generator.truth.quantities import Quantities


def leaks(q: Quantities, design: Design, counts: Counts) -> None:
    p = design.p
    rate, levels, double = p.leak.of(p.null_effect), p.levels_share, p.leak_type_share.get(BOTH, 0.0)
    q.add("leak.vertebra", rate, unit="proportion", definition="a treated vertebra leaks", how="synthetic.leak")
    q.one(
        "leak.icc",
        p.leak_icc,
        unit="correlation",
        definition="intraclass correlation of leaking between the vertebrae of a patient (beta-binomial)",
        how="synthetic.leak_icc",
    )
    success = {arm: expected.untouched(rate[arm], p.leak_icc, 1.0, levels) for arm in ARMS}
    people = {arm: sum(counts["patients", key, arm] for key in ("randomised",)) for arm in ARMS}
    untreated = sum(counts["patients", "never_treated", arm] for arm in ARMS) / max(sum(people.values()), 1)
    q.add(
        "leak.success",
        success,
        unit="proportion",
        definition="a treated patient has no leak at any treated vertebra. As allocated: of all randomised; who was "
        "never treated is no success. The analysis also asks for an image after the procedure; "
        "`realised.forms` says how many were missed",
        how="beta-binomial over synthetic.levels_share, exact",
        allocated={
            arm: (1 - untreated) * ((1 - q.mixed) * success[arm] + q.mixed * success[other])
            for arm, other in zip(ARMS, ARMS[::-1], strict=True)
        },
    )
    types = design.codes("leaks.leak_type")
    marks = {kind: {arm: p.leak_type_share.get(kind, 0.0) + double for arm in ARMS} for kind in types}
    for name, shares in (("significant", p.leak_significant), ("symptomatic", p.leak_symptomatic)):
        single = shares.of(p.null_effect)
        marks[name] = {arm: (1 - double) * single[arm] + double * (1 - (1 - single[arm]) ** len(types)) for arm in ARMS}
    for name, marked in marks.items():
        q.add(
            f"leak.patient.{name.lower()}",
            {arm: 1 - expected.untouched(rate[arm], p.leak_icc, marked[arm], levels) for arm in ARMS},
            unit="proportion",
            definition=f"a treated patient has at least one leak of this kind ({name.lower()})",
            how="beta-binomial over synthetic.levels_share, each leak of the kind with its declared probability, exact",
        )


def events(q: Quantities, design: Design, counts: Counts) -> None:
    p, events = design.p, design.p.adverse_events
    rate = events.per_patient.of(p.null_effect)
    severe = sum(
        term_share * grade_share
        for term, term_share in events.term_share.items()
        for grade, grade_share in events.grade_share.items()
        if np.clip(
            grade,
            design.codebook.ctcae[term].grades[0],
            min(design.codebook.ctcae[term].grades[1], max(events.grade_share)),
        )
        >= 3
    )
    q.add(
        "events.ordinary",
        rate,
        unit="events per treated patient",
        definition="adverse events from the procedure on that are neither of a leak nor fatal (Poisson)",
        how="synthetic.adverse_events.per_patient",
    )
    for name, part in (("any", 1.0), ("grade 3 or 4", severe)):
        q.add(
            f"events.ordinary.{name}",
            {arm: 1 - float(np.exp(-rate[arm] * part)) for arm in ARMS},
            unit="proportion",
            definition=f"a treated patient has at least one such event ({name})",
            how="1 - exp(-rate), the rate times the share of these grades among the grades that each term has",
        )
    leaks, double = p.leak.of(p.null_effect), p.leak_type_share.get(BOTH, 0.0)
    felt, levels = p.leak_symptomatic.of(p.null_effect), sum(n * share for n, share in p.levels_share.items())
    number = 1 + double * (len(design.codes("leaks.leak_type")) - 1)
    q.add(
        "events.of_leaks",
        {arm: levels * leaks[arm] * number * felt[arm] for arm in ARMS},
        unit="events per treated patient",
        definition="adverse events that name a symptomatic leak",
        how="vertebrae x synthetic.leak x leaks of a leaking vertebra x synthetic.leak_symptomatic",
    )
    randomised = sum(counts["patients", "randomised", arm] for arm in ARMS)
    q.one(
        "deaths",
        sum(counts["patients", "died", arm] for arm in ARMS) / max(randomised, 1),
        unit="proportion",
        definition="a randomised patient dies before the last visit; the same in both arms, whatever the outcomes",
        how="synthetic.death_share as whole patients",
    )


def volume(q: Quantities, design: Design) -> None:
    p, (low, high) = design.p, design.limits("procedures.volume_ml")
    volumes = p.volume.of(p.null_effect)
    mean = {arm: expected.cut_mean(volumes[arm], max(low, p.volume_least), high) for arm in ARMS}
    q.add(
        "volume.mean",
        mean,
        unit="mL",
        definition="mean cement volume of a treated vertebra",
        how="normal cut to the least volume and the codebook's highest, by formula",
        nominal={arm: volumes[arm].mean for arm in ARMS},
    )
    last = design.calendar.visits[-1]
    names = [design.calendar.visits[v] for v in design.visits_of("vas")]
    q.one(
        "volume.pain_correlation",
        0.0,
        unit="correlation",
        definition=f"cement volume of a patient and pain relief from {names[0]} to {last}, within a technique",
        how="drawn independently",
    )
    first, end = p.vas.visits[names[0]], p.vas.visits[last]
    relief = first.sd**2 + end.sd**2 - 2 * p.vas.correlation * first.sd * end.sd
    shift = p.vas.shift.of(p.null_effect)
    between = (mean[EXPERIMENTAL] - mean[REFERENCE]) / 2, -(shift[EXPERIMENTAL] - shift[REFERENCE]) / 2
    within = np.mean([v.sd**2 for v in volumes.values()]) * sum(s / n for n, s in p.levels_share.items())
    spread = (within + between[0] ** 2) * (relief + between[1] ** 2)
    q.one(
        "volume.pain_correlation.pooled",
        between[0] * between[1] / float(np.sqrt(spread)) if spread else 0.0,
        unit="correlation",
        definition="the same over both techniques in equal parts, made by their differences in volume and pain",
        how="by formula from the parameters, before anything is cut to a range",
    )
