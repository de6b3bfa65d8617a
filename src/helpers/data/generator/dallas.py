"""The Dallas questionnaire: items scattered about their domain's percentage, some left empty."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers.codebook import Domain
from helpers.data.generator import by_arm
from helpers.data.generator.cohort import Cohort
from helpers.data.generator.design import Design
from helpers.data.generator.mechanism import race


def fraction(design: Design) -> np.ndarray:
    """Part of a domain's change that each visit of the calendar shows."""
    part = np.full(len(design.calendar.visits), design.p.dallas.early_fraction)
    part[~design.calendar.after], part[-1] = 0.0, 1.0
    return part


def _percentages(design: Design, cohort: Cohort, draw: np.random.Generator) -> Iterator[tuple[Domain, np.ndarray]]:
    """Each domain with its percentage, patients x visits. The caller may use `draw` between two domains."""
    p, n, visits = design.p.dallas, cohort.n, len(design.calendar.visits)
    r, general = p.correlation, draw.standard_normal(n)
    shift = by_arm(p.shift.of(design.p.null_effect), cohort.received)[:, None] * design.calendar.after
    for code, domain in design.codebook.dallas.domains.items():
        own = np.sqrt(r) * general + np.sqrt(1 - r) * draw.standard_normal(n)
        z = np.sqrt(r) * own[:, None] + np.sqrt(1 - r) * draw.standard_normal((n, visits))
        normal = p.baseline[code]
        yield domain, np.clip(normal.mean + p.change[code] * fraction(design) + shift + normal.sd * z, 0, 100)


def first_domain(design: Design, cohort: Cohort) -> np.ndarray:
    """Percentage of the first domain, patients x visits, whatever form is missed: what MNAR looks at."""
    return next(_percentages(design, cohort, design.stream("dallas")))[1]


def dallas_table(design: Design, cohort: Cohort, received: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    """The table `dallas`; `score` (patients x visits) is what empty items depend on where that was seen before."""
    who, visit = np.nonzero(received)
    draw, items = design.stream("dallas"), {}
    for domain, percent in _percentages(design, cohort, draw):
        maxima = np.array([design.codebook.item_maximum(item) for item in domain.items])
        expected = percent[who, visit][:, None] / (domain.multiplier * maxima.sum()) * maxima
        scores = np.clip(np.round(expected + draw.normal(0, design.p.dallas.item_sd, expected.shape)), 0, maxima)
        items |= {item: scores[:, k] for k, item in enumerate(domain.items)}
    table = pd.DataFrame(
        {
            "subject_id": cohort.ids[who],
            "visit": np.array(cohort.calendar.visits)[visit],
            "dallas_date": cohort.visits[who, visit],
            **items,
        }
    )
    return _leave_empty(design, table, list(items), score[who, visit])


def _leave_empty(design: Design, table: pd.DataFrame, items: list[str], score: np.ndarray) -> pd.DataFrame:
    """Empty some items: always one of the first domain, which the person's mean can replace, and a work item.

    Under MNAR an item with a high score is the likelier one to be left out.
    """
    p, draw = design.p, design.stream("dallas missing")
    scores, mechanism, strength = table[items].to_numpy(copy=True), p.missingness.mechanism, p.missingness.strength
    if not len(scores):
        return table.astype(dict.fromkeys(items, "Int64"))
    depends = np.repeat(score[:, None], len(items), axis=1)
    if mechanism == "MNAR":
        depends = (scores - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-9)
    forms, single = draw.permutation(len(scores)), max(1, round(p.missing_item_share * scores.size))
    first = next(iter(design.codebook.dallas.domains.values()))
    scores[forms[0], items.index(first.items[0]) + draw.integers(0, len(first.items))] = np.nan
    if mechanism == "MCAR":
        rows, columns = forms[np.arange(1, single) % len(forms)], draw.integers(0, len(items), single - 1)
    else:
        cells = draw.permutation(scores.size)
        cells = cells[race(depends.ravel()[cells], strength)]
        rows, columns = np.divmod(cells[: single - 1], len(items))
    scores[rows, columns] = np.nan
    work, forms = items.index(p.work_item), draw.permutation(len(scores))
    without = max(1, round(p.missing_work_item_share * len(scores)))
    scores[forms[race(depends[forms, work], strength)][:without], work] = np.nan
    return table.assign(**{item: pd.array(scores[:, k], dtype="Int64") for k, item in enumerate(items)})
