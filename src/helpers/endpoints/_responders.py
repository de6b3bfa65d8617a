"""Records of responders: patients whose score improved enough, or is good enough, of all in the analysis set."""

from collections.abc import Callable, Sequence

import pandas as pd

from helpers.endpoints import _binary
from helpers.endpoints._population import CONTRAST, among
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import proportions

#: From baseline and value, both with the index of the patients, to 1, 0 or missing.
Rule = Callable[[pd.Series, pd.Series], pd.Series]


def improved(*, at_least: float, percent: bool = False) -> Rule:
    """A fall by at least so many points, or percent of the baseline."""

    def rule(base: pd.Series, value: pd.Series) -> pd.Series:
        found = proportions.responses(base, value, at_least=at_least, percent=percent)
        return pd.Series(found, index=base.index)

    return rule


def acceptable(*, at_most: float) -> Rule:
    """A score of at most so many points at the visit, whatever it was before."""
    return lambda base, value: (value <= at_most).astype(float).where(value.notna())


def response(values: pd.DataFrame, chosen: pd.DataFrame, *, visit: str, rule: Rule) -> pd.Series:
    """Response of every patient of the set at a visit: 1, 0, or missing (dead, not rated, nothing to improve)."""
    at = _scores(values, chosen, visit)
    return rule(at["BASE"], at["AVAL"])


def everybody(
    recorder: Recorder,
    values: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    rules: dict[str, Rule],
    visits: Sequence[str],
) -> list[Record]:
    """Responders of all patients of the set, a missing response being none: rates per arm and their difference."""
    records = []
    for parameter, rule in rules.items():
        for visit in visits:
            event = response(values, chosen, visit=visit, rule=rule).fillna(0) == 1
            records += _rates(recorder, chosen["ARM"], event, parameter, visit)
    return records


def observed(
    recorder: Recorder,
    values: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    rules: dict[str, Rule],
    visits: Sequence[str],
) -> list[Record]:
    """Responders of the patients with a score before and at the visit; nothing to improve is no response."""
    records = []
    for parameter, rule in rules.items():
        for visit in visits:
            event = response(values, chosen, visit=visit, rule=rule).fillna(0) == 1
            rated = _scores(values, chosen, visit).notna().all(axis=1)
            records += _rates(recorder, chosen.loc[rated, "ARM"], event[rated], parameter, visit)
    return records


def number_needed(
    recorder: Recorder,
    values: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    rules: dict[str, Rule],
    visits: Sequence[str],
) -> list[Record]:
    """Number needed to treat for one more response, KP-VP, with its limits.

    Reciprocals of the difference and of its Miettinen-Nurminen limits, signed: positive to benefit, negative to harm.
    Where the limits differ in sign, the interval runs from one through infinity to the other.
    """
    records = []
    for parameter, rule in rules.items():
        for visit in visits:
            event = response(values, chosen, visit=visit, rule=rule).fillna(0) == 1
            by_arm = _binary.counts(chosen["ARM"], event)
            possible = all(n for _, n in by_arm.values())
            found = proportions.risk_difference(*by_arm["KP"], *by_arm["VP"]) if possible else None
            limits = (found.estimate, found.upper, found.lower) if found else (None, None, None)
            figures = zip(("estimate", "lower95", "upper95"), limits, strict=True)
            records += recorder.records(
                {statistic: 1 / value if value else None for statistic, value in figures},
                parameter=parameter, group=CONTRAST, visit=visit, method="reciprocal-miettinen-nurminen", unit="nnt",
                reason="undefined" if found else "too-few",
            )  # fmt: skip
    return records


def _scores(values: pd.DataFrame, chosen: pd.DataFrame, visit: str) -> pd.DataFrame:
    """BASE and AVAL of every patient of the set at a visit."""
    at = among(values[values["AVISIT"] == visit], chosen).set_index("USUBJID").reindex(chosen.index)
    return at[["BASE", "AVAL"]].astype(float)


def _rates(recorder: Recorder, arm: pd.Series, event: pd.Series, parameter: str, visit: str) -> list[Record]:
    by_arm = _binary.counts(arm, event)
    records = _binary.per_arm(recorder, by_arm, parameter=parameter, visit=visit, method="wilson")
    return records + _binary.contrast(recorder, by_arm, parameter=parameter, visit=visit)
