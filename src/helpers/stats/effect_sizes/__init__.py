"""Effect sizes: standardised differences of means and of classes, and what they mean as probabilities."""

from helpers.stats.effect_sizes._noncentral import bias_factor, noncentrality_limits
from helpers.stats.effect_sizes._types import EffectSize
from helpers.stats.effect_sizes.classes import (
    cohens_h,
    standardised_difference_binary,
    standardised_difference_classes,
)
from helpers.stats.effect_sizes.common_language import common_language, from_d
from helpers.stats.effect_sizes.noncentral import cohens_d, glass_delta, hedges_g, one_sample_d, paired_d
from helpers.stats.effect_sizes.standardised import paired_difference, standardised_difference, standardised_mean

__all__ = [
    "EffectSize",
    "bias_factor",
    "cohens_d",
    "cohens_h",
    "common_language",
    "from_d",
    "glass_delta",
    "hedges_g",
    "noncentrality_limits",
    "one_sample_d",
    "paired_d",
    "paired_difference",
    "standardised_difference",
    "standardised_difference_binary",
    "standardised_difference_classes",
    "standardised_mean",
]
