"""Tests over strata. Every case below names its source in tests/reference/cases.json; the id is the test's."""

from math import comb, exp, inf, isinf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import fisher_exact, nchypergeom_fisher
from statsmodels.stats.contingency_tables import StratifiedTable

from helpers.stats import stratified
from tests.stats.strata_cases import arms, close, from_tables, some_strata, strata


def three(pooled):
    return [pooled.estimate, pooled.lower, pooled.upper]


@pytest.mark.parametrize("id", ["R-MH-SPARSE", "R-MH-BERKELEY"])
def test_r_mantelhaen_test_is_reproduced(id):
    data = from_tables(id)
    close(id, "or_mh", three(stratified.mh_odds_ratio(*data)))
    found = stratified.cmh_test(*data, continuity=True)
    close(id, "cmh_cc", found.statistic)
    close(id, "cmh_cc_p", found.p_value)


def test_breslow_day_of_desctools_is_reproduced():
    found = stratified.breslow_day(*from_tables("R-MH-BERKELEY"))
    close("R-MH-BERKELEY", "breslow_day", found.statistic)
    close("R-MH-BERKELEY", "breslow_day_p", found.p_value)
    assert found.df == 5


@pytest.mark.parametrize(("id", "informative"), [("TERN-CMH-SPARSE", 5), ("TERN-CMH-SEED1", 1)])
def test_tern_cmh_test_of_sparse_strata_is_reproduced(id, informative):
    found = stratified.cmh_test(*strata(id))
    close(id, "p", found.p_value)
    close(id, "abs_z", abs(found.z))
    assert (found.strata, found.informative) == (len(strata(id)[0]), informative)


# tern _snaps/test_proportion_diff.md: z there has the sign of the reference, group A against B
def test_tern_one_sided_cmh_tests_are_reproduced():
    data = strata("TERN-CMH-SEED1")
    assert stratified.cmh_test(*data, alternative="less").p_value == approx(0.3238582, abs=1e-7)
    assert stratified.cmh_test(*data, alternative="greater").p_value == approx(0.6761418, abs=1e-7)


# SAS PROC FREQ, CMH, on CDISC pilot data: github PSIAIMS/CAMIS Comp/r-sas_cmh.qmd, scenarios 2, 6 and 10
SCENARIOS = [
    (
        [[[20, 20], [25, 24], [26, 19]], [[8, 4], [4, 6], [4, 3]], [[17, 8], [5, 9], [17, 12]]],
        [(0.0009, 1, 0.9765), (2.4820, 2, 0.2891), (2.4820, 2, 0.2891)],
    ),
    (
        [[[0, 9, 17, 1, 1], [1, 4, 17, 7, 0]], [[1, 6, 13, 3, 1], [0, 8, 14, 8, 0]]],
        [(1.7487, 1, 0.1860), (1.7487, 1, 0.1860), (8.0534, 4, 0.0896)],
    ),
    (
        [
            [[0, 1, 0], [3, 12, 4], [8, 22, 15], [1, 3, 6], [0, 2, 0]],
            [[0, 1, 0], [3, 9, 1], [4, 27, 7], [3, 12, 5], [0, 0, 1]],
            [[0, 1, 1], [0, 11, 5], [6, 24, 18], [1, 8, 5], [0, 1, 0]],
        ],
        [(1.6621, 1, 0.1973), (2.2980, 4, 0.6811), (5.7305, 8, 0.6774)],
    ),
]


@pytest.mark.parametrize(("tables", "expected"), SCENARIOS)
def test_generalised_cmh_statistics_of_sas_are_reproduced(tables, expected):
    for kind, (statistic, df, p) in zip(("correlation", "row-means", "general"), expected, strict=True):
        found = stratified.general_cmh(tables, kind=kind)
        assert (found.statistic, found.df) == (approx(statistic, abs=6e-5), df)
        assert found.p_value == approx(p, abs=6e-5)


# R 4.2: mantelhaen.test on Agresti's job satisfaction data of its help page
def test_general_association_of_r_is_reproduced():
    job = [
        [[1, 3, 11, 2], [2, 3, 17, 3], [0, 1, 8, 5], [0, 2, 4, 2]],
        [[1, 1, 2, 1], [0, 3, 5, 1], [0, 0, 7, 3], [0, 1, 9, 6]],
    ]
    found = stratified.general_cmh(job)
    assert (found.statistic, found.df) == (approx(10.200089, abs=5e-7), 9)
    assert found.p_value == approx(0.3345312, abs=5e-8)


@given(some_strata)
@settings(max_examples=60)
def test_two_by_two_tables_give_one_cmh_statistic_in_every_form(data):
    x, n, y, m = map(np.array, data)
    plain = stratified.cmh_test(*data)
    tables = np.stack([np.stack([x, n - x], -1), np.stack([y, m - y], -1)], 1)
    for kind in ("general", "row-means", "correlation"):
        found = stratified.general_cmh(tables, kind=kind)
        assert (found.statistic is None) == (plain.statistic is None)
        if plain.statistic is not None:
            assert found.statistic == approx(plain.statistic, rel=1e-9, abs=1e-12)
            assert found.df == 1
    with_ranks = stratified.general_cmh(tables, kind="row-means", column_scores="modridit")
    assert (with_ranks.statistic is None) == (plain.statistic is None)


@given(some_strata)
@settings(max_examples=60)
def test_odds_ratio_and_cmh_agree_with_statsmodels(data):
    x, n, y, m = map(np.array, data)
    inside = (x + y > 0) & (x + y < n + m)
    found, test = stratified.mh_odds_ratio(*data), stratified.cmh_test(*data)
    if not inside.any() or found.reason:
        return
    tables = np.stack([np.stack([x, n - x]), np.stack([y, m - y])])[:, :, inside].transpose(0, 1, 2)
    theirs = StratifiedTable(tables.astype(float))
    assert found.estimate == approx(theirs.oddsratio_pooled, rel=1e-9)
    assert (found.lower, found.upper) == approx(theirs.oddsratio_pooled_confint(), rel=1e-6)
    assert test.statistic == approx(theirs.test_null_odds(correction=False).statistic, rel=1e-9, abs=1e-12)
    # statsmodels divides 0 by 0 where the common odds ratio is 1
    if inside.sum() > 1 and abs(found.estimate - 1) > 1e-6:
        for tarone in (False, True):
            equal = theirs.test_equal_odds(adjust=tarone)
            ours = stratified.breslow_day(*data, tarone=tarone)
            assert ours.statistic == approx(equal.statistic, rel=1e-6, abs=1e-7)
            assert ours.df == inside.sum() - 1


# R 4.2: mantelhaen.test(Rabbits, exact = TRUE); R's limits, 1.0774 and 529.8, are good to three digits only
def test_exact_conditional_test_of_r_is_reproduced():
    data = from_tables("R-MH-SPARSE")
    found = stratified.exact_odds_ratio(*data)
    assert found.estimate == approx(10.361024, rel=1e-5)
    assert found.p_value == approx(0.039945, abs=1e-6)
    assert (found.lower, found.upper) == approx((1.0774014, 529.83740), rel=5e-3)
    assert found.statistic == 16
    assert stratified.exact_odds_ratio(*data, alternative="greater").p_value == approx(0.0199724517906, rel=1e-9)
    assert stratified.exact_odds_ratio(*data, alternative="less").p_value == approx(0.998622589532, rel=1e-9)
    one_sided = stratified.exact_odds_ratio(*data, alternative="greater")
    assert (one_sided.lower, one_sided.upper) == (approx(1.38423887, rel=1e-3), inf)


def brute(data, ratio):
    """Probabilities of the events in the arm given all margins, by listing every set of tables."""
    law = {0: 1.0}
    for x, n, y, m in zip(*data, strict=True):
        cases = x + y
        own = {k: comb(n, k) * comb(m, cases - k) * ratio**k for k in range(max(0, cases - m), min(n, cases) + 1)}
        new = {}
        for a, p in law.items():
            for k, q in own.items():
                new[a + k] = new.get(a + k, 0.0) + p * q
        law = new
    total = sum(law.values())
    return {k: p / total for k, p in law.items()}


@given(st.lists(st.tuples(arms, arms), min_size=1, max_size=3), st.booleans())
@settings(max_examples=40)
def test_exact_limits_leave_the_tail_probability_beyond_them(rows, mid_p):
    data = tuple(list(c) for c in zip(*((*a, *b) for a, b in rows), strict=True))
    found = stratified.exact_odds_ratio(*data, mid_p=mid_p)
    if found.reason:
        assert found.reason in ("undefined", "no-events")
        return
    seen = sum(data[0])
    for limit, side in ((found.lower, 1), (found.upper, -1)):
        if limit == 0 or isinf(limit) or not 1e-6 < limit < 1e6:
            continue
        law = brute(data, limit)
        tail = sum(p for k, p in law.items() if (k - seen) * side > 0) + law[seen] * (0.5 if mid_p else 1.0)
        assert tail == approx(0.025, rel=1e-6)
    at_one = brute(data, 1.0)
    taken = at_one[seen] / 2 if mid_p else 0.0
    likely = sum(p for p in at_one.values() if p <= at_one[seen] * (1 + 1e-7)) - taken
    assert found.p_value == approx(min(1.0, likely), rel=1e-6)
    upper = sum(p for k, p in at_one.items() if k >= seen) - taken
    lower = sum(p for k, p in at_one.items() if k <= seen) - taken
    doubled = stratified.exact_odds_ratio(*data, mid_p=mid_p, two_sided="doubled")
    assert doubled.p_value == approx(min(1.0, 2 * min(upper, lower)), rel=1e-6)
    if 1e-6 < found.estimate < 1e6:
        law = brute(data, found.estimate)
        assert sum(k * p for k, p in law.items()) == approx(seen, rel=1e-6)


def test_exact_test_of_one_stratum_is_fishers():
    found = stratified.exact_odds_ratio([8], [12], [4], [10])
    assert found.p_value == approx(fisher_exact([[8, 4], [4, 6]])[1], rel=1e-9)
    assert nchypergeom_fisher(22, 12, 12, found.estimate).mean() == approx(8, rel=1e-6)


def test_general_cmh_without_information_has_a_reason():
    assert stratified.general_cmh([[[1, 0], [0, 0]]]).reason == "too-few"
    assert stratified.general_cmh([[[3, 0], [4, 0]]]).reason == "undefined"
    assert stratified.wilson([0, 3], [0, 3], weights=[1, 0]).reason == "too-few"


def test_a_stated_common_odds_ratio_is_used_for_homogeneity():
    data = strata("SAS-MIGRAINE")
    common = stratified.mh_odds_ratio(*data).estimate
    assert stratified.breslow_day(*data, odds_ratio=common) == stratified.breslow_day(*data)
    assert stratified.breslow_day(*data, odds_ratio=exp(3)).statistic > stratified.breslow_day(*data).statistic
