"""Fits of the mixed model: published likelihoods and covariance parameters, second routes, invariances, hard data."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from helpers.errors import InvalidInput
from helpers.stats import mixed
from helpers.stats.mixed.catalogue import STRUCTURES
from helpers.stats.mixed.design import design_of
from helpers.stats.mixed.likelihood import Likelihood, batches
from tests.stats.mixed_data import (
    SAS_GROUPED,
    SAS_NULL,
    SAS_SPATIAL,
    dietox,
    fev,
    needs_dietox,
    needs_reference,
    sleepstudy,
)
from tests.stats.reference import cases

VISITS = ("UN", "CS", "CSH", "AR1", "AR1H", "TOEP", "TOEPH", "AD", "ADH", "VC", "UN1")
FEV = dict(subject="USUBJID", visit="AVISIT")


def trial(seed: int = 1, n: int = 16, visits: int = 3, missing: float = 0.2) -> pd.DataFrame:
    """Two arms, a baseline and correlated visits, some missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        level, x = rng.normal(size=2)
        for v in range(visits):
            y = 10 + level + 0.5 * x + 0.3 * v + (i % 2) * 0.2 * v + (1 + 0.3 * v) * rng.normal()
            rows.append((i, v, "ab"[i % 2], x, v + 0.1 * rng.random(), y if rng.random() > missing else np.nan))
    return pd.DataFrame(rows, columns=["id", "visit", "arm", "x", "time", "y"])


def dense(fit: mixed.Fit, sigma: np.ndarray) -> np.ndarray:
    """The covariance matrix of all rows used, from one over visits."""
    place = fit.design.places[:, 0].astype(int)
    same = fit.design.subject[:, None] == fit.design.subject[None]
    return np.where(same, sigma[place[:, None], place[None]], 0.0)


def minus_2_log_likelihood(y, x, v, restricted: bool) -> float:
    """By scipy's normal density of the outcome, or of contrasts of it that are free of the fixed effects."""
    if restricted:
        q, r = np.linalg.qr(x, mode="complete")
        free = q[:, x.shape[1] :].T
        density = multivariate_normal.logpdf(free @ y, np.zeros(len(free)), free @ v @ free.T)
        return float(-2 * density + 2 * np.log(np.abs(np.diag(r))).sum())
    beta = np.linalg.solve(x.T @ np.linalg.solve(v, x), x.T @ np.linalg.solve(v, y))
    return float(-2 * multivariate_normal.logpdf(y, x @ beta, v))


# Case MMRM-FEV-NULL (SAS), with the tighter target beside it
@needs_reference
def test_unstructured_null_model_matches_sas():
    case = cases()["MMRM-FEV-NULL"]
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", **FEV)
    assert (fit.n, fit.n_subjects, fit.n_read, fit.n_missing, fit.converged) == (537, 197, 200, 263, True)
    for figures, tol in ((case["expected"], case["tol"]), (case["computed"], dict.fromkeys(case["tol"], 1e-6))):
        assert -2 * fit.loglik == approx(figures["minus2RLL"], abs=tol["minus2RLL"])
        found = fit.contrast([1.0], df="satterthwaite")
        assert found.estimate == approx(figures["intercept"], abs=tol["intercept"])
        assert found.se == approx(figures["se"], abs=tol["se"])
        assert found.df == approx(figures["df"], abs=max(tol["df"], 1e-5))
        assert fit.sigma == approx(np.array(figures["cov_vis1_4"]), abs=max(tol["cov_vis1_4"], 1e-4))


@needs_reference
@pytest.mark.parametrize(("structure", "method"), SAS_NULL)
def test_every_structure_matches_sas(structure, method):
    deviance, parameters, intercept = SAS_NULL[structure, method]
    check(
        mixed.fit(fev(), formula="FEV1 ~ 1", structure=structure, method=method, **FEV), deviance, parameters, intercept
    )


@needs_reference
@pytest.mark.parametrize(("structure", "method", "coordinates"), SAS_SPATIAL)
def test_spatial_structures_match_sas(structure, method, coordinates):
    deviance, parameters, intercept = SAS_SPATIAL[structure, method, coordinates]
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", subject="USUBJID", visit=coordinates, structure=structure, method=method)
    check(fit, deviance, parameters, intercept)


@needs_reference
@pytest.mark.parametrize(("structure", "method"), SAS_GROUPED)
def test_parameters_by_group_match_sas(structure, method):
    deviance, parameters, intercept = SAS_GROUPED[structure, method]
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", structure=structure, method=method, group="ARMCD", **FEV)
    check(fit, deviance, parameters, intercept)
    with pytest.raises(InvalidInput, match="covariance matrix each"):
        _ = fit.sigma


def check(fit, deviance, parameters, intercept):
    # SAS stops up to 1e-5 above the minimum, so its parameters may differ in the fourth digit
    assert -2 * fit.loglik == approx(deviance, abs=1e-4)
    assert -2 * fit.loglik < deviance + 1e-7
    if parameters:
        found = np.array([p.estimate for p in fit.parameters])
        assert found == approx(np.array(parameters), rel=2e-3, abs=2e-4)
    if intercept:
        found = fit.contrast([1.0], df="satterthwaite")
        assert (found.estimate, found.se) == approx(intercept[:2], abs=2e-3)
        assert found.df == approx(intercept[2], abs=0.8)


# openpharma/mmrm design/R/mmrm_ad_reml.txt and mmrm_ad_ml.txt
@needs_reference
@pytest.mark.parametrize(
    ("method", "deviance", "mean", "se", "df", "row"),
    [
        ("REML", 3855.3383, 43.0560, 0.5236, 179.18, (93.9422, 63.5120, 37.4606, 7.0603)),
        ("ML", 3855.8794, 43.0574, 0.5222, 179.66, (93.6091, 63.1818, 37.0842, 6.9117)),
    ],
)
def test_homogeneous_ante_dependence_matches_mmrm(method, deviance, mean, se, df, row):
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", structure="AD", method=method, **FEV)
    found = fit.contrast([1.0], df="satterthwaite")
    assert -2 * fit.loglik == approx(deviance, abs=6e-5)
    assert (found.estimate, found.se, found.df) == (approx(mean, abs=1e-4), approx(se, abs=1e-4), approx(df, abs=0.02))
    assert fit.sigma[0] == approx(np.array(row), abs=0.01)  # mmrm stops 1e-5 above the minimum


# SAS fit statistics, openpharma/mmrm design/SAS/sas_log_simple_reml.txt and sas_csh_ml.txt
@needs_reference
def test_information_criteria_match_sas():
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", **FEV)
    assert (fit.aic, fit.bic) == approx((3720.9, 3753.9), abs=0.051)
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", method="ML", **FEV)
    assert (fit.aic, fit.bic) == approx((3722.7, 3759.0), abs=0.051)


# SAS with WEIGHT: openpharma/mmrm design/SAS/sas_weighted_mmrm_{reml,ml}.rtf and sas_weighted.txt
@needs_reference
def test_weighted_fits_match_sas():
    weighted = dict(weights="WEIGHT", **FEV)
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", structure="ADH", **weighted)
    assert -2 * fit.loglik == approx(3800.47793975, abs=1e-4)
    fit = mixed.fit(fev(), formula="FEV1 ~ 1", structure="ADH", method="ML", **weighted)
    assert -2 * fit.loglik == approx(3800.20590355, abs=1e-4)
    fit = mixed.fit(fev(), formula="FEV1 ~ RACE + SEX + ARMCD * AVISIT", **weighted)
    assert -2 * fit.loglik == approx(3475.77144483, abs=1e-4)
    lower = [p.estimate for p in fit.parameters]
    assert lower[:9] == approx([22.3763, 6.6766, 13.3115, 2.6988, 1.3677, 8.3589, 6.5390, 3.7323, 0.08496], abs=2e-3)
    # SAS's df under WEIGHT (519 here, of 197 patients) are neither mmrm's nor those of the rescaled rows; not compared
    found = fit.contrast({"RACE[T.Black or African American]": 1.0}, df="satterthwaite")
    assert (found.estimate, found.se) == approx((1.2031, 0.6291), abs=1e-4)


def test_only_the_ratio_of_weights_matters():
    data = trial().assign(weight=lambda d: 0.5 + d["time"])
    how = dict(formula="y ~ arm + x", subject="id", visit="visit", weights="weight")
    fit = mixed.fit(data, **how)
    tenfold = mixed.fit(data.assign(weight=10 * data["weight"]), **how)
    a, b = (f.contrast({"arm[T.b]": 1.0}) for f in (fit, tenfold))
    assert (a.estimate, a.se, a.df) == approx((b.estimate, b.se, b.df), rel=1e-8)
    assert tenfold.sigma == approx(10 * fit.sigma, rel=1e-7)
    assert tenfold.loglik == approx(fit.loglik, abs=1e-8)


# Case LMM-DIETOX (R lmer)
@needs_dietox
def test_random_intercept_matches_lme4():
    case = cases()["LMM-DIETOX"]
    fits = {
        m: mixed.fit(dietox(), formula="Weight ~ Time", subject="Pig", structure="RI", method=m) for m in ("REML", "ML")
    }
    for figures, tol in ((case["expected"], case["tol"]), (case["computed"], None)):
        for method, fit in fits.items():
            low = method.lower()
            assert fit.coefficients == approx(figures[f"{low}_coef"], abs=tol[f"{low}_coef"] if tol else 1e-6)
            se = np.sqrt(np.diag(fit.covariance))
            assert se == approx(figures[f"{low}_se"], abs=tol[f"{low}_se"] if tol else 2e-6)
        tau2, sigma2 = (p.estimate for p in fits["REML"].parameters)
        assert sigma2 == approx(figures["sigma2"], abs=tol["sigma2"] if tol else 1e-5)
        assert tau2 == approx(figures["tau2"], abs=tol["tau2"] if tol else 1e-3)
        assert fits["REML"].loglik == approx(figures["reml_loglik"], abs=1e-3)


@needs_dietox
def test_random_intercept_agrees_with_statsmodels():
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = dietox()
    theirs = MixedLM.from_formula("Weight ~ Time", data, groups="Pig").fit(reml=True, method="bfgs", gtol=1e-9)
    fit = mixed.fit(data, formula="Weight ~ Time", subject="Pig", structure="RI")
    assert fit.coefficients == approx(theirs.fe_params.to_numpy(), rel=1e-8)
    assert fit.loglik == approx(theirs.llf, rel=1e-9)
    assert fit.parameters[1].estimate == approx(theirs.scale, rel=1e-5)


# R 4.2 lme4 1.1-31: lmer(Reaction ~ Days + (Days | Subject), sleepstudy) and (1 | Subject)
def test_sleep_study_matches_lme4():
    fit = mixed.fit(sleepstudy(), formula="reaction ~ days", subject="subject", visit="days", structure="RIS")
    assert fit.loglik == approx(-871.81413598, abs=1e-7)
    assert fit.coefficients == approx([251.4051048485, 10.4672859596], rel=1e-9)
    estimates = [p.estimate for p in fit.parameters]
    assert estimates == approx([612.1002, 9.604409, 35.07171, 654.9400], rel=3e-5)
    fit = mixed.fit(sleepstudy(), formula="reaction ~ days", subject="subject", structure="RI")
    assert fit.loglik == approx(-893.232542697, abs=1e-8)
    assert [p.estimate for p in fit.parameters] == approx([1378.17851, 960.456579], rel=1e-6)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("structure", VISITS)
def test_likelihood_is_that_of_the_normal_density(structure, restricted):
    method = "REML" if restricted else "ML"
    fit = mixed.fit(
        trial(), formula="y ~ arm * C(visit) + x", subject="id", visit="visit", structure=structure, method=method
    )
    direct = minus_2_log_likelihood(fit.design.y, fit.design.x, dense(fit, fit.sigma), restricted)
    assert -2 * fit.loglik == approx(direct, rel=1e-10)


@pytest.mark.parametrize("structure", ["UN", "CSH", "AR1", "TOEPH", "ADH"])
def test_a_general_optimiser_finds_no_higher_likelihood(structure):
    fit = mixed.fit(trial(), formula="y ~ arm + x", subject="id", visit="visit", structure=structure)
    kind = STRUCTURES[structure]
    lag = kind.lags(np.arange(3.0)[:, None])

    def value(theta):
        try:
            v = dense(fit, kind.working(theta, 3, lag)[0])
            return minus_2_log_likelihood(fit.design.y, fit.design.x, v, True)
        except (np.linalg.LinAlgError, ValueError):
            return 1e10

    found = minimize(
        value, fit.theta + 0.2, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-10, "xatol": 1e-8}
    )
    assert found.fun > -2 * fit.loglik - 1e-8
    assert found.fun == approx(-2 * fit.loglik, abs=1e-3)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("restricted", [True, False])
def test_gradient_and_hessian_are_the_derivatives_of_the_likelihood(structure, restricted):
    shape = STRUCTURES[structure]
    visit = "time" if shape.by_coordinate else "visit"
    how = dict(formula="y ~ arm + x", subject="id", visit=visit, group="arm", weights="weight")
    design = design_of(trial(3).assign(weight=lambda d: 0.5 + d["time"]), structure=shape, **how)
    z = np.column_stack([design.x, design.y - 10])
    data = batches(z, design.subject, design.places, design.group)
    like = Likelihood(data, shape, 3, 2, design.n, restricted)
    theta = np.linspace(-0.2, 0.3, like.n_parameters)
    at = like.at(theta, 2)
    step = 1e-5
    for i, unit in enumerate(np.eye(len(theta)) * step):
        up, down = like.at(theta + unit, 1), like.at(theta - unit, 1)
        assert at.gradient[i] == approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-6)
        assert at.hessian[i] == approx((up.gradient - down.gradient) / (2 * step), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("structure", [s for s in STRUCTURES if s != "RIS"])
@pytest.mark.parametrize("kind", ["sas", "mmrm"])
def test_second_derivatives_in_reported_parameters_are_those_of_the_covariance(structure, kind):
    shape, m = STRUCTURES[structure], 3
    lag = shape.lags(np.array([[0.0], [1.0], [2.5]] if shape.spatial else [[0.0], [1.0], [2.0]]))
    theta = np.linspace(0.2, 0.5, shape.n_parameters(m))
    second = shape.second(kind, theta, m, lag)
    if second is None:
        assert kind == "sas" and shape.linear
        return
    _, first, twice = shape.working(theta, m, lag)
    jacobian = shape.jacobian(kind, theta, m)
    # d2 S / d theta2 = J' (d2 S / d kind2) J + (d S / d kind) d J / d theta, with d J by differences
    step = 1e-6
    moved = [shape.jacobian(kind, theta + u, m) - shape.jacobian(kind, theta - u, m) for u in np.eye(len(theta)) * step]
    moved = np.array(moved) / (2 * step)
    by_kind = np.einsum("ki,k...->i...", np.linalg.inv(jacobian), first)
    again = np.einsum("ia,jb,ij...->ab...", jacobian, jacobian, second) + np.einsum("i...,bia->ab...", by_kind, moved)
    assert again == approx(twice, rel=1e-6, abs=1e-7)


@given(st.integers(0, 200), st.sampled_from(VISITS), st.sampled_from(["REML", "ML"]))
@settings(max_examples=25)
def test_fit_does_not_depend_on_order_or_unit(seed, structure, method):
    data = trial(seed, n=20, missing=0.15)
    how = dict(formula="y ~ arm + C(visit) + x", subject="id", visit="visit", structure=structure, method=method)
    fit = mixed.fit(data, **how)
    shuffled = mixed.fit(data.sample(frac=1, random_state=seed), **how)
    scaled = mixed.fit(data.assign(y=1000 * data["y"] - 7000, x=data["x"] / 50), **how)
    assert shuffled.reason == scaled.reason == fit.reason
    if not fit.reason:
        assert shuffled.loglik == approx(fit.loglik, abs=1e-8)
        assert shuffled.coefficients == approx(fit.coefficients, rel=1e-6, abs=1e-8)
        assert scaled.sigma == approx(1e6 * fit.sigma, rel=1e-5, abs=1e-2)
        row = {"arm[T.b]": 1.0}
        a, b = (f.contrast(row, df="satterthwaite") for f in (fit, scaled))
        assert (b.estimate, b.se) == approx((1000 * a.estimate, 1000 * a.se), rel=1e-6)
        assert b.df == approx(a.df, rel=1e-4)


@given(st.integers(0, 500))
@settings(max_examples=15)
def test_swapping_arms_changes_the_sign_and_nothing_else(seed):
    data = trial(seed, n=20)
    how = dict(formula="y ~ arm + C(visit)", subject="id", visit="visit", structure="AR1")
    fit = mixed.fit(data, **how)
    other = mixed.fit(data.assign(arm=data["arm"].map({"a": "b", "b": "a"})), **how)
    a, b = (f.contrast({"arm[T.b]": 1.0}) for f in (fit, other))
    assert (b.estimate, b.se, b.df, b.p_value) == approx((-a.estimate, a.se, a.df, a.p_value), rel=1e-6)
    assert (-b.upper, -b.lower) == approx((a.lower, a.upper), rel=1e-6)


def test_one_visit_is_the_analysis_of_covariance():
    data = trial().query("visit == 1").dropna()
    fit = mixed.fit(data, formula="y ~ arm + x", subject="id", visit="visit")
    x = np.column_stack([np.ones(len(data)), data["arm"] == "b", data["x"]])
    beta, rss = np.linalg.lstsq(x, data["y"].to_numpy(), rcond=None)[:2]
    df = len(data) - 3
    assert fit.coefficients == approx(beta, rel=1e-9)
    assert fit.sigma[0, 0] == approx(rss[0] / df, rel=1e-9)
    for method in ("kenward-roger", "satterthwaite", "residual"):
        found = fit.contrast({"arm[T.b]": 1.0}, df=method)
        assert found.df == approx(df, rel=1e-8)
        assert found.se == approx(np.sqrt(rss[0] / df * np.linalg.inv(x.T @ x)[1, 1]), rel=1e-9)


# Complete rows: the REML estimate of an unstructured matrix is the sample covariance of the residuals
def test_unstructured_of_complete_data_is_the_sample_covariance():
    data = trial(missing=0.0)
    fit = mixed.fit(data, formula="y ~ C(visit)", subject="id", visit="visit")
    assert fit.sigma == approx(np.cov(data.pivot(index="id", columns="visit", values="y").T), rel=1e-8)


def test_a_start_from_an_earlier_fit_ends_in_the_same_place():
    how = dict(formula="y ~ arm + x", subject="id", visit="visit")
    for structure in ("UN", "CSH", "TOEP"):
        fit = mixed.fit(trial(), structure=structure, **how)
        again = mixed.fit(trial(), structure=structure, start=fit.theta, **how)
        assert again.iterations <= 1
        assert again.sigma == approx(fit.sigma, rel=1e-8)
    with pytest.raises(InvalidInput, match="finite numbers"):
        mixed.fit(trial(), start=[1.0], **how)


def test_covariance_parameters_have_the_standard_errors_of_the_matrix():
    fit = mixed.fit(trial(missing=0.0), formula="y ~ C(visit)", subject="id", visit="visit")
    s, df = fit.sigma, 15
    # Var(S[i, j]) = (S[i, i] S[j, j] + S[i, j]^2) / df of a Wishart matrix
    expected = [np.sqrt((s[i, i] * s[j, j] + s[i, j] ** 2) / df) for i in range(3) for j in range(i + 1)]
    assert [p.se for p in fit.parameters] == approx(expected, rel=1e-6)
    assert np.sqrt(np.diag(fit.parameters_covariance)) == approx(expected, rel=1e-6)


def test_negative_intraclass_correlation_is_kept_by_cs_and_held_at_zero_by_a_random_intercept():
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"id": np.repeat(np.arange(12), 3), "y": rng.normal(size=36)})
    data["y"] -= data.groupby("id")["y"].transform("mean") * 0.9
    free = mixed.fit(data, formula="y ~ 1", subject="id", structure="CS")
    held = mixed.fit(data, formula="y ~ 1", subject="id", structure="RI")
    alone = mixed.fit(data, formula="y ~ 1", subject="id", structure="VC")
    assert free.parameters[0].estimate < 0 and not free.boundary
    assert held.boundary and (held.parameters[0].estimate, held.parameters[0].se) == (0.0, None)
    assert held.loglik == approx(alone.loglik, abs=1e-12) and held.loglik < free.loglik
    found = held.contrast([1.0])
    assert (found.df, found.se) == approx((35, np.std(data["y"], ddof=1) / 6), rel=1e-9)


def hard(name: str) -> tuple[pd.DataFrame, dict]:
    """Data and options that no number can be had from."""
    data, how = trial(missing=0.0), dict(formula="y ~ arm", subject="id", visit="visit")
    if name == "no rows":
        return data.assign(y=np.nan), how
    if name == "empty frame":
        return data.iloc[:0], how
    if name == "one subject":
        return data.query("id == 0"), how | dict(formula="y ~ 1")
    if name == "constant outcome":
        return data.assign(y=4.2), how
    if name == "zero outcome":
        return data.assign(y=0.0), how
    if name == "perfect fit":
        return data.assign(y=data["x"] * 2 + 1), how | dict(formula="y ~ x")
    if name == "duplicated column":
        return data.assign(z=data["x"] * 3), how | dict(formula="y ~ x + z")
    if name == "arm without rows at a visit":
        return data[~((data["arm"] == "b") & (data["visit"] == 2))], how | dict(formula="y ~ arm * C(visit)")
    if name == "fewer subjects than visits":
        return data.query("id < 2"), how | dict(formula="y ~ 1")
    if name == "a pair of visits never seen together":
        return data[~((data["id"] < 8) & (data["visit"] == 2)) & ~((data["id"] >= 8) & (data["visit"] == 0))], how
    if name == "equal values within subjects":
        return data.assign(y=data.groupby("id")["y"].transform("first")), how
    if name == "one visit and a correlation":
        return data.query("visit == 0"), how | dict(structure="AR1")
    if name == "one row a cluster":
        return data.query("visit == 0"), how | dict(structure="RI", visit=None)
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no rows", "too-few"),
        ("empty frame", "too-few"),
        ("one subject", "too-few"),
        ("constant outcome", "no-variance"),
        ("zero outcome", "no-variance"),
        ("perfect fit", "no-variance"),
        ("duplicated column", "collinear"),
        ("arm without rows at a visit", "collinear"),
        ("fewer subjects than visits", "singular"),
        ("a pair of visits never seen together", "singular"),
        ("equal values within subjects", "singular"),
        ("one visit and a correlation", "singular"),
        ("one row a cluster", "singular"),
    ],
)
def test_data_without_an_answer_give_a_reason_and_no_number(name, reason):
    data, how = hard(name)
    fit = mixed.fit(data, **how)
    assert fit.reason == reason
    assert (fit.coefficients, fit.covariance, fit.sigmas, fit.sigma, fit.loglik) == (None,) * 5
    assert not fit.converged and fit.covariance_of("CR2") is None and fit.parameters_covariance is None
    weights = [1.0] + [0.0] * max(len(fit.names) - 1, 0)
    found = fit.contrast(weights)
    assert (found.estimate, found.se, found.lower, found.p_value, found.reason) == (None, None, None, None, reason)
    assert fit.test([weights]).reason == reason


@given(st.integers(0, 10**6), st.sampled_from(list(STRUCTURES)), st.sampled_from(["REML", "ML"]))
@settings(max_examples=40)
def test_small_and_rounded_data_give_finite_numbers_or_a_reason(seed, structure, method):
    rng = np.random.default_rng(seed)
    data = trial(seed, n=int(rng.integers(2, 9)), visits=int(rng.integers(1, 4)), missing=0.3)
    data["y"] = (data["y"] / 2).round()
    visit = None if structure == "RI" else "time" if STRUCTURES[structure].by_coordinate else "visit"
    fit = mixed.fit(data, formula="y ~ arm", subject="id", visit=visit, structure=structure, method=method)
    if fit.converged:
        assert np.linalg.eigvalsh(fit.covariance).min() > 0
        found = fit.contrast({"Intercept": 1.0}, df="satterthwaite")
        assert np.isfinite([found.estimate, found.se, found.p_value]).all() and found.lower <= found.upper
    else:
        assert fit.sigmas is None


def test_levels_without_rows_are_left_out_and_named():
    data = trial(missing=0.0)
    data["arm"] = pd.Categorical(data["arm"], categories=["a", "b", "c"])
    fit = mixed.fit(data, formula="y ~ arm", subject="id", visit="visit", structure="CS")
    assert fit.absent == {"arm": ("c",)} and fit.names == ("Intercept", "arm[T.b]")
    assert fit.mean({"arm": "c"}).reason == "too-few"
    with pytest.raises(InvalidInput, match="no level 'd'"):
        fit.mean({"arm": "d"})


def test_order_of_categories_is_the_order_of_visits():
    data = trial(missing=0.0)
    data["week"] = pd.Categorical(data["visit"].map({0: "one", 1: "three", 2: "twelve"}), ["twelve", "three", "one"])
    fit = mixed.fit(data, formula="y ~ week", subject="id", visit="week")
    assert fit.visits == ("twelve", "three", "one")
    assert fit.sigma[0, 0] == approx(data.query("visit == 2")["y"].var(), rel=1e-7)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (dict(formula="y ~ z"), "no column z"),
        (dict(formula="y ~ (arm"), "cannot be read"),
        (dict(formula="~ arm"), "names no outcome"),
        (dict(formula="arm ~ x"), "not one numeric"),
        (dict(subject="patient"), "no column patient"),
        (dict(structure="US"), "no covariance structure"),
        (dict(method="reml"), "'REML' or 'ML'"),
        (dict(visit=None), "places rows by visit"),
        (dict(visit=("visit", "time")), "one column for the visit"),
        (dict(visit="arm", structure="SP_EXP"), "numeric coordinates"),
        (dict(visit="arm"), "two rows"),
        (dict(weights="negative"), "positive"),
        (dict(group="visit"), "changes within a subject"),
        (dict(structure="RI", group="arm"), "has no groups"),
        (dict(formula="y ~ infinite"), "finite"),
    ],
)
def test_questions_that_mean_nothing_are_refused(how, message):
    data = trial(missing=0.0).assign(negative=-1.0, infinite=lambda d: np.where(d["id"] == 3, np.inf, d["x"]))
    with pytest.raises(InvalidInput, match=message):
        mixed.fit(data, **dict(formula="y ~ arm", subject="id", visit="visit") | how)
