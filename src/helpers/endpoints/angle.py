"""Kyphotic angle of the treated vertebrae (degrees, kyphosis positive) at month 3.

Datasets: `adsl`, `adproc`, `adimg`.
"""

from helpers.data import Datasets
from helpers.endpoints import _continuous, _imaging
from helpers.endpoints._population import patients
from helpers.endpoints._record import recorder
from helpers.results import Record

PARAMETER = "KYPHANG"


def describe(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """`angle.kyphotic_patient` (KYPHANG, degrees): per arm at D0 and `visit` n, missing, mean, sd, median, q1, q3.

    Change from baseline under KYPHANG_CHG at `visit`, per arm: n, estimate, lower95, upper95 (method mean-t) and sd.

    The unit is the patient: a patient's treated vertebrae are averaged first.
    """
    return _patients(_continuous.describe, "angle.kyphotic_patient", data, population, ("D0", visit))


def estimate(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """`angle.kyphotic`, unit the vertebra, at `visit`, by the mixed model of `_imaging.modelled`."""
    rec = recorder("angle.kyphotic", population=population)
    return _imaging.modelled(data, rec, parameters=(PARAMETER,), unit="degree", visit=visit)


def sensitivity(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """Patients as units, and the change without adjustment.

    `angle.kyphotic_patient`: analysis of covariance, as `height.sensitivity`. `angle.kyphotic_change`, KYPHANG_CHG,
    KP-VP (welch).
    """
    adjusted = _patients(_continuous.adjusted, "angle.kyphotic_patient", data, population, (visit,))
    return adjusted + _patients(_continuous.unadjusted, "angle.kyphotic_change", data, population, (visit,))


def fit(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """How well the mixed model at `visit` fits (`angle.kyphotic_fit`), as in `_imaging.fit`."""
    rec = recorder("angle.kyphotic_fit", population=population)
    return _imaging.fit(data, rec, parameters=(PARAMETER,), unit="degree", visit=visit)


def agreement(
    data: Datasets,
    *,
    population: str = "ITT",
    visit: str = "M3",
    resamples: int = 2000,
    bootstrap_seed: int = 20160301,
) -> list[Record]:
    """Agreement of the two readers at D0 and `visit` (`angle.readers`), as in `_imaging.readers`."""
    rec = recorder("angle.readers", population=population)
    return _imaging.readers(
        data, rec, parameters=(PARAMETER,), unit="degree", visits=("D0", visit), resamples=resamples,
        seed=bootstrap_seed,
    )  # fmt: skip


def _patients(how, analysis: str, data: Datasets, population: str, visits: tuple[str, ...]) -> list[Record]:
    values = _imaging.patient_means(data, PARAMETER)
    rec = recorder(analysis, population=population)
    return how(rec, values, patients(data, population), parameter=PARAMETER, unit="degree", visits=visits)
