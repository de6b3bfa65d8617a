"""Imputation of longitudinal outcomes. Published numbers name their source; ids are those of the reference cases."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats import multivariate_normal

from helpers.stats import means
from helpers.stats.missing import arrange, compare_at, impute, impute_and_compare
from helpers.stats.missing.imputation import Imputations, complete
from helpers.stats.missing.likelihood import Sample, fit
from helpers.stats.missing.posterior import draw
from helpers.stats.missing.strategies import STRATEGIES, joined
from tests.stats.longitudinal import COLUMNS, SMALL, antidepressant, made_up
from tests.stats.reference import cases, tolerance

# the published contrasts are placebo minus drug with the drug as the arm named first
DRUG_FIRST = {**COLUMNS, "reference": "DRUG", "references": {"DRUG": "PLACEBO"} | {"PLACEBO": "PLACEBO"}}
WITH_SEX = {**COLUMNS, "reference": "PLACEBO", "covariates": ["GENDER"], "covariates_by_visit": ["BASVAL"]}


# RBMI-CONDMEAN-JR: R rbmi, vignette on conditional mean imputation, section 3.4
def test_jump_to_reference_by_conditional_means_matches_rbmi():
    case = cases()["RBMI-CONDMEAN-JR"]
    found = impute_and_compare(
        antidepressant(), **DRUG_FIRST, covariates_by_visit=["BASVAL"], strategy="JR", method="conditional-mean"
    )
    for visit in (4, 5, 6, 7):
        contrast, key = found.contrast(visit), f"trt_{visit}"
        assert [contrast.estimate, contrast.se] == approx(case["expected"][key], abs=tolerance(case, key))
        assert [contrast.estimate, contrast.se] == approx(case["computed"][key], rel=2e-8)
    last = found.contrast(7)
    assert [last.lower, last.upper] == approx(case["computed"]["ci_7"], rel=1e-7)
    assert last.p_value == approx(case["computed"]["p_7"], rel=1e-6)
    assert found.visits[7].means["DRUG"].estimate == approx(case["computed"]["lsm_drug_7"], rel=1e-8)
    assert found.visits[7].means["PLACEBO"].estimate == approx(case["computed"]["lsm_placebo_7"], rel=1e-8)
    # adjusted means at visit 7 with their standard errors, same table
    assert found.visits[7].means["DRUG"].se == approx(0.685, abs=6e-4)
    assert found.visits[7].means["PLACEBO"].se == approx(0.762, abs=6e-4)


# R rbmi, the same vignette, section 4.4; difference D19 of the reference README
def test_information_anchored_standard_errors_match_rbmi():
    found = impute_and_compare(
        antidepressant(),
        **DRUG_FIRST,
        covariates_by_visit=["BASVAL"],
        strategy="JR",
        method="conditional-mean",
        variance="information-anchored",
    )
    printed = {4: (-0.092, 0.695), 5: (1.305, 0.944), 6: (1.929, 0.993), 7: (2.126, 1.123)}
    for visit, expected in printed.items():
        contrast = found.contrast(visit)
        assert (contrast.estimate, contrast.se) == approx(expected, abs=6e-4)
    assert (found.contrast(7).lower, found.contrast(7).upper) == approx((-0.076, 4.327), abs=6e-4)
    assert found.contrast(7).p_value == approx(0.058, abs=6e-4)


# RBMI-STRATEGIES: the deterministic values beside the published random ones
@pytest.mark.parametrize("strategy", ["MAR", "CR", "JR", "CIR"])
def test_strategies_by_conditional_means_match_the_reference_case(strategy):
    case = cases()["RBMI-STRATEGIES"]
    panel = arrange(antidepressant(), **WITH_SEX, strategy=strategy)
    made = impute(panel, method="conditional-mean", resampling="bootstrap", imputations=2, seed=1)
    found = compare_at(made, 7).contrasts["DRUG"].estimate
    assert found == approx(case["computed"][strategy], abs=6e-7)
    assert found == approx(case["expected"][strategy], abs=case["tol"])


# PSIAIMS CAMIS, R and SAS pages on reference-based imputation, M = 5000: estimates and standard errors of rbmi and of
# the five macros agree within 0.006 and 0.004. With M = 1000 here the Monte Carlo error of an estimate is 0.013.
def test_bayesian_imputation_matches_rbmi_and_the_five_macros():
    panel = arrange(antidepressant(), **WITH_SEX)
    n = len(panel.subjects)
    rng = np.random.default_rng(20)
    drawn = draw(Sample(panel.outcome, panel.design, np.zeros(n, dtype=int)), 1000, rng)
    printed = {
        "MAR": (-2.830, 1.123, 0.0128),
        "CR": (-2.394, 1.112, 0.0329),
        "JR": (-2.148, 1.135, 0.0603),
        "CIR": (-2.479, 1.112, 0.0273),
    }
    for strategy, (estimate, se, p_value) in printed.items():
        panel = arrange(antidepressant(), **WITH_SEX, strategy=strategy)
        values = complete(panel, drawn.beta, drawn.sigma, STRATEGIES, rng)
        found = compare_at(Imputations(panel, "bayes", values), 7).contrasts["DRUG"]
        assert found.monte_carlo_se == approx(0.0125, abs=0.002)
        assert found.estimate == approx(estimate, abs=4 * 0.0145)
        assert found.se == approx(se, abs=0.02)
        assert found.p_value == approx(p_value, rel=0.2)
        assert found.imputed == 43
        assert 0.09 < found.fmi < 0.19


# PSIAIMS CAMIS, R page, approximate Bayesian imputation under CR with M = 2000
def test_approximate_bayesian_imputation_matches_rbmi():
    found = impute_and_compare(
        antidepressant(), **WITH_SEX, strategy="CR", method="approximate-bayes", imputations=300, seed=20
    ).contrast(7)
    assert found.estimate == approx(-2.403, abs=4 * 0.022)
    assert found.se == approx(1.112, abs=0.03)


# R rbmi, quickstart vignette, 150 draws; its Monte Carlo standard error at visit 7 is 0.035
def test_bayesian_imputation_matches_the_quickstart_of_rbmi():
    found = impute_and_compare(
        antidepressant(), **DRUG_FIRST, covariates_by_visit=["BASVAL"], strategy="JR", imputations=300, seed=987
    )
    printed = {4: (-0.09180645, 0.6826279), 5: (1.33263541, 0.9230670), 6: (1.94988585, 0.9939613), 7: (2.169, 1.120)}
    first = found.contrast(4)
    assert (first.estimate, first.se) == approx(printed[4], abs=5e-8)
    for visit in (5, 6, 7):
        contrast = found.contrast(visit)
        assert contrast.estimate == approx(printed[visit][0], abs=0.15)
        assert contrast.se == approx(printed[visit][1], abs=0.05)


# The same data with nothing imputed at visit 4: complete-data degrees of freedom, where rbmi shows v(v+1)/(v+3)
def test_a_visit_without_missing_values_has_the_result_of_the_data():
    data = antidepressant()
    found = impute_and_compare(data, **WITH_SEX, imputations=5, seed=1).contrast(4)
    at_4 = data[data.VISIT == 4].assign(male=lambda d: (d.GENDER == "M").astype(float))
    plain = means.ancova(at_4, outcome="CHANGE", arm="THERAPY", reference="PLACEBO", covariates=["BASVAL", "male"])
    expected = plain.contrasts["DRUG"]
    for name in ("n", "estimate", "se", "df", "lower", "upper", "p_value"):
        assert getattr(found, name) == approx(getattr(expected, name), rel=1e-10)
    assert (found.fmi, found.imputed) == (0.0, 0)


# Strategies -------------------------------------------------------------------------------------------------------

OWN = (np.array([1.0, 3.0, 5.0]), np.eye(3))
REFERENCE = (np.array([2.0, 6.0, 10.0]), np.eye(3))


# R rbmi, tests/testthat/test-strategies.R
@pytest.mark.parametrize(
    ("name", "expected"),
    [("MAR", [1, 3, 5]), ("JR", [1, 6, 10]), ("CR", [2, 6, 10]), ("CIR", [1, 5, 9]), ("LMCF", [1, 1, 1])],
)
def test_means_of_the_strategies_match_the_tests_of_rbmi(name, expected):
    mean, covariance = STRATEGIES[name](*OWN, *REFERENCE, np.array([True, False, False]))
    assert mean == approx(np.array(expected, dtype=float))
    assert covariance == approx(np.eye(3))


def test_strategies_at_their_ends_match_the_tests_of_rbmi():
    never, always = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)
    for name in ("JR", "CIR"):
        assert STRATEGIES[name](*OWN, *REFERENCE, always)[0] == approx(REFERENCE[0])
        assert STRATEGIES[name](*OWN, *REFERENCE, never)[0] == approx(OWN[0])
        assert STRATEGIES[name](*OWN, *OWN, np.array([True, False, False]))[0] == approx(OWN[0])
    assert np.isnan(STRATEGIES["LMCF"](*OWN, *REFERENCE, always)[0]).all()


# R rbmi, tests/testthat/test-strategies.R: own variances 1.5 and covariances 0.5, the reference's 1.2 and 0.2
def test_the_joined_covariance_keeps_the_own_past_and_the_references_way_onwards():
    own, reference = np.eye(3) + 0.5, np.eye(3) + 0.2
    before = np.array([True, True, False])
    found = joined(own, reference, before)
    assert found[:2, :2] == approx(own[:2, :2])
    assert found == approx(found.T)
    assert found[2, 2] not in (approx(own[2, 2]), approx(reference[2, 2]))
    # the regression of what follows on what went before, and its residual, are the reference arm's
    slope = np.linalg.solve(reference[:2, :2], reference[:2, 2])
    assert np.linalg.solve(found[:2, :2], found[:2, 2]) == approx(slope)
    assert found[2, 2] - found[2, :2] @ slope == approx(reference[2, 2] - reference[2, :2] @ slope)
    assert joined(own, own, before) is own


# R rbmi, tests/testthat/test-impute.R: "impute can recover known values"; coefficients 1 to 6 in the formula's order
def test_conditional_means_match_the_known_values_of_rbmi():
    data = pd.DataFrame(
        {
            "visit": ["v1", "v2", "v3"] * 4,
            "id": np.repeat(["1", "2", "3", "4"], 3),
            "group": np.repeat(["A", "B"], 6),
            "cov1": np.repeat([1.0, 2.0, 3.0, 4.0], 3),
            "outcome": [1, np.nan, np.nan, 4, 3, 6, 1, 1, 1, 5, np.nan, 6],
        }
    )
    columns = {"outcome": "outcome", "arm": "group", "subject": "id", "visit": "visit", "covariates": ["cov1"]}
    ices = pd.DataFrame({"id": ["1"], "visit": ["v3"], "strategy": ["JR"]})
    sigma = np.broadcast_to(np.eye(3), (1, 1, 3, 3))
    # intercept, group, visits, cov1, group by cov1
    for events, expected in ((pd.DataFrame({"id": [], "visit": []}), [9, 10]), (ices, [9, 18])):
        panel = arrange(
            data, **columns, reference="A", formula="group + visit + cov1 + group:cov1", events=events,
            references={"A": "B", "B": "B"},
        )  # fmt: skip
        values = complete(panel, np.array([[1.0, 2, 3, 4, 5, 6]]), sigma, STRATEGIES)[0]
        assert values[0, 1:] == approx(expected)
        assert values[3, 1] == approx(50)
        assert values[1] == approx([4, 3, 6])


def conditional(mean, covariance, outcome):
    seen = ~np.isnan(outcome)
    lacking = ~seen
    weight = covariance[np.ix_(lacking, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
    rest = covariance[np.ix_(lacking, lacking)] - weight @ covariance[np.ix_(seen, lacking)]
    return mean[lacking] + weight @ (outcome[seen] - mean[seen]), rest


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("strategy", ["MAR", "JR", "CR", "CIR", "LMCF"])
def test_every_imputed_mean_is_the_conditional_mean_of_its_patient(strategy, same):
    panel = arrange(made_up(6, n=60, visits=4, gaps=0.15), **SMALL, covariates_by_visit=["base"], strategy=strategy)
    n = len(panel.subjects)
    group = np.zeros(n, dtype=int) if same else panel.arm
    found = fit(Sample(panel.modelled, panel.design, group), np.ones((1, n)), groups=1 if same else 2)
    values = complete(panel, found.beta, found.sigma, STRATEGIES)[0]
    for i in range(n):
        y = panel.outcome[i]
        if not np.isnan(y).any():
            assert values[i] == approx(y)
            continue
        own = panel.designs[panel.arm[i], i] @ found.beta[0], found.sigma[0, group[i]]
        ref = panel.designs[0, i] @ found.beta[0], found.sigma[0, 0]
        before = np.arange(4) < panel.event[i]
        mean, covariance = own if panel.strategy[i] == "MAR" else STRATEGIES[strategy](*own, *ref, before)
        assert values[i, np.isnan(y)] == approx(conditional(mean, covariance, y)[0], rel=1e-9)


def test_random_imputations_have_the_conditional_distribution():
    panel = arrange(made_up(6, n=60, visits=4, gaps=0.15), **SMALL, covariates_by_visit=["base"], strategy="CIR")
    n = len(panel.subjects)
    found = fit(Sample(panel.modelled, panel.design, panel.arm), np.ones((1, n)), groups=2)
    draws = 4000
    values = complete(
        panel,
        np.repeat(found.beta, draws, axis=0),
        np.repeat(found.sigma, draws, axis=0),
        STRATEGIES,
        np.random.default_rng(5),
    )
    i = int(np.flatnonzero((panel.missing.sum(axis=1) == 2) & (panel.arm == 1) & (panel.event == 2))[0])
    own = panel.designs[1, i] @ found.beta[0], found.sigma[0, 1]
    ref = panel.designs[0, i] @ found.beta[0], found.sigma[0, 0]
    mean, rest = conditional(*STRATEGIES["CIR"](*own, *ref, np.arange(4) < 2), panel.outcome[i])
    drawn = values[:, i][:, panel.missing[i]]
    assert drawn.mean(axis=0) == approx(mean, abs=4 * np.sqrt(rest.max() / draws))
    assert np.cov(drawn.T) == approx(rest, abs=0.12 * rest.max())
    assert multivariate_normal(mean, rest).logpdf(drawn).mean() == approx(
        multivariate_normal(mean, rest).logpdf(mean) - 1, abs=0.08
    )


def test_outcomes_seen_after_an_event_are_kept_but_not_modelled_unless_at_random():
    data = made_up(7, dropout=0.0)
    events = pd.DataFrame({"id": ["P000", "P002"], "visit": [2, 3]})
    data.loc[(data.id == "P000") & (data.visit == 3), "y"] = np.nan
    for strategy in ("JR", "MAR"):
        panel = arrange(data, **SMALL, covariates_by_visit=["base"], events=events, strategy=strategy)
        assert np.isnan(panel.modelled).sum() == (3 if strategy == "JR" else 1)
        values = impute(panel, method="conditional-mean").values[0]
        assert values[0, 1] == data.y[1]
        assert values[2, 2] == data.y[8]
    # R rbmi, test-draws.R: observed outcomes after the event change nothing in the model
    other = data.copy()
    other.loc[(other.id == "P002") & (other.visit == 3), "y"] = np.nan
    kept, dropped = (
        arrange(d, **SMALL, covariates_by_visit=["base"], events=events, strategy="JR") for d in (data, other)
    )
    assert np.array_equal(kept.modelled, dropped.modelled, equal_nan=True)


def test_a_strategy_of_ones_own_and_one_by_arm_are_followed():
    def halfway(mean, covariance, mean_ref, covariance_ref, before):
        return np.where(before, mean, (mean + mean_ref) / 2), covariance

    data, own = made_up(8, dropout=0.3), {"AVG": halfway}
    columns = {**SMALL, "covariates_by_visit": ["base"]}
    values = {
        name: impute(
            arrange(data, **columns, strategy={"KP": name}, strategies=own), method="conditional-mean", strategies=own
        ).values[0]
        for name in ("MAR", "JR", "AVG")
    }
    panel = arrange(data, **columns, strategy={"KP": "JR"})
    assert {panel.strategy[i] for i in np.flatnonzero(panel.arm == 0)} == {"MAR"}
    last = panel.missing[:, 2] & ~panel.missing[:, 1]
    assert last.sum() > 2
    # with one visit to fill the conditional mean is linear in the mean
    assert values["AVG"][last, 2] == approx((values["MAR"][last, 2] + values["JR"][last, 2]) / 2)
    assert np.array_equal(values["JR"][panel.arm == 0], values["MAR"][panel.arm == 0])
