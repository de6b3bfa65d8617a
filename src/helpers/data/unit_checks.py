"""Do the values of a column look like the unit that is declared for it? Nothing is converted by what is found here.

Looks at the columns whose unit `params.yaml` names, with the values as delivered.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from helpers.codebook import Codebook, Column
from helpers.data.checks import Finding, Tables, look_up, of_patient
from helpers.data.shown import shown
from helpers.data.units import Units

#: Values from which on a column, or a site's part of it, is judged as a whole.
_ENOUGH, _ENOUGH_OF_SITE = 3, 5
#: Part of whole numbers from which on a decimal stands out.
_MOSTLY = 0.9


def unit_findings(tables: Tables, codebook: Codebook, units: Units) -> Iterator[Finding]:
    """Whole columns, sites and single values that look like another unit; `tables` are in the export's units."""
    for name, table in tables.items():
        for column, declared in codebook.tables[name].columns.items():
            if declared.unit_param and column in table:
                yield from _column(name, column, declared, tables, units)
    yield from _tenfold(tables, codebook, units)


def stated_findings(stated: Mapping[tuple[str, str], str], codebook: Codebook, units: Units) -> Iterator[Finding]:
    """Columns whose unit the export states itself, and params.yaml names another."""
    for (name, column), unit in stated.items():
        declared = codebook.tables[name].columns[column]
        if unit != units.of(declared):
            key = f"data.{declared.unit_param}"
            message = f"the export states {unit}, but params.yaml declares {key}: {units.of(declared)}."
            yield Finding(name, None, column, message, f"Set {key}: {unit}, or correct the export.", rule="unit")


def _column(name: str, column: str, declared: Column, tables: Tables, units: Units) -> Iterator[Finding]:
    values = tables[name][column].dropna()
    if units.factor(declared) <= 1:
        yield from _finer_sites(name, column, declared, values, tables, units)
    elif len(values) >= _ENOUGH and values.max() <= float(declared.max):
        message = (
            f"declared in {units.of(declared)}, but no value is above {declared.max:g}: "
            f"the column looks like {declared.unit}."
        )
        remedy = f"If it is in {declared.unit}, set data.{declared.unit_param}: {declared.unit} in params.yaml."
        yield Finding(name, None, column, message, remedy, rule="unit")
    else:
        yield from _coarser_values(name, column, declared, values, tables, units)


def _sites(name: str, values: pd.Series, tables: Tables) -> Iterator[tuple[str, pd.Series]]:
    """The values of each site, if there is more than one."""
    if {"subject_id", "site_id"} <= set(tables.get("patients", ())) and "subject_id" in tables[name]:
        site = look_up(tables[name].loc[values.index, "subject_id"], of_patient(tables, "patients", "site_id"))
        if site.nunique() > 1:
            yield from values.groupby(site)


def _finer_sites(
    name: str, column: str, declared: Column, values: pd.Series, tables: Tables, units: Units
) -> Iterator[Finding]:
    """Sites most of whose values are above the scale: their part looks like the finer unit."""
    finer = max(declared.units, key=declared.units.get)
    for site, part in _sites(name, values, tables):
        above = int((part > float(declared.max)).sum())
        if above >= _ENOUGH and above > len(part) / 2:
            message = (
                f"declared in {units.of(declared)}, but {above:,} of {len(part):,} values of site {shown(site)} "
                f"are above {declared.max:g}: the site's part looks like {finer}."
            )
            yield Finding(name, None, column, message, _one_unit(declared), rule="mixed-units")


def _coarser_values(
    name: str, column: str, declared: Column, values: pd.Series, tables: Tables, units: Units
) -> Iterator[Finding]:
    """Sites whose every value fits the coarser unit, and decimals among the whole numbers of a finer one."""
    told = pd.Series(False, index=values.index)
    for site, part in _sites(name, values, tables):
        if len(part) >= _ENOUGH_OF_SITE and part.max() <= float(declared.max):
            message = (
                f"declared in {units.of(declared)}, but no value of site {shown(site)} is above {declared.max:g}: "
                f"the site's part looks like {declared.unit}."
            )
            yield Finding(name, None, column, message, _one_unit(declared), rule="mixed-units")
            told[part.index] = True
    decimal = (values % 1 != 0) & (values <= float(declared.max))
    if len(values) and decimal.mean() <= 1 - _MOSTLY:
        for row, value in values[decimal & ~told].items():
            message = (
                f"{value:g} {units.of(declared)}: it looks like {declared.unit} among values in {units.of(declared)}."
            )
            yield Finding(name, row, column, message, _one_unit(declared), "warning", rule="mixed-units")


def _tenfold(tables: Tables, codebook: Codebook, units: Units) -> Iterator[Finding]:
    """Pain at D0 ten times that at inclusion, or a tenth of it: two units for one patient. A warning."""
    needed = {"eligibility": {"subject_id", "vas"}, "vas": {"subject_id", "visit", "vas"}}
    if any(not columns <= set(tables.get(name, ())) for name, columns in needed.items()):
        return
    declared = codebook.tables["vas"].columns["vas"]
    ten = max(declared.units.values(), default=1)
    if ten <= 1 or units.factor(declared) <= 1:
        return  # on the coarser scale a value in the finer unit is out of range, and reported so
    rows = tables["vas"].loc[tables["vas"]["visit"] == "D0", ["subject_id", "vas"]].dropna()
    rows = rows.assign(before=look_up(rows["subject_id"], of_patient(tables, "eligibility", "vas"))).dropna()
    rows = rows[(rows[["vas", "before"]].min(axis=1) > 0)]
    ratio = rows[["vas", "before"]].max(axis=1) / rows[["vas", "before"]].min(axis=1)
    small = rows[["vas", "before"]].min(axis=1) <= float(declared.max)
    for row, subject, pain, before in rows[ratio.between(0.8 * ten, 1.25 * ten) & small].itertuples(name=None):
        message = (
            f"pain {pain:g} at D0 and {before:g} at inclusion of patient {shown(subject)}: these look like two units."
        )
        yield Finding("vas", row, "vas", message, _one_unit(declared), "warning", rule="mixed-units")


def _one_unit(declared: Column) -> str:
    return (
        f"Deliver the whole column in one unit, {' or '.join(declared.units)}, "
        f"and name it in params.yaml, data.{declared.unit_param}."
    )
