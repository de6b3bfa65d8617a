"""The index of all numbers and exhibits: what each says, and where it is planned, shown and stored."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import paths
from helpers.present import labels, spans, text
from helpers.results import Record
from helpers.sap import Sap, section_place

#: What says which record a line of an exhibit's CSV is.
IDENTITY = ("analysis", "population", "visit", "unit_of_analysis", "parameter", "group", "statistic")

#: The lines of each exhibit's CSV, by the folder of results and the label.
Rows = Mapping[tuple[str, str], Sequence[dict]]


def exhibit_rows(sheets: Mapping[tuple[str, str], str]) -> Rows:
    """The lines of each exhibit's CSV, by folder and label; a listing, which has no records, has none."""
    found = {}
    for place, sheet in sheets.items():
        lines = csv.DictReader(io.StringIO(sheet))
        found[place] = list(lines) if set(IDENTITY) <= set(lines.fieldnames or ()) else []
    return found


def stored_sheets() -> dict[tuple[str, str], str]:
    """The CSV of every exhibit that the endpoints' notebooks left, by endpoint and label."""
    return {
        (endpoint, path.stem): path.read_text(encoding="utf-8")
        for endpoint in paths.ENDPOINTS
        for path in sorted((paths.results(endpoint) / "exhibits").glob("*.csv"))
    }


def exhibits(rows: Rows, code: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Every exhibit by its label: the folder of its files, its sections of the plan, and its page or its code.

    `code` names the file that draws an exhibit of the overview; the code of an endpoint's exhibit is its notebook's.
    """
    found = {}
    for (folder, label), lines in sorted(rows.items(), key=lambda item: item[0][1]):
        sections = sorted({line["sap"] for line in lines if line["sap"]}, key=section_place)
        found[label] = {"folder": f"results/{folder}/exhibits", "sap": sections}
        found[label] |= {"code": code[label]} if label in code else {"page": page(folder)}
    return found


def page(endpoint: str) -> str:
    """The page of an endpoint, from the site's root."""
    return f"results/{endpoint}/notebook.html"


def numbers(by_endpoint: Mapping[str, Sequence[Record]], rows: Rows, plan: Sap) -> dict[str, dict[str, Any]]:
    """Every number by its key; a pair of limits has an entry of its own, with both values and both rows."""
    shown = _shown(rows)
    index: dict[str, dict[str, Any]] = {}
    for records in by_endpoint.values():
        for row, record in enumerate(records, start=1):
            index[spans.key(record)] = _entry(record, row, shown, plan)
    for key, lower in list(index.items()):
        line, _, statistic = key.rpartition(".")
        if statistic == "lower95" and (upper := index.get(f"{line}.upper95")):
            both = {"value": [lower["value"], upper["value"]], "rows": lower["rows"] + upper["rows"]}
            what = lower["what"].removesuffix(labels.STATISTICS["lower95"]) + labels.STATISTICS[spans.INTERVAL]
            index[f"{line}.{spans.INTERVAL}"] = lower | both | {"what": what}
    return index


def to_json(index: Mapping[str, Mapping[str, Any]]) -> str:
    """An index as JSON, an entry a line, so that the filter that writes a page reads only the lines it needs."""
    lines = (f"{_json(key)}: {_json(entry)}" for key, entry in sorted(index.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _entry(record: Record, row: int, shown: Mapping[tuple, list[str]], plan: Sap) -> dict[str, Any]:
    analysis = plan.analysis(record.analysis)
    return {
        "what": what(record),
        "value": record.value,
        "unit": record.unit,
        "analysis": record.analysis,
        "title": analysis.title,
        "method": record.method,
        "population": record.population,
        "set": plan.analysis_set(record.population).name,
        "visit": record.visit,
        "sap": record.sap,
        "endpoint": record.endpoint,
        "exhibits": shown.get(_identity(vars(record)), []),
        "rows": [row],
    }


def what(record: Record) -> str:
    """What a number is, in words: `Kyphotic angle, difference, month 3: estimate`."""
    return f"{place(record)}: {labels.STATISTICS[record.statistic]}"


def place(record: Record) -> str:
    """What a number is a statistic of: `Kyphotic angle, difference, month 3`."""
    measure = text.line(labels.measure(record.parameter))
    return f"{measure}, {labels.arm(record.group).lower()}, {labels.visit(record.visit)}"


def _shown(rows: Rows) -> dict[tuple, list[str]]:
    """The exhibits that show a record: those of its endpoint first, and the one with the fewest numbers foremost."""
    found: dict[tuple, list[str]] = {}
    for (_, label), lines in sorted(rows.items(), key=lambda i: (i[0][0] not in paths.ENDPOINTS, len(i[1]), i[0])):
        for line in lines:
            found.setdefault(tuple(line[name] for name in IDENTITY), []).append(label)
    return found


def _identity(fields: Mapping[str, Any]) -> tuple:
    return tuple(text.csv_cell(fields[name]) for name in IDENTITY)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
