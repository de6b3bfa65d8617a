"""SDTM as CDISC Dataset-JSON 1.1: one file a dataset, .json, or .ndjson with the description in its first line."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.formats.delivered import LISTED, Delivered, strangers
from helpers.data.formats.export import Export
from helpers.data.formats.sdtm_map import DESIGN, STUDY
from helpers.data.formats.sdtm_plan import key, label, variables
from helpers.data.formats.sdtm_reader import Dataset, from_datasets, known_datasets
from helpers.data.formats.sdtm_writer import to_datasets
from helpers.data.formats.text import number_text

VERSION = "1.1.0"
#: The same export gives the same bytes, so the time at which a file was written is not in it.
CREATED = "1970-01-01T00:00:00"
#: Data type of a column -> the JSON types that its values may have.
_NUMBERS = ("integer", "float", "double")
_TEXTS = ("string", "decimal", "date", "datetime", "time", "URI")
#: No text: a NUL, or one half of a pair that only together is a character.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_AGAIN = "Write the dataset again as Dataset-JSON 1.1."


class _Malformed(Exception):
    """What was wrong with a file, in words; with the record, where it is one's."""

    def __init__(self, rule: str, message: str, remedy: str = _AGAIN, row: int | None = None):
        self.rule, self.message, self.remedy, self.row = rule, message, remedy, row
        super().__init__(message)


def write(tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook, *, lines: bool = False) -> None:
    """Write one file a dataset, named after it in small letters: `.json`, or `.ndjson` with one record a line."""
    for name, rows in to_datasets(tables, codebook).items():
        described = variables(name)
        columns = [_column(name, variable, *described[variable]) for variable in rows]
        head = {
            "datasetJSONCreationDateTime": CREATED,
            "datasetJSONVersion": VERSION,
            "originator": "helpers.data.formats.dataset_json",
            "studyOID": STUDY,
            "itemGroupOID": f"IG.{name}",
            "records": len(rows),
            "name": name,
            "label": label(name),
            "columns": columns,
        }
        values = [_values(rows[column["name"]], column["dataType"]) for column in columns]
        records = [json.dumps(record, ensure_ascii=False) for record in zip(*values, strict=True)]
        described = json.dumps(head, ensure_ascii=False)
        if lines:
            text = "\n".join([described, *records])
        else:
            text = described[:-1] + ', "rows": [' + ",".join(f"\n{record}" for record in records) + "\n]}"
        path = folder / f"{name.lower()}.{'ndjson' if lines else 'json'}"
        path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _column(name: str, variable: str, what: str, number: bool) -> dict[str, object]:
    kind = "date" if variable.endswith("DTC") else "string"
    if number:
        kind = "float" if variable.endswith(("STRESN", "DOSE")) else "integer"
    made: dict[str, object] = {"itemOID": f"IT.{name}.{variable}", "name": variable, "label": what, "dataType": kind}
    if variable in key(name):
        made["keySequence"] = key(name).index(variable) + 1
    return made


def _values(cells: pd.Series, kind: str) -> list[object]:
    """A missing text is "", a missing number null."""
    if kind in _NUMBERS:
        return [(int if kind == "integer" else float)(cell) if cell else None for cell in cells]
    return cells.tolist()


def read(folder: Path, codebook: Codebook) -> Export:
    """Read the datasets of a folder; rows are records of a dataset, the first is 1."""
    names = {f"{name.lower()}{end}": name for name in known_datasets(codebook) for end in (".json", ".ndjson")}
    known = {path.name: names[path.name.lower()] for path in sorted(folder.iterdir()) if path.name.lower() in names}
    remedy = "Datasets are .json or .ndjson files named after their SDTM domain. Take it out of the folder."
    problems = list(strangers(folder, known, remedy))
    found: dict[str, Dataset] = {}
    for file_name, name in known.items():
        if name in DESIGN:
            continue
        file = Delivered(folder / file_name, name)
        rows = _read(file)
        if rows is not None and name in found:
            other = found[name].file.path.name
            file.problem("duplicate-dataset", f"{name} is also in {other}.", "Keep one of the two files.")
        elif rows is not None:
            found[name] = Dataset(file, rows)
            continue
        problems += file.problems
    unread = {name for name in known.values() if name not in found}
    export = from_datasets(folder, found, codebook, called=lambda name: f"{name.lower()}.json", unread=unread)
    return replace(export, problems=problems + export.problems)


def _read(file: Delivered) -> pd.DataFrame | None:
    """The records of a file as text on their numbers, None if they cannot be read."""
    if not file.readable():
        return None
    try:
        text = file.path.read_bytes().decode("utf-8-sig")
        head, rows = (_lines if file.path.suffix.lower() == ".ndjson" else _whole)(text)
        return _table(file, head, rows, _unwelcome(text))
    except UnicodeDecodeError as error:
        file.problem("encoding", f"not UTF-8 text (byte {error.start}).", "Write Dataset-JSON in UTF-8.")
    except OSError as error:
        file.unreadable(error)
    except RecursionError:
        file.problem("json", "its lists are nested too deeply.", _AGAIN)
    except _Malformed as error:
        file.problem(error.rule, error.message, error.remedy, row=error.row)
    return None


def _unwelcome(text: str) -> bool:
    """Whether the text may hold, written as an escape, what is no text: a NUL or half of a character."""
    return bool(re.search(r"\\u(0000|[dD][89a-fA-F])", text)) or "\0" in text


def _parse(text: str) -> object:
    def refuse(constant: str):
        raise _Malformed("json", f"{constant} is not a number in JSON.", "A missing number is null.")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise _Malformed("json", f"not readable as JSON ({error.msg}, line {error.lineno}).") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise _Malformed("json", "it holds a number that is too long.") from error


def _whole(text: str) -> tuple[dict, list]:
    head = _parse(text)
    if not isinstance(head, dict):
        raise _Malformed("json", "the file holds no object.")
    rows = head.pop("rows", [] if head.get("records") == 0 else None)
    if not isinstance(rows, list):
        raise _Malformed("json", "there is no list `rows`.")
    return head, rows


def _lines(text: str) -> tuple[dict, list]:
    lines = text.split("\n")
    if lines and not lines[-1].strip():
        lines.pop()
    head = _parse(lines[0]) if lines else None
    if not isinstance(head, dict):
        raise _Malformed("json", "the first line is not the dataset's description.")
    rows = []
    for number, line in enumerate(lines[1:], start=1):
        try:
            rows.append(_parse(line))
        except _Malformed as error:
            raise _Malformed("json", "the record is not readable as JSON.", row=number) from error
    return head, rows


def _columns(head: dict) -> list[tuple[str, str]]:
    """Name and data type of each column."""
    version = head.get("datasetJSONVersion")
    if not (isinstance(version, str) and re.fullmatch(r"1\.1(\.[0-9]+)?", version)):
        said = f"version {version[:20]!r}" if isinstance(version, str) else "no version"
        raise _Malformed("version", f"{said} of Dataset-JSON is stated, not 1.1.")
    columns = head.get("columns")
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        raise _Malformed("missing-header", "there is no list `columns` of objects.")
    made = [(column.get("name"), column.get("dataType")) for column in columns]
    for name, kind in made:
        if not isinstance(name, str) or _NO_TEXT.search(name) or kind not in (*_NUMBERS, *_TEXTS, "boolean"):
            raise _Malformed("missing-header", f"the column {str(name)[:40]!r} has no name or no known dataType.")
    return made


def _table(file: Delivered, head: dict, rows: list, unwelcome: bool) -> pd.DataFrame:
    columns = _columns(head)
    if head.get("name") != file.table:
        said = repr(head.get("name"))[:20]
        raise _Malformed("dataset-name", f"the dataset calls itself {said}.", "Give file and dataset the same name.")
    if head.get("records") != len(rows):
        said = f"{len(rows)} records are there, {repr(head.get('records'))[:20]} are announced."
        raise _Malformed("truncated", said, "Deliver the whole file.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(columns):
            message = f"the record has {len(row)} values" if isinstance(row, list) else "the record is no list"
            raise _Malformed("row-length", f"{message}, there are {len(columns)} columns.", row=number)
    doubled = [name for name, count in Counter(name for name, _ in columns).items() if count > 1]
    if doubled:
        raise _Malformed("duplicate-column", f"the column {doubled[0][:40]} is there twice.", "Keep one of them.")
    columnwise = zip(*rows, strict=True) if rows else ((),) * len(columns)
    made = {
        name: _texts(file, name, kind, values, unwelcome)
        for (name, kind), values in zip(columns, columnwise, strict=True)
    }
    return pd.DataFrame(made, index=pd.RangeIndex(1, len(rows) + 1), dtype="str")


def _texts(file: Delivered, name: str, kind: str, values: tuple, unwelcome: bool) -> list[str]:
    """The values of a column as text; one of another JSON type than declared is a problem."""
    wanted = {int, float} if kind in _NUMBERS else {bool} if kind == "boolean" else {str}
    if set(map(type, values)) <= {*wanted, type(None)}:
        texts = {value: _text(value) for value in set(values)}  # each different value is read once
        made = [texts[value] for value in values]
    else:
        wrong = [k for k, value in enumerate(values) if value is not None and type(value) not in wanted]
        for k in wrong[:LISTED]:
            message = f"the value is not of the type {kind} that the column declares."
            file.problem("json-type", message, "Write the value in the column's type.", row=k + 1, column=name)
        if len(wrong) > LISTED:
            file.problem("json-type", f"{len(wrong) - LISTED} more values are not {kind}.", _AGAIN, column=name)
        made = [_text(value) for value in values]
    if unwelcome:
        for k in [k for k, cell in enumerate(made) if _NO_TEXT.search(cell)]:
            made[k] = ""
            message = "the value holds a NUL or half of a character."
            file.problem("encoding", message, "Write the value as text.", row=k + 1, column=name)
    return made


def _text(value: object) -> str:
    if type(value) is str:
        return value.strip()
    if type(value) in (int, float):
        return number_text(value)
    return "" if value is None or isinstance(value, list | dict) else str(value)
