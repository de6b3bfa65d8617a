"""The statistical analysis plan, `manuscript/sap.yaml`, read strictly: every id that is mentioned must exist."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers import paths
from helpers.errors import ConfigError
from helpers.files import sha256
from helpers.yaml_file import config_error, read_yaml

Text = Annotated[str, Field(min_length=1)]
Endpoint = Literal["leakage", "height", "angle", "pain", "qol", "tolerance", "volume_pain"]
#: What the results of an analysis belong to: an endpoint, or who took part.
Subject = Literal["participants", Endpoint]
Set = Literal["ITT", "MITT", "PP", "SAF"]
Visit = Literal["D0", "D1", "D21", "M3", "all"]
Strategy = Literal[
    "treatment policy", "composite", "hypothetical", "while alive", "principal stratum", "not applicable"
]  # ICH E9(R1), its "while on treatment" being "while alive" here


class Part(BaseModel):
    """A part of the plan: closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Study(Part):
    """Facts of the trial, each from its public record."""

    acronym: Text
    registry: Annotated[str, Field(pattern=r"^NCT\d{8}$")]
    title: Text
    sponsor: Text
    phase: Text
    status: Text
    design: Text
    condition: Text
    arms: dict[Literal["KP", "VP"], Text]
    sites: tuple[Text, ...]
    enrolled: Annotated[int, Field(gt=0)]
    start: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    completion: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    visits: dict[Literal["D0", "D1", "D21", "M3"], Text]
    contrast: Text


class Objective(Part):
    id: Text
    kind: Literal["primary", "secondary"]
    text: Text


class AnalysisSet(Part):
    id: Set
    name: Text
    text: Text


class TargetPopulation(Part):
    set: Set
    text: Text


class Handling(Part):
    """How an intercurrent event is dealt with, and what that means here."""

    strategy: Strategy
    text: Text


class IntercurrentEvents(Part):
    death: Handling
    technique_switch: Handling
    retreatment: Handling
    rescue_analgesia: Handling
    never_treated: Handling


class Estimand(Part):
    """The five attributes of ICH E9(R1), and the question as one sentence.

    `better` is the direction of KP minus VP that favours KP.
    """

    id: Text
    endpoint: Endpoint
    objective: Text
    sentence: Text
    treatment: Text
    population: TargetPopulation
    variable: Text
    intercurrent: IntercurrentEvents
    summary: Text
    better: Literal["higher", "lower", "neither"]


class Analysis(Part):
    """One analysis: what its records are called, where the plan describes it, and how it is done.

    Who took part is described and not estimated, so that its analyses have no estimand.
    """

    id: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z][a-z0-9_]*$")]
    endpoint: Subject
    estimand: str = ""
    section: Annotated[str, Field(pattern=r"^\d+(\.\d+)+$")]
    population: Set
    unit: Literal["patient", "vertebra", "leak", "event", "form"]
    title: Text
    role: Literal["primary", "sensitivity", "descriptive"]
    method: Text

    @property
    def place(self) -> list[int]:
        """By what the analyses are sorted: the numbers of the section."""
        return section_place(self.section)


class RegistryOutcome(Part):
    """An outcome line of the registry record, in its wording, and the analyses that answer it."""

    number: Annotated[int, Field(ge=1)]
    kind: Literal["primary", "secondary"]
    measure: Text
    description: str
    time_frame: Text
    visit: Visit
    analyses: Annotated[tuple[Text, ...], Field(min_length=1)]

    @property
    def line(self) -> str:
        """The outcome as the record prints it."""
        return ", ".join(part for part in (self.measure, self.description, self.time_frame) if part)


class Deviation(Part):
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    text: Text


class Sap(Part):
    """The whole plan."""

    study: Study
    objectives: tuple[Objective, ...]
    analysis_sets: tuple[AnalysisSet, ...]
    estimands: tuple[Estimand, ...]
    analyses: tuple[Analysis, ...]
    registry_outcomes: tuple[RegistryOutcome, ...]
    multiplicity: Text
    deviations: tuple[Deviation, ...]
    unknown: tuple[Text, ...]

    def analysis(self, id: str) -> Analysis:
        """The analysis of this id; a ConfigError names the ids there are."""
        return _find(self.analyses, id, "analysis")

    def estimand(self, id: str) -> Estimand:
        """The estimand of this id; a ConfigError names the ids there are."""
        return _find(self.estimands, id, "estimand")

    def analysis_set(self, id: str) -> AnalysisSet:
        """The analysis set of this id; a ConfigError names the ids there are."""
        return _find(self.analysis_sets, id, "analysis set")

    def main(self, endpoint: str) -> Analysis:
        """The main analysis of an endpoint: its first primary one."""
        return next(a for a in self.analyses if a.endpoint == endpoint and a.role == "primary")


def section_place(section: str) -> list[int]:
    """The numbers of a section, `5.4.10` behind `5.4.9`."""
    return [int(part) for part in section.split(".")]


def load_sap(path: Path | None = None) -> Sap:
    """Read and check the plan; the same content is checked once a process.

    Raises
    ------
    ConfigError
        If the file cannot be read, a key is unknown, missing or has a value that cannot be, an id is there twice, or an
        id is mentioned that is not there.
    """
    path = Path(path) if path else paths.sap()
    try:
        return _load(path, sha256(path))
    except FileNotFoundError as error:
        raise ConfigError(f"{path.name}: not found at {path}.") from error


@lru_cache(maxsize=4)
def _load(path: Path, _content: str) -> Sap:
    try:
        sap = Sap.model_validate(read_yaml(path))
    except ValidationError as error:
        raise config_error(path, error) from error
    problems = _cross_references(sap)
    if problems:
        raise ConfigError("\n".join(f"{path.name}, {problem}" for problem in problems))
    return sap


def _cross_references(sap: Sap) -> list[str]:
    problems = []
    known = {}
    for kind in ("objectives", "analysis_sets", "estimands", "analyses"):
        ids = [item.id for item in getattr(sap, kind)]
        known[kind] = set(ids)
        problems += [f"{kind}: the id {id!r} is there twice." for id in sorted(known[kind]) if ids.count(id) > 1]

    def expect(place: str, kind: str, id: str) -> None:
        if id not in known[kind]:
            problems.append(f"{place}: {id!r} is not among the ids of {kind}.")

    for estimand in sap.estimands:
        expect(f"estimands.{estimand.id}.objective", "objectives", estimand.objective)
        expect(f"estimands.{estimand.id}.population.set", "analysis_sets", estimand.population.set)
    by_id = {estimand.id: estimand for estimand in sap.estimands}
    for analysis in sap.analyses:
        place = f"analyses.{analysis.id}"
        if analysis.estimand or analysis.endpoint != "participants":
            expect(f"{place}.estimand", "estimands", analysis.estimand)
        expect(f"{place}.population", "analysis_sets", analysis.population)
        if analysis.id.split(".")[0] != analysis.endpoint:
            problems.append(f"{place}: the id does not start with its endpoint, {analysis.endpoint}.")
        if analysis.estimand in by_id and by_id[analysis.estimand].endpoint != analysis.endpoint:
            problems.append(f"{place}.estimand: {analysis.estimand!r} belongs to {by_id[analysis.estimand].endpoint}.")
    for outcome in sap.registry_outcomes:
        for id in outcome.analyses:
            expect(f"registry_outcomes.{outcome.number}.analyses", "analyses", id)
    numbers = [outcome.number for outcome in sap.registry_outcomes]
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append("registry_outcomes: the numbers do not run 1, 2, 3 and so on.")
    return problems


def _find(items, id: str, noun: str):
    for item in items:
        if item.id == id:
            return item
    raise ConfigError(f"sap.yaml: no {noun} {id!r}. There are {', '.join(item.id for item in items)}.")
