"""The codebook page: a table of variables to search, code lists, schedule, scores, terms and analysis datasets."""

import re
from collections.abc import Iterable, Mapping

from helpers.codebook import Codebook, Column, Form, Term
from helpers.present import numbers
from helpers.present.codebook_variables import Variable, variables
from helpers.present.exhibit import pipe_table, stacked
from helpers.present.text import code, markdown

#: Lists longer than this are named in the table of variables, and written out below it.
SHORT = 8

SENSITIVITY = {
    "pseudonym": "the subject's pseudonym, whose key stays with the trial",
    "indirect": "could help to recognise a person",
    "health": "concerns health",
    "none": "none of these",
}

TYPES = {
    "string": "a name or identifier",
    "text": "free text",
    "integer": "a whole number",
    "decimal": "a number, with a point",
    "date": "YYYY-MM-DD",
    "code": "one of a closed list",
    "flag": "Y or N",
}


def page(book: Codebook) -> str:
    """Tables and variables of the export, code lists, schedule, scores, terms and analysis datasets, as declared."""
    parts = [
        "## Tables of the export\n",
        "An empty cell is a missing value. Dates are written YYYY-MM-DD, flags Y or N.\n",
        _tables(book),
        "## Variables of the export\n",
        f"Type: {_legend(TYPES)}.\n",
        f"Sensitivity: {_legend(SENSITIVITY)}.\n",
        _variables(book),
        "## Code lists\n",
        pipe_table(["List", "Codes"], ([_anchored("list", n), _codelist(book, n)] for n in book.all_codelists)),
        "## Visit schedule\n",
        *_schedule(book),
        "## Dallas Pain Questionnaire\n",
        *_dallas(book),
        "## CTCAE terms\n",
        *_assumed(book.assumed.get("ctcae")),
        stacked(["Term", "System organ class", "Grades"], map(_term, book.ctcae, book.ctcae.values())),
    ]
    parts.append("## Analysis datasets\n")
    for name in book.datasets:
        dataset = book.datasets[name]
        parts += [
            f"### {markdown(dataset.label)} ({code(name)})\n",
            f"Key: {', '.join(map(code, dataset.key))}.\n",
            _columns(book.variables(name)),
        ]
    return "\n".join(parts) + "\n"


def _legend(words: Mapping[str, str]) -> str:
    return "; ".join(f"*{word}* {meaning}" for word, meaning in words.items())


def _anchor(group: str, name: str) -> str:
    return re.sub(r"[^\w.-]", "-", f"{group}.{name}")


def _anchored(group: str, name: str) -> str:
    """A name that is its own permanent link."""
    anchor = _anchor(group, name)
    return f"[{code(name)}](#{anchor}){{#{anchor}}}"


def _list_link(name: str) -> str:
    return f"[{code(name)}](#{_anchor('list', name)})"


def _tables(book: Codebook) -> str:
    rows = (
        [
            f"[{code(f'{name}.csv')}](#{_anchor(name, next(iter(table.columns)))})",
            markdown(table.label),
            markdown(table.form),
            ", ".join(map(code, table.key)),
            str(len(table.columns)),
        ]
        for name, table in book.tables.items()
    )
    return stacked(["Table", "What it holds", "Form", "Key", "Variables"], rows)


def _variables(book: Codebook) -> str:
    """The block that the pages' script makes searchable; without the script the whole table stands there."""
    rows = (
        [
            _anchored(v.table, v.name),
            _label(v.column),
            v.column.type,
            markdown(v.column.unit or ""),
            _values(v),
            markdown(v.empty),
            f"{code(v.table)} [{markdown(v.source.form)}]{{.line}}",
            v.column.sensitivity,
        ]
        for v in variables(book)
    )
    header = ["Variable", "What it is", "Type", "Unit", "Codes or range", "Empty cell", "Table, form", "Sensitivity"]
    table = pipe_table(header, rows)
    return f'::: {{.search-table noun="variables" filters="table type sensitivity"}}\n\n{table}\n:::\n'


def _label(column: Column) -> str:
    units = ""
    if column.unit_param:
        units = f" (delivered in {markdown(' or '.join(column.units))}, as {code(f'data.{column.unit_param}')} says)"
    return _noted(markdown(column.label) + units, column.assumed)


def _values(variable: Variable) -> str:
    """Codes one a line where they are few, else the list they are in; a range; or the form of an identifier."""
    column, codes = variable.column, variable.codes
    named = _list_link(column.codes) if column.codes else ""
    if len(codes) > SHORT:
        return f"{len(codes)} codes: {named}"
    if codes:
        lines = (f"[{_code(value, label)}]{{.line}}" for value, label in codes.items())
        return " ".join([*([named] if named else []), *lines])
    if column.pattern:
        return f"pattern {markdown(column.pattern)}"
    limits = _range(column, "")
    return f"[{limits}]{{.whole}}" if limits else ""


def _code(value: str | int, label: str) -> str:
    """A code with its label; one that is its own label stands alone."""
    return code(str(value)) if value == label else f"{code(str(value))} {markdown(label)}"


def _columns(columns: Mapping[str, Column]) -> str:
    rows = (
        [
            code(name),
            _noted(markdown(column.label), column.assumed),
            column.type,
            f"list {_list_link(column.codes)}" if column.codes else _range(column, markdown(column.unit or "")),
            "yes" if column.required else "",
        ]
        for name, column in columns.items()
    )
    return stacked(["Name", "What it is", "Type", "Values", "Never empty"], rows)


def _range(column: Column, unit: str) -> str:
    low, high = (
        None if v is None else str(v).replace("-", numbers.MINUS) if isinstance(v, int | float) else str(v)
        for v in (column.min, column.max)
    )
    if low is None and high is None:
        return unit
    if high is None:
        return f"{low} or more {unit}".strip()
    return f"{'up to' if low is None else f'{low} to'} {high} {unit}".strip()


def _codelist(book: Codebook, name: str) -> str:
    """Codes with their labels; the class of a CTCAE term stands with its grades in a table of its own."""
    codes = book.all_codelists[name]
    if name == "ctcae_term":
        codes = {term: term for term in codes}
    words = "; ".join(_code(value, label) for value, label in codes.items())
    return _noted(words, book.assumed.get(name))


def _noted(shown: str, why: str | None) -> str:
    return f"{shown} (assumed: {markdown(why)})" if why else shown


def _assumed(why: str | None) -> list[str]:
    return [f"Assumed: {markdown(why)}.\n"] if why else []


def _schedule(book: Codebook) -> list[str]:
    """Each visit, when it is due and the forms planned at it."""
    visits, forms = book.schedule.visits, book.schedule.forms
    rows = ([code(name), markdown(v.label), str(v.due), _planned(forms.values(), name)] for name, v in visits.items())
    return [
        *_assumed(book.schedule.assumed),
        stacked(["Visit", "What it is", "Due, days after the procedure", "Forms planned"], rows),
    ]


def _planned(forms: Iterable[Form], visit: str) -> str:
    return ", ".join(markdown(form.label) for form in forms if visit in form.visits)


def _dallas(book: Codebook) -> list[str]:
    """How the domains are scored."""
    rows = [
        [
            code(name),
            _noted(markdown(domain.label), domain.assumed),
            ", ".join(f"{code(item)} 0 to {book.item_maximum(item):g}" for item in domain.items),
            f"{domain.multiplier:g}",
            str(domain.missing_allowed),
        ]
        for name, domain in book.dallas.domains.items()
    ]
    return [
        "The score of a domain is the sum of its items times the multiplier, 100 at most. Missing items are replaced "
        "by the mean of the others, up to the number allowed; with more missing there is no score.\n",
        *_assumed(book.dallas.assumed),
        stacked(["Domain", "What it is", "Items and their range", "Multiplier", "Items that may be missing"], rows),
    ]


def _term(name: str, term: Term) -> list[str]:
    return [markdown(name), markdown(term.soc), "{} to {}".format(*term.grades)]
