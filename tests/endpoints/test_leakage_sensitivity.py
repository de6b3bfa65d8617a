"""Success by other priors, definitions, sets and scales, counted by hand on the trial of eight."""

from fractions import Fraction

import pytest
from pytest import approx
from scipy import stats as scipy_stats

from helpers.data import Datasets
from helpers.endpoints import leakage
from helpers.stats.proportions import newcombe_difference, risk_difference, wilson


@pytest.fixture
def sensitivity(data):
    return leakage.sensitivity(data)


def of(records, analysis):
    return [r for r in records if r.analysis == f"leakage.{analysis}"]


# Imaged at M3: K1 of K1 and K2, and V2 of V1 to V3
@pytest.mark.parametrize("population", ["ITT", "PP"])
def test_success_among_those_imaged_at_month_3(data, find, population):
    found = of(leakage.sensitivity(data, population=population), "success_m3")
    assert find.arms(found, "events") == [1, 1]
    assert find.arms(found, "n") == [2, 3]
    assert find.value(found, "upper95", group="VP") == approx(wilson(1, 3).upper, rel=1e-11)
    assert find.value(found, "lower95", group="KP-VP") == approx(risk_difference(1, 2, 1, 3).lower, rel=1e-11)
    assert {(r.population, r.parameter, r.visit, r.sap) for r in found} == {(population, "SUCCESS", "M3", "5.1.12")}


# K3 and V4 succeed on the image of D1 alone, and fail where an image at M3 is asked for
def test_with_death_and_a_missing_image_as_failure_only_the_imaged_succeed(sensitivity, find):
    found = of(sensitivity, "success_composite")
    assert find.arms(found, "events") == [1, 1]
    assert find.arms(found, "n") == [4, 4]
    assert find.record(found, "estimate", group="KP").estimand == "leakage-success-composite"


# Of the treated K1 and K3 of 3 succeed against V2 and V4 of 4; per protocol, without K3, K1 of 2
def test_success_among_the_treated_and_per_protocol(sensitivity, find):
    treated, protocol = of(sensitivity, "success_mitt"), of(sensitivity, "success_pp")
    assert (find.arms(treated, "events"), find.arms(treated, "n")) == ([2, 2], [3, 4])
    assert find.value(treated, "estimate", group="KP-VP") == approx(2 / 3 - 1 / 2)
    assert (find.arms(protocol, "events"), find.arms(protocol, "n")) == ([1, 2], [2, 4])
    assert ({r.population for r in treated}, {r.population for r in protocol}) == ({"MITT"}, {"PP"})


def test_the_newcombe_interval_is_of_the_same_difference(sensitivity, find):
    found = of(sensitivity, "success_newcombe")
    assert find.value(found, "estimate") == 0
    assert find.value(found, "lower95") == approx(newcombe_difference(2, 4, 2, 4).lower, rel=1e-11)


# 2 of 4 in both arms: both ratios are 1, their limits mirror each other, and no table is less extreme
def test_equal_arms_have_ratios_of_one_and_p_values_of_one(sensitivity, find):
    for parameter, unit in (("SUCCESS_RR", "ratio"), ("SUCCESS_OR", "odds")):
        where = {"analysis": "leakage.success_ratio", "parameter": parameter}
        estimate = find.record(sensitivity, "estimate", **where)
        assert (estimate.value, estimate.unit) == (approx(1), unit)
        lower, upper = (find.value(sensitivity, s, **where) for s in ("lower95", "upper95"))
        assert lower * upper == approx(1, rel=1e-6)
    assert find.value(sensitivity, "p_value", parameter="BOSCHLOO") == approx(1)
    # hypergeometric: 1 less half of the middle table's C(4,2) C(4,2) / C(8,4) = 36/70
    assert find.value(sensitivity, "p_value", parameter="FISHER_MIDP") == approx(1 - 18 / 70)


# Site 01: KP 1 of 2, VP 0 of 2; 02: KP 1 of 2, VP 2 of 2, weights 1 and 1. Several vertebrae: KP 1 of 2, VP 0 of 1;
# one: KP 1 of 2, VP 2 of 3, weights 2/3 and 6/5.
def test_stratified_differences_by_hand(sensitivity, find):
    found = of(sensitivity, "success_strata")
    assert find.value(found, "estimate", parameter="SITE") == approx(0, abs=1e-12)
    weights, differences = (Fraction(2, 3), Fraction(6, 5)), (Fraction(1, 2), Fraction(-1, 6))
    pooled = sum(w * d for w, d in zip(weights, differences, strict=True)) / sum(weights)
    assert find.value(found, "estimate", parameter="LEVELS") == approx(float(pooled))
    assert find.value(found, "estimate", parameter="LEVELS_MN") == approx(float(pooled))
    assert {r.group for r in found} == {"KP-VP"}
    assert not {"n", "events"} & {r.statistic for r in found}


# KP expects 4/3 of 2 and 3 x 2/5 of 3 successes; hypergeometric variances 2x1x1x2/(9x2) and 2x3x3x2/(25x4)
def test_the_cochran_mantel_haenszel_test_by_hand(sensitivity, find):
    observed = 2
    expected = Fraction(2 * 1, 3) + Fraction(2 * 3, 5)
    variance = Fraction(2 * 1 * 1 * 2, 9 * 2) + Fraction(2 * 3 * 3 * 2, 25 * 4)
    chi_squared = float((observed - expected) ** 2 / variance)
    p_value = scipy_stats.chi2.sf(chi_squared, 1)
    assert find.value(sensitivity, "p_value", parameter="LEVELS_CMH") == approx(p_value, rel=1e-9)


# K3 and V4 have no leak and no image at M3; K4 was never treated, K2, V1 and V3 leaked: nothing is unknown of them
@pytest.mark.parametrize(
    ("share", "kp", "vp"),
    [("100_000", 2, 1), ("000_100", 1, 2), ("000_000", 1, 1), ("100_100", 2, 2), ("025_050", 1, 2), ("050_025", 2, 1)],
)
def test_bounds_give_the_unknown_a_success_or_a_failure(sensitivity, find, share, kp, vp):
    found = of(sensitivity, "success_bounds")
    expected = risk_difference(kp, 4, vp, 4)
    where = {"parameter": f"SHARE_{share}", "group": "KP-VP"}
    assert find.value(found, "estimate", **where) == approx((kp - vp) / 4)
    assert find.value(found, "lower95", **where) == approx(expected.lower, rel=1e-9)
    assert find.value(found, "upper95", **where) == approx(expected.upper, rel=1e-9)


def test_a_patient_without_any_image_is_unknown_and_one_with_a_leak_is_not(frames, find):
    forms = frames["adcomp"]
    forms.loc[forms["USUBJID"].isin(["K1", "K2"]) & (forms["AVISIT"] != "D0"), "IMGFL"] = "N"
    records = leakage.sensitivity(Datasets(frames))
    found = of(records, "success_bounds")
    assert find.value(found, "estimate", parameter="SHARE_100_000") == approx(2 / 4 - 1 / 4)  # K1 and K3
    assert find.value(found, "estimate", parameter="SHARE_000_000") == approx(0 / 4 - 1 / 4)  # K2's leak stands
    assert find.value(found, "estimate", parameter="SHARE_050_000") == approx(1 / 4 - 1 / 4)  # one of two


def test_where_everybody_is_imaged_the_bounds_are_the_estimate(frames, find):
    frames["adcomp"]["IMGFL"] = "Y"
    found = of(leakage.sensitivity(Datasets(frames)), "success_bounds")
    assert {r.value for r in found if r.statistic == "estimate"} == {0}
    assert len({r.parameter for r in found}) == 25


# 2 of 4 in both arms: Beta(1 + 2, 1 + 2), Jeffreys Beta(2.5, 2.5), sceptical 10 patients at 0.47, literature 5 for VP
@pytest.mark.parametrize(
    ("prior", "kp", "vp"),
    [
        ("FLAT", (3, 3), (3, 3)),
        ("JEFFREYS", (2.5, 2.5), (2.5, 2.5)),
        ("SCEPTICAL", (2 + 4.7, 2 + 5.3), (2 + 4.7, 2 + 5.3)),
        ("LITERATURE", (3, 3), (2 + 2.35, 2 + 2.65)),
    ],
)
def test_other_priors_are_added_to_the_same_counts(data, find, prior, kp, vp):
    records = leakage.priors(data)
    for arm, (a, b) in (("KP", kp), ("VP", vp)):
        for statistic, q in (("median", 0.5), ("lower95", 0.025), ("upper95", 0.975)):
            theirs = scipy_stats.beta.ppf(q, a, b)
            assert find.value(records, statistic, parameter=prior, group=arm) == approx(theirs, rel=1e-6)
    chance = find.value(records, "probability", parameter=f"{prior}_SUPERIORITY")
    assert (chance == approx(0.5)) == (prior != "LITERATURE")


def test_a_sceptical_prior_draws_the_arms_together(without, find):
    records = leakage.priors(without("V2"))  # 2 of 4 against 1 of 3
    width = {
        p: find.value(records, "upper95", parameter=p, group="KP-VP")
        - find.value(records, "lower95", parameter=p, group="KP-VP")
        for p in ("FLAT", "SCEPTICAL")
    }
    medians = {p: abs(find.value(records, "median", parameter=p, group="KP-VP")) for p in width}
    assert width["SCEPTICAL"] < width["FLAT"] and medians["SCEPTICAL"] < medians["FLAT"]


# One more patient an arm, who succeeds with probability 3/6 in both: KP 2 or 3 of 5 against VP 2 or 3 of 5
def test_a_trial_with_one_more_patient_each_by_hand(data, find):
    records = leakage.prediction(data, larger_arm=5)
    where = {"parameter": "DIFFERENCE", "group": "KP-VP"}
    assert [find.value(records, s, **where) for s in ("lower95", "median", "upper95", "size")] == [
        approx(-0.2), approx(0, abs=1e-12), approx(0.2), 5,
    ]  # fmt: skip
    assert find.value(records, "probability", parameter="MN_ABOVE_0") == 0
    assert find.value(records, "probability", parameter="POSTERIOR_GT_95") == 0


def test_an_arm_that_is_as_large_already_is_not_made_smaller(data, find):
    records = leakage.prediction(data, larger_arm=3)
    assert {find.value(records, s, parameter="DIFFERENCE") for s in ("lower95", "median", "upper95")} == {0}


# 5 levels an arm as allocated, 1 and 3 of them leaking, of 3 and 4 patients
def test_vertebrae_are_counted_and_compared_with_their_patients_as_clusters(data, find):
    records = leakage.vertebrae(data)
    counted = of(records, "vertebra")
    assert find.arms(counted, "n") == [5, 5]
    assert find.arms(counted, "estimate") == [0.2, 0.6]
    assert {r.statistic for r in counted} == {"n", "events", "estimate"}
    assert find.record(counted, "n", group="KP").unit == "vertebrae"
    equations = of(records, "vertebra_gee")
    assert find.value(equations, "n", parameter="LEAK") == 10
    assert find.value(equations, "df", parameter="LEAK") == 7 - 2  # clusters less parameters
    assert find.record(equations, "estimate", parameter="LEAK_OR").unit == "odds"
    assert {(r.parameter, r.group) for r in of(records, "vertebra_beta_binomial")} == {
        ("LEAK", "KP"), ("LEAK", "VP"), ("LEAK", "KP-VP"), ("LEAK_ICC", "all"),
    }  # fmt: skip


def test_a_trial_without_any_leak_says_so_of_its_vertebrae(frames, find):
    frames["adproc"]["LEAKFL"] = "N"
    frames["adleak"] = frames["adleak"].iloc[:0]
    records = leakage.vertebrae(Datasets(frames))
    assert find.arms(of(records, "vertebra"), "estimate") == [0, 0]
    assert find.record(of(records, "vertebra_gee"), "estimate", parameter="LEAK_OR").value is None
    assert {r.method.partition(":")[2] for r in of(records, "vertebra_gee") if r.value is None} <= {
        "no-events", "separated",
    }  # fmt: skip
