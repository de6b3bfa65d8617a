"""Agreement on classes. Every published value names the paper or the page that printed it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats.agreement import adjusted_kappa, agreement_table, fleiss_kappa, kappa

# SAS/STAT PROC FREQ, skin condition rated by two dermatologists
SKIN = np.array([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]])
# R's irrCAC, cont3x3abstractors
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
# R's irrCAC, distrib.6raters: fifteen patients by six psychiatrists
SIX_RATERS = np.array(
    [
        [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
    ]
)  # fmt: skip

tables = st.integers(2, 4).flatmap(
    lambda q: st.lists(st.integers(0, 15), min_size=q * q, max_size=q * q).map(lambda c: np.reshape(c, (q, q)))
)


# SAS/STAT PROC FREQ, agreement study: simple and weighted kappa with standard errors and limits, and the test
def test_kappa_matches_sas():
    found = kappa(SKIN)
    assert (found.estimate, found.se, found.lower, found.upper) == approx((0.3449, 0.0724, 0.2030, 0.4868), abs=6e-5)
    assert (found.se_null, found.statistic) == approx((0.0612, 5.6366), abs=6e-5)
    weighted = kappa(SKIN, weights="linear")
    assert (weighted.estimate, weighted.se) == approx((0.5082, 0.0655), abs=6e-5)
    assert (weighted.lower, weighted.upper) == approx((0.3798, 0.6366), abs=6e-5)


# Fleiss, Cohen and Everitt 1969: 200 patients, unweighted .429 (SE .054) and weighted .507 (SE .057)
def test_kappa_matches_fleiss_cohen_and_everitt():
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    credit = np.array([[1, 0, 4 / 9], [0, 1, 6 / 9], [4 / 9, 6 / 9, 1]])
    assert (kappa(table).estimate, kappa(table).se) == approx((0.429, 0.054), abs=6e-4)
    weighted = kappa(table, weights=credit)
    assert (weighted.estimate, weighted.se) == approx((0.507, 0.057), abs=6e-4)


# irrCAC README: kappa2.table, scott2.table, gwet.ac1.table, bp2.table (estimate, SE)
@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("cohen", (0.7964094, 0.05891072)),
        ("scott", (0.7962397, 0.05905473)),
        ("gwet", (0.8493305, 0.04321747)),
        ("uniform", (0.835, 0.04693346)),
    ],
)
def test_relatives_of_kappa_match_irrcac(measure, expected):
    found = kappa(ABSTRACTORS, measure=measure)
    assert (found.estimate, found.se) == approx(expected, abs=6e-8)


# irrCAC README: fleiss.kappa.dist; the standard error without agreement by Fleiss, Nee and Landis 1979
def test_kappa_of_six_raters_matches_irrcac():
    found = fleiss_kappa(SIX_RATERS)
    assert (found.estimate, found.se) == approx((0.4139265, 0.08119291), abs=6e-8)
    assert (found.observed, found.expected) == approx((0.5511111, 0.2340741), abs=6e-8)


# statpsych documentation: ci.kappa(.05, 31, 12, 4, 58), rounded before the limits; ci.agree(.05, 250, 214, 3)
def test_two_by_two_tables_match_statpsych():
    table = [[31, 12], [4, 58]]
    cohen, scott = kappa(table), kappa(table, measure="scott")
    assert (cohen.estimate, cohen.se, cohen.lower, cohen.upper) == approx((0.676, 0.0734, 0.532, 0.820), abs=6e-4)
    assert (scott.estimate, scott.se, scott.lower, scott.upper) == approx((0.674, 0.0748, 0.527, 0.821), abs=1e-3)
    index = adjusted_kappa(214, 250, classes=3)
    assert (index.estimate, index.lower, index.upper) == approx((0.784, 0.7098, 0.8414), abs=6e-5)


# epiR documentation of epi.kappa: .67 (.56, .79) with the error without agreement, and PABAK .89 (.82, .94)
def test_two_by_two_tables_match_epir():
    found = kappa([[19, 10], [6, 256]])
    assert (found.estimate, found.statistic) == approx((0.67, 11.53), abs=5e-3)
    assert found.estimate - 1.96 * found.se_null == approx(0.56, abs=5e-3)
    exact = adjusted_kappa(275, 291, interval="exact")
    assert (exact.estimate, exact.lower, exact.upper) == approx((0.89, 0.82, 0.94), abs=5e-3)


# Second way: the delta method with derivatives by difference quotients, cells being multinomial
@pytest.mark.parametrize("measure", ["cohen", "scott", "gwet", "uniform"])
@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_standard_errors_agree_with_the_delta_method(measure, weights):
    n = SKIN.sum()
    scale = 10**6

    def value(p):
        return kappa(np.round(p * scale * n).astype(int), weights=weights, measure=measure).estimate

    p = SKIN / n
    slope = np.zeros((4, 4))
    for i, j in np.ndindex(4, 4):
        step = np.zeros((4, 4))
        step[i, j] = 1e-3
        high, low = p + step, p + step / 2
        slope[i, j] = (4 * value(low / low.sum()) - value(high / high.sum()) - 3 * value(p)) / 1e-3
    expected = np.sqrt(((p * slope**2).sum() - (p * slope).sum() ** 2) / n)
    assert kappa(SKIN, weights=weights, measure=measure).se == approx(expected, rel=2e-4)


# Second way: Cohen's definition, 1 less observed over expected disagreement
@given(tables, st.sampled_from(["unweighted", "linear", "quadratic"]))
@settings(max_examples=40)
def test_kappa_is_one_less_the_ratio_of_disagreements(table, weights):
    found = kappa(table, weights=weights)
    n, q = table.sum(), len(table)
    if found.estimate is None:
        assert n == 0 or np.count_nonzero(table.sum(axis=1)) == 1 == np.count_nonzero(table.sum(axis=0))
        return
    distance = np.abs(np.subtract.outer(range(q), range(q)))
    loss = {"unweighted": (distance > 0), "linear": distance, "quadratic": distance**2}[weights].astype(float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    assert found.estimate == approx(1 - (loss * table).sum() / (loss * expected).sum(), rel=1e-9, abs=1e-9)
    turned = kappa(table.T, weights=weights)
    assert (turned.estimate, turned.se or 0) == approx((found.estimate, found.se or 0), rel=1e-9, abs=1e-12)


# Fleiss and Cohen 1973: quadratic weights make kappa nearly the intraclass correlation of the scores
def test_quadratic_kappa_comes_near_the_intraclass_correlation():
    from helpers.stats.agreement import icc

    pairs = np.array([(i, j) for i, j in np.ndindex(4, 4) for _ in range(SKIN[i, j])])
    assert kappa(SKIN, weights="quadratic").estimate == approx(icc(pairs).estimate, abs=5e-3)


# Two raters of every object: Fleiss' kappa is Scott's pi
def test_kappa_of_two_raters_is_scotts():
    rows = [np.bincount([i, j], minlength=3) for i, j in np.ndindex(3, 3) for _ in range(ABSTRACTORS[i, j])]
    assert fleiss_kappa(np.array(rows)).estimate == approx(kappa(ABSTRACTORS, measure="scott").estimate, rel=1e-12)


def test_for_two_classes_the_uniform_kappa_is_the_adjusted_one():
    assert kappa([[19, 10], [6, 256]], measure="uniform").estimate == approx(adjusted_kappa(275, 291).estimate)


# 400 samples of 100 objects from a table with kappa .5 leave the coverage a standard error of .011
def test_the_interval_of_kappa_covers_the_true_one():
    rng, covered = np.random.default_rng(20160301), 0
    for _ in range(400):
        found = kappa(rng.multinomial(100, [0.375, 0.125, 0.125, 0.375]).reshape(2, 2))
        covered += found.lower <= 0.5 <= found.upper
    assert covered / 400 == approx(0.95, abs=0.033)


def test_a_table_of_pairs_keeps_the_order_given_and_leaves_missing_ones_out():
    table = agreement_table(["mild", "none", None, "mild"], ["none", "none", "mild", "mild"], classes=["none", "mild"])
    assert table.tolist() == [[1, 0], [1, 1]]
    assert agreement_table([1, 2, 2], [1, 1, 2]).tolist() == [[1, 0], [1, 1]]
    with pytest.raises(InvalidInput, match="severe"):
        agreement_table(["severe"], ["none"], classes=["none", "mild"])
    with pytest.raises(InvalidInput, match="pairs"):
        agreement_table([1], [1, 2])


@pytest.mark.parametrize(
    ("table", "estimate", "reason"),
    [
        ([[0, 0], [0, 0]], None, "too-few"),
        ([[7, 0], [0, 0]], None, "undefined"),
        ([[5]], None, "undefined"),
        ([[4, 0], [0, 3]], 1.0, "no-variance"),
        ([[0, 4], [3, 0]], approx(-0.96), ""),
    ],
)
def test_tables_without_enough_data_say_why(table, estimate, reason):
    found = kappa(table)
    assert (found.estimate, found.reason) == (estimate, reason)


def test_many_raters_without_enough_data_say_why():
    assert fleiss_kappa([[2, 0]]).reason == "too-few"
    assert fleiss_kappa([[2, 0], [2, 0]]).reason == "undefined"
    perfect = fleiss_kappa([[2, 0], [0, 2]])
    assert (perfect.estimate, perfect.lower, perfect.reason) == (1.0, None, "no-variance")


@pytest.mark.parametrize(
    "call",
    [
        lambda: kappa([[1, 2, 3], [1, 2, 3]]),
        lambda: kappa([[1, -1], [0, 2]]),
        lambda: kappa([[1, 0.5], [0, 2]]),
        lambda: kappa(SKIN, weights="cubic"),
        lambda: kappa(SKIN, weights=np.ones((3, 3))),
        lambda: kappa(SKIN, weights=2 * np.eye(4)),
        lambda: kappa(SKIN, measure="krippendorff"),
        lambda: kappa(SKIN, level=0),
        lambda: adjusted_kappa(5, 4),
        lambda: adjusted_kappa(3, 4, classes=1),
        lambda: adjusted_kappa(3, 4, interval="jeffreys"),
        lambda: fleiss_kappa([[2, 0], [1, 0]]),
        lambda: fleiss_kappa([[1, 0], [0, 1]]),
        lambda: fleiss_kappa([1, 2]),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InvalidInput):
        call()
