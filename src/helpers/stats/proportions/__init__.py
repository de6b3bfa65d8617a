"""Proportions: of one sample, of two arms (difference, ratio, odds ratio), and of pairs.

Counts come first, arm of interest before reference; everything else is by keyword. The limits of a two-sided interval
at `level` are the one-sided limits at (1 + level)/2, save for those that invert one two-sided test (`blaker`, `sterne`,
`likelihood_ratio`, and methods "minlike" and "two-sided").
"""

from helpers.stats.proportions._restricted import restricted_mle, score_variance
from helpers.stats.proportions._results import CentredInterval, ProportionTest, RatioInterval
from helpers.stats.proportions.barnard import barnard_test, boschloo_test, exact_test
from helpers.stats.proportions.difference import (
    agresti_caffo_difference,
    brown_li_difference,
    haldane_difference,
    hauck_anderson_difference,
    jeffreys_perks_difference,
    mover_difference,
    newcombe_difference,
    wald_difference,
)
from helpers.stats.proportions.difference_score import profile_difference, risk_difference, tail_difference
from helpers.stats.proportions.exact import exact_difference, exact_odds_ratio, exact_ratio
from helpers.stats.proportions.fisher import conditional_odds_ratio, fisher_test
from helpers.stats.proportions.numbers_needed import Direction, NumberNeeded, number_needed
from helpers.stats.proportions.odds import (
    inverse_sinh_odds_ratio,
    mover_odds_ratio,
    profile_odds_ratio,
    score_odds_ratio,
    woolf_odds_ratio,
)
from helpers.stats.proportions.paired import (
    agresti_min_paired_difference,
    bonett_price_paired_difference,
    mcnemar_test,
    newcombe_paired_difference,
    paired_difference_test,
    tango_difference,
    wald_paired_difference,
)
from helpers.stats.proportions.paired_ratio import (
    bonett_price_ratio,
    mover_paired_ratio,
    paired_odds_ratio,
    tang_ratio,
    wald_paired_ratio,
)
from helpers.stats.proportions.ratio import (
    inverse_sinh_ratio,
    katz_ratio,
    koopman_ratio,
    mover_ratio,
    profile_ratio,
    score_ratio,
    walter_ratio,
)
from helpers.stats.proportions.responders import Responders, count_responders, responses
from helpers.stats.proportions.single import (
    agresti_coull,
    arcsine,
    jeffreys,
    likelihood_ratio,
    logit,
    modified_wilson,
    plus_four,
    skewness_corrected,
    wald,
    wilson,
)
from helpers.stats.proportions.single_exact import blaker, clopper_pearson, mid_p, pratt, sterne
from helpers.stats.proportions.single_tests import binomial_test, likelihood_ratio_test, score_test, wald_test
from helpers.stats.proportions.two_sample_tests import (
    chi_squared_test,
    difference_test,
    g_test,
    odds_ratio_test,
    ratio_test,
)

__all__ = [
    "CentredInterval",
    "Direction",
    "NumberNeeded",
    "ProportionTest",
    "RatioInterval",
    "Responders",
    "agresti_caffo_difference",
    "agresti_coull",
    "agresti_min_paired_difference",
    "arcsine",
    "barnard_test",
    "binomial_test",
    "blaker",
    "bonett_price_paired_difference",
    "bonett_price_ratio",
    "boschloo_test",
    "brown_li_difference",
    "chi_squared_test",
    "clopper_pearson",
    "conditional_odds_ratio",
    "count_responders",
    "difference_test",
    "exact_difference",
    "exact_odds_ratio",
    "exact_ratio",
    "exact_test",
    "fisher_test",
    "g_test",
    "haldane_difference",
    "hauck_anderson_difference",
    "inverse_sinh_odds_ratio",
    "inverse_sinh_ratio",
    "jeffreys",
    "jeffreys_perks_difference",
    "katz_ratio",
    "koopman_ratio",
    "likelihood_ratio",
    "likelihood_ratio_test",
    "logit",
    "mcnemar_test",
    "mid_p",
    "modified_wilson",
    "mover_difference",
    "mover_odds_ratio",
    "mover_paired_ratio",
    "mover_ratio",
    "newcombe_difference",
    "newcombe_paired_difference",
    "number_needed",
    "odds_ratio_test",
    "paired_difference_test",
    "paired_odds_ratio",
    "plus_four",
    "pratt",
    "profile_difference",
    "profile_odds_ratio",
    "profile_ratio",
    "ratio_test",
    "responses",
    "restricted_mle",
    "risk_difference",
    "score_odds_ratio",
    "score_ratio",
    "score_test",
    "score_variance",
    "skewness_corrected",
    "sterne",
    "tail_difference",
    "tang_ratio",
    "tango_difference",
    "wald",
    "wald_difference",
    "wald_paired_difference",
    "wald_paired_ratio",
    "wald_test",
    "walter_ratio",
    "wilson",
    "woolf_odds_ratio",
]
