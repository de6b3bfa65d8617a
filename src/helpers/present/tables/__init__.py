"""Tables, one function each: records in, exhibit out. Estimates with intervals; p-values are left to the CSV."""

from helpers.present.tables.leakage import leakage_bayes, leakage_characteristics, leakage_sensitivity, leakage_success
from helpers.present.tables.measures import (
    angle_kyphotic,
    height_stature,
    height_vertebral,
    pain_vas,
    qol_compliance,
    qol_dallas,
    readers,
    sensitivity,
)
from helpers.present.tables.overview import overview
from helpers.present.tables.tolerance import tolerance_grade, tolerance_overview, tolerance_terms
from helpers.present.tables.volume import volume_cement, volume_pain

__all__ = [
    "angle_kyphotic",
    "height_stature",
    "height_vertebral",
    "leakage_bayes",
    "leakage_characteristics",
    "leakage_sensitivity",
    "leakage_success",
    "overview",
    "pain_vas",
    "qol_compliance",
    "qol_dallas",
    "readers",
    "sensitivity",
    "tolerance_grade",
    "tolerance_overview",
    "tolerance_terms",
    "volume_cement",
    "volume_pain",
]
