"""Least squares with robust errors. Cases name their source in tests/reference/cases.json; the id is the test's."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats import t as t_distribution

from helpers.errors import InvalidInput
from helpers.stats import clustered
from tests.stats.reference import cases, tolerance

#: Six clusters of different sizes and a second classification, made for the comparison with R
Y = "0.13 1.09 0.76 1.11 2.85 1.15 0.76 1.3 0.38 -0.94 -1.05 -1.06 -2.27 0.82 1.83 -0.31 2.71 1.71 1.38 3.84 2.43 -0.01"
X2 = "0 0.3 -0.27 -0.89 -0.45 -0.99 0.06 1.34 -0.49 -0.62 0.49 0.36 0.11 -0.93 -0.03 0.7 -1.34 -0.46 -1.9 -1.29 -1.84"
SMALL = pd.DataFrame(
    {
        "y": [float(v) for v in f"{Y} 1.57 1.61".split()],
        "x1": [1.0] * 6 + [0.0] * 3 + [1.0] * 4 + [0.0] * 2 + [1.0] * 5 + [0.0] * 4,
        "x2": [float(v) for v in f"{X2} -0.24 -1.27 0.27".split()],
        "g": [1] * 6 + [2] * 3 + [3] * 4 + [4] * 2 + [5] * 5 + [6] * 4,
        "h": [1, 2, 3, 4] * 6,
    }
)


def se(fit):
    return np.sqrt(np.diag(fit.covariance))


def petersen():
    import statsmodels.stats.tests as folder

    path = Path(folder.__file__).parent / "test_data.txt"
    return pd.read_csv(path, sep=r"\s+", header=None, names=["firm", "year", "x", "y"])


def test_petersens_standard_errors_are_reproduced():
    data = petersen()
    found = {"white": clustered.least_squares(data, outcome="y", terms=["x"], covariance="HC1")}
    for key, kinds in (("firm", "firm"), ("year", "year"), ("two_way", ("firm", "year"))):
        found[key] = clustered.clustered_least_squares(data, outcome="y", terms=["x"], cluster=kinds, covariance="CR1S")
    case = cases()["CLUSTER-PETERSEN"]
    for key, fit in found.items():
        assert se(fit) == approx(case["expected"][key], abs=tolerance(case, key))
        assert se(fit) == approx(case["computed"][key], rel=1e-8)
    assert found["year"].coefficient("x").df == 9


# R 4.2 with clubSandwich 0.6, coef_test(lm(y ~ x1 + x2), vcov, cluster = g, test = "Satterthwaite"); sandwich: vcovHC
@pytest.mark.parametrize(
    ("kind", "errors", "degrees"),
    [
        ("CR0", (0.160620489354, 0.549911336951, 0.315225547039), (2.1225561804, 3.68210784441, 3.68038108310)),
        ("CR1", (0.175950930434, 0.602397687752, 0.345312285630), (2.1225561804, 3.68210784441, 3.68038108310)),
        ("CR1S", (0.184139024623, 0.630431009284, 0.361381819974), (2.1225561804, 3.68210784441, 3.68038108310)),
        ("CR2", (0.233458784623, 0.695079511524, 0.408069252573), (2.01612593760, 3.50090230869, 3.32547828627)),
        ("CR3", (0.334425907882, 0.885615526547, 0.535433478922), (1.92672803794, 3.27394304461, 3.02202744067)),
    ],
)
def test_clubsandwich_errors_and_degrees_of_freedom_are_reproduced(kind, errors, degrees):
    fit = clustered.clustered_least_squares(
        SMALL, outcome="y", terms=["x1", "x2"], cluster="g", covariance=kind, degrees="satterthwaite"
    )
    assert se(fit) == approx(errors, rel=1e-9)
    assert [fit.coefficient(name).df for name in fit.names] == approx(degrees, rel=1e-8)
    assert fit.coefficients == approx((0.887580114403, -0.507241851673, -0.863188169449), rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "errors"),
    [
        ("HC0", (0.348933411496, 0.446066315259, 0.284325047903)),
        ("HC1", (0.373025507605, 0.476864949566, 0.303956261637)),
        ("HC2", (0.393600877434, 0.479872325359, 0.317979490675)),
        ("HC3", (0.446873851302, 0.518608776958, 0.358035769351)),
    ],
)
def test_heteroscedastic_errors_of_sandwich_are_reproduced_and_agree_with_statsmodels(kind, errors):
    import statsmodels.api as sm

    fit = clustered.least_squares(SMALL, outcome="y", terms=["x1", "x2"], covariance=kind)
    assert se(fit) == approx(errors, rel=1e-9)
    theirs = sm.OLS(SMALL["y"], sm.add_constant(SMALL[["x1", "x2"]])).fit(cov_type=kind, use_t=True)
    assert [fit.coefficient(n).p_value for n in fit.names] == approx(list(theirs.pvalues), rel=1e-8)
    # a row a cluster: the clustered covariances are the heteroscedastic ones
    alone = SMALL.assign(row=range(len(SMALL)))
    name = {"HC0": "CR0", "HC1": "CR1S", "HC2": "CR2", "HC3": "CR3"}[kind]
    each = clustered.clustered_least_squares(alone, outcome="y", terms=["x1", "x2"], cluster="row", covariance=name)
    assert se(each) == approx(errors, rel=1e-8)


def test_bell_mccaffrey_degrees_follow_the_definition():
    fit = clustered.clustered_least_squares(SMALL, outcome="y", terms=["x1", "x2"], cluster="g")
    x = np.column_stack([np.ones(24), SMALL["x1"], SMALL["x2"]])
    bread = np.linalg.inv(x.T @ x)
    rest, c = np.eye(24) - x @ bread @ x.T, np.array([0.0, 1.0, -1.0])
    columns = []
    for g in range(1, 7):
        rows = (SMALL["g"] == g).to_numpy()
        values, vectors = np.linalg.eigh(rest[np.ix_(rows, rows)])
        a = vectors @ np.diag(values**-0.5) @ vectors.T
        columns.append(rest[:, rows] @ a @ x[rows] @ bread @ c)
    gram = np.array(columns) @ np.array(columns).T
    eigen = np.linalg.eigvalsh(gram)
    expected = eigen.sum() ** 2 / (eigen**2).sum()
    found = fit.contrast([0.0, 1.0, -1.0])
    assert found.df == approx(expected, rel=1e-9)
    assert found.upper == approx(found.estimate + t_distribution.ppf(0.975, expected) * found.se, rel=1e-9)


def test_classical_errors_are_those_of_statsmodels():
    import statsmodels.api as sm

    fit = clustered.least_squares(SMALL, outcome="y", terms=["x1", "x2"], covariance="classical")
    theirs = sm.OLS(SMALL["y"], sm.add_constant(SMALL[["x1", "x2"]])).fit()
    assert se(fit) == approx(list(theirs.bse), rel=1e-10)
    both = fit.contrast({"x1": 1, "x2": 2}, level=0.9)
    expected = theirs.t_test([0, 1, 2])
    assert (both.lower, both.upper) == approx(tuple(expected.conf_int(alpha=0.1)[0]), rel=1e-9)
    gone = SMALL.assign(x2=SMALL["x2"].mask(SMALL.index < 2))
    assert clustered.least_squares(gone, outcome="y", terms=["x1", "x2"]).left_out == 2


def test_regressions_that_cannot_be_fitted_have_a_reason():
    fit = clustered.clustered_least_squares
    assert fit(SMALL[:6], outcome="y", terms=["x2"], cluster="g").reason == "too-few"
    assert fit(SMALL, outcome="y", terms=["x1", "g", "h"], cluster="g").coefficients is not None
    assert fit(SMALL.assign(z=1.0), outcome="y", terms=["z"], cluster="g").reason == "collinear"
    assert fit(SMALL[:0], outcome="y", terms=["x1"], cluster="g").reason == "too-few"
    assert clustered.least_squares(SMALL[:2], outcome="y", terms=["x2"]).reason == "too-few"
    alone = SMALL.assign(only=(SMALL.index == 0) * 1.0)
    assert clustered.least_squares(alone, outcome="y", terms=["only"], covariance="HC3").reason == "singular"
    assert fit(alone, outcome="y", terms=["x1"], cluster="x1", covariance="CR3").reason == "singular"
    flat = SMALL.assign(y=2.0)
    found = clustered.least_squares(flat, outcome="y", terms=["x1"]).coefficient("x1")
    assert (found.reason, found.estimate) == ("no-variance", approx(0, abs=1e-12))
    missing = fit(SMALL[:6], outcome="y", terms=["x2"], cluster="g").coefficient("x2")
    assert (missing.estimate, missing.reason) == (None, "too-few")


def test_options_outside_their_lists_are_refused():
    for call in (
        lambda: clustered.least_squares(SMALL, outcome="y", terms=["x1"], covariance="CR2"),
        lambda: clustered.least_squares(SMALL, outcome="y", terms=["absent"]),
        lambda: clustered.clustered_least_squares(SMALL, outcome="y", terms=["x1"], cluster=("g", "h")),
        lambda: clustered.clustered_least_squares(SMALL, outcome="y", terms=["x1"], cluster="g", degrees="best"),
        lambda: clustered.least_squares(SMALL, outcome="y", terms=["x1"]).coefficient("x9"),
        lambda: clustered.least_squares(SMALL, outcome="y", terms=["x1"]).contrast([1.0]),
    ):
        with pytest.raises(InvalidInput):
            call()
