"""Data that cannot be imputed or analysed, or need no imputation, and arguments that are none."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats import means
from helpers.stats.missing import arrange, impute, impute_and_compare
from tests.stats.longitudinal import SMALL, made_up

METHODS = ("bayes", "approximate-bayes", "conditional-mean")


def compared(data, method="bayes", **options):
    columns = {**SMALL, "covariates_by_visit": ["base"]} | options
    return impute_and_compare(data, **columns, method=method, imputations=8, seed=1)


@pytest.mark.parametrize("method", METHODS)
def test_with_nobody_missing_the_result_is_that_of_the_data(method):
    data = made_up(2, dropout=0.0)
    found = compared(data, method).contrast(3)
    at_3 = data[data.visit == 3]
    expected = means.ancova(at_3, outcome="y", arm="arm", reference="VP", covariates=["base"]).contrasts["KP"]
    for name in ("n", "estimate", "se", "df", "lower", "upper", "p_value"):
        assert getattr(found, name) == approx(getattr(expected, name), rel=1e-10)
    assert (found.imputed, found.fmi, found.efficiency) == (0, 0.0, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_a_visit_that_an_arm_never_had_is_left_out_and_says_so(method):
    data = made_up(2)
    data.loc[(data.arm == "KP") & (data.visit == 3), "y"] = np.nan
    found = compared(data, method)
    assert found.contrast(3).reason == "too-few"
    absent = int(data.y[data.visit == 3].isna().sum())
    assert (found.contrast(3).estimate, found.contrast(3).n, found.contrast(3).imputed) == (None, 31, absent)
    kept = compared(data[data.visit < 3], method)
    assert found.contrast(2).estimate == approx(kept.contrast(2).estimate, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda d: d.assign(y=np.nan), "too-few"),
        (lambda d: d.assign(y=d.y.where(d.arm == "VP")), "too-few"),
        (lambda d: d.assign(y=d.y * 0 + 1), "no-variance"),
        (lambda d: d.assign(base=5.0), "collinear"),
        (lambda d: d[d.id.isin(["P000", "P001"])], "too-few"),
        (lambda d: d[d.id < "P009"], "singular"),
    ],
)
def test_data_that_determine_nothing_say_why(method, spoil, reason):
    found = compared(spoil(made_up(2, dropout=0.25)), method)
    contrast = found.contrast(3)
    assert (contrast.estimate, contrast.se, contrast.p_value) == (None, None, None)
    assert contrast.reason == reason


def test_visits_never_seen_together_leave_their_covariance_undetermined():
    data = made_up(2, dropout=0.0)
    early = data.id < "P015"
    data.loc[(early & (data.visit == 2)) | (~early & (data.visit == 3)), "y"] = np.nan
    assert compared(data).contrast(3).reason == "singular"
    # where the first visit is complete it needs no model
    assert compared(data).contrast(1).reason == ""


def test_a_patient_never_seen_is_imputed_except_where_the_strategy_says_nothing():
    data = made_up(2)
    data.loc[data.id == "P004", "y"] = np.nan
    for strategy in ("MAR", "JR", "CR", "CIR"):
        assert compared(data, strategy=strategy).contrast(3).reason == ""
    assert compared(data, strategy="LMCF").contrast(3).reason == "undefined"


def test_one_imputation_has_an_estimate_and_no_error():
    found = impute_and_compare(made_up(2), **SMALL, imputations=1, seed=3).contrast(3)
    assert (found.reason, found.se) == ("too-few", None)
    assert found.estimate is not None


def test_three_arms_have_two_contrasts():
    data = made_up(6, n=45)
    data["arm"] = np.repeat(np.array(["VP", "KP", "XX"])[np.arange(45) % 3], 3)
    found = compared(data, strategy="JR")
    assert set(found.visits[3].contrasts) == {"KP", "XX"}
    with pytest.raises(InvalidInput, match="arm"):
        found.contrast(3)
    with pytest.raises(InvalidInput, match="visit"):
        found.contrast(9)
    assert found.contrast(3, "XX").n == 30


def test_a_missing_covariate_is_refused_or_filled_with_the_mean():
    data = made_up(7)
    data.loc[data.id == "P003", "base"] = np.nan
    with pytest.raises(InvalidInput, match="base"):
        compared(data)
    filled = data.assign(base=data.base.fillna(data.groupby("id").base.first().mean()))
    assert compared(data, fill="mean").contrast(3).estimate == approx(compared(filled).contrast(3).estimate, rel=1e-9)


def test_a_formula_says_the_same_as_the_lists_of_covariates():
    data = made_up(8, gaps=0.1)
    lists = compared(data, "conditional-mean", covariates=["sex"], strategy="JR").contrast(3)
    formula = {"covariates": ["sex", "base"], "covariates_by_visit": (), "strategy": "JR"}
    written = compared(data, "conditional-mean", formula="arm * visit + base * visit + sex", **formula).contrast(3)
    assert (written.estimate, written.se) == approx((lists.estimate, lists.se), rel=1e-7)
    with pytest.raises(InvalidInput, match="formula"):
        compared(data, formula="arm * visit + nothing", **formula)


# R rbmi, vignette on retrieved dropout: a covariate that changes over time and tells on from off treatment
def test_a_covariate_may_change_over_time_if_it_is_known_at_every_visit():
    data = made_up(9, n=60, dropout=0.2)
    data["off"] = ((data.id < "P010") & (data.visit > 1)).astype(float)
    found = compared(data, "conditional-mean", covariates=["off"], adjust=["base"])
    assert found.contrast(3).reason == ""
    with pytest.raises(InvalidInput, match="off"):
        compared(data.assign(off=data.off.where(~((data.id == "P003") & (data.visit == 2)))), covariates=["off"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "z"},
        {"reference": "ZZ"},
        {"strategy": "LOCF"},
        {"strategy": {"ZZ": "JR"}},
        {"references": {"KP": "ZZ"}},
        {"visits": [1, 9]},
        {"method": "guess"},
        {"seed": None},
        {"imputations": 0},
        {"level": 95},
        {"delta": {"ZZ": 1}},
        {"adjust": ["height"]},
        {"covariance": "AR1"},
        {"resampling": "both"},
        {"variance": "none"},
        {"rule": "none"},
        {"fill": "guess"},
        {"events": pd.DataFrame({"id": ["P999"], "visit": [2]})},
        {"events": pd.DataFrame({"id": ["P001", "P001"], "visit": [2, 3]})},
        {"events": pd.DataFrame({"id": ["P001"]})},
    ],
)
def test_arguments_that_are_none_are_refused(wrong):
    with pytest.raises(InvalidInput):
        impute_and_compare(made_up(1), **({**SMALL, "covariates": ["base"], "imputations": 2, "seed": 1} | wrong))


def test_rows_that_contradict_each_other_are_refused():
    data = made_up(1)
    twice = pd.concat([data, data.iloc[:1]])
    elsewhere = data.assign(arm=data.arm.where(data.index != 1, "VP"))
    nameless = data.assign(id=data.id.where(data.index != 1))
    endless = data.assign(y=data.y.where(data.index != 0, np.inf))
    several = {"several rows": twice, "several arms": elsewhere, "without": nameless, "infinite": endless}
    for word, wrong in several.items():
        with pytest.raises(InvalidInput, match=word):
            compared(wrong)


def test_completed_data_sets_can_be_looked_at():
    data = made_up(2)
    made = impute(arrange(data, **SMALL), imputations=2, seed=1)
    frame = made.frame(1)
    seen = frame[~frame.imputed].merge(data.dropna(), left_on=["subject", "visit"], right_on=["id", "visit"])
    assert len(seen) == data.y.notna().sum()
    assert seen.value.tolist() == approx(seen.y.tolist())
    assert frame.imputed.sum() == data.y.isna().sum()
