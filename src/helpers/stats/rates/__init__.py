"""Event rates per person-time: one rate, exposure-adjusted rates, two rates, strata of rates, and counts per unit."""

from helpers.stats.rates.difference import rate_difference, rate_difference_test
from helpers.stats.rates.exposure import UNITS_PER_YEAR, ExposureRate, exposure_adjusted, person_years
from helpers.stats.rates.per_unit import (
    UnitContrast,
    UnitRate,
    rate_difference_per_unit,
    rate_per_unit,
    rate_ratio_per_unit,
)
from helpers.stats.rates.ratio import rate_ratio, rate_ratio_test
from helpers.stats.rates.single import (
    byar,
    freeman_tukey,
    garwood,
    jeffreys,
    log_normal,
    mid_p,
    normal,
    rate,
    rate_test,
    score,
    square_root,
)
from helpers.stats.rates.strata import (
    StratifiedRates,
    mantel_haenszel_rate_difference,
    mantel_haenszel_rate_ratio,
)

__all__ = [
    "UNITS_PER_YEAR",
    "ExposureRate",
    "StratifiedRates",
    "UnitContrast",
    "UnitRate",
    "byar",
    "exposure_adjusted",
    "freeman_tukey",
    "garwood",
    "jeffreys",
    "log_normal",
    "mantel_haenszel_rate_difference",
    "mantel_haenszel_rate_ratio",
    "mid_p",
    "normal",
    "person_years",
    "rate",
    "rate_difference",
    "rate_difference_per_unit",
    "rate_difference_test",
    "rate_per_unit",
    "rate_ratio",
    "rate_ratio_per_unit",
    "rate_ratio_test",
    "rate_test",
    "score",
    "square_root",
]
