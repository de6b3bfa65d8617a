"""Which test looks at which analysis of the plan by a second route: every primary and sensitivity analysis has one."""

import re
from pathlib import Path

import pytest

from helpers.sap import load_sap

RATES = "rates_by_wilson_of_statsmodels_and_their_difference_by_roots_of_the_score"
KINDS = "kinds_of_leak_by_wilson_of_statsmodels_and_roots_of_the_score"
REPEATED = "mixed_model_for_repeated_measures_by_dense_reml_and_the_formulas_of_kenward_and_roger"
VERTEBRAE = "mixed_model_over_vertebrae_by_dense_reml_or_at_the_boundary_by_least_squares"
COVARIANCE = "analysis_of_covariance_by_least_squares_of_statsmodels"
CHANGES = "changes_by_the_t_tests_of_scipy"
PAIRS = "win_odds_and_probability_of_doing_better_from_all_pairs"
ALIVE = "average_while_alive_by_trapezoids_and_least_squares_of_statsmodels"
RUBIN = "imputation_by_least_squares_of_statsmodels_and_rubins_rules"
SHIFTED = "shifted_values_and_the_tipping_point_by_statsmodels_and_a_root"
RESPONDERS = "responders_by_counting_wilson_of_statsmodels_and_roots_of_the_score"

ROUTES = {
    "leakage.success_bayes": "posterior_probabilities_by_exact_rational_arithmetic",
    "leakage.success": RATES,
    "leakage.success_priors": "other_priors_by_quadrature_of_scipy_over_the_other_arm",
    "leakage.success_newcombe": "newcombe_interval_by_statsmodels",
    "leakage.success_ratio": "risk_ratio_and_odds_ratio_by_roots_of_the_score",
    "leakage.success_tests": "boschloo_by_scipy_one_side_at_a_time",
    "leakage.success_strata": "mantel_haenszel_difference_by_the_formula_of_sato",
    "leakage.success_adjusted": "firth_regression_by_a_newton_loop_and_the_delta_method",
    "leakage.success_composite": RATES,
    "leakage.success_m3": RATES,
    "leakage.success_bounds": "best_case_worst_case_and_between_by_roots_of_the_score",
    "leakage.success_mitt": RATES,
    "leakage.success_pp": RATES,
    "leakage.vertebra_gee": "estimating_equations_by_statsmodels_with_t_quantiles_and_the_delta_method",
    "leakage.vertebra_beta_binomial": "beta_binomial_model_by_scipy_with_complex_steps_and_a_profile",
    **dict.fromkeys(("leakage.type", "leakage.size", "leakage.symptoms"), KINDS),
    **dict.fromkeys(("height.vertebral", "angle.kyphotic"), VERTEBRAE),
    **dict.fromkeys(("height.vertebral_patient", "height.stature", "angle.kyphotic_patient"), COVARIANCE),
    **dict.fromkeys(("height.vertebral_change", "height.stature_change", "angle.kyphotic_change"), CHANGES),
    **dict.fromkeys(("pain.vas", "qol.dallas"), REPEATED),
    **dict.fromkeys(("pain.vas_ancova", "qol.dallas_ancova"), COVARIANCE),
    **dict.fromkeys(("pain.vas_change", "qol.dallas_change"), CHANGES),
    **dict.fromkeys(("pain.vas_composite", "qol.dallas_composite"), PAIRS),
    **dict.fromkeys(("pain.vas_alive", "qol.dallas_alive"), ALIVE),
    **dict.fromkeys(("pain.vas_mi", "qol.dallas_mi", "pain.vas_reference", "qol.dallas_reference"), RUBIN),
    **dict.fromkeys(("pain.vas_delta", "qol.dallas_delta"), SHIFTED),
    **dict.fromkeys(("pain.responder", "pain.responder_nnt", "pain.responder_observed", "qol.responder"), RESPONDERS),
    "qol.dallas_holm": "the_p_values_of_the_domains_are_adjusted_by_holm",
    "tolerance.overview": "patients_with_an_event_by_the_exact_interval_of_scipy",
    "tolerance.worst_grade": "worst_grades_by_counting",
    "volume_pain.spearman": "rank_correlation_by_scipy_and_the_formula_of_bonett_and_wright",
    "volume_pain.bootstrap": "bootstrap_of_the_rank_correlation_by_scipy_on_the_same_draws",
    "volume_pain.partial": "partial_correlation_by_residuals_of_ranks",
    "volume_pain.slope": "points_per_millilitre_by_least_squares_of_statsmodels",
}


def test_every_primary_and_sensitivity_analysis_of_the_plan_has_a_second_route():
    assert {a.id for a in load_sap().analyses if a.role in ("primary", "sensitivity")} == set(ROUTES)


@pytest.mark.parametrize("analysis", ROUTES)
def test_the_second_route_is_a_test_of_this_folder(analysis):
    texts = (path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert any(re.search(rf"^def test_{ROUTES[analysis]}\(", text, flags=re.MULTILINE) for text in texts)
