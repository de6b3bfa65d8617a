import json
import re
from pathlib import Path

import pytest
import yaml

from helpers import paths
from helpers.errors import ConfigError
from helpers.params import load_params
from helpers.paths import ENDPOINTS
from helpers.sap import load_sap

#: The record's outcome lines, as printed: one primary, the secondary ones separated by a bar.
RECORD = Path(__file__).resolve().parents[2] / "shared" / "trial" / "registry-record.txt"

EVENTS = {"death", "technique_switch", "retreatment", "rescue_analgesia", "never_treated"}


@pytest.fixture
def changed(tmp_path):
    """Write the plan with a change and read it."""

    def read(change):
        content = yaml.safe_load(paths.sap().read_text(encoding="utf-8"))
        change(content)
        path = tmp_path / "sap.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return load_sap(path)

    return read


def test_the_plan_reads_and_an_analysis_is_found_by_its_id():
    analysis = load_sap().analysis("leakage.success")
    assert (analysis.endpoint, analysis.estimand, analysis.section) == ("leakage", "leakage-success", "5.1.1")
    assert load_sap() is load_sap()


def test_every_endpoint_has_an_estimand_and_a_primary_analysis():
    sap = load_sap()
    assert {e.endpoint for e in sap.estimands} == set(ENDPOINTS)
    assert {a.endpoint for a in sap.analyses if a.role == "primary"} == set(ENDPOINTS)


def test_every_estimand_has_the_five_attributes_and_every_intercurrent_event():
    for estimand in load_sap().estimands:
        assert estimand.treatment and estimand.population.text and estimand.variable and estimand.summary
        handled = estimand.intercurrent.model_dump()
        assert set(handled) == EVENTS
        assert all(h["strategy"] and h["text"] for h in handled.values())
        assert re.search(r"[.?]$", estimand.sentence), estimand.id


def test_sections_are_given_once_but_for_the_drawn_posterior():
    sections = [a.section for a in load_sap().analyses if a.id != "leakage.success_posterior"]
    assert len(sections) == len(set(sections))


def test_there_are_fourteen_registry_outcomes_one_of_them_primary():
    outcomes = load_sap().registry_outcomes
    assert [o.number for o in outcomes] == list(range(1, 15))
    assert [o.kind for o in outcomes] == ["primary"] + ["secondary"] * 13


@pytest.mark.skipif(not RECORD.is_file(), reason="the registry record lies beside the project and is not here")
def test_registry_outcomes_are_worded_as_in_the_record():
    lines = RECORD.read_text(encoding="utf-8").splitlines()
    primary = next(line for line in lines if line.startswith("Success rate"))
    secondary = next(line for line in lines if line.startswith("Height of the targeted"))
    assert [o.line for o in load_sap().registry_outcomes] == [primary, *secondary.split("|")]


def test_every_registry_outcome_has_a_primary_analysis():
    sap = load_sap()
    for outcome in sap.registry_outcomes:
        assert "primary" in {sap.analysis(id).role for id in outcome.analyses}, outcome.measure


# Evidence file, section 8: what is not public must not be asserted
def test_the_plan_asserts_nothing_that_is_not_public():
    text = paths.sap().read_text(encoding="utf-8").split("\nunknown:")[0].lower()
    for word in ("sample size of", "power of", "slow accrual", "1:1", "stratified by", "interim analysis"):
        assert word not in text


def test_no_word_of_significance_is_used_for_a_result():
    text = paths.sap().read_text(encoding="utf-8").lower()
    assert "statistically significant" not in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c["analyses"][0].update(estimand="leakage-sucess"),
            "analyses.leakage.success.estimand: 'leakage-sucess'",
        ),
        (lambda c: c["estimands"][0].update(objective="main"), "estimands.leakage-success.objective: 'main'"),
        (lambda c: c["registry_outcomes"][3].update(analyses=["angle.x"]), "registry_outcomes.4.analyses: 'angle.x'"),
        (lambda c: c["analyses"].append(c["analyses"][0]), "analyses: the id 'leakage.success' is there twice"),
        (lambda c: c["analyses"][0].update(endpoint="pain"), "does not start with its endpoint, pain"),
        (lambda c: c["analyses"][0].update(estimand="pain-vas"), "'pain-vas' belongs to pain"),
        (lambda c: c["registry_outcomes"][0].update(number=2), "numbers do not run 1, 2, 3"),
        (lambda c: c["analyses"][0].update(role="main"), r"analyses.0.role: .*'primary'"),
        (lambda c: c["study"].update(alocation="1:1"), "study.alocation: this key is not known"),
        (lambda c: c["estimands"][0]["intercurrent"].pop("death"), "estimands.0.intercurrent.death: Field required"),
        (lambda c: c["deviations"][0].update(date="yesterday"), "deviations.0.date"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(changed, change, message):
    with pytest.raises(ConfigError, match=message):
        changed(change)


def test_an_unknown_id_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no analysis 'pain\.vass'.*pain\.vas,"):
        load_sap().analysis("pain.vass")
    with pytest.raises(ConfigError, match="no estimand"):
        load_sap().estimand("pain")


def test_a_plan_that_is_absent_says_where_it_was_sought(tmp_path):
    with pytest.raises(ConfigError, match="not found"):
        load_sap(tmp_path / "sap.yaml")


def test_the_plan_is_read_again_when_the_file_has_changed(tmp_path):
    path = tmp_path / "sap.yaml"
    text = paths.sap().read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    assert load_sap(path).study.acronym == "KYPHO-01"
    path.write_text(text.replace("acronym: KYPHO-01", "acronym: KYPHO-02"), encoding="utf-8")
    assert load_sap(path).study.acronym == "KYPHO-02"


def test_the_default_parameters_take_the_populations_of_the_plan():
    sap, endpoints = load_sap(), load_params().endpoints
    for estimand in sap.estimands:
        if estimand.id not in ("leakage-success-treated", "leakage-characteristics"):
            assert getattr(endpoints, estimand.endpoint).population == estimand.population.set, estimand.id


@pytest.mark.pipeline
def test_every_analysis_of_the_plan_has_results_and_every_result_its_analysis(built):
    planned = {analysis.id for analysis in load_sap().analyses}
    found = {
        record["analysis"]
        for endpoint in ENDPOINTS
        for record in json.loads((built / "results" / endpoint / "results.json").read_text(encoding="utf-8"))
    }
    assert found == planned
