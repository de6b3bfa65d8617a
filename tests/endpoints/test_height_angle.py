import pytest
from pytest import approx
from scipy import stats as scipy_stats

from helpers.data import Datasets
from helpers.endpoints import angle, height


# K1: L1 and L2 average 22 at D0 and 23 at M3, its untreated L5 counts nowhere. K2: 17 at D0; at M3 only T12, 19.
# K3: 21, then 21.5.
def test_heights_are_averaged_within_the_patient_first(data, find):
    records = height.describe(data)
    where = {"parameter": "ANTHT", "group": "KP", "analysis": "height.vertebral"}
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
def test_adjusted_contrast_is_the_analysis_of_covariance_of_patient_means(data, find):
    kp, vp = [(22, 23), (16, 19), (21, 21.5)], [(25, 24), (19, 20), (18, 18.5)]

    def within(arm):
        bx, by = sum(x for x, _ in arm) / 3, sum(y for _, y in arm) / 3
        return sum((x - bx) ** 2 for x, _ in arm), sum((x - bx) * (y - by) for x, y in arm), bx, by

    (sxx1, sxy1, x1, y1), (sxx0, sxy0, x0, y0) = within(kp), within(vp)
    slope = (sxy1 + sxy0) / (sxx1 + sxx0)
    records = height.estimate(data)
    where = {"parameter": "ANTHT", "visit": "M3"}
    assert find.value(records, "estimate", group="KP-VP", **where) == approx(y1 - y0 - slope * (x1 - x0))
    grand = (x1 + x0) / 2
    assert find.value(records, "estimate", group="KP", **where) == approx(y1 + slope * (grand - x1))
    assert find.value(records, "df", group="KP-VP", **where) == 3
    assert find.value(records, "n", group="KP-VP", **where) == 6
    assert find.record(records, "p_value", group="KP-VP", **where).unit == "p"


def test_stature_stands_beside_the_vertebrae_in_centimetres(data, find):
    records = height.describe(data) + height.estimate(data) + height.sensitivity(data)
    found = find.record(records, "mean", parameter="STATURE", visit="D0", group="VP")
    assert (found.value, found.unit, found.analysis, found.sap) == (165.5, "cm", "height.stature", "5.2.3")
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
    angles = angle.describe(data) + angle.estimate(data) + angle.sensitivity(data)
    found = find.record(angles, "mean", parameter="KYPHANG", visit="D0", group="KP")
    assert (found.value, found.unit) == (approx(0.5 * 20), "degree")
    assert find.value(angles, "estimate", parameter="KYPHANG_CHG", group="VP") == approx(0.5 * 0.5 / 3)


# 9 treated vertebrae have a value at D0, V3's T12 has none; the readers differ by 1 everywhere
def test_readers_are_compared_over_treated_vertebrae(data, find):
    records = height.agreement(data)
    found = find.record(records, "n", parameter="ANTHT_ICC", visit="D0")
    assert (found.value, found.unit, found.group) == (9, "vertebrae", "all")
    assert 0.9 < find.value(records, "estimate", parameter="ANTHT_ICC", visit="D0") < 1
    assert find.value(angle.agreement(data), "n", parameter="KYPHANG_ICC", visit="M3") == 8


@pytest.mark.parametrize("kept", [("K1",), ("K1", "V1"), ("K1", "K2", "V1"), ("K1", "K2", "K3"), ()])
def test_too_few_patients_give_reasons_instead_of_numbers(without, kept):
    data = without(*({"K1", "K2", "K3", "K4", "V1", "V2", "V3", "V4"} - set(kept)))
    for module in (height, angle):
        for function in (module.describe, module.estimate, module.sensitivity, module.agreement):
            missing = [r for r in function(data) if r.value is None]
            assert all(":" in r.method for r in missing)
    contrast = [r for r in height.estimate(data) if r.group == "KP-VP" and r.statistic == "estimate"]
    assert {r.method for r in contrast} == {"ancova:too-few"}


def test_the_same_height_in_everyone_gives_reasons_instead_of_numbers(frames, find):
    frames["adimg"][["AVAL", "BASE", "READ1", "READ2"]] = 20.0
    data = Datasets(frames)
    adjusted = find.record(height.estimate(data), "estimate", parameter="ANTHT", group="KP-VP")
    assert (adjusted.value, adjusted.method) == (None, "ancova:collinear")
    change = find.record(height.describe(data), "lower95", parameter="ANTHT_CHG", group="KP")
    assert (change.value, change.method) == (None, "mean-t:no-variance")
    agreed = find.record(height.agreement(data), "estimate", parameter="ANTHT_ICC", visit="D0")
    assert (agreed.value, agreed.method) == (None, "icc-a1:no-variance")
