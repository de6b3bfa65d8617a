"""Covariances of few clusters, their degrees of freedom, and standardised risks."""

import warnings
from math import exp

import numpy as np
import pytest
from pytest import approx

from helpers.stats import gee
from tests.stats.gee_cases import logistic_1, se, small


# R 4.2 geepack 1.3: geeglm(y ~ x1, corstr = "exchangeable"), first 14 clusters of gee_logistic_1; then geesmv 1.3
# GEE.var.md, .fg and saws 0.9 (d3, d5) on that fit, and GEE.var.mbn for independence. geesmv's KC is left out: it takes
# the square root of a matrix that is not symmetric as if it were.
def test_corrected_errors_and_degrees_of_geesmv_and_saws_are_reproduced():
    def fit(covariance, correlation="exchangeable", **options):
        return gee.gee(
            logistic_1(14), outcome="y", terms=["x1"], cluster="id", covariance=covariance, correlation=correlation,
            moments="geepack", degrees="fay-graubard", **options,
        )  # fmt: skip

    robust = fit("robust")
    assert robust.coefficients == approx((0.2202429178, 0.7201845981), rel=1e-8)
    assert (robust.correlation[0], robust.dispersion) == approx((0.2040141377, 1.068674707), rel=1e-8)
    assert se(robust) == approx((0.3530655875, 0.2854757540), rel=1e-8)
    assert se(fit("model")) == approx((0.3713507940, 0.3098908041), rel=1e-8)
    assert se(fit("mancl-derouen")) == approx((0.3868351976, 0.3146898963), rel=1e-8)
    assert se(fit("fay-graubard")) == approx((0.3672827095, 0.2976912162), rel=1e-8)
    assert [robust.coefficient(n).df for n in robust.names] == approx((12.79752519, 10.40793303), rel=1e-8)
    d5 = fit("fay-graubard")
    assert [d5.coefficient(n).df for n in d5.names] == approx((12.77675737, 10.07342887), rel=1e-8)
    mbn = fit("morel-bokossa-neerchal", "independence", dispersion=1.0)
    assert se(mbn) == approx((0.3922886404, 0.3221212246), rel=1e-8)
    # between the robust and the Mancl-DeRouen errors, by construction of the square root
    middle = se(fit("kauermann-carroll"))
    assert (se(robust) < middle).all() and (middle < se(fit("mancl-derouen"))).all()


def statsmodels_fit(data, outcome, terms, family, correlation, **options):
    import statsmodels.api as sm

    x = sm.add_constant(data[terms])
    structure = {
        "independence": sm.cov_struct.Independence,
        "exchangeable": sm.cov_struct.Exchangeable,
    }[correlation]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sm.GEE(data[outcome], x, data["id"], family=family, cov_struct=structure).fit(
            maxiter=200, ctol=1e-12, **options
        )


@pytest.mark.parametrize("correlation", ["independence", "exchangeable"])
@pytest.mark.parametrize(
    ("family", "link", "outcome"),
    [
        ("binomial", "logit", "y"),
        ("binomial", "identity", "y"),
        ("binomial", "log", "y"),
        ("poisson", "log", "count"),
        ("gaussian", "identity", "z"),
    ],
)
def test_fits_and_corrected_errors_agree_with_statsmodels(family, link, outcome, correlation):
    import statsmodels.api as sm

    links = {"logit": sm.families.links.Logit, "identity": sm.families.links.Identity, "log": sm.families.links.Log}
    chosen = {"binomial": sm.families.Binomial, "poisson": sm.families.Poisson, "gaussian": sm.families.Gaussian}
    data, terms = small(5, 20), ["arm"] if link != "logit" else ["arm", "x"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        distribution = chosen[family](links[link]())
    for kind, theirs in (("robust", "robust"), ("model", "naive"), ("mancl-derouen", "bias_reduced")):
        fit = gee.gee(
            data, outcome=outcome, terms=terms, cluster="id", family=family, link=link, correlation=correlation,
            covariance=kind, dispersion=None if family == "gaussian" else 1.0,
        )  # fmt: skip
        other = statsmodels_fit(data, outcome, terms, distribution, correlation, cov_type=theirs)
        assert fit.coefficients == approx(np.asarray(other.params), rel=1e-6, abs=1e-8)
        assert se(fit) == approx(np.asarray(other.bse), rel=1e-6)


def by_hand(fit, data, terms, outcome, alpha, kind):
    """Coefficient covariance of a logit fit, cluster by cluster, from the papers' formulas."""
    x = np.column_stack([np.ones(len(data)), data[terms]])
    p = 1 / (1 + np.exp(-x @ fit.coefficients))
    parts = []
    for rows in data.reset_index().groupby("id").indices.values():
        spread = np.sqrt(p[rows] * (1 - p[rows]))
        r = np.where(np.eye(len(rows)), 1.0, alpha)
        v = np.outer(spread, spread) * r
        d = (p[rows] * (1 - p[rows]))[:, None] * x[rows]
        parts.append((d, v, data[outcome].to_numpy()[rows] - p[rows]))
    bread = np.linalg.inv(sum(d.T @ np.linalg.inv(v) @ d for d, v, _ in parts))
    middle = 0
    for d, v, e in parts:
        h = d @ bread @ d.T @ np.linalg.inv(v)
        if kind == "kauermann-carroll":
            values, vectors = np.linalg.eig(np.eye(len(e)) - h)
            root = vectors @ np.diag(values**-0.5) @ np.linalg.inv(vectors)
            e = np.real(root @ e)
        u = d.T @ np.linalg.inv(v) @ e
        if kind == "fay-graubard":
            u = u / np.sqrt(1 - np.minimum(0.75, np.diag(d.T @ np.linalg.inv(v) @ d @ bread)))
        middle = middle + np.outer(u, u)
    if kind == "morel-bokossa-neerchal":
        k, n, q = len(parts), len(data), x.shape[1]
        factor, share = (n - 1) / (n - q) * k / (k - 1), min(0.5, q / (k - q))
        inflation = max(fit.dispersion, np.trace(bread @ middle) / q)
        return factor * bread @ middle @ bread + share * inflation * bread
    return bread @ middle @ bread


@pytest.mark.parametrize("kind", ["robust", "kauermann-carroll", "fay-graubard", "morel-bokossa-neerchal"])
@pytest.mark.parametrize("seed", [1, 2])
def test_corrected_covariances_follow_the_papers(kind, seed):
    data = small(seed)
    fit = gee.gee(data, outcome="y", terms=["arm", "x"], cluster="id", covariance=kind)
    expected = by_hand(fit, data, ["arm", "x"], "y", fit.correlation[0], kind)
    assert fit.covariance == approx(expected, rel=1e-7, abs=1e-10)


def test_pan_wall_degrees_follow_the_paper():
    data = small(3)
    fit = gee.gee(data, outcome="z", terms=["arm"], cluster="id", family="gaussian", correlation="independence",
                  covariance="robust", degrees="pan-wall")  # fmt: skip
    x = np.column_stack([np.ones(len(data)), data["arm"]])
    e = data["z"].to_numpy() - x @ fit.coefficients
    bread = np.linalg.inv(x.T @ x)
    scores = np.array([x[r].T @ e[r] for r in data.groupby("id").indices.values()])
    products = np.array([np.kron(u, u) for u in scores])
    k = len(products)
    spread = k / (k - 1) * sum(np.outer(p - products.mean(axis=0), p - products.mean(axis=0)) for p in products)
    twice = np.kron(bread, bread)
    variance = (twice @ spread @ twice)[3, 3]
    assert fit.coefficient("arm").df == approx(2 * fit.covariance[1, 1] ** 2 / variance, rel=1e-8)


def test_standardised_risks_of_a_saturated_model_are_the_observed_ones():
    data = small(8, 30)
    fit = gee.gee(data, outcome="y", terms=["arm"], cluster="id", correlation="independence")
    found = gee.standardise(fit, data.assign(arm=1), data.assign(arm=0))
    means = data.groupby("arm")["y"].mean()
    assert (found.arm.estimate, found.reference.estimate) == approx((means[1], means[0]), rel=1e-9)
    assert found.difference.estimate == approx(means[1] - means[0], rel=1e-9)
    identity = gee.gee(data, outcome="y", terms=["arm"], cluster="id", correlation="independence", link="identity",
                       covariance="robust")  # fmt: skip
    robust = gee.gee(data, outcome="y", terms=["arm"], cluster="id", correlation="independence", covariance="robust")
    again = gee.standardise(robust, data.assign(arm=1), data.assign(arm=0)).difference
    assert again.se == approx(identity.coefficient("arm").se, rel=1e-8)
    assert found.odds_ratio.estimate == approx(exp(fit.coefficients[1]), rel=1e-9)
    assert found.odds_ratio.se == approx(fit.coefficient("arm").se, rel=1e-8)


def test_standardised_errors_are_those_of_differences_of_the_coefficients():
    data = small(9, 30)
    fit = gee.gee(data, outcome="y", terms=["arm", "x"], cluster="id")
    found = gee.standardise(fit, data.assign(arm=1), data.assign(arm=0), level=0.9)

    def risk(beta, arm):
        return np.mean(1 / (1 + np.exp(-(beta[0] + beta[1] * arm + beta[2] * data["x"]))))

    step = 1e-6
    for part, function in (
        (found.difference, lambda b: risk(b, 1) - risk(b, 0)),
        (found.ratio, lambda b: np.log(risk(b, 1) / risk(b, 0))),
    ):
        gradient = [
            (function(fit.coefficients + step * e) - function(fit.coefficients - step * e)) / (2 * step)
            for e in np.eye(3)
        ]
        assert part.se == approx(np.sqrt(gradient @ fit.covariance @ gradient), rel=1e-6)
    assert found.difference.df == 27
    weighted = gee.standardise(fit, data.assign(arm=1), data.assign(arm=0), weights=np.arange(len(data)) < 1)
    assert weighted.arm.estimate == approx(1 / (1 + np.exp(-fit.coefficients @ [1, 1, data["x"].iloc[0]])), rel=1e-9)
