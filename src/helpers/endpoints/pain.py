"""Pain on the visual analogue scale, 0 to 10, at day 1, day 21 and month 3.

Datasets: `adsl`, `advs`.
"""

from helpers.data import Datasets
from helpers.endpoints import _continuous
from helpers.endpoints._population import patients
from helpers.endpoints._record import recorder
from helpers.results import Record

PARAMETER = "VAS"
VISITS = ("D0", "D1", "D21", "M3")


def describe(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`pain.vas`, VAS at D0 D1 D21 M3 per arm: n, missing, mean, sd, median, q1, q3; and the change under VAS_CHG.

    The change has n, estimate, lower95, upper95 (method mean-t) and sd.
    """
    return _pain(_continuous.describe, "pain.vas", data, population, VISITS)


def estimate(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`pain.vas`, VAS at D1, D21 and M3 adjusted for baseline (ancova).

    Per arm and KP-VP, statistics as in `height.estimate`.
    """
    return _pain(_continuous.adjusted, "pain.vas", data, population, VISITS[1:])


def sensitivity(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`pain.vas_change`, VAS_CHG, KP-VP at D1, D21 and M3: n, estimate, se, df, lower95, upper95, p_value (welch)."""
    return _pain(_continuous.unadjusted, "pain.vas_change", data, population, VISITS[1:])


def _pain(how, analysis: str, data: Datasets, population: str, visits: tuple[str, ...]) -> list[Record]:
    chosen = patients(data, population)
    values = _continuous.followed(data["advs"], PARAMETER)
    rec = recorder(analysis, population=population)
    return how(rec, values, chosen, parameter=PARAMETER, unit="points", visits=visits)
