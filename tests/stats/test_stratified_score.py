"""Stratified score methods. Every case below names its source in tests/reference/cases.json; the id is the test's."""

from math import inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from helpers.errors import InvalidInput
from helpers.stats import proportions, stratified
from helpers.stats.stratified import _score
from helpers.stats.stratified._strata import read
from tests.stats.reference import cases
from tests.stats.strata_cases import arms, close, some_strata, strata

#: Gart 1985; Gart and Nam 1988: four strata
GART = ([4, 2, 4, 1], [16, 16, 18, 15], [5, 3, 10, 3], [79, 87, 90, 82])


def limits(found):
    return (found.lower, found.upper)


@pytest.mark.parametrize("id", ["STRATMN-CAMIS", "LU2008-STRATMN"])
def test_stratified_miettinen_nurminen_matches_the_case(id):
    found = stratified.score(*strata(id))
    close(id, "est", found.estimate)
    close(id, "ci", list(limits(found)))
    if "se" in cases()[id]["expected"]:
        close(id, "se", found.se)


def test_stratum_limits_of_sas_are_reproduced():
    for i, expected in enumerate(cases()["SAS-CMH-CAMIS"]["computed"]["stratum_mn"]):
        one = [[column[i]] for column in strata("SAS-CMH-CAMIS")]
        assert limits(stratified.score(*one)) == approx(expected, abs=1e-9)


# tern _snaps/prop_diff.md, "s_proportion_diff works with CMH Miettinen and Nurminen method", placebo minus treatment
def test_stratified_miettinen_nurminen_of_tern_is_reproduced():
    x, n, y, m = strata("TERN-CMH-RD")
    found = stratified.score(y, m, x, n, level=0.9)
    assert (found.estimate, found.se) == approx((0.137686601988347, 0.104103330371023), rel=1e-9)
    # tern's root finder stops at the fifth digit
    assert limits(found) == approx((-0.0345069418895496, 0.302144371774115), abs=5e-6)


def test_skewness_corrected_interval_of_laud_is_reproduced():
    data = strata("HARTUNG-KNAPP-SCAS")
    close("HARTUNG-KNAPP-SCAS", "ci", list(limits(stratified.score(*data, weights="ivs", skewness=True))))
    # note of the same case: random effects (TDAS), Laud 2017 table BII
    assert limits(stratified.score(*data, weights="ivs", random=True)) == approx((0.1928, 0.4647), abs=5e-5)


def test_the_score_test_with_mantel_haenszel_weights_is_the_cmh_test():
    data = strata("MEHROTRA-RAILKAR")
    found, cmh = stratified.score(*data), stratified.cmh_test(*data)
    assert (found.statistic**2 == approx(cmh.statistic, rel=1e-12)) is cases()["MEHROTRA-RAILKAR"]["expected"][
        "cmh_equals_score_z2"
    ]
    # note of the same case
    assert (found.statistic**2, found.p_value) == approx((4.93577076, 0.02630633), rel=1e-6)
    assert (found.estimate, *limits(found)) == approx((-0.03079165, -0.05894998, -0.00366889), abs=1e-8)
    odds = stratified.score(*data, measure="odds-ratio", weights="inv")
    assert odds.p_value == approx(cmh.p_value, rel=1e-9)
    ratio = stratified.score(*data, measure="risk-ratio", weights="mh")
    assert ratio.p_value == approx(cmh.p_value, rel=1e-6)


# ratesci tests/testthat/test3.R, quoting Gart and Nam 1988, Gart 1985, and Tang 2020 on Mehrotra and Railkar's data
@pytest.mark.parametrize(
    ("data", "options", "expected", "digits"),
    [
        (GART, {"measure": "risk-ratio"}, (1.35, 5.03), 2),
        (GART, {"measure": "risk-ratio", "skewness": True}, (1.31, 5.08), 2),
        (GART, {"measure": "odds-ratio", "skewness": True, "continuity": 0.5}, (1.24, 7.12), 2),
        (GART, {"measure": "odds-ratio", "continuity": 0.5}, (1.29, 7.31), 2),
        ("MEHROTRA-RAILKAR", {"measure": "risk-ratio"}, (0.4444, 0.9468), 4),
        ("MEHROTRA-RAILKAR", {"measure": "risk-ratio", "skewness": True}, (0.4410, 0.9462), 4),
        ("MEHROTRA-RAILKAR", {"measure": "odds-ratio", "or_bias": True}, (0.4155, 0.9466), 4),
        ("MEHROTRA-RAILKAR", {"measure": "odds-ratio", "skewness": True}, (0.4124, 0.9461), 4),
    ],
)
def test_published_ratio_intervals_are_reproduced(data, options, expected, digits):
    counts = strata(data) if isinstance(data, str) else data
    found = stratified.score(*counts, weights="inv", bias_correction=False, **options)
    assert limits(found) == approx(expected, abs=0.51 * 10**-digits)


# the same file: single tables of Gart and Nam 1988 and 1990, Gart 1985, Fagerland and Newcombe 2013
@pytest.mark.parametrize(
    ("table", "options", "expected", "digits"),
    [
        ((7, 25, 2, 25), {"bias_correction": False}, (-0.014, 0.412), 3),
        ((7, 25, 2, 25), {"bias_correction": False, "skewness": True}, (-0.014, 0.414), 3),
        ((8, 15, 4, 15), {"measure": "risk-ratio", "bias_correction": False}, (0.815, 5.336), 3),
        ((8, 15, 4, 15), {"measure": "risk-ratio", "bias_correction": False, "skewness": True}, (0.806, 6.148), 3),
        ((24, 73, 53, 65), {"measure": "risk-ratio"}, (0.280, 0.560), 3),
        ((29, 55, 11, 11), {"measure": "risk-ratio"}, (0.397, 0.742), 3),
        ((24, 73, 53, 65), {"measure": "odds-ratio"}, (0.050, 0.245), 3),
        ((29, 55, 11, 11), {"measure": "odds-ratio"}, (0.0, 0.417), 3),
        ((28, 51, 71, 230), {"measure": "odds-ratio", "bias_correction": False}, (1.476, 5.035), 3),
        (
            (28, 99, 23, 182),
            {"measure": "odds-ratio", "bias_correction": False, "skewness": True, "continuity": 0.5},
            (1.40, 5.33),
            2,
        ),
    ],
)
def test_published_intervals_of_one_table_are_reproduced(table, options, expected, digits):
    found = stratified.score(*([v] for v in table), **options)
    assert limits(found) == approx(expected, abs=0.51 * 10**-digits)


# the same file, after Gart and Nam 1988: homogeneity of the risk ratio
def test_published_heterogeneity_is_reproduced():
    found = stratified.score(*GART, measure="risk-ratio", weights="inv", bias_correction=False)
    assert (found.heterogeneity, found.heterogeneity_p) == approx((0.95, 0.81), abs=6e-3)
    assert (found.heterogeneity_df, found.i_squared, found.tau_squared) == (3, 0, 0)


# ratesci tests/testthat/test6.R: the estimate must not collapse to 0
def test_the_skewness_corrected_estimate_is_near_the_crude_difference():
    data = ([5, 9], [10, 11], [0, 1], [6, 5])
    crude = stratified.mh_risk_difference(*data).estimate
    assert stratified.score(*data, skewness=True).estimate == approx(crude, abs=0.02)


@given(arms, arms)
@settings(max_examples=60)
def test_one_stratum_gives_the_miettinen_nurminen_interval(arm, reference):
    one = proportions.risk_difference(*arm, *reference)
    found = stratified.score(*([v] for v in (*arm, *reference)))
    assert (found.estimate, *limits(found)) == approx((one.estimate, one.lower, one.upper), abs=2e-7)


# the definition: at the limits the weighted difference is a normal quantile of its standard deviations away
@pytest.mark.parametrize("id", ["TERN-CMH-RD", "LU2008-STRATMN", "SAS-CMH-CAMIS"])
def test_limits_solve_the_score_equation_written_with_the_restricted_proportions(id):
    data = strata(id)
    found = stratified.score(*data, level=0.9)
    for limit, sign in zip(limits(found), (1, -1), strict=True):
        over = under = 0.0
        for x, n, y, m in zip(*data, strict=True):
            weight = n * m / (n + m)
            over += weight * (x / n - y / m - limit)
            under += weight**2 * proportions.score_variance(limit, x, n, y, m)
        assert over / sqrt(under) == approx(sign * norm.ppf(0.95), rel=1e-6)


def test_iterated_weights_solve_their_own_equations():
    data = strata("TERN-CMH-RD")
    x, n, y, m = map(np.array, data)
    found = stratified.score(*data, weights="mn")
    p, q = np.array([proportions.restricted_mle(found.estimate, *row) for row in zip(*data, strict=True)]).T
    weight = np.array(found.weights)
    r1, r0 = weight @ p, weight @ q
    expected = 1 / (r1 * (1 - r1) / (r0 * (1 - r0)) / n + 1 / m)
    assert weight == approx(expected / expected.sum(), rel=1e-6)
    assert found.estimate == approx(weight @ (x / n - y / m), rel=1e-6)


# maximum likelihood under a held ratio, by a search on the likelihood itself
@pytest.mark.parametrize("theta", [0.2, 0.9, 1.0, 3.0])
@pytest.mark.parametrize("table", [(8, 15, 4, 15), (1, 12, 11, 13), (0, 9, 4, 8), (7, 9, 8, 8)])
@pytest.mark.parametrize("measure", ["risk-ratio", "odds-ratio"])
def test_restricted_proportions_of_a_ratio_maximise_the_likelihood(measure, table, theta):
    x, n, y, m = table
    terms = _score.MEASURES[measure].terms(read(*([v] for v in table)), theta, False, False)

    def arm(q):
        return q * theta if measure == "risk-ratio" else q * theta / (1 + q * (theta - 1))

    def minus_log(q):
        parts = ((x, arm(q)), (n - x, 1 - arm(q)), (y, q), (m - y, 1 - q))
        return -sum(k * log(p) if p > 0 else -inf for k, p in parts if k)

    top = min(1.0, 1 / theta) if measure == "risk-ratio" else 1.0
    best = minimize_scalar(minus_log, bounds=(1e-12, top - 1e-12), method="bounded", options={"xatol": 1e-12})
    assert float(terms.p_ref[0]) == approx(best.x, abs=1e-6)


@given(some_strata, st.sampled_from(["mh", "mn", "ivs", "inv"]), st.booleans())
@settings(max_examples=60)
def test_every_difference_has_an_interval_around_its_estimate(data, weights, skewness):
    found = stratified.score(*data, weights=weights, skewness=skewness)
    assert -1 <= found.lower <= found.estimate <= found.upper <= 1
    assert 0 <= found.p_value <= 1
    x, n, y, m = data
    turned = stratified.score(y, m, x, n, weights=weights, skewness=skewness)
    if weights != "mn":
        assert (-turned.upper, -turned.lower) == approx(limits(found), abs=1e-5)


@given(some_strata, st.sampled_from(["risk-ratio", "odds-ratio"]), st.sampled_from(["mh", "ivs"]))
@settings(max_examples=60)
def test_every_ratio_has_an_interval_or_a_reason(data, measure, weights):
    found = stratified.score(*data, measure=measure, weights=weights)
    if found.reason:
        assert found.reason in ("no-events", "undefined")
        assert found.informative == 0
    else:
        assert 0 <= found.lower <= found.estimate <= found.upper <= inf


@given(some_strata)
@settings(max_examples=40)
def test_the_test_and_the_interval_agree(data):
    found = stratified.score(*data)
    if abs(found.p_value - 0.05) > 1e-6:
        assert (found.p_value < 0.05) == (not found.lower <= 0 <= found.upper)


def test_one_sided_tests_serve_margins():
    data = strata("MEHROTRA-RAILKAR")
    found = stratified.score(*data, null=-0.06, alternative="greater", level=0.975)
    two = stratified.score(*data)
    assert (found.lower, found.upper) == (approx(two.lower, abs=1e-9), 1.0)
    assert (found.p_value < 0.025) == (two.lower > -0.06)
    assert stratified.score(*data, continuity=0.5).p_value > two.p_value


def test_strata_without_information_are_counted_but_do_nothing():
    data = strata("LU2008-STRATMN")
    more = [[*column, *extra] for column, extra in zip(data, ([4, 0], [9, 0], [0, 0], [0, 0]), strict=True)]
    found, plain = stratified.score(*more), stratified.score(*data)
    assert (found.strata, found.informative) == (5, 3)
    assert limits(found) == limits(plain)
    assert found.weights == (*plain.weights, 0.0, 0.0)


@pytest.mark.parametrize(
    ("data", "options", "reason"),
    [
        (([], [], [], []), {}, "too-few"),
        (([2], [5], [0], [0]), {}, "too-few"),
        (([2], [5], [3], [5]), {"random": True}, "too-few"),
        (([0], [5], [0], [5]), {"measure": "risk-ratio"}, "no-events"),
        (([5], [5], [5], [5]), {"measure": "odds-ratio"}, "undefined"),
    ],
)
def test_a_score_without_information_has_a_reason(data, options, reason):
    found = stratified.score(*data, **options)
    assert (found.reason, found.estimate, found.lower) == (reason, None, None)


def test_no_events_at_all_still_bound_a_difference():
    for weights in ("mh", "ivs"):
        found = stratified.score([0, 0], [9, 7], [0, 0], [8, 8], weights=weights)
        assert found.estimate == approx(0, abs=1e-9)
        assert -0.5 < found.lower < -0.05 < 0.05 < found.upper < 0.5


def test_options_outside_their_scale_are_refused():
    data = strata("LU2008-STRATMN")
    for options in (
        {"measure": "hazard-ratio"},
        {"weights": "best"},
        {"null": 1.0},
        {"measure": "risk-ratio", "null": 0},
        {"continuity": 0.7},
        {"level": 0},
    ):
        with pytest.raises(InvalidInput):
            stratified.score(*data, **options)
