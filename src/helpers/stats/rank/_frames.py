"""Two arms of a frame, whole or by stratum, with the rows that hold everything a method needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput


@dataclass(frozen=True)
class Stratum:
    """The rows of one stratum: outcomes, covariates (one column each) and whether a row is of the arm of interest."""

    outcome: np.ndarray
    covariates: np.ndarray
    in_arm: np.ndarray

    @property
    def n(self) -> int:
        return int(self.in_arm.sum())

    @property
    def n_ref(self) -> int:
        return int((~self.in_arm).sum())

    @property
    def size(self) -> int:
        return self.in_arm.size


def check_columns(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a column that the frame lacks."""
    absent = [column for column in columns if column not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(map(str, absent))} in the data.")


def in_arm(codes: pd.Series, reference) -> np.ndarray:
    """Which rows are of the arm that is not the reference; there may be one such arm."""
    arms = set(codes.dropna())
    if len(arms - {reference}) > 1:
        raise InvalidInput(f"arms {', '.join(sorted(map(str, arms)))}: two are compared, the reference {reference!r}.")
    return (codes != reference).to_numpy()


def strata_of(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference,
    covariates: Sequence[str] = (),
    stratum: str | Sequence[str] | None = None,
) -> list[Stratum]:
    """Strata with their rows, in the order of their codes; rows with a missing value in any column are left out."""
    by = [] if stratum is None else [stratum] if isinstance(stratum, str) else list(stratum)
    columns = [outcome, arm, *covariates, *by]
    check_columns(data, columns)
    used = data[columns].dropna()
    chosen = in_arm(used[arm], reference)
    return [
        Stratum(
            used[outcome].to_numpy(dtype=float)[rows],
            used[list(covariates)].to_numpy(dtype=float).reshape(len(used), len(covariates))[rows],
            chosen[rows],
        )
        for rows in _rows_by(used, by)
    ]


def _rows_by(used: pd.DataFrame, by: list[str]) -> Iterator[np.ndarray]:
    if not by:
        yield np.arange(len(used))
        return
    for rows in used.groupby(by, observed=True, sort=True).indices.values():
        yield np.sort(rows)
