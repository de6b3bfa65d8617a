"""Hold an export against the codebook, list everything that is wrong, and write the typed tables only if nothing is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers import files, paths
from helpers.codebook import Codebook, load_codebook
from helpers.data import provenance
from helpers.data.checks import Finding
from helpers.data.checks.run import run_rules
from helpers.data.convert import convert_table
from helpers.data.formats import read_export
from helpers.data.formats.export import Export
from helpers.data.schema import check_cells
from helpers.data.tables import conform, write_table
from helpers.data.units import Units, units_of
from helpers.errors import InvalidData, Problem
from helpers.params import Params, load_params


@dataclass(frozen=True)
class Report:
    """What was checked: rows of each table, patients, and warnings that do not stop anything."""

    source: str
    synthetic: bool
    patients: int
    rows: Mapping[str, int]
    warnings: tuple[Problem, ...]

    def __str__(self) -> str:
        kind = "synthetic" if self.synthetic else "export"
        rows = f"{len(self.rows)} tables, {sum(self.rows.values())} rows"
        return f"{self.source} ({kind}): {self.patients} patients, {rows}, {len(self.warnings)} warnings"


def check_export(export: Export, codebook: Codebook, units: Units) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """The typed tables in the codebook's units, and every error and warning in the order of table, row and column."""
    tables: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, text in export.tables.items():
        values, unreadable = convert_table(name, text, codebook)
        reported = {(finding.row, finding.column) for finding in unreadable}
        cells = check_cells(name, values, text, codebook, units)
        findings += unreadable + [finding for finding in cells if (finding.row, finding.column) not in reported]
        findings += units.doubtful(name, values, codebook)
        tables[name] = units.to_codebook(name, values, codebook)
    findings += run_rules(tables, codebook)
    problems = {*export.problems, *(_problem(finding, export) for finding in findings)}
    place = {name: k for k, name in enumerate(codebook.tables)}
    order = sorted(
        problems, key=lambda p: (place.get(p.table, -1), p.table, p.row or 0, p.column or "", p.rule, p.message)
    )
    return tables, order


def _problem(found: Finding, export: Export) -> Problem:
    place = export.locate(found.table, found.row, found.column)
    return Problem(
        file=place.file,
        table=found.table,
        row=place.row,
        column=place.column,
        rule=found.rule,
        message=found.message,
        remedy=found.remedy,
        severity=found.severity,
    )


def check_data(path: Path | str, *, params: Params | None = None) -> list[Problem]:
    """Everything wrong with the export in a folder; nothing is written.

    Raises
    ------
    ConfigError
        If the folder does not exist.
    """
    params, codebook = params or load_params(), load_codebook()
    export = read_export(Path(path), codebook, params.data.format)
    return check_export(export, codebook, units_of(params))[1]


def validate(params: Params) -> Report:
    """Check `data/raw/<source>` and write `data/interim` with the provenance, whole or not at all.

    Raises
    ------
    InvalidData
        With every problem, if there is an error; nothing was touched then.
    ConfigError
        If the folder does not exist.
    """
    codebook = load_codebook()
    export = read_export(paths.raw(params.data.source), codebook, params.data.format)
    tables, problems = check_export(export, codebook, units_of(params))
    if any(p.severity == "error" for p in problems):
        raise InvalidData(problems)
    rows = {name: len(table) for name, table in tables.items()}
    origin = provenance.describe(
        export.folder, export.files, params=params, rows=rows, subject_ids=tables["patients"]["subject_id"]
    )
    with files.replacing(paths.interim()) as folder:
        for name, declared in codebook.tables.items():
            table = conform(tables[name], declared.columns, declared.key, name=name)
            write_table(table, declared.columns, folder / f"{name}.parquet")
        provenance.write_provenance(origin, folder)
    return Report(params.data.source, origin.synthetic, origin.patients, rows, tuple(problems))
