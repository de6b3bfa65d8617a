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
    """`angle.kyphotic` (KYPHANG, degrees): per arm at D0 and `visit` n, missing, mean, sd, median, q1, q3.

    Change from baseline under KYPHANG_CHG at `visit`, per arm: n, estimate, lower95, upper95 (method mean-t) and sd.

    The unit is the patient: a patient's treated vertebrae are averaged first.
    """
    return _angle(_continuous.describe, "angle.kyphotic", data, population, ("D0", visit))


def estimate(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """The angle at `visit` adjusted for baseline (`angle.kyphotic`, ancova).

    Per arm and KP-VP, statistics as in `height.estimate`.
    """
    return _angle(_continuous.adjusted, "angle.kyphotic", data, population, (visit,))


def sensitivity(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """Unadjusted contrast of the changes, KP-VP, under KYPHANG_CHG (`angle.kyphotic_change`, method welch)."""
    return _angle(_continuous.unadjusted, "angle.kyphotic_change", data, population, (visit,))


def agreement(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """Agreement of the two readers at D0 and `visit` (`angle.readers`).

    KYPHANG_ICC, group all: n (vertebrae), estimate (method icc-a1).
    """
    rec = recorder("angle.readers", population=population)
    return _imaging.readers(data, rec, parameters=(PARAMETER,), visits=("D0", visit))


def _angle(how, analysis: str, data: Datasets, population: str, visits: tuple[str, ...]) -> list[Record]:
    chosen = patients(data, population)
    values = _imaging.patient_means(data, PARAMETER)
    rec = recorder(analysis, population=population)
    return how(rec, values, chosen, parameter=PARAMETER, unit="degree", visits=visits)
