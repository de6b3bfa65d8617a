"""Rubin's rules and their relatives. Every case below names its source; ids are those of tests/reference/cases.json."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats
from scipy.stats import norm

from helpers.errors import InvalidInput
from helpers.stats.missing import pooling
from helpers.stats.missing.pooling import rubin
from tests.stats.reference import cases

# SAS/STAT MIANALYZE, first example: means and standard errors of 31 men from five imputations (four to six digits)
FITNESS = {
    "oxygen": ([47.0120, 47.2407, 47.4995, 47.1485, 47.0042], [0.95984, 0.93540, 1.00766, 0.95439, 0.96528]),
    "run time": ([10.4441, 10.5040, 10.5922, 10.5279, 10.4913], [0.28520, 0.26661, 0.26302, 0.26405, 0.27275]),
    "run pulse": ([171.216, 171.244, 171.909, 171.146, 172.072], [1.59910, 1.75638, 1.85795, 1.75011, 1.84807]),
}
numbers = st.lists(st.floats(-50, 50), min_size=2, max_size=12)


def mice_inputs():
    given_ = cases()["RUBIN-MICE-100"]["inputs"]
    return given_["estimates"], given_["se"], given_["v_com"]


@pytest.mark.parametrize("position", range(10))
def test_rubin_matches_r_mice_as_the_tests_of_rbmi_print_it(position):
    estimates, se, complete = mice_inputs()
    expected = cases()["RUBIN-MICE-100"]["expected"]
    found = rubin(estimates, se, complete_df=complete[position])
    assert found.estimate == approx(expected["est"], abs=1e-10)
    assert found.total == approx(expected["total_var"], abs=1e-8)
    assert found.df == approx(expected["df"][position], abs=1e-6)


def test_infinite_complete_data_degrees_of_freedom_give_rubins_rule():
    estimates, se, _ = mice_inputs()
    expected = cases()["RUBIN-MICE-INF"]["expected"]["df"]
    assert rubin(estimates, se).df == approx(expected, abs=1.0)
    assert rubin(estimates, se, complete_df=11, rule="rubin").df == approx(expected, abs=1.0)


@pytest.mark.parametrize("position", range(10))
def test_equal_estimates_give_the_limit_of_the_rule_and_with_the_floor_what_mice_prints(position):
    _, se, complete = mice_inputs()
    expected = cases()["RUBIN-ZERO-BETWEEN"]["expected"]
    v = complete[position]
    found = rubin([0.0] * 100, se, complete_df=v)
    assert found.total == approx(expected["total_var"], abs=1e-8)
    assert found.df == approx(v * (v + 1) / (v + 3), rel=1e-14)
    assert found.df == approx(expected["df"][position], rel=2e-4)
    floored = rubin([0.0] * 100, se, complete_df=v, lambda_floor=1e-4)
    assert floored.df == approx(expected["df"][position], abs=1e-6)


def test_equal_estimates_of_a_normal_analysis_stay_normal():
    _, se, _ = mice_inputs()
    found = rubin([0.5] * 100, se)
    assert (found.df, found.riv, found.lambda_, found.fmi, found.efficiency) == (inf, 0.0, 0.0, 0.0, 1.0)
    assert found.upper == approx(0.5 + norm.ppf(0.975) * found.se, rel=1e-12)


# SAS-MI-DF-OLD: SAS/STAT MIANALYZE, combining inferences
def test_degrees_of_freedom_of_1987_match_sas():
    given_ = cases()["SAS-MI-DF-OLD"]["inputs"]
    found = pooling.degrees_of_freedom(given_["m"], given_["r"])
    assert found == approx(cases()["SAS-MI-DF-OLD"]["expected"]["df"], abs=1e-9)


# SAS/STAT MIANALYZE, first example with EDF=30, printed from unrounded inputs (figures recalled, confirmed within the
# rounding of the inputs). SAS shows the fraction of missing information at the degrees of freedom of 1987.
def test_means_of_the_fitness_data_match_sas():
    found = rubin(*FITNESS["oxygen"], complete_df=30)
    assert found.estimate == approx(47.180993, abs=5e-5)
    assert found.se == approx(0.990266, abs=1e-5)
    assert found.df == approx(26.298, abs=2e-3)
    assert (found.lower, found.upper) == approx((45.1466, 49.2154), abs=1e-4)
    assert (found.between, found.within, found.total) == approx((0.041478, 0.930853, 0.980626), abs=1e-5)
    assert found.riv == approx(0.053471, abs=2e-5)
    of_1987 = pooling.fraction_missing(found.riv, pooling.degrees_of_freedom(5, found.riv))
    assert of_1987 == approx(0.051977, abs=2e-5)
    assert pooling.relative_efficiency(of_1987, 5) == approx(0.989712, abs=5e-6)


# R 4.2 mice 3.15: pool.scalar(Q, U, n = 40, k = 3) and pool.scalar(Q, U)
def test_fraction_of_missing_information_matches_mice():
    q, se = [0.31, 0.52, 0.11, 0.43, 0.27, 0.66], [0.21, 0.25, 0.19, 0.3, 0.22, 0.27]
    small, large = rubin(q, se, complete_df=37), rubin(q, se)
    assert (small.df, small.riv, small.fmi) == approx((11.5271402979301, 0.7527306967985, 0.5080096124040), rel=1e-12)
    assert (large.df, large.fmi) == approx((27.1094767785872, 0.4673592855955), rel=1e-12)
    assert small.monte_carlo_se == approx(sqrt(0.0380666666667 / 6), rel=1e-10)


@given(numbers, st.floats(0.01, 10), st.floats(1, 500))
@settings(max_examples=60)
def test_pooling_agrees_with_the_formulas_of_barnard_and_rubin(values, se, complete):
    m, found = len(values), rubin(values, [se] * len(values), complete_df=complete)
    b = np.var(values, ddof=1)
    t = se**2 + b + b / m
    gamma = (1 + 1 / m) * b / t
    v_obs = complete * (complete + 1) / (complete + 3) * (1 - gamma)
    df = 1 / (gamma**2 / (m - 1) + 1 / v_obs)
    assert found.df == approx(df, rel=1e-6)
    limits = stats.t.interval(0.95, df, np.mean(values), sqrt(t))
    assert (found.lower, found.upper) == approx(limits, rel=1e-6, abs=1e-9)
    assert found.p_value == approx(2 * stats.t.sf(abs(np.mean(values)) / sqrt(t), df), rel=1e-6, abs=1e-12)
    assert 0 <= found.lambda_ <= 1
    assert found.riv == approx(found.lambda_ / (1 - found.lambda_), rel=1e-6)


@given(numbers, st.floats(0.01, 10))
@settings(max_examples=40)
def test_the_order_of_the_data_sets_and_the_unit_do_not_matter(values, se):
    one = rubin(values, [se] * len(values), complete_df=20)
    other = rubin([3 * v for v in reversed(values)], [3 * se] * len(values), complete_df=20)
    assert (other.estimate, other.se, other.df) == approx((3 * one.estimate, 3 * one.se, one.df), rel=1e-9, abs=1e-9)


# R rbmi pools with normal limits where the complete-data degrees of freedom are NA
def test_the_normal_rule_has_normal_limits():
    found = rubin([1.0, 1.4, 0.8, 1.1], [0.5, 0.52, 0.48, 0.5], complete_df=25, rule="normal")
    assert found.df == inf
    assert found.upper - found.estimate == approx(norm.ppf(0.975) * found.se, rel=1e-12)


def test_one_sided_limits_are_one_sided_and_agree_with_the_p_value():
    q, se = [1.0, 1.4, 0.8, 1.1], [0.5, 0.52, 0.48, 0.5]
    two = rubin(q, se, complete_df=25, level=0.90)
    greater = rubin(q, se, complete_df=25, alternative="greater")
    less = rubin(q, se, complete_df=25, alternative="less")
    assert (greater.lower, greater.upper) == (approx(two.lower), inf)
    assert (less.lower, less.upper) == (-inf, approx(two.upper))
    assert greater.p_value + less.p_value == approx(1)
    edge = rubin(q, se, complete_df=25, alternative="greater", null=greater.lower)
    assert edge.p_value == approx(0.05, rel=1e-9)


@pytest.mark.parametrize("scale", ["log", "logit", "fisher-z", "arcsine", "identity"])
def test_pooling_on_a_scale_is_pooling_of_the_transformed_estimates(scale):
    values, se = np.array([0.3, 0.42, 0.36, 0.51]), np.array([0.1, 0.11, 0.09, 0.12])
    forward = {
        "log": (np.log, np.exp),
        "logit": (lambda p: np.log(p / (1 - p)), lambda y: 1 / (1 + np.exp(-y))),
        "fisher-z": (np.arctanh, np.tanh),
        "arcsine": (lambda p: np.arcsin(np.sqrt(p)), lambda y: np.sin(y) ** 2),
        "identity": (lambda x: x, lambda y: y),
    }[scale]
    slope = (forward[0](values + 1e-6) - forward[0](values - 1e-6)) / 2e-6
    by_hand = rubin(forward[0](values), se * slope, complete_df=30)
    found = rubin(values, se, complete_df=30, scale=scale)
    there = [forward[1](x) for x in (by_hand.estimate, by_hand.lower, by_hand.upper)]
    assert (found.estimate, found.lower, found.upper) == approx(there, rel=1e-8)
    assert (found.se, found.df, found.fmi) == approx((by_hand.se, by_hand.df, by_hand.fmi), rel=1e-7)
    again = rubin(values, se * slope, complete_df=30, scale=scale, se_on_scale=True)
    assert again.upper == approx(found.upper, rel=1e-8)


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        (([1.0], [0.5]), "too-few"),
        (([1.0, 1.0], [0.0, 0.0]), "no-variance"),
        (([1.0, None], [0.5, 0.5]), "undefined"),
        (([1.0, 2.0], [0.5, float("nan")]), "undefined"),
    ],
)
def test_what_cannot_be_pooled_says_why(given_, reason):
    found = rubin(*given_, complete_df=9)
    assert (found.reason, found.lower, found.p_value) == (reason, None, None)


def test_estimates_at_the_end_of_a_scale_have_no_pooled_value():
    assert rubin([0.0, 0.2], [0.1, 0.1], scale="logit").reason == "undefined"
    assert rubin([1.0, 0.2], [0.1, 0.1], scale="fisher-z").reason == "undefined"


def test_standard_errors_of_zero_leave_the_spread_between_estimates():
    found = rubin([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    assert (found.riv, found.lambda_, found.fmi, found.df) == (inf, 1.0, 1.0, 2.0)
    assert found.se == approx(sqrt(4 / 3))
    assert rubin([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], complete_df=9).reason == "undefined"


@pytest.mark.parametrize(
    "wrong",
    [
        {"se": [0.1]},
        {"se": [0.1, -0.1]},
        {"complete_df": 0},
        {"rule": "other"},
        {"scale": "other"},
        {"level": 95},
        {"alternative": "both"},
        {"estimates": []},
    ],
)
def test_arguments_that_are_none_are_refused(wrong):
    with pytest.raises(InvalidInput):
        rubin(**({"estimates": [1.0, 2.0], "se": [0.1, 0.1]} | wrong))
    with pytest.raises(InvalidInput):
        pooling.degrees_of_freedom(1, 0.1)
