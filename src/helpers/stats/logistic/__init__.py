"""Logistic regression, ordinary and penalised, and risks standardised over its covariates."""

from helpers.stats._standardise import Standardised, standardise
from helpers.stats.logistic.fit import LogisticFit, firth, logistic
from helpers.stats.logistic.g_computation import g_computation

__all__ = ["LogisticFit", "Standardised", "firth", "g_computation", "logistic", "standardise"]
