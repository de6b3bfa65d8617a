"""Kaplan-Meier, its value at a time, quantiles, and restricted means; published data are in survival_data.py."""

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import binomtest, norm
from statsmodels.duration.survfunc import SurvfuncRight

from helpers.errors import InvalidInput
from helpers.stats import survival
from tests.stats.survival_data import MAINTAINED, MERCAPTOPURINE, NOT_MAINTAINED, PLACEBO

TRANSFORMS = ("log-log", "plain", "log", "logit", "arcsine", "complementary-log-log")
samples = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1)), min_size=1, max_size=40)


def curve(sample):
    return survival.kaplan_meier(*sample)


def from_pairs(pairs):
    return survival.kaplan_meier([t for t, _ in pairs], [e for _, e in pairs])


def limits(found):
    return [found.lower, found.upper]


# Kleinbaum & Klein, Survival Analysis, chapter 2, and Klein & Moeschberger, chapter 4: the 6-MP group
def test_curve_of_the_mercaptopurine_group_matches_the_textbooks():
    found = curve(MERCAPTOPURINE)
    at = [6, 7, 10, 13, 16, 22, 23]
    values = [survival.survival_at(found, t) for t in at]
    assert [v.estimate for v in values] == approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)
    assert [v.se for v in values] == approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=6e-5)
    assert survival.at_risk(found, at) == [21, 17, 15, 12, 11, 7, 6]


# R 4.2 survival 3.5.3: summary(survfit(...), times = c(10, 20)) of the 6-MP group, every conf.type
@pytest.mark.parametrize(
    ("transform", "lower", "upper"),
    [
        ("plain", (0.5640993267, 0.4039095122), (0.9417830263, 0.8509924486)),
        ("log", (0.585918982, 0.439393925), (0.9675747546, 0.8959949385)),
        ("log-log", (0.5031995108, 0.367510856), (0.8893618352, 0.8049121895)),
        ("logit", (0.5247784845, 0.3929319019), (0.8937400106, 0.8142095744)),
        ("arcsine", (0.5462151582, 0.3984075046), (0.9119466459, 0.8297307892)),
    ],
)
def test_limits_match_r_survival(transform, lower, upper):
    found = [survival.survival_at(curve(MERCAPTOPURINE), t, transform=transform) for t in (10, 20)]
    assert [v.estimate for v in found] == approx([0.7529411765, 0.6274509804], abs=6e-11)
    assert [v.se for v in found] == approx([0.09634965299, 0.1140538653], abs=6e-11)
    assert [v.lower for v in found] == approx(lower, abs=6e-10)
    assert [v.upper for v in found] == approx(upper, abs=6e-10)


# R 4.2 survival 3.5.3: the first value of aml's maintained group, where "plain" is cut at 1
def test_limits_are_cut_at_1():
    found = survival.survival_at(curve(MAINTAINED), 13, transform="plain")
    assert limits(found) == approx([0.5902550588, 1], abs=6e-11)
    assert survival.survival_at(curve(MAINTAINED), 13, transform="log").upper == 1


# R 4.2 survival 3.5.3: quantile(survfit(Surv(time, status) ~ x, aml, conf.type = ...), c(.25, .5, .75))
@pytest.mark.parametrize(
    ("transform", "maintained", "other"),
    [
        ("log-log", [(18, 9, 34), (31, 13, None), (48, 31, None)], [(8, 5, 23), (23, 5, 33), (33, 23, None)]),
        ("log", [(18, 13, None), (31, 18, None), (48, 34, None)], [(8, 5, 30), (23, 8, None), (33, 27, None)]),
        ("plain", [(18, 9, 34), (31, 18, 48), (48, 31, None)], [(8, 5, 27), (23, 8, 33), (33, 23, None)]),
        ("arcsine", [(18, 9, 34), (31, 18, None), (48, 31, None)], [(8, 5, 27), (23, 8, 33), (33, 23, None)]),
        ("logit", [(18, 9, 34), (31, 13, None), (48, 31, None)], [(8, 5, 27), (23, 8, 43), (33, 23, None)]),
    ],
)
def test_quantiles_match_r_survival(transform, maintained, other):
    for sample, expected in ((MAINTAINED, maintained), (NOT_MAINTAINED, other)):
        for probability, values in zip((0.25, 0.5, 0.75), expected, strict=True):
            found = survival.quantile(curve(sample), probability, transform=transform)
            assert (found.estimate, found.lower, found.upper, found.reason) == (*values, "")


# SAS PROC LIFETEST and R: median 23 weeks with 6-MP (13 to none), 8 without (4 to 11)
def test_median_matches_sas():
    found = survival.median(curve(MERCAPTOPURINE))
    assert (found.estimate, found.lower, found.upper) == (23, 13, None)
    found = survival.median(curve(PLACEBO))
    assert (found.estimate, found.lower, found.upper) == (8, 4, 11)
    found = survival.quantile(curve(MERCAPTOPURINE), 0.75)
    assert (found.estimate, found.lower, found.reason) == (None, 23, "not-reached")


# R 4.2 survival 3.5.3: quantile(survfit(Surv(1:4, c(1, 1, 1, 1)) ~ 1)) and with c(1, 1, 0, 1) and c(1, 1, 0, 0)
def test_quantile_of_a_level_stretch_is_its_middle():
    assert [survival.quantile(curve(([1, 2, 3, 4], [1] * 4)), p).estimate for p in (0.25, 0.5, 0.75)] == [1.5, 2.5, 3.5]
    assert survival.median(curve(([1, 2, 3, 4], [1, 1, 0, 1]))).estimate == 3
    # R takes the last time as the end of a stretch that never ends; the first time at which half are gone is 2
    assert survival.median(curve(([1, 2, 3, 4], [1, 1, 0, 0]))).estimate == 2


# R 4.2 survival 3.5.3: print(survfit(...), rmean = 30); survRM2 uses the same variance
@pytest.mark.parametrize(
    ("sample", "mean", "se"),
    [
        (MERCAPTOPURINE, 21.04650, 2.24380),
        (PLACEBO, 8.66667, 1.37739),
        (MAINTAINED, 24.6023, 2.31315),
        (NOT_MAINTAINED, 19.6944, 3.05420),
    ],
)
def test_restricted_mean_matches_r_survival(sample, mean, se):
    found = survival.restricted_mean(curve(sample), 30)
    assert (found.estimate, found.se) == approx((mean, se), abs=6e-5)


def test_restricted_means_are_compared_by_their_standard_errors():
    arms = [curve(s) for s in (MERCAPTOPURINE, PLACEBO)]
    single = [survival.restricted_mean(c, 20) for c in arms]
    found = survival.restricted_mean_difference(*arms, 20)
    se = sqrt(single[0].se ** 2 + single[1].se ** 2)
    assert (found.estimate, found.se) == approx((single[0].estimate - single[1].estimate, se))
    assert found.p_value == approx(2 * norm.sf(found.estimate / se))
    ratio = survival.restricted_mean_ratio(*arms, 20)
    log_se = sqrt(sum((s.se / s.estimate) ** 2 for s in single))
    middle = log(single[0].estimate / single[1].estimate)
    assert [log(v) for v in (ratio.estimate, ratio.lower, ratio.upper)] == approx(
        [middle, middle - 1.959964 * log_se, middle + 1.959964 * log_se], rel=1e-6
    )
    lost = survival.restricted_mean_ratio(*arms, 20, lost=True)
    assert lost.estimate == approx((20 - single[0].estimate) / (20 - single[1].estimate))
    sides = [survival.restricted_mean_difference(*arms, 20, alternative=side).p_value for side in ("greater", "less")]
    assert sides[0] < 1e-3 < sides[1]


def test_variance_with_bias_correction_is_larger_by_m_over_m_minus_1():
    plain = survival.restricted_mean(curve(MERCAPTOPURINE), 30)
    corrected = survival.restricted_mean(curve(MERCAPTOPURINE), 30, bias_correction=True)
    assert corrected.se == approx(plain.se * sqrt(9 / 8))


# Without censoring the curve is the empirical distribution, and Greenwood's variance the binomial one
@given(st.lists(st.integers(0, 15), min_size=2, max_size=40), st.integers(0, 15))
@settings(max_examples=60)
def test_curve_without_censoring_is_the_empirical_distribution(times, at):
    found = survival.survival_at(survival.kaplan_meier(times, [1] * len(times)), at, extend=True)
    share = sum(t > at for t in times) / len(times)
    assert found.estimate == approx(share, abs=1e-12)
    if 0 < share < 1:
        assert found.se == approx(sqrt(share * (1 - share) / len(times)), rel=1e-9)
        assert found.at_risk == sum(t >= at for t in times)


@given(samples)
@settings(max_examples=60)
def test_curve_agrees_with_statsmodels(pairs):
    found = from_pairs(pairs)
    times, events = (np.array(v) for v in zip(*pairs, strict=True))
    theirs = SurvfuncRight(times, events) if events.any() else None
    if theirs is None or theirs.surv_prob[-1] == 0:  # statsmodels divides by 0 there
        return
    ours = np.isin(found.time, theirs.surv_times)
    assert found.survival[ours] == approx(theirs.surv_prob, abs=1e-12)
    assert found.se[ours] == approx(theirs.surv_prob_se, abs=1e-12)
    median = survival.median(found).estimate
    assert median is None or found.survival[found.time <= median][-1] <= 0.5 + 1e-9


@given(samples, st.sampled_from(TRANSFORMS), st.floats(0.5, 0.99))
@settings(max_examples=80)
def test_limits_hold_the_curve(pairs, transform, level):
    found = from_pairs(pairs)
    lower, upper = survival.confidence_limits(found, level=level, transform=transform)
    inside = (found.survival > 0) & (found.survival < 1)
    assert (np.isnan(lower) == ~inside).all()
    assert (lower[inside] <= found.survival[inside]).all()
    assert (found.survival[inside] <= upper[inside]).all()
    assert ((lower[inside] >= 0) & (upper[inside] <= 1)).all()


@given(samples, st.integers(1, 12))
@settings(max_examples=60)
def test_restricted_mean_is_the_area_under_the_curve(pairs, horizon):
    found = from_pairs(pairs)
    grid = (np.arange(1000 * horizon) + 0.5) / 1000
    steps = np.concatenate(([1.0], found.survival))[np.searchsorted(found.time, grid, side="right")]
    value = survival.restricted_mean(found, horizon, extend=True)
    assert value.estimate == approx(steps.mean() * horizon, rel=1e-9)
    assert 0 <= value.estimate <= horizon


# Klein and others 2007, the statistics written out: phi(S) with the delta-method variance
@pytest.mark.parametrize(
    ("test", "phi", "slope"),
    [
        ("plain", lambda s: s, lambda s: 1),
        ("log", log, lambda s: 1 / s),
        ("log-log", lambda s: log(-log(s)), lambda s: 1 / (s * log(s))),
        ("arcsine", lambda s: np.arcsin(sqrt(s)), lambda s: 1 / (2 * sqrt(s * (1 - s)))),
        ("logit", lambda s: log(s / (1 - s)), lambda s: 1 / (s * (1 - s))),
    ],
)
def test_tests_of_two_curves_at_a_time_agree_with_klein(test, phi, slope):
    a, b = curve(MERCAPTOPURINE), curve(PLACEBO)
    (s, se), (r, re) = ((v.estimate, v.se) for v in (survival.survival_at(c, 10) for c in (a, b)))
    expected = (phi(s) - phi(r)) / sqrt((slope(s) * se) ** 2 + (slope(r) * re) ** 2)
    found = survival.survival_difference_at(a, b, 10, test=test)
    assert abs(found.statistic) == approx(abs(expected), rel=1e-9)
    assert found.statistic > 0
    assert found.p_value == approx(2 * norm.sf(abs(expected)), rel=1e-9)
    assert limits(found) == approx([s - r + sign * 1.959963985 * sqrt(se**2 + re**2) for sign in (-1, 1)], rel=1e-8)


# Thomas & Grunkemeier 1975, table 1, at 10 weeks: .753 and .381
def test_difference_at_10_weeks_matches_thomas_and_grunkemeier():
    found = survival.survival_difference_at(curve(MERCAPTOPURINE), curve(PLACEBO), 10)
    assert found.estimate == approx(0.753 - 0.381, abs=6e-4)


@given(samples, samples, st.integers(0, 12))
@settings(max_examples=60)
def test_difference_is_mirrored_when_the_curves_are_swapped(first, second, at):
    a, b = from_pairs(first), from_pairs(second)
    for interval in ("normal", "mover"):
        found, swapped = (survival.survival_difference_at(*p, at, interval=interval) for p in ((a, b), (b, a)))
        if found.lower is None:
            assert found.reason
            continue
        assert limits(found) == approx([-swapped.upper, -swapped.lower], abs=1e-12)
        assert found.lower <= found.estimate <= found.upper
        assert interval == "normal" or (found.lower >= -1 and found.upper <= 1)


def test_times_before_the_first_event_and_after_the_last_are_defined():
    found = curve(MERCAPTOPURINE)
    early = survival.survival_at(found, 3)
    assert (early.estimate, early.lower, early.reason, early.at_risk) == (1.0, None, "no-events", 21)
    assert limits(survival.survival_at(found, 3, zero="formula")) == [1.0, 1.0]
    late = survival.survival_at(found, 40)
    assert (late.estimate, late.reason, late.at_risk) == (None, "beyond-follow-up", 0)
    assert survival.survival_at(found, 40, extend=True).estimate == approx(0.448, abs=6e-4)
    gone = survival.survival_at(curve(PLACEBO), 40)
    assert (gone.estimate, gone.lower, gone.reason) == (0.0, None, "no-variance")
    assert survival.restricted_mean(found, 40).reason == "beyond-follow-up"
    assert survival.restricted_mean(curve(PLACEBO), 40).estimate == approx(np.mean(PLACEBO[0]))
    assert survival.restricted_mean(found, 3).reason == "no-events"


def test_no_units_no_events_and_all_events_at_once_are_defined():
    empty = survival.kaplan_meier([], [])
    assert survival.survival_at(empty, 1).reason == "too-few"
    assert survival.median(empty).reason == "too-few"
    assert survival.restricted_mean(empty, 1).reason == "too-few"
    assert survival.at_risk(empty, [0, 1]) == [0, 0]
    censored = survival.kaplan_meier([3, 4, 5], [0, 0, 0])
    assert survival.survival_at(censored, 4).reason == "no-events"
    assert survival.median(censored).reason == "not-reached"
    assert survival.restricted_mean(censored, 5).estimate == 5
    at_once = survival.kaplan_meier([2, 2, 2], [1, 1, 1])
    assert survival.survival_at(at_once, 2).estimate == 0
    assert (survival.median(at_once).estimate, survival.median(at_once).upper) == (2, None)
    mean = survival.restricted_mean(at_once, 5)
    assert (mean.estimate, mean.reason) == (2, "no-variance")
    for other in (empty, censored, at_once):
        assert survival.survival_difference_at(curve(PLACEBO), other, 4).reason
        assert survival.restricted_mean_difference(curve(PLACEBO), other, 2.5).reason
    assert survival.restricted_mean_ratio(at_once, survival.kaplan_meier([0, 0], [1, 1]), 5).reason == "no-variance"


@pytest.mark.parametrize(
    ("time", "event", "words"),
    [
        ([1, 2], [1], "one of each"),
        ([-1], [1], "number from 0"),
        ([float("nan")], [1], "number from 0"),
        ([1], [2], "event"),
        ([1], [float("nan")], "event"),
    ],
)
def test_times_and_events_that_are_none_are_refused(time, event, words):
    with pytest.raises(InvalidInput, match=words):
        survival.kaplan_meier(time, event)


def test_options_that_are_none_are_refused():
    found = curve(PLACEBO)
    for call in (
        lambda: survival.survival_at(found, -1),
        lambda: survival.survival_at(found, 1, transform="cloglog"),
        lambda: survival.survival_at(found, 1, level=95),
        lambda: survival.survival_at(found, 1, zero="r"),
        lambda: survival.quantile(found, 1),
        lambda: survival.restricted_mean(found, 0),
        lambda: survival.survival_difference_at(found, found, 1, interval="wald"),
        lambda: survival.survival_difference_at(found, found, 1, test="z"),
        lambda: survival.survival_difference_at(found, found, 1, alternative="larger"),
    ):
        with pytest.raises(InvalidInput):
            call()


# Without censoring the survival is a proportion, whose exact limits the arcsine ones come near
def test_arcsine_limits_near_the_exact_binomial_ones():
    found = survival.survival_at(survival.kaplan_meier(list(range(40)), [1] * 40), 19, transform="arcsine")
    exact = binomtest(20, 40).proportion_ci()
    assert limits(found) == approx([exact.low, exact.high], abs=0.02)
