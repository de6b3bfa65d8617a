import pytest
from pytest import approx
from scipy.stats import binomtest

from helpers.data import Datasets
from helpers.endpoints import tolerance


# By technique received: KP is K1, K2; VP is K3, V1 to V4. K2's event came before the procedure.
@pytest.mark.parametrize(
    ("parameter", "kp", "vp"),  # patients and events
    [
        ("AEANY", (1, 3), (2, 2)),
        ("AEGE3", (1, 1), (1, 1)),
        ("AESER", (1, 1), (1, 1)),
        ("AERELPRC", (1, 2), (0, 0)),
        ("AERELDEV", (0, 0), (0, 0)),
        ("AERELDIS", (1, 1), (1, 1)),  # K1's fever has no judgement and counts as related
        ("AEDTH", (0, 0), (1, 1)),
    ],
)
def test_overview_counts_patients_and_events_by_technique_received(data, find, parameter, kp, vp):
    records = [r for r in tolerance.estimate(data) if r.parameter == parameter]
    for arm, n, (patients, events) in (("KP", 2, kp), ("VP", 5, vp)):
        assert find.value(records, "n", group=arm) == n
        assert find.value(records, "events", group=arm) == patients
        assert find.value(records, "estimate", group=arm) == patients / n
        assert find.record(records, "count", group=arm).unit_of_analysis == "event"
        assert find.value(records, "count", group=arm) == events
        theirs = binomtest(patients, n).proportion_ci(method="exact")
        assert find.value(records, "upper95", group=arm) == approx(theirs.high, rel=1e-6)


def test_tolerance_makes_no_contrast_and_no_test(data):
    records = tolerance.estimate(data) + tolerance.describe(data) + tolerance.preferred_terms(data)
    assert {r.group for r in records} == {"KP", "VP"}
    assert "p_value" not in {r.statistic for r in records}
    assert {(r.population, r.visit) for r in records} == {("SAF", "all")}


# K1 worst 3, K2 none that is treatment-emergent; K3 worst 2, V4 worst 5, V1 to V3 none
def test_every_patient_is_counted_once_at_the_worst_grade(data, find):
    records = tolerance.describe(data)
    kp = [find.value(records, "events", parameter=f"GRADE{g}", group="KP") for g in range(6)]
    vp = [find.value(records, "events", parameter=f"GRADE{g}", group="VP") for g in range(6)]
    assert (kp, vp) == ([1, 0, 0, 1, 0, 0], [3, 0, 1, 0, 0, 1])


# Fever: K1 received KP, K3 received VP; K2's was not treatment-emergent
def test_a_term_counts_a_patient_once_and_again_from_grade_3(data, find):
    records = tolerance.preferred_terms(data)
    assert [find.value(records, "events", parameter="Fever", group=a) for a in ("KP", "VP")] == [1, 1]
    assert find.value(records, "events", parameter="Back pain", group="KP") == 1
    assert find.value(records, "events", parameter="Back pain|GE3", group="KP") == 1
    assert find.value(records, "events", parameter="Fever|GE3", group="KP") == 0
    assert find.value(records, "events", parameter="Dyspnea|GE3", group="VP") == 1


def test_a_trial_without_events_counts_zeros(frames, find):
    frames["adae"] = frames["adae"].iloc[:0]
    data = Datasets(frames)
    records = tolerance.estimate(data)
    assert find.value(records, "events", parameter="AEANY", group="VP") == 0
    assert find.value(records, "lower95", parameter="AEANY", group="VP") == 0
    assert find.value(tolerance.describe(data), "estimate", parameter="GRADE0", group="VP") == 1
    assert tolerance.preferred_terms(data) == []


# Evidence file, section 4: with 0 of 15 the exact upper limit is 21.8 %
def test_an_arm_nobody_received_gives_reasons_instead_of_numbers(without, find):
    records = tolerance.estimate(without("K1", "K2"))
    assert find.value(records, "n", parameter="AEANY", group="KP") == 0
    found = find.record(records, "lower95", parameter="AEANY", group="KP")
    assert (found.value, found.method) == (None, "clopper-pearson:too-few")
