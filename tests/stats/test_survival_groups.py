"""Log-rank tests and hazard ratios; published data are in survival_data.py."""

from itertools import combinations
from math import exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import chi2, norm
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import survdiff

from helpers.errors import InvalidInput
from helpers.stats import survival
from tests.stats.survival_data import MAINTAINED, MERCAPTOPURINE, NOT_MAINTAINED, OVARIAN, PLACEBO, two

FREIREICH = two(MERCAPTOPURINE, PLACEBO, ("6-MP", "placebo"))
AML = two(MAINTAINED, NOT_MAINTAINED, ("Maintained", "Nonmaintained"))
TIME, EVENT, AGE, RESIDUAL, ARM, PERFORMANCE = (list(column) for column in zip(*OVARIAN, strict=True))
samples = st.lists(
    st.tuples(st.integers(1, 8), st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)), min_size=8, max_size=30
)


# SAS PROC LIFETEST: log-rank 16.7929, Wilcoxon 13.4579; R 4.2 survival 3.5.3 survdiff with its expected events
def test_log_rank_and_gehan_match_sas_and_r():
    found = survival.log_rank(*FREIREICH)
    assert found.statistic == approx(16.79294099, abs=6e-9)
    assert found.observed == (9, 21)
    assert found.expected == approx((19.25050095, 10.74949905), abs=6e-9)
    assert (found.z, found.df, found.variance) == (
        approx(sqrt(16.79294099), abs=1e-8),
        1,
        approx(6.256960574, abs=6e-10),
    )
    assert survival.log_rank(*FREIREICH, weight="gehan").statistic == approx(13.4579, abs=6e-5)


# R 4.2 survival 3.5.3: survdiff(..., rho = 0) and rho = 1, whose weight is S(t-)
def test_fleming_harrington_matches_r_survival():
    for data, plain, weighted in ((FREIREICH, 16.79294099, 14.45715082), (AML, 3.396388699, 2.779279545)):
        assert survival.log_rank(*data).statistic == approx(plain, abs=6e-9)
        found = survival.log_rank(*data, weight="fleming-harrington", rho=1)
        assert found.statistic == approx(weighted, abs=6e-9)
        assert survival.log_rank(*data, weight="fleming-harrington").statistic == approx(plain, abs=6e-9)


# R 4.2 survival 3.5.3: survdiff(Surv(futime, fustat) ~ rx + strata(resid.ds), ovarian) and ~ ecog.ps + rx
def test_stratified_and_four_group_tests_match_r_survival():
    assert survival.log_rank(TIME, EVENT, ARM).statistic == approx(1.062739861, abs=6e-10)
    assert survival.log_rank(TIME, EVENT, ARM, strata=RESIDUAL).statistic == approx(1.279643451, abs=6e-10)
    four = survival.log_rank(TIME, EVENT, list(zip(PERFORMANCE, ARM, strict=True)))
    assert (four.statistic, four.df) == (approx(3.028213121, abs=6e-10), 3)
    assert four.p_value == approx(chi2.sf(3.028213121, 3), rel=1e-8)


def by_hand(time, event, group, weight):
    """Weighted log-rank statistic of two groups, event time by event time."""
    time, event, own = np.array(time), np.array(event), np.array(group) == sorted(set(group))[1]
    score = variance = 0.0
    survival_before = peto = 1.0
    for at in sorted(set(time[event == 1])):
        n, d = (time >= at).sum(), ((time == at) & (event == 1)).sum()
        n1, d1 = ((time >= at) & own).sum(), ((time == at) & (event == 1) & own).sum()
        peto *= 1 - d / (n + 1)
        w = {
            "log-rank": 1.0,
            "gehan": n,
            "tarone-ware": sqrt(n),
            "peto": peto,
            "modified-peto": peto * n / (n + 1),
            "fleming-harrington": survival_before**0.5 * (1 - survival_before) ** 2,
        }[weight]
        score += w * (d1 - d * n1 / n)
        if n > 1:
            variance += w * w * d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1)
        survival_before *= 1 - d / n
    return score, variance


@pytest.mark.parametrize("weight", survival.WEIGHTS)
@pytest.mark.parametrize("data", [FREIREICH, AML, (TIME, EVENT, ARM)])
def test_weights_agree_with_their_formulas(weight, data):
    score, variance = by_hand(*data, weight)
    found = survival.log_rank(*data, weight=weight, rho=0.5, gamma=2)
    assert found.z == approx(score / sqrt(variance), rel=1e-10)
    assert found.p_value == approx(chi2.sf(score**2 / variance, 1), rel=1e-9)


@given(samples)
@settings(max_examples=50)
def test_log_rank_agrees_with_statsmodels(rows):
    time, event, group, _ = (list(column) for column in zip(*rows, strict=True))
    found = survival.log_rank(time, event, group)
    if found.reason:
        assert found.reason in ("too-few", "no-events", "undefined")
        return
    expected, p_value = survdiff(np.array(time), np.array(event), np.array(group))
    assert (found.statistic, found.p_value) == approx((expected, p_value), rel=1e-7, abs=1e-9)
    swapped = survival.log_rank(time, event, group, reference=1)
    assert swapped.z == approx(-found.z)
    sides = [survival.log_rank(time, event, group, alternative=side).p_value for side in ("greater", "less")]
    assert sum(sides) == approx(1)
    assert 2 * min(sides) == approx(found.p_value, rel=1e-7)


def test_log_rank_of_strange_data_is_defined():
    assert survival.log_rank([1, 2], [1, 1], ["a", "a"]).reason == "too-few"
    assert survival.log_rank([], [], []).reason == "too-few"
    assert survival.log_rank([1, 2], [0, 0], ["a", "b"]).reason == "no-events"
    assert survival.log_rank([1, 2], [0, 1], ["a", "b"]).reason == "undefined"
    assert survival.log_rank([1, 1], [1, 1], ["a", "b"]).reason == "undefined"  # all events at one time
    # a third group that has left before the first event takes no part
    three = survival.log_rank([0, 1, 2, 3, 4], [0, 1, 1, 1, 0], ["c", "a", "b", "a", "b"])
    pair = survival.log_rank([1, 2, 3, 4], [1, 1, 1, 0], ["a", "b", "a", "b"])
    assert (three.df, three.statistic) == (1, approx(pair.statistic))


# Yusuf and others 1985: exp((O - E) / V)
def test_peto_hazard_ratio_is_one_step_from_the_log_rank_test():
    found = survival.peto_hazard_ratio(*FREIREICH)
    middle, variance = (21 - 10.74949905) / 6.256960574, 6.256960574
    expected = [exp(middle + sign * 1.959963985 / sqrt(variance)) for sign in (0, -1, 1)]
    assert [found.estimate, found.lower, found.upper] == approx(expected, rel=1e-7)
    assert survival.peto_hazard_ratio([1, 2], [0, 0], ["a", "b"]).reason == "no-events"


# R 4.2 survival 3.5.3: coxph(Surv(time, cens) ~ treat, MASS::gehan, ties = ...): coefficient, SE, log likelihoods,
# score test; Cox 1972, Kalbfleisch & Prentice and SAS PHREG have the Breslow and the discrete values
@pytest.mark.parametrize(
    ("ties", "log_ratio", "se", "likelihoods", "score"),
    [
        ("efron", 1.572125149, 0.4123967177, (-93.18427, -85.00842458), 17.2465368),
        ("breslow", 1.509191413, 0.4095644064, (-93.98505048, -86.37962207), 15.93053956),
        ("exact", 1.628243952, 0.4331312965, (-82.66927925, -74.54310116), 16.79294099),
    ],
)
def test_hazard_ratio_matches_r_survival(ties, log_ratio, se, likelihoods, score):
    found = survival.hazard_ratio(*FREIREICH, ties=ties)
    assert (found.log_estimate, found.se) == approx((log_ratio, se), rel=2e-8)
    assert found.log_likelihood == approx(likelihoods[1], abs=6e-8)
    assert found.likelihood_ratio.statistic == approx(2 * (likelihoods[1] - likelihoods[0]), abs=2e-5)
    assert found.score.statistic == approx(score, abs=6e-8)
    assert found.wald.statistic == approx((log_ratio / se) ** 2, rel=1e-7)
    limits = [exp(log_ratio + sign * norm.ppf(0.975) * se) for sign in (0, -1, 1)]
    assert [found.estimate, found.lower, found.upper] == approx(limits, rel=2e-7)


# R 4.2 survival 3.5.3: coxph(Surv(time, status) ~ x, aml, ties = ...) and summary()$conf.int
def test_hazard_ratio_of_aml_matches_r_survival():
    found = survival.hazard_ratio(*AML)
    assert [found.estimate, found.lower, found.upper] == approx([2.498105326, 0.9159072574, 6.813495766], rel=1e-8)
    for ties, log_ratio, se in (("breslow", 0.9042197237, 0.5122479073), ("exact", 0.9217608692, 0.5162484008)):
        found = survival.hazard_ratio(*AML, ties=ties)
        assert (found.log_estimate, found.se) == approx((log_ratio, se), rel=1e-8)


# R 4.2 survival 3.5.3: coxph(Surv(futime, fustat) ~ rx + age + strata(resid.ds), ovarian)
def test_adjusted_and_stratified_hazard_ratio_matches_r_survival():
    found = survival.hazard_ratio(TIME, EVENT, ARM, covariates=np.array(AGE), strata=RESIDUAL)
    assert (found.log_estimate, found.se) == approx((-0.6510353597, 0.630975126), rel=1e-7)
    assert found.log_likelihood == approx(-22.04912545, abs=6e-8)
    plain = survival.hazard_ratio(TIME, EVENT, ARM)
    assert (plain.score.statistic, plain.likelihood_ratio.statistic) == approx((1.062739861, 1.0514531488), rel=1e-8)


# The sum over all sets of units, which the discrete likelihood has below the line, set by set
def test_exact_ties_agree_with_listing_the_sets():
    time, event = [1, 1, 1, 2, 2, 3, 3, 3, 3], [1, 1, 0, 1, 1, 1, 1, 0, 0]
    group, age = [0, 1, 1, 0, 1, 0, 1, 0, 1], [0.3, 1.0, 2.0, 0.1, 0.7, 1.2, 0.4, 0.9, 1.5]
    for x in (np.array(group, dtype=float)[:, None], np.column_stack([group, age]).astype(float)):

        def minus(beta, x=x):
            total, eta = 0.0, x @ np.atleast_1d(beta)
            for at in (1, 2, 3):
                dead = [i for i in range(9) if time[i] == at and event[i]]
                risk = [i for i in range(9) if time[i] >= at]
                sums = [eta[list(chosen)].sum() for chosen in combinations(risk, len(dead))]
                total += eta[dead].sum() - np.logaddexp.reduce(sums)
            return -total

        best = minimize(minus, np.zeros(x.shape[1]), method="BFGS", options={"gtol": 1e-9})
        found = survival.hazard_ratio(time, event, group, covariates=x[:, 1:], ties="exact")
        assert found.log_estimate == approx(best.x[0], abs=1e-5)
        assert found.log_likelihood == approx(-best.fun, abs=1e-9)


def log_likelihood(beta, time, event, own, ties):
    """Log partial likelihood of one covariate, Breslow's or Efron's, and its information."""
    time, event, x = np.array(time, dtype=float), np.array(event), np.array(own, dtype=float)
    total = information = 0.0
    for at in sorted(set(time[event == 1])):
        risk, dead = time >= at, (time == at) & (event == 1)
        total += beta * x[dead].sum()
        for i in range(dead.sum()):
            weight = np.exp(beta * x) * (risk - (i / dead.sum() * dead if ties == "efron" else 0))
            mean = (weight * x).sum() / weight.sum()
            total -= log(weight.sum())
            information += (weight * (x - mean) ** 2).sum() / weight.sum()
    return total, information


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("data", [FREIREICH, AML, ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], ["b"] * 3 + ["a"] * 3)])
def test_firth_estimate_maximises_the_penalised_likelihood(ties, data):
    own = [g == sorted(set(data[2]))[1] for g in data[2]]

    def penalised(beta):
        value, information = log_likelihood(beta, data[0], data[1], own, ties)
        return value + log(information) / 2

    best = minimize_scalar(lambda b: -penalised(b), bounds=(-8, 8), method="bounded", options={"xatol": 1e-10})
    found = survival.hazard_ratio(*data, ties=ties, firth=True, interval="profile")
    assert found.log_estimate == approx(best.x, abs=1e-6)
    for limit in (found.lower, found.upper):
        assert 2 * (penalised(best.x) - penalised(log(limit))) == approx(chi2.ppf(0.95, 1), rel=1e-5)
    assert found.likelihood_ratio.statistic == approx(2 * (penalised(best.x) - penalised(0.0)), rel=1e-6)


def test_profile_limits_lie_where_the_likelihood_has_fallen_by_the_quantile():
    found = survival.hazard_ratio(*AML, interval="profile", level=0.9)
    own = [g == "Nonmaintained" for g in AML[2]]
    top, _ = log_likelihood(found.log_estimate, *AML[:2], own, "efron")
    for limit in (found.lower, found.upper):
        assert 2 * (top - log_likelihood(log(limit), *AML[:2], own, "efron")[0]) == approx(chi2.ppf(0.9, 1), rel=1e-8)


@given(samples, st.sampled_from(("efron", "breslow")))
@settings(max_examples=25)
def test_hazard_ratio_agrees_with_statsmodels(rows, ties):
    time, event, group, stratum = (list(column) for column in zip(*rows, strict=True))
    found = survival.hazard_ratio(time, event, group, ties=ties, strata=stratum)
    if found.reason:
        assert found.reason in ("too-few", "no-events", "separated", "collinear")
        return
    model = PHReg(
        np.array(time), np.array(group, dtype=float)[:, None], np.array(event), strata=np.array(stratum), ties=ties
    )
    theirs = model.fit(method="newton", maxiter=100, disp=0)
    assert found.log_estimate == approx(theirs.params[0], abs=1e-5)
    assert found.se == approx(theirs.bse[0], rel=1e-4)
    swapped = survival.hazard_ratio(time, event, group, ties=ties, strata=stratum, reference=1)
    assert swapped.estimate == approx(1 / found.estimate, rel=1e-7)
    # with the data of each unit twice the estimate is Breslow's own, and the variance halves
    if ties == "breslow":
        double = survival.hazard_ratio(time * 2, event * 2, group * 2, ties=ties, strata=stratum * 2)
        assert (double.log_estimate, double.se) == approx((found.log_estimate, found.se / sqrt(2)), abs=1e-7)


def test_an_infinite_hazard_ratio_has_a_reason_or_one_finite_limit():
    data = ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], ["b"] * 3 + ["a"] * 3)
    found = survival.hazard_ratio(*data)
    assert (found.estimate, found.lower, found.reason) == (None, None, "separated")
    assert found.likelihood_ratio.p_value < 0.05
    assert found.score.statistic == approx(survival.log_rank(*data).statistic)
    up = survival.hazard_ratio(*data, interval="profile")
    assert (up.estimate, up.upper, up.reason) == (inf, inf, "")
    down = survival.hazard_ratio(*data, reference="b", interval="profile")
    assert (down.estimate, down.lower) == (0, 0)
    assert up.lower == approx(1 / down.upper, rel=1e-6)

    # Heinze G, Schemper M. Biometrics 2001;57:114-119: the likelihood times the root of the information has a maximum
    def penalised(log_ratio: float) -> float:
        shares = [b * exp(log_ratio) / (b * exp(log_ratio) + 3) for b in (3, 2, 1)]  # of b among those at risk
        return sum(map(log, shares)) + 0.5 * log(sum(share * (1 - share) for share in shares))

    best = minimize_scalar(lambda x: -penalised(x), bounds=(-5, 10), method="bounded", options={"xatol": 1e-10})
    assert survival.hazard_ratio(*data, firth=True).log_estimate == approx(best.x, abs=1e-6)


def test_hazard_ratio_of_strange_data_is_defined():
    assert survival.hazard_ratio([], [], []).reason == "too-few"
    assert survival.hazard_ratio([1, 2], [1, 1], ["a", "a"]).reason == "too-few"
    assert survival.hazard_ratio([1, 2], [0, 0], ["a", "b"]).reason == "no-events"
    assert survival.hazard_ratio([1, 1, 1], [1, 1, 1], ["a", "b", "b"], ties="exact").reason == "collinear"
    constant = survival.hazard_ratio(TIME, EVENT, ARM, covariates=np.ones(26))
    assert constant.reason == "collinear"
    assert survival.hazard_ratio(TIME, EVENT, ARM, covariates=np.array(ARM, dtype=float)).reason == "collinear"


def test_groups_and_options_that_are_none_are_refused():
    for call in (
        lambda: survival.log_rank([1, 2], [1, 1], ["a"]),
        lambda: survival.log_rank([1, 2], [1, 1], ["a", None]),
        lambda: survival.log_rank([1, 2], [1, 1], ["a", 1]),
        lambda: survival.log_rank([1, 2], [1, 1], ["a", "b"], weight="wilcoxon"),
        lambda: survival.log_rank([1, 2], [1, 1], ["a", "b"], reference="c"),
        lambda: survival.log_rank([1, 2], [1, 1], ["a", "b"], strata=[1]),
        lambda: survival.log_rank([1, 2], [1, 1], ["a", "b"], weight="fleming-harrington", rho=-1),
        lambda: survival.log_rank([1, 2, 3], [1, 1, 1], ["a", "b", "c"], alternative="greater"),
        lambda: survival.peto_hazard_ratio([1, 2, 3], [1, 1, 1], ["a", "b", "c"]),
        lambda: survival.hazard_ratio([1, 2, 3], [1, 1, 1], ["a", "b", "c"]),
        lambda: survival.hazard_ratio([1, 2], [1, 1], ["a", "b"], ties="discrete"),
        lambda: survival.hazard_ratio([1, 2], [1, 1], ["a", "b"], ties="exact", firth=True),
        lambda: survival.hazard_ratio([1, 2], [1, 1], ["a", "b"], covariates=np.array([1.0, np.nan])),
        lambda: survival.hazard_ratio([1, 2], [1, 1], ["a", "b"], interval="score"),
    ):
        with pytest.raises(InvalidInput):
            call()
