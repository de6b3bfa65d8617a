"""Height of the treated vertebrae (anterior, middle, posterior, mm) and of the patient (cm) at month 3.

Datasets: `adsl`, `adproc`, `adimg`, `advs`.
"""

from helpers.data import Datasets
from helpers.endpoints import _continuous, _imaging
from helpers.endpoints._population import patients
from helpers.endpoints._record import recorder
from helpers.results import Record

VERTEBRAL = ("ANTHT", "MIDHT", "POSHT")


def describe(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """`height.vertebral_patient` (ANTHT MIDHT POSHT, mm) and `height.stature` (STATURE, cm): what was seen.

    Per arm at D0 and at `visit`: n, missing, mean, sd, median, q1, q3. Change from baseline under <PARAMETER>_CHG at
    `visit`, per arm: n, estimate, lower95, upper95 (method mean-t) and sd. The unit is the patient: a patient's treated
    vertebrae are averaged first.
    """
    return _patients(_continuous.describe, data, population, ("D0", visit), "_patient", "")


def estimate(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """The measures at `visit` adjusted for baseline.

    `height.vertebral`, unit the vertebra, by the mixed model of `_imaging.modelled`. `height.stature` by analysis of
    covariance (ancova), per arm estimate (mean at the average baseline), se, lower95, upper95; KP-VP n, estimate, se,
    df, lower95, upper95, p_value.
    """
    rec = recorder("height.vertebral", population=population)
    vertebral = _imaging.modelled(data, rec, parameters=VERTEBRAL, unit="mm", visit=visit)
    return vertebral + _stature(_continuous.adjusted, data, population, (visit,), "height.stature")


def sensitivity(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """Patients as units, and changes without adjustment.

    `height.vertebral_patient`, as `height.stature` in `estimate`, the arms' n being that of the change.
    `height.vertebral_change` and `height.stature_change`, <PARAMETER>_CHG, KP-VP: n, estimate, se, df, lower95,
    upper95, p_value (welch).
    """
    adjusted = _vertebral(_continuous.adjusted, data, population, (visit,), "height.vertebral_patient")
    return adjusted + _patients(_continuous.unadjusted, data, population, (visit,), "_change", "_change")


def fit(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """How well the mixed models of vertebral height at `visit` fit (`height.vertebral_fit`), as in `_imaging.fit`."""
    rec = recorder("height.vertebral_fit", population=population)
    return _imaging.fit(data, rec, parameters=VERTEBRAL, unit="mm", visit=visit)


def agreement(
    data: Datasets,
    *,
    population: str = "ITT",
    visit: str = "M3",
    resamples: int = 2000,
    bootstrap_seed: int = 20160301,
) -> list[Record]:
    """Agreement of the two readers at D0 and `visit` (`height.readers`), as in `_imaging.readers`."""
    rec = recorder("height.readers", population=population)
    return _imaging.readers(
        data, rec, parameters=VERTEBRAL, unit="mm", visits=("D0", visit), resamples=resamples, seed=bootstrap_seed
    )


def _patients(how, data: Datasets, population: str, visits: tuple[str, ...], vertebral: str, stature: str):
    records = _vertebral(how, data, population, visits, f"height.vertebral{vertebral}")
    return records + _stature(how, data, population, visits, f"height.stature{stature}")


def _vertebral(how, data: Datasets, population: str, visits: tuple[str, ...], analysis: str) -> list[Record]:
    chosen, rec = patients(data, population), recorder(analysis, population=population)
    records = []
    for parameter in VERTEBRAL:
        values = _imaging.patient_means(data, parameter)
        records += how(rec, values, chosen, parameter=parameter, unit="mm", visits=visits)
    return records


def _stature(how, data: Datasets, population: str, visits: tuple[str, ...], analysis: str) -> list[Record]:
    values = _continuous.followed(data["advs"], "STATURE")
    rec = recorder(analysis, population=population)
    return how(rec, values, patients(data, population), parameter="STATURE", unit="cm", visits=visits)
