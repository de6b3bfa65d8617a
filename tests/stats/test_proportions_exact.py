"""Exact unconditional limits. Cases name their source in tests/reference/cases.json; the id is the test's."""

from math import exp, inf, log

import numpy as np
import pytest
from pytest import approx
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases, tolerance

CAMIS = (36, 154, 12, 77)
OPTIONS = {
    "santner_snell": {"statistic": "difference"},
    "chan_zhang": {},
    "agresti_min": {"inversion": "two-sided"},
}


def limits(found):
    return [found.lower, found.upper]


def table_of(case):
    given = case["inputs"]
    return given["x1"], given["n1"], given["x2"], given["n2"]


@pytest.mark.parametrize("id", [id for id in cases() if id.startswith("TERN-EXACT-")])
def test_plain_difference_matches_sas(id):
    case = cases()[id]
    found = proportions.exact_difference(*table_of(case), level=case["inputs"]["conf"], statistic="difference")
    assert limits(found) == approx(case["expected"]["ci"], abs=tolerance(case, "ci"))
    assert limits(found) == approx(case["computed"]["ci"], abs=1e-7)
    assert found.estimate == approx(case["expected"]["est"], abs=tolerance(case, "est"))


@pytest.mark.parametrize("key", ["chan_zhang", "santner_snell"])
def test_camis_table_matches_sas(key):
    case = cases()["CAMIS-RD-EXACT"]
    found = proportions.exact_difference(*table_of(case), **OPTIONS[key])
    assert limits(found) == approx(case["expected"][key], abs=case["tol"])
    assert limits(found) == approx(case["computed"][key], abs=1e-7)


# The note of CAMIS-RD-EXACT, SAS METHOD=SCORE2
def test_agresti_and_min_match_sas():
    found = proportions.exact_difference(*CAMIS, inversion="two-sided")
    assert limits(found) == approx((-0.0371, 0.1821), abs=6e-5)


# The source takes p2 - p1, so the second arm is the arm of interest
@pytest.mark.parametrize(("key", "options"), [("simple", OPTIONS["santner_snell"]), ("score", {})])
def test_difference_matches_statxact(key, options):
    case = cases()["E2X2-RDCI-2"]
    x1, n1, x2, n2 = table_of(case)
    found = proportions.exact_difference(x2, n2, x1, n1, **options)
    assert limits(found) == approx(case["expected"][key], abs=case["tol"])
    assert limits(found) == approx(case["computed"][key], abs=1e-7)


# D3 of the README of the cases; SAS 9.4 and StatXact 11 as quoted in exact2x2 inst/slowTests
@pytest.mark.parametrize(
    ("table", "options", "expected"),
    [
        ((56, 70, 48, 80), OPTIONS["santner_snell"], (0.0390, 0.3533)),
        ((56, 70, 48, 80), {}, (0.0382, 0.3453)),
        ((9, 11, 4, 12), OPTIONS["santner_snell"], (0.0683, 0.7923)),
        ((9, 11, 4, 12), {}, (0.0616, 0.7968)),
        ((6, 13, 2, 7), {}, (-0.3108, 0.5787)),
        ((6, 13, 2, 7), OPTIONS["agresti_min"], (-0.3079, 0.5542)),
        ((13, 13, 0, 7), {}, (0.5904, 1)),
        ((24, 61, 10, 35), {"berger_boos": 1e-6}, (-0.09731, 0.2949)),
    ],
)
def test_difference_matches_sas_and_statxact(table, options, expected):
    assert limits(proportions.exact_difference(*table, **options)) == approx(expected, abs=5.1e-5)


@pytest.mark.parametrize(
    ("function", "table", "options", "expected", "tol"),
    [
        (proportions.exact_ratio, (24, 61, 10, 35), {}, (0.7663, 3.0005), 6e-5),
        (proportions.exact_ratio, (9, 11, 4, 12), {}, (1.0964, 10.8647), 6e-5),
        (proportions.exact_ratio, (11, 13, 2, 7), {}, (1.078, 29.1), (5e-4, 5e-2)),
        (proportions.exact_ratio, (11, 13, 2, 7), {"inversion": "two-sided"}, (1.14, 14.45), 5e-3),
        (proportions.exact_odds_ratio, (7, 12, 2, 12), {}, (1.04, 103), (5e-3, 0.5)),
    ],
)
def test_ratios_match_sas_and_statxact(function, table, options, expected, tol):
    lower, upper = limits(function(*table, **options))
    below, above = tol if isinstance(tol, tuple) else (tol, tol)
    assert lower == approx(expected[0], abs=below)
    assert upper == approx(expected[1], abs=above)


def restricted(measure, value, x, n, y, m):
    """The likeliest reference proportion, by halving: the slope of the log likelihood falls."""

    def arm(q):
        return q + value if measure == "difference" else q * value if measure == "ratio" else _shifted(q, value)

    low = max(0.0, -value) if measure == "difference" else 0.0
    high = min(1.0, 1 - value) if measure == "difference" else min(1.0, 1 / value) if measure == "ratio" else 1.0
    step = {"difference": lambda q: 1, "ratio": lambda q: value, "odds-ratio": lambda q: 1}[measure]
    for _ in range(60):
        q = (low + high) / 2
        p = arm(q)
        if measure == "odds-ratio":  # the expected total meets the observed one
            slope = x + y - n * p - m * q
        else:
            slope = sum(
                count / share * sign
                for count, share, sign in (
                    (x, p, step(q)),
                    (n - x, 1 - p, -step(q)),
                    (y, q, 1),
                    (m - y, 1 - q, -1),
                )
                if count and share > 0
            )
        low, high = (q, high) if slope > 0 else (low, q)
    return arm(q), q


def _shifted(q, value):
    return value * q / (1 - q + value * q)


def brute_force(measure, value, table, side):
    """P-value from the definition: every table's score in a loop, the worst nuisance proportion on a fine grid."""
    x, n, y, m = table
    z = np.zeros((n + 1, m + 1))
    for i in range(n + 1):
        for j in range(m + 1):
            p, q = restricted(measure, value, i, n, j, m)
            if measure == "difference":
                top, variance = i / n - j / m - value, p * (1 - p) / n + q * (1 - q) / m
            elif measure == "ratio":
                top, variance = i / n - value * j / m, p * (1 - p) / n + value**2 * q * (1 - q) / m
            else:
                v, w = n * p * (1 - p), m * q * (1 - q)
                top, variance = i - n * p, v * w / (v + w) if v + w > 1e-12 else 0
            z[i, j] = 0 if abs(top) < 1e-9 else top / np.sqrt(max(variance, 1e-30))
    z = np.abs(z) if side == 0 else side * z
    region = z >= z[x, y] - 1e-7
    grid = np.r_[10.0 ** np.linspace(-7, -2, 200), np.linspace(0.01, 0.99, 2000), 1 - 10.0 ** np.linspace(-7, -2, 200)]
    if measure == "difference":
        q = max(0.0, -value) + grid * (min(1.0, 1 - value) - max(0.0, -value))
        p = np.clip(q + value, 0, 1)
    elif measure == "ratio":
        q = grid * min(1.0, 1 / value)
        p = q * value
    else:
        q = grid
        p = _shifted(q, value)
    rows, columns = binom.pmf(np.arange(n + 1)[:, None], n, p), binom.pmf(np.arange(m + 1)[:, None], m, q)
    return max(np.einsum("ik,ij,jk->k", rows, region, columns))


@pytest.mark.parametrize("inversion", ["two-one-sided", "two-sided"])
@pytest.mark.parametrize("table", [(7, 9, 2, 8), (3, 12, 1, 5), (4, 6, 5, 6)])
@pytest.mark.parametrize(
    ("measure", "function"),
    [
        ("difference", proportions.exact_difference),
        ("ratio", proportions.exact_ratio),
        ("odds-ratio", proportions.exact_odds_ratio),
    ],
)
def test_limits_agree_with_a_p_value_from_the_definition(measure, function, table, inversion):
    found = function(*table, inversion=inversion)
    alpha = 0.05 if inversion == "two-sided" else 0.025
    for limit, side in ((found.lower, 1), (found.upper, -1)):
        side, inward = 0 if inversion == "two-sided" else side, side
        if measure == "difference":
            within, without = limit + inward * 1e-4, limit - inward * 1e-4
        else:
            within, without = limit * exp(inward * 1e-3), limit * exp(-inward * 1e-3)
        assert brute_force(measure, within, table, side) > alpha - 5e-6
        assert brute_force(measure, without, table, side) < alpha + 5e-6


# The ends of everything that is not rejected, on a grid over the whole scale, so that no island is left out
@pytest.mark.parametrize("options", [{}, {"inversion": "two-sided"}], ids=["two-one-sided", "two-sided"])
@pytest.mark.parametrize("table", [(10, 16, 5, 15), (11, 53, 4, 4), (1, 2, 1, 40), (14, 21, 1, 2)])
def test_no_difference_outside_the_limits_is_compatible_with_the_data(table, options):
    found = proportions.exact_difference(*table, **options)
    for value in np.linspace(-0.999, 0.999, 400):
        if found.lower - 1e-6 <= value <= found.upper + 1e-6:
            continue
        if options:
            p = proportions.exact_test(*table, null=value).p_value
        else:
            side = "greater" if value < found.estimate else "less"
            p = 2 * proportions.exact_test(*table, null=value, alternative=side).p_value
        assert p <= 0.05 + 1e-5


# Coverage over the whole square of proportions, by enumeration of every table of 4 against 3
@pytest.mark.parametrize("key", sorted(OPTIONS))
def test_coverage_is_never_below_the_level(key):
    n, m = 4, 3
    grid = np.linspace(0, 1, 41)
    rows, columns = binom.pmf(np.arange(n + 1)[:, None], n, grid), binom.pmf(np.arange(m + 1)[:, None], m, grid)
    difference, coverage = grid[:, None] - grid[None, :], np.zeros((41, 41))
    for x in range(n + 1):
        for y in range(m + 1):
            ci = proportions.exact_difference(x, n, y, m, **OPTIONS[key])
            inside = (ci.lower - 1e-9 <= difference) & (difference <= ci.upper + 1e-9)
            coverage += np.outer(rows[x], columns[y]) * inside
    assert coverage.min() >= 0.95 - 1e-8


@pytest.mark.parametrize("key", sorted(OPTIONS))
@pytest.mark.parametrize("table", [(10, 16, 5, 15), (0, 7, 3, 9), (5, 5, 4, 8), (1, 30, 0, 12)])
def test_difference_is_mirrored_when_arms_or_events_are_swapped(key, table):
    x, n, y, m = table
    found = proportions.exact_difference(*table, **OPTIONS[key])
    assert found.lower < found.estimate < found.upper
    for other in (
        proportions.exact_difference(y, m, x, n, **OPTIONS[key]),
        proportions.exact_difference(n - x, n, m - y, m, **OPTIONS[key]),
    ):
        assert [-other.upper, -other.lower] == approx(limits(found), abs=1e-7)


@pytest.mark.parametrize("function", [proportions.exact_ratio, proportions.exact_odds_ratio], ids=["ratio", "odds"])
@pytest.mark.parametrize("table", [(10, 16, 5, 15), (0, 7, 3, 9), (5, 9, 0, 8), (1, 4, 3, 4)])
def test_ratio_is_inverted_when_the_arms_change_places(function, table):
    found, swapped = function(*table), function(*table[2:], *table[:2])
    for one, other in zip(limits(found), reversed(limits(swapped)), strict=True):
        assert one == approx(1 / other if other else inf, rel=1e-6)
    assert found.lower <= found.estimate <= found.upper


# As in CAMIS-RD-EXACT; the plain difference is by far the longest there
def test_two_sided_inversion_is_shorter_and_plain_ordering_longer_than_chan_and_zhang():
    score, two_sided, plain = (
        proportions.exact_difference(24, 61, 10, 35, **OPTIONS[key])
        for key in ("chan_zhang", "agresti_min", "santner_snell")
    )
    assert two_sided.upper - two_sided.lower < score.upper - score.lower < plain.upper - plain.lower


@pytest.mark.parametrize("key", sorted(OPTIONS))
def test_perfect_separation_reaches_the_end_of_the_scale(key):
    found = proportions.exact_difference(10, 10, 0, 10, **OPTIONS[key])
    assert found.upper == 1 and 0.5 < found.lower < 0.9
    none = proportions.exact_difference(0, 9, 0, 9, **OPTIONS[key])
    assert none.lower < -0.2 and none.upper == approx(-none.lower, abs=1e-8)
    one = proportions.exact_difference(1, 1, 0, 1, **OPTIONS[key])
    assert -1 <= one.lower < 0 and one.upper == 1


def test_ratios_of_extreme_tables_are_defined():
    assert limits(proportions.exact_ratio(0, 9, 0, 7)) == [0, inf]
    assert proportions.exact_ratio(0, 9, 0, 7).reason == "no-events"
    assert limits(proportions.exact_odds_ratio(9, 9, 7, 7)) == [0, inf]
    assert proportions.exact_odds_ratio(9, 9, 7, 7).reason == "undefined"
    found = proportions.exact_ratio(0, 9, 4, 7)
    assert (found.estimate, found.lower) == (0, 0) and 0 < found.upper < 1.2
    found = proportions.exact_odds_ratio(9, 9, 0, 7)
    assert (found.estimate, found.upper) == (inf, inf) and log(found.lower) > 0.5


def test_arguments_that_are_no_data_are_refused():
    for function in (proportions.exact_difference, proportions.exact_ratio, proportions.exact_odds_ratio):
        for bad in [(1, 0), (-1, 5), (6, 5), (0.5, 5)]:
            with pytest.raises(InvalidInput, match="whole number"):
                function(*bad, 3, 5)
            with pytest.raises(InvalidInput, match="whole number"):
                function(3, 5, *bad)
        with pytest.raises(InvalidInput, match="level"):
            function(3, 5, 2, 5, level=1)
        with pytest.raises(InvalidInput, match="inversion is 'central'"):
            function(3, 5, 2, 5, inversion="central")
        with pytest.raises(InvalidInput, match="berger_boos is 0"):
            function(3, 5, 2, 5, berger_boos=0.2)
    with pytest.raises(InvalidInput, match="statistic is 'wald'"):
        proportions.exact_difference(3, 5, 2, 5, statistic="wald")
