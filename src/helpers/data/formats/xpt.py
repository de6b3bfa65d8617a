"""SDTM as SAS transport files (XPT), version 5 or 8, one dataset a file; read and written by ReadStat (pyreadstat)."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd
import pyreadstat

from helpers.codebook import Codebook
from helpers.data.formats.delivered import Delivered, strangers
from helpers.data.formats.export import Export
from helpers.data.formats.sdtm_map import DESIGN
from helpers.data.formats.sdtm_plan import label, variables
from helpers.data.formats.sdtm_reader import Dataset, from_datasets, known_datasets
from helpers.data.formats.sdtm_writer import to_datasets
from helpers.data.formats.text import number_text
from helpers.data.formats.xpt_layout import TIMES, WIDEST, Broken, check_characters, layout

#: The same export gives the same bytes, so the time at which a file was written is not in it.
_TIME = b"01JAN70:00:00:00"
_AGAIN = "Write the dataset again as a SAS transport file (version 5 or 8), with text in UTF-8."


def write(tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook, *, version: Literal[5, 8] = 5) -> None:
    """Write one file a dataset, named after it in small letters.

    Version 5 holds texts of up to 200 bytes; a longer one goes on in supplemental qualifiers.
    """
    for name, rows in to_datasets(tables, codebook, longest=WIDEST[version]).items():
        described = variables(name)
        frame = pd.DataFrame(
            {
                variable: pd.to_numeric(rows[variable]).astype("float64")
                if described[variable][1]
                else rows[variable].astype("object")
                for variable in rows
            }
        )
        path = folder / f"{name.lower()}.xpt"
        pyreadstat.write_xport(
            frame,
            str(path),
            file_label=label(name),
            column_labels=[described[variable][0] for variable in rows],
            table_name=name,
            file_format_version=version,
        )
        with path.open("r+b") as handle:
            for place in TIMES:
                handle.seek(place)
                handle.write(_TIME)


def read(folder: Path, codebook: Codebook) -> Export:
    """Read the datasets of a folder; rows are observations of a dataset, the first is 1."""
    names = {f"{name.lower()}.xpt": name for name in known_datasets(codebook)}
    known = {path.name: names[path.name.lower()] for path in sorted(folder.iterdir()) if path.name.lower() in names}
    remedy = "Datasets are .xpt files named after their SDTM domain. Take it out of the folder."
    problems = list(strangers(folder, known, remedy))
    found: dict[str, Dataset] = {}
    for file_name, name in known.items():
        if name in DESIGN:
            continue
        file = Delivered(folder / file_name, name)
        rows = _read(file)
        if rows is not None and name in found:
            other = found[name].file.path.name
            file.problem("duplicate-dataset", f"{name} is also in {other}.", "Keep one of the two files.")
        elif rows is not None:
            found[name] = Dataset(file, rows)
            continue
        problems += file.problems
    unread = {name for name in known.values() if name not in found}
    export = from_datasets(folder, found, codebook, called=lambda name: f"{name.lower()}.xpt", unread=unread)
    return replace(export, problems=problems + export.problems)


def _read(file: Delivered) -> pd.DataFrame | None:
    """The observations of a file as text on their numbers, None if they cannot be read."""
    if not file.readable():
        return None
    try:
        content = file.path.read_bytes()
        found = layout(content)
        if found.name.upper() != file.table:
            raise Broken("dataset-name", f"the dataset calls itself {found.name[:20]}.")
        check_characters(content, found)
        frame, _ = pyreadstat.read_xport(str(file.path), disable_datetime_conversion=True)
        if len(frame) != found.rows or list(frame) != [variable.name for variable in found.variables]:
            raise Broken("xpt-header", "its observations cannot be told apart.")
    except Broken as error:
        file.problem(error.rule, error.message, _AGAIN, row=error.row, column=error.column)
        return None
    except OSError as error:
        file.unreadable(error)
        return None
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        file.problem("xpt-header", f"ReadStat cannot read it ({error}).", _AGAIN)
        return None
    cells = {variable.name: _texts(frame[variable.name], variable.number) for variable in found.variables}
    return pd.DataFrame(cells, index=pd.RangeIndex(1, len(frame) + 1), dtype="str").rename(columns=str.upper)


def _texts(values: pd.Series, number: bool) -> pd.Series:
    """The values of a variable as text, "" where it is missing; each different number is written once."""
    if not number:
        return values.astype("str").str.strip().to_numpy()
    texts = {value: number_text(float(value)) for value in values.dropna().unique()}
    return values.map(texts).astype("object").where(values.notna(), "").to_numpy()
