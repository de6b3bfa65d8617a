"""Missing outcomes: Rubin's rules, imputation of longitudinal outcomes, reference-based strategies, delta adjustment.

`impute_and_compare` does all of it in one call; the modules hold the parts: `panel` arranges the data, `imputation`
fills them in, `analysis` compares arms at a visit, `delta` and `tipping` shift imputed values, `responder` cuts them,
and `pooling`, `multivariate`, `binary` and `resampling` pool results of any analysis.
"""

from helpers.stats.missing.analysis import ImputedContrast, VisitComparison, compare_at
from helpers.stats.missing.comparison import Comparison, impute_and_compare
from helpers.stats.missing.delta import offsets
from helpers.stats.missing.imputation import Imputations, impute
from helpers.stats.missing.panel import Panel, arrange
from helpers.stats.missing.pooling import Pooled, rubin
from helpers.stats.missing.responder import Responders, compare_responders, pool_analyses
from helpers.stats.missing.tipping import TippingGrid, TippingPoint, tipping_grid, tipping_point

__all__ = [
    "Comparison",
    "Imputations",
    "ImputedContrast",
    "Panel",
    "Pooled",
    "Responders",
    "TippingGrid",
    "TippingPoint",
    "VisitComparison",
    "arrange",
    "compare_at",
    "compare_responders",
    "impute",
    "impute_and_compare",
    "offsets",
    "pool_analyses",
    "rubin",
    "tipping_grid",
    "tipping_point",
]
