"""Correlations: of values and ranks, partial, within subjects, their differences, intervals and sizes."""

from helpers.stats.correlation._shared import CorrelationTest
from helpers.stats.correlation.differences import (
    CorrelationDifference,
    dependent_difference,
    difference_of_intervals,
    independent_difference,
)
from helpers.stats.correlation.influence import Influence, leave_one_out, tied
from helpers.stats.correlation.intervals import (
    bonett_wright,
    kendall_limits,
    pearson_limits,
    semipartial_limits,
    spearman_limits,
)
from helpers.stats.correlation.kendall import kendall
from helpers.stats.correlation.partial import partial, partial_spearman, semipartial
from helpers.stats.correlation.pearson import pearson, point_biserial
from helpers.stats.correlation.repeated import repeated_measures
from helpers.stats.correlation.resampled import bootstrap_correlation
from helpers.stats.correlation.size import pairs_for_difference_width, pairs_for_width, pairs_for_width_exact
from helpers.stats.correlation.spearman import spearman

__all__ = [
    "CorrelationDifference",
    "CorrelationTest",
    "Influence",
    "bonett_wright",
    "bootstrap_correlation",
    "dependent_difference",
    "difference_of_intervals",
    "independent_difference",
    "kendall",
    "kendall_limits",
    "leave_one_out",
    "pairs_for_difference_width",
    "pairs_for_width",
    "pairs_for_width_exact",
    "partial",
    "partial_spearman",
    "pearson",
    "pearson_limits",
    "point_biserial",
    "repeated_measures",
    "semipartial",
    "semipartial_limits",
    "spearman",
    "spearman_limits",
    "tied",
]
