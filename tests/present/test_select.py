import pytest

from helpers.errors import InvalidInput
from helpers.present.select import groups, interval, select, value
from tests.present import fabricate


def test_a_number_that_is_not_there_is_an_error_that_says_what_was_meant(project):
    with pytest.raises(InvalidInput, match="0 records fit parameter=SUCCESS, group=all"):
        value(fabricate.leakage(), parameter="SUCCESS", group="all")


def test_a_number_that_is_there_twice_is_an_error(project):
    with pytest.raises(InvalidInput, match="records fit group=KP"):
        value(fabricate.leakage(), group="KP")


def test_an_interval_is_read_from_three_records(project):
    found = interval(fabricate.leakage(), analysis="leakage.success", group="KP-VP")
    assert (found.lower, found.upper, found.unit) == (-0.065, 0.582, "proportion")
    assert found.text == "29.2 (\u22126.5 to 58.2)"


def test_any_of_several_codes_may_be_asked_for(project):
    found = select(fabricate.leakage(), parameter=("VASCULAR", "CORTICAL"), unit_of_analysis="leak")
    assert {r.parameter for r in found} == {"VASCULAR", "CORTICAL"}
    assert groups(found) == ["KP", "VP"]
