"""From a formula and a frame to the design, outcome, subjects and places of the rows used."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats.mixed.structures import Structure

#: Names a formula may use beside columns.
CONTEXT = {"np": np}


@dataclass(frozen=True)
class Design:
    """Rows used, sorted by subject and place.

    `y` and `x` are the outcome and the design, `names` the columns of the design; `subject` holds codes 0, 1, ... of
    `subjects`, out of `n_read` in the data; `places` (n, c) visit positions, coordinates or a count within the subject;
    `group` codes of `groups`. `frame` has the columns used, `spec` makes design rows of new ones; `absent` are
    declared levels without a row.
    """

    y: np.ndarray
    x: np.ndarray
    names: tuple[str, ...]
    subject: np.ndarray
    subjects: tuple[Hashable, ...]
    places: np.ndarray
    visits: tuple[Hashable, ...]
    group: np.ndarray
    groups: tuple[Hashable, ...]
    weights: np.ndarray
    frame: pd.DataFrame
    spec: Any
    n_read: int
    n_missing: int
    absent: dict[str, tuple[Hashable, ...]]

    @property
    def n(self) -> int:
        return len(self.y)

    @cached_property
    def between_within(self) -> np.ndarray:
        """Degrees of freedom of every column: between subjects where it is constant within them, else within.

        As R mmrm, of which the intercept counts as within (Schluchter MD, Elashoff JT. J Stat Comput Simul 1990;37:69).
        """
        same = np.diff(self.subject) == 0
        within = np.array([(np.diff(c)[same] != 0).any() for c in self.x.T], dtype=bool)
        intercept = (self.x == 1).all(axis=0)
        between = len(self.subjects) - int((~within).sum())
        inside = self.n - len(self.subjects) - int(within.sum())
        return np.where(within | intercept, inside, between).astype(float)


def design_of(
    data: pd.DataFrame,
    *,
    formula: str,
    subject: str,
    visit: str | Sequence[str] | None,
    structure: Structure,
    group: str | None,
    weights: str | None,
) -> Design:
    """Rows without missing values as the model needs them; `InvalidInput` for what no model can mean."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
        variables = sorted(str(v) for v in parsed.required_variables if str(v) not in CONTEXT)
    except FormulaicError as error:
        raise InvalidInput(f"the formula {formula!r} cannot be read.") from error
    if not hasattr(parsed, "lhs"):
        raise InvalidInput(f"the formula {formula!r} names no outcome; write it as 'outcome ~ terms'.")
    if visit is None and structure.name not in ("CS", "RI", "VC"):
        raise InvalidInput(f"structure {structure.name} places rows by visit; name the column of the visit.")
    axes = [] if visit is None else [visit] if isinstance(visit, str) else list(visit)
    if len(axes) > 1 and not structure.spatial:
        raise InvalidInput(f"structure {structure.name} takes one column for the visit, not {', '.join(axes)}.")
    extra = [c for c in (subject, *axes, group, weights) if c is not None]
    columns = list(dict.fromkeys([*variables, *extra]))
    unknown = [c for c in columns if c not in data]
    if unknown:
        raise InvalidInput(f"no column {', '.join(unknown)} in the data of the mixed model.")
    present = data[columns].notna().all(axis=1)
    used = data.loc[present, columns].copy()
    if weights is not None and not (used[weights].to_numpy(float) > 0).all():
        raise InvalidInput(f"weights in {weights} are positive numbers.")
    absent = {}
    for column in columns:
        if isinstance(used[column].dtype, pd.CategoricalDtype):
            gone = [c for c in used[column].cat.categories if not (used[column] == c).any()]
            if gone:
                absent[column] = tuple(gone)
                used[column] = used[column].cat.remove_categories(gone)

    codes, subjects = pd.factorize(used[subject], sort=False)
    places, visits = _places(used, axes, structure)
    order = np.lexsort((*places.T[::-1], codes))
    used, codes, places = used.iloc[order], codes[order], places[order]
    if axes:
        twice = (np.diff(codes) == 0) & (np.diff(places, axis=0) == 0).all(axis=1)
        if twice.any() and structure.correlation != "slope":
            row = used.iloc[int(np.flatnonzero(twice)[0])]
            place = ", ".join(f"{a} {row[a]}" for a in axes)
            raise InvalidInput(f"subject {row[subject]} has two rows at {place}; a subject has one row a visit.")
    else:
        places = _running(codes)[:, None]
    group_codes, groups = np.zeros(len(used), dtype=int), (None,)
    if group is not None:
        group_codes, levels = pd.factorize(used[group], sort=True)
        groups = tuple(levels)
        if (group_codes[1:][np.diff(codes) == 0] != group_codes[:-1][np.diff(codes) == 0]).any():
            raise InvalidInput(f"{group} changes within a subject; a subject belongs to one group.")
    y, x, names, spec = _matrices(parsed, used, formula)
    return Design(
        y,
        x,
        names,
        codes,
        tuple(subjects),
        places,
        visits,
        group_codes,
        groups,
        used[weights].to_numpy(float) if weights else np.ones(len(used)),
        used,
        spec,
        int(data[subject].nunique()),
        int((~present).sum()),
        absent,
    )


def _matrices(parsed, used: pd.DataFrame, formula: str):
    from formulaic.errors import FormulaicError

    if not len(used):
        return np.empty(0), np.empty((0, 0)), (), None
    try:
        matrices = parsed.get_model_matrix(used, context=CONTEXT, na_action="raise")
    except (FormulaicError, ValueError) as error:
        raise InvalidInput(f"the formula {formula!r} does not fit the data: {error}.") from error
    y = np.asarray(matrices.lhs, dtype=float)
    if y.shape[1] != 1:
        raise InvalidInput(f"the outcome of {formula!r} is not one numeric column.")
    x = np.asarray(matrices.rhs, dtype=float)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidInput(f"the formula {formula!r} gives values that are no finite numbers.")
    return y[:, 0], x, tuple(str(c) for c in matrices.rhs.columns), matrices.rhs.model_spec


def _places(used: pd.DataFrame, axes: list[str], structure: Structure) -> tuple[np.ndarray, tuple]:
    if not axes:
        return np.zeros((len(used), 1)), ()
    if structure.by_coordinate:
        for axis in axes:
            if not pd.api.types.is_numeric_dtype(used[axis]):
                raise InvalidInput(f"structure {structure.name} needs numeric coordinates; {axis} holds none.")
        return used[axes].to_numpy(dtype=float), ()
    column = used[axes[0]]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype=float)[:, None], tuple(column.cat.categories.tolist())
    levels = sorted(column.unique().tolist())
    position = {v: i for i, v in enumerate(levels)}
    return column.map(position).to_numpy(dtype=float)[:, None], tuple(levels)


def _running(codes: np.ndarray) -> np.ndarray:
    """0, 1, ... within each run of equal codes."""
    sizes = np.bincount(codes) if len(codes) else np.empty(0, dtype=int)
    return np.arange(len(codes), dtype=float) - np.repeat(np.cumsum(sizes) - sizes, sizes)
