"""Ratio of two proportions, and odds ratio. Cases name their source in tests/reference/cases.json."""

from math import asinh, exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import beta, chi2, norm
from scipy.stats.contingency import odds_ratio as scipy_odds_ratio
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers.errors import InvalidInput
from helpers.stats import proportions
from helpers.stats.proportions._restricted import restricted_odds
from tests.stats.reference import cases, tolerance


def with_options(function, **options):
    return lambda *counts, level=0.95: function(*counts, level=level, **options)


RATIOS = {
    "katz": proportions.katz_ratio,
    "adj_log": proportions.walter_ratio,
    "miettinen_nurminen": proportions.score_ratio,
    "koopman": proportions.koopman_ratio,
    "skewness": with_options(proportions.score_ratio, skewness=True),
    "gart_nam": with_options(proportions.score_ratio, skewness=True, bias_correction=False),
    "score_cc": with_options(proportions.score_ratio, continuity=True),
    "likelihood_ratio": proportions.profile_ratio,
    "mover_r": proportions.mover_ratio,
    "mover_j": with_options(proportions.mover_ratio, limits="jeffreys"),
    "mover_j_medians": with_options(proportions.mover_ratio, limits="jeffreys-medians"),
    "inverse_sinh": proportions.inverse_sinh_ratio,
}
ODDS = {
    "woolf": proportions.woolf_odds_ratio,
    "gart": with_options(proportions.woolf_odds_ratio, adjustment="half"),
    "half_if_empty": with_options(proportions.woolf_odds_ratio, adjustment="half-if-empty"),
    "independence": with_options(proportions.woolf_odds_ratio, adjustment="independence"),
    "inverse_sinh": proportions.inverse_sinh_odds_ratio,
    "inverse_sinh_adj": with_options(proportions.inverse_sinh_odds_ratio, add=0.45, add_to_variance=0.25),
    "miettinen_nurminen": proportions.score_odds_ratio,
    "cornfield": with_options(proportions.score_odds_ratio, bias_correction=False),
    "skewness": with_options(proportions.score_odds_ratio, skewness=True),
    "gart_score": with_options(proportions.score_odds_ratio, skewness=True, bias_correction=False),
    "cornfield_cc": with_options(proportions.score_odds_ratio, bias_correction=False, continuity=True),
    "gart_score_cc": with_options(proportions.score_odds_ratio, skewness=True, bias_correction=False, continuity=True),
    "likelihood_ratio": proportions.profile_odds_ratio,
    "mover_r": proportions.mover_odds_ratio,
    "mover_j": with_options(proportions.mover_odds_ratio, limits="jeffreys"),
    "mover_j_medians": with_options(proportions.mover_odds_ratio, limits="jeffreys-medians"),
}
#: Methods whose interval lies about their own centre, not about the estimate.
OWN_CENTRE = {"adj_log", "gart", "half_if_empty", "independence", "inverse_sinh_adj", "mover_j_medians"}
BOTH = [(RATIOS, key) for key in sorted(RATIOS)] + [(ODDS, key) for key in sorted(ODDS)]
NAMES = [f"ratio-{key}" for key in sorted(RATIOS)] + [f"odds-{key}" for key in sorted(ODDS)]

CAMIS = (36, 154, 12, 77)
PERONDI = (7, 34, 1, 34)
RITLAND = (0, 16, 15, 72)
LAMPASONA = (9, 13, 4, 14)

counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
interior = st.integers(2, 40).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))
levels = st.sampled_from([0.8, 0.95, 0.99])


def limits(found):
    return [found.lower, found.upper]


def table_of(case):
    given = case["inputs"]
    return given["x1"], given["n1"], given["x2"], given["n2"]


@pytest.mark.parametrize("key", ["katz", "koopman", "miettinen_nurminen", "likelihood_ratio", "mover_r"])
def test_ratio_matches_sas_and_ratesci(key):
    case = cases()["CAMIS-RR"]
    found = RATIOS[key](*table_of(case))
    assert limits(found) == approx(case["expected"][key], abs=tolerance(case, key))
    assert limits(found) == approx(case["computed"][key], rel=1e-8)
    assert found.estimate == approx(1.5)


def test_ratio_with_pseudo_events_gives_its_own_ratio():
    case = cases()["CAMIS-RR"]
    found = proportions.walter_ratio(*table_of(case))
    assert [found.centre, *limits(found)] == approx(case["expected"]["adj_log"], abs=tolerance(case, "adj_log"))


@pytest.mark.parametrize(
    ("id", "key", "family", "name"),
    [
        ("FAG-7-34-RR-OR", "koopman", RATIOS, "koopman"),
        ("FAG-7-34-RR-OR", "or_score_mn", ODDS, "miettinen_nurminen"),
        ("NAM-36-40", "ci", RATIOS, "koopman"),
        ("FAGNEWC-a", "rr_score_mn", RATIOS, "miettinen_nurminen"),
        ("FAGNEWC-a", "rr_mover_r", RATIOS, "mover_r"),
        ("FAGNEWC-a", "or_score_mn", ODDS, "miettinen_nurminen"),
        ("ZOUDONNER", "ci", RATIOS, "mover_r"),
        ("SCIPY-RR", "ci", RATIOS, "katz"),
    ],
)
def test_interval_matches_the_reference_case(id, key, family, name):
    case = cases()[id]
    found = limits(family[name](*table_of(case)))
    assert found == approx(case["expected"][key], abs=tolerance(case, key))
    assert found == approx(case["computed"][key], rel=1e-8)


@pytest.mark.parametrize(("key", "at"), [("a", 0), ("b", 1)])
def test_koopman_matches_gart_and_nam(key, at):
    case = cases()["GARTNAM-RR"]
    assert limits(proportions.koopman_ratio(*case["inputs"]["items"][at])) == approx(case["expected"][key], abs=6e-4)


# The same tables with the correction for skewness: Gart, Nam 1988, as quoted in ratesci tests/testthat/test3.R
@pytest.mark.parametrize(("table", "expected"), [((8, 15, 4, 15), (0.806, 6.148)), ((6, 10, 6, 20), (0.822, 4.954))])
def test_skewness_corrected_ratio_matches_gart_and_nam(table, expected):
    assert limits(RATIOS["gart_nam"](*table)) == approx(expected, abs=5e-4)


@pytest.mark.parametrize(("key", "level"), [("ci95", 0.95), ("ci90", 0.9)])
def test_woolf_matches_r_epitools(key, level):
    case = cases()["SCIPY-OR-SAMPLE"]
    (a, b), (c, d) = case["inputs"]["table"]
    found = proportions.woolf_odds_ratio(a, a + b, c, c + d, level=level)
    assert limits(found) == approx(case["expected"][key], abs=case["tol"])
    assert found.estimate == approx(case["expected"]["est"], abs=case["tol"])


# Fagerland, Newcombe 2013, Stat Med 32:2823, tables with full and empty cells, as quoted in ratesci tests/test3.R
@pytest.mark.parametrize(
    ("table", "mover_rr", "score_rr", "mover_or", "score_or"),
    [
        ((24, 73, 53, 65), (0.282, 0.563), (0.280, 0.560), (0.050, 0.242), (0.050, 0.245)),
        ((29, 55, 11, 11), (0.398, 0.761), (0.397, 0.742), (0, 0.427), (0, 0.417)),
        ((7, 18, 1, 18), (1.277, 40.751), (1.296, 42.544), (1.395, 75.890), (1.416, 76.428)),
    ],
)
def test_score_and_mover_match_fagerland_and_newcombe(table, mover_rr, score_rr, mover_or, score_or):
    assert limits(RATIOS["mover_r"](*table)) == approx(mover_rr, abs=5e-4)
    assert limits(RATIOS["miettinen_nurminen"](*table)) == approx(score_rr, abs=5e-4)
    assert limits(ODDS["mover_r"](*table)) == approx(mover_or, abs=5e-4)
    assert limits(ODDS["miettinen_nurminen"](*table)) == approx(score_or, abs=5e-4)


# Laud 2017 and its corrigendum 2018 (odds ratio): ratesci tests/testthat/Table2.Rdata and Table2x.Rdata
@pytest.mark.parametrize(
    ("table", "ratio", "odds", "mover", "mover_odds"),
    [
        ((12, 16, 1, 16), (2.648, 204.300), (5.192, 949.788), (2.692, 109.329), (5.907, 521.865)),
        ((19, 29, 22, 30), (0.613, 1.271), (0.225, 2.101), (0.623, 1.257), (0.222, 2.096)),
        ((5, 56, 0, 29), (0.770, inf), (0.759, inf), (0.851, 5473.460), (0.839, 6029.764)),
    ],
)
def test_skewness_corrected_and_mover_intervals_match_laud(table, ratio, odds, mover, mover_odds):
    assert limits(RATIOS["skewness"](*table)) == approx(ratio, rel=2e-6, abs=5e-4)
    assert limits(ODDS["skewness"](*table)) == approx(odds, rel=2e-6, abs=5e-4)
    assert limits(RATIOS["mover_j_medians"](*table)) == approx(mover, rel=2e-6, abs=5e-4)
    assert limits(ODDS["mover_j_medians"](*table)) == approx(mover_odds, rel=2e-6, abs=5e-4)


# CAMIS, R/ci_for_2indep_prop: outputs of ratesci rrci, orci and of contingencytables
@pytest.mark.parametrize(
    ("family", "key", "expected", "tol"),
    [
        (RATIOS, "skewness", (0.852966, 2.83502), 6e-6),
        (RATIOS, "gart_nam", (0.854006, 2.83174), 6e-6),
        (RATIOS, "mover_j_medians", (0.854776, 2.80156), 6e-6),
        (RATIOS, "inverse_sinh", (0.836, 2.692), 6e-4),
        (ODDS, "skewness", (0.817594, 3.48002), 6e-6),
        (ODDS, "gart_score", (0.818872, 3.47530), 6e-6),
        (ODDS, "miettinen_nurminen", (0.810258, 3.36344), 6e-6),
        (ODDS, "cornfield", (0.811482, 3.35842), 6e-6),
        (ODDS, "mover_r", (0.806857, 3.34520), 6e-6),
        (ODDS, "mover_j_medians", (0.817280, 3.44985), 6e-6),
        (ODDS, "woolf", (0.804332, 3.39523), 6e-6),
        (ODDS, "gart", (0.793782, 3.28179), 6e-6),
        (ODDS, "independence", (0.804, 3.367), 6e-4),
        (ODDS, "inverse_sinh", (0.816, 3.346), 6e-4),
        (ODDS, "inverse_sinh_adj", (0.803, 3.259), 6e-4),
    ],
)
def test_interval_matches_camis(family, key, expected, tol):
    assert limits(family[key](*CAMIS)) == approx(expected, abs=tol)


# Gart 1985, Gart and Thomas 1982 and Cornfield's example, as quoted in ratesci tests/testthat/test3.R
@pytest.mark.parametrize(
    ("key", "table", "level", "expected", "tol"),
    [
        ("gart_score_cc", (28, 99, 23, 182), 0.95, (1.40, 5.33), 5e-3),
        ("cornfield_cc", (28, 99, 23, 182), 0.95, (1.41, 5.30), 5e-3),
        ("cornfield_cc", (3, 14, 60, 92), 0.99, (0.0209, 0.8797), 5e-5),
        ("cornfield_cc", (3, 14, 60, 92), float(chi2.cdf(3.841, 1)), (0.0296, 0.6228), 6e-5),
        ("cornfield", (28, 51, 71, 230), 0.95, (1.476, 5.035), 5e-4),
    ],
)
def test_odds_ratio_matches_gart_and_cornfield(key, table, level, expected, tol):
    assert limits(ODDS[key](*table, level=level)) == approx(expected, abs=tol)


# Fagerland, Lydersen, Laake 2017, chapter 4, by R contingencytables 3.1 (tests/testthat/test-ch4.R)
@pytest.mark.parametrize(
    ("family", "key", "table", "expected"),
    [
        (RATIOS, "adj_log", PERONDI, (0.9241, 27.0523)),
        (RATIOS, "katz", PERONDI, (0.9096, 53.8695)),
        (RATIOS, "koopman", PERONDI, (1.2209, 42.5757)),
        (RATIOS, "koopman", (3, 4, 0, 2), (0.8257, inf)),
        (RATIOS, "miettinen_nurminen", PERONDI, (1.2086, 43.0330)),
        (RATIOS, "miettinen_nurminen", (3, 4, 0, 2), (0.7113, inf)),
        (RATIOS, "mover_r", PERONDI, (1.1537, 41.9763)),
        (RATIOS, "inverse_sinh", PERONDI, (1.1671, 41.9827)),
        (ODDS, "gart", RITLAND, (0.0064, 1.9804)),
        (ODDS, "independence", LAMPASONA, (1.0206, 23.7777)),
        (ODDS, "inverse_sinh", LAMPASONA, (1.2472, 25.3686)),
        (ODDS, "inverse_sinh_adj", LAMPASONA, (1.1414, 21.7873)),
        (ODDS, "miettinen_nurminen", LAMPASONA, (1.0934, 28.9419)),
        (ODDS, "miettinen_nurminen", (1, 11, 0, 2), (0.0313, inf)),
        (ODDS, "cornfield", RITLAND, (0, 0.9532)),
        (ODDS, "cornfield", (10, 10, 0, 30), (81.6504, inf)),
    ],
)
def test_interval_matches_the_book_of_fagerland(family, key, table, expected):
    assert limits(family[key](*table)) == approx(expected, abs=6e-5)


@given(interior, interior, levels)
@settings(max_examples=50)
def test_log_and_score_intervals_agree_with_statsmodels(arm, reference, level):
    theirs = [
        (RATIOS["katz"], "ratio", "log", False),
        (RATIOS["adj_log"], "ratio", "log-adjusted", False),
        (RATIOS["miettinen_nurminen"], "ratio", "score", True),
        (RATIOS["koopman"], "ratio", "score", False),
        (ODDS["woolf"], "odds-ratio", "logit", False),
        (ODDS["gart"], "odds-ratio", "logit-adjusted", False),
        (ODDS["miettinen_nurminen"], "odds-ratio", "score", True),
        (ODDS["cornfield"], "odds-ratio", "score", False),
    ]
    for function, compare, method, correction in theirs:
        try:
            expected = confint_proportions_2indep(
                *arm, *reference, compare=compare, method=method, alpha=1 - level, correction=correction
            )
        except (ValueError, RuntimeWarning):  # its root bracket and its closed form, see E2 of the reference cases
            assert method == "score"
            continue
        assert limits(function(*arm, *reference, level=level)) == approx(expected, rel=1e-6)


@given(interior, interior, levels)
@settings(max_examples=40)
def test_log_intervals_agree_with_scipy(arm, reference, level):
    risk = relative_risk(*arm, *reference).confidence_interval(level)
    assert limits(proportions.katz_ratio(*arm, *reference, level=level)) == approx(list(risk), rel=1e-9)
    (x, n), (y, m) = arm, reference
    theirs = scipy_odds_ratio([[x, n - x], [y, m - y]], kind="sample")
    found = proportions.woolf_odds_ratio(x, n, y, m, level=level)
    assert limits(found) == approx(list(theirs.confidence_interval(level)), rel=1e-9)
    assert found.estimate == approx(theirs.statistic, rel=1e-12)


@given(interior, interior, levels)
@settings(max_examples=40)
def test_inverse_sinh_intervals_agree_with_their_formula(arm, reference, level):
    (x, n), (y, m) = arm, reference
    z = norm.isf((1 - level) / 2)
    half = 2 * asinh(z / 2 * sqrt(1 / x - 1 / n + 1 / y - 1 / m))
    expected = [log(x * m / n / y) - half, log(x * m / n / y) + half]
    assert limits(proportions.inverse_sinh_ratio(x, n, y, m, level=level)) == approx(np.exp(expected), rel=1e-9)
    cells = np.array([x, n - x, y, m - y]) + 0.6
    half = 2 * asinh(z / 2 * sqrt((1 / (cells - 0.2)).sum()))
    centre = log(cells[0] * cells[3] / cells[1] / cells[2])
    found = proportions.inverse_sinh_odds_ratio(x, n, y, m, level=level, add=0.6, add_to_variance=0.4)
    assert limits(found) == approx([exp(centre - half), exp(centre + half)], rel=1e-9)


def log_likelihood(p, q, x, n, y, m):
    return xlogy(x, p) + xlogy(n - x, 1 - p) + xlogy(y, q) + xlogy(m - y, 1 - q)


def likeliest(measure, value, x, n, y, m):
    """Proportions with the ratio or odds ratio at a value, by numerical search."""

    def arm(q):
        return value * q if measure == "ratio" else value * q / (1 - q + value * q)

    high = min(1.0, 1 / value) if measure == "ratio" else 1.0
    found = minimize_scalar(
        lambda q: -log_likelihood(min(1.0, arm(q)), q, x, n, y, m),
        bounds=(0, high),
        method="bounded",
        options={"xatol": 1e-13},
    )
    return arm(found.x), found.x


@given(interior, interior, levels)
@settings(max_examples=25)
def test_profile_limits_lose_the_chi_squared_quantile_of_likelihood(arm, reference, level):
    (x, n), (y, m) = arm, reference
    best = log_likelihood(x / n, y / m, x, n, y, m)
    for measure, function in (("ratio", proportions.profile_ratio), ("odds", proportions.profile_odds_ratio)):
        for limit in limits(function(x, n, y, m, level=level)):
            held = likeliest(measure, limit, x, n, y, m)
            deviance = 2 * (best - log_likelihood(*held, x, n, y, m))
            assert deviance == approx(chi2.isf(1 - level, 1), rel=1e-4)


# Laud 2017 and 2018: score, variance, third moment and bias at proportions found by search
@given(interior, interior)
@settings(max_examples=25)
def test_skewness_corrected_limits_solve_their_equation(arm, reference):
    (x, n), (y, m) = arm, reference
    z = norm.isf(0.025)
    for limit, sign in zip(limits(RATIOS["gart_nam"](x, n, y, m)), (1, -1), strict=True):
        p, q = likeliest("ratio", limit, x, n, y, m)
        variance = p * (1 - p) / n + limit**2 * q * (1 - q) / m
        third = p * (1 - p) * (1 - 2 * p) / n**2 - limit**3 * q * (1 - q) * (1 - 2 * q) / m**2
        score = (x / n - limit * y / m) / sqrt(variance)
        if 1 + 4 * (third / variance**1.5 / 6) * (score + third / variance**1.5 / 6) > 0.01:
            assert score - third / variance**1.5 / 6 * (z * z - 1) == approx(sign * z, rel=1e-3)
    for limit, sign in zip(limits(ODDS["gart_score"](x, n, y, m)), (1, -1), strict=True):
        p, q = likeliest("odds", limit, x, n, y, m)
        v, w = n * p * (1 - p), m * q * (1 - q)
        distance = (x / n - p) / (p * (1 - p)) - (y / m - q) / (q * (1 - q)) - (p - q) / (v + w)
        variance, third = 1 / v + 1 / w, (1 - 2 * p) / v**2 - (1 - 2 * q) / w**2
        corrected = distance / sqrt(variance) - third / variance**1.5 / 6 * (z * z - 1)
        assert corrected == approx(sign * z, rel=1e-3)


# Donner, Zou 2012: the ratio r whose difference p - r q has a MOVER limit at 0
@given(interior, interior, levels, st.sampled_from(["wilson", "jeffreys", "jeffreys-medians"]))
@settings(max_examples=40)
def test_mover_limits_put_the_limit_of_a_difference_at_zero(arm, reference, level, kind):
    parts = []
    for x, n in (arm, reference):
        if kind == "wilson":
            ci = proportions.wilson(x, n, level=level)
            parts.append((ci.estimate, ci.lower, ci.upper))
        else:
            posterior = beta(x + 0.5, n - x + 0.5)
            middle = posterior.median() if kind == "jeffreys-medians" else x / n
            parts.append((middle, posterior.ppf((1 - level) / 2), posterior.isf((1 - level) / 2)))
    for function, scale in (
        (proportions.mover_ratio, lambda p: p),
        (proportions.mover_odds_ratio, lambda p: p / (1 - p)),
    ):
        (p, l1, u1), (q, l2, u2) = ([scale(value) for value in part] for part in parts)
        found = function(*arm, *reference, level=level, limits=kind)
        low, high = found.lower, found.upper
        assert (p - low * q) ** 2 == approx((p - l1) ** 2 + low**2 * (u2 - q) ** 2, rel=1e-6)
        assert (p - high * q) ** 2 == approx((u1 - p) ** 2 + high**2 * (q - l2) ** 2, rel=1e-6)
        assert low <= p / q <= high


@pytest.mark.parametrize(("family", "key"), BOTH, ids=NAMES)
@given(counts, counts, levels)
@settings(max_examples=15)
def test_ratio_is_inverted_when_the_arms_change_places(family, key, arm, reference, level):
    found, swapped = family[key](*arm, *reference, level=level), family[key](*reference, *arm, level=level)
    if found.lower is None:
        assert found.reason == swapped.reason != ""
        return
    assert 0 <= found.lower <= found.upper
    assert found.lower == approx(1 / swapped.upper if swapped.upper else inf, rel=1e-6)
    if found.estimate is not None and key not in OWN_CENTRE:
        assert found.lower <= found.estimate * (1 + 1e-9) and found.estimate * (1 - 1e-9) <= found.upper


# As the odds ratio goes to infinity the skewness equation c + a (c^2 - 1) = score goes to c^2 = 1 + 6 x 1/2 here: the
# statistic never exceeds 2, so that a quantile above 2 excludes no odds ratio, and one below it excludes some.
def test_gart_score_interval_ends_where_its_statistic_can_still_reach_the_quantile():
    options = {"bias_correction": False, "skewness": True, "continuity": True}
    for level, bounded in ((2 * norm.cdf(1.999) - 1, True), (2 * norm.cdf(2.001) - 1, False)):
        up = proportions.score_odds_ratio(0, 1, 2, 2, level=level, **options)
        down = proportions.score_odds_ratio(2, 2, 0, 1, level=level, **options)
        assert (up.lower, down.upper) == (0, inf)
        assert (up.upper < inf, down.lower > 0) == (bounded, bounded)
        assert down.lower == approx(1 / up.upper, rel=1e-9)


@pytest.mark.parametrize(("family", "key"), BOTH, ids=NAMES)
def test_the_smallest_tables_have_an_interval_at_any_level(family, key):
    tables = [(x, n, y, m) for n, m in ((1, 1), (1, 2), (2, 20), (20, 1)) for x in (0, 1, n) for y in (0, 1, m)]
    for level in (0.5, 0.99, 0.999, 0.999999):
        for x, n, y, m in tables:
            found, swapped = family[key](x, n, y, m, level=level), family[key](y, m, x, n, level=level)
            if found.lower is not None:
                assert 0 <= found.lower <= found.upper
                assert found.lower == approx(1 / swapped.upper if swapped.upper else inf, rel=1e-6)


@pytest.mark.parametrize("value", [1e-200, 1e-25, 0.3, 1.0, 7.0, 1e25, 1e200])
@pytest.mark.parametrize("counts", [(0, 1, 2, 2), (3, 4, 1, 9), (5, 5, 0, 5), (2, 7, 5, 7), (4, 4, 4, 5)])
def test_restricted_odds_keep_their_ratio_and_the_number_of_events(counts, value):
    x, n, y, m = counts
    p, missing, q, missing_ref = map(float, restricted_odds(value, *counts))
    assert p / missing / (q / missing_ref) == approx(value, rel=1e-12)
    assert n * p + m * q == approx(x + y, rel=1e-14)
    assert n * missing + m * missing_ref == approx(n + m - x - y, rel=1e-14)


# MOVER is left out: it starts from the odds of the event, and those against it give another interval
@pytest.mark.parametrize("key", sorted(key for key in ODDS if not key.startswith("mover")))
@given(counts, counts)
@settings(max_examples=15)
def test_odds_ratio_is_inverted_when_events_and_non_events_change_places(key, arm, reference):
    (x, n), (y, m) = arm, reference
    found, mirrored = ODDS[key](x, n, y, m), ODDS[key](n - x, n, m - y, m)
    if found.lower is not None:
        assert found.lower == approx(1 / mirrored.upper if mirrored.upper else inf, rel=1e-6)


@pytest.mark.parametrize(("family", "key"), BOTH, ids=NAMES)
def test_no_event_at_all_leaves_no_ratio(family, key):
    found = family[key](0, 10, 0, 20)
    assert (found.estimate, found.reason) == (None, "no-events")
    if found.lower is not None:
        assert found.lower < 0.1 and found.upper > 10


# MN85-0-10: the table for which statsmodels 0.15 gives NaN
@pytest.mark.parametrize("key", ["miettinen_nurminen", "koopman", "likelihood_ratio", "mover_r"])
def test_no_event_at_all_leaves_the_whole_scale(key):
    assert limits(RATIOS[key](0, 10, 0, 20)) == [0, inf]
    assert proportions.mover_odds_ratio(10, 10, 20, 20).reason == "undefined"


@pytest.mark.parametrize(("family", "key"), BOTH, ids=NAMES)
def test_an_arm_without_events_puts_the_ratio_at_an_end_of_the_scale(family, key):
    none, some = family[key](0, 16, 5, 15), family[key](5, 15, 0, 16)
    assert (none.estimate, some.estimate) == (0, inf)
    if none.lower is None:
        assert none.reason == some.reason == "separated"
    elif key not in OWN_CENTRE:
        assert none.lower == 0 and 0 < none.upper < inf
        assert 0 < some.lower < inf and some.upper == inf


@pytest.mark.parametrize(("family", "key"), BOTH, ids=NAMES)
@pytest.mark.parametrize("table", [(0, 1, 1, 1), (1, 1, 0, 1), (1, 1, 1, 1), (16, 16, 15, 15), (0, 9, 9, 9)])
def test_extreme_tables_have_a_defined_answer(family, key, table):
    found = family[key](*table)
    assert (found.lower is None) == (found.upper is None)
    assert found.lower is not None or found.reason
    if family is RATIOS and table[0] == table[1] and table[2] == table[3]:
        assert found.estimate == 1
        assert key in ("katz", "adj_log", "inverse_sinh") or found.lower < 1 < found.upper


# Counts a hundred times as large: the restricted proportions must not lose their digits
def test_large_and_extreme_ratios_keep_their_limits():
    found = proportions.score_odds_ratio(99_990, 100_000, 3, 100_000)
    wald = proportions.woolf_odds_ratio(99_990, 100_000, 3, 100_000)
    assert np.log(limits(found)) == approx(np.log(limits(wald)), abs=0.15)
    found, wald = proportions.score_ratio(2, 10**6, 500, 10**6), proportions.katz_ratio(2, 10**6, 500, 10**6)
    assert np.log(limits(found)) == approx(np.log(limits(wald)), abs=0.5)


@pytest.mark.parametrize(("family", "key"), BOTH, ids=NAMES)
def test_arguments_that_are_no_data_are_refused(family, key):
    for bad in [(1, 0), (-1, 5), (6, 5), (0.5, 5)]:
        with pytest.raises(InvalidInput, match="whole number"):
            family[key](*bad, 3, 5)
        with pytest.raises(InvalidInput, match="whole number"):
            family[key](3, 5, *bad)
    with pytest.raises(InvalidInput, match="level"):
        family[key](3, 5, 2, 5, level=0)


def test_options_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match="limits is 'midp'"):
        proportions.mover_ratio(3, 5, 2, 5, limits="midp")
    with pytest.raises(InvalidInput, match="adjustment is 'haldane'"):
        proportions.woolf_odds_ratio(3, 5, 2, 5, adjustment="haldane")
