"""The report as text for a terminal."""

import io

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from helpers.data.provenance import BANNER
from helpers.data.report.groups import RuleGroup, TableGroup, counted, grouped, summary, verdict
from helpers.data.validate import Check
from helpers.errors import Problem

#: Examples of a rule that are written out.
EXAMPLES = 5
_STYLES = {"error": "bold red", "warning": "bold yellow"}


def text(check: Check, *, width: int = 100, colour: bool = False) -> str:
    """The report as lines of text, at most `EXAMPLES` problems of a rule in a table."""
    page = io.StringIO()
    console = Console(file=page, width=width, force_terminal=colour, no_color=not colour, highlight=False, emoji=False)
    console.print(Text.assemble((check.source, "bold"), f" ({check.format}): {summary(check)}"))
    if check.synthetic:
        console.print(Text(BANNER))
    for table in grouped(check):
        _table(console, table)
    found, meaning = verdict(check)
    style = _STYLES["error"] if check.errors else _STYLES["warning"] if check.problems else "bold green"
    console.print()
    console.print(Text.assemble((f"{found}.", style), f" {meaning}"))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def _table(console: Console, table: TableGroup) -> None:
    counts = [counted(table.count(kind), kind) for kind in _STYLES if table.count(kind)]
    console.print()
    console.print(Text.assemble((table.table, "bold"), f", {table.label}: {', '.join(counts)}"))
    one_file = len(table.files) == 1
    if one_file:
        console.print(Padding(Text(f"in {table.files[0]}"), (0, 0, 0, 2)))
    for group in table.rules:
        _rule(console, group, name_file=not one_file)


def _rule(console: Console, group: RuleGroup, *, name_file: bool) -> None:
    head = Text.assemble(
        (group.severity, _STYLES[group.severity]), f" {group.rule} ({len(group.problems):,}): {group.title}"
    )
    console.print(Padding(head, (0, 0, 0, 2)))
    for problem in group.problems[:EXAMPLES]:
        said = [place(problem, name_file=name_file), problem.message if group.remedy else _with_remedy(problem)]
        console.print(Padding(Text(": ".join(filter(None, said))), (0, 0, 0, 6)))
    if len(group.problems) > EXAMPLES:
        console.print(Padding(Text(f"and {len(group.problems) - EXAMPLES:,} more"), (0, 0, 0, 6)))
    if group.remedy:
        console.print(Padding(Text.assemble(("Remedy: ", "bold"), group.remedy), (0, 0, 0, 6)))


def _with_remedy(problem: Problem) -> str:
    return f"{problem.message} {problem.remedy}"


def place(problem: Problem, *, name_file: bool) -> str:
    """File, row and column of a problem, as far as it has them."""
    parts = (
        problem.file if name_file else "",
        f"row {problem.row}" if problem.row is not None else "",
        f"column {problem.column}" if problem.column else "",
    )
    return ", ".join(filter(None, parts))
