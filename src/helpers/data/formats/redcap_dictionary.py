"""The codebook as a REDCap project: names and choices of its fields, and the data dictionary that makes it.

A table is an instrument of the same name. The first field is the record's identifier, `subject_id`, and stands once.
The visit of a table that has one row a visit is no field: REDCap says it by the event. Dictionary: REDCap's CSV of 18
columns (Project Setup, Data Dictionary, "Upload file").
"""

import csv
import datetime as dt
import io
import re
from collections import Counter
from dataclasses import dataclass

from helpers.codebook import FLAGS, Codebook, Column, Table
from helpers.errors import ConfigError

HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
RECORD = "subject_id"
#: From this many choices on a field is a drop-down list, below it a row of buttons.
DROPDOWN_FROM = 8
_VALIDATION = {"integer": "integer", "decimal": "number", "date": "date_ymd"}
#: Sensitivities that REDCap's export can leave out as identifiers.
_IDENTIFYING = ("pseudonym", "indirect")
_NAME = re.compile(r"[a-z]([a-z0-9_]*[a-z0-9])?")


@dataclass(frozen=True)
class Choice:
    """A permitted value: the codebook's code as text, the value REDCap stores for it, and what REDCap shows."""

    code: str
    raw: str
    label: str


@dataclass(frozen=True)
class Field:
    """A column of a table as a field of the project; `choices` is empty for a field with open values."""

    name: str
    label: str
    table: str
    column: str
    declared: Column
    choices: tuple[Choice, ...]


def event_column(declared: Table) -> str | None:
    """The column of a table's key that REDCap says by the event: the visit. None where the key has none."""
    return next((c for c in declared.key if declared.columns[c].codes == "visit"), None)


def repeats(declared: Table) -> bool:
    """Whether a patient (at a visit) may have several rows of this table: a repeating instrument."""
    return bool(set(declared.key) - {RECORD, event_column(declared)})


def fields(codebook: Codebook) -> list[Field]:
    """The project's fields in the order of the dictionary, the record's identifier first.

    A column found in one table keeps its name and label; one found in several carries its table's name as well.

    Raises
    ------
    ConfigError
        If two fields, two labels or two choices would be the same, or a name is none for REDCap.
    """
    stands = [
        (table, column, declared)
        for table, content in codebook.tables.items()
        for column, declared in content.columns.items()
        if column not in (RECORD, event_column(content))
    ]
    names, labels = Counter(c for _, c, _ in stands), Counter(declared.label for *_, declared in stands)
    first = next(iter(codebook.tables))
    made = [_field(first, RECORD, codebook.tables[first].columns[RECORD], codebook)]
    for table, column, declared in stands:
        name = column if names[column] == 1 else f"{table}_{column}"
        label = declared.label if labels[declared.label] == 1 else f"{declared.label} ({table.replace('_', ' ')})"
        made.append(_field(table, column, declared, codebook, name=name.lower(), label=label))
    for what in ("name", "label"):
        twice = [text for text, count in Counter(getattr(field, what) for field in made).items() if count > 1]
        if twice:
            raise ConfigError(f"data/codebook.yaml: two columns would have the REDCap {what} {twice[0]}. Rename one.")
    for field in made:
        if not _NAME.fullmatch(field.name):
            raise ConfigError(
                f"data/codebook.yaml, {field.table}.{field.column}: REDCap's names are lower-case letters, digits "
                "and underscores, with a letter first."
            )
    return made


def _field(
    table: str, column: str, declared: Column, codebook: Codebook, *, name: str | None = None, label: str | None = None
) -> Field:
    return Field(
        name=name or column,
        label=_line(label or declared.label),
        table=table,
        column=column,
        declared=declared,
        choices=choices(declared, codebook),
    )


def choices(declared: Column, codebook: Codebook) -> tuple[Choice, ...]:
    """The choices of a column. REDCap's values hold letters, digits, points, hyphens and underscores only.

    The label is the code itself where a code list's labels are not unique (the CTCAE terms).
    """
    codes = codebook.codes(declared)
    if codes is None:
        return ()
    if declared.type == "flag":
        return tuple(Choice(code, raw, FLAGS[code]) for code, raw in (("Y", "1"), ("N", "0")))
    labels = {code: _line(label).replace("|", "/") for code, label in codes.items()}
    if len(set(labels.values())) < len(labels):
        labels = {code: _line(str(code)).replace("|", "/") for code in codes}
    made = tuple(
        Choice(str(code), re.sub(r"[^A-Za-z0-9.-]+", "_", str(code)).strip("_") or "_", labels[code]) for code in codes
    )
    for what in ("raw", "label"):
        twice = [text for text, count in Counter(getattr(c, what).casefold() for c in made).items() if count > 1]
        if twice:
            raise ConfigError(
                f"data/codebook.yaml, code list {declared.codes}: two codes would be {twice[0]} in REDCap."
            )
    return made


def dictionary(codebook: Codebook) -> str:
    """The data dictionary as CSV text (UTF-8, LF), one line a field under REDCap's header.

    Notes state the unit, what an empty field means and what is assumed; the annotation names the codebook's place.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEADER)
    opened = set()
    for field in fields(codebook):
        cells = dict.fromkeys(HEADER, "") | _describe(field, codebook)
        if field.table not in opened:
            cells["Section Header"] = _line(codebook.tables[field.table].label)
            opened.add(field.table)
        lines.writerow(cells.values())
    return text.getvalue()


def _describe(field: Field, codebook: Codebook) -> dict[str, str]:
    declared = field.declared
    if declared.type == "flag":
        kind = "yesno"
    elif field.choices:
        kind = "radio" if len(field.choices) < DROPDOWN_FROM else "dropdown"
    else:
        kind = "notes" if declared.type == "text" else "text"
    limits = not field.choices and declared.type in _VALIDATION
    listed = " | ".join(f"{choice.raw}, {choice.label}" for choice in field.choices) if kind != "yesno" else ""
    return {
        "Variable / Field Name": field.name,
        "Form Name": field.table,
        "Field Type": kind,
        "Field Label": field.label,
        "Choices, Calculations, OR Slider Labels": listed,
        "Field Note": _note(field, codebook),
        "Text Validation Type OR Show Slider Number": _VALIDATION.get(declared.type, "") if limits else "",
        "Text Validation Min": _limit(declared.min) if limits else "",
        "Text Validation Max": _limit(declared.max) if limits else "",
        "Identifier?": "y" if declared.sensitivity in _IDENTIFYING else "",
        "Required Field?": "y" if declared.required else "",
        "Field Annotation": f"codebook: {field.table}.{field.column}; sensitivity: {declared.sensitivity}",
    }


def _note(field: Field, codebook: Codebook) -> str:
    """Unit, meaning of an empty field, and what no public source states about the column or its code list."""
    declared = field.declared
    said = [
        declared.unit and f"Unit: {declared.unit}.",
        declared.missing and f"Empty: {declared.missing}.",
        declared.pattern and f"Form: {declared.pattern}",
        declared.assumed and f"Assumed: {declared.assumed}.",
    ]
    listed = codebook.assumed.get({"ctcae_term": "ctcae"}.get(declared.codes, declared.codes))
    return _line(" ".join(part for part in [*said, listed and f"Assumed: {listed}."] if part))


def _limit(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else f"{value:g}"


def _line(text: str) -> str:
    """Text on one line: REDCap shows a cell's line breaks, and an exported header would break at them."""
    return " ".join(text.split())
