"""The record that lies beside the export as `truth.json`."""

from helpers.data.generator import ARMS, realised
from helpers.data.generator.design import Design
from helpers.data.generator.realised import Counts
from helpers.data.generator.truth import measured, performed
from helpers.data.generator.truth.quantities import Quantities


def truth(design: Design, counts: Counts) -> dict:
    """The record that lies beside the export as `truth.json`; `counts` are those of the whole trial."""
    treated = sum(counts["patients", "treated", arm] for arm in ARMS)
    crossed = sum(counts["patients", "crossover", arm] for arm in ARMS)
    q = Quantities(crossed / treated if treated else 0.0)
    performed.leaks(q, design, counts)
    measured.pain(q, design, sum(counts["patients", "low_pain", arm] for arm in ARMS) / max(treated, 1))
    measured.imaging(q, design)
    measured.stature(q, design)
    measured.dallas(q, design)
    performed.events(q, design, counts)
    performed.volume(q, design)
    return {
        "note": "What the synthetic export was drawn from. Nothing here is a result of the trial. `values` are by "
        "technique received; `as_allocated` mixes them by the share of the treated that had the other technique.",
        "quantities": q.entries,
        "missingness": _missingness(design),
        "realised": realised.document(counts, design.codebook),
    }


def _missingness(design: Design) -> dict:
    p, visits = design.p, design.calendar.visits
    last = visits[-1]
    depends = {
        "MCAR": {"leaving": "nothing", "single forms": "nothing", "Dallas items": "nothing"},
        "MAR": {
            "leaving": f"pain at {visits[0]} and ECOG, in equal parts",
            "single forms": "the last pain rating received before the visit",
            "Dallas items": "the last pain rating received before the visit",
        },
        "MNAR": {
            "leaving": f"pain at {last}, which those who leave do not rate",
            "single forms": "the form's own value: pain; height lost; first Dallas domain; kyphotic angle",
            "Dallas items": "the item's own score",
        },
    }[p.missingness.mechanism]
    return {
        "mechanism": p.missingness.mechanism,
        "strength": 0.0 if p.missingness.mechanism == "MCAR" else p.missingness.strength,
        "strength_definition": "log ratio of the rates at which forms go missing, per standard deviation of what they "
        "depend on, high where the patient does badly; the numbers missed are fixed by the shares below",
        "depends_on": depends,
        "shares": {
            name: getattr(p, name)
            for name in (
                "lost_share",
                "missed_imaging_share",
                "missed_form_share",
                "missing_item_share",
                "missing_work_item_share",
            )
        },
        "deaths": "independent of every outcome, and no missing data: a visit after death is not expected",
    }
