"""What the codebook declares about values that go together: spreads within a unit, one value far above another."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook, Excess, Spread
from helpers.data.checks import Finding, Tables, delivered
from helpers.data.shown import shown


def plausible_findings(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """All of them, as warnings, for the columns that were delivered."""
    for spread in codebook.rules.spreads:
        yield from far_apart(spread, tables, codebook)
    for excess in codebook.rules.excesses:
        yield from far_above(excess, tables, codebook)


def within_range(tables: Tables, place: str, codebook: Codebook) -> pd.Series:
    """A column without the values outside its range, which are reported as such."""
    table, _, column = place.partition(".")
    declared = codebook.tables[table].columns[column]
    values = tables[table][column].astype("float64")
    low = values >= declared.min if declared.min is not None else True
    high = values <= declared.max if declared.max is not None else True
    return values.where(low & high)


def far_apart(spread: Spread, tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A unit whose values lie too far apart, reported at the value farthest from their median, of two at the later."""
    table, _, column = spread.column.partition(".")
    keys = list(spread.within)
    if not delivered(tables, spread.column, *(f"{table}.{key}" for key in keys)):
        return
    rows = tables[table][keys].assign(value=within_range(tables, spread.column, codebook)).dropna()
    limits = rows.groupby(keys)["value"].agg(["min", "max"])
    wide = limits.index[(limits["max"] - limits["min"]).round(10) > spread.limit]
    if wide.empty:
        return
    at = pd.MultiIndex.from_frame(rows[keys]) if len(keys) > 1 else pd.Index(rows[keys[0]])
    rows = rows[at.isin(wide)]
    distance = (rows["value"] - rows.groupby(keys)["value"].transform("median")).abs().round(10)
    odd = rows.assign(distance=distance).sort_values("distance", kind="stable").drop_duplicates(keys, keep="last")
    rest = rows.drop(odd.index).groupby(keys)["value"].agg(["min", "max"])
    odd = odd.sort_index().drop(columns="distance").join(rest, on=keys)
    columns = codebook.tables[table].columns
    for row, *unit, value, low, high in odd.itertuples(name=None):
        others = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        said = ", ".join(f"{columns[key].label.lower()} {shown(v)}" for key, v in zip(keys, unit, strict=True))
        message = f"{value:g} against {others} {columns[column].unit} for {said}: more than {spread.limit:g} apart."
        yield Finding(table, row, column, message, spread.remedy, severity="warning", rule=spread.rule)


def far_above(excess: Excess, tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A row in which one value is too far above the other."""
    places = [f"{excess.table}.{column}" for column in (excess.column, excess.over)]
    if not delivered(tables, *places):
        return
    above, below = (within_range(tables, place, codebook) for place in places)
    columns = codebook.tables[excess.table].columns
    for row in above.index[(above - below).round(10) > excess.limit]:
        message = (
            f"{columns[excess.column].label.lower()} {above[row]:g} is more than {excess.limit:g} "
            f"{columns[excess.column].unit} above {columns[excess.over].label.lower()} {below[row]:g}."
        )
        yield Finding(
            excess.table, int(row), excess.column, message, excess.remedy, severity="warning", rule=excess.rule
        )
