"""Figures, one function each: records in, exhibit out. Every interval drawn is one that was computed and recorded."""

from helpers.present.figures.change import angle_kyphotic, height_stature, height_vertebral
from helpers.present.figures.course import pain_vas, qol_dallas
from helpers.present.figures.diagnostics import readers, residuals
from helpers.present.figures.flow import consort_flow
from helpers.present.figures.forest import forest
from helpers.present.figures.leakage import leakage_characteristics, leakage_posterior, leakage_success
from helpers.present.figures.leakage_sensitivity import leakage_bounds, leakage_sensitivity
from helpers.present.figures.scores import delta, responders
from helpers.present.figures.survival import survival
from helpers.present.figures.tolerance import tolerance_events, tolerance_grade
from helpers.present.figures.volume import volume_pain, volume_tertiles

__all__ = [
    "angle_kyphotic",
    "consort_flow",
    "delta",
    "forest",
    "height_stature",
    "height_vertebral",
    "leakage_bounds",
    "leakage_characteristics",
    "leakage_posterior",
    "leakage_sensitivity",
    "leakage_success",
    "pain_vas",
    "qol_dallas",
    "readers",
    "residuals",
    "responders",
    "survival",
    "tolerance_events",
    "tolerance_grade",
    "volume_pain",
    "volume_tertiles",
]
