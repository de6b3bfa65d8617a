"""Logistic regression. Published examples: the data sex2 of R logistf (Cytel 2000; Heinze and Schemper 2002)."""

from math import exp, inf, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats import logistic

#: Patterns of case, age, oc, vic, vicl, vis, dia and how many women had each
SEX2 = [
    "0010000 42", "1010000 44", "0110000 14", "1110000 5", "0001000 2", "1001000 14", "1101000 2", "0011000 1",
    "1011000 15", "0111000 1", "1111000 3", "0001100 8", "1001100 10", "0101100 2", "1101100 1", "0011100 5",
    "1011100 7", "0000010 1", "1000010 1", "0010010 1", "0110010 1", "0001010 1", "1001010 3", "1101010 1",
    "1011010 2", "0001110 18", "1001110 12", "0101110 4", "0011110 6", "1011110 3", "0111110 2", "1010001 3",
    "1011001 1", "1101011 1", "1001111 1", "1101111 1",
]  # fmt: skip
TERMS = ["age", "oc", "vic", "vicl", "vis", "dia"]

binary = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(-3, 3)), min_size=4, max_size=25)


def sex2():
    rows = [[int(c) for c in pattern] for pattern, count in map(str.split, SEX2) for _ in range(int(count))]
    return pd.DataFrame(rows, columns=["case", *TERMS])


def table(events, n, events_ref, n_ref):
    y = [1] * events + [0] * (n - events) + [1] * events_ref + [0] * (n_ref - events_ref)
    return pd.DataFrame({"y": y, "arm": [1] * n + [0] * n_ref})


def se(fit):
    return np.sqrt(np.diag(fit.covariance))


# R logistf 1.26, logistf(case ~ age + oc + vic + vicl + vis + dia, data = sex2), as printed in its documentation
def test_firth_fit_of_logistf_is_reproduced():
    fit = logistic.firth(sex2(), outcome="case", terms=TERMS)
    expected = {
        "Intercept": (0.12025404, 0.4855415, -0.8185591, 1.0731502, 0.8020268),
        "age": (-1.10598131, 0.4236601, -1.9737884, -0.3074251, 6.1434719e-03),
        "oc": (-0.06881673, 0.4437934, -0.9414363, 0.7892020, 0.8751911),
        "vic": (2.26887464, 0.5484160, 1.2730216, 3.4354328, 1.678877e-06),
        "vicl": (-2.11140817, 0.5430824, -3.2608611, -1.1177350, 1.237805e-05),
        "vis": (-0.78831695, 0.4173676, -1.6080879, 0.0151847, 5.449701e-02),
        "dia": (3.09601166, 1.6750084, 0.7745682, 8.0302936, 4.951873e-03),
    }
    for name, (estimate, error, lower, upper, p) in expected.items():
        found = fit.profile(name)
        assert found.estimate == approx(estimate, abs=5e-7)
        assert found.se == approx(error, abs=2e-5)
        assert (found.lower, found.upper) == approx((lower, upper), abs=2e-5)
        assert found.p_value == approx(p, rel=1e-5)
    assert (fit.statistic, fit.df) == (approx(49.09064, abs=1e-4), 6)
    assert fit.p_value == approx(7.15089e-09, rel=1e-4)


def penalised(beta, x, y):
    eta = x @ beta
    p = 1 / (1 + np.exp(-eta))
    information = x.T @ ((p * (1 - p))[:, None] * x)
    return -(y @ eta - np.logaddexp(0, eta).sum()) - np.linalg.slogdet(information)[1] / 2


def test_firth_fit_and_profile_agree_with_a_search_on_the_penalised_likelihood():
    data = sex2()
    x, y = np.column_stack([np.ones(len(data)), data[["age", "vic"]]]), data["case"].to_numpy()
    fit = logistic.firth(data, outcome="case", terms=["age", "vic"])
    best = minimize(penalised, np.zeros(3), args=(x, y), method="BFGS", options={"gtol": 1e-9})
    assert fit.coefficients == approx(best.x, abs=1e-6)
    assert fit.log_likelihood == approx(-best.fun, abs=1e-9)
    found = fit.profile("age", level=0.9)
    for value, gap in ((found.lower, chi2.ppf(0.9, 1)), (found.upper, chi2.ppf(0.9, 1)), (0.0, None)):
        held = minimize(lambda b, v=value: penalised(np.array([b[0], v, b[1]]), x, y), [0.0, 0.0], method="BFGS")
        if gap is None:
            assert found.p_value == approx(chi2.sf(2 * (held.fun - best.fun), 1), rel=1e-5)
        else:
            assert 2 * (held.fun - best.fun) == approx(gap, rel=1e-5)


# Firth 1993: for a two by two table the penalty adds half a unit to every cell
@given(st.integers(0, 15), st.integers(0, 16))
@settings(max_examples=40)
def test_firth_adds_half_a_unit_to_every_cell_of_a_table(events, events_ref):
    fit = logistic.firth(table(events, 15, events_ref, 16), outcome="y", terms=["arm"])
    odds = (events_ref + 0.5) / (16.5 - events_ref)
    assert fit.coefficients == approx((log(odds), log((events + 0.5) / (15.5 - events) / odds)), abs=1e-7)
    found = fit.profile("arm")
    assert found.lower < found.estimate < found.upper
    assert np.isfinite([found.lower, found.upper]).all()


# Puhr et al 2017: the mean fitted probability is that of the data; logistf's FLIC covariance leaves out 1 - p
@pytest.mark.parametrize("correction", ["flic", "flac"])
def test_corrected_predictions_are_unbiased(correction):
    data = sex2()
    plain = logistic.firth(data, outcome="case", terms=TERMS)
    fit = logistic.firth(data, outcome="case", terms=TERMS, correction=correction)
    assert abs(plain.probabilities().mean() - data["case"].mean()) > 1e-4
    assert fit.probabilities().mean() == approx(data["case"].mean(), abs=1e-9)
    if correction == "flic":
        assert fit.coefficients[1:] == approx(plain.coefficients[1:], rel=1e-9)
        assert fit.profile("dia") == plain.profile("dia")
        assert fit.profile("Intercept").reason == "undefined"
        p = fit.probabilities()
        x = np.column_stack([np.ones(len(data)), data[TERMS]])
        assert fit.covariance == approx(np.linalg.inv(x.T @ ((p * (1 - p))[:, None] * x)), rel=1e-9)
    else:
        found = fit.profile("dia")
        assert found.lower < fit.coefficients[-1] < found.upper


def test_flac_is_maximum_likelihood_on_the_augmented_data():
    import statsmodels.api as sm

    data = sex2()
    x = np.column_stack([np.ones(len(data)), data[TERMS]])
    plain = logistic.firth(data, outcome="case", terms=TERMS)
    p = plain.probabilities()
    root = np.sqrt(p * (1 - p))[:, None] * x
    half = np.diag(root @ np.linalg.inv(root.T @ root) @ root.T) / 2
    y = data["case"].to_numpy()
    flag = np.r_[np.zeros(len(y)), np.ones(2 * len(y))]
    theirs = sm.GLM(
        np.r_[y, y, 1 - y],
        np.column_stack([np.vstack([x, x, x]), flag]),
        family=sm.families.Binomial(),
        freq_weights=np.r_[np.ones(len(y)), half, half],
    ).fit(tol=1e-12)
    fit = logistic.firth(data, outcome="case", terms=TERMS, correction="flac")
    assert fit.coefficients == approx(theirs.params[:-1], abs=1e-7)
    assert se(fit) == approx(theirs.bse[:-1], rel=1e-6)


# R 4.2: glm(case ~ age + oc + vic + vicl + vis, binomial), sandwich::vcovHC and profile limits by MASS::confint
def test_maximum_likelihood_of_r_is_reproduced():
    data, terms = sex2(), TERMS[:-1]
    fit = logistic.logistic(data, outcome="case", terms=terms)
    expected = (
        0.225799880719, -1.040538703702, -0.138726651633, 2.369162984761, -2.286094611666, -0.701214160141,
    )  # fmt: skip
    # R stops at a relative change of the deviance of 1e-8, and its covariance is that of the step before
    assert fit.coefficients == approx(expected, abs=2e-7)
    assert fit.log_likelihood == approx(-143.133831092, abs=1e-8)
    errors = {
        "model": (0.486751563676, 0.413612180991, 0.445806482213),
        "HC0": (0.484966449712, 0.399020165426, 0.440220917524),
        "HC1": (0.491170963592, 0.404125108574, 0.445852970616),
        "HC2": (0.494502070645, 0.406559693396, 0.449847426761),
        "HC3": (0.504314433356, 0.414293961844, 0.459735832373),
    }
    for kind, values in errors.items():
        again = logistic.logistic(data, outcome="case", terms=terms, covariance=kind)
        assert se(again)[:3] == approx(values, rel=1e-4)
    for name, limits in (("age", (-1.888061264551, -0.253490334511)), ("vic", (1.341886462808, 3.589395741245))):
        found = fit.profile(name)
        assert (found.lower, found.upper) == approx(limits, abs=2e-4)


def test_maximum_likelihood_agrees_with_statsmodels():
    import statsmodels.api as sm

    data = sex2()
    fit = logistic.logistic(data, outcome="case", terms=["age", "vic"])
    theirs = sm.Logit(data["case"], sm.add_constant(data[["age", "vic"]])).fit(disp=0, tol=1e-12)
    assert fit.coefficients == approx(list(theirs.params), rel=1e-7)
    assert se(fit) == approx(list(theirs.bse), rel=1e-7)
    assert (fit.statistic, fit.p_value) == approx((theirs.llr, theirs.llr_pvalue), rel=1e-6)
    odds = fit.contrast({"age": 1, "vic": 1})
    expected = theirs.t_test([0, 1, 1])
    assert (odds.lower, odds.upper) == approx(tuple(expected.conf_int()[0]), rel=1e-6)


def test_a_separated_table_has_finite_firth_limits_and_no_likelihood_fit():
    data = table(7, 7, 3, 6)
    found = logistic.firth(data, outcome="y", terms=["arm"]).profile("arm")
    assert 0 < found.estimate < found.upper < inf
    assert logistic.logistic(data, outcome="y", terms=["arm"]).profile("arm").reason == "separated"


# R 4.2 with beeca 0.2, glm(case ~ age + oc + vic) of sex2: varcov_ge with vcov and with HC0, varcov_ye
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, 0.0853815649396),
        ({"covariance": "HC0"}, 0.0846645699802),
        ({"variance": "ye"}, 0.0849893273078),
    ],
)
def test_standardised_risk_differences_of_beeca_are_reproduced(options, error):
    found = logistic.g_computation(sex2(), outcome="case", arm="age", reference=0, covariates=["oc", "vic"], **options)
    assert (found.reference.estimate, found.arm.estimate) == approx((0.575674349455, 0.376109792270), abs=1e-7)
    assert found.difference.se == approx(error, rel=2e-6)


def test_without_covariates_standardisation_gives_the_observed_risks():
    found = logistic.g_computation(table(10, 16, 5, 15), outcome="y", arm="arm", reference=0)
    p, q = 10 / 16, 5 / 15
    assert (found.arm.estimate, found.reference.estimate) == approx((p, q), rel=1e-9)
    error = sqrt(p * (1 - p) / 16 + q * (1 - q) / 15)
    assert found.difference.se == approx(error, rel=1e-9)
    assert found.ratio.estimate == approx(p / q, rel=1e-9)
    assert found.ratio.se == approx(sqrt((1 - p) / 10 + (1 - q) / 5), rel=1e-9)
    assert found.ratio.upper == approx(exp(log(p / q) + 1.959963984540054 * found.ratio.se), rel=1e-9)
    assert found.odds_ratio.se == approx(sqrt(1 / 10 + 1 / 6 + 1 / 5 + 1 / 10), rel=1e-9)
    unconditional = logistic.g_computation(table(10, 16, 5, 15), outcome="y", arm="arm", reference=0, variance="ye")
    assert unconditional.difference.se == approx(sqrt(p * (1 - p) / 15 + q * (1 - q) / 14), rel=1e-6)


def test_interactions_give_each_arm_its_own_model():
    data = sex2()
    found = logistic.g_computation(
        data, outcome="case", arm="age", reference=0, covariates=["oc", "vic"], interactions=True
    )
    for arm, estimate in ((1, found.arm.estimate), (0, found.reference.estimate)):
        own = logistic.logistic(data[data["age"] == arm], outcome="case", terms=["oc", "vic"])
        eta = own.coefficients[0] + data[["oc", "vic"]].to_numpy() @ own.coefficients[1:]
        assert estimate == approx((1 / (1 + np.exp(-eta))).mean(), rel=1e-7)


def test_firth_standardises_where_maximum_likelihood_has_no_answer():
    data = table(0, 16, 5, 15)
    ml = logistic.g_computation(data, outcome="y", arm="arm", reference=0)
    assert (ml.difference.reason, ml.arm.estimate, ml.odds_ratio.reason) == ("separated", None, "separated")
    firth = logistic.g_computation(data, outcome="y", arm="arm", reference=0, method="firth")
    assert firth.difference.estimate == approx(0.5 / 17 - 5.5 / 16, rel=1e-9)
    for method in ("flic", "flac"):
        found = logistic.g_computation(data, outcome="y", arm="arm", reference=0, method=method)
        assert (16 * found.arm.estimate + 15 * found.reference.estimate) / 31 == approx(5 / 31, rel=1e-8)


@given(binary)
@settings(max_examples=50)
def test_every_small_data_set_has_finite_numbers_or_a_reason(rows):
    data = pd.DataFrame(rows, columns=["y", "arm", "x"])
    for fit in (
        logistic.logistic(data, outcome="y", terms=["arm", "x"]),
        logistic.firth(data, outcome="y", terms=["arm", "x"]),
        logistic.firth(data, outcome="y", terms=["arm", "x"], correction="flic"),
    ):
        found = fit.coefficient("arm")
        if fit.reason:
            assert fit.reason in ("separated", "no-events", "collinear", "too-few", "not-converged")
            assert found.estimate is None
        else:
            assert np.isfinite([found.estimate, found.se, found.lower, found.upper]).all()
            assert found.se < 1000
    for method in ("ml", "firth"):
        found = logistic.g_computation(data, outcome="y", arm="arm", reference=0, covariates=["x"], method=method)
        if found.difference.estimate is not None:
            assert -1 <= found.difference.estimate <= 1


def test_separation_is_found_by_a_linear_programme():
    x = np.array([-3.0, -2, -1, 1, 2, 3])
    frame = pd.DataFrame({"x": x, "y": (x > 0) * 1})
    assert logistic.logistic(frame, outcome="y", terms=["x"]).reason == "separated"
    touching = pd.DataFrame({"x": [-2.0, -1, 0, 0, 1, 2], "y": [0, 0, 0, 1, 1, 1]})
    assert logistic.logistic(touching, outcome="y", terms=["x"]).reason == "separated"
    overlapping = pd.DataFrame({"x": [-2.0, -1, 0, 0.1, 1, 2], "y": [0, 0, 1, 0, 1, 1]})
    assert logistic.logistic(overlapping, outcome="y", terms=["x"]).reason == ""
    # far values are no separation
    far = pd.DataFrame({"x": [*range(20), 1e6], "y": [0, 1] * 10 + [1]})
    assert logistic.logistic(far, outcome="y", terms=["x"]).reason in ("", "not-converged")


def test_data_without_an_answer_have_a_reason():
    data = table(5, 10, 3, 10)

    def both(frame, **options):
        call = {"outcome": "y", "terms": ["arm"]} | options
        return logistic.logistic(frame, **call).reason, logistic.firth(frame, **call).reason

    assert both(data.assign(y=0)) == ("no-events", "")
    assert both(data.assign(y=1)) == ("separated", "")
    assert logistic.firth(data.assign(y=0), outcome="y", terms=["arm"], correction="flac").reason == "no-events"
    assert both(data.assign(arm=1)) == ("collinear", "collinear")
    assert both(data[:1]) == ("too-few", "too-few")
    assert both(data[:0]) == ("too-few", "too-few")
    fit = logistic.logistic(data.assign(arm=1), outcome="y", terms=["arm"])
    assert (fit.profile("arm").reason, fit.coefficient("arm").estimate) == ("collinear", None)
    with pytest.raises(InvalidInput, match="no estimate"):
        fit.probabilities()
    single = logistic.g_computation(data[:0], outcome="y", arm="arm", reference=0)
    assert single.difference.reason == "too-few"
    lone = logistic.g_computation(table(1, 1, 3, 9), outcome="y", arm="arm", reference=0, method="firth", variance="ye")
    assert (lone.difference.reason, lone.difference.se) == ("no-variance", None)
    gone = data.assign(arm=data["arm"].where(data.index > 2))
    assert logistic.logistic(gone, outcome="y", terms=["arm"]).left_out == 3


def test_arguments_that_are_no_data_are_refused():
    data = table(5, 10, 3, 10).assign(name="a", three=[0, 1, 2, 0, 1] * 4)
    for call in (
        lambda: logistic.logistic(data, outcome="three", terms=["arm"]),
        lambda: logistic.logistic(data, outcome="y", terms=["name"]),
        lambda: logistic.logistic(data, outcome="y", terms=["absent"]),
        lambda: logistic.logistic(data, outcome="y", terms=["arm"], covariance="best"),
        lambda: logistic.firth(data, outcome="y", terms=["arm"], correction="best"),
        lambda: logistic.firth(data, outcome="y", terms=["arm"], correction="flic", intercept=False),
        lambda: logistic.firth(data, outcome="y", terms=["arm"]).profile("x"),
        lambda: logistic.firth(data, outcome="y", terms=["arm"]).profile("arm", level=95),
        lambda: logistic.g_computation(data, outcome="y", arm="three", reference=0),
        lambda: logistic.g_computation(data, outcome="y", arm="absent", reference=0),
        lambda: logistic.g_computation(data, outcome="y", arm="arm", reference=0, method="bayes"),
        lambda: logistic.g_computation(data, outcome="y", arm="arm", reference=0, variance="best"),
        lambda: logistic.g_computation(data, outcome="y", arm="arm", reference=0, alternative="up"),
    ):
        with pytest.raises(InvalidInput):
            call()
