import numpy as np
import pytest
from pytest import approx
from scipy.stats import norm

from helpers.data import Datasets
from helpers.endpoints import participants
from tests.endpoints.eight import day


# K4 is never treated, K3 with vertebroplasty; V4 dies
def test_the_flow_counts_patients_by_the_arm_allocated(data, find):
    records = participants.flow(data)
    counted = {
        "TREATED": [3, 4], "NOT_TREATED": [1, 0], "SWITCHED": [1, 0], "COMPLETED": [4, 3], "DIED": [0, 1],
        "WITHDRAWN": [0, 0], "LOST": [0, 0],
    }  # fmt: skip
    for parameter, events in counted.items():
        assert find.arms(records, "events", parameter=parameter, visit="all") == events
        assert find.arms(records, "n", parameter=parameter, visit="all") == [4, 4]
    assert {(r.estimand, r.population, r.method) for r in records} == {("", "ITT", "count")}


def test_the_end_of_the_study_is_what_the_data_say_of_it(frames, find):
    adsl = frames["adsl"].set_index("USUBJID")
    adsl.loc[["K1", "K4", "V1"], "EOSSTT"] = ["LOST TO FOLLOW-UP", "WITHDRAWN", "WITHDRAWN"]
    frames["adsl"] = adsl.reset_index()
    records = participants.flow(Datasets(frames))
    ends = {p: find.arms(records, "events", parameter=p) for p in ("COMPLETED", "DIED", "WITHDRAWN", "LOST")}
    assert ends == {"COMPLETED": [2, 2], "DIED": [0, 1], "WITHDRAWN": [1, 1], "LOST": [1, 0]}


# Expected of everybody but of the dead V4 at M3. Pain: K4 not at D1, K3 and K4 not at D21; V4 not at D21. Images: see
# the trial; K4, never treated, has none after D0.
@pytest.mark.parametrize(
    ("parameter", "visit", "received", "expected"),
    [
        ("FORM_VAS", "D0", [4, 4], [4, 4]), ("FORM_VAS", "D1", [3, 4], [4, 4]), ("FORM_VAS", "D21", [2, 3], [4, 4]),
        ("FORM_VAS", "M3", [4, 3], [4, 3]), ("FORM_DPQ", "D21", [2, 3], [4, 4]), ("FORM_IMG", "D1", [3, 4], [4, 4]),
        ("FORM_IMG", "M3", [2, 3], [4, 3]), ("FORM_STATURE", "M3", [4, 3], [4, 3]),
    ],
)  # fmt: skip
def test_forms_are_received_of_those_expected(data, find, parameter, visit, received, expected):
    records = participants.flow(data)
    assert find.arms(records, "n", parameter=parameter, visit=visit) == received
    assert find.arms(records, "expected", parameter=parameter, visit=visit) == expected


def test_a_form_is_counted_only_at_the_visits_for_which_it_is_planned(data):
    found = {(r.parameter, r.visit) for r in participants.flow(data) if r.parameter.startswith("FORM_")}
    assert ("FORM_STATURE", "D21") not in found and ("FORM_DPQ", "D1") not in found and ("FORM_IMG", "D21") not in found
    assert len(found) == 4 + 3 + 3 + 2


# Ages 50 60 70 60 and 55 65 45 71; women 2 and 3 of 4
def test_characteristics_are_those_of_the_arm_allocated(data, find):
    records = participants.baseline(data)
    assert find.arms(records, "mean", parameter="AGE") == [60, 59]
    assert find.arms(records, "sd", parameter="AGE") == [approx((200 / 3) ** 0.5), approx((392 / 3) ** 0.5)]
    assert find.arms(records, "median", parameter="AGE") == [60, 60]
    assert find.arms(records, "missing", parameter="AGE") == [0, 0]
    assert find.arms(records, "events", parameter="SEX|F") == [2, 3]
    assert find.arms(records, "estimate", parameter="SEX|F") == [0.5, 0.75]
    assert find.arms(records, "events", parameter="PRIMTUM|KIDNEY") == [1, 0]
    assert find.arms(records, "events", parameter="ECOGBL|2") == [1, 2]
    assert find.arms(records, "events", parameter="SITEID|01") == [2, 2]
    assert find.arms(records, "mean", parameter="NPLAN") == [1.5, 1.25]
    assert find.record(records, "mean", parameter="AGE", group="KP").unit == "years"


def test_no_characteristic_is_tested(data):
    records = participants.describe(data)
    assert "p_value" not in {r.statistic for r in records}
    assert {r.visit for r in records if r.analysis == "participants.baseline"} == {"D0"}


# Age: (60 - 59) over the root of the mean of 200/3 and 392/3. Men: 1/2 against 1/4 over the root of the mean of 1/4 and
# 3/16. Site: the same in both arms.
def test_standardised_differences_by_hand(data, find):
    records = participants.balance(data)
    assert find.value(records, "estimate", parameter="AGE") == approx(1 / (296 / 3) ** 0.5)
    assert find.value(records, "estimate", parameter="SEX") == approx(0.25 / ((1 / 4 + 3 / 16) / 2) ** 0.5)
    assert find.value(records, "estimate", parameter="SITEID") == 0
    assert find.record(records, "estimate", parameter="SEX").method == "smd"
    assert {r.statistic for r in records} == {"estimate"}


# Yang and Dalton 2012: differences of the shares of all classes but one, over the mean of the multinomial covariances
def test_a_characteristic_of_several_classes_has_the_distance_of_mahalanobis(data, find):
    found = find.record(participants.balance(data), "estimate", parameter="ECOGBL")
    p, q = np.array([1, 2, 1]) / 4, np.array([0, 2, 2]) / 4
    covariance = sum(np.diag(s[1:]) - np.outer(s[1:], s[1:]) for s in (p, q)) / 2
    difference = (p - q)[1:]
    assert found.method == "smd-mahalanobis"
    assert found.value == approx((difference @ np.linalg.inv(covariance) @ difference) ** 0.5)


# V4 dies 50 days after randomisation, everybody else is followed to day 101
def test_survival_is_counted_from_randomisation(data, find):
    records = participants.kaplan_meier(data)
    for numbered, alive in (("DAY_049", 1), ("DAY_056", 0.75), ("DAY_098", 0.75)):
        assert find.value(records, "estimate", parameter=numbered, group="VP") == alive
    assert find.value(records, "estimate", parameter="DAY_056", group="all") == 7 / 8
    assert [find.value(records, "events", parameter=d, group="VP") for d in ("DAY_049", "DAY_056")] == [0, 1]
    # log-log limits with Greenwood's variance of 3/4: s2 = 1/(4 x 3)
    theta = norm.ppf(0.975) * (1 / 12) ** 0.5 / np.log(0.75)
    limits = sorted(0.75 ** np.exp([theta, -theta]))
    found = [find.value(records, s, parameter="DAY_056", group="VP") for s in ("lower95", "upper95")]
    assert found == approx(limits, rel=1e-9)
    flat = find.record(records, "lower95", parameter="DAY_056", group="KP")
    assert (flat.value, flat.method) == (None, "kaplan-meier-log-log:no-events")


# V1 leaves on day 30 after randomisation: three are at risk when V4 dies
def test_who_leaves_alive_is_censored_on_that_day(frames, find):
    adsl = frames["adsl"]
    adsl.loc[adsl["USUBJID"] == "V1", "EOSDT"] = day("V1", 20)
    records = participants.kaplan_meier(Datasets(frames))
    assert find.value(records, "estimate", parameter="DAY_056", group="VP") == approx(2 / 3)
    assert find.value(records, "n", parameter="DAY_056", group="VP") == 4
