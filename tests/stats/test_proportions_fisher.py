"""Fisher's test, the conditional odds ratio and their exact limits. Cases name their source in cases.json."""

from math import comb, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import fisher_exact, hypergeom, nchypergeom_fisher
from scipy.stats.contingency import odds_ratio as scipy_odds_ratio

from helpers.errors import InvalidInput
from helpers.stats import proportions
from tests.stats.reference import cases, tolerance

FISHER = [id for id, case in cases().items() if id.startswith("FISHER-") and "table" in case["inputs"]]

counts = st.integers(1, 25).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
methods = st.sampled_from(["central", "minlike", "blaker"])


def limits(found):
    return [found.lower, found.upper]


def arms(table):
    (a, b), (c, d) = table
    return a, a + b, c, c + d


@pytest.mark.parametrize("id", FISHER)
def test_fisher_test_matches_r(id):
    case = cases()[id]
    found = proportions.fisher_test(*arms(case["inputs"]["table"]))
    assert found.p_value == approx(case["expected"]["p"], abs=tolerance(case, "p"))


# R stops its root search at about five digits, so the tolerance is the case's; `computed` is sharper
@pytest.mark.parametrize("id", FISHER)
def test_conditional_odds_ratio_matches_r(id):
    case = cases()[id]
    found = proportions.conditional_odds_ratio(*arms(case["inputs"]["table"]))
    if case["computed"].get("cond_or") == "Inf":
        assert found.estimate == inf
    elif "cond_or" in case["computed"]:
        assert found.estimate == approx(case["expected"]["cond_or"], abs=tolerance(case, "cond_or"))
        assert found.estimate == approx(case["computed"]["cond_or"], rel=1e-9)
    if "ci" in case["expected"]:
        assert limits(found) == approx(case["expected"]["ci"], abs=tolerance(case, "ci"))
        assert limits(found) == approx(case["computed"]["ci"], rel=1e-8)


# R 4.2: fisher.test(matrix(c(4, 9, 11, 3), 2, byrow = TRUE)), also alternative = "less", and or = 0.5
def test_fisher_test_matches_r_with_a_side_and_a_null():
    table = (4, 13, 11, 14)
    assert proportions.fisher_test(*table).p_value == approx(0.0213009079, rel=1e-8)
    assert proportions.fisher_test(*table, alternative="less").p_value == approx(0.0165320590479, rel=1e-9)
    assert proportions.fisher_test(*table, null=0.5).p_value == approx(0.139689144342, rel=1e-9)
    found = proportions.conditional_odds_ratio(*table)
    assert found.estimate == approx(0.133057197715, abs=1e-4)
    assert limits(found) == approx((0.0147265776925, 0.8793120154111), abs=1e-4)


# Fagerland, Lydersen, Laake 2015 and 2017, by exact2x2 and contingencytables 3.1 (tests of both packages). The latter's
# "exact" limits of Cornfield and of Baptista and Pike are its mid-p ones, since two helpers share a name
@pytest.mark.parametrize(
    ("table", "options", "expected", "tol"),
    [
        ((7, 34, 1, 34), {"midp": True}, (1.19, 200), 0.5),
        ((3, 4, 1, 4), {"midp": True}, (0.3101, 308.5568), 5e-5),
        ((3, 3, 1, 4), {"midp": True}, (0.5605, inf), 5e-5),
        ((9, 13, 4, 14), {"midp": True}, (1.0226, 31.5025), 5e-5),
        ((1, 8, 5, 12), {"method": "minlike", "midp": True}, (0.0151, 1.7523), 5e-5),
        ((15, 45, 2, 5), {"method": "minlike", "midp": True}, (0.1415, 4.6034), 5e-5),
        ((1, 2, 0, 1), {"method": "minlike", "midp": True}, (0.0556, inf), 5e-5),
        ((36, 154, 12, 77), {"midp": True}, (0.813, 3.503), 6e-4),
        ((36, 154, 12, 77), {"method": "minlike", "midp": True}, (0.796, 3.326), 6e-4),
    ],
)
def test_conditional_limits_match_the_book_of_fagerland(table, options, expected, tol):
    assert limits(proportions.conditional_odds_ratio(*table, **options)) == approx(expected, abs=tol)


# Fagerland 2017, Ritland's table, and the lady tasting tea, where two tables are just as extreme: 2 halves of 8/35
def test_mid_p_counts_half_of_every_table_that_is_as_extreme():
    assert proportions.fisher_test(0, 16, 15, 72).p_value == approx(0.06287, abs=5e-6)
    assert proportions.fisher_test(0, 16, 15, 72, midp=True).p_value == approx(0.04466, abs=5e-6)
    for method in ("minlike", "central", "blaker"):
        found = proportions.fisher_test(3, 4, 1, 4, method=method, midp=True)
        assert found.p_value == approx((1 + 16 / 2) / 35)


@given(counts, counts, st.sampled_from(["two-sided", "greater", "less"]))
@settings(max_examples=80)
def test_fisher_test_agrees_with_scipy(arm, reference, alternative):
    (x, n), (y, m) = arm, reference
    expected = fisher_exact([[x, n - x], [y, m - y]], alternative=alternative).pvalue
    found = proportions.fisher_test(x, n, y, m, alternative=alternative)
    assert found.p_value == approx(expected, rel=1e-6)


@given(counts, counts, st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=60)
def test_conditional_odds_ratio_agrees_with_scipy(arm, reference, level):
    (x, n), (y, m) = arm, reference
    found = proportions.conditional_odds_ratio(x, n, y, m, level=level)
    if x + y in (0, n + m):
        assert (found.estimate, limits(found)) == (None, [0, inf])
        assert found.reason == ("no-events" if x + y == 0 else "undefined")
        return
    theirs = scipy_odds_ratio([[x, n - x], [y, m - y]], kind="conditional")
    assert found.estimate == approx(theirs.statistic, rel=1e-6)
    assert limits(found) == approx(list(theirs.confidence_interval(level)), rel=1e-6)


def weights(x, n, y, m):
    total = x + y
    support = np.arange(max(0, total - m), min(n, total) + 1)
    return support, np.array([float(comb(n, int(k)) * comb(m, total - int(k))) for k in support])


def p_value(table, odds, method, midp=False):
    """Straight from the definition of the noncentral hypergeometric distribution."""
    support, weight = weights(*table)
    pmf = weight * odds ** (support - table[0]).astype(float)
    pmf /= pmf.sum()
    at = int(table[0] - support[0])
    order = pmf if method == "minlike" else np.minimum(np.cumsum(pmf), np.cumsum(pmf[::-1])[::-1])
    if method == "central":
        return 2 * (order[at] - (pmf[at] / 2 if midp else 0))
    tied = np.isclose(order, order[at], rtol=1e-7, atol=0)
    return pmf[(order < order[at]) & ~tied].sum() + pmf[tied].sum() * (0.5 if midp else 1)


@given(counts, counts, methods, st.booleans(), st.floats(0.05, 20))
@settings(max_examples=80)
def test_two_sided_tests_agree_with_their_definitions(arm, reference, method, midp, null):
    table = (*arm, *reference)
    found = proportions.fisher_test(*table, null=null, method=method, midp=midp)
    assert found.p_value == approx(min(1, p_value(table, null, method, midp)), rel=1e-6, abs=1e-12)


@given(counts, counts, methods, st.booleans(), st.sampled_from([0.8, 0.95]))
@settings(max_examples=60)
def test_limits_are_the_ends_of_what_is_not_rejected(arm, reference, method, midp, level):
    table = (*arm, *reference)
    if len(weights(*table)[0]) == 1:
        return
    found = proportions.conditional_odds_ratio(*table, level=level, method=method, midp=midp)
    assert 0 <= found.lower <= found.estimate <= found.upper
    kept = [w for w in np.exp(np.linspace(-9, 9, 400)) if p_value(table, w, method, midp) > 1 - level + 1e-9]
    if kept:
        assert found.lower <= min(kept) * (1 + 1e-9) and max(kept) <= found.upper * (1 + 1e-9)
    for limit, outward in ((found.lower, 1 - 1e-6), (found.upper, 1 + 1e-6)):
        if 0 < limit < inf:
            assert p_value(table, limit / outward, method, midp) > 1 - level - 1e-4
            assert p_value(table, limit * outward, method, midp) < 1 - level + 1e-4


@given(counts, counts)
@settings(max_examples=40)
def test_the_estimate_gives_the_observed_count_its_expectation(arm, reference):
    (x, n), (y, m) = arm, reference
    found = proportions.conditional_odds_ratio(x, n, y, m)
    if found.estimate not in (None, 0, inf):
        assert nchypergeom_fisher(n + m, n, x + y, found.estimate).mean() == approx(x, rel=1e-6)


@given(counts, counts, methods, st.booleans())
@settings(max_examples=60)
def test_odds_ratio_is_inverted_when_the_arms_change_places(arm, reference, method, midp):
    found = proportions.conditional_odds_ratio(*arm, *reference, method=method, midp=midp)
    swapped = proportions.conditional_odds_ratio(*reference, *arm, method=method, midp=midp)
    assert found.lower == approx(1 / swapped.upper if swapped.upper else inf, rel=1e-6)
    (x, n), (y, m) = arm, reference
    one = proportions.fisher_test(x, n, y, m, method=method, midp=midp).p_value
    assert one == approx(proportions.fisher_test(n - x, n, m - y, m, method=method, midp=midp).p_value, rel=1e-6)


def test_mid_p_and_two_sided_limits_are_narrower():
    table = (9, 13, 4, 14)
    exact = proportions.conditional_odds_ratio(*table)
    for options in ({"midp": True}, {"method": "minlike"}, {"method": "blaker"}):
        found = proportions.conditional_odds_ratio(*table, **options)
        assert exact.lower < found.lower and found.upper < exact.upper


@pytest.mark.parametrize("table", [(0, 5, 0, 7), (5, 5, 7, 7), (0, 1, 0, 1)])
def test_a_table_with_one_outcome_says_nothing(table):
    assert proportions.fisher_test(*table).p_value == 1
    assert limits(proportions.conditional_odds_ratio(*table)) == [0, inf]


def test_tests_at_the_ends_of_the_scale_are_defined():
    assert proportions.fisher_test(0, 5, 3, 5, null=0).p_value == 1
    assert proportions.fisher_test(2, 5, 3, 5, null=0).p_value == 0
    assert proportions.fisher_test(5, 5, 3, 5, null=inf).p_value == 1
    large = proportions.fisher_test(700, 1000, 650, 1000, alternative="greater").p_value
    assert large == approx(hypergeom.sf(699, 2000, 1000, 1350), rel=1e-6)


def test_arguments_that_are_no_data_are_refused():
    for function in (proportions.fisher_test, proportions.conditional_odds_ratio):
        for bad in [(1, 0), (-1, 5), (6, 5), (0.5, 5)]:
            with pytest.raises(InvalidInput, match="whole number"):
                function(*bad, 3, 5)
            with pytest.raises(InvalidInput, match="whole number"):
                function(3, 5, *bad)
        with pytest.raises(InvalidInput, match="method is 'lr'"):
            function(3, 5, 2, 5, method="lr")
    with pytest.raises(InvalidInput, match="odds ratio lies between"):
        proportions.fisher_test(3, 5, 2, 5, null=-1)
    with pytest.raises(InvalidInput, match="alternative is 'larger'"):
        proportions.fisher_test(3, 5, 2, 5, alternative="larger")
    with pytest.raises(InvalidInput, match="level"):
        proportions.conditional_odds_ratio(3, 5, 2, 5, level=1)
