"""Every case below names its source in tests/reference/cases.json or the R call that printed it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from sklearn.datasets import load_iris

from helpers.errors import InvalidInput
from helpers.stats.means import ancova, welch
from tests.stats.reference import cases, tolerance


def drug_data() -> pd.DataFrame:
    given = cases()["SAS-GLM-ANCOVA"]["inputs"]
    rows = [(a, b, c) for a in given["pre"] for b, c in zip(given["pre"][a], given["post"][a], strict=True)]
    return pd.DataFrame(rows, columns=["drug", "pre", "post"])


def trial() -> pd.DataFrame:
    """Three arms, two covariates and two factors of unequal frequencies, analysed by R below."""
    return pd.DataFrame(
        {
            "arm": list("AAAAAABBBBBBBCCCCC"),
            "region": list("tlttsltlllstlstlst"),
            "sex": list("fmmffmmfmfmfmffmfm"),
            "base": [6.1, 5.0, 7.4, 8.2, 6.6, 7.0, 5.5, 6.9, 8.8, 4.7, 6.3, 7.7, 5.9, 6.4, 7.2, 8.1, 5.2, 6.8],
            "age": [61, 55, 70, 48, 66, 59, 72, 64, 51, 58, 69, 62, 57, 75, 60, 53, 67, 63],
            "y": [3.9, 2.2, 5.1, 6.3, 2.8, 4.4, 2.1, 3.0, 5.6, 1.1, 2.9, 3.3, 2.4, 1.2, 2.9, 4.2, 0.3, 2.6],
        }
    )


def main_effects(**options):
    return ancova(
        trial(), outcome="y", arm="arm", reference="B", covariates=["base", "age"], factors=["region"], **options
    )


def rows_of(model, names="BAC"):
    return [(m.estimate, m.se, m.lower, m.upper) for m in (model.means[name] for name in names)]


# SAS/STAT PROC GLM, analysis of covariance (case SAS-GLM-ANCOVA)
def test_ancova_matches_sas():
    case = cases()["SAS-GLM-ANCOVA"]
    expected = case["expected"]
    found = ancova(drug_data(), outcome="post", arm="drug", reference="A", covariates=["pre"])
    for arm in "ADF":
        mean = found.means[arm]
        assert [mean.estimate, mean.se, mean.lower, mean.upper] == approx(expected[f"lsmean_{arm}"], abs=1e-6)
        assert (mean.n, mean.df) == (10, expected["df"])
    for pair in ("AD", "AF", "DF"):
        p = found.pairs[tuple(pair)].p_value
        assert p == approx(expected[f"p_{pair}"], abs=tolerance(case, f"p_{pair}"))
    slope = found.coefficients["pre"]
    assert [slope.estimate, slope.se] == approx(expected["slope"], abs=1e-6)
    assert (found.sigma, found.df) == (approx(expected["sigma"], abs=1e-6), 26)
    assert found.tests["drug"].statistic == approx(expected["type3_F"], abs=6e-5)
    assert found.tests["drug"].p_value == approx(expected["type3_p"], abs=6e-5)


# CAMIS, R and SAS results of the same data: contrasts C against A, and E against both, there with doubled coefficients
def test_ancova_coefficients_match_the_contrasts_of_camis():
    found = ancova(drug_data(), outcome="post", arm="drug", reference="A", covariates=["pre"])
    assert found.contrasts["D"].estimate == approx(0.109, abs=5e-4)
    assert found.contrasts["D"].se == approx(1.80, abs=5e-3)
    difference = 2 * found.means["F"].estimate - found.means["A"].estimate - found.means["D"].estimate
    assert difference == approx(6.783, abs=5e-4)


# emmeans documentation, fiber data (case EMMEANS-FIBER)
def test_ancova_and_its_tukey_adjustment_match_emmeans():
    case = cases()["EMMEANS-FIBER"]
    rows = [(m, s, d) for m, (ss, ds) in case["inputs"]["data"].items() for s, d in zip(ss, ds, strict=True)]
    data = pd.DataFrame(rows, columns=["machine", "strength", "diameter"])
    found = ancova(data, outcome="strength", arm="machine", reference="A", covariates=["diameter"], adjust="tukey")
    for arm in "ABC":
        mean = found.means[arm]
        assert [mean.estimate, mean.se, mean.lower, mean.upper] == approx(case["computed"][arm], rel=1e-8)
        assert [mean.estimate, mean.se, mean.lower, mean.upper] == approx(case["expected"][arm], abs=0.06)
    contrast = found.pairs["A", "B"]
    assert [contrast.estimate, contrast.se] == approx(case["computed"]["AminusB"], rel=1e-8)
    assert contrast.statistic == approx(case["expected"]["t_AB"], abs=6e-4)
    assert contrast.p_value == approx(case["computed"]["tukey_p_AB"], rel=1e-7)


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    """The iris data as R has them, which scikit-learn brings along."""
    found = load_iris()
    names = ["sepal", "width", "petal", "petal_width"]
    return pd.DataFrame(found.data, columns=names).assign(species=found.target_names[found.target])


# tern snapshot summarize_ancova.md (case TERN-ANCOVA-IRIS): species, petal length by petal width, sepal width
def test_ancova_with_an_interaction_of_covariates_matches_tern(iris):
    case = cases()["TERN-ANCOVA-IRIS"]
    model = ancova(
        iris, outcome="sepal", arm="species", reference="setosa", covariates=["petal", "petal_width", "width"],
        interactions=[("petal", "petal_width")], level=0.99,
    )  # fmt: skip
    found, mean = model.contrasts["versicolor"], model.means["versicolor"]
    assert [found.estimate, found.lower, found.upper] == approx(case["expected"]["diff"], abs=case["tol"])
    assert found.p_value == approx(case["expected"]["p"], abs=case["tol"])
    assert [mean.estimate, mean.se, mean.lower, mean.upper] == approx(case["expected"]["lsmean"], abs=case["tol"])


# tern snapshot summarize_ancova.md (case TERN-ANCOVA-IRIS2)
def test_ancova_matches_tern_on_iris(iris):
    found = ancova(iris, outcome="sepal", arm="species", reference="setosa", covariates=["petal"])
    computed = cases()["TERN-ANCOVA-IRIS2"]["computed"]
    means = [found.means[a].estimate for a in ("setosa", "versicolor", "virginica")]
    assert means == approx(computed["adj_means"], rel=1e-8)
    for arm in ("versicolor", "virginica"):
        contrast = found.contrasts[arm]
        assert [contrast.estimate, contrast.lower, contrast.upper] == approx(computed[f"{arm}_setosa"], rel=1e-8)


# R 4.2 emmeans 1.8: emmeans(lm(y ~ arm + base + age + region), "arm", ...), rows B, A, C
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {},
            [
                (2.970948475677, 0.205998620541, 2.517548568866, 3.424348382489),
                (3.916672915129, 0.205258277007, 3.464902493451, 4.368443336807),
                (2.208739080605, 0.219957133179, 1.724616694622, 2.692861466589),
            ],
        ),
        (
            {"weights": "proportional"},
            [
                (3.02426112993, 0.19290884658, 2.59967162135, 3.44885063850),
                (3.969985569377, 0.203925515198, 3.521148536663, 4.418822602091),
                (2.262051734853, 0.224863494181, 1.767130521115, 2.756972948591),
            ],
        ),
        (
            {"at": {"base": 5, "age": 60}},
            [
                (1.330717362942, 0.307483587016, 0.653950550948, 2.007484174935),
                (2.276441802393, 0.281738439059, 1.656339678997, 2.896543925790),
                (0.568507967870, 0.320581843460, -0.137087912181, 1.274103847920),
            ],
        ),
        (
            {"variances": "hc0"},
            [
                (2.970948475677, 0.254987452717, 2.409724876238, 3.532172075117),
                (3.916672915129, 0.169529994465, 3.543539913122, 4.289805917137),
                (2.208739080605, 0.081070706622, 2.030303658412, 2.387174502798),
            ],
        ),
        (
            {"variances": "hc3"},
            [
                (2.970948475677, 0.410940756888, 2.066473968090, 3.875422983265),
                (3.916672915129, 0.299932060671, 3.256526900556, 4.576818929702),
                (2.208739080605, 0.140321865592, 1.899892736800, 2.517585424411),
            ],
        ),
    ],
)
def test_adjusted_means_match_emmeans(options, expected):
    assert rows_of(main_effects(**options)) == [approx(row, rel=1e-10) for row in expected]


# R 4.2 emmeans 1.8: region by sex in the model, averaged over both with weights = ...
@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("proportional", (2.83285725894, 4.068014369032, 2.412382594643)),
        ("outer", (2.904553724935, 4.139710835024, 2.48407906064)),
        ("equal", (2.859570781289, 4.094727891378, 2.43909611699)),
    ],
)
def test_averaging_over_two_factors_matches_emmeans(weights, expected):
    found = ancova(
        trial(), outcome="y", arm="arm", reference="B", covariates=["base"], factors=["region", "sex"],
        interactions=[("region", "sex")], weights=weights,
    )  # fmt: skip
    assert tuple(found.means[a].estimate for a in "BAC") == approx(expected, rel=1e-10)


# R 4.2: emmeans(lm(y ~ arm * base + region), "arm", at = list(base = 8)), summary() and drop1() with contr.sum
def test_slopes_by_arm_match_r():
    found = ancova(
        trial(), outcome="y", arm="arm", reference="B", covariates=["base"], factors=["region"],
        interactions=[("arm", "base")], at={"base": 8},
    )  # fmt: skip
    assert rows_of(found) == [
        approx((4.172549134022, 0.296588947275, 3.511707777528, 4.833390490515), rel=1e-10),
        approx((5.599703020992, 0.350211127697, 4.819384000973, 6.380022041011), rel=1e-10),
        approx((3.70742970197, 0.39748331620, 2.82178168213, 4.59307772182), rel=1e-10),
    ]
    slope = found.coefficients["arm[A]:base"]
    assert (slope.estimate, slope.se, slope.p_value) == approx(
        (0.2883455552941, 0.257633012033, 0.289212922180), rel=1e-9
    )
    tests = {k: (t.df, t.sum_of_squares, t.statistic, t.p_value) for k, t in found.tests.items()}
    assert tests["arm"] == approx((2, 0.224437262, 0.46071, 0.64358), rel=3e-5)
    assert tests["base"] == approx((1, 19.219052968, 78.90262, 4.6553e-06), rel=3e-5)
    assert tests["region"] == approx((2, 0.824981796, 1.69346, 0.23259), rel=3e-5)
    assert tests["arm:base"] == approx((2, 0.334672513, 0.68699, 0.52534), rel=3e-5)


# R 4.2 emmeans 1.8: pairs(emmeans(...), adjust = ...) of B - C, limits and p-value
@pytest.mark.parametrize(
    ("adjust", "expected"),
    [
        ("tukey", (-0.0621624147073, 1.586581204852, 0.07053791940966)),
        ("sidak", (-0.0956375889484, 1.620056379093, 0.0863493266398)),
        ("scheffe", (-0.0991877983677, 1.623606588512, 0.084578588046255)),
        ("bonferroni", (-0.0985383177406, 1.62295710788, 0.088961287632317)),
        ("none", (0.0904114153227, 1.434007374822, 0.02965376254411)),
    ],
)
def test_adjusted_pairs_match_emmeans(adjust, expected):
    found = main_effects(adjust=adjust)
    pair = found.pairs["B", "C"]
    assert (pair.lower, pair.upper, pair.p_value) == approx(expected, rel=1e-8)
    assert found.contrasts["C"].p_value == approx(0.02965376254411, rel=1e-10)


def test_a_factor_can_be_held_at_one_of_its_levels():
    held, free = main_effects(at={"region": "t"}), main_effects()
    assert held.means["B"].estimate != approx(free.means["B"].estimate)
    assert held.contrasts["A"].estimate == approx(free.contrasts["A"].estimate, rel=1e-10)


# Second way: Welch's test is what a variance of each arm's own comes to without covariates
def test_variances_by_group_without_covariates_are_the_test_of_welch():
    data = trial()[lambda frame: frame["arm"] != "C"]
    found = ancova(data, outcome="y", arm="arm", reference="B", variances="by-group").contrasts["A"]
    theirs = welch(data.loc[data["arm"] == "A", "y"], data.loc[data["arm"] == "B", "y"])
    assert (found.estimate, found.se, found.df, found.lower, found.upper, found.p_value) == approx(
        (theirs.estimate, theirs.se, theirs.df, theirs.lower, theirs.upper, theirs.p_value), rel=1e-9
    )


# Imbens GW, Kolesar M. Rev Econ Stat 2016;98:701-712: degrees of freedom of HC2 for two groups in closed form
def test_degrees_of_freedom_of_hc2_match_their_closed_form_for_two_groups():
    data = trial()[lambda frame: frame["arm"] != "C"]
    n, m = 6, 7
    found = ancova(data, outcome="y", arm="arm", reference="B", variances="hc2", degrees="satterthwaite")
    expected = (n + m) ** 2 * (n - 1) * (m - 1) / (n**2 * (n - 1) + m**2 * (m - 1))
    assert found.contrasts["A"].df == approx(expected, rel=1e-9)
    assert found.contrasts["A"].se == approx(welch(data["y"][:6], data["y"][6:]).se, rel=1e-9)


# The interval of a robust variance keeps its level where the smaller arm varies more; the classical one does not.
# 300 trials give the coverage a standard error of .013
def test_robust_intervals_cover_where_the_arms_vary_unequally():
    rng = np.random.default_rng(20160301)
    covered = {"equal": 0, "hc3": 0, "by-group": 0}
    for _ in range(300):
        base = rng.normal(size=26)
        arm = np.where(np.arange(26) < 7, "K", "V")
        y = 0.5 * base + rng.normal(size=26) * np.where(arm == "K", 3.0, 1.0)
        data = pd.DataFrame({"arm": arm, "base": base, "y": y})
        for variances in covered:
            options = {"variances": variances, "degrees": "satterthwaite" if variances == "hc3" else "residual"}
            found = ancova(data, outcome="y", arm="arm", reference="V", covariates=["base"], **options).contrasts["K"]
            covered[variances] += found.lower <= 0 <= found.upper
    assert covered["equal"] < 265
    assert covered["by-group"] == approx(285, abs=11)
    assert covered["hc3"] >= 276


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_ancova_agrees_with_statsmodels(seed):
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    data = pd.DataFrame(
        {"arm": np.where(np.arange(n) % 3 == 0, "K", "V"), "base": rng.normal(6, 2, n), "age": rng.normal(60, 9, n)}
    )
    data["y"] = 2 + 0.5 * data["base"] - (data["arm"] == "K") + rng.normal(0, 1.5, n)
    data.loc[1, "y"] = np.nan
    found = ancova(data, outcome="y", arm="arm", reference="V", covariates=["base", "age"])
    model = smf.ols("y ~ C(arm, Treatment('V')) + base + age", data).fit()
    name = "C(arm, Treatment('V'))[T.K]"
    contrast = found.contrasts["K"]
    assert (contrast.estimate, contrast.se, contrast.p_value) == approx(
        (model.params[name], model.bse[name], model.pvalues[name]), rel=1e-6
    )
    assert (contrast.lower, contrast.upper) == approx(tuple(model.conf_int().loc[name]), rel=1e-6)
    used = data.dropna()
    at_mean = pd.DataFrame({"arm": ["K"], "base": [used["base"].mean()], "age": [used["age"].mean()]})
    theirs = model.get_prediction(at_mean).summary_frame().iloc[0]
    mean = found.means["K"]
    assert (mean.estimate, mean.se, mean.lower, mean.upper) == approx(
        (theirs["mean"], theirs["mean_se"], theirs["mean_ci_lower"], theirs["mean_ci_upper"]), rel=1e-6
    )


def two_arms(one, other) -> pd.DataFrame:
    rows = [("K", *pair) for pair in one] + [("V", *pair) for pair in other]
    return pd.DataFrame(rows, columns=["arm", "base", "y"]).astype({"base": float, "y": float})


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ([], [(1, 2), (2, 3), (3, 5)], "too-few"),
        ([(1, 2)], [(1, 2), (2, 3), (3, 5)], "too-few"),
        ([], [], "too-few"),
        ([(1, 2), (2, 2)], [(1, 1)], "too-few"),
        ([(4, 2), (4, 3)], [(4, 2), (4, 7)], "collinear"),
        ([(1, 2), (1, 3)], [(4, 2), (4, 7)], "collinear"),
        ([(1, 2), (2, 3), (3, 4)], [(1, 1), (2, 2), (3, 3)], "no-variance"),
        ([(1, 2), (2, 2), (3, 2)], [(1, 2), (2, 2), (3, 2)], "no-variance"),
    ],
)
def test_ancova_without_enough_data_says_why(one, other, reason):
    found = ancova(two_arms(one, other), outcome="y", arm="arm", reference="V", covariates=["base"])
    assert {m.reason for m in found.means.values()} == {reason}
    assert found.means["V"].n == len(other)
    assert all(m.estimate is m.lower is None for m in [*found.means.values(), *found.contrasts.values()])


def test_ancova_does_not_depend_on_the_units_of_the_covariate():
    data = two_arms([(1, 2), (2, 4), (5, 3)], [(1, 1), (3, 2), (4, 6)])
    small = ancova(data, outcome="y", arm="arm", reference="V", covariates=["base"]).contrasts["K"]
    data["base"] = data["base"] * 1e8 + 3e9
    large = ancova(data, outcome="y", arm="arm", reference="V", covariates=["base"]).contrasts["K"]
    assert (large.estimate, large.se, large.p_value) == approx((small.estimate, small.se, small.p_value), rel=1e-6)


def test_ancova_names_an_absent_column():
    with pytest.raises(InvalidInput, match="baseline"):
        ancova(two_arms([], []), outcome="y", arm="arm", reference="V", covariates=["baseline"])


# Truth recovery: 13 patients an arm as at month 3, adjusted difference -1, residual SD 2. 400 trials, so the
# coverage has a standard error of .011 and the mean estimate one of about .04
def test_ancova_recovers_the_truth_and_covers_it():
    rng = np.random.default_rng(20160301)
    estimates, covered = [], []
    for _ in range(400):
        base = rng.normal(6.8, 1.6, 26)
        y = 1 + 0.6 * base - (np.arange(26) < 13) + rng.normal(0, 2, 26)
        data = pd.DataFrame({"arm": ["K"] * 13 + ["V"] * 13, "base": base, "y": y})
        found = ancova(data, outcome="y", arm="arm", reference="V", covariates=["base"]).contrasts["K"]
        estimates.append(found.estimate)
        covered.append(found.lower <= -1 <= found.upper)
    assert np.mean(estimates) == approx(-1, abs=0.12)
    assert np.mean(covered) == approx(0.95, abs=0.033)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "cells"}, "weights"),
        ({"variances": "hc9"}, "variances"),
        ({"degrees": "kenward-roger"}, "degrees"),
        ({"adjust": "dunnett"}, "adjust"),
        ({"at": {"height": 3}}, "height"),
        ({"at": {"base": float("nan")}}, "base"),
        ({"at": {"region": "x"}}, "region"),
        ({"interactions": [("arm", "height")]}, "arm:height"),
        ({"interactions": [("arm",)]}, "arm"),
        ({"interactions": [("arm", "base"), ("base", "arm")]}, "twice"),
        ({"level": 1.0}, "level"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(InvalidInput, match=message):
        main_effects(**options)


def test_a_column_of_words_is_no_covariate():
    with pytest.raises(InvalidInput, match="numbers"):
        ancova(trial(), outcome="y", arm="arm", reference="B", covariates=["sex"])
    with pytest.raises(InvalidInput, match="twice"):
        ancova(trial(), outcome="y", arm="arm", reference="B", covariates=["base", "base"])


def test_a_row_that_decides_a_coefficient_alone_leaves_no_robust_variance():
    data = trial().assign(site=["x"] + ["z"] * 17)
    options = {"outcome": "y", "arm": "arm", "reference": "B", "factors": ["site"]}
    assert ancova(data, **options).contrasts["A"].se > 0
    assert ancova(data, **options, variances="hc3").contrasts["A"].reason == "too-few"


def test_a_factor_of_one_level_changes_nothing_and_one_equal_to_the_arm_is_collinear():
    data = trial().assign(one="x", same=lambda frame: frame["arm"].str.lower())
    options = {"outcome": "y", "arm": "arm", "reference": "B", "covariates": ["base"]}
    plain = ancova(data, **options)
    assert ancova(data, **options, factors=["one"]).contrasts["A"] == plain.contrasts["A"]
    assert ancova(data, **options, factors=["same"]).contrasts["A"].reason == "collinear"
