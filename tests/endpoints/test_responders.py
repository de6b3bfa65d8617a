"""Responders, counted by hand on the trial of eight: who was not rated, and who died, did not respond."""

import pytest
from pytest import approx

from helpers.data import Datasets
from helpers.endpoints import pain, qol
from helpers.stats.proportions import risk_difference, wilson


# Fall at D1, percent: K1 37.5, K2 50, K3 28.6, K4 not rated; V1 33.3, V2 14.3, V3 20, V4 16.7
# At D21: K1 50, K2 50, K3 and K4 not rated; V1 44.4, V2 42.9, V3 60, V4 not rated
# At M3: K1 62.5, K2 66.7, K3 42.9, K4 0; V1 55.6, V2 28.6, V3 70, V4 dead
@pytest.mark.parametrize(
    ("parameter", "visit", "kp", "vp"),
    [
        ("RESP30", "D1", 2, 1), ("RESP50", "D1", 1, 0), ("RESP30", "D21", 2, 3), ("RESP50", "D21", 2, 1),
        ("RESP30", "M3", 3, 2), ("RESP50", "M3", 2, 2),
    ],
)  # fmt: skip
def test_relief_of_all_patients_by_hand(data, find, parameter, visit, kp, vp):
    records = [r for r in pain.responders(data) if r.analysis == "pain.responder"]
    where = {"parameter": parameter, "visit": visit}
    assert find.arms(records, "events", **where) == [kp, vp]
    assert find.arms(records, "n", **where) == [4, 4]
    assert find.value(records, "lower95", group="KP", **where) == approx(wilson(kp, 4).lower, rel=1e-9)
    expected = risk_difference(kp, 4, vp, 4)
    assert find.value(records, "estimate", group="KP-VP", **where) == approx((kp - vp) / 4)
    assert find.value(records, "upper95", group="KP-VP", **where) == approx(expected.upper, rel=1e-9)


# Rated at D21: K1 and K2; V1 to V3. At M3 all but V4, who died.
@pytest.mark.parametrize(
    ("visit", "events", "sizes"), [("D1", [2, 1], [3, 4]), ("D21", [2, 3], [2, 3]), ("M3", [3, 2], [4, 3])]
)
def test_relief_among_those_who_rated_has_the_same_responders_of_fewer_patients(data, find, visit, events, sizes):
    records = [r for r in pain.responders(data) if r.analysis == "pain.responder_observed"]
    where = {"parameter": "RESP30", "visit": visit}
    assert (find.arms(records, "events", **where), find.arms(records, "n", **where)) == (events, sizes)


def test_a_fall_of_exactly_the_threshold_is_a_response(frames, find):
    advs = frames["advs"]
    at = (advs["USUBJID"] == "K4") & (advs["PARAMCD"] == "VAS") & (advs["AVISIT"] == "M3")
    advs.loc[at, "AVAL"] = 3.5  # of 5: 30 percent
    records = [r for r in pain.responders(Datasets(frames)) if r.analysis == "pain.responder"]
    assert find.arms(records, "events", parameter="RESP30", visit="M3") == [4, 2]


# K1 has no pain before: no fall is possible, so no response, whatever was rated later
def test_no_pain_before_the_procedure_is_no_response_and_stays_among_those_who_rated(frames, find):
    advs = frames["advs"]
    own = (advs["USUBJID"] == "K1") & (advs["PARAMCD"] == "VAS")
    advs.loc[own, "BASE"] = 0.0
    advs.loc[own & (advs["AVISIT"] == "D0"), "AVAL"] = 0.0
    records = pain.responders(Datasets(frames))
    for analysis, sizes in (("pain.responder", [4, 4]), ("pain.responder_observed", [4, 3])):
        where = {"analysis": analysis, "parameter": "RESP30", "visit": "M3"}
        assert (find.arms(records, "events", **where), find.arms(records, "n", **where)) == ([2, 2], sizes)


# 3 of 4 against 2 of 4: one response more in four patients; 2 against 2: none
def test_number_needed_is_the_reciprocal_of_the_difference_with_its_sign(data, find):
    records = [r for r in pain.responders(data) if r.analysis == "pain.responder_nnt"]
    found = find.record(records, "estimate", parameter="RESP30", visit="M3")
    assert (found.value, found.unit) == (approx(4), "nnt")
    limits = risk_difference(3, 4, 2, 4)  # from harm through infinity to benefit
    assert find.value(records, "lower95", parameter="RESP30", visit="M3") == approx(1 / limits.upper, rel=1e-9)
    assert find.value(records, "upper95", parameter="RESP30", visit="M3") == approx(1 / limits.lower, rel=1e-9)
    assert limits.lower < 0 < limits.upper
    none = find.record(records, "estimate", parameter="RESP50", visit="M3")
    assert (none.value, none.method) == (None, "reciprocal-miettinen-nurminen:undefined")
    assert find.value(records, "estimate", parameter="RESP30", visit="D21") == approx(-4)


# Scores are ten times the pain. Fall at M3: K1 50, K2 40, K3 30, K4 0; V1 50, V2 20, V3 35, V4 dead.
# Score at M3: K1 30, K2 20, K3 40, K4 50; V1 40, V2 50, V3 15.
@pytest.mark.parametrize(
    ("parameter", "kp", "vp"),
    [
        ("DPQDA_MCII", 3, 2), ("DPQWL_MCII", 3, 2), ("DPQAD_MCII", 3, 3), ("DPQSI_MCII", 3, 3),
        ("DPQDA_PASS", 1, 1), ("DPQWL_PASS", 1, 1), ("DPQAD_PASS", 1, 1), ("DPQSI_PASS", 1, 1),
    ],
)  # fmt: skip
def test_important_improvement_and_acceptable_state_by_hand(data, find, parameter, kp, vp):
    records = qol.responders(data)
    where = {"parameter": parameter, "visit": "M3"}
    assert (find.arms(records, "events", **where), find.arms(records, "n", **where)) == ([kp, vp], [4, 4])
    assert {(r.analysis, r.sap) for r in records} == {("qol.responder", "5.5.10")}


def test_thresholds_are_those_of_marty_2016_and_immpact_2008():
    assert qol.THRESHOLDS == {"DPQDA": (22, 29), "DPQWL": (23, 23), "DPQAD": (10, 21), "DPQSI": (2, 20)}
    assert set(pain.RELIEF) == {"RESP30", "RESP50"}


# A state needs no score before the procedure, an improvement does
def test_without_a_score_before_a_patient_can_be_in_an_acceptable_state_and_not_improved(frames, find):
    adqs = frames["adqs"]
    frames["adqs"] = adqs[~((adqs["USUBJID"] == "K2") & (adqs["AVISIT"] == "D0"))].assign(
        BASE=lambda f: f["BASE"].where(f["USUBJID"] != "K2")
    )
    records = qol.responders(Datasets(frames))
    assert find.arms(records, "events", parameter="DPQDA_PASS", visit="M3") == [1, 1]
    assert find.arms(records, "events", parameter="DPQDA_MCII", visit="M3") == [2, 2]
