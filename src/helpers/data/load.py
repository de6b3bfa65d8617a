"""Reading tables and the analysis datasets; knows their place and their Arrow types, nothing of how they came about."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers import paths
from helpers.errors import ConfigError

#: The analysis sets and the flag that says who is in them.
POPULATIONS = {"ITT": "ITTFL", "MITT": "MITTFL", "PP": "PPROTFL", "SAF": "SAFFL"}


class Datasets(Mapping):
    """Analysis datasets by name: `data["adsl"]` or `data.adsl`."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]):
        self._frames = dict(frames)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._frames[name]

    def __getattr__(self, name: str) -> pd.DataFrame:
        try:
            return self.__dict__["_frames"][name]
        except KeyError:
            raise AttributeError(f"{name} was not loaded; add it to load_datasets(...)") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __repr__(self) -> str:
        return "Datasets: " + ", ".join(f"{name} ({len(frame)} rows)" for name, frame in self._frames.items())


def read_table(path: Path) -> pd.DataFrame:
    """Read a table back with the types it was written with."""
    with path.open("rb") as handle:  # opened by Python, so that the tests can see which stage reads which dataset
        return _frame(pq.read_table(handle))


def read_parts(folder: Path, names: Iterable[str]) -> Iterator[dict[str, pd.DataFrame]]:
    """The tables of these names as `tables.writing` wrote them, part by part: the same patients in each table."""
    with ExitStack() as stack:
        files = {name: pq.ParquetFile(stack.enter_context((folder / f"{name}.parquet").open("rb"))) for name in names}
        (parts,) = {file.num_row_groups for file in files.values()}
        for k in range(parts):
            yield {name: _frame(file.read_row_group(k)) for name, file in files.items()}


def _frame(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    nullable = {pa.int64(): pd.Int64Dtype()}
    for field in table.schema:
        if pa.types.is_integer(field.type) and field.nullable:
            frame[field.name] = table[field.name].to_pandas(types_mapper=nullable.get)
        elif pa.types.is_string(field.type):
            frame[field.name] = frame[field.name].astype("str")
    return frame


def load_datasets(*names: str) -> Datasets:
    """The analysis datasets of these names, as `derive` wrote them.

    Raises
    ------
    ConfigError
        If a dataset does not exist, or was not derived yet.
    """
    folder, frames = paths.processed(), {}
    for name in names:
        path = folder / f"{name}.parquet"
        if not path.exists():
            there = ", ".join(sorted(p.stem for p in folder.glob("*.parquet"))) or "none yet: run `kypho repro`"
            raise ConfigError(f"there is no analysis dataset {name}. Datasets: {there}.")
        frames[name] = read_table(path)
    return Datasets(frames)
