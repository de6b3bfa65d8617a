import numpy as np
import pytest
from pytest import approx
from scipy import stats as scipy_stats

from helpers.data import Datasets
from helpers.endpoints import volume_pain
from tests.endpoints.eight import PATIENTS

# Relief D0 - M3 and total volume of the treated with both: K1 5, 8; K2 4, 10; K3 3, 4; V1 5, 3; V2 2, 5; V3 3.5, 6
VOLUME = [8, 10, 4, 3, 5, 6]
RELIEF = [5, 4, 3, 5, 2, 3.5]


def test_volume_is_described_by_technique_received(data, find):
    records = volume_pain.describe(data)
    kp = find.record(records, "mean", parameter="VOLTOT", group="KP")
    assert (kp.value, kp.unit, kp.visit) == (9.0, "mL", "D0")
    assert find.value(records, "n", parameter="VOLTOT", group="VP") == 5
    assert find.value(records, "median", parameter="VOLMEAN", group="VP") == 3.0  # 4, 3, 5, 3, 2


def test_correlation_of_volume_and_relief_agrees_with_scipy(data, find):
    records = volume_pain.estimate(data)
    theirs = scipy_stats.spearmanr(VOLUME, RELIEF)
    where = {"parameter": "VOLTOT", "group": "all"}
    assert find.value(records, "n", **where) == 6
    assert find.value(records, "estimate", **where) == approx(theirs.statistic, rel=1e-6)
    assert find.value(records, "p_value", **where) == approx(theirs.pvalue, rel=1e-6)
    assert find.record(records, "lower95", **where).method == "spearman-bonett-wright"


def test_too_few_pairs_in_a_technique_say_so(data, find):
    record = find.record(volume_pain.estimate(data), "estimate", parameter="VOLTOT", group="KP")
    assert (record.value, record.method) == (None, "spearman-bonett-wright:too-few")


# Second way: partial correlation from the three plain ones, recursively (Fisher 1924), on ranks
def test_partial_correlation_agrees_with_the_recursive_formula(data, find):
    base, kp = [8, 6, 7, 9, 7, 5], [1, 1, 0, 0, 0, 0]
    ranks = [scipy_stats.rankdata(v) for v in (VOLUME, RELIEF, base, kp)]

    def r(i, j, held):
        if not held:
            return scipy_stats.pearsonr(ranks[i], ranks[j]).statistic
        k, rest = held[0], held[1:]
        a, b, c = r(i, j, rest), r(i, k, rest), r(j, k, rest)
        return (a - b * c) / ((1 - b * b) * (1 - c * c)) ** 0.5

    records = [r for r in volume_pain.sensitivity(data) if r.analysis == "volume_pain.partial"]
    found = find.record(records, "estimate", parameter="VOLTOT")
    assert found.value == approx(r(0, 1, [2, 3]), rel=1e-6)
    assert (found.group, found.method) == ("all", "partial-spearman-bonett-wright")
    with_levels = find.record(records, "estimate", parameter="VOLTOT_LEVELS")  # six pairs, three held
    assert (with_levels.value, with_levels.method) == (None, "partial-spearman-bonett-wright:too-few")


# Pain at M3 of K1 K2 K3 V1 V2 V3 on volume, pain before and the technique received
def test_the_slope_is_that_of_least_squares(data, find):
    records = [r for r in volume_pain.sensitivity(data) if r.analysis == "volume_pain.slope"]
    design = np.column_stack([np.ones(6), VOLUME, [8, 6, 7, 9, 7, 5], [1, 1, 0, 0, 0, 0]])
    coefficients, *_ = np.linalg.lstsq(design, [3, 2, 4, 4, 5, 1.5])
    found = find.record(records, "estimate", parameter="VOLTOT")
    assert (found.value, found.unit) == (approx(coefficients[1], rel=1e-9), "slope")
    assert find.value(records, "df", parameter="VOLTOT") == 2
    assert find.value(records, "n", parameter="VOLTOT") == 6


def test_the_bootstrap_has_the_same_estimate_with_limits_of_its_own(data, find):
    plain = volume_pain.estimate(data)
    records = [r for r in volume_pain.sensitivity(data, resamples=200) if r.analysis == "volume_pain.bootstrap"]
    where = {"parameter": "VOLTOT", "group": "all"}
    assert find.value(records, "estimate", **where) == approx(find.value(plain, "estimate", **where))
    assert find.record(records, "lower95", **where).method == "spearman-bca"
    assert "p_value" not in {r.statistic for r in records}


# Six volumes in order 3 4 | 5 6 | 8 10 with reliefs 5 3 | 2 3.5 | 5 4
def test_thirds_of_volume_by_hand(data, find):
    records = volume_pain.tertiles(data)
    assert [find.value(records, "n", parameter=t) for t in ("T1", "T2", "T3")] == [2, 2, 2]
    assert [find.value(records, "median", parameter=t) for t in ("T1", "T2", "T3")] == [3.5, 5.5, 9.0]
    assert [find.value(records, "estimate", parameter=t) for t in ("T1", "T2", "T3")] == [4.0, 2.75, 4.5]
    assert [find.value(records, "max", parameter=t) for t in ("T1", "T2")] == [4.0, 6.0]
    assert find.record(records, "min", parameter="T1").unit == "mL"
    assert find.record(records, "lower95", parameter="T1").unit == "points"


def test_patients_with_the_same_volume_fall_into_the_same_third(frames, find):
    frames["adsl"]["VOLTOT"] = frames["adsl"]["VOLTOT"].where(frames["adsl"]["VOLTOT"].isna(), 5.0)
    records = volume_pain.tertiles(Datasets(frames))
    assert [find.value(records, "n", parameter=t) for t in ("T1", "T2", "T3")] == [0, 6, 0]
    assert find.record(records, "median", parameter="T1").method == "median:too-few"
    assert find.record(records, "estimate", parameter="T3").method == "mean-t:too-few"


def test_relief_that_never_varies_has_no_correlation(frames, find):
    advs = frames["advs"]
    advs.loc[advs["AVISIT"] == "M3", "AVAL"] = advs["BASE"] - 2
    data = Datasets(frames)
    record = find.record(volume_pain.estimate(data), "estimate", parameter="VOLTOT", group="all")
    assert (record.value, record.method) == (None, "spearman-bonett-wright:no-variance")
    assert find.record(volume_pain.tertiles(data), "lower95", parameter="T1").method == "mean-t:no-variance"


@pytest.mark.parametrize("kept", [(), ("K1",), ("K1", "V1"), ("K1", "K2", "V1", "V2")])
def test_too_few_patients_give_reasons_instead_of_numbers(without, kept):
    data = without(*(set(PATIENTS) - set(kept)))
    for function in (volume_pain.describe, volume_pain.estimate, volume_pain.sensitivity, volume_pain.tertiles):
        assert all(r.value is not None or ":" in r.method for r in function(data))
