"""Hold an export against the codebook, list everything that is wrong, and write the typed tables only if nothing is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from helpers import files, paths
from helpers.codebook import Codebook, load_codebook
from helpers.data import provenance
from helpers.data.checks import Finding
from helpers.data.checks.columns import without_names
from helpers.data.checks.identifiers import identifier_findings
from helpers.data.checks.run import run_rules
from helpers.data.convert import convert_table
from helpers.data.formats import read_export
from helpers.data.formats.export import Export
from helpers.data.parts import Parts
from helpers.data.privacy.dates import protect
from helpers.data.schema import check_cells
from helpers.data.shown import shown
from helpers.data.tables import conform, writing
from helpers.data.unit_checks import stated_findings, unit_findings
from helpers.data.units import Units, units_of
from helpers.errors import InvalidData, Problem
from helpers.params import Params

#: Characters of a message, or of the name of a file or column, that are shown.
LONGEST_WORDS = 600


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


@dataclass(frozen=True)
class Check:
    """An export held against the codebook: what was read and everything that is wrong with it.

    `rows` counts the rows of each table that could be read, `labels` names every table of the codebook in its order.
    """

    source: str
    format: str
    synthetic: bool
    patients: int
    rows: Mapping[str, int]
    labels: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors

    @property
    def exit_code(self) -> int:
        """0 if nothing was found, 1 if warnings only, 2 if there is an error."""
        return 2 if self.errors else 1 if self.problems else 0


def check_export(
    export: Export, codebook: Codebook, units: Units, *, reviewed: Collection[str] = ()
) -> tuple[Parts, list[Problem]]:
    """The typed tables in the codebook's units by parts of patients, and every error and warning in the order of table,
    row and column.
    """
    parts, findings = Parts(export.subjects), []
    for name, blocks in export.tables.items():
        for text in blocks:
            values, unreadable = convert_table(name, text, codebook)
            reported = {(finding.row, finding.column) for finding in unreadable}
            cells = check_cells(name, values, text, codebook, units)
            findings += unreadable + [finding for finding in cells if (finding.row, finding.column) not in reported]
            parts.add(name, values)
    tables = parts.changed(lambda name, values: units.to_codebook(name, values, codebook))
    findings += unit_findings(parts, codebook, units)
    findings += stated_findings(export.stated_units, codebook, units)
    findings += identifier_findings(tables, codebook, reviewed)
    findings += run_rules(tables, codebook)
    problems = {_tidy(problem) for problem in without_names(export.problems)}
    problems |= {_problem(finding, export) for finding in findings}
    place = {name: k for k, name in enumerate(codebook.tables)}
    order = sorted(
        problems, key=lambda p: (place.get(p.table, -1), p.table, p.row or 0, p.column or "", p.rule, p.message)
    )
    return tables, order


def _problem(found: Finding, export: Export) -> Problem:
    place = export.locate(found.table, found.row, found.column)
    return _tidy(
        Problem(
            file=place.file,
            table=found.table,
            row=place.row,
            column=place.column,
            rule=found.rule,
            message=found.message,
            remedy=found.remedy,
            severity=found.severity,
        )
    )


def _tidy(problem: Problem) -> Problem:
    """A problem whose words, names of files and columns among them, are printable and of a length that can be read."""
    words = {name: getattr(problem, name) for name in ("file", "table", "column", "message", "remedy")}
    fit = {name: shown(value, LONGEST_WORDS) for name, value in words.items() if value is not None}
    return problem if all(fit[name] == words[name] for name in fit) else replace(problem, **fit)


def check(path: Path | str, params: Params, format: str | None = None) -> Check:
    """Everything wrong with the export in a folder; nothing is written.

    Parameters
    ----------
    path : Path or str
        Folder of the export.
    params : Params
        The units of the export, and the columns that a person reviewed for direct identifiers.
    format : str, optional
        One of `formats.FORMATS`; that of `data.format` if not given.

    Raises
    ------
    ConfigError
        If the folder does not exist.
    """
    codebook = load_codebook()
    export = read_export(Path(path), codebook, format or params.data.format)
    tables, problems = check_export(export, codebook, units_of(params), reviewed=params.privacy.reviewed)
    return Check(
        source=paths.relative(export.folder),
        format=format or params.data.format,
        synthetic=provenance.is_synthetic(export.folder, tables.subjects),
        patients=len(tables.subjects),
        rows=tables.rows,
        labels={name: table.label for name, table in codebook.tables.items()},
        problems=tuple(problems),
    )


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
    tables, problems = check_export(export, codebook, units_of(params), reviewed=params.privacy.reviewed)
    if any(p.severity == "error" for p in problems):
        raise InvalidData(problems)
    origin = provenance.describe(
        export.folder, export.files, params=params, rows=tables.rows, subject_ids=tables.subjects
    )
    with files.replacing(paths.interim()) as folder:
        with writing(folder, {name: declared.columns for name, declared in codebook.tables.items()}) as write:
            for part in tables:
                for name, rows in protect(params, part, codebook).items():
                    declared = codebook.tables[name]
                    write(name, conform(rows, declared.columns, declared.key, name=name))
        provenance.write_provenance(origin, folder)
    return Report(params.data.source, origin.synthetic, origin.patients, origin.rows, tuple(problems))
