"""Building records: an analysis id brings endpoint, estimand, section, population and unit from the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from helpers.results import Record
from helpers.sap import load_sap

#: Statistics that count units, and so carry the unit of analysis as their unit.
_COUNTS = ("n", "missing", "events", "expected", "count")

_PLURAL = {"patient": "patients", "vertebra": "vertebrae", "leak": "leaks", "event": "events", "form": "forms"}

#: Statistics whose unit is always the same.
_UNITS = {
    "p_value": "p",
    "probability": "probability",
    "df": "df",
    "size": "patients",
    "exposure": "patient-months",
    "fmi": "fraction",
}


@dataclass(frozen=True)
class Recorder:
    """Writes the records of one analysis in one population; `of` another unit of analysis gives a sibling."""

    endpoint: str
    analysis: str
    estimand: str
    population: str
    unit_of_analysis: str
    sap: str

    def of(self, unit_of_analysis: str) -> "Recorder":
        """The same analysis counted in another unit, such as leaks instead of patients."""
        return replace(self, unit_of_analysis=unit_of_analysis)

    def records(
        self,
        values: Mapping[str, float | int | None],
        *,
        parameter: str,
        group: str,
        visit: str,
        method: str,
        unit: str = "",
        reason: str = "",
    ) -> list[Record]:
        """One record a statistic.

        Counts get the unit of analysis as unit and `count` as method, p-values and probabilities theirs; everything
        else gets `unit` and `method`. A None carries `<method>:<reason>`.
        """
        return [
            Record(
                endpoint=self.endpoint,
                analysis=self.analysis,
                estimand=self.estimand,
                population=self.population,
                visit=visit,
                unit_of_analysis=self.unit_of_analysis,
                parameter=parameter,
                group=group,
                statistic=statistic,
                value=value,
                unit=_PLURAL[self.unit_of_analysis] if statistic in _COUNTS else _UNITS.get(statistic, unit),
                method="count" if statistic in _COUNTS else f"{method}:{reason}" if value is None else method,
                sap=self.sap,
            )
            for statistic, value in values.items()
        ]


def recorder(analysis: str, *, population: str | None = None) -> Recorder:
    """The recorder of an analysis of the plan, in its own population or in the one given.

    Raises
    ------
    ConfigError
        If the plan has no such analysis.
    """
    planned = load_sap().analysis(analysis)
    return Recorder(
        endpoint=planned.endpoint,
        analysis=planned.id,
        estimand=planned.estimand,
        population=population or planned.population,
        unit_of_analysis=planned.unit,
        sap=planned.section,
    )
