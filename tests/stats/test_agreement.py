"""Agreement of readings. Every published value names the paper or the page that printed it."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.agreement import concordance, icc, icc_clustered, icc_pair, icc_table

# Shrout and Fleiss 1979, table 2: six targets rated by four judges
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])

# R's irr, data(anxiety): 20 subjects rated by three raters
ANXIETY = np.array(
    [
        [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3],
        [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
        [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2],
    ]
).T


# Shrout and Fleiss 1979, table 4, to two digits; limits as R's psych prints them for the same data
@pytest.mark.parametrize(
    ("form", "alias", "estimate", "limits"),
    [
        ("1,1", "1,1", 0.17, (-0.13, 0.72)),
        ("A,1", "2,1", 0.29, (0.02, 0.76)),
        ("C,1", "3,1", 0.71, (0.34, 0.95)),
        ("1,k", "1,k", 0.44, (-0.88, 0.91)),
        ("A,k", "2,k", 0.62, (0.07, 0.93)),
        ("C,k", "3,k", 0.91, (0.68, 0.99)),
    ],
)
def test_all_forms_match_shrout_and_fleiss(form, alias, estimate, limits):
    found = icc(SHROUT_FLEISS, form=form)
    assert found.estimate == approx(estimate, abs=5e-3)
    assert (found.lower, found.upper) == approx(limits, abs=5e-3)
    assert icc(SHROUT_FLEISS, form=alias) == found
    assert (found.n, found.k, found.df) == (6, 4, 5)


# R's irr documentation of icc(anxiety, "twoway", "agreement"): ICC(A,1) = .198, F(19, 39.7) = 1.83, (-.039, .494)
def test_absolute_agreement_matches_irr():
    found = icc(ANXIETY)
    assert (found.estimate, found.lower, found.upper) == approx((0.198, -0.039, 0.494), abs=5e-4)
    assert found.statistic == approx(1.83, abs=5e-3)


# Second way: pingouin's table, whose limits are for 95 % only
@given(st.integers(0, 1000))
@settings(max_examples=6)
def test_all_forms_agree_with_pingouin(seed):
    import pingouin

    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(4, 12)), int(rng.integers(2, 5))
    readings = rng.normal(size=(n, 1)) * 2 + rng.normal(size=(n, k)) + np.arange(k) * 0.5
    frame = pd.DataFrame({"o": np.repeat(np.arange(n), k), "r": np.tile(np.arange(k), n), "y": readings.ravel()})
    before = dict(pingouin.options)
    try:
        pingouin.options.update({"round": None, "round.column.CI95": None})
        table = pingouin.intraclass_corr(frame, targets="o", raters="r", ratings="y").set_index("Type")
    finally:
        pingouin.options.update(before)
    for form, row in (("1,1", "ICC(1,1)"), ("A,1", "ICC(A,1)"), ("C,1", "ICC(C,1)"), ("1,k", "ICC(1,k)"),
                      ("A,k", "ICC(A,k)"), ("C,k", "ICC(C,k)")):  # fmt: skip
        mine, theirs = icc(readings, form=form), table.loc[row]
        assert (mine.estimate, mine.statistic, mine.p_value) == approx(
            (theirs["ICC"], theirs["F"], theirs["pval"]), rel=1e-6, abs=1e-12
        )
        assert (mine.lower, mine.upper) == approx(tuple(theirs["CI95"]), abs=6e-3)


# Second way: at a limit of consistency the observed F is the quantile of a scaled F distribution (McGraw and Wong)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_limits_of_consistency_put_the_statistic_at_the_tails(level):
    found = icc(ANXIETY, form="C,1", level=level)
    n, k = ANXIETY.shape
    f = found.statistic
    for limit, tail in ((found.lower, (1 - level) / 2), (found.upper, 1 - (1 - level) / 2)):
        scale = (1 + (k - 1) * limit) / (1 - limit)
        assert scipy_stats.f.sf(f / scale, n - 1, (n - 1) * (k - 1)) == approx(tail, rel=1e-9)


# The test against a value is that whose limit it is: p is half the error at the lower limit of a two-sided interval
@pytest.mark.parametrize("form", ["1,1", "C,1", "1,k", "C,k"])
def test_testing_against_a_limit_gives_its_error(form):
    found = icc(SHROUT_FLEISS + np.eye(6, 4), form=form, level=0.9)
    if found.lower > 0:
        assert icc(SHROUT_FLEISS + np.eye(6, 4), form=form, null=found.lower).p_value == approx(0.05, rel=1e-9)


# By hand, McGraw and Wong 1996, table 4, from the mean squares of the two-way layout
def test_absolute_agreement_by_its_mean_squares():
    x = np.array([[18.0, 18.4], [21.5, 21.1], [15.2, 15.9], [19.9, 20.6], [23.1, 23.0]])
    n, k = x.shape
    rows = k * ((x.mean(axis=1) - x.mean()) ** 2).sum() / (n - 1)
    columns = n * ((x.mean(axis=0) - x.mean()) ** 2).sum() / (k - 1)
    error = (((x - x.mean()) ** 2).sum() - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    expected = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    assert icc(x).estimate == approx(expected, rel=1e-12)
    assert icc_pair(*x.T).estimate == icc(x).estimate
    assert icc(x, form="A,k").estimate == approx((rows - error) / (rows + (columns - error) / n), rel=1e-12)


# A reader who always reads 3 higher: consistency is 1, absolute agreement is not
def test_a_constant_difference_counts_for_agreement_and_not_for_consistency():
    one = np.array([10.0, 12.0, 15.0, 19.0])
    readings = np.column_stack([one, one + 3])
    assert icc(readings).estimate < 0.85
    assert icc(readings).lower is not None
    same = icc(readings, form="C,1")
    assert (same.estimate, same.lower, same.reason) == (1.0, None, "no-variance")
    assert icc_pair(one, one).estimate == 1.0
    assert icc_pair(one, one).reason == ""


# 400 layouts of 15 objects and 3 raters with a true value of 1 / 1.5 leave the coverage a standard error of .011
def test_the_interval_covers_the_true_agreement():
    rng, covered = np.random.default_rng(20160301), 0
    for _ in range(400):
        x = rng.normal(size=(15, 1)) + rng.normal(size=(1, 3)) * sqrt(0.1) + rng.normal(size=(15, 3)) * sqrt(0.4)
        found = icc(x)
        covered += found.lower <= 1 / 1.5 <= found.upper
    assert covered / 400 == approx(0.95, abs=0.033)


@pytest.mark.parametrize(
    ("readings", "form", "estimate", "reason"),
    [
        (np.zeros((0, 2)), "A,1", None, "too-few"),
        ([[1, 2]], "A,1", None, "too-few"),
        ([[4, 4], [4, 4]], "A,1", None, "no-variance"),
        ([[1, 1], [2, 2], [5, 5]], "A,1", 1.0, "no-variance"),
        ([[1, 1], [2, 2], [5, 5]], "1,1", 1.0, "no-variance"),
        ([[1, 2], [2, 1]], "C,k", None, "undefined"),
        ([[1, np.nan], [2, 3], [np.nan, 4]], "A,1", None, "too-few"),
    ],
)
def test_readings_without_enough_data_say_why(readings, form, estimate, reason):
    found = icc(readings, form=form)
    assert (found.estimate, found.lower, found.upper, found.reason) == (estimate, None, None, reason)


# Readings of an object that differ more than objects do: the limits still hold the value, and no division fails
@pytest.mark.parametrize("readings", [[[0, 1], [1, 0], [0, 1]], [[2, 0], [0, 2], [1, 1]], [[2, 0], [2, 0], [2, 0]]])
def test_negative_agreement_has_ordered_limits(readings):
    for found in icc_table(np.array(readings, dtype=float)).values():
        if found.lower is not None:
            assert found.lower <= found.estimate + 1e-9
            assert found.estimate <= found.upper + 1e-9
        else:
            assert found.reason in ("no-variance", "undefined")


@pytest.mark.parametrize(
    ("one", "two", "reason"), [([], [], "too-few"), ([1, 2], [1, 3], "too-few"), ([4] * 3, [4] * 3, "no-variance")]
)
def test_two_readers_without_enough_data_say_why(one, two, reason):
    found = icc_pair(one, two)
    assert (found.n, found.estimate, found.reason) == (len(one), None, reason)


def test_objects_with_a_missing_reading_are_left_out():
    spoilt = np.vstack([SHROUT_FLEISS, [[1, 2, np.nan, 4]]])
    assert icc(spoilt) == icc(SHROUT_FLEISS)
    assert icc_table(pd.DataFrame(spoilt))["C,k"] == icc(SHROUT_FLEISS, form="C,k")


def clustered(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """31 patients with one to four vertebrae, read by two readers."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(31), rng.integers(1, 5, 31))
    true = rng.normal(size=31)[cluster] * 2 + rng.normal(size=len(cluster))
    return np.column_stack([true + rng.normal(size=len(cluster)), true + 0.3 + rng.normal(size=len(cluster))]), cluster


# Second way: draw the clusters again and take the correlation of the objects in them, one resample at a time
@pytest.mark.parametrize("form", ["A,1", "1,1", "C,k"])
def test_resampled_clusters_agree_with_drawing_their_objects(form):
    from helpers.stats.bootstrap import bootstrap

    readings, cluster = clustered()
    found = icc_clustered(readings, cluster, seed=5, form=form, resamples=300)
    theirs = bootstrap(readings, lambda rows: icc(rows, form=form).estimate, seed=5, resamples=300, clusters=cluster)
    assert (found.estimate, found.lower, found.upper) == approx((theirs.estimate, theirs.lower, theirs.upper), rel=1e-9)
    assert (found.n, found.acceleration) == (31, approx(theirs.acceleration, rel=1e-6))
    assert found.estimate == icc(readings, form=form).estimate


# 200 layouts leave the coverage a standard error of .015; true agreement 5 / (5 + 1 + .3^2 / 2)
def test_the_clustered_interval_covers_the_true_agreement():
    covered = 0
    for seed in range(200):
        found = icc_clustered(*clustered(seed), seed=1, resamples=999)
        covered += found.lower <= 5 / 6.045 <= found.upper
    assert covered / 200 == approx(0.94, abs=0.05)


def test_clustered_agreement_without_enough_data_says_why():
    readings, cluster = clustered()
    assert icc_clustered(readings, np.zeros(len(cluster)), seed=1).reason == "too-few"
    assert icc_clustered(readings[:0], [], seed=1).reason == "too-few"
    perfect = icc_clustered(readings[:, [0, 0]], cluster, seed=1)
    assert (perfect.estimate, perfect.lower, perfect.reason) == (1.0, None, "no-variance")
    same = icc_clustered(readings, cluster, seed=1, resamples=99)
    assert same == icc_clustered(readings, cluster, seed=1, resamples=99)


# SimplyAgree's test of the `reps` data: .479. R 4.2 epiR 2.0: epi.ccc(x, y) of the peak flow data
def test_concordance_matches_epir():
    from tests.stats.test_limits_of_agreement import MINI_FIRST, WRIGHT_FIRST

    found = concordance(WRIGHT_FIRST, MINI_FIRST)
    assert (found.estimate, found.lower, found.upper) == approx((0.9427424314, 0.8504918732, 0.9787262792), rel=1e-9)
    assert (found.scale_shift, found.location_shift, found.accuracy) == approx(
        (0.97250912134, 0.01903025009, 0.99943069314), rel=1e-9
    )
    normal = concordance(WRIGHT_FIRST, MINI_FIRST, interval="normal")
    assert (normal.lower, normal.upper) == approx((0.8866546566, 0.9988302062), rel=1e-9)
    assert found.estimate == approx(found.precision * found.accuracy, rel=1e-12)


# Second way: the delta method with derivatives by difference quotients, for normal readings; 60000 of them
def test_standard_error_of_concordance_is_that_of_normal_readings():
    rng = np.random.default_rng(20160301)
    root = np.linalg.cholesky([[1.0, 0.8], [0.8, 1.44]])
    values = [concordance(*(root @ rng.normal(size=(2, 200)) + [[0.0], [0.3]])) for _ in range(600)]
    spread = np.std([v.estimate for v in values])
    assert np.mean([v.se for v in values]) == approx(spread, rel=0.1)


@pytest.mark.parametrize(
    ("one", "two", "estimate", "reason"),
    [
        ([1, 2], [1, 2], None, "too-few"),
        ([3, 3, 3], [3, 3, 3], None, "no-variance"),
        ([3, 3, 3], [1, 2, 3], 0.0, "no-variance"),
        ([1, 2, 3], [1, 2, 3], 1.0, "no-variance"),
        ([1, 2, 3], [3, 2, 1], -1.0, "no-variance"),
        ([1, 2, 1, 2], [1, 1, 2, 2], 0.0, "undefined"),
    ],
)
def test_concordance_without_enough_data_says_why(one, two, estimate, reason):
    found = concordance(one, two)
    assert (found.estimate, found.lower, found.reason) == (estimate, None, reason)


@pytest.mark.parametrize(
    "call",
    [
        lambda: icc(SHROUT_FLEISS, form="B,1"),
        lambda: icc(SHROUT_FLEISS, null=1.0),
        lambda: icc(SHROUT_FLEISS, level=1.0),
        lambda: icc(SHROUT_FLEISS[:, :1]),
        lambda: icc([["a", "b"], ["c", "d"]]),
        lambda: icc_pair([1, 2, 3], [1, 2]),
        lambda: concordance([1, 2, 3], [1, 2]),
        lambda: concordance([1, 2, 3], [1, 2, 4], interval="exact"),
        lambda: icc_clustered(SHROUT_FLEISS, [1, 2], seed=1),
        lambda: icc_clustered(SHROUT_FLEISS, [1, 2, None, 3, 3, 4], seed=1),
        lambda: icc_clustered(SHROUT_FLEISS, range(6), seed=1, interval="studentised"),
        lambda: icc_clustered(SHROUT_FLEISS, range(6), seed=1, resamples=1),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
