"""Simulated trials: patients from the generator, the analysis datasets, and what the primary analyses say of them."""

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import pandas as pd

from helpers.codebook import Codebook, load_codebook
from helpers.data import Datasets
from helpers.data.derive import derive_datasets
from helpers.data.generator.design import Design, check_names
from helpers.data.generator.trial import draw
from helpers.data.tables import conform
from helpers.endpoints import angle, height, leakage, pain, qol, tolerance, volume_pain
from helpers.params import SyntheticParams, load_params
from helpers.results import Record
from helpers.sap import load_sap

#: Endpoint -> what its primary analyses are called by; `describe` of tolerance is the worst grade.
ANALYSES = {
    "leakage": (leakage.estimate, leakage.describe, leakage.posterior, leakage.characteristics),
    "height": (height.estimate,),
    "angle": (angle.estimate,),
    "pain": (pain.estimate, pain.responders),
    "qol": (qol.estimate,),
    "tolerance": (tolerance.estimate, tolerance.describe),
    "volume_pain": (volume_pain.estimate,),
}
#: Analyses by a model: the arms' means are at the average baseline of a trial, which differs from trial to trial.
MODELLED = ("height.vertebral", "height.stature", "angle.kyphotic", "pain.vas", "qol.dallas")
#: What names an estimate.
KEY = ["analysis", "parameter", "visit", "group"]
COLUMNS = ["trial", *KEY, "estimate", "lower", "upper", "p_value", "method"]
_STATISTICS = {"estimate": "estimate", "median": "estimate", "lower95": "lower", "upper95": "upper"}


@cache
def codebook() -> Codebook:
    return load_codebook()


@cache
def primary() -> frozenset[str]:
    """The plan's primary analyses."""
    return frozenset(a.id for a in load_sap().analyses if a.role == "primary")


@cache
def parameters(scenario: str) -> SyntheticParams:
    """The generator's parameters in a scenario, their names held against the codebook."""
    p = load_params().synthetic.in_scenario(scenario)
    check_names(p, codebook())
    return p


def design(scenario: str, seed: int, purpose: str, number: int, **changes: float) -> Design:
    """The design of one trial: its seed follows from the seed, the scenario, what it is for and its number.

    `changes` are laid over the generator's parameters.
    """
    words = np.random.SeedSequence([seed, number, *f"{purpose} {scenario}".encode()])
    p = parameters(scenario).model_copy(update={"seed": int(words.generate_state(1, np.uint64)[0])} | changes)
    return Design(p, codebook(), p.patients)


def datasets(trials: Sequence[dict[str, pd.DataFrame]]) -> list[Datasets]:
    """The analysis datasets of each trial, derived from the tables of all of them at once.

    Deriving costs as much for fifty trials as for two. The patients of a trial are told from those of others by a
    number before their identifiers, which changes neither their order nor anything else of them.
    """
    marked = []
    for number, tables in enumerate(trials):
        mark = f"{number:05d}/"
        marked.append(
            {
                name: table.assign(subject_id=mark + table["subject_id"].astype("str")) if len(table) else table
                for name, table in tables.items()
            }
        )
    typed = {}
    for name, declared in codebook().tables.items():
        rows = pd.concat([tables[name] for tables in marked if len(tables[name])] or [marked[0][name]])
        typed[name] = conform(rows.reset_index(drop=True), declared.columns, declared.key, name=name)
    parts: list[dict[str, pd.DataFrame]] = [{} for _ in trials]
    for name, frame in derive_datasets(typed, codebook()).items():
        whose = frame["USUBJID"].str.extract(r"(\d{5})/", expand=False).astype(int).to_numpy()
        for number, part in enumerate(parts):
            part[name] = frame[whose == number].reset_index(drop=True)
    return [Datasets(part) for part in parts]


def evaluated(record: Record) -> bool:
    """Whether a record belongs to an estimate that has a true value: of a primary analysis, and no count."""
    if record.analysis not in primary() or record.statistic not in (*_STATISTICS, "p_value"):
        return False
    if record.analysis in MODELLED:
        return record.group == "KP-VP"
    return True


def figures(data: Datasets, endpoints: Iterable[str] = tuple(ANALYSES)) -> list[tuple]:
    """What the primary analyses say of one trial: rows of `COLUMNS` without the trial."""
    found: dict[tuple, dict] = {}
    for analysis in (function for endpoint in endpoints for function in ANALYSES[endpoint]):
        for record in analysis(data):
            if evaluated(record):
                row = found.setdefault(tuple(getattr(record, name) for name in KEY), {})
                row[_STATISTICS.get(record.statistic, record.statistic)] = record.value
                if record.statistic in ("estimate", "median"):
                    row["method"] = record.method
    columns = COLUMNS[len(KEY) + 1 :]
    return [(*key, *(row.get(name) for name in columns)) for key, row in found.items()]


def run(scenario: str, seed: int, numbers: Sequence[int]) -> list[tuple]:
    """The figures of some trials of a scenario, rows of `COLUMNS`."""
    return _analysed([design(scenario, seed, "trial", number) for number in numbers], numbers)


def again(scenario: str, seed: int, numbers: Sequence[int], endpoints: Sequence[str]) -> list[tuple]:
    """The figures of some endpoints in other trials of a scenario."""
    return _analysed([design(scenario, seed, "again", number) for number in numbers], numbers, endpoints)


def alone(scenario: str, seed: int, numbers: Sequence[int], endpoints: Sequence[str]) -> list[tuple]:
    """The figures of some endpoints in trials in which nobody is treated with the other technique."""
    designs = [design(scenario, seed, "alone", number, crossover_share=0.0) for number in numbers]
    return _analysed(designs, numbers, endpoints)


def _analysed(designs: Sequence[Design], numbers: Sequence[int], endpoints: Iterable[str] = tuple(ANALYSES)):
    found = zip(numbers, datasets([draw(design).tables for design in designs]), strict=True)
    return [(number, *row) for number, data in found for row in figures(data, endpoints)]


def frame(rows: Sequence[tuple]) -> pd.DataFrame:
    """Rows of `run` as a frame."""
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[5:9], "float64"))
