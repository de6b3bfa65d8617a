import pandas as pd
import pytest
from pytest import approx
from scipy.stats import binomtest, chi2

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
    functions = (
        *(tolerance.estimate, tolerance.describe, tolerance.preferred_terms, tolerance.periods),
        *(tolerance.exposure, tolerance.incidence),
    )
    records = [r for function in functions for r in function(data)]
    assert {r.group for r in records} == {"KP", "VP"}
    assert "p_value" not in {r.statistic for r in records}
    assert {(r.population, r.visit) for r in records} == {("SAF", "all")}


# K1 worst 3, K2 none that is treatment-emergent; K3 worst 2, V4 worst 5, V1 to V3 none
def test_every_patient_is_counted_once_at_the_worst_grade(data, find):
    records = tolerance.describe(data)
    kp = [find.value(records, "events", parameter=f"GRADE{g}", group="KP") for g in range(6)]
    vp = [find.value(records, "events", parameter=f"GRADE{g}", group="VP") for g in range(6)]
    assert (kp, vp) == ([1, 0, 0, 1, 0, 0], [3, 0, 1, 0, 0, 1])


def of(records, analysis):
    return [r for r in records if r.analysis == f"tolerance.{analysis}"]


# Fever: K1 received KP, K3 received VP; K2's was not treatment-emergent
def test_a_term_counts_a_patient_once_and_again_from_grade_3(data, find):
    records = of(tolerance.preferred_terms(data), "preferred_term")
    assert find.arms(records, "events", parameter="Fever") == [1, 1]
    assert find.value(records, "events", parameter="Back pain", group="KP") == 1
    assert find.value(records, "events", parameter="Back pain|GE3", group="KP") == 1
    assert find.value(records, "events", parameter="Fever|GE3", group="KP") == 0
    assert find.value(records, "events", parameter="Dyspnea|GE3", group="VP") == 1


# K1's two back pains are of one class; fever of K1 and K3 of another; V4's dyspnea of a third
def test_a_class_of_organs_counts_a_patient_once_with_an_exact_interval(data, find):
    records = of(tolerance.preferred_terms(data), "organ_class")
    assert find.arms(records, "events", parameter="Musculoskeletal") == [1, 0]
    assert find.arms(records, "events", parameter="Musculoskeletal|GE3") == [1, 0]
    assert find.arms(records, "events", parameter="General") == [1, 1]
    assert find.arms(records, "events", parameter="General|GE3") == [0, 0]
    assert find.arms(records, "events", parameter="Respiratory") == [0, 1]
    theirs = binomtest(1, 2).proportion_ci(method="exact")
    assert find.value(records, "lower95", parameter="General", group="KP") == approx(theirs.low, rel=1e-6)
    assert find.record(records, "lower95", parameter="General", group="KP").method == "clopper-pearson"


# Two terms of one class in one patient are one patient with the class
def test_a_patient_with_two_terms_of_a_class_is_one_patient_with_the_class(frames, find):
    frames["adae"]["AEBODSYS"] = "General"
    records = of(tolerance.preferred_terms(Datasets(frames)), "organ_class")
    assert find.arms(records, "events", parameter="General") == [1, 2]


# Related to procedure or device: K1's back pain, possibly and probably. Not stated would count, unlikely does not.
def test_related_terms_are_those_of_procedure_or_device(data, find, frames):
    records = of(tolerance.preferred_terms(data), "related")
    assert {r.parameter for r in records} == {"Back pain"}
    assert find.arms(records, "events", parameter="Back pain") == [1, 0]
    frames["adae"].loc[frames["adae"]["USUBJID"] == "K3", "AERELDEV"] = None
    records = of(tolerance.preferred_terms(Datasets(frames)), "related")
    assert find.arms(records, "events", parameter="Fever") == [0, 1]


# K1's second back pain, V4's dyspnea
def test_serious_terms_are_listed_by_themselves(data, find):
    records = of(tolerance.preferred_terms(data), "serious")
    assert {r.parameter for r in records} == {"Back pain", "Dyspnea"}
    assert find.arms(records, "events", parameter="Back pain") == [1, 0]
    assert find.arms(records, "events", parameter="Dyspnea") == [0, 1]


# Days of onset: K1 3, 20 and 40; K3 2; V4 38; K2's, three days before the procedure, does not count
def test_periods_count_patients_by_the_day_on_which_an_event_began(data, find):
    records = tolerance.periods(data)
    assert find.arms(records, "events", parameter="FIRST_DAY") == [0, 1]
    assert find.arms(records, "events", parameter="TO_DAY_30") == [1, 0]
    assert find.arms(records, "events", parameter="AFTER_DAY_30") == [1, 1]
    assert find.arms(records, "n", parameter="FIRST_DAY") == [2, 5]


@pytest.mark.parametrize(
    ("day", "period"), [(1, "FIRST_DAY"), (2, "FIRST_DAY"), (3, "TO_DAY_30"), (30, "TO_DAY_30"), (31, "AFTER_DAY_30")]
)
def test_periods_begin_and_end_where_the_plan_says(frames, find, day, period):
    frames["adae"]["ASTDY"] = day
    records = tolerance.periods(Datasets(frames))
    assert {r.parameter for r in records if r.statistic == "events" and r.value} == {period}


# Days at risk, that of the procedure being the first. Any event: K1 to day 3, K2 to day 92; K3 to day 2, V1 to V3 to
# day 92, V4 to day 38. Grade 3 and serious: K1 to day 20, V4 to day 38. Related to the procedure: K1 to day 3, the
# others of VP to the end, V4 to the death on day 41. Fatal: V4 to day 38, K1 to the end.
@pytest.mark.parametrize(
    ("parameter", "kp", "vp"),  # patients with the event, days
    [
        ("AEANY", (1, 3 + 92), (2, 2 + 3 * 92 + 38)),
        ("AEGE3", (1, 20 + 92), (1, 4 * 92 + 38)),
        ("AESER", (1, 20 + 92), (1, 4 * 92 + 38)),
        ("AERELPRC", (1, 3 + 92), (0, 4 * 92 + 41)),
        ("AERELDEV", (0, 2 * 92), (0, 4 * 92 + 41)),
        ("AERELDIS", (1, 40 + 92), (1, 4 * 92 + 38)),
        ("AEDTH", (0, 2 * 92), (1, 4 * 92 + 38)),
    ],
)
def test_time_at_risk_is_counted_in_days_to_the_first_event_death_or_the_end(data, find, parameter, kp, vp):
    records = [r for r in tolerance.exposure(data) if r.parameter == parameter]
    for arm, n, (events, days) in (("KP", 2, kp), ("VP", 5, vp)):
        months = days / (365.25 / 12)
        assert find.value(records, "n", group=arm) == n
        assert find.value(records, "events", group=arm) == events
        exposure, rate = (find.record(records, s, group=arm) for s in ("exposure", "estimate"))
        assert (exposure.value, exposure.unit) == (approx(months, rel=1e-11), "patient-months")
        assert (rate.value, rate.unit) == (approx(100 * events / months, rel=1e-11), "rate")
        upper = chi2.ppf(0.975, 2 * (events + 1)) / 2  # Garwood 1936
        assert find.value(records, "upper95", group=arm) == approx(100 * upper / months, rel=1e-9)


# KP: one of two on day 3. VP: K3 of five on day 2, V4 of the other four on day 38: 1/5, then 1/5 + 4/5 x 1/4
def test_cumulative_incidence_of_a_first_event_by_hand(data, find):
    records = tolerance.incidence(data)
    assert find.arms(records, "estimate", parameter="AEANY_DAY_30") == [approx(0.5), approx(0.2)]
    assert find.arms(records, "estimate", parameter="AEANY_DAY_91") == [approx(0.5), approx(0.4)]
    assert find.arms(records, "events", parameter="AEANY_DAY_91") == [1, 2]
    assert find.arms(records, "estimate", parameter="AEGE3_DAY_30") == [approx(0.5), 0]
    assert find.record(records, "estimate", parameter="AEANY_DAY_30", group="VP").unit == "proportion"


# V1 has an event on day 60, V4 none and dies on day 41. Alive without it before day 60: K3 with its event on day 2 is
# out, V4 dead: 1/5, then 4/5 x 3/4 x 1/3. Were death censored instead it would be 1/5 + 4/5 x 1/3.
def test_death_without_the_event_competes_and_is_not_censored(frames, find):
    adae = frames["adae"]
    adae.loc[adae["USUBJID"] == "V4", ["USUBJID", "ASTDY"]] = ["V1", 60]
    records = tolerance.incidence(Datasets(frames))
    assert find.value(records, "estimate", parameter="AEANY_DAY_91", group="VP") == approx(0.2 + 0.8 * 0.75 / 3)


# V1 leaves on day 50 without an event, and V2 has one on day 60: at risk then V2 and V3
def test_who_leaves_before_is_censored(frames, find):
    adsl, adae = frames["adsl"], frames["adae"]
    adsl.loc[adsl["USUBJID"] == "V1", "EOSDT"] = adsl.loc[adsl["USUBJID"] == "V1", "TRTSDT"] + pd.Timedelta(days=49)
    adae.loc[adae["USUBJID"] == "V4", "ASTDY"] = 60
    adae.loc[adae["USUBJID"] == "V4", "USUBJID"] = "V2"
    records = tolerance.incidence(Datasets(frames))
    # K3 on day 2; V4 dies without one on day 41; V1 out on day 50; V2 of V2 and V3 on day 60
    assert find.value(records, "estimate", parameter="AEANY_DAY_91", group="VP") == approx(0.2 + 0.8 * 0.75 / 2)


# K1's second back pain and V4's dyspnea, neither with a name, a number or a date
def test_serious_events_are_listed_one_a_row_without_an_identifier(data):
    listing = tolerance.listing(data)
    assert [row[:4] for row in listing.rows] == [("KP", "Back pain", "3", "20"), ("VP", "Dyspnea", "5", "38")]
    assert not {"USUBJID", "SUBJID", "AESEQ", "ASTDT"} & set(listing.columns)


def test_a_trial_without_events_counts_zeros(frames, find):
    frames["adae"] = frames["adae"].iloc[:0]
    data = Datasets(frames)
    records = tolerance.estimate(data)
    assert find.value(records, "events", parameter="AEANY", group="VP") == 0
    assert find.value(records, "lower95", parameter="AEANY", group="VP") == 0
    assert find.value(tolerance.describe(data), "estimate", parameter="GRADE0", group="VP") == 1
    terms = tolerance.preferred_terms(data)
    assert {r.parameter for r in terms} == {tolerance.NONE}
    assert {r.value for r in terms if r.statistic == "events"} == {0}
    at_risk = tolerance.exposure(data)
    assert find.value(at_risk, "estimate", parameter="AEANY", group="VP") == 0
    assert find.value(at_risk, "exposure", parameter="AEANY", group="KP") == approx(2 * 92 * 12 / 365.25)
    assert find.value(tolerance.incidence(data), "estimate", parameter="AEANY_DAY_91", group="VP") == 0


def test_an_arm_nobody_received_gives_reasons_instead_of_numbers(without, find):
    data = without("K1", "K2")
    records = tolerance.estimate(data)
    assert find.value(records, "n", parameter="AEANY", group="KP") == 0
    found = find.record(records, "lower95", parameter="AEANY", group="KP")
    assert (found.value, found.method) == (None, "clopper-pearson:too-few")
    rate = find.record(tolerance.exposure(data), "estimate", parameter="AEANY", group="KP")
    assert (rate.value, rate.method) == (None, "garwood:too-few")
    curve = find.record(tolerance.incidence(data), "estimate", parameter="AEANY_DAY_30", group="KP")
    assert (curve.value, curve.method) == (None, "aalen-johansen-log-log:too-few")
