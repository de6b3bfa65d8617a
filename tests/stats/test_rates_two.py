"""Two rates. Ids are those of tests/reference/cases.json."""

from math import inf, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import beta as beta_distribution
from scipy.stats import binom, gamma, norm
from statsmodels.stats import rates as statsmodels_rates

from helpers.errors import InvalidInput
from helpers.stats import rates
from helpers.stats.rates._score import restricted_rates
from tests.stats.reference import cases

GU = (60, 51477.5, 30, 54308.7)  # Gu and others 2008, example 1
NG = (41, 28010, 15, 19017)  # Gu and others 2008, example 2; Ng and others 2007: breast cancer by fluoroscopy
counts = st.tuples(st.integers(0, 60), st.floats(0.5, 100), st.integers(0, 60), st.floats(0.5, 100))
TESTS = ("score", "exact", "mid-p", "log-normal", "normal", "score-log", "square-root", "e-test", "e-test-normal")


def limits(found):
    return [found.lower, found.upper]


@pytest.mark.parametrize(
    ("key", "method"), [("wald", "normal"), ("score", "score"), ("wald_log", "log-normal"), ("sqrt", "square-root")]
)
def test_one_sided_p_values_match_gu(key, method):
    case = cases()["GU-RATE-RATIO"]
    given = case["inputs"]
    data = (given["x1"], given["t1"], given["x2"], given["t2"])
    found = rates.rate_ratio_test(*data, method=method, alternative="greater").p_value
    assert found == approx(case["expected"]["p_one_sided"][key], abs=case["tol"]["p_one_sided"])
    assert found == approx(case["computed"]["p_one_sided"][key], rel=1e-9)


def test_intervals_match_ratesci():
    case = cases()["GU-RATE-RATIO"]
    expected, computed = case["expected"], case["computed"]
    found = {
        "ratio_score_ci95": rates.rate_ratio(*GU),
        "diff_score_ci95_per1000": rates.rate_difference(*GU, per=1000),
        "diff_mover_jeffreys_ci95_per1000": rates.rate_difference(*GU, per=1000, method="mover"),
        "ratio_mover_jeffreys_ci90": rates.rate_ratio(*GU, method="mover", level=0.9),
    }
    for key, interval in found.items():
        assert limits(interval) == approx(expected[key], abs=case["tol"].get(key, case["tol"]["*"]))
        assert limits(interval) == approx(computed[key], rel=1e-8)


def test_p_values_against_a_ratio_of_1_5_match_gu():
    case = cases()["GU-RATE-1.5"]
    for key, method in (("wald_p", "normal"), ("score_p", "score")):
        found = rates.rate_ratio_test(*NG, ratio=1.5, method=method, alternative="greater").p_value
        assert found == approx(case["expected"][key], abs=case["tol"])
        assert found == approx(case["computed"][key], rel=1e-9)


# Gu and others 2008 as quoted in statsmodels' tests (the paper exchanges exact and mid-p); 4 figures, one sided
@pytest.mark.parametrize(
    ("method", "one", "one_and_a_half"),
    [
        ("score-log", 0.000200, 0.2303),
        ("exact", 0.000428, 0.2913),
        ("mid-p", 0.000310, 0.2450),
        ("e-test", 0.000298, 0.2453),
        ("e-test-normal", 0.000298, 0.2453),
    ],
)
def test_further_tests_match_gu(method, one, one_and_a_half):
    assert rates.rate_ratio_test(*GU, method=method, alternative="greater").p_value == approx(one, abs=1e-6)
    found = rates.rate_ratio_test(*NG, ratio=1.5, method=method, alternative="greater").p_value
    assert found == approx(one_and_a_half, abs=3e-4)


# Ng, Gu, Tang 2007: statistic and one-sided p for differences 0 and .0002; their .07088 is .06626 here (E10)
@pytest.mark.parametrize(
    ("method", "at_0", "at_0002"),
    [
        ("normal", (2.2047, 0.0137), (1.5514, 0.06040)),
        ("score", (2.0818, 0.0187), (1.5023, 0.06651)),
        ("e-test-normal", (2.2047, 0.0184), (1.5514, 0.06626)),
        ("e-test", (2.0818, 0.0179), (1.5023, 0.06626)),
    ],
)
def test_tests_of_a_difference_match_ng(method, at_0, at_0002):
    for null, expected in ((0.0, at_0), (0.0002, at_0002)):
        found = rates.rate_difference_test(*NG, difference=null, method=method, alternative="greater")
        assert (found.statistic, found.p_value) == approx(expected, abs=6e-5)


# R exactci as quoted in statsmodels' tests; central interval of the same
def test_exact_tests_and_limits_match_exactci():
    expected = {
        ("mid-p", "less"): 0.9949053964701466,
        ("mid-p", "greater"): 0.005094603529853279,
        ("exact", "greater"): 0.006651774552714537,
        ("exact", "less"): 0.9964625674930079,
    }
    for (method, side), p_value in expected.items():
        assert rates.rate_ratio_test(*GU, ratio=1.2, method=method, alternative=side).p_value == approx(
            p_value, rel=1e-11
        )
    assert limits(rates.rate_ratio(*GU, method="exact")) == approx([1.339735721772650, 3.388365573616252], rel=1e-11)


# R 4.2: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)), its help page's Eureka stockade data
def test_exact_ratio_and_minlike_p_match_r_poisson_test():
    data = (11, 800, 21, 3011)
    assert limits(rates.rate_ratio(*data, method="exact")) == approx([0.8584264034, 4.2772659437], abs=5e-10)
    assert rates.rate_ratio_test(*data, method="exact", two_sided="minlike").p_value == approx(0.07966863, abs=5e-9)


# Li, Tang, Wong 2014 as quoted in statsmodels' tests: half an event added, 90 %
def test_half_corrected_log_interval_matches_li():
    assert limits(rates.rate_ratio(*GU, method="log-normal-half", level=0.9)) == approx([1.4523, 3.0154], abs=6e-5)


# statpsych, documentation of ci.ratio.poisson2(.05, 19, 5, 30, 40.5)
def test_plus_four_interval_matches_statpsych():
    found = rates.rate_ratio(19, 30, 5, 40.5, method="plus-four")
    assert [found.estimate, *limits(found)] == approx([5.13, 1.939576, 13.71481], abs=6e-6)


# R ratesci 1.1.0.9000 (its functions run in R 4.2), scoreci(x1, n1, x2, n2, distrib = "poi") with the options named
@pytest.mark.parametrize(
    ("contrast", "data", "options", "expected"),
    [
        (rates.rate_ratio, (5, 56, 0, 29), {"skewness": True}, (0.7264486206, inf)),
        (rates.rate_ratio, (5, 56, 0, 29), {}, (0.6740370872, inf)),
        (rates.rate_difference, (5, 56, 0, 29), {"skewness": True}, (-0.0231293299, 0.1971098546)),
        (rates.rate_difference, (5, 56, 0, 29), {}, (-0.0431783830, 0.2090313872)),
        (rates.rate_difference, (60, 51.4775, 30, 54.3087), {"skewness": True}, (0.2638943564, 0.9838202314)),
        (rates.rate_ratio, GU, {"skewness": True}, (1.369869594, 3.302346072)),
        (rates.rate_ratio, GU, {"skewness": True, "continuity": 0.5}, (1.338157862, 3.393857871)),
        (rates.rate_ratio, GU, {"continuity": 0.5}, (1.334698196, 3.348274631)),
    ],
)
def test_score_limits_with_options_match_ratesci(contrast, data, options, expected):
    assert limits(contrast(*data, **options)) == approx(expected, abs=1e-9)


@given(counts, st.floats(0.3, 3.0), st.sampled_from(("two-sided", "greater", "less")))
@settings(max_examples=60)
def test_normal_tests_of_a_ratio_agree_with_statsmodels(data, ratio, side):
    x, t, y, u = data
    if min(x, y) < 1:
        return
    names = {
        "normal": "wald",
        "score": "score",
        "log-normal": "wald-log",
        "score-log": "score-log",
        "square-root": "sqrt",
    }
    other = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}[side]
    for ours, theirs in names.items():
        expected = statsmodels_rates.test_poisson_2indep(x, t, y, u, value=ratio, method=theirs, alternative=other)
        found = rates.rate_ratio_test(x, t, y, u, ratio=ratio, method=ours, alternative=side)
        assert (found.statistic, found.p_value) == approx((expected.statistic, expected.pvalue), rel=1e-8)


@pytest.mark.parametrize("data", [(6, 51.0, 1, 54.0), (3, 7.0, 9, 8.0), (12, 10.0, 12, 30.0)])
@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_e_tests_agree_with_statsmodels(data, side):
    other = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}[side]
    for ours, theirs in (("e-test", "score"), ("e-test-normal", "wald")):
        found = rates.rate_ratio_test(*data, ratio=1.2, method=ours, alternative=side)
        _, expected = statsmodels_rates.etest_poisson_2indep(*data, value=1.2, method=theirs, alternative=other)
        assert found.p_value == approx(expected, rel=1e-7, abs=1e-10)
        found = rates.rate_difference_test(*data, difference=0.05, method=ours, alternative=side)
        _, expected = statsmodels_rates.etest_poisson_2indep(
            *data, value=0.05, method=theirs, compare="diff", alternative=other
        )
        assert found.p_value == approx(expected, rel=1e-7, abs=1e-10)


def test_moment_and_maximum_likelihood_e_tests_agree_at_no_difference_and_not_beside_it():
    one, other = (rates.rate_difference_test(*NG, method="e-test", nuisance=n).p_value for n in ("mle", "moment"))
    assert one == approx(other, rel=1e-12)
    one, other = (
        rates.rate_difference_test(*NG, difference=0.0005, method="e-test", nuisance=n).p_value
        for n in ("mle", "moment")
    )
    assert one != approx(other, rel=1e-6)
    assert one == approx(other, rel=0.05)


@given(counts, st.sampled_from((-0.3, 0.0, 0.2, 1.5)))
@settings(max_examples=60)
def test_restricted_rates_maximise_the_likelihood(data, difference):
    x, t, y, u = data
    rate, ref = restricted_rates(difference, x, t, y, u)
    assert rate - ref == approx(difference, abs=1e-9 * (1 + abs(difference)))
    slope = (x / rate if x else 0) - t + (y / ref if y else 0) - u
    inside = rate > 1e-12 and ref > 1e-12
    assert slope == approx(0, abs=1e-6 * (t + u)) if inside else slope <= 1e-6 * (t + u)


@given(counts, st.floats(0.6, 0.99))
@settings(max_examples=60)
def test_limits_are_where_the_tests_reach_the_tail(data, level):
    x, t, y, u = data
    tail = (1 - level) / 2
    for options in ({}, {"continuity": 0.5}, {"skewness": True}):
        if not options.get("skewness") or min(x, y) > 2:
            found = rates.rate_difference(x, t, y, u, level=level, **options)
            for value, side in ((found.upper, "less"), (found.lower, "greater")):
                p_value = rates.rate_difference_test(x, t, y, u, difference=value, alternative=side, **options).p_value
                assert p_value == approx(tail, rel=1e-5)
    for method, options in (
        ("score", {}),
        ("score", {"continuity": 0.5}),
        ("exact", {}),
        ("mid-p", {}),
        ("square-root", {}),
    ):
        if not x + y:
            continue
        found = rates.rate_ratio(x, t, y, u, level=level, method=method, **options)
        for value, side in ((found.upper, "less"), (found.lower, "greater")):
            if 0 < value < inf:
                p_value = rates.rate_ratio_test(
                    x, t, y, u, ratio=value, method=method, alternative=side, **options
                ).p_value
                assert p_value == approx(tail, rel=1e-5)


# Conditional on the total the arm's events are binomial: Clopper and Pearson's limits of the share, as odds
@given(counts)
@settings(max_examples=40)
def test_exact_ratio_is_the_odds_of_the_clopper_pearson_limits(data):
    x, t, y, u = data
    if not (x and y):
        return
    low, high = beta_distribution.ppf(0.025, x, y + 1), beta_distribution.isf(0.025, x + 1, y)
    expected = [share / (1 - share) * u / t for share in (low, high)]
    assert limits(rates.rate_ratio(x, t, y, u, method="exact")) == approx(expected, rel=1e-8)
    found = rates.rate_ratio(x, t, y, u, method="mid-p")
    for limit, tail in (
        (found.upper, lambda p: binom.cdf(x, x + y, p)),
        (found.lower, lambda p: binom.sf(x - 1, x + y, p)),
    ):
        share = limit * t / (limit * t + u)
        assert tail(share) - binom.pmf(x, x + y, share) / 2 == approx(0.025, rel=1e-6)


# Li and others 2014; Laud 2017: limits by the quadratic whose roots they are
@pytest.mark.parametrize("limits_of", ["jeffreys", "exact", "score", "mid-p", "byar"])
@pytest.mark.parametrize("centre", ["median", "rate"])
def test_mover_agrees_with_its_formula(limits_of, centre):
    x, t, y, u = 12, 10.0, 7, 9.0
    single = {"exact": "exact", "score": "score", "mid-p": "mid-p", "byar": "byar"}
    ends = []
    for events, time in ((x, t), (y, u)):
        if limits_of == "jeffreys":
            low, high = gamma.ppf([0.025, 0.975], events + 0.5) / time
        else:
            low, high = limits(rates.rate(events, time, method=single[limits_of]))
        middle = gamma.ppf(0.5, events + 0.5) / time if centre == "median" and limits_of != "score" else events / time
        ends.append((middle, low, high))
    (p, l1, u1), (q, l2, u2) = ends
    found = rates.rate_difference(x, t, y, u, method="mover", limits=limits_of, centre=centre)
    assert limits(found) == approx(
        [p - q - sqrt((p - l1) ** 2 + (u2 - q) ** 2), p - q + sqrt((u1 - p) ** 2 + (q - l2) ** 2)]
    )
    found = rates.rate_ratio(x, t, y, u, method="mover", limits=limits_of, centre=centre)
    lower = (p * q - sqrt((p * q) ** 2 - l1 * u2 * (2 * p - l1) * (2 * q - u2))) / (u2 * (2 * q - u2))
    upper = (p * q + sqrt((p * q) ** 2 - u1 * l2 * (2 * p - u1) * (2 * q - l2))) / (l2 * (2 * q - l2))
    assert limits(found) == approx([lower, upper], rel=1e-9)


@given(counts)
@settings(max_examples=60)
def test_contrasts_are_mirrored_when_the_arms_are_swapped(data):
    x, t, y, u = data
    for method in ("score", "normal-half", "mover"):
        found, swapped = (
            rates.rate_difference(x, t, y, u, method=method),
            rates.rate_difference(y, u, x, t, method=method),
        )
        assert limits(found) == approx([-swapped.upper, -swapped.lower], rel=1e-7, abs=1e-9)
        assert found.lower < found.upper
    for method in ("score", "exact", "mid-p", "log-normal-half", "square-root", "plus-four", "mover"):
        if x + y:
            found, swapped = rates.rate_ratio(x, t, y, u, method=method), rates.rate_ratio(y, u, x, t, method=method)
            assert found.lower <= found.estimate <= found.upper
            if x and y:
                assert limits(found) == approx(
                    [1 / swapped.upper if swapped.upper else inf, 1 / swapped.lower if swapped.lower else inf], rel=1e-6
                )


@pytest.mark.parametrize("method", rates.ratio.INTERVALS)
def test_zero_cells_have_a_defined_ratio(method):
    nothing = rates.rate_ratio(0, 10, 0, 20, method=method)
    assert (nothing.estimate, nothing.lower, nothing.upper, nothing.reason) == (None, None, None, "no-events")
    assert rates.rate_ratio(0, 0, 3, 20, method=method).reason == "too-few"
    low, high = rates.rate_ratio(0, 10, 5, 10, method=method), rates.rate_ratio(5, 10, 0, 10, method=method)
    assert (low.estimate, high.estimate) == (0, inf)
    if method == "log-normal":
        assert (low.reason, high.reason, low.upper, high.lower) == ("undefined", "undefined", None, None)
    else:
        assert (low.lower, high.upper) == (0, inf)
        assert 0 < low.upper < 3
        assert 0.3 < high.lower < inf


@pytest.mark.parametrize("method", rates.difference.INTERVALS)
def test_zero_cells_have_a_defined_difference(method):
    found = rates.rate_difference(0, 10, 0, 20, method=method)
    assert found.estimate == 0
    assert (found.reason == "no-events") == (method == "normal")
    if method == "score":  # both restricted rates lie on the edge: z^2 / time
        z = norm.ppf(0.975)
        assert limits(found) == approx([-z * z / 20, z * z / 10], rel=1e-9)
    assert rates.rate_difference(0, 0, 3, 20, method=method).reason == "too-few"


def test_tests_without_events_are_defined():
    for method in TESTS:
        found = rates.rate_ratio_test(0, 10, 0, 20, method=method)
        expected = ("", 1.0) if method in ("exact", "mid-p", "e-test", "e-test-normal") else ("no-events", None)
        assert (found.reason, found.p_value) == expected
        assert rates.rate_ratio_test(0, 0, 2, 20, method=method).reason == "too-few"
    assert rates.rate_ratio_test(0, 10, 4, 20, method="log-normal").reason == "undefined"
    for method in rates.difference.TESTS:
        found = rates.rate_difference_test(0, 10, 0, 20, method=method)
        assert found.reason == ("" if method.startswith("e-test") else "no-events")
        assert rates.rate_difference_test(0, 0, 1, 20, method=method).reason == "too-few"


@pytest.mark.parametrize("bad", [(-1, 5), (1.5, 5), (1, -2), (1, 0)])
def test_events_and_times_that_are_none_are_refused(bad):
    for function in (rates.rate_ratio, rates.rate_difference, rates.rate_ratio_test, rates.rate_difference_test):
        with pytest.raises(InvalidInput, match="events"):
            function(*bad, 3, 5)
        with pytest.raises(InvalidInput, match="events"):
            function(3, 5, *bad)


def test_options_that_are_none_are_refused():
    calls = [
        (rates.rate_ratio, {"method": "wald"}),
        (rates.rate_ratio, {"limits": "wald", "method": "mover"}),
        (rates.rate_ratio, {"centre": "mean"}),
        (rates.rate_ratio, {"level": 0}),
        (rates.rate_ratio, {"continuity": 0.6}),
        (rates.rate_difference, {"method": "exact"}),
        (rates.rate_difference, {"per": -1}),
        (rates.rate_ratio_test, {"alternative": "larger"}),
        (rates.rate_ratio_test, {"two_sided": "blaker"}),
        (rates.rate_ratio_test, {"ratio": 0}),
        (rates.rate_difference_test, {"nuisance": "bayes"}),
        (rates.rate_difference_test, {"difference": inf}),
    ]
    for function, options in calls:
        with pytest.raises(InvalidInput):
            function(*NG, **options)
