"""What holds for the records of all endpoints, on the hand-made trial."""

from functools import cache

import pytest

from helpers.data import Datasets
from helpers.endpoints._record import recorder
from helpers.errors import ConfigError
from helpers.results import to_json
from helpers.sap import load_sap
from helpers.stats import REASONS
from tests.endpoints import eight
from tests.endpoints.functions import FUNCTIONS, records

UNITS = {
    "proportion", "mm", "cm", "degree", "points", "mL", "correlation", "ratio", "odds", "rate", "nnt", "slope", "smd",
    "fraction", "years", "score", "levels", "patients", "vertebrae", "leaks", "events", "forms", "patient-months",
    "probability", "p", "df", "days", "moment",
}  # fmt: skip


@cache
def of_eight(endpoint):
    return records(endpoint, eight.trial())


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_records_carry_what_the_plan_says_of_their_analysis(endpoint):
    for record in of_eight(endpoint):
        planned = load_sap().analysis(record.analysis)
        assert (record.endpoint, record.estimand, record.sap) == (endpoint, planned.estimand, planned.section)
        assert record.population == planned.population
        assert record.unit in UNITS


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_every_analysis_of_the_plan_has_records(endpoint):
    planned = {a.id for a in load_sap().analyses if a.endpoint == endpoint}
    assert {r.analysis for r in of_eight(endpoint)} == planned


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_no_result_is_recorded_twice_and_the_order_of_records_does_not_matter(endpoint):
    assert to_json(of_eight(endpoint)) == to_json(reversed(of_eight(endpoint)))


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_the_same_data_give_the_same_bytes_whatever_the_order_of_their_rows(endpoint, data):
    turned = Datasets({name: frame.iloc[::-1].reset_index(drop=True) for name, frame in data.items()})
    assert to_json(records(endpoint, turned)) == to_json(of_eight(endpoint))


@pytest.mark.parametrize("endpoint", FUNCTIONS)
def test_a_number_that_is_missing_says_why(endpoint):
    for record in of_eight(endpoint):
        method, _, reason = record.method.partition(":")
        assert method
        assert (reason in REASONS) == (record.value is None)


def test_an_analysis_outside_the_plan_cannot_be_recorded():
    with pytest.raises(ConfigError, match="no analysis"):
        recorder("leakage.luck")
