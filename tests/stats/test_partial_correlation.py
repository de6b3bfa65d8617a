"""Partial correlations. Every case below names its source in tests/reference/cases.json or the call that printed it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.correlation import (
    bonett_wright,
    partial,
    partial_spearman,
    pearson,
    pearson_limits,
    semipartial,
    semipartial_limits,
    spearman,
    spearman_limits,
)
from tests.stats.reference import cases

A = [2.1, 3.4, 1.2, 5.6, 4.4, 7.7, 6.1, 0.3, 8.2]
B = [1.0, 2.2, 2.9, 3.1, 9.0, 4.5, 6.6, 0.7, 5.2]

PPCOR = [
    ("cv1", partial, {"covariates": ["cv1"]}),
    ("cv12", partial, {"covariates": ["cv1", "cv2"]}),
    ("cv123", partial, {"covariates": ["cv1", "cv2", "cv3"]}),
    ("spearman_cv123", partial, {"covariates": ["cv1", "cv2", "cv3"], "method": "spearman"}),
    ("semi_y_cv1", semipartial, {"y_covariates": ["cv1"]}),
    ("semi_y_cv12", semipartial, {"y_covariates": ["cv1", "cv2"]}),
    ("semi_y_cv123", semipartial, {"y_covariates": ["cv1", "cv2", "cv3"]}),
]


# R ppcor by way of pingouin's tests (case PPCOR-30)
@pytest.mark.parametrize(("key", "function", "options"), PPCOR)
def test_partial_and_semipartial_correlations_match_ppcor(key, function, options):
    case = cases()["PPCOR-30"]
    found = function(pd.DataFrame(case["inputs"]["data"]), x="x", y="y", **options)
    assert [found.estimate, found.p_value] == approx(case["expected"][key], abs=1e-6)


def test_taking_covariates_out_of_x_is_not_taking_them_out_of_y():
    case = cases()["PPCOR-30"]
    data = pd.DataFrame(case["inputs"]["data"])
    found = semipartial(data, x="x", y="y", x_covariates=["cv1", "cv2", "cv3"])
    assert found.estimate == approx(case["expected"]["semi_x_cv123"], abs=1e-6)
    # pingouin tests/test_correlation.py, from spcor.test() on ranks
    ranked = semipartial(data, x="x", y="y", y_covariates=["cv1", "cv2", "cv3"], method="spearman")
    assert (ranked.estimate, ranked.p_value) == approx((0.4597143, 0.01584262), abs=1e-7)


# Second way: correlate residuals of ordinary least squares
@pytest.mark.parametrize("method", ["pearson", "spearman"])
@given(st.integers(0, 10_000))
@settings(max_examples=8)
def test_partial_correlations_agree_with_residuals(method, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(9, 30))
    data = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("xyab"))
    data["y"] += data["a"] - data["x"]
    values = data.rank() if method == "spearman" else data
    held = np.column_stack([np.ones(n), values["a"], values["b"]])
    left = {c: values[c] - held @ np.linalg.lstsq(held, values[c], rcond=None)[0] for c in "xy"}
    found = partial(data, x="x", y="y", covariates=["a", "b"], method=method, alternative="greater")
    assert found.estimate == approx(np.corrcoef(left["x"], left["y"])[0, 1], rel=1e-6, abs=1e-9)
    t = found.estimate * np.sqrt((n - 4) / (1 - found.estimate**2))
    assert found.p_value == approx(scipy_stats.t.sf(t, n - 4), rel=1e-6)
    semi = semipartial(data, x="x", y="y", x_covariates=["a", "b"], method=method)
    assert semi.estimate == approx(np.corrcoef(left["x"], values["y"])[0, 1], rel=1e-6, abs=1e-9)
    ends = pearson_limits if method == "pearson" else spearman_limits
    assert (semi.lower, semi.upper) == approx(ends(semi.estimate, n, held=2), rel=1e-9)
    scaled = partial(data * 1e-9, x="x", y="y", covariates=["a", "b"], method=method)
    assert scaled.estimate == approx(found.estimate, rel=1e-6)


# Third way: pingouin
def test_partial_correlations_agree_with_pingouin():
    import pingouin

    data = pd.DataFrame(cases()["PPCOR-30"]["inputs"]["data"])
    for method in ("pearson", "spearman"):
        theirs = pingouin.partial_corr(data, x="x", y="y", covar=["cv1", "cv3"], method=method).iloc[0]
        found = partial(data, x="x", y="y", covariates=["cv1", "cv3"], method=method)
        assert (found.estimate, found.p_value) == approx((theirs["r"], theirs["p_val"]), rel=1e-9)
        theirs = pingouin.partial_corr(data, x="x", y="y", x_covar=["cv1", "cv3"], method=method).iloc[0]
        found = semipartial(data, x="x", y="y", x_covariates=["cv1", "cv3"], method=method)
        assert (found.estimate, found.p_value) == approx((theirs["r"], theirs["p_val"]), rel=1e-9)


# The residuals agree, although neither x nor y is determined by the covariate alone
def test_a_perfect_partial_correlation_has_no_interval():
    data = pd.DataFrame({"x": [1.0, 2, 4, 3, 7, 5], "z": [2.0, 1, 4, 4, 3, 7]}).assign(y=lambda d: 3 * d["z"] - d["x"])
    found = partial(data, x="x", y="y", covariates=["z"])
    assert (found.estimate, found.p_value, found.lower, found.reason) == (-1.0, 0.0, None, "no-variance")
    semi = semipartial(data, x="x", y="y", x_covariates=["z"], interval="aloe-becker")
    assert -1 < semi.estimate < 0
    assert (semi.lower, semi.reason) == (None, "no-variance")


# By its definition, with the squared multiple correlation of statsmodels
def test_aloe_becker_interval_takes_the_multiple_correlation():
    import statsmodels.formula.api as smf

    data = pd.DataFrame(cases()["PPCOR-30"]["inputs"]["data"])
    found = semipartial(data, x="x", y="y", x_covariates=["cv1", "cv2"], interval="aloe-becker")
    squared = smf.ols("y ~ x + cv1 + cv2", data).fit().rsquared
    assert (found.lower, found.upper) == approx(semipartial_limits(found.estimate, squared, 30), rel=1e-9)
    without = smf.ols("y ~ cv1 + cv2", data).fit().rsquared
    assert found.estimate**2 == approx(squared - without, rel=1e-9)


def test_without_covariates_a_partial_correlation_is_a_plain_one():
    data = pd.DataFrame({"x": A, "y": B})
    for method, plain in (("pearson", pearson(A, B)), ("spearman", spearman(A, B))):
        found = partial(data, x="x", y="y", covariates=[], method=method)
        assert (found.estimate, found.p_value, found.lower) == approx((plain.estimate, plain.p_value, plain.lower))


# R ppcor by way of pingouin's tests (case PPCOR-30)
def test_partial_spearman_matches_ppcor():
    case = cases()["PPCOR-30"]
    data = pd.DataFrame(case["inputs"]["data"])
    found = partial_spearman(data, x="x", y="y", covariates=["cv1", "cv2", "cv3"])
    assert [found.estimate, found.p_value] == approx(case["expected"]["spearman_cv123"], abs=1e-6)
    assert (found.lower, found.upper) == approx(bonett_wright(found.estimate, 30, held=3), rel=1e-12)


# Second way: correlate what ordinary least squares on the covariates' ranks leaves of the ranks
@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_partial_spearman_agrees_with_the_correlation_of_residual_ranks(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 30))
    data = pd.DataFrame(rng.normal(size=(n, 3)), columns=["x", "y", "base"]).assign(
        arm=(np.arange(n) % 2).astype(float)
    )
    data["y"] += data["base"]
    found = partial_spearman(data, x="x", y="y", covariates=["base", "arm"])
    ranks = data.rank()
    held = np.column_stack([np.ones(n), ranks["base"], ranks["arm"]])
    left = [ranks[c] - held @ np.linalg.lstsq(held, ranks[c], rcond=None)[0] for c in ("x", "y")]
    r = np.corrcoef(*left)[0, 1]
    t = r * np.sqrt((n - 4) / (1 - r * r))
    assert found.estimate == approx(r, rel=1e-6)
    assert found.p_value == approx(2 * scipy_stats.t.sf(abs(t), n - 4), rel=1e-6)


def test_partial_spearman_without_enough_data_says_why():
    data = pd.DataFrame({"x": [1, 4, 2, 3, 6, 5], "y": [2, 1, 4, 3, 5, 7], "arm": [0] * 6, "same": [1, 4, 2, 3, 6, 5]})
    assert partial_spearman(data[:4], x="x", y="y", covariates=["arm"]).reason == "too-few"
    assert partial_spearman(data, x="x", y="y", covariates=["arm"]).reason == "collinear"
    assert partial_spearman(data, x="x", y="y", covariates=["same"]).reason == "collinear"
    assert partial_spearman(data.assign(x=1), x="x", y="y", covariates=["same"]).reason == "no-variance"


def test_rounding_is_no_variance():
    data = pd.DataFrame({"x": [0.1 + 0.2, 0.3, 0.3, 0.3, 0.3], "y": [1, 2, 3, 5, 4], "z": [1, 3, 2, 2, 1]})
    assert partial(data, x="x", y="y", covariates=["z"]).reason == "no-variance"


@pytest.mark.parametrize(
    "call",
    [
        lambda: partial(pd.DataFrame({"x": A, "y": B}), x="x", y="y", covariates=["z"]),
        lambda: partial(pd.DataFrame({"x": A, "y": B}), x="x", y="y", covariates=["y"]),
        lambda: partial(pd.DataFrame({"x": A, "y": list("abcdefghi")}), x="x", y="y", covariates=[]),
        lambda: partial(pd.DataFrame({"x": A, "y": B}), x="x", y="y", covariates=[], method="kendall"),
        lambda: semipartial(pd.DataFrame({"x": A, "y": B}), x="x", y="y"),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
