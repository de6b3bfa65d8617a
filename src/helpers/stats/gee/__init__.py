"""Marginal regression of clustered outcomes by generalised estimating equations, with corrections for few clusters."""

from helpers.stats._standardise import Standardised, standardise
from helpers.stats.gee.fit import GeeFit, gee

__all__ = ["GeeFit", "Standardised", "gee", "standardise"]
