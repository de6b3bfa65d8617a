"""Rank methods with strata, several samples and covariates; the source of a figure is named beside it."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from helpers.errors import InvalidInput
from helpers.stats.rank import (
    hodges_lehmann,
    jonckheere,
    kawaguchi_koch,
    koch_adjusted,
    kruskal_wallis,
    mann_whitney,
    quade,
    rank_ancova,
    relative_effect,
    stratified_effect,
    stratified_shift,
    van_elteren,
)

# StatXact 6 manual, page 345, in coin's tests: salaries by sex within years
SALARIES = pd.DataFrame(
    {
        "year": [1975] * 5 + [1978] * 4 + [1982] * 5,
        "sex": list("FFFMF" + "MFFM" + "MFFFF"),
        "salary": [525, 500, 550, 700, 576, 886, 458, 600, 600, 850, 800, 850, 850, 800],
    }
)
# made up for the comparison with R: two arms in three strata, with a covariate
FRAME = pd.DataFrame(
    {
        "y": [1, 2, 2, 3, 5, 4, 4, 6, 7, 3, 2, 2, 8, 9, 9, 5, 1, 3, 4, 4, 6],
        "a": [1, 1, 2, 2, 1, 2, 1, 2, 2, 1, 1, 2, 2, 2, 1, 1, 1, 2, 1, 2, 2],
        "s": [1] * 10 + [2] * 8 + [3] * 3,
        "x": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6],
    }
)
TWO = {"outcome": "y", "arm": "a", "reference": 2}
# CAMIS data/jonck.csv: responses at four doses
DOSES = [
    [153, 134.2, 139, 124.2, 157.4, 128.8, 140.1, 134.1, 129.1, 135.3],
    [124.6, 129.5, 138.9, 124, 124.6, 124, 135.4, 129, 118.5, 136.3],
    [140.1, 141.3, 122.8, 143.1, 116.4, 117.5, 136.5, 130.9, 126.2, 139.2],
    [115.7, 115.6, 118.6, 121.2, 131.7, 109.8, 133.8, 118.6, 132.9, 120.6],
]
SEPALS = [[3.4, 3.0, 3.4, 3.2, 3.5, 3.1], [2.7, 2.9, 2.7, 2.6, 2.5, 2.5], [3.0, 3.0, 3.1, 3.8, 2.7, 3.3]]

rows = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 2), st.integers(0, 9)), min_size=12, max_size=30
)


def framed(drawn):
    return pd.DataFrame(drawn, columns=["y", "a", "s", "x"])


# coin tests/comparisons.R (StatXact 6, page 346): z = -1.897, p = 0.0578, exact p = 0.04 either way
def test_blocked_wilcoxon_matches_statxact():
    options = {"outcome": "salary", "arm": "sex", "reference": "M", "stratum": "year"}
    found = van_elteren(SALARIES, weights="equal", ranks="overall", **options)
    assert (found.z, found.p_value) == (approx(-1.897, abs=5e-4), approx(0.0578, abs=5e-5))
    exact = van_elteren(SALARIES, weights="equal", ranks="overall", method="exact", **options)
    assert exact.p_value == approx(0.04, abs=1e-12)
    one_sided = van_elteren(SALARIES, weights="equal", ranks="overall", method="exact", alternative="less", **options)
    assert one_sided.p_value == approx(0.04, abs=1e-12)


# R 4.2 coin 1.4: independence_test(y ~ a | s) with ranks / (N + 1) of the block; wilcox_test(y ~ a | s)
def test_van_elteren_matches_coin():
    found = van_elteren(FRAME, stratum="s", **TWO)
    assert (found.z, found.p_value) == approx((-1.332912142, 0.1825606375), abs=5e-10)
    overall = van_elteren(FRAME, stratum="s", weights="equal", ranks="overall", **TWO)
    assert (overall.z, overall.p_value) == approx((-1.1439603862, 0.2526400659), abs=5e-10)
    exact = van_elteren(FRAME, stratum="s", weights="equal", ranks="overall", method="exact", **TWO)
    assert exact.p_value == approx(0.2649092971, abs=5e-10)
    aligned = van_elteren(FRAME, stratum="s", weights="equal", ranks="aligned", **TWO)
    assert (aligned.z, aligned.p_value) == approx((-1.0448668190, 0.2960845272), abs=5e-10)


@given(rows)
@settings(max_examples=30)
def test_van_elteren_is_the_mean_score_test_of_modified_ridits(drawn):
    data = framed(drawn)
    total = variance = 0.0
    for _, part in data.groupby("s"):
        scores, arm = stats.rankdata(part.y) / (len(part) + 1), part.a == 1
        n, m = arm.sum(), (~arm).sum()
        if n and m:
            total += scores[arm].sum() - n * scores.mean()
            variance += n * m / (n + m) * np.var(scores, ddof=1)
    found = van_elteren(data, outcome="y", arm="a", reference=0, stratum="s")
    if variance < 1e-12:
        assert found.reason in ("too-few", "no-variance")
    else:
        assert found.z == approx(total / sqrt(variance), abs=1e-9)


def test_one_stratum_gives_the_methods_without_strata():
    x, y = FRAME.y[FRAME.a == 1], FRAME.y[FRAME.a == 2]
    whole = FRAME.assign(s=1)
    for method in ("exact", "mid-p"):
        found = van_elteren(whole, stratum="s", method=method, **TWO)
        assert found.p_value == approx(mann_whitney(x, y, method=method).p_value)
    effect = stratified_effect(whole, stratum="s", scale="logit", **TWO)
    alone = relative_effect(x, y, scale="logit", distribution="normal")
    assert (effect.lower, effect.upper, effect.p_value) == approx((alone.lower, alone.upper, alone.p_value))
    shift, single = stratified_shift(whole, stratum="s", **TWO), hodges_lehmann(x, y)
    assert (shift.estimate, shift.lower, shift.upper, shift.se) == (
        single.estimate,
        single.lower,
        single.upper,
        single.se,
    )


def test_the_common_shift_makes_the_statistic_its_expectation():
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"y": rng.normal(size=60), "a": rng.integers(0, 2, 60), "s": rng.integers(0, 3, 60)})
    found = stratified_shift(data, outcome="y", arm="a", reference=0, stratum="s")

    def z(shift):
        moved = data.assign(y=data.y - shift * data.a)
        return van_elteren(moved, outcome="y", arm="a", reference=0, stratum="s").z

    assert z(found.estimate - 1e-6) >= -1e-9
    assert z(found.estimate + 1e-6) <= 1e-9
    assert z(found.lower - 1e-6) > 1.96 > z(found.lower + 0.2)
    assert z(found.upper + 1e-6) < -1.96 < z(found.upper - 0.2)


# R hce 0.9.4: stratWO of strata 1 and 2 of the frame, with and without the covariate; regWO of the frame
def test_stratified_and_adjusted_effects_match_hce():
    both = FRAME[FRAME.s != 3]
    found = stratified_effect(both, stratum="s", variance="projection", **TWO)
    assert (found.estimate, found.se) == approx((0.3333333333, 0.124969132), abs=5e-10)
    options = {"covariates": ["x"], "measure": "effect", "divisor": "n", **TWO}
    found = koch_adjusted(both, stratum="s", **options)
    assert (found.estimate, found.se) == approx((0.4631335019, 0.1063465481), abs=5e-10)
    found = koch_adjusted(FRAME, **options)
    assert (found.estimate, found.se) == approx((0.4315572851, 0.09982187259), abs=5e-11)


# R sanon 1.6: sanon(y ~ grp(a) + strt(s) + covar(x)): 0.3238069, adjusted 0.3726268, SE 0.1096405, p = 0.2453434
def test_kawaguchi_and_koch_match_sanon():
    found = kawaguchi_koch(FRAME, stratum="s", covariates=["x"], **TWO)
    expected = (0.3238068812, 0.3726268421, 0.1096405356, 0.2453434568)
    assert (found.unadjusted, found.estimate, found.se, found.p_value) == approx(expected, abs=5e-10)


# R 4.2: differences and cov() by the formula of Koch et al. 1998
def test_koch_adjusted_means_match_r():
    found = koch_adjusted(FRAME, covariates=["x"], **TWO)
    assert (found.estimate, found.se) == approx((-0.5074459499, 0.8762022025), abs=5e-10)
    found = koch_adjusted(FRAME, covariates=["x"], variance="null", **TWO)
    assert (found.estimate, found.se) == approx((-0.4786382215, 0.8707825037), abs=5e-10)


@given(rows)
@settings(max_examples=30)
def test_without_covariates_koch_gives_welchs_difference(drawn):
    data = framed(drawn)
    x, y = data.y[data.a == 1], data.y[data.a == 0]
    found = koch_adjusted(data, outcome="y", arm="a", reference=0, covariates=[])
    if min(len(x), len(y)) < 2:
        assert found.reason == "too-few"
        return
    variance = x.var() / len(x) + y.var() / len(y)
    assert found.estimate == approx(x.mean() - y.mean(), abs=1e-12)
    if variance > 0:
        assert found.se == approx(sqrt(variance))


def test_covariance_adjustment_removes_a_chance_imbalance_and_keeps_its_level():
    rng = np.random.default_rng(11)
    wider, rejected, errors = 0, 0, []
    for _ in range(300):
        x, a = rng.normal(size=60), rng.permutation(np.repeat([0, 1], 30))
        data = pd.DataFrame({"y": 2 * x + rng.normal(size=60), "a": a, "x": x})
        found = koch_adjusted(data, outcome="y", arm="a", reference=0, covariates=["x"])
        plain = koch_adjusted(data, outcome="y", arm="a", reference=0, covariates=[])
        wider += found.se >= plain.se
        rejected += found.p_value < 0.05
        errors.append(found.estimate)
    assert wider == 0
    assert 0.02 < rejected / 300 < 0.1
    assert abs(np.mean(errors)) < 4 * np.std(errors) / sqrt(300)


# data of Quade 1967; R 4.2: anova(lm(resid ~ g)) of ranks on ranks, F = 1.30385, p = 0.30732
def test_quade_matches_r():
    data = pd.DataFrame(
        {
            "y": [16, 60, 82, 126, 137, 44, 67, 87, 100, 142, 17, 28, 105, 149, 160],
            "x": [26, 10, 42, 49, 55, 21, 28, 5, 12, 58, 1, 19, 41, 48, 35],
            "g": [1] * 5 + [2] * 5 + [3] * 5,
        }
    )
    found = quade(data, outcome="y", arm="g", covariates=["x"])
    assert (found.f, found.df, found.df_residual) == (approx(1.30385, abs=5e-6), 2, 12)
    assert found.p_value == approx(0.30732, abs=5e-6)


def test_quade_without_covariates_is_the_analysis_of_variance_of_ranks():
    ranks = stats.rankdata(FRAME.y)
    expected = stats.f_oneway(ranks[FRAME.a == 1], ranks[FRAME.a == 2])
    found = quade(FRAME, outcome="y", arm="a", covariates=[])
    assert (found.f, found.p_value) == approx((expected.statistic, expected.pvalue))


# R 4.2 coin 1.4: independence_test(res ~ a | s), res the residuals of lm(rank(y) ~ 0 + rank(x)) over N + 1
def test_rank_analysis_of_covariance_matches_coin():
    found = rank_ancova(FRAME, covariates=["x"], stratum="s", **TWO)
    assert (found.z, found.p_value) == approx((-0.4980403935, 0.6184555718), abs=5e-10)
    plain = rank_ancova(FRAME, covariates=[], stratum="s", **TWO)
    assert plain.z == approx(van_elteren(FRAME, stratum="s", **TWO).z)


# CAMIS R/kruskal_wallis and SAS/kruskal_wallis: 10.922, p = 0.004249; SAS exact p = 0.0008
def test_kruskal_wallis_matches_r_and_sas():
    found = kruskal_wallis(SEPALS)
    assert (found.statistic, found.p_value) == (approx(10.922, abs=5e-4), approx(0.004249, abs=5e-7))
    drawn = kruskal_wallis(SEPALS, method="permutation", resamples=40_000, seed=2)
    assert drawn.p_value == approx(0.0008, abs=0.0005)
    assert drawn == kruskal_wallis(SEPALS, method="permutation", resamples=40_000, seed=2)


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=8), min_size=2, max_size=4))
@settings(max_examples=30)
def test_kruskal_wallis_agrees_with_scipy(samples):
    found = kruskal_wallis(samples)
    if len({v for s in samples for v in s}) == 1:
        assert found.reason == "no-variance"
    else:
        theirs = stats.kruskal(*samples)
        assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), abs=1e-9)


# CAMIS R/jonckheere and Comp/r-sas_jonckheere: J = 184.5; DescTools p = 0.002655 without ties, SAS 0.002649 with them
def test_jonckheere_matches_desctools_and_sas():
    found = jonckheere(DOSES, alternative="less")
    assert (found.statistic, found.p_value) == (184.5, approx(0.002649, abs=5e-7))
    assert jonckheere(DOSES, alternative="less", ties=False).p_value == approx(0.002655, abs=5e-7)
    drawn = jonckheere(DOSES, alternative="less", method="permutation", seed=1)
    assert 0.0008 < drawn.p_value < 0.0045


@given(st.lists(st.integers(0, 6), min_size=2, max_size=9), st.lists(st.integers(0, 6), min_size=2, max_size=9))
@settings(max_examples=30)
def test_jonckheere_of_two_samples_is_mann_whitney(x, y):
    found = jonckheere([x, y], alternative="greater")
    tested = mann_whitney(y, x, method="normal", continuity=False, alternative="greater")
    assert found.statistic == tested.statistic
    if not tested.reason:
        assert (found.sd, found.p_value) == approx((tested.sd, tested.p_value))


def test_strata_and_arms_without_units_have_a_reason():
    lonely = pd.DataFrame({"y": [1, 2, 3, 4], "a": [1, 1, 2, 2], "s": [1, 1, 2, 2], "x": [1, 2, 3, 5]})
    for function in (van_elteren, stratified_effect, stratified_shift):
        assert function(lonely, stratum="s", **TWO).reason == "too-few"
    assert kawaguchi_koch(lonely, stratum="s", **TWO).reason == "too-few"
    assert rank_ancova(lonely, stratum="s", covariates=["x"], **TWO).reason == "too-few"
    tied = pd.DataFrame({"y": [3] * 8, "a": [1, 2] * 4, "s": [1, 1, 2, 2] * 2, "x": range(8)})
    assert van_elteren(tied, stratum="s", **TWO).reason == "no-variance"
    assert stratified_effect(tied, stratum="s", **TWO).reason == "no-variance"
    assert rank_ancova(tied, stratum="s", covariates=["x"], **TWO).reason == "no-variance"
    assert kawaguchi_koch(tied, stratum="s", **TWO).reason == "no-variance"
    assert koch_adjusted(tied, covariates=["x"], **TWO).reason == "no-variance"
    assert quade(tied, outcome="y", arm="a", covariates=["x"]).reason == "no-variance"
    assert quade(lonely[:2], outcome="y", arm="a", covariates=[]).reason == "too-few"
    assert koch_adjusted(FRAME.assign(z=FRAME.x * 2), covariates=["x", "z"], **TWO).reason == "collinear"
    assert koch_adjusted(FRAME.assign(z=1), covariates=["z"], **TWO).reason == "collinear"
    assert kawaguchi_koch(FRAME.assign(z=1), covariates=["z"], **TWO).reason == "collinear"
    assert stratified_effect(FRAME, stratum="s", **TWO).reason == "too-few"  # one unit of an arm in stratum 3
    assert kruskal_wallis([[], [1, 2]]).reason == "too-few"
    assert jonckheere([[1, 1], [1, 1]]).reason == "no-variance"


def test_rows_with_a_missing_value_are_left_out():
    holed = pd.concat([FRAME, pd.DataFrame({"y": [np.nan, 3], "a": [1, None], "s": [1, 1], "x": [1, 2]})])
    assert van_elteren(holed, stratum="s", **TWO) == van_elteren(FRAME, stratum="s", **TWO)


def test_absent_columns_and_a_third_arm_are_refused():
    with pytest.raises(InvalidInput, match="no column t"):
        van_elteren(FRAME, stratum="t", **TWO)
    with pytest.raises(InvalidInput, match="two are compared"):
        van_elteren(FRAME.assign(a=[1, 2, 3] * 7), stratum="s", **TWO)
    with pytest.raises(InvalidInput, match="two or more"):
        kruskal_wallis([[1, 2]])
    with pytest.raises(InvalidInput, match="variance"):
        koch_adjusted(FRAME, covariates=["x"], measure="effect", variance="null", **TWO)
