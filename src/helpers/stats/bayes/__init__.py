"""Beta-binomial analysis of proportions: exact or by quadrature, no simulation, so no seed."""

from helpers.stats.bayes.beta import BetaMixture, BetaPosterior, posterior
from helpers.stats.bayes.completed import (
    CompletedTrial,
    completed_trial,
    elementwise,
    fisher_below,
    probability_above,
    score_lower_above,
)
from helpers.stats.bayes.contrasts import (
    DifferencePosterior,
    OddsRatioPosterior,
    RatioPosterior,
    difference,
    odds_ratio,
    ratio,
)
from helpers.stats.bayes.equality import BayesFactor, equality
from helpers.stats.bayes.predictive import BetaBinomial, PriorConflict, predictive, prior_conflict
from helpers.stats.bayes.priors import (
    discounted,
    effective_sample_size,
    flat,
    from_moments,
    jeffreys,
    power_prior,
    robust,
    sceptical,
)

__all__ = [
    "BayesFactor",
    "BetaBinomial",
    "BetaMixture",
    "BetaPosterior",
    "CompletedTrial",
    "DifferencePosterior",
    "OddsRatioPosterior",
    "PriorConflict",
    "RatioPosterior",
    "completed_trial",
    "difference",
    "discounted",
    "effective_sample_size",
    "elementwise",
    "equality",
    "fisher_below",
    "flat",
    "from_moments",
    "jeffreys",
    "odds_ratio",
    "posterior",
    "power_prior",
    "predictive",
    "prior_conflict",
    "probability_above",
    "ratio",
    "robust",
    "sceptical",
    "score_lower_above",
]
