"""Bootstrap intervals, against scipy's on the same resampled values and by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats as scipy_stats

from helpers.errors import InvalidInput
from helpers.stats.bootstrap import bootstrap, draws

VALUES = np.array([4.3, 1.2, 8.8, 3.1, 2.2, 5.0, 2.9, 12.4, 0.7, 3.8, 6.6, 2.5])


class Resampled:
    """What scipy.stats.bootstrap takes as a result to go on from."""

    def __init__(self, distribution):
        self.bootstrap_distribution = distribution


# Second way: scipy's interval from the very same resampled values. Its quantiles are of numpy's default type, at most
# two places away from the one of place (R + 1)p
@pytest.mark.parametrize(("interval", "theirs"), [("bca", "BCa"), ("percentile", "percentile"), ("basic", "basic")])
@pytest.mark.parametrize("statistic", [np.mean, np.median, np.std, scipy_stats.skew])
def test_interval_agrees_with_scipys_on_the_same_resamples(interval, theirs, statistic):
    found = bootstrap(VALUES, lambda rows: statistic(rows, axis=-1), seed=3, interval=interval, vectorised=True)
    values = statistic(VALUES[draws([np.arange(len(VALUES))], 9999, 3)], axis=1)
    expected = scipy_stats.bootstrap(
        (VALUES,), statistic, method=theirs, n_resamples=0, bootstrap_result=Resampled(values)
    ).confidence_interval
    ordered = np.sort(values if interval != "basic" else 2 * statistic(VALUES) - values)
    for mine, other in ((found.lower, expected.low), (found.upper, expected.high)):
        place = np.searchsorted(ordered, other)
        assert ordered[max(0, place - 3)] <= mine <= ordered[min(9998, place + 3)]
    assert (found.se, found.resamples, found.undefined) == (approx(values.std(ddof=1)), 9999, 0)


# By hand, Efron and Tibshirani 1993, formula 14.15, and Davison and Hinkley 1997, (R + 1)p
def test_bca_interval_by_hand():
    found = bootstrap(VALUES, np.mean, seed=8, resamples=999)
    values = np.sort(VALUES[draws([np.arange(12)], 999, 8)].mean(axis=1))
    z0 = scipy_stats.norm.ppf(((values < VALUES.mean()).sum() + 0.5 * np.isclose(values, VALUES.mean()).sum()) / 999)
    left = np.array([np.delete(VALUES, i).mean() for i in range(12)])
    d = left.mean() - left
    a = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
    assert (found.correction, found.acceleration) == approx((z0, a), rel=1e-9)
    for end, z in ((found.lower, -1.959963984540054), (found.upper, 1.959963984540054)):
        place = 1000 * scipy_stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))
        low = int(place)
        assert end == approx(values[low - 1] + (place - low) * (values[low] - values[low - 1]), rel=1e-9)


def test_many_resamples_at_once_give_what_one_by_one_gives():
    one = bootstrap(VALUES, np.mean, seed=4, resamples=500)
    assert bootstrap(VALUES, lambda rows: rows.mean(axis=-1), seed=4, resamples=500, vectorised=True) == one
    arms = np.repeat([0, 1], 6)
    pairs = np.column_stack([VALUES, arms])

    def difference(rows):
        arm = rows[..., 1] == 1
        return (rows[..., 0] * arm).sum(axis=-1) / 6 - (rows[..., 0] * ~arm).sum(axis=-1) / 6

    options = {"seed": 4, "resamples": 500, "strata": arms}
    many = bootstrap(pairs, difference, vectorised=True, **options)
    each = bootstrap(pairs, difference, **options)
    assert (many.lower, many.upper, many.acceleration) == approx((each.lower, each.upper, each.acceleration))


def test_strata_keep_their_size_and_their_acceleration_is_that_of_two_samples():
    frame = pd.DataFrame({"y": VALUES, "arm": list("aabbbbbbbbbb")})
    sizes = []

    def difference(rows):
        sizes.append(tuple(rows["arm"].value_counts().sort_index()))
        means = rows.groupby("arm")["y"].mean()
        return means["a"] - means["b"]

    found = bootstrap(frame, difference, seed=2, resamples=200, strata=frame["arm"])
    assert set(sizes[:201]) == {(2, 10)}
    theirs = scipy_stats.bootstrap(
        (VALUES[:2], VALUES[2:]), lambda x, y, axis=-1: x.mean(axis) - y.mean(axis), n_resamples=50, rng=1
    )
    influence = [np.array([np.delete(v, i).mean() for i in range(len(v))]) for v in (VALUES[:2], VALUES[2:])]
    parts = [(len(v) - 1) * (v.mean() - v) / len(v) for v in influence]
    parts[1] = -parts[1]
    top, bottom = sum((p**3).sum() for p in parts), sum((p**2).sum() for p in parts)
    assert found.acceleration == approx(top / (6 * bottom**1.5), rel=1e-9)
    assert theirs.standard_error > 0


# Mean over objects: with whole clusters drawn its standard error is that of the clusters, here about twice as large
def test_clusters_are_drawn_whole():
    rng = np.random.default_rng(7)
    cluster = np.repeat(np.arange(20), 4)
    y = np.repeat(rng.normal(size=20), 4) + 0.05 * rng.normal(size=80)
    found = bootstrap(y, np.mean, seed=1, resamples=2000, clusters=cluster)
    alone = bootstrap(y, np.mean, seed=1, resamples=2000)
    means = y.reshape(20, 4).mean(axis=1)
    assert found.se == approx(means.std(ddof=0) / np.sqrt(20), rel=0.08)
    assert found.se > 1.7 * alone.se
    assert (found.n, alone.n) == (20, 80)
    mixed = bootstrap(y, np.mean, seed=1, resamples=50, clusters=cluster, strata=cluster % 2)
    assert mixed.n == 20


# Studentised limits are estimate less the quantiles of t* times its standard error
def test_studentised_interval_by_hand():
    def error(rows):
        return rows.std(ddof=1) / np.sqrt(len(rows))

    found = bootstrap(VALUES, np.mean, seed=9, resamples=999, interval="studentised", standard_error=error)
    drawn = VALUES[draws([np.arange(12)], 999, 9)]
    t = np.sort((drawn.mean(axis=1) - VALUES.mean()) / (drawn.std(axis=1, ddof=1) / np.sqrt(12)))
    assert found.lower == approx(VALUES.mean() - t[974] * error(VALUES), rel=1e-9)
    assert found.upper == approx(VALUES.mean() - t[24] * error(VALUES), rel=1e-9)
    normal = bootstrap(VALUES, np.mean, seed=9, resamples=999, interval="normal")
    assert (normal.lower + normal.upper) / 2 == approx(VALUES.mean() - normal.bias, rel=1e-9)


def test_one_sided_intervals_are_two_sided_ones_of_twice_the_error():
    two = bootstrap(VALUES, np.mean, seed=5, level=0.9)
    greater = bootstrap(VALUES, np.mean, seed=5, alternative="greater")
    less = bootstrap(VALUES, np.mean, seed=5, alternative="less")
    assert (greater.lower, greater.upper) == (approx(two.lower), np.inf)
    assert (less.lower, less.upper) == (-np.inf, approx(two.upper))


# A monotone transformation of the statistic transforms the limits, up to the interpolation between two values
@given(st.integers(0, 100))
@settings(max_examples=10)
def test_percentile_limits_follow_a_monotone_transformation(seed):
    options = {"seed": seed, "resamples": 199, "interval": "percentile", "level": 0.9}
    plain = bootstrap(VALUES, np.mean, **options)
    logged = bootstrap(VALUES, lambda rows: np.log(rows.mean()), **options)
    assert (np.exp(logged.lower), np.exp(logged.upper)) == approx((plain.lower, plain.upper), rel=1e-9)


# Coverage of the mean of exponential values, n = 25: BCa near the level, the basic interval below it.
# 600 samples give it a standard error of .01
def test_bca_covers_a_skewed_mean_better_than_the_basic_interval():
    rng, covered = np.random.default_rng(20160301), {"bca": 0, "basic": 0}
    for trial in range(600):
        x = rng.exponential(size=25)
        for interval in covered:
            found = bootstrap(
                x, lambda rows: rows.mean(axis=-1), seed=trial, resamples=999, interval=interval, vectorised=True
            )
            covered[interval] += found.lower <= 1 <= found.upper
    assert covered["bca"] / 600 == approx(0.93, abs=0.035)
    assert covered["bca"] > covered["basic"]


def test_resamples_without_a_value_are_left_out_and_counted():
    def ratio(rows):
        return rows.mean() / (rows == 12.4).sum()

    found = bootstrap(VALUES, ratio, seed=6, resamples=2000)
    assert found.undefined / 2000 == approx((11 / 12) ** 12, abs=0.04)
    assert found.lower is not None
    rare = bootstrap(np.array([0.0, 0, 0, 1]), lambda rows: 1 / rows.sum() if rows.sum() > 1 else None, seed=1)
    assert (rare.estimate, rare.reason) == (None, "undefined")
    seldom = bootstrap(np.arange(4.0), lambda rows: rows.mean() if len(set(rows)) == 4 else np.nan, seed=1)
    assert (seldom.lower, seldom.reason) == (None, "undefined")


@pytest.mark.parametrize(
    ("data", "statistic", "reason"),
    [
        (np.zeros(0), np.mean, "too-few"),
        (np.array([2.0]), np.mean, "too-few"),
        (np.array([2.0, 2.0, 2.0]), np.mean, "no-variance"),
        (np.array([1.0, 2.0, 3.0]), lambda rows: np.nan, "undefined"),
        (np.array([1.0, 2.0, 9.0]), np.max, ""),
        # the largest range is that of the sample itself: no resampled value lies above, but many are equal
        (np.array([1.0, 2.0, 9.0]), np.ptp, ""),
    ],
)
def test_degenerate_statistics_say_why(data, statistic, reason):
    found = bootstrap(data, statistic, seed=1, resamples=300)
    assert found.reason == reason
    assert (found.lower is None) == bool(reason)


def test_a_statistic_beyond_all_resampled_values_has_no_bca_interval():
    found = bootstrap(VALUES, lambda rows: len(set(rows.tolist())), seed=1, resamples=300)
    assert (found.reason, found.estimate) == ("undefined", 12)
    assert (
        bootstrap(VALUES, lambda rows: len(set(rows.tolist())), seed=1, resamples=300, interval="percentile").upper < 12
    )


@pytest.mark.parametrize(
    "options",
    [
        {"interval": "abc"},
        {"level": 1.0},
        {"alternative": "both"},
        {"resamples": 1},
        {"resamples": 10.5},
        {"interval": "studentised"},
        {"standard_error": np.std},
        {"clusters": [1, 2]},
        {"clusters": [1] * 11 + [None]},
        {"strata": [1] * 6 + [2] * 6, "clusters": [1] * 7 + [2] * 5},
        {"vectorised": True, "clusters": [1] * 6 + [2] * 6},
    ],
)
def test_what_cannot_be_is_refused(options):
    with pytest.raises(InvalidInput):
        bootstrap(VALUES, np.mean, seed=1, **options)
