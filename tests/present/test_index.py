"""The index of numbers and exhibits, and the script of the page of all results, against the records they come from."""

import csv
import json
from dataclasses import asdict

import pytest

from helpers import paths
from helpers.data.provenance import load_provenance
from helpers.present import collect, disclosure, explorer, figures, index, labels, spans, tables
from helpers.results import STATISTICS, Record, to_json
from helpers.sap import load_sap
from tests.present import fabricate
from tests.present.test_disclosure import committed


@pytest.fixture
def stored(own_project):
    """A project with the results of all, and two exhibits of pain."""
    for endpoint in paths.REPORTED:
        (own_project / "results" / endpoint / "exhibits").mkdir(parents=True)
        text = to_json(fabricate.ALL[endpoint]())
        (own_project / "results" / endpoint / "results.json").write_text(text, encoding="utf-8")
    folder = own_project / "results/pain/exhibits"
    (folder / "tbl-pain-vas.csv").write_text(tables.pain_vas(fabricate.pain()).csv, encoding="utf-8")
    (folder / "fig-pain-vas.csv").write_text(figures.pain_vas(fabricate.pain()).csv, encoding="utf-8")
    collect.collect()
    return own_project


def read(project, name: str) -> dict:
    return json.loads((project / "results/summary" / name).read_text(encoding="utf-8"))


def script(text: str) -> dict:
    """The data of the script as the page has them."""
    head, rows = text.split(";\n", 1)
    return json.loads(head.removeprefix("window.kyphoResults = ")) | {
        "rows": json.loads(rows.removeprefix("window.kyphoResults.rows = ").removesuffix(";\n"))
    }


def test_the_index_leads_from_every_key_to_its_line_of_results_json(stored):
    numbers = read(stored, "numbers.json")
    seen = 0
    for endpoint in paths.REPORTED:
        lines = (stored / "results" / endpoint / "results.json").read_text(encoding="utf-8").split("\n")
        for row, line in enumerate(lines[1:-2], start=1):
            record = Record(**json.loads(line.removesuffix(",")))
            entry = numbers[spans.key(record)]
            assert entry["rows"] == [row] and entry["value"] == record.value
            for name in ("endpoint", "analysis", "population", "visit", "unit", "method", "sap"):
                assert entry[name] == getattr(record, name)
            seen += 1
    assert seen == sum(not key.endswith(f".{spans.INTERVAL}") for key in numbers)


def test_every_variable_and_every_span_of_the_prose_is_in_the_index(stored):
    numbers = read(stored, "numbers.json")
    found = spans.SPAN.findall((stored / "_variables.yml").read_text(encoding="utf-8"))
    outcomes = spans.SPAN.findall((stored / "results/summary/_outcomes.md").read_text(encoding="utf-8"))
    assert outcomes and len(found) >= len(numbers)
    assert {key for _, key in (*found, *outcomes)} <= set(numbers)


def test_a_pair_of_limits_has_both_values_and_both_rows(stored):
    numbers = read(stored, "numbers.json")
    line = "pain.vas.vas.m3.diff"
    both = numbers[f"{line}.{spans.INTERVAL}"]
    ends = [numbers[f"{line}.{end}"] for end in ("lower95", "upper95")]
    assert both["value"] == [end["value"] for end in ends] and both["rows"] == [end["rows"][0] for end in ends]
    assert both["what"] == "Pain (VAS), difference, month 3: 95 % interval"


def test_a_number_names_the_exhibits_that_show_it_the_narrowest_of_its_endpoint_first(stored):
    numbers = read(stored, "numbers.json")
    assert numbers["pain.vas.vas.m3.diff.estimate"]["exhibits"] == [
        "fig-pain-vas",
        "tbl-pain-vas",
        "fig-forest",
        "tbl-overview",
    ]
    assert numbers["pain.vas.vas.d0.kp.sd"]["exhibits"] == ["tbl-pain-vas"]


def test_an_exhibit_names_its_files_its_sections_and_its_page_or_its_code(stored):
    exhibits = read(stored, "exhibits.json")
    assert exhibits["tbl-pain-vas"] == {
        "folder": "results/pain/exhibits",
        "sap": ["5.4.1"],
        "page": "results/pain/notebook.html",
    }
    forest = exhibits["fig-forest"]
    assert "def forest(" in (stored / forest["code"]).read_text(encoding="utf-8")
    assert forest["sap"] == sorted(forest["sap"], key=lambda s: [int(part) for part in s.split(".")])
    sections = {a.section for a in load_sap().analyses}
    assert all(set(exhibit["sap"]) <= sections for exhibit in exhibits.values())


def test_the_plan_page_has_an_anchor_for_every_section(stored):
    page = (stored / "results/summary/_sap.md").read_text(encoding="utf-8")
    assert all(f"[{a.section}]{{#sap-{a.section}}}" in page for a in load_sap().analyses)


def test_the_script_holds_every_record_as_the_table_of_all_does(stored):
    data = script((stored / "results/summary/results.js").read_text(encoding="utf-8"))
    with (stored / "results/summary/results.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    read_back = []
    for _, _, value, _, _, *places in data["rows"]:
        row = {name: data["lists"][name][place] for name, place in zip(explorer.CODED, places, strict=True)}
        read_back.append(row | {"value": value, "DATA": data["banner"]})
    for row in table:
        row["value"] = float(row["value"]) if row["value"] else None

    def order(row: dict) -> list[str]:
        return [str(row[name]) for name in (*index.IDENTITY, "endpoint")]

    assert sorted(read_back, key=order) == sorted(table, key=order)
    keys = [row[0] for row in data["rows"]]
    assert len(set(keys)) == len(keys) and set(keys) <= set(read(stored, "numbers.json"))


def test_the_script_says_what_a_sentence_would(stored):
    data = script((stored / "results/summary/results.js").read_text(encoding="utf-8"))
    said = {row[0]: row[1] for row in data["rows"]}
    for make in fabricate.ALL.values():
        assert all(said[spans.key(r)] == spans.worded(r) for r in make())


def test_a_hidden_number_leaves_nothing_in_index_or_script(own_project):
    path = own_project / "data/processed/provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"min_cell": 3}), encoding="utf-8")
    open_records = committed("tolerance")
    records = disclosure.publishable(open_records)
    hidden = {spans.key(r) for r in records if r.hidden}
    assert hidden
    numbers = index.numbers({"tolerance": records}, {}, load_sap())
    data = script(explorer.script({"tolerance": records}, numbers, {}, load_provenance()))
    rows = {row[0]: row for row in data["rows"]}
    for key in hidden:
        assert numbers[key]["value"] is None and numbers[key]["method"].endswith(":hidden")
        assert rows[key][1] == "[c]" and rows[key][2] is None
    shown = {spans.key(r): asdict(r)["value"] for r in records if not r.hidden}
    assert {key: rows[key][2] for key in shown} == shown


def test_every_statistic_has_its_words():
    assert set(labels.STATISTICS) == {*STATISTICS, spans.INTERVAL}


def test_without_scripts_every_endpoint_is_counted_and_found(project):
    by_endpoint = {name: make() for name, make in fabricate.ALL.items()}
    table = explorer.summary(by_endpoint, load_sap())
    for name, records in by_endpoint.items():
        assert f"`results/{name}/results.json`" in table and f" {len(records)} |" in table
    assert table.count("notebook.ipynb") == len(paths.ENDPOINTS)
