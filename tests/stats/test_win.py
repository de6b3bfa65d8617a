"""Win statistics; the source of a figure is named beside it."""

from itertools import combinations
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from helpers.errors import InvalidInput
from helpers.stats.rank import mann_whitney, relative_effect, stratified_effect, van_elteren
from helpers.stats.win import (
    EventTime,
    Score,
    compare,
    compare_values,
    finkelstein_schoenfeld,
    homogeneity,
    matched_win_ratio,
    net_benefit,
    win_odds,
    win_ratio,
)
from helpers.stats.win._covariance import VARIANCES, stratum_covariance

# R hce, data COVID19: eight ordered outcomes in two arms
COVID = (
    np.repeat(range(1, 9), [34, 95, 28, 58, 38, 14, 117, 157]),
    np.repeat(range(1, 9), [58, 121, 24, 60, 33, 8, 102, 115]),
)
# made up for the comparison with R's WINS: death first, then a score that decides by more than 1
TRIAL = pd.DataFrame(
    {
        "arm": ["A"] * 10 + ["B"] * 10,
        "s": [1] * 5 + [2] * 5 + [1] * 4 + [2] * 6,
        "died": [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1],
        "day": [90, 40, 90, 85, 60, 90, 90, 70, 30, 90, 20, 90, 55, 90, 88, 35, 90, 62, 90, 30],
        "score": [7, 3, 8, 5, 6, 9, 4, 7, 2, 8, 4, 5, 3, 6, 6, 2, 5, 7, 3, 4],
    }
)
OUTCOMES = [EventTime("day", "died"), Score("score", margin=1)]
STATISTICS = (win_ratio, net_benefit, win_odds)

samples = st.lists(st.integers(0, 5), min_size=2, max_size=9)
trials = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 9), st.integers(0, 5), st.integers(0, 1)),
    min_size=6,
    max_size=14,
)


def trial(drawn):
    return pd.DataFrame(drawn, columns=["arm", "died", "day", "score", "s"])


def duel(a, b, margin):
    """1 where row a beats row b, by the rules written out."""
    if b.died and a.day > b.day:
        return 1
    if a.died and b.day > a.day:
        return -1
    return int(a.score > b.score + margin) - int(b.score > a.score + margin)


def limits(found):
    return found.lower, found.upper


# R hce 0.9.4: calcWINS(COVID19): 135744 wins, 97143 losses, 48974 ties, the estimates, intervals and errors
def test_ordered_outcomes_match_hce():
    pairs = compare_values(*COVID)
    assert (pairs.wins, pairs.losses, pairs.ties, pairs.pairs) == (135744, 97143, 48974, 281861)
    odds = win_odds(pairs, variance="projection")
    assert (odds.estimate, *limits(odds)) == approx((1.317364137, 1.148145844, 1.511522495), abs=5e-10)
    ratio = win_ratio(pairs, variance="projection")
    assert (ratio.estimate, *limits(ratio)) == approx((1.397362651, 1.18274902, 1.650918619), abs=5e-9)
    assert (ratio.se, ratio.p_value) == approx((0.08507566148, 8.39576669e-05), rel=1e-9)
    benefit = net_benefit(pairs, variance="projection")
    assert (benefit.estimate, *limits(benefit)) == approx((0.1369504827, 0.06949750227, 0.2044034631), abs=5e-11)
    assert (benefit.se, benefit.p_value) == approx((0.03441541831, 6.910826965e-05), rel=1e-8)


# hce fixes the share of an arm at one half in the formula of Yu and Ganju: 0.08446372033 for 541 against 521
def test_error_of_yu_and_ganju_matches_their_formula():
    found = win_ratio(compare_values(*COVID), variance="yu-ganju")
    balance = 541 * 521 / 1062**2
    assert found.se * sqrt(4 * balance) == approx(0.08446372033, abs=5e-11)


# R WINS 1.4 win.stat(TRIAL, tau = c(0, 1), method = "unadjusted", pvalue = "two-sided")
WINS = {
    "unstratified": [
        (2.7083333333, 0.8085260918, 9.0721493327, 0.1062313075),
        (0.41, -0.1279497168, 0.9479497168, 0.1352298715),
        (2.3898305085, 0.8149105005, 7.0084872585, 0.1124890242),
    ],
    "mantel-haenszel": [
        (2.6440677966, 0.8110142466, 8.6201870583, 0.1068392238),
        (0.3959183673, -0.1226213625, 0.9144580972, 0.1345279099),
        (2.3108108108, 0.8191557875, 6.5187192531, 0.1134289289),
    ],
    "pairs": [
        (2.6666666667, 0.7916452199, 8.9826994880, 0.1134435913),
        (0.4, -0.1343673259, 0.9343673259, 0.1423410717),
        (2.3333333333, 0.8013665738, 6.7939500132, 0.1202157466),
    ],
}


@pytest.mark.parametrize("weights", WINS)
def test_prioritised_outcomes_match_wins(weights):
    stratum = None if weights == "unstratified" else "s"
    pairs = compare(TRIAL, arm="arm", reference="B", outcomes=OUTCOMES, stratum=stratum)
    options = {} if stratum is None else {"weights": weights}
    for function, expected in zip(STATISTICS, WINS[weights], strict=True):
        found = function(pairs, variance="null", **options)
        assert (found.estimate, *limits(found), found.p_value) == approx(expected, abs=6e-10)


# R WINS 1.4, the same with stratum.weight = "wt.stratum1": the estimates are met, and the interval of the net benefit;
# its interval of the ratio (1.70, 4.13; p = 1.6e-05) is not, for it takes the variance of a log ratio for the ratio's
def test_means_of_the_strata_match_the_estimates_of_wins():
    pairs = compare(TRIAL, arm="arm", reference="B", outcomes=OUTCOMES, stratum="s")
    ratio, benefit, odds = (f(pairs, variance="null", weights="size") for f in STATISTICS)
    assert (ratio.estimate, odds.estimate) == approx((2.6514285714, 2.3257918552), abs=6e-10)
    assert (benefit.estimate, *limits(benefit)) == approx((0.3958333333, -0.1224220719, 0.9140887386), abs=6e-10)
    sizes, alone = np.array([9, 11]) / 20, []
    for code in (1, 2):
        part = compare(TRIAL[TRIAL.s == code], arm="arm", reference="B", outcomes=OUTCOMES)
        alone.append(win_ratio(part, variance="null"))
    spread = sqrt(sum((w * e.estimate * e.se) ** 2 for w, e in zip(sizes, alone, strict=True)))
    assert ratio.se == approx(spread / ratio.estimate)
    assert ratio.p_value == approx(benefit.p_value, abs=0.05)


# R BuyseTest tests/testthat/test-BuyseTest-iid.R: covariances of shares with the projection of order 1 and 2
def test_covariances_match_buysetest():
    balanced = compare_values([1, 0], [1, 0]).strata[0]
    assert stratum_covariance(balanced, "projection") == approx(np.array([[1, -1], [-1, 1]]) / 16)
    assert stratum_covariance(balanced, "second-order") == approx(np.array([[5, -3], [-3, 5]]) / 64)
    unequal = compare_values([1, 1, 0], [1]).strata[0]
    for kind in ("projection", "second-order"):
        assert stratum_covariance(unequal, kind) == approx(np.array([[0, 0], [0, 2]]) / 27)


@given(trials)
@settings(max_examples=40)
def test_swapping_the_arms_inverts_every_statistic(drawn):
    data = trial(drawn)
    one, other = (compare(data, arm="arm", reference=code, outcomes=OUTCOMES) for code in (0, 1))
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    for function in (win_ratio, win_odds):
        found, swapped = function(one), function(other)
        assert found.reason == swapped.reason
        if not found.reason:
            assert limits(found) == approx((1 / swapped.upper, 1 / swapped.lower))
            assert found.p_value == approx(swapped.p_value)
    found, swapped = net_benefit(one), net_benefit(other)
    if not found.reason:
        assert limits(found) == approx((-swapped.upper, -swapped.lower))


@given(samples, samples)
@settings(max_examples=50)
def test_win_odds_are_the_odds_of_the_relative_effect(x, y):
    pairs = compare_values(x, y)
    for variance in ("placement", "projection", "unbiased"):
        odds = win_odds(pairs, variance=variance)
        effect = relative_effect(x, y, variance=variance, scale="logit", distribution="normal")
        if effect.estimate in (0, 1):
            assert odds.reason == "undefined"
            continue
        assert odds.estimate == approx(effect.estimate / (1 - effect.estimate))
        assert net_benefit(pairs).estimate == approx(2 * effect.estimate - 1)
        if not effect.reason and effect.se > 1e-6:
            assert limits(odds) == approx((effect.lower / (1 - effect.lower), effect.upper / (1 - effect.upper)))
            assert odds.p_value == approx(effect.p_value)
            on_atanh = net_benefit(pairs, variance=variance, scale="atanh")
            assert limits(on_atanh) == approx([(v - 1) / (v + 1) for v in limits(odds)])


@given(trials)
@settings(max_examples=40)
def test_variances_agree_with_sums_over_pairs_of_pairs(drawn):
    data = trial(drawn)
    stratum = compare(data, arm="arm", reference=0, outcomes=OUTCOMES).strata[0]
    n, m = stratum.n, stratum.n_ref
    if min(n, m) < 2:
        return
    gain = stratum.wins.astype(float) - stratum.losses
    slope, cells = np.array([1, -1]), [(i, j) for i in range(n) for j in range(m)]
    found = {kind: slope @ stratum_covariance(stratum, kind) @ slope for kind in VARIANCES}
    disjoint = [gain[a] * gain[b] for a in cells for b in cells if a[0] != b[0] and a[1] != b[1]]
    assert found["unbiased"] == approx(gain.mean() ** 2 - np.mean(disjoint), abs=1e-12)
    rows, columns = gain.mean(axis=1), gain.mean(axis=0)
    assert found["placement"] == approx(rows.var(ddof=1) / n + columns.var(ddof=1) / m, abs=1e-12)
    assert found["projection"] == approx(rows.var() / n + columns.var() / m, abs=1e-12)
    rest = gain - rows[:, None] - columns[None, :] + gain.mean()
    assert found["second-order"] == approx(found["projection"] + (rest**2).mean() / (n * m), abs=1e-12)
    same_row = sum(gain[a] * gain[b] for a in cells for b in cells if a[0] == b[0] and a[1] != b[1])
    same_column = sum(gain[a] * gain[b] for a in cells for b in cells if a[1] == b[1] and a[0] != b[0])
    expected = (m / (m - 1) * same_row + n / (n - 1) * same_column) / (n * m) ** 2
    assert found["null"] == approx(expected, abs=1e-12)


@given(trials)
@settings(max_examples=30)
def test_finkelstein_schoenfeld_over_all_arrangements_is_that_of_enumeration(drawn):
    data = trial(drawn[:9])
    pairs = compare(data, arm="arm", reference=0, outcomes=OUTCOMES)
    found = finkelstein_schoenfeld(pairs, method="exact")
    units = list(data.itertuples())
    n = sum(u.arm == 1 for u in units)
    if not 0 < n < len(units):
        assert found.reason == "too-few"
        return
    gain = np.array([[duel(a, b, 1) for b in units] for a in units])
    sums = []
    for chosen in combinations(range(len(units)), n):
        rest = [i for i in range(len(units)) if i not in chosen]
        sums.append(gain[np.ix_(chosen, rest)].sum())
    assert found.statistic == pairs.wins - pairs.losses
    assert found.p_value == approx(np.mean(np.abs(sums) >= abs(found.statistic)))
    if not found.reason:
        variance = n * (len(units) - n) / (len(units) * (len(units) - 1)) * (gain.sum(axis=1) ** 2).sum()
        assert finkelstein_schoenfeld(pairs).z == approx(found.statistic / sqrt(variance))
        assert np.var(sums) == approx(variance)


def test_finkelstein_schoenfeld_on_one_score_is_the_wilcoxon_test():
    x, y = TRIAL.score[TRIAL.arm == "A"], TRIAL.score[TRIAL.arm == "B"]
    pairs = compare_values(x, y)
    for method in ("exact", "mid-p"):
        found = finkelstein_schoenfeld(pairs, method=method)
        assert found.p_value == approx(mann_whitney(x, y, method=method).p_value)
    assert finkelstein_schoenfeld(pairs).p_value == approx(
        mann_whitney(x, y, method="normal", continuity=False).p_value
    )
    strata = compare(TRIAL, arm="arm", reference="B", outcomes=[Score("score")], stratum="s")
    odds = win_odds(strata, variance="projection")
    effect = stratified_effect(
        TRIAL, outcome="score", arm="arm", reference="B", stratum="s", variance="projection", scale="logit"
    )
    assert limits(odds) == approx((effect.lower / (1 - effect.lower), effect.upper / (1 - effect.upper)))
    equal = van_elteren(TRIAL, outcome="score", arm="arm", reference="B", stratum="s", weights="equal", method="exact")
    assert finkelstein_schoenfeld(strata, method="exact").p_value == approx(equal.p_value)


def test_random_arrangements_come_near_the_exact_p_value_and_repeat():
    pairs = compare(TRIAL, arm="arm", reference="B", outcomes=OUTCOMES, stratum="s")
    exact = finkelstein_schoenfeld(pairs, method="exact").p_value
    drawn = finkelstein_schoenfeld(pairs, method="random", resamples=20_000, seed=4)
    assert drawn.p_value == approx(exact, abs=4 * sqrt(exact * (1 - exact) / 20_000))
    assert drawn == finkelstein_schoenfeld(pairs, method="random", resamples=20_000, seed=4)


def test_test_based_interval_excludes_one_exactly_when_the_test_rejects():
    for score in (TRIAL.score, TRIAL.score + 3 * (TRIAL.arm == "A")):
        pairs = compare(TRIAL.assign(score=score), arm="arm", reference="B", outcomes=OUTCOMES)
        found, tested = win_ratio(pairs, variance="test-based"), finkelstein_schoenfeld(pairs)
        assert found.p_value == approx(tested.p_value)
        assert (found.lower > 1) == (tested.p_value < 0.05)


# Pocock et al. 2012: z = (p - 1/2) / sqrt(p (1 - p) / n), limits of p taken to p / (1 - p)
def test_matched_win_ratio_matches_its_formula():
    found = matched_win_ratio(125, 80)
    p, se = 125 / 205, sqrt(125 * 80 / 205**3)
    low, high = (p + sign * stats.norm.ppf(0.975) * se for sign in (-1, 1))
    assert (found.estimate, *limits(found)) == approx((125 / 80, low / (1 - low), high / (1 - high)))
    assert found.z == approx((p - 0.5) / se)
    exact = stats.binomtest(125, 205).proportion_ci()
    assert limits(matched_win_ratio(125, 80, interval="exact")) == approx(
        (exact.low / (1 - exact.low), exact.high / (1 - exact.high))
    )


def test_homogeneity_is_cochrans_q_of_log_ratios():
    pairs = compare(TRIAL, arm="arm", reference="B", outcomes=OUTCOMES, stratum="s")
    alone = [win_ratio(compare(TRIAL[TRIAL.s == c], arm="arm", reference="B", outcomes=OUTCOMES)) for c in (1, 2)]
    gap = log(alone[0].estimate / alone[1].estimate)
    q = gap**2 / (alone[0].se ** 2 + alone[1].se ** 2)
    found = homogeneity(pairs)
    assert (found.q, found.df, found.p_value) == (approx(q), 1, approx(stats.chi2.sf(q, 1)))
    assert homogeneity(compare_values([1, 2], [3, 4])).reason == "too-few"


@pytest.mark.parametrize("function", STATISTICS)
def test_zero_wins_or_losses_and_ties_are_defined(function):
    all_won = function(compare_values([7, 8, 9], [1, 2, 3]))
    assert (all_won.wins, all_won.losses, all_won.lower) == (9, 0, None)
    assert all_won.reason == ("separated" if function is net_benefit else "undefined")
    assert all_won.estimate == (1 if function is net_benefit else None)
    no_losses = function(compare_values([2, 2, 9], [1, 2, 2]))
    if function is win_ratio:
        assert (no_losses.estimate, no_losses.reason) == (None, "undefined")
    else:
        assert no_losses.reason == ""
        assert no_losses.lower < no_losses.estimate < no_losses.upper
    tied = function(compare_values([2, 2], [2, 2]))
    assert tied.reason == ("undefined" if function is win_ratio else "no-variance")
    assert function(compare_values([3], [1, 4])).reason == "too-few"
    assert function(compare_values([], [1, 4])).reason == "too-few"
    assert function(compare_values([np.nan, np.nan], [1, 4])).ties == 4


def test_degenerate_comparisons_have_a_reason_in_the_tests_too():
    assert finkelstein_schoenfeld(compare_values([], [1])).reason == "too-few"
    assert finkelstein_schoenfeld(compare_values([2, 2], [2, 2])).reason == "no-variance"
    assert matched_win_ratio(0, 0).reason == "too-few"
    assert matched_win_ratio(5, 0).reason == "undefined"
    assert win_ratio(compare_values([5, 6], [1, 2]), variance="test-based").reason == "undefined"


def test_intervals_of_ratio_and_odds_cover_at_the_size_of_a_small_trial():
    rng = np.random.default_rng(21)
    truth = stats.norm.cdf(0.8 / sqrt(2))
    covered = 0
    for _ in range(400):
        found = win_odds(compare_values(rng.normal(0.8, 1, 16), rng.normal(size=15)))
        covered += found.lower <= truth / (1 - truth) <= found.upper
    assert 0.92 < covered / 400 < 0.985


def test_one_sided_limits_reach_to_the_end_of_the_scale():
    pairs = compare(TRIAL, arm="arm", reference="B", outcomes=OUTCOMES)
    both = win_ratio(pairs, level=0.9)
    assert limits(win_ratio(pairs, alternative="greater")) == (approx(both.lower), np.inf)
    assert limits(win_ratio(pairs, alternative="less")) == (0.0, approx(both.upper))
    assert net_benefit(pairs, alternative="greater").upper == 1.0
    assert exp(log(both.lower) + log(both.upper)) == approx(both.estimate**2)


def test_options_off_their_list_and_counts_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match="variance"):
        net_benefit(compare_values([1], [2]), variance="bootstrap")
    with pytest.raises(InvalidInput, match="level"):
        win_ratio(compare_values([1], [2]), level=95)
    with pytest.raises(InvalidInput, match="whole number"):
        matched_win_ratio(-1, 4)
