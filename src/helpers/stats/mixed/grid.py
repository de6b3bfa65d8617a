"""The reference grid: design rows of least-squares means."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats.mixed.design import CONTEXT, Design

#: How the levels of factors that are not fixed are averaged.
WEIGHTS = ("equal", "proportional", "outer", "counterfactual")


class AbsentLevel(Exception):
    """A declared level that no row used has: nothing can be estimated there."""


def rows(design: Design, ats: Sequence[Mapping[str, Hashable]], weights: str) -> np.ndarray:
    """Design rows, one for each point of `ats`, averaged over what the point does not fix.

    Numeric variables stand at their mean over the rows used. Factors are averaged over their levels equally, in
    proportion to the joint ("proportional") or the single ("outer") frequencies, or over the subjects, each with the
    values of its first row ("counterfactual").
    """
    if weights not in WEIGHTS:
        raise InvalidInput(f"weights is {weights!r}; it is one of {', '.join(WEIGHTS)}.")
    frame = design.frame
    levels = _levels(design)
    variables = _variables(design)
    numeric = {v: float(frame[v].mean()) for v in variables if v not in levels}
    for at in ats:
        _check(design, at, variables, levels)
    blocks, shares = [], []
    for at in ats:
        if weights == "counterfactual":
            block = frame.loc[~pd.Series(design.subject, index=frame.index).duplicated().to_numpy(), variables].copy()
            for name, value in at.items():
                block[name] = value
            share = np.full(len(block), 1 / len(block))
        else:
            free = [v for v in variables if v in levels and v not in at]
            cells = list(product(*(levels[v] for v in free)))
            block = pd.DataFrame(cells, columns=free) if free else pd.DataFrame(index=range(1))
            for name, value in (numeric | dict(at)).items():
                block[name] = value
            share = _shares(frame, free, cells, weights)
        blocks.append(block)
        shares.append(share)
    whole = pd.concat(blocks, ignore_index=True)
    for name in variables:
        if name in levels:
            whole[name] = pd.Categorical(whole[name], categories=levels[name])
            if not isinstance(frame[name].dtype, pd.CategoricalDtype):
                whole[name] = whole[name].astype(frame[name].dtype)
        else:
            whole[name] = whole[name].astype(float)
    matrix = np.asarray(design.spec.get_model_matrix(whole, context=CONTEXT), dtype=float)
    ends = np.cumsum([len(s) for s in shares])
    return np.array([s @ matrix[end - len(s) : end] for s, end in zip(shares, ends, strict=True)])


def differences(design: Design, names: Sequence[str]) -> tuple[list[dict[str, Hashable]], np.ndarray]:
    """Points at every combination of the levels of variables, and the contrasts of all levels with the first ones.

    A numeric variable takes its mean and its mean plus one.
    """
    levels = _levels(design)
    variables = _variables(design)
    values, contrasts = [], np.ones((1, 1))
    for name in names:
        if name not in variables:
            raise InvalidInput(f"{name} is no variable of the model; its variables are {', '.join(variables)}.")
        mean = None if name in levels else float(design.frame[name].mean())
        values.append(levels.get(name) or [mean, mean + 1])
        count = len(values[-1])
        contrasts = np.kron(contrasts, np.column_stack([-np.ones(count - 1), np.eye(count - 1)]))
    return [dict(zip(names, cell, strict=True)) for cell in product(*values)], contrasts


def _variables(design: Design) -> list[str]:
    return [str(v) for v in design.spec.required_variables if str(v) in design.frame]


def _levels(design: Design) -> dict[str, list]:
    """Levels of the variables that the formula takes as factors."""
    from formulaic.parser.types import Factor

    found = {}
    for factor, names in design.spec.factor_variables.items():
        state = design.spec.encoder_state.get(factor.expr)
        if state is None or state[0] != Factor.Kind.CATEGORICAL:
            continue
        for name in map(str, names):
            if name in design.frame:
                column = design.frame[name]
                if isinstance(column.dtype, pd.CategoricalDtype):
                    found[name] = list(column.cat.categories)
                else:
                    found[name] = sorted(column.unique())
    return found


def _check(design: Design, at: Mapping, variables: list[str], levels: dict[str, list]) -> None:
    for name, value in at.items():
        if name not in variables:
            raise InvalidInput(f"{name} is no variable of the model; its variables are {', '.join(variables)}.")
        if name in levels and value not in levels[name]:
            if value in design.absent.get(name, ()):
                raise AbsentLevel(f"{name} = {value}")
            raise InvalidInput(f"{name} has no level {value!r}; it has {', '.join(map(repr, levels[name]))}.")


def _shares(frame: pd.DataFrame, free: list[str], cells: list[tuple], weights: str) -> np.ndarray:
    if weights == "equal" or not free:
        return np.full(len(cells), 1 / len(cells))
    if weights == "outer":
        single = [frame[v].value_counts(normalize=True) for v in free]
        share = np.array([np.prod([s.get(c, 0.0) for s, c in zip(single, cell, strict=True)]) for cell in cells])
    else:
        joint = Counter(zip(*(frame[v] for v in free), strict=True))
        share = np.array([joint[tuple(cell)] for cell in cells], dtype=float)
    return share / share.sum()
