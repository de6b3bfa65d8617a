"""Rank methods: two samples, pairs, strata, several samples, covariates, and composites with death the worst."""

from helpers.stats.rank._common import RankTest
from helpers.stats.rank.brunner_munzel import brunner_munzel
from helpers.stats.rank.composite import (
    CompositeContrast,
    Quantile,
    composite_contrast,
    composite_quantile,
    death_worst,
)
from helpers.stats.rank.covariance import AdjustedEffect, RankAncova, koch_adjusted, quade, rank_ancova
from helpers.stats.rank.delta import cliffs_delta, paired_rank_biserial
from helpers.stats.rank.effect import RelativeEffect, relative_effect
from helpers.stats.rank.kawaguchi import kawaguchi_koch
from helpers.stats.rank.newcombe import newcombe_effect
from helpers.stats.rank.paired import SignTest, sign_interval, sign_test, signed_rank
from helpers.stats.rank.permutation import PermutationTest, paired_permutation_test, permutation_test
from helpers.stats.rank.several import jonckheere, kruskal_wallis
from helpers.stats.rank.shift import Shift, hodges_lehmann, pseudo_median
from helpers.stats.rank.stratified import (
    StratifiedEffect,
    StratumEffect,
    stratified_effect,
    stratified_shift,
    van_elteren,
)
from helpers.stats.rank.two_sample import MannWhitney, fligner_policello, mann_whitney

__all__ = [
    "AdjustedEffect",
    "CompositeContrast",
    "MannWhitney",
    "PermutationTest",
    "Quantile",
    "RankAncova",
    "RankTest",
    "RelativeEffect",
    "Shift",
    "SignTest",
    "StratifiedEffect",
    "StratumEffect",
    "brunner_munzel",
    "cliffs_delta",
    "composite_contrast",
    "composite_quantile",
    "death_worst",
    "fligner_policello",
    "hodges_lehmann",
    "jonckheere",
    "kawaguchi_koch",
    "koch_adjusted",
    "kruskal_wallis",
    "mann_whitney",
    "newcombe_effect",
    "paired_permutation_test",
    "paired_rank_biserial",
    "permutation_test",
    "pseudo_median",
    "quade",
    "rank_ancova",
    "relative_effect",
    "sign_interval",
    "sign_test",
    "signed_rank",
    "stratified_effect",
    "stratified_shift",
    "van_elteren",
]
