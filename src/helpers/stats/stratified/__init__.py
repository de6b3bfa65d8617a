"""Two arms compared over strata: pooled differences and ratios, their intervals and tests, and whether strata differ.

A stratum may be empty or have one arm only. It is never dropped without being counted: every result says how many
strata were given and how many carried information.
"""

from helpers.stats.stratified._strata import CountedStrata, Pooled, StratifiedTest, count_strata
from helpers.stats.stratified.cmh import cmh_test, general_cmh
from helpers.stats.stratified.exact import exact_odds_ratio
from helpers.stats.stratified.homogeneity import breslow_day
from helpers.stats.stratified.inverse_variance import homogeneity, inverse_variance, summary_score
from helpers.stats.stratified.mantel_haenszel import (
    ArmProportions,
    mh_odds_ratio,
    mh_proportions,
    mh_risk_difference,
    mh_risk_ratio,
)
from helpers.stats.stratified.newcombe import newcombe, wilson
from helpers.stats.stratified.score import ScorePooled, score

__all__ = [
    "ArmProportions",
    "CountedStrata",
    "Pooled",
    "ScorePooled",
    "StratifiedTest",
    "breslow_day",
    "cmh_test",
    "count_strata",
    "exact_odds_ratio",
    "general_cmh",
    "homogeneity",
    "inverse_variance",
    "mh_odds_ratio",
    "mh_proportions",
    "mh_risk_difference",
    "mh_risk_ratio",
    "newcombe",
    "score",
    "summary_score",
    "wilson",
]
