"""Multiple imputation, as the records tell it: what adds up, and what turns the sign."""

import numpy as np
import pytest
from pytest import approx

from helpers.data import Datasets
from helpers.endpoints import pain, qol

FEW = {"imputations": 10, "imputation_seed": 7}


@pytest.fixture(scope="module")
def imputed(synthetic):
    return pain.imputed(synthetic, delta_step=0.5, **FEW)


def shifts(records, prefix):
    found = {
        int(r.parameter.rsplit("_", 1)[1]) / 100: r.value
        for r in records
        if r.parameter.startswith(f"{prefix}_DELTA_") and r.statistic == "estimate"
    }
    return np.array(sorted(found.items()))


# 31 patients have a baseline; who is not rated at a visit is imputed
def test_everybody_with_a_baseline_is_in_every_contrast(imputed, synthetic, find):
    with_base = synthetic["advs"].query("PARAMCD == 'VAS' and BASE == BASE")["USUBJID"].nunique()
    for visit in pain.AFTER:
        for parameter in ("VAS", "VAS_JR", "VAS_CR"):
            assert find.value(imputed, "n", parameter=parameter, visit=visit) == with_base
            assert 0 <= find.value(imputed, "fmi", parameter=parameter, visit=visit) < 1


def test_the_first_shift_is_none_and_gives_the_estimate_at_random(imputed, find):
    at_random = find.value(imputed, "estimate", parameter="VAS", visit="M3")
    grid = shifts(imputed, "VAS")
    assert list(grid[:, 0]) == [0.5 * k for k in range(9)]
    assert grid[0, 1] == approx(at_random, rel=1e-9)


# Least squares are linear in the outcome, so that every step moves the estimate by as much; more pain is worse
def test_every_step_makes_kp_worse_by_as_much(imputed):
    steps = np.diff(shifts(imputed, "VAS")[:, 1])
    assert steps == approx(np.full(8, steps[0]), rel=1e-6)
    assert steps[0] > 0


# The straight line through two points of the grid meets zero at the tipping point, or beyond eight steps
def test_the_tipping_point_is_where_the_line_of_the_grid_meets_zero(synthetic, find):
    found = {}
    for step in (0.5, 5.0):
        records = pain.imputed(synthetic, delta_step=step, **FEW)
        grid = shifts(records, "VAS")
        zero = -grid[0, 1] * step / (grid[1, 1] - grid[0, 1])
        tipping = find.record(records, "estimate", parameter="VAS_TIPPING")
        assert tipping.unit == "points"
        if abs(zero) <= 8 * step:
            assert tipping.value == approx(zero, rel=1e-6)
        else:
            assert (tipping.value, tipping.method) == (None, "mi-tipping:no-tipping-point")
        found[step] = zero
    assert found[0.5] == approx(found[5.0], rel=1e-6)
    assert abs(found[5.0]) < 40


def test_without_a_missing_value_nothing_is_imputed(frames, synthetic, find):
    values = synthetic["advs"].query("PARAMCD == 'VAS'")
    counted = values.groupby("USUBJID")["AVISIT"].nunique()
    everywhere = counted.index[counted == 4]
    whole = Datasets(
        {name: frame[frame["USUBJID"].isin(everywhere)].reset_index(drop=True) for name, frame in synthetic.items()}
    )
    records, plain = pain.imputed(whole, **FEW), pain.sensitivity(whole)
    for visit in pain.AFTER:
        theirs = find.value(plain, "estimate", analysis="pain.vas_ancova", visit=visit, group="KP-VP")
        for parameter in ("VAS", "VAS_JR", "VAS_CR"):
            assert find.value(records, "estimate", parameter=parameter, visit=visit) == approx(theirs, rel=1e-9)
            assert find.value(records, "fmi", parameter=parameter, visit=visit) == approx(0, abs=1e-9)
    tipping = find.record(records, "estimate", parameter="VAS_TIPPING")
    assert (tipping.value, tipping.method) == (None, "mi-tipping:no-tipping-point")
    assert len(set(np.round(shifts(records, "VAS")[:, 1], 9))) == 1


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(synthetic, find):
    def estimate(seed):
        records = pain.imputed(synthetic, imputations=5, imputation_seed=seed)
        return find.value(records, "estimate", parameter="VAS", visit="M3")

    assert estimate(1) == estimate(1) != estimate(2)


def test_domains_have_the_three_analyses_too(data):
    records = qol.imputed(data, imputations=5)
    assert {r.analysis for r in records} == {"qol.dallas_mi", "qol.dallas_reference", "qol.dallas_delta"}
    assert {r.parameter.split("_")[0] for r in records} == set(qol.DOMAINS)
    assert {r.group for r in records} == {"KP-VP"}
