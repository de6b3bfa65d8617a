"""From named columns, some of them factors, to the blocks of a design matrix, one a term."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput

Term = tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Terms of a model behind its intercept; a term is a column or a product of columns.

    `levels` holds the levels of every factor, the reference first. With `coding` "treatment" a factor's columns are
    indicators of its other levels; with "sum" they add to zero over the levels, so that an effect is averaged over the
    other factors whatever their numbers (type III).
    """

    terms: tuple[Term, ...]
    levels: dict[str, tuple[Hashable, ...]]
    coding: str = "treatment"

    def matrix(self, columns: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
        """The design matrix for columns of values."""
        coded = {name: self._coded(name, columns[name]) for name in {n for term in self.terms for n in term}}
        blocks = [np.ones((rows, 1))]
        for term in self.terms:
            block = np.ones((rows, 1))
            for name in term:
                widths = block.shape[1] * coded[name].shape[1]
                block = (block[:, :, None] * coded[name][:, None, :]).reshape(rows, widths)
            blocks.append(block)
        return np.hstack(blocks)

    @cached_property
    def blocks(self) -> dict[Term, slice]:
        """Which columns of the matrix belong to a term."""
        found, start = {}, 1
        for term in self.terms:
            width = int(np.prod([self._width(name) for name in term]))
            found[term] = slice(start, start + width)
            start += width
        return found

    @cached_property
    def names(self) -> list[str]:
        """Of the columns under treatment coding: "Intercept", "age", "arm[A]", "arm[A]:age"."""
        found = ["Intercept"]
        for term in self.terms:
            parts = [
                [f"{name}[{level}]" for level in self.levels[name][1:]] if name in self.levels else [name]
                for name in term
            ]
            found += [":".join(part) for part in product(*parts)]
        return found

    def _width(self, name: str) -> int:
        return len(self.levels[name]) - 1 if name in self.levels else 1

    def _coded(self, name: str, values: np.ndarray) -> np.ndarray:
        if name not in self.levels:
            return np.asarray(values, dtype=float)[:, None]
        levels = self.levels[name]
        indicators = np.column_stack([np.asarray(values == level, dtype=float) for level in levels])
        return indicators[:, 1:] - (indicators[:, :1] if self.coding == "sum" else 0.0)


def read(
    data: pd.DataFrame,
    *,
    outcome: str,
    covariates: Sequence[str],
    factors: Sequence[str],
    interactions: Sequence[Sequence[str]],
    references: Mapping[str, Hashable],
) -> tuple[Terms, dict[str, np.ndarray], np.ndarray]:
    """Terms, columns and outcome of the rows without a missing value."""
    columns = [outcome, *factors, *covariates]
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(map(str, absent))} in the data of the linear model.")
    twice = {c for c in columns if columns.count(c) > 1}
    if twice:
        raise InvalidInput(f"column {', '.join(sorted(twice))} is named twice in the linear model.")
    products = tuple(tuple(term) for term in interactions)
    check_interactions(products, {*factors, *covariates})
    try:
        values = {c: data[c].to_numpy(dtype=float, na_value=np.nan) for c in [outcome, *covariates]}
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"outcome and covariates of the linear model have to be numbers: {error}.") from None
    values |= {f: data[f].to_numpy(dtype=object) for f in factors}
    used = np.ones(len(data), dtype=bool)
    for name, column in values.items():
        used &= ~pd.isna(column) if name in factors else np.isfinite(column)
    values = {name: column[used] for name, column in values.items()}
    levels = {}
    for factor in factors:
        seen = ordered_levels(data[factor], values[factor])
        reference = references.get(factor, seen[0] if seen else None)
        levels[factor] = (reference, *(level for level in seen if level != reference))
    unknown = [f for f in references if f not in factors]
    if unknown:
        raise InvalidInput(f"references names {', '.join(unknown)}, which is no factor of the model.")
    y = values.pop(outcome)
    terms = (*((name,) for name in [*factors, *covariates]), *products)
    return Terms(terms, levels), values, y


def ordered_levels(column: pd.Series, values: np.ndarray | None = None) -> list[Hashable]:
    """The levels among the values, in their declared order where the column has one, else sorted."""
    seen = set(column.dropna() if values is None else values)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [level for level in column.cat.categories if level in seen]
    return sorted(seen, key=lambda level: ("" if isinstance(level, str) else type(level).__name__, level))


def check_interactions(products: Sequence[Term], known: set[str]) -> None:
    """Refuse a product of columns that are not in the model, or of fewer than two."""
    for term in products:
        strange = [name for name in term if name not in known]
        if strange or len(term) < 2:
            raise InvalidInput(
                f"interaction {':'.join(term)}: it needs two columns or more that are factors or covariates of the "
                "model."
            )
    if len({frozenset(term) for term in products}) < len(products):
        raise InvalidInput("an interaction is named twice.")
