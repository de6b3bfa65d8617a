"""Records of proportions: units with an event per arm, and the difference between the arms."""

from collections.abc import Sequence
from math import isfinite

import pandas as pd

from helpers.endpoints._population import ARMS, CONTRAST
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import Interval, proportions

_ONE = {"wilson": proportions.wilson, "clopper-pearson": proportions.clopper_pearson}
_TWO = {"miettinen-nurminen": proportions.risk_difference, "newcombe": proportions.newcombe_difference}


def finite(value: float | None) -> float | None:
    """The value, none where it is infinite: a record holds numbers."""
    return value if value is not None and isfinite(value) else None


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


def interval(
    recorder: Recorder,
    found: Interval | None,
    *,
    parameter: str,
    visit: str,
    method: str,
    unit: str = "proportion",
    group: str = CONTRAST,
    more: Sequence[str] = (),
) -> list[Record]:
    """Estimate and limits as found, and what `more` names of it; nothing found, an arm being empty, is `too-few`.

    A limit at infinity is none, with the reason `undefined`.
    """
    named = {"estimate": "estimate", "lower95": "lower", "upper95": "upper"} | {name: name for name in more}
    values = {statistic: finite(getattr(found, name)) if found else None for statistic, name in named.items()}
    reason = (found.reason or "undefined") if found else "too-few"
    return recorder.records(
        values, parameter=parameter, group=group, visit=visit, method=method, unit=unit, reason=reason
    )


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
    return interval(recorder, found, parameter=parameter, visit=visit, method=method)
