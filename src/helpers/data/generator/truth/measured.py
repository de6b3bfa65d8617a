"""True values of what was measured: pain, images, stature, Dallas domains."""

import numpy as np

from helpers.data.generator import ARMS
from helpers.data.generator.dallas import fraction
from helpers.data.generator.design import IMAGING_COLUMNS, Design
from helpers.data.generator.imaging import readers
from helpers.data.generator.truth import expected
from helpers.data.generator.truth.quantities import Quantities
from helpers.params import Normal


def pain(q: Quantities, design: Design, low: float) -> None:
    p, limits = design.p.vas, design.limits("vas.vas")
    shift, little = p.shift.of(design.p.null_effect), design.p.low_pain.vas
    names = [design.calendar.visits[v] for v in design.visits_of("vas")]
    means = {}
    for k, visit in enumerate(names):
        moved = {arm: shift[arm] * design.calendar.after[design.calendar.at(visit)] for arm in ARMS}
        normals = {arm: Normal(mean=p.visits[visit].mean + moved[arm], sd=p.visits[visit].sd) for arm in ARMS}
        ordinary = {arm: expected.cut_mean(normal, *limits) for arm, normal in normals.items()}
        instable = {
            arm: expected.smaller_mean(normal, *limits, little) if k else sum(little) / 2
            for arm, normal in normals.items()
        }
        means[visit] = {arm: (1 - low) * ordinary[arm] + low * instable[arm] for arm in ARMS}
        q.add(
            "vas.mean",
            means[visit],
            unit="cm",
            visit=visit,
            definition="mean pain of the treated, those included for instability alone among them",
            how="normal cut to the codebook's range, by formula; patients with little pain by quadrature",
            nominal={arm: normal.mean for arm, normal in normals.items()},
        )
    for visit in names[1:]:
        q.add(
            "vas.change",
            {arm: means[visit][arm] - means[names[0]][arm] for arm in ARMS},
            unit="cm",
            visit=visit,
            definition=f"mean change of pain from {names[0]}",
            how="difference of the means above",
            nominal={arm: p.visits[visit].mean + shift[arm] - p.visits[names[0]].mean for arm in ARMS},
        )
    q.one(
        "vas.correlation",
        p.correlation,
        unit="correlation",
        definition="between the ratings of a patient at two visits, before they are cut to the range",
        how="synthetic.vas.correlation",
    )


def imaging(q: Quantities, design: Design) -> None:
    p, visits = design.p, [design.calendar.visits[v] for v in design.visits_of("imaging")]
    for code, column in IMAGING_COLUMNS.items():
        measure, limits = p.imaging[code], design.limits(f"imaging.{column}")
        unit, error = design.column(f"imaging.{column}").unit, p.imaging[code].reader_sd ** 2 / len(readers(design))
        changes = measure.change.of(p.null_effect)
        true = max(measure.baseline.sd**2 - error, 0)
        means = {}
        for visit in visits:
            part = 0.0 if visit == visits[0] else 1.0 if visit == design.calendar.visits[-1] else 1 + p.imaging_loss
            means[visit] = {
                arm: expected.cut_mean(
                    Normal(
                        mean=measure.baseline.mean + part * changes[arm].mean,
                        sd=np.sqrt(true + (part > 0) * max(changes[arm].sd ** 2 - 2 * error, 0) + measure.reader_sd**2),
                    ),
                    *limits,
                )
                for arm in ARMS
            }
            if part:
                q.add(
                    f"{code}.change",
                    {arm: means[visit][arm] - means[visits[0]][arm] for arm in ARMS},
                    unit=unit,
                    visit=visit,
                    definition=f"mean change from {visits[0]} of a treated vertebra, mean of the readers",
                    how="normal readings cut to the codebook's range, by formula",
                    nominal={arm: part * changes[arm].mean for arm in ARMS},
                )
        q.add(
            f"{code}.icc",
            {
                arm: p.imaging_icc * max(changes[arm].sd ** 2 - 2 * error, 0) / changes[arm].sd ** 2
                if changes[arm].sd
                else 0.0
                for arm in ARMS
            },
            unit="correlation",
            definition="intraclass correlation of the observed changes of a patient's vertebrae",
            how="synthetic.imaging_icc, less what the readers' error takes from it",
            mixes=False,
            nominal={arm: p.imaging_icc for arm in ARMS},
        )


def stature(q: Quantities, design: Design) -> None:
    p, limits, last = design.p, design.limits("stature.stature_cm"), design.calendar.visits[-1]
    changes = p.stature_change.of(p.null_effect)

    def mean(change: Normal) -> float:
        sd = float(np.hypot(p.stature.sd, change.sd))
        return sum(
            share * expected.cut_mean(Normal(mean=p.stature.mean[sex] + change.mean, sd=sd), *limits)
            for sex, share in p.sex_share.items()
        )

    q.add(
        "stature.change",
        {arm: mean(changes[arm]) - mean(Normal(mean=0, sd=0)) for arm in ARMS},
        unit=design.column("stature.stature_cm").unit,
        visit=last,
        definition="mean change of standing height from the first visit",
        how="normal heights cut to the codebook's range, by formula",
        nominal={arm: changes[arm].mean for arm in ARMS},
    )


def dallas(q: Quantities, design: Design) -> None:
    p, part, days = design.p.dallas, fraction(design), design.calendar
    shift, visits = p.shift.of(design.p.null_effect), design.visits_of("dallas")
    for code, domain in design.codebook.dallas.domains.items():
        maxima = np.array([design.codebook.item_maximum(item) for item in domain.items])
        scores: dict[int, dict] = {}
        for visit in visits:
            nominal = {
                arm: p.baseline[code].mean + p.change[code] * part[visit] + shift[arm] * days.after[visit]
                for arm in ARMS
            }
            both = {
                arm: expected.domain_score(
                    Normal(mean=nominal[arm], sd=p.baseline[code].sd), maxima, domain.multiplier, p.item_sd
                )
                for arm in ARMS
            }
            scores[visit] = {arm: both[arm][0] for arm in ARMS}
            q.add(
                f"{code}.score",
                scores[visit],
                unit="%",
                visit=days.visits[visit],
                definition="mean domain score of complete forms, cut at 100; `capped` is the share of forms cut",
                how="percentage integrated, items rounded and cut to their maxima, sum exact",
                nominal=nominal,
                capped={arm: both[arm][1] for arm in ARMS},
            )
        for visit in visits[1:]:
            q.add(
                f"{code}.change",
                {arm: scores[visit][arm] - scores[visits[0]][arm] for arm in ARMS},
                unit="%",
                visit=days.visits[visit],
                definition=f"mean change of the domain score from {days.visits[visits[0]]}",
                how="difference of the scores above",
                nominal={arm: p.change[code] * part[visit] + shift[arm] for arm in ARMS},
            )
