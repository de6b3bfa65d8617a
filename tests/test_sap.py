import json
import re
from pathlib import Path

import pytest
import yaml

from helpers import paths
from helpers.errors import ConfigError
from helpers.params import load_params
from helpers.paths import ENDPOINTS, REPORTED
from helpers.sap import load_sap

#: The outcome lines of NCT02700308 as its record prints them, one a line: the primary one, then the secondary ones.
OUTCOMES = Path(__file__).parent / "reference" / "registry-outcomes.txt"

EVENTS = {"death", "technique_switch", "retreatment", "rescue_analgesia", "never_treated"}


#: Estimands whose population differs from that of their endpoint by design, and the set each has.
OTHER_SETS = {
    "leakage-success-treated": "MITT",
    "leakage-success-protocol": "PP",
    "leakage-vertebra": "MITT",
    "leakage-characteristics": "MITT",
}


def analysis(content: dict, id: str) -> dict:
    return next(a for a in content["analyses"] if a["id"] == id)


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
    assert (analysis.endpoint, analysis.estimand, analysis.section) == ("leakage", "leakage-success", "5.1.2")
    assert load_sap() is load_sap()


def test_every_endpoint_has_an_estimand_and_a_primary_analysis():
    sap = load_sap()
    assert {e.endpoint for e in sap.estimands} == set(ENDPOINTS)
    assert {a.endpoint for a in sap.analyses if a.role == "primary"} == set(ENDPOINTS)


def test_who_took_part_is_described_first_and_has_no_estimand():
    analyses = load_sap().analyses
    own = [a for a in analyses if a.endpoint == "participants"]
    assert analyses[: len(own)] == tuple(own)
    assert [a.id for a in own] == [f"participants.{name}" for name in ("flow", "baseline", "balance", "survival")]
    assert {(a.estimand, a.role) for a in own} == {("", "descriptive")}


def test_every_analysis_of_an_endpoint_has_an_estimand_of_its_endpoint():
    plan = load_sap()
    assert {a.endpoint for a in plan.analyses} == set(REPORTED)
    for analysis in plan.analyses:
        if analysis.endpoint != "participants":
            assert plan.estimand(analysis.estimand).endpoint == analysis.endpoint, analysis.id


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


def test_registry_outcomes_are_worded_as_in_the_record():
    lines = OUTCOMES.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 14
    assert [outcome.line for outcome in load_sap().registry_outcomes] == lines


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
    plan = load_sap()
    text = " ".join(paths.sap().read_text(encoding="utf-8").lower().split())
    for phrase in ("statistically significant", "which includes zero", "excludes zero"):
        assert phrase not in text
    assert "nothing is judged by whether an interval includes zero" in plan.multiplicity


# None of these is in the record
@pytest.mark.parametrize(
    ("estimand", "assumed", "unknown"),
    [
        ("leakage-success", "imaging at day 1", "imaging at day 1"),
        ("height-vertebral", "two readers", "how many readers"),
        ("angle-kyphotic", "two readers", "how many readers"),
        ("height-stature", "measured before the procedure", "standing height is measured before the procedure"),
        ("tolerance", "4.03", "which version 4 of the CTCAE"),
    ],
)
def test_what_the_compendium_assumes_is_said_and_listed_as_unknown(estimand, assumed, unknown):
    plan = load_sap()
    sentence = plan.estimand(estimand).variable.split(". ")[-1]
    assert assumed in sentence and sentence.endswith(
        ("is an assumption of the compendium.", "are an assumption of the compendium.")
    )
    assert any(unknown in item for item in plan.unknown)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: analysis(c, "leakage.success").update(estimand="leakage-sucess"),
            "analyses.leakage.success.estimand: 'leakage-sucess'",
        ),
        (lambda c: analysis(c, "leakage.success").pop("estimand"), "analyses.leakage.success.estimand: ''"),
        (lambda c: analysis(c, "pain.vas").update(estimand=""), "analyses.pain.vas.estimand: ''"),
        (
            lambda c: analysis(c, "participants.flow").update(estimand="leakage-sucess"),
            "analyses.participants.flow.estimand: 'leakage-sucess'",
        ),
        (
            lambda c: analysis(c, "participants.flow").update(estimand="pain-vas"),
            "participants.flow.estimand: 'pain-vas' belongs to pain",
        ),
        (lambda c: c["estimands"][0].update(objective="main"), "estimands.leakage-success.objective: 'main'"),
        (lambda c: c["registry_outcomes"][3].update(analyses=["angle.x"]), "registry_outcomes.4.analyses: 'angle.x'"),
        (
            lambda c: c["analyses"].append(analysis(c, "leakage.success")),
            "analyses: the id 'leakage.success' is there twice",
        ),
        (lambda c: analysis(c, "leakage.success").update(endpoint="pain"), "does not start with its endpoint, pain"),
        (lambda c: analysis(c, "leakage.success").update(estimand="pain-vas"), "'pain-vas' belongs to pain"),
        (lambda c: analysis(c, "participants.flow").update(endpoint="who"), "analyses.0.endpoint: "),
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
        planned = OTHER_SETS.get(estimand.id) or getattr(endpoints, estimand.endpoint).population
        assert planned == estimand.population.set, estimand.id


@pytest.mark.pipeline
def test_every_analysis_of_the_plan_has_results_and_every_result_its_analysis(built):
    planned = {analysis.id for analysis in load_sap().analyses}
    found = {
        record["analysis"]
        for endpoint in REPORTED
        for record in json.loads((built / "results" / endpoint / "results.json").read_text(encoding="utf-8"))
    }
    assert found == planned
