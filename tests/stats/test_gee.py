"""Every case below names its source in tests/reference/cases.json; the id is the test's."""

from itertools import pairwise
from math import exp

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import norm
from scipy.stats import t as t_distribution

from helpers.errors import InvalidInput
from helpers.stats import gee
from tests.stats.gee_cases import logistic_1, se, shipped, small
from tests.stats.reference import cases, tolerance

VISITS = ["v2", "v3", "v4"]
TERMS = ["A", *VISITS, "Av2", "Av3", "Av4"]
COVARIANCES = ["robust", "mancl-derouen", "kauermann-carroll", "fay-graubard", "morel-bokossa-neerchal"]


def respiratory(missing=False):
    """Case GEE-RESP-IND, one row a visit; with some visits missing for the comparison with geepack."""
    rows, who = [], 0
    for arm, patterns in cases()["GEE-RESP-IND"]["inputs"]["patterns"].items():
        for pattern, count in patterns.items():
            for _ in range(count):
                who += 1
                rows += [(who, int(arm == "A"), v, int(y)) for v, y in enumerate(pattern, start=1)]
    data = pd.DataFrame(rows, columns=["id", "A", "v", "y"])
    for k in (2, 3, 4):
        data[f"v{k}"] = (data["v"] == k).astype(int)
        data[f"Av{k}"] = data["A"] * data[f"v{k}"]
    if missing:
        gone = (data["id"] % 5 == 0) & (data["v"] >= 3) | (data["id"] % 7 == 0) & (data["v"] == 2)
        return data[~gone]
    return data


def test_respiratory_trial_is_reproduced():
    id, case = "GEE-RESP-IND", cases()["GEE-RESP-IND"]
    fit = gee.gee(
        respiratory(), outcome="y", terms=TERMS, cluster="id", correlation="independence", covariance="robust",
        degrees="normal",
    )  # fmt: skip
    for key, found in (("coef", fit.coefficients), ("se", se(fit))):
        assert found == approx(case["expected"][key], abs=tolerance(case, key))
        assert found == approx(case["computed"][key], rel=1e-8)
    for k, expected in zip((None, 2, 3, 4), case["expected"]["odds_ratio"], strict=True):
        odds = fit.contrast({"A": 1} | ({f"Av{k}": 1} if k else {}))
        assert [exp(v) for v in (odds.estimate, odds.lower, odds.upper)] == approx(
            expected, abs=tolerance(case, "odds_ratio")
        )
    assert (fit.clusters, fit.n, id) == (111, 444, case["id"])


@pytest.mark.parametrize(("correlation", "key"), [("exchangeable", "exch"), ("independence", "ind")])
def test_r_gee_logistic_fits_are_reproduced(correlation, key):
    case = cases()["GEE-LOGISTIC-R"]
    fit = gee.gee(
        logistic_1(), outcome="y", terms=["x1", "x2", "x3"], cluster="id", correlation=correlation, covariance="robust"
    )
    for name, found in ((f"{key}_coef", fit.coefficients), (f"{key}_se", se(fit))):
        assert found == approx(case["expected"][name], abs=tolerance(case, name))
        assert found == approx(case["computed"][name], abs=2e-9)


# R gee, corstr = "AR-M", as printed in statsmodels/genmod/tests/test_gee.py, which does not reproduce it
def test_r_gee_autoregressive_fit_is_reproduced():
    fit = gee.gee(
        logistic_1(), outcome="y", terms=["x1", "x2", "x3"], cluster="id", correlation="ar1", covariance="robust",
        moments="gee",
    )  # fmt: skip
    expected = [0.0109621937947958, 1.13226505028438, -1.88278757333046, 1.09954623769449]
    errors = [0.127240302296444, 0.170554083928117, 0.191045527104503, 0.169776150974586]
    assert fit.coefficients == approx(expected, abs=1e-6)
    assert se(fit) == approx(errors, abs=1e-6)


# R gee, Gaussian and Poisson (scale.fix = TRUE), as printed in the same file
def test_r_gee_gaussian_and_poisson_fits_are_reproduced():
    linear = shipped("gee_linear_1.csv", ["id", "y", "x1", "x2", "x3"])
    fit = gee.gee(linear, outcome="y", terms=["x1", "x2", "x3"], cluster="id", family="gaussian", covariance="robust")
    expected = [-0.0182920577154767, 0.814898414022467, -1.56194040106201, 0.793499517527478]
    errors = [0.0440369906460754, 0.0480069787567662, 0.049519758758187, 0.0479760443027526]
    assert fit.coefficients == approx(expected, abs=1e-9)
    assert se(fit) == approx(errors, abs=1e-9)
    counts = shipped("gee_poisson_1.csv", ["id", "y", *(f"x{k}" for k in range(1, 6))])
    fit = gee.gee(
        counts, outcome="y", terms=[f"x{k}" for k in range(1, 6)], cluster="id", family="poisson", covariance="robust",
        dispersion=1.0,
    )  # fmt: skip
    expected = [-0.0315615554826533, -0.0562589480840004, 0.0178419412298561, 0.571512795340481]
    errors = [0.0610840153582275, 0.0376887268649102, 0.0325168379415177, 0.0369786751362213]
    assert fit.coefficients[:4] == approx(expected, abs=1e-5)
    assert se(fit)[:4] == approx(errors, abs=1e-5)


# R 4.2 geepack 1.3: geeglm(y ~ A + v, id, waves = v, family = binomial, corstr), the second with visits missing
@pytest.mark.parametrize(
    ("missing", "correlation", "coefficients", "errors", "alpha"),
    [
        (
            False,
            "exchangeable",
            (-0.07486876208, 0.98569887205, -0.06204151251),
            (0.25765668907, 0.31190760708, 0.06518439646),
            (0.4964639186,),
        ),
        (
            False,
            "unstructured",
            (-0.04817073418, 0.99022906334, -0.07203298779),
            (0.25571017772, 0.31180499510, 0.06480861843),
            (0.4686586029, 0.4110991085, 0.5245917137, 0.5094240237, 0.5062944644, 0.5585203921),
        ),
        (
            True,
            "exchangeable",
            (-0.02565100832, 0.91414418633, -0.06018718308),
            (0.26443409129, 0.31953659358, 0.07233398092),
            (0.5129032533,),
        ),
    ],
)
def test_geepack_fits_are_reproduced(missing, correlation, coefficients, errors, alpha):
    fit = gee.gee(
        respiratory(missing), outcome="y", terms=["A", "v"], cluster="id", time="v", correlation=correlation,
        covariance="robust", moments="geepack",
    )  # fmt: skip
    assert fit.coefficients == approx(coefficients, rel=1e-7)
    assert se(fit) == approx(errors, rel=1e-7)
    assert fit.correlation == approx(alpha, rel=1e-7)


@pytest.mark.parametrize(("degrees", "df"), [("clusters-p", 10), ("clusters-1", 11), ("normal", None), (7.5, 7.5)])
def test_intervals_use_the_degrees_of_freedom_asked_for(degrees, df):
    fit = gee.gee(small(4), outcome="y", terms=["arm"], cluster="id", degrees=degrees)
    found = fit.coefficient("arm", level=0.9)
    quantile = norm.ppf(0.95) if df is None else t_distribution.ppf(0.95, df)
    assert found.df == df
    assert found.upper == approx(found.estimate + quantile * found.se, rel=1e-9)
    below = fit.coefficient("arm", level=0.95, alternative="less")
    assert (below.lower, below.upper) == (-np.inf, approx(found.upper, rel=1e-9))


# an ar1 correlation is a power of the lag: with all lags 1 apart in pairs it is exchangeable
def test_ar1_uses_the_times():
    data = small(6, 20)
    data["time"] = data.groupby("id").cumcount()
    by_order = gee.gee(data, outcome="y", terms=["arm"], cluster="id", correlation="ar1")
    mixed = data.sample(frac=1, random_state=1)
    by_time = gee.gee(mixed, outcome="y", terms=["arm"], cluster="id", correlation="ar1", time="time")
    assert by_time.coefficients == approx(by_order.coefficients, rel=1e-8)
    assert by_time.correlation == approx(by_order.correlation, rel=1e-8)
    pairs = data[data["time"] < 2]
    found = [
        gee.gee(pairs, outcome="y", terms=["arm"], cluster="id", time="time", correlation=kind)
        for kind in ("ar1", "exchangeable", "unstructured")
    ]
    for one, other in pairwise(found):
        assert one.coefficients == approx(other.coefficients, rel=1e-8)
    far = data.assign(time=data["time"] * 2)
    lone = gee.gee(far, outcome="y", terms=["arm"], cluster="id", correlation="ar1", time="time")
    assert lone.correlation == (0.0,)


def test_an_offset_is_exposure():
    data = small(7, 20).assign(log_time=lambda d: np.log(1 + d["id"] % 3))
    fit = gee.gee(data, outcome="count", terms=["arm"], cluster="id", family="poisson", correlation="independence",
                  offset="log_time")  # fmt: skip
    rates = [
        data.loc[data["arm"] == a, "count"].sum() / np.exp(data.loc[data["arm"] == a, "log_time"]).sum() for a in (0, 1)
    ]
    assert [exp(fit.coefficients[0]), exp(fit.coefficients.sum())] == approx(rates, rel=1e-9)


@given(st.integers(0, 10_000), st.sampled_from(["independence", "exchangeable", "ar1"]), st.sampled_from(COVARIANCES))
@settings(max_examples=40)
def test_every_small_data_set_has_finite_numbers_or_a_reason(seed, correlation, covariance):
    fit = gee.gee(small(seed, 5), outcome="y", terms=["arm"], cluster="id", correlation=correlation,
                  covariance=covariance)  # fmt: skip
    found = fit.coefficient("arm")
    if found.reason:
        assert found.reason in ("separated", "no-events", "singular", "not-converged", "no-variance")
        assert found.lower is None
    else:
        assert np.isfinite([found.estimate, found.se, found.lower, found.upper]).all()
        assert abs(found.estimate) < 20


@pytest.mark.parametrize("link", ["logit", "log", "identity"])
def test_a_group_without_events_is_called_separated(link):
    data = small(10, 20)
    for arm in (0, 1):
        empty = data.assign(y=data["y"].where(data["arm"] == arm, 0))
        fit = gee.gee(empty, outcome="y", terms=["arm"], cluster="id", link=link)
        assert (fit.reason, fit.coefficients) == ("separated", None)
        found = gee.standardise(fit, data.assign(arm=1), data.assign(arm=0))
        assert (found.difference.estimate, found.ratio.reason) == (None, "separated")
    counts = data.assign(count=data["count"].where(data["arm"] == 1, 0))
    assert gee.gee(counts, outcome="count", terms=["arm"], cluster="id", family="poisson").reason == "separated"


def test_data_without_an_answer_have_a_reason():
    data = small(11)

    def reason(frame, **options):
        return gee.gee(frame, outcome="y", cluster="id", **({"terms": ["arm"]} | options)).reason

    assert reason(data.assign(y=0)) == "no-events"
    assert reason(data.assign(y=1)) == "separated"
    assert reason(data.assign(y=0), family="poisson") == "no-events"
    assert reason(data.assign(id=1)) == "too-few"
    assert reason(data[:0]) == "too-few"
    assert reason(data.assign(again=2 * data["arm"]), terms=["arm", "again"]) == "collinear"
    alone = data.assign(only=(data["id"] == 0) * 1.0, z=data["y"] + data["x"])
    fit = gee.gee(alone, outcome="z", terms=["only"], cluster="id", family="gaussian", correlation="independence")
    assert (fit.reason, fit.covariance) == ("singular", None)
    assert (fit.coefficient("only").reason, fit.coefficient("only").estimate is None) == ("singular", False)
    two = gee.gee(data[data["id"] < 2], outcome="z", terms=["x"], cluster="id", family="gaussian", covariance="model")
    assert two.coefficient("x").reason in ("too-few", "no-variance")
    gone = data.assign(x=data["x"].mask(data.index < 3))
    assert gee.gee(gone, outcome="y", terms=["x"], cluster="id").left_out == 3


def test_arguments_that_are_no_data_are_refused():
    data = small(12)
    call = {"outcome": "y", "terms": ["arm"], "cluster": "id"}
    for change in (
        {"outcome": "z"},
        {"outcome": "absent"},
        {"terms": ["absent"]},
        {"terms": [], "intercept": False},
        {"family": "gamma"},
        {"link": "probit"},
        {"correlation": "toeplitz"},
        {"covariance": "best"},
        {"degrees": "best"},
        {"degrees": -1},
        {"degrees": "pan-wall", "covariance": "model"},
        {"dispersion": 0},
        {"moments": "best"},
        {"outcome": "z", "family": "poisson"},
        {"correlation": "ar1", "time": "arm"},
        {"correlation": "ar1", "time": "x"},
    ):
        with pytest.raises(InvalidInput):
            gee.gee(data, **(call | change))
    fit = gee.gee(data, **call)
    with pytest.raises(InvalidInput, match="no column arm"):
        gee.standardise(fit, data.drop(columns="arm"), data)
    with pytest.raises(InvalidInput, match="rows"):
        gee.standardise(fit, data, data[:3])
    with pytest.raises(InvalidInput, match="weights"):
        gee.standardise(fit, data, data, weights=np.zeros(len(data)))
