import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats
from sklearn.datasets import load_iris

from helpers.errors import InvalidInput
from helpers.stats.means import ancova, mean_t, welch
from helpers.stats.summary import summarise
from tests.stats.reference import cases

samples = st.lists(st.floats(-100, 100).map(lambda v: round(v, 3)), min_size=2, max_size=25)


@pytest.mark.parametrize(
    ("id", "first", "second", "keys"),
    [
        ("CAMIS-T-WTGAIN", "placebo", "treatment", ("welch_df", "welch_ci", "welch_p")),
        ("CAMIS-T-UNEQUAL", "a", "b", ("welch_df", "welch_ci", "welch_p")),
    ],
)
def test_welch_matches_the_reference_case(id, first, second, keys):
    case = cases()[id]
    found = welch(case["inputs"][first], case["inputs"][second])
    df, limits, p_value = (case["expected"][key] for key in keys)
    assert found.df == approx(df, abs=case["tol"] if id == "CAMIS-T-WTGAIN" else 6e-6)
    assert [found.lower, found.upper] == approx(limits, abs=1e-5)
    assert found.p_value == approx(p_value, abs=1e-5)


# statpsych documentation (case STATPSYCH-MEAN2) gives moments only: two samples of 40 with exactly these moments
def test_welch_matches_statpsych_for_given_moments():
    def sample(mean, sd):
        raw = np.tile([-1.0, 1.0], 20)
        return mean + sd * raw / raw.std(ddof=1)

    expected = cases()["STATPSYCH-MEAN2"]["expected"]
    found = welch(sample(19.4, 2.7), sample(11.3, 2.1))
    assert found.se == approx(expected["se"], abs=1e-6)
    assert found.df == approx(expected["welch_df"], abs=6e-3)
    assert [found.lower, found.upper] == approx(expected["welch_ci"], abs=1e-6)


@pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")  # scipy's word on a constant arm
@given(samples, samples)
@settings(max_examples=25, deadline=None)
def test_welch_agrees_with_scipy(x, y):
    found = welch(x, y)
    if found.reason:
        assert found.reason == "no-variance"
        assert np.ptp(x) < 1e-9 > np.ptp(y)
        return
    theirs = scipy_stats.ttest_ind(x, y, equal_var=False)
    limits = theirs.confidence_interval(0.95)
    assert (found.p_value, found.df) == approx((theirs.pvalue, theirs.df), rel=1e-6)
    assert (found.lower, found.upper) == approx((limits.low, limits.high), rel=1e-6, abs=1e-9)


# Equal sizes are where pingouin's default would choose Student's test
def test_welch_stays_welch_when_the_arms_are_of_equal_size():
    x, y = [1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 20.0, 60.0]
    assert welch(x, y).df == approx(scipy_stats.ttest_ind(x, y, equal_var=False).df)
    assert welch(x, y).df < 6


def test_missing_values_are_left_out():
    assert welch([1.0, np.nan, 2.0, 4.0], [None, 3.0, 5.0]) == welch([1.0, 2.0, 4.0], [3.0, 5.0])
    assert mean_t([1.0, None, 2.0]) == mean_t([1.0, 2.0])


@pytest.mark.parametrize(
    ("x", "y", "estimate", "reason"),
    [
        ([], [1.0, 2.0], None, "too-few"),
        ([1.0], [1.0, 2.0], -0.5, "too-few"),
        ([1.0, 2.0, 3.0], [5.0], -3.0, "too-few"),
        ([4.0, 4.0], [3.0, 3.0], 1.0, "no-variance"),
    ],
)
def test_welch_without_enough_data_says_why(x, y, estimate, reason):
    found = welch(x, y)
    assert (found.estimate, found.reason) == (estimate, reason)
    assert found.se is found.df is found.lower is found.upper is found.p_value is None


def test_one_constant_arm_is_enough_for_welch():
    found = welch([4.0, 4.0, 4.0], [1.0, 2.0, 3.0])
    assert (found.estimate, found.df) == approx((2.0, 2.0))


@pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")
@given(samples)
@settings(max_examples=25, deadline=None)
def test_mean_interval_agrees_with_scipy(values):
    found = mean_t(values)
    if found.reason:
        assert np.ptp(values) < 1e-9
        return
    limits = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.lower, found.upper) == approx((limits.low, limits.high), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "mean", "reason"), [([], None, "too-few"), ([2.0], 2.0, "too-few"), ([2.0] * 3, 2.0, "no-variance")]
)
def test_mean_without_enough_data_says_why(values, mean, reason):
    found = mean_t(values)
    assert (found.n, found.estimate, found.lower, found.reason) == (len(values), mean, None, reason)


# By hand: 1 2 4 9 has mean 4, SD sqrt(38/3); quartiles by linear interpolation 1.75, 3, 5.25
def test_summary_of_four_values_by_hand():
    found = summarise([9.0, 1.0, np.nan, 4.0, 2.0])
    assert (found.n, found.mean, found.sd) == (4, 4.0, approx((38 / 3) ** 0.5))
    assert (found.q1, found.median, found.q3) == (1.75, 3.0, 5.25)
    assert summarise([]).mean is None
    assert summarise([5.0]).sd is None


def drug_data() -> pd.DataFrame:
    given = cases()["SAS-GLM-ANCOVA"]["inputs"]
    rows = [(a, b, c) for a in given["pre"] for b, c in zip(given["pre"][a], given["post"][a], strict=True)]
    return pd.DataFrame(rows, columns=["drug", "pre", "post"])


# SAS/STAT PROC GLM, analysis of covariance (case SAS-GLM-ANCOVA)
def test_ancova_matches_sas():
    expected = cases()["SAS-GLM-ANCOVA"]["expected"]
    found = ancova(drug_data(), outcome="post", arm="drug", reference="A", covariates=["pre"])
    for arm in "ADF":
        mean = found.means[arm]
        assert [mean.estimate, mean.se, mean.lower, mean.upper] == approx(expected[f"lsmean_{arm}"], abs=1e-6)
        assert (mean.n, mean.df) == (10, expected["df"])
    assert found.contrasts["D"].p_value == approx(expected["p_AD"], abs=1e-7)
    assert found.contrasts["F"].p_value == approx(expected["p_AF"], abs=1e-7)
    other = ancova(drug_data(), outcome="post", arm="drug", reference="D", covariates=["pre"])
    assert other.contrasts["F"].p_value == approx(expected["p_DF"], abs=6e-5)


# emmeans documentation, fiber data (case EMMEANS-FIBER)
def test_ancova_matches_emmeans():
    case = cases()["EMMEANS-FIBER"]
    rows = [(m, s, d) for m, (ss, ds) in case["inputs"]["data"].items() for s, d in zip(ss, ds, strict=True)]
    data = pd.DataFrame(rows, columns=["machine", "strength", "diameter"])
    found = ancova(data, outcome="strength", arm="machine", reference="B", covariates=["diameter"])
    for arm in "ABC":
        mean = found.means[arm]
        assert [mean.estimate, mean.se, mean.lower, mean.upper] == approx(case["expected"][arm], abs=0.06)
    contrast = found.contrasts["A"]
    assert [contrast.estimate, contrast.se] == approx(case["expected"]["AminusB"], abs=0.006)
    assert contrast.estimate / contrast.se == approx(case["expected"]["t_AB"], abs=6e-4)


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    """The iris data as R has them, which scikit-learn brings along."""
    found = load_iris()
    names = ["sepal", "width", "petal", "petal_width"]
    return pd.DataFrame(found.data, columns=names).assign(species=found.target_names[found.target])


# tern snapshot summarize_ancova.md (case TERN-ANCOVA-IRIS): species, petal length by petal width, sepal width
def test_ancova_contrast_with_an_interaction_of_covariates_matches_tern(iris):
    case = cases()["TERN-ANCOVA-IRIS"]
    data = iris.assign(product=iris["petal"] * iris["petal_width"])
    covariates = ["petal", "petal_width", "product", "width"]
    model = ancova(data, outcome="sepal", arm="species", reference="setosa", covariates=covariates, level=0.99)
    found = model.contrasts["versicolor"]
    assert [found.estimate, found.lower, found.upper] == approx(case["expected"]["diff"], abs=case["tol"])
    assert found.p_value == approx(case["expected"]["p"], abs=case["tol"])


# tern snapshot summarize_ancova.md (case TERN-ANCOVA-IRIS2)
def test_ancova_matches_tern_on_iris(iris):
    found = ancova(iris, outcome="sepal", arm="species", reference="setosa", covariates=["petal"])
    computed = cases()["TERN-ANCOVA-IRIS2"]["computed"]
    means = [found.means[a].estimate for a in ("setosa", "versicolor", "virginica")]
    assert means == approx(computed["adj_means"], rel=1e-8)
    for arm in ("versicolor", "virginica"):
        contrast = found.contrasts[arm]
        assert [contrast.estimate, contrast.lower, contrast.upper] == approx(computed[f"{arm}_setosa"], rel=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_ancova_agrees_with_statsmodels(seed):
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    data = pd.DataFrame(
        {"arm": np.where(np.arange(n) % 3 == 0, "KP", "VP"), "base": rng.normal(6, 2, n), "age": rng.normal(60, 9, n)}
    )
    data["y"] = 2 + 0.5 * data["base"] - (data["arm"] == "KP") + rng.normal(0, 1.5, n)
    data.loc[1, "y"] = np.nan
    found = ancova(data, outcome="y", arm="arm", reference="VP", covariates=["base", "age"])
    model = smf.ols("y ~ C(arm, Treatment('VP')) + base + age", data).fit()
    name = "C(arm, Treatment('VP'))[T.KP]"
    contrast = found.contrasts["KP"]
    assert (contrast.estimate, contrast.se, contrast.p_value) == approx(
        (model.params[name], model.bse[name], model.pvalues[name]), rel=1e-6
    )
    assert (contrast.lower, contrast.upper) == approx(tuple(model.conf_int().loc[name]), rel=1e-6)
    used = data.dropna()
    at_mean = pd.DataFrame({"arm": ["KP"], "base": [used["base"].mean()], "age": [used["age"].mean()]})
    theirs = model.get_prediction(at_mean).summary_frame().iloc[0]
    mean = found.means["KP"]
    assert (mean.estimate, mean.se, mean.lower, mean.upper) == approx(
        (theirs["mean"], theirs["mean_se"], theirs["mean_ci_lower"], theirs["mean_ci_upper"]), rel=1e-6
    )


def two_arms(kp, vp) -> pd.DataFrame:
    rows = [("KP", *pair) for pair in kp] + [("VP", *pair) for pair in vp]
    return pd.DataFrame(rows, columns=["arm", "base", "y"]).astype({"base": float, "y": float})


@pytest.mark.parametrize(
    ("kp", "vp", "reason"),
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
def test_ancova_without_enough_data_says_why(kp, vp, reason):
    found = ancova(two_arms(kp, vp), outcome="y", arm="arm", reference="VP", covariates=["base"])
    assert {m.reason for m in found.means.values()} == {reason}
    assert found.means["VP"].n == len(vp)
    assert all(m.estimate is m.lower is None for m in [*found.means.values(), *found.contrasts.values()])


def test_ancova_does_not_depend_on_the_units_of_the_covariate():
    data = two_arms([(1, 2), (2, 4), (5, 3)], [(1, 1), (3, 2), (4, 6)])
    small = ancova(data, outcome="y", arm="arm", reference="VP", covariates=["base"]).contrasts["KP"]
    data["base"] = data["base"] * 1e8 + 3e9
    large = ancova(data, outcome="y", arm="arm", reference="VP", covariates=["base"]).contrasts["KP"]
    assert (large.estimate, large.se, large.p_value) == approx((small.estimate, small.se, small.p_value), rel=1e-6)


def test_ancova_names_an_absent_column():
    with pytest.raises(InvalidInput, match="baseline"):
        ancova(two_arms([], []), outcome="y", arm="arm", reference="VP", covariates=["baseline"])


# Truth recovery: 13 patients an arm as at month 3, adjusted difference -1, residual SD 2. 800 trials, so the
# coverage has a standard error of .008 and the mean estimate one of about .028
def test_ancova_recovers_the_truth_and_covers_it():
    rng = np.random.default_rng(20160301)
    estimates, covered = [], []
    for _ in range(800):
        base = rng.normal(6.8, 1.6, 26)
        y = 1 + 0.6 * base - (np.arange(26) < 13) + rng.normal(0, 2, 26)
        data = pd.DataFrame({"arm": ["KP"] * 13 + ["VP"] * 13, "base": base, "y": y})
        found = ancova(data, outcome="y", arm="arm", reference="VP", covariates=["base"]).contrasts["KP"]
        estimates.append(found.estimate)
        covered.append(found.lower <= -1 <= found.upper)
    assert np.mean(estimates) == approx(-1, abs=0.1)
    assert np.mean(covered) == approx(0.95, abs=0.025)
