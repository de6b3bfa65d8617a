"""Problems in the order of a report: by table, in a table errors before warnings, then by rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from helpers.data.checks.catalogue import title
from helpers.data.validate import Check
from helpers.errors import Problem


@dataclass(frozen=True)
class RuleGroup:
    """Every problem of one rule and severity in one table; `remedy` is theirs if they share it, else empty."""

    rule: str
    title: str
    severity: str
    problems: Sequence[Problem]
    remedy: str


@dataclass(frozen=True)
class TableGroup:
    """A table, or a file that is none, with what is wrong in it."""

    table: str
    label: str
    files: Sequence[str]
    rows: int | None
    rules: Sequence[RuleGroup]

    def count(self, severity: str) -> int:
        return sum(len(group.problems) for group in self.rules if group.severity == severity)


def grouped(check: Check) -> list[TableGroup]:
    """The problems of a check by table in the codebook's order; files that are no table come first."""
    place = {name: k for k, name in enumerate(check.labels)}
    ordered = sorted(check.problems, key=lambda p: (place.get(p.table, -1), p.table, p.severity, p.rule))
    return [_table(name, list(problems), check) for name, problems in groupby(ordered, key=lambda p: p.table)]


def _table(name: str, problems: list[Problem], check: Check) -> TableGroup:
    rules = []
    for (severity, rule), found in groupby(problems, key=lambda p: (p.severity, p.rule)):
        members = tuple(found)
        remedies = {problem.remedy for problem in members}
        rules.append(RuleGroup(rule, title(rule), severity, members, remedies.pop() if len(remedies) == 1 else ""))
    return TableGroup(
        table=name,
        label=check.labels.get(name, "not a table of the codebook"),
        files=tuple(dict.fromkeys(problem.file for problem in problems)),
        rows=check.rows.get(name),
        rules=tuple(rules),
    )


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`, `1,234 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def verdict(check: Check) -> tuple[str, str]:
    """What the check comes to, and what that means for the pipeline."""
    if check.errors:
        found = counted(check.errors, "error")
        if check.warnings:
            found += f" and {counted(check.warnings, 'warning')}"
        return (
            found,
            "Nothing is imported while there is an error. Mend the export where it was made and check it again.",
        )
    if check.problems:
        return counted(
            check.warnings, "warning"
        ), "The export can be imported. Look at each warning: it may be a mistake."
    return "No problem found", "The export can be imported."


def summary(check: Check) -> str:
    """What was read: patients, tables, rows."""
    tables = f"{len(check.rows)} of {len(check.labels)} tables"
    return f"{counted(check.patients, 'patient')}, {tables}, {counted(sum(check.rows.values()), 'row')}"
