"""Write tables as a REDCap export of the project that `redcap_dictionary` describes."""

from pathlib import Path
from typing import Literal

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.formats.redcap_dictionary import RECORD, repeats
from helpers.data.formats.redcap_project import (
    ADDED,
    EVENT,
    INSTANCE,
    INSTRUMENT,
    OF_INSTRUMENT,
    STATE,
    STATES,
    WHOLE,
    Project,
    event_name,
    instrument_label,
)
from helpers.data.formats.text import as_text

#: What the file is called; REDCap's own name holds the project's title and the time of the export.
FILE = "redcap.csv"


def write(
    tables: dict[str, pd.DataFrame],
    folder: Path,
    codebook: Codebook,
    *,
    coding: Literal["raw", "label"] = "raw",
    headers: Literal["name", "label"] | None = None,
) -> None:
    """Write typed tables as one flat file, `redcap.csv`.

    `coding` is how values are written; `headers` are names for raw values and labels for labels unless said otherwise.
    """
    project = Project(codebook)
    parts = [_instrument(project, table, tables[table], coding) for table in codebook.tables]
    single = [part for table, part in zip(codebook.tables, parts, strict=True) if not repeats(codebook.tables[table])]
    several = [part for table, part in zip(codebook.tables, parts, strict=True) if repeats(codebook.tables[table])]
    flat = pd.concat([_side_by_side(single), *several]).fillna("")
    flat = flat.assign(
        _record=flat[RECORD].map({record: k for k, record in enumerate(pd.unique(flat[RECORD]))}),
        _event=flat[EVENT].map({event: k for k, event in enumerate(("", *codebook.schedule.visits))}),
        _instrument=flat[INSTRUMENT].map({name: k for k, name in enumerate(("", *codebook.tables))}),
    )
    flat = flat.sort_values(["_record", "_event", "_instrument"], kind="stable")
    flat[EVENT] = [_event(visit, coding) for visit in flat[EVENT]]
    if coding == "label":
        flat[INSTRUMENT] = [instrument_label(table) if table else "" for table in flat[INSTRUMENT]]
    columns = [RECORD, EVENT, INSTRUMENT, INSTANCE]
    for table in codebook.tables:
        columns += [*(f.name for f in project.fields_of(table)), f"{table}{STATE}"]
    flat = flat.reindex(columns=columns, fill_value="")
    if (headers or {"raw": "name", "label": "label"}[coding]) == "label":
        labels = {f.name: f.label for f in project.fields} | ADDED
        flat = flat.set_axis([labels.get(name, OF_INSTRUMENT[STATE]) for name in flat], axis=1)
    flat.to_csv(folder / FILE, index=False, lineterminator="\n", encoding="utf-8")


def _instrument(project: Project, table: str, rows: pd.DataFrame, coding: str) -> pd.DataFrame:
    """The rows of one table with its fields' names, REDCap's values, visit as event, and its own state."""
    declared = project.codebook.tables[table]
    text = as_text(rows, declared)
    made = {RECORD: text[RECORD]}
    visit = project.visit_columns.get(table)
    made[EVENT] = text[visit] if visit else pd.Series("", index=text.index)
    for f in project.fields_of(table):
        values = {choice.code: getattr(choice, coding) for choice in f.choices}
        made[f.name] = text[f.column].map(lambda code, values=values: values.get(code, code))
    made[f"{table}{STATE}"] = "2" if coding == "raw" else STATES["2"]
    frame = pd.DataFrame(made, index=text.index)
    number = frame.groupby([RECORD, EVENT], sort=False).cumcount() + 1
    if repeats(declared):
        return frame.assign(**{INSTRUMENT: table, INSTANCE: number.astype("str")})
    return frame.assign(**{INSTRUMENT: "", INSTANCE: "", "_number": number})


def _side_by_side(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables with one row for a record (at an event), each in its columns of the same row.

    A row that is there twice stands in a row of its own.
    """
    keys = [RECORD, EVENT, INSTRUMENT, INSTANCE, "_number"]
    wide = pd.concat([part.set_index(keys) for part in parts], axis=1)
    return wide.reset_index().drop(columns="_number")


def _event(visit: str, coding: str) -> str:
    return event_name(visit or WHOLE) if coding == "raw" else (visit or WHOLE)
