"""Measures over strata. Every case below names its source in tests/reference/cases.json; the id is the test's."""

from math import inf, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from pytest import approx
from scipy.stats import chi2, norm

from helpers.errors import InvalidInput
from helpers.stats import proportions, stratified
from tests.stats.strata_cases import close, some_strata, strata

COUNTED = ["SAS-CMH-CAMIS", "SAS-MIGRAINE", "TERN-CMH-RD", "LU2008-STRATMN", "MEHROTRA-RAILKAR", "HARTUNG-KNAPP-SCAS"]


def three(pooled):
    return [pooled.estimate, pooled.lower, pooled.upper]


@pytest.mark.parametrize("id", ["SAS-CMH-CAMIS", "SAS-MIGRAINE"])
def test_sas_cmh_output_is_reproduced(id):
    data = strata(id)
    cmh, homogeneity = stratified.cmh_test(*data), stratified.breslow_day(*data)
    close(id, "cmh", cmh.statistic)
    close(id, "cmh_p", cmh.p_value)
    close(id, "or_mh", three(stratified.mh_odds_ratio(*data)))
    close(id, "rr_mh", three(stratified.mh_risk_ratio(*data)))
    close(id, "breslow_day", homogeneity.statistic)
    close(id, "breslow_day_p", homogeneity.p_value)


def test_sas_logit_estimates_and_risk_differences_are_reproduced():
    id = "SAS-CMH-CAMIS"
    x, n, y, m = strata(id)
    close(id, "or_logit", three(stratified.inverse_variance(x, n, y, m, measure="odds-ratio")))
    close(id, "rr_logit", three(stratified.inverse_variance(x, n, y, m, measure="risk-ratio")))
    others = [b - a for a, b in zip(x, n, strict=True)], [b - a for a, b in zip(y, m, strict=True)]
    close(id, "rr_mh_nonevent", three(stratified.mh_risk_ratio(others[0], n, others[1], m)))
    sato = stratified.mh_risk_difference(x, n, y, m)
    close(id, "rd_mh", sato.estimate)
    close(id, "rd_mh_se_sato", sato.se)
    close(id, "rd_mh_ci_sato", [sato.lower, sato.upper])
    summary = stratified.summary_score(x, n, y, m)
    close(id, "summary_score", [summary.estimate, summary.se, summary.lower, summary.upper])
    close(id, "summary_score_z", summary.statistic)
    close(id, "summary_score_p", summary.p_value)
    close(id, "stratified_newcombe", three(stratified.newcombe(x, n, y, m)))


def test_tern_cmh_weighted_difference_and_proportions_are_reproduced():
    id, data = "TERN-CMH-RD", strata("TERN-CMH-RD")
    wald = stratified.mh_risk_difference(*data, variance="greenland-robins", level=0.9)
    sato = stratified.mh_risk_difference(*data, level=0.9)
    close(id, "est", wald.estimate)
    close(id, "wald_se", wald.se)
    close(id, "wald_ci", [wald.lower, wald.upper])
    close(id, "sato_se", sato.se)
    close(id, "sato_ci", [sato.lower, sato.upper])
    both = stratified.mh_proportions(*data, level=0.9)
    close(id, "prop_treatment", three(both.arm))
    close(id, "prop_control", three(both.reference))
    assert both.arm.estimate - both.reference.estimate == approx(wald.estimate, abs=1e-14)


# tern tests/testthat/_snaps/prop_diff.md: two strata without one arm, "a.x" emptied from case TERN-CMH-RD
def test_tern_difference_with_empty_strata_is_reproduced():
    data = [[0, *column[1:]] for column in strata("TERN-CMH-RD")]
    for emptied in (data, [[3, *data[0][1:]], [8, *data[1][1:]], data[2], data[3]]):
        found = stratified.mh_risk_difference(*emptied, variance="greenland-robins", level=0.9)
        assert three(found) == approx([-0.171767, -0.32786094, -0.01567301], abs=1e-6)
        assert (found.strata, found.informative, found.weights[0]) == (6, 5, 0.0)


# tern tests/testthat/test-test_proportion_diff.R, "prop_cmh with Sato variance estimator"
@pytest.mark.parametrize(
    ("data", "z", "p"),
    [
        (([5, 4, 7, 5], [16, 10, 20, 17], [2, 3, 2, 4], [16, 11, 19, 17]), 2.109, 0.035),
        (([7, 3, 10, 5], [15, 10, 20, 17], [2, 3, 2, 4], [16, 11, 19, 17]), 2.864, 0.004),
    ],
)
def test_tern_test_with_the_sato_variance_is_reproduced(data, z, p):
    found = stratified.mh_risk_difference(*data)
    assert (found.statistic, found.p_value) == (approx(z, rel=1e-3), approx(p, rel=5e-2))


def test_tern_stratified_newcombe_is_reproduced():
    found = stratified.newcombe(*strata("TERN-STRATNEWC"))
    close("TERN-STRATNEWC", "ci", three(found))
    # note of the same case: the iterated weights, which tern stops early
    wilson = stratified.newcombe(*strata("TERN-STRATNEWC"), weights="wilson")
    assert three(wilson) == approx([0.2587, 0.0391, 0.4501], abs=1.5e-4)


def test_one_stratum_gives_the_unstratified_newcombe_interval():
    for continuity in (False, True):
        found = stratified.newcombe([56], [70], [48], [80], continuity=continuity)
        one = proportions.newcombe_difference(56, 70, 48, 80, continuity=continuity)
        assert three(found) == approx(three(one), rel=1e-9)
        alone = stratified.wilson([56], [70], continuity=continuity)
        wilson = proportions.wilson(56, 70, continuity=continuity)
        assert three(alone) == approx([wilson.estimate, wilson.lower, wilson.upper], rel=1e-12)


# tern tests/testthat/test-estimate_proportion.R and _snaps; the second also from SAS
@pytest.mark.parametrize(
    ("x", "n", "weights", "level", "expected"),
    [
        ([12, 7, 5, 9, 8, 8], [22, 18, 17, 17, 14, 12], [1] * 6, 0.9, (0.4190436, 0.5789733)),
        ([11, 10, 4, 8, 9, 8], [15, 16, 10, 11, 15, 13], [1, 2, 3, 4, 5, 6], 0.95, (0.4867191, 0.7186381)),
    ],
)
def test_published_stratified_wilson_intervals_are_reproduced(x, n, weights, level, expected):
    found = stratified.wilson(x, n, weights=weights, level=level)
    assert (found.lower, found.upper) == approx(expected, abs=6e-8)


# the same file: iterated weights; tern's limits, .40729 and .56479, keep the quantile of the weights it started from
def test_iterated_wilson_weights_of_tern_are_reproduced():
    found = stratified.wilson([12, 7, 5, 9, 8, 8], [22, 18, 17, 17, 14, 12], level=0.9)
    weights = (0.2074199, 0.1776464, 0.1915610, 0.1604678, 0.1351096, 0.1277952)
    assert found.weights == approx(weights, abs=5e-7)
    assert (found.lower, found.upper) == approx((0.4072891, 0.5647887), abs=6e-5)


# the formula of Yan and Su 2010, written out again
def test_stratified_wilson_follows_the_paper():
    x, n, w = np.array([8, 2, 6]), np.array([15, 10, 14]), np.array([0.5, 0.2, 0.3])
    p = x / n
    v = p * (1 - p) / n
    z = norm.ppf(0.975) * sqrt((w**2 * v).sum()) / (w * np.sqrt(v)).sum()
    centre, half = (p + z**2 / (2 * n)) / (1 + z**2 / n), z * np.sqrt(v + z**2 / (4 * n**2)) / (1 + z**2 / n)
    found = stratified.wilson(x, n, weights=w)
    assert (found.lower, found.upper) == approx(((w * (centre - half)).sum(), (w * (centre + half)).sum()), rel=1e-12)


# Greenland and Robins 1985, written out again from the paper's sums
@pytest.mark.parametrize("id", COUNTED)
def test_risk_ratio_and_difference_follow_the_papers(id):
    x, n, y, m = map(np.array, strata(id))
    total = n + m
    r, s = (x * m / total).sum(), (y * n / total).sum()
    variance = ((n * m * (x + y) - x * y * total) / total**2).sum() / (r * s)
    found = stratified.mh_risk_ratio(*strata(id))
    assert (found.estimate, found.se) == approx((r / s, sqrt(variance)), rel=1e-12)
    sums = ((x * (n - x) * m**3 + y * (m - y) * n**3) / (n * m * total**2)).sum()
    wald = stratified.mh_risk_difference(*strata(id), variance="greenland-robins")
    assert wald.se == approx(sqrt(sums) / (n * m / total).sum(), rel=1e-12)


# Klingenberg 2014: the limits are where the difference is z standard errors of Sato's variance away
@pytest.mark.parametrize("id", COUNTED)
def test_klingenberg_limits_solve_their_equation(id):
    x, n, y, m = map(np.array, strata(id))
    total, w = n + m, (n * m / (n + m)).sum()
    p = ((n**2 * y - m**2 * x + n * m * (m - n) / 2) / total**2).sum()
    q = ((x * (m - y) + y * (n - x)) / (2 * total)).sum()
    found = stratified.mh_risk_difference(*strata(id), variance="klingenberg")
    for limit, sign in ((found.lower, 1), (found.upper, -1)):
        assert (found.estimate - limit) / (sqrt(limit * p + q) / w) == approx(sign * norm.ppf(0.975), rel=1e-9)


# Woolf 1955 by weighted regression through statsmodels: an intercept only, known variances
@pytest.mark.parametrize("measure", ["risk-difference", "risk-ratio", "odds-ratio"])
def test_inverse_variance_estimates_and_homogeneity_agree_with_statsmodels_meta_analysis(measure):
    from statsmodels.stats.meta_analysis import combine_effects

    x, n, y, m = map(np.array, strata("HARTUNG-KNAPP-SCAS"))
    p, q = x / n, y / m
    effect, variance = {
        "risk-difference": (p - q, p * (1 - p) / n + q * (1 - q) / m),
        "risk-ratio": (np.log(p / q), (1 - p) / x + (1 - q) / y),
        "odds-ratio": (np.log(p / (1 - p) * (1 - q) / q), 1 / x + 1 / (n - x) + 1 / y + 1 / (m - y)),
    }[measure]
    theirs = combine_effects(effect, variance)
    found = stratified.inverse_variance(x, n, y, m, measure=measure)
    value = found.estimate if measure == "risk-difference" else log(found.estimate)
    assert (value, found.se) == approx((theirs.mean_effect_fe, theirs.sd_eff_w_fe), rel=1e-9)
    test = stratified.homogeneity(x, n, y, m, measure=measure)
    assert (test.statistic, test.df) == (approx(theirs.q, rel=1e-9), 12)
    assert test.p_value == approx(chi2.sf(theirs.q, 12), rel=1e-9)


def test_empty_cells_are_corrected_as_sas_does_or_left_out():
    data = ([3, 0, 0], [20, 10, 10], [1, 2, 0], [20, 10, 10])
    found = stratified.inverse_variance(*data, measure="odds-ratio")
    logs = [log(3 * 19 / (17 * 1)), log(0.5 * 8.5 / (10.5 * 2.5))]
    w = [1 / (1 / 3 + 1 / 17 + 1 + 1 / 19), 1 / (1 / 0.5 + 1 / 10.5 + 1 / 2.5 + 1 / 8.5)]
    assert log(found.estimate) == approx(np.average(logs, weights=w), rel=1e-12)
    assert (found.strata, found.informative) == (3, 2)
    kept = stratified.inverse_variance(*data, measure="odds-ratio", keep_uninformative=True)
    assert (kept.informative, abs(log(kept.estimate)) < abs(log(found.estimate))) == (3, True)
    without = stratified.inverse_variance(*data, measure="odds-ratio", correction=0)
    assert (without.informative, log(without.estimate)) == (1, approx(logs[0], rel=1e-12))
    every = stratified.inverse_variance([3], [20], [1], [20], measure="odds-ratio", correct="all")
    assert log(every.estimate) == approx(log(3.5 * 19.5 / (17.5 * 1.5)), rel=1e-12)


def test_margins_alone_decide_what_carries_information():
    data = ([0, 3, 5, 0, 4], [0, 3, 9, 6, 9], [0, 2, 0, 0, 2], [0, 2, 0, 6, 8])
    expected = {"mh_risk_difference": 3, "mh_risk_ratio": 2, "mh_odds_ratio": 1, "cmh_test": 1, "exact_odds_ratio": 1}
    for name, informative in expected.items():
        found = getattr(stratified, name)(*data)
        assert (found.strata, found.informative) == (5, informative)
    only = stratified.mh_odds_ratio([4], [9], [2], [8])
    assert three(stratified.mh_odds_ratio(*data)) == approx(three(only), rel=1e-12)


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (([], [], [], []), "too-few"),
        (([3], [5], [0], [0]), "too-few"),
        (([0], [5], [0], [6]), ("no-variance", "no-events", "no-events", "no-events", "no-events", "")),
        (([5], [5], [6], [6]), ("no-variance", "no-variance", "undefined", "undefined", "undefined", "")),
        (([3], [5], [0], [6]), ("", "separated", "separated", "", "", "")),
    ],
)
def test_degenerate_strata_have_a_reason(data, reasons):
    names = ("mh_risk_difference", "mh_risk_ratio", "mh_odds_ratio", "cmh_test", "exact_odds_ratio", "newcombe")
    for name, reason in zip(names, [reasons] * 6 if isinstance(reasons, str) else reasons, strict=True):
        found = getattr(stratified, name)(*data)
        assert found.reason == reason, name
        if reason and hasattr(found, "lower"):
            assert (found.lower, found.upper) == (None, None)
    for measure in ("risk-difference", "risk-ratio", "odds-ratio"):
        assert stratified.inverse_variance(*data, measure=measure, correction=0).strata == len(data[0])
        assert stratified.homogeneity(*data, measure=measure).statistic is None
    assert stratified.breslow_day(*data).statistic is None
    assert stratified.summary_score(*data).strata == len(data[0])
    assert stratified.mh_proportions(*data).arm.strata == len(data[0])


def test_a_ratio_of_nothing_to_something_is_zero_or_infinite():
    assert stratified.mh_odds_ratio([0], [5], [3], [6]).estimate == 0
    assert stratified.mh_odds_ratio([3], [5], [0], [6]).estimate == inf
    found = stratified.exact_odds_ratio([0], [5], [3], [6])
    assert (found.estimate, found.lower) == (0, 0)
    assert 0 < found.upper < inf


@given(some_strata)
@settings(max_examples=40)
def test_exchanging_the_arms_turns_differences_and_ratios_round(data):
    x, n, y, m = data
    for variance in ("sato", "greenland-robins", "klingenberg"):
        found = stratified.mh_risk_difference(x, n, y, m, variance=variance)
        turned = stratified.mh_risk_difference(y, m, x, n, variance=variance)
        assert found.reason == turned.reason
        if not found.reason:
            assert (turned.estimate, turned.lower, turned.upper) == approx(
                (-found.estimate, -found.upper, -found.lower), abs=1e-9
            )
    for function in (stratified.mh_odds_ratio, stratified.mh_risk_ratio):
        found, turned = function(x, n, y, m), function(y, m, x, n)
        if not found.reason:
            assert (1 / turned.estimate, 1 / turned.upper) == approx((found.estimate, found.lower), rel=1e-9)
            below = function(x, n, y, m, alternative="less")
            assert (below.lower, found.p_value) == (
                0,
                approx(2 * min(below.p_value, function(x, n, y, m, alternative="greater").p_value), rel=1e-9),
            )


def test_rows_are_counted_into_strata():
    rows = [("a", "x", 1), ("a", "x", 0), ("b", "x", 1), ("a", "y", 0), ("b", "y", None)]
    data = pd.DataFrame(rows, columns=["arm", "site", "event"])
    found = stratified.count_strata(data, outcome="event", arm="arm", reference="b", strata="site")
    assert found.counts == ([1, 0], [2, 1], [1, 0], [1, 0])
    assert (found.labels, found.left_out) == ([("x",), ("y",)], 1)
    assert stratified.mh_risk_difference(*found.counts).informative == 1
    nobody = stratified.count_strata(data[:0], outcome="event", arm="arm", reference="b", strata=["site"])
    assert stratified.cmh_test(*nobody.counts).reason == "too-few"
    for wrong in ({"outcome": "site"}, {"arm": "absent"}, {"strata": "absent"}):
        with pytest.raises(InvalidInput):
            stratified.count_strata(
                data, **({"outcome": "event", "arm": "arm", "reference": "b", "strata": "site"} | wrong)
            )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([1], [2, 3], [1], [2]), "one length"),
        (([3], [2], [1], [2]), "stratum 0"),
        (([1, 1], [2, 2], [1, 0.5], [2, 2]), "stratum 1"),
        (([-1], [2], [1], [2]), "whole numbers"),
    ],
)
def test_counts_that_are_no_counts_are_refused(data, message):
    for name in ("mh_risk_difference", "mh_odds_ratio", "cmh_test", "score", "newcombe", "exact_odds_ratio"):
        with pytest.raises(InvalidInput, match=message):
            getattr(stratified, name)(*data)


def test_options_outside_their_lists_are_refused():
    data = strata("SAS-CMH-CAMIS")
    for call in (
        lambda: stratified.mh_risk_difference(*data, variance="best"),
        lambda: stratified.mh_risk_difference(*data, level=95),
        lambda: stratified.cmh_test(*data, alternative="up"),
        lambda: stratified.inverse_variance(*data, measure="hazard"),
        lambda: stratified.inverse_variance(*data, correction=-1),
        lambda: stratified.exact_odds_ratio(*data, two_sided="both"),
        lambda: stratified.newcombe(*data, weights="best"),
        lambda: stratified.breslow_day(*data, odds_ratio=0),
        lambda: stratified.wilson([1, 2], [3, 4], weights=[0, 0]),
        lambda: stratified.general_cmh([[[1, 2]]]),
        lambda: stratified.general_cmh([[[1, 2], [3, -4]]]),
        lambda: stratified.general_cmh([[[1, 2], [3, 4]]], kind="row-means", column_scores=[1, 2, 3]),
    ):
        with pytest.raises(InvalidInput):
            call()
