"""What a draw of the generator follows: parameters, codebook, calendar, and where its random numbers come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from helpers.codebook import Codebook, Column
from helpers.data.adam.adimg import MEASURES
from helpers.data.generator import ARMS
from helpers.data.generator.calendar import Calendar, calendar
from helpers.errors import ConfigError
from helpers.params import SyntheticParams

#: Measure of the imaging parameters -> column of the table `imaging`.
IMAGING_COLUMNS = {name: column for column, (name, *_) in MEASURES.items()}


@dataclass(frozen=True)
class Design:
    """One trial, or one part of a large one: `numbered` counts the patients that each site had in the parts before."""

    p: SyntheticParams
    codebook: Codebook
    patients: int
    part: int | None = None
    numbered: Mapping[str, int] = field(default_factory=dict)

    def stream(self, name: str) -> np.random.Generator:
        """Random numbers for one purpose, fixed by the seed, the purpose's name and the part of the trial."""
        part = [] if self.part is None else [256 + self.part]  # beyond any byte of a name
        return np.random.default_rng([self.p.seed, *name.encode(), *part])

    @cached_property
    def calendar(self) -> Calendar:
        return calendar(self.p, self.codebook)

    def column(self, place: str) -> Column:
        """A column of the codebook, `table.column`."""
        table, _, name = place.partition(".")
        return self.codebook.tables[table].columns[name]

    def limits(self, place: str) -> tuple[float, float]:
        """Lowest and highest value with one decimal that the codebook has for a column."""
        column = self.column(place)
        low = -np.inf if column.min is None else np.ceil(round(column.min * 10, 6)) / 10
        high = np.inf if column.max is None else np.floor(round(column.max * 10, 6)) / 10
        return low, high

    def measured(self, place: str, values: np.ndarray) -> np.ndarray:
        """`values` cut to the range of a column, with the one decimal that an export shows."""
        return np.round(np.clip(values, *self.limits(place)), 1)

    def counted(self, place: str, values: np.ndarray) -> np.ndarray:
        """`values` as whole numbers within the range of a column."""
        column = self.column(place)
        return np.clip(np.round(values), column.min, column.max).astype(int)

    def codes(self, place: str) -> list[str | int]:
        """The codes of a column, in the codebook's order."""
        return list(self.codebook.codes(self.column(place)))

    def levels_of_strata(self) -> dict[str, range]:
        """Stratum -> its numbers of vertebrae, as its code says them (`1-3`)."""
        spans = {}
        for code in self.codes("patients.stratum_levels"):
            low, _, high = str(code).partition("-")
            if not (low.isdigit() and high.isdigit()):
                raise ConfigError(
                    f"data/codebook.yaml, codelists.stratum_levels: {code} is not a range of vertebrae such as 1-3."
                )
            spans[code] = range(int(low), int(high) + 1)
        return spans

    def visits_of(self, table: str) -> list[int]:
        """Places in the calendar of the visits at which the form that fills a table is planned."""
        form = next(form for form in self.codebook.schedule.forms.values() if form.table == table)
        return [self.calendar.at(visit) for visit in form.visits]


def check_names(p: SyntheticParams, codebook: Codebook) -> None:
    """Every name in the parameters is one of the codebook's, and where all are needed none is missing.

    Raises
    ------
    ConfigError
        Naming the place of everything that is not so.
    """
    tables, visits, forms = codebook.tables, codebook.schedule.visits, codebook.schedule.forms
    lists = codebook.all_codelists
    planned = tables["eligibility"].columns["levels_planned"]
    imaged = {visit for form in forms.values() if form.table == "imaging" for visit in form.visits}
    rated = {visit for form in forms.values() if form.table == "vas" for visit in form.visits}
    events = p.adverse_events
    complete = {
        "visit_windows": (p.visit_windows, visits),
        "levels_share": (p.levels_share, range(planned.min, planned.max + 1)),
        "level_weight": (p.level_weight, codebook.levels),
        "sex_share": (p.sex_share, lists["sex"]),
        "primary_share": (p.primary_share, lists["sex"]),
        "stature.mean": (p.stature.mean, lists["sex"]),
        "vas.visits": (p.vas.visits, rated),
        "dallas.baseline": (p.dallas.baseline, codebook.dallas.domains),
        "dallas.change": (p.dallas.change, codebook.dallas.domains),
    }
    partial = {
        "site_share": (p.site_share, lists["site"]),
        "ecog_share": (p.ecog_share, lists["ecog"]),
        "leak_type_share": (p.leak_type_share, [*lists["leak_type"], "BOTH"]),
        "leak_found_share": (p.leak_found_share, imaged),
        "missed_reason_share": (p.missed_reason_share, lists["missed_reason"]),
        "missed_once": (p.missed_once, forms),
        "work_item": ([p.work_item], [item for domain in codebook.dallas.domains.values() for item in domain.items]),
        "adverse_events.term_share": (events.term_share, codebook.ctcae),
        "adverse_events.ongoing_outcome_share": (events.ongoing_outcome_share, lists["ae_outcome"]),
        **{f"adverse_events.related.{to}": (shares, lists["relatedness"]) for to, shares in events.related.items()},
        **{f"primary_share.{sex}": (shares, lists["primary_tumour"]) for sex, shares in p.primary_share.items()},
        **{f"sins_share.{part}": (shares, lists[f"sins_{part}"]) for part, shares in p.sins_share.items()},
        **{
            f"low_pain.sins.{part}": ([points], lists[f"sins_{part}"])
            for part, points in p.low_pain.sins.items()
            if part in p.sins_share
        },
        "low_pain.sins": (p.low_pain.sins, p.sins_share),
        **{
            f"missed_once.{form}": ([visit], forms[form].visits)
            for form, visit in p.missed_once.items()
            if form in forms
        },
    }
    problems = _problems({**partial, **complete}, complete)
    for arm in ARMS:
        if arm not in lists["technique"]:
            problems.append(f"data/codebook.yaml, codelists.technique: the plan compares {arm}, which is not there.")
    if problems:
        raise ConfigError("\n".join(problems))


def _problems(used: Mapping[str, tuple[Iterable, Iterable]], complete: Iterable[str]) -> list[str]:
    problems = []
    for place, (names, known) in used.items():
        strangers = ", ".join(str(name) for name in names if name not in known)
        if strangers:
            problems.append(f"params.yaml, synthetic.{place}: {strangers} is not in data/codebook.yaml.")
        missing = ", ".join(str(name) for name in known if name not in names) if place in complete else ""
        if missing:
            problems.append(f"params.yaml, synthetic.{place}: {missing} of data/codebook.yaml is missing.")
    return problems
