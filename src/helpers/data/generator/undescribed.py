"""Columns that the generator has no model for: what the codebook says of them is all that is known, and is enough."""

import numpy as np
import pandas as pd

from helpers.codebook import Column
from helpers.data.generator.design import Design


def completed(design: Design, name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table with exactly the declared columns, in their order.

    A column that an export may leave out stays empty. Any other without a model is drawn evenly from its codes or its
    range; where it has neither, it is empty, or says that it is generated if it must not be. A table without a model
    has no rows.
    """
    draw, columns = design.stream(f"undescribed {name}"), {}
    for column, declared in design.codebook.tables[name].columns.items():
        if column in table:
            columns[column] = table[column]
        elif declared.optional:
            columns[column] = np.full(len(table), np.nan)
        else:
            columns[column] = _drawn(design, declared, draw, len(table))
    return pd.DataFrame(columns, index=table.index).reset_index(drop=True)


def _drawn(design: Design, column: Column, draw: np.random.Generator, n: int):
    codes = design.codebook.codes(column)
    if codes:
        return draw.choice(np.array(list(codes)), n)
    if column.min is not None and column.max is not None:
        if column.type == "decimal":
            return np.round(draw.uniform(np.ceil(column.min * 10) / 10, np.floor(column.max * 10) / 10, n), 1)
        if column.type == "integer":
            return draw.integers(column.min, column.max + 1, n)
        if column.type == "date":
            days = (column.max - column.min).days
            return np.datetime64(column.min, "s") + draw.integers(0, days + 1, n).astype("timedelta64[D]")
    if not column.required:
        return np.full(n, np.nan)
    if column.type in ("string", "text"):
        return np.full(n, "generated")
    return np.full(n, column.min if column.min is not None else column.max if column.max is not None else 0)
