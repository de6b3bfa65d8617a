"""The main results for DVC: which they are, at full precision, and nothing in them that the prose may not say."""

import csv
import io
import json
from dataclasses import replace

import pytest

from helpers.data.provenance import load_provenance
from helpers.paths import ENDPOINTS, REPORTED
from helpers.present import metrics, spans, variables
from helpers.present.numbers import MARK
from helpers.results import Record, protect
from helpers.sap import load_sap
from tests.baking import ROOT
from tests.present import fabricate
from tests.present.conftest import BANNER

pytestmark = pytest.mark.usefixtures("project")


def committed() -> dict[str, list[Record]]:
    return {
        endpoint: [
            Record(**row)
            for row in json.loads((ROOT / "results" / endpoint / "results.json").read_text(encoding="utf-8"))
        ]
        for endpoint in REPORTED
    }


def flat(tree: dict, *above: str) -> dict[tuple[str, ...], object]:
    found = {}
    for name, node in tree.items():
        found |= flat(node, *above, name) if isinstance(node, dict) else {(*above, name): node}
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_main_result_of_an_endpoint_is_its_main_analysis_with_limits(endpoint):
    found = metrics.headline(endpoint, committed()[endpoint])
    main = load_sap().main(endpoint)
    assert {(r.analysis, r.unit_of_analysis) for r in found} == {(main.id, main.unit)}
    lines = {(r.parameter, r.visit, r.group) for r in found if r.statistic != "probability"}
    for parameter, visit, group in lines:
        statistics = {r.statistic for r in found if (r.parameter, r.visit, r.group) == (parameter, visit, group)}
        assert statistics >= {"lower95", "upper95"} and len(statistics & {"estimate", "median"}) == 1
    groups = {r.group for r in found}
    assert groups == {"tolerance": {"KP", "VP"}, "volume_pain": {"all"}}.get(endpoint, {"KP-VP"})


def test_they_have_the_names_of_the_variables_and_the_values_of_the_records():
    by_endpoint = {name: make() for name, make in fabricate.ALL.items()}
    found = flat(metrics.metrics(by_endpoint, load_provenance()))
    prose = flat(variables.variables(by_endpoint, load_provenance()))
    assert set(found) <= set(prose)
    values = {spans.path(r): r.value for own in by_endpoint.values() for r in own}
    assert all(value == values[path] for path, value in found.items() if path[0] != "data")
    assert found["data", "banner"] == BANNER
    assert found["leakage", "success_bayes", "superiority", "m3", "diff", "probability"] > 0.9


def test_what_the_prose_hides_or_cannot_estimate_the_metrics_hide_too():
    records = {name: protect(own, 9) for name, own in committed().items()}
    main = metrics.headline("pain", records["pain"])[0]
    records["pain"] = [replace(r, value=None, method="mmrm:singular") if r == main else r for r in records["pain"]]
    found = flat(metrics.metrics(records, load_provenance()))
    prose = flat(variables.variables(records, load_provenance()))
    hidden = {path for path, value in found.items() if value == MARK}
    assert hidden and hidden == {p for p in found if p[0] != "data" and spans.plain(prose[p]) == MARK}
    assert found[spans.path(main)] == "not estimable"


def test_blinded_data_say_so_in_the_metrics_and_on_the_posterior():
    blinded = load_provenance().as_blinded()
    records = committed()
    assert metrics.metrics(records, blinded)["data"]["banner"] == blinded.banner
    assert metrics.posterior(records["leakage"], blinded).count("BLINDED") == 40


def test_the_posterior_sums_to_one_over_the_middles_of_its_bins():
    rows = list(csv.DictReader(io.StringIO(metrics.posterior(committed()["leakage"], load_provenance()))))
    assert [float(row["difference"]) for row in rows] == [-97.5 + 5 * k for k in range(40)]
    assert sum(float(row["probability"]) for row in rows) == pytest.approx(1, abs=1e-9)
    assert {row["DATA"] for row in rows} == {BANNER}


def test_a_hidden_posterior_has_empty_cells_and_says_why():
    records = [
        replace(r, value=None, method="beta-binomial:hidden") if r.analysis == "leakage.success_posterior" else r
        for r in committed()["leakage"]
    ]
    rows = list(csv.DictReader(io.StringIO(metrics.posterior(records, load_provenance()))))
    assert {(row["probability"], row["DATA"]) for row in rows} == {("", f"{BANNER} {MARK}")}
