"""The one declaration of the data: `data/codebook.yaml`, typed.

Validation, the codebook page, the analysis datasets and the generator all read it; what it says is said nowhere else.
"""

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import paths
from helpers.yaml_file import config_error, read_yaml

#: `string` is a name or identifier, `text` is free text.
Type = Literal["string", "text", "integer", "decimal", "date", "code", "flag"]
FLAGS = {"Y": "Yes", "N": "No"}


class Declaration(BaseModel):
    """A part of the codebook. `assumed`, where it has one, says what no public source states and why it is so here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Declaration):
    """A column of a table, or a variable of an analysis dataset."""

    label: str
    type: Type
    codes: str | None = None
    unit: str | None = None
    min: dt.date | int | float | None = None
    max: dt.date | int | float | None = None
    pattern: str | None = None
    required: bool = False
    #: The column may be absent from an export; it is then empty throughout.
    optional: bool = False
    #: What an empty cell means, where that is more than "not known".
    missing: str | None = None
    sensitivity: Literal["none", "pseudonym", "indirect", "health"] = "none"
    #: Key of params.yaml's `data` section that names the unit of the export, and the units it may name,
    #: each with what one `unit` is in it.
    unit_param: str | None = None
    units: dict[str, float] = {}
    assumed: str | None = None

    @model_validator(mode="after")
    def _coherent(self):
        if self.type == "code" and not self.codes:
            raise ValueError("type code needs `codes`, the name of a code list")
        if self.codes and self.type not in ("code", "integer"):
            raise ValueError("`codes` belong to type code or integer")
        if bool(self.units) != bool(self.unit_param):
            raise ValueError("`units` and `unit_param` come together")
        if self.optional and self.required:
            raise ValueError("a column that may be absent cannot be required")
        return self


class Table(Declaration):
    """A raw CRF table."""

    label: str
    form: str
    key: tuple[str, ...]
    columns: dict[str, Column]


class Dataset(Declaration):
    """An analysis dataset; `variables` are its own, `include` those it shares with others."""

    label: str
    key: tuple[str, ...]
    include: tuple[str, ...] = ()
    variables: dict[str, Column] = {}


class Level(Declaration):
    number: int
    region: str
    sins_location: int


class Visit(Declaration):
    """A visit: its place in the order, and the day after the procedure on which it is due."""

    label: str
    number: int
    due: int


class Form(Declaration):
    """A form: the table and date column it fills, the flag of adcomp that it came in, the visits it is planned at."""

    label: str
    table: str
    date: str
    received: str
    visits: tuple[str, ...]


class Schedule(Declaration):
    visits: dict[str, Visit]
    forms: dict[str, Form]
    assumed: str | None = None

    @property
    def numbers(self) -> dict[str, int]:
        """Visit -> its place in the order."""
        return {name: visit.number for name, visit in self.visits.items()}


class Term(Declaration):
    """A CTCAE term: its system organ class, and the lowest and highest grade that exist."""

    soc: str
    grades: tuple[int, int]


class Domain(Declaration):
    """A Dallas domain: min(100, multiplier x sum of items), or what the column `scored` says without items."""

    label: str
    scored: str
    multiplier: float
    missing_allowed: int = Field(ge=0)
    items: tuple[str, ...]
    assumed: str | None = None


class Dallas(Declaration):
    domains: dict[str, Domain]
    assumed: str | None = None


class Reference(Declaration):
    """The values of `columns` in `table` (`*`: every other table) are found among those of `found` in `to`."""

    rule: str
    table: str
    columns: tuple[str, ...]
    to: str
    found: tuple[str, ...]
    message: str
    remedy: str


class Sum(Declaration):
    rule: str
    table: str
    total: str
    parts: tuple[str, ...]
    remedy: str


class Order(Declaration):
    """Within a patient, the date `earlier` (table.column) is not after `later`.

    A breach is reported at a row of table `row`.
    """

    rule: str
    earlier: str
    later: str
    row: str
    severity: Literal["error", "warning"] = "error"


class Spread(Declaration):
    """The values of `column` (table.column) that share `within` lie at most `limit` apart, in the column's unit."""

    rule: str
    column: str
    within: tuple[str, ...]
    limit: float = Field(gt=0)
    remedy: str
    assumed: str | None = None


class Excess(Declaration):
    """In a row of `table`, `column` is at most `limit` above `over`, in their unit."""

    rule: str
    table: str
    column: str
    over: str
    limit: float = Field(ge=0)
    remedy: str
    assumed: str | None = None


class Numbering(Declaration):
    """The numbers in `column` (table.column) of a patient are 1, 2, 3 ... without a gap."""

    rule: str
    column: str
    remedy: str


class Window(Declaration):
    """A visit is between `first` and `last` days after the procedure."""

    rule: str
    visit: str
    first: int
    last: int
    assumed: str | None = None


class Rules(Declaration):
    references: tuple[Reference, ...] = ()
    sums: tuple[Sum, ...] = ()
    order: tuple[Order, ...] = ()
    spreads: tuple[Spread, ...] = ()
    excesses: tuple[Excess, ...] = ()
    numbering: tuple[Numbering, ...] = ()
    windows: tuple[Window, ...] = ()

    @property
    def names(self) -> set[str]:
        """The id of every declared rule."""
        return {each.rule for _, kind in self for each in kind}


class Codebook(Declaration):
    """The whole declaration."""

    version: int
    codelists: dict[str, dict[str | int, str]]
    #: Code list, or `ctcae` -> why it is assumed: these two are plain mappings, which have no room for it.
    assumed: dict[str, str] = {}
    schedule: Schedule
    levels: dict[str, Level]
    ctcae: dict[str, Term]
    dallas: Dallas
    tables: dict[str, Table]
    rules: Rules
    shared: dict[str, Column]
    datasets: dict[str, Dataset]

    def __repr__(self) -> str:
        return f"Codebook({len(self.tables)} tables, {len(self.datasets)} datasets)"

    @cached_property
    def _derived_codelists(self) -> dict[str, dict[str | int, str]]:
        return {
            "visit": {name: visit.label for name, visit in self.schedule.visits.items()},
            "form": {"ALL": "The whole visit"} | {name: form.label for name, form in self.schedule.forms.items()},
            "level": {name: name for name in self.levels},
            "ctcae_term": {name: term.soc for name, term in self.ctcae.items()},
        }

    @property
    def all_codelists(self) -> dict[str, dict[str | int, str]]:
        """Every code list, code -> label: those written out and those made from other sections."""
        return {**self.codelists, **self._derived_codelists}

    def codes(self, column: Column) -> dict[str | int, str] | None:
        """Code -> label of a column with closed values, None for any other column."""
        if column.type == "flag":
            return FLAGS
        return self.all_codelists[column.codes] if column.codes else None

    def variables(self, dataset: str) -> dict[str, Column]:
        """All variables of an analysis dataset, in order."""
        declared = self.datasets[dataset]
        return {**{name: self.shared[name] for name in declared.include}, **declared.variables}

    def item_maximum(self, item: str) -> float:
        """Highest score of a Dallas item."""
        return float(self.tables["dallas"].columns[item].max)

    @model_validator(mode="after")
    def _holds_together(self):
        lists = set(self.all_codelists)
        for name in self.assumed:
            if name not in (*self.codelists, "ctcae"):
                raise ValueError(f"assumed.{name}: there is no code list {name}")
        for table, declared in self.tables.items():
            _check_columns(f"tables.{table}", declared.key, declared.columns, lists)
        for dataset, declared in self.datasets.items():
            unknown = [name for name in declared.include if name not in self.shared]
            if unknown:
                raise ValueError(f"datasets.{dataset}.include: {unknown[0]} is not in `shared`")
            _check_columns(f"datasets.{dataset}", declared.key, self.variables(dataset), lists)
        for name, domain in self.dallas.domains.items():
            self._column(f"dallas.{domain.scored}", f"dallas.domains.{name}")
            for item in domain.items:
                if self._column(f"dallas.{item}", f"dallas.domains.{name}").max is None:
                    raise ValueError(f"tables.dallas.columns.{item}: an item of {name} needs `max`")
        for name, form in self.schedule.forms.items():
            self._column(f"{form.table}.{form.date}", f"schedule.forms.{name}")
            strangers = [visit for visit in form.visits if visit not in self.schedule.visits]
            if strangers:
                raise ValueError(f"schedule.forms.{name}: there is no visit {strangers[0]}")
        for name, level in self.levels.items():
            if level.region not in self.codelists["region"]:
                raise ValueError(f"levels.{name}: there is no region {level.region}")
        self._check_rules()
        return self

    def _check_rules(self) -> None:
        for reference in self.rules.references:
            tables = [t for t in self.tables if t != reference.to] if reference.table == "*" else [reference.table]
            for place in [f"{t}.{c}" for t in tables for c in reference.columns] + [
                f"{reference.to}.{c}" for c in reference.found
            ]:
                self._column(place, f"rules, {reference.rule}")
        for total in self.rules.sums:
            for column in (total.total, *total.parts):
                self._column(f"{total.table}.{column}", f"rules, {total.rule}")
        for order in self.rules.order:
            for place in (order.earlier, order.later):
                if self._column(place, f"rules, {order.rule}").type != "date":
                    raise ValueError(f"rules, {order.rule}: {place} is not a date")
            if order.row not in (order.earlier.partition(".")[0], order.later.partition(".")[0]):
                raise ValueError(
                    f"rules, {order.rule}: row {order.row} is neither the table of {order.earlier} nor of {order.later}"
                )
        numbers = [(each.rule, each.column) for each in (*self.rules.spreads, *self.rules.numbering)]
        numbers += [(e.rule, f"{e.table}.{column}") for e in self.rules.excesses for column in (e.column, e.over)]
        for rule, place in numbers:
            if self._column(place, f"rules, {rule}").type not in ("integer", "decimal"):
                raise ValueError(f"rules, {rule}: {place} is not a number")
        for spread in self.rules.spreads:
            for column in spread.within:
                self._column(f"{spread.column.partition('.')[0]}.{column}", f"rules, {spread.rule}")
        for window in self.rules.windows:
            if window.visit not in self.schedule.visits:
                raise ValueError(f"rules, {window.rule}: there is no visit {window.visit}")

    def _column(self, place: str, where: str) -> Column:
        table, _, column = place.partition(".")
        if table not in self.tables or column not in self.tables[table].columns:
            raise ValueError(f"{where}: there is no column {place}")
        return self.tables[table].columns[column]


def _check_columns(place: str, key: tuple[str, ...], columns: dict[str, Column], lists: set[str]) -> None:
    for name in key:
        if name not in columns:
            raise ValueError(f"{place}.key: {name} is not one of its columns")
        if not columns[name].required:
            raise ValueError(f"{place}.{name}: a column of the key is required")
    for name, column in columns.items():
        if column.codes and column.codes not in lists:
            raise ValueError(f"{place}.{name}: there is no code list {column.codes}")


def load_codebook(path: Path | None = None) -> Codebook:
    """Read and check `data/codebook.yaml`.

    Raises
    ------
    ConfigError
        Naming the file and the place of every contradiction.
    """
    path = Path(path) if path else paths.codebook()
    try:
        return Codebook.model_validate(read_yaml(path))
    except ValidationError as error:
        raise config_error(path, error) from error
