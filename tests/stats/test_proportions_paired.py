"""Two proportions of the same units. Cells: event both times, only the first, only the second, neither time."""

from math import comb, exp, inf, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binom, norm
from statsmodels.stats.contingency_tables import mcnemar

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases


def with_options(function, **options):
    return lambda *cells, level=0.95: function(*cells, level=level, **options)


DIFFERENCES = {
    "tango": proportions.tango_difference,
    "tango_bias": with_options(proportions.tango_difference, bias_correction=True),
    "newcombe_10": proportions.newcombe_paired_difference,
    "newcombe_8": with_options(proportions.newcombe_paired_difference, correlation_correction=False),
    "mover_jeffreys": with_options(proportions.newcombe_paired_difference, limits="jeffreys"),
    "wald": proportions.wald_paired_difference,
    "wald_cc": with_options(proportions.wald_paired_difference, continuity=True),
    "agresti_min": proportions.agresti_min_paired_difference,
    "bonett_price": proportions.bonett_price_paired_difference,
}
RATIOS = {
    "tang": proportions.tang_ratio,
    "tang_bias": with_options(proportions.tang_ratio, bias_correction=True),
    "wald": proportions.wald_paired_ratio,
    "bonett_price": proportions.bonett_price_ratio,
    "bonett_price_cc": with_options(proportions.bonett_price_ratio, continuity=True),
    "mover": proportions.mover_paired_ratio,
    "mover_corrected": with_options(proportions.mover_paired_ratio, correlation_correction=True),
    "mover_jeffreys": with_options(proportions.mover_paired_ratio, limits="jeffreys"),
}
ODDS = ("exact", "mid-p", "blaker", "minlike", "wilson", "jeffreys", "log", "laplace")

CAVO, EZRA, BENTUR = (59, 6, 16, 80), (7, 25, 2, 68), (1, 1, 7, 12)

tables = st.tuples(*[st.integers(0, 20)] * 4).filter(sum)
full = st.tuples(*[st.integers(1, 20)] * 4)
levels = st.sampled_from([0.8, 0.95, 0.99])


def limits(found):
    return [found.lower, found.upper]


@pytest.mark.parametrize(("key", "at"), [("a", 0), ("b", 1), ("c", 2)])
def test_tango_matches_the_papers(key, at):
    case = cases()["TANGO-PAIRED"]
    item = case["inputs"]["items"][at]
    found = proportions.tango_difference(*item["cells"], level=item["conf"])
    assert limits(found) == approx(case["expected"][key], abs=case["tol"])
    assert limits(found) == approx(case["computed"][key], rel=1e-8)


# Fagerland, Lydersen, Laake 2014 and 2017, chapter 8, by R contingencytables 3.1 (tests/testthat/test-ch8.R)
@pytest.mark.parametrize(
    ("family", "key", "cells", "expected"),
    [
        (DIFFERENCES, "tango", CAVO, (-0.1240, -0.0054)),
        (DIFFERENCES, "tango", (0, 3, 0, 0), (-0.1230, 1)),
        (DIFFERENCES, "tango", (0, 0, 3, 0), (-1, 0.1230)),
        (DIFFERENCES, "wald", CAVO, (-0.1184, -0.0058)),
        (DIFFERENCES, "wald_cc", CAVO, (-0.1186, -0.0057)),
        (DIFFERENCES, "agresti_min", CAVO, (-0.1182, -0.0045)),
        (DIFFERENCES, "bonett_price", CAVO, (-0.1195, -0.0032)),
        (DIFFERENCES, "newcombe_10", CAVO, (-0.1186, -0.0046)),
        (DIFFERENCES, "newcombe_10", (1, 0, 0, 1), (-0.5734, 0.5734)),
        (RATIOS, "tang", CAVO, (0.7476, 0.9876)),
        (RATIOS, "wald", CAVO, (0.7597, 0.9886)),
        (RATIOS, "bonett_price", CAVO, (0.7579, 0.9910)),
        (RATIOS, "bonett_price_cc", CAVO, (0.7475, 1.0058)),
        (RATIOS, "bonett_price_cc", (0, 0, 1, 2), (0, 17.3081)),
        (RATIOS, "bonett_price_cc", (0, 1, 0, 2), (0.0578, inf)),
        (RATIOS, "bonett_price_cc", (9, 0, 7, 2), (0.3330, 0.9625)),
        (RATIOS, "mover", CAVO, (0.7592, 0.9866)),
    ],
)
def test_interval_matches_the_book_of_fagerland(family, key, cells, expected):
    assert limits(family[key](*cells)) == approx(expected, abs=6e-5)


@pytest.mark.parametrize(
    ("method", "cells", "expected", "tol"),
    [
        ("wilson", CAVO, (0.1514, 0.9287), 5e-5),
        ("log", EZRA, (2.9608, 52.7731), 5e-5),
        ("laplace", EZRA, (2.6232, 28.6333), 6e-5),
        ("exact", EZRA, (3.1169, 108.8892), 6e-5),
        ("mid-p", EZRA, (3.4681, 78.2972), 5e-5),
        ("blaker", EZRA, (3.2994, 74.0582), 5e-5),
        ("mid-p", BENTUR, (0.006, 0.924), 5e-4),
        ("exact", BENTUR, (0.003, 1.112), 5e-4),
        ("wilson", BENTUR, (0.023, 0.890), 5e-4),
    ],
)
def test_odds_ratio_of_pairs_matches_the_book_of_fagerland(method, cells, expected, tol):
    assert limits(proportions.paired_odds_ratio(*cells, method=method)) == approx(expected, abs=tol)


# Newcombe 1998, Stat Med 17:2635; Tang ML 2010; Tang NS 2003; DelRocco 2022; Chang 2024: ratesci tests/test3.R
@pytest.mark.parametrize(
    ("family", "key", "cells", "level", "expected", "tol"),
    [
        (DIFFERENCES, "newcombe_8", (20, 12, 2, 16), 0.95, (0.0618, 0.3242), 5e-5),
        (DIFFERENCES, "newcombe_10", (20, 12, 2, 16), 0.95, (0.0562, 0.3292), 5e-5),
        (DIFFERENCES, "newcombe_10", (8, 3, 1, 2), 0.95, (-0.1574, 0.4136), 5e-5),
        (DIFFERENCES, "newcombe_10", (7, 25, 2, 68), 0.95, (0.133, 0.318), 5e-4),
        (DIFFERENCES, "newcombe_10", BENTUR, 0.95, (-0.507, -0.026), 5e-4),
        (DIFFERENCES, "tango", (8, 3, 1, 2), 0.95, (-0.1670, 0.4327), 5e-5),
        (DIFFERENCES, "tango", BENTUR, 0.95, (-0.517, -0.026), 5e-4),
        (DIFFERENCES, "wald", BENTUR, 0.95, (-0.520, -0.052), 5e-4),
        (DIFFERENCES, "wald_cc", BENTUR, 0.95, (-0.529, -0.042), 5e-4),
        (DIFFERENCES, "bonett_price", BENTUR, 0.95, (-0.508, -0.013), 5e-4),
        (RATIOS, "tang", (446, 5, 16, 690), 0.9, (0.958, 0.992), 5e-4),
        (RATIOS, "tang", (43, 0, 1, 0), 0.9, (0.904, 1.039), 5e-4),
        (RATIOS, "tang", (8, 3, 1, 2), 0.95, (0.776, 2.033), 5e-4),
        (RATIOS, "tang", BENTUR, 0.95, (0.0653, 0.9069), 5e-5),
        (RATIOS, "mover", (8, 3, 1, 2), 0.95, (0.8234, 1.9539), 5e-5),
        (RATIOS, "mover", BENTUR, 0.95, (0.0686, 0.8695), 6e-5),
        (RATIOS, "bonett_price", BENTUR, 0.95, (0.068, 0.923), 5e-4),
        (RATIOS, "wald", BENTUR, 0.95, (0.063, 1.000), 5e-4),
    ],
)
def test_interval_matches_the_papers(family, key, cells, level, expected, tol):
    assert limits(family[key](*cells, level=level)) == approx(expected, abs=tol)


# The same book, and R 4.2: mcnemar.test(matrix(c(20, 12, 2, 16), 2)), also with correct = FALSE
def test_mcnemar_matches_the_book_of_fagerland_and_r():
    for method, expected in (
        ("asymptotic", 0.033006),
        ("continuity", 0.055009),
        ("exact", 0.052479),
        ("mid-p", 0.034690),
    ):
        assert proportions.mcnemar_test(*CAVO, method=method).p_value == approx(expected, abs=6e-7)
    found = proportions.mcnemar_test(20, 12, 2, 16, method="continuity")
    assert (found.statistic, found.p_value, found.df) == approx((5.785714286, 0.0161569313, 1), rel=1e-8)
    assert proportions.mcnemar_test(20, 12, 2, 16).p_value == approx(0.00752631516646, rel=1e-9)


@given(tables.filter(lambda cells: cells[1] + cells[2]))
@settings(max_examples=60)
def test_mcnemar_agrees_with_statsmodels(cells):
    both, first, second, neither = cells
    table = [[both, first], [second, neither]]
    exact = proportions.mcnemar_test(*cells, method="exact")
    assert exact.p_value == approx(mcnemar(table, exact=True).pvalue, rel=1e-9)
    plain, theirs = proportions.mcnemar_test(*cells), mcnemar(table, exact=False, correction=False)
    assert (plain.statistic, plain.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-9, abs=1e-12)
    if first != second:  # statsmodels corrects a difference of 0 to -1
        found, theirs = (
            proportions.mcnemar_test(*cells, method="continuity"),
            mcnemar(table, exact=False, correction=True),
        )
        assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-9, abs=1e-12)


@given(tables.filter(lambda cells: cells[1] + cells[2]))
@settings(max_examples=40)
def test_one_sided_and_mid_p_tests_agree_with_the_binomial(cells):
    _, first, second, _ = cells
    n = first + second
    greater = proportions.mcnemar_test(*cells, method="exact", alternative="greater").p_value
    assert greater == approx(binom.sf(first - 1, n, 0.5), rel=1e-9)
    mid = proportions.mcnemar_test(*cells, method="mid-p", alternative="less").p_value
    assert mid == approx(binom.cdf(first, n, 0.5) - binom.pmf(first, n, 0.5) / 2, rel=1e-9, abs=1e-12)
    normal = proportions.mcnemar_test(*cells, alternative="greater")
    assert normal.p_value == approx(norm.sf((first - second) / sqrt(n)), rel=1e-9)
    assert normal.df is None and normal.statistic == approx((first - second) / sqrt(n))


def highest(cells, difference):
    """The likeliest probability of an event only the second time, by numerical search."""
    both, first, second, neither = cells

    def loss(q):
        left = 1 - 2 * q - difference
        return -(xlogy(first, max(0.0, q + difference)) + xlogy(second, q) + xlogy(both + neither, max(0.0, left)))

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    return minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x


@given(full, levels)
@settings(max_examples=30)
def test_tango_limits_solve_his_equation(cells, level):
    _, first, second, _ = cells
    n, z = sum(cells), norm.isf((1 - level) / 2)
    for limit, sign in zip(limits(proportions.tango_difference(*cells, level=level)), (1, -1), strict=True):
        q = highest(cells, limit)
        score = (first - second - n * limit) / sqrt(n * (2 * q + limit * (1 - limit)))
        assert score == approx(sign * z, rel=1e-5)


# Tang, Tang, Chan 2003: multinomial proportions with p1 = ratio * p2 found by search over the two that stay free
@given(full)
@settings(max_examples=15)
def test_tang_limits_solve_their_equation(cells):
    both, first, second, neither = cells
    n, z = sum(cells), norm.isf(0.025)
    for limit, sign in zip(limits(proportions.tang_ratio(*cells)), (1, -1), strict=True):

        def loss(p21, limit=limit):
            def inner(p11):
                p12 = limit * (p11 + p21) - p11
                rest = 1 - p11 - p12 - p21
                if min(p12, rest, p11) < 0:
                    return 1e9
                return -(xlogy(both, p11) + xlogy(first, p12) + xlogy(second, p21) + xlogy(neither, rest))

            top = (1 - (1 + limit) * p21) / limit
            top = min(top, limit * p21 / (1 - limit)) if limit < 1 else top
            return minimize_scalar(inner, bounds=(0, top), method="bounded", options={"xatol": 1e-11}).fun

        p21 = minimize_scalar(loss, bounds=(1e-9, 1 / (1 + limit)), method="bounded", options={"xatol": 1e-11}).x
        variance = n * (1 + limit) * p21 + (both + first + second) * (limit - 1)
        score = (both + first - limit * (both + second)) / sqrt(variance)
        assert score == approx(sign * z, rel=1e-3)


@given(full, levels)
@settings(max_examples=40)
def test_square_and_add_agrees_with_its_formula(cells, level):
    both, first, second, neither = cells
    n = sum(cells)
    p, q = (both + first) / n, (both + second) / n
    a, b = (proportions.wilson(x, n, level=level) for x in (both + first, both + second))
    excess = both * neither - first * second
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    for corrected in (True, False):
        phi = (max(excess - n / 2, 0) if corrected and excess > 0 else excess) / sqrt(margins)
        low = p - q - sqrt((p - a.lower) ** 2 + (b.upper - q) ** 2 - 2 * phi * (p - a.lower) * (b.upper - q))
        high = p - q + sqrt((a.upper - p) ** 2 + (q - b.lower) ** 2 - 2 * phi * (a.upper - p) * (q - b.lower))
        found = proportions.newcombe_paired_difference(*cells, level=level, correlation_correction=corrected)
        assert limits(found) == approx([low, high], rel=1e-9, abs=1e-12)


@given(full, levels)
@settings(max_examples=40)
def test_wald_intervals_agree_with_their_formulas(cells, level):
    both, first, second, _ = cells
    z = norm.isf((1 - level) / 2)
    for key, add, grow in (("wald", 0, 0), ("agresti_min", 0.5, 2), ("bonett_price", 1, 2)):
        n, p, q = sum(cells) + grow, first + add, second + add
        d, se = (p - q) / n, sqrt(p / n + q / n - ((p - q) / n) ** 2) / sqrt(n)
        found = DIFFERENCES[key](*cells, level=level)
        assert limits(found) == approx([max(-1, d - z * se), min(1, d + z * se)], rel=1e-9, abs=1e-12)
        assert (found.centre, found.se) == approx((d, se), rel=1e-9, abs=1e-12)
    centre = log((both + first) / (both + second))
    se = sqrt(1 / (both + first) + 1 / (both + second) - 2 * both / (both + first) / (both + second))
    found = proportions.wald_paired_ratio(*cells, level=level)
    assert limits(found) == approx([exp(centre - z * se), exp(centre + z * se)], rel=1e-9)


# Bonett, Price 2006 choose z so that, near the estimate, the two Wilson limits act as one Wald limit of the log ratio
def test_hybrid_wilson_limits_approach_walds_in_large_samples():
    cells = (59_000, 6_000, 16_000, 80_000)
    assert limits(proportions.bonett_price_ratio(*cells)) == approx(
        limits(proportions.wald_paired_ratio(*cells)), rel=1e-3
    )


@given(full, levels)
@settings(max_examples=30)
def test_mover_ratio_limits_put_the_limit_of_a_paired_difference_at_zero(cells, level):
    both, first, second, neither = cells
    n = sum(cells)
    p, q = (both + first) / n, (both + second) / n
    a, b = (proportions.wilson(x, n, level=level) for x in (both + first, both + second))
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    phi = (both * neither - first * second) / sqrt(margins)
    found = proportions.mover_paired_ratio(*cells, level=level)
    for limit, own, other in ((found.lower, p - a.lower, b.upper - q), (found.upper, a.upper - p, q - b.lower)):
        spread = own**2 + (limit * other) ** 2 - 2 * phi * own * limit * other
        assert (p - limit * q) ** 2 == approx(spread, rel=1e-6, abs=1e-12)


@given(tables.filter(lambda cells: cells[1] + cells[2]), st.floats(-0.95, 0.95), st.booleans())
@settings(max_examples=60)
def test_tangos_test_and_interval_agree_on_what_is_rejected(cells, null, bias_correction):
    ci = proportions.tango_difference(*cells, bias_correction=bias_correction)
    found = proportions.paired_difference_test(*cells, null=null, bias_correction=bias_correction)
    if min(abs(ci.lower - null), abs(ci.upper - null)) > 1e-6:
        assert (found.p_value < 0.05) == (not ci.lower <= null <= ci.upper)
    zero = proportions.paired_difference_test(*cells)
    assert zero.p_value == approx(proportions.mcnemar_test(*cells).p_value, rel=1e-9)


@pytest.mark.parametrize("key", sorted(DIFFERENCES))
@given(tables, levels)
@settings(max_examples=30)
def test_difference_is_mirrored_when_the_times_or_the_events_change_places(key, cells, level):
    both, first, second, neither = cells
    found = DIFFERENCES[key](*cells, level=level)
    assert -1 <= found.lower <= found.upper <= 1
    if key not in ("agresti_min", "bonett_price"):  # those are about their own centre
        assert found.lower <= found.estimate + 1e-12 and found.estimate <= found.upper + 1e-12
    times = DIFFERENCES[key](both, second, first, neither, level=level)
    events = DIFFERENCES[key](neither, second, first, both, level=level)
    assert [-times.upper, -times.lower] == approx(limits(found), abs=1e-9)
    assert [-events.upper, -events.lower] == approx(limits(found), abs=1e-9)


@pytest.mark.parametrize("key", sorted(RATIOS))
@given(tables, levels)
@settings(max_examples=30)
def test_ratio_is_inverted_when_the_times_change_places(key, cells, level):
    both, first, second, neither = cells
    found, swapped = RATIOS[key](*cells, level=level), RATIOS[key](both, second, first, neither, level=level)
    if found.lower is None:
        assert found.reason == swapped.reason != ""
        return
    assert 0 <= found.lower <= found.upper
    assert found.lower == approx(1 / swapped.upper if swapped.upper else inf, rel=1e-6)


@pytest.mark.parametrize("cells", [(5, 0, 0, 3), (0, 0, 0, 4), (4, 0, 0, 0), (0, 4, 0, 0), (0, 0, 1, 0), (1, 0, 0, 0)])
def test_empty_cells_have_defined_answers(cells):
    both, first, second, _ = cells
    for key, function in DIFFERENCES.items():
        found = function(*cells)
        assert -1 <= found.lower <= found.upper <= 1
        # without a discordant pair the likeliest variance is 0, and so is Wald's width
        assert key in ("wald", "wald_cc", "newcombe_8", "newcombe_10", "mover_jeffreys") or found.upper > found.lower
    for function in RATIOS.values():
        found = function(*cells)
        assert (found.estimate is None) == (both + first + second == 0)
        assert found.lower is not None or found.reason
    for method in ODDS:
        found = proportions.paired_odds_ratio(*cells, method=method)
        assert (found.reason == "undefined") == (first + second == 0)
    if first + second == 0:
        for method in ("asymptotic", "continuity", "exact", "mid-p"):
            assert proportions.mcnemar_test(*cells, method=method).reason == "no-variance"
        assert proportions.paired_difference_test(*cells).reason == "no-variance"
        assert 0 < proportions.paired_difference_test(*cells, null=0.2).p_value < 1


def test_an_odds_ratio_of_pairs_at_an_end_of_the_scale():
    found = proportions.paired_odds_ratio(3, 6, 0, 4)
    assert (found.estimate, found.upper) == (inf, inf) and found.lower > 0.5
    assert proportions.paired_odds_ratio(3, 0, 6, 4).lower == 0
    assert proportions.paired_odds_ratio(3, 6, 0, 4, method="log").reason == "separated"


# Coverage of Tango's interval with small numbers, by enumeration of every table of 12 pairs with one discordant share
def test_tango_covers_with_twelve_pairs():
    n, p12, p21, covered = 12, 0.3, 0.15, 0.0
    for i in range(n + 1):
        for j in range(n - i + 1):
            ci = proportions.tango_difference(n - i - j, i, j, 0)
            weight = comb(n, i) * comb(n - i, j) * p12**i * p21**j * (1 - p12 - p21) ** (n - i - j)
            covered += weight * (ci.lower <= p12 - p21 <= ci.upper)
    assert 0.93 < covered < 0.98


def test_arguments_that_are_no_data_are_refused():
    functions = [*DIFFERENCES.values(), *RATIOS.values(), proportions.paired_odds_ratio, proportions.mcnemar_test]
    for function in [*functions, proportions.paired_difference_test]:
        for bad in [(-1, 2, 3, 4), (0, 0, 0, 0), (1, 0.5, 2, 3), (1, 2, float("nan"), 3)]:
            with pytest.raises(InvalidInput, match="whole number"):
                function(*bad)
    for function in [*DIFFERENCES.values(), *RATIOS.values(), proportions.paired_odds_ratio]:
        with pytest.raises(InvalidInput, match="level"):
            function(5, 3, 2, 4, level=0)
    with pytest.raises(InvalidInput, match="method is 'edwards'"):
        proportions.mcnemar_test(5, 3, 2, 4, method="edwards")
    with pytest.raises(InvalidInput, match="alternative is 'larger'"):
        proportions.mcnemar_test(5, 3, 2, 4, alternative="larger")
    with pytest.raises(InvalidInput, match="method is 'wald'"):
        proportions.paired_odds_ratio(5, 3, 2, 4, method="wald")
    with pytest.raises(InvalidInput, match="limits is 'midp'"):
        proportions.mover_paired_ratio(5, 3, 2, 4, limits="midp")
    with pytest.raises(InvalidInput, match="null is 1"):
        proportions.paired_difference_test(5, 3, 2, 4, null=1)
