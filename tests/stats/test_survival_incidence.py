"""Cumulative incidence with competing events, and Gray's test; published data are in survival_data.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import chi2, norm

from helpers.errors import InvalidInput
from helpers.stats import survival
from helpers.stats.survival.incidence import VARIANCES
from tests.stats.survival_data import SIMULATED, TRANSPLANT

samples = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 2)), min_size=1, max_size=30)


def transplant(disease, cause):
    rows = [(time, code) for own, time, code in TRANSPLANT if own == disease]
    return survival.cumulative_incidence(*(list(v) for v in zip(*rows, strict=True)), cause=cause)


# scikit-survival tests/test_nonparametric.py, data_bmt_AML and data_bmt_ALL, values by R cmprsk and etm
@pytest.mark.parametrize(
    ("disease", "cause", "expected"),
    [
        (1, 1, {2: 0.0, 3: 0.17708333, 4: 0.29513889, 7: 0.29513889, 8: 0.36818576, 70: 0.36818576}),
        (1, 2, {2: 0.05555556, 7: 0.12048611, 10: 0.20570747, 70: 0.20570747}),
        (0, 1, {0: 0.05882353, 7: 0.11764706, 12: 0.17647059, 72: 0.17647059}),
        (0, 2, {9: 0.47058824, 13: 0.52941176, 22: 0.64705882, 26: 0.70588235, 72: 0.70588235}),
    ],
)
def test_incidence_matches_scikit_survival(disease, cause, expected):
    found = [survival.incidence_at(transplant(disease, cause), t).estimate for t in expected]
    assert found == approx(list(expected.values()), abs=6e-9)


# R cmprsk tests/test.Rout.save: print(xx <- cuminc(ss, cc)); times 1, 2, 3 lie after 58, 87 and 96 of the 100 units
@pytest.mark.parametrize(
    ("cause", "estimates", "variances"),
    [
        (1, (0.2352861, 0.3287068, 0.4247898), (0.002062112, 0.002957844, 0.004170634)),
        (2, (0.2567862, 0.3931580, 0.4631781), (0.002190305, 0.003273248, 0.004004514)),
    ],
)
def test_incidence_and_variance_match_cmprsk(cause, estimates, variances):
    _, causes, _ = SIMULATED[1]
    curve = survival.cumulative_incidence(list(range(1, 101)), [int(c) for c in causes], cause=cause)
    for place, estimate, variance in zip((58, 87, 96), estimates, variances, strict=True):
        found = survival.incidence_at(curve, place, variance="gray")
        assert found.estimate == approx(estimate, abs=6e-8)
        assert found.se**2 == approx(variance, abs=6e-10)
        # without different causes at one time the two forms of Aalen's variance agree
        assert curve.variance(place, kind="aalen") == approx(variance, abs=6e-10)


# R cmprsk tests/test.Rout.save: Tests of cuminc(abs(rnorm), cc, gg, strt) and cuminc(rexp, cc, gg, strt)
@pytest.mark.parametrize(
    ("data", "cause", "statistic", "p_value"),
    [
        (0, 1, 1.214132, 0.5449473),
        (0, 2, 3.269462, 0.1950048),
        (1, 1, 3.393977, 0.1832345),
        (1, 2, 1.989511, 0.3698139),
    ],
)
def test_gray_test_matches_cmprsk(data, cause, statistic, p_value):
    groups, causes, strata = SIMULATED[data]
    times = list(range(1, 101))
    found = survival.gray_test(times, [int(c) for c in causes], list(groups), cause=cause, strata=list(strata))
    assert (found.statistic, found.p_value, found.df) == (approx(statistic, abs=6e-7), approx(p_value, abs=6e-8), 2)


# R 4.2 survival 3.5.3: survfit(Surv(t, factor(e, 0:2)) ~ 1): pstate and std.err of cause 1, and its log-log limits
def test_delta_variance_is_the_jackknife_of_r_survival():
    t, e = [1, 2, 2, 3, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 10], [2, 1, 0, 0, 2, 1, 1, 0, 2, 0, 1, 1, 0, 2, 1]
    curve = survival.cumulative_incidence(t, e)
    at = [2, 3, 4, 7, 10]
    found = [survival.incidence_at(curve, when, variance="delta") for when in at]
    estimates = [0.06666666667, 0.13888888889, 0.21913580247, 0.44382716049, 0.61234567901]
    errors = [0.06440611887, 0.09132934568, 0.11259718189, 0.15290852229, 0.16363446057]
    lower = [0.004300363449, 0.022543763589, 0.052490300547, 0.154855298836, 0.240063986726]
    upper = [0.2603219631, 0.3578618154, 0.4575112287, 0.7020404078, 0.8448571414]
    assert [f.estimate for f in found] == approx(estimates, abs=6e-12)
    assert [f.se for f in found] == approx(errors, abs=6e-12)
    assert [f.lower for f in found] == approx(lower, abs=6e-11)
    assert [f.upper for f in found] == approx(upper, abs=6e-11)


def jackknife(times, causes, at):
    """Infinitesimal jackknife by weights: derivative of the incidence in each unit's weight, by differences."""

    def incidence(weights):
        total, alive = 0.0, 1.0
        for when in sorted({t for t in times if t <= at}):
            risk = sum(w for t, w in zip(times, weights, strict=True) if t >= when)
            own = sum(w for t, c, w in zip(times, causes, weights, strict=True) if t == when and c == 1)
            other = sum(w for t, c, w in zip(times, causes, weights, strict=True) if t == when and c == 2)
            total, alive = total + alive * own / risk, alive * (1 - (own + other) / risk)
        return total

    slopes = []
    for i in range(len(times)):
        up, down = ([1.0 + sign * 1e-5 * (j == i) for j in range(len(times))] for sign in (1, -1))
        slopes.append((incidence(up) - incidence(down)) / 2e-5)
    return sum(slope**2 for slope in slopes)


@given(samples, st.integers(0, 10))
@settings(max_examples=40)
def test_delta_variance_agrees_with_a_jackknife(pairs, at):
    times, causes = (list(v) for v in zip(*pairs, strict=True))
    if max(times) <= at and sum(t == max(times) for t in times) == sum(
        t == max(times) and c > 0 for t, c in zip(times, causes, strict=True)
    ):
        return  # the curve of all causes has reached 0, where the derivative has a corner
    curve = survival.cumulative_incidence(times, causes)
    assert curve.variance(at, kind="delta") == approx(jackknife(times, causes, at), abs=1e-7)


# SAS/STAT User's Guide, LIFETEST: ERROR=AALEN and ERROR=DELTA, written out
@pytest.mark.parametrize("disease", [0, 1])
@pytest.mark.parametrize("at", [4, 8, 14, 30])
def test_variances_agree_with_the_formulas_of_sas(disease, at):
    curve = transplant(disease, 2)
    past = [i for i in range(len(curve.time)) if curve.time[i] <= at and curve.events[i] + curve.competing[i]]
    final = curve.incidence[curve.time <= at][-1]
    aalen = delta = 0.0
    for i in past:
        y, d, own = curve.at_risk[i], curve.events[i] + curve.competing[i], curve.events[i]
        before, gap = (curve.survival[i - 1] if i else 1.0), final - curve.incidence[i]
        aalen += gap**2 * d / ((y - 1) * (y - d)) + before**2 * own * (y - own) / (y**2 * (y - 1))
        aalen -= 2 * gap * before * own * (y - own) / (y * (y - d) * (y - 1))
        delta += gap**2 * d / (y * (y - d)) + before**2 * own * (y - own) / y**3 - 2 * gap * before * own / y**2
    assert curve.variance(at, kind="aalen") == approx(aalen, rel=1e-10)
    assert curve.variance(at, kind="delta") == approx(delta, rel=1e-10)


@given(samples, st.integers(0, 10))
@settings(max_examples=60)
def test_incidences_of_all_causes_and_survival_add_up_to_1(pairs, at):
    times, causes = (list(v) for v in zip(*pairs, strict=True))
    curves = [survival.cumulative_incidence(times, causes, cause=cause) for cause in (1, 2)]
    overall = survival.kaplan_meier(times, [int(c > 0) for c in causes])
    total = sum(survival.incidence_at(c, at, extend=True).estimate for c in curves)
    assert total + survival.survival_at(overall, at, extend=True).estimate == approx(1, abs=1e-12)
    # with one cause only the incidence is 1 minus Kaplan-Meier, and the delta variance Greenwood's
    one = survival.cumulative_incidence(times, [int(c > 0) for c in causes])
    survivors = survival.survival_at(overall, at, extend=True)
    if survivors.se:
        found = survival.incidence_at(one, at, extend=True, variance="delta", transform="complementary-log-log")
        assert found.se == approx(survivors.se, rel=1e-9)
        assert [1 - found.upper, 1 - found.lower] == approx([survivors.lower, survivors.upper], rel=1e-9)


def test_difference_of_two_incidences_has_both_variances():
    a, b = transplant(1, 2), transplant(0, 2)
    for variance in VARIANCES:
        found = survival.incidence_difference_at(a, b, 14, variance=variance)
        points = [survival.incidence_at(c, 14, variance=variance) for c in (a, b)]
        se = np.hypot(points[0].se, points[1].se)
        assert (found.estimate, found.se) == approx((points[0].estimate - points[1].estimate, se))
        assert found.p_value == approx(2 * norm.sf(abs(found.estimate) / se))
    mover = survival.incidence_difference_at(a, b, 14, interval="mover")
    assert -1 < mover.lower < mover.estimate < mover.upper < 1
    tested = survival.incidence_difference_at(a, b, 14, test="complementary-log-log", alternative="less")
    assert tested.statistic < 0
    assert tested.p_value == approx(norm.cdf(tested.statistic))


def test_gray_test_does_not_depend_on_the_order_of_groups_or_on_a_single_stratum():
    disease, time, cause = (list(v) for v in zip(*TRANSPLANT, strict=True))
    found = survival.gray_test(time, cause, disease, cause=2)
    swapped = survival.gray_test(time, cause, [1 - d for d in disease], cause=2)
    assert found.statistic == approx(swapped.statistic, rel=1e-9)
    assert found.p_value == approx(chi2.sf(found.statistic, 1))
    assert survival.gray_test(time, cause, disease, cause=2, strata=["x"] * 35).statistic == approx(found.statistic)
    assert survival.gray_test(time, cause, disease, cause=2, rho=1).statistic != approx(found.statistic)


# Without competing events Gray's test and the log-rank test look at the same difference
def test_gray_test_without_competing_events_is_near_the_log_rank_test():
    rng = np.random.default_rng(7)
    time, group = np.round(rng.exponential(1, 400), 6), rng.integers(0, 2, 400)
    event = (rng.random(400) < 0.7).astype(int)
    time = np.where(group == 1, time * 0.75, time)
    gray, log_rank = survival.gray_test(time, event, group), survival.log_rank(time, event, group)
    assert gray.statistic == approx(log_rank.statistic, rel=0.1)


def test_no_units_no_events_and_all_events_at_once_are_defined():
    empty = survival.cumulative_incidence([], [])
    assert survival.incidence_at(empty, 1).reason == "too-few"
    censored = survival.cumulative_incidence([1, 2], [0, 0])
    assert survival.incidence_at(censored, 2).reason == "no-events"
    assert survival.incidence_at(censored, 3).reason == "beyond-follow-up"
    assert survival.incidence_at(censored, 3, extend=True).estimate == 0
    at_once = survival.cumulative_incidence([2, 2, 2], [1, 1, 1])
    found = survival.incidence_at(at_once, 5)
    assert (found.estimate, found.lower, found.reason) == (1.0, None, "no-variance")
    mixed = survival.cumulative_incidence([2, 2, 2], [1, 2, 2])
    for variance in VARIANCES:
        found = survival.incidence_at(mixed, 2, variance=variance)
        assert found.estimate == approx(1 / 3)
        assert 0 < found.lower < 1 / 3 < found.upper < 1
    assert survival.incidence_difference_at(mixed, censored, 2).reason == "no-events"
    assert survival.gray_test([1, 2], [1, 1], ["a", "a"]).reason == "too-few"
    assert survival.gray_test([1, 2], [0, 2], ["a", "b"]).reason == "no-events"
    assert survival.gray_test([1, 2], [1, 0], ["a", "b"]).reason in ("", "singular")
    assert survival.gray_test([2, 2, 3], [1, 0, 0], ["a", "b", "c"]).reason in ("", "singular")


def test_codes_and_options_that_are_none_are_refused():
    curve = transplant(0, 1)
    for call in (
        lambda: survival.cumulative_incidence([1], [-1]),
        lambda: survival.cumulative_incidence([1], [0.5]),
        lambda: survival.cumulative_incidence([1], [1], cause=0),
        lambda: survival.incidence_at(curve, -1),
        lambda: survival.incidence_at(curve, 1, variance="sas"),
        lambda: survival.incidence_at(curve, 1, transform="none"),
        lambda: survival.incidence_difference_at(curve, curve, 1, alternative="larger"),
        lambda: survival.gray_test([1], [1], ["a"], cause=1.5),
        lambda: survival.gray_test([1, 2], [1, 1], ["a", None]),
    ):
        with pytest.raises(InvalidInput):
            call()
