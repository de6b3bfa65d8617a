"""Means: of one, two and several samples, of pairs, adjusted for covariates; their ratios; medians; margins."""

from helpers.stats._t_tests import FTest, TTest
from helpers.stats._types import Contrast, Estimate
from helpers.stats.means.ancova import Ancova, ancova
from helpers.stats.means.groups import contrast, one_way, pairwise
from helpers.stats.means.margins import Equivalence, NonInferiority, equivalence, non_inferiority
from helpers.stats.means.medians import (
    Median,
    median,
    median_difference,
    median_ratio,
    paired_median_difference,
    paired_median_ratio,
)
from helpers.stats.means.one_sample import mean_t, one_sample, paired, paired_from_moments
from helpers.stats.means.ratios import (
    GeometricMean,
    Ratio,
    geometric_mean,
    geometric_ratio,
    mean_ratio,
    paired_geometric_ratio,
    paired_mean_ratio,
)
from helpers.stats.means.two_sample import student, variance_ratio, welch
from helpers.stats.summary import Moments

__all__ = [
    "Ancova",
    "Contrast",
    "Equivalence",
    "Estimate",
    "FTest",
    "GeometricMean",
    "Median",
    "Moments",
    "NonInferiority",
    "Ratio",
    "TTest",
    "ancova",
    "contrast",
    "equivalence",
    "geometric_mean",
    "geometric_ratio",
    "mean_ratio",
    "mean_t",
    "median",
    "median_difference",
    "median_ratio",
    "non_inferiority",
    "one_sample",
    "one_way",
    "paired",
    "paired_from_moments",
    "paired_geometric_ratio",
    "paired_mean_ratio",
    "paired_median_difference",
    "paired_median_ratio",
    "pairwise",
    "student",
    "variance_ratio",
    "welch",
]
