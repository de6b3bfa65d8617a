"""Do the values of a column look like the unit that is declared for it? Nothing is converted by what is found here.

Looks at the columns whose unit `params.yaml` names, with the values as delivered.
"""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from helpers.codebook import Codebook, Column
from helpers.data.checks import Finding, counted, look_up, of_patient, site_of
from helpers.data.shown import shown
from helpers.data.units import Units

#: Values from which on a column, or a site's part of it, is judged as a whole.
_ENOUGH, _ENOUGH_OF_SITE = 3, 5
#: Part of whole numbers from which on a decimal stands out.
_MOSTLY = 0.9


def unit_findings(parts: Iterable[Mapping[str, pd.DataFrame]], codebook: Codebook, units: Units) -> Iterator[Finding]:
    """Whole columns, sites and single values that look like another unit.

    `parts` are the typed tables of the patients in the export's units, some of them at a time; they are gone through
    twice.
    """
    counted: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for tables in parts:
        for name, table in tables.items():
            for column, declared in codebook.tables[name].columns.items():
                if declared.unit_param and column in table:
                    counted.setdefault((name, column), []).append(_counts(name, column, tables))
    mixed = []
    for (name, column), counts in counted.items():
        declared, seen = codebook.tables[name].columns[column], pd.concat(counts, ignore_index=True)
        if units.factor(declared) <= 1:
            yield from _finer_sites(name, column, declared, seen, units)
        elif seen["times"].sum() >= _ENOUGH and seen["value"].max() <= float(declared.max):
            message = (
                f"declared in {units.of(declared)}, but no value is above {declared.max:g}: "
                f"the column looks like {declared.unit}."
            )
            remedy = f"If it is in {declared.unit}, set data.{declared.unit_param}: {declared.unit} in params.yaml."
            yield Finding(name, None, column, message, remedy, rule="unit")
        else:
            sites = _coarser_sites(declared, seen)
            yield from (_coarser_site(name, column, declared, site, units) for site in sites)
            coarser, count = seen.loc[_is_coarser(seen["value"], declared), "times"].sum(), seen["times"].sum()
            if coarser and coarser / count <= 1 - _MOSTLY:
                mixed.append((name, column, declared, sites))
    for tables in parts:
        for name, column, declared, sites in mixed:
            yield from _coarser_values(name, column, declared, sites, tables, units)
        yield from _tenfold(tables, codebook, units)


def stated_findings(stated: Mapping[tuple[str, str], str], codebook: Codebook, units: Units) -> Iterator[Finding]:
    """Columns whose unit the export states itself, and params.yaml names another."""
    for (name, column), unit in stated.items():
        declared = codebook.tables[name].columns[column]
        if unit != units.of(declared):
            key = f"data.{declared.unit_param}"
            message = f"the export states {unit}, but params.yaml declares {key}: {units.of(declared)}."
            yield Finding(name, None, column, message, f"Set {key}: {unit}, or correct the export.", rule="unit")


def _sites(name: str, values: pd.Series, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The site of each value, missing where it is not known."""
    subjects = tables[name].get("subject_id", pd.Series(None, index=tables[name].index, dtype="str"))
    return site_of(tables, subjects[values.index])


def _counts(name: str, column: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How often a column has each value at each site."""
    values = tables[name][column].dropna()
    return counted(pd.DataFrame({"site": _sites(name, values, tables), "value": values}), ["site", "value"])


def _by_site(seen: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The values of each site, if there is more than one."""
    return iter(seen.groupby("site") if seen["site"].nunique() > 1 else ())


def _finer_sites(name: str, column: str, declared: Column, seen: pd.DataFrame, units: Units) -> Iterator[Finding]:
    """Sites most of whose values are above the scale: their part looks like the finer unit."""
    finer = max(declared.units, key=declared.units.get)
    for site, part in _by_site(seen):
        above, count = part.loc[part["value"] > float(declared.max), "times"].sum(), part["times"].sum()
        if above >= _ENOUGH and above > count / 2:
            message = (
                f"declared in {units.of(declared)}, but {above:,} of {count:,} values of site {shown(site)} "
                f"are above {declared.max:g}: the site's part looks like {finer}."
            )
            yield Finding(name, None, column, message, _one_unit(declared), rule="mixed-units")


def _coarser_sites(declared: Column, seen: pd.DataFrame) -> list[str]:
    """Sites whose every value fits the coarser unit."""
    return [
        site
        for site, part in _by_site(seen)
        if part["times"].sum() >= _ENOUGH_OF_SITE and part["value"].max() <= float(declared.max)
    ]


def _coarser_site(name: str, column: str, declared: Column, site: str, units: Units) -> Finding:
    message = (
        f"declared in {units.of(declared)}, but no value of site {shown(site)} is above {declared.max:g}: "
        f"the site's part looks like {declared.unit}."
    )
    return Finding(name, None, column, message, _one_unit(declared), rule="mixed-units")


def _is_coarser(values: pd.Series, declared: Column) -> pd.Series:
    """Decimals that would fit the coarser unit."""
    return (values % 1 != 0) & (values <= float(declared.max))


def _coarser_values(
    name: str, column: str, declared: Column, told: list[str], tables: Mapping[str, pd.DataFrame], units: Units
) -> Iterator[Finding]:
    """Decimals among the whole numbers of a finer unit, but for those of sites that were told as a whole."""
    values = tables[name][column].dropna()
    values = values[_is_coarser(values, declared)]
    for row, value in values[~_sites(name, values, tables).isin(told)].items():
        message = f"{value:g} {units.of(declared)}: it looks like {declared.unit} among values in {units.of(declared)}."
        yield Finding(name, row, column, message, _one_unit(declared), "warning", rule="mixed-units")


def _tenfold(tables: Mapping[str, pd.DataFrame], codebook: Codebook, units: Units) -> Iterator[Finding]:
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
