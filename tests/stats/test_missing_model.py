"""The imputation model: restricted maximum likelihood of many samples at once, and draws from the posterior."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.optimize import approx_fprime

from helpers.errors import InvalidInput
from helpers.stats import mixed
from helpers.stats.missing import arrange
from helpers.stats.missing.covariance import STRUCTURES, structure
from helpers.stats.missing.likelihood import Sample, fit
from helpers.stats.missing.posterior import draw
from tests.stats.longitudinal import COLUMNS, SMALL, antidepressant, made_up

WITH_SEX = {**COLUMNS, "reference": "PLACEBO", "covariates": ["GENDER"], "covariates_by_visit": ["BASVAL"]}


# Restricted maximum likelihood ------------------------------------------------------------------------------------


# R 4.2 nlme 3.1: gls(CHANGE ~ THERAPY*VISIT + BASVAL*VISIT + GENDER, corSymm, varIdent, REML); logLik -1746.45750101.
# R mmrm, as CAMIS prints it, stops at 19.7877 and -1746.45750366.
def test_unstructured_estimate_matches_r_gls():
    panel = arrange(antidepressant(), **WITH_SEX)
    n = len(panel.subjects)
    found = fit(Sample(panel.modelled, panel.design, np.zeros(n, dtype=int)), np.ones((1, n)))
    gls = [19.7882455, 16.6243084, 34.3240102, 15.4287390, 25.4695053, 38.4113480, 16.4609188, 26.2915439, 33.9352224]
    assert found.sigma[0, 0][np.tril_indices(4)] == approx([*gls, 45.3625085], rel=5e-5)
    value = dense(panel.modelled, panel.design, found.sigma[0, 0], found.beta[0])
    assert value == approx(-1746.45750096, abs=2e-8)


def dense(outcome, design, sigma, beta=None, reml=True):
    """Restricted log-likelihood patient by patient; one matrix, or one a patient."""
    p = design.shape[2]
    normal, right = np.zeros((p, p)), np.zeros(p)
    rows = []
    for i, y in enumerate(outcome):
        seen = ~np.isnan(y)
        if seen.any():
            own = sigma if sigma.ndim == 2 else sigma[i]
            inverse = np.linalg.inv(own[np.ix_(seen, seen)])
            rows.append((design[i][seen], y[seen], inverse))
            normal += design[i][seen].T @ inverse @ design[i][seen]
            right += design[i][seen].T @ inverse @ y[seen]
    beta = np.linalg.solve(normal, right) if beta is None else beta
    total = sum(len(y) for _, y, _ in rows)
    value = sum(np.linalg.slogdet(w)[1] - (y - x @ beta) @ w @ (y - x @ beta) for x, y, w in rows)
    extra = np.linalg.slogdet(normal)[1] if reml else 0.0
    return 0.5 * (value - extra - (total - p * reml) * np.log(2 * np.pi))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", STRUCTURES)
def test_every_estimate_is_where_the_dense_likelihood_is_flat(name, groups, reml):
    panel = arrange(made_up(3, n=60, gaps=0.1), **SMALL, covariates_by_visit=["base"], covariates=["sex"])
    n, j = panel.outcome.shape
    group = panel.arm if groups == 2 else np.zeros(n, dtype=int)
    found = fit(Sample(panel.modelled, panel.design, group), np.ones((1, n)), reml=reml, covariance=name, groups=groups)
    assert found.reason == ("",)
    shape = structure(name, j)
    theta = np.concatenate([shape.start(found.sigma[0, g][None])[0] for g in range(groups)])
    q = theta.size // groups

    def value(at):
        sigma = np.stack([shape.build(at[g * q : (g + 1) * q][None])[0][0] for g in range(groups)])
        return dense(panel.modelled, panel.design, sigma[group], reml=reml)

    assert value(theta) == approx(dense(panel.modelled, panel.design, found.sigma[0][group], found.beta[0], reml))
    slope = approx_fprime(theta, value, 1e-6)
    assert np.abs(slope).max() < 2e-3
    for step in np.eye(theta.size) * 0.02:
        assert value(theta + step) < value(theta) + 1e-9
        assert value(theta - step) < value(theta) + 1e-9


# the package's own mixed models, which search another way
@pytest.mark.parametrize("group", [None, "arm"])
@pytest.mark.parametrize("name", STRUCTURES)
def test_estimates_agree_with_the_mixed_models_of_the_package(name, group):
    data = made_up(3, n=60, gaps=0.1)
    panel = arrange(data, **SMALL, covariates_by_visit=["base"], covariates=["sex"])
    groups = 2 if group else 1
    sample = Sample(panel.modelled, panel.design, panel.arm if group else 0 * panel.arm)
    found = fit(sample, np.ones((1, 60)), covariance=name, groups=groups)
    rows = data.dropna(subset="y").assign(visit=lambda d: pd.Categorical(d.visit))
    other = mixed.fit(
        rows, formula="y ~ arm * visit + base * visit + sex", subject="id", visit="visit", structure=name, group=group
    )
    for g in range(groups):
        assert found.sigma[0, g] == approx(other.sigmas[panel.arms[g] if group else None], rel=2e-6, abs=1e-7)


# with everybody seen at every visit the estimate has a closed form: residual cross-products over n less coefficients
def test_complete_data_have_the_estimate_of_multivariate_regression():
    panel = arrange(made_up(1, dropout=0.0), **SMALL, covariates_by_visit=["base"])
    n, j = panel.outcome.shape
    found = fit(Sample(panel.outcome, panel.design, np.zeros(n, dtype=int)), np.ones((1, n)))
    x = np.column_stack([panel.arm == 0, panel.arm == 1, panel.covariates["base"][:, 0]]).astype(float)
    residual = panel.outcome - x @ np.linalg.lstsq(x, panel.outcome, rcond=None)[0]
    assert found.sigma[0, 0] == approx(residual.T @ residual / (n - 3), rel=1e-8)
    assert j == 3


def test_weights_stand_for_leaving_out_and_for_repeating_patients():
    data = made_up(5, n=24, gaps=0.1)
    panel = arrange(data, **SMALL, covariates_by_visit=["base"])
    sample = Sample(panel.modelled, panel.design, np.zeros(24, dtype=int))
    weights = np.ones((3, 24))
    weights[0, 7], weights[1, [2, 3, 9]], weights[2] = 0, [3, 0, 2], np.random.default_rng(1).integers(1, 3, 24)
    found = fit(sample, weights, start=fit(sample, np.ones((1, 24))).sigma[0])
    for r, w in enumerate(weights.astype(int)):
        rows = np.repeat(np.arange(24), w)
        alone = fit(
            Sample(sample.outcome[rows], sample.design[rows], np.zeros(rows.size, dtype=int)), np.ones((1, rows.size))
        )
        assert found.sigma[r] == approx(alone.sigma[0], rel=1e-7)
        assert found.beta[r] == approx(alone.beta[0], rel=1e-7, abs=1e-9)


# Posterior --------------------------------------------------------------------------------------------------------


# Complete data, prior |S|^-(J+1)/2 and flat means: S is inverse Wishart with n - k degrees of freedom
def test_the_posterior_of_complete_data_is_the_inverse_wishart():
    panel = arrange(made_up(2, n=40, dropout=0.0), **SMALL, covariates_by_visit=["base"])
    n, j = panel.outcome.shape
    x = np.column_stack([panel.arm == 0, panel.arm == 1, panel.covariates["base"][:, 0]]).astype(float)
    coefficients = np.linalg.lstsq(x, panel.outcome, rcond=None)[0]
    squares = (panel.outcome - x @ coefficients).T @ (panel.outcome - x @ coefficients)
    sample = Sample(panel.outcome, panel.design, np.zeros(n, dtype=int))
    found = draw(sample, 4000, np.random.default_rng(8), prior="jeffreys", thin=1)
    df = n - 3
    assert found.sigma.mean(axis=0)[0] == approx(squares / (df - j - 1), abs=0.03 * squares.max() / df)
    spread = found.sigma[:, 0, 0, 0].std() / (squares[0, 0] / (df - j - 1))
    assert spread == approx(np.sqrt(2 / (df - j - 3)), rel=0.08)
    assert found.beta.mean(axis=0)[:3] == approx(coefficients[0], abs=0.05)

    weak = draw(sample, 4000, np.random.default_rng(8), thin=1)
    prior = fit(sample, np.ones((1, n))).sigma[0, 0]
    assert weak.sigma.mean(axis=0)[0] == approx((squares + prior) / (df + 1), abs=0.03 * squares.max() / df)


# Two visits, the second missing for some: the residual variance of visit 2 given visit 1 has the posterior RSS over
# chi-squared with (patients seen twice - columns) degrees of freedom under the same prior, and the slope its t centre
def test_the_posterior_of_a_monotone_pattern_is_that_of_the_regression():
    panel = arrange(made_up(4, n=60, visits=2, dropout=0.3), **SMALL, covariates_by_visit=["base"])
    n = len(panel.subjects)
    seen = ~np.isnan(panel.outcome[:, 1])
    x = np.column_stack([panel.arm == 0, panel.arm == 1, panel.covariates["base"][:, 0]]).astype(float)
    full = np.column_stack([x, panel.outcome[:, 0]])[seen]
    coefficients, rss = np.linalg.lstsq(full, panel.outcome[seen, 1], rcond=None)[:2]
    found = draw(
        Sample(panel.outcome, panel.design, np.zeros(n, dtype=int)),
        4000,
        np.random.default_rng(3),
        prior="jeffreys",
        thin=3,
    )
    s = found.sigma[:, 0]
    conditional = s[:, 1, 1] - s[:, 0, 1] ** 2 / s[:, 0, 0]
    df = int(seen.sum()) - 3
    assert 10 < (~seen).sum() < 40
    assert conditional.mean() == approx(float(rss[0]) / (df - 2), rel=0.02)
    assert conditional.std() / conditional.mean() == approx(np.sqrt(2 / (df - 4)), rel=0.06)
    slope = s[:, 0, 1] / s[:, 0, 0]
    assert slope.mean() == approx(coefficients[3], abs=0.015)


def test_an_improper_prior_needs_enough_patients():
    panel = arrange(made_up(4, n=60), **SMALL)
    sample = Sample(panel.outcome, panel.design, np.zeros(60, dtype=int))
    with pytest.raises(InvalidInput, match="prior"):
        draw(sample, 5, np.random.default_rng(1), prior="flat")
    with pytest.raises(InvalidInput, match="thin"):
        draw(sample, 5, np.random.default_rng(1), thin=0)
