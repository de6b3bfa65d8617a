"""Units in clusters: proportions of two arms, their correlation, and least squares with clustered errors."""

from helpers.stats.clustered._counts import ClusterCounts, count_clusters
from helpers.stats.clustered.beta_binomial import BetaBinomial, beta_binomial
from helpers.stats.clustered.design_effect import (
    ClusteredDifference,
    DesignEffect,
    clustered_proportion,
    design_effect,
    donner,
    rao_scott,
)
from helpers.stats.clustered.icc import Icc, icc
from helpers.stats.clustered.linear import clustered_least_squares, least_squares
from helpers.stats.clustered.permutation import PermutationTest, permute_clusters

__all__ = [
    "BetaBinomial",
    "ClusterCounts",
    "ClusteredDifference",
    "DesignEffect",
    "Icc",
    "PermutationTest",
    "beta_binomial",
    "clustered_least_squares",
    "clustered_proportion",
    "count_clusters",
    "design_effect",
    "donner",
    "icc",
    "least_squares",
    "permute_clusters",
    "rao_scott",
]
