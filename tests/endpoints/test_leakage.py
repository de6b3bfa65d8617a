import pytest
from pytest import approx

from helpers.data import Datasets
from helpers.endpoints import leakage
from helpers.stats.proportions import risk_difference, wilson


# K1 and K3 of 4 succeed, K4 was never treated; V2 and V4 of 4
def test_success_needs_a_procedure_and_no_leak(data, find):
    records = [r for r in leakage.describe(data) if r.parameter == "SUCCESS"]
    for arm in ("KP", "VP"):
        assert find.value(records, "n", group=arm) == 4
        assert find.value(records, "events", group=arm) == 2
        assert find.value(records, "estimate", group=arm) == 0.5
    lower = find.record(records, "lower95", group="KP")
    assert lower.value == approx(wilson(2, 4).lower, rel=1e-11)
    assert (lower.method, lower.unit, lower.visit, lower.sap) == ("wilson", "proportion", "M3", "5.1.2")
    n = find.record(records, "n", group="KP")
    assert (n.unit, n.method, n.estimand) == ("patients", "count", "leakage-success")


# Nobody's status is unknown; K1 and K2 of 4, and V1 to V3 of 4, were imaged at M3
def test_pages_can_say_how_many_were_judged_on_an_image(data, find):
    records = leakage.describe(data)
    assert [find.value(records, "missing", parameter="SUCCESS", group=a) for a in ("KP", "VP")] == [0, 0]
    assert [find.value(records, "n", parameter="IMAGED_M3", group=a) for a in ("KP", "VP")] == [4, 4]
    assert [find.value(records, "events", parameter="IMAGED_M3", group=a) for a in ("KP", "VP")] == [2, 3]
    assert {(r.unit, r.method) for r in records if r.parameter == "IMAGED_M3"} == {("patients", "count")}


# K3 had no leak, V1 one; without an image K3's status is unknown, V1's leak is known. K4 was never treated.
def test_without_an_image_after_the_procedure_there_is_no_success(frames, find):
    adcomp = frames["adcomp"]
    adcomp.loc[adcomp["USUBJID"].isin(["K3", "V1"]) & (adcomp["AVISIT"] != "D0"), "IMGFL"] = "N"
    records = leakage.describe(Datasets(frames))
    assert [find.value(records, "events", parameter="SUCCESS", group=a) for a in ("KP", "VP")] == [1, 2]
    assert [find.value(records, "n", parameter="SUCCESS", group=a) for a in ("KP", "VP")] == [4, 4]
    assert [find.value(records, "missing", parameter="SUCCESS", group=a) for a in ("KP", "VP")] == [1, 0]


# An image at M3 alone is enough
def test_either_image_after_the_procedure_shows_a_leak(frames, find):
    adcomp = frames["adcomp"]
    adcomp.loc[adcomp["AVISIT"] == "D1", "IMGFL"] = "N"
    records = leakage.describe(Datasets(frames))
    assert [find.value(records, "events", parameter="SUCCESS", group=a) for a in ("KP", "VP")] == [1, 1]  # K1; V2
    assert [find.value(records, "missing", parameter="SUCCESS", group=a) for a in ("KP", "VP")] == [1, 1]  # K3; V4


def test_difference_of_success_is_kp_minus_vp(without, find):
    records = leakage.estimate(without("V2"))  # 2 of 4 against 1 of 3
    assert find.value(records, "estimate") == approx(2 / 4 - 1 / 3)
    expected = risk_difference(2, 4, 1, 3)
    assert find.value(records, "upper95", group="KP-VP") == approx(expected.upper, rel=1e-11)
    assert {r.method for r in records} == {"miettinen-nurminen"}


def test_the_safety_set_is_grouped_by_the_technique_received(data, find):
    records = [r for r in leakage.describe(data, population="SAF") if r.parameter == "SUCCESS"]
    assert [find.value(records, "n", group=arm) for arm in ("KP", "VP")] == [2, 5]
    assert [find.value(records, "events", group=arm) for arm in ("KP", "VP")] == [1, 3]


# Equal arms, 2 of 4 each: the posterior difference is symmetric about 0; Beta(3, 3) has median 1/2
def test_posterior_of_equal_arms_is_symmetric(data, find):
    records = leakage.posterior(data)
    assert find.value(records, "median", group="KP") == approx(0.5)
    assert find.value(records, "median", group="KP-VP") == approx(0, abs=1e-9)
    assert find.value(records, "lower95", group="KP-VP") == approx(-find.value(records, "upper95", group="KP-VP"))
    chances = [find.value(records, "probability", parameter=p) for p in ("SUPERIORITY", "RD_GT_10", "RD_GT_20")]
    assert chances[0] == approx(0.5)
    assert chances == sorted(chances, reverse=True)


def test_posterior_follows_its_prior(data, find):
    flat = find.value(leakage.posterior(data), "upper95", group="KP")
    strong = leakage.posterior(data, prior_alpha=50, prior_beta=50)
    assert find.value(strong, "upper95", group="KP") < flat


def test_posterior_mass_sums_to_one_and_names_its_bins(data, find):
    records = leakage.posterior_mass(data)
    for group, bins in (("KP", 20), ("VP", 20), ("KP-VP", 40)):
        mass = [r.value for r in records if r.group == group]
        assert len(mass) == bins
        assert sum(mass) == approx(1)
    assert find.value(records, "probability", group="KP-VP", parameter="MASS_M05_00") > 0.05
    assert find.value(records, "probability", group="KP", parameter="MASS_95_100") > 0


# Among the treated: vascular K2 of 3, V1 of 4; cortical K2 with 1 leak, V3 with 2
def test_types_of_leak_count_patients_and_leaks(data, find):
    records = [r for r in leakage.characteristics(data) if r.analysis == "leakage.type"]
    by_patient = [r for r in records if r.unit_of_analysis == "patient"]
    assert [find.value(by_patient, "events", parameter="VASCULAR", group=a) for a in ("KP", "VP")] == [1, 1]
    assert [find.value(by_patient, "n", parameter="CORTICAL", group=a) for a in ("KP", "VP")] == [3, 4]
    assert find.value(by_patient, "estimate", parameter="CORTICAL", group="KP-VP") == approx(1 / 3 - 1 / 4)
    by_leak = [r for r in records if r.unit_of_analysis == "leak"]
    assert [find.value(by_leak, "count", parameter="CORTICAL", group=a) for a in ("KP", "VP")] == [1, 2]
    assert {r.unit for r in by_leak} == {"leaks"}


# Significant: K2, V3. Symptomatic: K2 only, so 0 of 4 in VP
def test_size_and_symptoms_of_leaks(data, find):
    records = [r for r in leakage.characteristics(data) if r.unit_of_analysis == "patient"]
    assert find.value(records, "events", parameter="SIGNIFICANT", group="VP") == 1
    assert find.value(records, "events", parameter="NOT_SIGNIFICANT", group="VP") == 2
    assert find.value(records, "events", parameter="SYMPTOMATIC", group="VP") == 0
    assert find.value(records, "lower95", parameter="SYMPTOMATIC", group="VP") == 0
    assert find.value(records, "upper95", parameter="SYMPTOMATIC", group="KP-VP") == approx(
        risk_difference(1, 3, 0, 4).upper, rel=1e-11
    )


def test_an_empty_arm_gives_reasons_instead_of_numbers(without, find):
    only_kp = without("V1", "V2", "V3", "V4")
    records = leakage.describe(only_kp) + leakage.estimate(only_kp)
    assert find.value(records, "n", parameter="SUCCESS", group="VP") == 0
    for statistic, group, method in (("estimate", "VP", "wilson"), ("lower95", "KP-VP", "miettinen-nurminen")):
        record = find.record(records, statistic, group=group)
        assert (record.value, record.method) == (None, f"{method}:too-few")
    prior = leakage.posterior(only_kp)
    assert find.value(prior, "median", group="VP") == approx(0.5)


def test_a_trial_without_any_leak_has_numbers_everywhere(frames):
    frames["adproc"]["LEAKFL"] = "N"
    frames["adleak"] = frames["adleak"].iloc[:0]
    data = Datasets(frames)
    records = leakage.estimate(data) + leakage.characteristics(data) + leakage.posterior(data)
    assert all(r.value is not None for r in records)


def test_an_unknown_population_is_refused(data):
    with pytest.raises(ValueError, match="analysis sets are ITT"):
        leakage.describe(data, population="EVERYONE")
