"""What the page of all results holds: the records as a script, and a table for readers without scripts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import paths
from helpers.data.provenance import Provenance
from helpers.present import index, labels, spans, text
from helpers.present.exhibit import pipe_table
from helpers.present.select import reading_order
from helpers.results import COLUMNS, Record
from helpers.sap import Sap, load_sap

#: Fields of a record of which few values are used over and over; a row holds the place of the value in its list.
CODED = (
    "endpoint",
    "analysis",
    "estimand",
    "population",
    "visit",
    "unit_of_analysis",
    "parameter",
    "group",
    "statistic",
    "unit",
    "method",
    "sap",
)


def script(
    by_endpoint: Mapping[str, Sequence[Record]],
    numbers: Mapping[str, Mapping[str, Any]],
    exhibits: Mapping[str, Mapping[str, Any]],
    provenance: Provenance,
) -> str:
    """All records as a script: opened from a file a page may run one, but not fetch one.

    A row is `key, said, value, row of results.json, exhibits`, then the fields of `CODED` as places in `lists`.
    """
    plan = load_sap()
    records = reading_order([r for own in by_endpoint.values() for r in own], plan)
    lists = {name: list(dict.fromkeys(getattr(r, name) for r in records)) for name in CODED}
    places = {name: {code: place for place, code in enumerate(codes)} for name, codes in lists.items()}
    rows = []
    for r in records:
        entry = numbers[spans.key(r)]
        head = [spans.key(r), spans.worded(r), r.value, *entry["rows"], entry["exhibits"]]
        rows.append([*head, *(places[name][getattr(r, name)] for name in CODED)])
    about = {
        "banner": provenance.banner,
        "coded": CODED,
        "columns": COLUMNS,
        "lists": lists,
        "names": _names(lists, plan),
        "pages": {endpoint: index.page(endpoint) for endpoint in paths.ENDPOINTS},
        # an exhibit of the overview stands on several pages; its data are in one place
        "exhibits": {
            label: f"{place['page']}#{label}" if "page" in place else f"{place['folder']}/{label}.csv"
            for label, place in exhibits.items()
        },
    }
    written = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    head = json.dumps(about, ensure_ascii=False, sort_keys=True)
    return f"window.kyphoResults = {head};\nwindow.kyphoResults.rows = [\n{written}\n];\n"


def _names(lists: Mapping[str, Sequence[str]], plan: Sap) -> dict[str, dict[str, str]]:
    """Words for the codes."""
    return {
        "endpoint": {code: labels.ENDPOINTS[code] for code in lists["endpoint"]},
        "analysis": {code: plan.analysis(code).title for code in lists["analysis"]},
        "population": {s.id: s.name for s in plan.analysis_sets},
        "visit": {code: labels.visit(code).capitalize() for code in lists["visit"]},
        "parameter": {code: labels.measure(code) for code in lists["parameter"]},
        "group": {code: labels.arm(code) for code in lists["group"]},
        "statistic": {code: labels.STATISTICS[code] for code in lists["statistic"]},
    }


def summary(by_endpoint: Mapping[str, Sequence[Record]], plan: Sap) -> str:
    """How many analyses and results each endpoint has, and where they are, for a page without scripts."""
    rows = []
    for endpoint, records in by_endpoint.items():
        name = labels.ENDPOINTS[endpoint]
        shown = f"[{name}](../results/{endpoint}/notebook.ipynb)" if endpoint in paths.ENDPOINTS else name
        analyses = sum(a.endpoint == endpoint for a in plan.analyses)
        rows.append([shown, str(analyses), str(len(records)), text.code(f"results/{endpoint}/results.json")])
    return pipe_table(["Endpoint", "Analyses planned", "Result records", "File"], rows)
