"""The report as one HTML file: no request to anywhere, readable without JavaScript, every string escaped."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from helpers.data.provenance import BANNER
from helpers.data.report.groups import RuleGroup, TableGroup, counted, grouped, summary, verdict
from helpers.data.validate import Check
from helpers.errors import Problem

#: Rows of a rule that the page shows; the CSV has them all.
SHOWN = 500
#: A rule with more rows than this is folded until it is opened.
_OPEN = 12
_COLUMNS = (
    '<th scope="col">File</th><th scope="col" class="row">Row</th>'
    '<th scope="col">Column</th><th scope="col">What is wrong</th>'
)
_STYLE = Path(__file__).with_name("page.css")
_SCRIPT = Path(__file__).with_name("page.js")


def to_html(check: Check) -> str:
    """The whole page."""
    style, script = _STYLE.read_text(encoding="utf-8"), _SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    groups = grouped(check)
    body = "\n".join((_head(check), _filters(groups), _main(check, groups)))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{escape(verdict(check)[0])} · {escape(check.source)}</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def _head(check: Check) -> str:
    state = "error" if check.errors else "warning" if check.problems else "good"
    found, meaning = verdict(check)
    banner = f'<p class="banner">{escape(BANNER)}</p>\n' if check.synthetic else ""
    return f"""{banner}<header>
<p class="kicker">Check of an export against the codebook</p>
<h1>{escape(check.source)}</h1>
<p class="read">Format {escape(check.format)} · {escape(summary(check))}</p>
<div class="verdict {state}"><strong>{escape(found)}</strong><span>{escape(meaning)}</span></div>
</header>"""


def _filters(groups: list[TableGroup]) -> str:
    """Search and choices; hidden until the script, which they need, has run."""
    if not groups:
        return ""
    tables = "".join(f'<option value="{escape(g.table)}">{escape(g.table)}</option>' for g in groups)
    counts = {kind: sum(group.count(kind) for group in groups) for kind in ("error", "warning")}
    choices = [("", "All", sum(counts.values())), ("error", "Errors", counts["error"])]
    choices.append(("warning", "Warnings", counts["warning"]))
    buttons = "".join(
        f'<label class="{kind or "all"}"><input type="radio" name="severity" value="{kind}"'
        f"{'' if kind else ' checked'}><span>{label} <b>{count:,}</b></span></label>"
        for kind, label, count in choices
    )
    return f"""<form class="filters" hidden>
<fieldset><legend class="unseen">Severity</legend>{buttons}</fieldset>
<label class="field"><span class="unseen">Table</span>
<select name="table"><option value="">All tables</option>{tables}</select></label>
<label class="field search"><span class="unseen">Search place, message and rule</span>
<input type="search" name="text" placeholder="Search" autocomplete="off"></label>
<output aria-live="polite"></output>
</form>"""


def _main(check: Check, groups: list[TableGroup]) -> str:
    sections = "\n".join(_section(group) for group in groups)
    clean = [name for name in check.rows if name not in {group.table for group in groups}]
    named = ", ".join(
        f"<span>{escape(name)} <small>{counted(check.rows[name], 'row')}</small></span>" for name in clean
    )
    rest = f'<section class="clean"><h2>Without a problem</h2><p>{named}</p></section>' if clean else ""
    return f"""<main>
{sections}
<p class="none" hidden>No problem fits these filters.</p>
{rest}
</main>
<footer>
<p>An <b>error</b> stops the import, a <b>warning</b> does not.
Rows count as the delivered file shows them, its header being row 1. Nothing was changed or stored;
<code>kypho check-data FOLDER --csv FILE</code> writes every problem as a table.</p>
</footer>"""


def _section(group: TableGroup) -> str:
    rows = f" · {counted(group.rows, 'row')}" if group.rows is not None else ""
    counts = "".join(
        f'<span class="count {kind}">{counted(group.count(kind), kind)}</span>'
        for kind in ("error", "warning")
        if group.count(kind)
    )
    rules = "\n".join(_rule(rule) for rule in group.rules)
    return f"""<section class="table" data-table="{escape(group.table)}">
<div class="title"><h2>{escape(group.table)}</h2><p>{escape(group.label)}{rows}</p>{counts}</div>
{rules}
</section>"""


def _rule(group: RuleGroup) -> str:
    shown = group.problems[:SHOWN]
    unfolded = " open" if len(group.problems) <= _OPEN else ""
    lines = "\n".join(_line(problem, remedy=not group.remedy) for problem in shown)
    hidden = len(group.problems) - len(shown)
    more = f'<p class="more">{hidden:,} more are in the CSV of this check.</p>' if hidden else ""
    remedy = f'<p class="remedy"><b>Remedy</b> {escape(group.remedy)}</p>' if group.remedy else ""
    return f"""<details class="rule {group.severity}" data-severity="{group.severity}"{unfolded}>
<summary><span class="badge">{group.severity}</span><span class="name">{escape(group.title)}</span>
<code>{escape(group.rule)}</code><span class="number">{len(group.problems):,}</span></summary>
{remedy}
<table>
<thead><tr>{_COLUMNS}</tr></thead>
<tbody>
{lines}
</tbody>
</table>
{more}
</details>"""


def _line(problem: Problem, *, remedy: bool) -> str:
    return f"<tr>{''.join(_cells(problem, remedy=remedy))}</tr>"


def _cells(problem: Problem, *, remedy: bool) -> Iterator[str]:
    """The cells of a problem; on a narrow screen each says by its label what it is."""
    folder, _, name = problem.file.rpartition("/")
    yield f'<td class="file" title="{escape(problem.file)}">{escape(name or folder)}</td>'
    yield f'<td class="row" data-label="row">{"" if problem.row is None else problem.row}</td>'
    yield f'<td class="column" data-label="column">{escape(problem.column or "")}</td>'
    said = f'<span class="do">{escape(problem.remedy)}</span>' if remedy else ""
    yield f'<td class="said">{escape(problem.message)}{said}</td>'
