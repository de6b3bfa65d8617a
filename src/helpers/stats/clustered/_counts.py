"""Events and units by cluster, checked, and read from one row a unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput


@dataclass(frozen=True)
class ClusterCounts:
    """Events and units of each cluster of two arms: arguments of the functions for clustered proportions.

    `left_out` is the number of rows not counted because a value was missing.
    """

    events: list[int]
    n: list[int]
    events_ref: list[int]
    n_ref: list[int]
    left_out: int = 0

    @property
    def counts(self) -> tuple[list[int], list[int], list[int], list[int]]:
        """The four lists in the order of the functions' arguments."""
        return self.events, self.n, self.events_ref, self.n_ref


def count_clusters(data: pd.DataFrame, *, outcome: str, cluster: str, arm: str, reference: object) -> ClusterCounts:
    """Events and units by cluster and arm from one row a unit.

    Parameters
    ----------
    data : DataFrame
        One row a unit; a row with a missing value is left out and counted.
    outcome, cluster, arm : str
        Columns of 0 and 1, of the cluster's name, and of the codes of two arms.
    reference : object
        Code of the reference arm.

    Returns
    -------
    ClusterCounts
        Clusters in the order of their first row.

    Raises
    ------
    InvalidInput
        If a column is absent, the outcome is not 0 or 1, there are more than two arms, or a cluster is in both.
    """
    absent = [c for c in (outcome, cluster, arm) if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data of the clustered comparison.")
    used = data[[outcome, cluster, arm]].dropna()
    if not set(used[outcome].unique()) <= {0, 1}:
        raise InvalidInput(f"column {outcome} holds {sorted(used[outcome].unique())[:5]}; allowed are 0 and 1.")
    others = set(used[arm].unique()) - {reference}
    if len(others) > 1:
        raise InvalidInput(f"column {arm} holds {len(others)} arms beside the reference {reference!r}; allowed is one.")
    split = used.groupby(cluster, sort=False)[arm].nunique()
    if (split > 1).any():
        raise InvalidInput(f"cluster {split.index[split > 1][0]!r} is in both arms; a cluster has to be in one.")
    sides = []
    for chosen in (used[arm] != reference, used[arm] == reference):
        by = used[chosen].groupby(cluster, sort=False)[outcome]
        sides += [[int(v) for v in by.sum()], [int(v) for v in by.size()]]
    return ClusterCounts(*sides, left_out=len(data) - len(used))


def read_clusters(events: Sequence[int], n: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Events and units of an arm's clusters; clusters without units are dropped, for they hold nothing."""
    x, size = (np.atleast_1d(np.asarray(c, dtype=float)) for c in (events, n))
    if x.ndim != 1 or x.shape != size.shape:
        raise InvalidInput(f"clusters need two sequences of one length; given were {x.shape} and {size.shape}.")
    wrong = ~((x == np.floor(x)) & (size == np.floor(size)) & (x >= 0) & (x <= size) & np.isfinite(size))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InvalidInput(f"cluster {at}: {x[at]:g} events of {size[at]:g}; whole numbers are needed, events in 0..n.")
    return x[size > 0], size[size > 0]
