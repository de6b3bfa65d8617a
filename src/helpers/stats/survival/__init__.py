"""Times to an event that may be censored: Kaplan-Meier, log-rank, hazard ratio, and incidence with competing events."""

from helpers.stats.survival.gray import gray_test
from helpers.stats.survival.hazard_ratio import HazardRatio, hazard_ratio
from helpers.stats.survival.incidence import (
    IncidenceCurve,
    cumulative_incidence,
    incidence_at,
    incidence_difference_at,
)
from helpers.stats.survival.kaplan_meier import (
    PointEstimate,
    SurvivalCurve,
    at_risk,
    confidence_limits,
    kaplan_meier,
    median,
    quantile,
    survival_at,
)
from helpers.stats.survival.log_rank import WEIGHTS, LogRank, log_rank, peto_hazard_ratio
from helpers.stats.survival.pointwise import PointContrast, survival_difference_at
from helpers.stats.survival.restricted_mean import (
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)

__all__ = [
    "WEIGHTS",
    "HazardRatio",
    "IncidenceCurve",
    "LogRank",
    "PointContrast",
    "PointEstimate",
    "SurvivalCurve",
    "at_risk",
    "confidence_limits",
    "cumulative_incidence",
    "gray_test",
    "hazard_ratio",
    "incidence_at",
    "incidence_difference_at",
    "kaplan_meier",
    "log_rank",
    "median",
    "peto_hazard_ratio",
    "quantile",
    "restricted_mean",
    "restricted_mean_difference",
    "restricted_mean_ratio",
    "survival_at",
    "survival_difference_at",
]
