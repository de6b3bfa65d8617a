"""Tables, one function each: records in, exhibit out. Estimates with intervals; p-values are left to the CSV."""

from helpers.present.tables.diagnostics import (
    leakage_prior_checks,
    model_fit,
    tolerance_follow_up,
    vertebrae,
    volume_influence,
)
from helpers.present.tables.leakage import leakage_bayes, leakage_characteristics, leakage_success
from helpers.present.tables.leakage_sensitivity import (
    leakage_prediction,
    leakage_priors,
    leakage_relative,
    leakage_sensitivity,
    leakage_vertebrae,
)
from helpers.present.tables.measures import (
    angle_kyphotic,
    height_stature,
    height_vertebral,
    pain_vas,
    qol_compliance,
    qol_dallas,
    sensitivity,
)
from helpers.present.tables.overview import overview
from helpers.present.tables.participants import baseline, participants_flow
from helpers.present.tables.readers import readers
from helpers.present.tables.scores import deaths, imputed, responders
from helpers.present.tables.tolerance import (
    tolerance_classes,
    tolerance_grade,
    tolerance_listing,
    tolerance_overview,
    tolerance_related,
    tolerance_terms,
    tolerance_time,
)
from helpers.present.tables.volume import volume_cement, volume_pain

__all__ = [
    "angle_kyphotic",
    "baseline",
    "deaths",
    "height_stature",
    "height_vertebral",
    "imputed",
    "leakage_bayes",
    "leakage_characteristics",
    "leakage_prediction",
    "leakage_prior_checks",
    "leakage_priors",
    "leakage_relative",
    "leakage_sensitivity",
    "leakage_success",
    "leakage_vertebrae",
    "model_fit",
    "overview",
    "pain_vas",
    "participants_flow",
    "qol_compliance",
    "qol_dallas",
    "readers",
    "responders",
    "sensitivity",
    "tolerance_classes",
    "tolerance_follow_up",
    "tolerance_grade",
    "tolerance_listing",
    "tolerance_overview",
    "tolerance_related",
    "tolerance_terms",
    "tolerance_time",
    "vertebrae",
    "volume_cement",
    "volume_influence",
    "volume_pain",
]
