"""Linear regression and analysis of variance. Every published value names the page or the call that printed it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats.regression import anova, linear

# SAS/STAT PROC GLM, unbalanced two-way layout of drug by disease; None is missing
DISEASE = {
    (1, 1): [42, 44, 36, 13, 19, 22], (1, 2): [33, None, 26, None, 33, 21], (1, 3): [31, -3, None, 25, 25, 24],
    (2, 1): [28, None, 23, 34, 42, 13], (2, 2): [None, 34, 33, 31, None, 36], (2, 3): [3, 26, 28, 32, 4, 16],
    (3, 1): [None, None, 1, 29, None, 19], (3, 2): [None, 11, 9, 7, 1, -6], (3, 3): [21, 1, None, 9, 3, None],
    (4, 1): [24, None, 9, 22, -2, 15], (4, 2): [27, 12, 12, -5, 16, 15], (4, 3): [22, 7, 25, 5, 12, None],
}  # fmt: skip


def disease() -> pd.DataFrame:
    rows = [(drug, ill, y) for (drug, ill), values in DISEASE.items() for y in values]
    return pd.DataFrame(rows, columns=["drug", "disease", "y"])


# The same example, as printed by SAS and by CAMIS R/anova.qmd: sums of squares and F of types I, II and III
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (1, {"drug": (3133.239, 9.4558), "disease": (418.834, 1.8960), "drug:disease": (707.266, 1.0672)}),
        (2, {"drug": (3063.433, 9.2451), "disease": (418.834, 1.8960), "drug:disease": (707.266, 1.0672)}),
        (3, {"drug": (2997.472, 9.0460), "disease": (415.873, 1.8826), "drug:disease": (707.266, 1.0672)}),
    ],
)
def test_sums_of_squares_match_sas(kind, expected):
    options = {"outcome": "y", "factors": ["drug", "disease"], "interactions": [("drug", "disease")]}
    found = anova(disease(), **options, kind=kind)
    for term, (squares, f) in expected.items():
        assert found[term].sum_of_squares == approx(squares, abs=6e-4)
        assert found[term].statistic == approx(f, abs=6e-5)
        assert found[term].df_residual == 46
    assert found["drug"].df == 3
    if kind == 3:
        assert (found["drug"].p_value, found["disease"].p_value) == approx((8.086e-05, 0.1637), rel=4e-4)


# CAMIS R/anova.qmd: tidy(lm(y ~ drug * disease)), and glance() of it
def test_coefficients_match_camis():
    found = linear(disease(), outcome="y", factors=["drug", "disease"], interactions=[("drug", "disease")])
    for name, estimate, se, t in (
        ("Intercept", 29.3, 4.29, 6.84), ("drug[2]", -1.33, 6.36, -0.210), ("disease[3]", -8.93, 6.36, -1.40),
        ("drug[3]:disease[2]", -10.9, 10.2, -1.06),
    ):  # fmt: skip
        c = found.coefficients[name]
        assert (c.estimate, c.se, c.statistic) == approx((estimate, se, t), rel=5e-3)
    assert (found.r_squared, found.adjusted_r_squared, found.sigma) == approx((0.456, 0.326, 10.5), rel=2e-3)
    assert (found.n, found.df) == (58, 46)


def test_sequential_sums_of_squares_depend_on_the_order_and_add_up():
    options = {"outcome": "y", "factors": ["drug", "disease"], "kind": 1}
    first, second = anova(disease(), **options), anova(disease(), **options, order=["disease", "drug"])
    assert first["drug"].sum_of_squares != approx(second["drug"].sum_of_squares)
    assert sum(t.sum_of_squares for t in first.values()) == approx(sum(t.sum_of_squares for t in second.values()))


def random_data(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(14, 40))
    data = pd.DataFrame(rng.normal(size=(n, 2)), columns=["x", "z"])
    data["g"] = np.where(np.arange(n) % 3 == 0, "a", np.where(np.arange(n) % 3 == 1, "b", "c"))
    data["y"] = 1 + data["x"] - 0.3 * data["x"] * data["z"] + (data["g"] == "b") + rng.normal(size=n)
    return data


# Second way: statsmodels, with t distribution for the robust covariances too
@pytest.mark.parametrize("variances", ["equal", "hc0", "hc1", "hc2", "hc3"])
@given(st.integers(0, 10_000))
@settings(max_examples=5)
def test_coefficients_agree_with_statsmodels(variances, seed):
    import statsmodels.formula.api as smf

    data = random_data(seed)
    found = linear(
        data, outcome="y", covariates=["x", "z"], factors=["g"], interactions=[("x", "z")], variances=variances
    )
    kind = "nonrobust" if variances == "equal" else variances.upper()
    model = smf.ols("y ~ g + x * z", data).fit(cov_type=kind, use_t=True)
    for name, theirs in (("Intercept", "Intercept"), ("g[b]", "g[T.b]"), ("x", "x"), ("x:z", "x:z")):
        c, limits = found.coefficients[name], model.conf_int().loc[theirs]
        assert (c.estimate, c.se, c.p_value) == approx(
            (model.params[theirs], model.bse[theirs], model.pvalues[theirs]), rel=1e-6
        )
        assert (c.lower, c.upper) == approx(tuple(limits), rel=1e-6, abs=1e-9)
    assert (found.r_squared, found.sigma) == approx((model.rsquared, model.mse_resid**0.5), rel=1e-9)


@pytest.mark.parametrize("kind", [1, 2, 3])
@given(st.integers(0, 10_000))
@settings(max_examples=5)
def test_sums_of_squares_agree_with_statsmodels(kind, seed):
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    data = random_data(seed)
    model = smf.ols("y ~ C(g, Sum) + x + C(g, Sum):x", data).fit()
    theirs = anova_lm(model, typ=kind)
    found = anova(data, outcome="y", covariates=["x"], factors=["g"], interactions=[("g", "x")], kind=kind)
    for name, row in (("g", "C(g, Sum)"), ("x", "x"), ("g:x", "C(g, Sum):x")):
        squares = (theirs.loc[row, "sum_sq"], theirs.loc[row, "F"], theirs.loc[row, "PR(>F)"])
        mine = (found[name].sum_of_squares, found[name].statistic, found[name].p_value)
        assert mine == approx(squares, rel=1e-6, abs=1e-12)


# Second way: the definition, with all matrices written out, Bell and McCaffrey 2002
def test_satterthwaites_degrees_of_freedom_match_their_definition():
    data = random_data(3)
    found = linear(data, outcome="y", covariates=["x", "z"], variances="hc3", degrees="satterthwaite")
    x = np.column_stack([np.ones(len(data)), data["x"], data["z"]])
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    left = (x @ bread)[:, 1]
    parts = [(np.eye(len(x)) - hat)[i] * left[i] / (1 - hat[i, i]) for i in range(len(x))]
    gram = np.array([[a @ b for b in parts] for a in parts])
    assert found.coefficients["x"].df == approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-9)
    assert linear(data, outcome="y", covariates=["x", "z"], variances="hc3").coefficients["x"].df == len(x) - 3


def test_variances_by_group_can_name_their_factor():
    data = random_data(5).assign(h=lambda frame: np.where(frame["z"] > 0, "p", "q"))
    options = {"outcome": "y", "covariates": ["x"], "factors": ["g", "h"], "variances": "by-group"}
    one, other = linear(data, **options), linear(data, **options, by="h")
    assert one.coefficients["x"].se != approx(other.coefficients["x"].se)
    with pytest.raises(InvalidInput, match="factor"):
        linear(data, outcome="y", covariates=["x"], variances="by-group")


def test_the_reference_level_and_a_declared_order_are_kept():
    data = random_data(1)
    found = linear(data, outcome="y", factors=["g"], references={"g": "c"})
    assert list(found.coefficients) == ["Intercept", "g[a]", "g[b]"]
    ordered = data.assign(g=pd.Categorical(data["g"], ["b", "c", "a", "unused"]))
    assert list(linear(ordered, outcome="y", factors=["g"]).coefficients) == ["Intercept", "g[c]", "g[a]"]
    with pytest.raises(InvalidInput, match="no factor"):
        linear(data, outcome="y", covariates=["x"], references={"g": "c"})


@given(st.floats(1e-4, 1e4), st.floats(-1e3, 1e3))
@settings(max_examples=20)
def test_a_change_of_unit_changes_the_slope_by_the_same_factor(scale, shift):
    data = random_data(2)
    plain = linear(data, outcome="y", covariates=["x"]).coefficients["x"]
    changed = linear(data.assign(x=data["x"] * scale + shift), outcome="y", covariates=["x"]).coefficients["x"]
    assert (changed.estimate * scale, changed.p_value) == approx((plain.estimate, plain.p_value), rel=1e-6)


def test_rows_with_a_missing_value_are_left_out():
    data = random_data(4)
    spoilt = data.astype({"g": object}).copy()
    spoilt.loc[0, "x"], spoilt.loc[1, "g"], spoilt.loc[2, "y"] = np.nan, None, np.inf
    found = linear(spoilt, outcome="y", covariates=["x"], factors=["g"])
    assert found == linear(data[3:], outcome="y", covariates=["x"], factors=["g"])


def test_a_factor_of_one_level_has_no_test():
    data = random_data(1).assign(one="x")
    for kind in (1, 2, 3):
        found = anova(data, outcome="y", covariates=["x"], factors=["one"], kind=kind)
        assert (found["one"].df, found["one"].reason) == (0, "collinear")
        assert found["x"].p_value is not None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"x": [], "y": []}, "too-few"),
        ({"x": [1, 2], "y": [3, 4]}, "too-few"),
        ({"x": [1, 1, 1], "y": [3, 4, 6]}, "collinear"),
        ({"x": [1, 2, 3], "y": [3, 5, 7]}, "no-variance"),
        ({"x": [1, 2, 4], "y": [3, 3, 3]}, "no-variance"),
    ],
)
def test_a_regression_without_enough_data_says_why(data, reason):
    frame = pd.DataFrame(data, dtype=float)
    found = linear(frame, outcome="y", covariates=["x"])
    assert found.reason == found.coefficients["x"].reason == reason
    assert (found.sigma, found.coefficients["x"].estimate) == (None, None)
    for kind in (1, 2, 3):
        test = anova(frame, outcome="y", covariates=["x"], kind=kind)["x"]
        assert (test.reason, test.statistic) == (reason, None)


@pytest.mark.parametrize(
    "call",
    [
        lambda d: linear(d, outcome="y", covariates=["w"]),
        lambda d: linear(d, outcome="y", covariates=["g"]),
        lambda d: linear(d, outcome="y", covariates=["x"], alternative="both"),
        lambda d: linear(d, outcome="y", covariates=["x"], variances="hc5"),
        lambda d: anova(d, outcome="y", covariates=["x"], kind=4),
        lambda d: anova(d, outcome="y", covariates=["x"], kind=2, variances="hc3"),
        lambda d: anova(d, outcome="y", covariates=["x", "z"], kind=1, order=["x"]),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call(random_data(1))
