"""One rate. Every case below names its source; ids are those of tests/reference/cases.json."""

from math import exp, inf, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import chi2, norm, poisson
from statsmodels.stats.rates import confint_poisson

from helpers.errors import InvalidInput
from helpers.stats import rates
from tests.stats.reference import cases

METHODS = ("exact", "mid-p", "byar", "score", "normal", "log-normal", "jeffreys", "square-root", "freeman-tukey")
counts = st.integers(0, 200)
times = st.floats(0.01, 1e4)


def limits(found):
    return [found.lower, found.upper]


@pytest.mark.parametrize(
    ("key", "method", "options"),
    [("normal", "normal", {}), ("log", "log-normal", {}), ("exact", "exact", {}), ("byar", "byar", {"form": "half"})],
)
def test_intervals_match_tern(key, method, options):
    case = cases()["TERN-RATE-2-200"]
    given, expected = case["inputs"], case["expected"]
    found = rates.rate(given["events"], given["person_years"], method=method, level=given["conf"], **options)
    assert found.estimate == expected["rate"]
    assert limits(found) == approx(expected[key], abs=case["tol"])
    assert limits(found) == approx(case["computed"][key], rel=1e-8)


def test_textbook_form_of_byar_is_another_interval():
    half, textbook = (rates.byar(2, 200, level=0.9, form=form) for form in ("half", "textbook"))
    assert textbook.lower < half.lower
    assert textbook.upper > half.upper


# Breslow & Day 1987, p. 69: x (1 - 1/(9x) - z/(3 sqrt x))^3 and the same at x + 1 with plus z
@pytest.mark.parametrize("events", [1, 2, 15, 100])
def test_textbook_form_of_byar_agrees_with_its_formula_and_nears_the_exact_limits(events):
    z = norm.ppf(0.975)
    lower = events * (1 - 1 / (9 * events) - z / (3 * sqrt(events))) ** 3
    upper = (events + 1) * (1 - 1 / (9 * (events + 1)) + z / (3 * sqrt(events + 1))) ** 3
    found = rates.byar(events, 1)
    assert limits(found) == approx([lower, upper], rel=1e-12)
    assert found.upper == approx(rates.garwood(events, 1).upper, rel=0.01)


def test_exact_interval_matches_statpsych():
    case = cases()["STATPSYCH-POISSON"]
    found = rates.garwood(case["inputs"]["events"], case["inputs"]["exposure"])
    assert limits(found) == approx(case["expected"]["ci"], abs=case["tol"])


# statsmodels tests, test_rate_poisson_r: DescTools PoissonCI(15, 400), ratesci jeffreysci(15, 400), exactci
@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("exact", {}, (0.0209884653319583, 0.0618505471787146)),
        ("score", {}, (0.0227264749053794, 0.0618771721463559)),
        ("normal", {}, (0.0185227303217751, 0.0564772696782249)),
        ("byar", {"form": "half"}, (0.0219084369245707, 0.0602933510943048)),
        ("jeffreys", {}, (0.0219234232268444, 0.0602898619930649)),
    ],
)
def test_intervals_of_15_events_in_400_match_r_packages(method, options, expected):
    assert limits(rates.rate(15, 400, method=method, **options)) == approx(expected, rel=1e-12)


# R 4.2: poisson.test(137, 24.19893), its help page's Welsh Monks data
def test_exact_interval_matches_r_poisson_test():
    assert limits(rates.garwood(137, 24.19893)) == approx([4.753124805, 6.692709334], abs=5e-10)


# Garwood 1936 as in every table of exact Poisson limits: 0 events, 0 to 3.689; 10 events, 4.795 to 18.390
@pytest.mark.parametrize(("events", "expected"), [(0, (0, 3.689)), (1, (0.0253, 5.572)), (10, (4.795, 18.390))])
def test_exact_limits_of_a_count_match_the_published_table(events, expected):
    assert limits(rates.garwood(events, 1)) == approx(expected, abs=6e-4)


@given(counts, times, st.floats(0.5, 0.999))
@settings(max_examples=60)
def test_exact_interval_agrees_with_the_chi_squared_quantiles(events, time, level):
    tail = (1 - level) / 2
    lower = chi2.ppf(tail, 2 * events) / 2 / time if events else 0.0
    upper = chi2.isf(tail, 2 * events + 2) / 2 / time
    assert limits(rates.garwood(events, time, level=level)) == approx([lower, upper], rel=1e-9)


@given(st.integers(1, 200), times)
@settings(max_examples=40)
def test_intervals_agree_with_statsmodels(events, time):
    for ours, theirs in (("score", "score"), ("jeffreys", "jeff"), ("normal", "wald")):
        found = rates.rate(events, time, method=ours)
        assert [max(0.0, found.lower), found.upper] == approx(confint_poisson(events, time, method=theirs), rel=1e-9)
    # statsmodels stops its search for the mid-p limits at an absolute tolerance
    assert limits(rates.mid_p(events, 1.0)) == approx(confint_poisson(events, 1.0, method="midp-c"), rel=1e-6)
    low, high = confint_poisson(events, time, method="sqrt-a")
    assert limits(rates.square_root(events, time, anscombe=True)) == approx([low, high], rel=1e-9, abs=1e-12)


@given(st.integers(0, 100), st.floats(0.6, 0.99))
@settings(max_examples=40)
def test_limits_are_where_the_tests_reach_the_tail(events, level):
    tail = (1 - level) / 2
    for method in ("exact", "mid-p", "score"):
        found = rates.rate(events, 7.0, method=method, level=level)
        assert rates.rate_test(events, 7.0, null=found.upper, method=method, alternative="less").p_value == approx(
            tail, rel=1e-6
        )
        if events:
            above = rates.rate_test(events, 7.0, null=found.lower, method=method, alternative="greater")
            assert above.p_value == approx(tail, rel=1e-6)


# R ratesci 1.1.0.9000 (its functions run in R 4.2): rateci(c(5, 0), c(56, 29), distrib = "poi"), and cc = TRUE.
# Given both units at once it has wrong exact and mid-p limits without events (.0659, .0535); alone .1272 and .1033
@pytest.mark.parametrize(
    ("data", "method", "options", "expected"),
    [
        ((5, 56), "score", {"skewness": True}, (0.03314561, 0.19710985)),
        ((5, 56), "score", {}, (0.03813752, 0.20903139)),
        ((5, 56), "score", {"skewness": True, "continuity": 0.5}, (0.02804168, 0.20969243)),
        ((5, 56), "score", {"continuity": 0.5}, (0.03287140, 0.22147176)),
        ((5, 56), "mid-p", {}, (0.03271419, 0.19790028)),
        ((5, 56), "jeffreys", {}, (0.03406918, 0.19571473)),
        ((5, 56), "exact", {}, (0.02899083, 0.20836307)),
        ((0, 29), "score", {"skewness": True}, (0, 0.09705600)),
        ((0, 29), "score", {"skewness": True, "continuity": 0.5}, (0, 0.13428023)),
        ((0, 29), "jeffreys", {}, (0, 0.08661873)),
        ((0, 29), "exact", {}, (0, 0.12720274)),
        ((0, 29), "mid-p", {}, (0, 0.10330111)),
    ],
)
def test_intervals_match_ratesci(data, method, options, expected):
    assert limits(rates.rate(*data, method=method, **options)) == approx(expected, abs=6e-9)


# P(X < x) + P(X = x) / 2 = .4995 and .5005: at a low level both limits lie above the rate, whose median is higher
def test_mid_p_limits_exist_at_any_level():
    found = rates.mid_p(3, 1, level=0.001)
    for mean, share in ((found.lower, 0.5005), (found.upper, 0.4995)):
        assert poisson.cdf(2, mean) + poisson.pmf(3, mean) / 2 == approx(share, rel=1e-9)
    assert rates.mid_p(0, 1, level=0.001).upper == approx(-log(0.999), rel=1e-9)


# Laud 2017: (x - m) / sqrt(m) - (z^2 - 1) / (6 sqrt m) = -z at the upper limit, z at the lower, m the mean
@pytest.mark.parametrize("events", [1, 4, 30])
@pytest.mark.parametrize("continuity", [0.0, 0.25, 0.5])
def test_skewness_corrected_score_solves_its_equation(events, continuity):
    z = norm.ppf(0.975)
    found = rates.score(events, 1, skewness=True, continuity=continuity)
    for mean, sign in ((found.lower, 1), (found.upper, -1)):
        distance = events - sign * continuity - mean
        assert (distance - (z * z - 1) / 6) / sqrt(mean) == approx(sign * z, rel=1e-9)


def test_freeman_tukey_and_square_root_agree_with_their_formulas():
    z, x = norm.ppf(0.975), 9
    root = sqrt(x) + sqrt(x + 1)
    expected = [((root - z) ** 2 - 1) / 4, ((root + z) ** 2 - 1) / 4]
    assert limits(rates.freeman_tukey(x, 1)) == approx(expected, rel=1e-12)
    assert limits(rates.square_root(x, 1)) == approx([(3 - z / 2) ** 2, (3 + z / 2) ** 2], rel=1e-12)


def test_log_normal_agrees_with_its_formula():
    z = norm.ppf(0.95)
    found = rates.log_normal(4, 10, level=0.9)
    assert limits(found) == approx([0.4 * exp(-z / 2), 0.4 * exp(z / 2)], rel=1e-12)


# Case TERN-EAIR-ZERO: the formula's (0, 0) only where it is asked for; exact limits 0 to 10.332996 per 100
def test_no_events_give_no_normal_limits_unless_the_formula_is_asked_for():
    case = cases()["TERN-EAIR-ZERO"]
    events, years = case["inputs"]["events"], case["inputs"]["person_years"]
    safe = rates.normal(events, years)
    assert (safe.estimate, safe.lower, safe.upper, safe.reason) == (0.0, None, None, "no-events")
    assert limits(rates.normal(events, years, zero="formula")) == case["expected"]["normal"]
    assert limits(rates.garwood(events, years, per=100)) == approx([0, 10.332996], abs=5e-7)
    assert rates.log_normal(events, years).reason == "no-events"


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("normal", "log-normal")])
def test_no_events_give_an_interval_from_0(method):
    found = rates.rate(0, 20.0, method=method)
    assert (found.estimate, found.lower) == (0.0, 0.0)
    assert 0 < found.upper < 1


@pytest.mark.parametrize("method", METHODS)
def test_no_person_time_has_no_rate(method):
    found = rates.rate(0, 0.0, method=method)
    assert (found.estimate, found.lower, found.upper, found.reason) == (None, None, None, "too-few")


@given(st.integers(1, 150), times, st.sampled_from(METHODS))
@settings(max_examples=80)
def test_interval_holds_the_rate_and_scales_with_its_unit(events, time, method):
    found = rates.rate(events, time, method=method)
    assert found.lower < found.estimate < found.upper
    per_hundred = rates.rate(events, time, method=method, per=100)
    assert limits(per_hundred) == approx([100 * limit for limit in limits(found)], rel=1e-12)
    days = rates.rate(events, time * 365, method=method, per=365)
    assert limits(days) == approx(limits(found), rel=1e-9)


def test_exact_test_matches_exactci_and_minlike_matches_r_poisson_test():
    # statsmodels tests: R exactci poisson.exact(15, 400, r=0.05, tsmethod="central")
    assert rates.rate_test(15, 400, null=0.05).p_value == approx(0.313026269279486, rel=1e-12)
    # ratesci scoreci(15, 400, contrast="p", distrib="poi", skew=FALSE, theta0=0.05)
    assert rates.rate_test(15, 400, null=0.05, method="score").p_value == approx(0.263552477282973, rel=1e-12)
    # the definition, by listing the counts
    probabilities = [poisson.pmf(k, 20) for k in range(200)]
    expected = sum(p for p in probabilities if p <= probabilities[15] * (1 + 1e-7))
    assert rates.rate_test(15, 400, null=0.05, two_sided="minlike").p_value == approx(expected, rel=1e-10)


def test_two_sided_p_of_a_normal_statistic_is_twice_the_smaller_tail():
    for method in ("score", "normal", "square-root", "mid-p"):
        sides = [
            rates.rate_test(7, 10, null=1.1, method=method, alternative=side).p_value
            for side in ("two-sided", "greater", "less")
        ]
        assert sides[0] == approx(2 * min(sides[1:]), rel=1e-12)
        assert sides[1] + sides[2] == approx(1, rel=1e-9)
    assert rates.rate_test(0, 10, null=1.1, method="normal").reason == "no-events"
    assert rates.rate_test(0, 0, null=1.1).reason == "too-few"


@pytest.mark.parametrize("id", ["TERN-EAIR-6", "TERN-EAIR-YEAR"])
def test_exposure_adjusted_rate_matches_tern(id):
    case = cases()[id]
    given, expected = case["inputs"], case["expected"]
    if id == "TERN-EAIR-6":
        found = rates.exposure_adjusted(
            given["events"], given["months"], unit="month", method="log-normal", level=given["conf"]
        )
        assert found.person_years == approx(expected["person_years"], abs=1e-6)
        assert (found.events, found.units, found.units_with_event) == (expected["n_events"], 6, 4)
        assert [found.estimate, *limits(found)] == approx([expected["rate100"], *expected["ci"]], abs=case["tol"])
        return
    for arm in ("overall", "A", "B"):
        chosen = [i for i, a in enumerate(given["arm"]) if arm in ("overall", a)]
        found = rates.exposure_adjusted(
            [given["events"][i] for i in chosen], [given["years"][i] for i in chosen], unit="year", method="normal"
        )
        values = [found.person_years, found.estimate, *limits(found)]
        assert values == approx(expected[arm], abs=case["tol"][arm])


# Notes of case TERN-EAIR-YEAR: the same arms read as months give 26.20 and 57.23 per 100 patient-years
def test_the_unit_of_the_times_decides_the_rate():
    given = cases()["TERN-EAIR-YEAR"]["inputs"]
    for arm, expected in (("A", 26.20), ("B", 57.23)):
        chosen = [i for i, a in enumerate(given["arm"]) if a == arm]
        events, times = [given["events"][i] for i in chosen], [given["years"][i] for i in chosen]
        assert rates.exposure_adjusted(events, times, unit="month").estimate == approx(expected, abs=0.005)


def test_units_of_time_agree_with_one_another_and_can_be_overridden():
    assert rates.person_years([365.25], unit="day") == approx(1)
    assert rates.person_years([12, 6], unit="month") == approx(1.5)
    assert rates.person_years([7], unit="day") == approx(rates.person_years([1], unit="week"))
    assert rates.person_years([365.24], unit="day", units_per_year=365.24) == approx(1)  # tern's year
    assert rates.exposure_adjusted([], [], unit="day").reason == "too-few"


@pytest.mark.parametrize("bad", [(-1, 5), (1.5, 5), (1, -2), (1, 0), (float("nan"), 1), (1, inf)])
def test_events_and_times_that_are_none_are_refused(bad):
    for method in METHODS:
        with pytest.raises(InvalidInput, match="events"):
            rates.rate(*bad, method=method)
    with pytest.raises(InvalidInput, match="events"):
        rates.rate_test(*bad, null=1)


def test_options_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match="method is 'wald'"):
        rates.rate(1, 1, method="wald")
    with pytest.raises(InvalidInput, match="form"):
        rates.byar(1, 1, form="sas")
    with pytest.raises(InvalidInput, match="level"):
        rates.garwood(1, 1, level=95)
    with pytest.raises(InvalidInput, match="per"):
        rates.garwood(1, 1, per=0)
    with pytest.raises(InvalidInput, match="continuity"):
        rates.score(1, 1, continuity=1)
    with pytest.raises(InvalidInput, match="null"):
        rates.rate_test(1, 1, null=0)
    with pytest.raises(InvalidInput, match="unit"):
        rates.person_years([1], unit="hour")
    with pytest.raises(InvalidInput, match="exposure"):
        rates.person_years([1, float("nan")], unit="day")
    with pytest.raises(InvalidInput, match="units_per_year"):
        rates.person_years([1], unit="day", units_per_year=0)
    with pytest.raises(InvalidInput, match="one of each"):
        rates.exposure_adjusted([1], [1, 2], unit="day")
    with pytest.raises(InvalidInput, match="whole number"):
        rates.exposure_adjusted([0.5], [1], unit="day")
