"""Longitudinal outcomes as arrays, patient by visit, with what an imputation has to know about each patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.missing.strategies import check_strategies


@dataclass(frozen=True)
class Panel:
    """Outcomes of n patients at J visits; patients sorted by their code as text, so the order of rows plays no part.

    `arms` starts with the reference arm; `arm` holds each patient's position in it and `reference_of` the position of
    the arm that a reference-based strategy looks at. `event` is the position of the first visit after the intercurrent
    event or withdrawal, J without one. `designs` (arms, n, J, p) are the rows of the imputation model with every
    patient in each arm in turn.
    """

    subjects: tuple
    visits: tuple
    arms: tuple
    outcome: np.ndarray
    arm: np.ndarray
    reference_of: np.ndarray
    event: np.ndarray
    strategy: tuple[str, ...]
    designs: np.ndarray
    covariates: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def missing(self) -> np.ndarray:
        """Where a value has to be imputed, (n, J)."""
        return np.isnan(self.outcome)

    @property
    def at_random(self) -> np.ndarray:
        """Where a missing value follows the model of the patient's own arm, (n, J)."""
        before = np.arange(len(self.visits)) < self.event[:, None]
        return before | (np.array(self.strategy, dtype=object) == "MAR")[:, None]

    @property
    def modelled(self) -> np.ndarray:
        """Outcomes the imputation model is fitted to: without those after an event that is not missing at random."""
        return np.where(self.at_random, self.outcome, np.nan)

    @property
    def design(self) -> np.ndarray:
        """Rows of the imputation model in the patient's own arm, (n, J, p)."""
        return self.designs[self.arm, np.arange(len(self.subjects))]

    def position(self, visit) -> int:
        """Where a visit stands among the visits."""
        if visit not in self.visits:
            raise InvalidInput(f"no visit {visit!r}; there are {', '.join(map(str, self.visits))}.")
        return self.visits.index(visit)


def arrange(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: str,
    subject: str,
    visit: str,
    covariates: Sequence[str] = (),
    covariates_by_visit: Sequence[str] = (),
    formula: str | None = None,
    visits: Sequence | None = None,
    strategy: str | Mapping[str, str] = "MAR",
    events: pd.DataFrame | None = None,
    references: Mapping[str, str] | None = None,
    strategies: Mapping | None = None,
    fill: str = "refuse",
) -> Panel:
    """Arrange data with one row a patient and visit for imputation.

    Parameters
    ----------
    data : DataFrame
        A visit without a row and a row without an outcome are both missing. A patient with any row is in the panel.
    outcome, arm, subject, visit : str
        Columns.
    reference : str
        Code of the reference arm.
    covariates, covariates_by_visit : sequence of str
        Columns of the imputation model beside arm by visit: with one slope, and with a slope at each visit. Text and
        categories become indicators. A covariate that changes over time needs a value at every visit.
    formula : str, optional
        Right-hand side of the imputation model in place of arm by visit and the covariates, such as
        "arm * visit + base * visit + time_off * arm"; the names are columns, and those it uses are to be listed in
        `covariates`. Visits are categories in it.
    visits : sequence, optional
        Visits in their order; rows of others are not used. By default those seen, in the order of the category or
        sorted.
    strategy : str or mapping of arm to str
        How values missing after the event are imputed; see `strategies`.
    events : DataFrame, optional
        One row a patient with an event: columns named as `subject` and `visit` (first visit after it) and, where it
        differs from `strategy`, "strategy". By default a patient's event is the withdrawal: the first of the missing
        visits that last to the end.
    references : mapping of arm to arm, optional
        Arm that a reference-based strategy looks at, by default `reference` for all.
    strategies : mapping, optional
        Strategies of one's own by name; see `strategies`.
    fill : {"refuse", "mean"}
        A patient without a covariate is refused, or given the mean of the others (White IR, Thompson SG. Stat Med
        2005;24:993-1007: right for covariates measured before randomisation).

    Raises
    ------
    InvalidInput
        If a column, an arm, a visit or a patient is unknown, a patient has two rows of a visit or is in two arms, or a
        covariate is missing and `fill` is "refuse".
    """
    check_choice("fill", fill, ("refuse", "mean"))
    names = list(dict.fromkeys([*covariates, *covariates_by_visit]))
    absent = [c for c in dict.fromkeys([outcome, arm, subject, visit, *names]) if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(map(str, absent))} in the data to impute.")
    for column in (subject, visit, arm):
        if data[column].isna().any():
            raise InvalidInput(f"column {column} has {int(data[column].isna().sum())} rows without a value.")
    subjects = tuple(sorted(data[subject].unique().tolist(), key=str))
    order = _visits(data[visit], visits)
    rows = data[data[visit].isin(order)]
    row = rows[subject].map({s: i for i, s in enumerate(subjects)}).to_numpy(dtype=int)
    column = rows[visit].map({v: j for j, v in enumerate(order)}).to_numpy(dtype=int)
    n, j = len(subjects), len(order)
    twice = np.bincount(row * j + column, minlength=n * j) > 1
    if twice.any():
        first = int(np.argmax(twice))
        raise InvalidInput(f"{subject} {subjects[first // j]} has several rows of visit {order[first % j]}.")

    wide = np.full((n, j), np.nan)
    wide[row, column] = pd.to_numeric(rows[outcome]).to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(wide).any():
        raise InvalidInput(f"column {outcome} holds an infinite value.")
    arms, codes = _arms(data, arm, reference, subject, subjects)
    values = {}
    for name in names:
        values.update(_covariate(name, data, rows, subject, subjects, row, column, j, fill))
    groups = {name: [c for c in values if c == name or c.startswith(f"{name}=")] for name in names}
    designs = (
        _formula_designs(formula, data, arm, visit, arms, order, values, groups, names, n)
        if formula
        else _designs(len(arms), values, groups, covariates, covariates_by_visit, n, j)
    )
    position = {a: i for i, a in enumerate(arms)}
    looks = {a: reference for a in arms} | dict(references or {})
    unknown = [a for a in [*looks, *looks.values()] if a not in position]
    if unknown:
        raise InvalidInput(f"no arm {unknown[0]!r} in the data; there are {', '.join(map(str, arms))}.")
    reference_of = np.array([position[looks[arms[c]]] for c in codes])
    event, chosen = _events(wide, codes, arms, subjects, order, strategy, events, subject, visit)
    check_strategies(set(chosen), strategies)
    return Panel(subjects, order, arms, wide, codes, reference_of, event, chosen, designs, values)


def _visits(column: pd.Series, given: Sequence | None) -> tuple:
    seen = set(column.unique().tolist())
    if given is not None:
        order = tuple(given)
        unknown = [v for v in order if v not in seen]
        if unknown or len(set(order)) < len(order) or not order:
            known = ", ".join(sorted(map(str, seen)))
            raise InvalidInput(f"visits {list(order)}: each has to be one of the data ({known}) and named once.")
        return order
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(v for v in column.cat.categories if v in seen)
    return tuple(sorted(seen))


def _arms(data: pd.DataFrame, arm: str, reference: str, subject: str, subjects: tuple) -> tuple[tuple, np.ndarray]:
    pairs = data[[subject, arm]].drop_duplicates()
    if len(pairs) > len(subjects):
        both = pairs[subject][pairs[subject].duplicated()].iloc[0]
        raise InvalidInput(f"{subject} {both} is in several arms.")
    seen = set(pairs[arm])
    if reference not in seen:
        raise InvalidInput(f"no arm {reference!r} in column {arm}; there are {', '.join(sorted(map(str, seen)))}.")
    arms = (reference, *sorted(seen - {reference}, key=str))
    of = dict(zip(pairs[subject], pairs[arm], strict=True))
    return arms, np.array([arms.index(of[s]) for s in subjects])


def _covariate(name, data, rows, subject, subjects, row, column, j, fill) -> dict[str, np.ndarray]:
    """Values by patient and visit, (n, J), one array a number or an indicator of a category."""
    series = data[name]
    if pd.api.types.is_numeric_dtype(series):
        parts = {name: series.astype(float)}
    else:
        levels = list(series.cat.categories) if isinstance(series.dtype, pd.CategoricalDtype) else None
        levels = levels or sorted(series.dropna().unique(), key=str)
        levels = [v for v in levels if (series == v).any()]
        parts = {f"{name}={v}": (series == v).astype(float).where(series.notna()) for v in levels[1:]}
    found = {}
    for label, values in parts.items():
        known = values.groupby(data[subject]).agg(["min", "max"]).reindex(list(subjects)).to_numpy(dtype=float)
        wide = np.full((len(subjects), j), np.nan)
        wide[row, column] = values.loc[rows.index].to_numpy(dtype=float)
        # one value over the visits in use, or over all rows, holds at every visit
        with np.errstate(all="ignore"):
            low, high = _range(wide)
        low, high = np.where(np.isnan(low), known[:, 0], low), np.where(np.isnan(high), known[:, 1], high)
        wide = np.where((low == high)[:, None], low[:, None], wide)
        lacking = np.isnan(wide)
        if lacking.any():
            if fill == "refuse" or (lacking.any(axis=1) & ~lacking.all(axis=1)).any():
                who = int(np.argmax(lacking.any(axis=1)))
                raise InvalidInput(
                    f"covariate {name} has no value for {subject} {subjects[who]} at a visit, and for "
                    f"{int(lacking.any(axis=1).sum())} in all; leave it out, fill it in, or set fill to 'mean'."
                )
            wide = np.where(lacking, np.nanmean(wide) if not lacking.all() else 0.0, wide)
        found[label] = wide
    return found


def _range(wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low = np.where(np.isnan(wide), np.inf, wide).min(axis=1)
    high = np.where(np.isnan(wide), -np.inf, wide).max(axis=1)
    return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high)


def _designs(n_arms, values, groups, covariates, by_visit, n, j) -> np.ndarray:
    by = [c for name in dict.fromkeys(by_visit) for c in groups[name]]
    once = [c for name in dict.fromkeys(covariates) if name not in by_visit for c in groups[name]]
    cells = n_arms * j
    designs = np.zeros((n_arms, n, j, cells + len(once) + len(by) * j))
    for a in range(n_arms):
        for v in range(j):
            designs[a, :, v, a * j + v] = 1.0
    for position, name in enumerate(once):
        designs[:, :, :, cells + position] = values[name]
    for position, name in enumerate(by):
        for v in range(j):
            designs[:, :, v, cells + len(once) + position * j + v] = values[name][:, v]
    return designs


def _formula_designs(formula, data, arm, visit, arms, order, values, groups, names, n) -> np.ndarray:
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    j = len(order)
    frame = pd.DataFrame({visit: pd.Categorical(np.tile(np.arange(j), n), categories=range(j))})
    for name in names:
        columns = groups[name]
        if columns == [name]:
            frame[name] = values[name].reshape(-1)
        else:
            code = sum((i + 1) * values[c].reshape(-1) for i, c in enumerate(columns))
            frame[name] = pd.Categorical(code.astype(int), categories=range(len(columns) + 1))
    blocks = []
    try:
        spec = Formula(formula.split("~")[-1])
        for a in range(len(arms)):
            frame[arm] = pd.Categorical(np.full(n * j, a), categories=range(len(arms)))
            blocks.append(spec.get_model_matrix(frame, na_action="raise").to_numpy(dtype=float).reshape(n, j, -1))
    except FormulaicError as error:
        raise InvalidInput(f"formula {formula!r} cannot be read with columns {', '.join(frame)}: {error}") from error
    return np.stack(blocks)


def _events(wide, codes, arms, subjects, order, strategy, events, subject, visit) -> tuple[np.ndarray, tuple[str, ...]]:
    n, j = wide.shape
    if isinstance(strategy, str):
        by_arm = dict.fromkeys(arms, strategy)
    else:
        by_arm = dict(strategy)
        unknown = [a for a in by_arm if a not in arms]
        if unknown:
            raise InvalidInput(f"strategy names an arm {unknown[0]!r}; there are {', '.join(map(str, arms))}.")
        by_arm = dict.fromkeys(arms, "MAR") | by_arm
    chosen = [by_arm[arms[c]] for c in codes]
    event = np.full(n, j)
    if events is None:
        seen = ~np.isnan(wide)
        event = np.where(seen.any(axis=1), j - np.argmax(seen[:, ::-1], axis=1), 0)
    else:
        absent = [c for c in (subject, visit) if c not in events]
        if absent:
            raise InvalidInput(f"no column {', '.join(absent)} in the events.")
        place = {s: i for i, s in enumerate(subjects)}
        if events[subject].duplicated().any():
            raise InvalidInput(f"{subject} {events[subject][events[subject].duplicated()].iloc[0]} has several events.")
        for record in events.to_dict("records"):
            if record[subject] not in place or record[visit] not in order:
                raise InvalidInput(f"event of {subject} {record[subject]} at visit {record[visit]}: not in the data.")
            event[place[record[subject]]] = order.index(record[visit])
            if isinstance(record.get("strategy"), str):
                chosen[place[record[subject]]] = record["strategy"]
    return event, tuple("MAR" if e == j else s for e, s in zip(event, chosen, strict=True))
