"""The formats of an export, one module each: a reader giving the same `Export`, and a writer for the generator.

Nothing is converted, guessed or dropped by a reader.
"""

from pathlib import Path

import pandas as pd

from helpers import paths
from helpers.codebook import Codebook
from helpers.data.formats import dataset_json, native, redcap, redcap_writer, xpt
from helpers.data.formats.export import Export
from helpers.errors import ConfigError

_READERS = {"csv": native.read, "redcap": redcap.read, "xpt": xpt.read, "dataset-json": dataset_json.read}
_WRITERS = {"csv": native.write, "redcap": redcap_writer.write, "xpt": xpt.write, "dataset-json": dataset_json.write}
FORMATS = tuple(_READERS)


def read_export(folder: Path, codebook: Codebook, format: str = "csv") -> Export:
    """Read the export in a folder.

    Raises
    ------
    ConfigError
        If the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(
            f"{paths.relative(folder)}: there is no such folder. "
            "Put the export there, or name another one in params.yaml, data.source."
        )
    return _READERS[format](folder, codebook)


def write_export(
    tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook, format: str = "csv", **variant: object
) -> None:
    """Write the codebook's tables (typed frames) into an existing folder as an export of this format.

    Parameters
    ----------
    variant
        What the format's writer lets choose: `coding` ("raw", "label") and `headers` ("name", "label") of redcap;
        `version` (5 or 8) of xpt; `lines` of dataset-json (.ndjson instead of .json).
    """
    _WRITERS[format](tables, folder, codebook, **variant)
