"""Linear regression by least squares: coefficients, analysis of variance, and errors robust to unequal variances."""

from helpers.stats.regression.anova import anova
from helpers.stats.regression.linear import Coefficient, Regression, linear

__all__ = ["Coefficient", "Regression", "anova", "linear"]
