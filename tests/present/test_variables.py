import dataclasses

import pytest
import yaml

from helpers.data.provenance import load_provenance
from helpers.errors import InvalidInput
from helpers.present import variables
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
        ("height.vertebral.antht.m3.diff.estimate", "1.2\u00a0mm"),
        ("height.vertebral.antht.m3.diff.p_value", "0.988"),
        ("angle.kyphotic.kyphang.m3.diff.estimate", "\u22121.5°"),
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
    assert at(tree, path) == text


def test_every_endpoint_has_its_answer(tree):
    assert set(tree["answer"]) == set(fabricate.ALL)


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
    assert len({variables.key(r) for r in records}) == len(records)


def test_two_results_that_would_share_a_name_are_refused(project):
    records = fabricate.pain()
    again = [dataclasses.replace(r, population="PP") for r in records]
    with pytest.raises(InvalidInput, match=r"two results share the variable pain\.vas"):
        variables.variables({"pain": records + again}, load_provenance())


def test_the_answer_is_at_the_visit_that_the_parameters_name(own_project):
    path = own_project / "params.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "pain: {population: ITT, main_visit: M3}", "pain: {population: ITT, main_visit: D1}"
        )
    )
    assert variables.answers({"pain": fabricate.pain()})["pain"].startswith("At day 1,")
