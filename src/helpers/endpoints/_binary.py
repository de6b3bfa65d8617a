"""Records of proportions: units with an event per arm, and the difference between the arms."""

import pandas as pd

from helpers.endpoints._population import ARMS, CONTRAST
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import proportions

_ONE = {"wilson": proportions.wilson, "clopper-pearson": proportions.clopper_pearson}
_TWO = {"miettinen-nurminen": proportions.risk_difference, "newcombe": proportions.newcombe_difference}


def counts(arm: pd.Series, event: pd.Series) -> dict[str, tuple[int, int]]:
    """Events and units per arm; `arm` and `event` (True or False) share their index."""
    return {a: (int(event[arm == a].sum()), int((arm == a).sum())) for a in ARMS}


def per_arm(
    recorder: Recorder, by_arm: dict[str, tuple[int, int]], *, parameter: str, visit: str, method: str = "proportion"
) -> list[Record]:
    """n, events and the proportion per arm, with the interval named by `method` (`proportion`: without one)."""
    records = []
    for arm, (events, n) in by_arm.items():
        values: dict = {"n": n, "events": events, "estimate": events / n if n else None}
        if method in _ONE:
            found = _ONE[method](events, n) if n else None
            values |= {"lower95": found.lower if found else None, "upper95": found.upper if found else None}
        records += recorder.records(
            values, parameter=parameter, group=arm, visit=visit, method=method, unit="proportion", reason="too-few"
        )
    return records


def contrast(
    recorder: Recorder,
    by_arm: dict[str, tuple[int, int]],
    *,
    parameter: str,
    visit: str,
    method: str = "miettinen-nurminen",
) -> list[Record]:
    """Difference of the proportions, KP minus VP, with the interval named by `method`."""
    possible = all(n for _, n in by_arm.values())
    found = _TWO[method](*by_arm["KP"], *by_arm["VP"]) if possible else None
    values = {
        "estimate": found.estimate if found else None,
        "lower95": found.lower if found else None,
        "upper95": found.upper if found else None,
    }
    return recorder.records(
        values, parameter=parameter, group=CONTRAST, visit=visit, method=method, unit="proportion", reason="too-few"
    )
