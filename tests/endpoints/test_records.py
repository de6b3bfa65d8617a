"""What holds for the records of all endpoints, on the hand-made trial."""

import pytest

from helpers.endpoints import angle, height, leakage, pain, qol, tolerance, volume_pain
from helpers.endpoints._record import recorder
from helpers.errors import ConfigError
from helpers.results import to_json
from helpers.sap import load_sap
from helpers.stats import REASONS

FUNCTIONS = {
    "leakage": [
        leakage.describe, leakage.estimate, leakage.posterior, leakage.posterior_mass, leakage.sensitivity,
        leakage.characteristics, leakage.vertebrae,
    ],
    "height": [height.describe, height.estimate, height.sensitivity, height.agreement],
    "angle": [angle.describe, angle.estimate, angle.sensitivity, angle.agreement],
    "pain": [pain.describe, pain.estimate, pain.sensitivity],
    "qol": [qol.describe, qol.estimate, qol.sensitivity, qol.compliance],
    "tolerance": [tolerance.describe, tolerance.estimate, tolerance.preferred_terms],
    "volume_pain": [volume_pain.describe, volume_pain.estimate, volume_pain.sensitivity, volume_pain.tertiles],
}  # fmt: skip

UNITS = {
    "proportion", "mm", "cm", "degree", "points", "mL", "correlation", "patients", "vertebrae", "leaks", "events",
    "forms", "probability", "p", "df",
}  # fmt: skip


def records(endpoint, data):
    return [record for function in FUNCTIONS[endpoint] for record in function(data)]


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_records_carry_what_the_plan_says_of_their_analysis(endpoint, data):
    for record in records(endpoint, data):
        planned = load_sap().analysis(record.analysis)
        assert (record.endpoint, record.estimand, record.sap) == (endpoint, planned.estimand, planned.section)
        assert record.population == planned.population
        assert record.unit in UNITS


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_every_analysis_of_the_plan_has_records(endpoint, data):
    planned = {a.id for a in load_sap().analyses if a.endpoint == endpoint}
    assert {r.analysis for r in records(endpoint, data)} == planned


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_no_result_is_recorded_twice_and_the_same_data_give_the_same_bytes(endpoint, data):
    assert to_json(records(endpoint, data)) == to_json(reversed(records(endpoint, data)))


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_the_order_of_the_rows_in_the_data_does_not_matter(endpoint, data):
    from helpers.data import Datasets

    turned = Datasets({name: frame.iloc[::-1].reset_index(drop=True) for name, frame in data.items()})
    assert to_json(records(endpoint, turned)) == to_json(records(endpoint, data))


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_a_number_that_is_missing_says_why(endpoint, data):
    for record in records(endpoint, data):
        method, _, reason = record.method.partition(":")
        assert method
        assert (reason in REASONS) == (record.value is None)


def test_an_analysis_outside_the_plan_cannot_be_recorded():
    with pytest.raises(ConfigError, match="no analysis"):
        recorder("leakage.luck")
