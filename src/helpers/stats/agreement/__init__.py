"""Agreement of readers: intraclass correlation, limits of agreement, measurement error, concordance, kappa."""

from helpers.stats.agreement.bland_altman import (
    LimitsOfAgreement,
    limits_of_agreement,
    repeated_limits,
    replicate_limits,
)
from helpers.stats.agreement.concordance import Concordance, concordance
from helpers.stats.agreement.icc import IntraclassCorrelation, icc, icc_clustered, icc_pair, icc_table
from helpers.stats.agreement.kappa import Kappa, adjusted_kappa, agreement_table, fleiss_kappa, kappa
from helpers.stats.agreement.measurement_error import (
    MeasurementError,
    detectable_change,
    measurement_error,
    within_subject_cv,
)

__all__ = [
    "Concordance",
    "IntraclassCorrelation",
    "Kappa",
    "LimitsOfAgreement",
    "MeasurementError",
    "adjusted_kappa",
    "agreement_table",
    "concordance",
    "detectable_change",
    "fleiss_kappa",
    "icc",
    "icc_clustered",
    "icc_pair",
    "icc_table",
    "kappa",
    "limits_of_agreement",
    "measurement_error",
    "repeated_limits",
    "replicate_limits",
    "within_subject_cv",
]
