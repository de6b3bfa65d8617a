"""Synthetic tables for the tests of formats, and what an export of them reads back as."""

from pathlib import Path

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.convert import convert_table
from helpers.data.formats import read_export, write_export
from helpers.data.formats.export import Export
from helpers.data.synthesise import generate
from helpers.data.tables import conform
from helpers.params import load_params

ROOT = Path(__file__).parents[3]
#: Format and variant of every writer.
VARIANTS = {
    "redcap raw": ("redcap", {}),
    "redcap labels": ("redcap", {"coding": "label"}),
    "redcap labels under names": ("redcap", {"coding": "label", "headers": "name"}),
    "redcap raw under labels": ("redcap", {"coding": "raw", "headers": "label"}),
    "dataset-json": ("dataset-json", {}),
    "dataset-json lines": ("dataset-json", {"lines": True}),
    "xpt 5": ("xpt", {"version": 5}),
    "xpt 8": ("xpt", {"version": 8}),
}
#: Text that has to come through every format as it is. Longer than SAS transport 5 holds in one variable, too.
VERBATIM = (
    "Fièvre, « œdème » et céphalées",
    'He said "pain", twice',
    "two\nlines",
    '=HYPERLINK("https://example.org")',
    "<script>alert(1)</script>",
    "; tab\tand | bar",
    "0012",
    "N/A",
    "Douleur très forte à l'épaule, irradiante, " * 9 + "fin",
)


def tables_of(codebook: Codebook, *, patients: int = 31, seed: int = 1, scenario: str = "base") -> dict:
    """Tables of a synthetic trial."""
    drawn = load_params(ROOT / "params.yaml").synthetic.in_scenario(scenario, patients=patients, seed=seed)
    return generate(drawn, codebook=codebook)


def delivered(tables: dict, folder: Path, codebook: Codebook, format: str, **variant) -> Export:
    """An export of these tables, written and read."""
    folder.mkdir(parents=True, exist_ok=True)
    write_export(tables, folder, codebook, format, **variant)
    return read_export(folder, codebook, format)


def whole(export: Export, table: str) -> pd.DataFrame:
    """A table of an export in one frame."""
    return pd.concat(export.tables[table])


def typed(export: Export, codebook: Codebook) -> dict[str, pd.DataFrame]:
    """The canonical tables of an export without problems."""
    assert export.problems == []
    made = {}
    for name, declared in codebook.tables.items():
        values, unreadable = convert_table(name, whole(export, name), codebook)
        assert unreadable == []
        made[name] = conform(values, declared.columns, declared.key, name=name)
    return made


def rules(export: Export) -> set[str]:
    return {problem.rule for problem in export.problems}
