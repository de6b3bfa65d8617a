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
    """`height.vertebral` (ANTHT MIDHT POSHT, mm) and `height.stature` (STATURE, cm): what was seen.

    Per arm at D0 and at `visit`: n, missing, mean, sd, median, q1, q3. Change from baseline under <PARAMETER>_CHG at
    `visit`, per arm: n, estimate, lower95, upper95 (method mean-t) and sd. The unit is the patient: a patient's treated
    vertebrae are averaged first.
    """
    return _both(_continuous.describe, data, population, ("D0", visit))


def estimate(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """The same measures at `visit` adjusted for baseline (method ancova).

    Per arm: estimate (mean at the average baseline), se, lower95, upper95; KP-VP: n, estimate, se, df, lower95,
    upper95, p_value. The arms' n is that of the change, <PARAMETER>_CHG.
    """
    return _both(_continuous.adjusted, data, population, (visit,))


def sensitivity(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """Unadjusted contrast of the changes, KP-VP (`height.vertebral_change`, `height.stature_change`).

    <PARAMETER>_CHG: n, estimate, se, df, lower95, upper95, p_value (method welch).
    """
    return _both(_continuous.unadjusted, data, population, (visit,), suffix="_change")


def agreement(data: Datasets, *, population: str = "ITT", visit: str = "M3") -> list[Record]:
    """Agreement of the two readers at D0 and `visit` (`height.readers`).

    <PARAMETER>_ICC, group all: n (vertebrae), estimate (method icc-a1).
    """
    rec = recorder("height.readers", population=population)
    return _imaging.readers(data, rec, parameters=VERTEBRAL, visits=("D0", visit))


def _both(how, data: Datasets, population: str, visits: tuple[str, ...], *, suffix: str = "") -> list[Record]:
    chosen = patients(data, population)
    vertebral = recorder(f"height.vertebral{suffix}", population=population)
    records = []
    for parameter in VERTEBRAL:
        values = _imaging.patient_means(data, parameter)
        records += how(vertebral, values, chosen, parameter=parameter, unit="mm", visits=visits)
    stature = recorder(f"height.stature{suffix}", population=population)
    values = _continuous.followed(data["advs"], "STATURE")
    return records + how(stature, values, chosen, parameter="STATURE", unit="cm", visits=visits)
