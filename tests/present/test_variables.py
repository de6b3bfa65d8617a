import dataclasses

import pytest
import yaml

from helpers.data.provenance import load_provenance
from helpers.errors import InvalidInput
from helpers.paths import ENDPOINTS
from helpers.present import spans, variables
from tests.present import fabricate


@pytest.fixture
def tree(project) -> dict:
    by_endpoint = {name: make() for name, make in fabricate.ALL.items()}
    return yaml.safe_load(variables.to_yaml(variables.variables(by_endpoint, load_provenance())))


def at(tree: dict, path: str) -> str:
    for part in path.split("."):
        tree = tree[part]
    return tree


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("leakage.success.success.m3.kp.events", "10"),
        ("leakage.success.success.m3.kp.estimate", "63\u00a0%"),
        ("leakage.success.success.m3.kp.interval", "39 to 82\u00a0%"),
        ("leakage.success.success.m3.diff.estimate", "29.2 percentage points"),
        ("leakage.success.success.m3.diff.interval", "\u22126.5 to 58.2"),
        ("leakage.success_bayes.superiority.m3.diff.probability", "0.94"),
        ("leakage.type.vascular.m3.kp.events", "2"),
        ("leakage.type.vascular_leak.m3.kp.count", "3"),
        ("leakage.vertebra.leak_vertebra.m3.vp.n", "30"),
        ("height.vertebral.antht_vertebra.m3.diff.estimate", "1.2\u00a0mm"),
        ("height.vertebral.antht_vertebra.m3.diff.p_value", "0.988"),
        ("height.vertebral_patient.antht_chg.m3.kp.n", "12"),
        ("angle.kyphotic.kyphang_vertebra.m3.diff.estimate", "\u22121.5°"),
        ("participants.flow.died.all.vp.events", "4"),
        ("participants.flow.form_vas.m3.kp.expected", "13"),
        ("participants.baseline.sex_f.d0.kp.events", "8"),
        ("participants.survival.day_112.all.all.estimate", "77\u00a0%"),
        ("leakage.success_tests.boschloo.m3.diff.p_value", "<0.001"),
        ("leakage.success_ratio.success_rr.m3.diff.interval", "0.88 to 4.30"),
        ("leakage.success_predictive.difference.m3.diff.median", "26.0 percentage points"),
        ("pain.vas_mi.vas.m3.diff.fmi", "0.23"),
        ("pain.vas_composite.vas.m3.vp.median", "not estimable"),
        ("pain.vas.vas.d1.diff.df", "20.0"),
        ("tolerance.preferred_term.back_pain_ge3.all.kp.events", "1"),
        ("volume_pain.spearman.voltot.m3.all.estimate", "\u22120.05"),
        ("data.patients", "31"),
        ("data.checksum", "0123456789ab"),
        ("data.status", "synthetic twin, 31 patients"),
        ("data.banner", "SYNTHETIC DATA, NOT TRIAL RESULTS"),
        ("data.analysed", "Of the 31 patients, 16 were assigned to kyphoplasty and 15 to vertebroplasty."),
        ("data.results_short", "The numbers are generated data."),
        ("leakage.success.success.m3.kp.missing", "1"),
        ("leakage.success.imaged_m3.m3.kp.events", "12"),
    ],
)
def test_a_variable_is_found_by_its_systematic_name_and_worded_by_its_unit(tree, path, text):
    value = at(tree, path)
    assert spans.plain(value) == text
    if not path.startswith("data."):
        assert value == f"[{text}]{{r={path}}}", "a result can be followed"


def test_every_endpoint_has_its_answer_and_who_took_part_has_none(tree):
    assert set(tree["answer"]) == set(ENDPOINTS) == set(fabricate.ALL) - {"participants"}


def test_every_value_is_a_string_and_every_key_lower_case(tree):
    def walk(node, path=""):
        for name, child in node.items():
            assert isinstance(name, str) and name == name.lower() and name.replace("_", "a").isalnum(), f"{path}.{name}"
            if isinstance(child, dict):
                walk(child, f"{path}.{name}")
            else:
                assert isinstance(child, str), f"{path}.{name}"

    walk(tree)


def test_every_record_has_its_variable(project):
    records = fabricate.leakage()
    assert len({spans.key(r) for r in records}) == len(records)


def test_two_results_that_would_share_a_name_are_refused(project):
    records = fabricate.pain()
    again = [dataclasses.replace(r, population="PP") for r in records]
    with pytest.raises(InvalidInput, match=r"two results share the variable pain\.vas"):
        variables.variables({"pain": records + again}, load_provenance())


def test_the_answer_is_at_the_visit_that_the_parameters_name(own_project):
    path = own_project / "params.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "pain: {population: ITT, main_visit: M3", "pain: {population: ITT, main_visit: D1"
        )
    )
    assert variables.answers({"pain": fabricate.pain()})["pain"].startswith("At day 1,")
