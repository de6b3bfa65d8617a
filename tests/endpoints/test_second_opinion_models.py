"""Models by a second route: mixed models by dense REML, equations by statsmodels, beta-binomial by scipy."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from scipy.optimize import brentq, minimize
from scipy.special import loggamma

from helpers.endpoints import angle, height, leakage, pain, qol
from tests.endpoints import reml
from tests.endpoints.second_routes import same
from tests.generated import trial

FIGURES = ("estimate", "se", "df", "lower95", "upper95", "p_value")


# --- repeated measures


def long(dataset: str, parameter: str, visits: tuple[str, ...]) -> pd.DataFrame:
    """Values after the procedure of patients with one before, with the arm allocated."""
    rows = trial()[dataset]
    rows = rows[
        (rows["PARAMCD"] == parameter) & rows["AVISIT"].isin(visits) & rows["BASE"].notna() & rows["AVAL"].notna()
    ]
    return rows.assign(KP=(rows["TRT01P"] == "KP").astype(float), PLACE=rows["AVISIT"].map(visits.index))


@cache
def repeated(dataset: str, parameter: str, visits: tuple[str, ...]) -> reml.Model:
    """Arm by visit and baseline by visit, a covariance of its own for every pair of visits."""
    rows = long(dataset, parameter, visits)
    at = np.eye(len(visits))[rows["PLACE"]]
    own = np.column_stack([at, at * rows[["KP"]].to_numpy(), at * rows[["BASE"]].to_numpy()])
    codes = pd.factorize(rows["USUBJID"])[0]
    variance = rows["AVAL"].var()
    start = [variance * (1.0 if j == k else 0.4) for j in range(len(visits)) for k in range(j + 1)]
    parts = reml.unstructured(codes, rows["PLACE"].to_numpy(), len(visits))
    return reml.Model(rows["AVAL"].to_numpy(), own, parts, np.array(start))


CASES = {
    "pain.vas": (pain, "advs", "VAS", pain.AFTER),
    **{f"qol.dallas {d}": (qol, "adqs", d, qol.AFTER) for d in qol.DOMAINS},
}


@cache
def main_records(module):
    return module.estimate(trial())


@pytest.mark.parametrize("case", CASES)
def test_mixed_model_for_repeated_measures_by_dense_reml_and_the_formulas_of_kenward_and_roger(case, find):
    module, dataset, parameter, visits = CASES[case]
    model, rows = repeated(dataset, parameter, visits), long(dataset, parameter, visits)
    records, base, k = main_records(module), rows["BASE"].mean(), len(visits)
    for place, visit in enumerate(visits):
        at = np.eye(k)[place]
        where = {"parameter": parameter, "visit": visit}
        difference = model.contrast(np.concatenate([0 * at, at, 0 * at]))
        assert find.record(records, "estimate", group="KP-VP", **where).method == "mmrm-un-kr"
        found = {s: find.value(records, s, group="KP-VP", **where) for s in FIGURES}
        assert found == {s: same(difference[s]) for s in FIGURES}
        for arm, kp in (("KP", 1.0), ("VP", 0.0)):
            mean = model.contrast(np.concatenate([at, kp * at, base * at]))
            found = {s: find.value(records, s, group=arm, **where) for s in FIGURES[:-1]}
            assert found == {s: same(mean[s]) for s in FIGURES[:-1]}
        assert find.value(records, "n", group="KP-VP", **where) == (rows["AVISIT"] == visit).sum()


@pytest.mark.parametrize("case", CASES)
def test_the_covariance_found_is_a_maximum_of_the_restricted_likelihood(case):
    _, dataset, parameter, visits = CASES[case]
    model = repeated(dataset, parameter, visits)
    best = model.deviance(model.theta)
    rng = np.random.default_rng(1)
    for scale in (1e-3, 1e-2, 0.1):
        for _ in range(20):
            assert model.deviance(model.theta * (1 + scale * rng.normal(size=len(model.theta)))) >= best - 1e-9


# --- vertebrae


@cache
def vertebral(parameter: str) -> pd.DataFrame:
    data = trial()
    done = set(zip(data.adproc["USUBJID"], data.adproc["LEVEL"], strict=True))
    rows = data.adimg[(data.adimg["PARAMCD"] == parameter) & (data.adimg["AVISIT"] == "M3")].dropna(
        subset=["AVAL", "BASE"]
    )
    rows = rows[[pair in done for pair in zip(rows["USUBJID"], rows["LEVEL"], strict=True)]]
    return rows.assign(KP=(rows["TRT01P"] == "KP").astype(float))


def design_of(rows: pd.DataFrame) -> np.ndarray:
    regions = pd.get_dummies(rows["REGION"].astype(str), drop_first=True, dtype=float)
    return np.column_stack([np.ones(len(rows)), rows["KP"], rows["BASE"], regions])


MEASURES = [(height, "ANTHT"), (height, "MIDHT"), (height, "POSHT"), (angle, "KYPHANG")]


@pytest.mark.parametrize(("module", "parameter"), MEASURES, ids=[p for _, p in MEASURES])
def test_mixed_model_over_vertebrae_by_dense_reml_or_at_the_boundary_by_least_squares(module, parameter, find):
    rows = vertebral(parameter)
    x, y = design_of(rows), rows["AVAL"].to_numpy()
    codes = pd.factorize(rows["USUBJID"])[0]
    variance = sm.OLS(y, x).fit().scale
    model = reml.Model(y, x, reml.random_intercept(codes), variance * np.array([0.5, 0.5]))
    records = main_records(module)
    where = {"parameter": parameter, "visit": "M3"}
    method = find.record(records, "estimate", group="KP-VP", **where).method
    arms = {"KP": 1.0, "VP": 0.0}
    as_if = {arm: np.concatenate([[1.0, kp], x[:, 2:].mean(axis=0)]) for arm, kp in arms.items()}
    # the likelihood falls from the smallest variance of independent units on: nothing is left between patients
    at_edge = model.derivatives(np.array([0.0, variance]))[0][0] > 0
    assert method == ("mixed-vc" if at_edge else "mixed-ri-kr")
    icc = find.value(records, "estimate", group="all", visit="M3", parameter=f"{parameter}_BETWEEN")
    if at_edge:
        fit = sm.OLS(y, x).fit()
        tested = fit.t_test(as_if["KP"] - as_if["VP"])
        low, high = tested.conf_int()[0]
        theirs = dict(
            zip(FIGURES, (tested.effect[0], tested.sd[0, 0], fit.df_resid, low, high, tested.pvalue), strict=True)
        )
        means = {
            arm: {"estimate": fit.t_test(row).effect[0], "se": fit.t_test(row).sd[0, 0]} for arm, row in as_if.items()
        }
        assert icc == 0
    else:
        theirs = model.contrast(as_if["KP"] - as_if["VP"])
        means = {arm: model.contrast(row) for arm, row in as_if.items()}
        assert icc == same(model.theta[0] / model.theta.sum())
    assert {s: find.value(records, s, group="KP-VP", **where) for s in FIGURES} == {s: same(theirs[s]) for s in FIGURES}
    for arm, mean in means.items():
        found = {s: find.value(records, s, group=arm, **where) for s in ("estimate", "se")}
        assert found == {s: same(mean[s]) for s in found}
    assert find.value(records, "n", group="KP-VP", **where) == len(rows)


# statsmodels stops at a tolerance of its own: coefficients to 1e-4, which says that the dense route is the usual one
@pytest.mark.parametrize("parameter", ["ANTHT"])
def test_mixed_model_over_vertebrae_by_statsmodels_to_its_tolerance(parameter, find):
    rows = vertebral(parameter)
    fit = smf.mixedlm("AVAL ~ KP + BASE + C(REGION)", rows, groups="USUBJID").fit(reml=True, method="lbfgs")
    where = {"parameter": parameter, "visit": "M3"}
    assert find.value(main_records(height), "estimate", group="KP-VP", **where) == pytest.approx(
        fit.params["KP"], rel=1e-4
    )
    between, within = float(fit.cov_re.iloc[0, 0]), fit.scale
    icc = find.value(main_records(height), "estimate", parameter=f"{parameter}_BETWEEN")
    assert icc == pytest.approx(between / (between + within), rel=1e-3)


# --- leaking vertebrae


@cache
def levels() -> pd.DataFrame:
    rows = trial().adproc
    rows = rows[rows["MITTFL"] == "Y"]
    return rows.assign(LEAK=(rows["LEAKFL"] == "Y").astype(float), KP=(rows["TRT01P"] == "KP").astype(float))


@cache
def leaking():
    return leakage.vertebrae(trial())


def test_estimating_equations_by_statsmodels_with_t_quantiles_and_the_delta_method(find):
    rows = levels()
    structure = sm.cov_struct.Exchangeable()
    model = sm.GEE(rows["LEAK"], sm.add_constant(rows[["KP"]]), groups=rows["USUBJID"], family=sm.families.Binomial(),
                   cov_struct=structure)  # fmt: skip
    fit = model.fit(cov_type="bias_reduced", maxiter=500, ctol=1e-12)
    beta, covariance = fit.params.to_numpy(), np.asarray(fit.cov_params())
    df = rows["USUBJID"].nunique() - 2
    quantile = stats.t.ppf(0.975, df)
    se = covariance[1, 1] ** 0.5
    odds = {"estimate": np.exp(beta[1]), "se": se, "lower95": np.exp(beta[1] - quantile * se), "df": df,
            "upper95": np.exp(beta[1] + quantile * se), "p_value": 2 * stats.t.sf(abs(beta[1]) / se, df)}  # fmt: skip
    p, q = 1 / (1 + np.exp(-beta.sum())), 1 / (1 + np.exp(-beta[0]))
    gradient = np.array([p * (1 - p) - q * (1 - q), p * (1 - p)])
    spread = float(np.sqrt(gradient @ covariance @ gradient))
    difference = {"estimate": p - q, "se": spread, "df": df, "lower95": p - q - quantile * spread,
                  "upper95": p - q + quantile * spread, "p_value": 2 * stats.t.sf(abs(p - q) / spread, df)}  # fmt: skip
    for parameter, theirs in (("LEAK_OR", odds), ("LEAK", difference)):
        where = {"analysis": "leakage.vertebra_gee", "parameter": parameter}
        assert {s: find.value(leaking(), s, **where) for s in theirs} == {s: same(v) for s, v in theirs.items()}


@cache
def leaks_a_patient() -> tuple[np.ndarray, ...]:
    """Leaking vertebrae, treated vertebrae, and whether the arm is KP, by patient."""
    counted = levels().groupby(["USUBJID", "KP"])["LEAK"].agg(["sum", "size"]).reset_index()
    return counted["sum"].to_numpy(), counted["size"].to_numpy(), counted["KP"].to_numpy()


def beta_binomial(parameters: np.ndarray):
    """-log likelihood of leaks a patient, the two rates and the correlation given; complex numbers are allowed."""
    x, n, kp = leaks_a_patient()
    kp_rate, vp_rate, rho = np.asarray(parameters, dtype=complex)
    mean = np.where(kp == 1, kp_rate, vp_rate)
    a, b = mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho
    after = loggamma(a + x) + loggamma(b + n - x) - loggamma(a + b + n)
    return -(after - loggamma(a) - loggamma(b) + loggamma(a + b)).sum()


def gradient(parameters: np.ndarray) -> np.ndarray:
    """By a complex step, exact to rounding."""
    return np.array([beta_binomial(parameters + 1e-30j * row).imag / 1e-30 for row in np.eye(3)])


def test_beta_binomial_model_by_scipy_with_complex_steps_and_a_profile(find):
    found = minimize(lambda v: beta_binomial(v).real, [0.3, 0.5, 0.3], jac=gradient, bounds=[(0.01, 0.99)] * 3)
    top = found.x
    for _ in range(20):
        hessian = np.array([(gradient(top + h) - gradient(top - h)) / 2e-5 for h in 1e-5 * np.eye(3)])
        top = top - np.linalg.solve(hessian, gradient(top))
    covariance = np.linalg.inv((hessian + hessian.T) / 2)
    assert 0 < top[2] < 1
    quantile = stats.t.ppf(0.975, levels()["USUBJID"].nunique() - 3)
    rows = {"KP": np.array([1, 0, 0]), "VP": np.array([0, 1, 0]), "KP-VP": np.array([1, -1, 0])}
    for group, row in rows.items():
        estimate, se = row @ top, np.sqrt(row @ covariance @ row)
        theirs = [estimate, se, estimate - quantile * se, estimate + quantile * se]
        where = {"analysis": "leakage.vertebra_beta_binomial", "parameter": "LEAK", "group": group}
        ours = [find.value(leaking(), s, **where) for s in ("estimate", "se", "lower95", "upper95")]
        assert ours == [pytest.approx(v, rel=1e-6) for v in theirs]

    def fall(rho: float) -> float:
        best = minimize(lambda v: beta_binomial(np.array([*v, rho])).real, top[:2], method="Nelder-Mead",
                        options={"xatol": 1e-9, "fatol": 1e-13})  # fmt: skip
        return best.fun - beta_binomial(top).real - stats.chi2.ppf(0.95, 1) / 2

    where = {"analysis": "leakage.vertebra_beta_binomial", "parameter": "LEAK_ICC", "group": "all"}
    assert find.value(leaking(), "estimate", **where) == pytest.approx(top[2], rel=1e-6)
    lower, upper = (find.value(leaking(), s, **where) for s in ("lower95", "upper95"))
    assert upper == pytest.approx(brentq(fall, top[2], 0.999, xtol=1e-9), rel=1e-6)
    if lower:
        assert lower == pytest.approx(brentq(fall, 1e-6, top[2], xtol=1e-9), rel=1e-6)
    else:
        assert fall(1e-6) < 0
