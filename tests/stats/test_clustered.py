"""Every case below names its source in tests/reference/cases.json; the id is the test's."""

from itertools import combinations
from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize
from scipy.stats import betabinom, chi2, norm

from helpers.errors import InvalidInput
from helpers.stats import clustered, proportions
from tests.stats.reference import cases, tolerance

cluster = st.integers(1, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
arm_of_clusters = st.lists(cluster, min_size=2, max_size=7).map(lambda rows: tuple(map(list, zip(*rows, strict=True))))


def litters(id="RAO-SCOTT-WEIL"):
    given = cases()[id]["inputs"]
    return [list(column) for arm in ("control", "treated") for column in zip(*given[arm], strict=True)]


def close(id, key, found):
    case = cases()[id]
    assert found == approx(case["expected"][key], abs=tolerance(case, key))
    assert found == approx(case["computed"][key], rel=1e-8)


def test_design_effects_of_the_litters_are_reproduced():
    x, n, y, m = litters()
    close("RAO-SCOTT-WEIL", "deff_control", clustered.design_effect(x, n).design_effect)
    close("RAO-SCOTT-WEIL", "deff_treated", clustered.design_effect(y, m).design_effect)
    # notes of the same case
    for side, expected in (((x, n), (0.8987342, 0.0266447)), ((y, m), (0.7724138, 0.0692261))):
        found = clustered.design_effect(*side)
        assert (found.proportion, found.se) == approx(expected, abs=6e-8)


def test_rao_scott_test_on_effective_counts_is_reproduced():
    id = "RAO-SCOTT-WEIL-TEST"
    found = clustered.rao_scott(*litters(id))
    for side, expected in zip((found.arm, found.reference), cases()[id]["expected"]["effective_counts"], strict=True):
        assert [side.events_effective, side.n_effective] == approx(expected, rel=1e-9)
    close(id, "chisq", found.statistic)
    close(id, "p", found.p_value)
    assert [found.lower, found.upper] == approx(cases()[id]["expected"]["newcombe_effective"], abs=1e-9)


# R aod 1.3, raoscott(cbind(y, n - y) ~ group, data = rats, pooled = TRUE) and donner(...)
def test_pooled_design_effect_and_donners_test_of_aod_are_reproduced():
    found = clustered.rao_scott(*litters(), pooled=True)
    assert (found.statistic, found.arm.design_effect) == approx((2.90008819652, 3.06883536654), rel=1e-10)
    donner = clustered.donner(*litters())
    assert donner.statistic == approx(2.76097044716, rel=1e-10)
    assert donner.p_value == approx(chi2.sf(2.76097044716, 1), rel=1e-9)
    x, n, y, m = litters()
    assert clustered.icc((x, n), (y, m)).estimate == approx(0.250575710964, rel=1e-10)


def test_clusters_of_one_unit_are_units():
    x, n, y, m = [1] * 9 + [0] * 6, [1] * 15, [1] * 5 + [0] * 7, [1] * 12
    found = clustered.rao_scott(x, n, y, m)
    p, q = 9 / 15, 5 / 12
    # the ratio estimator's m/(m-1) is the only difference from independent units
    assert found.arm.design_effect == approx(15 / 14, rel=1e-12)
    assert found.estimate == approx(p - q, rel=1e-12)
    mn = clustered.rao_scott(x, n, y, m, interval="miettinen-nurminen")
    assert (mn.lower, mn.upper) == approx(
        (proportions.risk_difference(9, 15, 5, 12).lower, proportions.risk_difference(9, 15, 5, 12).upper), abs=0.03
    )
    wald = clustered.rao_scott(x, n, y, m, interval="wald")
    half = norm.ppf(0.975) * sqrt(p * (1 - p) / 14 + q * (1 - q) / 11)
    assert (wald.lower, wald.upper) == approx((p - q - half, p - q + half), rel=1e-9)


# Liang 1992, as in Saha 2016 and Short 2020: ratesci documentation of clusterpci; case DEFF-WILSON
def liang():
    x = [0] * 36 + [1] * 12 + [0] * 15 + [1] * 7 + [2] + [0] * 5 + [1] * 7 + [2] * 3 + [3] * 2
    return x + [0] * 3 + [1] * 3 + [2] + [0, 2, 3, 4, 6], [1] * 48 + [2] * 23 + [3] * 17 + [4] * 7 + [6] * 5


def test_clustered_wilson_interval_matches_the_case():
    case = cases()["DEFF-WILSON"]
    found = clustered.clustered_proportion(*liang(), design=case["inputs"]["deff"])
    assert [found.lower, found.upper] == approx(case["expected"]["ci"], abs=case["tol"])
    assert [found.lower, found.upper] == approx(case["computed"]["ci"], rel=1e-9)
    estimated = clustered.clustered_proportion(*liang())
    assert (estimated.lower, estimated.upper) == approx((found.lower, found.upper), abs=1e-7)
    # Short 2020 has .1855
    assert clustered.icc(liang()).estimate == approx(0.1855, abs=5e-5)
    ratio = clustered.clustered_proportion(*liang(), design="ratio")
    assert ratio.lower < ratio.estimate < ratio.upper


@pytest.mark.parametrize("continuity", [False, True])
def test_a_design_effect_of_one_gives_wilsons_interval(continuity):
    found = clustered.clustered_proportion([3, 5], [10, 12], design=1.0, continuity=continuity)
    plain = proportions.wilson(8, 22, continuity=continuity)
    assert (found.lower, found.upper) == approx((plain.lower, plain.upper), rel=1e-12)


def test_anova_icc_follows_from_the_mean_squares_of_the_units():
    x, n = litters()[2:]
    y = np.concatenate([[1.0] * a + [0.0] * (b - a) for a, b in zip(x, n, strict=True)])
    g = np.repeat(np.arange(len(n)), n)
    means = np.array([y[g == k].mean() for k in range(len(n))])
    n = np.array(n)
    between = (n * (means - y.mean()) ** 2).sum() / (len(n) - 1)
    within = ((y - means[g]) ** 2).sum() / (y.size - len(n))
    size = (y.size - (n**2).sum() / y.size) / (len(n) - 1)
    expected = (between - within) / (between + (size - 1) * within)
    assert clustered.icc((x, n)).estimate == approx(expected, rel=1e-12)
    p = y.mean()
    pairs = 1 - (np.array(x) * (n - x) / n).sum() / ((y.size - len(n)) * p * (1 - p))
    assert clustered.icc((x, n), method="fleiss-cuzick").estimate == approx(pairs, rel=1e-12)


# R aod 1.3, betabin(cbind(y, n - y) ~ group - 1, ~ 1 or ~ group, data = rats); its optimiser stops early
def test_beta_binomial_fits_of_aod_are_reproduced():
    found = clustered.beta_binomial(*litters())
    logits = [log(side.estimate / (1 - side.estimate)) for side in (found.arm, found.reference)]
    assert (*logits, found.correlation.estimate) == approx((1.86275363, 1.197797465, 0.1927267), abs=5e-4)
    slope = [1 / (s.estimate * (1 - s.estimate)) for s in (found.arm, found.reference)]
    assert found.arm.se * slope[0] == approx(0.365278796, rel=1e-3)
    assert found.reference.se * slope[1] == approx(0.317122340, rel=1e-3)
    assert found.log_likelihood == approx(-55.6082213754, abs=1e-5)
    each = clustered.beta_binomial(*litters(), common_correlation=False)
    logits = [log(side.estimate / (1 - side.estimate)) for side in (each.arm, each.reference)]
    assert (*logits, each.correlation.estimate, each.correlation_ref.estimate) == approx(
        (2.17476426553, 1.0462007565, 0.02017260498, 0.31750257581), abs=5e-4
    )
    assert each.log_likelihood == approx(-52.7852178924, abs=1e-5)
    assert each.log_odds_ratio.se == approx(sqrt(0.287697127**2 + 0.361895379**2), rel=1e-3)


def minus_log(parameters, data):
    rho = 1 / (1 + np.exp(-parameters[2]))
    total = 0.0
    for (x, n), eta in zip((data[:2], data[2:]), parameters[:2], strict=True):
        p, s = 1 / (1 + np.exp(-eta)), 1 / rho - 1
        total -= betabinom.logpmf(x, n, p * s, (1 - p) * s).sum()
    return total


@pytest.mark.parametrize("data", [litters(), [[2, 0, 5, 1, 3], [6, 4, 5, 7, 8], [1, 0, 3, 0], [5, 6, 3, 7]]])
def test_beta_binomial_maximum_and_errors_agree_with_scipy(data):
    found = clustered.beta_binomial(*data)
    best = minimize(minus_log, [1.0, 0.5, -1.5], args=(data,), method="Nelder-Mead",
                    options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 5000})  # fmt: skip
    assert found.log_likelihood == approx(-best.fun, abs=1e-8)
    means = 1 / (1 + np.exp(-best.x))
    assert (found.arm.estimate, found.reference.estimate, found.correlation.estimate) == approx(means, abs=1e-5)
    # curvature of the log likelihood by differences, on the scale of logits
    h, hessian = 1e-4, np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            e, f = np.eye(3)[i] * h, np.eye(3)[j] * h
            corners = [(1, e + f), (-1, e - f), (-1, f - e), (1, -e - f)]
            hessian[i, j] = sum(s * minus_log(best.x + d, data) for s, d in corners) / (4 * h * h)
    covariance = np.linalg.inv(hessian)
    expected = sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert found.log_odds_ratio.se == approx(expected, rel=1e-4)


def test_profile_interval_of_the_correlation_is_where_the_likelihood_has_fallen():
    found = clustered.beta_binomial(*litters())
    for limit in (found.correlation.lower, found.correlation.upper):
        at = log(limit / (1 - limit))
        best = minimize(lambda b, at=at: minus_log([*b, at], litters()), [1.5, 1.0], method="Nelder-Mead",
                        options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
        assert 2 * (best.fun + found.log_likelihood) == approx(chi2.ppf(0.95, 1), rel=1e-5)


def test_a_correlation_of_zero_is_the_binomial():
    # less spread between clusters than chance gives
    data = ([2, 2, 2], [4, 4, 4], [1, 1, 1], [4, 4, 4])
    found = clustered.beta_binomial(*data)
    assert (found.correlation.estimate, found.correlation.lower, found.independence_p) == (0, 0, 1)
    assert 0 < found.correlation.upper < 1
    assert found.difference.se == approx(sqrt(0.25 / 12 + 0.1875 / 12), rel=1e-9)


def test_clusters_of_one_outcome_each_have_the_correlation_one():
    found = clustered.beta_binomial([4, 0, 4, 4], [4, 4, 4, 4], [0, 4, 0], [4, 4, 4])
    assert (found.correlation.estimate, found.correlation.upper) == (1, 1)
    # as many units as clusters
    assert found.arm.se == approx(sqrt(0.75 * 0.25 / 4), rel=1e-6)


@pytest.mark.parametrize(
    ("data", "mean", "difference", "correlation"),
    [
        (([], [], [1], [2]), "too-few", "too-few", "too-few"),
        (([0, 0], [4, 3], [1, 0], [4, 3]), "no-events", "no-events", ""),
        (([4, 3], [4, 3], [1, 0], [4, 3]), "separated", "separated", ""),
        (([1, 0, 1], [1, 1, 1], [0, 1, 0], [1, 1, 1]), "", "", "undefined"),
        (([0, 0], [4, 3], [0, 0], [4, 3]), "no-events", "no-events", "undefined"),
    ],
)
def test_degenerate_clusters_have_a_reason(data, mean, difference, correlation):
    for common in (True, False):
        found = clustered.beta_binomial(*data, common_correlation=common)
        assert (found.arm.reason, found.difference.reason) == (mean, difference)
        if common:
            assert found.correlation.reason == correlation
        if difference:
            assert (found.difference.se, found.log_odds_ratio.estimate) == (None, None)


@given(arm_of_clusters, arm_of_clusters, st.booleans())
@settings(max_examples=40)
def test_beta_binomial_results_are_numbers_or_reasons(arm, reference, common):
    found = clustered.beta_binomial(*arm, *reference, common_correlation=common)
    for part in (found.arm, found.reference, found.difference, found.log_odds_ratio):
        assert (part.se is None) == bool(part.reason)
        if part.se is not None:
            assert np.isfinite([part.estimate, part.se, part.lower, part.upper]).all()
    for rho in (found.correlation, found.correlation_ref):
        if not rho.reason:
            assert 0 <= rho.lower <= rho.estimate <= rho.upper <= 1


@given(arm_of_clusters, arm_of_clusters)
@settings(max_examples=60)
def test_rao_scott_results_are_numbers_or_reasons(arm, reference):
    for pooled in (False, True):
        found = clustered.rao_scott(*arm, *reference, pooled=pooled)
        if not found.reason:
            assert -1 <= found.lower <= found.upper <= 1
            turned = clustered.rao_scott(*reference, *arm, pooled=pooled)
            assert (-turned.upper, -turned.lower) == approx((found.lower, found.upper), abs=1e-9)
        else:
            assert found.reason in ("no-variance", "too-few")
    clustered.donner(*arm, *reference)


def permuted(data, statistic):
    x, n = np.array([*data[0], *data[2]]), np.array([*data[1], *data[3]])
    values, weights = (x, n) if statistic == "units" else (x / n, np.ones(n.size))
    k, out = len(data[0]), []
    for chosen in combinations(range(n.size), k):
        member = np.isin(np.arange(n.size), chosen)
        out.append(values[member].sum() / weights[member].sum() - values[~member].sum() / weights[~member].sum())
    return np.array(out)


@given(arm_of_clusters, arm_of_clusters, st.sampled_from(["units", "clusters"]))
@settings(max_examples=30)
def test_permutation_p_values_are_those_of_a_list_of_all_arrangements(arm, reference, statistic):
    every = permuted((*arm, *reference), statistic)
    seen = every[0]
    expected = {
        "two-sided": (np.abs(every) >= abs(seen) - 1e-10).mean(),
        "greater": (every >= seen - 1e-10).mean(),
        "less": (every <= seen + 1e-10).mean(),
    }
    for alternative, p in expected.items():
        found = clustered.permute_clusters(*arm, *reference, statistic=statistic, alternative=alternative)
        assert (found.p_value, found.statistic) == (approx(p, rel=1e-9), approx(seen, abs=1e-12))
        assert (found.arrangements, found.exact) == (every.size, True)


def test_permutation_within_strata_keeps_the_strata():
    # one arrangement in each stratum of two clusters, so four in all, of which the observed one is the largest
    found = clustered.permute_clusters(
        [3, 3], [3, 3], [0, 0], [3, 3], strata=["a", "b"], strata_ref=["a", "b"], alternative="greater"
    )
    assert (found.arrangements, found.p_value) == (4, approx(0.25))


def test_random_arrangements_are_seeded_and_near_the_exact_p_value():
    exact = clustered.permute_clusters(*litters())
    drawn = clustered.permute_clusters(*litters(), exact=False, draws=4999, seed=3)
    assert drawn == clustered.permute_clusters(*litters(), exact=False, draws=4999, seed=3)
    assert (exact.exact, drawn.exact, exact.arrangements) == (True, False, 601080390)
    assert drawn.p_value == approx(exact.p_value, abs=0.02)
    assert clustered.permute_clusters(*litters(), statistic="clusters", exact=True).reason == "too-large"
    assert clustered.permute_clusters([], [], [1], [2]).reason == "too-few"


def test_rows_are_counted_into_clusters():
    rows = [(1, "t", 1), (1, "t", 0), (2, "c", 1), (3, "t", 0), (3, "t", 1), (3, "t", 1), (4, "c", None)]
    data = pd.DataFrame(rows, columns=["who", "arm", "event"])
    found = clustered.count_clusters(data, outcome="event", cluster="who", arm="arm", reference="c")
    assert (found.counts, found.left_out) == (([1, 2], [2, 3], [1], [1]), 1)
    with pytest.raises(InvalidInput, match="both arms"):
        clustered.count_clusters(data.assign(who=1), outcome="event", cluster="who", arm="arm", reference="c")
    with pytest.raises(InvalidInput, match="no column"):
        clustered.count_clusters(data, outcome="event", cluster="site", arm="arm", reference="c")


@pytest.mark.parametrize("bad", [([3], [2]), ([1, 1], [2]), ([0.5], [2]), ([-1], [2])])
def test_cluster_counts_that_are_no_counts_are_refused(bad):
    for function in (clustered.rao_scott, clustered.donner, clustered.beta_binomial, clustered.permute_clusters):
        with pytest.raises(InvalidInput):
            function(*bad, [1, 1], [2, 2])
    with pytest.raises(InvalidInput):
        clustered.icc(bad)


def test_options_outside_their_lists_are_refused():
    data = litters()
    for call in (
        lambda: clustered.rao_scott(*data, interval="exact"),
        lambda: clustered.icc((data[0], data[1]), method="kappa"),
        lambda: clustered.icc(),
        lambda: clustered.clustered_proportion(data[0], data[1], design=0),
        lambda: clustered.beta_binomial(*data, level=2),
        lambda: clustered.permute_clusters(*data, statistic="medians"),
        lambda: clustered.permute_clusters(*data, draws=0),
        lambda: clustered.permute_clusters(*data, strata=[1] * 16),
    ):
        with pytest.raises(InvalidInput):
            call()
