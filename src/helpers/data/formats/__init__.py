"""The formats of an export, one module each: a reader giving the same `Export`, and a writer for the generator.

Nothing is converted, guessed or dropped by a reader.
"""

from pathlib import Path

import pandas as pd

from helpers import paths
from helpers.codebook import Codebook
from helpers.data.formats import native
from helpers.data.formats.export import Export
from helpers.errors import ConfigError

_READERS = {"csv": native.read}
_WRITERS = {"csv": native.write}
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


def write_export(tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook, format: str = "csv") -> None:
    """Write the codebook's tables (typed frames) into an existing folder as an export of this format."""
    _WRITERS[format](tables, folder, codebook)
