"""Units that an export declares in params.yaml instead of following the codebook. Never guessed from the values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from helpers.codebook import Codebook, Column
from helpers.data.checks import Finding
from helpers.params import Params


@dataclass(frozen=True)
class Units:
    """The `data` section's units: key of params.yaml -> unit of the export."""

    declared: Mapping[str, str]

    def of(self, column: Column) -> str | None:
        """Unit of a column in the export."""
        return self.declared[column.unit_param] if column.unit_param else column.unit

    def factor(self, column: Column) -> float:
        """What one unit of the codebook is in the export's unit."""
        return column.units[self.of(column)] if column.unit_param else 1.0

    def to_codebook(self, name: str, values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
        """A table of the export in the units of the codebook."""
        scaled = {
            column: (values[column] / self.factor(declared)).round(10)
            for column, declared in codebook.tables[name].columns.items()
            if column in values and self.factor(declared) != 1
        }
        return values.assign(**scaled)

    def doubtful(self, name: str, values: pd.DataFrame, codebook: Codebook) -> Iterator[Finding]:
        """Columns declared in a finer unit whose every value fits the codebook's: the declaration looks wrong."""
        for column, declared in codebook.tables[name].columns.items():
            if column not in values or self.factor(declared) <= 1 or values[column].count() < 3:
                continue
            if values[column].max() <= float(declared.max):
                message = (
                    f"declared in {self.of(declared)}, but no value is above {declared.max:g}: "
                    f"the column looks like {declared.unit}."
                )
                remedy = f"If it is in {declared.unit}, set data.{declared.unit_param}: {declared.unit} in params.yaml."
                yield Finding(name, None, column, message, remedy, rule="unit")

    def remedy(self, column: Column) -> str:
        """What to do about a value outside the range."""
        if not column.unit_param:
            return f"The codebook declares {column.unit}; correct the value." if column.unit else "Correct the value."
        key, unit = f"data.{column.unit_param}", self.of(column)
        if unit != column.unit:
            return f"params.yaml declares {key}: {unit}; correct the value, or the unit."
        others = [f"if the export is in {u}, set {key}: {u} in params.yaml" for u in column.units if u != unit]
        return f"The codebook declares {unit}; {'; '.join(others)}."


def units_of(params: Params) -> Units:
    """The units that `params.yaml` declares for the export."""
    return Units({"vas_unit": params.data.vas_unit})
