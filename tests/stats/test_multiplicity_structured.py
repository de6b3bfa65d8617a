"""Gatekeeping and graphical procedures. Reference cases are named by their id."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import norm

from helpers.errors import InvalidInput
from helpers.stats import multiplicity as mult
from helpers.stats.multiplicity._normal import normal_exceedance
from tests.stats.reference import cases

# graphicalMCP, vignette "shortcut-testing"
SUCCESSIVE = mult.Graph((0.5, 0.5, 0, 0), ((0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5), (0, 1, 0, 0), (1, 0, 0, 0)))
# Bretz et al. 2011, figure 1; gMCP's tests; graphicalMCP: simple_successive_1()
PARALLEL = mult.Graph((0.5, 0.5, 0, 0), ((0, 0, 1, 0), (0, 0, 0, 1), (0, 1, 0, 0), (1, 0, 0, 0)))
# gMCP: BretzEtAl2011()
SIX = mult.Graph(
    (1 / 3, 1 / 3, 1 / 3, 0, 0, 0),
    (
        (0, 0.5, 0, 0.5, 0, 0),
        (1 / 3, 0, 1 / 3, 0, 1 / 3, 0),
        (0, 0.5, 0, 0, 0, 0.5),
        (0, 1, 0, 0, 0, 0),
        (0.5, 0, 0.5, 0, 0, 0),
        (0, 1, 0, 0, 0, 0),
    ),
)
GRAPHS = [SUCCESSIVE, PARALLEL, SIX]


def holm_graph(m):
    return mult.Graph((1 / m,) * m, tuple(tuple(0 if i == j else 1 / (m - 1) for j in range(m)) for i in range(m)))


def test_serial_gatekeeping_matches_the_reference_case():
    case = cases()["SERIAL-GK"]
    found = mult.serial_gatekeeping(case["inputs"]["families"])
    for own, expected in zip(found.p_values, case["expected"]["adjusted"], strict=True):
        assert own == approx(expected, abs=case["tol"])


def test_parallel_gatekeeping_matches_the_reference_case():
    case = cases()["MED-PARALLEL-GK"]
    families = [case["inputs"]["family1"], case["inputs"]["family2"]]
    found = mult.parallel_gatekeeping(families, methods="holm", truncation=[case["inputs"]["gamma"], 1])
    assert sum(found.p_values, ()) == approx(case["expected"]["adjusted"], abs=case["tol"])


def stagewise(families, methods, gammas, alpha):
    """Rejections of the multistage procedure of Dmitrienko, Tamhane and Wiens at one level, stage by stage."""
    level, found = alpha, []
    for ps, method, gamma in zip(families, methods, gammas, strict=True):
        n, order = len(ps), sorted(range(len(ps)), key=lambda i: ps[i])
        rejected = set()
        if method == "bonferroni":
            rejected, gamma = {i for i in range(n) if ps[i] <= level / n}, 0.0
        elif method == "holm":
            for rank, i in enumerate(order):
                if ps[i] > level * (gamma / (n - rank) + (1 - gamma) / n):
                    break
                rejected.add(i)
        elif method == "hochberg":
            for rank in range(n - 1, -1, -1):
                if ps[order[rank]] <= level * (gamma / (n - rank) + (1 - gamma) / n):
                    rejected = set(order[: rank + 1])
                    break
        else:
            earlier = 0.0
            for i in range(n):
                earlier = (earlier if i - 1 in rejected else 0.0) + 1 / n
                if ps[i] <= level * (gamma * earlier + (1 - gamma) / n):
                    rejected.add(i)
        found.append([i in rejected for i in range(n)])
        accepted = [i for i in range(n) if i not in rejected]
        share = len(accepted) / n
        reach = (accepted[-1] + 1) / n if method == "fallback" and accepted else 1.0
        level *= 1 - (gamma * reach + (1 - gamma) * share if accepted else 0.0)
    return found


two_families = st.tuples(
    st.lists(st.integers(1, 400), min_size=1, max_size=3), st.lists(st.integers(1, 400), min_size=1, max_size=3)
).map(lambda families: [[p / 10_000 for p in family] for family in families])


@pytest.mark.parametrize("method", ["bonferroni", "holm", "hochberg", "fallback"])
@given(two_families, st.sampled_from([0.0, 0.3, 0.5, 0.9]), st.sampled_from([0.01, 0.02, 0.025, 0.05, 0.1]))
@settings(max_examples=60)
def test_parallel_gatekeeping_rejects_what_the_stages_do(method, families, gamma, alpha):
    alpha *= 1.0000123  # off the grid on which two sides could tie
    found = mult.parallel_gatekeeping(families, methods=method, truncation=[gamma, 1.0]).rejected(alpha)
    assert [list(own) for own in found] == stagewise(families, [method] * 2, [gamma, 1.0], alpha)


@given(two_families)
@settings(max_examples=40)
def test_hommel_gate_lies_between_hochberg_and_no_adjustment(families):
    hommel = mult.parallel_gatekeeping(families, methods="hommel").p_values[0]
    hochberg = mult.parallel_gatekeeping(families, methods="hochberg").p_values[0]
    assert all(p <= a <= b + 1e-12 for p, a, b in zip(families[0], hommel, hochberg, strict=True))


@given(two_families, st.sampled_from([0.01, 0.025, 0.05, 0.1]))
@settings(max_examples=40)
def test_retesting_gives_the_full_level_once_the_next_family_is_rejected(families, alpha):
    alpha *= 1.0000123
    plain = mult.parallel_gatekeeping(families).rejected(alpha)
    again = mult.parallel_gatekeeping(families, retest=True).rejected(alpha)
    assert again[1] == plain[1]
    expected = mult.holm(families[0]).rejected(alpha) if all(plain[1]) else plain[0]
    assert again[0] == expected


@given(two_families)
@settings(max_examples=30)
def test_a_gate_of_full_procedures_is_a_serial_one(families):
    full = mult.parallel_gatekeeping(families, truncation=[1.0, 1.0]).p_values
    serial = mult.serial_gatekeeping(families).p_values
    for one, other in zip(full, serial, strict=True):
        assert one == approx(other, rel=1e-12)


# Dmitrienko, Offen and Westfall 2003: weighted Bonferroni gate; rejecting one hypothesis passes on its weight
def test_a_weighted_bonferroni_gate_passes_on_the_weight_of_what_is_rejected():
    found = mult.parallel_gatekeeping(
        [[0.001, 0.9], [0.01]], methods=["bonferroni", "holm"], weights=[[0.8, 0.2], [1.0]]
    )
    assert found.p_values[0] == approx((0.001 / 0.8, 1.0))
    assert found.p_values[1] == approx((0.01 / 0.8,))


def test_a_missing_p_value_keeps_the_gate_shut():
    assert mult.serial_gatekeeping([[0.001, None], [0.001]]).p_values == ((0.002, None), (1.0,))
    assert mult.parallel_gatekeeping([[None, None], [0.001]]).p_values == ((None, None), (1.0,))


def test_gatekeeping_of_many_hypotheses_is_a_reason():
    found = mult.parallel_gatekeeping([[0.01] * 8, [0.01] * 8])
    assert found.reason == "too-large"
    assert found.rejected(0.05) == ((False,) * 8,) * 2


def test_gates_that_cannot_be_are_refused():
    for options, message in (
        ({"methods": "sidak"}, "allowed"),
        ({"truncation": [1.5, 1]}, "between 0 and 1"),
        ({"truncation": [0.5]}, "entries"),
        ({"methods": ["holm"]}, "entries"),
    ):
        with pytest.raises(InvalidInput, match=message):
            mult.parallel_gatekeeping([[0.1], [0.2]], **options)
    with pytest.raises(InvalidInput, match="no hypothesis"):
        mult.parallel_gatekeeping([[0.1], []])
    with pytest.raises(InvalidInput, match="allowed"):
        mult.serial_gatekeeping([[0.1]], method="tukey")


# graphicalMCP documentation: case GRAPH-6H; p_2 is at its level but for rounding
def test_graph_rejections_match_the_reference_case():
    case = cases()["GRAPH-6H"]
    given = case["inputs"]
    found = mult.graph_test(given["p"], mult.Graph(given["weights"], given["transition"]))
    rejected = [i + 1 for i, gone in enumerate(found.rejected(given["alpha"])) if gone]
    assert rejected == case["expected"]["rejected"]
    assert [i + 1 for i in found.sequence(given["alpha"])] == [1, 2, 4]


# graphicalMCP tests/testthat/test-graph_test_closure.R, "check assertions in testing vignette"
def test_graph_closed_tests_match_graphicalmcp():
    ps = [0.024, 0.01, 0.026, 0.027]
    corr = np.eye(4)
    corr[2, 3] = corr[3, 2] = 0.5
    assert mult.graph_closed_test(ps, PARALLEL).p_values == approx((0.048, 0.02, 0.052, 0.052), abs=1e-12)
    simes = mult.graph_closed_test(ps, PARALLEL, local="simes")
    assert simes.p_values == approx((0.027, 0.02, 0.027, 0.027), abs=1e-12)
    mixed = mult.graph_closed_test(
        ps, PARALLEL, groups=[[0, 1], [2, 3]], local=["bonferroni", "parametric"], correlation=corr
    )
    assert mixed.p_values == approx((0.048, 0.02, 0.048, 0.048), abs=1e-9)


# graphicalMCP vignette "shortcut-testing": H1, H2, H4 are rejected at .025, H2 first
def test_graph_sequence_matches_the_graphicalmcp_vignette():
    found = mult.graph_test([0.018, 0.01, 0.105, 0.006], SUCCESSIVE)
    assert found.sequence(0.025) == (1, 0, 3)
    assert found.rejected(0.025) == (True, True, False, True)
    assert found.remaining(0.025).weights == approx((0, 0, 1, 0))


# gMCP inst/unitTests: BretzEtAl2011 (alpha .05), BonferroniHolm(3), Simes, correlation (Bretz et al. 2011)
def test_rejections_match_gmcp():
    assert mult.graph_test([0.1, 0.008, 0.005, 0.15, 0.04, 0.006], SIX).rejected(0.05) == (
        (False, True, True, False, False, True)
    )
    holm = mult.graph_test([0.02, 0.055, 0.012], holm_graph(3))
    assert holm.p_values == approx((0.04, 0.055, 0.036), abs=1e-12)
    for p_values, rejected in (
        ([0.01, 0.005, 0.01, 0.5], (True, True, True, False)),
        ([0.01, 0.005, 0.015, 0.022], (True,) * 4),
    ):
        assert mult.graph_closed_test(p_values, PARALLEL, local="simes").rejected(0.05) == rejected
    corr = np.eye(4)
    corr[0, 1] = corr[1, 0] = corr[2, 3] = corr[3, 2] = 0.5
    parametric = mult.graph_closed_test(
        [0.0131, 0.1, 0.012, 0.01], PARALLEL, groups=[[0, 1], [2, 3]], local="parametric", correlation=corr
    )
    assert parametric.rejected(0.025) == (True, False, True, False)


# graphicalMCP tests: three p-values at alpha with perfectly correlated statistics are all rejected
def test_perfectly_correlated_statistics_need_no_adjustment():
    found = mult.graph_closed_test([0.025] * 3, holm_graph(3), local="parametric", correlation=np.ones((3, 3)))
    assert found.p_values == approx((0.025,) * 3, rel=1e-9)
    assert found.rejections(0.025 * (1 + 1e-9)) == 3


few = st.lists(st.floats(0.0001, 1), min_size=4, max_size=4)


@pytest.mark.parametrize("graph", [SUCCESSIVE, PARALLEL, holm_graph(4)])
@given(few)
@settings(max_examples=30)
def test_the_sequential_graph_test_is_a_shortcut_of_its_closed_test(graph, ps):
    assert mult.graph_test(ps, graph).p_values == approx(mult.graph_closed_test(ps, graph).p_values, rel=1e-9)


@given(few)
@settings(max_examples=30)
def test_known_procedures_are_graphs(ps):
    assert mult.graph_test(ps, holm_graph(4)).p_values == approx(mult.holm(ps).p_values, rel=1e-9)
    chain = np.eye(4, k=1)
    for weights, expected in (((0.25,) * 4, mult.fallback(ps)), ((1, 0, 0, 0), mult.fixed_sequence(ps))):
        assert mult.graph_test(ps, mult.Graph(weights, chain)).p_values == approx(expected.p_values, rel=1e-9)
    assert mult.graph_test(ps, mult.Graph((0.25,) * 4, np.zeros((4, 4)))).p_values == approx(
        mult.bonferroni(ps).p_values, rel=1e-12
    )
    assert mult.graph_closed_test(ps, holm_graph(4), local="simes").p_values == approx(mult.hommel(ps).p_values)
    assert mult.graph_closed_test(ps, holm_graph(4), local="hochberg").p_values == approx(mult.hochberg(ps).p_values)


# Bretz et al. 2009: the order in which hypotheses are taken out does not matter
@pytest.mark.parametrize("graph", GRAPHS)
def test_the_graph_that_remains_does_not_depend_on_the_order(graph):
    for gone in permutations((0, 1, 3)):
        rest = graph
        for at in gone:
            rest = rest.without(at)
        first = graph.without(0).without(1).without(3)
        assert rest.weights == approx(first.weights, abs=1e-12)
        assert np.array(rest.transitions) == approx(np.array(first.transitions), abs=1e-12)


def test_independent_statistics_give_sidaks_test():
    ps = [0.01, 0.02, 0.3]
    found = mult.graph_closed_test(ps, holm_graph(3), local="parametric", correlation=np.eye(3))
    assert found.p_values == approx(mult.sidak_step_down(ps).p_values, rel=1e-9)


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.4, 0.95])
def test_the_bivariate_normal_tail_agrees_with_its_conditional_integral(rho):
    z, w = np.polynomial.legendre.leggauss(200)
    z, w = 4.5 * z - 4.5 + 1.3, 4.5 * w  # P(X > 1.3 or Y > .7) = 1 - P(X <= 1.3, Y <= .7)
    inside = np.sum(w * norm.pdf(z) * norm.cdf((0.7 - rho * z) / np.sqrt(1 - rho**2)))
    found = normal_exceedance(np.array([1.3, 0.7]), np.array([[1, rho], [rho, 1]]))
    assert found == approx(1 - inside, rel=1e-6)


# R 4.2, mvtnorm 1.1: 1 - pmvnorm(upper = c(2, 2, 2), corr = ..., algorithm = TVPACK())
def test_the_trivariate_normal_tail_agrees_with_r():
    corr = np.array([[1, 0.5, 0.2], [0.5, 1, 0.9], [0.2, 0.9, 1]])
    assert normal_exceedance(np.full(3, 2.0), corr) == approx(0.0508138146662565, abs=1e-11)


# R 4.2, mvtnorm 1.1: 1 - pmvnorm(upper = c(2, 1.8, 2.2, 1.5), corr = ..., algorithm = Miwa(steps = 4097)); TVPACK
def test_nested_normal_tails_agree_with_r():
    corr = np.array([[1, 0.5, 0.2, 0.3], [0.5, 1, 0.6, 0.1], [0.2, 0.6, 1, -0.4], [0.3, 0.1, -0.4, 1]])
    assert normal_exceedance(np.array([2, 1.8, 2.2, 1.5]), corr) == approx(0.12130505550183, abs=1e-10)
    corr = np.array([[1, -0.9, 0.2], [-0.9, 1, 0.1], [0.2, 0.1, 1]])
    assert normal_exceedance(np.array([1, 2, 0.5]), corr) == approx(0.41407906117558, abs=1e-10)


def test_five_statistics_of_a_general_correlation_agree_with_their_blocks():
    rng = np.random.default_rng(4)
    root = rng.normal(size=(5, 7))
    corr = root @ root.T
    corr /= np.sqrt(np.outer(np.diag(corr), np.diag(corr)))
    limits = np.array([1.5, 2.0, 1.0, 1.8, 2.2])
    drawn = rng.multivariate_normal(np.zeros(5), corr, size=400_000)
    assert normal_exceedance(limits, corr) == approx((drawn > limits).any(axis=1).mean(), abs=0.004)


def test_opposite_statistics_exclude_each_other():
    corr = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert normal_exceedance(np.array([1.5, 1.0]), corr) == approx(norm.sf(1.5) + norm.sf(1.0))


def test_hypotheses_without_a_weight_are_not_rejected():
    empty = mult.Graph((0.0, 0.0), ((0, 0), (0, 0)))
    assert mult.graph_test([0.0, 0.001], empty).p_values == (1.0, 1.0)
    assert mult.graph_closed_test([0.0, 0.001], empty).p_values == (1.0, 1.0)
    assert mult.graph_test([0.0, 0.001], empty).remaining(0.05) is None
    half = mult.Graph((0.5, 0.5, 0.0), np.zeros((3, 3)))
    assert mult.graph_test([1.0, 0.0, 0.0], half).p_values == (1.0, 0.0, 1.0)


def test_a_missing_p_value_passes_nothing_on():
    found = mult.graph_test([None, 0.01, 0.001, 0.001], SUCCESSIVE)
    assert found.p_values[0] is None
    assert found.p_values == approx((None, 0.02, 1.0, 0.02))


def test_graphs_and_groups_that_cannot_be_are_refused():
    for weights, transitions, message in (
        ((0.6, 0.6), ((0, 1), (1, 0)), "sum to at most 1"),
        ((0.5, -0.1), ((0, 1), (1, 0)), "0 or more"),
        ((0.5, 0.5), ((0, 1.2), (1, 0)), "between 0 and 1"),
        ((0.5, 0.5), ((0.5, 0.5), (1, 0)), "diagonal"),
        ((0.5, 0.5), ((0, 1, 0), (1, 0, 0)), "rows and columns"),
    ):
        with pytest.raises(InvalidInput, match=message):
            mult.Graph(weights, transitions)
    with pytest.raises(InvalidInput, match="no hypothesis 4"):
        SUCCESSIVE.without(4)
    with pytest.raises(InvalidInput, match="p-values for a graph"):
        mult.graph_test([0.1], SUCCESSIVE)
    ps = [0.1] * 4
    for options, message in (
        ({"groups": [[0, 1], [2]]}, "each position"),
        ({"local": "fisher"}, "allowed"),
        ({"local": ["simes"], "groups": [[0, 1], [2, 3]]}, "local tests"),
        ({"local": "parametric"}, "correlations"),
        ({"local": "parametric", "correlation": np.eye(3)}, "rows and columns"),
        ({"local": "parametric", "correlation": np.eye(4) + np.eye(4, k=1)}, "symmetric"),
        ({"local": "parametric", "correlation": np.eye(4) + 2 * np.eye(4)[::-1]}, "between -1 and 1"),
    ):
        with pytest.raises(InvalidInput, match=message):
            mult.graph_closed_test(ps, SUCCESSIVE, **options)
    with pytest.raises(InvalidInput, match="equal weights"):
        mult.graph_closed_test([0.01, 0.02], mult.Graph((0.7, 0.3), ((0, 1), (1, 0))), local="hochberg")
    with pytest.raises(InvalidInput, match="too many"):
        mult.intersection_weights(holm_graph(16))
    assert mult.graph_closed_test([0.01] * 16, holm_graph(16)).reason == "too-large"
