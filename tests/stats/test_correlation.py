import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.correlation import agreement, bonett_wright, partial_spearman, spearman
from tests.stats.reference import cases

pairs = st.integers(5, 30).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 12), min_size=n, max_size=n) for _ in range(2)))
)


# statpsych documentation (case STATPSYCH-SPEAR)
def test_spearman_with_bonett_wright_interval_matches_statpsych():
    case = cases()["STATPSYCH-SPEAR"]
    found = spearman(case["inputs"]["x"], case["inputs"]["y"])
    assert found.estimate == approx(case["expected"]["rs"], abs=1e-6)
    assert [found.lower, found.upper] == approx(case["expected"]["ci"], abs=1e-6)
    assert found.n == 15


# R cor.test by way of pingouin's tests (case R-COR-30); the Bonett-Wright limits are in the case's notes
def test_spearman_and_its_p_value_match_r():
    case = cases()["R-COR-30"]
    found = spearman(case["inputs"]["x"], case["inputs"]["y"])
    assert found.estimate == approx(case["expected"]["spearman"], abs=1e-6)
    assert found.p_value == approx(case["expected"]["spearman_p"], abs=1e-8)
    assert (found.lower, found.upper) == approx((0.116960, 0.722640), abs=1e-6)


# R ppcor by way of pingouin's tests (case PPCOR-30)
def test_partial_spearman_matches_ppcor():
    case = cases()["PPCOR-30"]
    data = pd.DataFrame(case["inputs"]["data"])
    found = partial_spearman(data, x="x", y="y", covariates=["cv1", "cv2", "cv3"])
    assert [found.estimate, found.p_value] == approx(case["expected"]["spearman_cv123"], abs=1e-6)
    assert (found.lower, found.upper) == approx(bonett_wright(found.estimate, 30, held=3), rel=1e-12)


@given(pairs)
@settings(max_examples=25, deadline=None)
def test_spearman_agrees_with_scipy(both):
    x, y = both
    found = spearman(x, y)
    if found.estimate is None:
        assert len(set(x)) == 1 or len(set(y)) == 1
        return
    theirs = scipy_stats.spearmanr(x, y)
    assert found.estimate == approx(theirs.statistic, rel=1e-6, abs=1e-12)
    if not found.reason:
        assert found.p_value == approx(theirs.pvalue, rel=1e-6)
        assert found.lower < found.estimate < found.upper


# Second way: correlate what ordinary least squares on the covariates' ranks leaves of the ranks
@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
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


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [([], [], "too-few"), ([1, 2, 3], [2, 1, 3], "too-few"), ([1, 2, 3, 4], [5, 5, 5, 5], "no-variance")],
)
def test_spearman_without_enough_data_says_why(x, y, reason):
    found = spearman(x, y)
    assert (found.n, found.estimate, found.lower, found.p_value, found.reason) == (len(x), None, None, None, reason)


def test_perfectly_opposed_ranks_have_no_interval():
    found = spearman([1, 2, 3, 4, 5], [9, 7, 5, 3, 1])
    assert (found.estimate, found.lower, found.upper, found.reason) == (-1.0, None, None, "no-variance")


def test_partial_spearman_without_enough_data_says_why():
    data = pd.DataFrame({"x": [1, 4, 2, 3, 6, 5], "y": [2, 1, 4, 3, 5, 7], "arm": [0] * 6, "same": [1, 4, 2, 3, 6, 5]})
    assert partial_spearman(data[:4], x="x", y="y", covariates=["arm"]).reason == "too-few"
    assert partial_spearman(data, x="x", y="y", covariates=["arm"]).reason == "collinear"
    assert partial_spearman(data, x="x", y="y", covariates=["same"]).reason == "collinear"
    assert partial_spearman(data.assign(x=1), x="x", y="y", covariates=["same"]).reason == "no-variance"


def test_a_pair_with_a_missing_value_is_left_out():
    full = spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 6])
    assert spearman([1, 2, np.nan, 3, 4, 5, 8], [2, 1, 9, 4, 3, 6, None]) == full


def test_series_of_different_length_are_refused():
    with pytest.raises(InvalidInput, match="pairs"):
        spearman([1, 2, 3, 4], [1, 2, 3])
    with pytest.raises(InvalidInput, match="pairs"):
        agreement([1, 2, 3, 4], [1, 2, 3])


def icc_by_mean_squares(one, two):
    """ICC(A,1) of McGraw and Wong 1996, table 4, from the mean squares of the two-way layout."""
    x = np.column_stack([one, two])
    n, k = x.shape
    rows = k * ((x.mean(axis=1) - x.mean()) ** 2).sum() / (n - 1)
    columns = n * ((x.mean(axis=0) - x.mean()) ** 2).sum() / (k - 1)
    total = ((x - x.mean()) ** 2).sum()
    error = (total - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    return (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)


def test_agreement_matches_the_formula_of_mcgraw_and_wong():
    one, two = [18.0, 21.5, 15.2, 19.9, 23.1], [18.4, 21.1, 15.9, 20.6, 23.0]
    assert agreement(one, two).estimate == approx(icc_by_mean_squares(one, two), rel=1e-6)


# A reader who always reads 3 higher: consistency would be 1, absolute agreement is not
def test_agreement_counts_a_constant_difference_between_readers():
    one = np.array([10.0, 12.0, 15.0, 19.0])
    assert agreement(one, one + 3).estimate == approx(icc_by_mean_squares(one, one + 3), rel=1e-6)
    assert agreement(one, one + 3).estimate < 0.85
    assert agreement(one, one).estimate == 1.0


@pytest.mark.parametrize(
    ("one", "two", "reason"), [([], [], "too-few"), ([1, 2], [1, 3], "too-few"), ([4] * 3, [4] * 3, "no-variance")]
)
def test_agreement_without_enough_data_says_why(one, two, reason):
    found = agreement(one, two)
    assert (found.n, found.estimate, found.reason) == (len(one), None, reason)


@pytest.mark.parametrize(("r", "n", "held"), [(1.0, 20, 0), (0.3, 3, 0), (0.3, 6, 3)])
def test_bonett_wright_limits_need_variation_and_pairs(r, n, held):
    with pytest.raises(InvalidInput, match="Bonett-Wright"):
        bonett_wright(r, n, held=held)


# Truth recovery: without association, 24 pairs; 800 samples give the coverage a standard error of .008
def test_bonett_wright_interval_covers_no_association():
    rng = np.random.default_rng(20160301)
    covered = []
    for _ in range(800):
        lower, upper = bonett_wright(scipy_stats.spearmanr(*rng.normal(size=(2, 24))).statistic, 24)
        covered.append(lower <= 0 <= upper)
    assert np.mean(covered) == approx(0.95, abs=0.025)
