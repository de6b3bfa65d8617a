"""The codebook's tables as SDTM datasets, frames of text."""

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.formats.sdtm_map import NOT_DONE, PREFIX, STUDY, UNIT_TERMS, Records
from helpers.data.formats.sdtm_plan import plan, variables
from helpers.data.formats.text import as_text
from helpers.errors import ConfigError

_ORDER = ["_subject", "_table", "_row", "_record"]


def to_datasets(
    tables: dict[str, pd.DataFrame], codebook: Codebook, *, longest: int | None = None
) -> dict[str, pd.DataFrame]:
    """Dataset -> its records as text ("" where a value is missing), variables in SDTM's order.

    A domain without records is there with its variables. A text of more than `longest` bytes goes on in supplemental
    qualifiers named after its variable with a number (AETERM1, AETERM2).

    Raises
    ------
    ConfigError
        If a row has no place in SDTM.
    """
    records = plan(codebook)
    text = {
        table: as_text(tables[table], declared).reset_index(drop=True) for table, declared in codebook.tables.items()
    }
    _check_rows(text, records)
    domains: dict[str, list[pd.DataFrame]] = {}
    qualifiers: dict[str, list[pd.DataFrame]] = {}
    for k, one in enumerate(records):
        part, own = _records(one, text[one.table], codebook, longest)
        order = {"_table": list(codebook.tables).index(one.table), "_row": part.index, "_record": k}
        domains.setdefault(one.domain, []).append(part.assign(**order))
        qualifiers.setdefault(one.domain, []).extend(found.assign(_record=k) for found in own)
    subjects = pd.unique(pd.concat([rows["subject_id"] for rows in text.values()]))
    rank = {f"{STUDY}-{subject}": k for k, subject in enumerate(subjects)}
    made = {}
    for domain, parts in domains.items():
        rows = pd.concat(parts).fillna("")
        rows["_subject"] = rows["USUBJID"].map(rank)
        rows = rows.sort_values(_ORDER, kind="stable", ignore_index=True)
        rows[f"{domain}SEQ"] = (rows.groupby("USUBJID", sort=False).cumcount() + 1).astype("str")
        if qualifiers[domain]:
            made[f"SUPP{domain}"] = _supplemental(domain, rows, pd.concat(qualifiers[domain]))
        made[domain] = _derived(domain, rows, text, codebook)
    ordered = sorted(made, key=lambda name: (name.startswith("SUPP"), list(domains).index(name.removeprefix("SUPP"))))
    return {name: _arranged(name, made[name]) for name in ordered}


def _check_rows(text: dict[str, pd.DataFrame], records: tuple[Records, ...]) -> None:
    """Every row of a table that is told apart by a value has records for that value."""
    for table in {one.table for one in records if one.row}:
        for column in {c for one in records if one.table == table for c in one.row}:
            known = {one.row[column] for one in records if one.table == table}
            strange = sorted(set(text[table][column]) - known)
            if strange:
                raise ConfigError(f"data/codebook.yaml, {table}.{column}: {strange[0]} has no place in SDTM.")


def _records(
    one: Records, text: pd.DataFrame, codebook: Codebook, longest: int | None
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The records of a table's rows, on the rows' index, and their qualifiers (`_row`, QNAM, QLABEL, QVAL)."""
    declared = codebook.tables[one.table].columns
    keep = np.ones(len(text), dtype=bool)
    for column, value in one.row.items():
        keep &= (text[column] == value).to_numpy()
    if one.sparse:
        keep &= (text[one.result] != "").to_numpy()
    text = text[keep]
    made, pieces = {variable: value for variable, value in (one.when | one.also).items()}, []
    for column, variable in one.columns.items():
        values = text[column]
        if longest and declared[column].type in ("text", "string"):
            values, more = _split(values, longest)
            pieces += [_pieces(rest, f"{variable}{k}", declared[column].label) for k, rest in enumerate(more, start=1)]
        made[variable] = values.where(values == "", PREFIX.get(variable, "") + values)
    made["USUBJID"] = STUDY + "-" + text["subject_id"]
    for column, variable in one.units.items():
        unit = declared[column].unit or ""
        made[variable] = pd.Series(UNIT_TERMS.get(unit, unit), index=text.index).where(text[column] != "", "")
    if one.result:
        done = text[one.result] != ""
        made[f"{one.domain}STRESC"] = text[one.result]
        if declared[one.result].type in ("integer", "decimal"):
            made[f"{one.domain}STRESN"] = text[one.result]
        made[f"{one.domain}STRESU"] = made[f"{one.domain}ORRESU"]
        made[f"{one.domain}STAT"] = pd.Series(NOT_DONE, index=text.index).where(~done, "")
    for column, name in one.supp.items():
        values, more = _split(text[column], longest) if longest else (text[column], [])
        pieces.append(_pieces(values, name, declared[column].label))
        pieces += [_pieces(rest, f"{name[:7]}{k}", declared[column].label) for k, rest in enumerate(more, start=1)]
    return pd.DataFrame(made, index=text.index), pieces


def _pieces(values: pd.Series, name: str, label: str) -> pd.DataFrame:
    values = values[values != ""]
    return pd.DataFrame({"_row": values.index, "QNAM": name, "QLABEL": label[:40], "QVAL": values})


def _split(values: pd.Series, longest: int) -> tuple[pd.Series, list[pd.Series]]:
    """Texts cut to so many bytes, and what follows, piece by piece. No piece begins or ends with a space."""
    first, more = values.copy(), []
    long = values[values.str.len() * 4 > longest]  # a character has at most 4 bytes
    cut = {row: _cut(value, longest) for row, value in long.items()}
    for row, parts in cut.items():
        first[row] = parts[0]
    for k in range(1, max((len(parts) for parts in cut.values()), default=1)):
        more.append(pd.Series({row: parts[k] for row, parts in cut.items() if len(parts) > k}, dtype="str"))
    return first, more


def _cut(value: str, longest: int) -> list[str]:
    parts = []
    while len(value.encode()) > longest:
        end = len(value.encode()[:longest].decode(errors="ignore"))
        while end and (value[end - 1].isspace() or value[end].isspace()):
            end -= 1
        if not end:
            raise ConfigError(f"a text of {len(value)} characters cannot be cut into pieces of {longest} bytes.")
        parts.append(value[:end])
        value = value[end:]
    return [*parts, value]


def _supplemental(domain: str, rows: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The qualifiers with the records they belong to, in those records' order."""
    parents = rows[["USUBJID", f"{domain}SEQ", "_row", "_record"]].assign(_place=np.arange(len(rows)))
    made = found.merge(parents, on=["_row", "_record"], how="inner").sort_values(["_place", "QNAM"], kind="stable")
    made["IDVARVAL"] = "" if domain == "DM" else made[f"{domain}SEQ"]
    return made.assign(RDOMAIN=domain, IDVAR="" if domain == "DM" else f"{domain}SEQ", QORIG="CRF", QEVAL="")


def _derived(domain: str, rows: pd.DataFrame, text: dict[str, pd.DataFrame], codebook: Codebook) -> pd.DataFrame:
    """The domain with what follows from its values: visit numbers, body systems, arms, death."""
    made = rows.assign(DOMAIN=domain)
    if "VISIT" in made:
        visits = codebook.schedule.visits
        made["VISITNUM"] = made["VISIT"].map({code: str(visit.number) for code, visit in visits.items()})
        made["VISITDY"] = made["VISIT"].map({code: str(visit.due) for code, visit in visits.items()})
    if domain == "AE":
        made["AEBODSYS"] = made["AEDECOD"].map({term: what.soc for term, what in codebook.ctcae.items()})
    if domain == "DM":
        arms = codebook.codes(codebook.tables["patients"].columns["allocated"])
        subject = made["USUBJID"].str.removeprefix(f"{STUDY}-")
        treated = text["procedures"].drop_duplicates("subject_id").set_index("subject_id")
        died = text["deaths"].drop_duplicates("subject_id").set_index("subject_id")
        made["SUBJID"], made["ARM"] = subject, made["ARMCD"].map(arms)
        made["ACTARMCD"] = subject.map(treated["actual_technique"])
        made["ACTARM"] = made["ACTARMCD"].map(arms)
        made["RFSTDTC"] = subject.map(treated["procedure_date"])
        made["DTHDTC"] = subject.map(died["death_date"])
        made["DTHFL"] = made["DTHDTC"].notna().map({True: "Y", False: ""})
    return made.fillna("")


def _arranged(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The variables of a dataset in SDTM's order, as text."""
    made = rows.assign(STUDYID=STUDY)
    return made[[variable for variable in variables(name) if variable in made]].astype("str").reset_index(drop=True)
