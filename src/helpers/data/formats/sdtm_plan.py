"""The map of SDTM held against a codebook: what it writes and reads for that codebook's tables."""

import re
from dataclasses import replace

from helpers.codebook import Codebook, Table
from helpers.data.formats.sdtm_map import DOMAINS, MAP, SUPPLEMENTAL, VARIABLES, Records
from helpers.errors import ConfigError


def plan(codebook: Codebook) -> tuple[Records, ...]:
    """The records of the codebook's tables; a column without a place becomes a supplemental qualifier.

    Raises
    ------
    ConfigError
        If a table, or a column of its key, has no place.
    """
    made = []
    for table, declared in codebook.tables.items():
        own = [_of(records, declared) for records in MAP if records.table == table]
        own = [records for records in own if records is not None]
        if not own:
            raise ConfigError(f"data/codebook.yaml, tables.{table}: the table has no place in SDTM (sdtm_map.py).")
        for records in own:
            lacking = [c for c in declared.key if c not in records.columns and c not in records.row]
            if lacking:
                place = f"data/codebook.yaml, tables.{table}.key"
                raise ConfigError(f"{place}: {lacking[0]} has no place in SDTM's {records.domain} (sdtm_map.py).")
        placed = {c for records in own for c in (*records.columns, *records.supp, *records.row)}
        left = {c: _qualifier(c) for c in declared.columns if c not in placed}
        own[0] = replace(own[0], supp=own[0].supp | left)
        if len(set(own[0].supp.values())) < len(own[0].supp):
            raise ConfigError(f"data/codebook.yaml, tables.{table}: two columns would be one qualifier in SDTM.")
        made += own
    return tuple(made)


def _of(records: Records, declared: Table) -> Records | None:
    """The records without the columns that the codebook does not have; None if nothing of a finding is left."""
    if records.result is not None and records.result not in declared.columns:
        return None
    return replace(
        records,
        columns={c: variable for c, variable in records.columns.items() if c in declared.columns},
        supp={c: name for c, name in records.supp.items() if c in declared.columns},
    )


def _qualifier(column: str) -> str:
    """A QNAM: at most 8 letters and digits, a letter first."""
    return re.sub(r"[^A-Z0-9]", "", column.upper())[:8]


def variables(domain: str) -> dict[str, tuple[str, bool]]:
    """Variable -> label and whether it is a number, of a domain or of supplemental qualifiers."""
    if domain.startswith("SUPP"):
        return SUPPLEMENTAL
    return {general(name, domain): what for name, what in VARIABLES.items()}


def general(name: str, domain: str) -> str:
    """A variable of the map in a domain: `--` stands for the domain's letters."""
    return name.replace("--", domain)


def label(name: str) -> str:
    """The label of a dataset."""
    return f"Supplemental Qualifiers for {name.removeprefix('SUPP')}" if name.startswith("SUPP") else DOMAINS[name]


def key(name: str) -> tuple[str, ...]:
    """The variables by which a dataset is sorted and a record of it is found."""
    if name.startswith("SUPP"):
        return ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM")
    return ("STUDYID", "USUBJID") if name == "DM" else ("STUDYID", "USUBJID", f"{name}SEQ")
