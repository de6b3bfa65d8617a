"""Adjusted p-values of a family, closed tests and ordered hypotheses. Reference cases are named by their id."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import combine_pvalues
from statsmodels.stats.multitest import multipletests

from helpers.errors import InvalidInput
from helpers.stats import multiplicity as mult
from helpers.stats.multiplicity.p_values import METHODS
from tests.stats.reference import cases, tolerance

METHOD_OF = {
    "bonferroni": mult.bonferroni,
    "holm": mult.holm,
    "hochberg": mult.hochberg,
    "hommel": mult.hommel,
    "sidak": mult.sidak,
    "BH": mult.benjamini_hochberg,
    "BY": mult.benjamini_yekutieli,
    "fixed_sequence": mult.fixed_sequence,
    "fallback": mult.fallback,
}
STATSMODELS = {
    "bonferroni": "bonferroni",
    "sidak": "sidak",
    "holm": "holm",
    "sidak-step-down": "holm-sidak",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "benjamini-hochberg": "fdr_bh",
    "benjamini-yekutieli": "fdr_by",
}
PUBLISHED = [
    (id, key)
    for id, case in cases().items()
    for key in case["expected"]
    if case["group"].startswith("4") and key in METHOD_OF and isinstance(case["expected"][key], list)
]

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=9)


@pytest.mark.parametrize(("id", "key"), PUBLISHED)
def test_adjusted_p_values_match_the_reference_case(id, key):
    case = cases()[id]
    found = METHOD_OF[key](case["inputs"]["p"]).p_values
    expected = case["expected"][key]
    assert [p is None for p in found] == [p is None for p in expected]
    assert [p for p in found if p is not None] == approx(
        [p for p in expected if p is not None], abs=tolerance(case, key)
    )


# Benjamini and Hochberg 1995, the table of section 3.2: case BH-1995-15
@pytest.mark.parametrize("key", ["bonferroni", "hochberg", "bh"])
def test_number_of_rejections_matches_benjamini_and_hochberg(key):
    case = cases()["BH-1995-15"]
    found = METHOD_OF[{"bh": "BH"}.get(key, key)](case["inputs"]["p"])
    assert found.rejections(case["inputs"]["alpha"]) == case["expected"][key]


# Mediana, vignette "Adjusted p-values": p .012, .009, .023 with weights 1/2, 1/4, 1/4
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (mult.bonferroni, (0.024, 0.036, 0.092)),
        (mult.holm, (0.024, 0.024, 0.024)),
        (mult.hochberg, (0.018, 0.018, 0.023)),
        (mult.hommel, (0.018, 0.018, 0.023)),
        (mult.fallback, (0.024, 0.024, 0.024)),
    ],
)
def test_weighted_adjustments_match_mediana(method, expected):
    assert method([0.012, 0.009, 0.023], weights=[0.5, 0.25, 0.25]).p_values == approx(expected, abs=1e-12)


# R 4.2: p.adjust(c(.01, .02, .022, .09, .3, .04), "hommel", n = 8)
def test_a_planned_size_counts_as_in_r():
    found = mult.hommel([0.01, 0.02, 0.022, 0.09, 0.3, 0.04], size=8)
    assert found.p_values == approx((0.07, 0.12, 0.12, 0.36, 0.9, 0.2), abs=1e-12)
    assert found.size == 8


@pytest.mark.parametrize("method", METHODS)
@given(p_values, st.integers(0, 3))
@settings(max_examples=25)
def test_a_planned_size_is_the_family_filled_up_with_ones(method, ps, more):
    planned = mult.adjust(ps, method=method, size=len(ps) + more).p_values
    assert planned == approx(mult.adjust(ps + [1.0] * more, method=method).p_values[: len(ps)], abs=1e-14)


@pytest.mark.parametrize("method", METHODS)
@given(p_values)
@settings(max_examples=25)
def test_adjusted_p_values_agree_with_statsmodels(method, ps):
    with np.errstate(divide="ignore"):
        theirs = multipletests(ps, method=STATSMODELS[method])[1]
    assert mult.adjust(ps, method=method).p_values == approx(theirs, rel=1e-9, abs=1e-14)


def brute_force(ps, weights, local):
    """Closed test written out: the largest local p-value of the sets that hold each hypothesis."""
    found = [0.0] * len(ps)
    for size in range(1, len(ps) + 1):
        for members in combinations(range(len(ps)), size):
            total = sum(weights[i] for i in members)
            value = min(1.0, local([ps[i] for i in members], [weights[i] / total for i in members]))
            for i in members:
                found[i] = max(found[i], value)
    return found


def weighted_simes(ps, weights):
    return min(p / sum(w for q, w in zip(ps, weights, strict=True) if q <= p) for p in ps)


def weighted_hochberg(ps, weights):
    ordered = sorted(zip(ps, weights, strict=True))
    return min(p * sum(w for _, w in ordered[i:]) / ordered[i][1] for i, (p, _) in enumerate(ordered))


LOCAL = {
    "bonferroni": lambda ps, ws: min(p / w for p, w in zip(ps, ws, strict=True)),
    "sidak": lambda ps, ws: min(1 - (1 - p) ** (1 / w) for p, w in zip(ps, ws, strict=True)),
    "simes": weighted_simes,
    "hochberg": weighted_hochberg,
}
distinct = st.lists(st.integers(1, 999), min_size=1, max_size=6, unique=True).map(lambda ks: [k / 1000 for k in ks])


@pytest.mark.parametrize("local", LOCAL)
@given(distinct, st.data())
@settings(max_examples=30)
def test_closed_test_agrees_with_every_set_written_out(local, ps, data):
    weights = data.draw(st.lists(st.integers(1, 9), min_size=len(ps), max_size=len(ps)))
    expected = brute_force(ps, weights, LOCAL[local])
    assert mult.closed_test(ps, local=local, weights=weights).p_values == approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("shortcut", "local"),
    [(mult.holm, "bonferroni"), (mult.sidak_step_down, "sidak"), (mult.hochberg, "hochberg"), (mult.hommel, "simes")],
)
@given(p_values)
@settings(max_examples=40)
def test_stepwise_procedures_are_shortcuts_of_closed_tests(shortcut, local, ps):
    assert shortcut(ps).p_values == approx(mult.closed_test(ps, local=local).p_values, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("shortcut", "local"),
    [(mult.holm, "bonferroni"), (mult.sidak_step_down, "sidak"), (mult.hochberg, "hochberg"), (mult.hommel, "simes")],
)
@given(distinct, st.data())
@settings(max_examples=40)
def test_weighted_stepwise_procedures_are_weighted_closed_tests(shortcut, local, ps, data):
    weights = data.draw(st.lists(st.integers(1, 9), min_size=len(ps), max_size=len(ps)))
    expected = brute_force(ps, weights, LOCAL[local])
    assert shortcut(ps, weights=weights).p_values == approx(expected, rel=1e-9)


@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=4))
@settings(max_examples=30)
def test_combination_tests_agree_with_scipy(ps):
    everyone = tuple(range(len(ps)))
    for local, name in (("fisher", "fisher"), ("stouffer", "stouffer")):
        found = mult.closed_test(ps, local=local).intersections[everyone]
        assert found == approx(combine_pvalues(ps, method=name).pvalue, rel=1e-9)


def test_a_closed_test_takes_any_local_test():
    def largest(p, w, members):
        return float(p.max())

    assert mult.closed_test([0.01, 0.2, 0.03], local=largest).p_values == approx((0.2, 0.2, 0.2))


@pytest.mark.parametrize("method", METHODS)
@given(p_values)
@settings(max_examples=30)
def test_adjusting_keeps_the_order_and_only_raises(method, ps):
    found = mult.adjust(ps, method=method).p_values
    assert all(a >= p - 1e-12 and a <= 1 for a, p in zip(found, ps, strict=True))
    order = np.argsort(ps, kind="stable")
    assert np.all(np.diff(np.array(found)[order]) >= -1e-12)


@given(p_values)
@settings(max_examples=40)
def test_each_procedure_rejects_what_the_weaker_one_does(ps):
    chain = [m(ps).p_values for m in (mult.bonferroni, mult.holm, mult.hochberg, mult.hommel, mult.benjamini_hochberg)]
    for weaker, stronger in pairwise(chain):
        assert all(s <= w + 1e-12 for s, w in zip(stronger, weaker, strict=True))


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=8), st.sampled_from(sorted(METHODS)))
@settings(max_examples=60)
def test_missing_p_values_stay_missing_and_are_not_counted(ps, method):
    found = mult.adjust(ps, method=method)
    known = [p for p in ps if p is not None]
    assert [p is None for p in found.p_values] == [p is None for p in ps]
    expected = mult.adjust(known, method=method).p_values if known else ()
    assert tuple(p for p in found.p_values if p is not None) == expected
    assert found.size == len(known)


def test_weights_of_missing_p_values_are_shared_among_the_others():
    found = mult.holm([0.01, None, 0.02], weights=[2, 5, 1])
    assert found.p_values[0] == mult.holm([0.01, 0.02], weights=[2, 1]).p_values[0]
    assert found.p_values[1] is None
    assert mult.bonferroni([float("nan")]).p_values == (None,)


# Wiens and Dmitrienko 2005: every set, with the shares of absent hypotheses passed on to the next member
@given(distinct, st.data())
@settings(max_examples=60)
def test_fallback_agrees_with_every_set_written_out(ps, data):
    m = len(ps)
    weights = data.draw(st.lists(st.integers(0, 5), min_size=m, max_size=m).filter(any))
    total, found = sum(weights), [0.0] * m
    for size in range(1, m + 1):
        for members in combinations(range(m), size):
            value, reached = 1.0, 0
            for i in members:
                share = sum(weights[: i + 1]) - reached
                reached += share
                value = min(value, ps[i] * total / share if share else 1.0)
            for i in members:
                found[i] = max(found[i], value)
    assert mult.fallback(ps, weights=weights).p_values == approx(found, rel=1e-9)


@given(p_values)
@settings(max_examples=30)
def test_fallback_with_all_weight_on_the_first_is_a_fixed_sequence(ps):
    first = [1.0] + [0.0] * (len(ps) - 1)
    assert mult.fallback(ps, weights=first).p_values == approx(mult.fixed_sequence(ps).p_values)


def test_a_missing_p_value_stops_a_sequence():
    assert mult.fixed_sequence([0.01, None, 0.02]).p_values == (0.01, None, 1.0)
    assert mult.fallback([0.01, None, 0.02]).p_values == approx((0.03, None, 0.06))


def test_rounding_does_not_cost_a_rejection():
    found = mult.bonferroni([0.1 / 3, 0.2, 0.3])
    assert found.rejected(0.1) == (True, False, False)
    assert found.rejections(0.1) == 1


def test_extreme_p_values_keep_their_digits():
    assert mult.sidak([1e-20, 0.5]).p_values[0] == approx(2e-20, rel=1e-12)
    assert mult.sidak_step_down([0.0, 1.0]).p_values == (0.0, 1.0)
    assert mult.closed_test([0.0, 1.0], local="stouffer").p_values == (1.0, 1.0)
    assert mult.closed_test([0.0, 0.4], local="fisher").p_values == approx((0.0, 0.4))


@pytest.mark.parametrize("method", METHODS)
def test_no_hypothesis_at_all_is_an_empty_result(method):
    assert mult.adjust([], method=method) == mult.Adjusted((), 0)
    assert mult.fixed_sequence([]).p_values == mult.fallback([]).p_values == ()


def test_too_many_intersections_are_a_reason_not_a_wait():
    found = mult.closed_test([0.01] * 16)
    assert found.reason == "too-large"
    assert found.p_values == (None,) * 16
    assert found.rejections(0.05) == 0


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("inf")])
def test_what_is_no_p_value_is_refused(bad):
    for function in (mult.holm, mult.fallback, mult.fixed_sequence, mult.closed_test):
        with pytest.raises(InvalidInput, match="no p-value"):
            function([0.5, bad])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1, 0]}, "above 0"),
        ({"weights": [1, -1]}, "above 0"),
        ({"weights": [1]}, "one weight"),
        ({"weights": [1, 2], "size": 3}, "both given"),
        ({"size": 1}, "at least"),
        ({"size": 2.5}, "whole number"),
    ],
)
@pytest.mark.parametrize("method", [mult.bonferroni, mult.holm, mult.hochberg, mult.hommel])
def test_weights_and_sizes_that_cannot_be_are_refused(method, options, message):
    with pytest.raises(InvalidInput, match=message):
        method([0.01, 0.02], **options)


def test_unknown_names_and_levels_are_refused():
    with pytest.raises(InvalidInput, match="allowed"):
        mult.adjust([0.1], method="tukey")
    with pytest.raises(InvalidInput, match="allowed"):
        mult.closed_test([0.1], local="tukey")
    with pytest.raises(InvalidInput, match="no weights"):
        mult.closed_test([0.1, 0.2], local="fisher", weights=[1, 2])
    with pytest.raises(InvalidInput, match="gave"):
        mult.closed_test([0.1, 0.2], local=lambda p, w, members: float("nan"))
    with pytest.raises(InvalidInput, match="alpha"):
        mult.holm([0.1]).rejected(5)
    with pytest.raises(InvalidInput, match="all weights are 0"):
        mult.fallback([0.1, 0.2], weights=[0, 0])
