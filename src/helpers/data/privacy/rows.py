"""Whether a text holds rows of patients: lines of cells, a Markdown or HTML table, a printed frame, JSON, ODM, SQL."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helpers.codebook import Codebook

#: What a column of subject identifiers is called here, in CDISC, in REDCap and by hand.
_SUBJECT = {"subject_id", "subjectid", "usubjid", "subjid", "record_id", "patient_id", "patientid", "subjectkey"}
_HEADER = re.compile(r"[^\W\d][\w .()/%,'-]{0,80}")
_VALUE = re.compile(r"[A-Za-z0-9][\w./-]{0,60}")
_ID = "|".join(sorted(_SUBJECT))
#: A column of identifiers written out in code (a list after its name in Python, R or JavaScript), a YAML record, an ODM
#: subject, an SQL dump; each catches the first identifier.
_WRITTEN_OUT = (
    re.compile(rf"""["']?\b(?:{_ID})["']?\s*[:=]\s*(?:c\(|\[)\s*["']([^"'\n]*\d[^"'\n]*)["']""", re.IGNORECASE),
    re.compile(
        rf"""^\s*(?:-\s+)?["']?(?:{_ID})["']?:\s+["']?([\w-]*\d[\w-]*)["']?\s*$""", re.IGNORECASE | re.MULTILINE
    ),
    re.compile(r"""\bSubjectKey\s*=\s*["']([^"']+)["']"""),
    re.compile(rf"""\binsert\s+into\b[^;()]*\([^)]*\b(?:{_ID})\b[^)]*\)\s*values\s*\(\s*'?([\w-]+)""", re.IGNORECASE),
)
#: What parts the cells of a line, and whether a pipe at its ends parts nothing, as in Markdown.
_SHAPES = ((",", False), (";", False), ("\t", False), ("|", False), ("|", True), ("&", False))
#: Columns of one table that make a header without an identifier look like that table's.
FEWEST = 4


@dataclass(frozen=True)
class Names:
    """Names of columns, in lower case: those that hold subject identifiers, and all others that are known."""

    subject: frozenset[str]
    known: frozenset[str]
    #: The columns of each table and dataset, by which rows without an identifier are known.
    tables: tuple[frozenset[str], ...]


def names_of(codebook: Codebook) -> Names:
    """Columns, variables and labels of the codebook; a REDCap export may be headed by labels."""
    columns = [item for table in codebook.tables.values() for item in table.columns.items()]
    variables = [item for name in codebook.datasets for item in codebook.variables(name).items()]
    pseudonyms = {
        label for name, column in columns if column.sensitivity == "pseudonym" for label in (name, column.label)
    }
    known = {label for name, column in (*columns, *variables) for label in (name, column.label)}
    subject = {name.casefold() for name in pseudonyms} | _SUBJECT
    tables = [table.columns for table in codebook.tables.values()] + [codebook.variables(n) for n in codebook.datasets]
    return Names(
        subject=frozenset(subject),
        known=frozenset(name.casefold() for name in known) - subject,
        tables=tuple(frozenset(name.casefold() for name in columns) - subject for columns in tables),
    )


def subjects_in(text: str, names: Names) -> set[str]:
    """The subject identifiers of all rows of patients in a text, `line N` for rows without; empty if it holds none."""
    lines = _as_lines(text).splitlines()
    found = set(_without_identifier(lines, names))
    lowered = text.casefold()
    if not any(name in lowered for name in names.subject):
        return found
    found.update(_in_json(text, names))
    found.update(_in_lines(lines, names))
    for pattern in _WRITTEN_OUT:
        found.update(match[1] for match in pattern.finditer(text))
    return found


def _as_lines(text: str) -> str:
    """HTML tables as lines of tab-separated cells; other text as it is."""
    if not re.search(r"<t[hd]\b", text, re.IGNORECASE):
        return text
    text = re.sub(r"\s*</t[hd]>\s*<t[hd]\b[^>]*>\s*", "\t", text, flags=re.IGNORECASE)
    text = re.sub(r"</?tr\b[^>]*>", "\n", text, flags=re.IGNORECASE)
    return re.sub(r"[ \r\n]*\n[ \r\n]*", "\n", re.sub(r"<[^>]*>", "", text))


def _in_lines(lines: list[str], names: Names) -> Iterator[str]:
    """Identifiers below a header line, whatever separates its cells."""
    for number, line in enumerate(lines):
        lowered = line.casefold()
        if len(line) > 100_000 or not any(name in lowered for name in names.subject):
            continue
        for shape in _SHAPES:
            header = _cells(line, *shape)
            at = next((k for k, cell in enumerate(header) if cell.casefold() in names.subject), None)
            titles = sum(bool(_HEADER.fullmatch(cell)) for cell in header)
            if at is None or len(header) < 2 or 2 * titles < sum(map(bool, header)):
                continue
            for row in lines[number + 1 :]:
                cells = _cells(row, *shape)
                if len(cells) < 2:
                    break
                if len(cells) > at and _is_subject(cells[at], names):
                    yield cells[at]
        yield from _in_print(lines, number, names)


def _without_identifier(lines: list[str], names: Names) -> Iterator[str]:
    """Rows below a header that is nearly a table's, its identifiers cut off: they are patients' data all the same."""
    for number, line in enumerate(lines[:-1]):
        delimiter = max((shape[0] for shape in _SHAPES), key=line.count)
        if line.count(delimiter) < FEWEST - 1 or len(line) > 100_000:
            continue
        for shape in (shape for shape in _SHAPES if shape[0] == delimiter):
            header = [cell.casefold() for cell in _cells(line, *shape)]
            if any(cell in names.subject for cell in header):
                continue
            alike = max(len(table.intersection(header)) for table in names.tables)
            if alike < FEWEST or alike < 2 / 3 * sum(map(bool, header)):
                continue
            for below, row in enumerate(lines[number + 1 :], start=number + 2):
                cells = _cells(row, *shape)
                if len(cells) != len(header):
                    break
                if any(any(c.isdigit() for c in cell) for cell in cells if cell.casefold() not in names.known):
                    yield f"line {below}"


def _in_print(lines: list[str], number: int, names: Names) -> Iterator[str]:
    """Identifiers below the header of a printed frame, whose columns are parted by spaces."""
    header = [cell.casefold() for cell in lines[number].split()]
    at = next((k for k, cell in enumerate(header) if cell in names.subject), None)
    if at is None or len(header) < 2 or not all(cell in names.known or cell in names.subject for cell in header):
        return
    for row in lines[number + 1 :]:
        cells = row.split()
        if len(cells) < len(header):
            break
        # A row may begin with its number, and its text may hold spaces: then only what looks like an identifier counts.
        exact = len(cells) - len(header) in (0, 1)
        for cell in cells[at : at + 2] if not exact else cells[at + len(cells) - len(header) :][:1]:
            if _is_subject(cell, names) and (exact or "-" in cell):
                yield cell


def _cells(line: str, delimiter: str, bare_ends: bool) -> list[str]:
    line = line.strip().removesuffix("\\\\") if delimiter in "|&" else line
    line = line.removeprefix("|").removesuffix("|") if bare_ends else line
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        cells = line.split(delimiter)
    return [cell.strip().strip("'\"*`\ufeff ") for cell in cells]


def _is_subject(value: object, names: Names) -> bool:
    """Whether a cell is a subject's identifier: it has a digit and is not itself the name of a column."""
    text = str(value)
    return bool(_VALUE.fullmatch(text)) and any(c.isdigit() for c in text) and text.casefold() not in names.known


def _in_json(text: str, names: Names) -> Iterator[str]:
    """Identifiers of records, of columns, and of rows below a list of names (Dataset-JSON, a frame's `split`)."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start not in ("{", "["):
        return
    try:
        documents = [json.loads(text.lstrip("\ufeff"))]
    except (ValueError, RecursionError):
        documents = list(_json_lines(text))
    pending: list[Any] = [documents] if len(documents) > 1 else documents
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield from _of_record(value, names)
            lists = [v for v in value.values() if isinstance(v, list)]
            yield from _below_names(lists, names)
            pending.extend(value.values())
        elif isinstance(value, list):
            heads = [v["columns"] for v in value[:1] if isinstance(v, dict) and isinstance(v.get("columns"), list)]
            yield from _below_names([*(heads or value[:1]), value[1:]], names)
            pending.extend(v for v in value if isinstance(v, dict | list))


def _json_lines(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _of_record(record: dict, names: Names) -> Iterator[str]:
    if len(record) < 2:
        return
    for name, value in record.items():
        if str(name).casefold() not in names.subject:
            continue
        if isinstance(value, dict) and all(str(key).isdigit() for key in value):
            value = list(value.values())
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int) and _is_subject(one, names):
                yield str(one)


def _below_names(lists: list, names: Names) -> Iterator[str]:
    """Identifiers in lists of values, where another of the lists names the columns."""
    for head in lists:
        if not isinstance(head, list):
            continue
        titles = [str(c.get("name", "") if isinstance(c, dict) else c).casefold() for c in head]
        at = next((k for k, title in enumerate(titles) if title in names.subject), None)
        if at is None:
            continue
        for rows in lists:
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, list) and len(row) == len(titles) and _is_subject(row[at], names):
                    yield str(row[at])
