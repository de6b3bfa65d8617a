import pytest
from pytest import approx
from scipy import stats as scipy_stats

from helpers.data import Datasets
from helpers.endpoints import angle, height
from tests.endpoints.eight import PATIENTS


# K1: L1 and L2 average 22 at D0 and 23 at M3, its untreated L5 counts nowhere. K2: 17 at D0; at M3 only T12, 19.
# K3: 21, then 21.5.
def test_heights_are_averaged_within_the_patient_first(data, find):
    records = height.describe(data)
    where = {"parameter": "ANTHT", "group": "KP", "analysis": "height.vertebral_patient"}
    assert find.value(records, "n", visit="D0", **where) == 3
    assert find.value(records, "missing", visit="D0", **where) == 1
    assert find.value(records, "mean", visit="D0", **where) == approx((22 + 17 + 21) / 3)
    assert find.value(records, "mean", visit="M3", **where) == approx((23 + 19 + 21.5) / 3)
    assert find.record(records, "mean", visit="M3", **where).unit == "mm"


# Change over vertebrae seen twice. KP: K1 (2 + 0)/2 = 1, K2 T12 alone 3, K3 0.5. VP: V1 -1, V2 1, V3 L1 alone 0.5.
def test_change_uses_the_vertebrae_seen_at_both_visits(data, find):
    records = height.describe(data)
    where = {"parameter": "ANTHT_CHG", "visit": "M3"}
    assert find.value(records, "estimate", group="KP", **where) == approx(1.5)
    assert find.value(records, "estimate", group="VP", **where) == approx(0.5 / 3)
    limits = scipy_stats.ttest_1samp([1, 3, 0.5], 0).confidence_interval(0.95)
    assert find.value(records, "lower95", group="KP", **where) == approx(limits.low)
    assert find.value(records, "n", group="VP", **where) == 3


# Least squares by hand of M3 on D0 and arm, over the vertebrae seen twice
def test_adjusted_contrast_of_patients_is_the_analysis_of_covariance_of_their_means(data, find):
    kp, vp = [(22, 23), (16, 19), (21, 21.5)], [(25, 24), (19, 20), (18, 18.5)]

    def within(arm):
        bx, by = sum(x for x, _ in arm) / 3, sum(y for _, y in arm) / 3
        return sum((x - bx) ** 2 for x, _ in arm), sum((x - bx) * (y - by) for x, y in arm), bx, by

    (sxx1, sxy1, x1, y1), (sxx0, sxy0, x0, y0) = within(kp), within(vp)
    slope = (sxy1 + sxy0) / (sxx1 + sxx0)
    records = height.sensitivity(data)
    where = {"parameter": "ANTHT", "visit": "M3", "analysis": "height.vertebral_patient"}
    assert find.value(records, "estimate", group="KP-VP", **where) == approx(y1 - y0 - slope * (x1 - x0))
    grand = (x1 + x0) / 2
    assert find.value(records, "estimate", group="KP", **where) == approx(y1 + slope * (grand - x1))
    assert find.value(records, "df", group="KP-VP", **where) == 3
    assert find.value(records, "n", group="KP-VP", **where) == 6
    assert find.record(records, "p_value", group="KP-VP", **where).unit == "p"


# Seen at D0 and M3: K1 L1 and L2, K2 T12, K3 L1; V1 L3, V2 L1, V3 L1. K1's L5 was not treated, V3's T12 not seen at D0.
def test_the_main_analysis_counts_treated_vertebrae_seen_twice(data, find):
    records = height.estimate(data)
    where = {"parameter": "ANTHT", "visit": "M3", "analysis": "height.vertebral"}
    assert find.arms(records, "n", **where) == [4, 3]
    assert find.value(records, "n", group="KP-VP", **where) == 7
    assert find.record(records, "n", group="KP", **where).unit == "vertebrae"
    assert find.value(angle.estimate(data), "n", parameter="KYPHANG", group="KP-VP") == 7
    assert {r.method.split(":")[0] for r in records if r.analysis == "height.vertebral"} <= {
        "count", "mixed-ri-kr", "mixed-vc",
    }  # fmt: skip


def test_with_one_vertebra_each_the_mixed_model_is_least_squares_and_says_so(frames, find):
    first = frames["adproc"].groupby("USUBJID")["LEVEL"].first()
    for name in ("adproc", "adimg"):
        frames[name] = frames[name][frames[name]["LEVEL"] == frames[name]["USUBJID"].map(first)]
    frames["adimg"]["REGION"] = "LUMBAR"
    records = height.estimate(Datasets(frames))
    assert {r.method for r in records if r.parameter == "ANTHT" and r.statistic != "n"} == {"mixed-vc"}
    assert find.record(records, "estimate", parameter="ANTHT_BETWEEN").method.startswith("mixed-vc")


# Between the arms, M3 less D0: V4 has no M3, so 4 against 3 patients
def test_stature_stands_beside_the_vertebrae_in_centimetres(data, find):
    records = height.describe(data) + height.estimate(data) + height.sensitivity(data)
    found = find.record(records, "mean", parameter="STATURE", visit="D0", group="VP")
    assert (found.value, found.unit, found.analysis, found.sap) == (165.5, "cm", "height.stature", "5.2.4")
    assert find.value(records, "n", parameter="STATURE", visit="M3", group="KP-VP", analysis="height.stature") == 7
    assert find.record(records, "estimate", parameter="STATURE_CHG", group="KP-VP").method == "welch"


def test_unadjusted_contrast_is_that_of_the_changes(data, find):
    records = height.sensitivity(data)
    theirs = scipy_stats.ttest_ind([1, 3, 0.5], [-1, 1, 0.5], equal_var=False)
    where = {"parameter": "ANTHT_CHG", "group": "KP-VP"}
    assert find.value(records, "estimate", **where) == approx(4.5 / 3 - 0.5 / 3)
    assert find.value(records, "p_value", **where) == approx(theirs.pvalue)
    assert find.record(records, "p_value", **where).analysis == "height.vertebral_change"


def test_posterior_height_and_angle_are_read_from_their_own_rows(data, find):
    heights = height.describe(data)
    assert find.value(heights, "mean", parameter="POSHT", visit="D0", group="KP") == approx(1.5 * 20)
    angles = angle.describe(data) + angle.sensitivity(data)
    found = find.record(angles, "mean", parameter="KYPHANG", visit="D0", group="KP")
    assert (found.value, found.unit) == (approx(0.5 * 20), "degree")
    assert find.value(angles, "estimate", parameter="KYPHANG_CHG", group="VP") == approx(0.5 * 0.5 / 3)


# 9 treated vertebrae have a value at D0, V3's T12 has none. The readers differ by 1 everywhere: the bias is -1, the
# limits of agreement have no width, and the standard error of measurement, of two readings 1 apart, is 1 / sqrt(2)
def test_readers_are_compared_over_treated_vertebrae(data, find):
    records = height.agreement(data)
    found = find.record(records, "n", parameter="ANTHT_ICC", visit="D0")
    assert (found.value, found.unit, found.group) == (9, "vertebrae", "all")
    assert 0.9 < find.value(records, "estimate", parameter="ANTHT_ICC", visit="D0") < 1
    assert find.value(records, "estimate", parameter="ANTHT_BIAS", visit="D0") == approx(-1)
    assert find.value(records, "estimate", parameter="ANTHT_SEM", visit="D0") == approx(0.5**0.5)
    # 1.96 sqrt(2) SEM of the mean of two readings, SEM / sqrt(2)
    mdc = find.record(records, "estimate", parameter="ANTHT_MDC", visit="D0")
    assert (mdc.value, mdc.unit) == (approx(scipy_stats.norm.ppf(0.975) * 2**0.5 * 0.5, rel=1e-9), "mm")
    assert find.value(angle.agreement(data), "n", parameter="KYPHANG_ICC", visit="M3") == 8


def test_a_vertebra_read_once_is_left_out_of_the_agreement(frames, find):
    adimg = frames["adimg"]
    once = (adimg["USUBJID"] == "K1") & (adimg["AVISIT"] == "D0")
    frames["adimg"] = adimg.assign(READ2=adimg["READ2"].mask(once))
    records = height.agreement(Datasets(frames))
    assert find.value(records, "n", parameter="ANTHT_ICC", visit="D0") == 7
    assert find.value(records, "n", parameter="ANTHT_ICC", visit="M3") == 8


def test_the_same_seed_gives_the_same_interval_and_another_seed_another(synthetic, find):
    def limits(seed):
        records = angle.agreement(synthetic, resamples=200, bootstrap_seed=seed)
        return find.value(records, "lower95", parameter="KYPHANG_ICC", visit="D0")

    assert limits(1) == limits(1) != limits(2)


@pytest.mark.parametrize("kept", [("K1",), ("K1", "V1"), ("K1", "K2", "V1"), ("K1", "K2", "K3"), ()])
def test_too_few_patients_give_reasons_instead_of_numbers(without, kept):
    data = without(*(set(PATIENTS) - set(kept)))
    contrasts = [*height.estimate(data), *height.sensitivity(data), *angle.estimate(data), *angle.sensitivity(data)]
    contrasts = [r for r in contrasts if r.group == "KP-VP" and r.statistic in ("se", "lower95", "upper95", "p_value")]
    assert contrasts and all(r.value is None and ":" in r.method for r in contrasts)


def test_the_same_height_in_everyone_gives_reasons_instead_of_numbers(frames, find):
    frames["adimg"][["AVAL", "BASE", "READ1", "READ2"]] = 20.0
    data = Datasets(frames)
    adjusted = find.record(height.sensitivity(data), "estimate", parameter="ANTHT", group="KP-VP")
    assert (adjusted.value, adjusted.method) == (None, "ancova:collinear")
    change = find.record(height.describe(data), "lower95", parameter="ANTHT_CHG", group="KP")
    assert (change.value, change.method) == (None, "mean-t:no-variance")
    agreed = find.record(height.agreement(data), "estimate", parameter="ANTHT_ICC", visit="D0")
    assert (agreed.value, agreed.method) == (None, "icc-a1-cluster-bootstrap:no-variance")
