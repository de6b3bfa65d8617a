"""Units that an export declares in params.yaml instead of following the codebook. Never guessed from the values."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from helpers.codebook import Codebook, Column
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
